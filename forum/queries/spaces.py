"""Reads about spaces and who is in them. What a person may not see is not asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Concat
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from forum.models import EntryRequest, Event, NewsItem, Pseudonym, SealOpening, Space, SpaceMembership, State
from forum.permissions import (
    MEMBERS_CREATE,
    entry_requests_decided_by,
    people_who_create,
    people_who_may_be_invited,
    people_who_read,
    space_invitations_managed_by,
    space_invitations_open_to,
    spaces_inviting_for,
    spaces_moderated_by,
    spaces_open_to_requests_of,
    spaces_readable_by,
    spaces_to_choose_alias_in,
    spaces_visible_to,
    spaces_writable_by,
)
from forum.prepared import now_of, prepared
from forum.pseudonyms import aliases_are_possible, owned_by
from forum.queries.moderation import cases_of
from people.alphabet import sort_key
from people.models import Membership, SupportGroupMembership, TeamRole, User

PEOPLE_A_PAGE = 50
MATCHES_AT_MOST = 10

WHAT_KIND_MEANS = {
    Space.Kind.OPEN: gettext_lazy("Alle som er med i et team eller en støttegruppe i Flett, kan lese og skrive her."),
    Space.Kind.RESTRICTED: gettext_lazy(
        "Alle medlemmer av Flett kan se at rommet finnes. Bare de som er med, ser hva som skrives. Du kan be om å bli "
        "med. Moderatorene i forumet kan også lese her."
    ),
    Space.Kind.PRIVATE: gettext_lazy(
        "Bare de som er invitert, vet at rommet finnes. Moderatorene i forumet ser ikke inn, bare innlegg noen melder "
        "fra om."
    ),
    Space.Kind.ROLE_NETWORK: gettext_lazy(
        "Du er med så lenge du har rollen i et team, og ikke lenger. Andre ser at nettverket finnes, men ikke hva som "
        "skrives. Moderatorene i forumet kan også lese her."
    ),
    Space.Kind.LEARNING_GROUP: gettext_lazy(
        "En gruppe på tvers av team, i et avgrenset tidsrom. Bare de som er invitert, vet at den finnes. Etter siste "
        "dag kan gruppa leses, men ingen kan skrive."
    ),
    Space.Kind.YOUTH_PANEL: gettext_lazy(
        "Et panel av unge med egen erfaring. Bare de som er invitert, vet at det finnes. Du kan være med uten å være i "
        "et team. Moderatorene i forumet ser ikke inn, bare innlegg noen melder fra om."
    ),
}
"""Each kind in plain words, true to `forum.permissions`."""


# --- getting a space -----------------------------------------------------------------------------------


def get_space_for(user: Any, slug: str) -> Space:
    """A space this person may know of; Http404 for everybody else. One query."""
    found = spaces_visible_to(user).select_related("role").filter(slug=slug).first()
    if found is None:
        raise Http404
    return found


def get_readable_space_for(user: Any, slug: str) -> Space:
    """A space whose people and topics this person may see. Two queries.

    Raises PermissionDenied for those who may know of it, Http404 for everybody else.
    """
    space = get_space_for(user, slug)
    if not spaces_readable_by(user).filter(pk=space.pk).exists():
        raise PermissionDenied
    return space


def get_moderated_space_for(user: Any, slug: str) -> Space:
    """A space this person looks after. Two queries. Raises as `get_readable_space_for`."""
    space = get_space_for(user, slug)
    if not spaces_moderated_by(user).filter(pk=space.pk).exists():
        raise PermissionDenied
    return space


# --- a space, briefly ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """What stands beside a space's pages, for one reader. What they may not know is empty, false or 0."""

    space: Space
    kind: str
    meaning: str
    people: str
    facilitators: list[str]
    period: str
    aliases: str
    alias: str
    has_unread_opening: bool
    may_choose_alias: bool
    role: str
    """The reader's own place, a `SpaceMembership.Role`; empty where they have none, or are in by what they are."""
    asked_at: datetime | None
    invitation: int | None
    may_ask: bool
    reads: bool
    writes: bool
    moderates: bool
    invites: bool
    why_not_writing: str
    waiting: int
    cases: int
    """Reports, held posts and appeals that wait, for those who moderate the space."""
    is_learning_group: bool


