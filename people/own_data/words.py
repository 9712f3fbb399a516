"""What is held, in words for a page: empty facts left out, dates as people write them."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from people.own_data import Fact, Section, Value

SHOWN_AT_MOST = 20
"""Entries of a section on the page; the rest is in the copy."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A section as the page shows it. Entries are pairs of label and text."""

    name: str
    title: str
    why: str
    entries: list[list[tuple[str, str]]]
    files: int
    left_out: int

    @property
    def is_empty(self) -> bool:
        return not self.entries and not self.files


def in_words(section: Section) -> Shown:
    return Shown(
        name=section.name,
        title=section.title,
        why=section.why,
        entries=[_entry(entry) for entry in section.entries[:SHOWN_AT_MOST]],
        files=len(section.files),
        left_out=max(len(section.entries) - SHOWN_AT_MOST, 0),
    )


def _entry(facts: list[Fact]) -> list[tuple[str, str]]:
    return [(str(fact.label), written(fact.value)) for fact in facts if fact.value not in (None, "", [])]


def written(value: Value) -> str:
    if isinstance(value, bool):
        return _("Ja") if value else _("Nei")
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return _("%(day)s kl. %(time)s") % {
            "day": date_format(local, "DATE_FORMAT"),
            "time": date_format(local, "TIME_FORMAT"),
        }
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, list):
        return ", ".join(value)
    return str(value)
