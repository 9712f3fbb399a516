"""Every kind of identity number in every way of writing, and what only looks like one."""

import time
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from home.guard_samples import KINDS, LOOKALIKES
from home.management.commands.measure_guard import measure_false_alarms, measure_files, measure_way
from safety.guard import Kind, find_identity_numbers, find_warnings, mask
from safety.guard.identity import with_lost_zeros

SIZE = 200


@pytest.mark.parametrize(("kind", "way"), [(kind, way) for kind, (_make, ways) in KINDS.items() for way in ways])
def test_every_number_is_found_whole(kind: str, way: str) -> None:
    assert measure_way(kind, way, size=SIZE, seed=7) == SIZE


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_eight_ways_and_more(kind: str) -> None:
    assert len(KINDS[kind][1]) >= 8


@pytest.mark.parametrize("kind", ["fødselsnummer", "fødselsnummer of 2032", "FH-number", "CPR", "Swedish, 10 digits"])
def test_every_number_is_found_in_files(kind: str) -> None:
    measured = measure_files(kind, size=130, seed=7)
    assert {ending: asked - found for ending, (asked, found) in measured.items()} == {"docx": 0, "xlsx": 0, "pdf": 0}


MOST_STOPPED_PER_THOUSAND = {
    "account, 1234.56.78901": 0,
    "account, 1234 56 78901": 0,
    "account after «konto»": 12,
    "account, bare and unnamed": 80,
    "IBAN": 0,
    "telephone": 0,
    "telephone, Swedish and Danish": 0,
    "organisation number": 0,
    "11 random digits": 12,
    "11 random digits, 6 + 5": 12,
    "10 random digits": 20,
    "12 random digits": 2,
    "date and time": 1,
    "KID after «KID»": 0,
    "KID, bare and unnamed": 12,
    "price": 0,
    "ISBN": 0,
    "case and law": 0,
    "row of ten figures": 4,
    "column of ten figures": 5,
}


@pytest.mark.parametrize("name", LOOKALIKES)
def test_other_numbers_seldom_stop_anyone(name: str) -> None:
    stopped, _asked = measure_false_alarms(name, size=1_000, seed=7)
    assert stopped <= MOST_STOPPED_PER_THOUSAND[name]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        # The examples of Skatteetaten's «Nytt fødselsnummer fra 2032».
        ("02013299997", [Kind.BIRTH_NUMBER]),
        ("30108299920", [Kind.BIRTH_NUMBER]),
        ("30108299939", [Kind.BIRTH_NUMBER]),
        ("302 02013299997 og 30108299939.", [Kind.BIRTH_NUMBER, Kind.BIRTH_NUMBER]),
        # A leap day is one in some century, or it is none.
        ("29020099950", []),
        ("29020050183", []),
        # CPR without a check digit: a hyphen or a word, and a date and century that can be.
        ("010165-1234", [Kind.CPR_NUMBER]),
        ("0101651234", []),
        ("cpr 0101651234", [Kind.CPR_NUMBER]),
        ("320165-1234", []),
        ("010137-5234", []),
        ("bilde_010165-1234.jpg", []),
        ("sak 12/010165-1234", []),
        # Swedish: the example of Skatteverket's SKV 704, and its century marks.
        ("811228-9874", [Kind.SWEDISH_NUMBER]),
        ("19811228-9874", [Kind.SWEDISH_NUMBER]),
        ("811228+9874", [Kind.SWEDISH_NUMBER]),
        ("811288-9873", []),
        # Words beside weigh: accounts and phones pass, unless somebody says whose number it is.
        ("KID 8112289874", []),
        ("+8112289874", []),
        ("Faktura for pasient 8112289874", [Kind.SWEDISH_NUMBER]),
        ("konto 15108695088", [Kind.BIRTH_NUMBER]),
        ("1510.86.95088", []),
        ("fødselsnummer 1510.86.95088", [Kind.BIRTH_NUMBER]),
        ("NO93 1510 8695 088", []),
        # Keycaps, circled and mathematical digits are digits too.
        ("1️⃣5️⃣1️⃣0️⃣8️⃣6️⃣9️⃣5️⃣0️⃣8️⃣8️⃣", [Kind.BIRTH_NUMBER]),
        ("①⑤①⓪⑧⑥⑨⑤⓪⑧⑧", [Kind.BIRTH_NUMBER]),
        ("𝟏𝟓𝟏𝟎𝟖𝟔𝟗𝟓𝟎𝟖𝟖", [Kind.BIRTH_NUMBER]),
        # Rows of single digits are scales.
        ("0 1 5 1 0 8 6 9 5 0 8 8 3", []),
    ],
)
def test_cases(text: str, kinds: list[Kind]) -> None:
    assert [finding.kind for finding in find_identity_numbers(text)] == kinds


