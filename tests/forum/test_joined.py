"""What one part of the forum shows of another: invitations at the front, files in posts, help beside the box."""

import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum import own_data
from forum.actions import reply, start_topic
from forum.actions.aliases import choose_alias
from forum.actions.attachments import add_attachment
from forum.actions.counting import lock_topic
from forum.actions.moderation import decide
from forum.actions.posting import set_post_state
from forum.actions.reports import report_post
from forum.actions.seals import agree_to_open, ask_to_open, refuse_to_open
from forum.actions.spaces import archive_space, invite_to_space
from forum.actions.topics import close_topic, merge_topics, move_topic, pin_topic
from forum.models import Attachment, Post, Report, Space, State, Topic
from forum.queries.moderation import decisions_about, get_queue
from forum.queries.notices import alias_decisions, count_unread
from people.models import User
from tests import factories
from tests.forum.writing import form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]


def member(**fields: Any) -> User:
    return factories.MembershipFactory.create(person=factories.UserFactory.create(**fields)).person


def page(person: User, address: str) -> str:
    client = Client()
    client.force_login(person)
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


@pytest.fixture
def kari() -> User:
    return member(first_name="Kari")


@pytest.fixture
def space(home: object) -> Space:
    return factories.SpaceFactory.create(name="Torget", slug="torget")


# --- the front -----------------------------------------------------------------------------------------


def invite(person: User, kind: str) -> str:
    """Have somebody invite the person; the address of the invitation."""
    facilitator = member()
    hidden = factories.SpaceFactory.create(kind=kind, name="Rommet ingen ser")
    factories.SpaceMembershipFactory.create(space=hidden, person=facilitator, facilitator=True)
    invitation = invite_to_space(space=hidden, person=person, by=facilitator)
    return reverse("forum:space-invitation", args=[invitation.pk])


def test_the_front_shows_what_one_is_invited_to(space: Space, kari: User) -> None:
    address = invite(kari, "private")
    assert address in page(kari, reverse("forum:home"))
    assert "Rommet ingen ser" not in page(member(), reverse("forum:home"))


def test_a_young_person_in_no_team_finds_the_invitation_at_the_front(space: Space) -> None:
    young = factories.UserFactory.create()
    address = invite(young, "youth_panel")
    html = page(young, reverse("forum:home"))
    assert address in html
    assert "css/membership.css" in html


def test_whoever_may_make_a_space_is_led_there(space: Space, kari: User) -> None:
    young = factories.UserFactory.create()
    panel = factories.SpaceFactory.create(kind="youth_panel")
    factories.SpaceMembershipFactory.create(space=panel, person=young)
    new = f'href="{reverse("forum:space-new")}"'
    assert new in page(kari, reverse("forum:home"))
    assert new in page(factories.make_moderator(), reverse("forum:home"))
    assert panel.name in page(young, reverse("forum:home"))
    assert new not in page(young, reverse("forum:home"))


def test_the_front_leads_to_how_the_forum_is_used(space: Space, kari: User, home: Any) -> None:
    guide = factories.StandardPageFactory.create(slug="slik-bruker-du-forumet", title="Slik bruker du forumet")
    assert f'href="{guide.url}"' in page(kari, reverse("forum:home"))
    assert f'href="{guide.url}"' not in page(kari, reverse("forum:notices"))


# --- files ---------------------------------------------------------------------------------------------


def put_file(post: Post, name: str = "plan.txt", content: bytes = b"0123456789") -> Attachment:
    attachment, _notices = add_attachment(
        person=post.author or factories.UserFactory.create(), place="", post=post, file=BytesIO(content), name=name
    )
    return attachment


def topic_of(space: Space, author: User) -> Topic:
    return start_topic(author=author, space=space, title="Tavlemøte", source="<p>Hvordan gjør dere det?</p>")


def test_a_posts_files_are_named_with_their_kind_and_size(space: Space, kari: User) -> None:
    topic = topic_of(space, member())
    file = put_file(topic.posts.get())
    html = page(kari, topic.get_absolute_url())
    listed = html[html.index('<ul aria-label="Filer">') :].partition("</ul>")[0]
    assert f'href="{reverse("forum:attachment", args=[file.key])}">plan.txt</a>' in listed
    assert "TXT, 10\xa0byte" in listed


@pytest.mark.parametrize("state", [State.HIDDEN, State.HELD, State.DELETED])
def test_files_are_named_to_those_alone_who_see_the_post(space: Space, kari: User, state: State) -> None:
    topic = topic_of(space, member())
    answer = reply(author=member(), topic=topic, source="<p>Her er planen</p>")
    put_file(answer)
    assert "plan.txt" in page(kari, topic.get_absolute_url())
    set_post_state(topic=lock_topic(topic), post=answer, state=state)
    assert "plan.txt" not in page(kari, topic.get_absolute_url())
    moderator = factories.make_moderator()
    assert ("plan.txt" in page(moderator, topic.get_absolute_url())) is (state != State.DELETED)


