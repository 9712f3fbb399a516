"""Who sends the library's files: Flett, the proxy, or the store. Who may have them is asked each time all the same."""

from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, storages
from django.test import Client
from django.urls import reverse

from forum import checks
from forum.models import LibraryFile, LibraryItem, Space, State
from people.models import User
from tests import factories
from tests.forum.test_library import docx
from tests.forum.test_library_previews import address, share_file
from tests.safety.papers import pdf
from tests.safety.test_previews import picture

pytestmark = pytest.mark.django_db


class Store(FileSystemStorage):
    """A store as django-storages has it for S3, whose addresses say what they were asked for."""

    def url(self, name: str | None, parameters: dict[str, str] | None = None, expire: int = 0) -> str:
        given = parameters or {}
        return (
            f"https://store.example.org/{name}?for={expire}&as={given['ResponseContentDisposition']}"
            f"&type={given['ResponseContentType']}"
        )


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def kari(space: Space) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


@pytest.fixture
def file(kari: User, space: Space) -> LibraryFile:
    return share_file(kari, space, docx("Hei"), "Møte, «mai».docx", makes=False)


@pytest.fixture
def signed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FORUM_FILES = "signed"
    location = storages["forum"].location  # type: ignore[attr-defined]
    monkeypatch.setattr(LibraryFile._meta.get_field("file"), "storage", Store(location=location))
    monkeypatch.setitem(storages._storages, "forum", Store(location=location))  # type: ignore[attr-defined]


def url_of(file: LibraryFile) -> str:
    return reverse("forum:library-file", args=[file.key])


def downloads(file: LibraryFile) -> int:
    return LibraryItem.objects.get(pk=file.version.item_id).download_count


def test_the_proxy_is_told_where_the_file_lies(browser: Client, file: LibraryFile, settings: Any) -> None:
    settings.FORUM_FILES = "proxy"
    answer = browser.get(url_of(file))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["X-Accel-Redirect"] == f"/forum-filer/{file.file.name}"
    assert answer["Content-Type"].endswith("wordprocessingml.document")
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''M%C3%B8te")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in answer["Cache-Control"]
    assert downloads(file) == 1
    browser.get(url_of(file), headers={"Range": "bytes=0-9"})
    assert downloads(file) == 1, "a part of it is not one more"


@pytest.mark.usefixtures("signed")
def test_the_store_sends_to_an_address_that_soon_ends(browser: Client, file: LibraryFile) -> None:
    answer = browser.get(url_of(file))
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"https://store.example.org/{file.file.name}?for=60&as=attachment;%20filename")
    assert answer["Location"].endswith("&type=application/vnd.openxmlformats-officedocument.wordprocessingml.document")
    assert "private" in answer["Cache-Control"]
    assert downloads(file) == 1
    head = browser.head(url_of(file))
    assert (head.status_code, head["Content-Length"]) == (200, str(file.size))


@pytest.mark.usefixtures("signed")
def test_pictures_come_from_us_all_the_same(browser: Client, kari: User, space: Space) -> None:
    """A page shows nothing from elsewhere."""
    image = share_file(kari, space, picture(), "tavla.png", makes=False)
    paged = share_file(kari, space, pdf().getvalue(), "avtale.pdf")
    for url in (url_of(image), address(paged)):
        answer = browser.get(url)
        assert answer.status_code == 200
        assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("way", ["flett", "proxy", "signed"])
def test_nobody_is_sent_what_they_may_not_see(
    way: str, kari: User, file: LibraryFile, settings: Any, request: pytest.FixtureRequest
) -> None:
    if way == "signed":
        request.getfixturevalue("signed")
    settings.FORUM_FILES = way
    outsider, other = factories.UserFactory.create(), factories.MembershipFactory.create().person
    LibraryItem.objects.update(state=State.HIDDEN)
    for person, wanted in ((kari, {200, 302}), (other, {404}), (outsider, {404})):
        client = Client()
        client.force_login(person)
        answer = client.get(url_of(file))
        assert answer.status_code in wanted
        assert ("X-Accel-Redirect" in answer) == (way == "proxy" and person == kari)
    anonymous = Client().get(url_of(file))
    assert (anonymous.status_code, anonymous["Location"].startswith("/konto/")) == (302, True)


def test_a_way_that_cannot_work_stops_the_start(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def ids() -> list[str | None]:
        return [message.id for message in checks.check_who_sends_files(None)]

    found = {}
    for way in ("flett", "proxy", "signed"):
        settings.FORUM_FILES = way
        found[way] = ids()
    assert found == {"flett": [], "proxy": [], "signed": ["forum.E003"]}
    monkeypatch.setitem(storages._storages, "forum", object())  # type: ignore[attr-defined]
    for way in ("flett", "proxy", "signed"):
        settings.FORUM_FILES = way
        found[way] = ids()
    assert found == {"flett": [], "proxy": ["forum.E004"], "signed": []}
