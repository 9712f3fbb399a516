"""Who may see, publish and confirm news, and who sees who has confirmed it (ARCHITECTURE §5.1).

- News that is out is seen by those who read its space, in the archive too.
- What is not out yet, and what is hidden, is seen by those who moderate the space; what is deleted by nobody.
- Those who moderate the space publish, where one may write, and change, hide and delete.
- A must-read is *for* those who are in the space by a row, those who have its role in a team now (a role network), and
  in an open space everybody who is active in a team. Support groups and moderators by office read it and are not asked.
  Nor is whoever wrote it.
- Who has and who has not: those who moderate the space see everybody it is for; whoever leads a team, or stands in for
  a leader (`people.permissions.teams_managed_by`), sees that team's, where they see the news itself. Nobody else does.
"""

from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet

from forum.models import NewsItem, NewsReading, Space, SpaceMembership, State
from forum.models.news import NewsItemQuerySet, is_current
from forum.permissions import _is_active, _is_among, spaces_moderated_by, spaces_readable_by, spaces_writable_by
from forum.prepared import now_of, prepared
from people.models import Membership, Team, User
from people.permissions import teams_managed_by


def news_visible_to(user: Any) -> NewsItemQuerySet:
    """The news this person may see, expired too."""
    if not _is_active(user):
        return NewsItem.objects.none()
    is_out = Q(state=State.NORMAL, published_at__lte=now_of(user))
    is_theirs = Q(state__in=[State.NORMAL, State.HIDDEN], space__in=spaces_moderated_by(user).values("pk"))
    return NewsItem.objects.filter(is_out | is_theirs, space__in=spaces_readable_by(user).values("pk"))


def user_can_see_news(user: Any, item: NewsItem) -> bool:
    """Twin of `news_visible_to`. One query."""
    return _is_among(news_visible_to, user, item)


def spaces_to_publish_in(user: Any) -> QuerySet[Space]:
    """Where this person may publish news now: they moderate the space, and may write there."""
    if not _is_active(user):
        return Space.objects.none()
    return spaces_moderated_by(user).filter(pk__in=spaces_writable_by(user).values("pk"))


def user_can_publish_in_space(user: Any, space: Space) -> bool:
    """Twin of `spaces_to_publish_in`. One query."""
    return _is_among(spaces_to_publish_in, user, space)


def is_moderated_by(user: Any) -> Q:
    """Whether somebody whom a piece of news is visible to moderates its space."""
    return Q(space__in=spaces_moderated_by(user).values("pk"))


def news_moderated_by(user: Any) -> NewsItemQuerySet:
    """The news this person may hide, show again, delete, and see earlier versions of."""
    if not _is_active(user):
        return NewsItem.objects.none()
    return news_visible_to(user).filter(is_moderated_by(user))


def user_can_moderate_news(user: Any, item: NewsItem) -> bool:
    """Twin of `news_moderated_by`. One query."""
    return _is_among(news_moderated_by, user, item)


def is_editable_by(user: Any) -> Q:
    """Whether somebody whom a piece of news is visible to may change it."""
    return is_moderated_by(user) & Q(space__in=spaces_writable_by(user).values("pk"))


def news_editable_by(user: Any) -> NewsItemQuerySet:
    """The news this person may change, and remind others of."""
    if not _is_active(user):
        return NewsItem.objects.none()
    return news_visible_to(user).filter(is_editable_by(user))


def user_can_edit_news(user: Any, item: NewsItem) -> bool:
    """Twin of `news_editable_by`. One query."""
    return _is_among(news_editable_by, user, item)


# --- confirming ----------------------------------------------------------------------------------------


def is_for(user: Any) -> Q:
    """Whether a must-read is for this person, whom it is known to be visible to. Twin of `people_it_is_for`."""
    in_space = SpaceMembership.objects.active().filter(person=user, space=OuterRef("space"))
    active = Membership.objects.active().filter(person=user)
    return (
        Q(Exists(in_space))
        | (Q(space__kind=Space.Kind.ROLE_NETWORK) & Q(Exists(active.filter(roles=OuterRef("space__role")))))
        | (Q(space__kind=Space.Kind.OPEN) & Q(Exists(active)))
    ) & ~Q(author=user)