FACTS = (
    "reads",
    "writes",
    "moderates",
    "invites",
    "may_ask",
    "may_choose_alias",
    "own_role",
    "asked_at",
    "invitation",
    "alias",
    "has_unread_opening",
    "waiting",
    "people",
)


RIGHTS = {"reads": "may_read", "writes": "may_write", "moderates": "may_moderate"}
"""Those of `FACTS` that a space of `forum.queries.topics.get_visible_space_for` says already."""


@prepared(space=BigIntegerField(), role=BigIntegerField())
def _facts(reader: Any, *, space: Any, role: Any, kind: str, has_rights: bool) -> "QuerySet[Space, Any]":
    """`FACTS` of a space, which the person may see; but for `RIGHTS`, where it has those."""
    own = EntryRequest.objects.filter(space=OuterRef("pk"), person=reader, outcome="")
    alias = Pseudonym.objects.filter(owned_by(reader), space=OuterRef("pk"))
    opened = SealOpening.objects.filter(
        owned_by(reader, through="pseudonym"), pseudonym__space=OuterRef("pk"), agreed=True, owner_has_seen=False
    )
    this = Space(kind=kind)
    this.pk, this.role_id = space, role
    return (
        Space.objects.filter(pk=space)
        .annotate(
            **_rights(reader, asked=not has_rights),
            invites=Q(pk__in=spaces_inviting_for(reader).values("pk")),
            may_ask=Q(pk__in=spaces_open_to_requests_of(reader).values("pk")),
            may_choose_alias=Q(pk__in=spaces_to_choose_alias_in(reader).values("pk")),
            own_role=Subquery(
                SpaceMembership.objects.active().filter(space=OuterRef("pk"), person=reader).values("role")[:1]
            ),
            asked_at=Subquery(own.filter(invited_by__isnull=True).values("created_at")[:1]),
            invitation=Subquery(own.filter(invited_by__isnull=False).values("pk")[:1]),
            alias=Subquery(alias.values("name")[:1]),
            has_unread_opening=Exists(opened),
            waiting=_count_of(entry_requests_decided_by(reader).filter(space=OuterRef("pk"))),
            people=Value(0) if kind == Space.Kind.OPEN else _count_of(people_who_read(this)),
        )
        .values_list(*FACTS)
    )


def _rights(reader: Any, *, asked: bool) -> dict[str, Any]:
    if not asked:
        return {name: Value(None, BooleanField(null=True)) for name in RIGHTS}
    return {
        "reads": Q(pk__in=spaces_readable_by(reader).values("pk")),
        "writes": Q(pk__in=spaces_writable_by(reader).values("pk")),
        "moderates": Q(pk__in=spaces_moderated_by(reader).values("pk")),
    }


def get_space_facts(*, person: Any, space: Space) -> SpaceFacts:
    """For somebody who may see the space. Two queries, however many are in it; three for those who moderate it.

    The number of people is for those who read the space; who looks after it, for everybody who sees it.
    """
    has_rights = hasattr(space, "may_read")
    ways = {"kind": space.kind, "has_rights": has_rights}
    found = dict(zip(FACTS, _facts(person, ways=ways, space=space.pk, role=space.role_id)[0], strict=True))
    if has_rights:
        found |= {name: getattr(space, there) for name, there in RIGHTS.items()}
    reads, writes = found["reads"], found["writes"]
    return SpaceFacts(
        space=space,
        kind=str(space.get_kind_display()),
        meaning=str(WHAT_KIND_MEANS[Space.Kind(space.kind)]),
        people=_count_in_words(space, found["people"]) if reads else "",
        facilitators=[name_of(row.person) for row in get_facilitators(space)],
        period=period_of(space),
        aliases=_aliases_in_words(space),
        alias=found["alias"] or "",
        has_unread_opening=found["has_unread_opening"],
        may_choose_alias=found["may_choose_alias"],
        role=found["own_role"] or "",
        asked_at=found["asked_at"],
        invitation=found["invitation"],
        may_ask=found["may_ask"],
        reads=reads,
        writes=writes,
        moderates=found["moderates"],
        invites=found["invites"],
        why_not_writing="" if writes or not reads else _why_not_writing(space),
        waiting=found["waiting"],
        cases=_count_cases(person, space) if found["moderates"] else 0,
        is_learning_group=space.kind == Space.Kind.LEARNING_GROUP,
    )


