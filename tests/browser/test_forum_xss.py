"""Some hundred known attacks, stored wherever members write, and shown in a real browser: nothing runs or is fetched.

The list (`tests/forum/data/xss.txt`, one JSON text a line) follows the public cheat sheets: tags, events, addresses,
encodings, mutations of SVG, MathML and style, template languages, and what Trix and htmx read.

Each place is looked at twice: under the page's policy, which speaks up of whatever it had to stop, and without it,
where an attack that came so far would run. At the end one that is put there on purpose does.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone

from forum.models import POSTS_A_PAGE, Attachment, Draft, Post, PostEdit, Pseudonym, Topic
from forum.rendering import render
from people.models import User
from tests import factories
from tests.browser.conftest import Watched
from tests.forum.pasted import PASTE_IN_TRIX
from tests.forum.writing import make_topic

pytestmark = pytest.mark.django_db(transaction=True)

LISTED = Path(__file__).parents[1] / "forum" / "data" / "xss.txt"
VECTORS = [json.loads(line) for line in LISTED.read_text(encoding="utf-8").splitlines()]
TRAP = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) {
  window[name] = (...said) => { window.ran.push([name, ...said].join(" ")); console.error("ran", name, ...said); };
}
"""
CONTROL = """
const html = '<img src="/finnes-ikke.png" onerror="alert(`kontroll`)">';
document.body.insertAdjacentHTML("beforeend", html);
"""
EDITED = {"div", "br", "h3", "blockquote", "ul", "ol", "li", "strong", "em", "del", "a", "span", "pre"}
"""What the editor itself is made of."""
PICTURE = factories.make_png()


def stored(vector: str) -> str:
    """As a database keeps it: PostgreSQL takes no zero byte, and every door removes them."""
    return vector.replace("\x00", "")


def store_everywhere(author: User) -> Topic:
    """Each attack as post, alias, content warning, file name, alt text, title, earlier version and draft."""
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    topic = make_topic(author=author, space=space)
    aliases = Pseudonym.objects.bulk_create(
        Pseudonym(
            space=space, name=stored(each)[:36] + str(place), name_folded=str(place), owner=str(place), sealed="x"
        )
        for place, each in enumerate(VECTORS)
    )
    posts = []
    for place, vector in enumerate(VECTORS):
        format_ = Post.Format.TEXT if place % 3 == 0 else Post.Format.HTML
        made = render(vector, source_format=format_)
        posts.append(
            Post(
                topic=topic,
                number=place + 2,
                pseudonym=aliases[place],
                source=stored(vector),
                source_format=format_,
                html=made.html,
                text=stored(made.text),
                rendering_version=made.version,
                content_warning=stored(vector)[:120] if place % 4 == 0 else "",
            )
        )
    Post.objects.bulk_create(posts)
    Topic.objects.filter(pk=topic.pk).update(last_number=len(VECTORS) + 1, post_count=len(VECTORS) + 1)
    picture = Attachment(post=posts[0], name="a.png", media_type="image/png", size=1, is_image=True)
    picture.file.save("a", ContentFile(PICTURE))
    Attachment.objects.bulk_create(
        Attachment(
            post=post,
            uploader=author,
            file=picture.file.name,
            name=stored(vector)[:160],
            media_type="image/png",
            size=1,
            is_image=place % 2 == 0,
            alt_text=stored(vector)[:300],
        )
        for place, (post, vector) in enumerate(zip(posts, VECTORS, strict=True))
    )
    first = topic.posts.get(number=1)
    PostEdit.objects.bulk_create(
        PostEdit(
            post=first,
            html=render(vector, source_format=Post.Format.HTML).html,
            title=stored(vector)[:160],
            content_warning=stored(vector)[:120] if place % 2 else "",
        )
        for place, vector in enumerate(VECTORS)
    )
    now = timezone.now()
    Topic.objects.bulk_create(
        Topic(
            space=space,
            title=stored(vector)[:160],
            pseudonym=alias,
            content_warning=stored(vector)[:120],
            last_post_at=now,
            post_count=1,
        )
        for vector, alias in zip(VECTORS, aliases, strict=True)
    )
    topics = Topic.objects.filter(space=space).exclude(pk=topic.pk)
    Draft.objects.bulk_create(
        Draft(
            person=author,
            place=f"topic:{each.pk}",
            title=each.title,
            source=each.title,
            content_warning=each.title[:99],
        )
        for each in topics
    )
    return topic


