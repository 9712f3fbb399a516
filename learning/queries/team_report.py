"""A team's members and what they have completed: what the leader sees, and what each member sees of themselves.

Status and nothing else (ARCHITECTURE §4.8): no percent, no time, no answer. Both pages show rows made here, so the
member sees what the leader sees.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.db import connection, models
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from courses.models import CoursePage, LessonVersion
from courses.models.versions import ChangeKind
from courses.rendering import current_stamp
from learning.actions.assignments import get_onboarding_paths
from learning.models import (
    Enrolment,
    LearnerStamp,
    LearningPathPage,
    LessonProgress,
    PathAssignment,
    SubjectKind,
    SyllabusLesson,
)
from learning.queries.syllabuses import get_path_course_keys
from people.models import Membership, PeopleStamp, Team, TeamRole, User
from people.models.memberships import MembershipQuerySet
from people.queries.membership import get_members


class Status(models.TextChoices):
    """How far somebody is with a course or path. In the order a leader looks for them."""

    OVERDUE = "overdue", _("Over fristen")
    REDO = "redo", _("Må tas på nytt")
    NOT_STARTED = "not-started", _("Ikke begynt")
    UNDER_WAY = "under-way", _("I gang")
    COMPLETED = "completed", _("Fullført")


STATUS_WORDS = {status: status.label for status in Status}


@dataclass(frozen=True, slots=True)
class Subject:
    """A course or a path, in the language being read where it is written in that."""

    key: UUID
    kind: str
    title: str
    language: str
    stands_alone: bool
    """A path or a short course: something one chooses. A chapter of a path is not."""


@dataclass(frozen=True, slots=True)
class SubjectStatus:
    """One member's status in one course or path. `due_on` only where the team asks for it by a day."""

    subject: Subject
    status: Status
    is_required: bool
    due_on: date | None = None

    @property
    def can_be_reminded(self) -> bool:
        return self.is_required and self.status != Status.COMPLETED


@dataclass(slots=True)
class MemberRow:
    """What a leader sees of one member: the paths the team asks for first, then their courses, then what they chose."""

    membership: Membership
    statuses: list[SubjectStatus] = field(default_factory=list)

    @property
    def person(self) -> User:
        return self.membership.person

    @property
    def team(self) -> Team:
        return self.membership.team

    @property
    def roles(self) -> list[TeamRole]:
        return list(self.membership.roles.all())

    @property
    def by_status(self) -> list[tuple[str, str]]:
        """Each status with the courses and paths that have it, as a line of text."""
        titles: dict[Status, list[str]] = defaultdict(list)
        for each in self.statuses:
            titles[each.status].append(each.subject.title)
        return [(str(STATUS_WORDS[status]), " · ".join(titles[status])) for status in Status if status in titles]

    def of(self, key: UUID) -> SubjectStatus | None:
        return next((each for each in self.statuses if each.subject.key == key), None)


def get_team_learning(team: Team, *, language: str) -> list[MemberRow]:
    """Every active member's row, leaders first, then by name. Six queries; eight where a lesson must be redone, five
    more after something has been published.

    For those who may see the team's learning (`learning.permissions`).
    """
    return get_member_rows(get_members(team).select_related("person", "team"), language=language)


def get_team_stamp(team: Team) -> str:
    """Another text after every change to what a team's report shows, but for what is published (`courses.rendering`)
    and for reminders: who is in which team and what it asks of them, and what each member has learnt. One query.

    Each of the numbers only grows while the same people are in the team.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TEAM_STAMP, [team.pk])
        return ":".join(str(number) for number in cursor.fetchone())


_TEAM_STAMP = (  # no value in it
    f"SELECT (SELECT COALESCE(SUM(value), 0) FROM {PeopleStamp._meta.db_table}),"  # noqa: S608
    f" (SELECT COALESCE(SUM(value), 0) FROM {LearnerStamp._meta.db_table} WHERE learner_id IN"
    f" (SELECT person_id FROM {Membership._meta.db_table} WHERE team_id = %s AND ended_at IS NULL))"
)


def get_own_learning_as_leaders_see_it(person: User, *, language: str) -> list[MemberRow]:
    """The same rows of one's own memberships, one a team. As many queries."""
    own = Membership.objects.active().filter(person=person).select_related("person", "team").order_by("team__name")
    return get_member_rows(own.prefetch_related("roles"), language=language)


