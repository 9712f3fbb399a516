"""Making HTML again of what people have written, when the rules of `forum.rendering` have changed."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.views.decorators.debug import sensitive_variables

from forum.models import Event, LibraryVersion, NewsItem, Post
from forum.rendering import RENDERING_VERSION, render

BATCH = 500
RENDERED: dict[str, type[Any]] = {"posts": Post, "versions": LibraryVersion, "events": Event, "news": NewsItem}
"""What is stored with its source and its rendering."""


def rebake(name: str, *, first: int = 1, last: int | None = None) -> Iterator[int]:
    """Render the rows of `RENDERED[name]` with keys from `first` to `last` (both included; all without) by today's
    rules, in batches.

    Yields how many each batch changed. Rows of today's version are left alone, so it may be stopped and run again,
    also by several at once on ranges of their own. What is said does not change, so nobody is told.
    """
    newest = RENDERED[name]._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
    last = newest if last is None else min(last, newest)
    while first <= last:
        end = min(last, first + BATCH - 1)
        yield _rebake(RENDERED[name], first, end)
        first = end + 1


@sensitive_variables()
@transaction.atomic
def _rebake(model: type[Any], first: int, last: int) -> int:
    """A row without a source says nothing, or was emptied when it was deleted."""
    rows = list(
        model._default_manager.select_for_update(no_key=True)
        .filter(pk__range=(first, last))
        .exclude(rendering_version=RENDERING_VERSION)
        .exclude(source="")
    )
    for row in rows:
        rendered = render(row.source, source_format=row.source_format)
        row.html, row.text, row.rendering_version = rendered.html, rendered.text, rendered.version
    model._default_manager.bulk_update(rows, ["html", "text", "rendering_version"])
    return len(rows)
