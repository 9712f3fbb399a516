"""Every page of the starter site, as a reader gets it."""

import re
from html import unescape

import pytest
from django.test import Client

from courses.models import CoursePage, LessonPage
from home.models import StandardPage

HEADING = re.compile(r"<h1([^>]*)>(.*?)</h1>", re.DOTALL)
PAGES = {
    "/": "Fra «mine» til «våre»",
    "/laer/": "Lær",
    "/laer/kurs/": "Kurs",
    "/laer/grunnopplaring-fact/": "Grunnopplæring: FACT",
    "/laer/kurs/fleksibilitet/": "Fleksibilitet",
    "/laer/kurs/integrert-behandling/": "Integrert behandling",
    "/laer/kurs/recovery-og-recoverystotte/": "Recovery og recoverystøtte",
    "/laer/kurs/fleksibilitet/introduksjon/": "Introduksjon",
    "/laer/grunnopplaring-fact/fidelity/introduksjon/": "Introduksjon",
    "/prinsipper/fact/fleksibilitet/": "Fleksibilitet",
    "/prinsipper/fact-ung/helhetlig-integrert-og-kontinuerlig/": "Helhetlig, integrert og kontinuerlig",
    "/laer/grunnopplaring-fact-ung/": "Grunnopplæring: FACT ung",
    "/laer/kurs/juridiske-utfordringer/tvang-og-frivillighet/": "Tvang og frivillighet",
    "/laer/kurs/fidelity/veiledning/": "Veiledning: Fidelity på 30 minutter",
    "/roller/": "Roller i teamet",
    "/roller/psykiater/": "Psykiater",
    "/hva-er-fact/": "Hva er FACT?",
    "/forskning/": "Hva forskningen sier",
    "/om-flett/": "Om Flett",
    "/krise/": "Trenger du hjelp nå?",
    "/personvern/": "Personvern",
    "/tilgjengelighet/": "Tilgjengelighet",
    "/husregler/": "Husregler",
    "/slik-bruker-du-forumet/": "Slik bruker du forumet",
}


