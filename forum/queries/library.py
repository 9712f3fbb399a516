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
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat
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
from forum.prepared import prepared
from forum.queries.joined import (
    FollowState,
    JoinedTopic,
    credit_of,
    follow_state,
    get_joined_topics,
    get_last_review,
)
from forum.queries.subjects import get_principle_index, reader_language
from forum.queries.watching import own_level
from people.alphabet import fold
from people.models import Team

ITEMS_A_PAGE = 20
WORDS_MOST = 8
FACETS = ("kind", "phase", "programme", "language", "county", "licence")
"""Columns of an item that a list is cut by. Principles are cut by too, through a table of their own."""
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
    """Items this person may see. Five queries, and one a minute for the principles."""
    sort = sort if sort in SORTS else usual_sort(chosen)
    found = narrowed(items_visible_to(user), chosen)
    if sort == RELEVANCE:
        found = found.alias(
            padded_title=Concat(Value(" "), F("title_folded"), Value(" "), output_field=CharField()),
            padded_text=Concat(Value(" "), F("search_text"), Value(" "), output_field=CharField()),
        ).annotate(relevance=relevance_of(chosen.words))
    counts = _count_facets(user, chosen)
    count = counts["all"].get("all", 0)
    page_count = max(1, -(-count // ITEMS_A_PAGE))
    page = min(max(page, 1), page_count)
    start = (page - 1) * ITEMS_A_PAGE
    rows = found.select_related("team", "owner", "current", "space").order_by(*SORTS[sort])
    items = list(rows[start : start + ITEMS_A_PAGE])
    add_item_principles(items)
    add_current_files(items)
    return Library(items=items, count=count, page=page, page_count=page_count, facets=_choices(counts, chosen))


def narrowed(items: QuerySet[LibraryItem], chosen: LibraryFilter, *, but: str = "") -> QuerySet[LibraryItem]:
    """Those that are what was asked for; `but` names a facet that is left open."""
    wanted = {name: getattr(chosen, name) for name in FACETS if name != but and getattr(chosen, name)}
    items = items.filter(**wanted)
    if chosen.space:
        items = items.filter(space__slug=chosen.space)
    if chosen.principle and but != "principle":
        items = items.filter(
            Exists(LibraryPrinciple.objects.filter(item=OuterRef("pk"), principle_key=UUID(chosen.principle)))
        )
    if chosen.tag:
        items = items.filter(Exists(LibraryTag.objects.filter(item=OuterRef("pk"), name_folded=fold(chosen.tag))))
    for word in fold(chosen.words).split()[:WORDS_MOST]:
        tagged = LibraryTag.objects.filter(item=OuterRef("pk"), name_folded__contains=word)
        items = items.filter(Q(search_text__contains=word) | Q(Exists(tagged)))
    return items


def relevance_of(words: str) -> Combinable:
    """How well an item answers the words, as a number to sort by: a word in the title counts for more than one among
    the tags, and that for more than one in the summary; a whole word for more than a part. Each word gives its best.
    """
    total: Combinable = Value(0)
    for word in fold(words).split()[:WORDS_MOST]:
        tags = LibraryTag.objects.filter(item=OuterRef("pk"))
        total = total + Case(
            *(
                When(condition, then=Value(points))
                for condition, points in (
                    (Q(padded_title__contains=f" {word} "), 6),
                    (Q(title_folded__contains=word), 5),
                    (Q(Exists(tags.filter(name_folded=word))), 4),
                    (Q(Exists(tags.filter(name_folded__contains=word))), 3),
                    (Q(padded_text__contains=f" {word} "), 2),
                )
            ),
            default=Value(1),
        )
    return total


def _count_facets(user: Any, chosen: LibraryFilter) -> dict[str, dict[str, int]]:
    """How many items there are of each value, were it chosen. One query."""
    visible = items_visible_to(user).order_by()
    parts: list[QuerySet[Any, Any]] = []
    for name in FACETS:
        found = narrowed(visible, chosen, but=name)
        parts.append(_counted(found.annotate(of=Value(name, CharField()), value=Cast(name, CharField()))))
    by_principle = narrowed(visible, chosen, but="principle").filter(principles__isnull=False)
    key = Cast("principles__principle_key", CharField())
    parts.append(_counted(by_principle.annotate(of=Value("principle", CharField()), value=key)))
    every = narrowed(visible, chosen)
    parts.append(_counted(every.annotate(of=Value("all", CharField()), value=Value("all", CharField()))))
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, value, number in parts[0].union(*parts[1:], all=True):
        counts[name][value.replace("-", "") if name == "principle" else value] = number
    return counts


def _counted(items: QuerySet[Any]) -> QuerySet[Any, Any]:
    return items.values_list("of", "value").annotate(number=Count("pk"))


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


def add_item_principles(items: Sequence[LibraryItem]) -> None:
    """Set `shown_principles` on each, in order. One query, beside that of `get_principle_index`."""
    index = get_principle_index(language=reader_language())
    keys: dict[int, set[UUID]] = defaultdict(set)
    for item, key in LibraryPrinciple.objects.filter(item__in=items).values_list("item_id", "principle_key"):
        keys[item].add(key)
    for each in items:
        each.shown_principles = [  # type: ignore[attr-defined]
            principle for key, principle in index.items() if key in keys[each.pk]
        ]


def add_current_files(items: Sequence[LibraryItem]) -> None:
    """Set `files` on each: those of its newest version. One query."""
    files: dict[int, list[LibraryFile]] = defaultdict(list)
    for each in LibraryFile.objects.filter(version__in=[item.current_id for item in items]).defer("text"):
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


def get_item_page(user: Any, item: Any) -> ItemPage:
    """All the page shows of an item that `get_item_for` has found. Nine queries."""
    versions = get_versions(item)
    topics = get_joined_topics(user, item)
    add_item_principles([item])
    uses = LibraryUse.objects.filter(item=item, team=OuterRef("pk"))
    teams = teams_spoken_for_by(user).filter(pk__gt=0).annotate(uses_it=Exists(uses)).order_by("name", "pk")
    return ItemPage(
        item=item,
        versions=versions,
        tags=list(item.tags.all()),
        own_teams=list(teams),
        family=get_family(user, item),
        topics=topics,
        last_review=get_last_review(item),
        follow=follow_state(user, item, level=item.level, builds_on_it=item.builds_on_it),
        credit=credit_of(item),
        may_discuss=item.state == State.NORMAL and item.may_write and all(each.is_source for each in topics),
    )


def get_versions(item: LibraryItem) -> list[LibraryVersion]:
    """Newest first, each with `shown_files`. Two queries."""
    versions = list(item.versions.select_related("created_by").order_by("-number"))
    files: dict[int, list[LibraryFile]] = defaultdict(list)
    for each in LibraryFile.objects.filter(version__item=item).defer("text"):
        files[each.version_id or 0].append(each)
    for version in versions:
        version.shown_files = files[version.pk]  # type: ignore[attr-defined]
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
    """All a version says: its own text, then that of its files. One query."""
    files = LibraryFile.objects.filter(version=version).order_by("pk").values_list("text", flat=True)
    return "\n".join(text for text in [version.text, *files] if text)


def get_comparison(before: LibraryVersion, after: LibraryVersion) -> Comparison | None:
    """What was changed, or None where neither has text to compare. Two queries."""
    old, new = text_of(before), text_of(after)
    return compare(old, new) if old or new else None
