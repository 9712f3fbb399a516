"""Addresses: one query to the page, translations first, originals where there is none."""

import pytest
from django.test import Client
from wagtail.models import Locale, Page, PageViewRestriction

from courses.urls_of import page_path
from home.models import HomePage
from home.routing import find_route
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def danish_home(home):
    root = Page.get_first_root_node()
    return root.add_child(
        instance=HomePage(
            title="Flett",
            slug="hjem-da",
            lead="Lær, del og spørg",
            intro="Til FACT-team.",
            locale=Locale.objects.get(language_code="da"),
            translation_key=home.translation_key,
        )
    )


def test_translation_is_served_where_there_is_one(client: Client, danish_home):
    assert "Lær, del og spørg" in client.get("/da/").content.decode()
    assert "Lær, del og spør<" in client.get("/").content.decode().replace("\n", "").replace("  ", "")


def test_untranslated_page_is_found_below_a_translated_front_page(client: Client, danish_home):
    page = factories.StandardPageFactory.create(title="Om Flett", slug="om-flett")
    answer = client.get("/da/om-flett/")
    assert answer.status_code == 200
    assert "Om Flett" in answer.content.decode()
    assert page_path(page, "da") == "/da/om-flett/"


def test_translation_has_its_own_address_in_every_interface(danish_home):
    page = danish_home.add_child(
        instance=factories.StandardPageFactory.build(title="Om", slug="om", locale=danish_home.locale)
    )
    assert page_path(page, "nb") == "/da/om/"
    assert page_path(page, "da") == "/da/om/"


@pytest.mark.parametrize("address", ["/sv/", "/sv/om-flett/", "/finnes-ikke/", "/da/finnes-ikke/"])
def test_unknown_language_or_page_answers_404_with_a_way_home(client: Client, home, address):
    answer = client.get(address)
    assert answer.status_code == 404
    assert "Fant ikke siden" in answer.content.decode() or "Siden blev ikke fundet" in answer.content.decode()


def test_deep_address_costs_no_more_queries_than_a_shallow_one(home, rf, django_assert_num_queries):
    course = factories.CoursePageFactory.create()
    pages = (home, course.get_parent().get_parent(), course)
    for page in pages:
        find_route(rf.get("/"), page_path(page))  # a process learns each content type once
    for page in pages:
        with django_assert_num_queries(3):
            route = find_route(rf.get("/"), page_path(page))
        assert (route.page.pk, type(route.page)) == (page.pk, page.specific_class)
        with django_assert_num_queries(0):
            assert route.page.locale.language_code == "nb"
            assert list(route.page.get_view_restrictions()) == []


def test_unpublished_translation_leaves_the_original_in_its_place(client: Client, danish_home):
    factories.StandardPageFactory.create(title="Om Flett", slug="om-flett")
    danish_home.unpublish()
    assert "Lær, del og spør" in client.get("/da/").content.decode()
    assert "Om Flett" in client.get("/da/om-flett/").content.decode()


def test_restricted_page_asks_for_its_password_and_others_do_not(client: Client, home):
    secret = factories.StandardPageFactory.create(title="Bare for oss", slug="for-oss")
    factories.StandardPageFactory.create(title="For alle", slug="for-alle")
    PageViewRestriction.objects.create(page=secret, restriction_type="password", password="hemmelig-ord")
    assert "Bare for oss" not in client.get("/for-oss/").content.decode()
    assert "For alle" in client.get("/for-alle/").content.decode()
    restriction = secret.get_view_restrictions().get()
    passed = client.post(
        f"/_util/authenticate_with_password/{restriction.pk}/{secret.pk}/",
        {"password": "hemmelig-ord", "return_url": "/for-oss/"},
    )
    assert passed["Location"] == "/for-oss/"
    assert "Bare for oss" in client.get("/for-oss/").content.decode()
    assert "Bare for oss" not in Client().get("/for-oss/").content.decode()
