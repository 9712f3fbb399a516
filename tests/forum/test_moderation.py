"""Reporting, deciding, appealing: what is done, what is logged, who is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from forum.actions import delete_post, mark_all_read, mark_read, reply, start_topic
from forum.actions.moderation import (
    AppealError,
    CaseChangedError,
    appeal,
    choices_for,
    decide,
    decide_appeal,
    lift_silence,
    mark_decisions_read,
    stamp_of,
)
from forum.actions.pace import TooFastError
from forum.actions.reports import report_post
from forum.models import (
    Appeal,
    ModerationEntry,
    Notice,
    Post,
    PostEdit,
    Report,
    Silence,
    Space,
    State,
    Topic,
    TopicRead,
)
from forum.permissions import posts_visible_to, user_can_write_in_space
from forum.queries.moderation import decisions_about, in_words, outcome_in_words, unread_alias_decisions
from people.models import User
from safety.text import TextRefusedError
from tests import factories

pytestmark = pytest.mark.django_db

BIRTH_NUMBER = "01010" + "750160"
Verb = ModerationEntry.Verb


def make_member(*, days: int = 400, **person: Any) -> User:
    """Somebody in a team, with an account so many days old."""
    joined = timezone.now() - timedelta(days=days)
    return factories.MembershipFactory.create(person=factories.UserFactory.create(date_joined=joined, **person)).person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(allows_pseudonyms=True)


@pytest.fixture
def author() -> User:
    return make_member()


@pytest.fixture
def reader() -> User:
    return make_member()


@pytest.fixture
def facilitator(space: Space) -> User:
    person = make_member()
    factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    return person


@pytest.fixture
def moderator() -> User:
    return factories.make_moderator()


@pytest.fixture
def post(author: User, space: Space) -> Post:
    return start_topic(author=author, space=space, title="Tråd", source="<p>Innlegget</p>").posts.get()


def told(person: User) -> list[tuple[str, str]]:
    """What the person's list of news says, oldest first: kind, and the verb of the decision."""
    rows = Notice.objects.filter(person=person, entry__isnull=False).order_by("pk")
    return list(rows.values_list("kind", "entry__verb"))


# --- reporting ------------------------------------------------------------------------------------------


def test_a_report_waits_and_a_second_is_the_same(post: Post, reader: User) -> None:
    first = report_post(reporter=reader, post=post, reason="harassment", message="Stygt")
    second = report_post(reporter=reader, post=post, reason="other")
    post.refresh_from_db()
    assert (first.pk, first.reason, second.pk, post.state) == (second.pk, "harassment", first.pk, State.NORMAL)
    assert Report.objects.count() == 1


def test_patient_data_hides_at_once(post: Post, author: User, reader: User) -> None:
    report_post(reporter=reader, post=post, reason="patient_data")
    post.refresh_from_db()
    entry = ModerationEntry.objects.get()
    assert (post.state, post.topic.state) == (State.HIDDEN, State.HIDDEN)
    assert (entry.verb, entry.actor, entry.person, entry.post) == (Verb.AUTO_HIDE, None, author, post)
    assert told(author) == [("decision", "auto_hide")]
    assert not posts_visible_to(make_member()).filter(pk=post.pk).exists()


@pytest.mark.parametrize("standing", ["new", "paused", "refused three times"])
def test_who_has_no_standing_reports_without_hiding(
    post: Post, space: Space, author: User, moderator: User, standing: str
) -> None:
    reporter = make_member(days=6 if standing == "new" else 8)
    if standing == "paused":
        Silence.objects.create(
            person=reporter, until=timezone.now() + timedelta(days=1), reason="x", given_by=moderator
        )
    if standing == "refused three times":
        for number in range(3):
            other = start_topic(author=author, space=space, title=f"{number}", source="<p>x</p>").posts.get()
            report_post(reporter=reporter, post=other, reason="patient_data")
            other.refresh_from_db()
            assert other.state == State.HIDDEN
            decide(moderator=moderator, post=other, verb=Verb.SHOW)
    report_post(reporter=reporter, post=post, reason="patient_data")
    post.refresh_from_db()
    assert post.state == State.NORMAL
    assert post.reports.filter(outcome="").count() == 1


