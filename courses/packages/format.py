"""What a course package holds, as data. `docs/course-packages.md` says the same in words.

Inside Flett a block's value is *portable*: rich text is HTML whose links say `page:<uuid>` and
`document:<uuid>`, media are UUIDs, law is its key, and a table is its columns and rows. No database number
ever enters a package.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from courses.blocks.text import SMALL_FEATURES, TEXT_FEATURES

FORMAT = 1
NAMESPACE = UUID("b6a0f5f1-6f0e-5d3c-8a51-0f1e77c0ffee")
"""Identities of what has no id in a package are made below this one; it never changes."""

MAX_TEXT_FILE_BYTES = 2 * 1024 * 1024
"""How large one file of text may be: a lesson of 600 words is 5 kB."""


# --- what goes wrong ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend, where the author finds it. Line 0 means the file as a whole."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class PackageError(Exception):
    """The package cannot be used. Nothing was changed; `problems` names every fault with file and line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


# --- what a block is made of ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text, kept to the letter."""

    optional: bool = False
    always_written: bool = False


@dataclass(frozen=True, slots=True)
class Rich:
    """Markdown in the file, HTML in Flett."""

    features: frozenset[str] = frozenset(SMALL_FEATURES)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false; false when left out."""


@dataclass(frozen=True, slots=True)
class Choice:
    values: tuple[str, ...]
    default: str


@dataclass(frozen=True, slots=True)
class Ref:
    """The name of something that stands elsewhere: a film, an image, a document or a law reference."""

    kind: str


@dataclass(frozen=True, slots=True)
class Group:
    fields: dict[str, "Field"]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    item: "Field"
    on_one_line: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """Rows of plain text."""


Field = Text | Rich | Flag | Choice | Ref | Group | Items | Cells

_TITLED = Items(Group({"title": Text(), "text": Rich()}))
_FILM: dict[str, Field] = {
    "film": Ref("film"),
    "title": Text(),
    "intro": Text(optional=True),
    "name_plate": Group(
        {"name": Text(optional=True), "title": Text(optional=True), "organisation": Text(optional=True)}, optional=True
    ),
}
_SCRIPT = Items(
    Group(
        {
            "scene": Text(),
            "picture": Text(optional=True),
            "lines": Items(Group({"speaker": Text(), "text": Text()}), optional=True),
        }
    ),
    optional=True,
)
_QUIZ: dict[str, Field] = {
    "question": Text(),
    "answers": Items(Group({"text": Text(), "correct": Flag(), "explanation": Text()})),
    "explanation": Rich(optional=True),
}

GUIDE_FILE = "guide.md"

PROSE = frozenset(TEXT_FEATURES)
"""What running text may use: all that the small texts may, and headings and links to documents."""

BLOCKS: dict[str, Group] = {
    "text": Group({"text": Rich(features=PROSE)}),
    "image": Group(
        {"file": Ref("image"), "alt": Text(), "caption": Text(optional=True), "source": Text(optional=True)}
    ),
    "table": Group(
        {"caption": Text(), "columns": Items(Text(), on_one_line=True), "rows": Cells(), "source": Text(optional=True)}
    ),
    "fact_box": Group({"title": Text(), "text": Rich()}),
    "quotation": Group({"text": Text(), "attribution": Text(), "source": Text(optional=True)}),
    "key_message": Group({"text": Text()}),
    "film": Group(_FILM),
    "role_film": Group({**_FILM, "role": Text(), "script": _SCRIPT}),
    "steps": Group({"title": Text(optional=True), "items": _TITLED}),
    "accordion": Group({"title": Text(optional=True), "items": _TITLED}),
    "case": Group(
        {
            "title": Text(),
            "person": Rich(),
            "steps": Items(
                Group(
                    {
                        "key": Text(),
                        "situation": Rich(),
                        "question": Text(),
                        "choices": Items(
                            Group(
                                {
                                    "text": Text(),
                                    "feedback": Rich(),
                                    "quality": Choice(("good", "partly", "poor"), default="partly"),
                                    "next": Text(optional=True, always_written=True),
                                }
                            )
                        ),
                    }
                )
            ),
            "closing": Rich(optional=True),
        }
    ),
    "reflection": Group({"prompt": Text(), "help": Text(optional=True)}),
    "quiz_single": Group(_QUIZ),
    "quiz_multiple": Group(_QUIZ),
    "quiz_ordering": Group({"question": Text(), "items": Items(Text()), "explanation": Rich(optional=True)}),
    "quiz_matching": Group(
        {
            "question": Text(),
            "pairs": Items(Group({"left": Text(), "right": Text()})),
            "explanation": Rich(optional=True),
        }
    ),
    "download": Group({"document": Ref("document"), "title": Text(), "description": Text(optional=True)}),
    "law": Group({"reference": Ref("law"), "note": Text(optional=True)}),
    "sources": Group(
        {"items": Items(Group({"text": Text(), "url": Text(optional=True), "caveat": Text(optional=True)}))}
    ),
}


# --- the package ---------------------------------------------------------------------------------------

Lines = dict[tuple[str | int, ...], int]
"""Where each value stands in its file, by its path inside the block or the front matter."""


@dataclass(slots=True)
class Block:
    """One block of a lesson: its portable value is HTML for `text` and a dict for every other type."""

    type: str
    id: UUID
    value: Any
    line: int = field(default=0, compare=False, repr=False)
    lines: Lines = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class Lesson:
    id: UUID
    slug: str
    title: str
    kind: str = "lesson"
    required: bool = True
    minutes: int = 5
    completion: str = "marked"
    pass_percent: int = 80
    summary: str = ""
    blocks: list[Block] = field(default_factory=list)
    lines: Lines = field(default_factory=dict, compare=False, repr=False)

    @property
    def file(self) -> str:
        return f"lessons/{self.slug}.md"


@dataclass(slots=True)
class Guide:
    """The facilitators' guide. It is no lesson: nothing is completed, and no version is written."""

    id: UUID
    title: str
    minutes: int = 30
    summary: str = ""
    blocks: list[Block] = field(default_factory=list)
    lines: Lines = field(default_factory=dict, compare=False, repr=False)

    @property
    def file(self) -> str:
        return GUIDE_FILE


