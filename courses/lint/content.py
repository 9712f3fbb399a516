"""All that is linted, as data: courses, pages, roles, terms. The same whether read from files or from the site."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from courses.lint.findings import Place
from courses.lint.reading import normalised, words
from courses.packages.format import (
    BLOCKS,
    Block,
    Cells,
    Field,
    Group,
    Items,
    LegalEntry,
    Lines,
    Package,
    Rich,
    Text,
)
from courses.packages.markdown import Element, parse_html

LESSON_KINDS = ("lesson", "role_film", "summary", "closing", "my_path")


class Role(StrEnum):
    """What a piece of text is for; rules ask for some of them."""

    PROSE = "prose"  # what a lesson's words are counted in
    CASE = "case"
    QUIZ = "quiz"
    SCRIPT = "script"  # what is said in a film
    SCENE = "scene"  # what is seen in a film
    LAW = "law"
    SOURCE = "source"  # titles of works and what is said of them
    LABEL = "label"  # names, titles, captions
    INTRO = "intro"  # the line above a film: the same in every chapter
    ALT = "alt"


RUNNING = frozenset(Role) - {Role.SOURCE}
"""Where the house's way of writing holds: everywhere but in the titles of others' works."""

_SKIPPED = {("case", ("steps", "key")), ("case", ("steps", "choices", "next")), ("sources", ("items", "url"))}
_ROLES: dict[tuple[str, tuple[str, ...]], Role] = {
    ("case", ("title",)): Role.LABEL,
    ("image", ("alt",)): Role.ALT,
    ("image", ("caption",)): Role.LABEL,
    ("image", ("source",)): Role.SOURCE,
    ("table", ("caption",)): Role.LABEL,
    ("table", ("columns",)): Role.LABEL,
    ("table", ("source",)): Role.SOURCE,
    ("quotation", ("attribution",)): Role.LABEL,
    ("quotation", ("source",)): Role.SOURCE,
    **{
        (kind, path): role
        for kind in ("film", "role_film")
        for path, role in {
            ("title",): Role.LABEL,
            ("intro",): Role.INTRO,
            ("role",): Role.LABEL,
            ("name_plate", "name"): Role.LABEL,
            ("name_plate", "title"): Role.LABEL,
            ("name_plate", "organisation"): Role.LABEL,
            ("script", "scene"): Role.SCENE,
            ("script", "picture"): Role.SCENE,
            ("script", "lines", "speaker"): Role.LABEL,
            ("script", "lines", "text"): Role.SCRIPT,
        }.items()
    },
}
_ROLES_OF_BLOCKS = {
    "case": Role.CASE,
    "quiz_single": Role.QUIZ,
    "quiz_multiple": Role.QUIZ,
    "quiz_ordering": Role.QUIZ,
    "quiz_matching": Role.QUIZ,
    "law": Role.LAW,
    "sources": Role.SOURCE,
    "download": Role.LABEL,
}


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    href: str


@dataclass(slots=True, eq=False)
class Passage:
    """One paragraph, point, heading, cell or field."""

    text: str
    role: Role
    document: "Document"
    block: Block | None = None
    path: tuple[str | int, ...] = ()
    tag: str = ""
    links: list[Link] = field(default_factory=list)

    def place(self, excerpt: str = "") -> Place:
        """Where it stands; with an excerpt, the very line the excerpt begins on."""
        return self.document.place(self.block, self.path, excerpt or self.text)


PAPER = "paper"
"""The kind of a template in the library: it repeats what it was built on, and says itself when its law was read."""


@dataclass(eq=False)
class Document:
    """One text with a title: a lesson, a guide, a page, a role, a term, or a course's own fields."""

    file: str
    kind: str
    title: str
    summary: str = ""
    blocks: list[Block] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    """Plain texts besides the body, by name."""
    language: str = "nb"
    slug: str = ""
    rows: list[str] = field(default_factory=list)
    """The file's lines, when it is a file."""
    lines: Lines = field(default_factory=dict)

    def place(self, block: Block | None = None, path: tuple[str | int, ...] = (), excerpt: str = "") -> Place:
        if block is None:
            line = self.lines.get(path, 0)
        else:
            while path and path not in block.lines:
                path = path[:-1]
            line = block.lines.get(path, block.line)
        if not self.rows:
            return Place(self.file, line, f"#block-{block.id}-section" if block and not line else "")
        return Place(self.file, find_line(self.rows, excerpt, line))

    @cached_property
    def passages(self) -> list[Passage]:
        """Everything a reader meets here, in order."""
        found = [Passage(self.title, Role.LABEL, self, path=("title",), tag="title")]
        if self.summary:
            found.append(Passage(self.summary, Role.LABEL, self, path=("summary",)))
        found += [Passage(text, Role.LABEL, self, path=(name,)) for name, text in self.fields.items() if text]
        for block in self.blocks:
            value = {"text": block.value} if block.type == "text" else block.value
            found += _walk(BLOCKS[block.type], value, block, (), self)
        return [passage for passage in found if passage.text.strip()]

    def texts(self, *roles: Role) -> list[Passage]:
        return [passage for passage in self.passages if passage.role in roles]

    @cached_property
    def prose(self) -> str:
        """The running text, a paragraph a line."""
        return "\n".join(passage.text for passage in self.texts(Role.PROSE))

    def count(self, *types: str) -> int:
        return sum(block.type in types for block in self.blocks)