def test_a_post_that_was_looked_at_stays_until_it_is_changed(post: Post, reader: User, moderator: User) -> None:
    report_post(reporter=reader, post=post, reason="patient_data")
    decide(moderator=moderator, post=post, verb=Verb.SHOW)
    report_post(reporter=make_member(), post=post, reason="patient_data")
    post.refresh_from_db()
    assert post.state == State.NORMAL
    Post.objects.filter(pk=post.pk).update(edited_at=timezone.now())
    report_post(reporter=make_member(), post=post, reason="patient_data")
    post.refresh_from_db()
    assert post.state == State.HIDDEN


def test_nobody_reports_what_they_do_not_see_or_wrote(post: Post, author: User, space: Space) -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    inside = factories.SpaceMembershipFactory.create(space=closed).person
    hidden_away = start_topic(author=inside, space=closed, title="Skjult", source="<p>x</p>").posts.get()
    for reporter, reported in ((author, post), (make_member(), hidden_away), (factories.make_moderator(), hidden_away)):
        with pytest.raises(PermissionDenied):
            report_post(reporter=reporter, post=reported, reason="other")
    assert Report.objects.count() == 0


def test_reporting_has_a_pace(space: Space, reader: User) -> None:
    posts = [
        start_topic(author=make_member(), space=space, title=str(number), source="<p>x</p>").posts.get()
        for number in range(11)
    ]
    for each in posts[:10]:
        report_post(reporter=reader, post=each, reason="other")
    with pytest.raises(TooFastError):
        report_post(reporter=reader, post=posts[10], reason="other")
    assert Report.objects.filter(reporter=reader).count() == 10


def test_a_report_holds_no_identity_number(post: Post, reader: User) -> None:
    with pytest.raises(TextRefusedError):
        report_post(reporter=reader, post=post, reason="patient_data", message=f"Det står {BIRTH_NUMBER}")
    post.refresh_from_db()
    assert (Report.objects.count(), post.state) == (0, State.NORMAL)


# --- deciding -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "state", "outcome"),
    [
        (Verb.HIDE, State.HIDDEN, "upheld"),
        (Verb.DELETE, State.DELETED, "upheld"),
        (Verb.WARN, State.NORMAL, "upheld"),
        (Verb.SILENCE, State.NORMAL, "upheld"),
        (Verb.DISMISS, State.NORMAL, "dismissed"),
    ],
)
def test_deciding_ends_the_reports_and_tells(
    post: Post, author: User, reader: User, facilitator: User, verb: str, state: str, outcome: str
) -> None:
    report_post(reporter=reader, post=post, reason="harassment")
    entry = decide(
        moderator=facilitator, post=post, verb=verb, reason="Hets", message="Ikke slik", days=7, seen=stamp_of(post)
    )
    post.refresh_from_db()
    report = Report.objects.get()
    assert (post.state, report.outcome, report.decided_by) == (state, outcome, facilitator)
    assert (entry.actor, entry.person, entry.space, entry.reason, entry.message) == (
        facilitator,
        author,
        post.topic.space,
        "Hets",
        "Ikke slik",
    )
    assert told(reader) == [("decision", verb)]
    assert told(author) == ([] if verb == Verb.DISMISS else [("decision", verb)])
    assert outcome_in_words(entry) != ""


def test_deleting_empties_text_files_and_history(post: Post, facilitator: User) -> None:
    PostEdit.objects.create(post=post, html="<p>Før</p>", title="Før")
    decide(moderator=facilitator, post=post, verb=Verb.DELETE, reason="Pasient")
    post.refresh_from_db()
    topic = Topic.objects.get()
    assert (post.source, post.html, post.text, post.edits.count()) == ("", "", "", 0)
    assert (topic.state, topic.title) == (State.DELETED, "")


def test_a_title_that_gave_something_away_gets_another(post: Post, reader: User, facilitator: User) -> None:
    reply(author=reader, topic=post.topic, source="<p>Svar</p>")
    decide(moderator=facilitator, post=post, verb=Verb.DELETE, reason="Pasient", title="Slettet spørsmål")
    topic = Topic.objects.get()
    assert (topic.state, topic.title, topic.post_count) == (State.NORMAL, "Slettet spørsmål", 1)


