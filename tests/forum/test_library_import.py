"""A zip or a folder with a list, taken into the library: what is tried, what is done, and what is refused."""

import io
import zipfile
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.utils import timezone

from forum.actions.library_import import (
    COMMAND_LIMITS,
    PAGE_LIMITS,
    ImportPlan,
    Limits,
    import_library,
    opened_import,
    plan_import,
)
from forum.models import LibraryFile, LibraryItem, LibraryVersion, Space, State
from people.models import User
from safety.files import MEGABYTE, FileRefusedError
from tests import factories
from tests.forum.bulk import docx, sheet, zipped
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db

SMALL = Limits(rows=5, files=12, unpacked=2 * MEGABYTE)


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def kari(space: Space) -> User:
    """Looks after the space."""
    person = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=space, person=person, facilitator=True)
    return person


def take_in(
    person: User, space: Space, files: Mapping[str, bytes], *, dry: bool = False, limits: Limits = SMALL, **options: Any
) -> ImportPlan:
    act = plan_import if dry else import_library
    with opened_import(zipped(files), limits=limits) as folder:
        return act(person=person, space=space, folder=folder, limits=limits, **options)


def one(person: User, space: Space, row: Mapping[str, str], **options: Any) -> Any:
    """What becomes of a list with one row, which has a text where it says nothing else."""
    return take_in(
        person, space, {"a.csv": sheet({"tittel": "Mandat", "tekst": "Om gruppa.", **row})}, **options
    ).items[0]


def nothing_is_kept() -> bool:
    root = Path(storages["forum"].path(""))
    on_disk = {path for path in root.rglob("*") if path.is_file()}
    known = {Path(file.file.path) for file in LibraryFile.objects.all()}
    return not LibraryFile.objects.filter(version=None).exists() and not (on_disk - known)


@pytest.fixture(autouse=True)
def own_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storages["forum"], "_location", str(tmp_path / "forum"))
    for name in ("base_location", "location"):
        storages["forum"].__dict__.pop(name, None)


# --- what is taken in ----------------------------------------------------------------------------------

FULL = {
    "id": "avtale",
    "tittel": "Samarbeidsavtale",
    "sammendrag": "Mellom kommune og helseforetak.",
    "slag": "Avtale",
    "prinsipper": "",
    "fase": "forprosjekt",
    "program": "fact ung",
    "språk": "Dansk",
    "fylke": "Møre og Romsdal",
    "team": "Demoteamet",
    "lisens": "CC BY-SA 4.0",
    "gjennomgang": "31.03.2027",
    "emneord": "avtale, ledelse; kommune",
    "filer": "avtaler/avtale.docx|vedlegg.txt",
    "lenke": "https://example.org/",
    "tekst": "Les dette først.",
}


def test_a_row_becomes_an_item_with_all_it_says(kari: User, space: Space) -> None:
    team = factories.TeamFactory.create(name="Demoteamet")
    principle = factories.PrincipleFactory.create()
    key = f"{principle.principle_set.key}/{principle.slug}"
    files = {
        "bibliotek.csv": sheet(FULL | {"prinsipper": key}),
        "avtaler/avtale.docx": docx("Partene er enige."),
        "vedlegg.txt": b"Et vedlegg.",
    }
    plan = take_in(kari, space, files)
    assert [(item.outcome, item.problems) for item in plan.items] == [("made", [])]
    item = LibraryItem.objects.get()
    assert (item.title, item.summary, item.kind, item.phase) == (
        "Samarbeidsavtale",
        "Mellom kommune og helseforetak.",
        "agreement",
        "pre_project",
    )
    assert (item.programme, item.language, item.county) == ("FACT_UNG", "da", "Møre og Romsdal")
    assert (item.licence, item.review_on, item.team, item.owner) == ("cc-by-sa-4.0", date(2027, 3, 31), team, kari)
    assert [each.name for each in item.tags.all()] == ["avtale", "ledelse", "kommune"]
    assert [each.principle_key for each in item.principles.all()] == [principle.translation_key]
    version = item.versions.get()
    assert (version.text, version.link) == ("Les dette først.", "https://example.org/")
    assert [each.name for each in version.files.all()] == ["avtale.docx", "vedlegg.txt"]
    assert plan.notices == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_lists_are_read_as_spreadsheets_save_them(kari: User, space: Space, encoding: str, delimiter: str) -> None:
    row = {"tittel": "Ærlig årshjul", "sammendrag": "Ett, to; tre", "tekst": "Å ja."}
    plan = take_in(kari, space, {"liste.csv": sheet(row, delimiter=delimiter, encoding=encoding)}, dry=True)
    assert plan.items[0].details is not None
    assert (plan.items[0].title, plan.items[0].details.summary) == ("Ærlig årshjul", "Ett, to; tre")


