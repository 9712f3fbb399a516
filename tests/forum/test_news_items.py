"""News: publishing, reading rounds, «lest og forstått», who has not, reminders, and who may see what of it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache, caches
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from forum.actions.moderation import Verb
from forum.actions.news import (
    NewsChangedError,
    NewsDetails,
    RemindedAlreadyError,
    confirm_news,
    edit_news,
    publish_news,
    remind_of_news,
    set_news_state,
)
from forum.actions.notices import tell_of_news
from forum.feeds import news_of_feed, write_feed
from forum.mails import sending
from forum.mails.planning import plan_digests
from forum.models import ModerationEntry, NewsEdit, NewsItem, NewsReading, Notice, Space, State, Watch
from forum.permissions.news import (
    news_asked_of,
    news_confirmed_by,
    news_editable_by,
    news_followed_up_by,
    news_moderated_by,
    news_visible_to,
    people_followed_up_by,
    people_it_is_for,
    spaces_to_publish_in,
    user_can_confirm_news,
    user_can_edit_news,
    user_can_follow_up_news,
    user_can_moderate_news,
    user_can_publish_in_space,
    user_can_see_news,
)
from forum.queries.news import get_follow_up, get_news_for, news_for_digest
from home.sweeping import PLACES, mend
from people.models import Membership, User
from safety.guard import PatientDataError
from safety.text import TextRefusedError
from tests import factories
from tests.forum.news import make_member, noon
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Sets what time it is. What a header knew is forgotten, as it is when half a minute has passed."""

    def set_to(moment: Any) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)
        caches["learners"].clear()

    return set_to


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(name="Praksis", slug="praksis")


@pytest.fixture
def editor(home: Any, space: Space) -> User:
    """Facilitates the space, and is in no team."""
    person = factories.UserFactory.create(first_name="Eva", last_name="Redaktør")
    return factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True).person


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create(person__first_name="Kari", person__last_name="Berg").person


@pytest.fixture
def ola(home: Any) -> User:
    return factories.MembershipFactory.create(person__first_name="Ola", person__last_name="Ås").person


def details(title: str = "Ny rutine", **more: Any) -> NewsDetails:
    return NewsDetails(**{"title": title, "source": "Vi møtes på tirsdager.", **more})


def publish(person: User, space: Space, title: str = "Ny rutine", **more: Any) -> NewsItem:
    return publish_news(person=person, space=space, details=details(title, **more))


def signed_in(client: Client, person: User) -> Client:
    client.force_login(person)
    return client


# --- publishing ----------------------------------------------------------------------------------------


def test_what_is_published_is_rendered_and_kept_with_its_source(editor: User, space: Space) -> None:
    key = uuid4()
    item = publish(editor, space, lead="Fra uke 3", source="En\n\nTo", principle_keys=(key, key))
    item.refresh_from_db()
    assert (item.source, item.html, item.text) == ("En\n\nTo", "<p>En</p><p>To</p>", "En\nTo")
    assert (item.author, item.round, item.version, item.rendering_version > 0) == (editor, 1, 1, True)
    assert [each.principle_key for each in item.principles.all()] == [key]


def test_html_is_sanitised(editor: User, space: Space) -> None:
    item = publish(editor, space, source='<p onclick="a()">Hei<script>b()</script></p>', source_format="html")
    assert "script" not in item.html
    assert "onclick" not in item.html


def test_the_same_form_sent_twice_is_one(editor: User, space: Space) -> None:
    submission = uuid4()
    first = publish_news(person=editor, space=space, details=details(), submission=submission)
    assert publish_news(person=editor, space=space, details=details(), submission=submission) == first
    assert NewsItem.objects.count() == 1


@pytest.mark.parametrize("field", ["title", "lead", "source"])
def test_patient_data_stops_at_every_door(client: Client, editor: User, space: Space, field: str) -> None:
    """Publishing, changing and the preview; the number does not come back in the form."""
    item = publish(editor, space)
    with pytest.raises(PatientDataError):
        publish_news(person=editor, space=space, details=details(**{field: f"Om {BORN}"}))
    with pytest.raises(PatientDataError):
        edit_news(person=editor, item=item, details=details(**{field: f"Om {BORN}"}), version=1)
    sent = {"title": "En", "source": "To", "space": space.pk, "submission": str(uuid4()), "version": 1}
    for name, do in (("news-publish", ""), ("news-publish", "preview"), ("news-edit", ""), ("news-edit", "preview")):
        address = reverse(f"forum:{name}", args=[item.pk] if name == "news-edit" else [])
        for source_format in ("text", "html"):
            sent |= {field: f"Om {BORN}", "do": do, "source_format": source_format}
            answer = signed_in(client, editor).post(address, sent)
            assert answer.status_code == 422
            assert BORN not in answer.content.decode()
            assert "form-errors" in answer.content.decode()
    item.refresh_from_db()
    assert (NewsItem.objects.count(), item.version, NewsEdit.objects.count()) == (1, 1, 0)


