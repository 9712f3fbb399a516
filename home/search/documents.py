"""What search keeps of each thing, made from the thing as it is now. Nothing here writes."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils.html import strip_tags
from wagtail.models import Page

from courses.blocks import QUIZ_TYPES
from courses.models import (
    CoursePage,
    FacilitatorGuidePage,
    GlossaryTerm,
    LessonPage,
    Principle,
    RoleIndexPage,
    RolePage,
)
from forum.models import Attachment, Event, LibraryFile, LibraryItem, NewsItem, Post, Space, State, Topic
from home.models import SearchDocument, StandardPage
from home.search import words
from learning.models import LearningPathPage, LearnPage
from people.models import Team, User
from people.models.users import FORMER_MEMBER_EMAIL

MOST_TEXT = 100_000
"""Characters of a text that are searched: PostgreSQL takes no more than a megabyte of words."""
MOST_KEYS = 12_000
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""The time of what has none, such as a team: behind everything that has one."""
FORUM_LANGUAGE = "nb"


class Source(StrEnum):
    """Tables things are found in. The number of a row in it is what `index_documents` is told."""

    PAGES = "pages"
    TERMS = "terms"
    PRINCIPLES = "principles"
    TEAMS = "teams"
    PEOPLE = "people"
    SPACES = "spaces"
    ITEMS = "items"
    NEWS = "news"
    EVENTS = "events"
    TOPICS = "topics"
    REPLIES = "replies"


@dataclass(slots=True)
class Entry:
    """A document to be, with all its words."""

    key: str
    area: str
    kind: str
    language: str
    title: str = ""
    summary: str = ""
    body: str = ""
    words: str = ""
    """What is searched besides and not kept as text."""
    identity: UUID | None = None
    address: str = ""
    sign_in_required: bool = False
    page_id: int | None = None
    person_id: int | None = None
    space_id: int | None = None
    topic_id: int | None = None
    post_id: int | None = None
    item_id: int | None = None
    news_id: int | None = None
    event_id: int | None = None
    is_shown: bool = True
    written_at: datetime = NEVER
    fingerprint: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.title, self.summary = clean(self.title)[:255], clean(self.summary)
        self.body, self.words = clean(self.body)[:MOST_TEXT], clean(self.words)[:MOST_TEXT]
        said = [
            words.version(),
            *(str(getattr(self, each.name)) for each in fields(self) if each.name != "fingerprint"),
        ]
        self.fingerprint = hashlib.blake2b("\x1f".join(said).encode(), digest_size=16).hexdigest()

    @property
    def title_folded(self) -> str:
        return " ".join(words.tokens(self.title))[:320]

    @property
    def title_keys(self) -> str:
        return " ".join(words.text_keys(self.title))

    @property
    def searched(self) -> str:
        return "\n".join(each for each in (self.body, self.words) if each)

    @property
    def body_keys(self) -> str:
        return " ".join(list(words.text_keys(f"{self.summary}\n{self.searched}"))[:MOST_KEYS])


def clean(text: str) -> str:
    """Without what no database takes."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def make_entries(source: str, numbers: Sequence[int]) -> list[Entry]:
    """The documents of these rows; none for a row that is gone or that nobody may find."""
    return list(_MAKERS[Source(source)](numbers))


def all_numbers(source: str) -> QuerySet[Any, int]:
    """Every row that may have a document, in order."""
    tables: dict[Source, QuerySet[Any]] = {
        Source.PAGES: Page.objects.filter(depth__gt=1),
        Source.TERMS: GlossaryTerm.objects.all(),
        Source.PRINCIPLES: Principle.objects.all(),
        Source.TEAMS: Team.objects.all(),
        Source.PEOPLE: User.objects.all(),
        Source.SPACES: Space.objects.all(),
        Source.ITEMS: LibraryItem.objects.all(),
        Source.NEWS: NewsItem.objects.all(),
        Source.EVENTS: Event.objects.all(),
        Source.TOPICS: Topic.objects.all(),
        Source.REPLIES: Post.objects.filter(number__gt=1),
    }
    return tables[Source(source)].order_by("pk").values_list("pk", flat=True)


def key_of(source: str, number: int) -> str:
    """The document's key. Its text is the same for as long as the thing is there."""
    return f"{_PREFIXES[Source(source)]}:{number}"


