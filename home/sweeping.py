"""Looking for identity numbers in all that people have written and that is stored: where to look, and how to mend.

New texts pass `safety.guard` before they are stored. What is older than a rule of the guard's has not met it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.views.decorators.debug import sensitive_variables

from forum.actions import sweeping
from safety.guard import find_identity_numbers, find_in_html, mask, mask_html

BATCH = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A table to go through. `mend` masks one row by its key; without it the row's columns are masked as they are.

    A private place is only counted: nobody reads or changes what somebody wrote for themselves.
    """

    label: str
    texts: tuple[str, ...] = ()
    html: tuple[str, ...] = ()
    mend: Callable[..., None] | None = None
    is_private: bool = False
    is_derived_from: bool = False
    """Whether saving a row makes other columns of it anew."""

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.label)


PLACES = (
    Place("forum.Topic", texts=("title", "content_warning"), mend=sweeping.mask_topic),
    Place(
        "forum.Post",
        texts=("text", "content_warning"),
        html=("source", "html"),
        mend=sweeping.mask_post,
    ),
    Place("forum.PostEdit", texts=("title", "content_warning"), html=("html",), mend=sweeping.mask_edit),
    Place("forum.Attachment", texts=("name", "alt_text", "text"), mend=sweeping.mask_attachment),
    Place("forum.LibraryItem", texts=("title", "summary"), mend=sweeping.mask_item),
    Place("forum.LibraryTag", texts=("name",), mend=sweeping.mask_tag),
    Place("forum.LibraryVersion", texts=("note", "link", "text"), html=("source", "html"), mend=sweeping.mask_version),
    Place("forum.LibraryFile", texts=("name", "text"), mend=sweeping.mask_library_file),
    Place("forum.Draft", texts=("title", "content_warning"), html=("source",)),
    Place(
        "forum.Space",
        texts=("name", "about"),
        html=("rules_source", "rules", "welcome_source", "welcome"),
        mend=sweeping.mask_space,
    ),
    Place("forum.NewsItem", texts=("title", "lead", "text"), html=("source", "html"), mend=sweeping.mask_news),
    Place(
        "forum.Event", texts=(*sweeping.EVENT_LINES, "text", "link"), html=("source", "html"), mend=sweeping.mask_event
    ),
    Place("forum.NewsEdit", texts=("title", "lead"), html=("html",)),
    Place("forum.Pseudonym", texts=("name",)),
    Place("forum.EntryRequest", texts=("message",)),
    Place("forum.SealOpening", texts=("reason",)),
    Place("forum.Report", texts=("message",)),
    Place("forum.ModerationEntry", texts=("reason", "message")),
    Place("forum.Silence", texts=("reason",)),
    Place("forum.Appeal", texts=("text", "answer")),
    Place("people.User", texts=("first_name", "last_name")),
    Place("people.Profile", texts=("presentation",)),
    Place(
        "people.Team",
        texts=("name", "about", "contact_route", "municipalities", "name_note", "status_source"),
        is_derived_from=True,
    ),
    Place("learning.Reflection", texts=("text",), is_private=True),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A row with something in it: its key and what kinds, never where or which digits."""

    key: int
    kinds: tuple[str, ...]


@sensitive_variables()
def kinds_in(place: Place, row: models.Model) -> tuple[str, ...]:
    """The kinds of number a row holds, each once."""
    found: Counter[str] = Counter()
    for name in place.texts:
        found.update(each.kind.value for each in find_identity_numbers(getattr(row, name)))
    for name in place.html:
        found.update(each.kind.value for each in find_in_html(getattr(row, name)))
    return tuple(sorted(found))


@sensitive_variables()
def look(place: Place, *, start: int) -> Iterator[tuple[int, list[Found]]]:
    """Batch by batch in the order of the keys, from `start`: the last key gone through, and what was found."""
    key = start - 1
    while True:
        rows = list(place.model._default_manager.filter(pk__gt=key).order_by("pk")[:BATCH])
        if not rows:
            return
        key = rows[-1].pk
        found = [Found(key=row.pk, kinds=kinds) for row in rows if (kinds := kinds_in(place, row))]
        yield key, found


@transaction.atomic
@sensitive_variables()
def mend(place: Place, *, key: int) -> bool:
    """Mask one row; returns whether nothing is left to find. Raises ValueError for a private place."""
    if place.is_private:
        raise ValueError(f"{place.label} is private: it is counted, and changed by its writer only")
    if place.mend is not None:
        place.mend(pk=key)
    else:
        _mask_columns(place, key)
    row = place.model._default_manager.filter(pk=key).first()
    return row is None or not kinds_in(place, row)


@sensitive_variables()
def _mask_columns(place: Place, key: int) -> None:
    """By `update`, so that the moderators' log, which is never changed otherwise, is masked too."""
    rows: Any = place.model._default_manager.filter(pk=key)
    row = rows.select_for_update(of=("self",)).get()
    changed = {name: mask(getattr(row, name)) for name in place.texts}
    changed |= {name: mask_html(getattr(row, name)) for name in place.html}
    for name, text in changed.items():
        most = getattr(place.model._meta.get_field(name), "max_length", None)
        changed[name] = text[:most] if most else text
    rows.update(**changed)
    if place.is_derived_from:
        place.model._default_manager.get(pk=key).save()
    sweeping.tell_of_row(label=place.label, key=key)
