"""News as one person may see it: the lists, an item, who has confirmed it, and what stands elsewhere and in mails."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.core.paginator import Page, Paginator
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
)
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.models import NewsItem, NewsPrinciple, NewsReading, Space, State, Watch
from forum.permissions import spaces_moderated_by
from forum.permissions.news import (
    has_confirmed,
    is_asked_of,
    is_confirmable_by,
    is_editable_by,
    is_followed_up_by,
    is_moderated_by,
    news_asked_of,
    news_visible_to,
    people_followed_up_by,
    spaces_to_publish_in,
    teams_named_to,
)
from forum.prepared import now_of, prepared
from forum.queries.subjects import KEPT_SECONDS, get_principle_index, reader_language
from people.alphabet import sort_key
from people.models import Membership, User

NEWS_A_PAGE = 20
PEOPLE_A_PAGE = 50
ASIDE_MOST = 30
"""What is not out yet or hidden, in a list of those who publish."""
SHOWN_ON_FRONT = 3
SHOWN_ABOUT_PRINCIPLE = 2


def _whether(condition: Any) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _is_new(user: Any) -> Q:
    """Whether the person has not opened it in its present round. What they wrote is not news to them."""
    opened = NewsReading.objects.filter(person=user, item=OuterRef("pk"), round=OuterRef("round"))
    return ~Q(Exists(opened)) & ~Q(author=user)


def with_reader(news: QuerySet[NewsItem], user: Any) -> QuerySet[Any]:
    """With `is_asked` (to be confirmed by this person now), `is_confirmed` and `is_new`."""
    return news.annotate(
        is_asked=_whether(is_asked_of(user)),
        is_confirmed=_whether(has_confirmed(user)),
        is_new=_whether(_is_new(user)),
    )


# --- lists ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class NewsList:
    """A page of news. `asked` are those the reader is to confirm, `aside` what is not out yet or hidden."""

    page: Page[Any]
    spaces: list[Space]
    space: Space | None
    asked: list[NewsItem] = field(default_factory=list)
    rest: list[NewsItem] = field(default_factory=list)
    aside: list[NewsItem] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.asked or self.rest or self.aside)


def get_news_list(user: Any, *, space: str = "", is_archive: bool = False, page: str = "") -> NewsList:
    """What is current: to be confirmed first, then pinned, then newest. Or the archive, newest first.

    Five queries at most, and one a minute for the principles. A space the reader sees no news of narrows nothing.
    """
    now = timezone.now()
    visible = news_visible_to(user)
    out = visible.archived(now) if is_archive else visible.current(now)
    aside = visible.none() if is_archive else visible.set_aside(now)
    spaces = list(Space.objects.filter(pk__in=visible.order_by().values("space")).order_by("position", "name", "pk"))
    chosen = next((each for each in spaces if each.slug == space), None)
    if chosen is not None:
        out, aside = out.filter(space=chosen), aside.filter(space=chosen)
    order = ["-published_at", "-pk"] if is_archive else ["-is_asked", "-is_pinned", "-published_at", "-pk"]
    shown: Page[Any] = Paginator(
        with_reader(out, user).select_related("space", "author").order_by(*order), NEWS_A_PAGE
    ).get_page(page)
    items = list(shown)
    found = NewsList(
        page=shown,
        spaces=spaces,
        space=chosen,
        asked=[each for each in items if each.is_asked],
        rest=[each for each in items if not each.is_asked],
    )
    if not is_archive and shown.number == 1:
        mine = aside.filter(space__in=spaces_moderated_by(user).values("pk"))
        found.aside = list(mine.select_related("space", "author").order_by("published_at", "pk")[:ASIDE_MOST])
    add_news_principles([*items, *found.aside])
    return found


def add_news_principles(items: Sequence[NewsItem]) -> None:
    """Set `shown_principles` on each, in order. One query, beside that of `get_principle_index`."""
    index = get_principle_index(language=reader_language())
    keys: dict[int, set[UUID]] = defaultdict(set)
    for item, key in NewsPrinciple.objects.filter(item__in=items).values_list("item_id", "principle_key"):
        keys[item].add(key)
    for each in items:
        each.shown_principles = [  # type: ignore[attr-defined]
            principle for key, principle in index.items() if key in keys[each.pk]
        ]


# --- one -----------------------------------------------------------------------------------------------


@prepared(pk=BigIntegerField())
def _item(reader: Any, *, pk: Any, is_superuser: bool) -> QuerySet[Any]:
    reader.is_superuser = is_superuser
    reading = NewsReading.objects.filter(person=reader, item=OuterRef("pk"), round=OuterRef("round"))
    return (
        with_reader(news_visible_to(reader).filter(pk=pk), reader)
        .annotate(
            may_confirm=_whether(is_confirmable_by(reader)),
            may_edit=_whether(is_editable_by(reader)),
            may_moderate=_whether(is_moderated_by(reader)),
            may_follow_up=_whether(is_followed_up_by(reader)),
            confirmed_at=Subquery(reading.values("confirmed_at")),
        )
        .select_related("space", "author")
    )


def get_news_for(user: Any, pk: int) -> Any:
    """The news with `is_asked`, `is_confirmed`, `is_new`, `confirmed_at` (by this person), `may_confirm`,
    `may_edit`, `may_moderate` and `may_follow_up`. One query. Raises Http404.
    """
    found = next(iter(_item(user, ways={"is_superuser": bool(user.is_superuser)}, pk=pk)), None)
    if found is None:
        raise Http404
    return found


def spaces_for_news(user: Any) -> QuerySet[Space]:
    """Where the person may publish now, in the order of the forum."""
    return spaces_to_publish_in(user).order_by("position", "name", "pk")


# --- who has, and who has not --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Follower:
    """One of those a must-read is for. `confirmed_at` is None for who has not."""

    name: str
    teams: list[str]
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How many have confirmed and how many have not, in the present round, and a page of one of the two."""

    confirmed: int
    waiting: int
    page: Page[Any]
    people: list[Follower]

    @property
    def total(self) -> int:
        return self.confirmed + self.waiting