def get_member_rows(memberships: MembershipQuerySet, *, language: str) -> list[MemberRow]:
    """Rows for these active memberships."""
    rows = [MemberRow(membership=membership) for membership in memberships]
    if not rows:
        return rows
    learners = {row.person.pk for row in rows}
    content = get_content(language=language)
    subjects, chapters = content.subjects, content.chapters
    path_of = {
        row.membership.pk: content.onboarding.get(row.team.programme) or content.onboarding.get(Team.Programme.FACT)
        for row in rows
    }
    due = {
        (person, key): due_on
        for person, key, due_on in PathAssignment.objects.filter(person__in=learners).values_list(
            "person", "path_key", "due_on"
        )
    }
    begun, completed = _get_attempts(learners)
    again = _get_asked_again(learners, completed, content.redo)
    chosen_of: dict[int, list[UUID]] = defaultdict(list)
    for learner, key in begun:
        chosen_of[learner].append(key)
    today = timezone.localdate()
    for row in rows:
        learner, path = row.person.pk, path_of[row.membership.pk]
        required = [path, *chapters.get(path, ())] if path else []
        due_on = due.get((learner, path)) if path else None
        chosen = sorted(
            (
                key
                for key in chosen_of[learner]
                if key not in required and key in subjects and subjects[key].stands_alone
            ),
            key=lambda key: subjects[key].title,
        )
        for key in [*required, *chosen]:
            if key not in subjects:
                continue
            is_required = key in required
            status = _status(
                is_begun=(learner, key) in begun
                or (key == path and any((learner, course) in begun for course in required)),
                is_completed=(learner, key) in completed,
                is_asked_again=(learner, key) in again,
                is_late=is_required and due_on is not None and due_on < today,
            )
            row.statuses.append(
                SubjectStatus(
                    subject=subjects[key],
                    status=status,
                    is_required=is_required,
                    due_on=due_on if is_required else None,
                )
            )
    return rows


def _status(*, is_begun: bool, is_completed: bool, is_asked_again: bool, is_late: bool) -> Status:
    if is_completed:
        return Status.REDO if is_asked_again else Status.COMPLETED
    if is_late:
        return Status.OVERDUE
    return Status.UNDER_WAY if is_begun else Status.NOT_STARTED


Pairs = set[tuple[int, UUID]]


def _get_attempts(learners: set[int]) -> tuple[Pairs, Pairs]:
    """What each has begun, and what each has ever completed. One query."""
    begun: Pairs = set()
    completed: Pairs = set()
    for learner, key, completed_at in Enrolment.objects.filter(learner__in=learners).values_list(
        "learner", "subject_key", "completed_at"
    ):
        begun.add((learner, key))
        if completed_at is not None:
            completed.add((learner, key))
    return begun, completed


def _get_asked_again(learners: set[int], completed: Pairs, last: dict[UUID, int]) -> Pairs:
    """Completed courses and paths with a lesson that must be redone. Two queries where there is such a lesson."""
    if not last:
        return set()
    asked: dict[UUID, set[UUID]] = defaultdict(set)
    for lesson, subject in (
        SyllabusLesson.objects.filter(lesson_key__in=last)
        .order_by()
        .values_list("lesson_key", "syllabus__subject_key")
        .distinct()
    ):
        asked[lesson].add(subject)
    return {
        (learner, subject)
        for learner, lesson, version in LessonProgress.objects.filter(
            learner__in=learners, lesson_key__in=last, completed_version__isnull=False
        ).values_list("learner", "lesson_key", "completed_version")
        if version is not None and version < last[lesson]
        for subject in asked[lesson]
        if (learner, subject) in completed
    }


@dataclass(frozen=True, slots=True)
class Content:
    """What is published, as the rows need it: the same for every team until somebody publishes something."""

    onboarding: dict[str, UUID]
    chapters: dict[UUID, list[UUID]]
    subjects: dict[UUID, Subject]
    redo: dict[UUID, int]
    """Lessons that must be redone, with the last version that said so."""


