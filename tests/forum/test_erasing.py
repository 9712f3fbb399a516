"""What is left in the forum when an account is deleted, what the person's copy holds, and who moderates."""

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.utils import timezone

from forum.actions import reply, start_topic
from forum.models import (
    Attachment,
    Draft,
    ModerationEntry,
    Notice,
    Post,
    Pseudonym,
    Reaction,
    Report,
    Silence,
    Space,
    Topic,
    TopicRead,
    Watch,
)
from forum.pseudonyms import SealedForEverError, open_seal, owned_by
from forum.signals import posts_changed
from people.models import User
from people.own_data import Section, collect
from people.own_data.actions import FORMER_MEMBER_EMAIL, delete_person
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(allows_pseudonyms=True)


def sections_of(person: User) -> dict[str, Section]:
    return {section.name: section for section in collect(person)}


def test_posts_stay_as_the_former_member_s(member: User, space: Space) -> None:
    other = factories.MembershipFactory.create().person
    topic = start_topic(author=member, space=space, title="Tavlemøte", source="<p>Hei</p>")
    reply(author=other, topic=topic, source="<p>Svar</p>")
    delete_person(person=member)
    former = User.objects.get(email=FORMER_MEMBER_EMAIL)
    assert [(post.text, post.author) for post in Post.objects.order_by("number")] == [("Hei", former), ("Svar", other)]
    assert Topic.objects.get().author == former


def test_whoever_keeps_something_of_the_posts_is_told(
    member: User, space: Space, django_capture_on_commit_callbacks: object
) -> None:
    other = factories.MembershipFactory.create().person
    topic = start_topic(author=member, space=space, title="Tavlemøte", source="<p>Hei</p>")
    reply(author=other, topic=topic, source="<p>Svar</p>")
    told: list[list[int]] = []

    def receiver(post_ids: list[int], **kwargs: object) -> None:
        told.append(post_ids)

    posts_changed.connect(receiver)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            delete_person(person=member)
    finally:
        posts_changed.disconnect(receiver)
    assert told == [[topic.posts.get(number=1).pk]]


def test_nobody_is_behind_an_alias_any_more(member: User, space: Space) -> None:
    alias = factories.make_pseudonym(member, space)
    other = factories.MembershipFactory.create().person
    kept = factories.make_pseudonym(other, space, name="Rype")
    start_topic(author=member, space=space, title="Vanskelig", source="<p>Tekst</p>", as_pseudonym=True)
    before = alias.owner
    delete_person(person=member)
    alias.refresh_from_db()
    assert (alias.owner == before, len(alias.owner), alias.sealed, alias.name) == (False, 64, "", "Fjellrev")
    with pytest.raises(SealedForEverError):
        open_seal(alias)
    assert Post.objects.get().pseudonym == alias
    assert open_seal(kept) == other.pk
    assert list(Pseudonym.objects.filter(owned_by(other))) == [kept]


def test_files_of_posts_stay_and_loose_ones_go(
    member: User, space: Space, django_capture_on_commit_callbacks: object
) -> None:
    post = start_topic(author=member, space=space, title="Mal", source="<p>Se her</p>").posts.get()
    in_post = Attachment.objects.create(
        post=post,
        uploader=member,
        name="mal.txt",
        file=ContentFile(b"mal", name="mal"),
        media_type="text/plain",
        size=3,
    )
    loose = Attachment.objects.create(
        place="space:1", uploader=member, name="x", file=ContentFile(b"x", name="x"), media_type="text/plain", size=1
    )
    storage, name = loose.file.storage, loose.file.name
    with django_capture_on_commit_callbacks(execute=True):
        delete_person(person=member)
    assert [(each.pk, each.uploader) for each in Attachment.objects.all()] == [(in_post.pk, None)]
    assert not storage.exists(name)
    in_post.file.delete(save=False)