def get_follow_up(user: Any, item: Any, *, has_confirmed: bool, page: str = "") -> FollowUp:
    """For whoever may follow up the news (`get_news_for`): by name, as a Norwegian dictionary sorts. Three queries."""
    reading = NewsReading.objects.filter(person=OuterRef("pk"), item=item, round=item.round)
    people = people_followed_up_by(user, item, moderates=item.may_moderate).annotate(
        confirmed_at=Subquery(reading.values("confirmed_at")[:1])
    )
    rows = list(people.order_by().values_list("pk", "first_name", "last_name", "confirmed_at"))
    chosen = sorted(
        (sort_key(f"{first} {last}".strip() or "\uffff"), pk, at)
        for pk, first, last, at in rows
        if (at is not None) == has_confirmed
    )
    shown: Page[Any] = Paginator(chosen, PEOPLE_A_PAGE).get_page(page)
    confirmed = sum(at is not None for *_name, at in rows)
    return FollowUp(
        confirmed=confirmed,
        waiting=len(rows) - confirmed,
        page=shown,
        people=_describe(user, [(pk, at) for _key, pk, at in shown], moderates=item.may_moderate),
    )


def _describe(user: Any, rows: Iterable[tuple[int, datetime | None]], *, moderates: bool) -> list[Follower]:
    named = (
        Membership.objects.active()
        .filter(team__in=teams_named_to(user, moderates=moderates).values("pk"))
        .select_related("team")
        .order_by("team__sort_text", "pk")
    )
    wanted = list(rows)
    people = User.objects.filter(pk__in=[pk for pk, _at in wanted])
    found: dict[int, Any] = people.prefetch_related(Prefetch("memberships", named, to_attr="named")).in_bulk()
    return [
        Follower(
            name=found[pk].get_full_name() or _("Medlem uten navn"),
            teams=[each.team.name for each in found[pk].named],
            confirmed_at=at,
        )
        for pk, at in wanted
    ]


