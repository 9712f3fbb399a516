"""Administrators' side: the list of teams in two steps, the short lists, support groups, deadlines."""

import io
import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from people.models import (
    PeopleSettings,
    Region,
    SupportGroup,
    SupportGroupMembership,
    Team,
    TeamListUpload,
    TeamRole,
    User,
)
from people.permissions import user_is_national
from people.team_list.export import export_team_list
from tests import factories

pytestmark = pytest.mark.django_db

PERIODS = {"onboarding_days": "90", "invitation_days": "14", "deletion_days": "10", "unused_months": "18"}

IMPORT = "/admin/team-list/import/"
ADMIN_ONLY = [
    IMPORT,
    "/admin/team-list/export/csv/",
    "/admin/team-list/export/xlsx/",
    "/admin/people/teams/",
    "/admin/people/teams/new/",
    "/admin/people/regions/",
    "/admin/people/roles/",
    "/admin/people/support-groups/",
    "/admin/people/support-members/",
]


def text_of(response: Any) -> str:
    body = re.sub(r"(?s)<(head|svg|script|template)\b.*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def list_file(*rows: str, name: str = "team.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join(rows).encode())


@pytest.fixture
def editor(home: Any) -> User:
    """Somebody with every right a group can give, and who is no administrator."""
    from django.contrib.auth.models import Group, Permission

    group = Group.objects.create(name="Alt")
    group.permissions.set(Permission.objects.all())
    person = factories.UserFactory.create(is_staff=True)
    person.groups.add(group)
    return person


# --- whose door it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADMIN_ONLY)
def test_only_administrators_come_in(client: Client, editor: User, administrator: User, address: str) -> None:
    assert client.get(address).status_code == 302
    client.force_login(factories.UserFactory.create())
    assert client.get(address).status_code in {302, 403}
    client.force_login(editor)
    refused = client.get(address)
    assert refused.status_code in {302, 403}
    assert "team" not in refused.get("Content-Disposition", "")
    client.force_login(administrator)
    assert client.get(address).status_code == 200


def test_editor_can_neither_import_nor_apply(client: Client, editor: User, administrator: User) -> None:
    client.force_login(administrator)
    to_check = client.post(IMPORT, {"file": list_file("name;county", "Ny;Oslo")})["Location"]
    client.force_login(editor)
    for address, data in ((IMPORT, {"file": list_file("name;county", "Ny;Oslo")}), (to_check, {"fingerprint": "x"})):
        assert client.post(address, data).status_code in {302, 403}
    assert Team.objects.count() == 0


def test_menu_shows_teams_to_administrators_alone(client: Client, editor: User, administrator: User) -> None:
    client.force_login(editor)
    assert "people/teams" not in client.get("/admin/").content.decode()
    client.force_login(administrator)
    shown = client.get("/admin/").content.decode()
    assert "/admin/people/teams/" in shown
    assert IMPORT in shown


# --- the list in two steps ------------------------------------------------------------------------------


def test_administrator_sees_what_would_change_and_then_lets_it(administrator_client: Client) -> None:
    factories.TeamFactory.create(name="Stord", county="Vestland")
    posted = administrator_client.post(
        IMPORT, {"file": list_file("name;county;programme", "Stord;Vestland;FACT", "<b>Ny</b>;Oslo;ACT")}
    )
    assert posted.status_code == 302
    shown = administrator_client.get(posted["Location"])
    text = text_of(shown)
    assert "Fila er i orden. Ingenting er endret ennå." in text
    assert "1 nytt team 1 team endres 0 team er uendret 0 team står ikke i fila og røres ikke" in text
    assert "Rad Team Hva som endres 2 Stord program: Ikke oppgitt → FACT" in text
    assert b"<b>Ny</b>" not in shown.content
    assert Team.objects.get().programme == "UNSPECIFIED"
    fingerprint = re.search(r'name="fingerprint" value="([0-9a-f]{64})"', shown.content.decode())
    assert fingerprint
    applied = administrator_client.post(posted["Location"], {"fingerprint": fingerprint[1]}, follow=True)
    assert "Lista er lagret. 1 team er nytt. 1 team er endret." in text_of(applied)
    assert sorted(Team.objects.values_list("name", "programme")) == [("<b>Ny</b>", "ACT"), ("Stord", "FACT")]
    again = administrator_client.post(posted["Location"], {"fingerprint": fingerprint[1]}, follow=True)
    assert "Denne fila er brukt, eller den har ventet for lenge." in text_of(again)
    assert Team.objects.count() == 2


