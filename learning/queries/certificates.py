"""Reads about course certificates: one's own, one by its code, and what is printed on a new one."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from courses.models import CoursePage, LessonPage, Principle
from courses.urls_of import page_path
from learning.certificates.addresses import certificate_url
from learning.models import Certificate, Completion, Enrolment, LearningPathPage, SigningKey, SubjectKind
from learning.queries.syllabuses import get_path_course_keys
from people.models import User
from people.typesetting.codes import show_code

QUARTER = Decimal("0.25")


class Standing(StrEnum):
    """What a certificate is good for today."""

    VALID = "valid"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REVOKED = "revoked"


def get_standing(certificate: Certificate, *, today: date | None = None) -> Standing:
    """Revoked before replaced, replaced before expired. The last day printed is still good. No query where
    `replaced_by` is selected.
    """
    if certificate.revoked_at is not None:
        return Standing.REVOKED
    if getattr(certificate, "replaced_by", None) is not None:
        return Standing.REPLACED
    if certificate.expires_on is not None and certificate.expires_on < (today or timezone.localdate()):
        return Standing.EXPIRED
    return Standing.VALID


class RevocationReason(models.TextChoices):
    """Kept in `Certificate.revoked_reason`. Whoever checks the certificate sees which it is, and no more."""

    MISTAKE = "mistake", _("Utstedt ved en feil")
    NOT_OWN_WORK = "not_own_work", _("Kurset ble ikke tatt av den som står på beviset")
    MISUSE = "misuse", _("Beviset er brukt på en måte det ikke er ment for")
    HOLDER_ASKED = "holder_asked", _("Innehaveren ba om det")


def reason_in_words(reason: str) -> str:
    """The reason as a reader is told it; empty for a certificate in force."""
    return str(RevocationReason(reason).label) if reason else ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a certificate says of a course or a path, as it is taught now."""

    title: str
    hours: Decimal | None
    principles: list[str]
    valid_months: int | None


def get_subject(*, kind: str, subject_key: UUID, language: str) -> Subject | None:
    """What to print for this reader; None for what gives no certificate: chapters, and what is in Flett no more.

    In the reader's language where the page has it, else in the site's own. A course that was taken down after it was
    completed counts. Five queries at most.
    """
    page = _page_of(CoursePage if kind == SubjectKind.COURSE else LearningPathPage, subject_key, language)
    if page is None:
        return None
    if isinstance(page, CoursePage):
        if page.kind != CoursePage.Kind.SHORT_COURSE:
            return None
        course_keys = [subject_key]
    else:
        course_keys = get_path_course_keys([subject_key])[subject_key]
    courses = _courses_by_key(course_keys)
    return Subject(
        title=page.title,
        hours=_hours(courses.values()),
        principles=_principles([course.pk for course in courses.values()], language=language),
        valid_months=page.certificate_valid_months,
    )


def _page_of(
    model: type[CoursePage] | type[LearningPathPage], key: UUID, language: str
) -> CoursePage | LearningPathPage | None:
    """The page in this language, else in the site's own, else in any; a published one before one that is not."""
    pages = list(model.objects.filter(translation_key=key).select_related("locale").order_by("pk"))
    wanted = (language, settings.LANGUAGE_CODE)

    def place(page: CoursePage | LearningPathPage) -> tuple[bool, int]:
        code = page.locale.language_code
        return not page.live, wanted.index(code) if code in wanted else len(wanted)

    return min(pages, key=place, default=None)


def get_subject_path(*, kind: str, subject_key: UUID) -> str:
    """Where the course or path is read now, in the language being read; empty where it is not published. One query."""
    model = CoursePage if kind == SubjectKind.COURSE else LearningPathPage
    page = _page_of(model, subject_key, translation.get_language() or settings.LANGUAGE_CODE)
    return page_path(page) if page is not None and page.live else ""


def _courses_by_key(keys: Iterable[UUID]) -> dict[UUID, CoursePage]:
    """One page of each course, the site's own language first, with `lesson_minutes`. One query."""
    wanted = list(keys)
    lessons = (
        LessonPage.objects.live()
        .filter(path__startswith=OuterRef("path"))
        .order_by()
        .annotate(group=OuterRef("pk"))
        .values("group")
        .annotate(sum=Sum("minutes"))
        .values("sum")
    )
    found: dict[UUID, CoursePage] = {}
    pages = (
        CoursePage.objects.filter(translation_key__in=wanted)
        .select_related("locale")
        .annotate(lesson_minutes=Subquery(lessons))
    )
    for page in sorted(pages, key=lambda page: (page.locale.language_code != settings.LANGUAGE_CODE, page.pk)):
        found.setdefault(page.translation_key, page)
    return {key: found[key] for key in wanted if key in found}


def _hours(courses: Iterable[CoursePage]) -> Decimal | None:
    """The courses' own hours; where a course names none, its minutes. Rounded to a quarter of an hour."""
    total = Decimal(0)
    for course in courses:
        minutes = course.minutes or course.lesson_minutes or 0
        total += course.cpd_hours if course.cpd_hours is not None else Decimal(minutes) / 60
    if not total:
        return None
    quarters = (total / QUARTER).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return max(quarters, Decimal(1)) * QUARTER


