"""All a space's library holds, written out, and taken in again as it was."""

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from forum.actions.library import Content, Details, add_library_file, add_version, say_use, set_item_state, share_item
from forum.actions.library_import import PAGE_LIMITS, import_library, opened_import
from forum.library_sheet import COLUMNS, joined, several
from forum.models import LibraryItem, Post, Space, State
from forum.permissions.library import user_can_see_item
from forum.permissions.library_bulk import (
    spaces_exported_by,
    spaces_open_to_import_by,
    user_can_export_from,
    user_can_import_into,
)
from forum.queries.library_export import safe_name, size_of_export, write_library_zip
from people.models import Team, User
from safety.archive import safe_path
from tests import factories
from tests.forum.bulk import docx

pytestmark = pytest.mark.django_db


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def team() -> Team:
    return factories.TeamFactory.create(name="Teamet i vest")


@pytest.fixture
def kari(space: Space, team: Team) -> User:
    """Looks after the space, and is in a team."""
    person = factories.MembershipFactory.create(team=team, person__first_name="Kari", person__last_name="Vest").person
    factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    return person


def files(person: User, **contents: bytes) -> Any:
    return keep(person, {f"{name}.txt": content for name, content in contents.items()})


def keep(person: User, contents: dict[str, bytes]) -> Any:
    submission = uuid4()
    for name, content in contents.items():
        add_library_file(person=person, submission=submission, file=BytesIO(content), name=name)
    return submission


def fill(person: User, space: Space, team: Team) -> list[LibraryItem]:
    """A lineage of three with versions, texts of both kinds, links, files of one name, formulas, and a hidden one."""
    principle = factories.PrincipleFactory.create()
    first = share_item(
        person=person,
        space=space,
        details=Details(
            title="=SUM(A1) avtale",
            summary='-kort; med "tegn", og linje',
            kind="agreement",
            phase="pre_project",
            programme="FACT",
            language="da",
            county="Møre og Romsdal",
            team=team,
            licence="cc-by-sa-4.0",
            review_on=date(2027, 3, 31),
            principle_keys=(principle.translation_key,),
            tags=("@avtale", "ledelse, felles"),
        ),
        content=Content(
            source="Første avsnitt.\n\nAndre & siste.",
            link="https://example.org/a?b=c",
            submission=keep(person, {"avtale.docx": docx("Partene er enige."), "blå.txt": "Æ".encode()}),
        ),
    )
    submission = uuid4()
    for content in (b"En", b"To"):
        add_library_file(person=person, submission=submission, file=BytesIO(content), name="Likt.txt")
    add_version(person=person, item=first, content=Content(note="+ mer om økonomi", submission=submission))
    first.refresh_from_db()
    second = share_item(
        person=person,
        space=space,
        details=Details(title="CON", kind="template"),
        content=Content(source="<h3>Del</h3><p>Et <strong>punkt</strong></p>", source_format=Post.Format.HTML),
        based_on=first.current,
    )
    third = share_item(
        person=person,
        space=space,
        details=Details(title="Tredje ledd", review_on=None),
        content=Content(link="https://example.org/"),
        based_on=second.current,
    )
    hidden = share_item(
        person=person, space=space, details=Details(title="Skjult"), content=Content(source="Skjult tekst.")
    )
    set_item_state(person=person, item=hidden, state=State.HIDDEN)
    gone = share_item(person=person, space=space, details=Details(title="Slettet"), content=Content(source="Borte."))
    set_item_state(person=person, item=gone, state=State.DELETED)
    say_use(person=person, item=first, team=team, uses=True)
    return [first, second, third, hidden]


def written(user: User, space: Space) -> bytes:
    sink = BytesIO()
    write_library_zip(user, space, sink)
    return sink.getvalue()


