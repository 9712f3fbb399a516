"""News to try the forum with: out, marked as examples, and never twice."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

from forum.models import NewsItem
from home.actions import load_people_lists
from home.starter_forum import make_demo_forum
from home.starter_news import make_demo_news
from people.models import TeamRole, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def loaded(home: Any, settings: Any) -> None:
    settings.DEMO_LOGINS = True
    load_people_lists()
    for key in ("deltaker", "teamleder", "brukerspesialist", "redaktor", "fagredaktor", "moderator"):
        factories.MembershipFactory.create(
            person__email=f"{key}@demo.example", roles=TeamRole.objects.filter(key__in=[key, "annen"])
        )
    make_demo_forum()
    make_demo_news()


def test_news_are_out_and_one_must_be_read(loaded: None, client: Client) -> None:
    client.force_login(User.objects.get(email="deltaker@demo.example"))
    page = client.get(reverse("forum:news")).content.decode()
    titles = list(NewsItem.objects.order_by("-published_at").values_list("title", flat=True))
    assert len(titles) == 3
    assert all(title.startswith("Eksempel: ") and title in page for title in titles)
    must = NewsItem.objects.get(must_read=True)
    assert must.is_pinned
    assert "Lest og forstått" in client.get(must.get_absolute_url()).content.decode()


def test_loading_again_makes_nothing_twice(loaded: None) -> None:
    before = set(NewsItem.objects.values_list("pk", "published_at"))
    make_demo_news()
    assert set(NewsItem.objects.values_list("pk", "published_at")) == before


def test_invented_news_have_no_place_in_production(settings: Any) -> None:
    settings.DEMO_LOGINS = False
    with pytest.raises(ImproperlyConfigured):
        make_demo_news()
