"""Searching. What a reader may not see is left out in the query, so it is neither shown, counted nor suggested."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail.models import Page

from courses.models import CoursePage
from courses.urls_of import page_path
from forum.models import Attachment, Post, State
from home.models import SearchDocument
from home.permissions import (
    Documents,
    documents_of_spaces,
    forum_documents_found_by,
    readable_space_ids,
    site_documents_found_by,
)
from home.search import words
from home.search.asked import Asked
from home.search.documents import file_words
from home.search.engines import engine
from home.search.excerpts import excerpt, mark

Kind = SearchDocument.Kind
Area = SearchDocument.Area

PAGE_SIZE = 20
MOST_SHOWN = 200
"""Whoever has read so many wants another word, not another page."""
MOST_RANKED = 400
"""Of each area, the newest: all that is in a few spaces, and of a word everybody uses what was written last."""
MOST_TITLES = 200
FEW = 3
"""With fewer hits, what is spelled like the words is looked for as well."""
MOST_LIKE = 300


class Row(NamedTuple):
    """A hit before it is fetched."""

    pk: int
    kind: str
    is_title: bool
    in_title: bool
    rank: float
    written_at: datetime

    @property
    def place(self) -> tuple[bool, bool, float, float]:
        """What is called so, then title over text, then how well it fits, then the newest first."""
        return (not self.is_title, not self.in_title, -round(self.rank, 4), -self.written_at.timestamp())


@dataclass(slots=True)
class Hit:
    """A hit as it is shown."""

    key: str
    kind: str
    kind_label: str
    title: SafeString
    url: str
    excerpt: SafeString | str = ""
    warning: str = ""
    """Stands in the excerpt's place."""
    state: str | Promise = ""
    """Said of what others do not see."""
    where: str = ""
    written_at: datetime | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    kind: str
    label: str
    count: int
    is_more: bool
    """There are more than were counted."""


@dataclass(slots=True)
class Results:
    """A page of hits and what is around it."""

    asked: Asked
    hits: list[Hit] = field(default_factory=list)
    facets: list[Facet] = field(default_factory=list)
    kind: str = ""
    total: int = 0
    is_more: bool = False
    page: int = 1
    page_count: int = 1
    any_word: bool = False
    """Nothing had all the words; these have some."""
    is_like: bool = False
    """Nothing had the words; these are spelled like them."""
    suggestion: str = ""

    @property
    def shown_count(self) -> int:
        return min(self.total, MOST_SHOWN)

    @property
    def is_cut(self) -> bool:
        """Whether there is more than one can page to."""
        return self.total > MOST_SHOWN or self.is_more

    @property
    def first_number(self) -> int:
        return (self.page - 1) * PAGE_SIZE + 1


@dataclass(slots=True)
class Found:
    rows: list[Row]
    full: set[str] = field(default_factory=set)
    """Kinds of which there may be more than were ranked."""


def search(*, user: Any, asked: Asked, language: str, kind: str = "", page: int = 1) -> Results:
    """A page of what the person may find, in the language being read or else Bokmål.

    At most fifteen queries where the words are found, however many hits; about as many again where they are not.
    """
    results = Results(asked=asked, kind=kind if kind in Kind.values else "")
    if not asked:
        return results
    found = _find(user, asked, language=language)
    if not found.rows and asked.is_several:
        found = _find(user, asked, language=language, any_word=True)
        results.any_word = bool(found.rows)
    if len(found.rows) < FEW or results.any_word:
        like, results.suggestion = _find_like(user, asked, language=language)
        known = {row.pk for row in found.rows}
        results.is_like = bool(like) and not found.rows
        found.rows += [row for row in like if row.pk not in known]
    return _page(results, found, page=page)


