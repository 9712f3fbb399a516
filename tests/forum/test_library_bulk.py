"""The page where a space's library is taken in and out, and the commands that do the same."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.library_sheet import TEMPLATE_COLUMNS, read_lines
from forum.models import LibraryItem, Space
from people.models import User
from safety.tables import read_table
from tests import factories
from tests.forum.bulk import docx, sheet, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create(slug="rommet")


@pytest.fixture
def kari(space: Space) -> User:
    """Looks after the space."""
    person = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    return person


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


def address(name: str = "bulk", slug: str = "rommet") -> str:
    return reverse(f"forum:library-{name}", args=[slug])


def send(browser: Client, content: bytes, **said: Any) -> Any:
    file = SimpleUploadedFile("mappe.zip", content, content_type="application/zip")
    return browser.post(address(), {"file": file, "do": "try", **said})


ROWS = [
    {"id": "a", "tittel": "Klar", "filer": "a.docx"},
    {"id": "b", "tittel": "Må ses over", "tekst": "Pasienten er født 12.03.1984."},
    {"id": "c", "tittel": "Feil", "filer": "borte.docx"},
]


@pytest.fixture
def zip_of_three() -> bytes:
    return zipped({"bibliotek.csv": sheet(*ROWS), "a.docx": docx("Tekst.")}).getvalue()


# --- trying, then doing --------------------------------------------------------------------------------


def test_a_zip_is_tried_and_the_same_one_is_taken_in(browser: Client, kari: User, zip_of_three: bytes) -> None:
    tried = send(browser, zip_of_three)
    assert tried.status_code == 200
    assert tried.context["counts"] == {"new": 1, "asks": 1, "made": 0, "there": 0, "refused": 1}
    html = tried.content.decode()
    assert "Fant ikke filen «borte.docx»." in html
    assert 'name="confirmed" value="b"' in html
    assert not LibraryItem.objects.exists()
    done = send(browser, zip_of_three, do="import", tried=tried.context["tried"], confirmed=["b"])
    assert done.context["counts"] == {"new": 0, "asks": 0, "made": 2, "there": 0, "refused": 1}
    assert set(LibraryItem.objects.values_list("title", "owner")) == {("Klar", kari.pk), ("Må ses over", kari.pk)}
    item = LibraryItem.objects.get(title="Klar")
    assert f'href="{item.get_absolute_url()}"' in done.content.decode()
    again = send(browser, zip_of_three, do="import", tried=tried.context["tried"])
    assert again.context["counts"] == {"new": 0, "asks": 0, "made": 0, "there": 2, "refused": 1}


def test_questions_that_nobody_answered_stay_outside(browser: Client, zip_of_three: bytes) -> None:
    tried = send(browser, zip_of_three)
    done = send(browser, zip_of_three, do="import", tried=tried.context["tried"])
    assert done.context["counts"] == {"new": 0, "asks": 1, "made": 1, "there": 0, "refused": 1}
    assert LibraryItem.objects.get().title == "Klar"


@pytest.mark.parametrize("seal", ["", "feil", "1-abc:def"])
def test_what_was_not_tried_is_only_tried(browser: Client, zip_of_three: bytes, seal: str) -> None:
    response = send(browser, zip_of_three, do="import", tried=seal, confirmed=["b"])
    assert response.context["is_another"]
    assert "Dette er en annen fil enn den du prøvde" in response.content.decode()
    assert not LibraryItem.objects.exists()


def test_another_zip_than_the_one_tried_is_only_tried(browser: Client, zip_of_three: bytes) -> None:
    tried = send(browser, zip_of_three)
    other = zipped({"bibliotek.csv": sheet({"tittel": "Annet", "tekst": "x"})}).getvalue()
    response = send(browser, other, do="import", tried=tried.context["tried"])
    assert (response.context["is_another"], response.context["counts"]["new"]) == (True, 1)
    assert not LibraryItem.objects.exists()


def test_a_seal_is_for_one_space(browser: Client, kari: User, zip_of_three: bytes) -> None:
    other = factories.SpaceFactory.create(slug="annet")
    factories.SpaceMembershipFactory.create(space=other, person=kari, facilitator=True)
    seal = send(browser, zip_of_three).context["tried"]
    file = SimpleUploadedFile("mappe.zip", zip_of_three)
    response = browser.post(address(slug="annet"), {"file": file, "do": "import", "tried": seal})
    assert response.context["is_another"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK", "verken en mappe eller en zip-fil"),
        (b"", "Filen er tom."),
        (zipped({"a.txt": b"x"}).getvalue(), "Fant ingen liste."),
        (zipped({"../a.csv": b"tittel"}).getvalue(), "ugyldig filsti"),
    ],
)
def test_a_zip_that_is_wrong_is_refused_beside_the_field(browser: Client, content: bytes, said: str) -> None:
    response = send(browser, content)
    assert response.status_code == 422
    assert said in response.content.decode()


def test_no_file_and_too_large_a_file_are_refused(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Velg en zip-fil først." in browser.post(address(), {"do": "try"}).content.decode()
    monkeypatch.setattr("forum.forms_library_bulk.ZIP_MOST", 10)
    response = send(browser, b"x" * 11)
    assert response.status_code == 422
    assert "Filen er for stor." in response.content.decode()


# --- out -----------------------------------------------------------------------------------------------


def test_all_of_it_is_one_zip(browser: Client, zip_of_three: bytes) -> None:
    send(browser, zip_of_three, do="import", tried=send(browser, zip_of_three).context["tried"])
    assert "1 ressurs med alle versjoner" in browser.get(address()).content.decode()
    response = browser.get(address("export"))
    assert response["Content-Disposition"] == 'attachment; filename="rommet.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as archive:  # type: ignore[arg-type]
        assert archive.namelist() == ["bibliotek.csv", "00001-klar/v1/a.docx"]


def test_too_much_for_a_page_is_left_to_the_command(browser: Client, zip_of_three: bytes, monkeypatch: Any) -> None:
    send(browser, zip_of_three, do="import", tried=send(browser, zip_of_three).context["tried"])
    monkeypatch.setattr("forum.views.library_bulk.EXPORT_MOST", 1)
    html = browser.get(address()).content.decode()
    assert "for store til å lastes ned her" in html
    assert address("export") not in html
    assert browser.get(address("export")).status_code == 403


def test_the_list_to_begin_from_is_one_that_is_read(browser: Client) -> None:
    response = browser.get(address("template"))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    lines, notices = read_lines(read_table(io.BytesIO(response.content), name="bibliotek.csv"))
    assert notices == []
    assert [(line["id"], line["version"], line["title"]) for line in lines] == [
        ("mandat", "1", "Mandat for styringsgruppa"),
        ("mandat", "2", ""),
    ]
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows[0]) == len(TEMPLATE_COLUMNS)


# --- who -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bulk", "export", "template"])
def test_who_may_open_each_page(home: Any, space: Space, kari: User, client: Client, name: str) -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE, slug="lukket")
    member = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=closed, person=member)
    people = {
        "facilitator": (kari, 200, 404),
        "moderator": (factories.make_moderator(), 200, 404),
        "member": (member, 403, 403),
        "outsider": (factories.UserFactory.create(), 404, 404),
    }
    for who, (person, of_open, of_closed) in people.items():
        client.force_login(person)
        assert client.get(address(name)).status_code == of_open, who
        assert client.get(address(name, "lukket")).status_code == of_closed, who
        assert client.get(address(name, "finnes-ikke")).status_code == 404
    client.logout()
    assert client.get(address(name)).status_code == 302


def test_an_archived_space_is_taken_out_of_and_not_into(browser: Client, space: Space, zip_of_three: bytes) -> None:
    Space.objects.update(archived_at=timezone.now())
    page = browser.get(address())
    assert page.status_code == 200
    assert 'type="file"' not in page.content.decode()
    assert send(browser, zip_of_three).status_code == 403
    assert browser.get(address("export")).status_code == 200


def test_those_who_look_after_a_space_find_the_page_from_it(browser: Client, client: Client, space: Space) -> None:
    assert address() in browser.get(reverse("forum:space-about", args=["rommet"])).content.decode()
    client.force_login(factories.MembershipFactory.create().person)
    assert address() not in client.get(reverse("forum:space-about", args=["rommet"])).content.decode()


# --- commands ------------------------------------------------------------------------------------------


def run(*arguments: Any, **options: Any) -> tuple[str, str]:
    """What a command said, and what it complained of."""
    said = io.StringIO()
    try:
        call_command(*arguments, stdout=said, **options)
    except CommandError as error:
        return said.getvalue(), str(error)
    return said.getvalue(), ""


def test_commands_take_in_and_out(tmp_path: Path, space: Space, kari: User, zip_of_three: bytes) -> None:
    source = tmp_path / "inn.zip"
    source.write_bytes(zip_of_three)
    options = {"space": "rommet", "owner": kari.email}
    said, complaint = run("import_library", source, **options, dry_run=True)
    assert complaint == "Some would not be taken in."
    assert said.splitlines()[0] == "new      row 2 (a): Klar"
    assert said.splitlines()[-1] == "new 1, asks 1, refused 1"
    assert not LibraryItem.objects.exists()
    assert run("import_library", source, **options)[0].splitlines()[-1] == "made 1, asks 1, refused 1"
    assert run("import_library", source, **options, confirm=["b"])[0].splitlines()[-1] == "made 1, there 1, refused 1"
    target = tmp_path / "ut.zip"
    assert run("export_library", target, space="rommet", reader=kari.email) == (f"2 items are in {target}.\n", "")
    assert run("export_library", target, space="rommet", reader=kari.email)[1] == f"{target} is there already."
    other = factories.SpaceFactory.create(slug="annet")
    factories.SpaceMembershipFactory.create(space=other, person=kari, facilitator=True)
    assert run("import_library", target, space="annet", owner=kari.email, confirm_all=True) == (
        f"made     row 2 ({LibraryItem.objects.get(title='Klar', space=space).key}): Klar\n"
        f"made     row 3 ({LibraryItem.objects.get(title='Må ses over', space=space).key}): Må ses over\n"
        "made 2\n",
        "",
    )


def test_commands_say_what_they_cannot_do(tmp_path: Path, space: Space, kari: User) -> None:
    stranger = factories.MembershipFactory.create().person
    folder = tmp_path / "mappe"
    folder.mkdir()
    for options, said in (
        ({"space": "nei", "owner": kari.email}, "There is no space nei."),
        ({"space": "rommet", "owner": "ingen@example.org"}, "Nobody has the address ingen@example.org."),
        ({"space": "rommet", "owner": kari.email}, "Fant ingen liste."),
    ):
        assert said in run("import_library", folder, **options)[1]
    (folder / "a.csv").write_bytes(sheet({"tittel": "En", "tekst": "x"}))
    assert "does not look after rommet" in run("import_library", folder, space="rommet", owner=stranger.email)[1]
    assert "Det finnes ingen" in run("import_library", tmp_path / "borte", space="rommet", owner=kari.email)[1]
    target = tmp_path / "ut.zip"
    assert "does not look after" in run("export_library", target, space="rommet", reader=stranger.email)[1]
    assert "no space" in run("export_library", target, space="nei", reader=kari.email)[1]
    assert not target.exists()
