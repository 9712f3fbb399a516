"""What the doors say, and what they keep to themselves."""

import logging
import pickle
import sys
import traceback

import pytest
from django.test import RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from safety.guard import (
    ConfirmationNeededError,
    Hint,
    Kind,
    PatientDataError,
    find_identity_numbers,
    find_in_html,
    find_warnings,
    guard_html,
    guard_texts,
    mask,
    mask_html,
)
from safety.guard.reports import MaskingFormatter, MaskingReporter

BORN_1986 = "15108695088"  # the example of python-stdnum's documentation


def refused(fields: dict[str, str], *, is_html: bool = False, confirmed: bool = True) -> PatientDataError:
    with pytest.raises(PatientDataError) as caught:
        (guard_html if is_html else guard_texts)(fields, confirmed=confirmed)
    return caught.value


def test_a_refusal_says_what_was_seen_why_and_how_to_mend() -> None:
    error = refused({"title": "Hei", "body": f"Linje en\nFødt 151086 95088 og\ncpr {'010165-1234'}"})
    assert error.message == (
        "Teksten inneholder et fødselsnummer («15•••••••••», linje 2), et CPR-nummer («01••••••••», linje 3). Det "
        "peker ut én person og skal aldri inn i Flett. Tallet er ikke lagret. Ta bort tallet, og beskriv situasjonen "
        "uten å si hvem det gjelder."
    )
    assert {name: [finding.kind for finding in found] for name, found in error.findings.items()} == {
        "body": [Kind.BIRTH_NUMBER, Kind.CPR_NUMBER]
    }
    assert error.masked == {
        "title": "Hei",
        "body": "Linje en\nFødt [fødselsnummer fjernet] og\ncpr [CPR-nummer fjernet]",
    }


def test_what_may_be_an_account_says_how_accounts_are_written() -> None:
    assert refused({"body": BORN_1986}).message.endswith("Er det et kontonummer, så skriv det slik: 1234.56.78901.")


def test_many_numbers_are_counted_rather_than_listed() -> None:
    assert "et fødselsnummer («15•••••••••», linje 3) og 4 til" in refused({"body": f"{BORN_1986}\n" * 7}).message


def test_an_error_holds_no_digit_of_the_number() -> None:
    error = refused({"body": f"Nr. {BORN_1986}."})
    held = repr(error) + str(error) + repr(error.args) + repr(vars(error))
    assert "108695" not in held
    assert "95088" not in held
    assert error.args == (error.message,)
    assert BORN_1986 not in repr(pickle.dumps(error.args))


def test_a_report_of_an_error_masks_the_frames_and_the_request() -> None:
    """Also of the views above the guard, whose own variables hold what was posted."""

    def view(text: str) -> None:
        kept = {"body": text}
        raise RuntimeError(f"DETAIL: {kept['body']}")

    request = RequestFactory().post(f"/sok/?q={BORN_1986}", {"body": f"Født {BORN_1986}"})
    try:
        view(f"Født {BORN_1986}")
    except RuntimeError:
        reporter = MaskingReporter(request, *sys.exc_info())
        page, mail = reporter.get_traceback_html(), reporter.get_traceback_text()
    for report in (page, mail):
        assert BORN_1986 not in report
        assert "[fødselsnummer fjernet]" in report
        assert find_identity_numbers(report) == []


def test_the_guards_own_frames_hide_their_variables() -> None:
    try:
        guard_texts({"body": f"Født {BORN_1986}"})
    except PatientDataError:
        kind, error, trace = sys.exc_info()
        frames = [
            frame.f_code.co_name for frame, _line in traceback.walk_tb(trace) if "sensitive" in str(frame.f_locals)
        ]
        assert len(frames) >= 2
        assert kind is PatientDataError
        assert error is not None


def test_a_line_of_the_log_is_masked_with_its_traceback() -> None:
    try:
        raise ValueError(BORN_1986)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "Nei: %s", (BORN_1986,), sys.exc_info())
    line = MaskingFormatter("{levelname} {message}", style="{").format(record)
    assert line.startswith("ERROR Nei: [fødselsnummer fjernet]\nTraceback")
    assert line.endswith("ValueError: [fødselsnummer fjernet]")


# --- HTML ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "masked"),
    [
        ("<p>Født 151086<b>95088</b>.</p>", "<p>Født [fødselsnummer fjernet]<b></b>.</p>"),
        ("<p>15<i>10</i>86&nbsp;950&#56;&#x38;</p>", "<p>[fødselsnummer fjernet]<i></i></p>"),
        ("<p>1510869&shy;5088</p>", "<p>[fødselsnummer fjernet]</p>"),
        ("<div>151086</div><div>95088</div>", "<div>[fødselsnummer fjernet]</div><div></div>"),
        ("<td>151086</td><td>95088</td>", "<td>[fødselsnummer fjernet]</td><td></td>"),
        ('<a href="https://x.no/?nr=15108695088">her</a>', '<a href="#">her</a>'),
        ('<a href="https://x.no/?nr=%31%35108695088">her</a>', '<a href="#">her</a>'),
        ("<a href=tel:15108695088>her</a>", '<a href="#">her</a>'),
        ('<img alt="Nr. 151086 95088" src="/a.png">', '<img alt="Nr. [fødselsnummer fjernet]" src="/a.png">'),
        ("<p>a</p><!-- 15108695088 --><p>b</p>", "<p>a</p><p>b</p>"),
        ("<p>a < 15108695088 & b</p>", "<p>a < [fødselsnummer fjernet] & b</p>"),
        ('<p title="15108695088', '<p title="[fødselsnummer fjernet]'),
    ],
)
def test_numbers_are_found_and_masked_in_html(source: str, masked: str) -> None:
    assert len(find_in_html(source)) == 1
    assert mask_html(source) == masked
    error = refused({"body": source}, is_html=True)
    assert error.masked == {"body": masked}
    assert BORN_1986 not in error.message


