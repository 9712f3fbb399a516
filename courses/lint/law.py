"""Law: the same rule says the same everywhere, and somebody has looked at it lately."""

import re
from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from courses.lint.content import Content, CourseContent, Document
from courses.lint.findings import Finding, Place, found
from courses.models.legal import CHECK_EVERY
from courses.packages.format import LegalEntry

_DATED = re.compile(
    r"\b\d{1,2}\. (?:januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember) 20\d\d\b"
)


def check_law(content: Content, *, today: date) -> Iterator[Finding]:
    first: dict[str, tuple[LegalEntry, CourseContent]] = {}
    shared = set(content.references)
    for course in sorted(content.courses, key=lambda course: not is_about_law(course)):  # whose law the others copy
        for key, entry in course.package.references.items():
            place = Place(course.legal_file, entry.lines.get((), 0))
            if key not in first:
                first[key] = (entry, course)
                yield from check_entry(place, key, entry, today=today)
            elif first[key][0] != entry:
                yield found(
                    place,
                    "law-differs",
                    _("Lovhenvisningen «%(key)s» er ikke den samme som i %(other)s.")
                    % {"key": key, "other": first[key][1].legal_file},
                )
        yield from check_notice(course)
        for document in course.documents:
            yield from check_blocks(document, shared | set(course.package.references))
    for page in content.pages:
        yield from check_blocks(page, shared)


def check_entry(place: Place, key: str, entry: LegalEntry, *, today: date) -> Iterator[Finding]:
    if entry.checked_on is None:
        yield found(place, "law-unchecked", _("Lovhenvisningen «%s» er aldri kontrollert.") % key)
    elif entry.checked_on < today - CHECK_EVERY:
        yield found(
            place,
            "law-unchecked",
            _("Lovhenvisningen «%(key)s» er ikke kontrollert siden %(date)s.")
            % {"key": key, "date": entry.checked_on.isoformat()},
        )
    if entry.open_question:
        yield found(
            place,
            "law-open-question",
            _("Spørsmål til jurist om «%(key)s»: %(question)s") % {"key": key, "question": entry.open_question},
        )


def check_blocks(document: Document, known: set[str]) -> Iterator[Finding]:
    """A package brings the law it links to, so that it can be imported first."""
    for block in document.blocks:
        if block.type == "law" and block.value["reference"] not in known:
            yield found(
                document.place(block, ("reference",), block.value["reference"]),
                "law-missing",
                _("Lovhenvisningen «%s» finnes ikke.") % block.value["reference"],
            )


def is_about_law(course: CourseContent) -> bool:
    """A short course in which most lessons link to law."""
    lessons = [lesson for lesson in course.lessons if lesson.kind == "lesson"]
    return not course.is_module and sum(bool(lesson.count("law")) for lesson in lessons) * 2 > len(lessons)


def check_notice(course: CourseContent) -> Iterator[Finding]:
    """In a course about law every lesson says how old it is: by a law block, or a date."""
    if not is_about_law(course):
        return
    for lesson in course.lessons:
        is_dated = lesson.count("law") or any(_DATED.search(passage.text) for passage in lesson.passages)
        if lesson.kind in {"lesson", "summary"} and not is_dated:
            yield found(
                lesson.place(),
                "law-undated",
                _("Leksjonen sier ikke når loven sist ble kontrollert. Bruk en lovhenvisning, eller skriv datoen."),
            )
