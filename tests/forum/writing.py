"""What the tests of writing send: forms as a browser without scripts would."""

from typing import Any
from uuid import uuid4

from forum.actions import start_topic
from forum.models import Post, Space, Topic
from forum.queries.composing import account_key
from people.models import User
from tests import factories

BORN = "010107" + "50160"
"""A synthetic national identity number (a valid check digit, nobody's)."""


def form(person: User, **fields: Any) -> dict[str, Any]:
    """The fields of the compose form, plain text, from a form of its own."""
    return {
        "account": account_key(person),
        "submission": str(uuid4()),
        "version": "0",
        "source_format": Post.Format.TEXT,
        "source": "Hvordan gjør dere det?",
        "do": "post",
        **fields,
    }


def make_topic(author: User | None = None, space: Space | None = None, **fields: Any) -> Topic:
    author = author or factories.MembershipFactory.create().person
    space = space or factories.SpaceFactory.create()
    return start_topic(author=author, space=space, **{"title": "Tavlemøte", "source": "<p>Hei</p>", **fields})
