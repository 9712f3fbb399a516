"""Plain text that people write about a team or a place, on its way in.

Pure functions. What is refused raises `TextRefusedError` with a sentence for whoever wrote it.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Control characters, and those that turn or hide what stands beside them."""
_KEPT = {"\u200d", "\u00ad"}
"""A joiner within a word and a soft hyphen do no harm."""
_NUMBER = re.compile(
    r"(?<![\w./@-])(?P<country>\(?(?:\+|00)(?:47|\d{2,3})\)?[ \u00a0-]*)?"
    r"(?P<local>\(?\d(?:[ \u00a0().\u2010-\u2015-]*\d)*)(?![\w@-])"
)
_MOBILE_STARTS = ("4", "9")
"""Norwegian mobile numbers have eight digits and start so (Nkom's numbering plan)."""


class TextRefusedError(ValueError):
    """The text may not come in; the message is written for the person who wrote it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def clean_line(text: str, *, most: int) -> str:
    """One line: no hidden characters, single spaces. Raises TextRefusedError over `most` characters."""
    return _checked(" ".join(_visible(text).split()), most=most)


def clean_lines(text: str, *, most: int) -> str:
    """Several lines, with at most one empty line between two. Raises TextRefusedError over `most` characters."""
    rows = [" ".join(row.split()) for row in _visible(text, also="\n").split("\n")]
    return _checked(re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip(), most=most)


def refuse_private_number(text: str) -> None:
    """Raise TextRefusedError where the text holds what looks like somebody's own mobile number.

    Eight digits that begin with 4 or 9, however they are spaced, with +47 or 0047 before them or not. A switchboard
    or a team's landline (2, 3, 5, 6, 7), a service number (02xxx, 116117) and a Danish number after +45 pass.
    """
    for found in _NUMBER.finditer(text):
        country = re.sub(r"\D", "", found["country"] or "").removeprefix("00")
        if country not in {"", "47"}:
            continue
        groups = re.findall(r"\d+", found["local"])
        if any(run.startswith(_MOBILE_STARTS) for run in _runs_of_eight(groups)):
            raise TextRefusedError(
                _(
                    "«%(number)s» ser ut som et mobilnummer. Det blir stående åpent på nettet. Skriv et sentralbord, "
                    "en felles postkasse eller en nettside."
                )
                % {"number": found[0].strip()}
            )


def _runs_of_eight(groups: list[str]) -> list[str]:
    """The digits of neighbouring groups that make eight: «912 34 567», also among numbers that stand in a row."""
    joined = "".join(groups)
    if len(joined) == 10 and joined.startswith("47"):
        return [joined[2:]]
    runs = []
    for start in range(len(groups)):
        run = ""
        for group in groups[start:]:
            run += group
            if len(run) >= 8:
                break
        if len(run) == 8:
            runs.append(run)
    return runs


def _visible(text: str, *, also: str = "") -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    if not also:
        text = text.replace("\n", " ")
    return "".join(
        letter for letter in text if letter in also or letter in _KEPT or unicodedata.category(letter) not in _HIDDEN
    )


def _checked(text: str, *, most: int) -> str:
    if len(text) > most:
        raise TextRefusedError(
            _("Teksten er for lang: %(length)d tegn. Den kan ha høyst %(most)d.") % {"length": len(text), "most": most}
        )
    return text