@pytest.mark.parametrize(
    ("digits", "is_named", "whole"),
    [
        ("1010012356", False, "01010012356"),
        ("1010012356", True, "01010012356"),
        ("2013299997", True, "02013299997"),
        ("1013299997", False, None),
        ("101651234", True, "0101651234"),
        ("101651234", False, None),
        ("987654325", False, None),
    ],
)
def test_zeros_that_a_spreadsheet_drops(digits: str, is_named: bool, whole: str | None) -> None:
    assert with_lost_zeros(digits, is_named=is_named) == whole


# --- properties ---------------------------------------------------------------------------------------

DIGITY = st.text(alphabet="0123456789 .-–\n\u00a0\u200b１٥①|,;/+()abcæø", max_size=120)


@given(st.one_of(st.text(max_size=300), DIGITY))
def test_nothing_breaks_the_finders(text: str) -> None:
    for finding in find_identity_numbers(text):
        assert 0 <= finding.start < finding.end <= len(text)
    for warning in find_warnings(text):
        assert 0 <= warning.start < warning.end <= len(text)


@given(
    st.lists(st.one_of(DIGITY, st.sampled_from(["15108695088", "151086 95088", "010165-1234", "cpr", "8112289874"])))
)
@example(["010165-1234", "0101651234"])
@example(["15108695088", "15108695088"])
@settings(max_examples=300)
def test_what_is_masked_cannot_be_found_and_masking_twice_changes_nothing(parts: list[str]) -> None:
    text = " ".join(parts)
    once = mask(text)
    assert find_identity_numbers(once) == []
    assert mask(once) == once
    if not find_identity_numbers(text):
        assert once == text


@given(
    st.sampled_from(list(KINDS)),
    st.integers(0, 10**6),
    st.text(alphabet="abcdefghijklmnoprstuvyæøå .,!?", max_size=60),
    st.text(alphabet="abcdefghijklmnoprstuvyæøå .,!?", max_size=60),
)
def test_any_number_in_any_writing_is_found_among_any_words(kind: str, seed: int, before: str, after: str) -> None:
    rng = Random(seed)  # noqa: S311 - repeatable is what is wanted
    make, ways = KINDS[kind]
    written = ways[rng.choice(list(ways))](make(rng), rng)
    text = f"Hei {before} ved {written} så {after}"
    assert [text[finding.start : finding.end] in written for finding in find_identity_numbers(text)] == [True]


@pytest.mark.parametrize(
    "unit",
    [
        "1 ",
        "15108 ",
        "151086 95077 ",
        "12.03.1985 Kari ",
        "٥١",
        "pasienten ",
        "Aa ",
        "1.",
        "8\u200b",
        "010165-",
        "+47 9",
    ],
)
def test_time_grows_with_length(unit: str) -> None:
    """A quarter as long may not take much less than a quarter of the time, and all of it is soon done."""
    text = (unit * (200_000 // len(unit) + 1))[:200_000]

    def seconds(part: str) -> float:
        begun = time.process_time()
        find_identity_numbers(part)
        find_warnings(part)
        return time.process_time() - begun

    whole = min(seconds(text) for _try in range(2))
    assert whole < 2.5
    assert whole < 12 * seconds(text[:50_000]) + 0.1
