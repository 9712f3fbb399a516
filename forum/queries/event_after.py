"""What comes with an event and after it, as one person may see it: groups, letters, materials, evaluation, lists."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from forum.grouping import Person
from forum.models import (
    AttendanceCertificate,
    EvaluationDone,
    Event,
    EventEvaluation,
    EventGroup,
    EventMailing,
    EventMaterial,
    EventQuestion,
    EventSignUp,
    LibraryItem,
)
from forum.permissions.event_after import (
    evaluations_open,
    evaluations_open_to,
    groups_visible_to,
    materials_visible_to,
    sign_ups_certified_for,
    sign_ups_that_evaluate,
    sign_ups_to_write_to,
)
from forum.permissions.events import events_arranged_by, events_visible_to
from forum.permissions.library import items_visible_to
from people.models import Membership, TeamRole

FEWEST = 5
"""What fewer have answered is shown to nobody (ARCHITECTURE §4.8)."""
ITEMS_TO_CHOOSE = 200


def get_event_around(user: Any, pk: int) -> Event:
    """The event with `may_arrange`, and the reader's standing sign-up or None as `own`. Two queries. Raises Http404."""
    arranged = events_arranged_by(user).filter(pk=OuterRef("pk"))
    found = events_visible_to(user).filter(pk=pk).annotate(may_arrange=Exists(arranged)).select_related("space").first()
    if found is None:
        raise Http404
    own = EventSignUp.objects.standing().filter(event=found, person=user)
    found.own = own.select_related("group", "leg").first()  # type: ignore[attr-defined]
    return found


def get_event_to_arrange(user: Any, pk: int) -> Event:
    """As `get_event_around`. Raises PermissionDenied for whoever does not arrange it."""
    found = get_event_around(user, pk)
    if not found.may_arrange:  # type: ignore[attr-defined]
        raise PermissionDenied
    return found


# --- groups --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Seat:
    """Somebody with a place: who they are, from where, and their first role in that team."""

    sign_up: EventSignUp
    name: str
    team_id: int | None
    team: str
    role: TeamRole | None

    @property
    def as_person(self) -> Person:
        return Person(self.sign_up.pk, self.team_id, self.role.pk if self.role else None)


@dataclass(slots=True)
class GroupRow:
    """A group with its people. `space` is what it became, where the reader may know of it."""

    group: EventGroup
    seats: list[Seat] = field(default_factory=list)
    has_space: bool = False


def get_seats(event: Event) -> list[Seat]:
    """Everybody with a place, by name. Three queries."""
    sign_ups = (
        EventSignUp.objects.filter(event=event, status=EventSignUp.Status.CONFIRMED)
        .select_related("person", "team")
        .order_by("person__last_name", "person__first_name", "pk")
    )
    return seats_of(sign_ups)


def seats_of(sign_ups: QuerySet[EventSignUp]) -> list[Seat]:
    """The role is that of the team they were signed up for, else of the team they have been in longest."""
    active = Membership.objects.active().order_by("started_on", "pk").select_related("team").prefetch_related("roles")
    found = sign_ups.prefetch_related(Prefetch("person__memberships", active, to_attr="now_in"))
    return [_seat(each) for each in found]


def _seat(sign_up: EventSignUp) -> Seat:
    memberships: list[Membership] = sign_up.person.now_in  # type: ignore[attr-defined]
    own = [each for each in memberships if each.team_id == sign_up.team_id] or memberships
    membership = own[0] if own else None
    team = sign_up.team or (membership.team if membership else None)
    roles = list(membership.roles.all()) if membership else []
    name = sign_up.person.get_full_name() or _("Uten navn")
    return Seat(sign_up, name, team.pk if team else None, team.name if team else "", roles[0] if roles else None)


def fingerprint(seats: Iterable[Seat]) -> str:
    """Of what groups are dealt by: another where somebody has come, gone or changed team since."""
    told = sorted((each.sign_up.pk, each.team_id or 0, each.role.pk if each.role else 0) for each in seats)
    return blake2b(repr(told).encode(), digest_size=12).hexdigest()


