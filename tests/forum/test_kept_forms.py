"""A long form that was sent signed out, or from an old page, comes back and may be sent on."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from forum.models import Event, LibraryItem, NewsItem, Space
from forum.views.kept_forms import FIELDS_MOST, LENGTH_MOST, is_sent_from_here
from people.models import User
from tests import factories
from tests.forum.test_events import filled
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db

OURS = {"HTTP_ORIGIN": "http://testserver"}
THEIRS = {"HTTP_ORIGIN": "https://attacker.example"}
NEW_EVENT = "/forum/arrangementer/nytt/"
PAGES = [
    "event-new",
    "event-edit",
    "event-programme",
    "event-questions",
    "event-cancel",
    "event-evaluation",
    "event-evaluation-questions",
    "event-letters",
    "event-sign-up",
    "event-answers",
    "news-publish",
    "news-edit",
    "library-share",
    "library-edit",
    "library-new-version",
]


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create(slug="praksis")


@pytest.fixture
def host(space: Space) -> User:
    """Somebody who arranges, publishes and shares."""
    person = factories.make_leader(factories.TeamFactory.create())
    return factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=person).person


@pytest.fixture
def strict() -> Client:
    return Client(enforce_csrf_checks=True)


def address(name: str) -> str:
    """Of a page, whether or not there is a row with that key."""
    alone = name in {"event-new", "news-publish", "library-share"}
    return reverse(f"forum:{name}", args=[] if alone else [1])


def kept_in(answer: Any) -> dict[str, list[str]]:
    """The hidden fields of the page's own form."""
    page = answer.content.decode()
    form = re.search(r'<main.*?<form method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    assert form is not None
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[2]):
        fields.setdefault(unescape(name), []).append(unescape(value))
    return fields


def test_what_was_filled_in_signed_out_is_saved_after_signing_in(strict: Client, space: Space, host: User) -> None:
    sent = filled(
        space, title="Fagdag «A» & B", source=f"Linje 1\nFor {BORN}", source_format="text", principles=["a", "b"]
    )
    answer = strict.post(NEW_EVENT + "?rom=praksis", sent, **OURS)
    page = unescape(answer.content.decode())
    assert (answer.status_code, Event.objects.count()) == (401, 0)
    assert "no-store" in answer.headers["Cache-Control"]
    kept = kept_in(answer)
    kept.pop("csrfmiddlewaretoken")
    expected = {name: value if isinstance(value, list) else [str(value)] for name, value in sent.items()}
    assert kept == expected | {"source": ["Linje 1\nFor [fødselsnummer fjernet]"]}
    assert f'action="{NEW_EVENT}?rom=praksis"' in page
    assert "Fagdag «A» & B\n\nLinje 1\nFor [fødselsnummer fjernet]</textarea>" in page
    assert "Et tall som kan være et fødselsnummer, er tatt bort." in page
    assert "Filer må velges på nytt." not in page
    assert BORN not in page
    assert list(answer.cookies) == ["csrftoken"]
    assert dict(strict.session) == {}

    strict.force_login(host)
    kept.pop("principles")
    old = strict.post(NEW_EVENT, kept | {"csrfmiddlewaretoken": "x" * 64}, **OURS)
    assert (old.status_code, Event.objects.count()) == (403, 0)
    assert "Siden har stått åpen for lenge" in old.content.decode()
    again = kept_in(old)
    assert len(again["csrfmiddlewaretoken"]) == 1
    assert {name: again[name] for name in kept} == kept
    for _ in range(2):
        saved = strict.post(NEW_EVENT, again, **OURS)
        assert saved.status_code == 302
    event = Event.objects.get()
    assert (event.title, event.source) == ("Fagdag «A» & B", "Linje 1\nFor [fødselsnummer fjernet]")


