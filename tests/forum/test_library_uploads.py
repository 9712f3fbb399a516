"""Files that come into the library piece by piece: in order, again, at once, by somebody else, not at all."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions import pace
from forum.actions.library import Content, Details, add_library_file, share_item
from forum.actions.uploads import KEPT_UNFINISHED, WrongPlaceError, begin_upload, finish_upload, take_piece
from forum.models import LibraryFile, LibraryItem, LibraryUpload, LibraryUploadPart, Space
from forum.permissions.library import uploads_of, user_can_see_upload
from people.models import User
from tests import factories
from tests.forum.test_library import docx
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db

TEXT = b"Bare tekst. " * 100


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def kari(space: Space) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def ola(space: Space) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


def begin(browser: Client, content: bytes = TEXT, *, name: str = "notat.txt", **fields: Any) -> Any:
    data = {"submission": str(uuid4()), "name": name, "size": len(content), "stamp": 7, **fields}
    return browser.post(reverse("forum:library-uploads"), data)


def send(browser: Client, url: str, start: int, content: bytes) -> Any:
    headers = {"Upload-Offset": str(start)}
    return browser.patch(url, content, content_type="application/offset+octet-stream", headers=headers)


def send_whole(browser: Client, content: bytes = TEXT, *, name: str = "notat.txt", **fields: Any) -> Any:
    url = begin(browser, content, name=name, **fields).json()["url"]
    for start in range(0, len(content), 500_000):
        assert send(browser, url, start, content[start : start + 500_000]).status_code == 200
    return browser.post(url, {"confirmed": fields.get("confirmed", "")})


def nothing_is_left() -> bool:
    return not any(model.objects.exists() for model in (LibraryUpload, LibraryUploadPart, LibraryFile))


def test_a_file_comes_in_pieces_and_goes_into_a_version(browser: Client, kari: User, space: Space) -> None:
    submission = uuid4()
    begun = begin(browser, submission=str(submission))
    told = begun.json()
    assert (begun.status_code, told["received"], told["size"]) == (201, 0, len(TEXT))
    assert send(browser, told["url"], 0, TEXT[:500]).json()["received"] == 500
    asked = browser.head(told["url"])
    assert (asked.status_code, asked["Upload-Offset"], asked["Cache-Control"].count("no-store")) == (200, "500", 1)
    assert not LibraryFile.objects.exists()
    assert send(browser, told["url"], 500, TEXT[500:]).json()["received"] == len(TEXT)
    done = browser.post(told["url"]).json()
    file = LibraryFile.objects.get()
    assert done["file"]["name"] == "notat.txt"
    assert (file.upload, file.uploader, file.size, file.file.read()) == (submission, kari, len(TEXT), TEXT)
    assert (LibraryUpload.objects.count(), LibraryUploadPart.objects.count()) == (0, 0)
    item = share_item(person=kari, space=space, details=Details(title="Notat"), content=Content(submission=submission))
    assert item.current.files.get() == file


def test_finishing_twice_is_one_file(browser: Client, kari: User) -> None:
    first = send_whole(browser)
    url = reverse("forum:library-upload", args=[LibraryFile.objects.get().key])
    assert browser.post(url).json()["file"] == first.json()["file"]
    assert LibraryFile.objects.count() == 1


def test_finishing_again_after_the_row_was_left_is_one_file(kari: User) -> None:
    """As when the process is killed between the file and the end of its upload."""
    upload = begin_upload(person=kari, submission=uuid4(), name="a.txt", size=3)
    upload = take_piece(upload=upload, start=0, content=b"abc")
    first, _ = finish_upload(upload=upload)
    LibraryUpload.objects.bulk_create([upload])
    LibraryUploadPart.objects.create(upload=upload, start=0, content=b"abc")
    again, _ = finish_upload(upload=upload)
    assert first == again
    assert (LibraryFile.objects.count(), LibraryUpload.objects.count()) == (1, 0)


@pytest.mark.parametrize("start", ["0", "1000", "", "-1", "x", "9" * 30])
def test_a_piece_in_the_wrong_place_is_not_taken_and_says_where(browser: Client, start: str) -> None:
    url = begin(browser).json()["url"]
    send(browser, url, 0, TEXT[:500])
    headers = {"Upload-Offset": start}
    answer = browser.patch(url, TEXT[:500], content_type="application/offset+octet-stream", headers=headers)
    assert (answer.status_code, answer.json()) == (409, {"received": 500})
    assert LibraryUpload.objects.get().received == 500


def test_more_than_was_said_is_not_taken(browser: Client) -> None:
    url = begin(browser).json()["url"]
    assert send(browser, url, 0, TEXT + b"x").status_code == 422
    assert send(browser, url, 0, b"").status_code == 422
    assert send(browser, url, 0, b"x" * 3_000_000).status_code == 422
    assert not LibraryUploadPart.objects.exists()


def test_what_is_not_whole_does_not_come_in(browser: Client) -> None:
    url = begin(browser).json()["url"]
    send(browser, url, 0, TEXT[:500])
    answer = browser.post(url)
    assert (answer.status_code, answer.json()) == (409, {"received": 500})
    assert not LibraryFile.objects.exists()


def test_the_same_file_chosen_again_goes_on_where_it_was(browser: Client) -> None:
    submission = str(uuid4())
    first = begin(browser, submission=submission).json()
    send(browser, first["url"], 0, TEXT[:500])
    again = begin(browser, submission=submission).json()
    assert (again["url"], again["received"]) == (first["url"], 500)
    assert begin(browser, submission=submission, stamp=8).json()["received"] == 0
    listed = browser.get(reverse("forum:library-uploads"), {"submission": submission}).json()
    assert [(each["name"], each["received"]) for each in listed["uploads"]] == [("notat.txt", 500), ("notat.txt", 0)]
    assert (listed["is_used"], listed["files"]) == (False, [])


def test_what_lies_beside_a_form_is_told_until_the_form_is_sent(browser: Client, kari: User, space: Space) -> None:
    submission = uuid4()
    send_whole(browser, submission=str(submission))
    url = reverse("forum:library-uploads")
    listed = browser.get(url, {"submission": str(submission)}).json()
    assert ([each["name"] for each in listed["files"]], listed["is_used"]) == (["notat.txt"], False)
    share_item(person=kari, space=space, details=Details(title="N"), content=Content(submission=submission))
    listed = browser.get(url, {"submission": str(submission)}).json()
    assert listed == {"is_used": True, "files": [], "uploads": []}


# --- refused -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "size", "message"),
    [
        ("film.docx", 2 * 1024**3, "Filen er for stor: 2048,0 MB. Den kan være høyst 50 MB."),
        ("bilde.png", 20 * 1024**2, "Filen er for stor: 20,0 MB. Den kan være høyst 15 MB."),
        ("tom.docx", 0, "Filen er tom."),
        ("tom.docx", "x", "Filen er tom."),
        ("avtale.docm", 10, "Filen har makroer og kan ikke lastes opp. Lagre den uten makroer, for eksempel som docx, "
         "xlsx eller pdf."),
    ],
)  # fmt: skip
def test_a_claim_is_refused_before_a_byte_has_come(browser: Client, name: str, size: Any, message: str) -> None:
    answer = begin(browser, name=name, size=size)
    assert (answer.status_code, answer.json()) == (422, {"message": message})
    assert nothing_is_left()


def test_a_number_in_the_name_is_never_stored(browser: Client) -> None:
    answer = begin(browser, name=f"{BORN}.txt")
    assert answer.status_code == 422
    assert BORN not in answer.content.decode()
    assert nothing_is_left()


def test_what_the_guard_refuses_leaves_nothing(browser: Client) -> None:
    answer = send_whole(browser, docx(f"Gjelder {BORN}"), name="avtale.docx")
    assert answer.status_code == 422
    assert "fødselsnummer" in answer.json()["message"]
    assert nothing_is_left()


def test_what_the_guard_asks_waits_for_the_answer(browser: Client) -> None:
    content = "Pasienten Kari Nordmann, født 15. oktober 1986, bor her.".encode()
    answer = send_whole(browser, content)
    assert answer.status_code == 422
    assert answer.json()["question"].endswith("Er det i orden, kan du bekrefte og gå videre.")
    assert (LibraryFile.objects.count(), LibraryUpload.objects.count()) == (0, 1)
    url = reverse("forum:library-upload", args=[LibraryUpload.objects.get().key])
    assert browser.post(url, {"confirmed": "1"}).json()["file"]["name"] == "notat.txt"
    assert (LibraryFile.objects.count(), LibraryUpload.objects.count()) == (1, 0)


def test_what_waits_is_limited_for_each_person(kari: User, ola: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.actions.library.WAITING_BYTES_MOST", 1000)
    begin_upload(person=kari, submission=uuid4(), name="a.txt", size=600)
    with pytest.raises(ValueError, match="for mange filer som ikke er delt"):
        begin_upload(person=kari, submission=uuid4(), name="b.txt", size=600)
    with pytest.raises(ValueError, match="for mange filer som ikke er delt"):
        add_library_file(person=kari, submission=uuid4(), file=BytesIO(b"x" * 600), name="c.txt")
    begin_upload(person=ola, submission=uuid4(), name="a.txt", size=600)


def test_a_file_that_had_room_when_it_began_has_it_when_it_ends(kari: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.actions.library.WAITING_MOST", 1)
    monkeypatch.setattr(pace, "NEW_PEOPLES_UPLOADS_AN_HOUR", 1)
    upload = take_piece(
        upload=begin_upload(person=kari, submission=uuid4(), name="a.txt", size=3), start=0, content=b"abc"
    )
    assert finish_upload(upload=upload)[0].size == 3


def test_one_person_hands_in_so_much_an_hour(kari: User, ola: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shared, what waits and what is coming count together, by either door."""
    monkeypatch.setattr(pace, "NEW_PEOPLES_UPLOADS_AN_HOUR", 2)
    monkeypatch.setattr(pace, "UPLOADS_AN_HOUR", 3)
    add_library_file(person=kari, submission=uuid4(), file=BytesIO(b"abc"), name="a.txt")
    begin_upload(person=kari, submission=uuid4(), name="b.txt", size=3)
    with pytest.raises(pace.TooFastError, match=r"Du har lastet opp mange filer den siste timen\. Du kan fortsette"):
        begin_upload(person=kari, submission=uuid4(), name="c.txt", size=3)
    with pytest.raises(pace.TooFastError):
        add_library_file(person=kari, submission=uuid4(), file=BytesIO(b"abc"), name="c.txt")
    add_library_file(person=ola, submission=uuid4(), file=BytesIO(b"abc"), name="a.txt")
    User.objects.filter(pk=kari.pk).update(date_joined=timezone.now() - timedelta(days=30))
    kari.refresh_from_db()
    begin_upload(person=kari, submission=uuid4(), name="c.txt", size=3)
    LibraryFile.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    begin_upload(person=kari, submission=uuid4(), name="d.txt", size=3)


