"""The library as one person may see it: the list with its facets, an item, what it was built on, and comparisons."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.http import Http404

from forum.comparing import Comparison, compare
from forum.models import (
    LibraryFile,
    LibraryItem,
    LibraryPrinciple,
    LibraryTag,
    LibraryUse,
    LibraryVersion,
    Space,
)
from forum.permissions import spaces_moderated_by, spaces_writable_by
from forum.permissions.library import files_visible_to, items_editable_by, items_visible_to, teams_spoken_for_by
from forum.queries.previews import add_previews
from forum.queries.subjects import get_principle_index, reader_language
from people.alphabet import fold
from people.models import Team

ITEMS_A_PAGE = 20
WORDS_MOST = 8
FACETS = ("kind", "phase", "programme", "language", "county", "licence")
"""Columns of an item that a list is cut by. Principles are cut by too, through a table of their own."""
SORTS = {
    "nyeste": ("-changed_at", "-pk"),
    "mest-brukt": ("-team_count", "-download_count", "-changed_at", "-pk"),
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


def get_library(user: Any, chosen: LibraryFilter, *, sort: str = "nyeste", page: int = 1) -> Library:
    """Items this person may see. Five queries, and one a minute for the principles."""
    found = narrowed(items_visible_to(user), chosen)
    counts = _count_facets(user, chosen)
    count = counts["all"].get("all", 0)
    page_count = max(1, -(-count // ITEMS_A_PAGE))
    page = min(max(page, 1), page_count)
    start = (page - 1) * ITEMS_A_PAGE
    rows = found.select_related("team", "owner", "current", "space").order_by(*SORTS.get(sort, SORTS["nyeste"]))
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

    @property
    def current(self) -> LibraryVersion | None:
        return self.versions[0] if self.versions else None


def get_item_for(user: Any, pk: int) -> LibraryItem:
    """The item with `may_edit` and `may_moderate`. One query. Raises Http404."""
    here = {"pk": OuterRef("pk")}
    found = (
        items_visible_to(user)
        .filter(pk=pk)
        .annotate(
            may_edit=Exists(items_editable_by(user).filter(**here)),
            may_moderate=Exists(spaces_moderated_by(user).filter(pk=OuterRef("space"))),
        )
        .select_related("space", "team", "owner", "current", "based_on")
        .first()
    )
    if found is None:
        raise Http404
    return found


def get_item_page(user: Any, item: LibraryItem) -> ItemPage:
    """All the page shows of an item that `get_item_for` has found. Nine queries."""
    versions = get_versions(item)
    add_previews(versions[0].shown_files if versions else [])  # type: ignore[attr-defined]
    add_item_principles([item])
    uses = LibraryUse.objects.filter(item=item, team=OuterRef("pk"))
    teams = teams_spoken_for_by(user).filter(pk__gt=0).annotate(uses_it=Exists(uses)).order_by("name", "pk")
    return ItemPage(
        item=item,
        versions=versions,
        tags=list(item.tags.all()),
        own_teams=list(teams),
        family=get_family(user, item),
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


def get_family(user: Any, item: LibraryItem) -> Family:
    """Where the item stands among what it was built on and what builds on it. One query.

    What the reader may not see is left out, and what builds on that stands as if it were the first.
    """
    rows = {
        each.pk: each
        for each in items_visible_to(user)
        .filter(family=item.family)
        .select_related("team", "based_on", "owner")
        .order_by("created_at", "pk")[:FAMILY_MOST]
    }
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