def _principles(course_pks: Iterable[int], *, language: str) -> list[str]:
    """Names in this language, each once, in the order of their sets: two sets may share a name. One query."""
    keys = Principle.objects.filter(courses__in=list(course_pks)).values("translation_key")
    names: dict[UUID, str] = {}
    rows = (
        Principle.objects.filter(translation_key__in=keys)
        .order_by("principle_set_id", "position", "pk")
        .values_list("translation_key", "locale__language_code", "name")
    )
    by_key: dict[UUID, dict[str, str]] = {}
    for key, code, name in rows:
        by_key.setdefault(key, {})[code] = name
    for key, by_language in by_key.items():
        names[key] = (
            by_language.get(language) or by_language.get(settings.LANGUAGE_CODE) or next(iter(by_language.values()))
        )
    return list(dict.fromkeys(names.values()))


def get_completions_without_certificate(person: User) -> list[Completion]:
    """What this person has completed that gives a certificate and has none. Chapters give none. One query."""
    short_courses = CoursePage.objects.filter(kind=CoursePage.Kind.SHORT_COURSE).values("translation_key")
    return list(
        Completion.objects.filter(learner=person, certificates__isnull=True)
        .filter(Q(kind=SubjectKind.PATH) | Q(subject_key__in=short_courses))
        .order_by("completed_at", "pk")
    )


@dataclass(slots=True)
class OwnCertificate:
    """A certificate as its holder sees it, with the earlier ones for the same course or path.

    `address` is where anyone checks it.
    """

    certificate: Certificate
    standing: Standing
    can_renew: bool = False
    name_differs: bool = False
    reason: str = ""
    earlier: list["OwnCertificate"] = field(default_factory=list)

    @property
    def address(self) -> str:
        return certificate_url(self.certificate.code)

    @property
    def shown_code(self) -> str:
        return show_code(self.certificate.code)


def get_own_certificates(person: User) -> list[OwnCertificate]:
    """A person's certificates, one entry for each course or path, the newest first. Two queries, however many; one for
    none.

    What is expired can be renewed, and so can what expires within three months, unless a new attempt is open. A name
    that was changed since then can be put on a new one.
    """
    today = timezone.localdate()
    entries: dict[UUID, OwnCertificate] = {}
    rows = list(
        Certificate.objects.filter(learner=person)
        .select_related("replaced_by")
        .order_by("-completed_on", "-issued_at", "-pk")
    )
    if not rows:
        return []
    open_attempts = set(
        Enrolment.objects.filter(learner=person, completed_at__isnull=True).values_list("subject_key", flat=True)
    )
    name = person.get_full_name().strip()
    for row in rows:
        own = OwnCertificate(
            certificate=row, standing=get_standing(row, today=today), reason=reason_in_words(row.revoked_reason)
        )
        newest = entries.setdefault(row.subject_key, own)
        if newest is not own:
            newest.earlier.append(own)
            continue
        soon = row.expires_on is not None and row.expires_on <= add_months(today, 3)
        own.can_renew = own.standing != Standing.REVOKED and soon and row.subject_key not in open_attempts
        own.name_differs = own.standing in (Standing.VALID, Standing.EXPIRED) and bool(name) and name != row.holder_name
    return list(entries.values())


def get_expiring_certificates(before: date) -> QuerySet[Certificate]:
    """Certificates in force that expire before this day and that nothing newer stands in for, soonest first.

    With their holders, active accounts only. Left out: revoked and replaced ones, those expired already, and those
    whose holder has completed the same again, so that nobody is reminded of what they have renewed. One query.
    """
    newer = Certificate.objects.filter(
        learner=OuterRef("learner"),
        subject_key=OuterRef("subject_key"),
        revoked_at__isnull=True,
        completion__attempt__gt=OuterRef("completion__attempt"),
    )
    return (
        Certificate.objects.filter(
            expires_on__lt=before,
            expires_on__gte=timezone.localdate(),
            revoked_at__isnull=True,
            replaced_by__isnull=True,
            learner__is_active=True,
        )
        .filter(~Exists(newer))
        .select_related("learner")
        .order_by("expires_on", "pk")
    )


def get_certificate_by_code(code: str) -> Certificate | None:
    """Anyone may ask, with the whole code; what they are shown is the page's to decide. One query.

    None where no certificate has it: it never existed, or its holder's account is deleted.
    """
    if not code:
        return None
    return Certificate.objects.filter(code=code).select_related("replaced_by").first()


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has none such."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def get_published_keys() -> list[dict[str, Any]]:
    """Every key that has signed a digital certificate, the newest first. One query."""
    return list(SigningKey.objects.order_by("-created_at", "-pk").values_list("public_jwk", flat=True))


def get_taken_back(*, first: int, last: int) -> list[int]:
    """Which certificates numbered `first` to `last` are revoked or replaced. One query."""
    return list(
        Certificate.objects.filter(pk__gte=first, pk__lte=last)
        .filter(Q(revoked_at__isnull=False) | Q(replaced_by__isnull=False))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
