"""Who gets which mail about learning, what it says, and who never does."""

import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from learning.mails import planning, sending
from learning.mails.planning import plan
from learning.models import LearningPathPage, SentNotice
from people.models import JoinRequest, MailKind, Membership, Team, User
from people.own_data import actions as own_actions
from tests import factories
from tests.learning.mail_cast import assign, begin, certify, complete, in_days, make_learner, make_path
from tests.people.cast import end, make_person

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 23)


@pytest.fixture
def path(home: Any) -> LearningPathPage:
    return make_path()


def day(days: int) -> str:
    return date_format(in_days(days), "DATE_FORMAT")


def send_all() -> str:
    """What the command says."""
    out = StringIO()
    call_command("send_learning_mails", stdout=out, stderr=out)
    return out.getvalue()


def another_day() -> None:
    """As if what is sent had been sent yesterday."""
    for notice in SentNotice.objects.all():
        if notice.claimed_at:
            SentNotice.objects.filter(pk=notice.pk).update(claimed_at=notice.claimed_at - timedelta(days=1))


def readers(mailoutbox: list[Any]) -> list[str]:
    return sorted(message.to[0] for message in mailoutbox)


def html_of(message: Any) -> str:
    ((content, mimetype),) = message.alternatives
    assert mimetype == "text/html"
    return content


# --- deadlines ------------------------------------------------------------------------------------------


