"""The library as one person may see it: the list with its facets, an item, what it was built on, and comparisons."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Exists,
    F,
    Field,
    OuterRef,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat
from django.db.models.lookups import GreaterThanOrEqual
from django.http import Http404

from forum.comparing import Comparison, compare
from forum.kept_pages import STAMPS, ask_stamps
from forum.models import (
    LibraryFile,
    LibraryItem,
    LibraryPrinciple,
    LibraryReview,
    LibraryTag,
    LibraryUse,
    LibraryVersion,
    Space,
    State,
    Topic,
)
from forum.permissions import spaces_moderated_by, spaces_writable_by
from forum.permissions.library import files_visible_to, items_visible_to, teams_spoken_for_by
from forum.prepared import Answers, Given, Several, Sql, Together, among, key_of, prepared
from forum.queries.joined import (
    FollowState,
    JoinedTopic,
    credit_of,
    follow_state,
    joined_topics,
    make_joined_topics,
    topics_joined_to,
)
from forum.queries.previews import pages_of, set_previews, words_of
from forum.queries.subjects import get_principle_index, reader_language
from forum.queries.watching import own_level
from forum.rendering import text_to_write_on
from people.alphabet import fold
from people.models import Team

ITEMS_A_PAGE = 20
WORDS_MOST = 8
FACETS = ("kind", "phase", "programme", "language", "county", "licence")
"""Columns of an item that a list is cut by."""
CUTS = (*FACETS, "principle")
"""Principles stand in a table of their own."""
RELEVANCE = "relevans"
MOST_USED = ("-team_count", "-download_count", "-changed_at", "-pk")
SORTS = {
    RELEVANCE: ("-relevance", *MOST_USED),
    "nyeste": ("-changed_at", "-pk"),
    "mest-brukt": MOST_USED,
    "tittel": ("title", "pk"),
}


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """What the reader asks for; empty strings ask for nothing."""

    words: str = ""
    kind: str = ""
    phase: str = ""
    programme: str = ""
    language: str = ""
    county: str = ""
    licence: str = ""
    principle: str = ""
    tag: str = ""
    space: str = ""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(slots=True)
class Library:
    """A page of the library: its items, how many there are in all, and what else could be chosen."""

    items: list[LibraryItem]
    count: int
    page: int
    page_count: int
    facets: dict[str, list[Choice]] = field(default_factory=dict)


class LibraryAnswers(NamedTuple):
    """What the database says of a page of the library, and which page that is."""

    answers: Answers
    page: int


Counts = dict[str, dict[str, int]]


def usual_sort(chosen: LibraryFilter) -> str:
    """What a list is sorted by where nothing is said: who looks for words wants what they say first."""
    return RELEVANCE if fold(chosen.words) else "nyeste"


def ask_library(user: Any, chosen: LibraryFilter, *, sort: str = "", page: int = 1) -> LibraryAnswers:
    """Items this person may see, as the database answers. One query, two for a page after the last."""
    ways = _ways(chosen) | {"sort": sort if sort in SORTS else usual_sort(chosen)}
    page = max(page, 1)
    answers = _library.ask(user, ways=ways, start=(page - 1) * ITEMS_A_PAGE, **_asked(chosen))
    if page > 1 and not answers.has("order"):
        page = _page_count(_counts_of(answers))
        answers = _library.ask(user, ways=ways, start=(page - 1) * ITEMS_A_PAGE, **_asked(chosen))
    return LibraryAnswers(answers, page)


def make_library(found: LibraryAnswers, chosen: LibraryFilter) -> Library:
    """What `ask_library` was answered. No query, but one a minute for the principles."""
    answers = found.answers
    counts = _counts_of(answers)
    rows: dict[int, LibraryItem] = {each.pk: each for each in answers.rows("items")}
    items = [rows[pk] for (pk,) in answers.rows("order")]
    _set_principles(items, answers.rows("principles"))
    _set_files(items, answers.rows("files"))
    return Library(
        items=items,
        count=counts["all"].get("all", 0),
        page=found.page,
        page_count=_page_count(counts),
        facets=_choices(counts, chosen),
    )


def get_library(user: Any, chosen: LibraryFilter, *, sort: str = "", page: int = 1) -> Library:
    """Items this person may see. One query, and one a minute for the principles."""
    return make_library(ask_library(user, chosen, sort=sort, page=page), chosen)


def _page_count(counts: "Counts") -> int:
    return max(1, -(-counts["all"].get("all", 0) // ITEMS_A_PAGE))


_WORD_NAMES = tuple(f"word{number}" for number in range(WORDS_MOST))
_ASKED: dict[str, Field[Any, Any] | Several] = {
    **{name: CharField() for name in (*FACETS, *_WORD_NAMES, "tag", "space")},
    "principle": UUIDField(),
}
"""What may be asked for, as a prepared query is told it."""


def _asked(chosen: LibraryFilter) -> dict[str, Any]:
    words = fold(chosen.words).split()[:WORDS_MOST]
    return {
        **{name: getattr(chosen, name) for name in (*FACETS, "space")},
        **{name: words[place] if place < len(words) else "" for place, name in enumerate(_WORD_NAMES)},
        "tag": fold(chosen.tag),
        "principle": UUID(chosen.principle) if chosen.principle else _NO_KEY,
    }


_NO_KEY = UUID(int=0)


def _ways(chosen: LibraryFilter) -> dict[str, Any]:
    """What the query is another one by: which facets are cut by, how many words there are, and what else is asked."""
    return {
        "cut_by": tuple(name for name in CUTS if getattr(chosen, name)),
        "words": len(fold(chosen.words).split()[:WORDS_MOST]),
        "with_tag": bool(chosen.tag),
        "with_space": bool(chosen.space),
    }


def _cut(reader: Any, asked: dict[str, Any], *, words: int, with_tag: bool, with_space: bool) -> QuerySet[LibraryItem]:
    """Those the reader may see that are what was asked for, whatever they are in the facets."""
    items = items_visible_to(reader)
    if with_space:
        items = items.filter(space__slug=asked["space"])
    if with_tag:
        items = items.filter(Exists(LibraryTag.objects.filter(item=OuterRef("pk"), name_folded=asked["tag"])))
    for name in _WORD_NAMES[:words]:
        items = items.filter(search_text__contains=asked[name])
    return items


def _fits(asked: dict[str, Any], name: str) -> Q:
    """Whether an item is what is asked for in this facet."""
    if name == "principle":
        return Q(Exists(LibraryPrinciple.objects.filter(item=OuterRef("pk"), principle_key=asked["principle"])))
    return Q(**{name: asked[name]})


def _padded(words: Any) -> Concat:
    """With a space on each side, so that a whole word can be looked for."""
    return Concat(Value(" "), words, Value(" "), output_field=CharField())


def _relevance(words: Sequence[Any]) -> Combinable:
    """How well an item answers the words, as a number to sort by: a word in the title counts for more than one among
    the tags, and that for more than one in the summary; a whole word for more than a part. Each word gives its best.
    """
    total: Combinable = Value(0)
    for word in words:
        whole = _padded(word if isinstance(word, Given) else Value(word))
        tags = LibraryTag.objects.filter(item=OuterRef("pk"))
        total = total + Case(
            *(
                When(condition, then=Value(points))
                for condition, points in (
                    (Q(padded_title__contains=whole), 6),
                    (Q(title_folded__contains=word), 5),
                    (Q(Exists(tags.filter(name_folded=word))), 4),
                    (Q(Exists(tags.filter(name_folded__contains=word))), 3),
                    (Q(padded_text__contains=whole), 2),
                )
            ),
            default=Value(1),
        )
    return total


def _order_of(sort: str) -> list[tuple[str, str]]:
    """The columns to sort by, with which way."""
    return [(each.removeprefix("-"), "DESC" if each.startswith("-") else "ASC") for each in SORTS[sort]]


def _found(
    reader: Any, *, cut_by: tuple[str, ...], sort: str, words: int, with_tag: bool, with_space: bool, **asked: Any
) -> QuerySet[LibraryItem, Any]:
    """All that count for some facet, with what each fits: whatever misses in two counts for none."""
    items = _cut(reader, asked, words=words, with_tag=with_tag, with_space=with_space).order_by()
    fits = {f"fits_{name}": Case(When(_fits(asked, name), then=1), default=0) for name in cut_by}
    items = items.annotate(**fits)
    if cut_by:
        fitting = sum((F(name) for name in fits), start=Value(0))
        items = items.filter(GreaterThanOrEqual(fitting, len(cut_by) - 1))
    if sort == RELEVANCE:
        items = items.alias(padded_title=_padded(F("title_folded")), padded_text=_padded(F("search_text"))).annotate(
            relevance=_relevance([asked[name] for name in _WORD_NAMES[:words]])
        )
    sorted_by = [name for name, _way in _order_of(sort) if name != "pk"]
    return items.values_list("pk", "current_id", *FACETS, *fits, *sorted_by)


def _fitting(cut_by: tuple[str, ...], *, but: str = "") -> str:
    """The condition that an item fits all that is chosen, as SQL about `found`."""
    return " AND ".join(["TRUE", *(f"fits_{name} = 1" for name in cut_by if name != but)])


def _page(reader: Any, *, cut_by: tuple[str, ...], sort: str, start: Any, **ways: Any) -> Sql:
    order = _order_of(sort)
    columns = ", ".join(dict.fromkeys(["pk", "current_id", *(name for name, _way in order)]))
    return Sql(
        f"SELECT {columns} FROM found WHERE {_fitting(cut_by)}"  # noqa: S608 – names of ours
        f" ORDER BY {_sql_of(order)} LIMIT {ITEMS_A_PAGE} OFFSET %s",
        given=(start,),
    )


def _sql_of(order: list[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {way}" for name, way in order)


def _counts(reader: Any, *, cut_by: tuple[str, ...], **ways: Any) -> Sql:
    """Each facet with all the others as they are chosen. The rule is asked once, whatever there is to count."""
    parts = [
        f"SELECT '{name}', {name}, COUNT(*) FROM found WHERE {_fitting(cut_by, but=name)} GROUP BY {name}"  # noqa: S608
        for name in FACETS
    ]
    table = LibraryPrinciple._meta.db_table
    parts.append(
        "SELECT 'principle', CAST(tagged.principle_key AS text), COUNT(*) FROM found"  # noqa: S608
        f" JOIN {table} tagged ON tagged.item_id = found.pk WHERE {_fitting(cut_by, but='principle')}"
        " GROUP BY tagged.principle_key"
    )
    counted = f"SELECT COUNT(*) AS number FROM found WHERE {_fitting(cut_by)}"  # noqa: S608
    parts.append(f"SELECT 'all', 'all', number FROM ({counted}) counted WHERE number > 0")  # noqa: S608
    return Sql(" UNION ALL ".join(parts) + " ORDER BY 1, 2", columns=3)


def _items_on_page(reader: Any, **asked: Any) -> QuerySet[LibraryItem]:
    items = LibraryItem.objects.filter(pk__in=among("page")).select_related("team", "current")
    return items.only(*_SHOWN_OF_ITEM, "team__name", "current__link").order_by("pk")


_SHOWN_OF_ITEM = (
    *("title", "summary", "kind", "phase", "state", "review_on", "county"),
    *("version_count", "team_count", "changed_at"),
)
"""What a list shows of an item."""


def _principles_on_page(reader: Any, **asked: Any) -> QuerySet[LibraryPrinciple, Any]:
    found = LibraryPrinciple.objects.filter(item__in=among("page"))
    return found.values_list("item_id", "principle_key").order_by("item_id", "principle_key")


def _files_on_page(reader: Any, **asked: Any) -> QuerySet[LibraryFile]:
    return LibraryFile.objects.filter(version__in=among("page", "current_id")).only(*_SHOWN).order_by("pk")


_library = Together(
    {**_ASKED, "start": BigIntegerField()},
    tables={"found": _found, "page": _page},
    parts={
        "counts": _counts,
        "order": lambda reader, *, sort, **asked: Sql(f"SELECT pk FROM page ORDER BY {_sql_of(_order_of(sort))}"),  # noqa: S608
        "items": _items_on_page,
        "principles": _principles_on_page,
        "files": _files_on_page,
        STAMPS: ask_stamps,
    },
)


def _counts_of(answers: Answers) -> Counts:
    """How many items there are of each value, were it chosen."""
    counts: Counts = defaultdict(dict)
    for name, value, number in answers.rows("counts"):
        counts[name][value.replace("-", "") if name == "principle" else value] = number
    return counts


def _choices(counts: Counts, chosen: LibraryFilter) -> dict[str, list[Choice]]:
    found: dict[str, list[Choice]] = {}
    for name in FACETS:
        labels: Iterable[tuple[str, Any]] = (
            ((value, value) for value in sorted(counts[name]))
            if name == "county"
            else LibraryItem._meta.get_field(name).flatchoices  # type: ignore[union-attr]
        )
        mine = getattr(chosen, name)
        found[name] = [
            Choice(value, str(label), counts[name].get(value, 0), value == mine)
            for value, label in labels
            if value and (counts[name].get(value) or value == mine)
        ]
    found["principle"] = [
        Choice(str(key), principle.name, counts["principle"].get(key.hex, 0), str(key) == chosen.principle)
        for key, principle in get_principle_index(language=reader_language()).items()
        if counts["principle"].get(key.hex) or str(key) == chosen.principle
    ]
    return found


def _set_principles(items: Sequence[LibraryItem], rows: Iterable[tuple[int, UUID]]) -> None:
    """Set `shown_principles` on each, in order. No query, beside that of `get_principle_index`."""
    index = get_principle_index(language=reader_language())
    keys: dict[int, set[UUID]] = defaultdict(set)
    for item, key in rows:
        keys[item].add(key)
    for each in items:
        each.shown_principles = [  # type: ignore[attr-defined]
            principle for key, principle in index.items() if key in keys[each.pk]
        ]


_SHOWN = ("key", "version", "name", "media_type", "size", "is_image")
"""What a list shows of a file."""


@prepared(versions=Several(BigIntegerField()))
def _files_of(reader: Any, *, versions: Any) -> QuerySet[LibraryFile]:
    found = LibraryFile.objects.alias(of=key_of("version")).filter(of__in=versions)
    return found.only(*_SHOWN).order_by("pk")


def _set_files(items: Sequence[LibraryItem], rows: Iterable[LibraryFile]) -> None:
    """Set `files` on each: those of its newest version."""
    files: dict[int, list[LibraryFile]] = defaultdict(list)
    for each in rows:
        files[each.version_id or 0].append(each)
    for item in items:
        item.files = files[item.current_id or 0]  # type: ignore[attr-defined]


# --- one item ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class ItemPage:
    """An item with all its versions, newest first; who uses it; and its family."""

    item: LibraryItem
    versions: list[LibraryVersion]
    tags: list[LibraryTag]
    own_teams: list[Team]
    family: "Family"
    topics: list[JoinedTopic]
    last_review: LibraryReview | None
    follow: FollowState
    credit: str
    """Who wrote the answer it was made of."""
    may_discuss: bool

    @property
    def current(self) -> LibraryVersion | None:
        return self.versions[0] if self.versions else None


def _with_rights(reader: Any, items: QuerySet[LibraryItem]) -> QuerySet[LibraryItem]:
    """Items the reader may see, with what else they may."""
    built = LibraryItem.objects.filter(owner=reader, based_on__item=OuterRef("pk"), state=State.NORMAL)
    here = {"pk": OuterRef("space")}
    return items.annotate(
        may_moderate=Exists(spaces_moderated_by(reader).filter(**here)),
        may_write=Exists(spaces_writable_by(reader).filter(**here)),
        level=own_level(reader, item=OuterRef("pk")),
        builds_on_it=Exists(built),
    ).select_related("space", "team", "owner", "current", "from_post__author", "from_post__pseudonym")


@prepared(pk=BigIntegerField())
def _item(reader: Any, *, pk: Any) -> QuerySet[LibraryItem]:
    return _with_rights(reader, items_visible_to(reader)).select_related("based_on").filter(pk=pk)


def get_item_for(user: Any, pk: int) -> Any:
    """The item with `may_edit`, `may_moderate`, `may_write`, `may_report` and `may_decide`, the person's `level`, and
    whether they build on it.

    One query. Raises Http404.
    """
    return _judged(user, _item(user, pk=pk))


def _judged(user: Any, items: Iterable[LibraryItem]) -> Any:
    """The item, with what the predicates of `forum.permissions.library` say, without asking again. Raises Http404."""
    item: Any = next(iter(items), None)
    if item is None:
        raise Http404
    is_own = item.owner_id == user.pk
    wrote_it = item.from_post is not None and item.from_post.author_id == user.pk
    item.may_edit = item.may_write and (is_own or wrote_it or item.may_moderate)
    item.may_report = item.state == State.NORMAL and not is_own
    item.may_decide = item.may_moderate and not is_own
    return item


_SHOWN_OF_ITEM_PAGE = (
    *("key", "title", "summary", "kind", "phase", "programme", "language", "county", "licence", "review_on", "state"),
    *("current", "family", "version_count", "team_count", "download_count", "team__name", "team__slug"),
    *("space__name", "space__slug", "owner__first_name", "owner__last_name", "from_post__author__first_name"),
    *("from_post__author__last_name", "from_post__author__email", "from_post__pseudonym__name"),
)


def _here(reader: Any, *, pk: Any) -> QuerySet[LibraryItem, Any]:
    """What else is asked for by, whoever may see it."""
    return LibraryItem.objects.filter(pk=pk).order_by().values_list("pk", "key", "family", "current_id", "from_post_id")


def _family_seen(reader: Any, *, pk: Any) -> QuerySet[LibraryItem, Any]:
    return items_visible_to(reader).filter(family__in=among("here", "family")).order_by().values_list("pk")


def _talk(reader: Any, *, pk: Any) -> QuerySet[Topic, Any]:
    return topics_joined_to(key=among("here", "key"), answer=among("here", "from_post_id"))


def _item_seen(reader: Any, *, pk: Any) -> QuerySet[LibraryItem]:
    items = LibraryItem.objects.filter(pk=pk, pk__in=among("seen")).order_by()
    return _with_rights(reader, items).select_related(None).select_related(*_RELATED).only(*_SHOWN_OF_ITEM_PAGE)


_RELATED = ("space", "team", "owner", "from_post__author", "from_post__pseudonym")


def _versions_shown(reader: Any, *, pk: Any) -> QuerySet[LibraryVersion]:
    versions = LibraryVersion.objects.filter(item=pk).select_related("created_by").order_by("-number")
    return versions.only(
        "item", "number", "note", "html", "link", "created_at", "created_by__first_name", "created_by__last_name"
    )


def _files_shown(reader: Any, *, pk: Any) -> QuerySet[LibraryFile]:
    return LibraryFile.objects.filter(version__item=pk).only(*_SHOWN).order_by("pk")


def _own_teams(reader: Any, *, pk: Any) -> QuerySet[Team]:
    uses = LibraryUse.objects.filter(item=pk, team=OuterRef("pk"))
    return teams_spoken_for_by(reader).annotate(uses_it=Exists(uses)).only("name").order_by("name", "pk")


def _family_shown(reader: Any, *, pk: Any) -> QuerySet[LibraryItem]:
    family = _in_family(LibraryItem.objects.filter(pk__in=among("seen")))
    return family.only("title", "version_count", "current", "team__name", "based_on__item", "based_on__number")


def _principles_shown(reader: Any, *, pk: Any) -> QuerySet[LibraryPrinciple, Any]:
    found = LibraryPrinciple.objects.filter(item=pk)
    return found.values_list("item_id", "principle_key").order_by("principle_key")


def _last_review(reader: Any, *, pk: Any) -> QuerySet[LibraryReview]:
    reviews = LibraryReview.objects.filter(item=pk).select_related("by").order_by("-at", "-pk")
    return reviews.only("at", "by__first_name", "by__last_name")[:1]


def _current_files(reader: Any, *, pk: Any) -> QuerySet[LibraryFile]:
    return LibraryFile.objects.filter(version__in=among("here", "current_id"))


_item_page = Together(
    {"pk": BigIntegerField()},
    tables={"here": _here, "seen": _family_seen, "talk": _talk},
    parts={
        "item": _item_seen,
        "versions": _versions_shown,
        "files": _files_shown,
        "words": lambda reader, *, pk: words_of(_current_files(reader, pk=pk)),
        "pages": lambda reader, *, pk: pages_of(_current_files(reader, pk=pk)),
        "tags": lambda reader, *, pk: LibraryTag.objects.filter(item=pk).only("name"),
        "teams": _own_teams,
        "family": _family_shown,
        "topics": lambda reader, *, pk: joined_topics(
            reader, topics=among("talk"), answer=among("here", "from_post_id")
        ),
        "principles": _principles_shown,
        "review": _last_review,
        STAMPS: ask_stamps,
    },
)


def ask_item_page(user: Any, pk: int) -> Answers:
    """All the page shows of an item, as the database answers. One query. Raises Http404."""
    answers = _item_page.ask(user, pk=pk)
    if not answers.has("item"):
        raise Http404
    return answers


def make_item_page(user: Any, answers: Answers) -> ItemPage:
    """What `ask_item_page` was answered. No query, but one a minute for the principles."""
    item = _judged(user, answers.rows("item"))
    versions = answers.rows("versions")
    _set_shown_files(versions, answers.rows("files"))
    set_previews(versions[0].shown_files if versions else [], answers.rows("words"), answers.rows("pages"))
    topics = make_joined_topics(answers.rows("topics"))
    _set_principles([item], answers.rows("principles"))
    return ItemPage(
        item=item,
        versions=versions,
        tags=answers.rows("tags"),
        own_teams=answers.rows("teams"),
        family=_make_family(answers.rows("family"), here=item.pk),
        topics=topics,
        last_review=next(iter(answers.rows("review")), None),
        follow=follow_state(user, item, level=item.level, builds_on_it=item.builds_on_it),
        credit=credit_of(item),
        may_discuss=item.state == State.NORMAL and item.may_write and all(each.is_source for each in topics),
    )


@prepared(item=BigIntegerField())
def _versions(reader: Any, *, item: Any) -> QuerySet[LibraryVersion]:
    return LibraryVersion.objects.filter(item=item).select_related("created_by").order_by("-number")


def get_versions(item: LibraryItem) -> list[LibraryVersion]:
    """Newest first, each with `shown_files`. Two queries."""
    versions = _versions.for_all(item=item.pk)
    _set_shown_files(versions, _files_of.for_all(versions=[version.pk for version in versions]))
    return versions


def _set_shown_files(versions: Iterable[Any], rows: Iterable[LibraryFile]) -> None:
    files: dict[int, list[LibraryFile]] = defaultdict(list)
    for each in rows:
        files[each.version_id or 0].append(each)
    for version in versions:
        version.shown_files = files[version.pk]


def get_file_for(user: Any, key: UUID) -> LibraryFile:
    """A file the person may have. One query. Raises Http404."""
    found = files_visible_to(user).select_related("version").defer("text").filter(key=key).first()
    if found is None:
        raise Http404
    return found


def get_version_for(user: Any, pk: int) -> LibraryVersion:
    """A version of an item the person may see. One query. Raises Http404."""
    found = (
        LibraryVersion.objects.filter(pk=pk, item__in=items_visible_to(user).values("pk"))
        .select_related("item__space")
        .first()
    )
    if found is None:
        raise Http404
    return found


def spaces_to_share_in(user: Any) -> QuerySet[Space]:
    """Where the person may share something now."""
    return spaces_writable_by(user).order_by("position", "name", "pk")


# --- what was built on what ----------------------------------------------------------------------------


@dataclass(slots=True)
class Relative:
    """An item in its family. `depth` counts from the first; `behind` is how many versions its source has had since."""

    item: LibraryItem
    depth: int
    parent: int | None
    from_number: int | None
    behind: int
    is_here: bool


@dataclass(slots=True)
class Family:
    """All the reader may see of what builds on one another, each after what it builds on."""

    members: list[Relative] = field(default_factory=list)

    def __bool__(self) -> bool:
        return len(self.members) > 1

    @property
    def here(self) -> Relative | None:
        return next((each for each in self.members if each.is_here), None)

    @property
    def builds_on_it(self) -> list[Relative]:
        return [each for each in self.members if self.here is not None and each.parent == self.here.item.pk]


FAMILY_MOST = 200


@prepared(family=UUIDField())
def _family(reader: Any, *, family: Any) -> QuerySet[LibraryItem]:
    return _in_family(items_visible_to(reader).filter(family=family))


def _in_family(items: QuerySet[LibraryItem]) -> QuerySet[LibraryItem]:
    return items.select_related("team", "based_on").order_by("created_at", "pk")[:FAMILY_MOST]


def get_family(user: Any, item: LibraryItem) -> Family:
    """Where the item stands among what it was built on and what builds on it. One query.

    What the reader may not see is left out, and what builds on that stands as if it were the first.
    """
    return _make_family(_family(user, family=item.family), here=item.pk)


def _make_family(found: Iterable[LibraryItem], *, here: int) -> Family:
    rows: dict[int, LibraryItem] = {each.pk: each for each in found}
    below: dict[int | None, list[LibraryItem]] = defaultdict(list)
    for each in rows.values():
        source = each.based_on.item_id if each.based_on is not None else None
        below[source if source in rows and source != each.pk else None].append(each)
    family = Family()

    def walk(parent: int | None, depth: int) -> None:
        for each in below[parent]:
            source = rows.get(parent) if parent is not None else None
            number = each.based_on.number if each.based_on is not None and source is not None else None
            behind = source.version_count - number if source is not None and number is not None else 0
            family.members.append(Relative(each, depth, parent, number, behind, each.pk == here))
            walk(each.pk, depth + 1)

    walk(None, 0)
    return family


# --- comparing -----------------------------------------------------------------------------------------


def text_of(version: LibraryVersion) -> str:
    """All a version says: its own text, with its lists as one would type them, then that of its files. One query."""
    files = LibraryFile.objects.filter(version=version).order_by("pk").values_list("text", flat=True)
    return "\n".join(text for text in [text_to_write_on(version.html), *files] if text)


def get_comparison(before: LibraryVersion, after: LibraryVersion) -> Comparison | None:
    """What was changed, or None where neither has text to compare. Two queries."""
    old, new = text_of(before), text_of(after)
    return compare(old, new) if old or new else None
