"""Everything Flett holds about somebody: shown, handed out, deleted."""

import json
import time
import zipfile
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.log_actions import log
from wagtail.models import ModelLogEntry
from wagtail.users.models import UserProfile

from people import actions as people_actions
from people import own_data
from people.adapters import SIGNED_IN_KEY
from people.models import DataExport, Invitation, JoinRequest, Membership, Profile, ProfilePicture, User
from people.models.users import FORMER_MEMBER_EMAIL
from people.own_data import Collected, OwnFile, actions, exports
from people.signals import person_erasing
from tests import factories
from tests.people.own import make_export_of

pytestmark = pytest.mark.django_db

EMAIL = "liv.hemmelig@example.org"
OTHER_EMAIL = "privat.hemmelig@example.net"
NAMES = ("Livhemmelig", "Etternavnhemmelig")
SECRET = "hemmelig"
"""Stands in every name and address of the person, and in everything they have written of themselves."""


@pytest.fixture
def person(db: None) -> User:
    """Somebody with something in every table that knows people."""
    liv = factories.UserFactory.create(email=EMAIL, first_name=NAMES[0], last_name=NAMES[1])
    team, other = factories.TeamFactory.create(name="Vårt team"), factories.TeamFactory.create(name="Et team til")
    leader = factories.make_leader(team, first_name="Lederfornavn", last_name="Lederetternavn")
    EmailAddress.objects.create(user=liv, email=EMAIL, verified=True, primary=True)
    EmailAddress.objects.create(user=liv, email=OTHER_EMAIL, verified=True)
    Authenticator.objects.create(user=liv, type="totp", data={"secret": "skjultnøkkel"})
    SocialAccount.objects.create(user=liv, provider="jobb", uid="hemmelig-123")
    UserSession.objects.create(user=liv, session_key="økt", ip="127.0.0.1", user_agent="Hemmelig nettleser")
    UserProfile.objects.create(user=liv, avatar=ContentFile(factories.make_png(), name="hemmelig.png"))
    liv.groups.add(Group.objects.create(name="Redaktører her"))
    actions.save_profile(person=liv, first_name=NAMES[0], last_name=NAMES[1], presentation="Jeg er hemmelig.")
    ProfilePicture.objects.create(person=liv, small=b"lite bilde", large=b"stort bilde")
    request = people_actions.ask_to_join(person=liv, team=team)
    membership = people_actions.approve_request(
        request=request, by=leader, roles=[factories.TeamRoleFactory.create(key="sykepleier")]
    )
    factories.SupportGroupMembershipFactory.create(person=liv)
    people_actions.ask_to_join(person=liv, team=other)
    people_actions.invite(team=other, emails=[OTHER_EMAIL], by=factories.make_leader(other))
    make_export_of(liv)
    for about in (liv, membership):
        log(instance=about, action="wagtail.edit", user=leader)
    log(instance=team, action="wagtail.edit", user=liv)
    return liv


@pytest.fixture
def other(db: None) -> User:
    return factories.UserFactory.create(
        email="annen@example.org", first_name="Annenfornavn", last_name="Annenetternavn"
    )


def sign_in(client: Client, person: User) -> None:
    """As somebody who has just shown who they are."""
    client.force_login(person)
    session = client.session
    session[SIGNED_IN_KEY] = time.time()
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "email": person.email}]
    session.save()


def open_archive(content: bytes) -> tuple[dict[str, Any], zipfile.ZipFile]:
    archive = zipfile.ZipFile(BytesIO(content))
    assert archive.testzip() is None
    return json.loads(archive.read("opplysninger.json")), archive


# --- who answers for what -------------------------------------------------------------------------------


def columns_that_point_at_people() -> dict[str, Any]:
    return {
        f"{model._meta.label}.{field.name}": field
        for model in apps.get_models(include_auto_created=True)
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
        if field.remote_field and field.related_model is User
        if not (field.many_to_many and field.remote_field.through._meta.auto_created is False)
    }


def test_every_column_that_points_at_a_person_has_a_collector_or_a_reason() -> None:
    """A table added later fails here until it says what becomes of it."""
    there = set(columns_that_point_at_people())
    covered, exempt = own_data.covered_columns(), own_data.exempt_columns()
    assert there - covered - set(exempt) == set(), "register a collector: people.own_data.register"
    assert covered | set(exempt) <= there, "these columns are gone"
    assert covered & set(exempt) == set()
    assert all(len(reason) > 20 for reason in exempt.values())


