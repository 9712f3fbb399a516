"""The files of a package: what is written is what is read, whatever people write."""

import string
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from courses.blocks import LessonBody
from courses.packages.format import (
    BLOCKS,
    PROSE,
    Block,
    Cells,
    Choice,
    Course,
    Field,
    Film,
    Flag,
    Group,
    Items,
    LegalEntry,
    Lesson,
    MediaFile,
    Package,
    PackageError,
    Ref,
    Rich,
    Text,
    fill_block_ids,
)
from courses.packages.markdown import MarkdownError, canonical_html, to_html, to_markdown
from courses.packages.reader import read_package
from courses.packages.writer import package_texts, write_package
from courses.packages.yaml_io import YamlError, dump_yaml, load_yaml, plain

FILM, IMAGE, DOCUMENT = (UUID(int=number) for number in (1, 2, 3))
PAGE = UUID(int=4)

NASTY = [
    "",
    " ",
    "  foran og bak  ",
    ":::",
    "::: film",
    "a\n:::\nb",
    "---",
    "- punkt",
    "1. punkt",
    "# overskrift",
    "«sitat» og \"sitat\" og 'sitat'",
    "æøå ÆØÅ",
    "😀 🧑‍🤝‍🧑 𝄞",
    "hardt\u00a0mellomrom",
    "\u2028\u2029\u0085\ufeff",
    "<b>ikke fet</b> &amp; &lt; a < b & c > d",
    "*stjerne* _strek_ `kode` [lenke](https://example.org) \\ ![x](y)",
    "null",
    "~",
    "NO",
    "yes",
    "2024",
    "1.5",
    "2026-06-01",
    "12:30",
    "a: b",
    "a #b",
    "{a: b}",
    "[a]",
    "&anker",
    "*alias",
    "!merke",
    "%direktiv",
    "@a",
    "`a`",
    "| a",
    "> a",
    "linje\n  innrykk\n\nslutt",
    "\n\nforan",
    "bak\n\n",
    "  innrykk\nmer",
    "mellomrom bak \nneste",
    "tab\ther",
    "\x07\x1b",
    "x" * 500,
]

texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(
        alphabet=st.one_of(
            st.sampled_from(string.punctuation + " \n\t:-#*_`[]()<>&\\\"'«»–æøå😀\u00a0\u2028"),
            st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"),
        ),
        max_size=40,
    ),
)


@st.composite
def inline_html(draw: st.DrawFn, depth: int = 0) -> str:
    pieces = []
    for _number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["text", "text", "b", "i", "a", "br"] if depth < 2 else ["text"]))
        if kind == "text":
            pieces.append(canonical_html(draw(texts).replace("&", "&amp;").replace("<", "&lt;"), PROSE))
        elif kind == "br":
            pieces.append("<br/>")
        elif kind == "a":
            href = draw(
                st.sampled_from(
                    [
                        "https://lovdata.no/§3-1?a=1&amp;copy=2",
                        "https://example.org/a(b)",
                        "mailto:a@example.org",
                        f"page:{PAGE}",
                        "/laer/",
                        "#her",
                    ]
                )
            )
            pieces.append(f'<a href="{href}">{draw(inline_html(depth=2))}</a>')
        else:
            pieces.append(f"<{kind}>{draw(inline_html(depth=depth + 1))}</{kind}>")
    return "".join(pieces)


@st.composite
def list_html(draw: st.DrawFn, depth: int = 0) -> str:
    tag = draw(st.sampled_from(["ul", "ol"]))
    items = []
    for _number in range(draw(st.integers(1, 3))):
        nested = draw(list_html(depth=depth + 1)) if depth < 2 and draw(st.booleans()) else ""
        items.append(f"<li>{draw(inline_html())}{nested}</li>")
    return f"<{tag}>{''.join(items)}</{tag}>"


@st.composite
def rich_html(draw: st.DrawFn, features: frozenset[str] = PROSE) -> str:
    """HTML as the editor might have stored it, in the form Flett compares."""
    pieces = []
    for _number in range(draw(st.integers(0, 3))):
        tag = draw(st.sampled_from(["p", "p", "list", *(sorted(features & {"h2", "h3", "h4"}))]))
        pieces.append(draw(list_html()) if tag == "list" else f"<{tag}>{draw(inline_html())}</{tag}>")
    return canonical_html("".join(pieces), features)


def values(spec: Field) -> st.SearchStrategy[Any]:
    """Any value a field may hold."""
    match spec:
        case Text():
            return texts
        case Rich():
            return rich_html(spec.features)
        case Flag():
            return st.booleans()
        case Choice():
            return st.sampled_from(spec.values)
        case Ref():
            known = {"film": FILM, "image": IMAGE, "document": DOCUMENT, "law": "pbrl-3-1"}
            return st.just(str(known[spec.kind]))
        case Items():
            return st.lists(values(spec.item), max_size=3)
        case Cells():
            return st.lists(st.lists(texts, min_size=2, max_size=2), max_size=3)
        case Group():
            return st.fixed_dictionaries({name: values(item) for name, item in spec.fields.items()})