def _count_of(rows: QuerySet[Any]) -> Coalesce:
    """How many there are, as part of a larger question."""
    counted = rows.order_by().annotate(all=Value(1)).values("all").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _count_cases(person: Any, space: Space) -> int:
    """One query."""
    reported, items, held, appeals = (_count_of(rows) for rows in cases_of(person, space))
    return int(Space.objects.filter(pk=space.pk).values_list(reported + items + held + appeals, flat=True).get())


def name_of(person: User) -> str:
    """Never the address: it is the login, and not everybody's to know."""
    return person.get_full_name() or _("Uten navn")


def _count_in_words(space: Space, count: int) -> str:
    if space.kind == Space.Kind.OPEN:
        return _("alle medlemmer av Flett")
    return ngettext("%(count)d medlem", "%(count)d medlemmer", count) % {"count": count}


def _aliases_in_words(space: Space) -> str:
    if not space.allows_pseudonyms:
        return _("ikke tillatt")
    return _("tillatt") if aliases_are_possible() else _("tillatt, men ute av drift nå")


def period_of(space: Space) -> str:
    """A learning group's days, and whether it is over; empty for the others."""
    if space.starts_on is None or space.ends_on is None:
        return ""
    return _("%(first)s – %(last)s") % {"first": date_of(space.starts_on), "last": date_of(space.ends_on)}