HANDED_OVER = {"forum.Topic.author", "forum.Post.author"}
"""Given to the former member before the account goes (`tests/forum/test_erasing.py`); PROTECT keeps a mistake there
from taking other people's conversations with it."""


def test_no_table_holds_an_account_back() -> None:
    """Deleting a person must always be possible."""
    kept = {
        name
        for name, field in columns_that_point_at_people().items()
        if not field.many_to_many and field.remote_field.on_delete.__name__ in {"PROTECT", "RESTRICT"}
    }
    assert kept == HANDED_OVER


def test_two_collectors_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="There is a collector called account already"):
        own_data.register("account", lambda person: Collected(), title="x", why="x")


# --- the copy -------------------------------------------------------------------------------------------


def test_the_copy_holds_everything(person: User) -> None:
    export = actions.request_export(person=person)
    exports.build_export(key=str(export.key), tells=False)
    export.refresh_from_db()
    data, archive = open_archive(export.file.read())
    sections = {section["name"]: section for section in data["sections"]}
    assert set(sections) == {collector.name for collector in own_data.registered()}
    (account,) = sections["account"]["entries"]
    assert (account["first_name"], account["last_name"], account["email"]) == (*NAMES, EMAIL)
    assert account["presentation"] == "Jeg er hemmelig."
    assert account["groups"] == ["Redaktører her"]
    assert [
        entry.get("email") or entry.get("number_there") or entry.get("browser")
        for entry in sections["signing-in"]["entries"]
    ] == [
        EMAIL,
        OTHER_EMAIL,
        None,
        "hemmelig-123",
        "Hemmelig nettleser",
    ]
    assert [(entry["kind"], entry.get("team")) for entry in sections["teams"]["entries"]] == [
        ("Medlem", "Vårt team"),
        ("Med i støttegruppe", None),
        ("Ønske om å bli med", "Vårt team"),
        ("Ønske om å bli med", "Et team til"),
        ("Invitasjon til deg", "Et team til"),
    ]
    assert sections["teams"]["entries"][0]["roles"] == ["Sykepleier"]
    assert archive.read("filer/picture/stort.jpg") == b"stort bilde"
    assert archive.read("filer/picture/lite.jpg") == b"lite bilde"
    assert [name for name in archive.namelist() if name.startswith("filer/editing/")] != []
    assert "Alt Flett har om deg" in archive.read("les-meg.txt").decode()
    assert default_storage.exists(export.file.name)


def test_the_copy_holds_no_secret_and_nothing_of_another_person(person: User, other: User) -> None:
    """Colleagues have done things to the same rows: who they are is theirs."""
    colleague = factories.MembershipFactory.create(
        team=Membership.objects.get(person=person).team, person=other, admitted_by=person
    )
    asked = people_actions.ask_to_join(person=other, team=factories.TeamFactory.create())
    people_actions.refuse_request(request=asked, by=person)
    people_actions.invite(team=colleague.team, emails=["tredje@example.org"], by=person)
    log(instance=other, action="wagtail.edit", user=person)
    export = actions.request_export(person=person)
    exports.build_export(key=str(export.key), tells=False)
    export.refresh_from_db()
    data, _archive = open_archive(export.file.read())
    written = json.dumps(data, ensure_ascii=False)
    foreign = ["Annenfornavn", "Annenetternavn", "annen@", "tredje@", "Lederfornavn", "Lederetternavn", "skjultnøkkel"]
    assert [text for text in [*foreign, person.password, "argon2"] if text in written] == []
    done = {section["name"]: section for section in data["sections"]}["decisions"]["entries"]
    assert [entry["kind"] for entry in done] == ["Tok inn et medlem", "Avslått", "Sendte en invitasjon"]


def test_the_copy_is_in_the_language_of_its_reader(person: User) -> None:
    person.language = "en"
    person.save()
    export = actions.request_export(person=person)
    exports.build_export(key=str(export.key), tells=False)
    export.refresh_from_db()
    data, _archive = open_archive(export.file.read())
    assert data["sections"][0]["title"] == "Your account"


def test_a_new_copy_takes_the_old_ones_place(person: User, django_capture_on_commit_callbacks: Any) -> None:
    old = DataExport.objects.get(person=person)
    with django_capture_on_commit_callbacks(execute=True):
        new = actions.request_export(person=person)
    assert not default_storage.exists(old.file.name)
    assert list(DataExport.objects.filter(person=person)) == [new]
    new.refresh_from_db()
    assert new.is_ready


