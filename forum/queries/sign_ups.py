"""Who comes, as one person may see it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet, TextChoices
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.models import DietaryNeed, Event, EventLeg, EventSignUp, SignUpAnswer
from forum.permissions import people_who_read
from forum.permissions.events import (
    answers_visible_to,
    dietary_needs_visible_to,
    sign_ups_changed_by,
    sign_ups_visible_to,
)
from people.alphabet import fold, sort_key
from people.models import Membership, Team, User
from people.permissions import teams_managed_by

Status = EventSignUp.Status
PEOPLE_A_PAGE = 50
ALL = "alle"


def own_events(user: Any) -> QuerySet[EventSignUp]:
    """One's own sign-ups that stand, of what is not over, nearest first. `event`, `leg` and `team` are fetched along.

    Also of an event one may no longer see: one's place there may still be given up. One query.
    """
    if not user.is_authenticated:
        return EventSignUp.objects.none()
    return (
        EventSignUp.objects.standing()
        .filter(person=user.pk, event__ends_at__gt=timezone.now(), event__state="normal")
        .select_related("event__space", "leg", "team")
        .order_by("event__starts_at", "pk")
    )


def get_sign_up_for(user: Any, key: UUID) -> EventSignUp:
    """A sign-up the person sees, with `may_change`. Two queries. Raises Http404."""
    found = sign_ups_visible_to(user).filter(key=key).select_related("event__space", "leg", "person", "team").first()
    if found is None:
        raise Http404
    found.may_change = sign_ups_changed_by(user).filter(pk=found.pk).exists()  # type: ignore[attr-defined]
    return found


@dataclass(slots=True)
class Participant:
    """One sign-up, what was answered, and what the person can not eat."""

    sign_up: EventSignUp
    answers: list[tuple[str, str]] = field(default_factory=list)
    dietary: str = ""
    place_in_queue: int = 0

    @property
    def name(self) -> str:
        return self.sign_up.person.get_full_name() or self.sign_up.person.email


class Shown(TextChoices):
    """Which sign-ups an arranger looks at."""

    PLACE = "plass", _("Har plass")
    OFFERED = "tilbud", _("Er tilbudt plass")
    WAITING = "venteliste", _("På venteliste")
    ENDED = "avmeldt", _("Meldt av")


_PARTS = {
    Status.CONFIRMED: Shown.PLACE,
    Status.OFFERED: Shown.OFFERED,
    Status.WAITING: Shown.WAITING,
    Status.CANCELLED: Shown.ENDED,
    Status.LAPSED: Shown.ENDED,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an arranger looks for: words of names and teams, a leg's mode, one of `Shown`; empty is all."""

    words: str = ""
    mode: str = ""
    shown: str = ""
    page: str = ""
    """A number, or «alle» for everything on one page, as when it is to be printed."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """As an address says it; what means nothing is left out."""
        mode, shown, page = query.get("form", ""), query.get("status", ""), query.get("side", "")
        return cls(
            words=" ".join(query.get("q", "")[:100].split()),
            mode=mode if mode in EventLeg.Mode.values else "",
            shown=shown if shown in Shown.values else "",
            page=page if page == ALL or (page.isdecimal() and len(page) < 6) else "",
        )

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.mode or self.shown)

    def address(self, **changes: str) -> str:
        """The query of this, or of this with something else."""
        said = replace(self, **changes)
        pairs = {"q": said.words, "form": said.mode, "status": said.shown, "side": said.page}
        return urlencode({name: value for name, value in pairs.items() if value})


@dataclass(slots=True)
class ParticipantsPart:
    shown: Shown
    people: list[Participant]
    count: int
    """On all pages."""


@dataclass(slots=True)
class Participants:
    """Who comes to an event, a page of them: with a place, offered one, in the queue in order, and who gave it up."""

    parts: list[ParticipantsPart]
    page: Page[Any]
    found: int
    legs: list[EventLeg]
    dietary: list[tuple[str, int]]
    """What is to be thought of for food, and for how many of those with a place. Most first."""
    place_count: int
    came_count: int


@dataclass(frozen=True, slots=True)
class _Row:
    """What everybody is sorted, counted and looked for by."""

    pk: int
    status: str
    mode: str
    first_name: str
    last_name: str
    email: str
    team: str | None
    queue_number: int | None
    attended: bool | None

    @property
    def shown(self) -> Shown:
        return _PARTS[Status(self.status)]

    @property
    def order(self) -> tuple[Any, ...]:
        place = list(Shown).index(self.shown)
        if self.shown == Shown.WAITING:
            return place, self.mode != EventLeg.Mode.PHYSICAL, self.queue_number or 0, "", self.pk
        return place, 0, 0, sort_key(f"{self.first_name} {self.last_name}".strip() or self.email), self.pk

    def answers_to(self, wanted: Wanted, words: list[str]) -> bool:
        if wanted.mode not in ("", self.mode) or wanted.shown not in ("", self.shown):
            return False
        said = fold(f"{f'{self.first_name} {self.last_name}'.strip() or self.email} {self.team or ''}")
        return all(word in said for word in words)


def get_participants(user: Any, event: Event, wanted: Wanted | None = None) -> Participants:
    """For whoever arranges the event. Five queries, however many there are: names of all, the page's rows with answers
    and needs, legs.
    """
    wanted = wanted or Wanted()
    fields = ("pk", "status", "leg__mode", "person__first_name", "person__last_name", "person__email", "team__name")
    visible = sign_ups_visible_to(user).filter(event=event)
    everybody = [_Row(*row) for row in visible.order_by().values_list(*fields, "queue_number", "attended")]
    words = fold(wanted.words).split()
    found = sorted((row for row in everybody if row.answers_to(wanted, words)), key=lambda row: row.order)
    many = max(1, len(found)) if wanted.page == ALL else PEOPLE_A_PAGE
    page: Page[Any] = Paginator(found, many).get_page(wanted.page if wanted.page != ALL else 1)
    needs = dict(
        DietaryNeed.objects.filter(
            pk__in=dietary_needs_visible_to(user).values("pk"), sign_up__event=event
        ).values_list("pk", "text")
    )
    people = _people_of(user, visible, [row.pk for row in page], needs)
    _number_the_queue(people, everybody)
    counted = Counter(row.shown for row in found)
    parts = [
        ParticipantsPart(shown, [people[row.pk] for row in page if row.shown == shown and row.pk in people], count)
        for shown, count in ((each, counted[each]) for each in Shown)
    ]
    placed = {row.pk for row in everybody if row.shown == Shown.PLACE}
    return Participants(
        parts=[part for part in parts if part.people],
        page=page,
        found=len(found),
        legs=list(event.legs.all()),
        dietary=_dietary_of(needs, placed),
        place_count=len(placed),
        came_count=sum(row.attended is True for row in everybody if row.pk in placed),
    )


def _people_of(
    user: Any, visible: QuerySet[EventSignUp], keys: list[int], needs: dict[int, str]
) -> dict[int, Participant]:
    """Two queries."""
    rows = visible.filter(pk__in=keys).select_related("person", "team", "leg")
    people = {row.pk: Participant(row, dietary=needs.get(row.pk, "")) for row in rows}
    answers = SignUpAnswer.objects.filter(pk__in=answers_visible_to(user).values("pk"), sign_up__in=keys)
    for answer in answers.select_related("question").order_by("question__position", "question"):
        if answer.sign_up_id in people:
            said = ", ".join(answer.text.splitlines())
            people[answer.sign_up_id].answers.append((answer.question.label, said))
    return people


def _number_the_queue(people: dict[int, Participant], everybody: list[_Row]) -> None:
    """Which number in line each is, for their way of taking part: as they see it themselves."""
    waiting = sorted((row for row in everybody if row.shown == Shown.WAITING), key=lambda row: row.order)
    before: Counter[str] = Counter()
    for row in waiting:
        before[row.mode] += 1
        if row.pk in people:
            people[row.pk].place_in_queue = before[row.mode]


def _dietary_of(needs: dict[int, str], placed: set[int]) -> list[tuple[str, int]]:
    spelt: dict[str, str] = {}
    counted: Counter[str] = Counter()
    for key, text in needs.items():
        if key in placed:
            counted[fold(text)] += 1
            spelt.setdefault(fold(text), text)
    return [(spelt[key], count) for key, count in counted.most_common()]


@dataclass(slots=True)
class Teammate:
    """A member of the team, and the sign-up that was made for the team. `may_come` is whether they see the event."""

    person: User
    sign_up: EventSignUp | None
    may_come: bool


def get_own_teams(user: Any) -> list[Team]:
    """The teams whose members this person may sign up and is in, or else all they manage, up to 50. One query."""
    return list(teams_managed_by(user).order_by("name", "pk")[:50])


def get_team_to_sign_up(user: Any, slug: str) -> Team:
    """A team whose members this person may sign up. Raises Http404."""
    return get_object_or_404(teams_managed_by(user), slug=slug)


def get_teammates(user: Any, event: Event, team: Team) -> list[Teammate]:
    """The team's members by name. Status alone: neither answers nor dietary needs. Three queries."""
    members = list(
        User.objects.filter(pk__in=Membership.objects.active().filter(team=team).values("person"), is_active=True)
        .exclude(pk=user.pk)
        .order_by("first_name", "last_name", "pk")
    )
    rows = sign_ups_visible_to(user).standing().filter(event=event, team=team)  # type: ignore[attr-defined]
    signed_up = {row.person_id: row for row in rows.select_related("leg")}
    reading = set(
        people_who_read(event.space).filter(pk__in=[each.pk for each in members]).values_list("pk", flat=True)
    )
    return [Teammate(each, signed_up.get(each.pk), each.pk in reading) for each in members]


def list_team(user: Any, event: Event, team: Team) -> list[list[str]]:
    """Headings, then the members of the team whose sign-ups stand, as whoever manages the team sees them: status and
    leg, neither answers nor dietary needs. One query.
    """
    now_in = Membership.objects.active().filter(team=team)
    rows = sign_ups_visible_to(user).standing().filter(event=event, team=team, person__in=now_in.values("person"))  # type: ignore[attr-defined]
    found = sorted(rows.select_related("person", "leg"), key=lambda row: (sort_key(row.person.get_full_name()), row.pk))
    head = [gettext("Status"), gettext("Fornavn"), gettext("Etternavn"), gettext("Team"), gettext("Hvordan")]
    return [head] + [
        [
            str(row.get_status_display()),
            row.person.first_name,
            row.person.last_name,
            team.name,
            str(row.leg.get_mode_display()),
        ]
        for row in found
    ]
