"""How much somebody hears of a space or a topic, and which spaces are theirs to hear of."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import MailChoice, Space, SpaceMembership, Topic, Watch
from forum.permissions import spaces_readable_by, user_wrote
from forum.prepared import prepared
from people.models import Membership, User

Level = Watch.Level


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class WatchState:
    """What the form in `forum/parts/watch.html` shows. `now` is the level that holds, in words."""

    action: str
    title: str
    now: str
    choices: list[Choice]


@prepared(space=BigIntegerField(), topic=BigIntegerField())
def _levels(reader: Any, *, space: Any, topic: Any) -> "QuerySet[Watch, Any]":
    return Watch.objects.filter(Q(space=space) | Q(topic=topic), person=reader).values_list("topic_id", "level")


def own_level(user: Any, **of: Any) -> Coalesce:
    """The level the person has chosen for a space or a topic, or nothing: part of a query about it."""
    return Coalesce(Subquery(Watch.objects.filter(person=user, **of).values("level")), Value(""))


def get_watch(
    *, person: User, space: Space, topic: Topic | None = None, levels: tuple[str, str] | None = None
) -> WatchState:
    """The form for a space, or for a topic in it. `levels` are what the person has chosen for each, where that has been
    asked (`own_level`); else one query. One more for a topic by an alias.
    """
    if levels is None:
        rows = _levels(person, space=space.pk, topic=topic.pk if topic else 0)
        found = {topic_id is not None: level for topic_id, level in rows}
        levels = found.get(False, ""), found.get(True, "")
    of_space = levels[0] or Level.MENTIONS
    if topic is None:
        return WatchState(
            action=reverse("forum:space-watch", args=[space.slug]),
            title=_("Varsler fra rommet"),
            now=str(Level(of_space).label),
            choices=[Choice(level.value, str(level.label), level == of_space) for level in Level],
        )
    inherited = Level.ALL if of_space != Level.NONE and user_wrote(person, topic) else of_space
    chosen = levels[1]
    words = {Level.ALL: _("Alle svar"), Level.MENTIONS: str(Level.MENTIONS.label), Level.NONE: str(Level.NONE.label)}
    in_topic = Level.MENTIONS if inherited == Level.TOPICS else Level(inherited)
    return WatchState(
        action=reverse("forum:topic-watch", args=[topic.pk]),
        title=_("Varsler fra tråden"),
        now=words[Level(chosen) if chosen in words else in_topic],
        choices=[
            Choice("", _("Som ellers: %(level)s") % {"level": words[in_topic].lower()}, chosen not in words),
            *(Choice(level.value, text, level == chosen) for level, text in words.items()),
        ],
    )


def spaces_followed_by(person: User) -> QuerySet[Space]:
    """Spaces that are the person's own to hear of: readable, not by a moderator's office alone, and not silenced."""
    in_space = Exists(SpaceMembership.objects.active().filter(person=person, space=OuterRef("pk")))
    has_role = Exists(Membership.objects.active().filter(person=person, roles=OuterRef("role")))
    silenced = Watch.objects.filter(person=person, space=OuterRef("pk"), level=Level.NONE)
    return spaces_readable_by(person).filter(
        Q(kind=Space.Kind.OPEN) | Q(in_space) | (Q(kind=Space.Kind.ROLE_NETWORK) & Q(has_role)), ~Exists(silenced)
    )


def get_mail_choice(person: User) -> MailChoice:
    """The person's own, or the usual one, not saved. One query."""
    return MailChoice.objects.filter(person=person).first() or MailChoice(person=person)