def test_files_stand_behind_the_content_warning(space: Space, kari: User) -> None:
    topic = topic_of(space, member())
    answer = reply(author=member(), topic=topic, source="<p>Her er planen</p>", content_warning="tvang")
    put_file(answer)
    html = page(kari, topic.get_absolute_url())
    assert "plan.txt" in html[html.index('<details class="post-warned">') :].partition("</details>")[0]


@pytest.mark.parametrize("files", [1, 30])
def test_files_cost_no_query_each(space: Space, kari: User, files: int) -> None:
    topic = topic_of(space, member())
    for number in range(files):
        post = topic.posts.get(number=1) if number % 2 else reply(author=member(), topic=topic, source="<p>Svar</p>")
        Attachment.objects.create(post=post, name=f"{number}.pdf", media_type="application/pdf", size=9, file="x")
    client = Client()
    client.force_login(kari)
    client.get(topic.get_absolute_url())
    with CaptureQueriesContext(connection) as captured:
        html = client.get(topic.get_absolute_url()).content.decode()
    assert html.count('<span class="small">PDF, ') == files
    assert len(captured) == 8


# --- where to turn -------------------------------------------------------------------------------------


def ways_to_write(space: Space, person: User) -> dict[str, str]:
    topic = topic_of(space, person)
    return {
        "topic": topic.get_absolute_url(),
        "start": reverse("forum:topic-start", args=[space.slug]),
        "reply": reverse("forum:reply", args=[topic.pk]),
        "edit": reverse("forum:post-edit", args=[topic.posts.get().pk]),
    }


@pytest.mark.parametrize("way", ["topic", "start", "reply", "edit"])
def test_where_to_turn_stands_beside_every_box(space: Space, kari: User, way: str) -> None:
    html = page(kari, ways_to_write(space, kari)[way])
    box = html[html.index('<section class="compose') :]
    assert box.index('href="tel:116123"') < box.index("</section>")
    assert "css/forum-moderation.css" in html


# --- seals -----------------------------------------------------------------------------------------------


def aliased(space: Space, person: User, name: str) -> Post:
    """A topic started under an alias of the person's; its post."""
    alias = choose_alias(person=person, space=space, name=name)
    topic = start_topic(author=person, space=space, title=name, source="<p>Det er tungt nå</p>", as_pseudonym=True)
    assert topic.pseudonym == alias
    return topic.posts.get()


@pytest.fixture
def masked(home: object) -> Space:
    return factories.SpaceFactory.create(name="Maskerade", slug="maskerade", allows_pseudonyms=True)


def test_a_moderator_gets_from_an_alias_post_to_its_seal_and_nobody_else(masked: Space, kari: User) -> None:
    hidden = aliased(masked, kari, "Fjellrev")
    moderator, facilitator = factories.make_moderator(), member()
    factories.SpaceMembershipFactory.create(space=masked, person=facilitator, facilitator=True)
    reply(author=member(), topic=hidden.topic, source="<p>Takk for at du sier det</p>")
    ask = f'href="{reverse("forum:seal-ask", args=[hidden.pseudonym_id])}"'
    assert page(moderator, hidden.topic.get_absolute_url()).count(ask) == 1
    assert ask in page(moderator, reverse("forum:case", args=[hidden.pk]))
    assert ask not in page(facilitator, hidden.topic.get_absolute_url())
    assert ask not in page(facilitator, reverse("forum:space-case", args=[masked.slug, hidden.pk]))
    assert ask not in page(kari, hidden.topic.get_absolute_url())


def test_a_moderator_is_not_asked_to_open_an_alias_of_their_own(masked: Space) -> None:
    moderator = factories.make_moderator()
    own = aliased(masked, moderator, "Havørn")
    assert "/moderering/alias/" not in page(moderator, own.topic.get_absolute_url())


def test_the_queue_leads_to_the_questions_about_seals(masked: Space) -> None:
    assert f'href="{reverse("forum:seal-openings")}"' in page(factories.make_moderator(), reverse("forum:moderation"))


