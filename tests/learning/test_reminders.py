"""A leader's friendly reminder: who may, what it says, and how often."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.messages import get_messages
from django.core.management import call_command
from django.db import transaction
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from learning import actions, tasks
from learning.actions import reminders
from learning.models import LearningPathPage, SentNotice
from learning.permissions import memberships_reminded_by, user_can_remind
from learning.queries.reminders import LastReminder, ReminderState, get_last_reminders
from people.models import MailKind, Membership, Team, User
from people.own_data import actions as own_actions
from tests import factories
from tests.learning.mail_cast import assign, begin, complete, in_days, make_path
from tests.people.cast import ROLES, end, make_cast, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(home: Any) -> LearningPathPage:
    return make_path()


@pytest.fixture
def team(path: LearningPathPage) -> Team:
    return factories.TeamFactory.create(name="Bergen nord", slug="bergen-nord", programme="FACT")


@pytest.fixture
def leader(team: Team) -> User:
    return factories.make_leader(team, email="leder@example.org", first_name="Lise", last_name="Lunde")


def join(name: str, team: Team, path: LearningPathPage, **fields: Any) -> Membership:
    person = make_person(name, **fields)
    assign(person, path, due_in=30)
    return factories.MembershipFactory.create(person=person, team=team)


@pytest.fixture
def kari(team: Team, path: LearningPathPage) -> Membership:
    return join("kari", team, path)


def remind(by: User, membership: Membership) -> SentNotice:
    return actions.remind_member(by=by, membership=membership)


@pytest.fixture
def at_commit(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def days_later(days: float) -> None:
    """As if what was asked for and sent had been so many days ago."""
    for notice in SentNotice.objects.all():
        for field in ("asked_at", "claimed_at", "sent_at"):
            at = getattr(notice, field)
            setattr(notice, field, at and at - timedelta(days=days))
        notice.save()


# --- the mail -------------------------------------------------------------------------------------------


def test_the_member_reads_who_asked(
    leader: User, kari: Membership, path: LearningPathPage, mailoutbox: list[Any], at_commit: Any
) -> None:
    with at_commit():
        notice = remind(leader, kari)
    (message,) = mailoutbox
    assert message.to == ["kari@example.org"]
    assert message.subject == "Flett: Lise Lunde minner deg på Grunnopplæring i FACT"
    assert message.body.splitlines()[:9] == [
        "Hei",
        "",
        "Du har ikke begynt ennå. Du kan ta litt om gangen, når det passer.",
        "",
        "Begynn her:",
        "http://127.0.0.1:8000/laer/grunnopplaering/",
        "",
        "Du får denne e-posten fordi Lise Lunde ba Flett minne deg på det.",
        "",
    ]
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert leader.email not in f"{message.body} {message.alternatives}"
    notice.refresh_from_db()
    assert notice.sent_at is not None
    assert notice.sent_by == leader
    week = timezone.localdate().isocalendar()
    assert notice.occasion == f"path:{path.translation_key}:{week.year}-W{week.week:02}"


def test_whoever_is_under_way_reads_that(
    leader: User, kari: Membership, path: LearningPathPage, mailoutbox: list[Any], at_commit: Any
) -> None:
    begin(kari.person, path)
    with at_commit():
        remind(leader, kari)
    assert mailoutbox[0].body.splitlines()[2] == "Du er i gang, og kan fortsette når det passer."


def test_a_leader_without_a_name_is_not_told_by_address(
    team: Team, kari: Membership, path: LearningPathPage, mailoutbox: list[Any], at_commit: Any
) -> None:
    nameless = factories.make_leader(team, email="hemmelig@example.org", first_name="", last_name="")
    with at_commit():
        remind(nameless, kari)
    (message,) = mailoutbox
    assert message.subject == "Flett: Teamlederen din minner deg på Grunnopplæring i FACT"
    assert "hemmelig" not in f"{message.body} {message.alternatives}"


def test_a_task_that_runs_twice_sends_once(
    leader: User, kari: Membership, path: LearningPathPage, mailoutbox: list[Any]
) -> None:
    notice = remind(leader, kari)
    tasks.send_asked.enqueue([notice.pk])
    tasks.send_asked.enqueue([notice.pk])
    assert len(mailoutbox) == 1


def test_one_that_waits_is_sent_by_the_regular_job_within_three_days(
    leader: User, kari: Membership, path: LearningPathPage, mailoutbox: list[Any]
) -> None:
    """As after a mail server that was away, or a worker that died before it took the task."""
    remind(leader, kari)
    days_later(2.9)
    call_command("send_learning_mails", verbosity=0)
    assert len(mailoutbox) == 1


def test_one_that_waits_longer_is_dropped(
    leader: User, kari: Membership, path: LearningPathPage, mailoutbox: list[Any]
) -> None:
    remind(leader, kari)
    days_later(3.1)
    call_command("send_learning_mails", verbosity=0)
    assert mailoutbox == []
    assert not SentNotice.objects.exists()
    remind(leader, kari)


def test_whoever_completes_or_unsubscribes_while_it_waits_gets_nothing(
    leader: User, team: Team, path: LearningPathPage, mailoutbox: list[Any]
) -> None:
    done, quiet = join("ferdig", team, path), join("avmeldt", team, path)
    for each in (done, quiet):
        remind(leader, each)
    complete(done.person, path)
    own_actions.stop_mails(account=quiet.person_id, kind=MailKind.DEADLINES)
    call_command("send_learning_mails", verbosity=0)
    assert mailoutbox == []


# --- limits ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 1, 6.9])
def test_seven_days_between_two_reminders_of_a_path_whoever_asks(
    leader: User, team: Team, kari: Membership, path: LearningPathPage, days: float
) -> None:
    remind(leader, kari)
    days_later(days)
    asked_at = SentNotice.objects.get().asked_at
    for by in (leader, factories.make_leader(team)):
        with pytest.raises(actions.RemindedLatelyError) as told:
            remind(by, kari)
        assert told.value.at == asked_at
    assert SentNotice.objects.count() == 1


def test_after_seven_days_another(leader: User, kari: Membership, path: LearningPathPage) -> None:
    remind(leader, kari)
    days_later(7.01)
    SentNotice.objects.update(occasion=f"path:{path.translation_key}:the-week-before")
    remind(leader, kari)
    assert SentNotice.objects.count() == 2


def test_nobody_is_reminded_twice_in_a_day(
    leader: User, kari: Membership, path: LearningPathPage, mailoutbox: list[Any], at_commit: Any
) -> None:
    """Neither by Flett and then the leader, nor by the leader and then Flett."""
    kari.person.path_assignments.update(due_on=in_days(0))
    with at_commit():
        remind(leader, kari)
    call_command("send_learning_mails", verbosity=0)
    assert len(mailoutbox) == 1
    SentNotice.objects.all().delete()
    call_command("send_learning_mails", verbosity=0)
    with pytest.raises(actions.RemindedLatelyError):
        remind(leader, kari)
    assert len(mailoutbox) == 2


def test_a_leaders_day_has_an_end(
    leader: User, team: Team, path: LearningPathPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "A_DAY", 2)
    members = [join(f"p{number}", team, path) for number in range(3)]
    for membership in members[:2]:
        remind(leader, membership)
    with pytest.raises(actions.TooManyRemindersError):
        remind(leader, members[2])
    remind(factories.make_leader(team), members[2])


def test_refusals(leader: User, team: Team, kari: Membership, path: LearningPathPage) -> None:
    quiet, done, left, unasked = (join(name, team, path) for name in ("avmeldt", "ferdig", "sluttet", "ikke-bedt"))
    own_actions.stop_mails(account=quiet.person_id, kind=MailKind.DEADLINES)
    with pytest.raises(actions.NotReachableError):
        remind(leader, quiet)
    complete(done.person, path)
    with pytest.raises(actions.AlreadyCompletedError):
        remind(leader, done)
    end(left)
    unasked.person.path_assignments.all().delete()
    for each in (left, unasked):
        with pytest.raises(actions.NotAskedForError):
            remind(leader, each)
    assert not SentNotice.objects.exists()


# --- who may --------------------------------------------------------------------------------------------

MAY_REMIND = {"leader", "administrator"}


def test_predicate_and_twin_agree_for_everybody(home: Any) -> None:
    cast = make_cast()
    led = Membership.objects.get(person=cast.people["leader"], team=cast.team)
    leaderless = factories.MembershipFactory.create(team=cast.leaderless)
    for membership in (cast.membership, cast.ended_membership, led, leaderless):
        for role in ROLES:
            person = cast.people[role]
            twin = memberships_reminded_by(person).filter(pk=membership.pk).exists()
            assert user_can_remind(person, membership) is twin, role
    assert {role for role in ROLES if user_can_remind(cast.people[role], cast.membership)} == MAY_REMIND
    assert {role for role in ROLES if user_can_remind(cast.people[role], cast.ended_membership)} == set()
    assert {role for role in ROLES if user_can_remind(cast.people[role], led)} == {"administrator"}
    assert {role for role in ROLES if user_can_remind(cast.people[role], leaderless)} == {"regional", "administrator"}


STATUS = dict(zip(ROLES, [302, 404, 404, 404, 403, 302, 404, 404, 404, 403, 404, 404, 302, 302], strict=True))


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_status_for_everybody(path: LearningPathPage, accept: str) -> None:
    cast = make_cast()
    Team.objects.update(programme="FACT")
    assign(cast.membership.person, path, due_in=3)
    address = reverse("learning:remind", args=["vart", cast.membership.pk])
    found, reminded = {}, set()
    for role in ROLES:
        client = Client(headers={"accept": accept})
        with transaction.atomic():
            if role != "anonymous":
                client.force_login(cast.people[role])  # type: ignore[arg-type]
            response = client.post(address)
            found[role] = response.status_code
            if response.status_code == 302 and role in {"anonymous", "inactive"}:
                assert response["Location"].startswith("/konto/login/?next=")
            if SentNotice.objects.exists():
                reminded.add(role)
            transaction.set_rollback(True)
    assert found == STATUS
    assert reminded == MAY_REMIND


def test_a_link_does_not_remind(leader: User, kari: Membership, client: Client) -> None:
    client.force_login(leader)
    assert client.get(reverse("learning:remind", args=["bergen-nord", kari.pk])).status_code == 405
    assert not SentNotice.objects.exists()


def test_members_of_other_teams_ended_ones_and_oneself_are_not_found(
    leader: User, kari: Membership, path: LearningPathPage, client: Client
) -> None:
    client.force_login(leader)
    elsewhere = join("elsewhere", factories.TeamFactory.create(), path)
    gone = end(join("gone", kari.team, path))
    own = Membership.objects.get(person=leader)
    codes = [
        client.post(reverse("learning:remind", args=["bergen-nord", each.pk])).status_code
        for each in (elsewhere, gone, own)
    ]
    assert codes == [404, 404, 403]
    assert not SentNotice.objects.exists()


# --- the page -------------------------------------------------------------------------------------------


def press(client: Client, membership: Membership, **sent: str) -> tuple[str, list[str]]:
    """Where it leads, and what is said there."""
    address = reverse("learning:remind", args=[membership.team.slug, membership.pk])
    response = client.post(address, sent)
    assert response.status_code == 302
    return response["Location"], [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def leader_client(client: Client, leader: User) -> Client:
    client.force_login(leader)
    return client


def test_answers_are_clear(
    leader_client: Client, team: Team, kari: Membership, path: LearningPathPage, at_commit: Any
) -> None:
    name, members = str(kari.person), "/team/bergen-nord/medlemmer/"
    assert press(leader_client, kari) == (
        members,
        [f"Påminnelsen til {name} er på vei. Der står det at den kommer fra deg."],
    )
    today = date_format(timezone.localdate(), "DATE_FORMAT")
    assert press(leader_client, kari)[1][-1] == (f"{name} fikk en påminnelse {today}. Vent litt før du sender en til.")
    done = join("ferdig", team, path)
    complete(done.person, path)
    assert press(leader_client, done)[1][-1] == f"{done.person} har fullført. Ingen påminnelse er sendt."
    Team.objects.update(programme="FACT_UNG")
    LearningPathPage.objects.update(onboarding_for="D_FACT")
    assert press(leader_client, done)[1][-1] == f"Teamet ber ikke {done.person} ta denne opplæringen nå."


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_without_a_worker_it_is_sent_while_the_leader_waits(
    leader_client: Client, kari: Membership, path: LearningPathPage, mailoutbox: list[Any]
) -> None:
    said = press(leader_client, kari)[1]
    assert said == [f"Påminnelsen til {kari.person} er sendt. Der står det at den kommer fra deg."]
    assert len(mailoutbox) == 1


def test_an_unreachable_member_is_told_of_without_a_reason(
    leader_client: Client, team: Team, path: LearningPathPage
) -> None:
    quiet, unverified = join("avmeldt", team, path), join("uprovd", team, path)
    own_actions.stop_mails(account=quiet.person_id, kind=MailKind.DEADLINES)
    EmailAddress.objects.filter(user=unverified.person).update(verified=False)
    said = [press(leader_client, each)[1][-1].replace(str(each.person), "X") for each in (quiet, unverified)]
    assert said == ["Flett kan ikke minne X på e-post. Ta det gjerne når dere møtes."] * 2


@pytest.mark.parametrize(
    ("given", "leads_to"),
    [
        ("/rapporter/team/", "/rapporter/team/"),
        ("https://ond.example/", "/team/bergen-nord/medlemmer/"),
        ("//ond.example/", "/team/bergen-nord/medlemmer/"),
        ("javascript:alert(1)", "/team/bergen-nord/medlemmer/"),
    ],
)
def test_the_way_back_stays_on_the_site(
    leader_client: Client, kari: Membership, path: LearningPathPage, given: str, leads_to: str
) -> None:
    assert press(leader_client, kari, next=given)[0] == leads_to


# --- the button -----------------------------------------------------------------------------------------


def button(membership: Membership, path: LearningPathPage, *, can_be_reminded: bool = True) -> str:
    last = get_last_reminders(accounts=[membership.person_id], path_key=path.translation_key)
    context = {
        "team": membership.team,
        "row": {"membership": membership, "person": membership.person},
        "about": {"can_be_reminded": can_be_reminded},
        "reminder": last.get(membership.person_id),
    }
    request = RequestFactory().get("/team/bergen-nord/laering/?status=overdue")
    return " ".join(render_to_string("learning/remind_button.html", context, request=request).split())


def test_button_says_what_became_of_the_last_reminder(
    leader: User, kari: Membership, path: LearningPathPage, at_commit: Any
) -> None:
    assert button(kari, path, can_be_reminded=False) == ""
    before = button(kari, path)
    assert f'action="/laering/team/bergen-nord/minn/{kari.pk}/"' in before
    assert 'name="next" value="/team/bergen-nord/laering/?status=overdue"' in before
    assert f'Send påminnelse<span class="visually-hidden"> til {kari.person}</span>' in before
    notice = remind(leader, kari)
    assert "Påminnelsen er på vei" in button(kari, path)
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    SentNotice.objects.update(asked_at=timezone.now(), claimed_at=timezone.now(), sent_at=timezone.now())
    last = {"reminder": LastReminder(at=at, state=ReminderState.SENT)}
    shown = render_to_string("learning/remind_button.html", last)
    assert " ".join(shown.split()) == '<p class="small remind-state"> Påminnelse sendt 23. november </p>'
    assert "Påminnelse sendt" in button(kari, path)
    assert "<form" not in button(kari, path)
    SentNotice.objects.update(sent_at=None, refused_at=timezone.now())
    assert "Påminnelsen kom ikke fram" in button(kari, path)
    SentNotice.objects.filter(pk=notice.pk).update(asked_at=timezone.now() - timedelta(days=7, minutes=1))
    assert "<form" in button(kari, path)


@pytest.mark.parametrize("count", [1, 30])
def test_last_reminders_of_a_whole_team_are_one_query(
    leader: User, team: Team, path: LearningPathPage, django_assert_num_queries: Any, count: int
) -> None:
    members = [join(f"p{number}", team, path) for number in range(count)]
    for each in members:
        remind(leader, each)
    with django_assert_num_queries(1):
        found = get_last_reminders(accounts=[each.person_id for each in members], path_key=path.translation_key)
    assert {reminder.state for reminder in found.values()} == {ReminderState.WAITING}
    assert len(found) == count
