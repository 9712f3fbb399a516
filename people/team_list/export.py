"""The list of teams as a file. What comes out goes in again and changes nothing."""

from people.models import Team
from people.team_list.columns import COLUMNS, HEADINGS, values_of, write_cell
from safety.tables import write_csv, write_xlsx


def team_list_rows() -> list[list[str]]:
    """Headings, then every team, the closed ones too. One query."""
    rows = [list(HEADINGS)]
    for team in Team.objects.select_related("region"):
        values = values_of(team)
        rows.append([str(team.key), *(write_cell(values[column.name]) for column in COLUMNS)])
    return rows


def export_team_list(*, kind: str) -> bytes:
    """`kind` is csv or xlsx."""
    rows = team_list_rows()
    return write_xlsx(rows, title="Team") if kind == "xlsx" else write_csv(rows)
