"""The library beside the conversations: topics about an item, items of answers, news, reviews, and where one learns."""

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from courses.models import LessonPage
from courses.urls_of import page_path
from forum.actions import reply, start_topic
from forum.actions.joining import discuss_item
from forum.actions.library import Content, Details, add_version, edit_item, set_item_state, share_item
from forum.actions.library_notices import remind_of_reviews, tell_of_made_item, tell_of_version
from forum.actions.reviewing import mark_reviewed
from forum.actions.topics import accept_answer, merge_topics, split_topic
from forum.actions.watching import follow_item
from forum.models import LibraryItem, LibraryReview, Notice, Post, Space, State, Topic
from forum.permissions.library import topics_made_into_items_by, user_can_edit_item, user_can_make_item_of
from forum.queries.joined import topic_about
from forum.queries.library import LibraryFilter, ask_item_page, get_library, make_item_page
from forum.queries.notices import notices_of
from people.models import User
from safety.text import TextRefusedError
from tests import factories
from tests.forum.test_library import KINDS, MODERATES, READS, ROLES, make_people, share
from tests.forum.writing import form

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def ola(home: Any) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(name="Praksis")


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def words(client: Client, address: str, **headers: Any) -> str:
    return " ".join(client.get(address, **headers).content.decode().split())


def talk(person: User, item: LibraryItem, text: str = "Hei", **more: Any) -> Post:
    return discuss_item(author=person, item=item, title="Om punkt fire", source=f"<p>{text}</p>", **more)


# --- talking about an item -----------------------------------------------------------------------------


def test_one_begins_the_topic_and_the_next_come_into_it(kari: User, ola: User, space: Space) -> None:
    item = share(kari, space, "Samarbeidsavtale")
    discuss = reverse("forum:library-discuss", args=[item.pk])
    begins = signed_in(ola).get(discuss)
    assert begins["Location"] == f"{reverse('forum:topic-start', args=[space.slug])}?om=ressurs:{item.key}"
    page = words(signed_in(ola), begins["Location"])
    assert "Om ressursen" in page
    assert f'name="subject" value="ressurs:{item.key}"' in page
    sent = form(ola, title="Hvordan bruker dere den?", subject=f"ressurs:{item.key}")
    answers = [signed_in(ola).post(begins["Location"], sent) for _ in range(2)]
    assert len({answer["Location"] for answer in answers}) == 1
    topic = Topic.objects.get()
    assert (topic.space, topic.subject_kind, topic.subject_key, topic.post_count) == (space, "item", item.key, 1)
    assert signed_in(kari).get(discuss)["Location"] == topic.get_absolute_url()
    late = form(kari, title="En annen tittel", source="Slik.", subject=f"ressurs:{item.key}")
    signed_in(kari).post(begins["Location"], late)
    topic.refresh_from_db()
    assert (Topic.objects.count(), topic.post_count) == (1, 2)
    shown = words(signed_in(kari), item.get_absolute_url())
    assert f'href="{topic.get_absolute_url()}">Hvordan bruker dere den?</a>' in shown
    assert "1 svar" in shown
    assert f'href="{item.get_absolute_url()}"' in words(signed_in(ola), topic.get_absolute_url())


def test_the_database_holds_one_topic_an_item(kari: User, space: Space) -> None:
    item = share(kari, space)
    talk(kari, item)
    with pytest.raises(IntegrityError), transaction.atomic():
        start_topic(author=kari, space=space, title="To", source="<p>x</p>", subject=("item", item.key))
    assert Topic.objects.count() == 1


def test_a_deleted_topic_makes_room_and_a_merged_one_leads_on(kari: User, space: Space) -> None:
    item = share(kari, space)
    first = talk(kari, item).topic
    other = start_topic(author=kari, space=space, title="En annen", source="<p>x</p>")
    merge_topics(moderator=factories.make_moderator(), topic=first, into=other)
    assert topic_about(item) == other
    page = make_item_page(kari, ask_item_page(kari, item.pk))
    assert [joined.topic for joined in page.topics] == [other]
    assert talk(kari, item, "Videre").topic == other
    Topic.objects.filter(pk=other.pk).update(state=State.DELETED)
    assert topic_about(item) is None
    assert talk(kari, item, "På nytt").topic not in {first, other}


