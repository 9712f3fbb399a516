"""The library as one person may see it: the list with its facets, an item, what it was built on, and comparisons."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
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
)
from forum.permissions import spaces_moderated_by, spaces_writable_by
from forum.permissions.library import files_visible_to, items_visible_to, teams_spoken_for_by
from forum.prepared import Given, Prepared, Several, key_of, prepared
from forum.queries.joined import (
    FollowState,
    JoinedTopic,
    credit_of,
    follow_state,
    get_joined_topics,
    get_last_review,
)
from forum.queries.previews import add_previews
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


def usual_sort(chosen: LibraryFilter) -> str:
    """What a list is sorted by where nothing is said: who looks for words wants what they say first."""
    return RELEVANCE if fold(chosen.words) else "nyeste"


def get_library(user: Any, chosen: LibraryFilter, *, sort: str = "", page: int = 1) -> Library:
    """Items this person may see. Four queries, and one a minute for the principles."""
    sort = sort if sort in SORTS else usual_sort(chosen)
    counts = _count_facets(user, chosen)
    count = counts["all"].get("all", 0)
    page_count = max(1, -(-count // ITEMS_A_PAGE))
    page = min(max(page, 1), page_count)
    items = _get_items(user, chosen, sort=sort, page=page)
    add_item_principles(items)
    add_current_files(items)
    return Library(items=items, count=count, page=page, page_count=page_count, facets=_choices(counts, chosen))


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


def _items_on_page(
    reader: Any,
    *,
    cut_by: tuple[str, ...],
    sort: str,
    page: int,
    words: int,
    with_tag: bool,
    with_space: bool,
    **asked: Any,
) -> QuerySet[LibraryItem]:
    items = _cut(reader, asked, words=words, with_tag=with_tag, with_space=with_space)
    for name in cut_by:
        items = items.filter(_fits(asked, name))
    if sort == RELEVANCE:
        items = items.alias(padded_title=_padded(F("title_folded")), padded_text=_padded(F("search_text"))).annotate(
            relevance=_relevance([asked[name] for name in _WORD_NAMES[:words]])
        )
    start = (page - 1) * ITEMS_A_PAGE
    rows = items.select_related("team", "owner", "space").order_by(*SORTS[sort])
    return rows[start : start + ITEMS_A_PAGE]


_first_page = Prepared(_items_on_page, _ASKED)


def _get_items(user: Any, chosen: LibraryFilter, *, sort: str, page: int) -> list[LibraryItem]:
    """One query, put together once for the first pages."""
    ways = _ways(chosen) | {"sort": sort, "page": page}
    if page == 1:
        return _first_page(user, ways=ways, **_asked(chosen))
    return list(_items_on_page(user, **ways, **_asked(chosen)))


def _with_fits(
    reader: Any, *, cut_by: tuple[str, ...], words: int, with_tag: bool, with_space: bool, **asked: Any
) -> QuerySet[LibraryItem, Any]:
    """All that count for some facet, with what each fits: whatever misses in two counts for none."""
    items = _cut(reader, asked, words=words, with_tag=with_tag, with_space=with_space).order_by()
    fits = {f"fits_{name}": Case(When(_fits(asked, name), then=1), default=0) for name in cut_by}
    items = items.annotate(**fits)
    if cut_by:
        fitting = sum((F(name) for name in fits), start=Value(0))
        items = items.filter(GreaterThanOrEqual(fitting, len(cut_by) - 1))
    return items.values_list("pk", *FACETS, *fits)


def _count_sql(*, cut_by: tuple[str, ...], **ways: Any) -> str:
    """Each facet with all the others as they are chosen. The rule is asked once, whatever there is to count."""

    def others(but: str) -> str:
        return " AND ".join(["TRUE", *(f"fits_{name} = 1" for name in cut_by if name != but)])

    parts = [
        f"SELECT '{name}' AS facet, {name} AS value, COUNT(*) FROM found WHERE {others(name)} GROUP BY {name}"  # noqa: S608
        for name in FACETS
    ]
    table = LibraryPrinciple._meta.db_table
    parts.append(
        "SELECT 'principle', CAST(tagged.principle_key AS text), COUNT(*) FROM found"  # noqa: S608
        f" JOIN {table} tagged ON tagged.item_id = found.pk WHERE {others('principle')} GROUP BY tagged.principle_key"
    )
    parts.append(f"SELECT 'all', 'all', COUNT(*) FROM found WHERE {others('')}")  # noqa: S608
    return "WITH found AS MATERIALIZED (%s) " + " UNION ALL ".join(parts)


_counted = Prepared(_with_fits, _ASKED, within=_count_sql)


def _count_facets(user: Any, chosen: LibraryFilter) -> dict[str, dict[str, int]]:
    """How many items there are of each value, were it chosen. One query."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, value, number in _counted(user, ways=_ways(chosen), **_asked(chosen)):
        counts[name][value.replace("-", "") if name == "principle" else value] = number
    return counts


def _choices(counts: dict[str, dict[str, int]], chosen: LibraryFilter) -> dict[str, list[Choice]]:
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


