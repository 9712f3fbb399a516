"""Each place where somebody may write something in the forum refuses an identity number, and keeps nothing of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest

from forum.actions import edit_post, reply, start_topic
from forum.actions.aliases import choose_alias
from forum.actions.attachments import add_attachment
from forum.actions.drafts import save_draft
from forum.actions.moderation import appeal, decide, decide_appeal, lift_silence
from forum.actions.reports import report_post
from forum.actions.seals import ask_to_open
from forum.actions.spaces import ask_to_enter, change_space, create_space
from forum.actions.topics import split_topic
from forum.models import Draft, Post, Pseudonym, Silence, Space
from people.models import User
from safety.guard import PatientDataError
from tests import factories
from tests.forum.stored import everything_stored, holds_the_number
from tests.forum.writing import BORN, make_topic

pytestmark = pytest.mark.django_db

SAID = f"Han er født {BORN[:6]} {BORN[6:]}"
SPLIT = f"<p>Han er født {BORN[:6]}<b>{BORN[6:]}</b></p>"


@dataclass
class Place:
    writer: User
    other: User
    moderator: User
    space: Space
    closed: Space
    post: Post
    alias: Pseudonym


@pytest.fixture
def place() -> Place:
    writer, other = (factories.MembershipFactory.create().person for _ in range(2))
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    post = make_topic(author=writer, space=space).posts.get()
    return Place(
        writer=writer,
        other=other,
        moderator=factories.make_moderator(),
        space=space,
        closed=factories.SpaceFactory.create(kind=Space.Kind.RESTRICTED),
        post=post,
        alias=factories.make_pseudonym(other, space),
    )


def attach(place: Place, **fields: Any) -> None:
    given = {"file": BytesIO(b"Plan\n"), "name": "plan.txt", **fields}
    add_attachment(person=place.writer, place=f"topic:{place.post.topic_id}", **given)


def decided(place: Place, verb: str, **fields: Any) -> Any:
    return decide(moderator=place.moderator, post=place.post, verb=verb, **{"reason": "Grunn", **fields})


def silence_lifted(place: Place) -> None:
    decided(place, "silence", days=1)
    lift_silence(moderator=place.moderator, silence=Silence.objects.get(), post=place.post, reason=SAID)


def appeal_answered(place: Place) -> None:
    asked = appeal(person=place.writer, entry=decided(place, "warn", message="Hei"), text="Se igjen.")
    decide_appeal(moderator=factories.make_moderator(), appeal=asked, upheld=False, answer=SAID)


def split_off(place: Place) -> None:
    reply(author=place.other, topic=place.post.topic, source="<p>Svar</p>")
    split_topic(moderator=place.moderator, topic=place.post.topic, numbers=[2], title=SAID)


def changed(place: Place, **fields: Any) -> None:
    kept = {
        "name": "Rom",
        "about": "",
        "rules": "",
        "welcome": "",
        "allows_pseudonyms": True,
        "holds_first_posts": False,
    }
    change_space(space=place.space, by=place.moderator, **{**kept, **fields})


def made(place: Place, **fields: Any) -> None:
    create_space(creator=place.writer, kind=Space.Kind.PRIVATE, **{"name": "Rom", **fields})


def begun(place: Place, **fields: Any) -> None:
    given = {"author": place.writer, "title": "Tittel", "source": "<p>Hei</p>", **fields}
    start_topic(space=place.space, **given)


def answered(place: Place, **fields: Any) -> None:
    reply(author=place.writer, topic=place.post.topic, **{"source": "<p>Hei</p>", **fields})


def mended(place: Place, **fields: Any) -> None:
    edit_post(editor=place.writer, post=place.post, **{"source": "<p>Hei</p>", **fields})


DOORS: dict[str, Callable[[Place], object]] = {
    "a topic's title": lambda place: begun(place, title=SAID),
    "a topic's text": lambda place: begun(place, source=SPLIT),
    "a topic's plain text": lambda place: begun(place, source=SAID, source_format="text"),
    "a topic's content warning": lambda place: begun(place, content_warning=SAID),
    "a topic under alias": lambda place: begun(place, author=place.other, source=SPLIT, as_pseudonym=True),
    "an answer": lambda place: answered(place, source=SPLIT),
    "an answer's content warning": lambda place: answered(place, content_warning=SAID),
    "an answer that is confirmed": lambda place: answered(place, source=SPLIT, confirmed=True),
    "a changed post": lambda place: mended(place, source=SPLIT),
    "a changed title": lambda place: mended(place, title=SAID),
    "a changed content warning": lambda place: mended(place, content_warning=SAID),
    "a file's text": lambda place: attach(place, file=BytesIO(SAID.encode())),
    "a file's name": lambda place: attach(place, name=f"{BORN}.txt"),
    "a file's description": lambda place: attach(place, alt_text=SAID),
    "an alias": lambda place: choose_alias(person=place.writer, space=place.space, name=f"Rev {BORN}"),
    "why one wants to enter": lambda place: ask_to_enter(person=place.writer, space=place.closed, message=SAID),
    "a new space's name": lambda place: made(place, name=SAID),
    "a new space's rules": lambda place: made(place, rules=SAID),
    "a space's name": lambda place: changed(place, name=SAID),
    "a space's description": lambda place: changed(place, about=SAID),
    "a space's rules": lambda place: changed(place, rules=SAID),
    "a space's welcome": lambda place: changed(place, welcome=SAID),
    "a report": lambda place: report_post(reporter=place.other, post=place.post, reason="other", message=SAID),
    "a decision's reason": lambda place: decided(place, "hide", reason=SAID),
    "a decision's message": lambda place: decided(place, "warn", message=SAID),
    "why a pause ends": silence_lifted,
    "an appeal": lambda place: appeal(person=place.writer, entry=decided(place, "warn", message="Hei"), text=SAID),
    "the answer to an appeal": appeal_answered,
    "why a seal is to be opened": lambda place: ask_to_open(pseudonym=place.alias, by=place.moderator, reason=SAID),
    "the title of what is split off": split_off,
}


@pytest.mark.parametrize("door", DOORS)
def test_no_identity_number_comes_through(door: str, place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(PatientDataError) as refused:
        DOORS[door](place)
    assert not holds_the_number(refused.value.message)
    assert not holds_the_number(everything_stored())
    assert not holds_the_number(caplog.text)


def test_a_draft_is_kept_without_it(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    save_draft(
        person=place.writer,
        place=f"space:{place.space.pk}",
        title=SAID,
        source=SPLIT,
        source_format="html",
        content_warning=SAID,
        base_version=0,
    )
    draft = Draft.objects.get()
    assert draft.title == draft.content_warning == "Han er født [fødselsnummer fjernet]"
    assert "[fødselsnummer fjernet]" in draft.source
    assert not holds_the_number(everything_stored() + caplog.text)


def test_the_looking_itself_finds_what_is_there(place: Place) -> None:
    Post.objects.update(text=SAID)
    assert holds_the_number(everything_stored())