def test_what_its_author_took_back_is_emptied_when_the_report_is_decided(
    post: Post, author: User, reader: User, facilitator: User
) -> None:
    report_post(reporter=reader, post=post, reason="harassment")
    delete_post(person=author, post=post)
    post.refresh_from_db()
    assert (post.state, post.text) == (State.DELETED, "Innlegget")
    assert choices_for(post, has_open_reports=True) == ["delete", "warn", "silence", "dismiss"]
    decide(moderator=facilitator, post=post, verb=Verb.DISMISS)
    post.refresh_from_db()
    assert (post.state, post.text, post.source) == (State.DELETED, "", "")


def test_acting_on_a_case_that_has_changed_does_nothing(
    post: Post, reader: User, facilitator: User, moderator: User
) -> None:
    report_post(reporter=reader, post=post, reason="harassment")
    seen = stamp_of(post)
    decide(moderator=facilitator, post=post, verb=Verb.HIDE, reason="Hets", seen=seen)
    with pytest.raises(CaseChangedError):
        decide(moderator=moderator, post=post, verb=Verb.DELETE, reason="Hets", seen=seen)
    with pytest.raises(CaseChangedError):
        decide(moderator=moderator, post=post, verb=Verb.HIDE, reason="Hets")
    assert list(ModerationEntry.objects.values_list("verb", flat=True)) == ["hide"]


def test_nobody_decides_about_their_own(space: Space, facilitator: User) -> None:
    own = start_topic(author=facilitator, space=space, title="Mitt", source="<p>x</p>").posts.get()
    factories.make_pseudonym(facilitator, space)
    as_alias = reply(author=facilitator, topic=own.topic, source="<p>y</p>", as_pseudonym=True)
    for each in (own, as_alias):
        with pytest.raises(PermissionDenied):
            decide(moderator=facilitator, post=each, verb=Verb.HIDE, reason="x")


def test_moderators_decide_in_closed_spaces_about_what_is_reported_only() -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    first, second = (factories.SpaceMembershipFactory.create(space=closed).person for _ in range(2))
    topic = start_topic(author=first, space=closed, title="Skjult", source="<p>En</p>")
    answer = reply(author=first, topic=topic, source="<p>To</p>")
    moderator = factories.make_moderator()
    for each in (topic.posts.get(number=1), answer):
        with pytest.raises(PermissionDenied):
            decide(moderator=moderator, post=each, verb=Verb.HIDE, reason="x")
    report_post(reporter=second, post=answer, reason="harassment")
    decide(moderator=moderator, post=answer, verb=Verb.HIDE, reason="x")
    with pytest.raises(PermissionDenied):
        decide(moderator=moderator, post=topic.posts.get(number=1), verb=Verb.HIDE, reason="x")
    answer.refresh_from_db()
    assert answer.state == State.HIDDEN


def test_a_decision_holds_no_identity_number(post: Post, facilitator: User) -> None:
    for words in ({"reason": BIRTH_NUMBER}, {"message": BIRTH_NUMBER}, {"title": BIRTH_NUMBER}):
        with pytest.raises(TextRefusedError):
            decide(moderator=facilitator, post=post, verb=Verb.DELETE, **words)
    assert ModerationEntry.objects.count() == 0


# --- pauses ---------------------------------------------------------------------------------------------


def test_a_pause_holds_in_the_space_and_can_be_lifted(
    post: Post, space: Space, author: User, facilitator: User
) -> None:
    elsewhere = factories.SpaceFactory.create()
    decide(moderator=facilitator, post=post, verb=Verb.SILENCE, reason="Hets", days=7)
    silence = Silence.objects.get()
    assert silence.until - silence.given_at == timedelta(days=7)
    assert [user_can_write_in_space(author, each) for each in (space, elsewhere)] == [False, True]
    lift_silence(moderator=facilitator, silence=silence, post=post)
    assert user_can_write_in_space(author, space)
    assert told(author) == [("decision", "silence"), ("decision", "unsilence")]


def test_only_moderators_give_a_pause_everywhere(
    post: Post, space: Space, author: User, facilitator: User, moderator: User
) -> None:
    for given in ({"days": 7, "everywhere": True}, {"days": 365}):
        with pytest.raises(PermissionDenied):
            decide(moderator=facilitator, post=post, verb=Verb.SILENCE, reason="x", **given)
    decide(moderator=moderator, post=post, verb=Verb.SILENCE, reason="x", days=30, everywhere=True)
    assert [user_can_write_in_space(author, each) for each in (space, factories.SpaceFactory.create())] == [
        False,
        False,
    ]
    with pytest.raises(PermissionDenied):
        lift_silence(moderator=facilitator, silence=Silence.objects.get(), post=post)


