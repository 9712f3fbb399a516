"""The list of teams as a file: what a dry run says, what an import does, and that both withstand bad files."""

import csv
import io
import uuid
import zipfile
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from home.actions import STARTER, load_people_lists, load_teams
from people.models import Region, SupportGroup, Team, TeamListUpload, TeamRole, User
from people.team_list.actions import (
    AlreadyAppliedError,
    ListChangedError,
    UnsoundListError,
    apply_team_list,
    hand_in_team_list,
    import_team_list,
    make_slug,
    plan_of_upload,
)
from people.team_list.columns import HEADINGS
from people.team_list.export import export_team_list
from people.team_list.plan import Plan, plan_import
from safety import tables
from safety.files import FileRefusedError
from safety.tables import Row, escape_formula, read_table, unescape_formula, write_csv, write_xlsx
from tests import factories

pytestmark = pytest.mark.django_db


def table(*rows: list[str] | str) -> list[Row]:
    """Rows as a file has them, numbered from 1: lists of cells, or texts with semicolons."""
    cells = [row.split(";") if isinstance(row, str) else row for row in rows]
    return [Row(number, tuple(row)) for number, row in enumerate(cells, start=1)]


def file_of(*rows: str) -> io.BytesIO:
    return io.BytesIO("\n".join(rows).encode())


def everything() -> list[dict[str, Any]]:
    return list(Team.objects.order_by("pk").values())


def problems_of(plan: Plan) -> dict[int, list[str]]:
    return {row.number: row.problems for row in plan.rows if row.problems}


# --- a dry run ------------------------------------------------------------------------------------------


def test_dry_run_says_what_is_new_changed_unchanged_and_bad_and_changes_nothing() -> None:
    factories.RegionFactory.create(key="vest", name="Vest")
    stord = factories.TeamFactory.create(name="Stord", county="Vestland", status_on=date(2025, 10, 31))
    solli = factories.TeamFactory.create(name="Solli", county="Vestland")
    factories.TeamFactory.create(name="Alver", county="Vestland")
    before = everything()
    plan = plan_import(
        table(
            "key;name;county;programme;region;status_on",
            f"{stord.key};Stord og Bømlo;Vestland;FACT;vest;1.11.2026",
            f"{solli.key};Solli;Vestland;;;",
            ";Namsos;trøndelag;act;;",
            ";;Vestland;FACTT;sør;32.13.2026",
        )
    )
    assert plan.counts == {"new": 1, "changed": 1, "unchanged": 1, "bad": 1}
    assert plan.left_alone == 1
    assert [(change.label, change.old, change.new) for change in plan.of_kind("changed")[0].changes] == [
        ("navn", "Stord", "Stord og Bømlo"),
        ("program", "Ikke oppgitt", "FACT"),
        ("region", "", "Vest"),
        ("opplysningene er fra", "31. oktober 2025", "1. november 2026"),
    ]
    new = plan.of_kind("new")[0]
    assert (new.number, new.name, new.values["county"], new.values["programme"]) == (4, "Namsos", "Trøndelag", "ACT")
    assert problems_of(plan) == {
        5: [
            "program: «FACTT» er ikke en av disse: ACT, FACT, FACT_UNG, D_FACT, OTHER, UNSPECIFIED.",
            "region: Det finnes ingen region som heter «sør». Regionene er vest.",
            "opplysningene er fra: «32.13.2026» er ikke en dato. Skriv den som 2025-10-31 eller 31.10.2025.",
            "Teamet mangler navn.",
        ]
    }
    assert everything() == before


