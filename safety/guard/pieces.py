"""What a file was found to say, and what of it could not be read."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Piece:
    """Text from one place in a file. `place` is for the person who has the file open; empty for the body."""

    place: str
    text: str
    is_shown: bool = True
    """Whether a reader of the file sees it, so that it may be searched for."""
    is_prose: bool = True
    """Whether people wrote it as words, so that names and dates in it are worth asking about."""


@dataclass(slots=True)
class Reading:
    pieces: list[Piece] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """What could not be read, as it would be said: «side 3 er et bilde»."""