@pytest.mark.parametrize(
    "more",
    [
        {"expires_at": noon(2026, 11, 25)},
        {"published_at": noon(2026, 12, 2), "expires_at": noon(2026, 12, 1)},
        {"must_read": True, "read_by": noon(2026, 11, 24).date()},
        {"must_read": True, "read_by": noon(2026, 12, 5).date(), "expires_at": noon(2026, 12, 4)},
        {"title": " "},
        {"source": " "},
    ],
)
def test_what_makes_no_sense_is_refused(
    editor: User, space: Space, more: dict[str, Any], clock: Callable[[Any], None]
) -> None:
    clock(noon())
    with pytest.raises(TextRefusedError):
        publish_news(person=editor, space=space, details=details(**more))
    assert not NewsItem.objects.exists()


def test_a_preview_stores_nothing(client: Client, editor: User, space: Space) -> None:
    sent = {"title": "Nytt møte", "source": "Husk *kaffe*", "space": space.pk, "submission": str(uuid4())}
    answer = signed_in(client, editor).post(reverse("forum:news-publish"), sent | {"do": "preview"})
    assert answer.status_code == 200
    assert "<p>Husk *kaffe*</p>" in answer.content.decode()
    assert not NewsItem.objects.exists()
    answer = client.post(reverse("forum:news-publish"), sent)
    assert (answer.status_code, answer["Location"]) == (302, NewsItem.objects.get().get_absolute_url())


def test_formatting_stays_where_a_text_area_comes_back_unchanged(client: Client, editor: User, space: Space) -> None:
    item = publish(editor, space, source="<p>En <strong>to</strong></p>", source_format="html")
    page = signed_in(client, editor).get(reverse("forum:news-edit", args=[item.pk])).content.decode()
    assert 'name="formatted" value="&lt;p&gt;En &lt;strong&gt;to' in page
    sent = {"title": "Ny tittel", "source": "En to", "formatted": item.html, "source_format": "text", "version": 1}
    assert client.post(reverse("forum:news-edit", args=[item.pk]), sent).status_code == 302
    item.refresh_from_db()
    assert (item.title, item.source_format, "<strong>to</strong>" in item.html) == ("Ny tittel", "html", True)


@pytest.mark.parametrize("source_format", ["text", "html"])
def test_what_is_older_than_the_guard_is_masked_by_the_sweep(editor: User, space: Space, source_format: str) -> None:
    item = publish(editor, space, source_format=source_format)
    item = edit_news(person=editor, item=item, details=details("Annet", source_format=source_format), version=1)
    NewsItem.objects.update(title=BORN, lead=BORN, source=f"Tom & Per {BORN}", html=f"<p>{BORN}</p>", text=BORN)
    NewsEdit.objects.update(title=BORN, lead=BORN, html=f"<p>{BORN}</p>")
    places = {place.label: place for place in PLACES}
    for row in (item, item.edits.get()):
        assert mend(places[row._meta.label], key=row.pk)
    item.refresh_from_db()
    assert item.text.startswith("Tom & Per")
    assert not [value for value in (*vars(item).values(), *vars(item.edits.get()).values()) if BORN in str(value)]


# --- time ----------------------------------------------------------------------------------------------


def test_news_comes_out_and_expires_by_time_alone(
    client: Client, editor: User, kari: User, space: Space, clock: Callable[[Any], None]
) -> None:
    clock(noon())
    item = publish(editor, space, published_at=noon() + DAY, expires_at=noon() + 3 * DAY, must_read=True)
    signed_in(client, kari)

    def standing() -> tuple[int, bool, bool, bool, bool]:
        news, archive = (client.get(reverse(f"forum:{name}")).content.decode() for name in ("news", "news-archive"))
        return (
            client.get(item.get_absolute_url()).status_code,
            item.title in news,
            item.title in archive,
            item.title in client.get(reverse("home:my-page")).content.decode(),
            user_can_confirm_news(kari, item),
        )

    assert standing() == (404, False, False, False, False)
    clock(noon() + DAY)
    assert standing() == (200, True, False, True, True)
    clock(noon() + 3 * DAY)
    assert standing() == (200, False, True, False, False)
    with pytest.raises(PermissionDenied):
        confirm_news(person=kari, item=item, round_=1)
    with pytest.raises(PermissionDenied):
        remind_of_news(person=editor, item=item)


def test_the_last_day_is_shown_to_its_end(client: Client, editor: User, space: Space) -> None:
    last = timezone.localdate() + 2 * DAY
    sent = {
        "title": "En",
        "source": "To",
        "space": space.pk,
        "submission": str(uuid4()),
        "expires_on": last.isoformat(),
    }
    signed_in(client, editor).post(reverse("forum:news-publish"), sent)
    expires = timezone.localtime(NewsItem.objects.get().expires_at)
    assert (expires.date(), expires.hour, expires.minute) == (last + DAY, 0, 0)


def test_when_it_comes_out_may_be_changed_until_it_is_out(
    editor: User, space: Space, clock: Callable[[Any], None]
) -> None:
    clock(noon())
    item = publish(editor, space, published_at=noon() + DAY)
    item = edit_news(person=editor, item=item, details=details(published_at=noon() + 2 * DAY), version=1)
    assert (item.published_at, item.round_at) == (noon() + 2 * DAY, noon() + 2 * DAY)
    clock(noon() + 3 * DAY)
    item = edit_news(person=editor, item=item, details=details(published_at=noon() + 9 * DAY), version=2)
    assert item.published_at == noon() + 2 * DAY


# --- changes and rounds --------------------------------------------------------------------------------


