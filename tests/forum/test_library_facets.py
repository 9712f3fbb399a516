"""The list of the library and what each choice would give, against a plain count in Python."""

import random
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import pytest

from forum import prepared
from forum.models import LibraryItem, LibraryPrinciple, LibraryTag, Space, State
from forum.queries.library import CUTS, FACETS, LibraryFilter, get_library
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db

VALUES = {
    "kind": ["template", "agreement", "resource"],
    "phase": ["", "start_up", "operation"],
    "programme": ["", "FACT"],
    "language": ["nb", "da"],
    "county": ["", "Vestland", "Viken"],
    "licence": ["cc-by-4.0", "members"],
}
KEYS = [UUID(int=number) for number in (1, 2, 3)]


@pytest.fixture
def reader(home: Any) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def shelf(home: Any) -> list[LibraryItem]:
    """Items of every sort in a space that is open, one that is closed, and some that are hidden."""
    dice = random.Random(7)  # noqa: S311 – the same every time
    spaces = [factories.SpaceFactory.create(), factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)]
    items = []
    for number in range(80):
        said = {name: dice.choice(values) for name, values in VALUES.items()}
        words = f"{dice.choice(['Avtale', 'Plan', 'Mandat'])} {dice.choice(['møte', 'team'])}"
        state = State.HIDDEN if number % 11 == 0 else State.NORMAL
        item = LibraryItem.objects.create(space=spaces[number % 5 == 0], title=words, state=state, **said)
        for key in dice.sample(KEYS, dice.randint(0, 2)):
            LibraryPrinciple.objects.create(item=item, principle_key=key)
        if number % 3 == 0:
            LibraryTag.objects.create(item=item, name="Årshjul", name_folded="arshjul")
            item.save()  # found by its keywords from now on
        items.append(item)
    return items


def fits(item: LibraryItem, chosen: LibraryFilter, *, but: str = "") -> bool:
    keys = {str(each.principle_key) for each in item.principles.all()}
    return (
        item.state == State.NORMAL
        and item.space.kind == Space.Kind.OPEN
        and all(
            not getattr(chosen, name) or name == but or getattr(item, name) == getattr(chosen, name) for name in FACETS
        )
        and (not chosen.principle or but == "principle" or chosen.principle in keys)
        and (not chosen.tag or any(each.name_folded == "arshjul" for each in item.tags.all()))
        and (not chosen.space or item.space.slug == chosen.space)
        and all(word in item.search_text for word in chosen.words.lower().split())
    )


CHOICES = [
    {},
    {"kind": "template"},
    {"kind": "agreement", "phase": "start_up"},
    {"kind": "agreement", "language": "da", "licence": "members", "county": "Viken"},
    {"principle": str(KEYS[0])},
    {"principle": str(KEYS[1]), "kind": "resource"},
    {"tag": "Årshjul", "phase": "operation"},
    {"words": "avtale"},
    {"words": "team plan", "kind": "template", "principle": str(KEYS[2])},
    {"words": "arshjul", "programme": "FACT"},
    {"words": "finnes ikke"},
]


@pytest.mark.parametrize("asked", CHOICES, ids=lambda asked: "-".join(asked) or "everything")
def test_each_choice_counts_what_it_would_give(reader: User, shelf: list[LibraryItem], asked: dict[str, str]) -> None:
    chosen = LibraryFilter(**asked)
    found = get_library(reader, chosen)
    wanted = [item for item in shelf if fits(item, chosen)]
    assert found.count == len(wanted)
    assert [item.pk for item in found.items] == [item.pk for item in reversed(wanted)][:20]
    for name in FACETS:
        counted = Counter(getattr(item, name) for item in shelf if fits(item, chosen, but=name))
        counted.pop("", None)
        shown = {choice.value: choice.count for choice in found.facets[name] if choice.count}
        assert shown == dict(counted), name


def test_principles_are_counted_with_all_else_as_it_is_chosen(reader: User, shelf: list[LibraryItem]) -> None:
    principles = [factories.PrincipleFactory.create(translation_key=key) for key in KEYS]
    chosen = LibraryFilter(kind="template", principle=str(KEYS[0]))
    found = get_library(reader, chosen)
    counted = {
        str(key): sum(
            key in {each.principle_key for each in item.principles.all()}
            for item in shelf
            if fits(item, chosen, but="principle")
        )
        for key in KEYS
    }
    assert {choice.value: choice.count for choice in found.facets["principle"]} == counted
    assert [choice.is_chosen for choice in found.facets["principle"]] == [True, False, False]
    assert len(principles) == len(KEYS)


def test_later_pages_go_on_where_the_first_ended(reader: User, shelf: list[LibraryItem]) -> None:
    pages = [get_library(reader, LibraryFilter(), page=number) for number in (1, 2, 3)]
    assert pages[0].page_count == len(pages)
    listed = [item.pk for page in pages for item in page.items]
    assert listed == [item.pk for item in reversed(shelf) if fits(item, LibraryFilter())]


@pytest.mark.parametrize("sort", ["nyeste", "mest-brukt", "tittel"])
def test_every_order_shows_the_same_items(reader: User, shelf: list[LibraryItem], sort: str) -> None:
    pages = [get_library(reader, LibraryFilter(), sort=sort, page=number) for number in (1, 2, 3)]
    wanted = {item.pk for item in shelf if fits(item, LibraryFilter())}
    assert {item.pk for page in pages for item in page.items} == wanted


def test_whoever_asks_in_every_way_there_is_fills_no_memory(reader: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "KEPT_MOST", 3)
    for each in prepared.EVERY:
        each._compiled.clear()
    for name in CUTS:
        value = str(uuid4()) if name == "principle" else VALUES[name][-1]
        get_library(reader, LibraryFilter(**{name: value}))
        assert all(len(each._compiled) <= 3 for each in prepared.EVERY)