@st.composite
def blocks(draw: st.DrawFn, kind: str | None = None) -> Block:
    kind = kind or draw(st.sampled_from(sorted(BLOCKS)))
    value = draw(values(BLOCKS[kind]))
    if kind == "text":
        value = value["text"]
    if kind == "table":
        value["columns"] = draw(st.lists(texts, min_size=2, max_size=2))
    return Block(type=kind, id=draw(st.uuids()), value=value)


def make_package(*block_list: Block, **changes: Any) -> Package:
    lesson = Lesson(id=UUID(int=11), slug="introduksjon", title="Introduksjon", blocks=list(block_list))
    for name, value in changes.items():
        setattr(lesson, name, value)
    return Package(
        course=Course(
            id=UUID(int=10),
            slug="kurs",
            language="nb",
            title="Kurs",
            kind="module",
            summary="Om kurset",
            principles=["fact/fleksibilitet"],
            programmes=["FACT"],
            audience="",
            learning_outcomes=["Du kan: dette", "«Og dette»"],
            minutes=10,
            cpd_hours=Decimal("1.5"),
            contact="",
            sign_in_required=False,
        ),
        lessons=[lesson],
        films={
            "film": Film(
                id=FILM,
                title="Film: «nr. 1»",
                duration=31,
                mp4="film.mp4",
                captions={"nb": "film.nb.vtt"},
                transcript="En.\n\nTo.\n",
            )
        },
        images={"bilde": MediaFile(id=IMAGE, title="Bilde", file="bilde.png")},
        documents={"plan": MediaFile(id=DOCUMENT, title="Plan", file="plan.docx")},
        references={
            "pbrl-3-1": LegalEntry(
                law="pasient- og brukerrettighetsloven",
                paragraph="§ 3-1",
                summary="Rett til å medvirke.",
                url="https://lovdata.no/lov/1999-07-02-63/§3-1",
                jurisdiction="NO",
                valid_from=None,
                checked_on=date(2026, 11, 22),
                checked_by="Redaksjonen",
            )
        },
    )


def write_texts(files: dict[str, str], folder: Path) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return folder


def read_back(package: Package, folder: Path) -> Package:
    return read_package(write_texts(package_texts(package), folder))


# --- YAML -----------------------------------------------------------------------------------------------


@given(texts)
@example("a\n\n b")
def test_yaml_keeps_every_text(text: str) -> None:
    value = {"a": text, "b": [text, {"c": text}]}
    assert plain(load_yaml(dump_yaml(value))) == value


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("a: 1\na: 2\n", 2, "to ganger"),
        ("a: &x 1\nb: *x\n", 1, "Ankere"),
        ("a: !!python/object:os.system x\n", 1, "YAML-merker"),
        ("a: [1,\nb: 2\n", 2, "kan ikke leses"),
        ("- a\n", 1, "felter"),
        ("a: 1\n---\nb: 2\n", 2, "mer enn ett"),
        ("? [a]\n: b\n", 1, "feltnavn"),
        ("a: " + "[" * 5000, 1, "dypt nøstet"),
    ],
)
def test_yaml_outside_the_subset_names_its_line(source: str, line: int, words: str) -> None:
    with pytest.raises(YamlError, match=words) as caught:
        load_yaml(source)
    assert caught.value.line == line


# --- Markdown -------------------------------------------------------------------------------------------


@given(rich_html())
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=200)
def test_markdown_says_what_the_html_says_or_nothing(html: str) -> None:
    markdown = to_markdown(html, PROSE)
    if markdown is not None:
        assert to_html(markdown, PROSE) == html


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>Ett <b>team</b>, <i>én</i> plan</p>", "Ett **team**, *én* plan"),
        ("<h2>Hva?</h2><p>Slik.</p>", "## Hva?\n\nSlik."),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<p>08.30 er ingen liste, 8. mai er det</p>", "08.30 er ingen liste, 8. mai er det"),
        ("<p>8. mai</p>", "8\\. mai"),
        ("<p>::: film</p>", "\\::: film"),
        ("<p>2 * 3 * 4 &lt; 5 &amp; 6</p>", "2 \\* 3 \\* 4 \\< 5 & 6"),
        ('<p><a href="https://lovdata.no/§3-1">Loven</a></p>', "[Loven](https://lovdata.no/§3-1)"),
        ("<p>en<br/>to</p>", "en\\\nto"),
        ("<p><b>fet </b>skrift</p>", None),
        ("<p></p>", None),
    ],
)
def test_html_to_markdown(html: str, markdown: str | None) -> None:
    assert to_markdown(html, PROSE) == markdown
    if markdown is not None:
        assert to_html(markdown, PROSE) == html