def described(space: Space) -> list[Any]:
    """All there is of a space's items, without what is a new item's own."""
    found = []
    for item in LibraryItem.objects.filter(space=space).exclude(state=State.DELETED).order_by("pk"):
        plain = (
            "title",
            "summary",
            "kind",
            "phase",
            "programme",
            "language",
            "county",
            "licence",
            "review_on",
            "state",
        )
        versions = [
            (
                each.number,
                each.note,
                each.html,
                each.text,
                each.link,
                each.source_format if each.source else "",
                [(file.name, file.media_type, file.file.read()) for file in each.files.all()],
            )
            for each in item.versions.order_by("number")
        ]
        found.append(
            (
                {name: getattr(item, name) for name in plain},
                item.team,
                item.owner,
                [each.name for each in item.tags.all()],
                [each.principle_key for each in item.principles.all()],
                (item.based_on.item.title, item.based_on.number) if item.based_on else None,
                item.version_count,
                item.current and item.current.number,
                versions,
            )
        )
    return found


def test_what_is_written_out_comes_in_again_as_it_was(kari: User, space: Space, team: Team) -> None:
    fill(kari, space, team)
    other = factories.SpaceFactory.create()
    factories.SpaceMembershipFactory.create(space=other, person=kari, facilitator=True)
    exported = written(kari, space)
    with opened_import(BytesIO(exported), limits=PAGE_LIMITS) as folder:
        plan = import_library(person=kari, space=other, folder=folder, limits=PAGE_LIMITS, everything=True)
    assert [(item.outcome, item.problems) for item in plan.items] == [("made", [])] * 4
    assert plan.notices == []
    assert described(other) == described(space)
    families = LibraryItem.objects.filter(space=other).exclude(title="Skjult").values_list("family", flat=True)
    assert len(set(families)) == 1
    with opened_import(BytesIO(exported), limits=PAGE_LIMITS) as folder:
        again = import_library(person=kari, space=other, folder=folder, limits=PAGE_LIMITS, everything=True)
        home = import_library(person=kari, space=space, folder=folder, limits=PAGE_LIMITS, everything=True)
    assert [item.outcome for item in again.items + home.items] == ["there"] * 8


def test_the_copy_written_out_says_the_same(kari: User, space: Space, team: Team) -> None:
    """All but who is who: ids are new."""
    fill(kari, space, team)
    other = factories.SpaceFactory.create()
    factories.SpaceMembershipFactory.create(space=other, person=kari, facilitator=True)
    first = written(kari, space)
    with opened_import(BytesIO(first), limits=PAGE_LIMITS) as folder:
        import_library(person=kari, space=other, folder=folder, limits=PAGE_LIMITS, everything=True)
    ours, theirs = contents(first), contents(written(kari, other))
    assert {name: content for name, content in ours.items() if name != "bibliotek.csv"} == {
        name: content for name, content in theirs.items() if name != "bibliotek.csv"
    }
    without = [[cell for name, cell in row.items() if name not in {"id", "based_on_id"}] for row in rows_of(ours)]
    assert without == [
        [cell for name, cell in row.items() if name not in {"id", "based_on_id"}] for row in rows_of(theirs)
    ]


def contents(zipped: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(zipped)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows_of(found: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(found["bibliotek.csv"].decode("utf-8-sig"), newline=""), delimiter=";"))


def test_the_zip_is_exactly_this(kari: User, space: Space, team: Team) -> None:
    fill(kari, space, team)
    found = contents(written(kari, space))
    assert list(found) == [
        "bibliotek.csv",
        "00001-sum-a1-avtale/v1.txt",
        "00001-sum-a1-avtale/v1/avtale.docx",
        "00001-sum-a1-avtale/v1/blå.txt",
        "00001-sum-a1-avtale/v2/Likt.txt",
        "00001-sum-a1-avtale/v2/2/Likt.txt",
        "00002-con/v1.html",
        "00004-skjult/v1.txt",
    ]
    rows = rows_of(found)
    assert tuple(rows[0]) == tuple(COLUMNS)
    assert [row["title"] for row in rows] == ["'=SUM(A1) avtale"] * 2 + ["CON", "Tredje ledd", "Skjult"]
    assert [row["owner"] for row in rows] == ["Kari Vest", "", "Kari Vest", "Kari Vest", "Kari Vest"]
    assert (rows[0]["summary"][:2], rows[1]["note"][:3], rows[0]["tags"][:2]) == ("'-", "'+ ", "'@")
    assert rows[2]["based_on_id"] == rows[0]["id"]
    assert (rows[2]["based_on_version"], rows[4]["state"]) == ("2", "hidden")
    assert kari.email.encode() not in b"".join(found.values())