def test_a_correction_leaves_what_is_confirmed_and_a_new_round_asks_again(
    editor: User, kari: User, space: Space
) -> None:
    item = publish(editor, space, must_read=True)
    confirm_news(person=kari, item=item, round_=1)
    item = edit_news(person=editor, item=item, details=details("Ny rutine!", must_read=True), version=1)
    assert (item.round, news_asked_of(kari).exists()) == (1, False)
    again = details("Ny rutine igjen", must_read=True)
    item = edit_news(person=editor, item=item, details=again, version=2, must_be_read_again=True)
    assert (item.round, list(news_asked_of(kari))) == (2, [item])
    with pytest.raises(NewsChangedError):
        confirm_news(person=kari, item=item, round_=1)
    confirm_news(person=kari, item=item, round_=2)
    assert not news_asked_of(kari).exists()
    assert list(NewsReading.objects.order_by("round").values_list("round", flat=True)) == [1, 2]
    assert list(NewsEdit.objects.order_by("version").values_list("version", "round", "title")) == [
        (1, 1, "Ny rutine"),
        (2, 1, "Ny rutine!"),
    ]


def test_of_two_who_change_it_at_once_the_later_is_told(client: Client, editor: User, space: Space) -> None:
    item = publish(editor, space)
    edit_news(person=editor, item=item, details=details("Første"), version=1)
    with pytest.raises(NewsChangedError):
        edit_news(person=editor, item=item, details=details("Andre"), version=1)
    sent = {"title": "Andre", "source": "To", "version": 1}
    answer = signed_in(client, editor).post(reverse("forum:news-edit", args=[item.pk]), sent)
    assert answer.status_code == 422
    assert "Noen andre har endret dette" in answer.content.decode()
    item.refresh_from_db()
    assert item.title == "Første"
    assert '<input type="hidden" name="version" value="2"' in answer.content.decode()
    assert client.post(reverse("forum:news-edit", args=[item.pk]), sent | {"version": 2}).status_code == 302
    item.refresh_from_db()
    assert (item.title, item.version) == ("Andre", 3)


def test_pinning_hiding_and_deleting_are_logged_without_words(editor: User, kari: User, space: Space) -> None:
    item = publish(editor, space, must_read=True)
    confirm_news(person=kari, item=item, round_=1)
    item = edit_news(person=editor, item=item, details=details("Annet", must_read=True, is_pinned=True), version=1)
    for state in (State.HIDDEN, State.HIDDEN, State.NORMAL, State.DELETED):
        set_news_state(person=editor, item=item, state=state)
    log = list(ModerationEntry.objects.order_by("pk").values_list("verb", "actor", "space", "reason"))
    verbs = [Verb.PIN, Verb.HIDE, Verb.SHOW, Verb.DELETE]
    assert log == [(str(verb), editor.pk, space.pk, f"Nyhet {item.pk}") for verb in verbs]
    item.refresh_from_db()
    assert (item.title, item.lead, item.source, item.html, item.text) == ("", "", "", "", "")
    assert not NewsEdit.objects.exists()
    assert not NewsReading.objects.exists()


# --- confirming ----------------------------------------------------------------------------------------


def test_confirming_twice_is_once_and_keeps_the_first_time(
    client: Client, editor: User, kari: User, space: Space
) -> None:
    item = publish(editor, space, must_read=True)
    signed_in(client, kari).get(item.get_absolute_url())
    assert NewsReading.objects.get().confirmed_at is None
    for _ in range(2):
        answer = client.post(reverse("forum:news-confirm", args=[item.pk]), {"round": "1"})
        assert (answer.status_code, answer["Location"]) == (302, item.get_absolute_url())
    reading = NewsReading.objects.get()
    first = reading.confirmed_at
    assert confirm_news(person=kari, item=item, round_=1).confirmed_at == first
    assert "Du bekreftet" in client.get(item.get_absolute_url()).content.decode()


def test_what_was_changed_meanwhile_is_not_confirmed(client: Client, editor: User, kari: User, space: Space) -> None:
    item = publish(editor, space, must_read=True)
    edit_news(person=editor, item=item, details=details("Ny", must_read=True), version=1, must_be_read_again=True)
    for sent in ({"round": "1"}, {}, {"round": "x"}, {"round": "9" * 30}):
        answer = signed_in(client, kari).post(reverse("forum:news-confirm", args=[item.pk]), sent, follow=True)
        assert "Nyheten er endret siden du åpnet den." in answer.content.decode()
    assert not NewsReading.objects.filter(confirmed_at__isnull=False).exists()


def test_a_must_read_is_asked_for_on_the_front_and_my_page_until_it_is_confirmed(
    client: Client, editor: User, kari: User, space: Space
) -> None:
    item = publish(editor, space, "Husk rutinen", must_read=True)
    pages = [reverse("home:my-page"), reverse("forum:home"), reverse("forum:news")]
    signed_in(client, kari)
    for page in pages:
        html = client.get(page).content.decode()
        assert "Les og bekreft" in html
        assert "Husk rutinen" in html
    client.post(reverse("forum:news-confirm", args=[item.pk]), {"round": "1"})
    for page in pages:
        assert "Les og bekreft" not in client.get(page).content.decode()
    assert "Husk rutinen" not in client.get(pages[0]).content.decode()


