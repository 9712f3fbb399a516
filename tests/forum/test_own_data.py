"""Every table of the forum that knows a person says so in that person's copy, and lets go when the account goes."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db.models import Model
from django.utils import timezone

from forum.actions import reply
from forum.models import (
    Appeal,
    Attachment,
    CalendarToken,
    DecisionsRead,
    Draft,
    EntryRequest,
    EvaluationDone,
    EventEvaluation,
    EventMailing,
    EventMailReceiver,
    FeedToken,
    LibraryFile,
    LibraryItem,
    LibraryReview,
    LibraryUpload,
    LibraryVersion,
    MailChoice,
    ModerationEntry,
    NewsItem,
    NewsReading,
    Notice,
    NoticeRead,
    Post,
    Reaction,
    Report,
    SentMail,
    Silence,
    SpaceMembership,
    SpaceRead,
    Topic,
    TopicRead,
    Watch,
)
from people import own_data
from people.models import User
from people.own_data.actions import FORMER_MEMBER_EMAIL, delete_person
from tests import factories
from tests.forum.writing import make_topic

pytestmark = pytest.mark.django_db


def file_of(person: User, **fields: Any) -> Attachment:
    content = ContentFile(b"innhold", name="fil")
    return Attachment.objects.create(
        uploader=person, file=content, name="fil.txt", media_type="text/plain", size=7, **fields
    )


def library_file_of(person: User) -> LibraryFile:
    content = ContentFile(b"innhold", name="fil")
    return LibraryFile.objects.create(
        uploader=person, upload=uuid4(), file=content, name="fil.txt", media_type="text/plain", size=7
    )


def letter_to(person: User, post: Post) -> EventMailReceiver:
    event = factories.EventFactory.create(space=post.topic.space)
    mailing = EventMailing.objects.create(event=event, audience="place", subject="Program", text="Se vedlegg.")
    return EventMailReceiver.objects.create(mailing=mailing, person=person)


def appeal_of(person: User) -> Appeal:
    return Appeal.objects.create(entry=ModerationEntry.objects.create(verb="warn"), person=person, text="Se igjen.")


ROWS: dict[str, Callable[[User, Post], Model]] = {
    "forum.Topic.author": lambda person, post: make_topic(author=person, space=post.topic.space),
    "forum.Post.author": lambda person, post: reply(author=person, topic=post.topic, source="<p>Svar</p>"),
    "forum.Attachment.uploader": lambda person, post: file_of(person, place=f"topic:{post.topic_id}"),
    "forum.LibraryItem.owner": lambda person, post: LibraryItem.objects.create(
        owner=person, space=post.topic.space, title="Mandat"
    ),
    "forum.LibraryVersion.created_by": lambda person, post: LibraryVersion.objects.create(
        created_by=person, number=1, item=LibraryItem.objects.create(space=post.topic.space, title="Mandat")
    ),
    "forum.LibraryReview.by": lambda person, post: LibraryReview.objects.create(
        by=person, next_on=timezone.localdate(), item=LibraryItem.objects.create(space=post.topic.space, title="Mandat")
    ),
    "forum.LibraryFile.uploader": lambda person, post: library_file_of(person),
    "forum.EventSignUp.person": lambda person, post: factories.make_sign_up(
        person, factories.EventFactory.create(space=post.topic.space), status="waiting", queue_number=1
    ),
    "forum.NewsItem.author": lambda person, post: NewsItem.objects.create(
        author=person, space=post.topic.space, title="Rutine"
    ),
    "forum.NewsReading.person": lambda person, post: NewsReading.objects.create(
        person=person, round=1, item=NewsItem.objects.create(space=post.topic.space, title="Rutine")
    ),
    "forum.LibraryUpload.person": lambda person, post: LibraryUpload.objects.create(
        person=person, submission=uuid4(), name="fil.txt", size=7
    ),
    "forum.EventMailReceiver.person": letter_to,
    "forum.EvaluationDone.person": lambda person, post: EvaluationDone.objects.create(
        person=person,
        evaluation=EventEvaluation.objects.create(event=factories.EventFactory.create(space=post.topic.space)),
    ),
    "forum.Draft.person": lambda person, post: Draft.objects.create(person=person, place="topic:1", source="Utkast"),
    "forum.SpaceMembership.person": lambda person, post: SpaceMembership.objects.create(
        person=person, space=post.topic.space
    ),
    "forum.EntryRequest.person": lambda person, post: EntryRequest.objects.create(
        person=person, space=post.topic.space
    ),
    "forum.TopicRead.person": lambda person, post: TopicRead.objects.create(
        person=person, topic=post.topic, last_read_number=1
    ),
    "forum.SpaceRead.person": lambda person, post: SpaceRead.objects.create(
        person=person, space=post.topic.space, read_all_at=timezone.now()
    ),
    "forum.Reaction.person": lambda person, post: Reaction.objects.create(person=person, post=post, kind="thanks"),
    "forum.Notice.person": lambda person, post: Notice.objects.create(person=person, post=post, kind="mention"),
    "forum.NoticeRead.person": lambda person, post: NoticeRead.objects.create(
        person=person, all_read_at=timezone.now()
    ),
    "forum.Watch.person": lambda person, post: Watch.objects.create(person=person, topic=post.topic, level="all"),
    "forum.MailChoice.person": lambda person, post: MailChoice.objects.create(person=person),
    "forum.SentMail.person": lambda person, post: SentMail.objects.create(
        person=person, kind="digest", occasion="2026-11-23"
    ),
    "forum.FeedToken.person": lambda person, post: FeedToken.objects.create(person=person, digest="x" * 64),
    "forum.CalendarToken.person": lambda person, post: CalendarToken.objects.create(person=person, digest="x" * 64),
    "forum.Report.reporter": lambda person, post: Report.objects.create(post=post, reporter=person, reason="other"),
    "forum.ModerationEntry.person": lambda person, post: ModerationEntry.objects.create(verb="warn", person=person),
    "forum.Silence.person": lambda person, post: Silence.objects.create(
        person=person, until=timezone.now(), reason="Ro"
    ),
    "forum.Appeal.person": lambda person, post: appeal_of(person),
    "forum.DecisionsRead.person": lambda person, post: DecisionsRead.objects.create(
        person=person, read_at=timezone.now()
    ),
}
"""A row of each column that a collector of the forum answers for."""


@pytest.fixture
def post() -> Post:
    """Somebody else's."""
    return make_topic().posts.get()