@pytest.mark.parametrize(
    ("heading", "row", "problem"),
    [
        ("key;name", "123;X", "«123» er ikke en nøkkel fra Flett. Hent lista på nytt, eller la feltet stå tomt."),
        ("name;county", ";Oslo", "Teamet mangler navn."),
        ("name;programme", "X;FACT", "Uten nøkkel må raden si hvilket fylke teamet er i."),
        ("name;county", "X;Hordaland", "fylke: Det finnes ikke noe norsk fylke som heter «Hordaland». Fylkene er "),
        ("name;county;phase", "X;Oslo;i gang", "fase: «i gang» er ikke en av disse: pre_project, setting_up, "),
        ("name;county;country", "X;Oslo;Narnia", "land: «Narnia» er ikke en av disse: NO, DK, SE, XX."),
        ("name;county;status_on", "X;Oslo;2999-01-01", "opplysningene er fra: Datoen 2999-01-01 er ikke kommet ennå."),
        ("name;county", f"{'a' * 121};Oslo", "navn: Teksten er for lang: 121 tegn. Den kan ha høyst 120."),
        ("name;county;contact_route", "X;Oslo;Ring 912 34 567", "slik tar du kontakt: «912 34 567» ser ut som et mob"),
        ("name;county;name_note", "X;Oslo;13097248022", "merknad om navnet: Teksten inneholder et fødselsnummer"),
        ("name;county", "X;Oslo;noe mer", "Raden har tekst i en kolonne uten overskrift."),
    ],
)
def test_bad_row_says_its_number_and_why(heading: str, row: str, problem: str) -> None:
    plan = plan_import(table(heading, row))
    assert plan.counts["bad"] == 1
    assert plan.rows[0].number == 2
    assert any(found.startswith(problem) for found in plan.rows[0].problems), plan.rows[0].problems


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (["navn på teamet;county", "X;Oslo"], "Kolonnen «navn på teamet» finnes ikke. Rett overskriften, eller ta "),
        (["name;navn;county", "X;X;Oslo"], "Kolonnen «name» står flere ganger."),
        (["county;programme", "Oslo;FACT"], "Første rad må ha overskriftene, og «name» eller «key» må være en av dem."),
        (["name;county"], "Lista har overskrifter, men ingen rader."),
    ],
)
def test_file_with_bad_headings_is_refused_as_a_whole(rows: list[str], problem: str) -> None:
    plan = plan_import(table(*rows))
    assert not plan.is_sound
    assert plan.problems[0].startswith(problem)


def test_repeats_and_taken_names_are_bad() -> None:
    stord = factories.TeamFactory.create(name="Stord", county="Vestland")
    factories.TeamFactory.create(name="Solli", county="Vestland")
    plan = plan_import(
        table(
            "key;name;county",
            f"{stord.key};Stord;Vestland",
            ";Stord;Vestland",
            f"{uuid.uuid4()};Solli;Vestland",
            ";Ny;Oslo",
            ";Ny;Oslo",
        )
    )
    assert problems_of(plan) == {
        3: ["Teamet står også i rad 2."],
        4: ["Et annet team i Flett heter dette i samme fylke. Bruk nøkkelen."],
        6: ["Rad 5 gir et team i samme fylke dette navnet."],
    }


def test_names_of_values_in_any_language_and_headings_in_words_are_understood() -> None:
    factories.RegionFactory.create(key="sor-voksen", name="Sør voksen")
    plan = plan_import(table("Navn;Fylke;Program;Fase;Region;Land", "X;AGDER;FACT ung;I drift;sør Voksen;Norge"))
    assert plan.is_sound, problems_of(plan)
    values = plan.rows[0].values
    assert (values["programme"], values["phase"], values["region"], values["country"], values["county"]) == (
        "FACT_UNG",
        "operation",
        "sor-voksen",
        "NO",
        "Agder",
    )


def test_foreign_county_is_free_text() -> None:
    plan = plan_import(table("name;county;country", "Silkeborg;Region Midtjylland;DK"))
    assert plan.is_sound


@pytest.mark.parametrize("count", [3, 300])
def test_dry_run_costs_two_queries_however_long_the_file(count: int) -> None:
    for number in range(count):
        factories.TeamFactory.create(name=f"T {number}")
    rows = table("name;county;programme", *(f"T {number};Vestland;FACT" for number in range(count)))
    with CaptureQueriesContext(connection) as queries:
        plan = plan_import(rows)
    assert plan.counts["changed"] == count
    assert len(queries) == 2


# --- an import ------------------------------------------------------------------------------------------