def test_open_reports_wait_without_the_reporter_and_the_rest_goes(member: User, space: Space) -> None:
    author = factories.MembershipFactory.create().person
    second = factories.MembershipFactory.create().person
    post = start_topic(author=author, space=space, title="Tråd", source="<p>Hei</p>").posts.get()
    for reporter in (member, second):
        Report.objects.create(post=post, reporter=reporter, reason=Report.Reason.OTHER, message="Se på denne")
    Report.objects.create(
        post=post, reporter=member, reason="other", outcome=Report.Outcome.DISMISSED, decided_at=timezone.now()
    )
    Draft.objects.create(person=member, place="space:1", source="utkast")
    Watch.objects.create(person=member, space=space, level=Watch.Level.ALL)
    Reaction.objects.create(person=member, post=post, kind=Reaction.Kind.THANKS)
    TopicRead.objects.create(person=member, topic=post.topic, last_read_number=1)
    Silence.objects.create(person=member, until=timezone.now(), reason="x", given_by=author)
    warned = ModerationEntry.objects.create(verb="warn", person=member, actor=author, message="Tenk deg om")
    Notice.objects.create(person=member, kind=Notice.Kind.DECISION, entry=warned)
    delete_person(person=member)
    delete_person(person=second)
    former = User.objects.get(email=FORMER_MEMBER_EMAIL)
    assert [(each.reporter, each.outcome) for each in Report.objects.all()] == [(former, "")]
    gone = (Draft, Watch, Reaction, TopicRead, Silence, Notice)
    assert [model.objects.count() for model in gone] == [0] * len(gone)
    warned.refresh_from_db()
    assert (warned.person, warned.actor) == (None, author)


def test_the_copy_holds_what_was_written_under_an_alias(member: User, space: Space) -> None:
    factories.make_pseudonym(member, space)
    other = factories.MembershipFactory.create().person
    factories.make_pseudonym(other, space, name="Rype")
    topic = start_topic(author=other, space=space, title="Andres tittel", source="<p>Andres ord</p>", as_pseudonym=True)
    reply(author=member, topic=topic, source="<p>Det vanskelige</p>", as_pseudonym=True)
    reply(author=member, topic=topic, source="<p>I eget navn</p>")
    found = sections_of(member)
    facts = [{fact.key: fact.value for fact in entry} for entry in found["forum-posts"].entries]
    assert [(each["text"], each["alias"]) for each in facts] == [("Det vanskelige", "Fjellrev"), ("I eget navn", None)]
    told = json.dumps([[str(fact.value) for fact in entry] for part in found.values() for entry in part.entries])
    assert "Andres" not in told
    assert "Rype" not in told


@pytest.mark.usefixtures("any_pace")
def test_the_copy_costs_the_same_for_one_and_for_thirty(
    any_pace: None, member: User, space: Space, django_assert_num_queries: object
) -> None:
    from forum import own_data

    def collect_all() -> None:
        for part in (
            own_data.posts,
            own_data.drafts,
            own_data.spaces,
            own_data.reading,
            own_data.reactions,
            own_data.notices,
            own_data.safety,
        ):
            part(member)

    topic = start_topic(author=member, space=space, title="Tråd", source="<p>Hei</p>")
    with django_assert_num_queries(23):
        collect_all()
    for number in range(30):
        reply(author=member, topic=topic, source=f"<p>{number}</p>")
    with django_assert_num_queries(23):
        collect_all()


def test_there_is_a_group_that_moderates() -> None:
    group = Group.objects.get(name="Forum-moderatorer")
    assert list(group.permissions.values_list("codename", flat=True)) == ["moderate_forum"]
    assert Permission.objects.filter(codename="moderate_forum").count() == 1


def test_administrators_can_give_the_right_in_wagtail(client: object) -> None:
    administrator = factories.UserFactory.create(is_superuser=True, is_staff=True)
    client.force_login(administrator)
    group = Group.objects.get(name="Forum-moderatorer")
    content = client.get(f"/admin/groups/edit/{group.pk}/").content.decode()
    assert str(Permission.objects.get(codename="moderate_forum").pk) in content
    assert "moderate FACT Forum" in content