def test_trying_writes_nothing(kari: User, space: Space) -> None:
    files = {"b/liste.csv": sheet({"tittel": "Mandat", "filer": "m.docx"}), "b/m.docx": docx("Tekst.")}
    plan = take_in(kari, space, files, dry=True)
    assert [item.outcome for item in plan.items] == ["new"]
    assert not LibraryItem.objects.exists()
    assert not LibraryFile.objects.exists()
    assert nothing_is_kept()


def test_the_same_list_twice_makes_nothing_twice(kari: User, space: Space) -> None:
    files = {
        "a.csv": sheet({"id": "1", "tittel": "En", "tekst": "x"}, {"tittel": "To", "filer": "t.txt"}),
        "t.txt": b"To",
    }
    assert [item.outcome for item in take_in(kari, space, files).items] == ["made", "made"]
    before = list(LibraryItem.objects.values())
    assert [item.outcome for item in take_in(kari, space, files).items] == ["there", "there"]
    other = factories.MembershipFactory.create().person
    factories.SpaceMembershipFactory.create(space=space, person=other, facilitator=True)
    assert [item.outcome for item in take_in(other, space, files).items] == ["there", "there"]
    assert list(LibraryItem.objects.values()) == before
    assert LibraryFile.objects.count() == 1
    assert nothing_is_kept()


def test_what_was_deleted_does_not_come_back(kari: User, space: Space) -> None:
    one(kari, space, {"id": "1"})
    LibraryItem.objects.update(state=State.DELETED)
    assert one(kari, space, {"id": "1"}).outcome == "there"


def test_another_space_has_its_own(kari: User, space: Space) -> None:
    other = factories.SpaceFactory.create()
    factories.SpaceMembershipFactory.create(space=other, person=kari, facilitator=True)
    assert one(kari, space, {"id": "1"}).outcome == "made"
    assert one(kari, other, {"id": "1"}).outcome == "made"


def test_versions_and_lineage_in_any_order(kari: User, space: Space) -> None:
    rows = [
        {"id": "team", "tittel": "Teamets", "tekst": "Tre.", "bygger_på": "fylke"},
        {"id": "fylke", "tittel": "Fylkets", "tekst": "To.", "bygger_på": "mal", "bygger_på_versjon": "2"},
        {"id": "mal", "versjon": "2", "tekst": "Ny.", "nytt": "Mer om økonomi."},
        {"id": "mal", "versjon": "1", "tittel": "Malen", "tekst": "Gammel."},
    ]
    plan = take_in(kari, space, {"a.csv": sheet(*rows)})
    assert {item.id: item.outcome for item in plan.items} == {"mal": "made", "fylke": "made", "team": "made"}
    first, county, team = (LibraryItem.objects.get(title=title) for title in ("Malen", "Fylkets", "Teamets"))
    assert [(each.number, each.text, each.note) for each in first.versions.order_by("number")] == [
        (1, "Gammel.", ""),
        (2, "Ny.", "Mer om økonomi."),
    ]
    assert (county.based_on, team.based_on) == (first.versions.get(number=2), county.versions.get())
    assert first.family == county.family == team.family


def test_a_hidden_item_comes_in_hidden(kari: User, space: Space) -> None:
    assert one(kari, space, {"tilstand": "skjult"}).outcome == "made"
    assert LibraryItem.objects.get().state == State.HIDDEN


def test_formulas_come_back_as_what_they_were(kari: User, space: Space) -> None:
    assert one(kari, space, {"tittel": "'=1+1", "sammendrag": "'-nei"}).outcome == "made"
    item = LibraryItem.objects.get()
    assert (item.title, item.summary) == ("=1+1", "-nei")


def test_it_can_build_on_what_the_person_sees_elsewhere(kari: User, space: Space) -> None:
    other = factories.SpaceFactory.create()
    factories.SpaceMembershipFactory.create(space=other, person=kari, facilitator=True)
    source = one(kari, other, {"tittel": "Kilden"}).made
    assert one(kari, space, {"bygger_på": str(source.key)}).made.based_on == source.current
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    unseen = LibraryItem.objects.create(space=closed, title="Hemmelig")
    made = one(kari, space, {"tittel": "Ny", "bygger_på": str(unseen.key)})
    assert (made.outcome, made.made.based_on) == ("made", None)
    assert made.notices == [f"Det den bygger på («{unseen.key}»), finnes ikke her. Den hentes inn uten den koblingen."]