def test_a_large_copy_is_told_of_by_mail(
    person: User, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(actions, "AT_ONCE_BYTES", 5)
    with django_capture_on_commit_callbacks(execute=True):
        export = actions.request_export(person=person)
    export.refresh_from_db()
    assert export.is_ready
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == ([EMAIL], "Flett: Kopien din er klar")
    exports.build_export(key=str(export.key))
    assert len(mailoutbox) == 1, "run twice, done once"


def test_a_copy_that_fails_says_so(home: Any, client: Client, person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> bytes:
        raise OSError("the file is gone")

    def collect(_person: User) -> Collected:
        return Collected(files=[OwnFile("borte.txt", 1, read)])

    broken = own_data.Collector(name="broken", title="Borte", why="-", covers=(), collect=collect)
    monkeypatch.setitem(own_data._collectors, "broken", broken)
    export = actions.request_export(person=person)
    exports.build_export(key=str(export.key))
    sign_in(client, person)
    assert "Det gikk ikke å lage kopien." in client.get(reverse("people:own-data")).content.decode()


def test_files_stay_in_their_folder(person: User) -> None:
    files = [OwnFile(name, 1, lambda: b"x") for name in ("../../etc/passwd", "a.txt", "a.txt", "..\\b.txt", "/")]
    section = own_data.Section(name="x", title="x", why="x", entries=[], files=files)
    from people.own_data.archive import name_files

    assert name_files(section) == [
        "filer/x/passwd",
        "filer/x/a.txt",
        "filer/x/3-a.txt",
        "filer/x/b.txt",
        "filer/x/5",
    ]


def test_making_and_fetching_a_copy_ask_who_it_is(
    home: Any, client: Client, person: User, other: User, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(person)
    response = client.post(reverse("people:make-export"))
    assert response["Location"].startswith("/konto/reauthenticate/")
    export = DataExport.objects.get(person=person)
    address = reverse("people:download-export", args=[export.key])
    assert client.get(address)["Location"].startswith("/konto/reauthenticate/")
    client.logout()
    sign_in(client, person)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("people:make-export"))["Location"] == "/konto/alt-om-meg/"
    assert client.get(address).status_code == 404, "the old copy is gone"
    fresh = DataExport.objects.get(person=person)
    response = client.get(reverse("people:download-export", args=[fresh.key]))
    assert response["Content-Disposition"] == f'attachment; filename="flett-{timezone.localdate().isoformat()}.zip"'
    assert "no-store" in response["Cache-Control"]
    data, _archive = open_archive(b"".join(response))  # type: ignore[arg-type]
    assert data["account_number"] == person.pk
    client.logout()
    assert client.get(address)["Location"].startswith("/konto/login/?next=")
    sign_in(client, other)
    assert client.get(reverse("people:download-export", args=[fresh.key])).status_code == 404


def test_copies_are_not_served_among_the_media(client: Client, person: User) -> None:
    export = DataExport.objects.get(person=person)
    assert client.get(f"/media/{export.file.name}").status_code == 404


def test_the_page_says_it_in_words(home: Any, client: Client, person: User) -> None:
    client.force_login(person)
    page = client.get(reverse("people:own-data")).content.decode()
    for words in (
        "Kontoen din",
        EMAIL,
        OTHER_EMAIL,
        "Vårt team",
        "Sykepleier",
        "Jeg er hemmelig.",
        "Så bare du kommer inn.",
    ):
        assert words in page, words
    assert "skjultnøkkel" not in page


def test_the_page_costs_as_much_for_much_as_for_little(
    home: Any, client: Client, learner: User, django_assert_num_queries: Any
) -> None:
    client.force_login(learner)
    address = reverse("people:own-data")
    client.get(address)
    with django_assert_num_queries(QUERIES):
        client.get(address)
    for _ in range(30):
        factories.MembershipFactory.create(
            person=learner, roles=[factories.TeamRoleFactory.create(key="sykepleier")], admitted_by=learner
        )
        factories.MembershipFactory.create(admitted_by=learner)
    with django_assert_num_queries(QUERIES + 1):  # the roles, read where there are memberships
        page = client.get(address).content.decode()
    assert "10 til står i kopien." in page


QUERIES = 79
"""One or more for each part; the library's are five: items, versions, reviews, files, and files on their way in."""


def test_export_person_writes_a_file_for_its_owner_alone(person: User, tmp_path: Any) -> None:
    target = tmp_path / "liv.zip"
    call_command("export_person", EMAIL.upper(), str(target))
    data, _archive = open_archive(target.read_bytes())
    assert data["account_number"] == person.pk
    assert target.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_person", EMAIL, str(target))
    with pytest.raises(CommandError, match="Nobody has that address"):
        call_command("export_person", "ingen@example.org", str(tmp_path / "x.zip"))


# --- leaving --------------------------------------------------------------------------------------------


def test_asking_for_deletion_and_changing_ones_mind(
    home: Any, client: Client, person: User, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(person)
    address = reverse("people:delete-account")
    assert client.post(address)["Location"].startswith("/konto/reauthenticate/")
    assert not Profile.objects.to_be_deleted().exists()
    assert Profile.of(person).deletion_due_at is None
    client.logout()
    sign_in(client, person)
    mailoutbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address)["Location"] == address
    due = Profile.of(person).deletion_due_at
    assert due is not None
    assert timedelta(days=13, hours=23) < due - timezone.now() <= timedelta(days=14)
    assert Membership.objects.active().filter(person=person).count() == 1, "memberships wait too"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address)
    assert Profile.of(person).deletion_due_at == due, "asking again changes nothing"
    assert [mail.to for mail in mailoutbox] == [[EMAIL]]
    for page in (address, reverse("people:account")):
        assert "Behold kontoen" in client.get(page).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("people:keep-account"))["Location"] == reverse("people:account")
    assert Profile.of(person).deletion_due_at is None
    assert [mail.subject for mail in mailoutbox][1:] == ["Flett: Kontoen din slettes ikke"]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("people:keep-account"))
    assert len(mailoutbox) == 2