def test_new_is_marked_until_it_is_opened(client: Client, editor: User, kari: User, space: Space) -> None:
    item = publish(editor, space)
    mark = '<span class="news">ny</span>'
    assert mark in signed_in(client, kari).get(reverse("forum:news")).content.decode()
    client.get(item.get_absolute_url())
    assert mark not in client.get(reverse("forum:news")).content.decode()
    assert mark not in signed_in(client, editor).get(reverse("forum:news")).content.decode()


# --- who has, and who has not --------------------------------------------------------------------------


def names(people: Any) -> list[str]:
    return [each.name for each in people]


def test_those_who_publish_see_everybody_and_leaders_their_own_team(
    client: Client, editor: User, kari: User, ola: User, space: Space
) -> None:
    item = publish(editor, space, must_read=True)
    leads = factories.TeamRoleFactory.create(leads_team=True)
    nord, sor = kari.memberships.get().team, ola.memberships.get().team
    leader = factories.MembershipFactory.create(
        team=nord, roles=[leads], person__first_name="Lise", person__last_name="Leder"
    ).person
    factories.MembershipFactory.create(team=sor, person=kari)
    factories.MembershipFactory.create(person__is_active=False)
    factories.SupportGroupMembershipFactory.create()
    confirm_news(person=ola, item=item, round_=1)
    found = get_follow_up(editor, get_news_for(editor, item.pk), has_confirmed=False)
    assert (found.confirmed, found.waiting, names(found.people)) == (1, 2, ["Kari Berg", "Lise Leder"])
    assert sorted(found.people[0].teams) == sorted([nord.name, sor.name])
    assert names(get_follow_up(editor, get_news_for(editor, item.pk), has_confirmed=True).people) == ["Ola Ås"]
    own = get_follow_up(leader, get_news_for(leader, item.pk), has_confirmed=False)
    assert (own.confirmed, own.waiting, names(own.people)) == (0, 2, ["Kari Berg", "Lise Leder"])
    assert own.people[0].teams == [nord.name]
    address = reverse("forum:news-follow-up", args=[item.pk])
    for page in (address, f"{address}?vis=har"):
        html = signed_in(client, leader).get(page).content.decode()
        assert "Ola Ås" not in html
        assert sor.name not in html
        assert signed_in(client, kari).get(page).status_code == 404
        client.logout()
        assert client.get(page).status_code == 302


def test_a_leader_who_does_not_read_the_space_sees_nothing_of_it(editor: User, kari: User, home: Any) -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    factories.SpaceMembershipFactory.create(space=closed, person=editor, facilitator=True)
    factories.SpaceMembershipFactory.create(space=closed, person=kari)
    leads = factories.TeamRoleFactory.create(leads_team=True)
    leader = factories.MembershipFactory.create(team=kari.memberships.get().team, roles=[leads]).person
    item = publish(editor, closed, must_read=True)
    assert not news_followed_up_by(leader).exists()
    assert set(people_it_is_for(item)) == {kari}


def test_the_list_of_who_has_not_has_pages(client: Client, editor: User, space: Space) -> None:
    item = publish(editor, space, must_read=True)
    team = factories.TeamFactory.create()
    factories.MembershipFactory.create_batch(51, team=team)
    address = reverse("forum:news-follow-up", args=[item.pk])
    first = signed_in(client, editor).get(address)
    second = client.get(f"{address}?side=2")
    counts = [page.content.decode().count("news-person") for page in (first, second)]
    assert counts == [50, 1]
    assert "Side 2 av 2" in second.content.decode()


# --- reminding -----------------------------------------------------------------------------------------


def test_a_reminder_goes_to_those_who_have_not_and_at_most_once_a_week(
    client: Client, editor: User, kari: User, ola: User, space: Space, clock: Callable[[Any], None]
) -> None:
    muted = make_member("muted")
    Watch.objects.create(person=muted, space=space, level=Watch.Level.NONE)
    clock(noon())
    item = publish(editor, space, "Ny rutine", must_read=True)
    confirm_news(person=ola, item=item, round_=1)
    remind_of_news(person=editor, item=item)
    for _ in range(2):
        tell_of_news(item_id=item.pk)
    assert list(Notice.objects.values_list("person", "kind", "news")) == [(kari.pk, "news", item.pk)]
    clock(noon() + timedelta(days=6, hours=23))
    with pytest.raises(RemindedAlreadyError):
        remind_of_news(person=editor, item=item)
    signed_in(client, kari)
    assert "Husk å lese og bekrefte: Ny rutine" in client.get(reverse("forum:notices")).content.decode()
    notice = Notice.objects.get()
    answer = client.get(reverse("forum:notice", args=[notice.pk]))
    assert answer["Location"] == item.get_absolute_url()
    notice.refresh_from_db()
    assert notice.read_at is not None
    clock(noon() + timedelta(days=7))
    remind_of_news(person=editor, item=item)
    tell_of_news(item_id=item.pk)
    notice.refresh_from_db()
    assert (notice.read_at, notice.created_at, Notice.objects.count()) == (None, noon() + timedelta(days=7), 1)
    confirm_news(person=kari, item=item, round_=1)
    assert "Husk å lese" not in client.get(reverse("forum:notices")).content.decode()


