"""The command: files without a database, the site with it, what fails and what is only told."""

import json
import shutil
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.utils import timezone
from wagtail.admin.admin_url_finder import AdminURLFinder

from courses.lint import lint
from courses.lint.content import Content
from courses.lint.findings import Level
from courses.models import CoursePage, GlossaryTerm, LessonPage
from home import actions
from home import content as sources
from home.actions import load_starter_content
from home.content import read_live_content, read_starter_content
from home.models import StandardPage
from tests.courses.lint_package import TODAY, add, change, prose, write_good_package

PROJECT_STARTER = sources.STARTER


def run(*args: Any, **options: Any) -> tuple[str, str]:
    """What the command prints, and how it fails ("" when it does not)."""
    out = StringIO()
    try:
        call_command("lint_content", *args, stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), ""


@pytest.fixture
def only_this(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A starter folder with one good package and one page; the site around it as it is."""
    starter = tmp_path / "starter"
    for name in ("site.yaml", "principles.yaml"):
        starter.mkdir(exist_ok=True)
        shutil.copy(sources.STARTER / name, starter / name)
    write_good_package(starter / "courses" / "prove")
    (starter / "pages").mkdir()
    (starter / "pages" / "om.md").write_text(
        f"---\ntitle: Om\nslug: om\nsummary: Kort.\nshow_in_footer: true\n---\n{prose('om')}\n"
    )
    (starter / "coverage").mkdir()
    (starter / "coverage" / "prove.yaml").write_text(
        '- {kind: cover, item: "background", lesson: introduksjon, phrase: "neste leksjon"}\n'
        '- {kind: misunderstanding, item: "none", lesson: introduksjon, phrase: "om prøven"}\n'
    )
    monkeypatch.setattr(sources, "STARTER", starter)
    return starter


def test_files_are_linted_without_a_database(only_this: Path) -> None:
    """No `db` here: a query would fail this test."""
    assert run() == ("0 errors, 0 notices.\n", "")


def test_an_error_fails_and_names_file_line_and_rule(only_this: Path) -> None:
    add(only_this / "courses" / "prove", "lessons/introduksjon.md", "\nDet går bra!\n")
    path = only_this / "courses" / "prove" / "lessons" / "introduksjon.md"
    line = path.read_text().splitlines().index("Det går bra!") + 1
    out, failure = run()
    assert out.splitlines() == [
        f"{path}:{line}: error exclamation: Utropstegn. Skriv setningen så den klarer seg uten.",
        "1 errors, 0 notices.",
    ]
    assert failure == "1 to mend in the content."


def test_a_notice_fails_only_when_asked_to(only_this: Path) -> None:
    change(only_this / "courses" / "prove", "legal_references.yaml", "2026-11-01", "null")
    assert run() == ("0 errors, 1 notices (law-unchecked 1).\n", "")
    told = (
        f"{only_this}/courses/prove/legal_references.yaml:1: notice law-unchecked: "
        "Lovhenvisningen «pbrl-3-1» er aldri kontrollert.\n0 errors, 1 notices.\n"
    )
    assert run("--notices") == (told, "")
    assert run("--strict") == (told, "1 to mend in the content.")


def test_json_has_every_finding(only_this: Path) -> None:
    change(only_this / "courses" / "prove", "legal_references.yaml", "2026-11-01", "null")
    out, failure = run("--format", "json")
    assert failure == ""
    assert json.loads(out) == [
        {
            "file": f"{only_this}/courses/prove/legal_references.yaml",
            "line": 1,
            "code": "law-unchecked",
            "level": "notice",
            "message": "Lovhenvisningen «pbrl-3-1» er aldri kontrollert.",
        }
    ]


def test_pages_and_the_sites_own_texts_are_linted(only_this: Path) -> None:
    add(only_this, "pages/om.md", "\nKlag til fylkesmannen.\n")
    change(only_this, "site.yaml", "lead: Fra «mine» til «våre»", "lead: Fra «mine» til «våre»!")
    change(only_this, "principles.yaml", "tagline: Mer hjelp når det trengs", "tagline: Mer hjelp!, når det trengs")
    (only_this / "glossary.yaml").write_text(
        "- slug: a\n  nb:\n    term: A\n    definition: En ting!\n  da:\n    term: B\n    definition: Noget!\n"
    )
    line = (only_this / "pages" / "om.md").read_text().splitlines().index("Klag til fylkesmannen.") + 1
    out, _failure = run()
    places = [line.removeprefix(f"{only_this}/").split(": error ") for line in out.splitlines()[:-1]]
    assert [(place, rest.split(":")[0]) for place, rest in places] == [
        ("glossary.yaml:4", "exclamation"),
        (f"pages/om.md:{line}", "word-fylkesmannen"),
        ("principles.yaml:10", "exclamation"),
        ("site.yaml:6", "exclamation"),
    ]


def test_what_events_and_news_say_is_linted(only_this: Path) -> None:
    """Also the programme, who an event is for, and why it was called off."""
    for name in ("events.yaml", "news.yaml"):
        shutil.copy(PROJECT_STARTER / name, only_this / name)
    assert run() == ("0 errors, 0 notices.\n", "")
    changes = {
        "events.yaml": ("Alle i FACT- og FACT ung-team", "Tavla om morgenen", "Vi fikk ikke lokale", "Dere øver på"),
        "news.yaml": ("Et bilde av tavla viser mer", "Der ligger nu et skema"),
    }
    for name, phrases in changes.items():
        for phrase in phrases:
            change(only_this, name, phrase, f"{phrase}!")
    out, _failure = run()
    found = Counter(line.removeprefix(f"{only_this}/").partition(":")[0] for line in out.splitlines()[:-1])
    assert found == {"events.yaml": 4, "news.yaml": 1}  # what is Danish is not judged as Bokmål


def test_a_package_that_cannot_be_read_is_told_and_the_rest_is_linted(only_this: Path) -> None:
    broken = write_good_package(only_this / "courses" / "ødelagt")
    change(broken, "course.yaml", "kind: module", "kind: noe")
    out, failure = run()
    assert [line.split(": ")[:2] for line in out.splitlines()[:-1]] == [[f"{broken}/course.yaml:5", "error package"]]
    assert failure == "1 to mend in the content."


def test_a_named_package_is_told_of_alone(only_this: Path, tmp_path: Path) -> None:
    add(only_this, "pages/om.md", "\nKlag til fylkesmannen.\n")
    other = write_good_package(tmp_path / "andre")
    change(other, "course.yaml", "slug: prove", "slug: andre")
    add(other, "lessons/introduksjon.md", "\nHun kom 1/6-2026.\n")
    out, _failure = run(other)
    assert {line.split(": ")[1] for line in out.splitlines()[:-1] if ":" in line} >= {"error date-format"}
    assert all(line.startswith(f"{other}/") for line in out.splitlines()[:-1])
    assert run(only_this / "courses" / "prove") == ("0 errors, 0 notices.\n", "")


def test_a_folder_without_a_course_is_refused(tmp_path: Path) -> None:
    assert run(tmp_path)[1] == f"{tmp_path} is no course package: it has no course.yaml."
    write_good_package(tmp_path)
    assert run(tmp_path, "--live")[1] == "Name packages or --live, not both."


def test_coverage_is_printed_and_a_gap_fails(only_this: Path) -> None:
    out, failure = run("--coverage")
    assert out.splitlines()[:3] == [
        "| chapter | kind | item | lesson | phrase |",
        "|---|---|---|---|---|",
        "| Fleksibilitet | cover | background | Introduksjon | «neste leksjon» |",
    ]
    assert failure == ""
    row = "- {kind: cover, item: x, lesson: introduksjon"
    add(only_this, "coverage/prove.yaml", f"{row}, phrase: finnes slett ikke}}\n")
    add(only_this, "coverage/prove.yaml", f"{row}}}\n")
    add(only_this / "courses" / "prove", "lessons/introduksjon.md", "\nDet går bra!\n")
    out, failure = run("--coverage")
    assert [line.removeprefix(str(only_this)) for line in out.splitlines()[-3:-1]] == [
        "/coverage/prove.yaml:3: error coverage: «finnes slett ikke» står ikke i leksjonen «introduksjon».",
        "/coverage/prove.yaml:4: error coverage: Fields: kind, item, lesson, phrase.",
    ]
    assert failure == "2 to mend in the content."


def test_figures_are_by_lesson_and_for_the_whole(only_this: Path) -> None:
    out, _failure = run("--figures")
    rows = [line.split() for line in out.splitlines()]
    assert rows[0] == ["prove"]
    assert rows[1] == ["lesson", "kind", "words", "case", "LIX", "quiz", "reflect.", "sources", "law", "script"]
    assert [row[0] for row in rows[2:9]] == [
        "introduksjon", "hva-det-er", "en-sak", "rollefilm", "oppsummering", "min-laeringssti", "veiledning",
    ]  # fmt: skip
    assert rows[6][5:] == ["5", "0", "0", "0", "0"]
    assert rows[9][:2] == ["all", "lessons"]


def test_the_starter_content_has_nothing_to_mend() -> None:
    """All of it, as it is: files as they lie in home/starter/. Notices depend on the day and are not asked for."""
    content, faults = read_starter_content()
    findings = [*faults, *lint(content, today=timezone.localdate())]
    assert [str(finding) for finding in findings if finding.level == Level.ERROR] == []


# --- the site -------------------------------------------------------------------------------------------

COST_ALONE, COST_OF_A_COURSE = 21, 8
FILM = """films:
  film:
    id: 7a0d6c1e-3f0b-4a7e-9c55-2f1c5a4be009
    title: Film
    duration: 150
    mp4: rollefilm-plassholder.mp4
    captions:
      - {language: nb, file: rollefilm-plassholder.nb.vtt}
    transcript: Det som blir sagt.
images:
  tavle: {title: Tavle, file: rollefilm-plassholder.jpg}
"""


@pytest.fixture
def small_site(only_this: Path, monkeypatch: pytest.MonkeyPatch, db: None) -> Path:
    """The site made of that one package and page, and the files it was made from."""
    package = only_this / "courses" / "prove"
    for name in ("people.yaml", "teams.csv"):
        shutil.copy(actions.STARTER / name, only_this / name)
    shutil.copytree(actions.STARTER / "courses" / "fleksibilitet" / "media", package / "media", dirs_exist_ok=True)
    (package / "media" / "media.yaml").write_text(FILM)
    site = yaml.safe_load((only_this / "site.yaml").read_text())
    site["pages"] = ["om"]
    site["roles"]["pages"] = []
    site["paths"] = [{**site["paths"][0], "chapters": ["prove"]}]
    (only_this / "site.yaml").write_text(yaml.safe_dump(site, allow_unicode=True))
    (only_this / "glossary.yaml").write_text(
        "- slug: a\n  nb: {term: Tavle, definition: En tavle på veggen.}\n"
        "  da: {term: Tavle, definition: En tavle på væggen.}\n  en: {term: Board, definition: A board on the wall.}\n"
    )
    monkeypatch.setattr(actions, "STARTER", only_this)
    return only_this


def test_the_site_is_judged_as_its_files_are(small_site: Path) -> None:
    """Texts, links, films and law come out of the database as they went in."""
    package = small_site / "courses" / "prove"
    change(package, "legal_references.yaml", "2026-11-01", "null")
    add(package, "legal_references.yaml", "  open_question: Gjelder den?\n")
    add(package, "lessons/introduksjon.md", "\nSkriv til fylkesmannen, se [her](/laer/kurs/borte/).\n")
    add(
        package,
        "lessons/en-sak.md",
        "\n[En](/ordliste/a/), [to](/laer/grunnopplaring-fact/prove/introduksjon/), [tre](/om/)\n",
    )
    change(package, "lessons/oppsummering.md", "Ringer 4", "Ringer og venter til noen kommer og henter deg 4")
    load_starter_content()
    files, faults = read_starter_content()
    assert faults == []

    def told(content: Content) -> list[tuple[str, str]]:
        return sorted((finding.code, finding.message) for finding in lint(content, today=TODAY))

    live = read_live_content()
    live.coverage = files.coverage
    assert told(live) == told(files)
    assert [code for code, _message in told(live)] == [
        "law-open-question",
        "law-unchecked",
        "link-dead",
        "word-fylkesmannen",
    ]


def test_the_site_has_no_coverage_files_and_is_not_asked_for_them(small_site: Path) -> None:
    load_starter_content()
    assert run("--live") == ("0 errors, 0 notices.\n", "")


def test_a_finding_on_the_site_is_an_address_in_the_editor(small_site: Path, settings: Any) -> None:
    load_starter_content()
    page = StandardPage.objects.get()
    page.summary = "Klag til fylkesmannen."
    page.save_revision().publish()
    lesson = LessonPage.objects.get(slug="introduksjon")
    lesson.body.append(("key_message", {"text": "Det går bra!"}))
    lesson.save_revision().publish()
    lesson.refresh_from_db()
    term = GlossaryTerm.objects.get(locale__language_code="nb")
    GlossaryTerm.objects.filter(pk=term.pk).update(definition="En tavle!")
    out, _failure = run("--live")
    edit = f"{settings.BASE_URL}/admin/"
    assert [line.split(": error ")[0] for line in out.splitlines()[:-1]] == sorted(
        [
            f"{edit}pages/{lesson.pk}/edit/#block-{lesson.body[-1].id}-section",
            f"{edit}pages/{page.pk}/edit/",
            f"{edit}{AdminURLFinder().get_edit_url(term).removeprefix('/admin/')}",
        ]
    )


def test_what_is_not_published_is_not_linted_and_not_linked_to(small_site: Path) -> None:
    add(small_site, "pages/om.md", "\n[Saken](/laer/kurs/prove/en-sak/)\n")
    load_starter_content()
    assert run("--live")[1] == ""
    lesson = LessonPage.objects.get(slug="en-sak")
    lesson.body.append(("key_message", {"text": "Det går bra!"}))
    lesson.save_revision().publish()
    lesson.unpublish()
    out, _failure = run("--live")
    assert "exclamation" not in out
    assert "link-dead: Adressen «/laer/kurs/prove/en-sak/» finnes ikke i Flett." in out


def test_the_site_costs_so_many_queries(
    small_site: Path, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    """With one course of six lessons and one page; and at most so many for each course more."""
    load_starter_content()
    with django_assert_num_queries(COST_ALONE):
        read_live_content()
    for number in range(3):
        CoursePage.objects.get(slug="prove").copy(
            recursive=True, update_attrs={"slug": f"prove-{number}", "title": f"Prove {number}"}
        )
    with django_assert_max_num_queries(COST_ALONE + 3 * COST_OF_A_COURSE):
        content = read_live_content()
    assert len(content.courses) == 4


def test_the_page_on_coverage_is_what_the_command_prints() -> None:
    out, _failure = run("--coverage")
    table = [line for line in out.splitlines() if line.startswith("|")]
    page = (project.BASE_DIR / "docs" / "content-coverage.md").read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("|")] == table
    assert len(table) > 250