@pytest.mark.parametrize(
    ("markdown", "line", "words"),
    [
        ("# Tittel", 0, "overskriften"),
        ("a\n\n##### Fem", 2, "overskriften"),
        ("a\n<b>b</b>", 1, "HTML"),
        ("a\n\n<div>x</div>", 2, "HTML"),
        ("![x](y.png)", 0, "::: image"),
        ("```\nkode\n```", 0, "Kodeblokker"),
        ("    innrykk", 0, "fire mellomrom"),
        ("> sitat", 0, "::: quotation"),
        ("a\n\n---\n", 2, "skillelinje"),
        ("[x](javascript:alert(1))", 0, "må begynne med"),
        ("[x](JAVASCRIPT:alert(1))", 0, "må begynne med"),
        ("[x](data:text/html,x)", 0, "må begynne med"),
        ("[x](//evil.example)", 0, "må begynne med"),
        ("[x](relativ.html)", 0, "må begynne med"),
        ("- a\n\n  b", 2, "ett avsnitt"),
        ("3. a", 0, "begynne på 1"),
        ('[x](https://example.org "tittel")', 0, "egen tittel"),
    ],
)
def test_markdown_that_lessons_do_not_have_names_its_line(markdown: str, line: int, words: str) -> None:
    with pytest.raises(MarkdownError, match=words) as caught:
        to_html(markdown, PROSE)
    assert caught.value.line == line


# --- whole packages -------------------------------------------------------------------------------------


def test_every_block_of_a_lesson_is_in_the_format() -> None:
    assert set(BLOCKS) == set(LessonBody().child_blocks)


@pytest.mark.parametrize("kind", sorted(BLOCKS))
def test_any_block_survives_the_files(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    @given(block=blocks(kind))
    @settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
    def check(block: Block) -> None:
        package = make_package(block)
        files = package_texts(package)
        again = read_back(package, tmp_path_factory.mktemp("package"))
        assert again == package
        assert package_texts(again) == files

    check()


@given(block_list=st.lists(blocks(), max_size=5, unique_by=lambda block: block.id))
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_lesson_survives_the_files(block_list: list[Block], tmp_path_factory: pytest.TempPathFactory) -> None:
    package = make_package(*block_list)
    again = read_back(package, tmp_path_factory.mktemp("package"))
    assert again == package
    assert package_texts(again) == package_texts(package)


@given(title=texts, summary=texts, transcript=texts)
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_any_words_survive_the_fields(
    title: str, summary: str, transcript: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    package = make_package(title=title[:100], summary=summary[:200])
    package.films["film"].transcript = transcript
    try:
        again = read_back(package, tmp_path_factory.mktemp("package"))
    except PackageError as error:
        assert {problem.message.split(":")[0] for problem in error.problems} <= {"title"}  # the title may not be empty
        assert not title[:100].strip() or title.startswith("\x00")
    else:
        assert again == package


def test_text_after_text_stays_two_blocks(tmp_path: Path) -> None:
    first, second = (Block(type="text", id=uuid4(), value=f"<p>{word}</p>") for word in ("En", "To"))
    package = make_package(first, second)
    text = package_texts(package)["lessons/introduksjon.md"]
    assert text.endswith(f"\nEn\n\n::: text\nid: {second.id}\ntext: To\n:::\n")
    assert f"text_ids:\n  - {first.id}\n" in text
    assert read_back(package, tmp_path) == package


def test_text_with_a_made_id_needs_no_mention(tmp_path: Path) -> None:
    lesson_id = UUID(int=11)
    made = fill_block_ids(lesson_id, ["text", "key_message", "text"], [None, UUID(int=5), None])
    package = make_package(
        Block(type="text", id=made[0], value="<p>En</p>"),
        Block(type="key_message", id=UUID(int=5), value={"text": "Budskap"}),
        Block(type="text", id=made[2], value="<p>To</p>"),
    )
    text = package_texts(package)["lessons/introduksjon.md"]
    assert "text_ids" not in text
    assert text.split("---\n")[2] == f"\nEn\n\n::: key_message\nid: {UUID(int=5)}\ntext: Budskap\n:::\n\nTo\n"
    assert read_back(package, tmp_path) == package


def test_html_without_markdown_stands_as_html(tmp_path: Path) -> None:
    package = make_package(Block(type="fact_box", id=UUID(int=5), value={"title": "Boks", "text": "<p><b>a </b>b</p>"}))
    assert "text:\n  html: <p><b>a </b>b</p>\n" in package_texts(package)["lessons/introduksjon.md"]
    assert read_back(package, tmp_path) == package


def test_document_links_say_the_key(tmp_path: Path) -> None:
    package = make_package(
        Block(type="text", id=uuid4(), value=f'<p><a href="document:{DOCUMENT}">Planen</a></p>'),
    )
    assert "\n[Planen](document:plan)\n" in package_texts(package)["lessons/introduksjon.md"]
    assert read_back(package, tmp_path) == package


def test_writing_again_removes_what_is_gone(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    for name in ("film.mp4", "film.nb.vtt", "bilde.png", "plan.docx", "gammel.png"):
        (media / name).write_bytes(b"x")
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "gammel.md").write_text("gammel")
    package = make_package()
    package.root = tmp_path
    write_package(package, tmp_path)
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert found == [
        "course.yaml",
        "legal_references.yaml",
        "lessons/introduksjon.md",
        "media/bilde.png",
        "media/film.mp4",
        "media/film.nb.vtt",
        "media/media.yaml",
        "media/plan.docx",
    ]
    assert read_package(tmp_path) == package