@pytest.mark.parametrize("change", ["hidden", "expired", "gone from the team"])
def test_a_reminder_is_not_shown_of_what_one_may_not_see_any_more(
    client: Client, editor: User, kari: User, space: Space, change: str
) -> None:
    item = publish(editor, space, must_read=True)
    remind_of_news(person=editor, item=item)
    tell_of_news(item_id=item.pk)
    assert "Husk å lese" in signed_in(client, kari).get(reverse("forum:notices")).content.decode()
    if change == "hidden":
        set_news_state(person=editor, item=item, state=State.HIDDEN)
    elif change == "expired":
        now = timezone.now()
        NewsItem.objects.update(published_at=now - DAY, expires_at=now)
    else:
        kari.memberships.update(ended_at=timezone.now())
    assert "Husk å lese" not in client.get(reverse("forum:notices")).content.decode()
    tell_of_news(item_id=item.pk)
    assert Notice.objects.count() == 1


# --- who sees what -------------------------------------------------------------------------------------

KINDS = [str(kind) for kind in Space.Kind]
LISTED = {"open", "restricted", "role_network"}
ROLES = ("newcomer", "member", "in_space", "facilitator", "left_space", "role_holder", "moderator", "administrator")
READS: dict[str, set[str]] = {
    "newcomer": set(),
    "member": {"open"},
    "in_space": set(KINDS),
    "facilitator": set(KINDS),
    "left_space": {"open"},
    "role_holder": {"open", "role_network"},
    "moderator": LISTED,
    "administrator": LISTED,
}
MODERATES = {"facilitator": set(KINDS), "moderator": LISTED, "administrator": LISTED}
ASKED: dict[str, set[str]] = READS | {"moderator": set(), "administrator": set()}
"""Where a must-read is for them: moderators by office read it and are not asked."""
STATES = ("current", "scheduled", "expired", "hidden", "deleted")


class World:
    """A space of each kind, a person of each role, and a must-read in each state, by somebody who has left."""

    def __init__(self) -> None:
        role = factories.TeamRoleFactory.create()
        self.spaces = [
            factories.SpaceFactory.create(kind=kind, role=role if kind == "role_network" else None) for kind in KINDS
        ]
        self.people: dict[str, User] = {
            "newcomer": factories.UserFactory.create(),
            "member": factories.MembershipFactory.create().person,
            "in_space": factories.UserFactory.create(),
            "facilitator": factories.UserFactory.create(),
            "left_space": factories.MembershipFactory.create().person,
            "role_holder": factories.MembershipFactory.create(roles=[role]).person,
            "moderator": factories.make_moderator(),
            "administrator": factories.UserFactory.create(is_superuser=True, is_staff=True),
        }
        now = timezone.now()
        times = {"scheduled": (now + DAY, None), "expired": (now - 2 * DAY, now - DAY)}
        states = {"hidden": State.HIDDEN, "deleted": State.DELETED}
        self.items: dict[tuple[str, str], NewsItem] = {}
        for space in self.spaces:
            factories.SpaceMembershipFactory.create(space=space, person=self.people["in_space"])
            factories.SpaceMembershipFactory.create(space=space, person=self.people["facilitator"], facilitator=True)
            left = factories.SpaceMembershipFactory.create(space=space, person=self.people["left_space"])
            left.ended_at = left.started_at
            left.save()
            for state in STATES:
                published, expires = times.get(state, (now - timedelta(hours=1), None))
                self.items[space.kind, state] = NewsItem.objects.create(
                    space=space,
                    title=f"ord{space.kind.replace('_', '')}{state}",
                    html="<p>Innhold</p>",
                    text="Innhold",
                    must_read=True,
                    published_at=published,
                    round_at=published,
                    expires_at=expires,
                    state=states.get(state, State.NORMAL),
                )

    def shows(self, role: str, kind: str, state: str) -> bool:
        if kind not in READS[role] or state == "deleted":
            return False
        return state in {"current", "expired"} or kind in MODERATES.get(role, set())


@pytest.fixture
def world(home: Any) -> World:
    return World()


def digest_news(person: User) -> list[NewsItem]:
    now = timezone.now()
    return list(news_for_digest(person, since=now - 7 * DAY, until=now))


