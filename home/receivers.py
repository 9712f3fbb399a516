"""News from the rooms below, handed to search's actions. No rule lives here."""

from collections import defaultdict
from threading import local
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished, post_page_move

from courses.models import GlossaryTerm, Principle
from forum.models import Event, ProgrammeItem
from forum.signals import items_changed, news_changed, posts_changed, spaces_changed
from home import tasks
from home.search.actions import index_documents, index_posts
from home.search.documents import Source
from people.models import Profile, Team, User
from people.signals import teams_added

_SOURCES: dict[type[Any], tuple[Source, str]] = {
    GlossaryTerm: (Source.TERMS, "pk"),
    Principle: (Source.PRINCIPLES, "pk"),
    Team: (Source.TEAMS, "pk"),
    User: (Source.PEOPLE, "pk"),
    Profile: (Source.PEOPLE, "person_id"),
    Event: (Source.EVENTS, "pk"),
    ProgrammeItem: (Source.EVENTS, "event_id"),
}
"""Rows that are documents, and which column says of which."""


class _Waiting(local):
    """What is to be made again when this thread's transaction is committed. What a transaction that fails leaves
    behind is made again with the next one, and is then as it was.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, set[int]] = defaultdict(set)


_waiting = _Waiting()
TREE = "tree"


def index_after_commit(source: str, number: int) -> None:
    """Once, however often the same thing is saved in a transaction."""
    _waiting.numbers[source].add(number)
    transaction.on_commit(_index_waiting)


def _index_waiting() -> None:
    waiting, _waiting.numbers = _waiting.numbers, defaultdict(set)
    for source, numbers in waiting.items():
        if source == TREE:
            tasks.index_page_tree.enqueue(sorted(numbers))
        else:
            tasks.index_documents.enqueue(str(source), sorted(numbers))


@receiver([page_published, page_unpublished, post_page_move], dispatch_uid="home.search.pages")
def page_changed(instance: Page, **kwargs: Any) -> None:
    index_after_commit(TREE, instance.pk)


@receiver([post_save, post_delete], dispatch_uid="home.search.rows")
def row_changed(sender: type[Any], instance: Any, **kwargs: Any) -> None:
    if sender in _SOURCES and set(kwargs.get("update_fields") or ()) != {"last_login"}:
        source, column = _SOURCES[sender]
        index_after_commit(source, getattr(instance, column))


@receiver(teams_added, dispatch_uid="home.search.teams")
def teams_were_added(team_ids: list[int], **kwargs: Any) -> None:
    for number in team_ids:
        index_after_commit(Source.TEAMS, number)


@receiver(posts_changed, dispatch_uid="home.search.posts")
def posts_were_changed(post_ids: list[int], **kwargs: Any) -> None:
    """Called in the background already."""
    index_posts(numbers=post_ids)


@receiver(items_changed, dispatch_uid="home.search.items")
def items_were_changed(item_ids: list[int], **kwargs: Any) -> None:
    """Called in the background already."""
    index_documents(source=Source.ITEMS, numbers=item_ids)


@receiver(news_changed, dispatch_uid="home.search.news")
def news_was_changed(news_ids: list[int], **kwargs: Any) -> None:
    """Called in the background already."""
    index_documents(source=Source.NEWS, numbers=news_ids)


@receiver(spaces_changed, dispatch_uid="home.search.spaces")
def spaces_were_changed(space_ids: list[int], **kwargs: Any) -> None:
    tasks.index_documents.enqueue(str(Source.SPACES), list(space_ids))
