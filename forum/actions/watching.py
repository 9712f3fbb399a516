"""How much somebody wants to hear of, when it is sent, and the secret of their feed."""

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from forum.models import FeedToken, LibraryItem, MailChoice, Space, Topic, Watch
from forum.permissions import user_can_read_space, user_can_see_topic
from forum.permissions.library import user_can_see_item
from people.models import MailKind, User
from people.own_data.actions import save_preferences

TOPIC_LEVELS = (Watch.Level.ALL, Watch.Level.MENTIONS, Watch.Level.NONE)
USED_EVERY = timedelta(hours=1)
"""How often it is written down that a feed is read."""


def set_space_level(*, person: User, space: Space, level: Watch.Level) -> None:
    """Raises PermissionDenied for a space the person may not read."""
    if not user_can_read_space(person, space):
        raise PermissionDenied
    Watch.objects.update_or_create(person=person, space=space, defaults={"level": level})


def set_topic_level(*, person: User, topic: Topic, level: Watch.Level | None) -> None:
    """None goes back to the space's. Raises PermissionDenied for a topic the person may not see, ValueError."""
    if not user_can_see_topic(person, topic):
        raise PermissionDenied
    if level is None:
        Watch.objects.filter(person=person, topic=topic).delete()
        return
    if level not in TOPIC_LEVELS:
        raise ValueError(level)
    Watch.objects.update_or_create(person=person, topic=topic, defaults={"level": level})


def follow_item(*, person: User, item: LibraryItem, follows: bool) -> None:
    """Hear of new versions of an item, or no longer, also where one built on it. Raises PermissionDenied."""
    if not user_can_see_item(person, item):
        raise PermissionDenied
    level = Watch.Level.ALL if follows else Watch.Level.NONE
    Watch.objects.update_or_create(person=person, item=item, defaults={"level": level})


@transaction.atomic
def save_mail_choice(
    *,
    person: User,
    at_once: bool,
    digest: MailChoice.Digest | None,
    digest_hour: int,
    digest_weekday: int,
    quiet_from: int,
    quiet_to: int,
) -> None:
    """When the forum writes to somebody; `digest` None and `at_once` False mean not at all. Hours 0–23, Monday is 0."""
    wanted = {MailKind.FORUM_AT_ONCE: at_once, MailKind.FORUM_DIGEST: digest is not None}
    save_preferences(person=person, language=person.language, mails_wanted=wanted)
    times = {
        "digest_hour": digest_hour,
        "digest_weekday": digest_weekday,
        "quiet_from": quiet_from,
        "quiet_to": quiet_to,
    }
    MailChoice.objects.update_or_create(person=person, defaults=times | ({"digest": digest} if digest else {}))


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_feed_token(*, person: User) -> str:
    """A new secret for the person's feed, in place of the one there was. Told here and never again."""
    token = secrets.token_urlsafe(32)
    fresh = {"digest": digest_of(token), "created_at": timezone.now(), "last_used_at": None}
    FeedToken.objects.update_or_create(person=person, defaults=fresh)
    return token


def revoke_feed_token(*, person: User) -> None:
    """The address stops working at once. Doing it again changes nothing."""
    FeedToken.objects.filter(person=person).delete()


def note_feed_use(*, token: FeedToken) -> None:
    """That the feed is read, written at most once an hour."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at <= now - USED_EVERY:
        old = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_EVERY)
        FeedToken.objects.filter(old, pk=token.pk, digest=token.digest).update(last_used_at=now)