def test_an_alias_pause_silences_the_person_and_names_nobody(author: User, space: Space, facilitator: User) -> None:
    alias = factories.make_pseudonym(author, space)
    post = start_topic(author=author, space=space, title="T", source="<p>x</p>", as_pseudonym=True).posts.get()
    decide(moderator=facilitator, post=post, verb=Verb.SILENCE, reason="x", days=1)
    silence = Silence.objects.get()
    assert (silence.person, silence.pseudonym) == (None, alias)
    assert not user_can_write_in_space(author, space)


# --- aliases --------------------------------------------------------------------------------------------


def test_what_is_decided_about_an_alias_reaches_the_person_by_no_stored_row(
    author: User, space: Space, facilitator: User, moderator: User
) -> None:
    alias = factories.make_pseudonym(author, space)
    post = start_topic(author=author, space=space, title="T", source="<p>x</p>", as_pseudonym=True).posts.get()
    before = rows_that_hold(author)
    entry = decide(moderator=facilitator, post=post, verb=Verb.HIDE, reason="x", message="Se her")
    assert (entry.person, entry.pseudonym) == (None, alias)
    assert list(decisions_about(author)) == list(unread_alias_decisions(author)) == [entry]
    assert list(decisions_about(make_member())) == []
    asked = appeal(person=author, entry=entry, text="Jeg er uenig")
    assert (asked.person, asked.pseudonym) == (None, alias)
    decide_appeal(moderator=moderator, appeal=asked, upheld=True, answer="Enig")
    assert rows_that_hold(author) == before
    assert [each.verb for each in decisions_about(author)] == ["appeal_upheld", "hide"]
    mark_decisions_read(person=author)
    assert list(unread_alias_decisions(author)) == []


def rows_that_hold(person: User) -> dict[str, int]:
    """How many rows of the forum's tables point at the person."""
    from django.apps import apps

    return {
        f"{model.__name__}.{field.name}": model._default_manager.filter(**{field.name: person}).count()
        for model in apps.get_app_config("forum").get_models()
        for field in model._meta.local_fields
        if field.remote_field and field.related_model is User
    }


# --- held posts -----------------------------------------------------------------------------------------


def test_a_held_answer_is_shown_as_new(author: User, reader: User, moderator: User) -> None:
    space = factories.SpaceFactory.create(holds_first_posts=True)
    opener = factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=make_member()).person
    topic = start_topic(author=opener, space=space, title="T", source="<p>1</p>")
    assert topic.state == State.NORMAL
    held = reply(author=author, topic=topic, source="<p>2</p>")
    reply(author=opener, topic=topic, source="<p>3</p>")
    topic.refresh_from_db()
    mark_read(reader=reader, topic=topic, number=3)
    mark_all_read(reader=reader, space=space)
    read_all_at = timezone.now()
    assert held.state == State.HELD
    decide(moderator=opener, post=held, verb=Verb.APPROVE)
    held.refresh_from_db()
    topic.refresh_from_db()
    assert (held.state, held.number, topic.last_number, topic.post_count) == (State.NORMAL, 4, 4, 3)
    assert held.created_at >= read_all_at
    assert held.number > TopicRead.objects.get(person=reader).last_read_number
    assert topic.last_post_at == held.created_at
    assert reply(author=author, topic=topic, source="<p>5</p>").state == State.NORMAL


def test_a_held_topic_keeps_its_first_number_and_is_told(author: User, django_capture_on_commit_callbacks: Any) -> None:
    space = factories.SpaceFactory.create(holds_first_posts=True)
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True).person
    topic = start_topic(author=author, space=space, title="T", source="<p>1</p>")
    held = topic.posts.get()
    with django_capture_on_commit_callbacks() as callbacks:
        decide(moderator=facilitator, post=held, verb=Verb.APPROVE)
    topic.refresh_from_db()
    held.refresh_from_db()
    assert (topic.state, held.number, topic.created_at) == (State.NORMAL, 1, held.created_at)
    assert [callback.args for callback in callbacks if getattr(callback, "args", ())] == [([held.pk], [held.pk])]
    assert told(author) == [("decision", "approve")]