def in_groups(event: Event, seats: Sequence[Seat]) -> list[GroupRow]:
    """The groups there are, in order, with who is in each. One query."""
    groups = EventGroup.objects.filter(event=event).select_related("made_space").order_by("number")
    rows = {each.pk: GroupRow(each, has_space=hasattr(each, "made_space")) for each in groups}
    for seat in seats:
        if seat.sign_up.group_id in rows:
            rows[seat.sign_up.group_id].seats.append(seat)
    return list(rows.values())


def get_own_group(user: Any, event: Event) -> GroupRow | None:
    """The reader's group with those who are in it. Four queries."""
    group = groups_visible_to(user).filter(event=event, sign_ups=event.own).first()  # type: ignore[attr-defined]
    if group is None:
        return None
    there = EventSignUp.objects.filter(group=group, status=EventSignUp.Status.CONFIRMED)
    ordered = there.select_related("person", "team").order_by("person__last_name", "person__first_name", "pk")
    return GroupRow(group, seats_of(ordered))


# --- letters -------------------------------------------------------------------------------------------


def get_mailings(event: Event) -> list[EventMailing]:
    """What was sent, newest first, with how many have been reached so far. One query."""
    return list(
        EventMailing.objects.filter(event=event)
        .select_related("written_by", "group")
        .annotate(
            sent=Count("receivers", filter=Q(receivers__sent_at__isnull=False)),
            refused=Count("receivers", filter=Q(receivers__refused_at__isnull=False)),
        )
    )


def receivers_of(event: Event, audience: str, group: EventGroup | None) -> QuerySet[EventSignUp]:
    """The sign-ups a letter to this audience is for now."""
    found = EventSignUp.objects.filter(sign_ups_to_write_to(audience), event=event)
    return found.filter(group=group) if group is not None else found


def count_receivers(event: Event) -> dict[str, int]:
    """How many each audience holds now, groups by «group:» and their number. Two queries."""
    audiences = ("place", "waiting", "came", "away")
    counts: dict[str, int] = EventSignUp.objects.filter(event=event).aggregate(
        **{each: Count("pk", filter=sign_ups_to_write_to(each)) for each in audiences}
    )
    groups = EventSignUp.objects.filter(sign_ups_to_write_to("group"), event=event).order_by().values_list("group")
    return counts | {f"group:{group}": count for group, count in groups.annotate(count=Count("pk"))}


# --- evaluation ----------------------------------------------------------------------------------------


def get_questions(event: Event) -> list[EventQuestion]:
    """What is asked afterwards, in order. One query."""
    return list(
        EventQuestion.objects.filter(event=event, purpose=EventQuestion.Purpose.EVALUATION).order_by("position", "pk")
    )


def get_evaluation_for(user: Any, event: Event) -> EventEvaluation | None:
    """The evaluation the reader may answer now. One query."""
    return evaluations_open_to(user).filter(event=event).select_related("event").first()


def has_evaluated(user: Any, event: Event) -> bool:
    """Whether the reader has answered, while it is open. One query."""
    return EvaluationDone.objects.filter(evaluation=event.pk, person=user.pk).exists()


def evaluations_to_tell_of(now: datetime, *, patience: timedelta) -> QuerySet[EventEvaluation]:
    """Those that have opened lately and nobody was told of."""
    told = EventMailing.objects.filter(event=OuterRef("event"), audience=EventMailing.Audience.EVALUATION)
    return EventEvaluation.objects.filter(
        evaluations_open(), ~Exists(told), event__ends_at__lte=now, event__ends_at__gt=now - patience
    )


def people_to_ask(event: Event) -> list[int]:
    """The accounts of those who may evaluate."""
    return list(sign_ups_that_evaluate().filter(event=event).order_by("?").values_list("person", flat=True))


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    count: int
    percent: int
    """Of those who answered the question, rounded down."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was answered to a question. `is_shown` is whether at least `FEWEST` answered it; else the rest is empty."""

    question: EventQuestion
    count: int
    is_shown: bool
    bars: tuple[Bar, ...] = ()
    mean: Decimal | None = None
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    answered: int
    asked: int
    is_shown: bool
    """Closed, and answered by at least `FEWEST`."""
    questions: tuple[Result, ...] = ()


