"""What the national and regional reports show, read from the figures that were kept (learning.reports.figures).

Nothing here counts people: what was withheld when the figures were made is not there to be read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from courses.models import CoursePage, LessonPage, LessonVersion, Principle
from learning.models import LearningPathPage, ReportFigure, ReportQuestion, ReportRun, SubjectKind
from learning.reports.figures import GROUPS, LESSON, MONTH, NO_LESSON, NONE, months_between
from learning.reports.suppression import REST
from people.models import Region, Team, TeamRole

PARAMETERS = {"region": "region", "program": "programme", "rolle": "role"}
"""What the address says, and the group it filters by."""
GROUP_LABELS = {
    "region": gettext_lazy("Region"),
    "programme": gettext_lazy("Program"),
    "role": gettext_lazy("Rolle i teamet"),
}
MONTHS = (12, 24, 36)
HARDEST = 10


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures the reader may see: one region's, or everybody's where it is empty."""

    region: str = ""


@dataclass(frozen=True, slots=True)
class ReportChoice:
    """What the address asks for, within the reader's scope. Anything else counts as not said."""

    subject: UUID | None = None
    filter_by: str = ""
    filter_value: str = ""
    months: int = MONTHS[0]
    is_too_narrow: bool = False
    """More than one filter was asked for; only the first holds."""

    @classmethod
    def read(cls, data: Any, scope: Scope) -> "ReportChoice":
        try:
            subject = UUID(str(data.get("emne", "")))
        except ValueError:
            subject = None
        asked = [(group, str(data[name])[:50]) for name, group in PARAMETERS.items() if data.get(name)]
        if scope.region:
            others = [each for each in asked if each[0] != "region"]
            asked = [("region", scope.region), *others]
        months = str(data.get("maneder", ""))
        return cls(
            subject=subject,
            filter_by=asked[0][0] if asked else "",
            filter_value=asked[0][1] if asked else "",
            months=int(months) if months in {str(each) for each in MONTHS} else MONTHS[0],
            is_too_narrow=len(asked) > 1,
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of a table. `started` None: withheld. `is_part_only`: a sum of what is shown; more is withheld."""

    label: str
    started: int | None = None
    under_way: int | None = None
    completed: int | None = None
    key: str = ""
    language: str = ""
    is_part_only: bool = False

    @property
    def is_withheld(self) -> bool:
        return self.started is None

    @property
    def percent_completed(self) -> int:
        """0–100, floored, of those who began."""
        return 100 * (self.completed or 0) // self.started if self.started else 0


@dataclass(frozen=True, slots=True)
class Month:
    """How many began and completed in a month of local time, or in months that had to be joined."""

    label: str
    short: str
    began: int
    completed: int
    under_way: int
    """At the end of it."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Lessons that were the last somebody completed: how many stopped there, and how many went on."""

    label: str
    title: str
    stopped: int
    went_on: int
    percent_of_all: int
    """Who went on, of all who began: 0–100, floored."""


@dataclass(frozen=True, slots=True)
class HardQuestion:
    question: str
    lesson: str
    version: int
    answered: int
    right_at_first: int
    right_of_all: int | None


@dataclass(slots=True)
class Breakdown:
    """A table by region, programme or role."""

    group: str
    label: str
    rows: list[Figure]


@dataclass(slots=True)
class Report:
    """Everything on the page."""

    run: ReportRun
    choice: ReportChoice
    subjects: list[Figure] = field(default_factory=list)
    principles: list[Figure] = field(default_factory=list)
    subject: Figure | None = None
    breakdowns: list[Breakdown] = field(default_factory=list)
    months: list[Month] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    questions: list[HardQuestion] = field(default_factory=list)
    is_parted_further: bool = False
    """Whether what is shown can be split by anything; not within a programme or a role."""


def get_run() -> ReportRun | None:
    """The newest figures. One query."""
    return ReportRun.objects.first()


def get_report(run: ReportRun, choice: ReportChoice, *, language: str) -> Report:
    """Twelve queries at most, however many courses, regions and roles."""
    report = Report(run=run, choice=choice)
    titles = get_subject_titles(language=language)
    if choice.subject is None:
        report.subjects = _get_subjects(run, choice, titles)
        report.principles = _get_principles(report.subjects, language=language)
    else:
        _fill_subject(report, titles, language=language)
    if not choice.filter_by:  # questions are counted for the whole country only
        report.questions = _get_hardest(run, choice, language=language)
    return report


Titles = dict[tuple[str, UUID], tuple[str, str]]


def get_subject_titles(*, language: str) -> Titles:
    """Title and language of every path and course, paths first: the reader's, else as written. Two queries."""
    titles: Titles = {}
    for kind, model in ((SubjectKind.PATH, LearningPathPage), (SubjectKind.COURSE, CoursePage)):
        for key, title, there in (
            model.objects.live().order_by("path").values_list("translation_key", "title", "locale__language_code")
        ):
            kept = titles.get((kind, key))
            if kept is None or there == language or (there == settings.LANGUAGE_CODE and kept[1] != language):
                titles[kind, key] = (title, there)
    return titles


def _rows(run: ReportRun, choice: ReportChoice) -> Any:
    """Rows of everybody, and of those the filter names."""
    wanted = Q(filter_by="")
    if choice.filter_by:
        wanted |= Q(filter_by=choice.filter_by, filter_value=choice.filter_value)
    return ReportFigure.objects.filter(wanted, run=run)


def _figure(label: str, row: ReportFigure | None, **more: Any) -> Figure:
    """A part with nobody has no row."""
    if row is None:
        return Figure(label, 0, 0, 0, **more)
    return Figure(label, row.started, row.under_way, row.completed, **more)


def _get_subjects(run: ReportRun, choice: ReportChoice, titles: Titles) -> list[Figure]:
    """One line a path or course that anybody has begun. One query."""
    total: dict[tuple[str, UUID], ReportFigure] = {}
    chosen: dict[tuple[str, UUID], ReportFigure] = {}
    for each in _rows(run, choice).filter(split_by=""):
        (chosen if each.filter_by else total)[each.kind, each.subject_key] = each
    lines = []
    for subject, (title, there) in titles.items():
        if subject not in total:
            continue
        row: ReportFigure | None = total[subject]
        if choice.filter_by and total[subject].started is not None:
            row = chosen.get(subject)
        lines.append(_figure(title, row, key=str(subject[1]), language=there))
    return lines


def _get_principles(subjects: list[Figure], *, language: str) -> list[Figure]:
    """Participations in each principle's courses: the sum of what the table of courses shows, and nothing more.

    Two queries.
    """
    figures = {subject.key: subject for subject in subjects}
    names: dict[UUID, tuple[str, str]] = {}
    for key, name, there in Principle.objects.order_by("principle_set_id", "position", "pk").values_list(
        "translation_key", "name", "locale__language_code"
    ):
        if key not in names or there == language:
            names[key] = (name, there)
    tagged: dict[UUID, set[str]] = {}
    for principle, course in CoursePage.principles.through.objects.filter(coursepage__live=True).values_list(
        "principle__translation_key", "coursepage__translation_key"
    ):
        tagged.setdefault(principle, set()).add(str(course))
    lines = []
    for key, (name, there) in names.items():
        found = [figures[course] for course in tagged.get(key, ()) if course in figures]
        if not found:
            continue
        known = [each for each in found if not each.is_withheld]
        if not known:
            lines.append(Figure(name, language=there))
            continue
        lines.append(
            Figure(
                name,
                sum(each.started or 0 for each in known),
                sum(each.under_way or 0 for each in known),
                sum(each.completed or 0 for each in known),
                language=there,
                is_part_only=len(known) < len(found),
            )
        )
    return lines


def get_value_labels() -> dict[str, dict[str, str]]:
    """What each value of each group is called in the language being read, in order. Two queries."""
    return {
        "region": {region.key: region.name for region in Region.objects.all()} | {NONE: _("Uten region")},
        "programme": {code: str(label) for code, label in Team.Programme.choices} | {NONE: _("Uten team")},
        "role": {role.key: str(role) for role in TeamRole.objects.all()} | {NONE: _("Rolle ikke oppgitt")},
    }


def _fill_subject(report: Report, titles: Titles, *, language: str) -> None:
    choice, key = report.choice, report.choice.subject
    rows = list(_rows(report.run, choice).filter(subject_key=key).order_by("place", "pk"))
    subject = next((each for each in titles if each[1] == key), None)
    if subject is None or not rows:
        return
    title, there = titles[subject]
    total = next((row for row in rows if not row.filter_by and not row.split_by), None)
    own = [row for row in rows if row.filter_by == choice.filter_by]
    if choice.filter_by and total is not None and total.started is not None:
        total = next((row for row in own if not row.split_by), None)
    report.subject = _figure(title, total, key=str(key), language=there)
    if not report.subject.started:
        return
    labels = get_value_labels()
    for group in GROUPS:
        if group == choice.filter_by:
            continue
        found = {row.split_value: row for row in own if row.split_by == group}
        if not found:
            continue
        order = [*labels[group], *sorted(set(found) - set(labels[group]) - {REST})]
        lines = [_figure(labels[group].get(value, value), found[value], key=value) for value in order if value in found]
        if REST in found:
            lines.append(_figure(_("Mindre grupper samlet"), found[REST]))
        report.breakdowns.append(Breakdown(group=group, label=str(GROUP_LABELS[group]), rows=lines))
    report.months = _make_months([row for row in own if row.split_by == MONTH], choice.months)
    stops = [row for row in own if row.split_by == LESSON]
    report.stops = _make_stops(stops, began=report.subject.started, language=language)
    report.is_parted_further = choice.filter_by in {"", "region"}


def last_months(count: int) -> list[date]:
    """The first days of the last months, this one too, in local time."""
    today = timezone.localdate()
    numbers = range(today.year * 12 + today.month - count, today.year * 12 + today.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def _make_months(rows: list[ReportFigure], count: int) -> list[Month]:
    """The last months, those where nobody began or completed too; none where they are withheld."""
    if not rows or any(row.started is None for row in rows):
        return []
    of_month: dict[str, ReportFigure] = {}
    for row in rows:
        first, _slash, last = row.split_value.partition("/")
        of_month |= dict.fromkeys(months_between(first, last), row)
    months: list[Month] = []
    shown: ReportFigure | None = None
    for day in last_months(count):
        found = of_month.get(f"{day:%Y-%m}")
        if found is None:
            # Before anybody began, or after the last time anything happened.
            under_way = 0 if not months else months[-1].under_way
            months.append(Month(_month_name(day), _short_name(day), 0, 0, under_way))
        elif found is not shown:
            shown = found
            first, _slash, last = found.split_value.partition("/")
            ends = [date(int(month[:4]), int(month[5:]), 1) for month in (first, last)]
            label = _month_name(ends[1])
            if first != last:
                label = f"{_month_name(ends[0])} – {label}"
            months.append(
                Month(
                    label=label,
                    short=_short_name(ends[1]) if first == last else f"…{_short_name(ends[1])}",
                    began=found.started or 0,
                    completed=found.completed or 0,
                    under_way=found.under_way or 0,
                )
            )
    return months


def _month_name(day: date) -> str:
    return date_format(day, "YEAR_MONTH_FORMAT")


def _short_name(day: date) -> str:
    return date_format(day, "M")[:3]


def _make_stops(rows: list[ReportFigure], *, began: int, language: str) -> list[Stop]:
    """In the order of the lessons; none where they are withheld. One query."""
    if any(row.started is None for row in rows):
        return []
    titles = get_lesson_titles({UUID(row.split_value) for row in rows if row.split_value}, language=language)
    stops: list[Stop] = []
    went_on = 0
    starts = [0, *(row.place + 1 for row in rows)]
    for start, row in reversed(list(zip(starts, rows, strict=False))):
        first, last = max(start, 1), row.place
        if row.split_value == NO_LESSON:
            label = _("Før første leksjon")
        elif first == last:
            label = _("Leksjon %(number)d") % {"number": last}
        else:
            label = _("Leksjon %(first)d–%(last)d") % {"first": first, "last": last}
        title = titles.get(UUID(row.split_value), "") if row.split_value else ""
        stopped = row.started or 0
        stops.insert(0, Stop(label, title, stopped, went_on, 100 * went_on // began))
        went_on += stopped
    return stops


def get_lesson_titles(keys: set[UUID], *, language: str) -> dict[UUID, str]:
    """What published lessons are called, in the reader's language where they are. One query."""
    titles: dict[UUID, tuple[str, str]] = {}
    for key, title, there in (
        LessonPage.objects.live()
        .filter(translation_key__in=keys)
        .order_by("pk")
        .values_list("translation_key", "title", "locale__language_code")
    ):
        if key not in titles or there == language:
            titles[key] = (title, there)
    return {key: title for key, (title, _there) in titles.items()}


def _get_hardest(run: ReportRun, choice: ReportChoice, *, language: str) -> list[HardQuestion]:
    """The questions fewest answered right at first, as each version words them. Two queries."""
    found = ReportQuestion.objects.filter(run=run).select_related("version").defer("version__revision")
    if choice.subject is not None:
        found = found.filter(course_key=choice.subject)
    rows = list(found[:HARDEST])
    titles = get_lesson_titles({row.lesson_key for row in rows}, language=language)
    return [
        HardQuestion(
            question=_wording(row.version, row.block_id),
            lesson=titles.get(row.lesson_key, row.version.title),
            version=row.version.number,
            answered=row.answered,
            right_at_first=row.right_at_first,
            right_of_all=row.right_of_all,
        )
        for row in rows
    ]


def _wording(version: LessonVersion, block_id: UUID) -> str:
    return next((each["label"] for each in version.activities if each["id"] == str(block_id)), str(block_id))


# --- everything, as a file ------------------------------------------------------------------------------


def get_all_figures(run: ReportRun, scope: Scope) -> Any:
    """Every figure the reader may see, in order, to be gone through one by one."""
    rows = ReportFigure.objects.filter(run=run).order_by("pk")
    return rows.filter(filter_by="region", filter_value=scope.region) if scope.region else rows


HEADINGS = (
    gettext_lazy("Slag"),
    gettext_lazy("Kurs eller læringssti"),
    gettext_lazy("Blant"),
    gettext_lazy("Verdi"),
    gettext_lazy("Fordelt på"),
    gettext_lazy("Del"),
    gettext_lazy("Begynt"),
    gettext_lazy("I gang"),
    gettext_lazy("Fullført"),
)
SPLIT_LABELS = {
    **GROUP_LABELS,
    MONTH: gettext_lazy("Måned"),
    LESSON: gettext_lazy("Siste leksjon de fullførte"),
    "": gettext_lazy("Alle"),
}


def make_table(rows: Iterable[ReportFigure], *, language: str) -> Iterator[list[str | int]]:
    """Headings, then a line a figure, in the language being read. Five queries besides the rows' own.

    Raises nothing on what has been deleted since: it goes by its key.
    """
    yield [str(heading) for heading in HEADINGS]
    titles = {key: title for (_kind, key), (title, _there) in get_subject_titles(language=language).items()}
    kinds = {kind: str(label) for kind, label in SubjectKind.choices}
    labels = get_value_labels()
    lessons = dict(LessonVersion.objects.order_by("lesson_key", "number").values_list("lesson_key", "title").iterator())
    words = {key: str(label) for key, label in SPLIT_LABELS.items()}
    rest, before, withheld = _("Mindre grupper samlet"), _("Før første leksjon"), _("under fem")

    def part(group: str, value: str) -> str:
        if not group:
            return ""
        if value == REST:
            return rest
        if group == LESSON:
            return lessons.get(UUID(value), value) if value else before
        return labels.get(group, {}).get(value, value)

    def number(row: ReportFigure, column: str) -> str | int:
        if row.split_by == LESSON and column != "started":
            return ""
        found = getattr(row, column)
        return withheld if found is None else int(found)

    for row in rows:
        yield [
            kinds.get(row.kind, row.kind),
            titles.get(row.subject_key, str(row.subject_key)),
            words[row.filter_by],
            part(row.filter_by, row.filter_value),
            words[row.split_by] if row.split_by else "",
            part(row.split_by, row.split_value),
            number(row, "started"),
            number(row, "under_way"),
            number(row, "completed"),
        ]


def make_shown_table(report: Report) -> Iterator[list[str | int]]:
    """What the page shows, as a file: headings, then a line a figure. No query."""
    yield [_("Fordelt på"), pgettext("part of a whole", "Del"), _("Begynt"), _("I gang"), _("Fullført")]
    withheld = _("under fem")

    def line(group: str, figure: Figure) -> list[str | int]:
        numbers = (figure.started, figure.under_way, figure.completed)
        return [group, figure.label, *(withheld if each is None else each for each in numbers)]

    for figure in report.subjects:
        yield line(_("Kurs eller læringssti"), figure)
    for figure in report.principles:
        yield line(_("Prinsipp"), figure)
    if report.subject:
        yield line(_("Kurs eller læringssti"), report.subject)
    for breakdown in report.breakdowns:
        for figure in breakdown.rows:
            yield line(breakdown.label, figure)
    for month in report.months:
        yield [_("Måned"), month.label, month.began, month.under_way, month.completed]
    for stop in report.stops:
        yield [_("Siste leksjon de fullførte"), f"{stop.label} {stop.title}".strip(), stop.stopped, "", ""]