def test_every_view_that_keeps_its_form_is_asked_here() -> None:
    views = (settings.BASE_DIR / "forum" / "views").glob("*.py")
    marked = sum(path.read_text(encoding="utf-8").count("\n@keeps_form\n") for path in views)
    assert marked == len({resolve(address(name)).func for name in PAGES}) == len(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_every_long_form_comes_back(strict: Client, space: Space, host: User, name: str) -> None:
    url = address(name)
    sent = {"title": "Et ord til", "form-0-title": "Åpning", "several": ["1", "2"], "do": "save"}
    out = strict.post(url, sent, **OURS)
    assert out.status_code == 401
    fields = kept_in(out)
    fields.pop("csrfmiddlewaretoken")
    assert fields == {"title": ["Et ord til"], "form-0-title": ["Åpning"], "several": ["1", "2"], "do": ["save"]}
    assert "Et ord til\n\nÅpning</textarea>" in out.content.decode()
    assert strict.get(url).headers["Location"] == f"{reverse('account_login')}?next={url}"
    strict.force_login(host)
    old = strict.post(url, sent | {"csrfmiddlewaretoken": "x" * 64}, **OURS)
    assert old.status_code == 403
    assert kept_in(old)["several"] == ["1", "2"]


@pytest.mark.parametrize("name", PAGES)
def test_what_another_site_sends_is_neither_shown_nor_done(strict: Client, space: Space, host: User, name: str) -> None:
    sent = {"title": "Fra et annet sted", "csrfmiddlewaretoken": "x" * 64}
    for origin in (THEIRS, {"HTTP_ORIGIN": "null"}, {}):
        for is_signed_in in (False, True):
            if is_signed_in:
                strict.force_login(host)
            else:
                strict.logout()
            answer = strict.post(address(name), sent, **origin)
            assert answer.status_code == 403
            assert "Fra et annet sted" not in answer.content.decode()
            assert 'name="csrfmiddlewaretoken"' not in answer.content.decode()


def test_without_an_origin_the_referer_is_asked_over_a_safe_line() -> None:
    def asked(*, secure: bool = True, **headers: str) -> bool:
        return is_sent_from_here(RequestFactory().post("/", secure=secure, **headers))  # type: ignore[arg-type]

    assert asked(HTTP_REFERER="https://testserver/forum/")
    assert asked(HTTP_ORIGIN="https://testserver")
    assert not asked(HTTP_ORIGIN="https://attacker.example", HTTP_REFERER="https://testserver/forum/")
    assert not asked(HTTP_REFERER="https://attacker.example/")
    assert not asked(HTTP_ORIGIN="http://testserver")
    assert not asked()
    assert not asked(secure=False, HTTP_REFERER="http://testserver/")


def test_more_than_any_form_sends_is_not_shown_again(strict: Client, home: Any, host: User) -> None:
    most = {f"f{number}": "a" for number in range(FIELDS_MOST)}
    long = {"text": "a" * (LENGTH_MOST - 4)}

    def is_kept(sent: dict[str, str], status: int) -> bool:
        answer = strict.post(NEW_EVENT, sent, **OURS)
        page = answer.content.decode()
        assert answer.status_code == status
        is_refused = "Det var for mye å ta med." in page
        assert is_refused != ("Gå videre" in page)
        assert is_refused == (len(page) < 60_000)
        return not is_refused

    assert is_kept(most, 401)
    assert not is_kept(most | {"one": "more"}, 401)
    assert is_kept(long, 401)
    assert not is_kept(long | {"b": ""}, 401)
    strict.force_login(host)
    assert not is_kept(long | {"b": ""}, 403)


def test_a_file_is_chosen_anew_and_the_rest_is_shared(client: Client, space: Space, host: User) -> None:
    url = reverse("forum:library-share")
    sent = {
        "space": space.pk,
        "title": "Samarbeidsavtale",
        "kind": "template",
        "language": "nb",
        "licence": "cc-by-4.0",
        "source": "<p>Slik gjør <b>vi</b> det.</p>",
        "source_format": "html",
        "submission": str(uuid4()),
        "do": "share",
    }
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(url, sent | {"file": SimpleUploadedFile("avtale.txt", b"Hemmelig innhold")}, **OURS)
    page = answer.content.decode()
    assert answer.status_code == 401
    assert "Filer må velges på nytt." in page
    assert "Hemmelig innhold" not in page
    assert "Samarbeidsavtale\n\nSlik gjør vi det.</textarea>" in page
    kept = kept_in(answer)
    client.force_login(host)
    assert client.post(url, kept, **OURS).status_code == 302
    item = LibraryItem.objects.get()
    assert (item.title, item.current.html if item.current else "") == (
        "Samarbeidsavtale",
        "<p>Slik gjør <strong>vi</strong> det.</p>",
    )


def test_news_is_published_once_by_whoever_may(client: Client, space: Space, host: User) -> None:
    url = reverse("forum:news-publish")
    sent = {"space": space.pk, "title": "Nytt møterom", "source": "Fra mandag.", "submission": str(uuid4())}
    out = Client().post(url, sent, **OURS)
    assert out.status_code == 401
    kept = kept_in(out)
    client.force_login(factories.MembershipFactory.create().person)
    assert client.post(url, kept, **OURS).status_code == 403
    assert not NewsItem.objects.exists()
    client.force_login(host)
    assert [client.post(url, kept, **OURS).status_code for _ in range(2)] == [302, 302]
    assert NewsItem.objects.get().title == "Nytt møterom"


def test_numbers_go_out_of_every_text_and_a_key_stays(strict: Client, home: Any) -> None:
    key = "00000000-0000-4000-8000-010107050160"
    sent = {
        "form-3-text": f"om {BORN}",
        "title": BORN,
        "formatted": f"<p>{BORN[:6]}<b>{BORN[6:]}</b></p>",
        "submission": key,
        "hidden": f"{BORN}-{'0' * 21}",
    }
    answer = strict.post(NEW_EVENT, sent, **OURS)
    kept = kept_in(answer)
    gone = "[fødselsnummer fjernet]"
    assert (kept["form-3-text"], kept["title"], kept["submission"]) == ([f"om {gone}"], [gone], [key])
    page = re.sub(r"<[^>]*>", "", unescape(answer.content.decode()))
    assert BORN not in unescape(answer.content.decode()) + page
    html = f"<p>Om {BORN[:6]}<b>{BORN[6:]}</b></p>"
    formatted = kept_in(strict.post(NEW_EVENT, {"source": html, "source_format": "html"}, **OURS))
    assert gone in formatted["source"][0]
    assert BORN[6:] not in formatted["source"][0]
    too_long = kept_in(strict.post(NEW_EVENT, {"source": f"{BORN} " * 6000, "source_format": "html"}, **OURS))
    assert (too_long["source"], too_long["source_format"]) == ([f"{gone} " * 6000], ["text"])


@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_a_form_stands_in_a_report_of_an_error(home: Any, name: str) -> None:
    """The view is marked before it looks at anything that was sent."""
    request = RequestFactory().post(
        address(name), {"title": "Hemmelig"}, headers={"origin": "https://attacker.example"}
    )
    request.user = User()
    found = resolve(address(name))
    response: HttpResponse = found.func(request, *found.args, **found.kwargs)
    assert response.status_code == 403
    assert request.sensitive_post_parameters == "__ALL__"