def test_what_is_taken_out_of_the_topic_is_not_about_the_item(kari: User, ola: User, space: Space) -> None:
    item = share(kari, space)
    topic = talk(kari, item).topic
    post = reply(author=ola, topic=topic, source="<p>Noe annet</p>")
    made = split_topic(moderator=factories.make_moderator(), topic=topic, numbers=[post.number], title="Noe annet")
    assert (made.subject_kind, made.subject_key) == ("", None)
    assert topic_about(item) == topic


def test_a_hidden_item_is_not_named_by_its_topic(kari: User, ola: User, space: Space) -> None:
    item = share(kari, space, "Hemmelignavn")
    topic = talk(ola, item).topic
    for state in (State.HIDDEN, State.DELETED):
        LibraryItem.objects.filter(pk=item.pk).update(state=state)
        page = words(signed_in(ola), topic.get_absolute_url())
        assert "Hemmelignavn" not in page
        assert "Om en ressurs i biblioteket som ikke er tilgjengelig" in page
    with pytest.raises(PermissionDenied):
        talk(ola, item)
    LibraryItem.objects.filter(pk=item.pk).update(state=State.HIDDEN)
    assert "Hemmelignavn" in words(signed_in(kari), topic.get_absolute_url())


def test_who_may_not_write_reads_and_does_not_begin(kari: User, space: Space) -> None:
    item = share(kari, space)
    Space.objects.filter(pk=space.pk).update(archived_at=timezone.now())
    reader = factories.MembershipFactory.create().person
    assert signed_in(reader).get(reverse("forum:library-discuss", args=[item.pk])).status_code == 403
    assert "Diskuter denne" not in words(signed_in(reader), item.get_absolute_url())
    with pytest.raises(PermissionDenied):
        talk(reader, item)


def test_each_surface_shows_each_role_exactly_what_it_may_see(home: Any) -> None:
    """Role × surface × kind of space: the topic on the item's page, the item on the topic's, what principles and
    lessons list, following, reporting, and news of a new version.
    """
    role = factories.TeamRoleFactory.create()
    spaces = [factories.SpaceFactory.create(kind=kind, role=role if kind == "role_network" else None) for kind in KINDS]
    people = make_people(spaces, role)
    owner = factories.UserFactory.create()
    principle = factories.PrincipleFactory.create()
    course = factories.CoursePageFactory.create()
    course.principles.add(principle)
    course.save()
    course.save_revision().publish()
    rooms: dict[str, tuple[LibraryItem, Topic]] = {}
    for space in spaces:
        membership = factories.SpaceMembershipFactory.create(space=space, person=owner)
        item = share(owner, space, f"ord{space.kind.replace('_', '')}", principle_keys=(principle.translation_key,))
        topic = discuss_item(author=owner, item=item, title=f"samtale{space.kind}", source="<p>Hei</p>").topic
        rooms[space.kind] = item, topic
        version = add_version(person=owner, item=item, content=Content(source="To", note="Ny"))
        Notice.objects.bulk_create(
            [Notice(person=person, kind=Notice.Kind.VERSION, version=version) for person in people.values()]
        )
        membership.ended_at = membership.started_at
        membership.save()
    wrong = []
    for name in ROLES:
        client = signed_in(people[name])
        on_principle = words(client, principle.get_absolute_url())
        on_lesson = words(
            client,
            reverse("forum:library-practice", args=[course.translation_key]),
            headers={"X-Flett-Part": "practice"},
        )
        news = words(client, reverse("forum:notices"))
        told = {notice.version.item_id for notice in notices_of(people[name]) if notice.version}
        readable = [kind for kind in KINDS if kind in READS[name]]
        newest = {rooms[kind][0].title for kind in readable[-3:]}
        for kind, (item, topic) in rooms.items():
            shown = kind in READS[name]
            seen = {
                "topic on the item's page": topic.title in words(client, item.get_absolute_url()),
                "item on the topic's page": item.get_absolute_url() in words(client, topic.get_absolute_url()),
                "discuss": client.get(reverse("forum:library-discuss", args=[item.pk])).status_code == 302,
                "follow": client.post(reverse("forum:library-follow", args=[item.pk])).status_code == 302,
                "report": client.get(reverse("forum:library-report", args=[item.pk])).status_code == 200,
                "notice": f"Ny versjon av «{item.title}»" in news,
                "counted": item.pk in told,
            }
            wrong += [(name, kind, surface) for surface, sees in seen.items() if sees != shown]
            listed = {"principle": item.title in on_principle, "lesson": item.title in on_lesson}
            wrong += [(name, kind, place) for place, sees in listed.items() if sees != (item.title in newest)]
            review = client.post(reverse("forum:library-reviewed", args=[item.pk])).status_code
            may = kind in MODERATES.get(name, set())
            if review != (302 if may else 403 if shown else 404):
                wrong.append((name, kind, f"review {review}"))
    anonymous = Client()
    assert "Logg inn og se" in words(anonymous, principle.get_absolute_url())
    for item, topic in rooms.values():
        assert item.title not in words(anonymous, principle.get_absolute_url())
        for address in ("library-discuss", "library-report"):
            assert "/konto/" in anonymous.get(reverse(f"forum:{address}", args=[item.pk]))["Location"]
        assert anonymous.get(topic.get_absolute_url()).status_code == 302
    assert wrong == []