# --- what is refused, row by row -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"tittel": "", "id": "1"}, "Tittelen mangler."),
        ({"slag": "Oppskrift"}, "«Oppskrift» er ikke et gyldig svar i kolonnen slag."),
        ({"fylke": "Hedmark"}, "«Hedmark» er ikke et fylke."),
        ({"gjennomgang": "til våren"}, "«til våren» er ikke en dato."),
        ({"versjon": "to"}, "«to» er ikke et versjonsnummer."),
        ({"versjon": "2", "nytt": "x"}, "Versjonene må være nummerert 1, 2, 3"),
        ({"prinsipper": "Fart"}, "«Fart» er ikke et prinsipp."),
        ({"filer": "borte.docx"}, "Fant ikke filen «borte.docx»."),
        ({"filer": "../../etc/passwd"}, "Fant ikke filen «../../etc/passwd»."),
        ({"filer": "/etc/passwd"}, "Fant ikke filen «/etc/passwd»."),
        ({"tekst": ""}, "Legg ved en fil, skriv en tekst eller lim inn en lenke."),
        ({"lenke": "javascript:alert(1)"}, "Lenken må være en hel nettadresse"),
        ({"tilstand": "gjemt"}, "«gjemt» er ikke en tilstand."),
        ({"emneord": ",".join(f"ord{n}" for n in range(13))}, "Du kan ha høyst 12 emneord."),
        ({"tittel": "x" * 400}, "Teksten er for lang"),
        ({"id": "a", "bygger_på": "a"}, "Radene bygger på hverandre i ring."),
        ({"tekstfil": "a.csv"}, "Fant ikke filen «a.csv»."),
    ],
)
def test_a_row_that_is_wrong_is_refused_in_words(kari: User, space: Space, row: dict[str, str], problem: str) -> None:
    item = one(kari, space, row)
    assert item.outcome == "refused"
    assert [each for each in item.problems if problem in each], item.problems
    assert not LibraryItem.objects.exists()


def test_the_right_rows_come_in_and_the_wrong_ones_do_not(kari: User, space: Space) -> None:
    rows = [
        {"tittel": "Rett", "tekst": "x"},
        {"tittel": "Galt", "filer": "borte.docx"},
        {"id": "v", "tittel": "Halv", "tekst": "x"},
        {"id": "v", "versjon": "2", "tekst": "y"},
        {"tittel": "Barn", "tekst": "x", "bygger_på": "galt"},
    ]
    plan = take_in(kari, space, {"a.csv": sheet(*rows)})
    assert {item.title: item.outcome for item in plan.items} == {
        "Rett": "made",
        "Galt": "refused",
        "Halv": "refused",
        "Barn": "refused",
    }
    said = {item.title: item.problems for item in plan.items}
    assert said["Halv"] == ["Rad 5: Skriv kort hva som er nytt i denne versjonen."]
    assert said["Barn"] == ["Den bygger på «Galt», som ikke kan hentes inn."]
    assert LibraryItem.objects.get().title == "Rett"
    assert nothing_is_kept()


def test_two_rows_of_one_title_need_ids(kari: User, space: Space) -> None:
    plan = take_in(kari, space, {"a.csv": sheet({"tittel": "En", "tekst": "x"}, {"tittel": "en", "tekst": "y"})})
    assert [item.problems for item in plan.items] == [
        ["Rad 2 og rad 3 er samme versjon av det samme. Gi dem hver sin id eller versjon."]
    ]


def test_an_id_that_is_anothers_title_is_refused(kari: User, space: Space) -> None:
    plan = take_in(
        kari, space, {"a.csv": sheet({"id": "en", "tittel": "To", "tekst": "x"}, {"tittel": "En", "tekst": "y"})}
    )
    assert [(item.outcome, item.problems) for item in plan.items] == [
        ("made", []),
        ("refused", ["Rad 2 har samme id eller tittel. Gi dem hver sin id."]),
    ]


def test_what_was_done_to_a_file_is_told(kari: User, space: Space) -> None:
    files = {"a.csv": sheet({"tittel": "Bilde", "filer": "tavla.png"}), "tavla.png": factories.make_png()}
    item = take_in(kari, space, files, dry=True).items[0]
    assert item.notices == [
        "tavla.png: Sted, tidspunkt og kamera er fjernet fra bildet.",
        "tavla.png: Flett kan ikke lese tekst i bilder.",
    ]