def test_bad_rows_are_shown_with_number_and_reason_and_nothing_can_be_applied(administrator_client: Client) -> None:
    response = administrator_client.post(
        IMPORT, {"file": list_file("name;county;programme", "A;Oslo;FACT", "B;Hordaland;FACT", ";Oslo;X")}
    )
    assert response.status_code == 422
    text = text_of(response)
    assert "2 rader har feil. Ingenting er endret. Rett dem, og last opp fila på nytt." in text
    assert "3 B fylke: Det finnes ikke noe norsk fylke som heter «Hordaland»." in text
    assert "4 – program: «X» er ikke en av disse:" in text
    assert "Teamet mangler navn." in text
    assert not TeamListUpload.objects.exists()
    assert Team.objects.count() == 0


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (SimpleUploadedFile("team.pdf", b"%PDF-"), "Lista må være en xlsx- eller csv-fil."),
        (SimpleUploadedFile("team.xlsx", b"PK\x03\x04"), "Filen heter .xlsx, men innholdet"),
    ],
)
def test_file_that_is_no_list_is_refused_at_its_field(
    administrator_client: Client, file: SimpleUploadedFile, words: str
) -> None:
    file.seek(0)
    response = administrator_client.post(IMPORT, {"file": file})
    assert response.status_code == 422
    assert words in text_of(response)
    assert administrator_client.post(IMPORT, {}).status_code == 422


def test_list_that_changes_nothing_says_so(administrator_client: Client) -> None:
    factories.TeamFactory.create(name="Stord")
    file = SimpleUploadedFile("team.xlsx", export_team_list(kind="xlsx"))
    response = administrator_client.post(IMPORT, {"file": file})
    assert response.status_code == 200
    assert "Fila er i orden, og alt i den er slik det er fra før. Ingenting å endre." in text_of(response)


def test_teams_changed_in_the_meantime_are_shown_again(administrator_client: Client) -> None:
    team = factories.TeamFactory.create(name="Stord")
    check = administrator_client.post(IMPORT, {"file": list_file("name;county;programme", "Stord;Vestland;FACT")})
    shown = administrator_client.get(check["Location"]).content.decode()
    team.programme = "ACT"
    team.save()
    old = re.findall(r'name="fingerprint" value="(\w+)"', shown)[0]
    refused = administrator_client.post(check["Location"], {"fingerprint": old})
    assert refused.status_code == 409
    assert "Teamene er endret siden du så gjennom lista. Ingenting er lagret." in text_of(refused)
    assert "program: ACT → FACT" in text_of(refused)
    new = re.findall(r'name="fingerprint" value="(\w+)"', refused.content.decode())[0]
    assert administrator_client.post(check["Location"], {"fingerprint": new}).status_code == 302
    team.refresh_from_db()
    assert team.programme == "FACT"


@pytest.mark.parametrize("fingerprint", ["", "x" * 64])
def test_nothing_is_applied_without_what_was_shown(administrator_client: Client, fingerprint: str) -> None:
    check = administrator_client.post(IMPORT, {"file": list_file("name;county", "Ny;Oslo")})
    assert administrator_client.post(check["Location"], {"fingerprint": fingerprint}).status_code == 409
    assert Team.objects.count() == 0


def test_another_administrators_upload_is_not_there(administrator_client: Client, client: Client) -> None:
    check = administrator_client.post(IMPORT, {"file": list_file("name;county", "Ny;Oslo")})
    client.force_login(factories.UserFactory.create(is_superuser=True, is_staff=True))
    assert client.get(check["Location"]).status_code == 404
    assert client.post(check["Location"], {"fingerprint": "x"}).status_code == 404


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_is_a_download(administrator_client: Client, kind: str) -> None:
    response = administrator_client.get(f"/admin/team-list/export/{kind}/")
    assert re.fullmatch(rf'attachment; filename="team-\d{{4}}-\d\d-\d\d\.{kind}"', response["Content-Disposition"])
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in response["Cache-Control"]
    assert administrator_client.get("/admin/team-list/export/pdf/").status_code == 404


# --- the lists themselves -------------------------------------------------------------------------------

TEAM = {
    "programme": "FACT",
    "country": "NO",
    "county": "Vestland",
    "phase": "unknown",
    "status_source": "",
    "name_note": "",
    "municipalities": "",
    "hospital_trust": "",
    "about": "",
    "contact_route": "",
}


def test_administrator_adds_and_changes_a_team(administrator_client: Client) -> None:
    added = administrator_client.post("/admin/people/teams/new/", {**TEAM, "name": " Østre  Stord "})
    assert added.status_code == 302
    team = Team.objects.get()
    assert (team.name, team.slug, team.programme) == ("Østre Stord", "ostre-stord", "FACT")
    edit = f"/admin/people/teams/edit/{team.pk}/"
    assert administrator_client.post(edit, {**TEAM, "name": "Stord", "phase": "closed"}).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.slug, team.phase) == ("Stord", "ostre-stord", "closed")
    assert administrator_client.get("/admin/people/teams/", {"q": "STORD"}).status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"county": "Hordaland"}, "Norske fylker skrives slik:"),
        ({"contact_route": "Ring 912 34 567"}, "ser ut som et mobilnummer"),
        ({"name": "Solli"}, "finnes"),
        ({"name": ""}, ""),
    ],
)
def test_team_that_cannot_be_is_refused(administrator_client: Client, change: dict[str, str], words: str) -> None:
    factories.TeamFactory.create(name="Solli", county="Vestland")
    response = administrator_client.post("/admin/people/teams/new/", {**TEAM, "name": "Stord", **change})
    assert response.status_code == 200
    assert words in text_of(response)
    assert Team.objects.count() == 1