def prefix_of(source: str) -> str:
    return f"{_PREFIXES[Source(source)]}:"


_PREFIXES = {
    Source.PAGES: "page",
    Source.TERMS: "term",
    Source.PRINCIPLES: "principle",
    Source.TEAMS: "team",
    Source.PEOPLE: "person",
    Source.SPACES: "space",
    Source.ITEMS: "item",
    Source.NEWS: "news",
    Source.EVENTS: "event",
    Source.TOPICS: "topic",
    Source.REPLIES: "post",
}


# --- pages and words -----------------------------------------------------------------------------------------

_PAGE_KINDS: dict[type[Page], str] = {
    CoursePage: SearchDocument.Kind.COURSE,
    LearningPathPage: SearchDocument.Kind.COURSE,
    LessonPage: SearchDocument.Kind.LESSON,
    FacilitatorGuidePage: SearchDocument.Kind.PAGE,
    StandardPage: SearchDocument.Kind.PAGE,
    RolePage: SearchDocument.Kind.PAGE,
    RoleIndexPage: SearchDocument.Kind.PAGE,
    LearnPage: SearchDocument.Kind.PAGE,
}
"""Pages one may want to find. The front page is not among them: one is never far from it."""
_MORE_WORDS = ("learning_outcomes", "audience", "name_da", "name_en", "other_names", "intro")


def _pages(numbers: Sequence[int]) -> Iterator[Entry]:
    closed = _closed_courses()
    for page in Page.objects.filter(pk__in=numbers, live=True).select_related("locale").specific():
        kind = _PAGE_KINDS.get(type(page))
        if kind is None:
            continue
        yield Entry(
            key=key_of(Source.PAGES, page.pk),
            area=SearchDocument.Area.SITE,
            kind=kind,
            language=page.locale.language_code,
            identity=page.translation_key,
            title=page.title,
            summary=getattr(page, "summary", "") or page.search_description,
            body=body_text(page),
            words="\n".join(str(getattr(page, name)) for name in _MORE_WORDS if getattr(page, name, "")),
            sign_in_required=any(page.path.startswith(path) for path in closed),
            page_id=page.pk,
            written_at=page.last_published_at or NEVER,
        )


def _closed_courses() -> list[str]:
    """The tree paths of courses that ask for sign-in: what is in them is for those who have signed in."""
    return list(CoursePage.objects.filter(sign_in_required=True).values_list("path", flat=True))


def body_text(page: Page) -> str:
    """The words of a page's stream but for its questions: their answers would be told before they are asked."""
    stream = getattr(page, "body", None)
    if stream is None:
        return ""
    found: list[str] = []
    for child in stream:
        if child.block_type not in QUIZ_TYPES:
            found += (strip_tags(str(text)) for text in child.block.get_searchable_content(child.value))
    return "\n".join(" ".join(text.split()) for text in found if text.strip())


def _terms(numbers: Sequence[int]) -> Iterator[Entry]:
    for term in GlossaryTerm.objects.filter(pk__in=numbers).select_related("locale"):
        yield Entry(
            key=key_of(Source.TERMS, term.pk),
            area=SearchDocument.Area.SITE,
            kind=SearchDocument.Kind.TERM,
            language=term.locale.language_code,
            identity=term.translation_key,
            title=term.term,
            summary=term.definition,
            body=term.explanation,
            words=term.other_words,
            address=term.slug,
        )


def _principles(numbers: Sequence[int]) -> Iterator[Entry]:
    for principle in Principle.objects.filter(pk__in=numbers).select_related("locale", "principle_set"):
        yield Entry(
            key=key_of(Source.PRINCIPLES, principle.pk),
            area=SearchDocument.Area.SITE,
            kind=SearchDocument.Kind.PAGE,
            language=principle.locale.language_code,
            identity=principle.translation_key,
            title=principle.name,
            summary=principle.tagline,
            body=principle.explanation,
            words=principle.principle_set.name,
            address=f"{principle.principle_set.key}/{principle.slug}",
        )