def test_a_text_of_its_own_file_is_read_and_cleaned(kari: User, space: Space) -> None:
    rows = [{"tittel": "A", "tekstfil": "a.html"}, {"tittel": "B", "tekstfil": "b.txt"}]
    files = {
        "a.csv": sheet(*rows),
        "a.html": b"<p onclick='x()'>Hei<script>alert(1)</script></p>\x00",
        "b.txt": "Blå <b>måne</b>".encode("cp1252"),
    }
    assert [item.outcome for item in take_in(kari, space, files).items] == ["made", "made"]
    first, second = (LibraryItem.objects.get(title=title).versions.get() for title in "AB")
    assert (first.html, second.text) == ("<p>Hei</p>", "Blå <b>måne</b>")


def test_an_identity_number_refuses_the_row_wherever_it_stands(kari: User, space: Space) -> None:
    number = BORN
    rows = [
        {"tittel": "I fila", "filer": "f.docx"},
        {"tittel": f"I tittelen {number}", "tekst": "x"},
        {"tittel": "I teksten", "tekst": f"Pasient {number}"},
        {"tittel": "I tekstfila", "tekstfil": "t.html"},
    ]
    files = {"a.csv": sheet(*rows), "f.docx": docx(f"Pasient {number}"), "t.html": f"<p>{number}</p>".encode()}
    plan = take_in(kari, space, files, everything=True)
    assert [item.outcome for item in plan.items] == ["refused"] * 4
    assert not any(number in problem for item in plan.items for problem in item.problems)
    assert not LibraryItem.objects.exists()
    assert nothing_is_kept()


def test_what_may_point_somebody_out_is_asked_about_row_by_row(kari: User, space: Space) -> None:
    rows = [
        {"id": "a", "tittel": "En", "tekst": "Pasienten er født 12.03.1984."},
        {"id": "b", "tittel": "To", "filer": "b.docx"},
        {"id": "c", "tittel": "Tre", "tekst": "Ingenting.", "bygger_på": "a"},
    ]
    files = {"a.csv": sheet(*rows), "b.docx": docx("Pasienten er født 12.03.1984.")}
    tried = take_in(kari, space, files, dry=True)
    assert [item.outcome for item in tried.items] == ["asks", "asks", "new"]
    assert tried.items[1].questions[0].startswith("b.docx: ")
    done = take_in(kari, space, files, confirmed={"b"})
    assert {item.id: item.outcome for item in done.items} == {"a": "asks", "b": "made", "c": "refused"}
    assert done.items[2].problems == ["Den bygger på «En», som ikke er hentet inn ennå."]
    again = take_in(kari, space, files, everything=True)
    assert {item.id: item.outcome for item in again.items} == {"a": "made", "b": "there", "c": "made"}
    assert LibraryVersion.objects.count() == 3


def test_a_file_that_is_refused_at_the_last_moment_leaves_nothing(
    kari: User, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a.csv": sheet({"tittel": "En", "filer": "e.txt|t.txt"}), "e.txt": b"En", "t.txt": b"To"}
    monkeypatch.setattr("forum.actions.library.WAITING_MOST", 1)
    item = take_in(kari, space, files).items[0]
    assert (item.outcome, len(item.problems)) == ("refused", 1)
    assert not LibraryItem.objects.exists()
    assert nothing_is_kept()


# --- the list and the zip as a whole -------------------------------------------------------------------


def refusal(kari: User, space: Space, files: Mapping[str, bytes] | io.BytesIO) -> str:
    source = files if isinstance(files, io.BytesIO) else zipped(files)
    with pytest.raises(FileRefusedError) as refused, opened_import(source, limits=SMALL) as folder:
        import_library(person=kari, space=space, folder=folder, limits=SMALL)
    assert not LibraryItem.objects.exists()
    return refused.value.message


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.docx": b"x"}, "Fant ingen liste."),
        ({"a.csv": b""}, "er tom"),
        ({"a.csv": b"tittel;tekst\r\n"}, "ingen rader"),
        ({"a.csv": b"navn;tekst\r\nEn;to\r\n"}, "en kolonne som heter «tittel»"),
        ({"a.csv": b"tittel;title\r\nEn;to\r\n"}, "Kolonnen «title» står to ganger"),
        ({"a.csv": b'tittel;tekst\r\n"En;to\r\n'}, "anførselstegn"),
        ({"a.csv": b"tittel\r\n" + b"En\r\n" * 6}, "Lista har 6 rader. Her kan du hente inn høyst 5"),
        ({"a.csv": b"tittel\r\nEn", "b.csv": b"tittel\r\nTo"}, "flere csv-filer"),
        ({"a.csv": b"\x89PNG\r\n\x1a\n" + b"\x00" * 50}, ""),
        ({"a.csv": b"tittel\r\n" + b"x" * 6000}, "for mye tekst"),
        ({f"{n}.txt": b"x" for n in range(13)}, "flere enn 12 filer"),
        ({"../a.csv": b"tittel\r\nEn"}, "ugyldig filsti"),
        ({"/a.csv": b"tittel\r\nEn"}, "ugyldig filsti"),
        ({"a.csv": b"tittel\r\nEn", "A.csv": b"tittel\r\nEn"}, "samme navn"),
        ({"a.csv": b"tittel\r\nEn", "b.txt": b"0" * (3 * MEGABYTE)}, "for stor"),
        ({"a.csv": b"tittel\r\nEn", "b.txt": b"0" * (2 * MEGABYTE - 50_000)}, "zip-bombe"),
    ],
)
def test_a_zip_that_is_wrong_is_refused_whole(kari: User, space: Space, files: dict[str, bytes], said: str) -> None:
    assert said in refusal(kari, space, files)