def get_content(*, language: str) -> Content:
    """One query; six where something has been published since it was last asked for."""
    stamp = current_stamp()
    key = f"team-report:{language}"
    kept = caches["pages"].get(key)
    if kept is not None and kept[0] == stamp:
        found: Content = kept[1]
        return found
    onboarding = get_onboarding_paths()
    content = Content(
        onboarding=onboarding,
        chapters=get_path_course_keys(set(onboarding.values())),
        subjects=_get_subjects(language=language),
        redo=dict(
            LessonVersion.objects.filter(change_kind=ChangeKind.MUST_REDO)
            .order_by()
            .values_list("lesson_key")
            .annotate(last=Max("number"))
        ),
    )
    caches["pages"].set(key, (stamp, content))
    return content


def _get_subjects(*, language: str) -> dict[UUID, Subject]:
    """Published courses and paths by key. Two queries."""
    found: dict[UUID, Subject] = {}
    for kind, pages in (
        (SubjectKind.PATH, LearningPathPage.objects.live()),
        (SubjectKind.COURSE, CoursePage.objects.live().defer_streamfields()),
    ):
        for page in pages.select_related("locale").order_by("pk"):
            there = page.locale.language_code
            kept = found.get(page.translation_key)
            if kept is not None and there != language and (kept.language == language or there != "nb"):
                continue
            found[page.translation_key] = Subject(
                key=page.translation_key,
                kind=kind,
                title=page.title,
                language=there,
                stands_alone=kind == SubjectKind.PATH or page.kind == CoursePage.Kind.SHORT_COURSE,
            )
    return found


# --- what of it is asked for ----------------------------------------------------------------------------


SORTS = ("navn", "status", "frist")


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """What the address asks for. Anything else counts as not said."""

    status: str = ""
    role: str = ""
    course: str = ""
    sort: str = "navn"

    @classmethod
    def read(cls, data: Any) -> "TeamChoice":
        status, sort = data.get("status", ""), data.get("sorter", "")
        return cls(
            status=status if status in Status.values else "",
            role=str(data.get("rolle", ""))[:50],
            course=str(data.get("kurs", ""))[:40],
            sort=sort if sort in SORTS else SORTS[0],
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.status or self.role or self.course)


@dataclass(frozen=True, slots=True)
class Line:
    """One member, with the status in what the table is about."""

    row: MemberRow
    about: SubjectStatus

    @property
    def roles(self) -> str:
        return ", ".join(str(role) for role in self.row.roles)


@dataclass(frozen=True, slots=True)
class TeamReport:
    """The rows that were asked for, and what can be asked for."""

    choice: TeamChoice
    rows: list[MemberRow]
    lines: list[Line]
    subject: Subject | None
    subjects: list[Subject]
    roles: list[TeamRole]
    counts: list[tuple[Status, int]]
    """Of everybody in the team, in what the table is about."""


def make_team_report(rows: list[MemberRow], choice: TeamChoice) -> TeamReport:
    """The rows about one course or path: the one asked for, else the team's own onboarding path. No query."""
    subjects = list({each.subject.key: each.subject for row in rows for each in row.statuses}.values())
    roles = sorted({role for row in rows for role in row.roles}, key=lambda role: (role.position, str(role)))
    asked_role = choice.role if choice.role in {role.key for role in roles} else ""
    subject = next((each for each in subjects if str(each.key) == choice.course), subjects[0] if subjects else None)
    everybody = [Line(row, about) for row in rows if subject and (about := row.of(subject.key))]
    lines = [
        line
        for line in everybody
        if (not choice.status or line.about.status == choice.status)
        and (not asked_role or asked_role in {role.key for role in line.row.roles})
    ]
    if choice.sort == "status":
        lines.sort(key=lambda line: list(Status).index(line.about.status))
    elif choice.sort == "frist":
        lines.sort(key=lambda line: line.about.due_on or date.max)
    return TeamReport(
        choice=choice,
        rows=rows,
        lines=lines,
        subject=subject,
        subjects=subjects,
        roles=roles,
        counts=[
            (status, count)
            for status in Status
            if (count := sum(1 for line in everybody if line.about.status == status))
        ],
    )