# --- an answer becomes an item -------------------------------------------------------------------------


@pytest.fixture
def answered(kari: User, ola: User, space: Space) -> Topic:
    """Kari asks, Ola answers, and it helps."""
    principle = factories.PrincipleFactory.create()
    topic = start_topic(
        author=kari,
        space=space,
        title="Hvem inviterer vi?",
        source="<p>Spørsmål</p>",
        principle_keys=[principle.translation_key],
    )
    post = reply(author=ola, topic=topic, source="<p>Inviter <strong>alle</strong>.</p><p>Send brev.</p>")
    accept_answer(person=kari, topic=topic, post=post)
    topic.refresh_from_db()
    return topic


def make_item_of(person: User, topic: Topic, **more: Any) -> LibraryItem:
    return share_item(
        person=person,
        space=topic.space,
        details=Details(title="Invitasjon", kind="resource"),
        content=Content(source="Inviter alle."),
        from_post=topic.accepted_post,
        **more,
    )


def test_who_may_make_an_item_of_an_answer(kari: User, ola: User, space: Space, answered: Topic) -> None:
    people = {
        "asker": kari,
        "answerer": ola,
        "facilitator": factories.SpaceMembershipFactory.create(space=space, facilitator=True).person,
        "moderator": factories.make_moderator(),
        "member": factories.MembershipFactory.create().person,
        "outsider": factories.UserFactory.create(),
    }
    may = {name: user_can_make_item_of(person, answered) for name, person in people.items()}
    twins = {name: answered in topics_made_into_items_by(person) for name, person in people.items()}
    expected = {name: name in {"asker", "answerer", "facilitator", "moderator"} for name in people}
    assert may == twins == expected
    address = f"{reverse('forum:library-share')}?svar={answered.accepted_post_id}"
    statuses = {name: signed_in(person).get(address).status_code for name, person in people.items()}
    assert statuses == {name: 200 if may[name] else 403 for name in people}
    offers = {
        name: "Gjør svaret til en ressurs" in words(signed_in(people[name]), answered.get_absolute_url())
        for name in expected
        if name != "outsider"
    }
    assert offers == {name: may[name] for name in offers}
    assert "/konto/" in Client().get(address)["Location"]
    for name in ("member", "outsider"):
        with pytest.raises(PermissionDenied):
            make_item_of(people[name], answered)
    assert not LibraryItem.objects.exists()


def test_an_answer_becomes_an_item_with_its_words_and_its_author(
    kari: User, ola: User, space: Space, answered: Topic
) -> None:
    client = signed_in(kari)
    elsewhere = factories.SpaceFactory.create()
    address = f"{reverse('forum:library-share')}?svar={answered.accepted_post_id}"
    shown = client.get(address)
    first = shown.context["form"]
    assert first["title"].value() == "Hvem inviterer vi?"
    assert first.shown.html == "<p>Inviter <strong>alle</strong>.</p><p>Send brev.</p>"
    assert first.shown.text == "Inviter alle.\n\nSend brev."
    assert first["principles"].value() == [str(answered.principles.get().principle_key)]
    assert list(first.fields["space"].queryset) == [space]
    assert ola.get_full_name() in shown.content.decode()
    sent = {
        "title": "Invitasjon",
        "kind": "resource",
        "language": "nb",
        "licence": "cc-by-4.0",
        "source": "Inviter alle.",
        "space": space.pk,
        "submission": str(uuid4()),
    }
    assert client.post(address, sent | {"space": elsewhere.pk}).status_code == 422
    answer = client.post(address, sent)
    item = LibraryItem.objects.get()
    assert answer["Location"] == item.get_absolute_url()
    assert (item.owner, item.from_post, item.space) == (kari, answered.accepted_post, space)
    page = words(client, item.get_absolute_url())
    assert f"Laget av et svar fra {ola.get_full_name()}." in page
    assert f'href="{answered.get_absolute_url()}"' in page
    topic_page = words(client, answered.get_absolute_url())
    assert f'href="{item.get_absolute_url()}">Invitasjon</a>' in topic_page
    assert "Gjør svaret til en ressurs" not in topic_page
    assert client.get(address)["Location"] == item.get_absolute_url()
    assert user_can_edit_item(ola, item)


