"""Two who change the same: the later is told before the other's change is undone, and nothing either wrote is lost."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import Principle
from forum.actions.events import EventDetails, Point, make_event, set_programme
from forum.actions.library import Content, Details, edit_item, seal_of_item, share_item
from forum.as_seen import ChangedSinceError
from forum.models import Event, LibraryItem, Space
from people.models import User
from tests import factories
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db

DAY = datetime(2027, 1, 12, 8, tzinfo=UTC)


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create(kind=Space.Kind.OPEN)


@pytest.fixture
def host(space: Space) -> User:
    leader = factories.make_leader(factories.TeamFactory.create())
    return factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=leader).person


@pytest.fixture
def event(space: Space, host: User) -> Event:
    details = EventDetails("Fagdag", DAY, DAY.replace(hour=14), legs={"physical": 10})
    return make_event(person=host, space=space, details=details)


@pytest.fixture
def item(host: User, space: Space) -> LibraryItem:
    content = Content(link="https://www.example.org/avtale")
    return share_item(person=host, space=space, details=Details("Avtale", tags=("team",)), content=content)


def fields_of(page: str) -> dict[str, Any]:
    """What a browser would send of the page's own form, by its names; what is not filled in is left out."""
    form = page[page.index('<form method="post" class="form team-form') :]
    form = form[: form.index("</form>")]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_ticked = said.get("type") in ("checkbox", "radio")
        if "name" not in said or said.get("type") == "submit" or (is_ticked and " checked" not in tag):
            continue
        found.setdefault(said["name"], []).append(said.get("value", "on" if is_ticked else ""))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'<option value="([^"]*)" selected', options)[:1]
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found[name] = [text]
    return found


def test_the_later_of_two_changes_of_an_event_is_told_and_may_save_all_the_same(
    client: Client, event: Event, host: User
) -> None:
    client.force_login(host)
    url = reverse("forum:event-edit", args=[event.pk])
    first, second = fields_of(client.get(url).content.decode()), fields_of(client.get(url).content.decode())
    assert client.post(url, first | {"place": "Storsalen"}).status_code == 302
    told = client.post(url, second | {"title": "Stor fagdag"})
    shown = told.content.decode()
    assert told.status_code == 422
    assert "Noen andre har endret dette" in shown
    event.refresh_from_db()
    assert (event.title, event.place) == ("Fagdag", "Storsalen")
    again = fields_of(shown)
    assert again["title"] == ["Stor fagdag"]
    assert client.post(url, again).status_code == 302
    event.refresh_from_db()
    assert (event.title, event.place) == ("Stor fagdag", "")


def test_what_is_changed_elsewhere_in_the_event_does_not_stand_in_the_way(
    client: Client, event: Event, host: User
) -> None:
    client.force_login(host)
    url = reverse("forum:event-edit", args=[event.pk])
    opened = fields_of(client.get(url).content.decode())
    set_programme(person=host, event=event, points=[Point(DAY, "Åpning")])
    client.post(reverse("forum:event-publish", args=[event.pk]))
    assert client.post(url, opened | {"title": "Stor fagdag"}).status_code == 302
    event.refresh_from_db()
    assert event.title == "Stor fagdag"


def test_places_and_principles_are_part_of_what_was_seen(client: Client, event: Event, host: User) -> None:
    principle = factories.PrincipleFactory.create()
    client.force_login(host)
    url = reverse("forum:event-edit", args=[event.pk])
    for change in ({"physical_capacity": "12"}, {"principles": [str(principle.translation_key)]}):
        opened = fields_of(client.get(url).content.decode())
        assert client.post(url, fields_of(client.get(url).content.decode()) | change).status_code == 302
        assert client.post(url, opened).status_code == 422


def test_two_who_write_the_programme_do_not_undo_each_other(client: Client, event: Event, host: User) -> None:
    client.force_login(host)
    url = reverse("forum:event-programme", args=[event.pk])
    seen = fields_of(client.get(url).content.decode())["seen"]
    set_programme(person=host, event=event, points=[Point(DAY, "Åpning")])
    row = {"form-0-day": "2027-01-12", "form-0-starts_clock": "10:00", "form-0-title": "Lunsj"}
    more = fields_of(client.post(url, row | {"rows": "1", "seen": seen, "do": "add"}).content.decode())
    assert more["seen"] == seen
    told = client.post(url, row | {"rows": "1", "seen": seen, "do": "save"})
    assert told.status_code == 422
    assert [point.title for point in event.programme.all()] == ["Åpning"]
    again = fields_of(told.content.decode())
    assert (again["form-0-title"], again["seen"] == seen) == (["Lunsj"], False)
    assert client.post(url, again | {"do": "save"}).status_code == 302
    assert [point.title for point in event.programme.all()] == ["Lunsj"]


def test_two_who_write_the_questions_do_not_undo_each_other(client: Client, event: Event, host: User) -> None:
    client.force_login(host)
    url = reverse("forum:event-questions", args=[event.pk])
    seen = fields_of(client.get(url).content.decode())["seen"]
    row = {"rows": "1", "seen": seen, "do": "save", "form-0-kind": "line"}
    assert client.post(url, row | {"form-0-label": "Hotell?"}).status_code == 302
    assert client.post(url, row | {"form-0-label": "Buss?"}).status_code == 422
    assert [question.label for question in event.questions.all()] == ["Hotell?"]


def test_the_later_of_two_changes_of_an_item_is_told(client: Client, item: LibraryItem, host: User) -> None:
    client.force_login(host)
    url = reverse("forum:library-edit", args=[item.pk])
    opened = fields_of(client.get(url).content.decode())
    seen = seal_of_item(item)
    edit_item(person=host, item=item, details=Details("Avtale", tags=("team", "ACT")), seen=seen)
    with pytest.raises(ChangedSinceError):
        edit_item(person=host, item=item, details=Details("Ny avtale"), seen=seen)
    told = client.post(url, opened | {"title": "Ny avtale"})
    assert told.status_code == 422
    item.refresh_from_db()
    assert (item.title, item.tags.count()) == ("Avtale", 2)
    assert client.post(url, fields_of(told.content.decode())).status_code == 302
    item.refresh_from_db()
    assert (item.title, item.tags.count()) == ("Ny avtale", 1)


def test_what_was_chosen_stays_chosen_where_a_number_is_taken_out(
    client: Client, event: Event, host: User, space: Space
) -> None:
    """Several values of one field come back, too."""
    keys = [str(factories.PrincipleFactory.create().translation_key) for _ in range(2)]
    assert Principle.objects.count() >= 2
    client.force_login(host)
    url = reverse("forum:event-edit", args=[event.pk])
    opened = fields_of(client.get(url).content.decode())
    shown = client.post(url, opened | {"principles": keys, "summary": f"Om {BORN}"})
    assert (shown.status_code, BORN in shown.content.decode()) == (422, False)
    assert sorted(fields_of(shown.content.decode())["principles"]) == sorted(keys)
