"""What is shown of what somebody wrote: plain structure, safe links, and the same again when made again."""

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.actions import start_topic
from forum.models import Post
from forum.rendering import RENDERING_VERSION, render, text_to_write_on
from tests import factories
from tests.forum.pasted import GOOGLE, GOOGLE_CLEAN, OUTLOOK, OUTLOOK_CLEAN, REL, TEAMS, TEAMS_CLEAN, WORD, WORD_CLEAN


def html(source: str) -> str:
    return render(source, source_format=Post.Format.HTML).html


TRIX = [
    ("<h1>Tavlemøte</h1><div>Vi står.<br><br>Hver dag.</div>", "<h3>Tavlemøte</h3><p>Vi står.</p><p>Hver dag.</p>"),
    ("<div>En<br>to</div>", "<p>En<br>to</p>"),
    (
        "<ul><li>En<ul><li>Under</li></ul></li><li>To</li></ul>",
        "<ul><li>En<ul><li>Under</li></ul></li><li>To</li></ul>",
    ),
    ("<blockquote>Sagt</blockquote><div>Svar</div>", "<blockquote><p>Sagt</p></blockquote><p>Svar</p>"),
    ("<pre>a\n  b</pre>", "<pre>a\n  b</pre>"),
    ("<div><del>bort</del> <em>skrå</em></div>", "<p><del>bort</del> <em>skrå</em></p>"),
    ('<div><a href="https://fhi.no/x">her</a></div>', f'<p><a href="https://fhi.no/x" {REL}>her</a></p>'),
    ('<figure data-trix-attachment="{}"><img src="https://a.example/b.png" alt="x"></figure>', ""),
]


@pytest.mark.parametrize(
    ("source", "clean"),
    [*TRIX, (WORD, WORD_CLEAN), (OUTLOOK, OUTLOOK_CLEAN), (TEAMS, TEAMS_CLEAN), (GOOGLE, GOOGLE_CLEAN)],
)
def test_what_editors_and_office_programs_write_becomes_plain_structure(source: str, clean: str) -> None:
    assert html(source) == clean


def test_words_list_is_a_list_where_an_editor_has_taken_its_style() -> None:
    assert html("<p>·&nbsp;&nbsp;&nbsp; Kaffe</p><p>·&nbsp;&nbsp; Tavle</p>") == "<ul><li>Kaffe</li><li>Tavle</li></ul>"


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        (
            "Se https://fhi.no/a?b=1&c.",
            '<p>Se <a href="https://fhi.no/a?b=1&amp;c" {rel}>https://fhi.no/a?b=1&amp;c</a>.</p>',
        ),
        ("Se www.fhi.no", '<p>Se <a href="https://www.fhi.no" {rel}>www.fhi.no</a></p>'),
        ("Fint.at det går bra.no", "<p>Fint.at det går bra.no</p>"),
        ("Linje\nlinje\n\n<b>Ny</b>", "<p>Linje<br>linje</p><p>&lt;b&gt;Ny&lt;/b&gt;</p>"),
    ],
)
def test_plain_text_gets_paragraphs_lines_and_links(source: str, clean: str) -> None:
    assert render(source, source_format=Post.Format.TEXT).html == clean.replace("{rel}", REL)


def test_a_text_area_shows_the_words_of_a_formatted_post() -> None:
    text = text_to_write_on("<h3>Om</h3><p>En<br>to</p><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul><p>Slutt</p>")
    assert text == "Om\n\nEn\nto\n\n- a\n- b\n\n- c\n\nSlutt"


TAGS = [
    "div",
    "p",
    "h1",
    "h3",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "b",
    "em",
    "a",
    "span",
    "td",
    "tr",
    "table",
    "del",
]
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS] + ["<br>", "<hr>", "<img src=x>"]),
    st.sampled_from(
        ["<a href='https://a.no/?x=1&y=2'>", "<p style='mso-list:l0 level2'>", "·\u00a0\u00a0 ", "1. \u00a0 "]
    ),
    st.sampled_from(
        ["https://b.no/c", "www.d.no", "&amp;", "&lt;script&gt;", "\n", " ", "\u00a0", "<!--", "-->", "<style>"]
    ),
    st.text(max_size=12),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_rendering_what_is_rendered_changes_nothing(source: str) -> None:
    once = render(source, source_format=Post.Format.HTML)
    assert render(once.html, source_format=Post.Format.HTML) == once


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_rendering_plain_text_is_stable_too(source: str) -> None:
    once = render(source, source_format=Post.Format.TEXT)
    assert render(once.html, source_format=Post.Format.HTML) == once


@pytest.mark.django_db
def test_posts_are_rendered_again_by_range() -> None:
    author = factories.MembershipFactory.create().person
    space = factories.SpaceFactory.create()
    keys = [
        start_topic(author=author, space=space, title=f"Tråd {number}", source="<div>Hei</div>").posts.get().pk
        for number in range(3)
    ]
    Post.objects.update(html="<p>gammelt</p>", rendering_version=RENDERING_VERSION - 1)
    call_command("rebake_posts", "--from", str(keys[1]), "--to", str(keys[1]))
    assert list(Post.objects.order_by("pk").values_list("html", flat=True)) == [
        "<p>gammelt</p>",
        "<p>Hei</p>",
        "<p>gammelt</p>",
    ]
    call_command("rebake_posts")
    assert set(Post.objects.values_list("html", "rendering_version")) == {("<p>Hei</p>", RENDERING_VERSION)}