def test_each_surface_shows_each_role_exactly_what_it_may_see(world: World, client: Client) -> None:
    """Role × kind of space × state × surface."""
    wrong = []
    address = {name: reverse(f"forum:{name}") for name in ("news", "news-archive", "home", "notices")}
    Notice.objects.bulk_create(
        Notice(person=person, kind="news", news=item)
        for person in world.people.values()
        for item in world.items.values()
    )
    for_whom = {item: set(people_it_is_for(item)) for item in world.items.values()}
    for name in ROLES:
        person = world.people[name]
        client.force_login(person)
        pages = {page: client.get(path).content.decode() for page, path in address.items()}
        pages["my page"] = client.get(reverse("home:my-page")).content.decode()
        feed = write_feed(person, [], news_of_feed(person))
        digest = " ".join(each.title for each in digest_news(person))
        asked_of = set(news_asked_of(person))
        for (kind, state), item in world.items.items():
            shown = world.shows(name, kind, state)
            is_current, is_expired = state == "current", state == "expired"
            is_asked = is_current and kind in ASKED[name]
            found = {
                "item": (client.get(item.get_absolute_url()).status_code, 200 if shown else 404),
                "list": (item.title in pages["news"], shown and not is_expired),
                "archive": (item.title in pages["news-archive"], shown and is_expired),
                "notices": (item.title in pages["notices"], is_asked),
                "feed": (item.title in feed, shown and is_current and kind == "open"),
                "digest": (item.title in digest, shown and is_current),
                "asked": (item in asked_of, is_asked),
                "is for": (person in for_whom[item], kind in ASKED[name]),
            }
            wrong += [(name, kind, state, surface, *pair) for surface, pair in found.items() if pair[0] != pair[1]]
        asked = [
            item.title for (kind, state), item in world.items.items() if state == "current" and kind in ASKED[name]
        ]
        for page in ("my page", "home"):
            shown_there = [title for title in asked if title in pages[page].partition("news-waiting-title")[2]]
            if len(shown_there) != min(len(asked), 3):
                wrong.append((name, page, asked, shown_there))
        hidden = {item.title for (_kind, state), item in world.items.items() if state != "current"}
        wrong += [(name, page, title) for page in ("my page", "home") for title in hidden if title in pages[page]]
    client.logout()
    for item in world.items.values():
        for path in (item.get_absolute_url(), reverse("forum:news"), reverse("forum:news-follow-up", args=[item.pk])):
            if client.get(path).status_code != 302:
                wrong.append(("anonymous", path))
    assert wrong == []


def test_each_role_may_do_exactly_what_it_may(world: World, client: Client) -> None:
    """Confirming, following up, reminding, hiding, changing and deleting: 404 for outsiders, 403 for members without
    the right.
    """
    wrong = []
    tried = [
        (kind, state, world.items[kind, state])
        for kind in ("open", "private")
        for state in ("current", "scheduled", "hidden")
    ]
    for name in ROLES:
        client.force_login(world.people[name])
        for kind, state, item in tried:
            shown, moderates = world.shows(name, kind, state), kind in MODERATES.get(name, set())
            may_confirm = state == "current" and kind in ASKED[name]
            manages = 404 if not shown else 200 if moderates else 403
            wanted = {
                "news-confirm": 404 if not shown else 302 if may_confirm else 403,
                "news-edit": manages,
                "news-delete": manages,
                "news-earlier": manages,
                "news-follow-up": 200 if shown and moderates else 404,
                "news-remind": 404 if not (shown and moderates) else 302 if state == "current" else 403,
            }
            for door, status in wanted.items():
                path = reverse(f"forum:{door}", args=[item.pk])
                is_post = door in {"news-confirm", "news-remind"}
                got = (client.post(path, {"round": "1"}) if is_post else client.get(path)).status_code
                if got != status:
                    wrong.append((name, kind, state, door, got, status))
            NewsItem.objects.filter(pk=item.pk).update(reminded_at=None)
            if not moderates:
                for door in ("news-state", "news-delete"):
                    got = client.post(reverse(f"forum:{door}", args=[item.pk]), {"shown": "0"}).status_code
                    if got != (403 if shown else 404):
                        wrong.append((name, kind, state, door, got))
        publishes = client.get(reverse("forum:news-publish")).status_code
        if publishes != (200 if name in MODERATES else 403):
            wrong.append((name, "publish", publishes))
    assert wrong == []
    assert [item.state for item in NewsItem.objects.order_by("pk")] == [item.state for item in world.items.values()]


def test_predicates_and_their_twins_agree(world: World) -> None:
    seen = 0
    for_whom = {item: set(people_it_is_for(item)) for item in world.items.values()}
    for person in world.people.values():
        for predicate, twin in (
            (user_can_see_news, news_visible_to),
            (user_can_moderate_news, news_moderated_by),
            (user_can_edit_news, news_editable_by),
            (user_can_confirm_news, news_confirmed_by),
            (user_can_follow_up_news, news_followed_up_by),
        ):
            found = set(twin(person))
            assert {item for item in world.items.values() if predicate(person, item)} == found
            seen += len(found)
        for item in world.items.values():
            assert user_can_confirm_news(person, item) == (
                person in for_whom[item]
                and item.state == State.NORMAL
                and not item.is_scheduled
                and not item.is_expired
            )
        publishes = set(spaces_to_publish_in(person))
        assert {space for space in world.spaces if user_can_publish_in_space(person, space)} == publishes
    assert seen


def test_who_may_not_be_anybody_may_nothing(world: World) -> None:
    item = world.items["open", "current"]
    for person in (factories.MembershipFactory.create(person__is_active=False).person,):
        for twin in (news_visible_to, news_moderated_by, news_editable_by, news_confirmed_by, news_followed_up_by):
            assert not twin(person).exists()
        assert not people_followed_up_by(person, item, moderates=False).exists()


def test_who_moderates_an_archived_space_publishes_nothing_there(editor: User, space: Space) -> None:
    item = publish(editor, space)
    space.archived_at = timezone.now()
    space.save()
    with pytest.raises(PermissionDenied):
        publish(editor, space)
    with pytest.raises(PermissionDenied):
        edit_news(person=editor, item=item, details=details("Nytt"), version=1)
    assert set_news_state(person=editor, item=item, state=State.HIDDEN).state == State.HIDDEN


# --- digest and feed -----------------------------------------------------------------------------------


