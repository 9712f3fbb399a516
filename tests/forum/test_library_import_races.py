"""The same list taken in by two at once, on a database that lets them: each item is there once."""

from functools import partial
from pathlib import Path

import pytest

from forum.actions.library_import import COMMAND_LIMITS, ImportPlan, import_library
from forum.models import LibraryFile, LibraryItem, LibraryVersion, Space
from people.models import User
from tests import factories
from tests.forum.bulk import docx, sheet
from tests.people.test_races import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

ROWS = [
    *({"id": str(number), "tittel": f"Mal {number}", "filer": "a.docx"} for number in range(6)),
    {"id": "0", "versjon": "2", "filer": "a.docx|b.txt", "nytt": "Mer."},
    {"id": "barn", "tittel": "Barnet", "tekst": "x", "bygger_på": "0", "bygger_på_versjon": "2"},
]


def take_in(person: User, space: Space, folder: Path) -> ImportPlan:
    return import_library(person=person, space=space, folder=folder, limits=COMMAND_LIMITS)


@pytest.mark.parametrize("people", [1, 2], ids=["one person twice", "two people"])
def test_a_list_taken_in_four_times_at_once_is_there_once(transactional_db: None, tmp_path: Path, people: int) -> None:
    space = factories.SpaceFactory.create()
    facilitators = [factories.MembershipFactory.create().person for _ in range(people)]
    for person in facilitators:
        factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    (tmp_path / "a.csv").write_bytes(sheet(*ROWS))
    (tmp_path / "a.docx").write_bytes(docx("Tekst."))
    (tmp_path / "b.txt").write_bytes(b"Vedlegg.")
    outcomes = at_once(*(partial(take_in, facilitators[turn % people], space, tmp_path) for turn in range(4)))
    assert outcomes == ["done"] * 4
    assert LibraryItem.objects.count() == 7
    assert LibraryVersion.objects.count() == 8
    assert LibraryFile.objects.count() == LibraryFile.objects.filter(version__isnull=False).count() == 8
    child = LibraryItem.objects.get(title="Barnet")
    assert child.based_on == LibraryVersion.objects.get(item__title="Mal 0", number=2)
