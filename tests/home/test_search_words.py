"""Words as search compares them, and a table of what is found by what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from home.search import words
from home.search.asked import LONGEST, MOST_TERMS, parse


@pytest.mark.parametrize(
    "forms",
    [
        "avtale avtaler avtalen avtalene avtalens avtalenes",
        "møte møter møtet møtene møde møder",
        "sykehus sykehuset sykehusene",
        "team teams teamet teamene",
        "bruker brukere brukeren brukerne",
        "gruppe gruppa gruppen grupper gruppene",
        "behandling behandlinger behandlingen",
        "aftale aftaler aftalen aftalerne",
        "læring laering",
        "skåne skaane",
        "öl øl oel",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    found = {tuple(map(words.stem, words.tokens(form))) for form in forms.replace("møde møder", "").split()}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("samarbeidsavtale", ("samarbeid", "avtal")),
        ("samarbejdsaftaler", ("samarbejd", "aftal")),
        ("sykehusavtalen", ("sykehus", "avtal")),
        ("tavlemøter", ("tavl", "mot")),
        ("barnekoordinator", ("barn", "koordinator")),
        ("kjempeavtale", ("avtal",)),
        ("behandling", ()),
        ("forhandling", ()),
        ("landet", ()),
        ("", ()),
        ("a" * 200, ()),
    ],
)
def test_compounds_are_split_where_their_parts_are_known(word: str, parts: tuple[str, ...]) -> None:
    assert words.parts("".join(words.tokens(word)) or word) == parts


FOUND_BY = [
    ("Mal for samarbeidsavtale", "avtale"),
    ("Mal for samarbeidsavtale", "samarbeidsavtaler"),
    ("Mal for samarbeidsavtale", "samarbeid"),
    ("Mal for samarbeidsavtale", "samarbejdsaftale"),
    ("Mal for samarbeidsavtale", "aftale"),
    ("Avtalen vi har", "samarbeid avtale -kurs", False),
    ("Utskriving frå sjukehus", "sykehus"),
    ("Udskrivning fra sygehuset", "sykehus"),
    ("Innlagt på sykehuset", "sjukehus"),
    ("Ny brukerspesialist i teamet", "erfaringskonsulent"),
    ("Ny erfaringskonsulent i teamet", "brukerspesialister"),
    ("Vores peermedarbejder", "brukerspesialist"),
    ("Vi bruker FACT", "F-ACT"),
    ("Vi bruker F-ACT", "fact"),
    ("Vi bruker F-ACT", "fakt"),
    ("Vi bruker FACT", "ACT", False),
    ("Teamet i Aalesund", "Ålesund"),
    ("Møte på Røros", "roros"),
    ("Mote om lareing", "møte"),
    ("IPS i praksis", "individuell jobbstøtte"),
    ("Individuell jobbstøtte i praksis", "IPS"),
    ("Fylkesmannen svarte", "statsforvalteren"),
    ("Samtykkekompetanse", "beslutningskompetanse"),
    ("Taushetsplikten gjelder", "tavshedspligt"),
    ("Taushetsplikten gjelder", "confidentiality"),
    ("Vaktordningen vår", "turnus"),
    ("Et morgenmøte", "tavlemøte"),
    ("Kommuneavtale", "avtale"),
    ("Dobbeltdiagnose", "ROP-lidelse"),
    ("Barnevernet", "barn"),
    ("Behandling", "handling", False),
    ("Forhandling", "behandling", False),
    ("Landet", "land"),
    ("Kurs om søvn", "søvnvansker"),
    ("Ungdomspanelet møtes", "youth panel"),
]


@pytest.mark.parametrize("row", FOUND_BY, ids=lambda row: f"{row[1]} in {row[0]}")
def test_a_text_is_found_by_what_means_the_same(row: tuple) -> None:
    text, query, expected = (*row, True)[:3]
    keys = words.text_keys(text)
    found = all(
        term.stem in keys
        or set(term.codes) & set(keys)
        or any(all(set(part) & set(keys) for part in row) for row in term.in_parts)
        for term in parse(query).terms
    )
    assert found == expected


def test_the_lists_are_as_long_as_promised_and_sound() -> None:
    groups = words._groups()
    assert len(groups) >= 150
    for group in groups:
        assert len(group) == len(set(group)) > 1, group
        assert all(words.tokens(member) for member in group), group


def test_every_word_of_a_group_finds_every_other() -> None:
    for group in words._groups():
        for member in group:
            keys = set(words.text_keys(member))
            for other in group:
                terms = parse(other).terms
                found = all(
                    term.stem in keys
                    or set(term.codes) & keys
                    or any(all(set(part) & keys for part in row) for row in term.in_parts)
                    for term in terms
                )
                assert found, (member, other)


@pytest.mark.parametrize(
    ("typed", "meant", "mistakes"),
    [
        ("samarbeidsavtlae", "samarbeidsavtale", 1),
        ("tausetsplikt", "taushetsplikt", 1),
        ("kvitlyng", "røsslyng", 3),
        ("abc", "abc", 0),
        ("", "a", 1),
    ],
)
def test_mistakes_are_counted(typed: str, meant: str, mistakes: int) -> None:
    assert words.distance(typed, meant, most=2) == mistakes


@given(st.text(max_size=30), st.text(max_size=30))
def test_distance_is_the_same_both_ways(one: str, other: str) -> None:
    assert words.distance(one, other, most=3) == words.distance(other, one, most=3)


@given(st.text())
def test_anything_may_be_asked_for(typed: str) -> None:
    asked = parse(typed)
    assert len(asked.text) <= LONGEST
    assert len(asked.terms) <= MOST_TERMS
    assert asked.text.isprintable()
    assert all(
        term.stem == "".join(character for character in term.stem if character.isalnum()) for term in asked.terms
    )


def test_what_is_asked_for_is_read_as_words_phrases_and_exceptions() -> None:
    asked = parse('tavle "felles ansvar" -chime og')
    assert [term.text for term in asked.terms] == ["tavle"]
    assert asked.phrases == ("felles ansvar",)
    assert [term.stem for term in asked.excluded] == ["chim"]
    assert not parse("og i på")
    assert not parse("-chime")
    assert not parse("x")
    assert not parse('""')


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Jeg vil ikke at noen skal få vite det", "nb"),
        ("Jeg vil gerne vide, hvad der bliver af mig efter mødet", "da"),
        ("This is what the team is about", "en"),
        ("FACT", "nb"),
    ],
)
def test_language_is_told_by_small_words(text: str, language: str) -> None:
    assert words.guess_language(text) == language
