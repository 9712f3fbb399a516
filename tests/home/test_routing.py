"""Addresses: one query to the page, translations first, originals where there is none."""

import pytest
from django.test import Client
from wagtail.models import Locale, Page

from courses.urls_of import page_path
from home.models import HomePage
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
    assert "Fant ikke siden" in answer.content.decode() or "Siden findes ikke" in answer.content.decode()


def test_deep_address_costs_no_more_queries_than_a_shallow_one(home, rf, django_assert_num_queries):
    course = factories.CoursePageFactory.create()
    learn_page = course.get_parent().get_parent()
    for page in (learn_page, course):
        components = page_path(page).strip("/").split("/")
        with django_assert_num_queries(2):
            assert home.route(rf.get("/"), components).page.pk == page.pk
