"""The starter content as search knows it."""

import pytest
from django.contrib.auth.models import AnonymousUser

from home.models import SearchDocument
from home.search.actions import find_drift
from home.search.asked import parse
from home.search.queries import search


def test_the_starter_content_is_indexed_as_it_is_loaded(starter: None) -> None:
    assert list(find_drift()) == []
    assert SearchDocument.objects.filter(kind="lesson").count() > 100


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("avtale", "samarbeidsavtale"),
        ("erfaringskonsulent", "erfaringskonsulent"),
        ("FACT", "FACT"),
        ("tavshedspligt", "taushetsplikt"),
        ("samarbeidsavtlae", "samarbeidsavtale"),
        ("individuell jobbstøtte", "IPS – individuell jobbstøtte"),
    ],
)
def test_the_word_itself_stands_first(starter: None, typed: str, first: str) -> None:
    [hit, *_rest] = search(user=AnonymousUser(), asked=parse(typed), language="nb").hits
    title = SearchDocument.objects.get(key=hit.key).title
    assert title == first


def test_a_professions_other_names_lead_to_its_page(starter: None) -> None:
    hits = search(user=AnonymousUser(), asked=parse("erfaringskonsulent"), language="nb").hits
    titles = SearchDocument.objects.filter(key__in=[hit.key for hit in hits]).values_list("title", flat=True)
    assert "Brukerspesialist" in titles
