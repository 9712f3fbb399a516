"""Certificates: issued once, frozen, reissued after a change of name, revoked with a reason, renewed."""

import logging
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.actions import set_up_training_team
from courses.models import CoursePage
from learning.actions import (
    complete_lesson,
    issue_certificate,
    issue_missing_certificates,
    let_groups_revoke,
    reissue_certificate,
    revoke_certificate,
    set_shows_name,
    start_again,
)
from learning.actions.certificates import (
    AlreadyRevokedError,
    NoNameError,
    NotAllowedError,
    NothingToReissueError,
)
from learning.models import Certificate, Completion, LearnerStamp, SubjectKind
from learning.permissions import (
    certificates_held_by,
    certificates_revoked_by,
    user_can_hold_certificate,
    user_can_revoke_certificate,
)
from learning.queries.certificates import (
    Standing,
    add_months,
    get_expiring_certificates,
    get_own_certificates,
    get_standing,
)
from people.models import User
from people.typesetting.codes import ALPHABET, make_code, read_code, show_code
from tests import factories
from tests.learning.certificates import certify, complete, make_course, noon_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder(home) -> User:
    return factories.UserFactory.create(first_name="Kari", last_name="Østby")


# --- codes -----------------------------------------------------------------------------------------------


def test_a_code_is_read_as_it_is_typed() -> None:
    code = make_code()
    assert len(code) == 12
    assert set(code) <= set(ALPHABET)
    assert read_code(f" {show_code(code).lower()} ") == code
    assert read_code(" ".join(code)) == code


@pytest.mark.parametrize(
    "typed", ["", "34CD-FGHJ-KMN", "34CD-FGHJ-KMNPP", "34CD-FGHJ-KMN0", "../../../../etc", "'; --"]
)
def test_what_can_be_no_code_is_none(typed: str) -> None:
    assert read_code(typed) == ""


# --- issuing ---------------------------------------------------------------------------------------------


def test_completing_a_short_course_gives_a_certificate(holder: User, django_capture_on_commit_callbacks) -> None:
    last = factories.PrincipleFactory.create(position=3, name="Felles ansvar")
    first = factories.PrincipleFactory.create(position=1, name="Fleksibilitet")
    namesake = factories.PrincipleFactory.create(principle_set__key="fact-ung", position=1, name="Fleksibilitet")
    course = make_course(principles=[last, first, namesake], certificate_valid_months=24)
    with django_capture_on_commit_callbacks(execute=True):
        completion = complete(holder, course)
    certificate = Certificate.objects.get()
    day = timezone.localdate(completion.completed_at)
    assert (certificate.completion, certificate.learner, certificate.kind) == (completion, holder, "course")
    assert certificate.holder_name == "Kari Østby"
    assert certificate.title == "Kommunikasjon i FACT-team"
    assert certificate.hours == Decimal("1.50")
    assert certificate.principles == ["Fleksibilitet", "Felles ansvar"]
    assert (certificate.version, certificate.issuer, certificate.language) == (
        completion.syllabus.number,
        "Flett",
        "nb",
    )
    assert (certificate.completed_on, certificate.expires_on) == (day, add_months(day, 24))
    assert certificate.shows_name
    assert get_standing(certificate) == Standing.VALID


def test_a_certificate_is_issued_once(holder: User) -> None:
    completion = complete(holder, make_course())
    first = issue_certificate(completion=completion)
    assert issue_certificate(completion=completion) == first
    assert Certificate.objects.count() == 1


def test_later_edits_change_nothing_that_was_printed(holder: User) -> None:
    course = make_course()
    certificate = certify(holder, course)
    course.title, course.cpd_hours, course.certificate_valid_months = "Noe annet", Decimal(9), 1
    course.save_revision().publish()
    holder.last_name = "Nytt"
    holder.save()
    issue_missing_certificates(person=holder)
    again = Certificate.objects.get()
    assert (again.title, again.hours, again.expires_on, again.holder_name) == (
        certificate.title,
        certificate.hours,
        None,
        "Kari Østby",
    )


