"""What waits for somebody who moderates: everywhere they may, or in one space. The same on pages and in mails."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from forum.models import Appeal, LibraryItem, Post, Report, SealOpening, Space, State
from forum.permissions import appeals_decided_by, posts_moderated_by, seal_openings_answered_by
from forum.permissions.library import items_decided_by
from people.models import User

URGENT = (Report.Reason.PATIENT_DATA, Report.Reason.WORRY)
"""Reasons that stand first in what those who moderate are told: what is hidden at once, and worry for somebody."""


def reported_for(user: User, space: Space | None) -> QuerySet[Post]:
    """Posts with a report that nobody has decided."""
    waiting = Report.objects.filter(post=OuterRef("pk"), outcome="")
    posts = posts_moderated_by(user).filter(Exists(waiting))
    return posts.filter(topic__space=space) if space else posts


def reported_items_for(user: User, space: Space | None) -> QuerySet[LibraryItem]:
    """Items of the library with a report that nobody has decided."""
    waiting = Report.objects.filter(item=OuterRef("pk"), outcome="")
    items = items_decided_by(user).filter(Exists(waiting))
    return items.filter(space=space) if space else items


def held_for(user: User, space: Space | None) -> QuerySet[Post]:
    """Posts that are shown when somebody has looked at them."""
    posts = posts_moderated_by(user).filter(state=State.HELD)
    return posts.filter(topic__space=space) if space else posts


def appeals_for(user: User, space: Space | None) -> QuerySet[Appeal]:
    """Appeals of what others decided."""
    appeals = appeals_decided_by(user).filter(decided_at__isnull=True)
    return appeals.filter(entry__space=space) if space else appeals


def openings_for(user: User, space: Space | None) -> QuerySet[SealOpening]:
    """Seals another moderator asks to open. For moderators, in no space's own queue; never of the reader's aliases."""
    return SealOpening.objects.none() if space is not None else seal_openings_answered_by(user)


@dataclass(frozen=True, slots=True)
class News:
    """What somebody who moderates is written to about. A post or item may be both urgent and reported."""

    urgent: int
    reported: int
    items: int
    held: int
    appeals: int
    openings: int
    is_new: bool


def get_news(user: User, *, since: datetime, until: datetime) -> News:
    """What the queue holds that came by `until`, and whether any of it came after `since`. Five queries."""

    def count_reported(rows: QuerySet[Any], of: str) -> dict[str, int]:
        reports = Report.objects.filter(**{of: OuterRef("pk")}, outcome="", created_at__lte=until)
        return (
            rows.annotate(
                waits=Exists(reports),
                is_new=Exists(reports.filter(created_at__gt=since)),
                is_urgent=Exists(reports.filter(reason__in=URGENT)),
            )
            .filter(waits=True)
            .aggregate(
                all=Count("pk"),
                new=Count("pk", filter=Q(is_new=True)),
                urgent=Count("pk", filter=Q(is_urgent=True)),
            )
        )

    reported = count_reported(posts_moderated_by(user), "post")
    items = count_reported(items_decided_by(user), "item")
    others = [
        rows.filter(**{f"{came}__lte": until}).aggregate(
            all=Count("pk"), new=Count("pk", filter=Q(**{f"{came}__gt": since}))
        )
        for rows, came in (
            (held_for(user, None), "created_at"),
            (appeals_for(user, None), "created_at"),
            (openings_for(user, None), "asked_at"),
        )
    ]
    held, appeals, openings = (each["all"] for each in others)
    return News(
        urgent=reported["urgent"] + items["urgent"],
        reported=reported["all"],
        items=items["all"],
        held=held,
        appeals=appeals,
        openings=openings,
        is_new=any(each["new"] for each in (reported, items, *others)),
    )
