"""`make screenshots`: the main pages at 1280 and 360 px, light and dark, as production serves them; then the rooms."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from playwright.sync_api import Browser, Page, sync_playwright

from tests.needs import find_chromium
from tests.served import ROOT, serve_demo_site, serve_starter_site

FOLDER = ROOT / "docs" / "screenshots"
NAMES = {
    "home": "home",
    "learning path": "path",
    "lesson, anonymous": "lesson",
    "course": "course",
    "principle": "principle",
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
WIDE, PHONE, DARK = (1280, "light"), (360, "light"), (1280, "dark")
CLICKED = {
    "topic": "Tavlemøtet vårt tar førti minutter. Hva har dere kuttet?",
    "item": "Samarbeidsavtale om FACT-team",
    "event": "Nasjonal FACT-samling",
}
"""The link that leads from the list to the picture."""
NETWORK = "/forum/rom/nettverk-for-brukerspesialister/"
FORUM = [
    ("forum", "deltaker", "/forum/", [WIDE]),
    ("space", "deltaker", "/forum/rom/praksis-i-teamet/", [WIDE, DARK]),
    ("topic", "deltaker", "/forum/rom/praksis-i-teamet/", [WIDE, PHONE]),
    ("guard", "brukerspesialist", f"{NETWORK}ny-trad/", [WIDE]),
    ("moderation", "moderator", "/moderering/", [WIDE]),
    ("search", "deltaker", "/sok/?q=samarbeidsavtale", [WIDE]),
    ("library", "deltaker", "/forum/bibliotek/", [WIDE, PHONE]),
    ("item", "deltaker", "/forum/bibliotek/", [WIDE]),
    ("event", "deltaker", "/forum/arrangementer/", [WIDE, PHONE]),
    ("calendar", "deltaker", "/forum/arrangementer/kalender/", [WIDE]),
]
"""Name of the picture, who looks, where, and at which widths and in which schemes."""


def take_main_pages(browser: Browser) -> None:
    with TemporaryDirectory(prefix="flett-site-") as folder, serve_starter_site(Path(folder)) as (url, prepared):
        for scheme in ("light", "dark"):
            for width in (1280, 360):
                context = browser.new_context(
                    viewport={"width": width, "height": 900 if width > 400 else 780},
                    color_scheme=scheme,
                    locale="nb-NO",
                )
                page = context.new_page()
                for described in prepared["pages"]:
                    if described["name"] in NAMES:
                        page.goto(url + described["url"], wait_until="networkidle")
                        page.screenshot(path=FOLDER / f"{NAMES[described['name']]}-{width}-{scheme}.png")
                context.close()


def take_forum(browser: Browser) -> None:
    """Forum, library and events as the demo people see them; the pictures' people and texts are invented."""
    with TemporaryDirectory(prefix="flett-demo-") as folder, serve_demo_site(Path(folder)) as url:
        for name, person, path, looks in FORUM:
            for width, scheme in looks:
                context = browser.new_context(
                    viewport={"width": width, "height": 900 if width > 400 else 780},
                    color_scheme=scheme,
                    locale="nb-NO",
                    timezone_id="Europe/Oslo",
                )
                page = context.new_page()
                sign_in(page, url, person)
                page.goto(url + path, wait_until="networkidle")
                if name in CLICKED:
                    page.get_by_role("link", name=CLICKED[name], exact=True).first.click()
                if name == "calendar":  # next month: the first events are a fortnight away
                    page.locator(".calendar-months [rel='next']").click()
                if name == "guard":
                    be_refused(page)
                page.wait_for_load_state("networkidle")
                page.screenshot(path=FOLDER / f"{name}-{width}-{scheme}.png")
                context.close()


def sign_in(page: Page, url: str, person: str) -> None:
    site = yaml.safe_load((ROOT / "home" / "starter" / "site.yaml").read_text())
    page.goto(f"{url}/konto/login/")
    page.get_by_label("E-postadresse").fill(f"{person}@demo.example")
    page.get_by_label("Passord", exact=True).fill(site["demo"]["password"])
    page.get_by_role("main").get_by_role("button", name="Logg inn").click()
    page.wait_for_url(lambda address: "/login/" not in address)


def be_refused(page: Page) -> None:
    """Write a made-up identity number where none may stand."""
    page.get_by_label("Tittel").fill("Når noen ikke åpner døra")
    page.locator("trix-editor").click()
    page.keyboard.type(f"Hva gjør dere? Personen er født {'010107'}{'50160'} og bor alene.")
    page.get_by_role("button", name="Legg ut").click()
    page.locator(".compose-error").wait_for()


def main() -> int:
    executable = find_chromium()
    if executable is None:
        print("Chromium is not installed; install it with: apt-get install chromium", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        take_main_pages(browser)
        take_forum(browser)
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