def test_a_chapter_of_a_path_gives_none_and_the_path_one(holder: User) -> None:
    chapter = make_course(kind=CoursePage.Kind.MODULE, cpd_hours=None, minutes=50)
    other = make_course(kind=CoursePage.Kind.MODULE, cpd_hours=Decimal(2))
    path = factories.LearningPathPageFactory.create(
        title="Grunnopplæring", courses=[chapter, other], certificate_valid_months=12
    )
    assert issue_certificate(completion=complete(holder, chapter, path=path)) is None
    assert issue_certificate(completion=complete(holder, other, path=path)) is None
    [certificate] = issue_missing_certificates(person=holder)
    assert (certificate.kind, certificate.title) == (SubjectKind.PATH, "Grunnopplæring")
    assert certificate.hours == Decimal("2.75")  # 50 minutes and 2 hours, to the nearest quarter
    assert certificate.expires_on == add_months(certificate.completed_on, 12)


@pytest.mark.parametrize(("minutes", "hours"), [(0, Decimal("0.25")), (20, Decimal("0.25")), (53, Decimal("1.00"))])
def test_a_course_without_hours_says_its_minutes(holder: User, minutes: int, hours: Decimal) -> None:
    """A course that says neither has its lessons' minutes: five."""
    assert certify(holder, make_course(cpd_hours=None, minutes=minutes)).hours == hours


def test_it_is_in_the_language_of_whoever_completed_it(holder: User) -> None:
    principle = factories.PrincipleFactory.create(name="Fleksibilitet")
    danish = principle.copy_for_translation(factories.make_locale("da"))
    danish.name = "Fleksibilitet på dansk"
    danish.save()
    course = make_course(principles=[principle])
    translated = course.copy_for_translation(factories.make_locale("da"), copy_parents=True)
    translated.title, translated.live = "Kommunikation i FACT-team", True
    translated.save()
    holder.language = "da"
    holder.save()
    certificate = certify(holder, course)
    assert (certificate.language, certificate.title) == ("da", "Kommunikation i FACT-team")
    assert certificate.principles == ["Fleksibilitet på dansk"]