def sections(person: User, day: Any) -> list[tuple[str, list[str], list[str]]]:
    letters = plan_digests(day=day.date(), accounts=[person.pk])
    found = [each for _pk, letter in letters if letter is not None for each in letter.sections]
    return [(each.title, each.lines, [link.text for link in each.links]) for each in found]


MONDAY = noon(day=30)


def test_a_digest_tells_of_news_once_and_of_must_reads_until_they_are_confirmed(
    editor: User, space: Space, clock: Callable[[Any], None]
) -> None:
    """Weekly, on Mondays at 8."""
    reader = make_member("reader")
    clock(noon(day=26))
    publish(editor, space, "Vanlig")
    must = publish(editor, space, "Husk", must_read=True)
    publish(editor, space, "Senere", published_at=MONDAY + DAY)
    publish(editor, space, "Kort", expires_at=noon(day=28))
    clock(noon(day=30, hour=7, minute=50))
    publish(editor, space, "Sju femti")
    clock(noon(day=30, hour=8, minute=10))
    publish(editor, space, "Åtte ti")
    clock(noon(day=30, hour=8, minute=15))
    lines = ["1 nyhet skal du lese og bekrefte.", "2 nye nyheter."]
    assert sections(reader, MONDAY) == [("Nyheter", lines, ["Husk", "Sju femti", "Vanlig", "Se nyhetene"])]
    clock(noon(2026, 12, 7, 9))
    lines = ["1 nyhet skal du lese og bekrefte.", "2 nye nyheter."]
    assert sections(reader, noon(2026, 12, 7)) == [("Nyheter", lines, ["Husk", "Senere", "Åtte ti", "Se nyhetene"])]
    confirm_news(person=reader, item=must, round_=1)
    clock(noon(2026, 12, 14, 9))
    assert sections(reader, noon(2026, 12, 14)) == []


def test_a_digest_says_no_title_of_a_closed_space_and_tells_not_of_what_is_opened_or_silenced(
    editor: User, space: Space, clock: Callable[[Any], None]
) -> None:
    reader = make_member("reader")
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    silent = factories.SpaceFactory.create()
    for each in (closed, silent):
        factories.SpaceMembershipFactory.create(space=each, person=editor, facilitator=True)
    factories.SpaceMembershipFactory.create(space=closed, person=reader)
    Watch.objects.create(person=reader, space=silent, level=Watch.Level.NONE)
    clock(noon(day=26))
    publish(editor, closed, "Hemmelig", must_read=True)
    publish(editor, silent, "Stille")
    opened = publish(editor, space, "Åpnet")
    NewsReading.objects.create(item=opened, person=reader, round=1)
    clock(MONDAY)
    assert sections(reader, MONDAY) == [("Nyheter", ["1 nyhet skal du lese og bekrefte."], ["Se nyhetene"])]
    assert [pk for pk, letter in plan_digests(day=MONDAY.date(), accounts=[editor.pk]) if letter] == []


def test_a_digest_of_news_is_sent_once_and_in_its_reader_s_language(
    editor: User, space: Space, clock: Callable[[Any], None], mailoutbox: list[Any]
) -> None:
    reader = make_member("reader", language="da")
    clock(noon(day=26))
    publish(editor, space, "Ny rutine", must_read=True)
    clock(MONDAY)
    for _ in range(2):
        sending.send_digests(day=MONDAY.date(), accounts=[reader.pk])
    (message,) = mailoutbox
    assert "1 nyhed skal du læse og bekræfte." in message.body
    assert "Ny rutine" in message.body
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_what_is_hidden_after_it_was_told_of_is_in_no_digest(
    editor: User, space: Space, clock: Callable[[Any], None]
) -> None:
    reader = make_member("reader")
    clock(noon(day=26))
    item = publish(editor, space, must_read=True)
    set_news_state(person=editor, item=item, state=State.HIDDEN)
    clock(MONDAY)
    assert sections(reader, MONDAY) == []


def test_the_feed_has_what_is_current_and_no_title_of_a_closed_space(editor: User, space: Space) -> None:
    reader = make_member("reader")
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE, name="Skjult rom")
    factories.SpaceMembershipFactory.create(space=closed, person=editor, facilitator=True)
    factories.SpaceMembershipFactory.create(space=closed, person=reader)
    publish(editor, space, "Åpen nyhet", lead="Ingressen")
    publish(editor, closed, "Hemmelig", lead="Innhold")
    publish(editor, space, "Senere", published_at=timezone.now() + DAY)
    feed = write_feed(reader, [], news_of_feed(reader))
    assert ("Nyhet: Åpen nyhet" in feed, "Ingressen" in feed, "Nytt i et rom du er med i" in feed) == (True,) * 3
    assert not any(word in feed for word in ("Hemmelig", "Innhold", "Skjult rom", "Senere"))


# --- on a principle's page -----------------------------------------------------------------------------


