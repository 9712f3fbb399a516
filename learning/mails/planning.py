"""Which mails are due today, and to whom. Asked twice: to find the readers, and again for those whose turn it is.

Each plan costs the same number of queries for one reader and for all. Days are local (Europe/Oslo).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from wagtail.models import Page

from courses.models import CoursePage
from courses.urls_of import page_path
from learning.actions.assignments import get_onboarding_paths
from learning.actions.notices import MAIL_KINDS, PATIENCE, claimed_today, one_a_day
from learning.mails.letters import Letter, Link, Section
from learning.models import (
    Certificate,
    Completion,
    Enrolment,
    LearningPathPage,
    PathAssignment,
    SentNotice,
    SubjectKind,
)
from people.models import JoinRequest, Membership, Team, User
from people.queries.mail import get_mail_addresses, people_wanting

Kind = SentNotice.Kind
Accounts = Collection[int] | None
"""Numbers of the accounts a plan is for; None for everybody."""
Pages = dict[tuple[UUID, str], Page]

BEFORE_DAYS = 7
"""How long before a deadline the first reminder comes; later where a day was missed."""
AFTER_DAYS = 6
"""How long after it the second may still come, where the day itself was missed."""
EXPIRY_DAYS = (60, 14)
MISSED_DAYS = 6
"""How many days later a reminder of a course certificate may still come."""
DIGEST_WEEKDAYS = (0, 1)
"""Monday; and Tuesday for what could not be sent on Monday."""
NOT_STARTED_AFTER = timedelta(weeks=3)
"""From joining the team until a leader is told that somebody has not begun."""


def plan(kind: str, *, day: date, accounts: Accounts = None) -> list[Letter]:
    """The letters of a kind that are due on the day and not sent, at most one for each reader."""
    plans: dict[str, Callable[..., Iterable[Letter]]] = {
        Kind.DEADLINE: plan_deadlines,
        Kind.CERTIFICATE_EXPIRY: plan_expiries,
        Kind.LEADER_DIGEST: plan_digests,
    }
    chosen: dict[int, Letter] = {}
    for letter in plans[kind](day=day, accounts=accounts):
        chosen.setdefault(letter.person.pk, letter)
    return list(chosen.values())


PLANNED = (Kind.DEADLINE, Kind.CERTIFICATE_EXPIRY, Kind.LEADER_DIGEST)


def readers(kind: str, accounts: Accounts) -> QuerySet[User]:
    wanting = people_wanting(MAIL_KINDS[kind])
    return wanting if accounts is None else wanting.filter(pk__in=accounts)


# --- deadlines, for learners ----------------------------------------------------------------------------


def plan_deadlines(*, day: date, accounts: Accounts = None) -> list[Letter]:
    """Assigned paths that are not completed, with a deadline within a week or just passed. Four queries."""
    nearest = (day - timedelta(days=AFTER_DAYS), day + timedelta(days=BEFORE_DAYS))
    assignments = list(
        PathAssignment.objects.filter(due_on__range=nearest, person__in=readers(Kind.DEADLINE, accounts))
        .filter(~Exists(Completion.objects.filter(learner=OuterRef("person"), subject_key=OuterRef("path_key"))))
        .annotate(
            is_started=Exists(Enrolment.objects.filter(learner=OuterRef("person"), subject_key=OuterRef("path_key")))
        )
        .select_related("person")
        .order_by("person_id", "due_on", "path_key")
    )
    people = {each.person_id: each.person for each in assignments}
    sent = _sent(Kind.DEADLINE, people)
    addresses = get_mail_addresses(people.values())
    pages = _pages(LearningPathPage, {each.path_key for each in assignments})
    letters = []
    for each in assignments:
        due_on = each.due_on
        page = _page_for(each.person, each.path_key, pages)
        if due_on is None or page is None or each.person_id not in addresses:
            continue
        occasion = f"{'before' if day < due_on else 'at'}:{each.path_key}:{due_on}"
        if sent.has(each.person_id, occasion):
            continue
        with translation.override(each.person.language):
            letters.append(
                Letter(
                    person=each.person,
                    to=addresses[each.person_id],
                    kind=Kind.DEADLINE,
                    occasion=occasion,
                    subject=_deadline_subject(page.title, due_on, day),
                    why=gettext("Du får denne e-posten fordi teamet ditt har foreslått en frist."),
                    sections=[
                        Section(
                            lines=_deadline_lines(page.title, due_on, day, is_started=each.is_started),
                            links=[_link_to_path(page, is_started=each.is_started)],
                        )
                    ],
                )
            )
    return letters


def _deadline_subject(title: str, due_on: date, day: date) -> str:
    if day == due_on:
        return gettext("I dag er fristen for %(path)s") % {"path": title}
    words = gettext("Fristen for %(path)s er %(day)s") if day < due_on else gettext("Fristen for %(path)s var %(day)s")
    return words % {"path": title, "day": _day(due_on)}


def _deadline_lines(title: str, due_on: date, day: date, *, is_started: bool) -> list[str]:
    first = gettext("Du er i gang med %(path)s.") if is_started else gettext("Du har ikke begynt på %(path)s ennå.")
    if day < due_on:
        second = gettext("Den foreslåtte fristen er %(day)s.") % {"day": _day(due_on)}
    elif day == due_on:
        second = gettext("Den foreslåtte fristen er i dag.")
    else:
        second = gettext("Den foreslåtte fristen var %(day)s.") % {"day": _day(due_on)}
    third = (
        gettext("Du kan ta litt om gangen, når det passer.")
        if day < due_on
        else gettext("Trenger du mer tid, så avtal en ny frist med teamlederen.")
    )
    return [f"{first % {'path': title}} {second}", third]


def _link_to_path(page: Page, *, is_started: bool) -> Link:
    text = gettext("Fortsett der du slapp") if is_started else gettext("Begynn her")
    return Link(text=text, url=page_path(page, translation.get_language()))


# --- what a leader has asked for ------------------------------------------------------------------------


def plan_asked(notices: QuerySet[SentNotice]) -> list[tuple[SentNotice, Letter]]:
    """Reminders that wait to be sent and still have a reason. Five queries."""
    waiting = list(
        notices.filter(
            kind=Kind.LEADER_REMINDER,
            claimed_at__isnull=True,
            asked_at__gt=timezone.now() - PATIENCE,
            person__in=readers(Kind.LEADER_REMINDER, None),
        )
        .select_related("person", "sent_by")
        .order_by("pk")
    )
    keys = {each.pk: UUID(each.occasion.split(":")[1]) for each in waiting}
    accounts = [each.person_id for each in waiting]
    addresses = get_mail_addresses({each.person_id: each.person for each in waiting}.values())
    pages = _pages(LearningPathPage, set(keys.values()))
    completed = _pairs(Completion.objects.filter(learner__in=accounts, subject_key__in=set(keys.values())))
    started = _pairs(Enrolment.objects.filter(learner__in=accounts, subject_key__in=set(keys.values())))
    found = []
    for notice in waiting:
        key = keys[notice.pk]
        page = _page_for(notice.person, key, pages)
        if page is None or notice.person_id not in addresses or (notice.person_id, key) in completed:
            continue
        is_started = (notice.person_id, key) in started
        with translation.override(notice.person.language):
            leader = (notice.sent_by.get_full_name() if notice.sent_by else "") or gettext("teamlederen din")
            where = (
                gettext("Du er i gang, og kan fortsette når det passer.")
                if is_started
                else gettext("Du har ikke begynt ennå. Du kan ta litt om gangen, når det passer.")
            )
            letter = Letter(
                person=notice.person,
                to=addresses[notice.person_id],
                kind=Kind.LEADER_REMINDER,
                occasion=notice.occasion,
                subject=upper_first(
                    gettext("%(leader)s minner deg på %(path)s") % {"leader": leader, "path": page.title}
                ),
                why=gettext("Du får denne e-posten fordi %(leader)s ba Flett minne deg på det.") % {"leader": leader},
                sections=[Section(lines=[where], links=[_link_to_path(page, is_started=is_started)])],
            )
        found.append((notice, letter))
    return found


def upper_first(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


# --- the weekly digest, for leaders ---------------------------------------------------------------------


@dataclass(slots=True)
class TeamNews:
    """Numbers of one team, and nothing about anybody. Who it is, leaders see where they have signed in."""

    team: Team
    overdue: int = 0
    not_started: int = 0
    waiting: int = 0
    completed: int = 0

    @property
    def has_exceptions(self) -> bool:
        return bool(self.overdue or self.not_started or self.waiting)


@dataclass(slots=True)
class _Facts:
    members: dict[int, list[Membership]] = field(default_factory=dict)
    """By team."""
    requests: list[tuple[int, int]] = field(default_factory=list)
    """Team and who asks."""
    paths: dict[str, UUID] = field(default_factory=dict)
    due: dict[tuple[int, UUID], date] = field(default_factory=dict)
    completed: dict[tuple[int, UUID], date] = field(default_factory=dict)
    started: set[tuple[int, UUID]] = field(default_factory=set)


def plan_digests(*, day: date, accounts: Accounts = None) -> list[Letter]:
    """One letter to each leader whose teams have something to follow up; nothing where all is well. Nine queries."""
    if day.weekday() not in DIGEST_WEEKDAYS:
        return []
    week = day.isocalendar()
    occasion = f"week:{week.year}-W{week.week:02}"
    led: dict[int, list[Team]] = {}
    people: dict[int, User] = {}
    for membership in (
        Membership.objects.active()
        .filter(
            Exists(Membership.roles.through.objects.filter(membership=OuterRef("pk"), teamrole__leads_team=True)),
            person__in=readers(Kind.LEADER_DIGEST, accounts),
        )
        .exclude(team__phase=Team.Phase.CLOSED)
        .select_related("person", "team")
        .order_by("person_id", "team__sort_text", "team_id")
    ):
        led.setdefault(membership.person_id, []).append(membership.team)
        people[membership.person_id] = membership.person
    sent = _sent(Kind.LEADER_DIGEST, people)
    addresses = get_mail_addresses(people.values())
    facts = _facts_of({team.pk for teams in led.values() for team in teams})
    letters = []
    for account, teams in led.items():
        if account not in addresses or sent.has(account, occasion):
            continue
        news = [each for each in (_news_of(team, account, facts, day) for team in teams) if each.has_exceptions]
        if not news:
            continue
        person = people[account]
        with translation.override(person.language):
            letters.append(
                Letter(
                    person=person,
                    to=addresses[account],
                    kind=Kind.LEADER_DIGEST,
                    occasion=occasion,
                    subject=(
                        gettext("Noe å følge opp i %(team)s") % {"team": news[0].team.name}
                        if len(teams) == 1
                        else gettext("Noe å følge opp i teamene dine")
                    ),
                    why=gettext("Du får denne e-posten fordi du leder et team. Den kommer bare når det er noe å si."),
                    sections=[_section_of(each, with_title=len(teams) > 1) for each in news],
                )
            )
    return letters


def _facts_of(teams: set[int]) -> _Facts:
    facts = _Facts(paths=get_onboarding_paths())
    memberships = Membership.objects.active().filter(team__in=teams, person__is_active=True)
    for membership in memberships:
        facts.members.setdefault(membership.team_id, []).append(membership)
    accounts = {membership.person_id for members in facts.members.values() for membership in members}
    keys = set(facts.paths.values())
    facts.requests = list(JoinRequest.objects.pending().filter(team__in=teams).values_list("team_id", "person_id"))
    for account, key, moment in (
        Completion.objects.filter(learner__in=accounts, subject_key__in=keys)
        .order_by("-completed_at")
        .values_list("learner_id", "subject_key", "completed_at")
    ):
        facts.completed[account, key] = timezone.localdate(moment)  # the first completion comes last
    assigned = PathAssignment.objects.filter(person__in=accounts, path_key__in=keys, due_on__isnull=False)
    for account, key, due_on in assigned.values_list("person_id", "path_key", "due_on"):
        if due_on is not None:
            facts.due[account, key] = due_on
    facts.started = _pairs(Enrolment.objects.filter(learner__in=accounts, subject_key__in=keys))
    return facts


def _news_of(team: Team, leader: int, facts: _Facts, day: date) -> TeamNews:
    news = TeamNews(team=team, waiting=sum(1 for each, asker in facts.requests if each == team.pk and asker != leader))
    path = facts.paths.get(team.programme) or facts.paths.get(Team.Programme.FACT)
    if path is None:
        return news
    for membership in facts.members.get(team.pk, []):
        if membership.person_id == leader:
            continue
        completed_on = facts.completed.get((membership.person_id, path))
        if completed_on is not None:
            news.completed += day - timedelta(days=7) <= completed_on
        elif facts.due.get((membership.person_id, path), day) < day:
            news.overdue += 1
        elif (membership.person_id, path) not in facts.started and membership.started_on <= day - NOT_STARTED_AFTER:
            news.not_started += 1
    return news


def _section_of(news: TeamNews, *, with_title: bool) -> Section:
    lines, links = [], []
    if news.overdue:
        lines.append(
            ngettext("Én er over den foreslåtte fristen.", "%(count)d er over den foreslåtte fristen.", news.overdue)
            % {"count": news.overdue}
        )
    if news.not_started:
        lines.append(
            ngettext(
                "Én har vært med i tre uker eller mer og har ikke begynt.",
                "%(count)d har vært med i tre uker eller mer og har ikke begynt.",
                news.not_started,
            )
            % {"count": news.not_started}
        )
    if news.waiting:
        lines.append(
            ngettext("Én vil bli med og venter på svar.", "%(count)d vil bli med og venter på svar.", news.waiting)
            % {"count": news.waiting}
        )
    if news.completed:
        lines.append(
            ngettext(
                "Og én har fullført denne uka. Gratuler gjerne!",
                "Og %(count)d har fullført denne uka. Gratuler gjerne!",
                news.completed,
            )
            % {"count": news.completed}
        )
    if news.overdue or news.not_started:
        links.append(Link(text=gettext("Se teamet"), url=reverse("learning:team-report", args=[news.team.slug])))
    if news.waiting:
        links.append(Link(text=gettext("Svar dem som venter"), url=reverse("people:requests", args=[news.team.slug])))
    return Section(lines=lines, links=links, title=news.team.name if with_title else "")


# --- course certificates --------------------------------------------------------------------------------


def plan_expiries(*, day: date, accounts: Accounts = None) -> list[Letter]:
    """Course certificates that go out in 60 or 14 days and are not renewed. Five queries."""
    stages = {days: (day + timedelta(days=days - MISSED_DAYS), day + timedelta(days=days)) for days in EXPIRY_DAYS}
    early, late = (stages[days] for days in EXPIRY_DAYS)
    current = Certificate.objects.filter(
        revoked_at__isnull=True, replaced_by__isnull=True, learner__in=readers(Kind.CERTIFICATE_EXPIRY, accounts)
    ).filter(
        ~Exists(
            Completion.objects.filter(
                learner=OuterRef("learner"),
                subject_key=OuterRef("subject_key"),
                attempt__gt=OuterRef("completion__attempt"),
            )
        )
    )
    certificates = list(
        (current.filter(expires_on__range=early) | current.filter(expires_on__range=late))
        .select_related("learner")
        .order_by("learner_id", "expires_on", "pk")
    )
    people = {each.learner_id: each.learner for each in certificates}
    sent = _sent(Kind.CERTIFICATE_EXPIRY, people)
    addresses = get_mail_addresses(people.values())
    pages = _pages(CoursePage, {each.subject_key for each in certificates if each.kind == SubjectKind.COURSE})
    pages |= _pages(LearningPathPage, {each.subject_key for each in certificates if each.kind == SubjectKind.PATH})
    letters = []
    for each in certificates:
        expires_on = each.expires_on
        page = _page_for(each.learner, each.subject_key, pages)
        if expires_on is None or page is None or each.learner_id not in addresses:
            continue
        days = next(days for days, (first, last) in stages.items() if first <= expires_on <= last)
        occasion = f"{days}:{each.completion_id}:{expires_on}"
        if sent.has(each.learner_id, occasion):
            continue
        with translation.override(each.learner.language):
            words = {"title": page.title, "day": _day(expires_on)}
            letters.append(
                Letter(
                    person=each.learner,
                    to=addresses[each.learner_id],
                    kind=Kind.CERTIFICATE_EXPIRY,
                    occasion=occasion,
                    subject=gettext("Kursbeviset for %(title)s går ut %(day)s") % words,
                    why=gettext("Du får denne e-posten fordi kursbeviset ditt snart går ut."),
                    sections=[
                        Section(
                            lines=[
                                gettext("Kursbeviset ditt for %(title)s gjelder til %(day)s.") % words,
                                gettext(
                                    "Vil du fornye det, tar du opplæringen på nytt. Det gamle kursbeviset beholder du."
                                ),
                            ],
                            links=[Link(text=gettext("Forny kursbeviset"), url=reverse("learning:certificates"))],
                        )
                    ],
                )
            )
    return letters


# --- shared ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sent:
    """Who has been sent what of a kind, and who has had what one may get in a day."""

    occasions: set[tuple[int, str]]
    today: set[int]

    def has(self, account: int, occasion: str) -> bool:
        return account in self.today or (account, occasion) in self.occasions


def _sent(kind: str, accounts: Iterable[int]) -> _Sent:
    """One query."""
    of_group = SentNotice.objects.filter(person__in=list(accounts), kind__in=one_a_day(kind))
    today = claimed_today()
    rows = (of_group.filter(kind=kind) | of_group.filter(today)).annotate(is_today=today).order_by()
    occasions, lately = set(), set()
    for account, found_kind, occasion, is_today in rows.values_list("person_id", "kind", "occasion", "is_today"):
        if found_kind == kind:
            occasions.add((account, occasion))
        if is_today:
            lately.add(account)
    return _Sent(occasions=occasions, today=lately)


def _pairs(rows: QuerySet[Completion] | QuerySet[Enrolment]) -> set[tuple[int, UUID]]:
    return set(rows.order_by().values_list("learner_id", "subject_key"))


def _pages(model: type[Page], keys: Collection[UUID]) -> Pages:
    """Published pages by key and language. One query."""
    rows = model.objects.live().filter(translation_key__in=keys).select_related("locale")
    return {(page.translation_key, page.locale.language_code): page for page in rows}


def _page_for(person: User, key: UUID, pages: Pages) -> Page | None:
    """In the person's language where it is, else in the site's own."""
    return pages.get((key, person.language)) or pages.get((key, settings.LANGUAGE_CODE))


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
