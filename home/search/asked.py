"""From what somebody typed to what is searched for. Takes any text and raises nothing.

Words are all to be found; «words in quotes» stand beside each other; a word after a minus sign is not to be found.
"""

import re
from dataclasses import dataclass

from home.search import words

LONGEST = 200
"""Characters that are read of what was typed."""
MOST_TERMS = 12
LEAST_LETTERS = 2
_QUOTED = re.compile(r'(?<!\w)["«“”„]([^"«»“”„]*)["»“”]')
_EXCLUDED = re.compile(r"(?:^|(?<=\s))[-−]([^\W_][\w-]*)")


@dataclass(frozen=True, slots=True)
class Term:
    """A word asked for, or a known phrase. Found by its stem, by its groups of synonyms, or by all of its parts."""

    text: str
    stem: str
    codes: tuple[str, ...] = ()
    in_parts: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Ways to put it together: each a row of parts, each part by its stem or its groups."""
    is_last: bool = False
    """It may be half a word: one is perhaps still typing."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What to search for."""

    text: str
    """As typed, on one line, for the box."""
    terms: tuple[Term, ...] = ()
    phrases: tuple[str, ...] = ()
    excluded: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to search for."""
        return bool(self.terms or self.phrases)

    @property
    def is_several(self) -> bool:
        """Whether finding some of the words is less than finding all."""
        return len(self.terms) + len(self.phrases) > 1

    @property
    def folded(self) -> str:
        """As titles are kept."""
        return " ".join(words.tokens(self.text))

    @property
    def folded_words(self) -> list[str]:
        """The single words, for comparing spelling."""
        return [word for term in self.terms for word in words.tokens(term.text)]

    @property
    def keys(self) -> frozenset[str]:
        """Whatever a word in a text may share with what was asked for, to mark it."""
        found = {key for term in self.terms for key in (term.stem, *term.codes)}
        found |= {key for term in self.terms for row in term.in_parts for part in row for key in part}
        return frozenset(found | {words.stem(word) for phrase in self.phrases for word in words.tokens(phrase)})


def one_line(typed: str) -> str:
    """What was typed, as it may stand in the box again."""
    printable = "".join(letter if letter.isprintable() else " " for letter in typed[: LONGEST * 4])
    return " ".join(printable.encode("utf-8", "ignore").decode().split())[:LONGEST].strip()


def parse(typed: str) -> Asked:
    """See the module. Small words such as «og» are left out, and what is shorter than two letters."""
    text = one_line(typed)
    quoted = [" ".join(found.split()) for found in _QUOTED.findall(text)]
    phrases = tuple(phrase for phrase in quoted if " " in phrase and _says(phrase))
    rest = _QUOTED.sub(lambda found: " " if len(found[1].split()) > 1 else f" {found[1]} ", text)
    excluded = tuple(
        Term(text=word, stem=words.stem(token))
        for word in _EXCLUDED.findall(rest)
        for token in words.tokens(word)
        if len(token) >= LEAST_LETTERS and token not in words.stop_words()
    )
    terms = _terms(_EXCLUDED.sub(" ", rest))
    return Asked(text=text, terms=terms[:MOST_TERMS], phrases=phrases[:3], excluded=excluded[:MOST_TERMS])


def _says(phrase: str) -> bool:
    """Whether any word of it is a word with meaning."""
    return any(word not in words.stop_words() for word in words.tokens(phrase))


def _terms(text: str) -> tuple[Term, ...]:
    """Known phrases first («individuell jobbstøtte»), then word by word."""
    typed = words.tokens(text)
    stems = [words.stem(word) for word in typed]
    phrases: dict[int, tuple[int, tuple[str, ...]]] = {}
    for start, end, codes in words.phrases_in(stems):
        phrases[start] = max(phrases.get(start, (0, ())), (end, codes))
    found: list[Term] = []
    place = 0
    while place < len(typed):
        end, codes = phrases.get(place, (place + 1, ()))
        row = typed[place:end]
        if codes:
            in_parts = tuple((words.stem(word), *words.codes((words.stem(word),))) for word in row)
            found.append(Term(text=" ".join(row), stem="", codes=codes, in_parts=(in_parts,)))
        elif len(row[0]) >= LEAST_LETTERS and row[0] not in words.stop_words():
            found.append(_term(row[0], is_last=place == len(typed) - 1))
        place = end
    return tuple(found)


def _term(word: str, *, is_last: bool) -> Term:
    """A word the lists know is found by what they say of it; any other compound also where its parts stand."""
    stem = words.stem(word)
    codes = words.codes((stem,))
    parts = () if codes else words.whole_parts(word)
    in_parts = (tuple((part, *words.codes((part,))) for part in parts),) if parts else ()
    return Term(text=word, stem=stem, codes=codes, in_parts=in_parts, is_last=is_last)