def test_a_principle_lists_its_newest_two_that_are_current_to_those_who_may_see_them(
    client: Client, editor: User, kari: User, space: Space
) -> None:
    """Nothing that is not out, hidden or expired, not even to those who moderate; and no heading where nothing is."""
    principle, other = factories.PrincipleFactory.create_batch(2)
    now, about = timezone.now(), {"principle_keys": (principle.translation_key,)}
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    factories.SpaceMembershipFactory.create(space=closed, person=editor, facilitator=True)
    for hours in range(1, 4):
        item = publish(editor, space, f"For {hours} timer siden", **about)
        NewsItem.objects.filter(pk=item.pk).update(published_at=now - timedelta(hours=hours))
    publish(editor, closed, "Lukket", **about)
    publish(editor, space, "I morgen", published_at=now + DAY, **about)
    publish(editor, space, "Om noe annet", principle_keys=(other.translation_key,))
    expired = publish(editor, space, "Utløpt", expires_at=now + DAY, **about)
    NewsItem.objects.filter(pk=expired.pk).update(published_at=now - 2 * DAY, expires_at=now - DAY)
    set_news_state(person=editor, item=publish(editor, space, "Skjult", **about), state=State.HIDDEN)

    def listed(reader: Client) -> list[str]:
        page = reader.get(principle.get_absolute_url()).content.decode()
        assert ('id="principle-news"' in page) == (f'<a href="{reverse("forum:news")}">Alle nyheter</a>' in page)
        part = page.partition('id="principle-news"')[2].partition("</section>")[0]
        return re.findall(r'<a href="[^"]+/(?:nyheter)/[0-9]+/">([^<]+)</a>', part)

    assert listed(signed_in(client, kari)) == ["For 1 timer siden", "For 2 timer siden"]
    assert listed(signed_in(Client(), editor)) == ["Lukket", "For 1 timer siden"]
    nobodys = signed_in(Client(), factories.UserFactory.create())
    for reader in (Client(), nobodys):
        assert (listed(reader), "Nyheter</h2>" in reader.get(principle.get_absolute_url()).content.decode()) == (
            [],
            False,
        )
    untagged = factories.PrincipleFactory.create()
    assert "principle-news" not in client.get(untagged.get_absolute_url()).content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_queries_of_news_about_a_principle(client: Client, editor: User, kari: User, space: Space, count: int) -> None:
    """One where there is any, none where there is none, and one a minute to know which."""
    principle, untagged = factories.PrincipleFactory.create_batch(2)
    for number in range(count):
        publish(editor, space, f"Ny {number}", principle_keys=(principle.translation_key,))

    def ask_for_news(reader: Client, address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert reader.get(address).status_code == 200
        return sum('"forum_news' in query["sql"].partition("WHERE")[0] for query in asked)

    addresses = [each.get_absolute_url() for each in (principle, untagged)]
    reader = signed_in(client, kari)
    for address in addresses:
        reader.get(address)
        Client().get(address)
    cache.clear()
    assert [ask_for_news(Client(), addresses[0]), *(ask_for_news(reader, addresses[0]) for _ in range(2))] == [0, 2, 1]
    assert ask_for_news(reader, addresses[1]) == 0


# --- what pages cost -----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 30])
def test_queries_of_the_lists_and_an_item(client: Client, editor: User, kari: User, space: Space, count: int) -> None:
    now = timezone.now()
    for number in range(count):
        other = factories.SpaceMembershipFactory.create(person=editor, facilitator=True).space
        publish(editor, space, f"Må {number}", must_read=True, principle_keys=(uuid4(),))
        publish(editor, other, f"Ny {number}")
        NewsItem.objects.create(space=space, title="Før", published_at=now - 2 * DAY, expires_at=now - DAY)
    item = NewsItem.objects.filter(must_read=True).first()
    assert item is not None
    costs = {}
    for name, person in (("reader", kari), ("editor", editor)):
        signed_in(client, person)
        for page, path in (
            ("list", reverse("forum:news")),
            ("archive", reverse("forum:news-archive")),
            ("item", item.get_absolute_url()),
        ):
            client.get(path)
            with CaptureQueriesContext(connection) as asked:
                assert client.get(path).status_code == 200
            costs[name, page] = len(asked)
    wanted = {"list": 9, "archive": 8, "item": 5}
    assert costs == {(name, page): cost for name in ("reader", "editor") for page, cost in wanted.items()}


@pytest.mark.parametrize("count", [30, 300])
def test_queries_of_who_has_not(client: Client, editor: User, space: Space, count: int) -> None:
    item = publish(editor, space, must_read=True)
    team = factories.TeamFactory.create()
    people = User.objects.bulk_create(
        User(email=f"a{number}@example.org", first_name="Per", last_name=str(number)) for number in range(count)
    )
    Membership.objects.bulk_create(Membership(person=person, team=team) for person in people)
    NewsReading.objects.bulk_create(
        NewsReading(item=item, person=person, round=1, confirmed_at=timezone.now()) for person in people[::2]
    )
    address = reverse("forum:news-follow-up", args=[item.pk])
    signed_in(client, editor).get(address)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address).content.decode()
    assert f"{count // 2} av {count} har lest og forstått." in page
    assert len(asked) == 7


@pytest.mark.parametrize("count", [1, 30])
def test_queries_of_a_reminder(editor: User, space: Space, count: int) -> None:
    item = publish(editor, space, must_read=True)
    factories.MembershipFactory.create_batch(count)
    NewsItem.objects.update(reminded_at=timezone.now())
    with CaptureQueriesContext(connection) as asked:
        tell_of_news(item_id=item.pk)
    assert (Notice.objects.count(), len(asked)) == (count, 6)
