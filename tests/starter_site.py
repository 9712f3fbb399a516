"""The starter content, loaded once for all tests in a row that look at it: loading takes longer than they do."""

from typing import Any

from django.db import transaction

from home.actions import load_starter_content


class StarterSite:
    """A transaction around the tests that look at the site. It is left, and undone, before any other test begins."""

    def __init__(self) -> None:
        self._outer: Any = None
        self._blocker: Any = None

    def enter(self, blocker: Any) -> None:
        """Load the site, unless it stands already."""
        if self._outer is not None:
            return
        self._blocker = blocker
        with blocker.unblock():
            self._outer = transaction.atomic()
            self._outer.__enter__()
            load_starter_content()

    def leave(self) -> None:
        """Undo everything, if the site stands."""
        if self._outer is None:
            return
        with self._blocker.unblock():
            transaction.set_rollback(True)
            self._outer.__exit__(None, None, None)
        self._outer = None


STARTER_SITE = StarterSite()
