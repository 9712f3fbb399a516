"""Searching. What a reader may not see is left out in the query, so it is neither shown, counted nor suggested."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.search import SearchQueryField
from django.db.models import (
    BooleanField,
    CharField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Left, Length
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from wagtail.models import Page

from courses.models import CoursePage
from courses.urls_of import page_path
from forum.models import Attachment, State
from forum.prepared import NUMBERS, Among, Each, Prepared, prepared
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
from home.search.engines import Question, Words, engine, titles_like
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


@dataclass
class Results:
    """A page of hits and what is around it."""

    asked: Asked
    documents: list[SearchDocument] = field(default_factory=list)
    """Those on the page, in order, with all that is shown of them."""
    files: dict[int, list[Attachment]] = field(default_factory=dict)
    """Of the posts among them."""
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

    @cached_property
    def hits(self) -> list[Hit]:
        """The page, with excerpts. No query."""
        hits = (_hit(document, files=self.files, asked=self.asked) for document in self.documents)
        return [hit for hit in hits if hit is not None]

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

    At most seven queries on PostgreSQL where the words are found, however many hits, and about as many again where they
    are not; up to two more among very many documents, two more on SQLite.
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
    results.documents = get_documents([row.pk for row in chosen])
    posts = [document.post_id for document in results.documents if document.has_files]  # type: ignore[attr-defined]
    for file in _files.for_all(posts=posts) if posts else []:
        results.files.setdefault(file.post_id, []).append(file)
    return results


# --- finding -------------------------------------------------------------------------------------------------


def in_language(documents: Documents, *, language: str) -> Documents:
    """One document a thing: the translation into the reader's language, else the Bokmål original."""
    translated = SearchDocument.objects.filter(identity=OuterRef("identity"), language=language)
    return documents.filter(
        Q(identity__isnull=True) | Q(language=language) | (Q(language=settings.LANGUAGE_CODE) & ~Exists(translated))
    )


_ROW = ("pk", "kind", "is_title", "in_title", "rank", "written_at")
_ASKED = {
    "query": SearchQueryField(),
    "titles": SearchQueryField(),
    "phrases": SearchQueryField(),
    "folded": CharField(),
    "language": CharField(),
}
ANYBODY, ACCOUNT, ADMINISTRATOR = "anybody", "account", "administrator"


def _ask(question: Prepared, user: Any, *, ways: dict[str, Any], **values: Any) -> list[Any]:
    """The question for this person, or for anybody: not everything in Flett asks for an account."""
    if not (user.is_authenticated and user.is_active):
        return question.for_all(ways=ways | {"who": ANYBODY}, **values)
    return question(user, ways=ways | {"who": ADMINISTRATOR if user.is_superuser else ACCOUNT}, **values)


def _as(reader: Any, who: str) -> Any:
    if who == ANYBODY:
        return AnonymousUser()
    reader.is_superuser = who == ADMINISTRATOR
    return reader


def _words(*, query: Any, titles: Any, phrases: Any, has_phrases: bool) -> Words:
    return Words(query=query, titles=titles, phrases=phrases if has_phrases else None)


def _ranked(documents: Documents, found: Words, *, folded: Any) -> Any:
    is_title = ExpressionWrapper(Q(title_folded=folded), output_field=BooleanField())
    return engine().ranked(documents, found).annotate(is_title=is_title)


@prepared(**_ASKED)
def _on_the_site(
    reader: Any, *, folded: Any, language: Any, has_phrases: bool, who: str, **asked: Any
) -> "QuerySet[SearchDocument, Any]":
    found = _words(**asked, has_phrases=has_phrases)
    site = in_language(site_documents_found_by(_as(reader, who)), language=language)
    ranked = _ranked(engine().matching(site, found), found, folded=folded)
    return ranked.order_by("-is_title", "-in_title", "-rank", "pk").values_list(*_ROW)[:MOST_RANKED]


@prepared(numbers=NUMBERS, **_ASKED)
def _in_the_forum(
    reader: Any, *, numbers: Any, folded: Any, language: Any, has_phrases: bool, who: str, **asked: Any
) -> "QuerySet[SearchDocument, Any]":
    law = forum_documents_found_by(_as(reader, who)).filter(Among("pk", numbers))
    return _ranked(law, _words(**asked, has_phrases=has_phrases), folded=folded).values_list(*_ROW)