def nothing_ran(page: Watched) -> None:
    assert page.evaluate("window.ran") == []
    assert (
        page.evaluate("document.querySelectorAll('.prose script, .prose [style], .prose img, .prose iframe').length")
        == 0
    )
    assert page.problems() == []


def the_trap_works(page: Watched, *, with_policy: bool) -> None:
    """What came before has had its time when this, put there last, has run or been stopped."""
    page.evaluate(CONTROL)
    if with_policy:
        page.wait_until(lambda: any("Content Security Policy" in line for line in page.problems()))
        assert page.evaluate("window.ran") == []
    else:
        page.wait_until("window.ran.length")
        assert page.evaluate("window.ran") == ["alert kontroll"]


def open_trapped(open_page: Callable[..., Watched], person: User, *, with_policy: bool) -> Watched:
    page = open_page(user=person, bypass_csp=not with_policy)
    page.page.add_init_script(TRAP)
    page.page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    return page


@pytest.mark.parametrize("with_policy", [True, False])
def test_no_attack_runs_wherever_it_is_shown(
    site_server: Any, open_page: Callable[..., Watched], with_policy: bool
) -> None:
    assert len(VECTORS) >= 300
    author = factories.MembershipFactory.create().person
    topic = store_everywhere(author)
    page = open_trapped(open_page, author, with_policy=with_policy)
    addresses = [
        *(
            f"{reverse('forum:topic', args=[topic.pk])}?side={side}"
            for side in range(1, 2 + len(VECTORS) // POSTS_A_PAGE)
        ),
        reverse("forum:space", args=[topic.space.slug]),
        reverse("forum:post-history", args=[topic.posts.get(number=1).pk]),
        reverse("forum:drafts"),
    ]
    seen = set()
    for address in addresses:
        page.goto(f"{site_server.url}{address}", wait_until="load")
        page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
        seen |= set(page.evaluate("[...document.querySelectorAll('article.post')].map((each) => each.id)"))
        nothing_ran(page)
    assert len(seen) == len(VECTORS) + 1
    the_trap_works(page, with_policy=with_policy)


@pytest.mark.parametrize("with_policy", [True, False])
def test_no_attack_runs_in_the_editor(site_server: Any, open_page: Callable[..., Watched], with_policy: bool) -> None:
    """Stored in a draft and fetched into the editor, and pasted there raw, each behind a word of its own."""
    author = factories.MembershipFactory.create().person
    topic = make_topic(author=author)
    Draft.objects.create(
        person=author, place=f"topic:{topic.pk}", source="".join(map(stored, VECTORS)), title="".join(VECTORS[:3])
    )
    page = open_trapped(open_page, author, with_policy=with_policy)
    page.goto(f"{site_server.url}{reverse('forum:reply', args=[topic.pk])}")
    editor = page.locator("trix-editor")
    editor.wait_for()
    assert len(editor.inner_text()) > 1000
    nothing_ran(page)
    editor.focus()
    marks = [f"merke{place}slutt" for place in range(len(VECTORS))]
    page.evaluate(PASTE_IN_TRIX, [f"<p>{mark}</p>{each}" for mark, each in zip(marks, VECTORS, strict=True)])
    text = editor.inner_text()
    assert [mark for mark in marks if mark not in text] == []
    there = page.evaluate("[...document.querySelectorAll('trix-editor *')].map((each) => each.localName)")
    assert set(there) <= EDITED
    nothing_ran(page)
    the_trap_works(page, with_policy=with_policy)