# --- teams and people ----------------------------------------------------------------------------------------


def _teams(numbers: Sequence[int]) -> Iterator[Entry]:
    for team in Team.objects.listed().filter(pk__in=numbers):
        yield Entry(
            key=key_of(Source.TEAMS, team.pk),
            area=SearchDocument.Area.SITE,
            kind=SearchDocument.Kind.TEAM,
            language="da" if team.language == "da" else "nb",
            title=team.name,
            summary=", ".join(each for each in (team.municipalities, team.county) if each),
            body=team.about,
            words="\n".join((team.get_programme_display(), team.hospital_trust)),
            address=team.slug,
        )


def _people(numbers: Sequence[int]) -> Iterator[Entry]:
    """Name and presentation: what everybody sees who may see the person's page. Never an alias, never the address."""
    people = User.objects.filter(pk__in=numbers, is_active=True).exclude(email=FORMER_MEMBER_EMAIL)
    for person in people.select_related("profile"):
        name = person.get_full_name()
        if not name:
            continue
        profile = getattr(person, "profile", None)
        yield Entry(
            key=key_of(Source.PEOPLE, person.pk),
            area=SearchDocument.Area.SITE,
            kind=SearchDocument.Kind.PERSON,
            language=person.language,
            title=name,
            body=profile.presentation if profile else "",
            person_id=person.pk,
        )


# --- the forum -----------------------------------------------------------------------------------------------


def _spaces(numbers: Sequence[int]) -> Iterator[Entry]:
    for space in Space.objects.filter(pk__in=numbers):
        yield Entry(
            key=key_of(Source.SPACES, space.pk),
            area=SearchDocument.Area.SITE,
            kind=SearchDocument.Kind.SPACE,
            language=FORUM_LANGUAGE,
            title=space.name,
            summary=space.about,
            address=space.slug,
            space_id=space.pk,
        )


def _items(numbers: Sequence[int]) -> Iterator[Entry]:
    """An item with its newest version: what it says, what is in its files, its keywords, and whose it is.

    What is in the version is kept as search words only; it stands in no space here, which would let in everybody who
    knows of the space.
    """
    files = LibraryFile.objects.order_by("pk").only("pk", "version_id", "name", "text")
    items = LibraryItem.objects.filter(pk__in=numbers).exclude(state=State.DELETED).select_related("current", "team")
    for item in items.prefetch_related("tags", Prefetch("current__files", queryset=files)):
        version = item.current
        said = [
            *(tag.name for tag in item.tags.all()),
            item.get_kind_display(),
            item.team.name if item.team else "",
            item.county,
            version.text if version else "",
            *(f"{file.name.replace('_', ' ')}\n{file.text}" for file in (version.files.all() if version else [])),
        ]
        yield Entry(
            key=key_of(Source.ITEMS, item.pk),
            area=SearchDocument.Area.SITE,
            kind=SearchDocument.Kind.ITEM,
            language=item.language if item.language in {"nb", "da", "en"} else FORUM_LANGUAGE,
            title=item.title,
            summary=item.summary,
            words="\n".join(each for each in said if each),
            address=str(item.pk),
            item_id=item.pk,
            written_at=item.changed_at,
        )


def _news(numbers: Sequence[int]) -> Iterator[Entry]:
    """What it says is kept as search words only, and it stands in no space here, as with `_items`."""
    for item in NewsItem.objects.filter(pk__in=numbers).exclude(state=State.DELETED):
        yield Entry(
            key=key_of(Source.NEWS, item.pk),
            area=SearchDocument.Area.SITE,
            kind=SearchDocument.Kind.NEWS,
            language=words.guess_language(f"{item.title}\n{item.text}"),
            title=item.title,
            summary=item.lead,
            words=item.text,
            address=str(item.pk),
            news_id=item.pk,
            written_at=item.published_at,
        )


