"""How the house writes: words, names of principles, dates, numbers, marks. Only for what is in Bokmål."""

import re
from collections.abc import Callable, Iterable, Iterator

from django.utils.translation import gettext as _

from courses.lint.content import PAPER, RUNNING, Content, Document, Passage, Role
from courses.lint.findings import Finding, found
from courses.lint.vocabulary import vocabulary

_DATE = re.compile(
    r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}/\d{1,2}[-/.]\d{2,4}\b|\bden \d{1,2}/\d{1,2}\b|\b\d{1,2}\.\d{1,2}\.\d{2,4}\b"
)
_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}[.,]\d{3}(?![\d.,]*\d)|(?<![\d.,/-])\d{5,}(?![\d.,/-])")
_PERCENT = re.compile(r"\d%")
_QUOTE = re.compile(r"[\"“”]")
_SPACES = re.compile(r"\S(  +)\S")
_PARAGRAPH = re.compile(r"§|\bparagraf(en)? \d")
_E_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_INVENTED_HOSTS = (".example", "example.org", "example.com")
_TELEPHONE = re.compile(
    r"(?<![\d/.-])(?:\+\d{2} ?)?(?:\d{2} \d{2} \d{2} \d{2}|\d{3} \d{2} \d{3}|\d{8})(?![\d/.-]*\d)|\+\d{2}[ \d]{6,}"
)
_LONG_NUMBER = re.compile(r"(?<!\d)\d{2}[ .]?\d{2}[ .]?\d{2}[ .-]?\d{3}[ ]?\d{2}(?!\d)")
_QUOTED = re.compile(r"«[^»]*»")
_OTHER_SET = re.compile(r"\bFACT ung\b|\bung(e|dom\w*)?\b|\bvoksne\b", re.IGNORECASE)
_SETS = {"FACT": "fact", "FACT_UNG": "fact-ung"}
_SAID = re.compile(r"\b(sier|hører|sagt|høre)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

_MARKS: list[tuple[str, re.Pattern[str], frozenset[Role], Callable[[str], str]]] = [
    (
        "exclamation",
        re.compile(r"!"),
        RUNNING,
        lambda match: _("Utropstegn. Skriv setningen så den klarer seg uten."),
    ),
    (
        "paragraph-sign",
        _PARAGRAPH,
        RUNNING - {Role.LAW},
        lambda match: _("Paragrafnummer i løpende tekst. Bruk en lovhenvisning (blokken law)."),
    ),
    (
        "date-format",
        _DATE,
        RUNNING,
        lambda match: _("Datoen «%s» skrives slik: 9. april 2026.") % match,
    ),
    (
        "number-format",
        _NUMBER,
        RUNNING,
        lambda match: _("Tallet «%s» skrives med mellomrom: 10 000. Desimaler skrives med komma.") % match,
    ),
    (
        "percent-sign",
        _PERCENT,
        RUNNING,
        lambda match: _("Skriv «42 prosent» i tekst, eller mellomrom foran %."),
    ),
    (
        "straight-quotes",
        _QUOTE,
        RUNNING,
        lambda match: _("Bruk «…», ikke %s.") % match,
    ),
    (
        "double-space",
        _SPACES,
        RUNNING,
        lambda match: _("To mellomrom på rad."),
    ),
]


def check_language(content: Content) -> Iterator[Finding]:
    names = [name for group in content.principles.values() for name in group]
    for document in content.documents:
        for passage in document.passages:
            yield from check_privacy(passage)
            if document.language != "nb" or passage.role not in RUNNING:
                continue
            yield from check_words(document, passage)
            yield from check_marks(passage)
            yield from check_title_case(passage, names)
    for course in content.courses:
        sets = frozenset(_SETS.get(code, code) for code in course.package.course.programmes)
        yield from check_names(course.documents, sets)
    yield from check_names(content.pages, frozenset())


def check_names(documents: Iterable[Document], sets: frozenset[str]) -> Iterator[Finding]:
    for document in documents:
        if document.language == "nb":
            for passage in document.passages:
                yield from check_principle_names(passage, sets)


def check_words(document: Document, passage: Passage) -> Iterator[Finding]:
    said = "" if is_quoted(passage) else _QUOTED.sub(lambda match: " " * len(match.group()), passage.text)
    for word in vocabulary().words:
        match = word.pattern.search(said if word.may_be_quoted else passage.text)
        if match is None or document.kind in word.allowed or (word.unless and word.unless.search(passage.text)):
            continue
        yield found(
            passage.place(passage.text[match.start() :]),
            word.code,
            _("«%(match)s»: %(reason)s Skriv: %(instead)s.")
            % {"match": match.group(), "reason": word.reason, "instead": word.instead},
        )


def is_quoted(passage: Passage) -> bool:
    """What a question offers as plausible and wrong, or a table tells that people say."""
    block = passage.block
    if block is None:
        return False
    match passage.path:
        case ("answers", int(number), "text"):
            return not block.value["answers"][number]["correct"]
        case ("pairs", _number, "left"):
            return True
        case ("rows", _row, int(column)):
            return bool(_SAID.search(block.value["columns"][column]))
    return False


def check_marks(passage: Passage) -> Iterator[Finding]:
    for code, pattern, roles, message in _MARKS:
        if code == "paragraph-sign" and passage.document.kind == PAPER:
            continue
        if passage.role in roles and (match := pattern.search(passage.text)):
            yield found(passage.place(words_before(passage.text, match.start())), code, message(match.group()))


def words_before(text: str, place: int) -> str:
    """The two words before the mark and what follows, to find its line by; marks themselves are no words."""
    starts = [match.start() for match in re.finditer(r"\S+", text[:place])]
    return text[starts[-2] if len(starts) > 1 else 0 :]


def check_title_case(passage: Passage, names: list[str]) -> Iterator[Finding]:
    """«Et Eget Navn»: Norwegian headings have one capital letter."""
    if not (passage.tag.startswith(("h", "title")) or (passage.role == Role.LABEL and passage.path[-1:] == ("title",))):
        return
    text = passage.text
    for name in names:
        text = text.replace(name, "")
    later = [word for word in _WORD.findall(text)[1:] if not word.isupper() and len(word) > 2]
    if len(later) > 1 and all(word[0].isupper() for word in later):
        yield found(passage.place(), "title-case", _("«%s»: Bare første ord har stor bokstav.") % passage.text)


def check_principle_names(passage: Passage, sets: frozenset[str]) -> Iterator[Finding]:
    """Whether the words are meant as the principle's name, a capital letter tells, or the word «prinsippet» before.

    A link may be called what it leads to.
    """
    if passage.role == Role.SOURCE:
        return
    wrong = [(variant.pattern, variant.instead) for variant in vocabulary().principle_names]
    if len(sets) == 1 and not _OTHER_SET.search(passage.text):
        [own] = sets
        for names in vocabulary().counterparts:
            if own in names:
                wrong += [(name.lower(), names[own]) for key, name in names.items() if key != own]
    linked = " ".join(link.text.lower() for link in passage.links)
    lowered = passage.text.lower()
    for pattern, instead in wrong:
        if pattern not in lowered or pattern in linked:
            continue
        for match in re.finditer(rf"(prinsipp\w*(?: om)? [«*]?)?({re.escape(pattern)})\b", passage.text, re.IGNORECASE):
            if match.group(1) or is_name(passage.text, *match.span(2)):
                yield found(
                    passage.place(passage.text[match.start(2) :]),
                    "principle-name",
                    _("«%(match)s» heter ikke prinsippet. Skriv: %(instead)s.")
                    % {"match": match.group(2), "instead": instead},
                )


def is_name(text: str, start: int, end: int) -> bool:
    """A capital letter inside a sentence, or words that stand alone. The first word of a sentence has one anyway."""
    begins = not text[:start].strip(" «–") or text[:start].rstrip(" «–")[-1:] in ".:?!"
    return text[start].isupper() and (not begins or text[end:].strip() in {"", ".", ",", "»"})


def check_privacy(passage: Passage) -> Iterator[Finding]:
    """What looks like somebody's: an address, a number."""
    targets = [link.href.removeprefix("mailto:").removeprefix("tel:") for link in passage.links]
    targets = [target for target in targets if "/" not in target and not target.startswith(("page:", "document:"))]
    for text in [passage.text, *targets]:
        if (match := _E_MAIL.search(text)) and not match.group().endswith(_INVENTED_HOSTS):
            yield found(passage.place(match.group()), "e-mail", _("E-postadresse: %s") % match.group())
        if match := _LONG_NUMBER.search(text):
            yield found(passage.place(match.group()), "long-number", _("Elleve sifre på rad, som et fødselsnummer."))
            continue
        for match in _TELEPHONE.finditer(text):
            number = re.sub(r"\D", "", match.group())
            if number.removeprefix("47").removeprefix("45") not in vocabulary().telephones:
                yield found(
                    passage.place(match.group()),
                    "telephone",
                    _("Telefonnummeret %s er ikke et av de offentlige numrene vi kjenner.") % match.group(),
                )
