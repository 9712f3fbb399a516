"""What is deleted because its time is over: the plan, the run, and the run after it."""

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from people.models import DataExport, Invitation, JoinRequest, PeopleSettings, Profile, User
from people.own_data import actions, retention
from tests import factories
from tests.people.own import make_export_of

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def make_account(name: str, *, used: timedelta | None, verified: bool = True, **fields: Any) -> User:
    """An account made three years ago and last signed in to `used` ago; None: never."""
    fields.setdefault("date_joined", NOW - timedelta(days=3 * 365))
    email = fields.pop("email", f"{name}@example.org")
    person = factories.UserFactory.create(email=email, last_login=None if used is None else NOW - used, **fields)
    EmailAddress.objects.create(user=person, email=person.email, verified=verified, primary=True)
    return person


def ask_long_ago(person: User) -> None:
    actions.request_deletion(person=person)
    Profile.objects.filter(person=person).update(deletion_due_at=NOW - timedelta(minutes=1))


def warn_long_ago(person: User, days: int = 31) -> None:
    Profile.objects.update_or_create(person=person, defaults={"unused_warned_at": NOW - timedelta(days=days)})


LONG = timedelta(days=800)


@pytest.fixture
def accounts(db: None) -> dict[str, User]:
    people = {
        "active": make_account("active", used=timedelta(days=3)),
        "waiting": make_account("waiting", used=timedelta(days=3)),
        "asked": make_account("asked", used=timedelta(days=3)),
        "unused": make_account("unused", used=LONG),
        "never used": make_account("never-used", used=None, date_joined=NOW - LONG),
        "warned lately": make_account("warned-lately", used=LONG),
        "warned": make_account("warned", used=LONG),
        "back again": make_account("back-again", used=timedelta(days=5)),
        "warned before": make_account("warned-before", used=timedelta(days=740)),
        "unverified": make_account("unverified", used=None, verified=False),
        "just signed up": make_account("just", used=None, verified=False, date_joined=NOW - timedelta(days=29)),
        "administrator": make_account("administrator", used=LONG, is_superuser=True),
        "demo": make_account("demo", used=LONG, email="anne@demo.example"),
        "editor": make_account("editor", used=LONG, is_staff=True),
    }
    actions.request_deletion(person=people["waiting"])
    ask_long_ago(people["asked"])
    warn_long_ago(people["warned lately"], days=29)
    warn_long_ago(people["warned"])
    warn_long_ago(people["back again"])
    warn_long_ago(people["warned before"], days=900)
    return people


EXPECTED = {
    "asked": "delete",
    "unused": "warn",
    "never used": "warn",
    "warned": "delete",
    "warned before": "warn",
    "unverified": "delete",
    "editor": "warn",
}
"""What is to become of whom; nothing of the others."""


def expected_lines(accounts: dict[str, User]) -> set[str]:
    return {f"{what} account {accounts[name].pk}:" for name, what in EXPECTED.items()}


def lines(written: str, *, prefix: str = "") -> set[str]:
    return {
        line.removeprefix(prefix).partition(":")[0] + ":"
        for line in written.splitlines()
        if " account " in line and line.startswith(prefix)
    }


def run(**options: Any) -> str:
    out = StringIO()
    call_command("delete_expired_accounts", stdout=out, **options)
    return out.getvalue()