def test_nothing_is_deleted(administrator_client: Client) -> None:
    team = factories.TeamFactory.create()
    region = factories.RegionFactory.create()
    for address in (f"/admin/people/teams/delete/{team.pk}/", f"/admin/people/regions/delete/{region.pk}/"):
        assert administrator_client.post(address).status_code in {302, 403}
    assert Team.objects.filter(pk=team.pk).exists()
    assert Region.objects.filter(pk=region.pk).exists()


def test_administrator_keeps_regions_roles_and_groups(administrator_client: Client) -> None:
    post = administrator_client.post
    refused = post("/admin/people/regions/new/", {"name": "Nord 15108695088", "key": "nord", "position": 1})
    assert "Teksten inneholder et fødselsnummer" in text_of(refused)
    assert not Region.objects.filter(name__startswith="Nord 1").exists()
    assert post("/admin/people/regions/new/", {"name": "Nord", "key": "nord", "position": 1}).status_code == 302
    role = {"name": "Miljøterapeut", "name_da": "Pædagog", "name_en": "Milieu therapist", "key": "m", "position": 9}
    assert post("/admin/people/roles/new/", role).status_code == 302
    region = Region.objects.get()
    assert post("/admin/people/support-groups/new/", {"name": "Nord", "region": region.pk}).status_code == 302
    assert (TeamRole.objects.get().leads_team, SupportGroup.objects.get().region) == (False, region)
    assert post(f"/admin/people/regions/edit/{region.pk}/", {"name": "Nord-Norge", "key": "nord", "position": 2})
    region.refresh_from_db()
    assert region.name == "Nord-Norge"


def test_administrator_puts_somebody_in_a_group_and_ends_it(administrator_client: Client, learner: User) -> None:
    group = factories.SupportGroupFactory.create()
    add = "/admin/people/support-members/new/"
    unknown = administrator_client.post(add, {"email": "ingen@example.org", "group": group.pk})
    assert "Ingen konto har denne adressen." in text_of(unknown)
    for _ in range(2):
        added = administrator_client.post(add, {"email": learner.email.upper(), "group": group.pk})
        assert added.status_code == 302
    membership = SupportGroupMembership.objects.get()
    assert user_is_national(learner)
    listed = text_of(administrator_client.get("/admin/people/support-members/"))
    assert str(learner) in listed
    end = f"/admin/people/support-members/delete/{membership.pk}/"
    assert "Personen mister tilgangen med én gang. Historikken blir stående." in text_of(administrator_client.get(end))
    assert administrator_client.post(end).status_code == 302
    membership.refresh_from_db()
    assert membership.ended_at is not None
    assert not user_is_national(learner)


# --- deadlines ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "code"),
    [("anonymous", 302), ("learner", 403), ("regional", 403), ("national", 200), ("administrator", 200)],
)
def test_who_sets_the_deadlines(client: Client, who: str, code: int) -> None:
    group = factories.SupportGroupFactory.create(region=factories.RegionFactory.create() if who == "regional" else None)
    people = {
        "learner": factories.UserFactory.create(),
        "regional": factories.SupportGroupMembershipFactory.create(group=group).person,
        "national": factories.SupportGroupMembershipFactory.create(group=group).person,
        "administrator": factories.UserFactory.create(is_superuser=True),
    }
    if who in people:
        client.force_login(people[who])
    address = reverse("people:people-settings")
    assert client.get(address).status_code == code
    posted = client.post(address, {**PERIODS, "onboarding_days": "60", "invitation_days": "7"})
    assert posted.status_code == (302 if code == 200 else code)
    settings = PeopleSettings.load()
    expected = (60, 7) if code == 200 else (90, 14)
    assert (settings.onboarding_days, settings.invitation_days) == expected
    assert (settings.deletion_days, settings.unused_months) == ((10, 18) if code == 200 else (14, 24))


@pytest.mark.parametrize("days", ["0", "731", "x", ""])
def test_deadline_that_makes_no_sense_is_refused(administrator_client: Client, days: str) -> None:
    address = reverse("people:people-settings")
    response = administrator_client.post(address, {**PERIODS, "onboarding_days": days})
    assert response.status_code == 422
    assert 'id="id_onboarding_days_error"' in response.content.decode()
    assert PeopleSettings.load().onboarding_days == 90


def test_directory_shows_administrators_the_way_to_the_list(client: Client, administrator: User) -> None:
    assert IMPORT not in client.get("/team/").content.decode()
    client.force_login(administrator)
    assert IMPORT in client.get("/team/").content.decode()
    assert io.BytesIO(client.get("/admin/team-list/export/csv/").content).read(3) == b"\xef\xbb\xbf"