def _find(user: Any, asked: Asked, *, language: str, any_word: bool = False) -> Found:
    question = engine().read(asked, any_word=any_word)
    values = question.values | {"folded": asked.folded, "language": language}
    ways = {"has_phrases": question.has_phrases}
    rows = [Row(*row) for row in _ask(_on_the_site, user, ways=ways, **values)]
    full = {row.kind for row in rows} if len(rows) == MOST_RANKED else set()
    if user.is_authenticated:
        candidates, more = _forum_candidates(user, question)
        full |= more
        if candidates:
            law = _ask(_in_the_forum, user, ways=ways, numbers=sorted(candidates), **values)
            rows += [Row(*row) for row in law]
    return Found(sorted(rows, key=lambda row: row.place), full)


# --- among millions ------------------------------------------------------------------------------------------


class Part(NamedTuple):
    """Of what in the forum the newest are ranked."""

    name: str
    most: int
    area: str = ""
    kind: str = ""


TITLES = Part("titles", MOST_TITLES, Area.TOPICS)
TOPICS = Part("topics", MOST_RANKED, Area.TOPICS, Kind.TOPIC)
REPLIES = Part("replies", MOST_RANKED, Area.POSTS, Kind.POST)
UNSHOWN = Part("unshown", MOST_RANKED)


def _newest(
    reader: Any, *, spaces: Any, parts: tuple[Part, ...], are_common: bool, has_phrases: bool, **asked: Any
) -> "QuerySet[SearchDocument, Any]":
    text, found = engine(), _words(**asked, has_phrases=has_phrases)
    answers = []
    for part in parts:
        documents = documents_of_spaces(spaces, is_shown=part is not UNSHOWN, area=part.area)
        newest = text.newest(documents, found, of_title=part is TITLES, among_last=part.area if are_common else "")
        answers.append(newest.annotate(part=Value(part.name)).values_list("part", "pk")[: part.most])
    return answers[0] if len(answers) == 1 else answers[0].union(*answers[1:], all=True)


_OF_SPACES = {
    "query": SearchQueryField(),
    "titles": SearchQueryField(),
    "phrases": SearchQueryField(),
    "spaces": NUMBERS,
}
_newest_of_rare, _newest_of_common = Prepared(_newest, _OF_SPACES), Prepared(_newest, _OF_SPACES, plans_anew=True)


def _forum_candidates(user: Any, question: Question) -> tuple[set[int], set[str]]:
    """Documents in the forum to rank: by title, the newest topics, the newest replies, what is not shown; and the kinds
    of which there may be more. Two queries, one more where a word is common; on SQLite five.
    """
    numbers: set[int] = set()
    spaces = readable_space_ids(user)
    if not spaces:
        return numbers, set()

    def look(parts: tuple[Part, ...], *, are_common: bool) -> set[Part]:
        """Those parts of which there may be more."""
        found: list[Any] = []
        for together in [parts] if engine().asks_together else [(part,) for part in parts]:
            ways = {"parts": together, "are_common": are_common, "has_phrases": question.has_phrases}
            found += (_newest_of_common if are_common else _newest_of_rare)(
                user, ways=ways, spaces=spaces, **question.values
            )
        numbers.update(pk for _part, pk in found)
        counts = Counter(part for part, _pk in found)
        return {part for part in parts if counts[part.name] == part.most}

    common = tuple(part for part in (TITLES, TOPICS, REPLIES) if part.name in question.common)
    full = look(common, are_common=True) if common else set()
    full |= look(tuple(part for part in (TITLES, TOPICS, REPLIES, UNSHOWN) if part not in full), are_common=False)
    return numbers, {part.kind for part in full if part.kind}


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
    with engine().comparing():
        for pk, kind, title, written_at in _titles_like(user, typed, language=language):
            fit = _fit(typed, title)
            if fit is not None:
                mistakes, read = fit
                rows.append((mistakes, Row(pk, kind, False, True, 0, written_at)))
                for word, written in read.items():
                    meant.setdefault(word, written)
    folded = words.folded_vocabulary()
    for word in typed:
        if word not in meant and not words.is_known(word) and (nearest := words.near(word, folded)):
            meant[word] = folded[nearest]
    rows.sort(key=lambda pair: (pair[0], pair[1].place))
    return [row for _mistakes, row in rows], _suggestion(asked, meant)


_TITLE = ("pk", "kind", "title", "written_at")


@prepared(terms=Each(TextField()), language=CharField())
def _site_titles_like(
    reader: Any, *, terms: list[Any], language: Any, alike: str, who: str
) -> "QuerySet[SearchDocument, Any]":
    site = in_language(site_documents_found_by(_as(reader, who)), language=language)
    return titles_like(site, terms, alike=alike).order_by("-written_at").values_list(*_TITLE)[:MOST_LIKE]