# --- whose it is ---------------------------------------------------------------------------------------


def test_an_upload_is_its_persons_alone(browser: Client, kari: User, ola: User) -> None:
    submission = str(uuid4())
    url = begin(browser, submission=submission).json()["url"]
    others = [ola, factories.UserFactory.create(), factories.make_moderator()]
    upload = LibraryUpload.objects.get()
    for person in (*others, kari):
        assert (
            user_can_see_upload(person, upload) == uploads_of(person).filter(pk=upload.pk).exists() == (person == kari)
        )
    for person in others:
        client = Client()
        client.force_login(person)
        answers = [client.head(url), send(client, url, 0, TEXT), client.post(url)]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert client.delete(url).status_code == 204
        listed = client.get(reverse("forum:library-uploads"), {"submission": submission})
        assert listed.status_code == 403 or listed.json()["uploads"] == []
    anonymous = Client()
    assert [anonymous.head(url).status_code, send(anonymous, url, 0, TEXT).status_code] == [401, 401]
    assert LibraryUpload.objects.get().received == 0


def test_whoever_may_share_nowhere_begins_nothing(client: Client, space: Space) -> None:
    client.force_login(factories.UserFactory.create())
    assert begin(client).status_code == 403
    assert nothing_is_left()


def test_a_file_that_is_shared_is_not_taken_away_by_its_upload(browser: Client, kari: User, space: Space) -> None:
    submission = uuid4()
    send_whole(browser, submission=str(submission))
    file = LibraryFile.objects.get()
    url = reverse("forum:library-upload", args=[file.key])
    share_item(person=kari, space=space, details=Details(title="N"), content=Content(submission=submission))
    browser.delete(url)
    assert LibraryFile.objects.filter(pk=file.pk).exists()
    assert browser.post(url).status_code == 404


