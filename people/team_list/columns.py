"""The columns of the file: what each may hold, and how a value is read and written."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from people.alphabet import fold
from people.counties import COUNTIES
from people.models import Region, Team
from safety.guard import refuse_identity_numbers
from safety.text import TextRefusedError, clean_line, refuse_private_number

Regions = Mapping[str, Region]
"""The regions by key."""


class CellError(ValueError):
    """A cell cannot be read; the message says why, and what would do."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of a team in the file. `read` takes a cell that is not empty and raises CellError or TextRefusedError."""

    name: str
    read: Callable[[str, Regions], Any]
    empty: Any = ""

    @property
    def label(self) -> str:
        return Team.label_of(self.name)


def _line(name: str) -> Column:
    most = Team.room_for(name)

    def read(cell: str, regions: Regions) -> str:
        line = clean_line(cell, most=most)
        refuse_identity_numbers(line)
        return line

    return Column(name, read)


def _choice(name: str, choices: Any, empty: str) -> Column:
    """A code, or its name in any of the site's languages."""

    def read(cell: str, regions: Regions) -> str:
        for code, _label in settings.LANGUAGES:
            with translation.override(code):
                for value, label in choices.choices:
                    if fold(cell) in {fold(value), fold(str(label))}:
                        return str(value)
        raise CellError(
            _("«%(value)s» er ikke en av disse: %(allowed)s.")
            % {"value": cell[:60], "allowed": ", ".join(map(str, choices.values))}
        )

    return Column(name, read, empty)


def _read_region(cell: str, regions: Regions) -> str:
    for key, region in regions.items():
        if fold(cell) in {fold(key), fold(region.name)}:
            return key
    raise CellError(
        _("Det finnes ingen region som heter «%(value)s». Regionene er %(allowed)s.")
        % {"value": cell[:60], "allowed": ", ".join(regions)}
    )


def _read_date(cell: str, regions: Regions) -> date:
    iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?: .*)?", cell)
    norwegian = re.fullmatch(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})", cell)
    try:
        found = date(*map(int, iso.groups() if iso else norwegian.groups()[::-1] if norwegian else ()))
    except (TypeError, ValueError) as error:
        raise CellError(_("«%s» er ikke en dato. Skriv den som 2025-10-31 eller 31.10.2025.") % cell[:40]) from error
    if found > timezone.localdate():
        raise CellError(_("Datoen %s er ikke kommet ennå.") % cell[:40])
    return found


def _read_contact(cell: str, regions: Regions) -> str:
    line = clean_line(cell, most=Team.room_for("contact_route"))
    refuse_identity_numbers(line)
    refuse_private_number(line)
    return line


COLUMNS = (
    _line("name"),
    _choice("programme", Team.Programme, Team.Programme.UNSPECIFIED),
    _choice("country", Team.Country, Team.Country.NORWAY),
    _line("county"),
    Column("region", _read_region),
    _line("municipalities"),
    _line("hospital_trust"),
    _choice("phase", Team.Phase, Team.Phase.UNKNOWN),
    Column("status_on", _read_date, None),
    _line("status_source"),
    _line("name_note"),
    Column("contact_route", _read_contact),
)
"""In the order of the file, after `key`."""

KEY = "key"
HEADINGS = (KEY, *(column.name for column in COLUMNS))
BY_NAME = {column.name: column for column in COLUMNS}


def column_of_heading(heading: str) -> str | None:
    """The column a heading means: its name, or what the site calls the field in any of its languages."""
    for name in HEADINGS:
        if fold(heading) == fold(name):
            return name
    for code, _label in settings.LANGUAGES:
        with translation.override(code):
            for name in HEADINGS:
                if fold(heading) == fold(Team.label_of(name)):
                    return name
    return None


def read_key(cell: str) -> uuid.UUID:
    """Raises CellError."""
    try:
        return uuid.UUID(cell)
    except ValueError as error:
        raise CellError(
            _("«%s» er ikke en nøkkel fra Flett. Hent lista på nytt, eller la feltet stå tomt.") % cell[:60]
        ) from error


def read_cell(name: str, cell: str, regions: Regions) -> Any:
    """The value of a cell, the column's own empty value where it is empty. Raises CellError."""
    column = BY_NAME[name]
    if not cell.strip():
        return column.empty
    try:
        return column.read(cell.strip(), regions)
    except TextRefusedError as error:
        raise CellError(error.message) from error


def settle_county(values: dict[str, Any]) -> None:
    """In Norway a county is one of fifteen, spelled as they are. Raises CellError."""
    if values["country"] != Team.Country.NORWAY or not values["county"]:
        return
    found = next((county for county in COUNTIES if fold(county) == fold(values["county"])), None)
    if found is None:
        raise CellError(
            _("Det finnes ikke noe norsk fylke som heter «%(value)s». Fylkene er %(allowed)s.")
            % {"value": values["county"], "allowed": ", ".join(sorted(COUNTIES))}
        )
    values["county"] = found


def values_of(team: Team) -> dict[str, Any]:
    """What the file says of a team. Expects the region to be there already."""
    values = {column.name: getattr(team, column.name) for column in COLUMNS if column.name != "region"}
    return {**values, "region": team.region.key if team.region else ""}


def write_cell(value: Any) -> str:
    """A value as the file has it: codes, and dates as 2025-10-31."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def shown(name: str, value: Any, regions: Regions) -> str:
    """A value as people read it; empty where there is none."""
    if isinstance(value, date):
        return date_format(value)
    if name == "region" and value:
        return regions[value].name
    choices = {"programme": Team.Programme, "phase": Team.Phase, "country": Team.Country}.get(name)
    return str(choices(value).label) if choices else str(value or "")
