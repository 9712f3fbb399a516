"""Words as search compares them: folded, stripped of endings, split into the parts of a compound, joined with words
that mean the same.

The same on every database, made when a text is indexed and when it is searched for. PostgreSQL's own stemming of
Norwegian, Danish and English comes on top. Pure functions over two word lists beside this file.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path

import yaml

from people.alphabet import fold

_FOLDER = Path(__file__).resolve().parent
_RULES_VERSION = 1
"""Grows when the rules below change, so that `rebuild_search` sees what was indexed by older ones."""

_STOP = """
    alle alt altså andre at av bare ble bli blir både da dag de deg dei dem den denne der dere deres det dette din disse
    ditt du eg ein eit eller en er et etter for fordi fra få får før gjør ha hadde han har helt henne her hun hva hvem
    hvis hvor hvordan hvorfor i ikke ikkje ingen inn ja jeg kan kom kun kunne man med meg mellom men mer min mitt mot
    mye må nei noe noen nå når og også om opp oss over på seg selv sin sitt skal skulle slik som så til under ut uten
    var ved vi vil ville vår vært være å
    af blev bliver dig din du efter eller ej end er fra ham hos hvad hvis hvordan hvorfor ikke jeg kunne meget mig
    mod måtte noget nogle nu når op sig skal skulle sådan til ud uden var være
    a about an and are as at be but by can do does for from had has have how i if in into is it its me my no not of on
    or our so that the their them then there these they this to was we were what when where which who why will with
    you your
"""
_MARKS = {
    "nb": "av bare fra få hva hvem hvis jeg kan meg mye noe noen nå også på seg til uten vært",
    "da": "af bliver efter hvad jeg kan mange meget mig noget nogle nu også på sig til uden været",
    "en": "about and are for from have how is of that the this to what with you",
}
_WORD = re.compile(r"[^\W_]+")
_ENDINGS = sorted(
    re.split(" ", "heten heter ernes erens enes ende erne eren eres ene ane ens ets ere ers ar en er es et a e"),
    key=lambda ending: -len(ending),
)
_LEAST_STEM = 3
_BEFORE_S = frozenset("bcdfghjklmnoprtvyz")
"""A genitive or plural s is taken off after these only, as Snowball's Norwegian stemmer does: «sykehus» keeps its."""
_VOWEL = re.compile("[aeiouy]")
_LINKS = ("", "s", "e", "er")
"""What stands between the parts of a compound: «samarbeid-s-avtale», «barn-e-vern»."""
_LEAST_PART = 3
_LEAST_COMPOUND = 7
_LEAST_UNKNOWN_HEAD = 4
_LEAST_KNOWN_TAIL = 5
LONGEST_WORD = 60
"""Characters. What is longer is no word."""
CODE = "qz"
"""Begins the token of a group of synonyms: no word in our languages begins so."""


_LETTER_AND_WORD = re.compile(r"(?<!\w)([^\W\d_])[-\u2010-\u2012](?=[^\W\d_]{2})")


def tokens(text: str) -> list[str]:
    """The words of the text, folded, in order. «F-ACT» and «e-læring» are one word each."""
    return [word for word in fold(_LETTER_AND_WORD.sub(r"\1", text)).split() if len(word) <= LONGEST_WORD]


def tokens_unfolded(text: str) -> list[str]:
    """The words of the text as they are written."""
    return _WORD.findall(text)


@cache
def stop_words() -> frozenset[str]:
    return frozenset(token for word in _STOP.split() for token in tokens(word))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The folded word without its ending: «avtale», «avtaler» and «avtalenes» are all «avtal».

    Takes off too much rather than too little: what is compared is stripped on both sides.
    """
    if word.isdecimal():
        return word
    if word.endswith("s") and len(word) > _LEAST_STEM + 1 and word[-2] in _BEFORE_S and not word.endswith("ss"):
        word = word[:-1]
    for ending in _ENDINGS:
        rest = word.removesuffix(ending)
        if len(rest) < len(word) and len(rest) >= _LEAST_STEM and _VOWEL.search(rest):
            return rest
    return word


def _groups() -> list[list[str]]:
    found: list[list[str]] = yaml.safe_load((_FOLDER / "synonyms.yaml").read_text(encoding="utf-8"))
    return [[str(word) for word in group] for group in found]


def _listed_parts() -> list[str]:
    lines = (_FOLDER / "parts.txt").read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


@cache
def version() -> str:
    """Another text when the rules or the word lists are others."""
    lists = b"".join((_FOLDER / name).read_bytes() for name in ("synonyms.yaml", "parts.txt"))
    return f"{_RULES_VERSION}-{hashlib.blake2b(lists, digest_size=6).hexdigest()}"


@cache
def _phrases() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Each synonym as stems, and the tokens of its groups."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for number, group in enumerate(_groups(), start=1):
        for member in group:
            found[tuple(map(stem, tokens(member)))].append(f"{CODE}{number}")
    return {phrase: tuple(dict.fromkeys(codes)) for phrase, codes in found.items()}


@cache
def _longest_phrase() -> int:
    return max(map(len, _phrases()))


@cache
def vocabulary() -> tuple[str, ...]:
    """Single words of the field as they are written, to suggest for what is mistyped."""
    words = [word for group in _groups() for word in group if " " not in word] + _listed_parts()
    return tuple(dict.fromkeys(word for word in words if len(word) >= _LEAST_KNOWN_TAIL))


@cache
def folded_vocabulary() -> dict[str, str]:
    """The same by their folded form."""
    return {word: written for written in vocabulary() for word in tokens(written)}


def is_known(word: str) -> bool:
    """Whether the folded word stands in the lists, in any form, or is made of words that do."""
    return stem(word) in _known()[1] or bool(_split(word))


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Base forms that may begin a compound, and stems that may end one."""
    words = {token for word in (*_listed_parts(), *vocabulary()) for token in tokens(word)}
    whole = frozenset(word for word in words if len(word) >= _LEAST_PART and not word.isdecimal())
    return whole - stop_words(), frozenset(map(stem, whole - stop_words()))