def test_what_the_reader_may_not_see_is_not_in_it(kari: User, space: Space, team: Team) -> None:
    fill(kari, space, team)
    reader = factories.MembershipFactory.create().person
    assert [row["title"] for row in rows_of(contents(written(reader, space)))] == [
        "'=SUM(A1) avtale",
        "'=SUM(A1) avtale",
        "CON",
        "Tredje ledd",
    ]
    assert rows_of(contents(written(factories.UserFactory.create(), space))) == []
    assert size_of_export(kari, space)[0] == 4
    assert size_of_export(reader, space)[0] == 3


def test_a_source_the_reader_may_not_see_is_not_named(kari: User, space: Space) -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    membership = factories.SpaceMembershipFactory.create(space=closed, person=kari)
    source = share_item(person=kari, space=closed, details=Details(title="Lukket"), content=Content(source="x"))
    built = share_item(
        person=kari, space=space, details=Details(title="Åpen"), content=Content(source="y"), based_on=source.current
    )
    assert rows_of(contents(written(kari, space)))[0]["based_on_id"] == str(source.key)
    membership.delete()
    assert not user_can_see_item(kari, source)
    assert built.based_on is not None
    assert rows_of(contents(written(kari, space)))[0]["based_on_id"] == ""


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("avtale.docx", "avtale.docx"),
        ("a|b:c?.pdf", "a_b_c_.pdf"),
        ("../../etc/passwd", "_._etc_passwd"),
        ("con.txt", "_con.txt"),
        ("slutt. .", "slutt"),
        ("...", "fil"),
        ("x" * 300 + ".docx", "x" * 115 + ".docx"),
    ],
)
def test_names_in_the_zip_are_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=300))
def test_any_name_is_one_the_zip_takes_in_again(name: str) -> None:
    safe = safe_name(name)
    assert safe_path(f"00001-mal/v1/2/{safe}").name == safe
    assert safe_name(safe) == safe


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)))
def test_parts_of_a_cell_come_back(parts: list[str]) -> None:
    kept = [part.replace("|", "/").strip() for part in parts if part.strip()]
    assert several(joined([part for part in parts if part.strip()]), also=",;") == kept


def test_an_export_costs_the_same_for_one_and_for_thirty(kari: User, space: Space) -> None:
    def cost() -> int:
        written(kari, space)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            written(kari, space)
        return len(asked)

    def share(number: int) -> None:
        share_item(person=kari, space=space, details=Details(title=f"Nr. {number}"), content=Content(source="x"))

    share(0)
    first = cost()
    for number in range(1, 30):
        share(number)
    assert (first, cost()) == (8, 8)


# --- who -----------------------------------------------------------------------------------------------


def open_space() -> Space:
    return factories.SpaceFactory.create()


def private_space() -> Space:
    return factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (open_space, {"facilitator": True, "moderator": True}),
        (private_space, {"facilitator": True}),
    ],
)
def test_who_takes_in_and_out(home: Any, make: Callable[[], Space], expected: dict[str, bool]) -> None:
    space = make()
    people = {
        "facilitator": factories.MembershipFactory.create().person,
        "member": factories.MembershipFactory.create().person,
        "moderator": factories.make_moderator(),
        "outsider": factories.UserFactory.create(),
        "administrator": factories.UserFactory.create(is_superuser=True, is_staff=False),
    }
    factories.SpaceMembershipFactory.create(space=space, person=people["facilitator"], facilitator=True)
    factories.SpaceMembershipFactory.create(space=space, person=people["member"])
    for name, person in people.items():
        wanted = expected.get(name, name == "administrator" and user_is_office(space))
        assert user_can_export_from(person, space) is wanted, name
        assert user_can_import_into(person, space) is wanted, name
        assert spaces_exported_by(person).filter(pk=space.pk).exists() is wanted
        assert spaces_open_to_import_by(person).filter(pk=space.pk).exists() is wanted


def user_is_office(space: Space) -> bool:
    """Administrators moderate what moderators do."""
    return space.kind in Space.LISTED