@dataclass(eq=False)
class CourseContent:
    """A package with its texts in order of reading."""

    package: Package
    document: Document
    lessons: list[Document]
    guide: Document | None = None
    legal_file: str = ""
    media_file: str = ""

    @property
    def slug(self) -> str:
        return self.package.course.slug

    @property
    def is_module(self) -> bool:
        return self.package.course.kind == "module"

    @property
    def is_principle_chapter(self) -> bool:
        """A chapter of one of FACT's eight; those of FACT ung say what differs and may be short."""
        return self.is_module and any(name.startswith("fact/") for name in self.package.course.principles)

    @property
    def documents(self) -> list[Document]:
        return [self.document, *self.lessons, *([self.guide] if self.guide else [])]

    @property
    def prose(self) -> str:
        return "\n".join(lesson.prose for lesson in self.lessons)


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One thing a chapter must cover, or a misunderstanding it must meet, and where it does."""

    place: Place
    course: str
    kind: str
    item: str
    lesson: str
    phrase: str


@dataclass(eq=False)
class Content:
    courses: list[CourseContent] = field(default_factory=list)
    pages: list[Document] = field(default_factory=list)
    principles: dict[str, list[str]] = field(default_factory=dict)
    """The canonical Bokmål names, by set."""
    addresses: frozenset[str] | None = None
    """Every address of the site; None where it is not known, and paths are then taken on trust."""
    page_keys: frozenset[str] | None = None
    references: dict[str, LegalEntry] = field(default_factory=dict)
    """Law that the site has besides what the packages bring."""
    coverage: list[CoverageRow] | None = field(default_factory=list)
    """None where nobody keeps such a list, as on the site."""

    @property
    def documents(self) -> Iterator[Document]:
        for course in self.courses:
            yield from course.documents
        yield from self.pages


def find_line(rows: list[str], excerpt: str, start: int) -> int:
    """The line the excerpt begins on, at or after `start`; `start` itself where it is not found."""
    wanted = normalised(excerpt).split()
    for size in (6, 3, 1):
        if len(wanted) >= size or size == 1:
            phrase = " ".join(wanted[:size])
            for place in range(max(start - 1, 0), len(rows)):
                if phrase and f" {phrase} " in f" {normalised(rows[place])} ":
                    return place + 1
    stripped = excerpt.strip()
    for place in range(max(start - 1, 0), len(rows)):
        if stripped and stripped in rows[place]:
            return place + 1
    return start


def role_of(kind: str, names: tuple[str, ...]) -> Role:
    return _ROLES.get((kind, names), _ROLES_OF_BLOCKS.get(kind, Role.PROSE))


def _walk(spec: Field, value: Any, block: Block, path: tuple[str | int, ...], document: Document) -> Iterator[Passage]:
    names = tuple(name for name in path if isinstance(name, str))
    if (block.type, names) in _SKIPPED or value is None:
        return
    match spec:
        case Text():
            yield Passage(str(value), role_of(block.type, names), document, block, path)
        case Rich():
            for tag, text, links in paragraphs(value):
                yield Passage(text, role_of(block.type, names), document, block, path, tag, links)
        case Cells():
            for place, row in enumerate(value):
                for column, cell in enumerate(row):
                    yield Passage(cell, role_of(block.type, names), document, block, (*path, place, column), "td")
        case Items():
            for place, item in enumerate(value):
                yield from _walk(spec.item, item, block, (*path, place), document)
        case Group():
            for name, item in spec.fields.items():
                yield from _walk(item, value.get(name), block, (*path, name), document)


def paragraphs(html: str) -> Iterator[tuple[str, str, list[Link]]]:
    """Each paragraph, heading and point of the HTML: its tag, its text and its links."""
    yield from _paragraphs(parse_html(html))


def _paragraphs(node: Element) -> Iterator[tuple[str, str, list[Link]]]:
    for child in node.children:
        if isinstance(child, str):
            if child.strip():
                yield "p", child, []
        elif child.tag in {"ul", "ol"}:
            yield from _paragraphs(child)
        elif child.tag == "li":
            own = Element("li", {}, [part for part in child.children if not _is_list(part)])
            yield "li", _text(own), _links(own)
            yield from _paragraphs(Element("", {}, [part for part in child.children if _is_list(part)]))
        else:
            yield child.tag, _text(child), _links(child)


def _is_list(node: Element | str) -> bool:
    return isinstance(node, Element) and node.tag in {"ul", "ol"}


def _text(node: Element | str) -> str:
    if isinstance(node, str):
        return node
    return "\n" if node.tag == "br" else "".join(map(_text, node.children))


def _links(node: Element) -> list[Link]:
    found = []
    for child in node.children:
        if isinstance(child, Element):
            if child.tag == "a":
                found.append(Link(_text(child), child.attributes.get("href", "")))
            found += _links(child)
    return found


def plain(html: str) -> str:
    return "\n".join(text for _tag, text, _links in paragraphs(html))


def longest_path(block: Block) -> str:
    """What a reader meets who takes a case's wordiest way through, each step once."""
    steps = {step["key"]: step for step in block.value["steps"]}

    def onwards(key: str, seen: frozenset[str]) -> list[str]:
        if key not in steps or key in seen:
            return []
        step = steps[key]
        ways = [
            [choice["text"], plain(choice["feedback"]), *onwards(choice["next"], seen | {key})]
            for choice in step["choices"]
        ]
        longest = max(ways, key=lambda way: len(words("\n".join(way))), default=[])
        return [plain(step["situation"]), step["question"], *longest]

    first = block.value["steps"][0]["key"] if block.value["steps"] else ""
    return "\n".join([plain(block.value["person"]), *onwards(first, frozenset()), plain(block.value["closing"] or "")])