def test_an_answer_becomes_one_item_in_its_own_space(kari: User, ola: User, space: Space, answered: Topic) -> None:
    elsewhere = factories.SpaceFactory.create()
    with pytest.raises(PermissionDenied):
        share_item(
            person=kari,
            space=elsewhere,
            details=Details(title="Ut"),
            content=Content(source="x"),
            from_post=answered.accepted_post,
        )
    item = make_item_of(kari, answered)
    with pytest.raises(TextRefusedError):
        make_item_of(ola, answered)
    set_item_state(person=ola, item=item, state=State.DELETED)
    assert make_item_of(ola, answered).owner == ola


def test_only_what_helped_becomes_an_item(kari: User, answered: Topic) -> None:
    other = reply(author=kari, topic=answered, source="<p>Takk</p>")
    with pytest.raises(PermissionDenied):
        share_item(
            person=kari,
            space=answered.space,
            details=Details(title="Feil"),
            content=Content(source="x"),
            from_post=other,
        )


def test_whoever_wrote_the_answer_is_told_once(kari: User, ola: User, answered: Topic) -> None:
    item = make_item_of(kari, answered)
    for _ in range(2):
        tell_of_made_item(item_id=item.pk)
    assert [notice.kind for notice in notices_of(ola) if notice.item_id == item.pk] == ["made"]
    assert "Svaret ditt er blitt en ressurs i biblioteket: «Invitasjon»" in words(
        signed_in(ola), reverse("forum:notices")
    )
    notice = Notice.objects.get(person=ola, kind="made")
    opened = signed_in(ola).get(reverse("forum:notice", args=[notice.pk]))
    assert opened["Location"] == item.get_absolute_url()
    assert not Notice.objects.filter(person=kari, kind="made").exists()


def test_an_alias_is_credited_and_never_joined_to_a_person(kari: User, ola: User, home: Any) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    factories.make_pseudonym(ola, space, "Fjellrev")
    topic = start_topic(author=kari, space=space, title="Spørsmål", source="<p>x</p>")
    post = reply(author=ola, topic=topic, source="<p>Svar</p>", as_pseudonym=True)
    accept_answer(person=kari, topic=topic, post=post)
    topic.refresh_from_db()
    assert not user_can_make_item_of(ola, topic)
    assert user_can_make_item_of(kari, topic)
    item = make_item_of(kari, topic)
    tell_of_made_item(item_id=item.pk)
    reader = factories.MembershipFactory.create().person
    page = words(signed_in(reader), item.get_absolute_url())
    assert "Laget av et svar fra Fjellrev (alias)." in page
    assert ola.get_full_name() not in page
    assert not Notice.objects.filter(item=item).exists()
    assert not user_can_edit_item(ola, item)


# --- news of new versions ------------------------------------------------------------------------------


def told_of(version: Any) -> set[tuple[int, int | None]]:
    for _ in range(2):
        tell_of_version(version_id=version.pk)
    return set(Notice.objects.filter(version=version).values_list("person", "item"))


