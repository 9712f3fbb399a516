"""Counting, and what of it is kept: aggregates of everybody, without small groups (learning.reports.suppression).

People are counted by their first attempt: it says when they began and when they completed it the first time. Everybody
stands in one region, programme and role: those of the active membership that began first, and of its first role.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
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
from learning.reports.suppression import REST, Counts, add, is_small, join_neighbours, open_pairs, open_values
from people.models import Membership, Region, Team, TeamRole, User

GROUPS = ("region", "programme", "role")
"""What people are grouped by."""
NONE = "-"
"""The value of those without a team, or whose team or membership says nothing."""
MONTH, LESSON = "month", "lesson"
"""Breakdowns by month (`2026-08/2026-10`: the first and the last of it), and by the last lesson somebody completed."""
NO_LESSON = ""

Subject = tuple[str, UUID]
Place = tuple[str, ...]
"""Region, programme and role."""
Cells = dict[Place, Counts]
Monthly = Counter[tuple[str, str]]
"""By region and month (`2026-08`)."""
Lessons = Mapping[str, list[Counts]]
"""By region: one pair of (under way, completed) for each lesson, and before the first."""


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
    """How many began or completed (`moment` is the column) in each month of local time, by region. One query."""
    found: dict[Subject, Monthly] = defaultdict(Counter)
    for kind, key, region, month, count in (
        Enrolment.objects.filter(attempt=1, learner__report_places__run=run)
        .exclude(**{moment: None})
        .annotate(month=TruncMonth(moment, tzinfo=ZoneInfo(settings.TIME_ZONE)))
        .values_list("kind", "subject_key", in_place("region"), "month")
        .annotate(count=Count("pk"))
        .order_by()
    ):
        found[kind, key][region, f"{month:%Y-%m}"] += count
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


def count_by_lesson(run: ReportRun, subject: Subject, order: list[UUID], cells: Cells) -> Lessons:
    """(under way, completed) by region and by the last lesson they have completed, counted from 1; 0 for none yet.

    One query; its rows are gone through one by one and not kept.
    """
    kind, key = subject
    enrolled = Enrolment.objects.filter(kind=kind, subject_key=key, attempt=1)
    number = Case(
        *(When(lesson_key=lesson, then=Value(place)) for place, lesson in enumerate(order, start=1)),
        output_field=IntegerField(),
    )
    reached: dict[str, list[list[int]]] = {place[0]: [[0] * (len(order) + 1) for _part in range(2)] for place in cells}
    for part, people in enumerate(
        (enrolled.filter(completed_at__isnull=True), enrolled.filter(completed_at__isnull=False))
    ):
        for _learner, region, last in (
            LessonProgress.objects.filter(
                completed_at__isnull=False,
                lesson_key__in=order,
                learner__in=people.values("learner"),
                learner__report_places__run=run,
            )
            .values_list("learner", in_place("region"))
            .annotate(last=Max(number))
            .order_by()
            .iterator(chunk_size=5000)
        ):
            reached[region][part][last] += 1
    for place, counts in cells.items():
        for part, count in enumerate(counts):
            reached[place[0]][part][0] += count
    for parts in reached.values():
        for line in parts:
            line[0] -= sum(line[1:])
    return {region: list(zip(*parts, strict=True)) for region, parts in reached.items()}


def months_between(first: str, last: str) -> list[str]:
    """`2026-08` to `2026-10`, both of them and those between."""
    numbers = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    start, end = numbers
    return [f"{each // 12:04d}-{each % 12 + 1:02d}" for each in range(start, end + 1)]


# --- what is kept ---------------------------------------------------------------------------------------


def make_figures(run: ReportRun) -> Iterator[ReportFigure]:
    """Every figure of the run, the withheld ones without a number."""
    people = count_people(run)
    began, finished = count_by_month(run, "started_at"), count_by_month(run, "completed_at")
    orders = get_lesson_orders(people)
    for subject in sorted(people, key=lambda subject: (subject[0], str(subject[1]))):
        order = orders.get(subject, [])
        yield from publish(
            run,
            subject,
            cells=people[subject],
            began=began[subject],
            finished=finished[subject],
            order=order,
            lessons=count_by_lesson(run, subject, order, people[subject]) if order else {},
        )


def publish(
    run: ReportRun,
    subject: Subject,
    *,
    cells: Cells,
    began: Monthly,
    finished: Monthly,
    order: list[UUID],
    lessons: Lessons,
) -> Iterator[ReportFigure]:
    """What is kept of one course or path: nothing from which a group under five could be found. No query.

    Tables by one thing (region, programme, role, month, lesson), and each of the others within the regions. No other
    two are crossed: a region is then the only thing any two tables have in common.
    """
    kept = _Kept(run, subject)
    total = add(cells.values())
    if is_small(total):
        yield kept.figure(counts=None)
        return
    yield kept.figure(counts=total)
    regions = open_values(_along(cells, "region")) or frozenset()
    yield from _one_way(kept, "region", _along(cells, "region"), regions)
    for group in ("programme", "role"):
        line = _along(cells, group)
        shown = open_values(line) or frozenset()
        pairs = open_pairs(_across(cells, "region", group), rows=regions, columns=shown)
        if pairs is None:
            shown, pairs = frozenset(), {}
        yield from _one_way(kept, group, line, shown)
        for (region, value), counts in pairs.items():
            if region != REST:
                yield kept.figure(counts=counts, by=("region", region), part=(group, value))
    yield from _by_month(kept, regions, began, finished)
    if order:
        yield from _by_lesson(kept, regions, order, lessons)


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
        """`counts` is (under way, completed); by month (began, completed, under way at its end)."""
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
        if part[0] == MONTH:
            made.started, made.completed, made.under_way = counts
        elif part[0] == LESSON:
            made.started = sum(counts)
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


def _one_way(kept: _Kept, group: str, line: Mapping[str, Counts], shown: frozenset[str]) -> Iterator[ReportFigure]:
    """A table by one thing; each of its values is a filter too."""
    for value, counts in sorted(line.items()):
        seen = counts if value in shown else None
        yield kept.figure(counts=seen, part=(group, value))
        yield kept.figure(counts=seen, by=(group, value))
    rest = [counts for value, counts in line.items() if value not in shown]
    if rest:
        yield kept.figure(counts=add(rest), part=(group, REST))


def _by_month(kept: _Kept, regions: frozenset[str], began: Monthly, finished: Monthly) -> Iterator[ReportFigure]:
    """Months joined so that neither who began, nor who completed, nor who was under way at the end is a small group."""
    known = sorted({month for _region, month in (*began, *finished)})
    months = months_between(known[0], known[-1])
    lines = {
        region: [(began[region, month], finished[region, month]) for month in months]
        for region in {region for region, _month in began}
    }
    ends = join_neighbours(
        [add(line) for line in zip(*lines.values(), strict=True)], running=lambda so_far: (so_far[0] - so_far[1],)
    )
    starts = [0, *(end + 1 for end in ends)]
    values = [f"{months[start]}/{months[end]}" for start, end in zip(starts, ends, strict=False)]

    def joined(line: Sequence[Counts]) -> list[Counts]:
        sums = [(add(line[start : end + 1]), add(line[: end + 1])) for start, end in zip(starts, ends, strict=False)]
        return [(*held, so_far[0] - so_far[1]) for held, so_far in sums]

    yield from _in_order(kept, MONTH, regions, values, ends, {region: joined(line) for region, line in lines.items()})


def _by_lesson(
    kept: _Kept, regions: frozenset[str], order: list[UUID], lessons: Mapping[str, list[Counts]]
) -> Iterator[ReportFigure]:
    """Lessons joined so that no small group stopped there; each group is known by its last lesson."""
    ends = join_neighbours([add(line) for line in zip(*lessons.values(), strict=True)])
    starts = [0, *(end + 1 for end in ends)]
    values = [str(order[end - 1]) if end else NO_LESSON for end in ends]
    joined = {
        region: [add(line[start : end + 1]) for start, end in zip(starts, ends, strict=False)]
        for region, line in lessons.items()
    }
    yield from _in_order(kept, LESSON, regions, values, ends, joined)


def _in_order(
    kept: _Kept,
    split: str,
    regions: frozenset[str],
    values: list[str],
    places: list[int],
    lines: Mapping[str, list[Counts]],
) -> Iterator[ReportFigure]:
    """A table in an order, of all and of each region; a region's is shown whole or not at all."""
    gathered: dict[str, list[list[Counts]]] = defaultdict(list)
    for region, line in lines.items():
        gathered[region if region in regions else REST].append(line)
    by_region = {region: [add(cells) for cells in zip(*found, strict=True)] for region, found in gathered.items()}
    for value, place, column in zip(values, places, zip(*by_region.values(), strict=True), strict=False):
        yield kept.figure(counts=add(column), part=(split, value), place=place)
    shown = open_values({region: tuple(chain.from_iterable(line)) for region, line in by_region.items()})
    for region, line in by_region.items():
        if region == REST:
            continue
        is_shown = shown is not None and region in shown
        for value, place, counts in zip(values, places, line, strict=False):
            part = (split, value)
            yield kept.figure(counts=counts if is_shown else None, by=("region", region), part=part, place=place)


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
