"""Who sees which page of moderation, what it says, and what it costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from forum.actions import reply, start_topic
from forum.actions.moderation import appeal, decide, stamp_of
from forum.actions.reports import report_post
from forum.models import ModerationEntry, Post, Report, Silence, Space, State
from forum.permissions import (
    appeals_decided_by,
    entries_visible_to,
    posts_moderated_by,
    posts_reportable_by,
    user_can_decide_appeal,
    user_can_moderate_post,
    user_can_report_post,
)
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db

QUERIES = {"queue": 14, "case": 20, "log": 7}


@pytest.fixture(autouse=True)
def home(settings: Any) -> None:
    settings.REQUIRE_MFA = False
    factories.make_home()


def make_member() -> User:
    joined = timezone.now() - timedelta(days=400)
    return factories.MembershipFactory.create(person=factories.UserFactory.create(date_joined=joined)).person


class Cast:
    """An open space and a private one, each with a reported post, and everybody who might look."""

    def __init__(self) -> None:
        self.open = factories.SpaceFactory.create(slug="apent")
        self.private = factories.SpaceFactory.create(slug="skjult", kind=Space.Kind.PRIVATE)
        self.people: dict[str, Any] = {
            "anonymous": AnonymousUser(),
            "outsider": factories.UserFactory.create(),
            "member": make_member(),
            "moderator": factories.make_moderator(),
            "administrator": factories.UserFactory.create(is_superuser=True),
        }
        for name, space in (("open", self.open), ("private", self.private)):
            for role in ("author", "reporter"):
                self.people[f"{name}_{role}"] = make_member()
                factories.SpaceMembershipFactory.create(space=space, person=self.people[f"{name}_{role}"])
            self.people[f"{name}_facilitator"] = make_member()
            factories.SpaceMembershipFactory.create(
                space=space, person=self.people[f"{name}_facilitator"], facilitator=True
            )
        self.posts = {name: self.write(name) for name in ("open", "private")}
        self.unreported = {
            name: reply(author=self.people[f"{name}_author"], topic=post.topic, source="<p>Ikke meldt</p>")
            for name, post in self.posts.items()
        }
        for name, post in self.posts.items():
            report_post(reporter=self.people[f"{name}_reporter"], post=post, reason="harassment")

    def write(self, name: str) -> Post:
        space = self.open if name == "open" else self.private
        topic = start_topic(author=self.people[f"{name}_author"], space=space, title="Tråd", source="<p>Meldt</p>")
        return topic.posts.get()


@pytest.fixture
def cast() -> Cast:
    return Cast()


EVERYBODY = [
    "anonymous",
    "outsider",
    "member",
    "moderator",
    "administrator",
    "open_author",
    "open_reporter",
    "open_facilitator",
    "private_author",
    "private_reporter",
    "private_facilitator",
]
LOGIN = 302


def status(client: Client, person: Any, address: str) -> int:
    if person.is_authenticated:
        client.force_login(person)
    return client.get(address).status_code


MATRIX: dict[str, dict[str, int]] = {
    # who: {surface: status}; 302 for a facilitator's or moderator's other address, and for signing in.
    "anonymous": dict.fromkeys(
        ["queue", "log", "open_queue", "private_queue", "open_case", "private_case", "open_report", "private_report"],
        LOGIN,
    ),
    "outsider": {
        "queue": 403,
        "log": 403,
        "open_queue": 404,
        "private_queue": 404,
        "open_case": 404,
        "private_case": 404,
        "open_report": 404,
        "private_report": 404,
    },
    "member": {
        "queue": 403,
        "log": 403,
        "open_queue": 403,
        "private_queue": 404,
        "open_case": 403,
        "private_case": 404,
        "open_report": 200,
        "private_report": 404,
    },
    "moderator": {
        "queue": 200,
        "log": 200,
        "open_queue": 302,
        "private_queue": 404,
        "open_case": 200,
        "private_case": 200,
        "open_report": 200,
        "private_report": 404,
    },
    "open_author": {
        "queue": 403,
        "log": 403,
        "open_queue": 403,
        "private_queue": 404,
        "open_case": 403,
        "private_case": 404,
        "open_report": 403,
        "private_report": 404,
    },
    "open_facilitator": {
        "queue": 403,
        "log": 403,
        "open_queue": 200,
        "private_queue": 404,
        "open_case": 302,
        "private_case": 404,
        "open_report": 200,
        "private_report": 404,
    },
    "private_author": {
        "queue": 403,
        "log": 403,
        "open_queue": 403,
        "private_queue": 403,
        "open_case": 403,
        "private_case": 403,
        "open_report": 200,
        "private_report": 403,
    },
    "private_facilitator": {
        "queue": 403,
        "log": 403,
        "open_queue": 403,
        "private_queue": 200,
        "open_case": 403,
        "private_case": 302,
        "open_report": 200,
        "private_report": 200,
    },
}
MATRIX["administrator"] = MATRIX["moderator"]
MATRIX["open_reporter"] = MATRIX["member"]
MATRIX["private_reporter"] = MATRIX["private_author"] | {"private_report": 200}


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_comes_in_where(cast: Cast, client: Client, who: str) -> None:
    surfaces = {
        "queue": reverse("forum:moderation"),
        "log": reverse("forum:moderation-log"),
        "open_queue": reverse("forum:space-moderation", args=["apent"]),
        "private_queue": reverse("forum:space-moderation", args=["skjult"]),
        "open_case": reverse("forum:case", args=[cast.posts["open"].pk]),
        "private_case": reverse("forum:case", args=[cast.posts["private"].pk]),
        "open_report": reverse("forum:report", args=[cast.posts["open"].pk]),
        "private_report": reverse("forum:report", args=[cast.posts["private"].pk]),
    }
    person = cast.people[who]
    assert {name: status(client, person, address) for name, address in surfaces.items()} == MATRIX[who]


@pytest.mark.parametrize("who", EVERYBODY)
def test_predicates_and_querysets_agree(cast: Cast, who: str) -> None:
    person = cast.people[who]
    entry = decide(moderator=cast.people["open_facilitator"], post=cast.posts["open"], verb="warn", reason="x")
    asked = appeal(person=cast.people["open_author"], entry=entry, text="Nei")
    every = [*cast.posts.values(), *cast.unreported.values()]
    assert {post.pk for post in every if user_can_moderate_post(person, post)} == set(
        posts_moderated_by(person).values_list("pk", flat=True)
    )
    assert {post.pk for post in every if user_can_report_post(person, post)} == set(
        posts_reportable_by(person).values_list("pk", flat=True)
    )
    assert user_can_decide_appeal(person, asked) == (asked in appeals_decided_by(person))
    assert (entry in entries_visible_to(person)) == (who in {"moderator", "administrator", "open_facilitator"})


def test_a_moderator_sees_the_reported_post_of_a_private_space_and_nothing_else(cast: Cast, client: Client) -> None:
    client.force_login(cast.people["moderator"])
    assert client.get(reverse("forum:case", args=[cast.unreported["private"].pk])).status_code == 404
    content = client.get(reverse("forum:case", args=[cast.posts["private"].pk])).content.decode()
    assert "Rommet er lukket. Du ser bare dette innlegget." in content
    assert "Ikke meldt" not in content
    assert "Ikke meldt" in client.get(reverse("forum:case", args=[cast.posts["open"].pk])).content.decode()


def test_the_queue_says_in_words_how_much_waits(cast: Cast, client: Client) -> None:
    client.force_login(cast.people["moderator"])
    content = " ".join(client.get(reverse("forum:moderation")).content.decode().split())
    assert "2 innlegg er meldt" in content
    client.force_login(cast.people["open_facilitator"])
    content = " ".join(client.get(reverse("forum:space-moderation", args=["apent"])).content.decode().split())
    assert "Ett innlegg er meldt" in content
    decide(moderator=cast.people["open_facilitator"], post=cast.posts["open"], verb="dismiss")
    assert "Ingenting venter." in client.get(reverse("forum:space-moderation", args=["apent"])).content.decode()


def test_the_oldest_report_stands_first(cast: Cast, client: Client) -> None:
    newer = cast.write("open")
    report_post(reporter=cast.people["open_reporter"], post=newer, reason="other")
    Report.objects.filter(post=newer).update(created_at=timezone.now() - timedelta(days=3))
    client.force_login(cast.people["open_facilitator"])
    queue = client.get(reverse("forum:space-moderation", args=["apent"])).context["queue"]
    assert [post.pk for post in queue.reported] == [newer.pk, cast.posts["open"].pk]


# --- what the pages do ----------------------------------------------------------------------------------


def test_reporting_and_being_thanked(cast: Cast, client: Client) -> None:
    reporter, post = cast.people["member"], cast.unreported["open"]
    client.force_login(reporter)
    address = reverse("forum:report", args=[post.pk])
    assert client.post(address, {}).status_code == 422
    response = client.post(address, {"reason": "patient_data", "message": ""}, follow=True)
    assert response.redirect_chain == [(reverse("forum:report-thanks", args=[post.pk]), 302)]
    assert "Innlegget er skjult for alle andre enn dem som modererer." in response.content.decode()
    assert client.get(address).status_code == 404
    client.force_login(cast.people["open_reporter"])
    assert client.get(reverse("forum:report-thanks", args=[post.pk])).status_code == 404


def test_a_worry_gives_the_numbers_to_call(cast: Cast, client: Client) -> None:
    client.force_login(cast.people["member"])
    address = reverse("forum:report", args=[cast.posts["open"].pk])
    content = client.post(address, {"reason": "worry"}, follow=True).content.decode()
    for number in ("tel:113", "tel:116117", "tel:116123", "tel:22400040"):
        assert number in content
    assert '<details class="urgent" open>' in content


def test_danish_readers_get_danish_numbers(cast: Cast, client: Client) -> None:
    client.force_login(cast.people["member"])
    content = client.get(f"/da/forum/innlegg/{cast.posts['open'].pk}/meld/").content.decode()
    crisis = content[content.index('<details class="urgent"') :].partition("</details>")[0]
    assert "tel:112" in crisis
    assert "tel:70201201" in crisis
    assert "tel:113" not in crisis


def test_a_case_is_decided_from_its_page(cast: Cast, client: Client) -> None:
    facilitator, post = cast.people["open_facilitator"], cast.posts["open"]
    client.force_login(facilitator)
    address = reverse("forum:space-case", args=["apent", post.pk])
    sent = {"do": "decide", "verb": "silence", "days": "7", "seen": stamp_of(post)}
    response = client.post(address, sent)
    assert response.status_code == 422
    assert "Skriv en grunn" in response.content.decode()
    response = client.post(address, sent | {"reason": "Hets", "message": "Ta en pause"})
    assert (response.status_code, response["Location"]) == (302, reverse("forum:space-moderation", args=["apent"]))
    silence = Silence.objects.get()
    assert (silence.person, silence.space, silence.given_by) == (cast.people["open_author"], cast.open, facilitator)
    response = client.post(address, {"do": "lift", "silence": silence.pk})
    silence.refresh_from_db()
    assert silence.lifted_at is not None
    response = client.post(address, sent | {"verb": "hide", "reason": "x"}, follow=True)
    assert "Noe er endret siden du åpnet saken." in response.content.decode()
    post.refresh_from_db()
    assert post.state == State.NORMAL


def test_a_facilitator_cannot_make_a_pause_hold_everywhere(cast: Cast, client: Client) -> None:
    client.force_login(cast.people["open_facilitator"])
    post = cast.posts["open"]
    sent = {"do": "decide", "verb": "silence", "days": "7", "reason": "x", "everywhere": "on", "seen": stamp_of(post)}
    client.post(reverse("forum:space-case", args=["apent", post.pk]), sent)
    assert Silence.objects.get().space == cast.open


def test_quick_hiding_is_the_facilitator_s_and_others_go_to_the_case(cast: Cast, client: Client) -> None:
    post = cast.posts["open"]
    address = reverse("forum:post-hide", args=[post.pk])
    for who, answer in (("member", 403), ("outsider", 404), ("private_facilitator", 403), ("open_author", 403)):
        client.force_login(cast.people[who])
        assert client.post(address, {"reason": "x"}).status_code == answer
    client.force_login(cast.people["moderator"])
    assert client.post(address, {"reason": "x"})["Location"] == reverse("forum:case", args=[post.pk])
    client.force_login(cast.people["open_facilitator"])
    client.post(address, {"reason": ""})
    assert Post.objects.get(pk=post.pk).state == State.NORMAL
    client.post(address, {"reason": "Hets"})
    assert Post.objects.get(pk=post.pk).state == State.HIDDEN
    assert list(ModerationEntry.objects.values_list("verb", "reason")) == [("hide", "Hets")]


def test_a_decision_is_read_and_appealed_by_whom_it_is_about(cast: Cast, client: Client) -> None:
    author = cast.people["open_author"]
    entry = decide(
        moderator=cast.people["open_facilitator"],
        post=cast.posts["open"],
        verb="hide",
        reason="For loggen",
        message="Skriv det om",
    )
    address = reverse("forum:decision", args=[entry.pk])
    for who in ("member", "open_facilitator", "moderator", "open_reporter"):
        client.force_login(cast.people[who])
        assert client.get(address).status_code == 404
    client.force_login(author)
    content = client.get(address).content.decode()
    assert "Skriv det om" in content
    assert "Meldt" in content
    assert "For loggen" not in content
    assert "Innlegget ditt er skjult" in client.get(reverse("forum:decisions")).content.decode()
    response = client.post(address, {"text": "Det var ikke hets"}, follow=True)
    assert "Klagen din" in response.content.decode()
    case = reverse("forum:case", args=[cast.posts["open"].pk])
    client.force_login(cast.people["moderator"])
    assert "Det var ikke hets" in client.get(case).content.decode()
    client.post(case, {"do": "answer", "upheld": "yes", "answer": "Du har rett"})
    assert Post.objects.get(pk=cast.posts["open"].pk).state == State.NORMAL
    client.force_login(author)
    assert "Du har rett" in client.get(address).content.decode()


def test_earlier_entries_are_the_alias_s_or_the_person_s_never_both(cast: Cast, client: Client) -> None:
    Space.objects.filter(pk=cast.open.pk).update(allows_pseudonyms=True)
    cast.open.refresh_from_db()
    author, facilitator = cast.people["open_author"], cast.people["open_facilitator"]
    factories.make_pseudonym(author, cast.open)
    topic = cast.posts["open"].topic
    aliased = [reply(author=author, topic=topic, source="<p>x</p>", as_pseudonym=True) for _ in range(2)]
    decide(moderator=facilitator, post=cast.unreported["open"], verb="warn", reason="Om personen", message="m")
    decide(moderator=facilitator, post=aliased[0], verb="warn", reason="Om aliaset", message="m")
    client.force_login(facilitator)
    for post, there, elsewhere in (
        (cast.posts["open"], "Om personen", "Om aliaset"),
        (aliased[1], "Om aliaset", "Om personen"),
    ):
        content = client.get(reverse("forum:space-case", args=["apent", post.pk])).content.decode()
        assert there in content
        assert elsewhere not in content
    case = client.get(reverse("forum:space-case", args=["apent", aliased[1].pk])).content.decode()
    near = case[case.index('class="case-post') :].partition("</article>")[0]
    assert str(author) not in near


# --- the log --------------------------------------------------------------------------------------------


def test_the_log_is_sorted_by_the_address_and_paged_by_key(cast: Cast, client: Client) -> None:
    moderator = cast.people["moderator"]
    now = timezone.now()
    ModerationEntry.objects.bulk_create(
        ModerationEntry(
            verb="warn" if number % 2 else "hide",
            actor=moderator,
            space=cast.open,
            reason=str(number),
            at=now - timedelta(minutes=number // 10),  # many at one moment
        )
        for number in range(120)
    )
    client.force_login(moderator)
    address, seen = reverse("forum:moderation-log"), []
    query = ""
    for _ in range(4):
        context = client.get(address + query).context
        seen += [int(entry.reason) for entry in context["log"].entries]
        query = context["next_query"]
        if not query:
            break
    assert (len(seen), sorted(seen)) == (120, list(range(120)))
    context = client.get(address + "?handling=warn&rom=apent").context
    assert {entry.verb for entry in context["log"].entries} == {"warn"}
    assert "handling=warn" in context["next_query"]
    future = (timezone.localdate() + timedelta(days=2)).isoformat()
    assert client.get(f"{address}?fra={future}").context["log"].entries == []
    assert client.get(f"{address}?etter=tull_x&handling=tull&fra=i+dag").status_code == 200


def test_facilitators_see_their_spaces_log(cast: Cast, client: Client) -> None:
    for name in ("open", "private"):
        decide(moderator=cast.people[f"{name}_facilitator"], post=cast.posts[name], verb="dismiss", reason=name)
        decide(moderator=cast.people[f"{name}_facilitator"], post=cast.unreported[name], verb="hide", reason=name)
    client.force_login(cast.people["private_facilitator"])
    entries = client.get(reverse("forum:space-moderation-log", args=["skjult"])).context["log"].entries
    assert [(entry.verb, entry.reason) for entry in entries] == [("hide", "private"), ("dismiss", "private")]
    client.force_login(cast.people["moderator"])
    entries = client.get(reverse("forum:moderation-log")).context["log"].entries
    # Of the private space only what concerns the post that was reported.
    assert [(entry.verb, entry.reason) for entry in entries] == [
        ("dismiss", "private"),
        ("hide", "open"),
        ("dismiss", "open"),
    ]


# --- cost -----------------------------------------------------------------------------------------------


def queries_of(client: Client, addresses: dict[str, str]) -> dict[str, int]:
    """How many queries each page costs."""
    counts = {}
    for name, address in addresses.items():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        counts[name] = len(captured)
    return counts


def test_pages_cost_the_same_for_one_and_for_thirty(cast: Cast, client: Client) -> None:
    facilitator, author = cast.people["open_facilitator"], cast.people["open_author"]
    client.force_login(facilitator)
    pages = {
        "queue": reverse("forum:space-moderation", args=["apent"]),
        "case": reverse("forum:space-case", args=["apent", cast.posts["open"].pk]),
        "log": reverse("forum:space-moderation-log", args=["apent"]),
    }
    warned = reply(author=author, topic=cast.posts["open"].topic, source="<p>x</p>")
    decide(moderator=facilitator, post=warned, verb="warn", reason="x", message="y")
    queries_of(client, pages)
    assert queries_of(client, pages) == QUERIES
    reporters = User.objects.bulk_create(User(email=f"{number}@example.org") for number in range(30))
    for number, reporter in enumerate(reporters):
        Report.objects.create(post=cast.posts["open"], reporter=reporter, reason="other")
        decide(moderator=facilitator, post=warned, verb="warn", reason="x", message="y")
        if number < 15:
            Report.objects.create(post=cast.write("open"), reporter=reporter, reason="other")
    assert queries_of(client, pages) == QUERIES
