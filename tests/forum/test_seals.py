"""Opening a seal takes two moderators and a reason, shows the person once to each, and is told to the author."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from wagtail.admin.viewsets import viewsets
from wagtail.snippets.models import get_snippet_models

from forum import tasks
from forum.actions import aliases, reply, seals, start_topic
from forum.models import ModerationEntry, Notice, Post, Pseudonym, Report, SealOpening, Silence, Space
from forum.permissions import IDENTITY_DAYS, user_can_see_identity
from forum.pseudonyms import SealedForEverError
from forum.queries.seals import count_unseen_openings, get_openings_told_to
from people.models import Team, User
from safety.guard import PatientDataError
from safety.text import TextRefusedError
from tests import factories

pytestmark = pytest.mark.django_db

REASON = "Innlegget kan tyde på at noen er i fare."
BIRTH_NUMBER = "01010" + "750160"


@pytest.fixture
def author(db: None) -> User:
    return factories.MembershipFactory.create(
        person=factories.UserFactory.create(first_name="Synnøve", last_name="Fjeldstad", email="synnove@example.org")
    ).person


@pytest.fixture
def space(db: None) -> Space:
    return factories.SpaceFactory.create(allows_pseudonyms=True)


@pytest.fixture
def alias(author: User, space: Space) -> Pseudonym:
    return aliases.choose_alias(person=author, space=space, name="Fjellrev")


@pytest.fixture
def one(db: None) -> User:
    return factories.make_moderator()


@pytest.fixture
def two(db: None) -> User:
    return factories.make_moderator()


@pytest.fixture
def opened(alias: Pseudonym, one: User, two: User) -> SealOpening:
    return seals.agree_to_open(opening=seals.ask_to_open(pseudonym=alias, by=one, reason=REASON), by=two)


def log_of(alias: Pseudonym) -> list[tuple[str, Any, Any]]:
    rows = ModerationEntry.objects.filter(pseudonym=alias).order_by("pk")
    return list(rows.values_list("verb", "actor", "person"))


def test_one_asks_another_agrees_each_looks_once(
    alias: Pseudonym, author: User, one: User, two: User, opened: SealOpening
) -> None:
    assert log_of(alias) == [("seal_asked", one.pk, None), ("seal_opened", two.pk, None)]
    third = factories.make_moderator()
    with pytest.raises(PermissionDenied):
        seals.look_behind(opening=opened, by=third)
    for moderator in (one, two):
        assert seals.look_behind(opening=opened, by=moderator) == author
        with pytest.raises(PermissionDenied):
            seals.look_behind(opening=opened, by=moderator)


def test_nobody_agrees_with_themselves(alias: Pseudonym, one: User) -> None:
    opening = seals.ask_to_open(pseudonym=alias, by=one, reason=REASON)
    for answer in (seals.agree_to_open, seals.refuse_to_open):
        with pytest.raises(PermissionDenied):
            answer(opening=opening, by=one)
    with pytest.raises(IntegrityError), transaction.atomic():
        SealOpening.objects.filter(pk=opening.pk).update(answered_by=one, answered_at=timezone.now(), agreed=True)
    with pytest.raises(PermissionDenied):
        seals.look_behind(opening=opening, by=one)


def test_a_no_keeps_it_shut_and_it_may_be_asked_again(alias: Pseudonym, one: User, two: User) -> None:
    opening = seals.ask_to_open(pseudonym=alias, by=one, reason=REASON)
    with pytest.raises(seals.AlreadyAskedError):
        seals.ask_to_open(pseudonym=alias, by=two, reason=REASON)
    seals.refuse_to_open(opening=opening, by=two)
    assert log_of(alias)[-1] == ("seal_refused", two.pk, None)
    for moderator in (one, two):
        with pytest.raises(PermissionDenied):
            seals.look_behind(opening=opening, by=moderator)
    with pytest.raises(seals.AlreadyAnsweredError):
        seals.agree_to_open(opening=opening, by=two)
    seals.ask_to_open(pseudonym=alias, by=one, reason=REASON)
    with pytest.raises(IntegrityError), transaction.atomic():
        SealOpening.objects.filter(pk=opening.pk).update(asker_has_seen=True)


@pytest.mark.parametrize("reason", ["", "Må vite", "x" * 601, " " * 40])
def test_a_reason_is_a_sentence(alias: Pseudonym, one: User, reason: str) -> None:
    with pytest.raises(TextRefusedError):
        seals.ask_to_open(pseudonym=alias, by=one, reason=reason)
    assert not SealOpening.objects.exists()


def test_a_reason_holds_no_identity_number(alias: Pseudonym, one: User) -> None:
    with pytest.raises(PatientDataError):
        seals.ask_to_open(pseudonym=alias, by=one, reason=f"Det gjelder {BIRTH_NUMBER}, tror jeg.")


def test_a_facilitator_may_not_and_nor_may_anybody_else(alias: Pseudonym, space: Space, author: User) -> None:
    facilitator = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=space, person=facilitator, facilitator=True)
    for person in (facilitator, author, factories.UserFactory.create()):
        with pytest.raises(PermissionDenied):
            seals.ask_to_open(pseudonym=alias, by=person, reason=REASON)


def test_in_a_closed_space_only_what_is_reported_can_be_opened(author: User, one: User) -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE, allows_pseudonyms=True)
    factories.SpaceMembershipFactory.create(space=closed, person=author)
    alias = aliases.choose_alias(person=author, space=closed, name="Havørn")
    topic = start_topic(author=author, space=closed, title="Vanskelig", source="<p>Tekst</p>", as_pseudonym=True)
    with pytest.raises(PermissionDenied):
        seals.ask_to_open(pseudonym=alias, by=one, reason=REASON)
    Report.objects.create(post=topic.posts.get(), reporter=author, reason=Report.Reason.WORRY)
    assert seals.ask_to_open(pseudonym=alias, by=one, reason=REASON).pseudonym == alias


def test_a_week_later_it_is_too_late_to_look(one: User, opened: SealOpening) -> None:
    assert user_can_see_identity(one, opened)
    SealOpening.objects.update(answered_at=timezone.now() - timedelta(days=IDENTITY_DAYS, minutes=1))
    with pytest.raises(PermissionDenied):
        seals.look_behind(opening=opened, by=one)


def test_who_is_no_moderator_any_more_does_not_look(one: User, opened: SealOpening) -> None:
    one.groups.clear()
    with pytest.raises(PermissionDenied):
        seals.look_behind(opening=opened, by=one)


def test_an_erased_account_leaves_nobody_behind_the_alias(author: User, one: User, opened: SealOpening) -> None:
    User.objects.filter(pk=author.pk).delete()
    assert seals.look_behind(opening=opened, by=one) is None


def test_without_the_key_it_stays_shut_and_the_look_is_not_used_up(
    one: User, author: User, opened: SealOpening, settings: Any
) -> None:
    kept = settings.PSEUDONYM_KEY
    settings.PSEUDONYM_KEY = "another" * 10
    with pytest.raises(SealedForEverError):
        seals.look_behind(opening=opened, by=one)
    settings.PSEUDONYM_KEY = kept
    assert seals.look_behind(opening=opened, by=one) == author


def test_the_author_is_told_in_flett_and_by_a_mail_that_tells_nothing(
    author: User, alias: Pseudonym, one: User, two: User, django_capture_on_commit_callbacks: Any
) -> None:
    opening = seals.ask_to_open(pseudonym=alias, by=one, reason=REASON)
    with django_capture_on_commit_callbacks(execute=True):
        seals.agree_to_open(opening=opening, by=two)
    assert [told.pseudonym for told in get_openings_told_to(author)] == [alias]
    assert count_unseen_openings(author) == 1
    assert count_unseen_openings(one) == 0
    [message] = mail.outbox
    assert message.to == ["synnove@example.org"]
    written = message.subject + str(message.body)
    for secret in (alias.name, alias.space.name, REASON, "alias", one.first_name):
        assert secret not in written
    assert "/forum/til-deg/" in written
    tasks.tell_of_opening.enqueue(opening.pk)
    assert len(mail.outbox) == 1, "told once"
    seals.mark_openings_seen(person=author)
    assert count_unseen_openings(author) == 0


def test_a_refused_question_is_not_told(
    author: User, alias: Pseudonym, one: User, two: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        seals.refuse_to_open(opening=seals.ask_to_open(pseudonym=alias, by=one, reason=REASON), by=two)
    assert (list(get_openings_told_to(author)), mail.outbox) == ([], [])


def test_nothing_that_is_stored_joins_the_person_and_the_alias(
    author: User, alias: Pseudonym, one: User, two: User, opened: SealOpening
) -> None:
    """All rows of the forum after an opening that both have looked behind: none holds the author."""
    seals.look_behind(opening=opened, by=one)
    seals.look_behind(opening=opened, by=two)
    seals.mark_openings_seen(person=author)
    assert not Notice.objects.filter(person=author).exists()
    for model in apps.get_app_config("forum").get_models():
        for field in model._meta.local_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is User:
                assert not model._default_manager.filter(**{field.name: author}).exists(), (model, field.name)
        for row in model._default_manager.values():
            said = " ".join(str(value) for value in row.values())
            assert author.email not in said
            assert "Synnøve" not in said


SEALED: tuple[type[models.Model], ...] = (Pseudonym, SealOpening)


def test_nothing_of_the_seal_is_registered_anywhere() -> None:
    """No editor, list or chooser reaches an alias, an opening, or what an alias has written."""
    assert not apps.is_installed("django.contrib.admin"), "register nothing of these there: " + str(SEALED)
    in_lists = {getattr(each, "model", None) for each in viewsets.viewsets}
    assert Team in in_lists, "the walk sees what is registered"
    for registered in (in_lists, set(get_snippet_models())):
        assert registered & {*SEALED, Post, ModerationEntry, Silence} == set()


def test_an_alias_answers_under_its_name_after_the_opening(
    author: User, alias: Pseudonym, space: Space, opened: SealOpening
) -> None:
    topic = start_topic(author=author, space=space, title="Tråd", source="<p>Hei</p>")
    post = reply(author=author, topic=topic, source="<p>Fortsatt</p>", as_pseudonym=True)
    assert (post.author, post.pseudonym) == (None, alias)