def test_import_changes_what_the_file_says_and_leaves_the_rest() -> None:
    factories.RegionFactory.create(key="vest")
    stord = factories.TeamFactory.create(
        name="Stord", county="Vestland", about="Vi er her.", municipalities="Stord", programme="ACT"
    )
    plan = import_team_list(
        table=table("name;county;programme;region", "Stord;Vestland;FACT;vest", "Ålesund;Møre og Romsdal;ACT;")
    )
    assert plan.counts == {"new": 1, "changed": 1, "unchanged": 0, "bad": 0}
    stord.refresh_from_db()
    assert (stord.programme, stord.region.key, stord.about, stord.municipalities) == (
        "FACT",
        "vest",
        "Vi er her.",
        "Stord",
    )
    new = Team.objects.get(name="Ålesund")
    assert (new.slug, new.county, new.phase, new.country) == ("alesund", "Møre og Romsdal", "unknown", "NO")
    assert [team.pk for team in Team.objects.matching("ÅLESUND")] == [new.pk]


def test_address_of_a_team_survives_its_new_name() -> None:
    team = factories.TeamFactory.create(name="Bjørgvn", slug="bjorgvn")
    import_team_list(table=table("key;name", f"{team.key};Bjørgvin"))
    team.refresh_from_db()
    assert (team.name, team.slug) == ("Bjørgvin", "bjorgvn")


def test_empty_cell_empties_and_missing_column_does_not() -> None:
    team = factories.TeamFactory.create(municipalities="Stord", hospital_trust="Helse Fonna")
    import_team_list(table=table(["key", "municipalities"], [str(team.key)]))
    team.refresh_from_db()
    assert (team.municipalities, team.hospital_trust) == ("", "Helse Fonna")


def test_teams_may_trade_names() -> None:
    one = factories.TeamFactory.create(name="Solvang 1")
    two = factories.TeamFactory.create(name="Solvang 2")
    import_team_list(table=table("key;name", f"{one.key};Solvang 2", f"{two.key};Solvang 1"))
    assert {team.pk: team.name for team in Team.objects.all()} == {one.pk: "Solvang 2", two.pk: "Solvang 1"}


def test_one_bad_row_stops_the_whole_file() -> None:
    factories.TeamFactory.create(name="Stord")
    before = everything()
    with pytest.raises(UnsoundListError):
        import_team_list(table=table("name;county;programme", "Stord;Vestland;FACT", "Ny;Vestland;X"))
    assert everything() == before


@pytest.mark.parametrize(
    ("name", "county", "taken", "slug"),
    [
        ("Østre Agder", "Agder", [], "ostre-agder"),
        ("Stord", "Vestland", ["stord"], "stord-vestland"),
        ("Stord", "Vestland", ["stord", "stord-vestland"], "stord-vestland-2"),
        ("🙂", "", [], "team"),
        ("🙂", "", ["team"], "team-2"),
    ],
)
def test_address_is_made_of_the_name(name: str, county: str, taken: list[str], slug: str) -> None:
    assert make_slug(name, county=county, taken=taken) == slug


# --- in two steps ---------------------------------------------------------------------------------------


def test_what_was_shown_is_what_is_applied_once(administrator: User) -> None:
    factories.TeamFactory.create(name="Stord")
    file = file_of("name;county;programme", "Stord;Vestland;FACT", "Ny;Oslo;ACT")
    upload, plan = hand_in_team_list(file=file, name="team.csv", by=administrator)
    assert upload is not None
    assert Team.objects.count() == 1
    assert plan_of_upload(upload).fingerprint == plan.fingerprint
    apply_team_list(upload=upload, fingerprint=plan.fingerprint)
    assert sorted(Team.objects.values_list("name", "programme")) == [("Ny", "ACT"), ("Stord", "FACT")]
    after = everything()
    with pytest.raises(AlreadyAppliedError):
        apply_team_list(upload=upload, fingerprint=plan.fingerprint)
    assert everything() == after
    assert bytes(TeamListUpload.objects.get().content) == b""


@pytest.mark.parametrize("change", ["programme", "name", "another field"])
def test_teams_that_changed_since_the_dry_run_stop_it(administrator: User, change: str) -> None:
    team = factories.TeamFactory.create(name="Stord")
    file = file_of("key;name;programme", f"{team.key};Stord;FACT")
    upload, plan = hand_in_team_list(file=file, name="team.csv", by=administrator)
    assert upload is not None
    fields = {"programme": "ACT", "name": "Stord og Bømlo", "another field": "x"}
    setattr(team, change if change != "another field" else "municipalities", fields[change])
    team.save()
    before = everything()
    with pytest.raises(ListChangedError) as refused:
        apply_team_list(upload=upload, fingerprint=plan.fingerprint)
    assert everything() == before
    apply_team_list(upload=upload, fingerprint=refused.value.plan.fingerprint)
    team.refresh_from_db()
    assert (team.programme, team.name) == ("FACT", "Stord")