@prepared(terms=Each(TextField()), spaces=NUMBERS)
def _topics_like(reader: Any, *, terms: list[Any], spaces: Any, alike: str) -> "QuerySet[SearchDocument, Any]":
    topics = documents_of_spaces(spaces, is_shown=True, area=Area.TOPICS)
    return engine().in_order(titles_like(topics, terms, alike=alike)).values_list("pk")[:MOST_LIKE]


@prepared(numbers=NUMBERS)
def _forum_titles(reader: Any, *, numbers: Any) -> "QuerySet[SearchDocument, Any]":
    law = forum_documents_found_by(reader).filter(Among("pk", numbers))
    return law.order_by("-written_at").values_list(*_TITLE)


def _titles_like(user: Any, typed: Sequence[str], *, language: str) -> list[Any]:
    """What the person may find whose title may hold one of the words, the newest of each area first. Four queries."""
    alike, terms = engine().alike, engine().like(typed)
    found = _ask(_site_titles_like, user, ways={"alike": alike}, terms=terms, language=language)
    spaces = readable_space_ids(user)
    topics = [pk for (pk,) in _topics_like(user, ways={"alike": alike}, terms=terms, spaces=spaces)] if spaces else []
    return found + (_forum_titles(user, numbers=topics) if topics else [])


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


@prepared(numbers=NUMBERS)
def _documents(reader: Any, *, numbers: Any) -> QuerySet[SearchDocument]:
    parent = Left(OuterRef("page__path"), Length(OuterRef("page__path")) - Page.steplen)
    course = CoursePage.objects.filter(path=parent, depth__gt=1).values("title")
    shown = ("key", "kind", "area", "title", "summary", "body", "address", "language", "person")
    topic = ("title", "content_warning", "state", "created_at", "space__slug", "space__name")
    return (
        SearchDocument.objects.filter(Among("pk", numbers))
        .select_related("page__locale", "space", "topic__space", "post__topic__space")
        .only(
            *shown,
            "page__url_path",
            "page__locale__language_code",
            "space__slug",
            *(f"topic__{name}" for name in topic),
            *(f"post__topic__{name}" for name in topic),
            *(f"post__{name}" for name in ("text", "content_warning", "state", "created_at")),
        )
        .annotate(
            course=Subquery(course[:1]), has_files=Exists(Attachment.objects.filter(post=OuterRef("post")).order_by())
        )
    )


@prepared(posts=NUMBERS)
def _files(reader: Any, *, posts: Any) -> QuerySet[Attachment]:
    files = Attachment.objects.filter(Among("post", posts)).order_by("pk")
    return files.only("pk", "post_id", "name", "alt_text", "text")


def get_documents(numbers: Sequence[int]) -> list[SearchDocument]:
    """These documents with what is shown of them, in this order. For those who may find them. At most one query."""
    if not numbers:
        return []
    by_number = {document.pk: document for document in _documents.for_all(numbers=numbers)}
    return [by_number[number] for number in numbers if number in by_number]


def _hit(document: SearchDocument, *, files: dict[int, list[Attachment]], asked: Asked) -> Hit | None:
    if document.area != Area.SITE:
        return _forum_hit(document, files=files.get(document.post_id or 0, []), asked=asked)
    return Hit(
        key=document.key,
        kind=document.kind,
        kind_label=one_of(document.kind),
        title=mark(document.title, asked),
        url=_address(document),
        excerpt=excerpt("\n".join(each for each in (document.summary, document.body) if each), asked),
        language=document.language,
        where=document.course or "" if document.kind == Kind.LESSON else "",  # type: ignore[attr-defined]
    )


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
        Kind.ITEM: _("Ressurs"),
        Kind.NEWS: _("Nyhet"),
        Kind.EVENT: _("Arrangement"),
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
    names = {
        Kind.TERM: "home:glossary-term",
        Kind.TEAM: "people:team",
        Kind.ITEM: "forum:library-item",
        Kind.NEWS: "forum:news-item",
        Kind.EVENT: "forum:event",
    }
    return reverse(names.get(Kind(document.kind), "home:principle"), args=document.address.split("/"))


def _forum_hit(document: SearchDocument, *, files: list[Attachment], asked: Asked) -> Hit | None:
    post = document.post
    if document.topic is None:
        return None
    topic = post.topic if post else document.topic
    warning = topic.content_warning or (post.content_warning if post else "")
    state = post.state if post and post.state != State.NORMAL else topic.state
    text = "\n".join([post.text, *file_words(files)]) if post else ""
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
