"""Comparing two texts: what a reader is told was changed."""

import time

from hypothesis import given
from hypothesis import strategies as st

from forum.comparing import PARAGRAPHS_MOST, Change, Comparison, compare

PARAGRAPHS = st.lists(st.sampled_from(["En", "To ord", "Tre ord her", "Fire ord står her", "Fem", ""]), max_size=12)


def after_of(comparison: Comparison) -> list[str]:
    """The later text, put together again from what is shown."""
    kept = [
        "".join(piece.text for piece in each.pieces if piece.change in {Change.SAME, Change.ADDED})
        for each in comparison.paragraphs
        if each.change != Change.REMOVED
    ]
    return [text for text in kept if text]


def before_of(comparison: Comparison) -> list[str]:
    kept = [
        "".join(piece.text for piece in each.pieces if piece.change in {Change.SAME, Change.REMOVED})
        for each in comparison.paragraphs
        if each.change != Change.ADDED
    ]
    return [text for text in kept if text]


def test_words_within_a_paragraph() -> None:
    found = compare("Partene møtes fire ganger i året.\nSlutt.", "Partene møtes to ganger i året.\nSlutt.")
    changed, same = found.paragraphs
    assert [(str(piece.change), piece.text) for piece in changed.pieces] == [
        ("same", "Partene møtes "),
        ("removed", "fire"),
        ("added", "to"),
        ("same", " ganger i året."),
    ]
    assert (same.change, found.added, found.removed, found.changed, found.is_same) == (Change.SAME, 0, 0, 1, False)


def test_paragraphs_that_come_and_go() -> None:
    found = compare("Første punkt.\nAndre punkt.", "Første punkt.\nNoe helt annet om opplæring.\nAndre punkt.")
    assert [str(each.change) for each in found.paragraphs] == ["same", "added", "same"]
    assert [str(each.change) for each in compare("A b c\nD e f", "A b c").paragraphs] == ["same", "removed"]


def test_spaces_and_empty_lines_do_not_count() -> None:
    assert compare("En  to\n\n\ntre ", "En to\ntre").is_same


@given(PARAGRAPHS, PARAGRAPHS)
def test_both_texts_can_be_read_out_of_it(before: list[str], after: list[str]) -> None:
    found = compare("\n".join(before), "\n".join(after))
    assert after_of(found) == [" ".join(each.split()) for each in after if each.split()]
    assert before_of(found) == [" ".join(each.split()) for each in before if each.split()]


def test_a_very_long_text_is_cut_and_says_so() -> None:
    lines = [f"Avsnitt nummer {number} om noe." for number in range(PARAGRAPHS_MOST + 10)]
    began = time.process_time()
    found = compare("\n".join(lines), "\n".join(reversed(lines)))
    assert found.is_cut
    assert time.process_time() - began < 20


def test_rows_of_empty_cells_are_no_paragraphs() -> None:
    assert compare("En\n| | |\nTo", "En\n| | | |\nTo").is_same
