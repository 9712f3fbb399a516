"""Every page of the forum, as whoever may open it: axe, the content policy, 320 px, dark; and all of it by keyboard."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from forum.actions import delete_post, edit_post, reply, start_topic
from forum.actions.attachments import add_attachment
from forum.actions.drafts import save_draft
from forum.actions.moderation import appeal, decide
from forum.actions.reactions import set_reaction
from forum.actions.reports import report_post
from forum.actions.seals import ask_to_open
from forum.actions.spaces import ask_to_enter, invite_to_space
from forum.actions.topics import accept_answer, pin_topic
from forum.models import EntryRequest, Post, Reaction, Report, Topic
from forum.places import Place
from people.models import User
from tests import factories
from tests.browser.conftest import Watched

pytestmark = pytest.mark.django_db(transaction=True)

Opener = Callable[..., Watched]


@dataclass
class Forum:
    """A small forum in which everything has happened once, and the pages of it: who opens what."""

    people: dict[str, User]
    topic: Topic
    pages: list[tuple[str, str, str]]


def make_member(first_name: str, role: Any) -> User:
    joined = timezone.now() - timedelta(days=400)
    person = factories.UserFactory.create(first_name=first_name, last_name="Nordmann", date_joined=joined)
    return factories.MembershipFactory.create(person=person, roles=[role]).person


def address(name: str, *arguments: object) -> str:
    return reverse(f"forum:{name}", args=arguments)


@pytest.fixture
def forum(site_server: Any, settings: Any) -> Forum:
    settings.REQUIRE_MFA = False
    role = factories.TeamRoleFactory.create(key="brukerspesialist", name="Brukerspesialist")
    kari, ola, liv, eva, tom = (make_member(name, role) for name in ("Kari", "Ola", "Liv", "Eva", "Tom"))
    moderator, other = factories.make_moderator(first_name="Mona"), factories.make_moderator(first_name="Mads")
    rooms = {
        kind: factories.SpaceFactory.create(kind=kind, slug=kind.replace("_", "-"), name=f"Rom: {label}", **more)
        for kind, label, more in [
            ("open", "praksis", {"welcome": "Hei", "rules": "Ingen pasienter", "about": "Om hverdagen i teamet."}),
            ("restricted", "utprøving", {}),
            ("private", "planlegging", {}),
            ("role_network", "nettverk", {"role": role, "allows_pseudonyms": True}),
            ("learning_group", "lesegruppe", {}),
            ("youth_panel", "panelet", {"allows_pseudonyms": True}),
        ]
    }
    for room in rooms.values():
        factories.SpaceMembershipFactory.create(space=room, person=ola, facilitator=True)
    member = factories.SpaceMembershipFactory.create(space=rooms["restricted"], person=liv)
    factories.SpaceFactory.create(slug="arkivert", name="Høringer", archived_at=timezone.now())
    alias = factories.make_pseudonym(kari, rooms["role_network"], name="Fjellrev")

    topics = [
        start_topic(
            author=(liv, ola, eva)[number % 3], space=rooms["open"], title=f"Tråd {number}", source="<p>Hei</p>"
        )
        for number in range(22)
    ]
    pin_topic(moderator=ola, topic=topics[0], pinned=True)
    topic = start_topic(author=kari, space=rooms["open"], title="Hvem eier kriseplanen?", source="<p>Hos dere?</p>")
    posts = [
        reply(author=(liv, ola, eva)[n % 3], topic=topic, source=f"<h1>Kort</h1><p>Svar {n}.</p>") for n in range(23)
    ]
    accept_answer(person=kari, topic=topic, post=posts[1])
    set_reaction(person=ola, post=posts[0], kind=Reaction.Kind.THANKS, given=True)
    edit_post(editor=posts[2].author, post=posts[2], source="<p>Et annet svar.</p>", content_warning="tvang")
    delete_post(person=posts[3].author, post=posts[3])
    add_attachment(person=liv, place="", post=posts[0], file=BytesIO(b"Plan\n"), name="plan.txt")
    picture = BytesIO(factories.make_png())
    add_attachment(person=liv, place="", post=posts[0], file=picture, name="tavla.png", alt_text="En tom tavle")
    sealed = start_topic(
        author=kari,
        space=rooms["role_network"],
        title="Når noen mister håpet",
        source="<p>Det er tungt.</p>",
        content_warning="selvmord",
        as_pseudonym=True,
    )
    own = reply(author=kari, topic=topics[1], source="<p>Litt for skarpt.</p>")
    entry = decide(moderator=moderator, post=own, verb="hide", reason="Tonen", message="Skriv det gjerne på nytt.")
    appeal(person=kari, entry=entry, text="Jeg mente det ikke slik.")
    warned = decide(moderator=moderator, post=own, verb="warn", reason="Tonen", message="Skriv om saken.")
    reported = reply(author=tom, topic=topics[2], source="<p>Noe som ikke hører hjemme her.</p>")
    report_post(reporter=liv, post=reported, reason=Report.Reason.HARASSMENT)
    opening = ask_to_open(pseudonym=alias, by=moderator, reason="Vi er redde for den som skriver.")
    ask_to_enter(person=eva, space=rooms["restricted"], message="Jeg har tid.")
    invite_to_space(space=rooms["private"], person=kari, by=ola)
    invitation = EntryRequest.objects.get(person=kari)
    where = Place(space=rooms["open"])
    save_draft(person=kari, place=where.key, title="Biler", source="Tre", source_format="text", base_version=0)

    people = {"kari": kari, "ola": ola, "eva": eva, "liv": liv, "tom": tom, "mona": moderator, "mads": other}
    people["new"] = factories.UserFactory.create()
    missing = Topic.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    pages = [
        ("kari", "front", address("home")),
        ("new", "front, no team", address("home")),
        ("kari", "space", address("space", "open")),
        ("ola", "space, facilitator", address("space", "youth-panel")),
        ("kari", "space, closed", address("space", "restricted")),
        ("kari", "space, network", address("space", "role-network")),
        ("ola", "space, group", address("space", "learning-group")),
        ("kari", "space, archived", address("space", "arkivert")),
        ("kari", "space, nothing fits", address("space", "arkivert") + "?vis=ulest"),
        ("kari", "about", address("space-about", "open")),
        ("ola", "members", address("space-members", "restricted")),
        ("ola", "member", address("space-member", "restricted", member.pk)),
        ("ola", "settings", address("space-edit", "restricted")),
        ("ola", "requests", address("space-requests", "restricted")),
        ("ola", "invite", address("space-invite", "private")),
        ("ola", "archive", address("space-archive", "restricted")),
        ("ola", "leave", address("space-leave", "restricted")),
        ("kari", "ask", address("space-join", "restricted")),
        ("kari", "alias", address("space-alias", "role-network")),
        ("liv", "alias, none yet", address("space-alias", "role-network")),
        ("kari", "invitation", address("space-invitation", invitation.pk)),
        ("mona", "new space", address("space-new")),
        ("kari", "topic", address("topic", topic.pk)),
        ("mona", "topic, moderator", address("topic", topic.pk)),
        ("kari", "topic, last page", address("topic", topic.pk) + "?side=2"),
        ("liv", "topic, warning", address("topic", sealed.pk)),
        ("kari", "new topic", address("topic-start", "role-network")),
        ("kari", "answer", address("reply", topic.pk) + f"?til={posts[0].pk}&sitat=1"),
        ("kari", "drafts", address("drafts")),
        ("eva", "history", address("post-history", posts[2].pk)),
        ("kari", "report", address("report", posts[0].pk)),
        ("mona", "queue", address("moderation")),
        ("mona", "case", address("case", reported.pk)),
        ("mads", "case, appealed", address("case", own.pk)),
        ("mona", "log", address("moderation-log")),
        ("mona", "openings", address("seal-openings")),
        ("mads", "opening", address("seal-opening", opening.pk)),
        ("kari", "decisions", address("decisions")),
        ("kari", "decision", address("decision", warned.pk)),
        ("kari", "notices", address("notices")),
        ("new", "no notices", address("notices")),
        ("kari", "notice settings", address("notice-settings")),
        ("mona", "move", address("topic-move", topic.pk)),
        ("mona", "split", address("topic-split", topic.pk)),
        ("mona", "merge", address("topic-merge", topic.pk)),
        ("kari", "search", reverse("home:search") + "?q=kriseplan"),
        ("kari", "search, nothing", reverse("home:search") + "?q=xyzzy"),
        ("kari", "not found", address("topic", missing + 1)),
        ("kari", "not allowed", address("moderation")),
    ]
    return Forum(people=people, topic=topic, pages=pages)


@pytest.mark.looks
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_every_page_is_accessible_and_fits(
    site_server: Any, open_page: Opener, forum: Forum, scheme: str, width: int
) -> None:
    opened: dict[str, Watched] = {}
    found = {}
    for person, name, path in forum.pages:
        page = opened.get(person)
        if page is None:
            page = opened[person] = open_page(user=forum.people[person], width=width, color_scheme=scheme)
        page.messages.clear()
        page.goto(site_server.url + path)
        faults = [line for line in page.problems() if "status of 40" not in line] + page.axe_violations()
        if page.scrolls_sideways():
            faults.append("scrolls sideways")
        if faults:
            found[name] = faults
    assert found == {}


class Keyboard:
    """A page used without a mouse. What has the focus can be seen to have it, wherever one stops."""

    def __init__(self, page: Watched) -> None:
        self.page = page

    def focused(self) -> str:
        return str(
            self.page.evaluate(
                "() => { const here = document.activeElement;"
                " if (here === document.body) return '';"
                " const by = document.getElementById(here.getAttribute('aria-labelledby') ?? '');"
                " const names = [here.getAttribute('aria-label'), by?.textContent, here.labels?.[0]?.textContent];"
                " return [...names, here.textContent].filter(Boolean).join(' '); }"
            )
        )

    def is_seen(self) -> bool:
        return bool(
            self.page.evaluate(
                "() => { const seen = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;"
                " const here = document.activeElement;"
                " return seen(getComputedStyle(here)) || seen(getComputedStyle(here, '::after'))"
                " || getComputedStyle(here).boxShadow !== 'none'; }"
            )
        )

    def go_to(self, pattern: str, *, most: int = 90) -> None:
        passed = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            text = " ".join(self.focused().split())
            passed.append(text)
            if re.search(pattern, text):
                assert self.is_seen(), f"{text} has the focus, and nothing shows it"
                return
        raise AssertionError(f"no {pattern} among {passed}")

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)


def test_one_writes_reacts_and_reports_by_keyboard_alone(site_server: Any, open_page: Opener, forum: Forum) -> None:
    page = open_page(user=forum.people["kari"])
    keys = Keyboard(page)
    page.goto(site_server.url + address("topic", forum.topic.pk))
    keys.go_to("Hopp til innholdet", most=1)
    keys.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

    keys.go_to("^Takk")
    keys.press("Enter")
    given = page.locator(f"#reaksjon-{forum.topic.posts.get(number=2).pk}-thanks")
    expect(given).to_have_attribute("aria-pressed", "true")
    keys.go_to("Meld fra om innlegg 2")
    keys.press("Enter")
    page.wait_for_url(re.compile("/meld/"))
    keys.go_to("Pasientopplysninger")
    keys.press("ArrowDown")
    keys.go_to("^Meld fra$")
    keys.press("Enter")
    page.wait_for_url(re.compile("/meldt/"))
    assert Report.objects.get(reporter=forum.people["kari"]).reason == Report.Reason.HARASSMENT

    page.goto(site_server.url + address("reply", forum.topic.pk))
    page.locator("trix-editor").wait_for()
    keys.go_to("Svaret ditt")
    keys.go_to("^Svar$")
    keys.press("Enter")
    expect(page.locator(".compose-error")).to_be_focused()
    page.locator("trix-editor").wait_for()
    keys.go_to("Svaret ditt")
    page.keyboard.type("Vi øver på den.")
    keys.go_to("^Svar$")
    keys.press("Enter")
    expect(page.get_by_text("Innlegget er lagt ut.")).to_be_visible()
    assert Post.objects.order_by("-pk")[0].html == "<p>Vi øver på den.</p>"