def test_a_facilitator_s_alias_is_held_as_everybody_s() -> None:
    space = factories.SpaceFactory.create(holds_first_posts=True, allows_pseudonyms=True)
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True, person=make_member()).person
    factories.make_pseudonym(facilitator, space)
    topic = start_topic(author=facilitator, space=space, title="T", source="<p>1</p>", as_pseudonym=True)
    assert topic.state == State.HELD


def test_a_refused_post_is_hidden_and_shown_as_new_when_the_appeal_is_upheld(author: User, moderator: User) -> None:
    space = factories.SpaceFactory.create(holds_first_posts=True)
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True).person
    held = start_topic(author=author, space=space, title="T", source="<p>1</p>").posts.get()
    entry = decide(moderator=facilitator, post=held, verb=Verb.REFUSE, reason="x")
    held.refresh_from_db()
    assert held.state == State.HIDDEN
    decide_appeal(moderator=moderator, appeal=appeal(person=author, entry=entry, text="Nei"), upheld=True, answer="Ja")
    held.refresh_from_db()
    assert (held.state, held.created_at > entry.at) == (State.NORMAL, True)


# --- appeals --------------------------------------------------------------------------------------------


def test_an_upheld_appeal_undoes(post: Post, space: Space, author: User, facilitator: User, moderator: User) -> None:
    hidden = decide(moderator=facilitator, post=post, verb=Verb.HIDE, reason="x")
    paused = decide(moderator=facilitator, post=post, verb=Verb.SILENCE, reason="x", days=7)
    warned = decide(moderator=facilitator, post=post, verb=Verb.WARN, reason="x", message="y")
    for entry in (hidden, paused, warned):
        asked = appeal(person=author, entry=entry, text="Jeg er uenig")
        decide_appeal(moderator=moderator, appeal=asked, upheld=True, answer="Du har rett")
    post.refresh_from_db()
    assert (post.state, user_can_write_in_space(author, space)) == (State.NORMAL, True)
    assert list(Appeal.objects.values_list("upheld", flat=True)) == [True] * 3
    assert [verb for _, verb in told(author)] == ["hide", "silence", "warn", *["appeal_upheld"] * 3]


def test_a_dismissed_appeal_changes_nothing(post: Post, author: User, facilitator: User, moderator: User) -> None:
    entry = decide(moderator=facilitator, post=post, verb=Verb.HIDE, reason="x")
    asked = appeal(person=author, entry=entry, text="Jeg er uenig")
    answered = decide_appeal(moderator=moderator, appeal=asked, upheld=False, answer="Nei")
    post.refresh_from_db()
    assert (post.state, answered.verb, answered.message) == (State.HIDDEN, Verb.APPEAL_DISMISSED, "Nei")
    with pytest.raises(CaseChangedError):
        decide_appeal(moderator=moderator, appeal=asked, upheld=True, answer="Ja")


def test_an_appeal_is_one_s_own_once_in_time_and_answered_by_another(
    post: Post, author: User, reader: User, facilitator: User
) -> None:
    entry = decide(moderator=facilitator, post=post, verb=Verb.HIDE, reason="x")
    with pytest.raises(PermissionDenied):
        appeal(person=reader, entry=entry, text="Jeg er uenig")
    asked = appeal(person=author, entry=entry, text="Jeg er uenig")
    assert not in_words(entry).may_appeal
    with pytest.raises(AppealError):
        appeal(person=author, entry=entry, text="En gang til")
    for other in (facilitator, author, reader):
        with pytest.raises(PermissionDenied):
            decide_appeal(moderator=other, appeal=asked, upheld=True, answer="Ja")
    old = decide(moderator=facilitator, post=post, verb=Verb.WARN, reason="x", message="y")
    ModerationEntry.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=31))
    with pytest.raises(AppealError):
        appeal(person=author, entry=old, text="For seint")
    shown = decide(moderator=facilitator, post=post, verb=Verb.SHOW)
    with pytest.raises(AppealError):
        appeal(person=author, entry=shown, text="Ikke noe å klage på")


def test_the_log_cannot_be_changed(post: Post, facilitator: User) -> None:
    entry = decide(moderator=facilitator, post=post, verb=Verb.HIDE, reason="x")
    entry.reason = "y"
    with pytest.raises(Exception, match=r"The log cannot be changed\."):
        entry.save()