def test_the_owner_of_an_alias_is_told_that_it_was_opened_and_nothing_before(masked: Space) -> None:
    """Also where the owner moderates, and reads the log."""
    owner, one, two = factories.make_moderator(), factories.make_moderator(), factories.make_moderator()
    alias = aliased(masked, owner, "Havørn").pseudonym
    reason = "Innlegget kan tyde på at noen er i fare."
    refused = ask_to_open(pseudonym=alias, by=one, reason=reason)
    refuse_to_open(opening=refused, by=two)
    opening = ask_to_open(pseudonym=alias, by=one, reason=reason)
    assert list(alias_decisions(owner)) == []
    assert list(decisions_about(owner)) == []
    assert count_unread(owner) == 0
    log = reverse("forum:moderation-log")
    assert "Havørn" not in page(owner, log)
    assert own_data.safety(owner).entries == []
    assert page(one, log).count("Havørn") == 3
    agree_to_open(opening=opening, by=two)
    assert [entry.verb for entry in alias_decisions(owner)] == ["seal_opened"]
    assert [entry[0].value for entry in own_data.safety(owner).entries] == ["Åpnet alias"]
    assert count_unread(owner) == 1
    assert list(alias_decisions(one)) == []
    news = page(owner, reverse("forum:notices"))
    assert "Et alias du bruker, er åpnet" in news
    assert f'href="{reverse("forum:alias-openings")}"' in news
    entry = alias_decisions(owner).get()
    client = Client()
    client.force_login(owner)
    answer = client.get(reverse("forum:decision", args=[entry.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse("forum:alias-openings"))
    assert "Havørn" in page(owner, log)


# --- what a topic is about -------------------------------------------------------------------------------


def hrefs(html: str) -> list[str]:
    return [unescape(each) for each in re.findall(r'href="([^"]+)"', html)]


@pytest.mark.parametrize("set_key", ["fact", "fact-ung"])
def test_a_new_topic_about_a_principle_has_it_ticked(space: Space, kari: User, set_key: str) -> None:
    """From the principle's topics, through a plain form, into the topic."""
    other = factories.PrincipleFactory.create()
    principle = factories.PrincipleFactory.create(principle_set=factories.PrincipleSetFactory.create(key=set_key))
    about = reverse("forum:topics-about", args=["prinsipp", principle.translation_key])
    start = next(each for each in hrefs(page(kari, about)) if each.startswith("/forum/rom/torget/ny-trad/"))
    html = page(kari, start)
    ticked = re.findall(r'<input type="checkbox" name="principles" value="([^"]+)" checked>', html)
    assert ticked == [str(principle.translation_key)]
    client = Client()
    client.force_login(kari)
    sent = form(kari, title="Tavle", principles=ticked)
    assert client.post(start, sent).status_code == 302
    topic = Topic.objects.get()
    assert [each.principle_key for each in topic.principles.all()] == [principle.translation_key]
    assert other.translation_key != principle.translation_key


def test_discussing_a_lesson_leads_to_a_topic_about_it(space: Space, kari: User) -> None:
    lesson = factories.LessonPageFactory.create(title="Tavlemøtet")
    way = next(each for each in hrefs(page(kari, lesson.url)) if "/forum/om/leksjon/" in each)
    start = next(each for each in hrefs(page(kari, way)) if each.startswith("/forum/rom/torget/ny-trad/"))
    html = page(kari, start)
    assert "«Tavlemøtet»" in html
    subject = f"leksjon:{lesson.translation_key}"
    assert f'<input type="hidden" name="subject" value="{subject}">' in html
    client = Client()
    client.force_login(kari)
    assert client.post(start, form(kari, title="Tavle", subject=subject)).status_code == 302
    topic = Topic.objects.get()
    assert (topic.subject_kind, topic.subject_key) == ("lesson", lesson.translation_key)
    assert topic.get_absolute_url() in hrefs(page(kari, way))


@pytest.mark.parametrize("about", ["prinsipp:", "prinsipp:x", "prinsipp:0b2f6a4e-0000-4000-8000-000000000000", "rom:1"])
def test_what_there_is_not_is_not_written_about(space: Space, kari: User, about: str) -> None:
    html = page(kari, f"{reverse('forum:topic-start', args=[space.slug])}?om={about}")
    assert 'name="principles"' not in html
    assert 'name="subject"' not in html


# --- the log ---------------------------------------------------------------------------------------------


def log_topics(person: User) -> list[str]:
    """What each line of the log says of topics, newest first, without tags."""
    html = page(person, reverse("forum:moderation-log"))
    lines = re.findall(r'<p class="log-topics">(.*?)</p>', html, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", "", line)).split()) for line in lines]


def test_lines_about_topics_name_them(space: Space, kari: User) -> None:
    moderator, author = factories.make_moderator(), member()
    topic, into = (
        start_topic(author=author, space=space, title=title, source="<p>Hei</p>") for title in ("Tavle", "Morgenmøte")
    )
    pin_topic(moderator=moderator, topic=topic, pinned=True)
    close_topic(moderator=moderator, topic=topic, closed=True)
    merge_topics(moderator=moderator, topic=topic, into=into)
    assert log_topics(moderator) == ["«Tavle» inn i Morgenmøte", "«Tavle»", "«Tavle»"]
    assert into.get_absolute_url() in hrefs(page(moderator, reverse("forum:moderation-log")))


def test_a_topic_that_was_moved_is_named_to_those_who_read_it_where_it_is(space: Space, kari: User) -> None:
    """It may be called something else there, for those who are in the room."""
    moderator, facilitator = factories.make_moderator(), member()
    factories.SpaceMembershipFactory.create(space=space, person=facilitator, facilitator=True)
    closed = factories.SpaceFactory.create(kind="restricted")
    topic = topic_of(space, kari)
    move_topic(moderator=moderator, topic=topic, space=closed)
    Topic.objects.filter(pk=topic.pk).update(title="Hemmelig tittel")
    assert log_topics(moderator) == ["Hemmelig tittel"]
    assert "Hemmelig" not in page(facilitator, reverse("forum:space-moderation-log", args=[space.slug]))


# --- the way to the queues -------------------------------------------------------------------------------


def test_those_who_moderate_are_led_to_what_waits(space: Space, kari: User) -> None:
    other = factories.SpaceFactory.create(slug="andre")
    moderator, facilitator = factories.make_moderator(), member()
    factories.SpaceMembershipFactory.create(space=space, person=facilitator, facilitator=True)
    for where in (space, other):
        Report.objects.create(post=topic_of(where, member()).posts.get(), reporter=kari, reason="other")
    front, queue = reverse("forum:home"), reverse("forum:moderation")
    of_space = reverse("forum:space-moderation", args=[space.slug])
    html = page(moderator, front)
    assert "2 saker venter på noen som modererer." in html
    assert queue in hrefs(html)
    assert of_space not in hrefs(html)
    html = page(facilitator, front)
    assert "1 sak venter på noen som modererer." in html
    assert of_space in hrefs(html)
    assert queue not in hrefs(html)
    for person, shown in ((moderator, True), (facilitator, True), (kari, False)):
        html = page(person, space.get_absolute_url())
        assert (of_space in hrefs(html)) is shown
        assert ("Moderering: 1 sak venter" in html) is shown
    assert "Moderering" not in page(kari, front)


@pytest.mark.parametrize("archived", [False, True])
def test_ones_own_post_is_not_moderated_nor_reported_and_can_always_be_taken_back(space: Space, archived: bool) -> None:
    facilitator = member()
    factories.SpaceMembershipFactory.create(space=space, person=facilitator, facilitator=True)
    topic = topic_of(space, facilitator)
    post = topic.posts.get()
    if archived:
        archive_space(space=space, by=facilitator)
    html = page(facilitator, topic.get_absolute_url())
    for name in ("post-hide", "case", "report"):
        assert reverse(f"forum:{name}", args=[post.pk]) not in html
    assert (reverse("forum:post-edit", args=[post.pk]) in html) is not archived
    delete = reverse("forum:post-delete", args=[post.pk])
    assert delete in hrefs(html)
    assert page(facilitator, delete)
    html = page(member(), topic.get_absolute_url())
    assert reverse("forum:report", args=[post.pk]) in html
    assert delete not in html


def test_drafts_and_decisions_are_led_to(space: Space, kari: User) -> None:
    assert reverse("forum:drafts") in hrefs(page(kari, reverse("forum:home")))
    assert reverse("forum:decisions") in hrefs(page(kari, reverse("forum:notices")))


def test_a_quotation_brings_the_warning_along(space: Space, kari: User) -> None:
    """What stands folded in one post is not to stand open in the answer."""
    answer = reply(author=member(), topic=topic_of(space, member()), source="<p>Svar</p>", content_warning="tvang")
    address = f"{reverse('forum:reply', args=[answer.topic_id])}?til={answer.pk}"
    assert 'name="content_warning" value="tvang"' in page(kari, f"{address}&sitat=1")
    assert 'name="content_warning" value=""' in page(kari, address)


@pytest.mark.parametrize("verb", ["warn", "silence"])
def test_a_warning_leaves_what_a_report_has_hidden_in_the_queue(space: Space, verb: str) -> None:
    """The author is promised to hear what becomes of the post; nobody else would look at it again."""
    moderator, author, reporter = factories.make_moderator(), member(), factories.make_moderator()
    post = topic_of(space, author).posts.get()
    report = report_post(reporter=reporter, post=post, reason="patient_data")
    assert State(Post.objects.get().state) == State.HIDDEN
    decide(moderator=moderator, post=post, verb=verb, message="Ikke skriv om enkeltpersoner.", days=1)
    assert [each.pk for each in get_queue(moderator).reported] == [post.pk]
    decide(moderator=moderator, post=post, verb="hide")
    report.refresh_from_db()
    assert (report.outcome, get_queue(moderator).is_empty) == ("upheld", True)
