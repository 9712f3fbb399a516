"""What is kept no longer than it must be. Run every night by `forget_forum`; running it again changes nothing.

Each row on its own, so that one that fails holds nothing else back.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from forum.actions import event_retention
from forum.actions.attachments import delete_orphaned_files
from forum.actions.counting import lock_post
from forum.actions.evaluations import close_old_evaluations
from forum.actions.item_state import put_item_state
from forum.actions.library import delete_loose_library_files
from forum.actions.posting import empty_post, set_post_state
from forum.actions.sign_up_mails import forget_sign_up_news
from forum.actions.sign_ups import forget_dietary_needs
from forum.actions.uploads import forget_old_uploads
from forum.models import Appeal, Draft, LibraryItem, ModerationEntry, Post, Report, Silence, State

HIDDEN_FOR = timedelta(days=180)
"""A hidden post: long enough for an appeal and a second look."""
REPORTS_FOR = timedelta(days=180)
"""A decided report, from the decision."""
SILENCES_FOR = timedelta(days=180)
"""A pause, from its end."""
LOG_FOR = timedelta(days=730)
"""The log: so that a pattern over two years can be seen, and no longer."""
DRAFTS_FOR = timedelta(days=180)
"""A draft nobody has touched. Its files go sooner: `forum.actions.attachments.KEPT_BESIDE_DRAFT`."""

_HIDING = ("hide", "auto_hide", "refuse")


def hidden_too_long(now: datetime) -> QuerySet[Post]:
    """Hidden posts nobody has hidden again since, and about which nothing waits to be decided."""
    recent = ModerationEntry.objects.filter(post=OuterRef("pk"), verb__in=_HIDING, at__gt=now - HIDDEN_FOR)
    return (
        Post.objects.filter(state=State.HIDDEN, created_at__lte=now - HIDDEN_FOR)
        .exclude(Exists(recent))
        .exclude(Exists(_waiting_reports()))
        .exclude(Exists(Appeal.objects.filter(entry__post=OuterRef("pk"), decided_at__isnull=True)))
    )


def deleted_and_not_emptied() -> QuerySet[Post]:
    """Deleted posts whose last report is gone without a decision, as when whoever reported has left."""
    return Post.objects.filter(state=State.DELETED).exclude(source="").exclude(Exists(_waiting_reports()))


def _waiting_reports() -> QuerySet[Report]:
    return Report.objects.filter(post=OuterRef("pk"), outcome="")


def old_rows(now: datetime) -> list[tuple[str, QuerySet[Any]]]:
    """What is deleted as it stands, by what it is called."""
    waiting = Appeal.objects.filter(entry=OuterRef("pk"), decided_at__isnull=True)
    ended = now - SILENCES_FOR
    return [
        ("decided reports", Report.objects.filter(decided_at__lte=now - REPORTS_FOR)),
        ("ended pauses", Silence.objects.filter(Q(until__lte=ended) | Q(lifted_at__lte=ended))),
        *event_retention.old_rows(now),
        ("lines of the log", ModerationEntry.objects.filter(at__lte=now - LOG_FOR).exclude(Exists(waiting))),
    ]


def old_drafts(now: datetime) -> QuerySet[Draft]:
    return Draft.objects.filter(updated_at__lte=now - DRAFTS_FOR)


@transaction.atomic
def empty_old_post(*, pk: int) -> bool:
    """Empty a post that may be kept no longer; returns whether it was still so once it was locked."""
    now = timezone.now()
    post = Post.objects.select_related("topic").get(pk=pk)
    topic, post = lock_post(post)
    if not any(posts.filter(pk=pk).exists() for posts in (hidden_too_long(now), deleted_and_not_emptied())):
        return False
    if post.state != State.DELETED:
        set_post_state(topic=topic, post=post, state=State.DELETED)
    empty_post(post=post)
    return True


@transaction.atomic
def forget_rest() -> dict[str, int]:
    """Delete old reports, pauses, lines of the log, drafts, loose files and what events need no longer.

    Returns how many of each.
    """
    now = timezone.now()
    close_old_evaluations()
    counts = {name: rows.count() for name, rows in old_rows(now)}
    for _, rows in old_rows(now):
        rows.delete()
    counts["drafts"] = old_drafts(now).count()
    old_drafts(now).delete()
    for item in LibraryItem.objects.select_for_update(no_key=True).filter(state=State.DELETED).exclude(title=""):
        put_item_state(item=item, state=State.DELETED)  # its last report went without a decision
    counts["words of letters"] = event_retention.empty_old_letters(now)
    counts["loose files"] = delete_orphaned_files() + delete_loose_library_files()
    counts["unfinished uploads"] = forget_old_uploads()
    counts["dietary needs"] = forget_dietary_needs()
    counts["old news of sign-ups"] = forget_sign_up_news()
    return counts
