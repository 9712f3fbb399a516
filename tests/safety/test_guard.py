"""Identity numbers in running text."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.guard import Kind, find_identity_numbers, refuse_identity_numbers
from safety.text import TextRefusedError


def make_number(day: date, series: int, *, is_d_number: bool = False) -> str | None:
    """The number of that day and series, by the rule of the check digits; None where the series has none."""
    digits = [int(each) for each in f"{day:%d%m%y}{series:03}"]
    if is_d_number:
        digits[0] += 4
    for weights in ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)):
        check = -sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        if check == 10:
            return None
        digits.append(check)
    return "".join(map(str, digits))


BORN_1986 = "15108695088"  # the example of python-stdnum's documentation
D_NUMBER = make_number(date(1986, 10, 15), 100, is_d_number=True) or make_number(
    date(1986, 10, 15), 101, is_d_number=True
)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


@pytest.mark.parametrize(
    "written",
    [
        BORN_1986,
        "151086 95088",
        "15.10.86 95088",
        "151086-95088",
        "151086 950 88",
        "1 5 1 0 8 6 9 5 0 8 8",
        "151086\u00a095088",
        "151086\u200b95088",
        "151086–95088",
        BORN_1986.translate(FULL_WIDTH),
        BORN_1986.translate(ARABIC),
    ],
)
def test_a_number_is_found_however_it_is_written(written: str) -> None:
    text = f"Født {written}, tror jeg."
    (finding,) = find_identity_numbers(text)
    assert text[finding.start : finding.end] == written
    assert finding.kind is Kind.BIRTH_NUMBER


def test_a_d_number_is_told_apart() -> None:
    assert [finding.kind for finding in find_identity_numbers(f"D: {D_NUMBER}")] == [Kind.D_NUMBER]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "15108695077",  # check digits
        "115108695088",  # part of a longer number
        "151086950881",
        "15138695088",  # month
        "912 34 567",
        "1234.56.78903",  # an account number
        "2026-11-23 kl. 12.30 og 14.00",
        "151086 og så 95088",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert find_identity_numbers(text) == []


def test_every_number_in_a_text_is_found() -> None:
    found = find_identity_numbers(f"{BORN_1986} og {D_NUMBER}; {BORN_1986}")
    assert [finding.kind for finding in found] == [Kind.BIRTH_NUMBER, Kind.D_NUMBER, Kind.BIRTH_NUMBER]


@given(
    day=st.dates(date(1940, 1, 1), date(2039, 12, 31)), number=st.integers(0, 499), gap=st.sampled_from(["", " ", ". "])
)
def test_every_valid_number_is_found(day: date, number: int, gap: str) -> None:
    series = number if day.year < 2000 else 500 + number
    made = make_number(day, series)
    if made is not None:
        assert len(find_identity_numbers(f"x {made[:6]}{gap}{made[6:]} y")) == 1


@given(st.integers(0, 10**11 - 1))
def test_no_digit_can_be_changed_unseen(number: int) -> None:
    """Two check digits catch every single wrong digit."""
    day = date(1940, 1, 1) + timedelta(days=number % 20_000)
    made = make_number(day, number % 500)
    if made is None:
        return
    place = number % 11
    wrong = made[:place] + str((int(made[place]) + 1) % 10) + made[place + 1 :]
    assert find_identity_numbers(wrong) == []


def test_a_long_text_is_read_at_once() -> None:
    assert find_identity_numbers("1 " * 100_000) == []


def test_the_refusal_does_not_repeat_the_number() -> None:
    with pytest.raises(TextRefusedError) as refusal:
        refuse_identity_numbers(f"Pasienten {BORN_1986} ringte.")
    assert "1510" not in refusal.value.message