def test_what_is_no_zip_or_has_a_password_or_links_is_refused(kari: User, space: Space) -> None:
    assert "verken" in refusal(kari, space, io.BytesIO(b"PK but not really"))
    link = io.BytesIO()
    with zipfile.ZipFile(link, "w") as archive:
        archive.writestr("a.csv", "tittel\r\nEn")
        entry = zipfile.ZipInfo("b.txt")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    assert "lenke" in refusal(kari, space, link)
    locked = zipped({"a.csv": b"tittel\r\nEn"}).getvalue()
    locked = locked.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )
    assert "kryptert" in refusal(kari, space, io.BytesIO(locked))


def test_a_zip_in_the_zip_is_a_file_that_is_refused(kari: User, space: Space) -> None:
    files = {"a.csv": sheet({"tittel": "En", "filer": "b.zip"}), "b.zip": zipped({"c.txt": b"x"}).getvalue()}
    assert take_in(kari, space, files).items[0].outcome == "refused"


def test_unknown_columns_and_files_nobody_names_are_told_of(kari: User, space: Space) -> None:
    files = {
        "mappe/liste.csv": sheet({"tittel": "En", "tekst": "x", "farge": "blå"}),
        "mappe/rest.docx": docx("x"),
        "mappe/.DS_Store": b"x",
        "__MACOSX/mappe/._liste.csv": b"x",
    }
    assert take_in(kari, space, files, dry=True).notices == [
        "Kolonnen «farge» er ukjent og blir ikke lest.",
        "Disse filene står ikke i lista, og blir ikke hentet inn: rest.docx.",
    ]


def test_a_name_written_apart_finds_its_file(kari: User, space: Space) -> None:
    files = {"a.csv": sheet({"tittel": "En", "filer": "å.txt"}), "a\u030a.txt": b"Innhold"}
    assert take_in(kari, space, files).items[0].outcome == "made"


def test_a_folders_links_are_not_followed(kari: User, space: Space, tmp_path: Path) -> None:
    folder = tmp_path / "mappe"
    folder.mkdir()
    secret = tmp_path / "hemmelig.txt"
    secret.write_text("Hemmelig")
    (folder / "lenke.txt").symlink_to(secret)
    (folder / "inn").symlink_to(tmp_path)
    (folder / "a.csv").write_bytes(sheet({"tittel": "En", "filer": "lenke.txt|inn/hemmelig.txt"}))
    with opened_import(folder, limits=COMMAND_LIMITS) as opened:
        item = import_library(person=kari, space=space, folder=opened, limits=COMMAND_LIMITS).items[0]
    assert item.problems == ["Fant ikke filen «lenke.txt».", "Fant ikke filen «inn/hemmelig.txt»."]


# --- who -----------------------------------------------------------------------------------------------


def test_only_those_who_look_after_the_space_take_things_in(kari: User, space: Space) -> None:
    outcomes: Counter[str] = Counter()
    people = {
        "facilitator": kari,
        "moderator": factories.make_moderator(),
        "member": factories.MembershipFactory.create().person,
        "outsider": factories.UserFactory.create(),
    }
    for name, person in people.items():
        try:
            one(person, space, {"id": name})
        except PermissionDenied:
            continue
        outcomes[name] += 1
    assert outcomes == {"facilitator": 1, "moderator": 1}


def test_nothing_comes_into_an_archived_space(kari: User, space: Space) -> None:
    Space.objects.update(archived_at=timezone.now())
    with pytest.raises(PermissionDenied):
        one(kari, space, {})


def test_a_page_takes_less_than_a_command() -> None:
    assert (PAGE_LIMITS.rows, COMMAND_LIMITS.rows) == (50, 5_000)