@prepared(items=Several(BigIntegerField()))
def _principle_keys(reader: Any, *, items: Any) -> QuerySet[LibraryPrinciple, Any]:
    found = LibraryPrinciple.objects.alias(of=key_of("item")).filter(of__in=items)
    return found.values_list("item_id", "principle_key")


def add_item_principles(items: Sequence[LibraryItem]) -> None:
    """Set `shown_principles` on each, in order. One query, beside that of `get_principle_index`."""
    index = get_principle_index(language=reader_language())
    keys: dict[int, set[UUID]] = defaultdict(set)
    for item, key in _principle_keys.for_all(items=[each.pk for each in items]):
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


def add_current_files(items: Sequence[LibraryItem]) -> None:
    """Set `files` on each: those of its newest version. One query."""
    files: dict[int, list[LibraryFile]] = defaultdict(list)
    for each in _files_of.for_all(versions=[item.current_id for item in items if item.current_id]):
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


@prepared(pk=BigIntegerField())
def _item(reader: Any, *, pk: Any) -> QuerySet[LibraryItem]:
    built = LibraryItem.objects.filter(owner=reader, based_on__item=OuterRef("pk"), state=State.NORMAL)
    here = {"pk": OuterRef("space")}
    return (
        items_visible_to(reader)
        .annotate(
            may_moderate=Exists(spaces_moderated_by(reader).filter(**here)),
            may_write=Exists(spaces_writable_by(reader).filter(**here)),
            level=own_level(reader, item=OuterRef("pk")),
            builds_on_it=Exists(built),
        )
        .select_related("space", "team", "owner", "current", "based_on", "from_post__author", "from_post__pseudonym")
        .filter(pk=pk)
    )


def get_item_for(user: Any, pk: int) -> Any:
    """The item with `may_edit`, `may_moderate`, `may_write`, `may_report` and `may_decide`, the person's `level`, and
    whether they build on it.

    One query. Raises Http404.
    """
    item: Any = next(iter(_item(user, pk=pk)), None)
    if item is None:
        raise Http404
    is_own = item.owner_id == user.pk
    wrote_it = item.from_post is not None and item.from_post.author_id == user.pk
    # What the predicates of `forum.permissions.library` say, without asking again.
    item.may_edit = item.may_write and (is_own or wrote_it or item.may_moderate)
    item.may_report = item.state == State.NORMAL and not is_own
    item.may_decide = item.may_moderate and not is_own
    return item


@prepared(item=BigIntegerField())
def _own_teams(reader: Any, *, item: Any) -> QuerySet[Team]:
    uses = LibraryUse.objects.filter(item=item, team=OuterRef("pk"))
    return teams_spoken_for_by(reader).annotate(uses_it=Exists(uses)).order_by("name", "pk")


def get_item_page(user: Any, item: Any) -> ItemPage:
    """All the page shows of an item that `get_item_for` has found. Eleven queries."""
    versions = get_versions(item)
    add_previews(versions[0].shown_files if versions else [])  # type: ignore[attr-defined]
    topics = get_joined_topics(user, item)
    add_item_principles([item])
    return ItemPage(
        item=item,
        versions=versions,
        tags=_tags.for_all(item=item.pk),
        own_teams=_own_teams(user, item=item.pk),
        family=get_family(user, item),
        topics=topics,
        last_review=get_last_review(item),
        follow=follow_state(user, item, level=item.level, builds_on_it=item.builds_on_it),
        credit=credit_of(item),
        may_discuss=item.state == State.NORMAL and item.may_write and all(each.is_source for each in topics),
    )


@prepared(item=BigIntegerField())
def _tags(reader: Any, *, item: Any) -> QuerySet[LibraryTag]:
    return LibraryTag.objects.filter(item=item)


@prepared(item=BigIntegerField())
def _versions(reader: Any, *, item: Any) -> QuerySet[LibraryVersion]:
    return LibraryVersion.objects.filter(item=item).select_related("created_by").order_by("-number")


def get_versions(item: LibraryItem) -> list[LibraryVersion]:
    """Newest first, each with `shown_files`. Two queries."""
    versions = _versions.for_all(item=item.pk)
    files: dict[int, list[LibraryFile]] = defaultdict(list)
    for each in _files_of.for_all(versions=[version.pk for version in versions]):
        files[each.version_id or 0].append(each)
    for version in versions:
        version.shown_files = files[version.pk]
    return versions


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
    items = items_visible_to(reader).filter(family=family).select_related("team", "based_on", "owner")
    return items.order_by("created_at", "pk")[:FAMILY_MOST]


def get_family(user: Any, item: LibraryItem) -> Family:
    """Where the item stands among what it was built on and what builds on it. One query.

    What the reader may not see is left out, and what builds on that stands as if it were the first.
    """
    rows: dict[int, LibraryItem] = {each.pk: each for each in _family(user, family=item.family)}
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
            family.members.append(Relative(each, depth, parent, number, behind, each.pk == item.pk))
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
