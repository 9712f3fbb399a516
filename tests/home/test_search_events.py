"""Events are found by those who may see them, by what is said of them and by their programme."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.events import (
    EventDetails,
    Point,
    edit_event,
    make_event,
    publish_event,
    set_event_state,
    set_programme,
)
from forum.models import Event, Space, State
from home.models import SearchDocument
from home.permissions import documents_found_by, user_can_find
from home.search.actions import find_drift
from home.search.documents import Source
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ola(home: Any) -> User:
    return factories.make_moderator()


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create().person


def details(title: str, **said: Any) -> EventDetails:
    starts = timezone.now() + timedelta(days=30)
    return EventDetails(
        title=title, starts_at=starts, ends_at=starts + timedelta(hours=3), legs={"physical": None}, **said
    )


def announce(person: User, space: Space, title: str, *, commit: Any, **said: Any) -> Event:
    with commit(execute=True):
        event = make_event(person=person, space=space, details=details(title, **said))
        point = Point(starts_at=event.starts_at, title="Vaktmesterordninga", speaker_role="Jobbspesialist")
        set_programme(person=person, event=event, points=[point])
        return publish_event(person=person, event=event)


def finds(person: User, words: str) -> list[str]:
    client = Client()
    client.force_login(person)
    page = client.get(reverse("home:search"), {"q": words, "slag": "event"}).content.decode()
    return [
        title
        for pk, title in Event.objects.order_by("pk").values_list("pk", "title")
        if f'"{reverse("forum:event", args=[pk])}"' in page
    ]


@pytest.mark.parametrize(
    "words", ["nettverkssamling", "samling", "familien", "sykkeltur", "Brekstad", "vaktmesterordning", "jobbspesialist"]
)
def test_found_by_title_summary_text_place_and_programme(
    ola: User, kari: User, django_capture_on_commit_callbacks: Any, words: str
) -> None:
    said = {"summary": "Om familien.", "source": "Vi tar en sykkeltur.", "place": "Brekstad"}
    commit = django_capture_on_commit_callbacks
    announce(ola, factories.SpaceFactory.create(), "Nettverkssamling", commit=commit, **said)
    assert finds(kari, words) == ["Nettverkssamling"]


def test_the_link_to_the_digital_leg_is_not_found(
    ola: User, kari: User, django_capture_on_commit_callbacks: Any
) -> None:
    commit = django_capture_on_commit_callbacks
    announce(ola, factories.SpaceFactory.create(), "Samling", commit=commit, link="https://video.example/hemmelig")
    assert finds(kari, "hemmelig") == []
    kept = SearchDocument.objects.get(event__isnull=False)
    assert not any("hemmelig" in str(value) for value in vars(kept).values())


def test_found_by_those_who_may_see_it_and_nobody_else(home: Any, django_capture_on_commit_callbacks: Any) -> None:
    """Also by the predicate, and where people know that the space exists."""
    others = {
        "member": factories.MembershipFactory.create().person,
        "newcomer": factories.UserFactory.create(),
        "moderator": factories.make_moderator(),
    }
    facilitator = factories.UserFactory.create()
    found: dict[str, set[str]] = {name: set() for name in others}
    for kind in ("open", "restricted", "private", "learning_group", "youth_panel"):
        space = factories.SpaceFactory.create(kind=kind)
        factories.SpaceMembershipFactory.create(space=space, person=facilitator, facilitator=True)
        event = announce(facilitator, space, f"Vaktplan {kind}", commit=django_capture_on_commit_callbacks)
        document = SearchDocument.objects.get(event=event)
        assert user_can_find(facilitator, document)
        for name, person in others.items():
            if event.title in finds(person, "vaktplan"):
                found[name].add(kind)
            assert user_can_find(person, document) == (kind in found[name])
    assert found == {"member": {"open"}, "newcomer": set(), "moderator": {"open", "restricted"}}
    assert Client().get(reverse("home:search"), {"q": "vaktplan"}).content.count(b"/forum/arrangementer/1") == 0
    assert not documents_found_by(factories.UserFactory.create()).filter(event__isnull=False).exists()


def test_it_follows_what_is_changed_hidden_and_deleted(
    ola: User, kari: User, django_capture_on_commit_callbacks: Any
) -> None:
    commit = django_capture_on_commit_callbacks
    event = announce(ola, factories.SpaceFactory.create(), "Vaktplan", commit=commit)
    with commit(execute=True):
        edit_event(person=ola, event=event, details=details("Mandat"))
    assert (finds(kari, "mandat"), finds(kari, "vaktplan")) == (["Mandat"], [])
    with commit(execute=True):
        set_programme(person=ola, event=event, points=[Point(starts_at=event.starts_at, title="Helgevakter")])
    assert (finds(kari, "helgevakter"), finds(kari, "vaktmesterordning")) == (["Mandat"], [])
    with commit(execute=True):
        set_event_state(person=ola, event=event, state=State.HIDDEN)
    assert (finds(kari, "mandat"), finds(ola, "mandat")) == ([], ["Mandat"])
    assert [drift for drift in find_drift() if drift.source == Source.EVENTS] == []
    with commit(execute=True):
        set_event_state(person=ola, event=event, state=State.DELETED)
    assert not SearchDocument.objects.filter(event=event).exists()
    assert not documents_found_by(ola).filter(title="Mandat").exists()


def test_a_draft_is_found_by_those_who_arrange_it_alone(
    ola: User, kari: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        make_event(person=ola, space=factories.SpaceFactory.create(), details=details("Vaktplan"))
    assert (finds(kari, "vaktplan"), finds(ola, "vaktplan")) == ([], ["Vaktplan"])


def test_no_word_is_left_behind(ola: User, django_capture_on_commit_callbacks: Any) -> None:
    """On SQLite by a trigger, which stands after the events' column was added."""
    event = announce(ola, factories.SpaceFactory.create(), "Vaktplan", commit=django_capture_on_commit_callbacks)
    SearchDocument.objects.filter(event=event).delete()
    with connection.cursor() as cursor:
        words = "home_searchwords" if connection.vendor == "sqlite" else "home_searchdocument"
        cursor.execute(f"SELECT COUNT(*) FROM {words} WHERE title = 'Vaktplan'")  # noqa: S608 – a name of ours
        assert cursor.fetchone() == (0,)