def test_the_dry_run_says_what_the_run_does_and_changes_nothing(
    accounts: dict[str, User], mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    mailoutbox.clear()
    profiles = list(Profile.objects.order_by("pk").values())
    with django_capture_on_commit_callbacks(execute=True):
        said = run(dry_run=True)
    assert lines(said, prefix="would ") == expected_lines(accounts)
    assert said.endswith("Nothing was changed.\n")
    assert list(Profile.objects.order_by("pk").values()) == profiles
    assert User.objects.count() == len(accounts)
    assert mailoutbox == []
    with django_capture_on_commit_callbacks(execute=True):
        done = run()
    assert lines(done) == lines(said, prefix="would ")


def test_the_run_deletes_and_warns_and_the_next_one_does_nothing(
    accounts: dict[str, User], mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    mailoutbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        run()
    left = set(User.objects.filter(is_active=True).values_list("email", flat=True))
    gone = {accounts[name].email for name, what in EXPECTED.items() if what == "delete"}
    assert left == {person.email for person in accounts.values()} - gone
    assert sorted((mail.to[0], mail.subject.removeprefix("Flett: ")) for mail in mailoutbox) == [
        ("asked@example.org", "Kontoen din er slettet"),
        ("editor@example.org", "Vil du beholde kontoen din?"),
        ("never-used@example.org", "Vil du beholde kontoen din?"),
        ("unused@example.org", "Vil du beholde kontoen din?"),
        ("warned-before@example.org", "Vil du beholde kontoen din?"),
        ("warned@example.org", "Kontoen din er slettet"),
    ]
    mailoutbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        again = run()
    assert lines(again) == set()
    assert mailoutbox == []


def test_nobody_is_named(accounts: dict[str, User]) -> None:
    said = run(dry_run=True) + run()
    assert [person.email for person in accounts.values() if person.email in said] == []
    assert "@" not in said


def test_somebody_who_is_signed_in_is_not_unused(learner: User) -> None:
    """A session can be kept alive for longer than the day of its sign-in says."""
    User.objects.update(last_login=NOW - LONG)
    session = SessionStore()
    session["_auth_user_id"] = str(learner.pk)
    session.create()
    assert retention.plan_accounts() == []
    session.delete()
    assert [step.why for step in retention.plan_accounts()] == [retention.Why.WARN]


def test_a_plan_that_no_longer_holds_does_no_harm(accounts: dict[str, User]) -> None:
    """Between plan and step somebody keeps the account, another signs in."""
    steps = {step.account: step for step in retention.plan_accounts()}
    actions.keep_account(person=accounts["asked"])
    User.objects.filter(pk__in=[accounts["warned"].pk, accounts["unused"].pk]).update(last_login=NOW)
    EmailAddress.objects.filter(user=accounts["unverified"]).update(verified=True)
    for name in ("asked", "warned", "unused", "unverified"):
        assert retention.carry_out(steps[accounts[name].pk]) is False, name
        assert User.objects.filter(pk=accounts[name].pk).exists()


def test_the_plan_costs_the_same_for_one_and_for_thirty(db: None, django_assert_num_queries: Any) -> None:
    for count in (1, 30):
        for number in range(count):
            warn_long_ago(make_account(f"unused-{count}-{number}", used=LONG))
        with django_assert_num_queries(5):
            retention.plan_accounts()


def test_the_months_are_a_setting(learner: User) -> None:
    User.objects.update(last_login=NOW - timedelta(days=250))
    assert retention.plan_accounts() == []
    PeopleSettings.objects.create(pk=1, unused_months=8)
    assert len(retention.plan_accounts()) == 1


@pytest.mark.parametrize(
    ("moment", "months", "before"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), 24, datetime(2024, 11, 23, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), 1, datetime(2025, 12, 31, tzinfo=UTC)),
        (datetime(2026, 3, 31, tzinfo=UTC), 1, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), 12, datetime(2027, 2, 28, tzinfo=UTC)),
    ],
)
def test_months_are_counted_back_by_the_calendar(moment: datetime, months: int, before: datetime) -> None:
    assert retention.months_before(moment, months) == before


def test_one_account_that_fails_does_not_stop_the_others(
    accounts: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = retention.delete_person

    def delete(*, person: User) -> None:
        if person.pk == accounts["asked"].pk:
            raise OSError("the disk is full")
        real(person=person)

    monkeypatch.setattr(retention, "delete_person", delete)
    with pytest.raises(CommandError, match="1 accounts could not be dealt with"):
        run()
    assert User.objects.filter(pk=accounts["asked"].pk).exists()
    assert not User.objects.filter(pk=accounts["warned"].pk).exists()


def test_old_copies_requests_and_invitations_go(learner: User, django_capture_on_commit_callbacks: Any) -> None:
    team = factories.TeamFactory.create()
    old, new = make_export_of(learner), make_export_of(learner)
    DataExport.objects.filter(pk=old.pk).update(expires_at=NOW)
    year = NOW - timedelta(days=366)
    decided = {"outcome": JoinRequest.Outcome.REFUSED}
    JoinRequest.objects.create(person=learner, team=team, decided_at=year, **decided)
    kept_request = JoinRequest.objects.create(person=learner, team=team, decided_at=NOW, **decided)
    waiting = JoinRequest.objects.create(person=learner, team=team, created_at=year)
    invitation = {"team": team, "created_at": year - timedelta(days=14)}
    Invitation.objects.create(email="a@example.org", expires_at=year, **invitation)
    Invitation.objects.create(email="b@example.org", expires_at=NOW, accepted_at=year, **invitation)
    Invitation.objects.create(email="c@example.org", expires_at=NOW, revoked_at=year, **invitation)
    kept_invitation = Invitation.objects.create(email="d@example.org", expires_at=NOW, **invitation)
    orphan = default_storage.save("exports/orphan.zip", ContentFile(b"x"))
    with django_capture_on_commit_callbacks(execute=True):
        run()
    assert list(DataExport.objects.all()) == [new]
    assert (default_storage.exists(old.file.name), default_storage.exists(new.file.name)) == (False, True)
    assert set(JoinRequest.objects.all()) == {kept_request, waiting}
    assert list(Invitation.objects.all()) == [kept_invitation]
    assert default_storage.exists(orphan), "a copy that is being made has no row yet"
    assert "files of copies without a row: 0" in run(dry_run=True)
    default_storage.delete(orphan)
