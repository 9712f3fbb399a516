"""News is found by those who may see it, from the time it comes out."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.news import NewsDetails, edit_news, publish_news, set_news_state
from forum.models import NewsItem, Space, State
from home.models import SearchDocument
from home.permissions import user_can_find
from home.search.actions import find_drift
from home.search.documents import Source
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def kari(home: Any) -> User:
    """Facilitates spaces, and is in no team."""
    return factories.UserFactory.create()


def publish(person: User, title: str, *, commit: Any, kind: str = Space.Kind.OPEN, **more: Any) -> NewsItem:
    space = factories.SpaceFactory.create(kind=kind)
    factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    details = NewsDetails(**{"title": title, "source": "Ring vaktmesteren.", **more})
    with commit(execute=True):
        return publish_news(person=person, space=space, details=details)


def finds(person: User, words: str) -> list[int]:
    client = Client()
    client.force_login(person)
    page = client.get(reverse("home:search"), {"q": words, "slag": "news"}).content.decode()
    return [item.pk for item in NewsItem.objects.order_by("pk") if f'"{item.get_absolute_url()}"' in page]


@pytest.mark.parametrize("words", ["brannvern", "vaktmesteren", "nyttår"])
def test_found_by_title_lead_and_text(kari: User, django_capture_on_commit_callbacks: Any, words: str) -> None:
    item = publish(kari, "Brannvern", lead="Gjelder fra nyttår.", commit=django_capture_on_commit_callbacks)
    assert finds(kari, words) == [item.pk]


def test_found_by_those_who_may_see_it_and_nobody_else(kari: User, django_capture_on_commit_callbacks: Any) -> None:
    """Also by the predicate, and where people know that the space exists."""
    others = {
        "member": factories.MembershipFactory.create().person,
        "newcomer": factories.UserFactory.create(),
        "moderator": factories.make_moderator(),
    }
    found: dict[str, set[str]] = {name: set() for name in others}
    for kind in ("open", "restricted", "private", "learning_group", "youth_panel"):
        item = publish(kari, "Brannvern", kind=kind, commit=django_capture_on_commit_callbacks)
        document = SearchDocument.objects.get(news=item)
        assert user_can_find(kari, document)
        for name, person in others.items():
            assert user_can_find(person, document) == (item.pk in finds(person, "brannvern"))
            found[name] |= {kind} if user_can_find(person, document) else set()
    assert found == {"member": {"open"}, "newcomer": set(), "moderator": {"open", "restricted"}}
    assert Client().get(reverse("home:search"), {"q": "brannvern"}).content.decode().count("Brannvern") == 0


def test_it_is_found_from_its_time_on_and_not_while_it_is_hidden(
    kari: User, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, member = django_capture_on_commit_callbacks, factories.MembershipFactory.create().person
    later = timezone.now() + timedelta(days=1)
    item = publish(kari, "Brannvern", published_at=later, commit=commit)
    assert (finds(kari, "brannvern"), finds(member, "brannvern")) == ([item.pk], [])
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert finds(member, "brannvern") == [item.pk]
    set_news_state(person=kari, item=item, state=State.HIDDEN)
    assert (finds(kari, "brannvern"), finds(member, "brannvern")) == ([item.pk], [])


def test_the_index_follows_what_becomes_of_it(kari: User, django_capture_on_commit_callbacks: Any) -> None:
    commit = django_capture_on_commit_callbacks
    item = publish(kari, "Brannvern", commit=commit)
    with commit(execute=True):
        edit_news(person=kari, item=item, details=NewsDetails(title="Førstehjelp", source="Øv."), version=1)
    assert (finds(kari, "brannvern"), finds(kari, "førstehjelp")) == ([], [item.pk])
    with commit(execute=True):
        set_news_state(person=kari, item=item, state=State.DELETED)
    assert not SearchDocument.objects.filter(news=item).exists()
    assert [drift for drift in find_drift() if drift.source == Source.NEWS] == []
