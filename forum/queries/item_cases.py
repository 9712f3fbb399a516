"""Items of the library that somebody has reported or appealed about, as those who moderate see them."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404

from forum.actions.item_cases import choices_for_item, stamp_of_item
from forum.models import Appeal, LibraryFile, LibraryItem, LibraryVersion, ModerationEntry, Report, Silence
from forum.permissions import appeals_decided_by, entries_visible_to
from forum.permissions.library import items_decided_by, items_visible_to
from forum.queries.moderation import get_earlier, get_silences, name_of, with_names


def get_item_to_decide(user: Any, pk: int) -> LibraryItem:
    """The item, for those who may decide about it. Raises Http404 where they may not see it, else PermissionDenied."""
    item = items_decided_by(user).select_related("space", "owner", "current").filter(pk=pk).first()
    if item is not None:
        return item
    if items_visible_to(user).filter(pk=pk).exists():
        raise PermissionDenied
    raise Http404


def get_own_item_report(user: Any, item_pk: int) -> tuple[Report, LibraryItem]:
    """The newest report one has made of the item, and the item. Raises Http404."""
    rows = Report.objects.filter(reporter=user, item=item_pk).select_related("item__space")
    report = rows.order_by("-created_at", "-pk").first()
    if report is None or report.item is None:
        raise Http404
    return report, report.item


@dataclass(slots=True)
class ItemCase:
    """An item, and what one needs to decide about it."""

    item: LibraryItem
    owner: str
    version: LibraryVersion | None
    files: list[LibraryFile]
    may_open: bool
    reports: list[Report]
    open_reports: list[Report]
    log: list[ModerationEntry]
    earlier: list[ModerationEntry]
    silences: list[Silence]
    appeal: Appeal | None
    choices: list[str]
    stamp: str


def get_item_case(user: Any, item: LibraryItem) -> ItemCase:
    """A fixed number of queries, whatever has happened to the item before."""
    reports = list(item.reports.order_by("created_at", "pk"))
    waiting = [report for report in reports if not report.outcome]
    appeals = appeals_decided_by(user).filter(entry__item=item, decided_at__isnull=True)
    owner_is = Q(person=item.owner_id) if item.owner_id else Q(pk__in=[])
    return ItemCase(
        item=item,
        owner=name_of(item.owner),
        version=item.current,
        files=list(LibraryFile.objects.filter(version=item.current_id).defer("text")) if item.current_id else [],
        may_open=items_visible_to(user).filter(pk=item.pk).exists(),
        reports=reports,
        open_reports=waiting,
        log=with_names(item.log.select_related("actor", "appeal").order_by("at", "pk")),
        earlier=get_earlier(entries_visible_to(user).filter(owner_is).exclude(item=item)),
        silences=get_silences(user, owner_is, item.space_id),
        appeal=appeals.select_related("entry__actor").first(),
        choices=choices_for_item(item, has_open_reports=bool(waiting)),
        stamp=stamp_of_item(item),
    )