def date_of(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _why_not_writing(space: Space) -> str:
    """Why somebody who reads here cannot write, in the order that explains most."""
    if space.is_archived:
        return _("Rommet er arkivert. Du kan lese og søke, men ikke skrive.")
    if space.ends_on is not None and space.ends_on < timezone.localdate():
        return _("Gruppa er over. Du kan lese det som er skrevet, men ikke skrive nytt.")
    if space.starts_on is not None and space.starts_on > timezone.localdate():
        return _("Gruppa starter %(day)s. Du kan lese nå, og skrive fra den dagen.") % {"day": date_of(space.starts_on)}
    return _("Du har skrivepause her nå.")


# --- people --------------------------------------------------------------------------------------------


@prepared(space=BigIntegerField())
def _facilitators(reader: Any, *, space: Any) -> QuerySet[SpaceMembership]:
    found = SpaceMembership.objects.facilitating().filter(space=space, person__is_active=True)
    return found.select_related("person")


def get_facilitators(space: Space) -> list[SpaceMembership]:
    """Who looks after the space, by name. One query. For everybody who sees it."""
    return sorted(_facilitators.for_all(space=space.pk), key=lambda row: sort_key(name_of(row.person)))


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody in a space, as the others see them."""

    person: User
    name: str
    standings: list[str]
    membership: SpaceMembership | None

    @property
    def is_facilitator(self) -> bool:
        return self.membership is not None and self.membership.role == SpaceMembership.Role.FACILITATOR


def get_people_page(space: Space, *, number: str | None) -> Page[Any]:
    """A page of who is in the space, facilitators first, then by name as a Norwegian dictionary sorts.

    In an open space those who look after it alone: it is everybody's. For those who read the space. Six queries.
    """
    facilitating = set(SpaceMembership.objects.facilitating().filter(space=space).values_list("person", flat=True))
    people = people_who_read(space)
    if space.kind == Space.Kind.OPEN:
        people = people.filter(pk__in=facilitating)
    named = [
        (pk not in facilitating, sort_key(f"{first} {last}".strip() or "\uffff"), pk)
        for pk, first, last in people.values_list("pk", "first_name", "last_name")
    ]
    page: Page[Any] = Paginator(sorted(named), PEOPLE_A_PAGE).get_page(number)
    page.object_list = describe_people(space, [pk for _late, _name, pk in page.object_list])
    return page


def describe_people(space: Space, keys: Iterable[int]) -> list[PersonLine]:
    """These people in this order, with what they do where, and their place in the space. Four queries."""
    wanted = list(keys)
    teams = Prefetch(
        "memberships",
        queryset=Membership.objects.active()
        .select_related("team")
        .prefetch_related(Prefetch("roles", queryset=TeamRole.objects.all()))
        .order_by("team__sort_text", "pk"),
        to_attr="teams_now",
    )
    groups = Prefetch(
        "support_memberships",
        queryset=SupportGroupMembership.objects.active().select_related("group").order_by("group__name", "pk"),
        to_attr="groups_now",
    )
    rows = {row.person_id: row for row in SpaceMembership.objects.active().filter(space=space, person__in=wanted)}
    found = {person.pk: person for person in User.objects.filter(pk__in=wanted).prefetch_related(teams, groups)}
    return [
        PersonLine(person=found[pk], name=name_of(found[pk]), standings=_standings(found[pk]), membership=rows.get(pk))
        for pk in wanted
        if pk in found
    ]


def _standings(person: Any) -> list[str]:
    """«Sykepleier, FACT Bergen, Vestland»: what somebody does and where, one a team."""
    lines = []
    for membership in person.teams_now:
        roles = [str(role) for role in membership.roles.all()]
        place = [membership.team.name]
        if membership.team.county and membership.team.county not in membership.team.name:
            place.append(membership.team.county)
        lines.append(", ".join([*roles, *place]))
    return lines + [membership.group.name for membership in person.groups_now]


def find_people(space: Space, words: str) -> list[int]:
    """Whom «name or address» means among those who may be invited: nobody, one, or some of the same name. One query.

    The whole address or the whole name, never a part: this is no way to look through who is in Flett. In a youth
    panel somebody without a team is found by address alone.
    """
    wanted = " ".join(words.split())
    if not wanted:
        return []
    if "@" in wanted:
        found = people_who_may_be_invited(space).filter(email=wanted.lower())
    else:
        full = Concat(F("first_name"), Value(" "), F("last_name"))
        members = Space(kind=Space.Kind.OPEN)
        found = (
            people_who_may_be_invited(members)
            .annotate(full=full)
            .filter(Q(full__iexact=wanted) | Q(full=wanted.title()))
        )
    return list(found.order_by("pk").values_list("pk", flat=True)[:MATCHES_AT_MOST])


# --- requests and invitations --------------------------------------------------------------------------


def get_waiting_requests(user: Any, space: Space) -> QuerySet[EntryRequest]:
    """Requests that wait for this person's answer, the oldest first. One query."""
    return entry_requests_decided_by(user).filter(space=space).select_related("person")


def get_sent_invitations(user: Any, space: Space) -> QuerySet[EntryRequest]:
    """Invitations without an answer, for those who look after the space. One query."""
    return space_invitations_managed_by(user).filter(space=space).select_related("person")


def get_invitations_to_spaces(person: Any) -> QuerySet[EntryRequest]:
    """What one is invited to. One query. For that person alone."""
    return space_invitations_open_to(person).select_related("space", "invited_by")


@prepared()
def _invitations(reader: Any) -> QuerySet[EntryRequest]:
    return get_invitations_to_spaces(reader)


@dataclass(frozen=True, slots=True)
class Front:
    """What the forum's front asks first. `has_news` and `has_events` say that there is something current for anybody at
    all: that it is worth asking what of it this person may see, and nothing else.
    """

    invitations: list[EntryRequest]
    may_make_space: bool
    has_news: bool
    has_events: bool


@prepared()
def _front(reader: Any) -> QuerySet[User, Any]:
    makers = people_who_create(MEMBERS_CREATE[0]).filter(pk=reader)
    to_come = Event.objects.filter(ends_at__gt=now_of(reader), status=Event.Status.PUBLISHED, state=State.NORMAL)
    return User.objects.filter(pk=reader).values_list(
        Exists(get_invitations_to_spaces(reader)),
        Exists(makers),
        Exists(NewsItem.objects.current(now_of(reader))),
        Exists(to_come),
    )


def get_front(person: Any) -> Front:
    """What one is invited to, whether one may make a space (`user_can_create_space`), and what to ask for besides. One
    query, one more for somebody who is invited.
    """
    is_invited, *answers = next(iter(_front(person)), (False,) * 4)
    return Front(_invitations(person) if is_invited else [], *map(bool, answers))


def get_space_invitation_for(person: Any, pk: int) -> EntryRequest:
    """One's own invitation; Http404 for everybody else, and when it is answered. One query."""
    found = get_invitations_to_spaces(person).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def get_membership_for(user: Any, space: Space, pk: int) -> SpaceMembership:
    """An active membership of the space; Http404 for one that has ended. One query. The caller has authorised."""
    found = SpaceMembership.objects.active().select_related("person", "space").filter(space=space, pk=pk).first()
    if found is None:
        raise Http404
    return found
