"""The text of an event and of a version in the library, from the editor and from a text area, and what comes of it."""

from datetime import UTC, datetime
from html import escape, unescape
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from forum.actions import reply
from forum.actions.events import EventDetails, edit_event, make_event, publish_event
from forum.actions.library import Content, Details, add_version, share_item
from forum.actions.news import NewsDetails, publish_news
from forum.actions.topics import accept_answer
from forum.forms_events import EventForm
from forum.models import Event, LibraryItem, LibraryVersion, ModerationEntry, NewsItem, Post, Space
from forum.queries.library import get_comparison
from forum.rendering import RENDERING_VERSION, render
from home.sweeping import PLACES, mend
from people.models import User
from safety.guard import PatientDataError
from tests import factories
from tests.forum.test_events import filled
from tests.forum.writing import BORN, make_topic

pytestmark = pytest.mark.django_db

FORMATTED = "<p>Ta med <strong>kalender</strong>.</p><ul><li>Kopper</li><li>Kaffe</li></ul>"
AS_TEXT = "Ta med kalender.\n\n- Kopper\n- Kaffe"
HOSTILE = (
    '<div onclick="alert(1)">Hei <script>alert(1)</script><img src=x onerror=alert(1)>'
    '<a href="javascript:alert(1)">lenke</a></div><iframe src="https://example.org"></iframe>'
)


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create(slug="praksis")


@pytest.fixture
def host(space: Space) -> User:
    """Somebody who arranges in the space, and shares there."""
    person = factories.make_leader(factories.TeamFactory.create())
    return factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=person).person


@pytest.fixture
def browser(client: Client, host: User) -> Client:
    client.force_login(host)
    return client


def make(space: Space, host: User, **changes: Any) -> Event:
    said: dict[str, Any] = {
        "title": "Fagdag",
        "starts_at": datetime(2027, 1, 12, 8, tzinfo=UTC),
        "ends_at": datetime(2027, 1, 12, 14, 30, tzinfo=UTC),
        "legs": {"physical": 10},
    }
    return make_event(person=host, space=space, details=EventDetails(**said | changes))


def share(space: Space, host: User, source: str = FORMATTED, source_format: str = "html", **more: Any) -> LibraryItem:
    content = Content(source=source, source_format=source_format)
    return share_item(person=host, space=space, details=Details(title="Sjekkliste"), content=content, **more)


def shared(space: Space, **fields: Any) -> dict[str, Any]:
    said = {"title": "Sjekkliste", "kind": "template", "language": "nb", "licence": "cc-by-4.0", "space": space.pk}
    return said | {"submission": str(uuid4()), "do": "share"} | fields


def send(browser: Client, where: str, space: Space, **fields: Any) -> tuple[Any, Any]:
    """The form of a new event or item, and the row it became."""
    if where == "event":
        answer = browser.post(reverse("forum:event-new"), filled(space, **fields))
        return answer, Event.objects.first()
    answer = browser.post(reverse("forum:library-share"), shared(space, **fields))
    return answer, LibraryVersion.objects.first()


def the_text(page: str) -> str:
    """What stands in the text area."""
    return unescape(page.split('id="compose-text"')[1].split(">\n", 1)[1].split("</textarea>")[0])


def the_hidden(page: str, name: str) -> str:
    return unescape(page.split(f'name="{name}" value="')[1].split('"')[0])


WHERE = pytest.mark.parametrize("where", ["event", "item"])


# --- both formats through the door ---------------------------------------------------------------------


@WHERE
def test_a_formatted_text_is_kept_as_source_and_rendering(browser: Client, space: Space, where: str) -> None:
    answer, row = send(browser, where, space, source=f"{FORMATTED}<div><br></div>", source_format="html")
    assert answer.status_code == 302
    assert (row.source_format, row.html, row.text) == ("html", FORMATTED, "Ta med kalender.\nKopper\nKaffe")
    assert row.rendering_version == RENDERING_VERSION
    shown = f'prose">{FORMATTED}</div>' if where == "event" else f'prose" aria-label="Innhold">{FORMATTED}</section>'
    assert shown in browser.get(answer.headers["Location"]).content.decode()