@pytest.fixture
def member() -> User:
    return factories.MembershipFactory.create().person


def section_of(column: str) -> str:
    return next(each.name for each in own_data.registered() if column in each.covers)


def size_of(person: User) -> dict[str, int]:
    """How much each section holds of somebody."""
    return {each.name: len(each.entries) + len(each.files) for each in own_data.collect(person)}


def test_there_is_a_row_for_every_column_answered_for() -> None:
    assert set(ROWS) == {column for column in own_data.covered_columns() if column.startswith("forum.")}


@pytest.mark.parametrize("column", ROWS)
def test_a_row_is_in_the_copy_of_its_person_and_in_nobody_else_s(column: str, member: User, post: Post) -> None:
    other = factories.MembershipFactory.create().person
    before, others_before = size_of(member), size_of(other)
    ROWS[column](member, post)
    after = size_of(member)
    assert after[section_of(column)] > before[section_of(column)]
    assert size_of(other) == others_before


def pointing_at(number: int) -> set[str]:
    """The columns of the forum that hold this account's number."""
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_app_config("forum").get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if field.related_model is User and model._default_manager.filter(**{field.name: number}).exists()
    }


def test_nothing_in_the_forum_points_at_a_deleted_account(member: User, post: Post) -> None:
    for make in ROWS.values():
        make(member, post)
    number = member.pk
    assert set(ROWS) <= pointing_at(number)
    delete_person(person=member)
    assert pointing_at(number) == set()
    former = User.objects.get(email=FORMER_MEMBER_EMAIL)
    assert (Topic.objects.filter(author=former).count(), Post.objects.filter(author=former).count()) == (1, 2)
    assert not Draft.objects.exists()
    assert not Attachment.objects.exists()
    assert not LibraryFile.objects.exists()
    assert not SentMail.objects.exists()
