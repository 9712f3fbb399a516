"""Norway's counties since 2024, and where each stands on a map made of tiles."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tile:
    """A county's place: row from the north, column from the west, both from 1."""

    county: str
    row: int
    column: int


TILES = (
    Tile("Finnmark", 1, 4),
    Tile("Troms", 1, 3),
    Tile("Nordland", 2, 3),
    Tile("Trøndelag", 3, 3),
    Tile("Møre og Romsdal", 3, 2),
    Tile("Innlandet", 4, 3),
    Tile("Buskerud", 4, 2),
    Tile("Vestland", 4, 1),
    Tile("Akershus", 5, 4),
    Tile("Oslo", 5, 3),
    Tile("Telemark", 5, 2),
    Tile("Rogaland", 5, 1),
    Tile("Østfold", 6, 4),
    Tile("Vestfold", 6, 3),
    Tile("Agder", 6, 2),
)
"""From the north to the south, and from the east to the west: the order in which the tiles are read out.

Rough geography, drawn for this page: who lies north, south and beside whom, not how large.
"""

COUNTIES = tuple(tile.county for tile in TILES)