def test_reauthentication_carries_the_request_on(home: Any, client: Client, person: User) -> None:
    """Typing the password is the last thing to do: the button need not be pressed again."""
    client.force_login(person)
    response = client.post(reverse("people:delete-account"))
    response = client.post(response["Location"], {"password": factories.PASSWORD})
    assert response["Location"] == reverse("people:delete-account")
    assert Profile.of(person).deletion_due_at is not None


def test_the_only_leader_is_told_to_hand_over_and_not_prevented(home: Any, client: Client) -> None:
    team = factories.TeamFactory.create(name="Leter etter leder")
    leader = factories.make_leader(team)
    sign_in(client, leader)
    address = reverse("people:delete-account")
    page = client.get(address).content.decode()
    assert "Gi noen andre lederrollen først" in page
    assert reverse("people:members", args=[team.slug]) in page
    assert client.post(address).status_code == 302
    assert Profile.of(leader).deletion_due_at is not None
    factories.make_leader(team)
    assert "Gi noen andre lederrollen først" not in client.get(address).content.decode()


def test_the_only_administrator_is_told(home: Any, administrator: User, administrator_client: Client) -> None:
    address = reverse("people:delete-account")
    assert "Du er den eneste administratoren" in administrator_client.get(address).content.decode()
    factories.UserFactory.create(is_superuser=True)
    assert "Du er den eneste administratoren" not in administrator_client.get(address).content.decode()


def find_in_database(words: list[str]) -> list[str]:
    """Every table and column that holds one of the words, whatever its case: all columns, read as text."""
    found = []
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for column in connection.introspection.get_table_description(cursor, table):
                cursor.execute(f"SELECT {quote(column.name)} FROM {quote(table)}")  # noqa: S608 – our own tables
                for (value,) in cursor.fetchall():
                    text = (
                        bytes(value).decode("utf-8", "replace")
                        if isinstance(value, (bytes, memoryview))
                        else str(value)
                    )
                    found += [f"{table}.{column.name}: {word}" for word in words if word.lower() in text.lower()]
    for session in Session.objects.all():
        text = json.dumps(session.get_decoded(), default=str).lower()
        found += [f"session: {word}" for word in words if word.lower() in text]
    return found


