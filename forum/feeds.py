"""Somebody's private Atom feed (RFC 4287): what was written last where they may read.

Whoever holds the address reads it without signing in, so it says no more than a mail may (`forum.mails.outside`). The
address itself is not in the feed, where a reader would keep it and pass it on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from forum.mails.outside import excerpt_outside, headline_outside, may_say_titles, place_outside
from forum.models import NewsItem, Post, State
from forum.permissions import posts_visible_to, topics_visible_to
from forum.permissions.news import news_visible_to
from people.models import User

ENTRIES = 50


def posts_of_feed(person: User) -> list[Post]:
    """The newest posts the person may see, without what is held or hidden. Two queries.

    They stand in the topics that were written in last, as many at most: posts are millions, and asked for by topic.
    """
    topics = list(
        topics_visible_to(person)
        .filter(state=State.NORMAL, post_count__gt=0)
        .order_by("-last_post_at", "-pk")
        .values_list("pk", "last_post_at")[:ENTRIES]
    )
    posts = posts_visible_to(person).filter(state=State.NORMAL, topic__in=[pk for pk, _at in topics])
    if len(topics) == ENTRIES:
        posts = posts.filter(created_at__gte=topics[-1][1])
    return list(posts.select_related("topic__space").order_by("-created_at", "-pk")[:ENTRIES])


def news_of_feed(person: User) -> list[NewsItem]:
    """The newest of what is out and has not expired. One query."""
    current = news_visible_to(person).current(timezone.now()).select_related("space")
    return list(current.order_by("-published_at", "-pk")[:ENTRIES])


class CalmAtomFeed(Atom1Feed):
    def add_root_elements(self, handler: Any) -> None:
        """Without the feed's own address; with the time of what is newest: the same feed until something changes."""
        handler.addQuickElement("title", self.feed["title"])
        handler.addQuickElement("link", "", {"rel": "alternate", "href": self.feed["link"]})
        handler.addQuickElement("id", self.feed["id"])
        handler.addQuickElement("updated", self.feed["updated"])
        handler.startElement("author", {})
        handler.addQuickElement("name", self.feed["author_name"])
        handler.endElement("author")


def _tag(kind: str, key: int | str) -> str:
    """A name that lasts whatever becomes of addresses (RFC 4151)."""
    return f"tag:{settings.BASE_HOST},2026:forum/{kind}/{key}"


def _changed_at(post: Post) -> datetime:
    return max(post.created_at, post.edited_at or post.created_at)


def _add_news(feed: CalmAtomFeed, item: NewsItem) -> None:
    is_open = may_say_titles(item.space)
    feed.add_item(
        title=_("Nyhet: %(title)s") % {"title": item.title} if is_open else place_outside(item.space),
        link=f"{settings.BASE_URL}{item.get_absolute_url()}",
        description=(item.lead if is_open else None) or None,  # type: ignore[arg-type]  # None leaves it out
        unique_id=_tag("news", item.pk),
        pubdate=item.published_at,
        updateddate=_news_changed_at(item),
    )


def _news_changed_at(item: NewsItem) -> datetime:
    return max(item.published_at, item.edited_at or item.published_at)


def write_feed(person: User, posts: list[Post], news: Sequence[NewsItem] = ()) -> str:
    """The feed in the language that is active: news first, then posts."""
    site = settings.BASE_URL
    feed = CalmAtomFeed(
        title=_("FACT Forum"), link=f"{site}/", description=None, language=person.language, author_name="FACT Forum"
    )
    times = [*(_changed_at(post) for post in posts), *(_news_changed_at(item) for item in news)]
    newest = max(times, default=person.date_joined)
    feed.feed |= {"id": _tag("feed", person.pk), "updated": newest.isoformat()}
    for item in news:
        _add_news(feed, item)
    for post in posts:
        feed.add_item(
            title=headline_outside(post.topic),
            link=f"{site}{post.get_absolute_url()}",
            description=excerpt_outside(post) or None,  # type: ignore[arg-type]  # None leaves it out
            unique_id=_tag("post", post.pk),
            pubdate=post.created_at,
            updateddate=_changed_at(post),
        )
    return feed.writeString("utf-8")