def get_results(evaluation: EventEvaluation) -> Results:
    """What was answered, once the evaluation is closed. Nothing before: two looks would tell what came between them.

    Four queries.
    """
    asked = sign_ups_that_evaluate().filter(event=evaluation.event).count()
    shown = evaluation.closed_at is not None and evaluation.answer_count >= FEWEST
    if not shown:
        return Results(answered=evaluation.answer_count, asked=asked, is_shown=False)
    questions = (
        EventQuestion.objects.filter(event=evaluation.event, purpose=EventQuestion.Purpose.EVALUATION)
        .order_by("position", "pk")
        .prefetch_related("tallies", "free_answers")
    )
    return Results(evaluation.answer_count, asked, True, tuple(_result(each) for each in questions))


def _result(question: EventQuestion) -> Result:
    counts = {each.value: each.count for each in question.tallies.all()}
    total = counts.get("", 0)
    if total < FEWEST:
        return Result(question, total, is_shown=False)
    if question.kind in (EventQuestion.Kind.LINE, EventQuestion.Kind.TEXT):
        return Result(question, total, True, texts=tuple(each.text for each in question.free_answers.all()))
    bars = tuple(
        Bar(option, counts.get(option, 0), 100 * counts.get(option, 0) // total) for option in options_of(question)
    )
    mean = None
    if question.kind == EventQuestion.Kind.SCALE:
        mean = (sum(int(bar.label) * bar.count for bar in bars) / Decimal(total)).quantize(Decimal("0.1"))
    return Result(question, total, True, bars, mean)


def options_of(question: EventQuestion) -> list[str]:
    """What may be chosen; nothing where one writes."""
    if question.kind == EventQuestion.Kind.SCALE:
        return ["1", "2", "3", "4", "5"]
    return question.options if question.kind in (EventQuestion.Kind.CHOICE, EventQuestion.Kind.SEVERAL) else []


# --- materials -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class MaterialPart:
    """Materials of a point of the programme; those of the event as a whole have none."""

    title: str
    materials: list[EventMaterial] = field(default_factory=list)


def get_materials(user: Any, event: Event) -> list[MaterialPart]:
    """What the reader may have: of the event as a whole first, then point by point. One query."""
    found = materials_visible_to(user).filter(event=event).select_related("point", "library_item")
    parts: dict[tuple[Any, ...], MaterialPart] = defaultdict(lambda: MaterialPart(""))
    for each in found.order_by("created_at", "pk"):
        point = each.point
        part = parts[(point.starts_at.timestamp(), point.pk) if point else (0.0, 0)]
        part.title = point.title if point else ""
        part.materials.append(each)
    return [parts[key] for key in sorted(parts)]


def get_material_for(user: Any, key: UUID) -> EventMaterial:
    """A file the reader may have. One query. Raises Http404."""
    found = materials_visible_to(user).filter(key=key).exclude(file="").first()
    if found is None:
        raise Http404
    return found


def items_to_add(user: Any, event: Event) -> QuerySet[LibraryItem]:
    """What of the library may be put beside the event: what the arranger sees and is not there yet."""
    there = EventMaterial.objects.filter(event=event, library_item=OuterRef("pk"))
    return items_visible_to(user).filter(~Exists(there)).order_by("title", "pk")


# --- certificates --------------------------------------------------------------------------------------


def count_hours(event: Event) -> Decimal | None:
    """Hours to a quarter: those of the programme, none counted twice; else the event's, where it is of one day.

    None where it lasts for days and nobody has said what fills them. One query.
    """
    points = event.programme.filter(ends_at__isnull=False).order_by("starts_at", "pk")
    spans: list[tuple[datetime, datetime]] = [(each.starts_at, each.ends_at) for each in points if each.ends_at]
    if not spans:
        if event.ends_at - event.starts_at > timedelta(hours=14):
            return None
        spans = [(event.starts_at, event.ends_at)]
    total, reached = timedelta(), spans[0][0]
    for start, end in spans:
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return Decimal(round(total.total_seconds() / 900)) / 4


def has_certificate(user: Any, event: Event) -> bool:
    """Whether there is a certificate for the reader to fetch. One query."""
    return sign_ups_certified_for(user).filter(event=event).exists()


def name_differs(certificate: AttendanceCertificate, person: Any) -> bool:
    """Whether its holder has another name in Flett now, and so may have it anew."""
    name = person.get_full_name().strip()
    return bool(name) and name != certificate.holder_name


@dataclass(frozen=True, slots=True)
class OwnAttendance:
    """Something one came to. `certificate` is None until it is fetched the first time."""

    event: Event
    certificate: AttendanceCertificate | None
    name_differs: bool


def get_own_attendance(user: Any) -> list[OwnAttendance]:
    """What the reader has, or may have, a certificate of, newest first. Two queries, one where there is nothing."""
    in_force = Prefetch("certificates", AttendanceCertificate.objects.in_force(), to_attr="now")
    rows = sign_ups_certified_for(user).select_related("event").prefetch_related(in_force)
    own = [(row.event, next(iter(row.now), None)) for row in rows.order_by("-event__starts_at", "-pk")]
    return [OwnAttendance(event, each, each is not None and name_differs(each, user)) for event, each in own]


def get_certificate_by_code(code: str) -> AttendanceCertificate | None:
    """Whether or not it is in force. One query."""
    return AttendanceCertificate.objects.filter(code=code).select_related("sign_up", "replaced_by").first()


# --- lists ---------------------------------------------------------------------------------------------


def list_participants(event: Event) -> list[list[str]]:
    """Headings, then everybody whose sign-up stands: who they are, how they come, and what they answered. Six queries.

    What somebody can not eat is not in it: that is a list of its own, without names (`list_dietary_needs`).
    """
    questions = list(
        EventQuestion.objects.filter(event=event, purpose=EventQuestion.Purpose.SIGN_UP).order_by("position", "pk")
    )
    sign_ups = (
        EventSignUp.objects.filter(event=event, status__in=EventSignUp.STANDING)
        .select_related("person", "team", "leg", "group")
        .prefetch_related("answers")
        .order_by("status", "queue_number", "person__last_name", "person__first_name", "pk")
    )
    rows = [
        [
            _("Status"),
            _("Fornavn"),
            _("Etternavn"),
            _("E-post"),
            _("Team"),
            _("Roller"),
            _("Fylke"),
            _("Hvordan"),
            _("Gruppe"),
            _("Møtte"),
            *(each.label for each in questions),
        ]
    ]
    came = {True: _("ja"), False: _("nei"), None: ""}
    for seat in seats_of(sign_ups):
        sign_up, person = seat.sign_up, seat.sign_up.person
        memberships: list[Membership] = person.now_in  # type: ignore[attr-defined]
        own = next((each for each in memberships if each.team_id == seat.team_id), None)
        answers = {each.question_id: ", ".join(each.text.splitlines()) for each in sign_up.answers.all()}
        rows.append(
            [
                str(sign_up.get_status_display()),
                person.first_name,
                person.last_name,
                person.email,
                seat.team,
                ", ".join(str(role) for role in own.roles.all()) if own else "",
                (own.team.county if own else sign_up.team.county if sign_up.team else ""),
                str(sign_up.leg.get_mode_display()),
                str(sign_up.group) if sign_up.group else "",
                came[sign_up.attended],
                *(answers.get(each.pk, "") for each in questions),
            ]
        )
    return rows


def list_dietary_needs(event: Event) -> list[list[str]]:
    """Headings, then what those with a place can not eat and how many wrote the same. Nobody's name. One query."""
    texts = EventSignUp.objects.filter(
        event=event, status=EventSignUp.Status.CONFIRMED, dietary_need__isnull=False
    ).values_list("dietary_need__text", flat=True)
    counts = Counter(" ".join(text.split()).capitalize() for text in texts)
    rows = [[_("Matbehov"), _("Antall")]]
    return rows + [[text, str(count)] for text, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]