@WHERE
def test_a_text_area_is_kept_as_it_was_typed(browser: Client, space: Space, where: str) -> None:
    _answer, row = send(browser, where, space, source="<b>En</b>\r\n\r\nTo", source_format="text")
    assert (row.source, row.source_format) == ("<b>En</b>\n\nTo", "text")
    assert row.html == "<p>&lt;b&gt;En&lt;/b&gt;</p><p>To</p>"


@WHERE
def test_nothing_hostile_is_stored(browser: Client, space: Space, where: str) -> None:
    _answer, row = send(browser, where, space, source=HOSTILE, source_format="html")
    assert row.html == render(HOSTILE, source_format=Post.Format.HTML).html
    for trace in ("script", "onclick", "onerror", "javascript", "iframe", "<img"):
        assert trace not in row.html + row.source


@WHERE
def test_an_editor_with_nothing_in_it_is_no_text(browser: Client, space: Space, where: str) -> None:
    answer, row = send(
        browser, where, space, source="<div><br></div>", source_format="html", link="https://example.org"
    )
    assert (answer.status_code, row.source, row.html, row.text) == (302, "", "", "")


@WHERE
@pytest.mark.parametrize("source_format", ["html", "text"])
def test_a_number_is_stopped_in_both_formats_and_the_rest_stands(
    browser: Client, space: Space, where: str, source_format: str
) -> None:
    split = f"{BORN[:6]}<strong>{BORN[6:]}</strong>" if source_format == "html" else BORN
    source = f"<p>Kaffe &amp; <em>kake</em></p><p>{split}</p>" if source_format == "html" else f"Kaffe & kake\n{split}"
    answer, row = send(browser, where, space, source=source, source_format=source_format, title="Kopper & kar")
    page = answer.content.decode()
    assert (answer.status_code, row) == (422, None)
    assert BORN not in page
    assert BORN[6:] not in page
    assert 'name="title" value="Kopper &amp; kar"' in page
    assert the_text(page).startswith("Kaffe & kake")
    assert ('name="formatted"' in page) == (source_format == "html")
    if source_format == "html":
        assert "<em>kake</em>" in the_hidden(page, "formatted")
    area = page.split('id="compose-text"')[1].split(">")[0]
    assert 'aria-invalid="true"' in area
    assert "id_source_error" in area
    assert '<div class="form-error" id="id_source_error">' in page
    assert "Tallet er tatt bort. Resten av teksten er som du skrev den." in page


@WHERE
def test_a_number_elsewhere_takes_that_of_the_text_too(browser: Client, space: Space, where: str) -> None:
    """The title is looked through first; what the text holds does not come back either."""
    source = f"<p>Om <strong>{BORN}</strong></p>"
    answer, _row = send(browser, where, space, source=source, source_format="html", title=f"Om {BORN}")
    assert answer.status_code == 422
    assert BORN not in answer.content.decode()


@WHERE
def test_a_name_and_a_date_are_asked_about_and_the_text_stays(browser: Client, space: Space, where: str) -> None:
    source = "<p>Pasienten <em>Kari Nordmann</em> f. 12.03.1981 har vært her.</p>"
    answer, row = send(browser, where, space, source=source, source_format="html")
    page = answer.content.decode()
    assert (answer.status_code, row, the_hidden(page, "formatted")) == (422, None, source)
    answer, row = send(browser, where, space, source=source, source_format="html", confirmed="on")
    assert (answer.status_code, row.html) == (302, source)


@WHERE
def test_a_mistake_elsewhere_keeps_the_text(browser: Client, space: Space, where: str) -> None:
    answer, _row = send(browser, where, space, source=FORMATTED, source_format="html", title="")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert (the_text(page), the_hidden(page, "formatted")) == (AS_TEXT, FORMATTED)


@WHERE
def test_what_is_too_tangled_to_read_comes_back_whole(browser: Client, space: Space, where: str) -> None:
    source = "<b></b>" * 8000 + "Ordene"
    answer, row = send(browser, where, space, source=source, source_format="html")
    assert (answer.status_code, row) == (422, None)
    assert "Teksten har for mye formatering. Lim den inn som ren tekst." in answer.content.decode()
    assert the_text(answer.content.decode()) == source


