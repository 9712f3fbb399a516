"""Norwegian words to search in and to sort by, the same on every database.

SQLite folds only a–z, and PostgreSQL sorts by whatever locale it was set up with. So both are settled here, and the
database compares plain a–z and digits.
"""

import re
import unicodedata

_SPELLED_OUT = str.maketrans({"æ": "ae", "ä": "ae", "ø": "o", "ö": "o", "å": "a", "ð": "d", "đ": "d", "ŋ": "n"})
_DOUBLES = (("aa", "a"), ("oe", "o"))
_LAST_LETTERS = {"æ": 26, "ä": 26, "ø": 27, "ö": 27, "å": 28}
_NUMBER_WIDTH = 4


def fold(text: str) -> str:
    """The text as search compares it: case, accents, æ/ø/å and signs between words aside.

    «Østre», «ØSTRE», «ostre» and «Oestre» all become «ostre». Both what is searched and what is searched for go
    through here, so folding too much finds a little more and never less.
    """
    letters = unicodedata.normalize("NFKC", text).casefold().translate(_SPELLED_OUT)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", letters) if not unicodedata.combining(letter))
    for double, single in _DOUBLES:
        bare = bare.replace(double, single)
    return " ".join(re.findall(r"[^\W_]+", bare))


def sort_key(text: str) -> str:
    """Digits that sort as the words do in a Norwegian or Danish dictionary: æ, ø and å last, «2» before «10».

    Two digits a letter: 10 for what stands between words, 20–29 for a number's digits, 30 and up for letters.
    """
    padded = re.sub(r"[0-9]+", lambda number: number[0].zfill(_NUMBER_WIDTH), unicodedata.normalize("NFC", text))
    return "".join(_place(letter) for letter in padded.casefold())


def _place(letter: str) -> str:
    if letter in _LAST_LETTERS:
        return str(30 + _LAST_LETTERS[letter])
    bare = unicodedata.normalize("NFD", letter)[0]
    if "a" <= bare <= "z":
        return str(30 + ord(bare) - ord("a"))
    if bare in "0123456789":
        return str(20 + int(bare))
    return "99" if bare.isalpha() else "10"
