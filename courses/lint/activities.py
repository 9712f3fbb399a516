"""Films, pictures and questions."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from courses.blocks import FILM_TYPES
from courses.lint import limits
from courses.lint.content import Content, CourseContent, Document, plain
from courses.lint.counts import script_words
from courses.lint.findings import Finding, Place, found
from courses.lint.reading import normalised
from courses.packages.format import Block, Film


def check_activities(content: Content) -> Iterator[Finding]:
    for document in content.documents:
        for block in document.blocks:
            if block.type == "image" and not block.value["alt"].strip():
                yield found(
                    document.place(block), "alt-missing", _("Bildet mangler beskrivelse for dem som ikke ser det.")
                )
            elif block.type in {"quiz_single", "quiz_multiple"}:
                yield from check_choices(document, block)
            elif block.type in {"quiz_ordering", "quiz_matching"}:
                yield from check_items(document, block)
    for course in content.courses:
        yield from check_films(course)
        yield from check_longest(course)


# --- films --------------------------------------------------------------------------------------------------


def check_films(course: CourseContent) -> Iterator[Finding]:
    by_id = {str(film.id): film for film in course.package.films.values()}
    for film in course.package.films.values():
        yield from check_film(course, film)
    for lesson in course.lessons:
        for block in lesson.blocks:
            used = by_id.get(block.value["film"]) if block.type in FILM_TYPES else None
            spoken = script_words(block)
            if used and spoken and not used.placeholder and used.duration:
                speed = spoken / (used.duration / 60)
                if speed > limits.SPOKEN_WORDS_A_MINUTE:
                    yield found(
                        lesson.place(block, ("script",)),
                        "script-too-fast",
                        _("Manuset gir %(speed)d ord i minuttet i filmen. Det skal være høyst %(most)d.")
                        % {"speed": speed, "most": limits.SPOKEN_WORDS_A_MINUTE},
                    )


def check_film(course: CourseContent, film: Film) -> Iterator[Finding]:
    place = Place(course.media_file, film.lines.get((), 0))
    language = course.package.course.language
    if language not in film.captions:
        yield found(place, "captions-missing", _("Filmen «%s» mangler teksting på kursets språk.") % film.title)
    if not film.transcript.strip():
        yield found(place, "transcript-missing", _("Filmen «%s» mangler utskrift.") % film.title)
    if film.duration <= 0:
        yield found(place, "duration-missing", _("Filmen «%s» mangler varighet.") % film.title)
    if film.placeholder:
        yield found(place, "film-placeholder", _("Filmen «%s» er en plassholder.") % film.title)


# --- questions ----------------------------------------------------------------------------------------------


def check_choices(document: Document, block: Block) -> Iterator[Finding]:
    answers: list[dict[str, Any]] = block.value["answers"]
    right = sum(answer["correct"] for answer in answers)
    question = block.value["question"]
    if right == 0 or (block.type == "quiz_single" and right > 1):
        yield found(
            document.place(block),
            "quiz-right-answer",
            _("Spørsmålet «%(question)s» har %(count)d riktige svar.") % {"question": question, "count": right},
        )
    yield from check_distinct(document, block, [answer["text"] for answer in answers])
    for number, answer in enumerate(answers):
        place = document.place(block, ("answers", number), answer["text"])
        if not answer["explanation"].strip():
            yield found(place, "quiz-explanation-missing", _("Svaret «%s» har ingen forklaring.") % answer["text"])
        elif normalised(answer["text"]) in normalised(answer["explanation"]) and len(answer["text"].split()) > 3:
            yield found(place, "quiz-explanation-repeats", _("Forklaringen gjentar svaret «%s».") % answer["text"])
    whole = plain(block.value["explanation"] or "")
    for number, answer in enumerate(answers):
        if whole and normalised(whole) == normalised(answer["explanation"]):
            yield found(
                document.place(block, ("explanation",), whole),
                "quiz-explanation-repeats",
                _("Forklaringen til spørsmålet gjentar forklaringen til svar %d.") % (number + 1),
            )


def check_items(document: Document, block: Block) -> Iterator[Finding]:
    if block.type == "quiz_ordering":
        yield from check_distinct(document, block, block.value["items"])
    else:
        yield from check_distinct(document, block, [pair["left"] for pair in block.value["pairs"]])
        yield from check_distinct(document, block, [pair["right"] for pair in block.value["pairs"]])


def check_distinct(document: Document, block: Block, texts: list[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for text in texts:
        if normalised(text) in seen:
            yield found(document.place(block), "quiz-answers-same", _("Svaret «%s» står to ganger.") % text)
        seen.add(normalised(text))


def check_longest(course: CourseContent) -> Iterator[Finding]:
    """Who always chooses the longest answer must not pass."""
    questions = [block for lesson in course.lessons for block in lesson.blocks if block.type == "quiz_single"]
    gifts = sum(longest_is_right(block.value["answers"]) for block in questions)
    if len(questions) >= limits.LONGEST_IS_RIGHT_FROM_QUESTIONS and gifts > limits.LONGEST_IS_RIGHT * len(questions):
        yield found(
            course.document.place(),
            "quiz-longest-right",
            _("Det riktige svaret er det lengste i %(count)d av %(all)d spørsmål med ett svar. Det røper svaret.")
            % {"count": gifts, "all": len(questions)},
        )


def longest_is_right(answers: list[dict[str, Any]]) -> bool:
    lengths = [len(answer["text"]) for answer in answers]
    longest = max(lengths, default=0)
    return lengths.count(longest) == 1 and answers[lengths.index(longest)]["correct"]