def test_a_refused_form_keeps_what_was_chosen_in_it(home: Any) -> None:
    """Several values of one name are several after it, too."""
    form = EventForm(QueryDict(f"principles=a&principles=b&title=Om+{BORN}+%26+mer"))
    form.is_valid()
    form.refuse(PatientDataError("Nei", findings={}, masked={"title": escape(f"Om {BORN} & mer")}))
    assert form["principles"].value() == ["a", "b"]
    assert form["title"].value() == "Om [fødselsnummer fjernet] & mer"


def test_a_refused_programme_shows_its_words_as_they_were_written(browser: Client, space: Space, host: User) -> None:
    row = {"form-0-day": "2027-01-12", "form-0-starts_clock": "09:00", "form-0-title": f"Kaffe & kake {BORN}"}
    answer = browser.post(
        reverse("forum:event-programme", args=[make(space, host).pk]), row | {"rows": "1", "do": "save"}
    )
    assert answer.status_code == 422
    assert 'name="form-0-title" value="Kaffe &amp; kake [fødselsnummer fjernet]"' in answer.content.decode()


# --- without a script ----------------------------------------------------------------------------------


def test_an_event_keeps_its_formatting_where_a_text_area_comes_back_as_it_was(
    browser: Client, space: Space, host: User
) -> None:
    event = make(space, host, source=FORMATTED, source_format="html")
    address = reverse("forum:event-edit", args=[event.pk])
    page = browser.get(address).content.decode()
    assert the_text(page) == AS_TEXT
    assert "Den beholder du hvis du ikke endrer noe." in page
    sent = filled(space, source=AS_TEXT.replace("\n", "\r\n"), source_format="text", formatted=FORMATTED)
    assert browser.post(address, sent | {"title": "Ny tittel"}).status_code == 302
    event.refresh_from_db()
    assert (event.title, event.source_format, event.html) == ("Ny tittel", "html", FORMATTED)
    browser.post(address, sent | {"source": f"{AS_TEXT}\n- Te"})
    event.refresh_from_db()
    assert (event.source_format, event.source) == ("text", f"{AS_TEXT}\n- Te")
    assert "<strong>" not in event.html


def test_a_plain_text_from_before_is_edited_as_it_was(browser: Client, space: Space, host: User) -> None:
    event = make(space, host, source="En\n\nTo <tre>")
    page = browser.get(reverse("forum:event-edit", args=[event.pk])).content.decode()
    assert the_text(page) == "En\n\nTo <tre>"
    assert 'data-html="&lt;p&gt;En&lt;/p&gt;' in page
    assert 'name="formatted"' not in page


def test_a_new_version_and_what_builds_on_it_begin_with_the_formatted_text(
    browser: Client, space: Space, host: User
) -> None:
    item = share(space, host)
    assert item.current is not None
    for address in (
        reverse("forum:library-new-version", args=[item.pk]),
        f"{reverse('forum:library-share')}?bygg={item.current.pk}",
    ):
        page = browser.get(address).content.decode()
        assert (the_text(page), the_hidden(page, "formatted")) == (AS_TEXT, FORMATTED)
        assert 'data-compose="now"' in page
    address = reverse("forum:library-new-version", args=[item.pk])
    sent = {"note": "Nytt", "submission": str(uuid4()), "source": AS_TEXT, "formatted": FORMATTED, "do": "share"}
    assert browser.post(address, sent).status_code == 302
    assert LibraryVersion.objects.get(number=2).html == FORMATTED


def test_an_answer_that_becomes_an_item_keeps_its_formatting(browser: Client, space: Space, host: User) -> None:
    topic = make_topic(author=host, space=space, source="<p>Hvordan?</p>")
    answer = reply(author=host, topic=topic, source=FORMATTED)
    accept_answer(person=host, topic=topic, post=answer)
    page = browser.get(reverse("forum:library-share"), {"svar": answer.pk}).content.decode()
    assert (the_text(page), the_hidden(page, "formatted")) == (AS_TEXT, FORMATTED)