def read(client: Client, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def headings(html: str) -> list[tuple[str, str]]:
    """Each first-level heading: its attributes, and its text."""
    return [
        (attributes.strip(), unescape(re.sub(r"<[^>]+>", "", text)).strip())
        for attributes, text in HEADING.findall(html)
    ]


@pytest.mark.parametrize(("address", "heading"), PAGES.items())
def test_starter_page_has_its_one_heading(starter: None, client: Client, address: str, heading: str) -> None:
    html = read(client, address)
    assert [text for _attributes, text in headings(html)] == [heading]
    assert '<html lang="nb"' in html


def test_every_lesson_answers_with_its_title_and_its_words(starter: None, client: Client) -> None:
    for lesson in LessonPage.objects.live():
        html = read(client, lesson.url_path.removeprefix("/flett"))
        assert [text for _attributes, text in headings(html)] == [lesson.title]
        assert "Denne leksjonen er ikke skrevet ennå" not in html, lesson.url_path


@pytest.mark.parametrize("address", PAGES)
def test_every_page_leads_to_each_page_of_the_footer(starter: None, client: Client, address: str) -> None:
    footer = read(client, address).split("<footer", 1)[1]
    for page in StandardPage.objects.filter(show_in_footer=True):
        assert f'href="/{page.slug}/"' in footer, page.slug
    assert 'href="/forskning/"' not in footer


@pytest.mark.parametrize(("language", "message"), [("da", "norsk bokmål"), ("en", "Norwegian Bokmål")])
@pytest.mark.parametrize("address", [address for address in PAGES if not address.startswith("/prinsipper")])
def test_bokmal_page_below_another_language_says_so_and_is_marked(
    starter: None, client: Client, language: str, message: str, address: str
) -> None:
    html = read(client, f"/{language}{address}")
    assert f'<html lang="{language}"' in html
    [(attributes, text)] = headings(html)
    assert (text, 'lang="nb"' in attributes) == (PAGES[address], True)
    if address != "/":
        assert message in html


def test_principle_is_read_in_the_language_of_its_address(starter: None, client: Client) -> None:
    found = {
        address: headings(read(client, address))
        for address in (
            "/prinsipper/fact/tverrfaglig-teamtilnaerming/",
            "/da/prinsipper/fact/tverrfaglig-teamtilnaerming/",
            "/en/prinsipper/fact/tverrfaglig-teamtilnaerming/",
        )
    }
    assert found == {
        "/prinsipper/fact/tverrfaglig-teamtilnaerming/": [("", "Tverrfaglig teamtilnærming")],
        "/da/prinsipper/fact/tverrfaglig-teamtilnaerming/": [("", "Tværfaglig teamtilgang")],
        "/en/prinsipper/fact/tverrfaglig-teamtilnaerming/": [("", "Multidisciplinary team approach")],
    }


def test_principle_page_leads_to_its_courses_in_every_language(starter: None, client: Client) -> None:
    for prefix in ("", "/da", "/en"):
        html = read(client, f"{prefix}/prinsipper/fact/recovery-og-brukermedvirkning/")
        assert f'href="{prefix}/laer/kurs/recovery-og-recoverystotte/"' in html, prefix


@pytest.mark.parametrize("address", ["/sv/", "/sv/laer/", "/finnes-ikke/", "/laer/grunnopplaring-fact/finnes-ikke/"])
def test_unknown_address_or_language_gets_our_own_page_with_a_way_on(
    starter: None, client: Client, address: str
) -> None:
    html = read(client, address, status=404)
    assert [text for _attributes, text in headings(html)] == ["Vi finner ikke denne siden"]
    assert "Sjekk adressen, eller begynn på nytt fra forsiden." in html
    assert 'href="/"' in html


def test_unknown_page_below_another_language_is_told_in_it(starter: None, client: Client) -> None:
    assert headings(read(client, "/da/findes-ikke/", status=404)) == [("", "Vi kan ikke finde denne side")]
    assert headings(read(client, "/en/no-such-page/", status=404)) == [("", "We cannot find this page")]


def test_deleted_course_leaves_its_chapter_in_words(starter: None, client: Client) -> None:
    before = read(client, "/laer/grunnopplaring-fact/")
    assert "Ikke tilgjengelig nå" not in before
    CoursePage.objects.get(slug="fidelity").delete()
    after = read(client, "/laer/grunnopplaring-fact/")
    chapter = re.search(r'<h3[^>]*>\s*Fidelity\s*</h3>\s*<p class="facts">\s*<span>([^<]+)</span>', after)
    assert chapter is not None
    assert chapter.group(1) == "Ikke tilgjengelig nå"
    assert after.count('class="chapter-row') == 10
    read(client, "/laer/grunnopplaring-fact/fidelity/introduksjon/", status=404)
    read(client, "/laer/grunnopplaring-fact/fleksibilitet/introduksjon/")


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("", ["Fleksibilitet", "Tverrfaglig teamtilnærming", "Aktivt oppsøkende virksomhet"]),
        ("/da", ["Fleksibilitet", "Tværfaglig teamtilgang", "Aktiv opsøgende indsats"]),
        ("/en", ["Flexibility", "Multidisciplinary team approach", "Assertive outreach"]),
    ],
)
def test_front_page_names_the_principles_in_the_readers_language(
    starter: None, client: Client, prefix: str, names: list[str]
) -> None:
    section = read(client, f"{prefix}/").split('id="prinsipper"', 1)[1].split("</section>", 1)[0]
    assert re.findall(r"<h3[^>]*>\s*<a [^>]*>\s*([^<]+?)\s*</a>\s*</h3>", section)[:3] == names
    assert section.count("<h3") == 8