def test_nothing_of_a_deleted_person_is_left_anywhere(
    home: Any, client: Client, person: User, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    sign_in(client, person)
    Client().post(reverse("account_login"), {"login": OTHER_EMAIL, "password": "galt"})
    words = [SECRET, EMAIL, OTHER_EMAIL, *NAMES]
    assert len({line.split(":")[0] for line in find_in_database(words)}) > 10, "there is something to find"
    files = [DataExport.objects.get(person=person).file.name, UserProfile.objects.get(user=person).avatar.name]
    mailoutbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete_person(person=person)
    assert find_in_database(words) == []
    assert [name for name in files if default_storage.exists(name)] == []
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [([EMAIL], "Flett: Kontoen din er slettet")]
    assert client.get(reverse("people:account"))["Location"].startswith("/konto/login/"), "signed out"
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete_person(person=person)
    assert len(mailoutbox) == 1, "run twice, done once"


def test_the_team_keeps_its_numbers_and_not_the_person(home: Any, client: Client, person: User) -> None:
    membership = Membership.objects.get(person=person)
    leader = membership.admitted_by
    team = membership.team
    before = team.memberships.count()
    actions.delete_person(person=person)
    assert team.memberships.count() == before
    membership.refresh_from_db()
    assert membership.person.email == FORMER_MEMBER_EMAIL
    assert (str(membership.person), membership.person.is_active) == ("Tidligere medlem", False)
    assert not membership.is_active
    assert membership.roles.count() == 0
    assert {membership.started_on.day, membership.ended_on.day, timezone.localtime(membership.created_at).day} == {1}
    assert (membership.admitted_by, membership.ended_by, membership.onboarding_due_on) == (None, None, None)
    client.force_login(leader)
    page = client.get(reverse("people:former-members", args=[team.slug])).content.decode()
    assert "Tidligere medlem" in page
    assert FORMER_MEMBER_EMAIL not in page


def test_one_row_stands_for_all_who_left(person: User, other: User) -> None:
    factories.MembershipFactory.create(person=other, team=Membership.objects.get(person=person).team)
    actions.delete_person(person=person)
    actions.delete_person(person=other)
    former = User.objects.get(email=FORMER_MEMBER_EMAIL)
    assert Membership.objects.filter(person=former).count() == 2
    assert not former.has_usable_password()
    actions.delete_person(person=former)
    assert User.objects.filter(email=FORMER_MEMBER_EMAIL).exists(), "who stands for all is never deleted"


def test_what_others_have_done_stays(person: User, other: User) -> None:
    """Their requests, invitations and log keep their rows; only the person is gone from them."""
    team = factories.TeamFactory.create()
    asked = people_actions.ask_to_join(person=other, team=team)
    people_actions.refuse_request(request=asked, by=person)
    people_actions.invite(team=team, emails=["tredje@example.org"], by=person)
    actions.delete_person(person=person)
    assert JoinRequest.objects.get(pk=asked.pk).decided_by is None
    assert Invitation.objects.get(email="tredje@example.org").invited_by is None
    assert [entry.user.email for entry in ModelLogEntry.objects.filter(label="Vårt team")] == [FORMER_MEMBER_EMAIL]
    assert User.objects.filter(pk=other.pk).exists()


def test_higher_rooms_are_told_inside_the_transaction(person: User) -> None:
    heard = []

    def listen(person: User, former: User, **kwargs: Any) -> None:
        heard.append((person.pk, former.email, User.objects.filter(pk=person.pk).exists()))

    person_erasing.connect(listen)
    try:
        actions.delete_person(person=person)
    finally:
        person_erasing.disconnect(listen)
    assert heard == [(person.pk, FORMER_MEMBER_EMAIL, True)]


def test_nobody_is_written_to_at_an_address_they_have_not_verified(
    learner: User, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    EmailAddress.objects.create(user=learner, email=learner.email, verified=False, primary=True)
    with django_capture_on_commit_callbacks(execute=True):
        actions.request_deletion(person=learner)
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete_person(person=learner)
    assert mailoutbox == []


@pytest.mark.parametrize("in_bulk", [False, True])
def test_the_editors_list_of_users_deletes_our_way(
    home: Any, administrator_client: Client, person: User, in_bulk: bool
) -> None:
    membership = Membership.objects.get(person=person)
    address = reverse("wagtailusers_users:delete", args=[person.pk])
    if in_bulk:
        address = f"{reverse('wagtail_bulk_action', args=['people', 'user', 'delete'])}?id={person.pk}"
    assert administrator_client.get(address).status_code == 200
    assert User.objects.filter(pk=person.pk).exists()
    assert administrator_client.post(address)["Location"] == reverse("wagtailusers_users:index")
    assert find_in_database([SECRET]) == []
    membership.refresh_from_db()
    assert str(membership.person) == "Tidligere medlem"