def test_files_that_come_and_go_leave_the_text_in_the_form(browser: Client, space: Space) -> None:
    sent = shared(space, source=FORMATTED, source_format="html", do="attach")
    page = browser.post(reverse("forum:library-share"), sent).content.decode()
    assert (the_text(page), the_hidden(page, "formatted")) == (AS_TEXT, FORMATTED)


# --- what is made of it --------------------------------------------------------------------------------


def test_versions_are_compared_by_their_words_with_lists_as_lists(space: Space, host: User) -> None:
    """A typed list that becomes one in the editor has not changed."""
    item = share(space, host, source=AS_TEXT, source_format="text")
    added = FORMATTED.replace("<li>Kaffe</li>", "<li>Kaffe</li><li>Te</li>")
    for number, source in enumerate((FORMATTED, added), start=2):
        content = Content(source=source, source_format="html", note=f"Nummer {number}")
        add_version(person=host, item=item, content=content)
    typed, same, more = LibraryVersion.objects.order_by("number")
    assert getattr(get_comparison(typed, same), "is_same", None) is True
    comparison = get_comparison(same, more)
    assert comparison is not None
    assert [(each.change, each.pieces[0].text) for each in comparison.paragraphs] == [
        ("same", "Ta med kalender."),
        ("same", "- Kopper"),
        ("same", "- Kaffe"),
        ("added", "- Te"),
    ]


def test_calendars_take_new_words_and_links_but_not_new_formatting(space: Space, host: User) -> None:
    event = publish_event(person=host, event=make(space, host, source="Les https://example.org/a\n\nDel"))
    first = event.sequence

    def edited(source: str) -> int:
        said = {"title": event.title, "starts_at": event.starts_at, "ends_at": event.ends_at, "legs": {"physical": 10}}
        details = EventDetails(**said, source=source, source_format="html")
        return edit_event(person=host, event=event, details=details).sequence - first

    assert edited("<div>Les https://example.org/a<br><br><strong>Del</strong></div>") == 0
    assert edited('<div>Les <a href="https://example.org/b">her</a></div><div>Del</div>') == 1
    assert edited('<div>Les <a href="https://example.org/c">her</a></div><div>Del</div>') == 2


def test_everything_with_a_rendering_is_rendered_again(space: Space, host: User) -> None:
    make_topic(author=host, space=space, source=FORMATTED)
    make(space, host, source=FORMATTED, source_format="html")
    share(space, host, source="En\n\nTo", source_format="text")
    publish_news(person=host, space=space, details=NewsDetails(title="Nytt", source="Tre"))
    models: tuple[Any, ...] = (Post, LibraryVersion, Event, NewsItem)
    for model in models:
        model.objects.update(html="gammelt", rendering_version=RENDERING_VERSION - 1)
    said = StringIO()
    call_command("rebake_posts", "--of", "events", stdout=said)
    assert said.getvalue() == "1 events rendered again.\n"
    assert [model.objects.get().html for model in models] == ["gammelt", "gammelt", FORMATTED, "gammelt"]
    call_command("rebake_posts", stdout=(said := StringIO()))
    assert said.getvalue().split(" rendered again.\n") == ["1 posts", "1 versions", "0 events", "1 news", ""]
    assert [(row.html, row.rendering_version) for row in (model.objects.get() for model in models)] == [
        (FORMATTED, RENDERING_VERSION),
        ("<p>En</p><p>To</p>", RENDERING_VERSION),
        (FORMATTED, RENDERING_VERSION),
        ("<p>Tre</p>", RENDERING_VERSION),
    ]


def test_the_sweep_finds_and_masks_what_an_event_says(space: Space, host: User) -> None:
    event = make(space, host, source=FORMATTED, source_format="html")
    Event.objects.filter(pk=event.pk).update(
        source=f"<p>Ring <em>{BORN}</em></p>", html=f"<p>Ring <em>{BORN}</em></p>", text=f"Ring {BORN}", place=BORN
    )
    place = next(each for each in PLACES if each.label == "forum.Event")
    assert mend(place, key=event.pk)
    event.refresh_from_db()
    assert event.html.startswith("<p>Ring <em>[")
    assert BORN not in event.source + event.html + event.text + event.place
    assert event.sequence == 1
    assert ModerationEntry.objects.get().reason == f"sweep_patient_data: forum.Event {event.pk}"