@pytest.mark.parametrize("rows", [["name;county;programme", "Ny;Oslo;X"], ["name;county", "Stord;Vestland"]])
def test_nothing_is_kept_where_nothing_can_be_applied(administrator: User, rows: list[str]) -> None:
    factories.TeamFactory.create(name="Stord")
    upload, _plan = hand_in_team_list(file=file_of(*rows), name="team.csv", by=administrator)
    assert upload is None
    assert not TeamListUpload.objects.exists()


def test_old_uploads_are_thrown_away_and_cannot_be_applied(administrator: User) -> None:
    upload, plan = hand_in_team_list(file=file_of("name;county", "Ny;Oslo"), name="team.csv", by=administrator)
    assert upload is not None
    TeamListUpload.objects.update(uploaded_at=datetime.fromisoformat("2026-01-01T00:00:00+00:00"))
    with pytest.raises(AlreadyAppliedError):
        apply_team_list(upload=upload, fingerprint=plan.fingerprint)
    hand_in_team_list(file=file_of("name;county", "Annet;Oslo"), name="team.csv", by=administrator)
    assert not TeamListUpload.objects.filter(pk=upload.pk).exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two administrators let their lists count in the same moment."""

    def run(self, *works: Any) -> list[str]:
        barrier, ends = Barrier(len(works)), []

        def one(work: Any) -> None:
            try:
                barrier.wait()
                work()
                ends.append("done")
            except (AlreadyAppliedError, ListChangedError, UnsoundListError) as error:
                ends.append(type(error).__name__)
            finally:
                connection.close()

        threads = [Thread(target=one, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(ends)

    def hand_in(self, *rows: str) -> tuple[TeamListUpload, str]:
        administrator = factories.UserFactory.create(is_superuser=True)
        upload, plan = hand_in_team_list(file=file_of(*rows), name="team.csv", by=administrator)
        assert upload is not None
        return upload, plan.fingerprint

    def test_the_same_file_counts_once(self) -> None:
        upload, fingerprint = self.hand_in("name;county", *(f"Ny {number};Oslo" for number in range(50)))
        work = lambda: apply_team_list(upload=upload, fingerprint=fingerprint)  # noqa: E731
        assert self.run(work, work, work, work) == ["AlreadyAppliedError"] * 3 + ["done"]
        assert Team.objects.count() == 50

    def test_two_files_with_the_same_new_team_count_once(self) -> None:
        uploads = [self.hand_in("name;county", "Ny;Oslo"), self.hand_in("name;county", "Ny;Oslo", "Til;Oslo")]
        works = [
            lambda upload=upload, fingerprint=fingerprint: apply_team_list(upload=upload, fingerprint=fingerprint)
            for upload, fingerprint in uploads
        ]
        assert self.run(*works) == ["ListChangedError", "done"]
        assert Team.objects.filter(name="Ny").count() == 1

    def test_a_leaders_words_are_not_lost_in_an_import(self) -> None:
        from people.team_actions import edit_team

        for number in range(10):
            team = factories.TeamFactory.create(name=f"Stord {number}", programme="ACT")
            rows = table("key;programme", f"{team.key};FACT")

            def edit(team: Team = team) -> None:
                edit_team(
                    team=team,
                    about="Vi er her.",
                    contact_route="",
                    municipalities="",
                    hospital_trust="",
                    phase="operation",
                )

            def load(rows: list[Row] = rows) -> None:
                import_team_list(table=rows)

            assert self.run(edit, load) == ["done", "done"]
            team.refresh_from_db()
            assert (team.about, team.phase, team.programme) == ("Vi er her.", "operation", "FACT")


# --- out and in again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_import_of_an_export_changes_nothing(kind: str) -> None:
    region = factories.RegionFactory.create()
    factories.TeamFactory.create(name="=1+1", municipalities="@SUM(A1)", name_note="'=x", region=region)
    factories.TeamFactory.create(name="-Østre; «Agder»", county="Agder", status_on=date(2025, 10, 31), phase="closed")
    factories.TeamFactory.create(name='Med "gåsetegn", komma', county="", hospital_trust="+47")
    factories.TeamFactory.create(name="00123", county="Region Midtjylland", country="DK", programme="FACT_UNG")
    before = everything()
    plan = import_team_list(table=read_table(io.BytesIO(export_team_list(kind=kind)), name=f"team.{kind}"))
    assert plan.counts == {"new": 0, "changed": 0, "unchanged": 4, "bad": 0}, problems_of(plan)
    assert everything() == before


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30))
def test_escaping_a_formula_is_undone_and_leaves_nothing_to_run(cell: str) -> None:
    escaped = escape_formula(cell)
    assert unescape_formula(escaped) == cell
    assert not escaped.lstrip().startswith(("=", "+", "-", "@"))


def test_csv_is_what_norwegian_excel_opens() -> None:
    factories.TeamFactory.create(name="=HYPERLINK(1)", county="Østfold")
    content = export_team_list(kind="csv")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == list(HEADINGS)
    assert rows[1][1] == "'=HYPERLINK(1)"
    assert rows[1][4] == "Østfold"


def test_xlsx_has_text_and_no_formula() -> None:
    factories.TeamFactory.create(name="=HYPERLINK(1)")
    sheet = load_workbook(io.BytesIO(export_team_list(kind="xlsx"))).worksheets[0]
    assert [cell.value for cell in sheet[1]] == list(HEADINGS)
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}


# --- files ----------------------------------------------------------------------------------------------


def xlsx(*rows: list[Any]) -> io.BytesIO:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    written = io.BytesIO()
    book.save(written)
    written.seek(0)
    return written


def cells(file: io.BytesIO, name: str = "team.csv") -> list[tuple[int, tuple[str, ...]]]:
    return [(row.number, row.cells) for row in read_table(file, name=name)]


@pytest.mark.parametrize(
    "content",
    [
        "navn;fylke\nØstre;Agder\n".encode("utf-8-sig"),
        "navn;fylke\r\nØstre;Agder\r\n".encode("cp1252"),
        "navn\tfylke\nØstre\tAgder\n".encode("utf-16"),
        "navn,fylke\nØstre,Agder".encode(),
        "sep=|\nnavn|fylke\nØstre|Agder".encode(),
        '"navn";"fylke"\n"Østre";"Agder";;\n;;;\n'.encode(),
    ],
)
def test_csv_of_every_make_is_read(content: bytes) -> None:
    assert [row for _number, row in cells(io.BytesIO(content))] == [("navn", "fylke"), ("Østre", "Agder")]


def test_rows_are_numbered_as_the_spreadsheet_numbers_them() -> None:
    assert cells(io.BytesIO(b'a;b\n\n"x\ny";1\nz;2\n')) == [(1, ("a", "b")), (3, ("x\ny", "1")), (5, ("z", "2"))]
    assert cells(xlsx(["a"], [], ["x"]), "team.xlsx") == [(1, ("a",)), (3, ("x",))]


def test_xlsx_values_are_read_as_they_would_be_typed() -> None:
    found = cells(xlsx(["a"] * 5, [date(2025, 10, 31), datetime(2025, 10, 31), 7, 7.0, 7.5]), "team.xlsx")  # noqa: DTZ001
    assert found[1] == (2, ("2025-10-31", "2025-10-31", "7", "7", "7.5"))


def make_zip(**parts: bytes) -> io.BytesIO:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    written.seek(0)
    return written


def bomb() -> io.BytesIO:
    """A workbook whose sheet unpacks to more than it may."""
    file = xlsx(["name"])
    parts = {}
    with zipfile.ZipFile(file) as archive:
        for entry in archive.namelist():
            parts[entry] = archive.read(entry)
    parts["xl/worksheets/sheet1.xml"] += b" " * (tables.TABLE_MAX_UNPACKED_BYTES + 1)
    return make_zip(**parts)


def laughing() -> io.BytesIO:
    """A workbook whose only cell is an entity of entities of entities."""
    parts = {}
    with zipfile.ZipFile(xlsx(["name"])) as archive:
        for entry in archive.namelist():
            parts[entry] = archive.read(entry)
    entities = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    doctype = f'<!DOCTYPE worksheet [<!ENTITY l0 "ha">{entities}]><worksheet'.encode()
    sheet = parts["xl/worksheets/sheet1.xml"].replace(b"<worksheet", doctype, 1)
    assert b">name<" in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b">name<", b">&l9;<")
    return make_zip(**parts)


@pytest.mark.parametrize(
    ("file", "name", "reason"),
    [
        (io.BytesIO(b""), "team.csv", "Filen er tom."),
        (io.BytesIO(b";;\n;\n"), "team.csv", "Filen er tom."),
        (io.BytesIO(b"name"), "team.pdf", "Lista må være en xlsx- eller csv-fil."),
        (io.BytesIO(b"name"), "team.xls", "Lista må være en xlsx- eller csv-fil."),
        (io.BytesIO(b"name;county\n\x00\x01"), "team.csv", "Filen heter .csv, men innholdet er noe annet"),
        (io.BytesIO(b"<html><script>"), "team.csv", "Filen inneholder en nettside eller et program"),
        (io.BytesIO(b'name;county\n"X;Oslo\n'), "team.csv", "Rad 2 kan ikke leses."),
        (io.BytesIO(b"name;county\nX;Oslo"), "team.xlsx", "Filen heter .xlsx, men innholdet"),
        (make_zip(**{"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"}), "team.xlsx", "Regnearket er skadet"),
        (make_zip(**{"evil.txt": b"x"}), "team.xlsx", "Filen heter .xlsx, men innholdet er noe annet"),
        (io.BytesIO(b"x" * (tables.TABLE_MAX_BYTES + 1)), "team.csv", "Lista er for stor."),
        (io.BytesIO(b"name\n" + b"x\n" * (tables.TABLE_MAX_ROWS + 1)), "team.csv", "Lista har flere enn 10000 rader."),
        (io.BytesIO(b"x;" * 41 + b"x"), "team.csv", "Lista har flere enn 40 kolonner."),
        (io.BytesIO(b"name\n" + b"x" * 5001), "team.csv", "En celle i rad 2 har for mye tekst."),
        (xlsx(["x"] * 41), "team.xlsx", "Lista har flere enn 40 kolonner."),
        (bomb(), "team.xlsx", "«xl/worksheets/sheet1.xml» er pakket så tett"),
        (laughing(), "team.xlsx", "Regnearket er skadet"),
    ],
    ids=[
        *(
            "empty",
            "only-delimiters",
            "pdf",
            "xls",
            "binary",
            "html",
            "quote",
            "text-as-xlsx",
            "hollow",
            "zip",
            "large",
        ),
        *("rows", "columns", "cell", "xlsx-columns", "bomb", "entities"),
    ],
)
def test_bad_file_is_refused_with_a_reason(file: io.BytesIO, name: str, reason: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read_table(file, name=name)
    assert refused.value.message.startswith(reason)


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "TABLE_MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(FileRefusedError) as refused:
        read_table(xlsx(["name"], ["x"] * 40), name="team.xlsx")
    assert refused.value.message.startswith("Zip-filen er for stor")


def test_workbook_that_claims_a_million_rows_is_read_for_what_it_holds() -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet["A1"], sheet["A1048576"] = "name", "X"
    written = io.BytesIO()
    book.save(written)
    assert cells(written, "team.xlsx") == [(1, ("name",)), (1048576, ("X",))]


# --- commands -------------------------------------------------------------------------------------------


def test_commands_export_and_import(tmp_path: Path) -> None:
    team = factories.TeamFactory.create(name="Stord")
    target = tmp_path / "team.csv"
    call_command("export_teams", str(target))
    text = target.read_text(encoding="utf-8-sig").replace("UNSPECIFIED", "FACT")
    target.write_text(text, encoding="utf-8")
    out = StringIO()
    call_command("import_teams", str(target), "--dry-run", stdout=out)
    team.refresh_from_db()
    assert team.programme == "UNSPECIFIED"
    call_command("import_teams", str(target), stdout=out)
    team.refresh_from_db()
    assert team.programme == "FACT"
    line = "2: Stord: program: Ikke oppgitt → FACT\n0 new, 1 changed, 0 unchanged, 0 bad, 0 not in the file\n"
    assert out.getvalue() == line * 2


def test_import_command_names_each_bad_row(tmp_path: Path) -> None:
    source = tmp_path / "team.csv"
    source.write_text("name;county;programme\nA;Oslo;X\nB;Oslo;FACT\nC;Y;FACT\n", encoding="utf-8")
    with pytest.raises(CommandError) as refused:
        call_command("import_teams", str(source))
    lines = str(refused.value).splitlines()
    assert lines[0].endswith("team.csv: nothing is changed")
    assert [line.split(":")[0] for line in lines[1:]] == ["2", "4"]
    assert Team.objects.count() == 0
    with pytest.raises(CommandError, match=r"finnes-ikke\.csv: No such file"):
        call_command("import_teams", str(tmp_path / "finnes-ikke.csv"))
    with pytest.raises(CommandError, match=r"must end in \.csv or \.xlsx"):
        call_command("export_teams", str(tmp_path / "team.pdf"))


# --- the starter content --------------------------------------------------------------------------------


def test_starter_list_is_sound_and_says_no_more_than_its_source() -> None:
    load_people_lists()
    with (STARTER / "teams.csv").open("rb") as file:
        plan = plan_import(read_table(file, name="teams.csv"))
    assert plan.counts == {"new": 98, "changed": 0, "unchanged": 0, "bad": 0}, problems_of(plan)
    values = [row.values for row in plan.rows]
    assert {(row["phase"], row["status_on"], row["status_source"], row["country"]) for row in values} == {
        ("unknown", date(2025, 10, 31), "Oversikt over ACT- og FACT-team, oktober 2025", "NO")
    }
    counts = {
        county: sum(1 for row in values if row["county"] == county) for county in {row["county"] for row in values}
    }
    assert counts == {
        "Agder": 7,
        "Akershus": 10,
        "Buskerud": 6,
        "Finnmark": 4,
        "Innlandet": 9,
        "Møre og Romsdal": 5,
        "Nordland": 4,
        "Oslo": 15,
        "Rogaland": 8,
        "Telemark": 1,
        "Troms": 4,
        "Trøndelag": 5,
        "Vestfold": 2,
        "Vestland": 12,
        "Østfold": 6,
    }
    programmes = [row["programme"] for row in values]
    assert {name: programmes.count(name) for name in set(programmes)} == {
        "ACT": 6,
        "FACT": 8,
        "D_FACT": 4,
        "OTHER": 1,
        "UNSPECIFIED": 79,
    }
    doubtful = {row["name"] for row in values if row["name_note"]}
    assert {"Bjørgvn", "Følgefonn", "Psykiatri innover Helse Fonna", "Psykiatri Øst Trondheim"} <= doubtful
    assert len(doubtful) == 25


def test_starter_teams_and_lists_are_added_once_and_never_brought_back() -> None:
    load_people_lists()
    assert load_teams() == 98
    assert (Region.objects.count(), TeamRole.objects.count(), SupportGroup.objects.count()) == (7, 16, 9)
    assert list(TeamRole.objects.filter(leads_team=True).values_list("key", flat=True)) == ["teamleder"]
    assert SupportGroup.objects.filter(region=None).count() == 2
    team = Team.objects.get(slug="bjorgvn")
    team.name = "Bjørgvin"
    team.save()
    Region.objects.filter(key="nord").update(name="Nord-Norge")
    SupportGroup.objects.filter(name="Regional ressursgruppe Nord").update(name="Ressursgruppa i nord")
    before = (everything(), list(Region.objects.values()), list(SupportGroup.objects.values()))
    load_people_lists()
    assert load_teams() == 0
    assert (everything(), list(Region.objects.values()), list(SupportGroup.objects.values())) == before


def test_starter_roles_are_the_pages_of_the_roles() -> None:
    load_people_lists()
    pages = {path.stem for path in (STARTER / "roles").glob("*.md")}
    assert set(TeamRole.objects.values_list("key", flat=True)) == pages | {"annen"}


def test_write_xlsx_drops_what_a_workbook_cannot_hold() -> None:
    assert cells(io.BytesIO(write_xlsx([["a\x0bb"]], title="Team")), "team.xlsx") == [(1, ("ab",))]
    assert write_csv([["a;b", 'c"d']]) == '\ufeff"a;b";"c""d"\r\n'.encode()
