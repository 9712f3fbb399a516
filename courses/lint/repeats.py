"""The same thing said twice: paragraphs, turns of phrase, and the names of invented people."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from django.utils.translation import gettext as _

from courses.lint import limits
from courses.lint.content import Content, CourseContent, Document, Passage, Role
from courses.lint.findings import Finding, Place, found
from courses.lint.reading import normalised, sentences, shingles
from courses.lint.vocabulary import vocabulary

_COMPARED = frozenset(Role) - {Role.SOURCE, Role.INTRO, Role.ALT, Role.LABEL}
_HEADINGS = frozenset({"h2", "h3", "h4", "title"})
_INVENTED = re.compile(
    r"\b([A-ZÆØÅ][a-zæøåéáš]+(?:[ -][A-ZÆØÅ][a-zæøåé]+)?) (?:er|var|fylte) "
    r"(?:\d{1,2}(?: år)?\b|(?:\w+ )?(?:diktet opp|oppdiktet))"
)


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
    yield from ((None, page) for page in content.pages)


def is_link(passage: Passage) -> bool:
    """Nothing but a way to somewhere else."""
    return len(passage.links) == 1 and normalised(passage.links[0].text) == normalised(passage.text)


def is_recall(passage: Passage, earlier: Passage, course: CourseContent | None) -> bool:
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
            for match in _INVENTED.finditer(passage.text):
                parts = match.group(1).split()
                name = parts[-1] if parts[0] in vocabulary().not_names else parts[0]
                if name not in vocabulary().not_names:
                    names.setdefault(name, passage)
    return names


def check_names(content: Content) -> Iterator[Finding]:
    first: dict[str, tuple[CourseContent, Passage]] = {}
    for course in content.courses:
        for name, passage in invented_names(course).items():
            if name in first and first[name][0].package.course.id != course.package.course.id:
                yield found(
                    passage.place(passage.text[passage.text.find(name) :]),
                    "name-reused",
                    _("Den oppdiktede personen «%(name)s» finnes også i %(place)s. Er det den samme?")
                    % {"name": name, "place": first[name][1].place()},
                )
            first.setdefault(name, (course, passage))
