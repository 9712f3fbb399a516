"""Who may report and decide about posts, answer appeals, and read the log."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from forum.models import Appeal, ModerationEntry, Post, Report, State
from forum.permissions.asking import _is_active, _is_among
from forum.permissions.people import _is_moderator
from forum.permissions.spaces import spaces_moderated_by
from forum.permissions.topics import posts_visible_to, posts_written_by
from forum.pseudonyms import owned_by


def posts_moderated_by(user: Any) -> QuerySet[Post]:
    """The posts this person may decide about, in whatever state: those of spaces they moderate, and for moderators
    what is reported or appealed anywhere, post by post. Nobody decides about their own.
    """
    if not _is_active(user):
        return Post.objects.none()
    brought = Q(Exists(Report.objects.filter(post=OuterRef("pk")))) | Q(
        Exists(Appeal.objects.filter(entry__post=OuterRef("pk")))
    )
    mine = Q(author=user) | owned_by(user, through="pseudonym")
    return Post.objects.filter(
        Q(topic__space__in=spaces_moderated_by(user).values("pk")) | (Q(_is_moderator(user)) & brought)
    ).exclude(pk__in=Post.objects.filter(mine).values("pk"))


def user_can_moderate_post(user: Any, post: Post) -> bool:
    """Twin of `posts_moderated_by`. One query."""
    return _is_among(posts_moderated_by, user, post)


def posts_reportable_by(user: Any) -> QuerySet[Post]:
    """The posts this person may report: what they see, is shown, and is not their own."""
    mine = posts_written_by(user).values("pk")
    return posts_visible_to(user).filter(state=State.NORMAL).exclude(pk__in=mine)


def user_can_report_post(user: Any, post: Post) -> bool:
    """Twin of `posts_reportable_by`. One query."""
    return _is_among(posts_reportable_by, user, post)


def appeals_decided_by(user: Any) -> QuerySet[Appeal]:
    """The appeals this person may decide: moderators all, facilitators their spaces'. Never of what they did
    themselves, nor their own.
    """
    if not _is_active(user):
        return Appeal.objects.none()
    mine = Q(person=user) | owned_by(user, through="pseudonym")
    return (
        Appeal.objects.filter(Q(entry__space__in=spaces_moderated_by(user).values("pk")) | Q(_is_moderator(user)))
        .exclude(entry__actor=user)
        .exclude(pk__in=Appeal.objects.filter(mine).values("pk"))
    )


def user_can_decide_appeal(user: Any, appeal: Appeal) -> bool:
    """Twin of `appeals_decided_by`. One query."""
    return _is_among(appeals_decided_by, user, appeal)


def entries_visible_to(user: Any) -> QuerySet[ModerationEntry]:
    """The log: facilitators see their spaces' part, moderators that of listed spaces, of what was reported or
    appealed in others, of seals, and of what they did themselves. Nobody learns there that others have asked who an
    alias of theirs is.
    """
    if not _is_active(user):
        return ModerationEntry.objects.none()
    verbs = ModerationEntry.Verb
    brought = (
        Q(Exists(Report.objects.filter(post=OuterRef("post"))))
        | Q(Exists(Appeal.objects.filter(entry__post=OuterRef("post"))))
        | Q(Exists(Report.objects.filter(item=OuterRef("item"))))
        | Q(Exists(Appeal.objects.filter(entry__item=OuterRef("item"))))
    )
    of_office = (
        Q(space__isnull=True)
        | Q(actor=user)
        | Q(verb__in=[verbs.SEAL_ASKED, verbs.SEAL_OPENED, verbs.SEAL_REFUSED])
        | brought
    )
    return ModerationEntry.objects.filter(
        Q(space__in=spaces_moderated_by(user).values("pk")) | (Q(_is_moderator(user)) & of_office)
    ).exclude(owned_by(user, through="pseudonym"), verb__in=[verbs.SEAL_ASKED, verbs.SEAL_REFUSED])


def entries_about(user: Any) -> QuerySet[ModerationEntry]:
    """What was done to this person or their aliases. For that person's eyes only."""
    if not _is_active(user):
        return ModerationEntry.objects.none()
    return ModerationEntry.objects.filter(Q(person=user) | owned_by(user, through="pseudonym"))
