"""Which topics and posts somebody may see, answer, change, settle and react to."""

from typing import Any

from django.db.models import Q, QuerySet

from forum.models import Post, State, Topic
from forum.permissions.asking import _is_active, _is_among
from forum.permissions.spaces import spaces_moderated_by, spaces_readable_by, spaces_writable_by
from forum.pseudonyms import is_owner, owned_by


def _shown_to(user: Any, *, space: str) -> Q:
    """What of a readable space is shown, by state. `space` is the way to the space's key."""
    return _shown(user, moderated=Q(**{f"{space}__in": spaces_moderated_by(user).values("pk")}))


def _shown(user: Any, *, moderated: Q) -> Q:
    own = Q(author=user) | owned_by(user, through="pseudonym")
    return Q(state=State.NORMAL) | (Q(state=State.HELD) & own) | (Q(state__in=[State.HELD, State.HIDDEN]) & moderated)


def shown_in_space(user: Any, *, moderates: bool) -> Q:
    """`topics_visible_to` and `posts_visible_to` by state alone, within one space that the person is known to read.

    `moderates` is what `user_can_moderate_space` says of that space. Posts are asked for in topics found so.
    """
    everything, nothing = ~Q(pk__in=[]), Q(pk__in=[])
    return _shown(user, moderated=everything if moderates else nothing)


def posts_shown_to(user: Any) -> Q:
    """`posts_visible_to` by state alone, for posts of topics that `topics_visible_to` has found."""
    return _shown_to(user, space="topic__space")


def topics_visible_to(user: Any) -> QuerySet[Topic]:
    """The topics whose title and posts this person may see. Merged ones are where they went."""
    if not _is_active(user):
        return Topic.objects.none()
    return Topic.objects.filter(
        _shown_to(user, space="space"), space__in=spaces_readable_by(user).values("pk"), merged_into__isnull=True
    )


def posts_visible_to(user: Any) -> QuerySet[Post]:
    """The posts whose text this person may see."""
    if not _is_active(user):
        return Post.objects.none()
    return Post.objects.filter(_shown_to(user, space="topic__space"), topic__in=topics_visible_to(user).values("pk"))


def user_can_see_topic(user: Any, topic: Topic) -> bool:
    """Twin of `topics_visible_to`. One query."""
    return _is_among(topics_visible_to, user, topic)


def user_can_see_post(user: Any, post: Post) -> bool:
    """Twin of `posts_visible_to`. One query."""
    return _is_among(posts_visible_to, user, post)


def user_wrote(user: Any, written: Post | Topic) -> bool:
    """Whether it is the person's own, under their name or their alias. One query where it is an alias'."""
    if not _is_active(user):
        return False
    return written.author_id == user.pk if written.author_id else is_owner(user, written.pseudonym)


def posts_written_by(user: Any) -> QuerySet[Post]:
    """Twin of `user_wrote` for posts."""
    if not _is_active(user):
        return Post.objects.none()
    return Post.objects.filter(Q(author=user) | owned_by(user, through="pseudonym"))


def posts_editable_by(user: Any) -> QuerySet[Post]:
    """One's own posts that may be changed or deleted now: shown or held, in a space where one may write."""
    return posts_written_by(user).filter(
        state__in=[State.NORMAL, State.HELD],
        topic__space__in=spaces_writable_by(user).values("pk"),
        topic__merged_into__isnull=True,
        topic__state__in=[State.NORMAL, State.HELD],
    )


def user_can_edit_post(user: Any, post: Post) -> bool:
    """Twin of `posts_editable_by`. One query."""
    return _is_among(posts_editable_by, user, post)


def topics_open_to(user: Any) -> QuerySet[Topic]:
    """The topics this person may answer in: visible, not closed (those who moderate may), in a writable space."""
    return topics_visible_to(user).filter(
        Q(closed_at__isnull=True) | Q(space__in=spaces_moderated_by(user).values("pk")),
        space__in=spaces_writable_by(user).values("pk"),
        state__in=[State.NORMAL, State.HELD],
    )


def user_can_reply(user: Any, topic: Topic) -> bool:
    """Twin of `topics_open_to`. One query."""
    return _is_among(topics_open_to, user, topic)


def topics_moderated_by(user: Any) -> QuerySet[Topic]:
    """The topics this person may pin, close, move, split and merge."""
    return topics_visible_to(user).filter(space__in=spaces_moderated_by(user).values("pk"))


def user_can_moderate_topic(user: Any, topic: Topic) -> bool:
    """Twin of `topics_moderated_by`. One query."""
    return _is_among(topics_moderated_by, user, topic)


def topics_settled_by(user: Any) -> QuerySet[Topic]:
    """The topics where this person may say which answer helped: their own, or in a space they moderate."""
    if not _is_active(user):
        return Topic.objects.none()
    own = Q(author=user) | owned_by(user, through="pseudonym")
    return topics_visible_to(user).filter(
        own | Q(space__in=spaces_moderated_by(user).values("pk")),
        state=State.NORMAL,
        space__in=spaces_writable_by(user).values("pk"),
    )


def user_can_settle_topic(user: Any, topic: Topic) -> bool:
    """Twin of `topics_settled_by`. One query."""
    return _is_among(topics_settled_by, user, topic)


def posts_open_to_reactions_of(user: Any) -> QuerySet[Post]:
    """The posts this person may react to: shown, somebody else's, in a space where they may write."""
    if not _is_active(user):
        return Post.objects.none()
    own = Q(author=user) | owned_by(user, through="pseudonym")
    return posts_visible_to(user).filter(
        ~own, state=State.NORMAL, topic__space__in=spaces_writable_by(user).values("pk")
    )


def user_can_react(user: Any, post: Post) -> bool:
    """Twin of `posts_open_to_reactions_of`. One query."""
    return _is_among(posts_open_to_reactions_of, user, post)