@pytest.mark.parametrize("is_whole", [True, False])
def test_it_is_taken_away_while_it_comes_and_after(browser: Client, is_whole: bool) -> None:
    if is_whole:
        url = send_whole(browser).json()["file"]["upload_url"]
    else:
        url = begin(browser).json()["url"]
        send(browser, url, 0, TEXT[:10])
    assert browser.delete(url).status_code == 204
    assert nothing_is_left()
    assert send(browser, url, 10, TEXT[10:]).status_code == 404


def test_an_old_page_gets_a_new_token_and_a_signed_out_one_a_way_in(kari: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(kari)
    refused = begin(strict)
    assert (refused.status_code, list(refused.json())) == (403, ["token"])
    token = refused.json()["token"]
    data = {"submission": str(uuid4()), "name": "a.txt", "size": 3}
    begun = strict.post(reverse("forum:library-uploads"), data, headers={"X-CSRFToken": token})
    assert begun.status_code == 201
    strict.logout()
    answer = strict.post(reverse("forum:library-uploads"), data, headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.json()["login_url"]) == (401, reverse("account_login"))
    assert answer.json()["message"].startswith("Du er logget ut.")


@pytest.mark.parametrize("submission", ["", "x", "\x00"])
def test_a_form_without_a_number_is_not_there(browser: Client, submission: str) -> None:
    assert begin(browser, submission=submission).status_code == 404
    assert browser.get(reverse("forum:library-uploads"), {"submission": submission}).status_code == 404


# --- left behind ---------------------------------------------------------------------------------------


def test_what_was_left_behind_is_forgotten(kari: User) -> None:
    old, new = (begin_upload(person=kari, submission=uuid4(), name="a.txt", size=3) for _ in range(2))
    take_piece(upload=old, start=0, content=b"ab")
    LibraryUpload.objects.filter(pk=old.pk).update(touched_at=timezone.now() - KEPT_UNFINISHED - timedelta(hours=1))
    call_command("forget_forum", dry_run=True, verbosity=0)
    assert LibraryUpload.objects.count() == 2
    call_command("forget_forum")
    assert LibraryUpload.objects.get() == new
    assert not LibraryUploadPart.objects.exists()


def test_nothing_of_it_is_an_item(browser: Client, kari: User) -> None:
    begin(browser)
    page = browser.get(reverse("forum:library")).content.decode()
    assert "notat.txt" not in page
    assert not LibraryItem.objects.exists()
    with pytest.raises(WrongPlaceError):
        finish_upload(upload=LibraryUpload.objects.get())


def test_pieces_are_in_the_order_of_their_bytes(kari: User) -> None:
    upload = begin_upload(person=kari, submission=UUID(int=1), name="a.txt", size=6)
    for start, content in ((0, b"en "), (3, b"to.")):
        upload = take_piece(upload=upload, start=start, content=content)
    assert finish_upload(upload=upload)[0].file.read() == b"en to."