def _page(results: Results, found: Found, *, page: int) -> Results:
    counts = Counter(row.kind for row in found.rows)
    results.facets = [
        Facet(kind, str(Kind(kind).label), counts[kind], kind in found.full) for kind in Kind.values if counts[kind]
    ]
    rows = [row for row in found.rows if not results.kind or row.kind == results.kind]
    results.total = len(rows)
    results.is_more = bool({results.kind} & found.full if results.kind else found.full)
    shown = rows[:MOST_SHOWN]
    results.page_count = max(1, -(-len(shown) // PAGE_SIZE))
    results.page = min(max(page, 1), results.page_count)
    chosen = shown[(results.page - 1) * PAGE_SIZE : results.page * PAGE_SIZE]
    results.hits = make_hits([row.pk for row in chosen], asked=results.asked)
    return results


# --- finding -------------------------------------------------------------------------------------------------


def in_language(documents: Documents, *, language: str) -> Documents:
    """One document a thing: the translation into the reader's language, else the Bokmål original."""
    translated = SearchDocument.objects.filter(identity=OuterRef("identity"), language=language)
    return documents.filter(
        Q(identity__isnull=True) | Q(language=language) | (Q(language=settings.LANGUAGE_CODE) & ~Exists(translated))
    )


_ROW = ("pk", "kind", "is_title", "in_title", "rank", "written_at")


def _ranked(documents: Documents, asked: Asked, *, any_word: bool) -> Any:
    is_title = ExpressionWrapper(Q(title_folded=asked.folded), output_field=BooleanField())
    return engine().ranked(documents, asked, any_word=any_word).annotate(is_title=is_title)


def _find(user: Any, asked: Asked, *, language: str, any_word: bool = False) -> Found:
    text = engine()
    site = in_language(site_documents_found_by(user), language=language)
    ranked = _ranked(text.matching(site, asked, any_word=any_word), asked, any_word=any_word)
    best = ranked.order_by("-is_title", "-in_title", "-rank", "pk")
    rows = [Row(*row) for row in best.values_list(*_ROW)[:MOST_RANKED]]
    full = {row.kind for row in rows} if len(rows) == MOST_RANKED else set()
    if user.is_authenticated:
        candidates, more = _forum_candidates(user, asked, any_word=any_word)
        full |= more
        law = forum_documents_found_by(user, among=candidates)
        rows += [Row(*row) for row in _ranked(law, asked, any_word=any_word).values_list(*_ROW)]
    return Found(sorted(rows, key=lambda row: row.place), full)


def _forum_candidates(user: Any, asked: Asked, *, any_word: bool) -> tuple[Documents, set[str]]:
    """Documents in the forum to rank: by title, the newest topics, the newest replies, what is not shown; and the kinds
    of which there may be more. At most eight queries.
    """
    text = engine()
    numbers: set[int] = set()
    full = set()
    spaces = readable_space_ids(user)
    if spaces:
        topics = documents_of_spaces(spaces, is_shown=True, area=Area.TOPICS)
        replies = documents_of_spaces(spaces, is_shown=True, area=Area.POSTS)
        titles = text.matching_titles(topics, asked, any_word=any_word)
        numbers |= text.newest(titles, most=MOST_TITLES, area=Area.TOPICS)
        for documents, kind, area in ((topics, Kind.TOPIC, Area.TOPICS), (replies, Kind.POST, Area.POSTS)):
            matched = text.matching(documents, asked, any_word=any_word)
            newest = text.newest(matched, most=MOST_RANKED, area=area)
            if len(newest) == MOST_RANKED:
                full.add(str(kind))
            numbers |= newest
        unshown = documents_of_spaces(spaces, is_shown=False)
        numbers |= text.newest(text.matching(unshown, asked, any_word=any_word), most=MOST_RANKED)
    return SearchDocument.objects.filter(pk__in=numbers), full


# --- spelled like it -----------------------------------------------------------------------------------------

_WORD = re.compile(r"[^\W_]+")


def _find_like(user: Any, asked: Asked, *, language: str) -> tuple[list[Row], str]:
    """Titles with a word for each that was asked for, mistyped ones forgiven; and what was perhaps meant.

    What is suggested stands in a title the person may see, or in the word lists.
    """
    typed = [word for word in asked.folded_words if words.slack(word)]
    if not typed:
        return [], ""
    rows: list[tuple[int, Row]] = []
    meant: dict[str, str] = {}
    with transaction.atomic():
        for alike in _titles_like(user, typed, language=language):
            for pk, kind, title, written_at in alike.values_list("pk", "kind", "title", "written_at")[:MOST_LIKE]:
                fit = _fit(typed, title)
                if fit is not None:
                    mistakes, read = fit
                    rows.append((mistakes, Row(pk, kind, False, True, 0, written_at)))
                    for word, written in read.items():
                        meant.setdefault(word, written)
    known = words.vocabulary()
    folded = {word: written for written in known for word in words.tokens(written)}
    for word in typed:
        if word not in meant and not words.is_known(word) and (nearest := words.near(word, folded)):
            meant[word] = folded[nearest]
    rows.sort(key=lambda pair: (pair[0], pair[1].place))
    return [row for _mistakes, row in rows], _suggestion(asked, meant)


def _titles_like(user: Any, typed: Sequence[str], *, language: str) -> list[Documents]:
    """What the person may find whose title may hold one of the words, the newest first."""
    text = engine()
    site = in_language(site_documents_found_by(user), language=language)
    found = [text.like_titles(site, typed).order_by("-written_at")]
    spaces = readable_space_ids(user)
    if spaces:
        topics = documents_of_spaces(spaces, is_shown=True, area=Area.TOPICS)
        newest = text.newest(text.like_titles(topics, typed), most=MOST_LIKE)
        among = SearchDocument.objects.filter(pk__in=newest)
        found.append(forum_documents_found_by(user, among=among).order_by("-written_at"))
    return found


def _fit(typed: Sequence[str], title: str) -> tuple[int, dict[str, str]] | None:
    """How many mistakes lie between the words and the title, and which of its words each was taken for."""
    written = {token: word for word in _WORD.findall(title) for token in words.tokens(word)}
    mistakes, read = 0, {}
    for word in typed:
        if any(token.startswith(word) or words.stem(token) == words.stem(word) for token in written):
            continue
        if words.word_keys(word) & {key for token in written for key in words.word_keys(token)}:
            continue
        nearest = words.near(word, written)
        if nearest is None:
            return None
        mistakes += words.distance(word, nearest, most=2)
        read[word] = written[nearest]
    return mistakes, read


def _suggestion(asked: Asked, meant: dict[str, str]) -> str:
    """What was typed, with what was perhaps meant in place of the mistyped words; empty where that is the same."""

    def mend(found: re.Match[str]) -> str:
        folded = words.tokens(found[0])
        return meant.get(folded[0], found[0]).lower() if folded and folded[0] in meant else found[0]

    mended = _WORD.sub(mend, asked.text)
    return mended if mended.casefold() != asked.text.casefold() else ""


# --- showing -------------------------------------------------------------------------------------------------


def make_hits(numbers: Sequence[int], *, asked: Asked) -> list[Hit]:
    """These documents as they are shown, in this order. At most five queries. For those who may find them."""
    documents = (
        SearchDocument.objects.filter(pk__in=numbers)
        .select_related("page__locale", "topic__space", "space")
        .defer("vector")
    )
    by_number = {document.pk: document for document in documents}
    posts = _posts({document.post_id for document in by_number.values() if document.post_id})
    courses = _course_titles(by_number.values())
    there = [by_number[number] for number in numbers if number in by_number]
    hits = (_hit(document, posts=posts, courses=courses, asked=asked) for document in there)
    return [hit for hit in hits if hit is not None]


def _posts(numbers: Iterable[int]) -> dict[int, Post]:
    wanted = set(numbers)
    if not wanted:
        return {}
    files = Attachment.objects.order_by("pk").only("pk", "post_id", "name", "alt_text", "text")
    posts = Post.objects.filter(pk__in=wanted).select_related("topic__space").defer("source", "html")
    return {post.pk: post for post in posts.prefetch_related(Prefetch("attachments", queryset=files))}


def _course_titles(documents: Iterable[SearchDocument]) -> dict[str, str]:
    """What the courses of the lessons among them are called, by their tree path."""
    lessons = [document.page for document in documents if document.kind == Kind.LESSON and document.page]
    above = {lesson.path[: -Page.steplen] for lesson in lessons}
    return dict(CoursePage.objects.filter(path__in=above).values_list("path", "title")) if above else {}


def _hit(document: SearchDocument, *, posts: dict[int, Post], courses: dict[str, str], asked: Asked) -> Hit | None:
    if document.area != Area.SITE:
        return _forum_hit(document, posts.get(document.post_id or 0), asked=asked)
    hit = Hit(
        key=document.key,
        kind=document.kind,
        kind_label=one_of(document.kind),
        title=mark(document.title, asked),
        url=_address(document),
        excerpt=excerpt("\n".join(each for each in (document.summary, document.body) if each), asked),
        language=document.language,
    )
    if document.kind == Kind.LESSON and document.page is not None:
        hit.where = courses.get(document.page.path[: -Page.steplen], "")
    return hit


def one_of(kind: str) -> str:
    """What one hit of this kind is called."""
    return {
        Kind.COURSE: _("Kurs"),
        Kind.LESSON: _("Leksjon"),
        Kind.PAGE: _("Side"),
        Kind.TERM: _("Ord"),
        Kind.TOPIC: _("Tråd"),
        Kind.POST: _("Innlegg"),
        Kind.SPACE: _("Rom"),
        Kind.TEAM: _("Team"),
        Kind.PERSON: _("Person"),
    }[Kind(kind)]


def _address(document: SearchDocument) -> str:
    if document.page is not None:
        return page_path(document.page)
    if document.person_id:
        return reverse("people:person", args=[document.person_id])
    if document.space is not None:
        return document.space.get_absolute_url()
    names = {Kind.TERM: "home:glossary-term", Kind.TEAM: "people:team"}
    return reverse(names.get(Kind(document.kind), "home:principle"), args=document.address.split("/"))


def _forum_hit(document: SearchDocument, post: Post | None, *, asked: Asked) -> Hit | None:
    if document.topic is None or (post is None and document.post_id):
        return None
    topic = post.topic if post else document.topic
    warning = topic.content_warning or (post.content_warning if post else "")
    state = post.state if post and post.state != State.NORMAL else topic.state
    text = "\n".join([post.text, *file_words(post.attachments.all())]) if post else ""
    return Hit(
        key=document.key,
        kind=document.kind,
        kind_label=one_of(document.kind),
        title=mark(topic.title, asked),
        url=topic.get_absolute_url() if document.kind == Kind.TOPIC else post.get_absolute_url() if post else "",
        excerpt="" if warning else excerpt(text, asked),
        warning=warning,
        state="" if state == State.NORMAL else State(state).label,
        where=topic.space.name,
        written_at=post.created_at if post else topic.created_at,
        language=document.language,
    )