def people_it_is_for(item: NewsItem) -> QuerySet[User]:
    """Everybody who is asked to confirm a must-read: `is_for`, seen from the news."""
    space = item.space
    found = Q(Exists(SpaceMembership.objects.active().filter(space=space.pk, person=OuterRef("pk"))))
    active = Membership.objects.active().filter(person=OuterRef("pk"))
    if space.kind == Space.Kind.OPEN:
        found |= Q(Exists(active))
    if space.kind == Space.Kind.ROLE_NETWORK:
        found |= Q(Exists(active.filter(roles=space.role_id)))
    return User.objects.filter(found, is_active=True).exclude(pk=item.author_id or 0)


def is_confirmable_by(user: Any) -> Q:
    """Whether somebody whom a piece of news is visible to may say «lest og forstått» to it."""
    return Q(must_read=True) & is_current(now_of(user)) & is_for(user)


def news_confirmed_by(user: Any) -> NewsItemQuerySet:
    """The must-reads this person may say «lest og forstått» to: current, and for them. Also where they have."""
    if not _is_active(user):
        return NewsItem.objects.none()
    return news_visible_to(user).filter(is_confirmable_by(user))


def user_can_confirm_news(user: Any, item: NewsItem) -> bool:
    """Twin of `news_confirmed_by`. One query."""
    return _is_among(news_confirmed_by, user, item)


def has_confirmed(user: Any) -> Exists:
    """Whether this person has confirmed a piece of news in its present round."""
    return Exists(
        NewsReading.objects.filter(
            person=user, item=OuterRef("pk"), round=OuterRef("round"), confirmed_at__isnull=False
        )
    )


def is_asked_of(user: Any) -> Q:
    """Whether a piece of news that is visible to this person is one they are to confirm and have not."""
    return is_confirmable_by(user) & ~Q(has_confirmed(user))


def news_asked_of(user: Any) -> NewsItemQuerySet:
    """The must-reads this person has not confirmed in their present round."""
    if not _is_active(user):
        return NewsItem.objects.none()
    return news_visible_to(user).filter(is_asked_of(user))


# --- who has, and who has not --------------------------------------------------------------------------


def is_followed_up_by(user: Any) -> Q:
    """Whether somebody whom a piece of news is visible to may see who has confirmed it."""
    return Q(must_read=True) & (is_moderated_by(user) | Q(Exists(teams_managed_by(user))))


def news_followed_up_by(user: Any) -> NewsItemQuerySet:
    """The must-reads of which this person may see who has confirmed: all it is for, or their own team's."""
    if not _is_active(user):
        return NewsItem.objects.none()
    return news_visible_to(user).filter(is_followed_up_by(user))


def user_can_follow_up_news(user: Any, item: NewsItem) -> bool:
    """Twin of `news_followed_up_by`. One query."""
    return _is_active(user) and bool(_followed_up(user, ways={"is_superuser": bool(user.is_superuser)}, pk=item.pk))


@prepared(pk=BigIntegerField())
def _followed_up(reader: Any, *, pk: Any, is_superuser: bool) -> QuerySet[NewsItem, Any]:
    reader.is_superuser = is_superuser
    return news_followed_up_by(reader).filter(pk=pk).order_by().values_list("pk")[:1]


def people_followed_up_by(user: Any, item: NewsItem, *, moderates: bool) -> QuerySet[User]:
    """Those of whom this person, who may follow the news up, sees whether they have confirmed it.

    `moderates` is what `user_can_moderate_news` says.
    """
    people = people_it_is_for(item)
    if moderates:
        return people
    own = Membership.objects.active().filter(person=OuterRef("pk"), team__in=teams_managed_by(user).values("pk"))
    return people.filter(Exists(own))


def teams_named_to(user: Any, *, moderates: bool) -> QuerySet[Team]:
    """The teams that stand beside a name in such a list. Whoever leads one team is told of no other."""
    return Team.objects.all() if moderates else teams_managed_by(user)
