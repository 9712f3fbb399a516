"""A real browser. `open_page()` opens a page that remembers what went wrong on it.

def test_something(site_server, open_page):
    page = open_page()
    page.goto(f"{site_server.url}/")
    assert page.problems() == []
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.signals import request_finished, request_started
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from people.models import User
from tests import factories
from tests.needs import need_chromium
from tests.once import made_once
from tests.served import collect_static

# Playwright keeps an event loop in the test's thread; Django would refuse the database there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PATIENCE = 40_000
"""Milliseconds to wait for what must come: a busy machine is slow, and a quick one never waits that long."""
expect.set_options(timeout=20_000)

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


ANSWERING: set[threading.Thread] = set()
"""The test server's threads that are in the middle of a request."""


@request_started.connect
def _begin_to_answer(**_: Any) -> None:
    ANSWERING.add(threading.current_thread())


@request_finished.connect
def _have_answered(**_: Any) -> None:
    ANSWERING.discard(threading.current_thread())


def wait_until_answered(seconds: float = 20) -> None:
    """Wait until no thread of the test server has a request in hand, and none begins a moment later.

    A page that is closed leaves its last request with the server, which would write while the database is emptied.
    """
    until, calm = time.monotonic() + seconds, 0
    while calm < 3 and time.monotonic() < until:
        busy = any(thread.is_alive() for thread in ANSWERING.copy() if thread is not threading.main_thread())
        calm = 0 if busy else calm + 1
        time.sleep(0.02)


@dataclass
class Watched:
    """A browser page with what it said and asked for. Everything else is Playwright's `Page`."""

    page: Page
    server: str
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    def listen(self) -> None:
        """Begin to remember. Call before the first page is opened."""
        self.page.on("console", lambda message: self.messages.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def wait_until(self, is_so: Callable[[], object] | str) -> None:
        """Wait for what Playwright's own cannot: `wait_for_function` asks with `eval`, which the page's policy refuses.

        A script is asked in the page for something true.
        """
        ask = (lambda: self.evaluate(is_so)) if isinstance(is_so, str) else is_so
        for _ in range(PATIENCE // 50):
            if ask():
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"not so: {is_so}", pytrace=False)

    def problems(self) -> list[str]:
        """Console errors (blocked by the content policy among them), script errors, requests to other hosts."""
        own = urlsplit(self.server).netloc
        foreign = [
            f"third party: {url}"
            for url in self.requests
            if urlsplit(url).scheme not in {"data", "blob", "about"} and urlsplit(url).netloc != own
        ]
        return [*self.messages, *foreign]

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """Playwright's own, once the page has a document: a click returns when the next page begins, still empty."""
        self.page.wait_for_load_state("domcontentloaded")
        return self.page.evaluate(script, argument)

    def axe_violations(self) -> list[str]:
        """axe's findings for WCAG 2.2 AA and best practice, one line a finding; empty when there is none."""
        self.page.wait_for_load_state()
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate("axe.run({resultTypes: ['violations']}).then((results) => results.violations)")
        return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]

    def scrolls_sideways(self) -> bool:
        return bool(self.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium; skipped by name where there is none."""
    executable = need_chromium()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def static_root(shared_folder: Path) -> Path:
    """What production's `collectstatic` makes; once a run."""
    folder = shared_folder / "static"
    with made_once(folder) as to_make:
        if to_make:
            collect_static(folder)
    return folder


@pytest.fixture
def site_server(browser: Browser, live_server: Any) -> Any:
    """A server with an empty site, as tests make it; `site_server.url` is its address.

    The browser comes first, so that a machine without one skips before the database is made.
    """
    factories.make_home()
    return live_server


@pytest.fixture
def open_page(browser: Browser, live_server: Any) -> Iterator[Callable[..., Watched]]:
    """Open a page in a context of its own: `open_page(user=editor, width=360, color_scheme="dark")`.

    Other keyword arguments go to Playwright's `new_context` (`java_script_enabled=False`, `reduced_motion="reduce"`).
    """
    contexts: list[BrowserContext] = []

    def open_it(*, user: User | None = None, width: int = 1280, height: int = 900, **options: Any) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": height}, **{"locale": "nb-NO", "timezone_id": "Europe/Oslo", **options}
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if user is not None:
            sign_in(context, user, live_server.url)
        watched = Watched(context.new_page(), server=live_server.url)
        watched.listen()
        return watched

    yield open_it
    for context in contexts:
        for page in context.pages:
            page.goto("about:blank")  # nothing saves itself any more while the database is emptied
        context.close()
    wait_until_answered()


def sign_in(context: BrowserContext, user: User, server: str) -> None:
    """Give the browser the session a sign-in would give."""
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key or "", "url": server}])
