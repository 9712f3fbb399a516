"""Starting, answering, changing and deleting."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tasks_db.models import DBTaskResult

from forum import tasks
from forum.actions import delete_post, edit_post, mark_all_read, mark_read, reply, start_topic
from forum.models import Notice, Post, Space, SpaceRead, State, Topic, TopicRead
from home.models import SearchDocument
from people.models import User
from safety.text import TextRefusedError
from tests import factories

pytestmark = pytest.mark.django_db

BIRTH_NUMBER = "01010" + "750160"


@pytest.fixture
def member() -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create()


def test_a_topic_and_its_answers_are_numbered_and_counted(member: User, space: Space) -> None:
    topic = start_topic(author=member, space=space, title="Tavlemøte", source="<p>Hvordan gjør dere det?</p>")
    answer = reply(author=member, topic=topic, source="<p>Stående.</p><script>alert(1)</script>")
    topic.refresh_from_db()
    space.refresh_from_db()
    assert (answer.number, topic.last_number, topic.post_count, space.topic_count) == (2, 2, 2, 1)
    assert answer.html == "<p>Stående.</p>"
    assert topic.last_post_at == space.last_post_at == answer.created_at


@pytest.mark.parametrize("others", [1, 30])
def test_an_answer_costs_the_same_in_a_long_topic(member: User, space: Space, any_pace: object, others: int) -> None:
    topic = start_topic(author=member, space=space, title="Tavlemøte", source="<p>Hvordan gjør dere det?</p>")
    for _ in range(others):
        reply(author=member, topic=topic, source="<p>Stående.</p>")
    with CaptureQueriesContext(connection) as queries:
        reply(author=member, topic=topic, source="<p>Sittende.</p>")
    assert [each["sql"] for each in queries.captured_queries if "COUNT(" in each["sql"]] == []
    topic.refresh_from_db()
    assert topic.post_count == topic.posts.count() == others + 2


def test_what_follows_a_post_is_committed_with_it_where_tasks_wait(member: User, space: Space, settings: Any) -> None:
    """A process that dies right after the commit leaves the work behind, and a post that is not kept leaves none."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    asker = factories.MembershipFactory.create().person
    topic = start_topic(author=asker, space=space, title="Tavlemøte", source="<p>Hvordan gjør dere det?</p>")
    DBTaskResult.objects.all().delete()
    with pytest.raises(RuntimeError), transaction.atomic():
        reply(author=member, topic=topic, source="<p>Stående.</p>")
        raise RuntimeError
    assert DBTaskResult.objects.count() == 0
    answer = reply(author=member, topic=topic, source="<p>Kokosbolle.</p>")
    waiting = DBTaskResult.objects.get()
    assert (waiting.task_path, waiting.args_kwargs["args"]) == ("forum.tasks.follow_posts", [[answer.pk], [answer.pk]])
    for _ in range(2):
        tasks.follow_posts.call(*waiting.args_kwargs["args"])
    assert Notice.objects.get(post=answer).person == asker
    assert SearchDocument.objects.filter(post=answer).count() == 1


def test_an_identity_number_is_never_stored(member: User, space: Space) -> None:
    with pytest.raises(TextRefusedError):
        start_topic(author=member, space=space, title="Spørsmål", source=f"<p>Om {BIRTH_NUMBER}</p>")
    assert Topic.objects.count() == Post.objects.count() == 0


def test_an_alias_gives_no_person_away(member: User) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    alias = factories.make_pseudonym(member, space)
    topic = start_topic(author=member, space=space, title="Vanskelig", source="<p>Tekst</p>", as_pseudonym=True)
    assert (topic.author, topic.pseudonym, topic.posts.get().author) == (None, alias, None)
    other = factories.MembershipFactory.create().person
    with pytest.raises(PermissionDenied):
        reply(author=other, topic=topic, source="<p>Hei</p>", as_pseudonym=True)


def test_editing_keeps_how_it_read(member: User, space: Space) -> None:
    topic = start_topic(author=member, space=space, title="Før", source="<p>Før</p>")
    post = edit_post(editor=member, post=topic.posts.get(), source="<p>Etter</p>", title="Etter")
    topic.refresh_from_db()
    assert (topic.title, post.text, post.edits.get().html, post.edits.get().title) == (
        "Etter",
        "Etter",
        "<p>Før</p>",
        "Før",
    )


def test_deleting_leaves_a_place_without_text(member: User, space: Space) -> None:
    topic = start_topic(author=member, space=space, title="Tråd", source="<p>Først</p>")
    answer = reply(author=factories.MembershipFactory.create().person, topic=topic, source="<p>Svar</p>")
    delete_post(person=member, post=topic.posts.get(number=1))
    topic.refresh_from_db()
    assert (topic.state, topic.post_count) == (State.NORMAL, 1)
    assert topic.posts.get(number=1).text == ""
    delete_post(person=answer.author, post=answer)
    topic.refresh_from_db()
    assert (topic.state, topic.post_count) == (State.DELETED, 0)


def test_reading_never_falls_and_all_is_marked_by_one_row(member: User, space: Space) -> None:
    topic = start_topic(author=member, space=space, title="Tråd", source="<p>Først</p>")
    for _ in range(3):
        reply(author=member, topic=topic, source="<p>Svar</p>")
    topic.refresh_from_db()
    mark_read(reader=member, topic=topic, number=3)
    mark_read(reader=member, topic=topic, number=2)
    assert TopicRead.objects.get().last_read_number == 3
    mark_all_read(reader=member, space=space)
    assert SpaceRead.objects.get().read_all_at > topic.last_post_at


def test_an_answer_is_told_to_whoever_asked(
    member: User, space: Space, django_capture_on_commit_callbacks: object
) -> None:
    topic = start_topic(author=member, space=space, title="Tråd", source="<p>Først</p>")
    other = factories.MembershipFactory.create().person
    with django_capture_on_commit_callbacks(execute=True):
        post = reply(author=other, topic=topic, source="<p>Svar</p>")
    notice = Notice.objects.get()
    assert (notice.person, notice.kind, notice.post) == (member, Notice.Kind.REPLY, post)