def test_those_who_built_on_it_follow_it_or_own_it_are_told_once(kari: User, ola: User, space: Space) -> None:
    source = share(kari, space, "Kilden")
    built = share(ola, space, "Bygget", based_on=source.current)
    again = share(ola, space, "Bygget igjen", based_on=source.current)
    grand = factories.MembershipFactory.create().person
    share(grand, space, "Barnebarn", based_on=built.current)
    follower, muted, left = [factories.MembershipFactory.create().person for _ in range(3)]
    follow_item(person=follower, item=source, follows=True)
    share(muted, space, "Stille", based_on=source.current)
    follow_item(person=muted, item=source, follows=False)
    share(left, space, "Sluttet", based_on=source.current)
    left.memberships.update(ended_at=timezone.now())
    moderator = factories.make_moderator()
    version = add_version(person=moderator, item=source, content=Content(source="To", note="Ny"))
    assert told_of(version) == {(ola.pk, built.pk), (ola.pk, again.pk), (follower.pk, None), (kari.pk, None)}
    version = add_version(person=kari, item=source, content=Content(source="Tre", note="Ny"))
    assert told_of(version) == {(ola.pk, built.pk), (ola.pk, again.pk), (follower.pk, None)}


def test_the_notice_leads_to_what_was_changed_since_one_built_on_it(kari: User, ola: User, space: Space) -> None:
    source = share(kari, space, "Kilden")
    first = source.current
    built = share(ola, space, "Bygget", based_on=first)
    follower = factories.MembershipFactory.create().person
    follow_item(person=follower, item=source, follows=True)
    second = add_version(person=kari, item=source, content=Content(source="To", note="Ny"))
    third = add_version(person=kari, item=source, content=Content(source="Tre", note="Ny"))
    told_of(third)
    line = "Ny versjon av «Kilden», som «Bygget» bygger på"
    assert line in words(signed_in(ola), reverse("forum:notices"))
    for person, before in ((ola, first), (follower, second)):
        notice = Notice.objects.get(person=person, version=third)
        opened = signed_in(person).get(reverse("forum:notice", args=[notice.pk]))
        assert opened["Location"] == reverse("forum:library-compare", args=[before.pk, third.pk])
        notice.refresh_from_db()
        assert notice.read_at is not None
    LibraryItem.objects.filter(pk=built.pk).update(state=State.DELETED)
    assert line not in words(signed_in(ola), reverse("forum:notices"))


def test_nobody_is_told_of_what_is_hidden(kari: User, ola: User, space: Space) -> None:
    source = share(kari, space)
    share(ola, space, "Bygget", based_on=source.current)
    version = add_version(person=kari, item=source, content=Content(source="To", note="Ny"))
    LibraryItem.objects.filter(pk=source.pk).update(state=State.HIDDEN)
    assert told_of(version) == set()
    LibraryItem.objects.filter(pk=source.pk).update(state=State.NORMAL)
    assert len(told_of(version)) == 1
    LibraryItem.objects.filter(pk=source.pk).update(state=State.HIDDEN)
    assert list(notices_of(ola)) == []


@pytest.mark.parametrize("builders", [1, 12])
def test_telling_costs_the_same_for_few_and_many(kari: User, space: Space, builders: int) -> None:
    source = share(kari, space)
    for _ in range(builders):
        share(factories.MembershipFactory.create().person, space, based_on=source.current)
    version = add_version(person=kari, item=source, content=Content(source="To", note="Ny"))
    with CaptureQueriesContext(connection) as captured:
        tell_of_version(version_id=version.pk)
    assert Notice.objects.count() == builders
    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) == 5


def test_following_and_no_longer(kari: User, ola: User, space: Space) -> None:
    item = share(kari, space)
    client, address = signed_in(ola), reverse("forum:library-follow", args=[item.pk])
    assert "> Følg </button>" in words(client, item.get_absolute_url())
    client.post(address, {"follows": "1"})
    assert "Slutt å følge" in words(client, item.get_absolute_url())
    client.post(address, {"follows": "0"})
    assert "Slutt å følge" not in words(client, item.get_absolute_url())
    assert "Slutt å følge" in words(signed_in(kari), item.get_absolute_url())


# --- reviews -------------------------------------------------------------------------------------------


def due_in(item: LibraryItem, days: int) -> LibraryItem:
    LibraryItem.objects.filter(pk=item.pk).update(review_on=timezone.localdate() + timedelta(days=days))
    item.refresh_from_db()
    return item


