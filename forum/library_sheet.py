"""The list that goes with files of the library, out and in: one row a version, in columns with two names each.

The rows of one `id` are the versions of one item, in order of `version`; the first of them says what the item is.
Several of a thing in one cell stand with `|` between. Pure functions; what is wrong is said in words.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Choices
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from forum.models import LibraryItem
from people.alphabet import fold
from people.counties import COUNTIES
from safety.files import FileRefusedError
from safety.tables import Row

SHEET_NAME = "bibliotek.csv"
BETWEEN = "|"

COLUMNS = {
    "id": ("id",),
    "version": ("versjon",),
    "title": ("tittel",),
    "summary": ("sammendrag", "kort om innholdet"),
    "kind": ("slag",),
    "principles": ("prinsipper",),
    "phase": ("fase",),
    "programme": ("program",),
    "language": ("språk", "sprak"),
    "county": ("fylke",),
    "team": ("team",),
    "licence": ("lisens",),
    "review_on": ("gjennomgang", "neste gjennomgang"),
    "tags": ("emneord",),
    "files": ("filer", "fil", "file"),
    "link": ("lenke",),
    "text": ("tekst",),
    "text_file": ("tekstfil",),
    "note": ("nytt", "hva er nytt"),
    "based_on_id": ("bygger_på", "bygger_paa", "bygger på"),
    "based_on_version": ("bygger_på_versjon", "bygger_paa_versjon", "bygger på versjon"),
    "state": ("tilstand",),
    "owner": ("eier",),
    "shared_on": ("delt",),
}
"""Each column with the other names it goes by. The last two are there to be read, and are not taken in."""
TEMPLATE_COLUMNS = tuple(name for name in COLUMNS if name not in {"state", "owner", "shared_on", "text_file"})
HIDDEN = "hidden"
_STATES = {"": "", "normal": "", "vises": "", "hidden": HIDDEN, "skjult": HIDDEN}
_DAY_FORMATS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y")


def heading_of(name: str) -> str:
    """What the column is called in the reader's language: Norwegian, which Danes read, or English."""
    return name if (get_language() or "").startswith("en") else COLUMNS[name][0]


@dataclass(frozen=True, slots=True)
class Line:
    """A row by the names of its columns; what a row does not say is empty. `number` is what a spreadsheet shows."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")


def read_lines(rows: Sequence[Row]) -> tuple[list[Line], list[str]]:
    """The rows under their headings, and which columns nobody reads. Raises FileRefusedError."""
    names = {other: name for name, others in COLUMNS.items() for other in (name, *others)}
    columns: list[str] = []
    unknown: list[str] = []
    for heading in rows[0].cells:
        name = names.get(" ".join(heading.lower().split()), "")
        if name and name in columns:
            raise FileRefusedError(_("Kolonnen «%s» står to ganger i lista.") % heading[:40])
        if heading and not name:
            unknown.append(heading[:40])
        columns.append(name)
    if "title" not in columns:
        raise FileRefusedError(_("Lista må ha overskrifter i første rad, og en kolonne som heter «tittel»."))
    lines = [
        Line(row.number, {name: cell for name, cell in zip(columns, row.cells, strict=False) if name})
        for row in rows[1:]
    ]
    return lines, [_("Kolonnen «%s» er ukjent og blir ikke lest.") % name for name in unknown]


def several(cell: str, *, also: str = "") -> list[str]:
    """The parts of a cell, without empty ones. The signs in `also` part them where no `|` does."""
    signs = BETWEEN if BETWEEN in cell else also or BETWEEN
    return [part.strip() for part in re.split(f"[{re.escape(signs)}\n]", cell) if part.strip()]


def joined(parts: Sequence[str]) -> str:
    """What `several` finds again, also where a part holds other signs."""
    return "".join(f"{part.replace(BETWEEN, '/')}{BETWEEN}" for part in parts)


def read_choice(choices: type[Choices], cell: str, *, default: str, column: str) -> str:
    """The value, said as itself or as people read it. Raises ValueError in words."""
    if not cell:
        return default
    wanted = fold(cell)
    for value, label in choices.choices:
        if wanted in {fold(str(value)), fold(str(label))}:
            return str(value)
    raise ValueError(
        _("«%(said)s» er ikke et gyldig svar i kolonnen %(column)s. Bruk en av disse: %(allowed)s.")
        % {
            "said": cell[:60],
            "column": heading_of(column),
            "allowed": ", ".join(str(label) for _value, label in choices.choices),
        }
    )


def read_county(cell: str) -> str:
    """Raises ValueError in words."""
    county = {fold(each): each for each in COUNTIES}.get(fold(cell))
    if cell and county is None:
        raise ValueError(_("«%s» er ikke et fylke.") % cell[:60])
    return county or ""


def read_day(cell: str) -> date | None:
    """Raises ValueError in words."""
    if not cell:
        return None
    for form in _DAY_FORMATS:
        try:
            return datetime.strptime(cell, form).date()  # noqa: DTZ007 – a day has no time zone
        except ValueError:
            continue
    raise ValueError(_("«%s» er ikke en dato. Skriv den slik: 2027-03-31.") % cell[:30])


def read_number(cell: str) -> int:
    """A version's number; 1 where none is said. Raises ValueError in words."""
    if not cell:
        return 1
    if not (cell.isdecimal() and 1 <= int(cell) <= 10_000):
        raise ValueError(_("«%s» er ikke et versjonsnummer.") % cell[:30])
    return int(cell)


def read_state(cell: str) -> str:
    """Empty, or `hidden`. Raises ValueError in words."""
    if fold(cell) not in _STATES:
        raise ValueError(_("«%s» er ikke en tilstand. Bruk vises eller skjult.") % cell[:30])
    return _STATES[fold(cell)]


def details_cells(item: LibraryItem, *, principles: Sequence[str], tags: Sequence[str]) -> dict[str, str]:
    """What an item says of itself, as `read_lines` will find it."""
    plain = ("title", "summary", "kind", "phase", "programme", "language", "county", "licence")
    said: dict[str, Any] = {name: getattr(item, name) for name in plain}
    return said | {
        "principles": joined(principles),
        "team": item.team.name if item.team else "",
        "review_on": item.review_on.isoformat() if item.review_on else "",
        "tags": joined(tags),
        "state": item.state,
    }
