"""The glossary: three languages, each in its own alphabet."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from courses.models import GlossaryTerm
from courses.models.glossary import sort_key
from home.actions import read_starter
from home.models import HomePage
from home.queries import by_letter, get_glossary
from tests import factories

TERM = re.compile(r'<dt[^>]*><a href="([^"]+)">([^<]+)</a></dt>')


def terms_of(html: str) -> list[tuple[str, str]]:
    return [(address, unescape(term)) for address, term in TERM.findall(re.sub(r"\s+", " ", html).replace("> <", "><"))]


def make_term(slug: str, **by_language: str) -> None:
    first: GlossaryTerm | None = None
    for code, term in by_language.items():
        row = GlossaryTerm(slug=slug, term=term, definition=f"Om {term}.", locale=factories.make_locale(code))
        if first is not None:
            row.translation_key = first.translation_key
        row.save()
        first = first or row


@pytest.mark.parametrize(
    "in_order",
    [
        ["apen", "zebra", "ærlig", "østre", "åpen"],
        ["fact", "FACT ung", "familie"],
        ["idé om noe", "idealist", "idrett"],
        ["z", "äpple", "ærlig", "ødeleg", "öl", "ås"],
    ],
)
def test_words_stand_in_a_scandinavian_alphabet(in_order: list[str]) -> None:
    backwards = in_order[::-1]
    assert sorted(backwards, key=sort_key) == in_order


def test_each_language_has_its_own_order_and_falls_back_to_bokmal(home: HomePage) -> None:
    make_term("arbeid", nb="arbeid", da="arbejde", en="work")
    make_term("bruker", nb="bruker", da="borger", en="service user")
    make_term("dugnad", nb="dugnad")
    assert [entry.term.term for entry in get_glossary(language="nb")] == ["arbeid", "bruker", "dugnad"]
    assert [entry.term.term for entry in get_glossary(language="da")] == ["arbejde", "borger", "dugnad"]
    assert [entry.term.term for entry in get_glossary(language="en")] == ["dugnad", "service user", "work"]
    [entry] = get_glossary(language="da", slug="bruker")
    assert [(row.locale.language_code, row.term) for row in entry.others] == [("nb", "bruker"), ("en", "service user")]


def test_sections_carry_the_letter_of_their_words(home: HomePage) -> None:
    for slug, term in {"a": "ACT", "b": "arbeid", "c": "åpenhet", "d": "24/7"}.items():
        make_term(slug, nb=term)
    sections = by_letter(get_glossary(language="nb"))
    assert [(letter, [entry.term.term for entry in entries]) for letter, entries in sections] == [
        ("#", ["24/7"]),
        ("A", ["ACT", "arbeid"]),
        ("Å", ["åpenhet"]),
    ]


def test_a_letter_with_an_accent_stands_under_the_bare_one(home: HomePage) -> None:
    for slug, term in {"a": "evne", "b": "École", "c": "endring", "d": "äkta", "e": "ærlig"}.items():
        make_term(slug, nb=term)
    assert [letter for letter, _entries in by_letter(get_glossary(language="nb"))] == ["E", "Æ"]


def test_the_filter_looks_at_words_and_meanings_and_not_at_names_of_languages(home: HomePage, client: Client) -> None:
    make_term("bruker", nb="bruker", da="borger", en="service user")
    GlossaryTerm.objects.filter(term="bruker").update(other_words="pasient, klient")
    html = re.sub(r"\s+", " ", client.get("/ordliste/").content.decode())
    searched = [
        re.sub(r"<[^>]+>", "", part) for part in re.findall(r"data-glossary-text[^>]*>(.*?)</(?:dt|p|span)>", html)
    ]
    assert searched == ["bruker", "Om bruker.", "borger", "service user", "pasient, klient"]
    assert re.findall(r'glossary-language">([^<]+)<', html) == ["Dansk", "Engelsk", "Også"]
    english = client.get("/en/ordliste/").content.decode()
    assert re.findall(r'glossary-language">([^<]+)<', english) == ["Norwegian Bokmål", "Danish"]


def test_an_empty_glossary_asks_for_no_filter(home: HomePage, client: Client) -> None:
    html = client.get("/ordliste/").content.decode()
    assert "Ordlista er tom ennå." in html
    assert "glossary.js" not in html


@pytest.mark.parametrize("count", [1, 30])
def test_glossary_costs_the_same_for_any_number_of_words(home: HomePage, client: Client, count: int) -> None:
    for number in range(count):
        make_term(f"ord-{number}", nb=f"ord {number}", da=f"ord {number}", en=f"word {number}")
    client.get("/ordliste/")
    factories.make_locale("nb").save()
    with CaptureQueriesContext(connection) as captured:
        response = client.get("/ordliste/")
    assert (response.status_code, len(captured)) == (200, 3)


def test_starter_glossary_is_complete_in_three_languages(starter: None, client: Client) -> None:
    described = read_starter("glossary.yaml")
    assert len(described) == 102
    assert GlossaryTerm.objects.count() == 306
    for language, prefix in (("nb", ""), ("da", "/da"), ("en", "/en")):
        html = client.get(f"{prefix}/ordliste/").content.decode()
        found = terms_of(html)
        assert found == [
            (f"{prefix}/ordliste/{row.slug}/", row.term)
            for row in sorted(
                GlossaryTerm.objects.filter(locale__language_code=language),
                key=lambda row: (sort_key(row.term), row.slug),
            )
        ]
        assert len(found) == 102


def test_term_says_where_the_languages_lack_the_same_word(starter: None, client: Client) -> None:
    nearest = client.get("/ordliste/tud/").content.decode()
    assert "<h1" in nearest
    assert "Ordene betyr ikke helt det samme." in nearest
    same = client.get("/ordliste/fact-tavle/").content.decode()
    assert "Ordene betyr ikke helt det samme." not in same
    danish = client.get("/da/ordliste/brukerspesialist/").content.decode()
    assert re.search(r"<h1\s*>Peermedarbejder</h1>", danish)
    assert '<strong lang="nb">brukerspesialist</strong>' in danish


def test_unknown_term_is_not_found(starter: None, client: Client) -> None:
    assert client.get("/ordliste/finnes-ikke/").status_code == 404


def test_changed_term_is_shown_at_once(starter: None, client: Client) -> None:
    assert "Ny betydning." not in client.get("/ordliste/nav/").content.decode()
    row = GlossaryTerm.objects.get(slug="nav", locale__language_code="nb")
    row.definition = "Ny betydning."
    row.save()
    assert "Ny betydning." in client.get("/ordliste/nav/").content.decode()