def test_the_owner_is_reminded_a_month_before_and_once_a_month(kari: User, space: Space) -> None:
    due_in(share(kari, space, "Senere"), 31)
    item = due_in(share(kari, space, "Snart"), 30)
    out = StringIO()
    call_command("send_forum_mails", "--dry-run", stdout=out)
    assert out.getvalue().splitlines()[0] == "reviews: 1 items may be due"
    assert Notice.objects.count() == 0
    assert [remind_of_reviews() for _ in range(2)] == [1, 0]
    notice = Notice.objects.get()
    assert (notice.person, notice.item, notice.kind) == (kari, item, "review")
    assert "«Snart» bør ses gjennom innen" in words(signed_in(kari), reverse("forum:notices"))
    opened = signed_in(kari).get(reverse("forum:notice", args=[notice.pk]))
    assert opened["Location"] == item.get_absolute_url()
    almost = timezone.now() - timedelta(days=29, hours=23)
    LibraryItem.objects.filter(pk=item.pk).update(review_reminded_at=almost)
    assert remind_of_reviews() == 0
    LibraryItem.objects.filter(pk=item.pk).update(review_reminded_at=almost - timedelta(hours=1))
    due_in(item, -1)
    assert remind_of_reviews() == 1
    again = Notice.objects.get()
    assert (again.pk, again.read_at) == (notice.pk, None)
    assert "«Snart» skulle vært sett gjennom" in words(signed_in(kari), reverse("forum:notices"))


def test_those_who_moderate_are_reminded_where_the_owner_has_left(kari: User, space: Space) -> None:
    due_in(share(kari, space), -1)
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True).person
    kari.memberships.update(ended_at=timezone.now())
    assert remind_of_reviews() == 1
    assert list(Notice.objects.values_list("person", flat=True)) == [facilitator.pk]


