"""What a chapter must cover, and the misunderstandings it must meet: each with the words that do it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from courses.lint.content import Content, Document
from courses.lint.findings import Finding, found
from courses.lint.reading import normalised

KINDS = ("cover", "misunderstanding")


def check_coverage(content: Content) -> Iterator[Finding]:
    """Every row names a lesson that is there, and words that stand in it. Every principle chapter has rows."""
    if content.coverage is None:
        return
    lessons = {(course.slug, lesson.slug): lesson for course in content.courses for lesson in course.lessons}
    for row in content.coverage:
        lesson = lessons.get((row.course, row.lesson))
        if row.kind not in KINDS:
            yield found(
                row.place, "coverage", _("Slaget «%s» finnes ikke. Velg cover eller misunderstanding.") % row.kind
            )
        if lesson is None:
            yield found(
                row.place,
                "coverage",
                _("Leksjonen «%(lesson)s» finnes ikke i kurset «%(course)s».")
                % {"lesson": row.lesson, "course": row.course},
            )
        elif not stands_in(lesson, row.phrase):
            yield found(
                row.place,
                "coverage",
                _("«%(phrase)s» står ikke i leksjonen «%(lesson)s».") % {"phrase": row.phrase, "lesson": row.lesson},
            )
    for course in content.courses:
        kinds = {row.kind for row in content.coverage if row.course == course.slug}
        if course.is_principle_chapter and not kinds >= set(KINDS):
            yield found(
                course.document.place(),
                "coverage-missing",
                _("Kapitlet mangler en liste over hva det dekker, og hvilke misforståelser det møter (coverage)."),
            )


def stands_in(lesson: Document, phrase: str) -> bool:
    """Whether these words stand in the lesson, whatever the marks between them."""
    wanted = normalised(phrase)
    return bool(wanted) and any(f" {wanted} " in f" {normalised(passage.text)} " for passage in lesson.passages)


def coverage_table(content: Content) -> str:
    """A Markdown table of what is met where."""
    titles = {course.slug: course.package.course.title for course in content.courses}
    lessons = {(course.slug, lesson.slug): lesson.title for course in content.courses for lesson in course.lessons}
    lines = ["| chapter | kind | item | lesson | phrase |", "|---|---|---|---|---|"]
    for row in content.coverage or []:
        cells = (
            titles.get(row.course, row.course),
            row.kind,
            row.item,
            lessons.get((row.course, row.lesson), row.lesson),
            f"«{row.phrase}»",
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
