"""Materials of an event: through the door, and to those they are for."""

from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from forum.actions.event_materials import MATERIALS_MOST, add_file, add_library_item, add_link, remove_material
from forum.models import Event, EventMaterial, LibraryItem, ProgrammeItem, State
from people.models import User
from safety.files import FileRefusedError
from safety.guard import PatientDataError
from safety.text import TextRefusedError
from tests import factories
from tests.forum.event_cast import make_arranger, make_event, sign_up
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(home: Any) -> Event:
    return make_event()


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


def add(
    by: User, event: Event, content: bytes = b"Program\n", name: str = "program.txt", **fields: Any
) -> EventMaterial:
    return add_file(by=by, event=event, file=BytesIO(content), name=name, **fields)[0]


def test_a_file_a_link_and_something_of_the_library_belong_to_the_event(arranger: User, event: Event) -> None:
    point = ProgrammeItem.objects.create(event=event, starts_at=event.starts_at, title="Åpning")
    item = LibraryItem.objects.create(space=event.space, title="Mandat")
    file = add(arranger, event, name="../program.txt", point=point)
    link = add_link(by=arranger, event=event, link="https://example.org/film", for_participants=True)
    shared = add_library_item(by=arranger, event=event, item=item)
    assert (file.name, file.title, file.media_type, file.point) == ("program.txt", "program.txt", "text/plain", point)
    assert (link.title, link.for_participants, shared.title) == ("https://example.org/film", True, "Mandat")
    assert add_library_item(by=arranger, event=event, item=item) == shared


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("plan.txt", f"Født {BORN}\n".encode(), PatientDataError),
        ("plan.exe", b"MZ", FileRefusedError),
        ("plan.pdf", b"ikke en pdf", FileRefusedError),
        ("plan.svg", b"<svg><script/></svg>", FileRefusedError),
        ("tom.txt", b"", FileRefusedError),
    ],
)
def test_a_file_that_may_not_come_in_leaves_nothing(
    arranger: User, event: Event, name: str, content: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        add(arranger, event, content, name)
    assert not EventMaterial.objects.exists()


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "ftp://example.org/x", "example", f"https://example.org/{BORN}"]
)
def test_a_link_is_a_web_address(arranger: User, event: Event, link: str) -> None:
    with pytest.raises(TextRefusedError):
        add_link(by=arranger, event=event, link=link)


def test_no_identity_number_is_a_title(arranger: User, event: Event) -> None:
    with pytest.raises(PatientDataError):
        add(arranger, event, title=f"Født {BORN}")


def test_a_point_of_another_event_is_none_of_this(arranger: User, event: Event) -> None:
    other = make_event(event.space)
    point = ProgrammeItem.objects.create(event=other, starts_at=other.starts_at, title="Åpning")
    with pytest.raises(PermissionDenied):
        add(arranger, event, point=point)


def test_there_is_an_end_to_it(arranger: User, event: Event) -> None:
    EventMaterial.objects.bulk_create(
        EventMaterial(event=event, title="x", link="https://example.org") for _ in range(MATERIALS_MOST)
    )
    with pytest.raises(FileRefusedError):
        add(arranger, event)


def test_only_whoever_arranges_it_adds_and_takes_away(arranger: User, event: Event) -> None:
    person = sign_up("kari", event).person
    kept = add(arranger, event)
    item = LibraryItem.objects.create(space=event.space, title="Mandat")
    for change in (
        lambda: add(person, event),
        lambda: add_link(by=person, event=event, link="https://example.org"),
        lambda: add_library_item(by=person, event=event, item=item),
        lambda: remove_material(by=person, material=kept),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert EventMaterial.objects.get() == kept


def test_what_an_arranger_does_not_see_they_do_not_add(arranger: User, event: Event) -> None:
    hidden = LibraryItem.objects.create(space=factories.SpaceFactory.create(), title="Skjult", state=State.HIDDEN)
    with pytest.raises(PermissionDenied):
        add_library_item(by=arranger, event=event, item=hidden)


def test_what_is_taken_away_is_gone_from_the_disk(
    arranger: User, event: Event, django_capture_on_commit_callbacks: Any
) -> None:
    kept = add(arranger, event)
    storage, name = kept.file.storage, kept.file.name
    with django_capture_on_commit_callbacks(execute=True):
        remove_material(by=arranger, material=kept)
    assert (storage.exists(name), EventMaterial.objects.count()) == (False, 0)
    remove_material(by=arranger, material=kept)


# --- the page ------------------------------------------------------------------------------------------


def test_materials_are_added_and_taken_away_on_the_page(client: Client, arranger: User, event: Event) -> None:
    client.force_login(arranger)
    address = reverse("forum:event-materials", args=[event.pk])
    sent = {"file": SimpleUploadedFile("plan.txt", b"Plan\n"), "title": "Planen", "for_participants": "on"}
    assert client.post(address, sent).status_code == 302
    kept = EventMaterial.objects.get()
    assert (kept.title, kept.for_participants) == ("Planen", True)
    both = {"file": SimpleUploadedFile("plan.txt", b"Plan\n"), "link": "https://example.org"}
    assert client.post(address, both).status_code == 422
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"remove": "x"}).status_code == 404
    assert client.post(address, {"remove": str(kept.key)}).status_code == 302
    assert not EventMaterial.objects.exists()


def test_a_file_is_served_so_that_nothing_in_it_runs(client: Client, arranger: User, event: Event) -> None:
    kept = add(arranger, event)
    client.force_login(arranger)
    response = client.get(reverse("forum:event-material", args=[kept.key]))
    assert b"".join(response.streaming_content) == b"Program\n"  # type: ignore[arg-type]
    assert response["Content-Disposition"] == 'attachment; filename="program.txt"'
    assert (response["X-Content-Type-Options"], response["Content-Security-Policy"]) == (
        "nosniff",
        "default-src 'none'; sandbox",
    )


def test_an_item_one_may_not_see_is_not_named(client: Client, arranger: User, event: Event) -> None:
    item = LibraryItem.objects.create(space=event.space, title="Hemmelig mandat")
    add_library_item(by=arranger, event=event, item=item)
    client.force_login(sign_up("kari", event).person)
    assert "Hemmelig mandat" in client.get(event.get_absolute_url()).content.decode()
    LibraryItem.objects.update(state=State.HIDDEN)
    assert "Hemmelig mandat" not in client.get(event.get_absolute_url()).content.decode()


def test_the_page_costs_the_same_for_three_and_thirty(
    client: Client, arranger: User, event: Event, django_assert_num_queries: Any
) -> None:
    client.force_login(sign_up("kari", event).person)
    address = reverse("forum:event-materials", args=[event.pk])

    def more(count: int) -> None:
        for _ in range(count):
            item = LibraryItem.objects.create(space=event.space, title="Mandat")
            add_library_item(by=arranger, event=event, item=item)

    more(3)
    client.get(address)
    with django_assert_num_queries(QUERIES):
        client.get(address)
    more(27)
    with django_assert_num_queries(QUERIES):
        client.get(address)


QUERIES = 6
