"""What is kept no longer than it must be, and what is masked where it should never have been."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone

from forum.actions import reply, start_topic
from forum.actions.moderation import appeal, decide
from forum.actions.reports import report_post
from forum.models import (
    Attachment,
    Draft,
    ModerationEntry,
    Post,
    PostEdit,
    Report,
    Silence,
    Space,
    State,
    Topic,
)
from home.sweeping import PLACES, kinds_in
from learning.models import Reflection
from people.models import Profile, Team, User
from safety.guard import mask
from tests import factories

pytestmark = pytest.mark.django_db

NUMBER = "01010" + "750160"
SPLIT = "010107<b>50160</b>"


def run(name: str, *arguments: str) -> list[str]:
    out = StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def author() -> User:
    return factories.MembershipFactory.create(
        person=factories.UserFactory.create(date_joined=timezone.now() - timedelta(days=400))
    ).person


@pytest.fixture
def post(author: User) -> Post:
    return start_topic(
        author=author, space=factories.SpaceFactory.create(), title="Tråd", source="<p>Innlegget</p>"
    ).posts.get()


# --- retention ------------------------------------------------------------------------------------------


def make_old(post: Post, *, days: int) -> None:
    at = timezone.now() - timedelta(days=days)
    Post.objects.filter(pk=post.pk).update(created_at=at)
    ModerationEntry.objects.filter(post=post).update(at=at)


def test_a_hidden_post_is_emptied_after_180_days(post: Post, author: User) -> None:
    second = reply(author=author, topic=post.topic, source="<p>To</p>")
    third = reply(author=author, topic=post.topic, source="<p>Tre</p>")
    moderator = factories.make_moderator()
    for each, days in ((post, 181), (second, 179), (third, 181)):
        decide(moderator=moderator, post=each, verb="hide", reason="x")
        make_old(each, days=days)
    report_post(reporter=factories.MembershipFactory.create().person, post=make_shown(third), reason="other")
    Post.objects.filter(pk=third.pk).update(state=State.HIDDEN)
    assert run("forget_forum", "--dry-run")[0] == "would empty posts: 1"
    assert Post.objects.exclude(source="").count() == 3
    assert run("forget_forum")[0] == "emptied posts: 1"
    rows = Post.objects.order_by("number").values_list("state", "text")
    assert list(rows) == [("deleted", ""), ("hidden", "To"), ("hidden", "Tre")]
    assert run("forget_forum")[0] == "emptied posts: 0"


def make_shown(post: Post) -> Post:
    Topic.objects.filter(pk=post.topic_id).update(state=State.NORMAL)
    Post.objects.filter(pk=post.pk).update(state=State.NORMAL)
    post.refresh_from_db()
    return post


def test_a_post_waits_for_its_appeal(post: Post, author: User) -> None:
    entry = decide(moderator=factories.make_moderator(), post=post, verb="hide", reason="x")
    appeal(person=author, entry=entry, text="Nei")
    make_old(post, days=800)
    run("forget_forum")
    post.refresh_from_db()
    assert (post.text, ModerationEntry.objects.count()) == ("Innlegget", 1)


def test_old_rows_go_and_young_ones_stay(post: Post, author: User) -> None:
    now = timezone.now()
    for days in (179, 181):
        at = now - timedelta(days=days)
        Report.objects.create(
            post=post, reporter=author, reason="other", outcome="dismissed", decided_at=at, created_at=at
        )
        Silence.objects.create(person=author, until=at, reason="x", given_by=author)
        draft = Draft.objects.create(person=author, place=f"space:{days}", source="x")
        Draft.objects.filter(pk=draft.pk).update(updated_at=at)
    for days in (729, 731):
        ModerationEntry.objects.create(verb="warn", person=author, at=now - timedelta(days=days))
    out = run("forget_forum")
    assert out == [
        "emptied posts: 0",
        "deleted decided reports: 1",
        "deleted ended pauses: 1",
        "deleted answers to organisers: 0",
        "deleted free answers to evaluations: 0",
        "deleted receivers of letters: 0",
        "deleted lists taken out: 0",
        "deleted lines of the log: 1",
        "deleted drafts: 1",
        "deleted words of letters: 0",
        "deleted loose files: 0",
        "deleted unfinished uploads: 0",
        "deleted dietary needs: 0",
        "deleted old news of sign-ups: 0",
    ]
    assert [model.objects.count() for model in (Report, Silence, ModerationEntry, Draft)] == [1, 1, 1, 1]


# --- the sweep ------------------------------------------------------------------------------------------


@pytest.fixture
def soiled(post: Post, author: User) -> Post:
    """The number in every place, as it may have come in before the guard knew it."""
    Post.objects.filter(pk=post.pk).update(
        source=f"<p>Om {SPLIT}</p>", html=f"<p>Om {SPLIT}</p>", text=f"Om {NUMBER}", content_warning=NUMBER
    )
    Topic.objects.filter(pk=post.topic_id).update(title=f"Om {NUMBER}")
    Space.objects.update(about=NUMBER, rules_source=NUMBER, rules=f"<p>{SPLIT}</p>")
    PostEdit.objects.create(post=post, html=f"<p>{SPLIT}</p>", title=NUMBER)
    Draft.objects.create(person=author, place="space:1", source=f"<p>{SPLIT}</p>")
    Report.objects.create(post=post, reporter=author, reason="other", message=NUMBER)
    ModerationEntry.objects.create(verb="warn", person=author, message=NUMBER)
    Profile.objects.update_or_create(person=author, defaults={"presentation": NUMBER})
    Team.objects.filter(pk=author.memberships.get().team_id).update(about=f"Ring {NUMBER}")
    Reflection.objects.create(
        learner=author,
        lesson_key="2b1c6f0e-6a43-4c1d-9d0a-54b0f4a1c001",
        block_id="2b1c6f0e-6a43-4c1d-9d0a-54b0f4a1c002",
        prompt="?",
        text=NUMBER,
    )
    return post


def digits_left() -> list[str]:
    """Tables where a number is still found, private ones aside."""
    return [
        place.label
        for place in PLACES
        if not place.is_private and any(kinds_in(place, row) for row in place.model._default_manager.all())
    ]


def test_the_sweep_tells_where_and_never_what(soiled: Post) -> None:
    out = run("sweep_patient_data")
    assert f"forum.Post {soiled.pk}: birth_number" in out
    assert f"forum.Topic {soiled.topic_id}: birth_number" in out
    assert "learning.Reflection: 1 found (private: only counted)" in out
    assert [line for line in out if line.startswith("learning.Reflection ")] == []
    assert out[-1] == "10 found in all."
    assert NUMBER[:6] not in "".join(out)
    assert len(digits_left()) == 9


def test_the_sweep_masks_everything_but_what_is_private(soiled: Post, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        out = run("sweep_patient_data", "--fix")
    assert out[-2:] == ["10 found in all.", "0 could not be masked."]
    assert digits_left() == []
    soiled.refresh_from_db()
    words = mask(NUMBER)
    assert (soiled.state, soiled.text, soiled.html) == (State.NORMAL, f"Om {words}", f"<p>Om {words}</p>")
    assert soiled.content_warning == words
    assert Topic.objects.get().title == f"Om {words}"
    assert Reflection.objects.get().text == NUMBER
    assert ModerationEntry.objects.filter(verb="masked", post=soiled).count() == 3
    assert ModerationEntry.objects.filter(verb="masked").count() == 9
    assert run("sweep_patient_data", "--fix")[-2:] == ["1 found in all.", "0 could not be masked."]


def test_a_post_whose_file_holds_a_number_is_hidden_and_a_loose_file_goes(
    post: Post, author: User, django_capture_on_commit_callbacks: Any
) -> None:
    rows = [
        Attachment.objects.create(
            post=owner,
            uploader=None if owner else author,
            name="liste.txt",
            file=ContentFile(b"x", name="x"),
            media_type="text/plain",
            size=1,
            text=NUMBER,
        )
        for owner in (post, None)
    ]
    loose = rows[1].file.name
    with django_capture_on_commit_callbacks(execute=True):
        run("sweep_patient_data", "--fix", "--table", "forum.Attachment")
    post.refresh_from_db()
    assert post.state == State.HIDDEN
    assert Attachment.objects.get().text == mask(NUMBER)
    assert not rows[1].file.storage.exists(loose)
    assert list(ModerationEntry.objects.order_by("pk").values_list("verb", flat=True)) == ["auto_hide", "masked"]
    rows[0].file.delete(save=False)


def test_the_sweep_goes_on_where_it_stopped(post: Post, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("home.sweeping.BATCH", 2)
    keys = [post.pk, *(reply(author=author, topic=post.topic, source="<p>x</p>").pk for _ in range(4))]
    Post.objects.update(text=NUMBER)
    out = run("sweep_patient_data", "--table", "forum.Post", "--from", str(keys[2]), "-v", "2")
    assert [line for line in out if "birth_number" in line] == [f"forum.Post {key}: birth_number" for key in keys[2:]]
    assert f"forum.Post: gone through to {keys[3]}" in out
    with pytest.raises(CommandError, match="--from needs --table"):
        run("sweep_patient_data", "--from", "3")
