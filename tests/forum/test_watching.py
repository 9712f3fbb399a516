"""Choosing how much one hears of a space and a topic."""

from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from forum.models import Space, Watch
from forum.queries.watching import get_watch
from people.models import User
from tests import factories
from tests.forum.news import make_member, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(home: Any) -> User:
    return make_member("person")


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(slug="tavla", allows_pseudonyms=True)


def chosen(watch: Any) -> list[str]:
    return [choice.value for choice in watch.choices if choice.is_chosen]


def test_a_space_is_quiet_until_somebody_chooses(client: Client, person: User, space: Space) -> None:
    assert chosen(get_watch(person=person, space=space)) == ["mentions"]
    client.force_login(person)
    for level in ("all", "topics", "none"):
        response = client.post(reverse("forum:space-watch", args=[space.slug]), {"level": level})
        assert (response.status_code, response["Location"]) == (302, space.get_absolute_url())
        assert chosen(get_watch(person=person, space=space)) == [level]
    assert Watch.objects.count() == 1
    client.post(reverse("forum:space-watch", args=[space.slug]), {"level": "loud"})
    assert Watch.objects.get().level == "none"


def test_a_topic_follows_its_space_until_somebody_chooses(client: Client, person: User, space: Space) -> None:
    topic = make_topic(space, make_member("other"))
    state = get_watch(person=person, space=space, topic=topic)
    assert (chosen(state), state.now) == ([""], "Bare omtaler og svar til meg")
    client.force_login(person)
    for level in ("all", "mentions", "none", ""):
        client.post(reverse("forum:topic-watch", args=[topic.pk]), {"level": level})
        assert chosen(get_watch(person=person, space=space, topic=topic)) == [level]
    assert not Watch.objects.exists()
    client.post(reverse("forum:topic-watch", args=[topic.pk]), {"level": "topics"})
    assert not Watch.objects.exists()


@pytest.mark.parametrize("under_alias", [False, True])
def test_ones_own_topic_is_followed_in_full(person: User, space: Space, under_alias: bool) -> None:
    alias = factories.make_pseudonym(person, space) if under_alias else None
    topic = make_topic(space, person, alias=alias)
    assert get_watch(person=person, space=space, topic=topic).now == "Alle svar"
    Watch.objects.create(person=person, space=space, level="none")
    assert get_watch(person=person, space=space, topic=topic).now == "Ingenting"


@pytest.mark.parametrize("kind", ["restricted", "private"])
def test_nobody_watches_what_they_may_not_read(client: Client, person: User, kind: str) -> None:
    space = factories.SpaceFactory.create(kind=kind)
    topic = make_topic(space, make_member("other"))
    ways = [reverse("forum:space-watch", args=[space.slug]), reverse("forum:topic-watch", args=[topic.pk])]
    for address in ways:
        assert "/konto/login/" in client.post(address, {"level": "all"})["Location"]
    client.force_login(person)
    assert [client.post(address, {"level": "all"}).status_code for address in ways] == [404, 404]
    assert [client.get(address).status_code for address in ways] == [405, 405]
    assert not Watch.objects.exists()


def test_the_form_says_what_holds_and_works_without_javascript(person: User, space: Space) -> None:
    watch = get_watch(person=person, space=space)
    html = render_to_string("forum/parts/watch.html", {"watch": watch, "csrf_token": "x"})
    assert f'action="{reverse("forum:space-watch", args=["tavla"])}"' in html
    assert html.count('type="radio"') == 4
    assert html.count(" checked") == 1
    assert "Bare omtaler og svar til meg" in html
    assert render_to_string("forum/parts/watch.html", {}).strip() == ""
