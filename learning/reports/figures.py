"""Counting, and what of it is kept: aggregates of everybody, without small groups (learning.reports.suppression).

People are counted by their first attempt: it says when they began and when they completed it the first time. Everybody
stands in one region, programme and role: those of the active membership that began first, and of its first role.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Case, Count, IntegerField, Max, Min, Q, Value, When
from django.db.models.functions import TruncMonth

from courses.models import CoursePage, LessonPage
from learning.models import (
    Enrolment,
    LessonProgress,
    QuizAttempt,
    ReportFigure,
    ReportPlace,
    ReportQuestion,
    ReportRun,
    SubjectKind,
)
from learning.queries.syllabuses import get_path_course_keys
from learning.reports.suppression import LEAST, REST, Counts, add, is_small, open_pairs, open_values
from people.models import Membership, Region, Team, TeamRole, User

GROUPS = ("region", "programme", "role")
"""What people are grouped by."""
NONE = "-"
"""The value of those without a team, or whose team or membership says nothing."""
BEGAN, FINISHED, LESSON = "began", "finished", "lesson"
"""Breakdowns by month and by the last lesson somebody has completed."""
NO_LESSON = ""

Subject = tuple[str, UUID]
Place = tuple[str, ...]
"""Region, programme and role."""
Cells = dict[Place, Counts]
Monthly = dict[str, dict[tuple[str, str], Counts]]
"""For each of GROUPS: (value, month)."""


# --- counting -------------------------------------------------------------------------------------------


def put_in_places(run: ReportRun) -> None:
    """Say where each learner is counted. One statement."""
    tables = {
        "place": ReportPlace._meta.db_table,
        "person": User._meta.db_table,
        "membership": Membership._meta.db_table,
        "team": Team._meta.db_table,
        "region": Region._meta.db_table,
        "has_role": Membership.roles.through._meta.db_table,
        "role": TeamRole._meta.db_table,
        "enrolment": Enrolment._meta.db_table,
    }
    statement = """
        INSERT INTO {place} (run_id, learner_id, region, programme, role)
        SELECT %s, person.id, COALESCE(region."key", %s), COALESCE(team.programme, %s), COALESCE(role."key", %s)
        FROM {person} person
        LEFT JOIN (
            SELECT id, person_id, team_id,
                ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY started_on, id) AS place
            FROM {membership} WHERE ended_at IS NULL
        ) membership ON membership.person_id = person.id AND membership.place = 1
        LEFT JOIN {team} team ON team.id = membership.team_id
        LEFT JOIN {region} region ON region.id = team.region_id
        LEFT JOIN (
            SELECT has_role.membership_id, role."key",
                ROW_NUMBER() OVER (
                    PARTITION BY has_role.membership_id ORDER BY role.position, role.name, role.id
                ) AS place
            FROM {has_role} has_role JOIN {role} role ON role.id = has_role.teamrole_id
        ) role ON role.membership_id = membership.id AND role.place = 1
        WHERE EXISTS (SELECT 1 FROM {enrolment} enrolment WHERE enrolment.learner_id = person.id)
    """.format(**tables)  # noqa: S608 – our own tables' names
    with connection.cursor() as cursor:
        cursor.execute(statement, [run.pk, NONE, NONE, NONE])
        cursor.execute(f"ANALYZE {tables['place']}")  # else the planner thinks it is empty


def in_place(group: str) -> str:
    return f"learner__report_places__{group}"


def count_people(run: ReportRun) -> dict[Subject, Cells]:
    """(under way, completed) for each subject and place. One query."""
    found: dict[Subject, Cells] = defaultdict(dict)
    for kind, key, *place, started, completed in (
        Enrolment.objects.filter(attempt=1, learner__report_places__run=run)
        .values_list("kind", "subject_key", *map(in_place, GROUPS))
        .annotate(started=Count("pk"), done=Count("completed_at"))
        .order_by()
    ):
        found[kind, key][tuple(place)] = (started - completed, completed)
    return found


def count_by_month(run: ReportRun, moment: str) -> dict[Subject, Monthly]:
    """How many began or completed (`moment` is the column) in each month of local time. Three queries."""
    found: dict[Subject, Monthly] = defaultdict(lambda: {group: {} for group in GROUPS})
    for group in GROUPS:
        for kind, key, value, month, count in (
            Enrolment.objects.filter(attempt=1, learner__report_places__run=run)
            .exclude(**{moment: None})
            .annotate(month=TruncMonth(moment, tzinfo=ZoneInfo(settings.TIME_ZONE)))
            .values_list("kind", "subject_key", in_place(group), "month")
            .annotate(count=Count("pk"))
            .order_by()
        ):
            found[kind, key][group][value, f"{month:%Y-%m}"] = (count,)
    return found


def get_lesson_orders(subjects: Mapping[Subject, Cells]) -> dict[Subject, list[UUID]]:
    """The lessons of each published course and path in the order they are read. Three queries."""
    own = Case(When(locale__language_code=settings.LANGUAGE_CODE, then=0), default=1)
    course_of = dict(CoursePage.objects.live().values_list("path", "translation_key"))
    lessons: dict[UUID, dict[UUID, None]] = defaultdict(dict)
    for path, key in LessonPage.objects.live().order_by(own, "path").values_list("path", "translation_key"):
        course = course_of.get(path[: -LessonPage.steplen])
        if course is not None:
            lessons[course].setdefault(key)
    chapters = get_path_course_keys(key for kind, key in subjects if kind == SubjectKind.PATH)
    orders: dict[Subject, list[UUID]] = {}
    for kind, key in subjects:
        courses = chapters[key] if kind == SubjectKind.PATH else [key]
        order = list(dict.fromkeys(lesson for course in courses for lesson in lessons.get(course, ())))
        if order:
            orders[kind, key] = order
    return orders


def count_by_lesson(run: ReportRun, subject: Subject, order: list[UUID], cells: Cells) -> dict[tuple[Place, str], int]:
    """How many of those who began have each lesson as the last they have completed. One query.

    The rows are gone through one by one and not kept.
    """
    kind, key = subject
    enrolled = Enrolment.objects.filter(kind=kind, subject_key=key, attempt=1)
    number = Case(
        *(When(lesson_key=lesson, then=Value(place)) for place, lesson in enumerate(order)),
        output_field=IntegerField(),
    )
    counter: Counter[tuple[Place, int]] = Counter()
    for _learner, *place, last in (
        LessonProgress.objects.filter(
            completed_at__isnull=False,
            lesson_key__in=order,
            learner__in=enrolled.values("learner"),
            learner__report_places__run=run,
        )
        .values_list("learner", *map(in_place, GROUPS))
        .annotate(last=Max(number))
        .order_by()
        .iterator(chunk_size=5000)
    ):
        counter[tuple(place), last] += 1
    found = {(place, str(order[last])): count for (place, last), count in counter.items()}
    for place, counts in cells.items():
        without = sum(counts) - sum(counter[place, last] for last in range(len(order)))
        if without:
            found[place, NO_LESSON] = without
    return found


def join_lessons(lessons: dict[tuple[Place, str], int], order: list[str]) -> dict[tuple[Place, str], int]:
    """The same, with neighbours joined until at least five stopped there; each group is known by its last lesson."""
    totals: Counter[str] = Counter()
    for (_place, lesson), count in lessons.items():
        totals[lesson] += count
    ends, held = [], 0
    for number, lesson in enumerate(order):
        held += totals[lesson]
        if held >= LEAST:
            ends.append(number)
            held = 0
    if ends and held:
        ends[-1] = len(order) - 1
    name_of = {}
    start = 0
    for end in ends:
        name_of |= dict.fromkeys(order[start : end + 1], order[end])
        start = end + 1
    joined: Counter[tuple[Place, str]] = Counter()
    for (place, lesson), count in lessons.items():
        joined[place, name_of[lesson]] += count
    return dict(joined)


# --- what is kept ---------------------------------------------------------------------------------------


def make_figures(run: ReportRun) -> Iterator[ReportFigure]:
    """Every figure of the run, the withheld ones without a number."""
    people = count_people(run)
    began, finished = count_by_month(run, "started_at"), count_by_month(run, "completed_at")
    orders = get_lesson_orders(people)
    for subject in sorted(people, key=lambda subject: (subject[0], str(subject[1]))):
        cells = people[subject]
        kept = _Kept(run, subject)
        shown = {group: open_values(_along(cells, group)) for group in GROUPS}
        total = add(cells.values())
        if is_small(total):
            yield kept.figure(counts=None)
            continue
        yield kept.figure(counts=total)
        yield from _by_groups(kept, cells, shown)
        for split, monthly in ((BEGAN, began.get(subject)), (FINISHED, finished.get(subject))):
            if monthly:
                months = sorted({month for _value, month in monthly["region"]})
                yield from _by_parts(kept, shown, split, months, monthly)
        if subject in orders:
            order = [NO_LESSON, *map(str, orders[subject])]
            lessons = join_lessons(count_by_lesson(run, subject, orders[subject], cells), order)
            yield from _by_parts(kept, shown, LESSON, order, _by_value(lessons))


class _Kept:
    """Makes the rows of one subject."""

    def __init__(self, run: ReportRun, subject: Subject) -> None:
        self.run = run
        self.kind, self.key = subject

    def figure(
        self,
        *,
        counts: Counts | None,
        by: tuple[str, str] = ("", ""),
        part: tuple[str, str] = ("", ""),
        place: int = 0,
    ) -> ReportFigure:
        made = ReportFigure(
            run=self.run,
            kind=self.kind,
            subject_key=self.key,
            filter_by=by[0],
            filter_value=by[1],
            split_by=part[0],
            split_value=part[1],
            place=place,
        )
        if counts is None:
            return made
        if part[0] == FINISHED:
            made.completed = counts[0]
        elif part[0] in {BEGAN, LESSON}:
            made.started = counts[0]
        else:
            made.under_way, made.completed = counts
            made.started = sum(counts)
        return made


def _along(cells: Cells, group: str) -> dict[str, Counts]:
    at = GROUPS.index(group)
    found: dict[str, list[Counts]] = defaultdict(list)
    for place, counts in cells.items():
        found[place[at]].append(counts)
    return {value: add(counts) for value, counts in found.items()}


def _across(cells: Cells, one: str, other: str) -> dict[tuple[str, str], Counts]:
    at = GROUPS.index(one), GROUPS.index(other)
    found: dict[tuple[str, str], list[Counts]] = defaultdict(list)
    for place, counts in cells.items():
        found[place[at[0]], place[at[1]]].append(counts)
    return {pair: add(counts) for pair, counts in found.items()}


def _by_value(lessons: dict[tuple[Place, str], int]) -> Monthly:
    found: dict[str, Counter[tuple[str, str]]] = {group: Counter() for group in GROUPS}
    for (place, lesson), count in lessons.items():
        for group, value in zip(GROUPS, place, strict=True):
            found[group][value, lesson] += count
    return {group: {pair: (count,) for pair, count in counter.items()} for group, counter in found.items()}


def _one_way(
    kept: _Kept, split: str, cells: Mapping[str, Counts], shown: frozenset[str], order: list[str]
) -> Iterator[ReportFigure]:
    for place, value in enumerate(order):
        counts = cells.get(value)
        if counts is not None and any(counts):
            yield kept.figure(counts=counts if value in shown else None, part=(split, value), place=place)
    rest = [counts for value, counts in cells.items() if value not in shown]
    if rest:
        yield kept.figure(counts=add(rest), part=(split, REST), place=len(order))


def _by_groups(kept: _Kept, cells: Cells, shown: Mapping[str, frozenset[str] | None]) -> Iterator[ReportFigure]:
    """By region, programme and role; each of them by itself, and among those in each of the others."""
    for group in GROUPS:
        line, open_here = _along(cells, group), shown[group] or frozenset()
        yield from _one_way(kept, group, line, open_here, sorted(line))
        for value, counts in line.items():
            yield kept.figure(counts=counts if value in open_here else None, by=(group, value))
    for one, other in combinations(GROUPS, 2):
        rows, columns = shown[one] or frozenset(), shown[other] or frozenset()
        for (row, column), pair in open_pairs(_across(cells, one, other), rows=rows, columns=columns).items():
            if row != REST:
                yield kept.figure(counts=pair, by=(one, row), part=(other, column))
            if column != REST:
                yield kept.figure(counts=pair, by=(other, column), part=(one, row))


def _by_parts(
    kept: _Kept, shown: Mapping[str, frozenset[str] | None], split: str, order: list[str], tables: Monthly
) -> Iterator[ReportFigure]:
    """By month or lesson: of all, and among those in each region, programme and role."""
    line: dict[str, list[Counts]] = defaultdict(list)
    for (_value, part), counts in tables[GROUPS[0]].items():
        line[part].append(counts)
    total = {part: add(counts) for part, counts in line.items()}
    columns = open_values(total)
    if columns is None:
        return
    yield from _one_way(kept, split, total, columns, order)
    place_of = {part: place for place, part in enumerate(order)}
    for group in GROUPS:
        rows = shown[group] or frozenset()
        for (row, column), counts in open_pairs(tables[group], rows=rows, columns=columns).items():
            if row != REST:
                place = place_of.get(column, len(order))
                yield kept.figure(counts=counts, by=(group, row), part=(split, column), place=place)


# --- questions ------------------------------------------------------------------------------------------


def make_questions(run: ReportRun) -> Iterator[ReportQuestion]:
    """Each question as each version words it, where at least five answered right at first and five did not.

    Nobody counts for nobody: all right, or none, may be shown. The share of all answers is withheld where the later
    answers alone are few. Four queries.
    """
    own = "lesson_key", "block_id", "version"
    right = Count("pk", filter=Q(score=1))
    first = QuizAttempt.objects.order_by().values("learner", "block_id", "version").annotate(first=Min("pk"))
    at_first = {
        (lesson, block, version): (correct, answers - correct)
        for lesson, block, version, answers, correct in QuizAttempt.objects.filter(pk__in=first.values("first"))
        .order_by()
        .values_list(*own)
        .annotate(answers=Count("pk"), correct=right)
    }
    course_of = _get_courses_of_lessons()
    for lesson, block, version, answers, correct in (
        QuizAttempt.objects.order_by(*own).values_list(*own).annotate(answers=Count("pk"), correct=right)
    ):
        counts = at_first[lesson, block, version]
        if is_small(counts):
            continue
        later = (correct - counts[0], answers - correct - counts[1])
        yield ReportQuestion(
            run=run,
            lesson_key=lesson,
            course_key=course_of.get(lesson),
            block_id=block,
            version_id=version,
            answered=sum(counts),
            right_at_first=100 * counts[0] // sum(counts),
            right_of_all=None if is_small(later) else 100 * correct // answers,
        )


def _get_courses_of_lessons() -> dict[UUID, UUID]:
    course_of = dict(CoursePage.objects.live().values_list("path", "translation_key"))
    return {
        key: course_of[path[: -LessonPage.steplen]]
        for path, key in LessonPage.objects.live().values_list("path", "translation_key")
        if path[: -LessonPage.steplen] in course_of
    }