@lru_cache(maxsize=100_000)
def parts(word: str) -> tuple[str, ...]:
    """The stems of what a folded compound is made of, none for a word that is none.

    All parts are known words, as few as possible, each split again; or the last one is, and something we do not know
    stands before it: then only the last is given.
    """
    if len(word) > LONGEST_WORD:
        return ()
    found = _split(word)
    _whole, stems = _known()
    if not found and stem(word) not in stems:
        for start in range(_LEAST_UNKNOWN_HEAD, len(word) - _LEAST_KNOWN_TAIL + 1):
            if stem(word[start:]) in stems and _VOWEL.search(word[:start]):
                found = (word[start:],)
                break
    return tuple(dict.fromkeys(each for part in found for each in (stem(part), *parts(part))))


def whole_parts(word: str) -> tuple[str, ...]:
    """The stems of the parts, where they are known all of them."""
    return tuple(map(stem, _split(word))) if len(word) <= LONGEST_WORD else ()


@lru_cache(maxsize=100_000)
def _split(word: str) -> tuple[str, ...]:
    """The fewest known words, two or more, that make the word up; the longest first part where several do."""
    if len(word) < _LEAST_COMPOUND:
        return ()
    whole, stems = _known()
    best: tuple[str, ...] = ()
    for end in range(len(word) - _LEAST_PART, _LEAST_PART - 1, -1):
        head = word[:end]
        if head not in whole and not (len(head) > _LEAST_PART and f"{head}e" in whole):
            continue
        for link in _LINKS:
            rest = word[end + len(link) :]
            if not word.startswith(link, end) or len(rest) < _LEAST_PART:
                continue
            tail = (rest,) if stem(rest) in stems else _split(rest)
            if tail and (not best or len(best) > len(tail) + 1):
                best = (head, *tail)
    return best


@lru_cache(maxsize=100_000)
def word_keys(word: str) -> frozenset[str]:
    """What one folded word is found by, but for phrases it is part of: its stem, its parts, and their synonyms."""
    stems = (stem(word), *parts(word))
    return frozenset((*stems, *(code for each in stems for code in codes((each,)))))


def codes(stems: Sequence[str]) -> tuple[str, ...]:
    """The tokens of the groups this word or phrase stands in."""
    return _phrases().get(tuple(stems), ())


def phrases_in(stems: Sequence[str]) -> list[tuple[int, int, tuple[str, ...]]]:
    """Each synonym of several words that stands in the row: where it begins, where it ends, its groups' tokens."""
    return [
        (start, end, groups)
        for start in range(len(stems))
        for end in range(start + 2, min(start + _longest_phrase(), len(stems)) + 1)
        if (groups := codes(stems[start:end]))
    ]


def text_keys(text: str) -> dict[str, None]:
    """Everything a text is found by, in order and each once."""
    words = tokens(text)
    stopped = stop_words()
    keys = dict.fromkeys(key for word in words if word not in stopped for key in sorted(word_keys(word)))
    keys |= dict.fromkeys(key for _start, _end, groups in phrases_in(list(map(stem, words))) for key in groups)
    return keys


def guess_language(text: str) -> str:
    """`nb`, `da` or `en`, by the small words; Bokmål where nothing tells."""
    words = set(_WORD.findall(text[:4000].casefold()))
    scores = {language: len(words & set(marks.split())) for language, marks in _MARKS.items()}
    return max(scores, key=lambda language: (scores[language], language == "nb"))


def distance(one: str, other: str, *, most: int) -> int:
    """How many letters are put in, left out, changed or swapped with their neighbour; `most + 1` where it is more.

    Optimal string alignment after Damerau (1964).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row]
        for column, against in enumerate(other, start=1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != against))
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against
            now.append(min(cost, before[column - 2] + 1) if swapped else cost)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return min(last[-1], most + 1)


def slack(word: str) -> int:
    """How many mistakes are forgiven in a word: none in a short one, two in a long one."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def near(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate (folded) that is nearest to the folded word within its slack."""
    allowed = slack(word)
    if not allowed:
        return None
    letters = set(word)
    likely = [
        each
        for each in dict.fromkeys(candidates)
        if abs(len(each) - len(word)) <= allowed and len(letters.difference(each)) <= allowed
    ]  # each letter of the word that the candidate has nowhere is a mistake
    scored = [(distance(word, each, most=allowed), each) for each in likely]
    return min((pair for pair in scored if pair[0] <= allowed), default=(0, None))[1]