@dataclass(slots=True)
class Course:
    id: UUID
    slug: str
    language: str
    title: str
    kind: str
    summary: str
    principles: list[str]
    programmes: list[str]
    audience: str
    learning_outcomes: list[str]
    minutes: int
    cpd_hours: Decimal | None
    contact: str
    sign_in_required: bool
    certificate_valid_months: int | None = None
    lines: Lines = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class Film:
    id: UUID
    title: str
    placeholder: bool = False
    duration: float = 0
    mp4: str = ""
    webm: str = ""
    poster: str = ""
    captions: dict[str, str] = field(default_factory=dict)
    transcript: str = ""
    lines: Lines = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class MediaFile:
    """An image or a document."""

    id: UUID
    title: str
    file: str
    lines: Lines = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class LegalEntry:
    law: str
    paragraph: str
    summary: str
    url: str
    jurisdiction: str
    valid_from: date | None
    checked_on: date | None
    checked_by: str
    open_question: str = ""
    lines: Lines = field(default_factory=dict, compare=False, repr=False)


@dataclass(slots=True)
class Package:
    """A whole package. `root` is the folder its media lie in, or None where the files stand elsewhere."""

    course: Course
    lessons: list[Lesson]
    films: dict[str, Film] = field(default_factory=dict)
    images: dict[str, MediaFile] = field(default_factory=dict)
    documents: dict[str, MediaFile] = field(default_factory=dict)
    references: dict[str, LegalEntry] = field(default_factory=dict)
    guide: Guide | None = None
    root: Path | None = field(default=None, compare=False)
    notes: list[str] = field(default_factory=list, compare=False)

    @property
    def pages(self) -> list[Lesson | Guide]:
        """Everything with a body, in the order people meet it."""
        return [*self.lessons, *([self.guide] if self.guide else [])]


# --- identities made where none is given ----------------------------------------------------------------


def course_id_for(slug: str) -> UUID:
    return uuid5(NAMESPACE, f"course:{slug}")


def lesson_id_for(course_id: UUID, slug: str) -> UUID:
    return uuid5(course_id, f"lesson:{slug}")


def guide_id_for(course_id: UUID) -> UUID:
    return uuid5(course_id, "guide")


def media_id_for(course_id: UUID, kind: str, key: str) -> UUID:
    return uuid5(course_id, f"{kind}:{key}")


def item_id_for(block_id: UUID, path: tuple[str | int, ...]) -> str:
    """The id of a list item inside a block: made from the block's id and the item's place."""
    return str(uuid5(block_id, "/".join(map(str, path))))


def fill_block_ids(lesson_id: UUID, types: list[str], ids: list[UUID | None]) -> list[UUID]:
    """Give each block without an id one made from lesson, block name and its place among blocks of that name.

    An id already taken is passed over, so a made id never meets a given one.
    """
    taken = {block_id for block_id in ids if block_id}
    counts: dict[str, int] = {}
    filled = []
    for kind, given in zip(types, ids, strict=True):
        counts[kind] = counts.get(kind, 0) + 1
        block_id = given
        turn = 0
        while block_id is None:
            name = f"{kind}:{counts[kind]}" + (f":{turn}" if turn else "")
            made = uuid5(lesson_id, name)
            turn += 1
            if made not in taken:
                block_id = made
                taken.add(made)
        filled.append(block_id)
    return filled
