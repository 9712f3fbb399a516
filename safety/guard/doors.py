"""The doors that people's texts come in through: refuse identity numbers, ask about what may point somebody out.

Neither error holds a digit of what it is about, beyond the first two: messages, attributes and arguments may be
shown, logged and mailed. The frames that do hold the text are marked `sensitive_variables`.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from safety.guard.hints import GuardWarning, Hint, find_warnings
from safety.guard.identity import Finding, Kind, find_identity_numbers
from safety.guard.markup import mask_html, read_html
from safety.guard.masking import mask, shown
from safety.text import TextRefusedError

_LISTED_AT_MOST = 3
_NEVER_AN_ACCOUNT = frozenset({Kind.CPR_NUMBER, Kind.SWEDISH_NUMBER})
_Found = TypeVar("_Found", Finding, GuardWarning)


class PatientDataError(TextRefusedError):
    """A text holds an identity number, and is not to be stored.

    `message` says to the writer what was seen (masked), why it cannot stay and how to mend it. `findings` has the
    places by field; `masked` has every field as it may be kept in a draft.
    """

    def __init__(self, message: str, *, findings: dict[str, list[Finding]], masked: dict[str, str]) -> None:
        super().__init__(message)
        self.findings = findings
        self.masked = masked


class ConfirmationNeededError(TextRefusedError):
    """Nothing is forbidden, but the writer should look once more and say that no patient can be recognised."""

    def __init__(self, message: str, *, warnings: dict[str, list[GuardWarning]]) -> None:
        super().__init__(message)
        self.warnings = warnings


@sensitive_variables()
def guard_texts(fields: Mapping[str, str], *, confirmed: bool = False) -> None:
    """Plain texts by field name. Raises PatientDataError; then, unless `confirmed`, ConfirmationNeededError."""
    _guard(fields, fields, mask, confirmed=confirmed)


@sensitive_variables()
def guard_html(fields: Mapping[str, str], *, confirmed: bool = False) -> None:
    """HTML by field name, as `guard_texts`: numbers are found across tags, as character references, in href and alt.

    Hand in what is to be stored, that is, cleaned: what `safety.html` leaves is read as the browser reads it.
    """
    _guard(fields, {name: read_html(html).text for name, html in fields.items()}, mask_html, confirmed=confirmed)


@sensitive_variables()
def refuse_identity_numbers(text: str) -> None:
    """Raise PatientDataError where the text holds an identity number. Dates, phones and names pass unasked."""
    guard_texts({"text": text}, confirmed=True)


@sensitive_variables()
def _guard(
    fields: Mapping[str, str], texts: Mapping[str, str], masking: Callable[[str], str], *, confirmed: bool
) -> None:
    findings = {name: found for name, text in texts.items() if (found := find_identity_numbers(text))}
    if findings:
        masked = {name: masking(written) for name, written in fields.items()}
        raise PatientDataError(_refusal(texts, findings), findings=findings, masked=masked)
    if confirmed:
        return
    warnings = {name: hints for name, text in texts.items() if (hints := find_warnings(text))}
    if warnings:
        raise ConfirmationNeededError(_question(texts, warnings), warnings=warnings)


@sensitive_variables()
def _refusal(texts: Mapping[str, str], findings: dict[str, list[Finding]]) -> str:
    seen = []
    for text, finding in _in_order(texts, findings):
        words = {"number": with_article(finding.kind), "seen": shown(text[finding.start : finding.end])}
        if "\n" in text.strip():
            words["line"] = str(_line(text, finding.start))
            seen.append(_("%(number)s («%(seen)s», linje %(line)s)") % words)
        else:
            seen.append(_("%(number)s («%(seen)s»)") % words)
    message = _(
        "Teksten inneholder %(seen)s. Det peker ut én person og skal aldri inn i Flett. Tallet er ikke lagret. "
        "Ta bort tallet, og beskriv situasjonen uten å si hvem det gjelder."
    ) % {"seen": listed(seen)}
    if all(finding.kind not in _NEVER_AN_ACCOUNT for _text, finding in _in_order(texts, findings)):
        message += " " + _("Er det et kontonummer, så skriv det slik: 1234.56.78901.")
    return message


def with_article(kind: Kind) -> str:
    """The kind as it stands in a sentence."""
    return {
        Kind.BIRTH_NUMBER: _("et fødselsnummer"),
        Kind.D_NUMBER: _("et D-nummer"),
        Kind.H_NUMBER: _("et hjelpenummer"),
        Kind.FH_NUMBER: _("et hjelpenummer"),
        Kind.SYNTHETIC_NUMBER: _("et fødselsnummer"),
        Kind.CPR_NUMBER: _("et CPR-nummer"),
        Kind.SWEDISH_NUMBER: _("et svensk personnummer"),
    }[kind]


@sensitive_variables()
def _question(texts: Mapping[str, str], warnings: dict[str, list[GuardWarning]]) -> str:
    seen = []
    for text, warning in _in_order(texts, warnings):
        sentence = hint_sentence(warning.hint)
        if "\n" in text.strip():
            sentence = _("%(what)s (linje %(line)s)") % {"what": sentence, "line": _line(text, warning.start)}
        if sentence not in seen:
            seen.append(sentence)
    return _(
        "Se over en gang til: %(seen)s. Kan noen kjenne igjen en pasient, så skriv det om. Hvis ikke, kan du bekrefte "
        "og gå videre."
    ) % {"seen": listed(seen)}


def hint_sentence(hint: Hint) -> str:
    """What was seen, as it stands in a sentence."""
    return {
        Hint.BIRTH_DATE: _("en fødselsdato sammen med noe som ser ut som et navn"),
        Hint.PHONE: _("et telefonnummer"),
        Hint.NAMED_PATIENT: _("noe som ser ut som navnet på en pasient"),
        Hint.POSSIBLE_NUMBER: _("et tall som kan være et kontonummer eller et fødselsnummer"),
        Hint.UNREADABLE: _("noe som ikke kan leses"),
    }[hint]


def _in_order(texts: Mapping[str, str], found: dict[str, list[_Found]]) -> list[tuple[str, _Found]]:
    return [(texts[name], one) for name, ones in found.items() for one in ones]


def listed(seen: list[str]) -> str:
    """The first few, and how many more there are."""
    rest = len(seen) - _LISTED_AT_MOST
    listed = ", ".join(seen[:_LISTED_AT_MOST])
    return _("%(seen)s og %(rest)d til") % {"seen": listed, "rest": rest} if rest > 0 else listed


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