def test_a_reminder_that_fails_halfway_is_made_again(kari: User, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    item = due_in(share(kari, space), 0)
    with monkeypatch.context() as broken:
        broken.setattr("forum.actions.library_notices.people_who_read", lambda space: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            remind_of_reviews()
    item.refresh_from_db()
    assert (item.review_reminded_at, Notice.objects.count()) == (None, 0)
    assert remind_of_reviews() == 1


def test_nobody_is_reminded_of_what_they_cannot_write_about(kari: User, space: Space) -> None:
    item = due_in(share(kari, space), -1)
    for changed in ({"archived_at": timezone.now()}, {"ends_on": timezone.localdate() - timedelta(days=1)}):
        Space.objects.filter(pk=space.pk).update(**({"archived_at": None, "ends_on": None} | changed))
        assert remind_of_reviews() == 0
    Space.objects.filter(pk=space.pk).update(archived_at=None, ends_on=None)
    LibraryItem.objects.filter(pk=item.pk).update(state=State.HIDDEN)
    assert remind_of_reviews() == 0


def test_looked_through_and_still_right(kari: User, ola: User, space: Space) -> None:
    item = due_in(share(kari, space), -3)
    remind_of_reviews()
    client, address = signed_in(kari), reverse("forum:library-reviewed", args=[item.pk])
    page = words(client, item.get_absolute_url())
    assert "Bør ses gjennom" in page
    assert "Skulle vært sett gjennom" in page
    assert "Bør ses gjennom" in words(client, reverse("forum:library"))
    assert signed_in(ola).post(address).status_code == 403
    client.post(address, {"next_on": "i morgen"})
    client.post(address, {"next_on": timezone.localdate().isoformat()})
    assert not LibraryReview.objects.exists()
    client.post(address, {"next_on": ""})
    item.refresh_from_db()
    review = LibraryReview.objects.get()
    assert (review.by, review.item, review.next_on) == (kari, item, timezone.localdate() + timedelta(days=365))
    assert (item.review_on, item.review_reminded_at) == (review.next_on, None)
    assert not Notice.objects.exists()
    assert f"av {kari.get_full_name()}" in words(client, item.get_absolute_url()).partition("Gjennomgått")[2]
    with pytest.raises(PermissionDenied):
        mark_reviewed(person=ola, item=item)


def test_another_day_for_the_review_is_another_reminder(kari: User, space: Space) -> None:
    item = due_in(share(kari, space), -1)
    remind_of_reviews()
    soon = timezone.localdate() + timedelta(days=5)
    edit_item(person=kari, item=item, details=Details(title="Ny dag", review_on=soon))
    assert remind_of_reviews() == 1


# --- where one learns ----------------------------------------------------------------------------------


def test_a_principle_lists_the_most_used_and_leads_to_the_rest(kari: User, space: Space) -> None:
    principle = factories.PrincipleFactory.create()
    items = [share(kari, space, f"Nummer {n}", principle_keys=(principle.translation_key,)) for n in range(5)]
    share(kari, space, "Om noe annet")
    LibraryItem.objects.filter(pk=items[0].pk).update(team_count=4)
    client = signed_in(kari)
    page = words(client, principle.get_absolute_url())
    shown = [title for title in (*(f"Nummer {n}" for n in range(5)), "Om noe annet") if title in page]
    assert shown == ["Nummer 0", "Nummer 3", "Nummer 4"]
    assert page.index("Nummer 0") < page.index("Nummer 4") < page.index("Nummer 3")
    everything = f"{reverse('forum:library')}?prinsipp={principle.translation_key}&amp;sorter=mest-brukt"
    assert everything in page
    assert get_library(kari, LibraryFilter(principle=str(principle.translation_key))).count == 5


def test_a_lesson_leads_to_the_library_and_asks_for_nothing(
    kari: User, space: Space, django_assert_num_queries: Any
) -> None:
    principle = factories.PrincipleFactory.create()
    lesson: LessonPage = factories.LessonPageFactory.create()
    course = lesson.get_parent().specific
    course.principles.add(principle)
    course.save_revision().publish()
    share(kari, space, "Tavlemal", principle_keys=(principle.translation_key,))
    address = reverse("forum:library-practice", args=[course.translation_key])
    client = signed_in(kari)
    assert f'data-later="{address}"' in words(client, page_path(lesson))
    anonymous = words(Client(), page_path(lesson))
    assert "data-later" not in anonymous
    assert f'href="{address}"' in anonymous
    with CaptureQueriesContext(connection) as captured:
        client.get(page_path(lesson))
    assert not [query for query in captured if "forum_library" in query["sql"]]
    part = {"headers": {"X-Flett-Part": "practice"}}
    client.get(address, **part)
    with django_assert_num_queries(4):  # the session, the person, the course's principles, the items
        assert "Tavlemal" in client.get(address, **part).content.decode()
    whole = f"{reverse('forum:library')}?prinsipp={principle.translation_key}&sorter=mest-brukt"
    assert client.get(address)["Location"] == whole
    assert client.get(reverse("forum:library-practice", args=[uuid4()]))["Location"] == reverse("forum:library")


# --- what fits first -----------------------------------------------------------------------------------


def test_what_fits_stands_first(kari: User, space: Space) -> None:
    share(kari, space, "Sist delt", summary="En mal om avtaler")
    share(kari, space, "Om noe", summary="Husk avtale med kommunen")
    share(kari, space, "Møte", tags=("Avtaleverk",))
    share(kari, space, "Mandat", tags=("Avtale",))
    share(kari, space, "Samarbeidsavtalen")
    used = share(kari, space, "Avtale om bolig")
    share(kari, space, "En avtale til")
    LibraryItem.objects.filter(pk=used.pk).update(team_count=3)

    def titles(**query: str) -> list[str]:
        return [item.title for item in signed_in(kari).get(reverse("forum:library"), query).context["library"].items]

    assert titles(q="avtale") == [
        "Avtale om bolig",
        "En avtale til",
        "Samarbeidsavtalen",
        "Mandat",
        "Møte",
        "Om noe",
        "Sist delt",
    ]
    assert titles(q="avtale", sorter="tittel")[0] == "Avtale om bolig"
    assert titles(q="avtale", sorter="nyeste")[0] == "En avtale til"
    assert titles(sorter="relevans")[0] == "En avtale til"
    assert titles(q="mal avtale") == ["Sist delt"]


def test_fitting_costs_no_more(kari: User, space: Space) -> None:
    client = signed_in(kari)
    for number in range(25):
        share(kari, space, f"Avtale {number}", tags=("avtale",))
    for query in ({}, {"q": "avtale om bolig og arbeid"}, {"q": "avtale"}):
        client.get(reverse("forum:library"), query)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("forum:library"), query)
        assert len(captured) == 3
    page = client.get(reverse("forum:library"), {"q": "avtale"}).content.decode()
    assert '<option value="relevans" selected>' in page
    assert "?q=avtale&amp;side=2" in page
    newest = client.get(reverse("forum:library"), {"q": "avtale", "sorter": "nyeste"}).content.decode()
    assert "?q=avtale&amp;sorter=nyeste&amp;side=2" in newest
