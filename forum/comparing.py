"""What was changed from one text to another, paragraph by paragraph and word by word. Pure functions."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

PARAGRAPHS_MOST = 1_500
"""Of each text. A comparison of longer ones says that it stops there."""
WORDS_MOST = 1_500
"""Words of a paragraph that are compared one by one; a longer one is shown as taken out and put in."""
_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
ALIKE = 0.5
"""How much of two paragraphs must be the same for one to be the other, changed."""
LOOKED_AHEAD = 5
"""Old paragraphs among which the one a new paragraph was made of is looked for."""


class Change(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Piece:
    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of either text; a changed one is cut into its pieces, in reading order."""

    change: Change
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    paragraphs: tuple[Paragraph, ...]
    is_cut: bool

    @property
    def added(self) -> int:
        return sum(each.change == Change.ADDED for each in self.paragraphs)

    @property
    def removed(self) -> int:
        return sum(each.change == Change.REMOVED for each in self.paragraphs)

    @property
    def changed(self) -> int:
        return sum(each.change == Change.CHANGED for each in self.paragraphs)

    @property
    def is_same(self) -> bool:
        return not (self.added or self.removed or self.changed)


def compare(before: str, after: str) -> Comparison:
    """From one text to the other. Lines are paragraphs; empty ones and spaces at the ends do not count."""
    old, new = _paragraphs(before), _paragraphs(after)
    is_cut = max(len(old), len(new)) > PARAGRAPHS_MOST
    old, new = old[:PARAGRAPHS_MOST], new[:PARAGRAPHS_MOST]
    found: list[Paragraph] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [_whole(Change.SAME, text) for text in new[new_from:new_to]]
        else:
            found += _replaced(old[old_from:old_to], new[new_from:new_to])
    return Comparison(tuple(found), is_cut)


def _paragraphs(text: str) -> list[str]:
    """Lines with anything in them: a row of empty cells is read as `| | |`, and is none."""
    return [line for line in (" ".join(each.split()) for each in text.splitlines()) if line.strip("| ")]


def _whole(change: Change, text: str) -> Paragraph:
    return Paragraph(change, (Piece(change, text),))


def _replaced(old: list[str], new: list[str]) -> list[Paragraph]:
    """Each new paragraph with the first old one left that it is much alike; the others are added or taken out."""
    found: list[Paragraph] = []
    left = list(old)
    for text in new:
        like = next((each for each in left[:LOOKED_AHEAD] if _is_alike(each, text)), None)
        if like is None:
            found.append(_whole(Change.ADDED, text))
            continue
        found += [_whole(Change.REMOVED, each) for each in left[: left.index(like)]]
        left = left[left.index(like) + 1 :]
        found.append(Paragraph(Change.CHANGED, _pieces(like, text)))
    return found + [_whole(Change.REMOVED, each) for each in left]


def _is_alike(old: str, new: str) -> bool:
    matcher = SequenceMatcher(None, _PIECE.findall(old)[:WORDS_MOST], _PIECE.findall(new)[:WORDS_MOST], autojunk=False)
    return matcher.real_quick_ratio() > ALIKE and matcher.quick_ratio() > ALIKE and matcher.ratio() > ALIKE


def _pieces(old: str, new: str) -> tuple[Piece, ...]:
    before, after = _PIECE.findall(old), _PIECE.findall(new)
    if max(len(before), len(after)) > WORDS_MOST:
        return (Piece(Change.REMOVED, old), Piece(Change.ADDED, new))
    found: list[Piece] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece(Change.SAME, "".join(after[new_from:new_to])))
            continue
        if old_to > old_from:
            found.append(Piece(Change.REMOVED, "".join(before[old_from:old_to])))
        if new_to > new_from:
            found.append(Piece(Change.ADDED, "".join(after[new_from:new_to])))
    return tuple(found)
