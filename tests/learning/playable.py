"""A real film, as short as a test has time for."""

from django.core.files.base import ContentFile

from courses.models import FlettMedia
from home.management.commands.make_placeholder_film import STARTER
from tests import factories

FILM = STARTER / "courses" / "aktivt-oppsokende-virksomhet" / "media" / "rollefilm-plassholder"
SECONDS = 36


def playable_film(**more: object) -> FlettMedia:
    """The starter content's placeholder film: 36 seconds, without sound."""
    return factories.MediaFactory.create(
        **{
            "duration": SECONDS,
            "file": ContentFile(FILM.with_suffix(".mp4").read_bytes(), name="film.mp4"),
            "webm": ContentFile(FILM.with_suffix(".webm").read_bytes(), name="film.webm"),
            **more,
        }
    )
