"""Enough and not too much: words, questions, reflections, sources, and the parts a chapter has."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from courses.blocks import QUIZ_TYPES
from courses.lint import limits
from courses.lint.content import Content, CourseContent, Document, longest_path
from courses.lint.findings import Finding, found
from courses.lint.reading import lix, words
from courses.packages.format import Block


def check_counts(content: Content) -> Iterator[Finding]:
    for course in content.courses:
        for lesson in course.lessons:
            yield from check_lesson(lesson)
        if course.guide:
            yield from check_words(course.guide, limits.WORDS["guide"], "guide-words")
        yield from check_course(course)
        if course.is_module:
            yield from check_module(course)
        if course.is_principle_chapter:
            yield from check_chapter(course)


def check_lesson(lesson: Document) -> Iterator[Finding]:
    cases = [block for block in lesson.blocks if block.type == "case"]
    allowed = limits.WORDS_BESIDE_A_CASE if cases else limits.WORDS[lesson.kind]
    if lesson.blocks:
        yield from check_words(lesson, allowed, "lesson-words")
    for case in cases:
        count = len(words(longest_path(case)))
        if count not in limits.CASE_PATH_WORDS:
            yield found(
                lesson.place(case),
                "case-words",
                _("Den lengste veien gjennom saken er %(count)d ord. Den skal være %(range)s.")
                % {"count": count, "range": limits.CASE_PATH_WORDS},
            )
    ease = lix(lesson.prose)
    if (
        lesson.language == "nb"
        and len(words(lesson.prose)) >= limits.LESSON_LIX_FROM_WORDS
        and round(ease, 1) not in limits.LESSON_LIX
    ):
        yield found(
            lesson.place(),
            "lix-lesson",
            _("Lesbarheten (LIX) er %(lix).1f. Den skal være %(range)s.") % {"lix": ease, "range": limits.LESSON_LIX},
        )
    for block in lesson.blocks:
        if (script := script_words(block)) and script not in limits.SCRIPT_WORDS:
            yield found(
                lesson.place(block, ("script",)),
                "script-words",
                _("Filmens manus er %(count)d talte ord. Det skal være %(range)s.")
                % {"count": script, "range": limits.SCRIPT_WORDS},
            )


def script_words(block: Block) -> int:
    """How many words are said in the film's script; 0 when there is none."""
    if block.type != "role_film":
        return 0
    return sum(len(words(line["text"])) for scene in block.value.get("script") or [] for line in scene["lines"] or [])


def check_words(document: Document, allowed: limits.Range, code: str) -> Iterator[Finding]:
    count = len(words(document.prose))
    if count not in allowed:
        yield found(
            document.place(),
            code,
            _("Teksten er %(count)d ord. Den skal være %(range)s.") % {"count": count, "range": allowed},
        )


def check_course(course: CourseContent) -> Iterator[Finding]:
    questions = sum(lesson.count(*QUIZ_TYPES) for lesson in course.lessons)
    if questions < limits.LEAST_QUESTIONS:
        yield found(
            course.document.place(),
            "quiz-few",
            _("Kurset har %(count)d spørsmål. Det skal ha minst %(least)d.")
            % {"count": questions, "least": limits.LEAST_QUESTIONS},
        )
    ease = lix(course.prose)
    if course.document.language == "nb" and course.prose and round(ease, 1) not in limits.COURSE_LIX:
        yield found(
            course.document.place(),
            "lix-course",
            _("Lesbarheten (LIX) i hele kurset er %(lix).1f. Den skal være %(range)s.")
            % {"lix": ease, "range": limits.COURSE_LIX},
        )


def check_module(course: CourseContent) -> Iterator[Finding]:
    place = course.document.place()
    kinds = [lesson.kind for lesson in course.lessons]
    reflections = sum(lesson.count("reflection") for lesson in course.lessons if lesson.kind != "my_path")
    sources = sum(lesson.count("sources") for lesson in course.lessons)
    if reflections < limits.LEAST_REFLECTIONS:
        yield found(
            place,
            "reflections-few",
            _("Kapitlet har %(count)d refleksjoner utenom Min læringssti. Det skal ha minst %(least)d.")
            % {"count": reflections, "least": limits.LEAST_REFLECTIONS},
        )
    if kinds[-1:] != ["my_path"]:
        yield found(place, "my-path-missing", _("Kapitlet slutter ikke med «Min læringssti»."))
    if not any(lesson.kind == "summary" and lesson.count(*QUIZ_TYPES) for lesson in course.lessons):
        yield found(place, "summary-missing", _("Kapitlet har ingen oppsummering med spørsmål."))
    if sources < limits.LEAST_SOURCES:
        yield found(place, "sources-missing", _("Kapitlet har ingen kilder."))
    if course.guide is None:
        yield found(place, "guide-missing", _("Kapitlet har ingen veiledning for den som leder samtalen (guide.md)."))


def check_chapter(course: CourseContent) -> Iterator[Finding]:
    place = course.document.place()
    count = len(course.lessons)
    if count not in limits.CHAPTER_LESSONS:
        yield found(
            place,
            "chapter-lessons",
            _("Kapitlet har %(count)d leksjoner. Det skal ha %(range)s.")
            % {"count": count, "range": limits.CHAPTER_LESSONS},
        )
    films = [
        (lesson, block)
        for lesson in course.lessons
        for block in lesson.blocks
        if lesson.kind == "role_film" and block.type == "role_film"
    ]
    if not films:
        yield found(place, "role-film-missing", _("Kapitlet har ingen rollefilm."))
    for lesson, block in films:
        if not script_words(block):
            yield found(lesson.place(block), "script-missing", _("Rollefilmen har ikke manus (script)."))
