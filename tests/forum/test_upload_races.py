"""Two at once in the library, on a database that lets them."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from forum.actions import pace
from forum.actions.library import Content, Details, add_library_file, add_version, share_item
from forum.actions.uploads import begin_upload, finish_upload, forget_upload, take_piece
from forum.models import LibraryFile, LibraryItem, LibraryUpload, LibraryUploadPart, LibraryVersion, Space
from people.models import User
from tests import factories
from tests.people.test_races import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ROUNDS = 5


@pytest.fixture
def space(transactional_db: None) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def kari(space: Space) -> User:
    joined = timezone.now() - timedelta(days=400)
    return factories.MembershipFactory.create(person=factories.UserFactory.create(date_joined=joined)).person


def share(person: User, space: Space, content: Content) -> LibraryItem:
    return share_item(person=person, space=space, details=Details(title="Avtale"), content=content)


def files_on_disk() -> int:
    location = Path(settings.STORAGES["forum"]["OPTIONS"]["location"])
    return sum(path.is_file() for path in location.rglob("*"))


def test_new_versions_at_once_are_numbered_one_by_one(space: Space, kari: User) -> None:
    for _ in range(ROUNDS):
        item = share(kari, space, Content(source="Første."))
        work: list[Callable[[], Any]] = [
            partial(add_version, person=kari, item=item, content=Content(source=f"Tekst {n}.", note=f"Ny {n}"))
            for n in range(6)
        ]
        assert at_once(*work) == ["done"] * 6
        item.refresh_from_db()
        versions = list(item.versions.order_by("number"))
        assert [version.number for version in versions] == [1, 2, 3, 4, 5, 6, 7]
        assert {version.note for version in versions} == {"", *(f"Ny {n}" for n in range(6))}
        assert (item.current, item.version_count) == (versions[-1], 7)
        assert item.changed_at == versions[-1].created_at


def test_one_form_sent_twice_at_once_is_one_item_and_one_version(space: Space, kari: User) -> None:
    for _ in range(ROUNDS):
        submission, other = uuid4(), uuid4()
        add_library_file(person=kari, submission=submission, file=BytesIO(b"En"), name="a.txt")
        sharing = partial(share, kari, space, Content(submission=submission))
        assert at_once(sharing, sharing, sharing) == ["done"] * 3
        item = LibraryItem.objects.get(submission=submission)
        assert item.versions.get().files.count() == 1
        add_library_file(person=kari, submission=other, file=BytesIO(b"To"), name="b.txt")
        adding = partial(add_version, person=kari, item=item, content=Content(submission=other, note="Ny"))
        assert at_once(adding, adding) == ["done"] * 2
        assert LibraryVersion.objects.filter(item=item).count() == 2


def test_two_pieces_at_one_place_are_one(space: Space, kari: User) -> None:
    for _ in range(ROUNDS):
        upload = begin_upload(person=kari, submission=uuid4(), name="a.txt", size=6)
        outcomes = at_once(*(partial(take_piece, upload=upload, start=0, content=each) for each in (b"aaa", b"bbb")))
        assert sorted(outcomes) == ["WrongPlaceError", "done"]
        upload.refresh_from_db()
        assert (upload.received, upload.parts.count()) == (3, 1)
        upload = take_piece(upload=upload, start=3, content=b"ccc")
        content = finish_upload(upload=upload)[0].file.read()
        assert content in {b"aaaccc", b"bbbccc"}


def test_the_same_file_begun_in_two_tabs_is_one_upload(space: Space, kari: User) -> None:
    for _ in range(ROUNDS):
        begin = partial(begin_upload, person=kari, submission=uuid4(), name="a.txt", size=6, stamp=1)
        assert at_once(begin, begin, begin) == ["done"] * 3
        assert LibraryUpload.objects.count() == 1
        LibraryUpload.objects.all().delete()


def test_finishing_twice_at_once_is_one_file(space: Space, kari: User) -> None:
    for number in range(ROUNDS):
        upload = begin_upload(person=kari, submission=uuid4(), name="a.txt", size=3)
        upload = take_piece(upload=upload, start=0, content=b"abc")
        before = files_on_disk()
        outcomes = at_once(partial(finish_upload, upload=upload), partial(finish_upload, upload=upload))
        assert outcomes == ["done", "done"]
        assert (LibraryFile.objects.count(), files_on_disk()) == (number + 1, before + 1)
        assert not LibraryUpload.objects.exists()


def test_a_piece_that_comes_while_it_is_taken_away_leaves_nothing(space: Space, kari: User) -> None:
    for _ in range(ROUNDS):
        upload = begin_upload(person=kari, submission=uuid4(), name="a.txt", size=3)
        taken, forgotten = at_once(
            partial(take_piece, upload=upload, start=0, content=b"abc"), partial(forget_upload, upload=upload)
        )
        assert (taken in {"done", "DoesNotExist"}, forgotten) == (True, "done")
        assert not LibraryUpload.objects.exists()
        assert not LibraryUploadPart.objects.exists()


def test_the_pace_and_the_room_hold_against_many_at_once(
    space: Space, kari: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "UPLOADS_AN_HOUR", 3)
    begins: list[Callable[[], Any]] = [
        partial(begin_upload, person=kari, submission=uuid4(), name="a.txt", size=3) for _ in range(6)
    ]
    assert sorted(at_once(*begins)) == ["TooFastError"] * 3 + ["done"] * 3
    monkeypatch.setattr(pace, "UPLOADS_AN_HOUR", 100)
    LibraryUpload.objects.all().delete()
    monkeypatch.setattr("forum.actions.library.WAITING_BYTES_MOST", 10)
    assert sorted(at_once(*begins)) == ["FileRefusedError"] * 3 + ["done"] * 3