# --- on other pages, and in mails ----------------------------------------------------------------------


@prepared()
def _front(reader: Any) -> QuerySet[Any]:
    current = news_visible_to(reader).current(now_of(reader)).select_related("space")
    return (
        with_reader(current, reader)
        .defer("source", "html", "text")
        .order_by("-is_asked", "-is_pinned", "-published_at", "-pk")[: SHOWN_ON_FRONT * 2]
    )


@dataclass(frozen=True, slots=True)
class FrontNews:
    """What is to be confirmed, and what else is new, some of each."""

    asked: list[NewsItem]
    rest: list[NewsItem]


def get_front_news(user: Any) -> FrontNews:
    """For the forum's front page. One query."""
    rows = list(_front(user))
    return FrontNews(
        asked=[each for each in rows if each.is_asked][:SHOWN_ON_FRONT],
        rest=[each for each in rows if not each.is_asked][:SHOWN_ON_FRONT],
    )


@prepared()
def _asked(reader: Any) -> QuerySet[NewsItem]:
    return (
        news_asked_of(reader)
        .select_related("space")
        .defer("source", "html", "text")
        .order_by(F("read_by").asc(nulls_last=True), "-published_at", "-pk")[:SHOWN_ON_FRONT]
    )


def get_asked_news(user: Any) -> list[NewsItem]:
    """What this person is to confirm, the nearest deadline first. One query, none for an inactive account."""
    return list(_asked(user))


@prepared(principle=UUIDField())
def _about(reader: Any, *, principle: Any) -> QuerySet[NewsItem]:
    about = NewsPrinciple.objects.filter(item=OuterRef("pk"), principle_key=principle)
    current = news_visible_to(reader).current(now_of(reader)).filter(Exists(about))
    return current.defer("source", "html", "text").order_by("-published_at", "-pk")[:SHOWN_ABOUT_PRINCIPLE]


def get_news_about(user: Any, principle: UUID) -> list[NewsItem]:
    """The newest two about a principle that are current and that this person may see. One query."""
    return list(_about(user, principle=principle))


def principles_of_current_news() -> set[UUID]:
    """Principles of any news that may be current, seen by whomever. Says nothing to anybody but that it is worth asking
    `get_news_about`. One query, none for a minute after.
    """

    def ask() -> set[UUID]:
        soon = timezone.now() + timedelta(seconds=KEPT_SECONDS)  # what comes out meanwhile is not missed
        may_be_current = NewsPrinciple.objects.filter(
            Q(item__expires_at__isnull=True) | Q(item__expires_at__gt=timezone.now()),
            item__state=State.NORMAL,
            item__published_at__lte=soon,
        )
        return set(may_be_current.values_list("principle_key", flat=True))

    found: set[UUID] = cache.get_or_set("forum-news-principles", ask, KEPT_SECONDS) or set()
    return found


def news_for_digest(person: User, *, since: datetime, until: datetime) -> QuerySet[Any]:
    """What the person may see now and has not been told of: out between the two times and not opened, and whatever is
    to be confirmed. With `is_asked`. What they have silenced is left out, unless it must be read.
    """
    silenced = Watch.objects.filter(person=person, space__isnull=False, level=Watch.Level.NONE)
    told = Q(published_at__gte=since, published_at__lt=until) & _is_new(person) & ~Q(space__in=silenced.values("space"))
    return (
        with_reader(news_visible_to(person).current(timezone.now()), person)
        .filter(Q(is_asked=True) | told)
        .select_related("space")
        .defer("source", "html", "text")
        .order_by("-is_asked", "-is_pinned", "-published_at", "-pk")
    )
