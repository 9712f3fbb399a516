"""What the forum's tests share."""

import pytest

from forum.actions import pace


@pytest.fixture
def any_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which one person writes more in a second than anybody may in a day."""
    for name in ("NEW_PEOPLE", "OTHERS"):
        monkeypatch.setattr(pace, name, pace.Pace(topics_a_day=100_000, posts_an_hour=100_000))