def test_reminder_of_a_deadline_says_this_and_no_more(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    kari = make_learner("kari", path, due_in=7)
    send_all()
    (message,) = mailoutbox
    link = message.extra_headers["List-Unsubscribe"][1:-1]
    assert message.to == ["kari@example.org"]
    assert message.cc == message.bcc == []
    assert message.subject == f"Flett: Fristen for Grunnopplæring i FACT er {day(7)}"
    assert message.body == (
        "Hei\n\n"
        f"Du har ikke begynt på Grunnopplæring i FACT ennå. Den foreslåtte fristen er {day(7)}.\n"
        "Du kan ta litt om gangen, når det passer.\n\n"
        "Begynn her:\n"
        "http://127.0.0.1:8000/laer/grunnopplaering/\n\n"
        "Du får denne e-posten fordi teamet ditt har foreslått en frist.\n\n"
        "Hilsen Flett\n"
        "http://127.0.0.1:8000\n\n"
        "Vil du ikke ha slik e-post?\n"
        f"{link}\n\n"
    )
    assert message.extra_headers == {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
    }
    notice = SentNotice.objects.get()
    assert (notice.person, notice.kind) == (kari, "deadline")
    assert notice.occasion == f"before:{path.translation_key}:{in_days(7)}"
    assert notice.sent_at is not None


def test_html_says_the_same_and_asks_no_other_server(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    make_learner("kari", path, due_in=7)
    send_all()
    (message,) = mailoutbox
    content = html_of(message)
    link = message.extra_headers["List-Unsubscribe"][1:-1]
    assert content.lstrip().startswith("<!DOCTYPE html>")
    assert '<html lang="nb">' in content
    assert f">Fristen for Grunnopplæring i FACT er {day(7)}</h1>" in content
    assert f"Den foreslåtte fristen er {day(7)}." in content
    hrefs = re.findall(r'href="([^"]*)"', content)
    assert hrefs == [
        "http://127.0.0.1:8000/laer/grunnopplaering/",
        link,
        "http://127.0.0.1:8000/konto/sprak-og-varsler/",
    ]
    assert not re.search(r"<(img|link|script|iframe)|url\(|src=", content)


STARTED = ("Du er i gang med {title}.", "Fortsett der du slapp")
NOT_STARTED = ("Du har ikke begynt på {title} ennå.", "Begynn her")


@pytest.mark.parametrize(
    ("due_in", "words", "subject", "second"),
    [
        (3, STARTED, "Fristen for {title} er {day}", "Den foreslåtte fristen er {day}."),
        (0, STARTED, "I dag er fristen for {title}", "Den foreslåtte fristen er i dag."),
        (0, NOT_STARTED, "I dag er fristen for {title}", "Den foreslåtte fristen er i dag."),
        (-2, NOT_STARTED, "Fristen for {title} var {day}", "Den foreslåtte fristen var {day}."),
    ],
)
def test_words_of_each_case(
    path: LearningPathPage, mailoutbox: list[Any], due_in: int, words: tuple[str, str], subject: str, second: str
) -> None:
    kari = make_learner("kari", path, due_in=due_in)
    if words is STARTED:
        begin(kari, path)
    send_all()
    (message,) = mailoutbox
    names = {"title": "Grunnopplæring i FACT", "day": day(due_in)}
    assert message.subject == f"Flett: {subject.format(**names)}"
    assert message.body.splitlines()[2] == f"{words[0]} {second}".format(**names)
    assert f"\n{words[1]}:\n" in message.body
    assert "%" not in message.body


@pytest.mark.parametrize(
    ("due_in", "stage"),
    [(None, None), (8, None), (7, "before"), (1, "before"), (0, "at"), (-6, "at"), (-7, None)],
)
def test_when_a_reminder_is_due(path: LearningPathPage, due_in: int | None, stage: str | None) -> None:
    """A day the job did not run is made up for, within a week."""
    make_learner("kari", path, due_in=due_in)
    found = [letter.occasion.split(":")[0] for letter in plan("deadline", day=timezone.localdate())]
    assert found == ([stage] if stage else [])


def test_days_are_local_days(path: LearningPathPage, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]) -> None:
    """At 23:30 UTC in winter it is the next day in Oslo."""
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    make_learner("kari", path, due_in=0)
    send_all()
    assert SentNotice.objects.get().occasion == f"at:{path.translation_key}:2026-11-23"


def test_before_and_at_and_never_again(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    kari = make_learner("kari", path, due_in=2)
    for _ in range(3):
        send_all()
        another_day()
    assert len(mailoutbox) == 1
    kari.path_assignments.update(due_on=in_days(0))
    SentNotice.objects.update(occasion=f"before:{path.translation_key}:{in_days(0)}")
    for _ in range(3):
        send_all()
        another_day()
    assert [message.subject.split(" ")[1] for message in mailoutbox] == ["Fristen", "I"]


def test_a_new_deadline_is_a_new_occasion(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    kari = make_learner("kari", path, due_in=0)
    send_all()
    another_day()
    kari.path_assignments.update(due_on=in_days(7))
    send_all()
    assert len(mailoutbox) == 2


def test_one_a_day_for_each_person_the_nearest_deadline_first(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    other = make_path("FACT ung", slug="fact-ung", onboarding_for="FACT_UNG")
    kari = make_learner("kari", path, due_in=5)
    assign(kari, other, due_in=2)
    send_all()
    send_all()
    assert [message.subject for message in mailoutbox] == [f"Flett: Fristen for FACT ung er {day(2)}"]
    another_day()
    send_all()
    assert [message.subject for message in mailoutbox][1:] == [f"Flett: Fristen for Grunnopplæring i FACT er {day(5)}"]


def test_who_never_gets_a_reminder(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    people = {name: make_learner(name, path) for name in ("ferdig", "stengt", "gaar", "avmeldt", "uprovd", "far")}
    complete(people["ferdig"], path)
    begin(people["ferdig"], path, attempt=2)  # renewing is one's own choice
    User.objects.filter(pk=people["stengt"].pk).update(is_active=False)
    own_actions.request_deletion(person=people["gaar"])
    own_actions.stop_mails(account=people["avmeldt"].pk, kind=MailKind.DEADLINES)
    EmailAddress.objects.filter(user=people["uprovd"]).update(verified=False)
    own_actions.stop_mails(account=people["far"].pk, kind=MailKind.EXPIRY)
    send_all()
    assert readers(mailoutbox) == ["far@example.org"]


def test_a_deleted_person_gets_nothing(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    own_actions.delete_person(person=make_learner("kari", path))
    send_all()
    assert mailoutbox == []


def test_a_path_that_is_not_published_is_not_reminded_of(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    make_learner("kari", path)
    LearningPathPage.objects.update(live=False)
    send_all()
    assert mailoutbox == []


def test_nobody_reads_of_anybody_else(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    names = ["asbjorn", "bergljot", "cornelius"]
    for name in names:
        make_learner(name, path, last_name=f"etternavn-{name}")
    send_all()
    assert len(mailoutbox) == 3
    for message in mailoutbox:
        whole = f"{message.subject} {message.body} {html_of(message)} {message.extra_headers}"
        others = [name for name in names if not message.to[0].startswith(name)]
        assert not any(name in whole for name in others)


@pytest.mark.parametrize(("language", "prefix"), [("da", "/da/"), ("en", "/en/")])
def test_links_are_in_the_readers_language(
    path: LearningPathPage, mailoutbox: list[Any], language: str, prefix: str
) -> None:
    make_learner("kari", path, language=language)
    send_all()
    (message,) = mailoutbox
    assert f"http://127.0.0.1:8000{prefix}laer/grunnopplaering/" in message.body
    assert f"http://127.0.0.1:8000{prefix}avmelding/" in message.extra_headers["List-Unsubscribe"]
    assert f'<html lang="{language}">' in html_of(message)


# --- certificates that go out ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expires_in", "stage"),
    [(61, None), (60, "60"), (54, "60"), (53, None), (15, None), (14, "14"), (8, "14"), (7, None), (None, None)],
)
def test_when_news_of_a_certificate_is_due(path: LearningPathPage, expires_in: int | None, stage: str | None) -> None:
    certify(make_person("kari"), path, expires_in=expires_in)
    found = [letter.occasion.split(":")[0] for letter in plan("certificate_expiry", day=timezone.localdate())]
    assert found == ([stage] if stage else [])


def test_news_of_a_certificate_says_where_to_renew(home: Any, mailoutbox: list[Any]) -> None:
    course = factories.CoursePageFactory.create(title="Fleksibilitet", slug="fleksibilitet")
    certify(make_person("kari"), course, expires_in=60)
    send_all()
    (message,) = mailoutbox
    assert message.subject == f"Flett: Kursbeviset for Fleksibilitet går ut {day(60)}"
    assert message.body.splitlines()[2:7] == [
        f"Kursbeviset ditt for Fleksibilitet gjelder til {day(60)}.",
        "Vil du fornye det, tar du opplæringen på nytt. Det gamle kursbeviset beholder du.",
        "",
        "Forny kursbeviset:",
        "http://127.0.0.1:8000/kursbevis/",
    ]
    send_all()
    another_day()
    send_all()
    assert len(mailoutbox) == 1


def test_certificates_nobody_is_told_of(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    renewed, revoked, quiet, reissued = (make_person(name) for name in ("fornyet", "trukket", "avmeldt", "ny"))
    certify(renewed, path, expires_in=14)
    complete(renewed, path, attempt=2)
    certify(revoked, path, expires_in=14, revoked_at=timezone.now(), revoked_reason="Feil")
    certify(quiet, path, expires_in=14)
    own_actions.stop_mails(account=quiet.pk, kind=MailKind.EXPIRY)
    old = certify(reissued, path, expires_in=14)
    fields = {"code": "NY", "replaces": old, "completion": old.completion}
    type(old).objects.create(
        **{
            field.name: getattr(old, field.name)
            for field in old._meta.fields
            if field.name not in {"id", "code", "replaces", "completion"}
        },
        **fields,
    )
    send_all()
    assert readers(mailoutbox) == ["ny@example.org"]  # once, for the one in place of the other


# --- the weekly digest ----------------------------------------------------------------------------------


@pytest.fixture
def team(path: LearningPathPage) -> Team:
    return factories.TeamFactory.create(name="Bergen nord", slug="bergen-nord", programme="FACT")


def join(name: str, team: Team, *, due_in: int | None = 30, weeks_ago: int = 0, **fields: Any) -> User:
    person = make_person(name, **fields)
    factories.MembershipFactory.create(person=person, team=team, started_on=in_days(-7 * weeks_ago))
    assign(person, LearningPathPage.objects.get(onboarding_for="FACT"), due_in=due_in)
    own_actions.stop_mails(account=person.pk, kind=MailKind.DEADLINES)  # so that only leaders are written to
    return person


@pytest.fixture
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is Monday, whatever day the tests are run."""
    monkeypatch.setattr(planning, "DIGEST_WEEKDAYS", (timezone.localdate().weekday(),))


def make_leader(team: Team, name: str = "leder") -> User:
    return factories.make_leader(team, email=f"{name}@example.org")


def test_digest_counts_what_to_follow_up_and_names_nobody(
    path: LearningPathPage, team: Team, monday: None, mailoutbox: list[Any]
) -> None:
    make_leader(team)
    begin(join("forsinket", team, due_in=-1, weeks_ago=12), path)
    join("forsinket-og-ikke-begynt", team, due_in=-1, weeks_ago=12)
    join("ikke-begynt", team, weeks_ago=3)
    join("ny", team, weeks_ago=2)
    begin(join("i-gang", team, weeks_ago=9), path)
    complete(join("ferdig", team, due_in=-40, weeks_ago=20), path, days_ago=30)
    complete(join("nettopp-ferdig", team, due_in=-1, weeks_ago=20), path, days_ago=2)
    JoinRequest.objects.create(person=make_person("spor"), team=team)
    send_all()
    (message,) = mailoutbox
    assert message.to == ["leder@example.org"]
    assert message.subject == "Flett: Noe å følge opp i Bergen nord"
    assert message.body.splitlines()[2:14] == [
        "2 er over den foreslåtte fristen.",
        "Én har vært med i tre uker eller mer og har ikke begynt.",
        "Én vil bli med og venter på svar.",
        "Og én har fullført denne uka. Gratuler gjerne!",
        "",
        "Se teamet:",
        "http://127.0.0.1:8000/team/bergen-nord/laering/",
        "",
        "Svar dem som venter:",
        "http://127.0.0.1:8000/team/bergen-nord/onsker/",
        "",
        "Du får denne e-posten fordi du leder et team. Den kommer bare når det er noe å si.",
    ]
    whole = f"{message.subject} {message.body} {html_of(message)}"
    assert not any(word in whole.lower() for word in ("forsinket", "ikke-begynt", "nettopp", "spor@", "%", "minutt"))


def test_no_digest_where_all_is_well(path: LearningPathPage, team: Team, monday: None, mailoutbox: list[Any]) -> None:
    make_leader(team)
    begin(join("i-gang", team, weeks_ago=9), path)
    complete(join("nettopp-ferdig", team, weeks_ago=20), path, days_ago=2)
    join("uten-frist", team, due_in=None, weeks_ago=1)
    send_all()
    assert mailoutbox == []
    assert not SentNotice.objects.exists()


def test_one_digest_for_all_of_a_leaders_teams(
    path: LearningPathPage, team: Team, monday: None, mailoutbox: list[Any]
) -> None:
    leader = make_leader(team)
    other = factories.TeamFactory.create(name="Bergen sør", slug="bergen-sor")
    quiet = factories.TeamFactory.create(name="Stille team")
    role = factories.TeamRoleFactory.create(key="teamleder", leads_team=True)
    for each in (other, quiet):
        factories.MembershipFactory.create(person=leader, team=each, roles=[role])
    join("a", team, due_in=-1)
    join("b", other, due_in=-1)
    join("c", other, due_in=-1)
    send_all()
    send_all()
    another_day()
    send_all()
    (message,) = mailoutbox
    assert message.subject == "Flett: Noe å følge opp i teamene dine"
    lines = message.body.splitlines()
    assert lines[lines.index("Bergen nord") + 1] == "Én er over den foreslåtte fristen."
    assert lines[lines.index("Bergen sør") + 1] == "2 er over den foreslåtte fristen."
    assert "Stille team" not in message.body
    assert html_of(message).count("<h2") == 2


def test_digest_goes_to_those_who_lead_now(
    path: LearningPathPage, team: Team, monday: None, mailoutbox: list[Any]
) -> None:
    join("a", team, due_in=-1)
    leads, led, closed, quiet = (make_leader(team, name) for name in ("leder", "ledet", "stengt", "avmeldt"))
    end(Membership.objects.get(person=led))
    User.objects.filter(pk=closed.pk).update(is_active=False)
    own_actions.stop_mails(account=quiet.pk, kind=MailKind.TEAM_NEWS)
    factories.SupportGroupMembershipFactory.create(person=make_person("nasjonal"))
    send_all()
    assert readers(mailoutbox) == [leads.email]


def test_whoever_stops_leading_between_planning_and_sending_reads_nothing(
    path: LearningPathPage, team: Team, monday: None, mailoutbox: list[Any]
) -> None:
    leader = make_leader(team)
    join("a", team, due_in=-1)
    assert [letter.person for letter in plan("leader_digest", day=timezone.localdate())] == [leader]
    Membership.objects.get(person=leader).roles.clear()
    sending.send_due(kind="leader_digest", accounts=[leader.pk])
    assert mailoutbox == []


def test_a_leaders_own_learning_and_request_are_not_news_to_them(
    path: LearningPathPage, team: Team, monday: None, mailoutbox: list[Any]
) -> None:
    leader = make_leader(team)
    assign(leader, path, due_in=-30)
    User.objects.filter(pk=join("borte", team, due_in=-1).pk).update(is_active=False)
    end(Membership.objects.get(person=join("sluttet", team, due_in=-1)))
    send_all()
    assert mailoutbox == []


def test_digest_is_a_monday_mail_and_tuesdays_where_monday_failed(path: LearningPathPage, team: Team) -> None:
    make_leader(team)
    late = join("a", team)
    late.path_assignments.update(due_on=MONDAY - timedelta(days=1))
    days = [MONDAY + timedelta(days=number) for number in range(7)]
    found = [[letter.occasion for letter in plan("leader_digest", day=day)] for day in days]
    assert found == [["week:2026-W48"], ["week:2026-W48"], [], [], [], [], []]


# --- the command, choices and costs ---------------------------------------------------------------------


def test_dry_run_lists_without_addresses_and_changes_nothing(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    kari = make_learner("kari", path, due_in=7)
    out = StringIO()
    call_command("send_learning_mails", "--dry-run", stdout=out, stderr=out)
    assert out.getvalue() == (
        "deadline: 1 due\n"
        f"  account {kari.pk}: before:{path.translation_key}:{in_days(7)}\n"
        "certificate_expiry: 0 due\n"
        "leader_digest: 0 due\n"
        "leader_reminder: 0 due\n"
    )
    assert mailoutbox == []
    assert not SentNotice.objects.exists()


def test_command_says_what_it_handed_over_and_again_nothing(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    for number in range(120):
        make_learner(f"person-nr-{number}", path)
    assert send_all().splitlines()[0] == "deadline: 120 handed over"
    assert send_all().splitlines()[0] == "deadline: 0 handed over"
    assert len(mailoutbox) == len(set(readers(mailoutbox))) == 120


def test_a_claim_nobody_finished_is_told_of_and_not_sent_again(path: LearningPathPage, mailoutbox: list[Any]) -> None:
    kari = make_learner("kari", path, due_in=7)
    occasion = f"before:{path.translation_key}:{in_days(7)}"
    lost = SentNotice.objects.create(person=kari, kind="deadline", occasion=occasion)
    assert "never finished" not in send_all()
    SentNotice.objects.update(claimed_at=timezone.now() - timedelta(hours=25))
    said = send_all()
    lost.refresh_from_db()
    when = f"{lost.claimed_at:%Y-%m-%d %H:%M} UTC"
    assert said.endswith(f"never finished: deadline to account {kari.pk}, {occasion}, claimed {when}\n")
    assert kari.email not in said
    assert mailoutbox == []


def test_old_notices_are_forgotten(path: LearningPathPage) -> None:
    kari = make_person("kari")
    for name, days in (("old", 401), ("kept", 399)):
        at = timezone.now() - timedelta(days=days)
        SentNotice.objects.create(person=kari, kind="deadline", occasion=name, claimed_at=at, sent_at=at)
    send_all()
    assert [notice.occasion for notice in SentNotice.objects.all()] == ["kept"]


@pytest.mark.parametrize("kind", ["deadline", "certificate_expiry", "leader_digest"])
def test_unsubscribing_by_the_mails_own_link_ends_its_kind(
    path: LearningPathPage, team: Team, monday: None, mailoutbox: list[Any], kind: str
) -> None:
    kari = make_leader(team, "kari")
    assign(kari, path, due_in=0)
    certify(kari, make_path("FACT ung", slug="fact-ung", onboarding_for=""), expires_in=60)
    join("a", team, due_in=-1)
    send_all()
    notices = SentNotice.objects.order_by("pk")
    by_kind = {notice.kind: message for notice, message in zip(notices, mailoutbox, strict=True)}
    assert set(by_kind) == {"deadline", "certificate_expiry", "leader_digest"}
    link = by_kind[kind].extra_headers["List-Unsubscribe"][1:-1]
    program = Client(enforce_csrf_checks=True)
    answer = program.post(
        urlsplit(link).path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    SentNotice.objects.all().delete()
    mailoutbox.clear()
    send_all()
    assert {notice.kind for notice in SentNotice.objects.all()} == set(by_kind) - {kind}
    assert len(mailoutbox) == 2


def test_who_unsubscribes_after_the_plan_is_made_gets_nothing(
    path: LearningPathPage, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two mails of a batch."""
    first, second = make_learner("a", path), make_learner("b", path)
    written = sending.write

    def write_and_unsubscribe(letter: Any) -> Any:
        own_actions.stop_mails(account=second.pk, kind=MailKind.DEADLINES)
        return written(letter)

    monkeypatch.setattr(sending, "write", write_and_unsubscribe)
    sending.send_due(kind="deadline", accounts=[first.pk, second.pk])
    assert readers(mailoutbox) == [first.email]
    assert [notice.person for notice in SentNotice.objects.all()] == [first]


def queries_of(kind: str, accounts: list[int]) -> int:
    with CaptureQueriesContext(connection) as captured:
        outcome = sending.send_due(kind=kind, accounts=accounts)
    assert outcome.sent == len(accounts)
    return len(captured)


EACH = 6
"""A mail's own: hold the reader, look for a claim, claim, mark; and, within a test, a savepoint and its end."""


@pytest.mark.parametrize("count", [1, 60])
def test_a_batch_of_reminders_costs_the_same_for_one_and_for_many(path: LearningPathPage, count: int) -> None:
    accounts = [make_learner(f"p{number}", path).pk for number in range(count)]
    assert queries_of("deadline", accounts) == 4 + EACH * count


@pytest.mark.parametrize("count", [1, 60])
def test_a_batch_of_expiries_costs_the_same_for_one_and_for_many(path: LearningPathPage, count: int) -> None:
    people = [make_person(f"p{number}") for number in range(count)]
    for person in people:
        certify(person, path, expires_in=60)
    assert queries_of("certificate_expiry", [person.pk for person in people]) == 4 + EACH * count


@pytest.mark.parametrize("count", [1, 60])
def test_a_batch_of_digests_costs_the_same_for_one_and_for_many(
    path: LearningPathPage, monday: None, count: int
) -> None:
    accounts = []
    for number in range(count):
        team = factories.TeamFactory.create()
        accounts.append(make_leader(team, f"leder{number}").pk)
        join(f"a{number}", team, due_in=-1)
        join(f"b{number}", team, weeks_ago=5)
    assert queries_of("leader_digest", accounts) == 9 + EACH * count