@pytest.mark.parametrize(
    "source",
    [
        '<p class="x15108695088" width="15108695088">Hei</p>',
        "<p>Ring 1&#49;6 117, eller 113 &amp; 116 123.</p>",
        '<a href="https://lovdata.no/lov/1999-07-02-63/§25">lov</a>',
        "",
    ],
)
def test_html_without_numbers_is_left_as_it_is(source: str) -> None:
    assert mask_html(source) == source
    guard_html({"body": source}, confirmed=True)


SHARDS = """
15108695088 151086 95088 <b> </b> <p> </p> &nbsp; &#49; ' '> <!-- --> < > " alt= <td> </td> & cpr <br> 010165-1234 tekst
"""
PIECES = st.sampled_from([*SHARDS.split(), " ", "<a href='", "<img alt=15108695088>"])


@given(st.lists(PIECES, max_size=25).map("".join))
def test_masked_html_holds_no_number_and_masking_twice_changes_nothing(source: str) -> None:
    once = mask_html(source)
    assert find_in_html(once) == []
    assert mask_html(once) == once


@given(st.text(max_size=200))
def test_the_html_door_raises_nothing_else(source: str) -> None:
    try:
        guard_html({"body": source})
    except (PatientDataError, ConfirmationNeededError) as error:
        assert error.message


# --- what is only asked about -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("Kari Nordmann, født 12.03.1985, trenger bolig", [Hint.BIRTH_DATE]),
        ("Vi snakker om Kari (12. mars 1985)", [Hint.BIRTH_DATE]),
        ("Jeg møtte Ola f. 1985-03-12 i dag", [Hint.BIRTH_DATE]),
        ("Kari er født 3/5-85", [Hint.BIRTH_DATE]),
        ("Peter Jensen, født den 12. marts 1985", [Hint.BIRTH_DATE]),
        ("John Smith, born 12 March 1985", [Hint.BIRTH_DATE]),
        ("Barnet til Kari, født 01.02.2024", [Hint.BIRTH_DATE]),
        ("Kurs med Kari Nordmann 12.03.2026", []),
        ("Møtet er 12.03.1985", []),
        ("Loven er fra 02.07.1999.", []),
        ("Ring meg på 912 34 567", [Hint.PHONE]),
        ("tlf. 22334455", [Hint.PHONE]),
        ("+47 22 33 44 55", [Hint.PHONE]),
        ("+4512345678", [Hint.PHONE]),
        ("070-123 45 67", [Hint.PHONE]),
        ("Ring 116 117, 116 123 eller 113. Nav: 55 55 33 33? 800 40 567", [Hint.PHONE]),
        ("20 000 000 kr i 2025", []),
        ("12 345 678 innbyggere", []),
        ("Pasienten heter Kari", [Hint.NAMED_PATIENT]),
        ("pasienten min heter kari", [Hint.NAMED_PATIENT]),
        ("ein pasient som heiter Åse", [Hint.NAMED_PATIENT]),
        ("patienten hedder Mette", [Hint.NAMED_PATIENT]),
        ("the patient is called John", [Hint.NAMED_PATIENT]),
        ("Pasientens navn er Ola", [Hint.NAMED_PATIENT]),
        ("the patient's name is Ola", [Hint.NAMED_PATIENT]),
        ("en bruker ved navn Kari", [Hint.NAMED_PATIENT]),
        ("Pasienten vet hva ting heter.", []),
        ("1510.86.95088", [Hint.POSSIBLE_NUMBER]),
        ("1234.56.78903", []),
        ("Født 151086 95088", []),
    ],
)
def test_hints(text: str, hints: list[Hint]) -> None:
    assert [warning.hint for warning in find_warnings(text)] == hints


def test_a_birth_date_is_told_from_a_meeting_by_its_age() -> None:
    this_year = timezone.localdate().year
    assert find_warnings(f"Vi så Kari 01.02.{this_year - 3}") == []
    assert [found.hint for found in find_warnings(f"Vi så Kari 01.02.{this_year - 20}")] == [Hint.BIRTH_DATE]


def test_the_writer_is_asked_once_and_confirms() -> None:
    fields = {"title": "Hei", "body": "Pasienten heter Kari.\nRing 912 34 567."}
    with pytest.raises(ConfirmationNeededError) as caught:
        guard_texts(fields)
    assert caught.value.message == (
        "Se over en gang til: noe som ser ut som navnet på en pasient (linje 1), et telefonnummer (linje 2). Kan noen "
        "kjenne igjen en pasient, så skriv det om. Hvis ikke, kan du bekrefte og gå videre."
    )
    assert {name: [one.hint for one in found] for name, found in caught.value.warnings.items()} == {
        "body": [Hint.NAMED_PATIENT, Hint.PHONE]
    }
    guard_texts(fields, confirmed=True)
    guard_html({"body": "<p>Pasienten heter Kari.</p>"}, confirmed=True)


def test_confirming_opens_nothing_for_a_number() -> None:
    assert (
        refused({"body": f"Ring 912 34 567 om {BORN_1986}"}, confirmed=True).findings["body"][0].kind
        is Kind.BIRTH_NUMBER
    )


def test_masked_text_may_be_sent_again() -> None:
    guard_texts({"body": mask(f"Født {BORN_1986} og 010165-1234, 0101651234")}, confirmed=True)
