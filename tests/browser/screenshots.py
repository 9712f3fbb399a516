"""`make screenshots`: the main pages at 1280 and 360 px, light and dark, as production serves them."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from tests.needs import find_chromium
from tests.served import ROOT, serve_starter_site

FOLDER = ROOT / "docs" / "screenshots"
NAMES = {
    "home": "home",
    "learning path": "path",
    "lesson, anonymous": "lesson",
    "course": "course",
    "principle": "principle",
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def main() -> int:
    executable = find_chromium()
    if executable is None:
        print("Chromium is not installed; install it with: apt-get install chromium", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory(prefix="flett-site-") as folder,
        serve_starter_site(Path(folder)) as (url, prepared),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
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
        browser.close()
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