def _events(numbers: Sequence[int]) -> Iterator[Entry]:
    """What is said of an event, and its programme. Where it is, is found too; the link to its digital leg is not.

    It stands in no space here, which would let in everybody who knows of the space.
    """
    events = Event.objects.filter(pk__in=numbers).exclude(state=State.DELETED).defer("source", "html")
    for event in events.prefetch_related("programme"):
        said = [event.text, event.get_kind_display(), event.place, event.address, event.county, event.audience]
        said += [" ".join((point.title, point.text, point.room, point.speaker_role)) for point in event.programme.all()]
        yield Entry(
            key=key_of(Source.EVENTS, event.pk),
            area=SearchDocument.Area.SITE,
            kind=SearchDocument.Kind.EVENT,
            language=words.guess_language(f"{event.title}\n{event.summary}\n{event.text}"),
            title=event.title,
            summary=event.summary,
            words="\n".join(each for each in said if each.strip()),
            address=str(event.pk),
            event_id=event.pk,
            written_at=event.changed_at,
        )


def _with_files(posts: QuerySet[Post]) -> QuerySet[Post]:
    files = Attachment.objects.order_by("pk").only("pk", "post_id", "name", "alt_text", "text")
    return (
        posts.select_related("topic").defer("source", "html").prefetch_related(Prefetch("attachments", queryset=files))
    )


def post_words(post: Post) -> str:
    """The post's text and that of its files; both are for those who may see the post."""
    return "\n".join([post.text, *file_words(post.attachments.all())])


def file_words(files: Iterable[Attachment]) -> Iterator[str]:
    for file in files:
        yield "\n".join(each for each in (file.name.replace("_", " "), file.alt_text, file.text) if each)


def _topics(numbers: Sequence[int]) -> Iterator[Entry]:
    """A topic with its first post. The title alone where that post is deleted and others have written."""
    firsts = {
        post.topic_id: post
        for post in _with_files(Post.objects.filter(topic__in=numbers, number=1).exclude(state=State.DELETED))
    }
    for topic in Topic.objects.filter(pk__in=numbers, merged_into__isnull=True).exclude(state=State.DELETED):
        first = firsts.get(topic.pk)
        text = post_words(first) if first else ""
        yield Entry(
            key=key_of(Source.TOPICS, topic.pk),
            area=SearchDocument.Area.TOPICS,
            kind=SearchDocument.Kind.TOPIC,
            language=words.guess_language(f"{topic.title}\n{text}"),
            title=topic.title,
            words=text,
            space_id=topic.space_id,
            topic_id=topic.pk,
            post_id=first.pk if first else None,
            is_shown=topic.state == State.NORMAL and (first is None or first.state == State.NORMAL),
            written_at=topic.created_at,
        )


def _replies(numbers: Sequence[int]) -> Iterator[Entry]:
    posts = Post.objects.filter(pk__in=numbers, number__gt=1, topic__merged_into__isnull=True)
    for post in _with_files(posts.exclude(state=State.DELETED).exclude(topic__state=State.DELETED)):
        text = post_words(post)
        yield Entry(
            key=key_of(Source.REPLIES, post.pk),
            area=SearchDocument.Area.POSTS,
            kind=SearchDocument.Kind.POST,
            language=words.guess_language(text),
            words=text,
            space_id=post.topic.space_id,
            topic_id=post.topic_id,
            post_id=post.pk,
            is_shown=State.NORMAL == post.state == post.topic.state,
            written_at=post.created_at,
        )


_MAKERS = {
    Source.PAGES: _pages,
    Source.TERMS: _terms,
    Source.PRINCIPLES: _principles,
    Source.TEAMS: _teams,
    Source.PEOPLE: _people,
    Source.SPACES: _spaces,
    Source.ITEMS: _items,
    Source.NEWS: _news,
    Source.EVENTS: _events,
    Source.TOPICS: _topics,
    Source.REPLIES: _replies,
}