def test_the_day_is_the_day_in_norway(holder: User) -> None:
    completion = complete(holder, make_course())
    Completion._base_manager.filter(pk=completion.pk).update(completed_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
    completion.refresh_from_db()
    issued = issue_certificate(completion=completion)
    assert issued is not None
    assert issued.completed_on == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 10, 31), 4, date(2028, 2, 29)),
        (date(2026, 11, 20), 24, date(2028, 11, 20)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_end_where_the_calendar_does(day: date, months: int, result: date) -> None:
    assert add_months(day, months) == result


def test_the_certificate_waits_for_a_name(holder: User, django_capture_on_commit_callbacks, caplog) -> None:
    holder.first_name = holder.last_name = ""
    holder.save()
    with django_capture_on_commit_callbacks(execute=True), caplog.at_level(logging.ERROR):
        completion = complete(holder, make_course())
    assert not Certificate.objects.exists()
    assert not caplog.records  # nothing went wrong: it waits
    with pytest.raises(NoNameError):
        issue_certificate(completion=completion)
    with pytest.raises(NoNameError):
        issue_missing_certificates(person=holder)
    holder.first_name = "Ola"
    holder.save()
    [certificate] = issue_missing_certificates(person=holder)
    assert certificate.holder_name == "Ola"


@pytest.mark.django_db(transaction=True)
def test_a_tick_is_kept_whatever_happens_to_its_certificate(holder: User, monkeypatch) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError("no certificate today")

    course = make_course()
    with monkeypatch.context() as patched:
        patched.setattr("learning.actions.certificates.get_subject", fail)
        completion = complete(holder, course)
    assert Completion.objects.filter(pk=completion.pk).exists()
    assert not Certificate.objects.exists()
    assert [each.completion for each in issue_missing_certificates(person=holder)] == [completion]


def test_a_course_that_was_taken_down_since_still_gives_its_certificate(holder: User) -> None:
    course = make_course()
    completion = complete(holder, course)
    course.unpublish()
    issued = issue_certificate(completion=completion)
    assert issued is not None
    assert issued.title == "Kommunikasjon i FACT-team"


def test_a_course_that_is_deleted_gives_none(holder: User) -> None:
    course = make_course()
    completion = complete(holder, course)
    course.delete()
    assert issue_certificate(completion=completion) is None


def test_what_is_shown_of_the_learner_is_made_again(holder: User) -> None:
    certificate = certify(holder)
    before = LearnerStamp.objects.get(learner=holder).value
    set_shows_name(certificate=certificate, shows_name=False)
    assert LearnerStamp.objects.get(learner=holder).value > before
    certificate.refresh_from_db()
    assert not certificate.shows_name


# --- a new name, and revoking ----------------------------------------------------------------------------


def test_a_new_name_gives_a_new_certificate_in_place_of_the_old(holder: User) -> None:
    old = certify(holder)
    set_shows_name(certificate=old, shows_name=False)
    holder.last_name = "Berg"
    holder.save()
    new = reissue_certificate(certificate=old)
    old = Certificate.objects.select_related("replaced_by").get(pk=old.pk)
    assert (new.holder_name, new.replaces, new.shows_name) == ("Kari Berg", old, False)
    assert new.code != old.code
    for name in ("title", "hours", "principles", "version", "issuer", "completed_on", "expires_on", "completion"):
        assert getattr(new, name) == getattr(old, name)
    assert (get_standing(old), get_standing(new)) == (Standing.REPLACED, Standing.VALID)
    with pytest.raises(NothingToReissueError):
        reissue_certificate(certificate=old)
    with pytest.raises(NothingToReissueError):
        reissue_certificate(certificate=new)


def test_a_revoked_certificate_says_when_why_and_by_whom(holder: User, administrator: User) -> None:
    certificate = certify(holder)
    revoked = revoke_certificate(certificate=certificate, reason="mistake", by=administrator)
    assert (revoked.revoked_reason, revoked.revoked_by) == ("mistake", administrator)
    assert get_standing(revoked) == Standing.REVOKED
    with pytest.raises(AlreadyRevokedError):
        revoke_certificate(certificate=certificate, reason="misuse", by=administrator)
    holder.last_name = "Berg"
    holder.save()
    with pytest.raises(NothingToReissueError):
        reissue_certificate(certificate=certificate)
    assert Completion.objects.filter(learner=holder).exists()
    assert issue_missing_certificates(person=holder) == []


def test_revoking_asks_for_a_reason_and_the_right(holder: User, learner: User, administrator: User) -> None:
    certificate = certify(holder)
    with pytest.raises(ValueError, match="no reason"):
        revoke_certificate(certificate=certificate, reason="", by=administrator)
    for person in (holder, learner):
        with pytest.raises(NotAllowedError):
            revoke_certificate(certificate=certificate, reason="mistake", by=person)
    certificate.refresh_from_db()
    assert certificate.revoked_at is None


def people_who_ask(holder: User) -> dict[str, object]:
    """Everybody who might want something with somebody's certificate."""
    authors, reviewers = set_up_training_team(section=factories.make_course_index())
    let_groups_revoke([authors, reviewers])
    people: dict[str, User] = {
        name: factories.UserFactory.create() for name in ("other", "author", "reviewer", "moderator", "former")
    }
    people["author"].groups.add(authors)
    people["reviewer"].groups.add(reviewers)
    people["moderator"] = factories.make_moderator()
    people["former"].groups.add(reviewers)
    people["former"].is_active = False
    people["former"].save()
    team = factories.TeamFactory.create()
    factories.MembershipFactory.create(person=holder, team=team)
    return {
        **people,
        "holder": holder,
        "leader": factories.make_leader(team),
        "national": factories.SupportGroupMembershipFactory.create().person,
        "administrator": factories.UserFactory.create(is_staff=True, is_superuser=True),
        "anonymous": AnonymousUser(),
    }


def test_who_may_do_what_with_a_certificate(holder: User) -> None:
    certificate = certify(holder)
    certify(factories.UserFactory.create())
    may_hold, may_revoke = set(), set()
    for name, person in people_who_ask(holder).items():
        assert user_can_hold_certificate(person, certificate) == (certificate in certificates_held_by(person))
        assert user_can_revoke_certificate(person, certificate) == (certificate in certificates_revoked_by(person))
        if user_can_hold_certificate(person, certificate):
            may_hold.add(name)
        if user_can_revoke_certificate(person, certificate):
            may_revoke.add(name)
    assert may_hold == {"holder"}
    assert may_revoke == {"author", "reviewer", "administrator"}


# --- expiry and renewal ----------------------------------------------------------------------------------


def test_the_last_day_still_counts(holder: User) -> None:
    certificate = certify(holder, make_course(certificate_valid_months=12))
    last = certificate.expires_on
    assert last is not None
    assert get_standing(certificate, today=last) == Standing.VALID
    assert get_standing(certificate, today=last + timedelta(days=1)) == Standing.EXPIRED


def test_renewing_is_a_new_attempt_and_the_old_certificate_stays(holder: User) -> None:
    course = make_course(certificate_valid_months=12)
    with noon_of("2026-01-15"):
        old = certify(holder, course)
        assert not get_own_certificates(holder)[0].can_renew
    with noon_of("2026-11-20"):
        [own] = get_own_certificates(holder)
        assert own.can_renew
        start_again(learner=holder, kind="course", subject_key=course.translation_key)
        [own] = get_own_certificates(holder)
        assert not own.can_renew  # it is under way
        new = certify(holder, course)
    assert new.completion.attempt == 2
    assert new.expires_on == date(2027, 11, 20)
    with noon_of("2027-02-01"):
        [own] = get_own_certificates(holder)
    assert (own.certificate, own.standing) == (new, Standing.VALID)
    assert [(each.certificate, each.standing) for each in own.earlier] == [(old, Standing.EXPIRED)]


def test_those_that_expire_soon_are_found_once_each(holder: User, administrator: User) -> None:
    course = make_course(certificate_valid_months=12)
    forever = make_course(title="Uten frist")
    with noon_of("2026-01-15"):
        expiring = certify(holder, course)
        certify(holder, forever)
        renewed, revoked, left = (factories.UserFactory.create() for _ in range(3))
        for person in (renewed, left):
            certify(person, course)
        revoke_certificate(certificate=certify(revoked, course), reason="mistake", by=administrator)
        User.objects.filter(pk=left.pk).update(is_active=False)
    with noon_of("2026-12-01"):
        start_again(learner=renewed, kind="course", subject_key=course.translation_key)
        certify(renewed, course)
        assert list(get_expiring_certificates(date(2027, 1, 15))) == []
        assert list(get_expiring_certificates(date(2027, 1, 16))) == [expiring]
        holder.last_name = "Berg"
        holder.save()
        new = reissue_certificate(certificate=expiring)
        assert list(get_expiring_certificates(date(2027, 1, 16))) == [new]
    with noon_of("2027-01-16"):
        assert list(get_expiring_certificates(date(2027, 3, 1))) == []


@pytest.mark.parametrize("count", [1, 30])
def test_ones_own_certificates_cost_two_queries(holder: User, count: int) -> None:
    for number in range(count):
        certify(holder, make_course(title=f"Kurs {number}", certificate_valid_months=2))
    with CaptureQueriesContext(connection) as captured:
        own = get_own_certificates(holder)
        assert [each.can_renew for each in own] == [True] * count
    assert len(captured) == 2


def test_ticking_costs_no_more_for_the_certificate_that_comes_after(holder: User) -> None:
    """It is issued after the commit: inside the tick's transaction nothing asks for it."""
    course = make_course()
    lesson = course.get_children().first()
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        complete_lesson(learner=holder, lesson_key=lesson.translation_key)
    assert not [query for query in captured if "learning_certificate" in query["sql"]]
