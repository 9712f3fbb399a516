"""The same thing said twice: paragraphs, turns of phrase, and the names of invented people."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from django.utils.translation import gettext as _

from courses.lint import limits
from courses.lint.content import PAPER, Content, CourseContent, Document, Passage, Role
from courses.lint.findings import Finding, Place, found
from courses.lint.reading import normalised, sentences, shingles
from courses.lint.vocabulary import vocabulary

_COMPARED = frozenset(Role) - {Role.SOURCE, Role.INTRO, Role.ALT, Role.LABEL}
_HEADINGS = frozenset({"h2", "h3", "h4", "title"})
_NAME = r"([A-ZÆØÅ][a-zæøåéáš]+(?:[ -][A-ZÆØÅ][a-zæøåé]+)?)"
_AGED = re.compile(
    rf"\b{_NAME} (?:er|var|fylte) "
    r"(?:\d{1,2}(?: år)?\b|(?:midt )?i (?:begynnelsen av |slutten av |starten av )?\w+årene?\b|(?:midt )?i \w+åra\b"
    r"|(?:\w+ )?(?:diktet opp|oppdiktet))"
)
_INSIDE = re.compile(r"\w,? ([A-ZÆØÅ][a-zæøåéáš]+)\b")
_PERSON = re.compile(rf"{_NAME} (?:er|har|bor|var|jobber|heter|kommer)\b")


def check_repeats(content: Content) -> Iterator[Finding]:
    yield from check_paragraphs(content)
    yield from check_phrases(content)
    yield from check_names(content)


def check_paragraphs(content: Content) -> Iterator[Finding]:
    """Paragraphs that are the same, or nearly, within a language. A question may quote what its course has said."""
    first: dict[tuple[str, str], Passage] = {}
    long: list[tuple[Passage, frozenset[tuple[str, ...]]]] = []
    holders: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for course, document in owned_documents(content):
        for passage in document.passages:
            text = normalised(passage.text)
            count = text.count(" ") + 1
            if passage.role not in _COMPARED or passage.tag in _HEADINGS or is_link(passage):
                continue
            if count < limits.REPEAT_FROM_WORDS:
                continue
            earlier = first.setdefault((document.language, text), passage)
            if earlier is not passage:
                if not is_recall(passage, earlier, course):
                    yield repeat("repeat", _("Avsnittet står også i %(place)s: «%(text)s»"), passage, earlier)
                continue
            if count < limits.NEAR_REPEAT_FROM_WORDS:
                continue
            own = shingles(passage.text)
            shared = Counter(other for shingle in own for other in holders[document.language, shingle])
            for other, common in shared.items():
                earlier, theirs = long[other]
                if common / (len(own) + len(theirs) - common) >= limits.NEAR_REPEAT_SHARE:
                    yield repeat(
                        "near-repeat", _("Avsnittet er nesten likt et i %(place)s: «%(text)s»"), passage, earlier
                    )
                    break
            for shingle in own:
                holders[document.language, shingle].append(len(long))
            long.append((passage, own))


def owned_documents(content: Content) -> Iterator[tuple[CourseContent | None, Document]]:
    for course in content.courses:
        yield from ((course, document) for document in course.documents)
    yield from ((None, page) for page in content.pages if page.kind != PAPER)


def is_link(passage: Passage) -> bool:
    """Nothing but a way to somewhere else."""
    return len(passage.links) == 1 and normalised(passage.links[0].text) == normalised(passage.text)


def is_recall(passage: Passage, earlier: Passage, course: CourseContent | None) -> bool:
    """A question that quotes its course, or two rows of a table that say the same."""
    if passage.tag == "td" and passage.block is earlier.block:
        return True
    return (
        course is not None
        and earlier.document in course.documents
        and Role.QUIZ in {passage.role, earlier.role}
        and passage.document is not earlier.document
    )


def repeat(code: str, message: str, passage: Passage, earlier: Passage) -> Finding:
    return found(passage.place(), code, message % {"place": earlier.place(), "text": shortened(passage.text)})


def shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60].rstrip()}…"


def check_phrases(content: Content) -> Iterator[Finding]:
    """Fixed turns of phrase, and any run of words that begins sentences all over the content."""
    place = Place(_("hele innholdet"))
    texts = [
        passage.text
        for document in content.documents
        if document.language == "nb"
        for passage in document.texts(Role.PROSE, Role.CASE)
    ]
    whole = f" {' | '.join(normalised(text) for text in texts)} "
    counts = {phrase: (whole.count(f" {normalised(phrase)} "), most) for phrase, most in vocabulary().phrases}
    starts = Counter(
        " ".join(normalised(sentence).split()[: limits.PHRASE_WORDS])
        for text in texts
        for sentence in sentences(text)
        if len(sentence.split()) > limits.PHRASE_WORDS
    )
    counts |= {phrase: (count, limits.PHRASE_MOST) for phrase, count in starts.items()}
    for phrase, (count, most) in sorted(counts.items()):
        if count > most:
            yield found(
                place,
                "phrase-overused",
                _("«%(phrase)s» står %(count)d ganger. Mer enn %(most)d sliter på leseren.")
                % {"phrase": phrase, "count": count, "most": most},
            )


def invented_names(course: CourseContent) -> dict[str, Passage]:
    """The first names the course gives people it makes up, and where it does."""
    names: dict[str, Passage] = {}
    for document in course.documents:
        for passage in document.passages:
            matches = list(_AGED.finditer(passage.text))
            if passage.path == ("person",) and (begins := _PERSON.match(passage.text)):
                matches.append(begins)
            for match in matches:
                parts = [part for part in match.group(1).split() if part not in vocabulary().not_names]
                if parts:
                    names.setdefault(parts[0], passage)
    return names


def named_people(course: CourseContent) -> dict[str, Passage]:
    """Every word with a capital letter inside a sentence, and where it first stands."""
    names: dict[str, Passage] = {}
    for document in course.documents:
        for passage in document.passages:
            if passage.role != Role.SOURCE:
                for match in _INSIDE.finditer(passage.text):
                    names.setdefault(match.group(1), passage)
    return names


def check_names(content: Content) -> Iterator[Finding]:
    """An invented person of one course who is named in another. Translations share their people."""
    own = {id(course): invented_names(course) for course in content.courses}
    first: dict[str, tuple[CourseContent, Passage]] = {}
    for course in content.courses:
        for name, passage in own[id(course)].items():
            first.setdefault(name, (course, passage))
    for course in content.courses:
        for name, passage in (named_people(course) | own[id(course)]).items():
            if name in first and first[name][0].package.course.id != course.package.course.id:
                yield found(
                    passage.place(passage.text[passage.text.find(name) :]),
                    "name-reused",
                    _("Den oppdiktede personen «%(name)s» finnes også i %(place)s. Er det den samme?")
                    % {"name": name, "place": first[name][1].place()},
                )
