"""What packages hold besides lessons: the guide to a team meeting, manuscripts, and open questions of law."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from courses.actions import import_course_package
from courses.models import CourseIndexPage, CoursePage, FacilitatorGuidePage, LegalReference, LessonPage, LessonVersion
from courses.packages.apply import ImportReport
from courses.packages.format import PackageError, course_id_for, guide_id_for
from courses.packages.reader import read_package
from courses.packages.zipped import export_folder
from home.models import HomePage
from tests import factories
from tests.courses.test_packages_text import write_texts

COURSE = """\
format: 1
slug: prove
language: nb
title: Prøvekurs
kind: module
summary: Et kurs til prøve.
minutes: 20
lessons: [rollefilm]
"""
LESSON = """\
---
title: "Rollefilm: teamleder"
type: role_film
minutes: 6
---
::: role_film
film: rollefilm-plassholder
title: "Rollefilm: teamleder"
intro: Filmen er ikke spilt inn ennå. Under kan du lese den.
role: Teamleder
script:
  - scene: Bilen utenfor en blokk, tidlig morgen
    picture: En kvinne i førtiåra setter i gang bilen og legger telefonen i midtkonsollen.
    lines:
      - speaker: Teamleder
        text: Jeg får ofte spørsmål om hva en teamleder gjør hele dagen.
      - speaker: Kollega
        text: "Hva svarer du: «alt»?"
  - scene: Kontoret
    picture: Tavla fylles.
:::

::: law
reference: helse-1
:::
"""
GUIDE = """\
---
title: "Veiledning: prøve på 30 minutter"
minutes: 30
summary: Til den som leder møtet.
---
Les kapitlet først.

::: steps
items:
  - title: Fem minutter
    text: Alle leser casen.
  - title: Tjuefem minutter
    text: Dere snakker sammen.
:::
"""
MEDIA = """\
films:
  rollefilm-plassholder:
    title: Rollefilm (plassholder)
    placeholder: true
    duration: 31
    mp4: rollefilm-plassholder.mp4
"""
LAW = """\
helse-1:
  law: prøveloven
  paragraph: § 1
  summary: En regel.
  url: https://lovdata.no/
  jurisdiction: NO
  valid_from: null
  checked_on: null
  open_question: Gjelder den også for private?
"""
FILM = Path(__file__).resolve().parents[2] / "home/starter/courses/fleksibilitet/media/rollefilm-plassholder.mp4"


@pytest.fixture
def section(home: HomePage) -> CourseIndexPage:
    return factories.make_course_index()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = write_texts(
        {
            "course.yaml": COURSE,
            "lessons/rollefilm.md": LESSON,
            "guide.md": GUIDE,
            "media/media.yaml": MEDIA,
            "legal_references.yaml": LAW,
        },
        tmp_path / "prove",
    )
    shutil.copy(FILM, folder / "media/rollefilm-plassholder.mp4")
    return folder


def bring(folder: Path, **options: Any) -> ImportReport:
    report = import_course_package(folder=folder, **options)
    assert report is not None
    return report


def problems(folder: Path, **options: Any) -> list[str]:
    with pytest.raises(PackageError) as caught:
        import_course_package(folder=folder, **options)
    return [str(problem) for problem in caught.value.problems]


def replace(package: Path, file: str, old: str, new: str) -> None:
    path = package / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_script_guide_and_question_go_in_and_out_unchanged(
    section: CourseIndexPage, package: Path, tmp_path: Path
) -> None:
    report = bring(package)
    assert report.lines()[:3] == [
        "Prøvekurs (prove): nytt kurs",
        "  Nye leksjoner: Rollefilm: teamleder",
        "  Filer: Rollefilm (plassholder)",
    ]
    assert "  Ny veiledning til teammøtet" in report.lines()
    course = CoursePage.objects.get(slug="prove")
    guide = FacilitatorGuidePage.objects.child_of(course).get()
    assert (guide.slug, guide.title, guide.minutes, guide.summary, guide.live, guide.translation_key) == (
        "veiledning",
        "Veiledning: prøve på 30 minutter",
        30,
        "Til den som leder møtet.",
        True,
        guide_id_for(course_id_for("prove")),
    )
    assert [child.block_type for child in guide.body] == ["text", "steps"]
    script = LessonPage.objects.get().body[0].value["script"]
    assert [(scene["scene"], [line["speaker"] for line in scene["lines"]]) for scene in script] == [
        ("Bilen utenfor en blokk, tidlig morgen", ["Teamleder", "Kollega"]),
        ("Kontoret", []),
    ]
    law = LegalReference.objects.get()
    assert (law.checked_on, law.checked_by, law.open_question) == (None, "", "Gjelder den også for private?")

    first, second = tmp_path / "first", tmp_path / "second"
    export_folder(course, first)
    assert read_package(first) == read_package(package)
    assert bring(first).lines() == ["Prøvekurs (prove): kurset er uendret", "  Uendrede leksjoner: 1"]
    export_folder(CoursePage.objects.get(slug="prove"), second)
    assert folder_bytes(second) == folder_bytes(first)
    assert LessonVersion.objects.count() == 1


def test_a_package_without_the_guide_unpublishes_it_and_says_so(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    text = (package / "guide.md").read_text(encoding="utf-8")
    (package / "guide.md").unlink()
    report = bring(package)
    assert "  Veiledningen til teammøtet er avpublisert (ikke med i pakken)" in report.lines()
    guide = FacilitatorGuidePage.objects.get()
    assert not guide.live
    assert bring(package).guide_state == ""
    (package / "guide.md").write_text(text, encoding="utf-8")
    assert "  Veiledningen til teammøtet er endret" in bring(package).lines()
    guide.refresh_from_db()
    assert guide.live
    assert bring(package).guide_state == "unchanged"


def test_a_changed_guide_keeps_its_place_and_its_draft(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    guide = FacilitatorGuidePage.objects.get()
    guide.title = "Kladd"
    guide.save_revision()
    replace(package, "guide.md", "Les kapitlet først", "Les kapitlet sammen")
    assert (
        "«Veiledning: prøve på 30 minutter» hadde en kladd som ikke var publisert. Den ligger i sidens historikk."
        in (bring(package).notes)
    )
    changed = FacilitatorGuidePage.objects.get()
    assert (changed.pk, changed.title) == (guide.pk, "Veiledning: prøve på 30 minutter")
    assert changed.body[0].value.source == "<p>Les kapitlet sammen.</p>"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "guide.md",
            "::: steps\n",
            "::: reflection\nprompt: Hva nå?\n:::\n\n::: steps\n",
            "guide.md:8: Blokken «reflection» kan ikke brukes i en veiledning. Velg mellom text, image, table, "
            "fact_box, quotation, key_message, steps, accordion, download, law, sources.",
        ),
        ("guide.md", "minutes: 30", "minutes: tretti", "guide.md:3: Her skal det stå et helt tall."),
        ("guide.md", "title: Fem minutter", 'title: ""', "guide.md:10: steps: Dette må fylles ut."),
        (
            "guide.md",
            "minutes: 30",
            "type: lesson",
            "guide.md:3: Feltet «type» finnes ikke her. Feltene er id, title, minutes, summary, text_ids.",
        ),
        ("guide.md", "---\ntitle", "title", "guide.md:1: Filen må begynne med felter mellom to linjer med ---."),
        (
            "guide.md",
            "Les kapitlet først.",
            "Les [kapitlet](page:00000000-0000-4000-8000-000000000000) først.",
            "guide.md:6: Siden som «page:00000000-0000-4000-8000-000000000000» lenker til, finnes ikke.",
        ),
        (
            "lessons/rollefilm.md",
            "  - scene: Kontoret\n    picture: Tavla fylles.\n",
            "  - scene: Kontoret\n",
            "lessons/rollefilm.md:19: role_film: En scene må ha noe som vises eller noe som sies.",
        ),
        (
            "lessons/rollefilm.md",
            "        text: Jeg får",
            "        tekst: Jeg får",
            "lessons/rollefilm.md:16: Feltet «tekst» finnes ikke her. Feltene er speaker, text.",
        ),
        (
            "legal_references.yaml",
            "checked_on: null",
            "checked_on: 2026-11-01",
            "legal_references.yaml:8: Skriv hvem som kontrollerte regelen.",
        ),
        (
            "course.yaml",
            "lessons: [rollefilm]",
            "lessons: [rollefilm, veiledning]",
            "course.yaml:8: Adressen «veiledning» er kursets veiledning. Gi leksjonen et annet navn.",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(
    section: CourseIndexPage, package: Path, file: str, old: str, new: str, expected: str
) -> None:
    replace(package, file, old, new)
    assert expected in problems(package, check_only=True)
    assert CoursePage.objects.count() == 0


def test_another_guide_in_the_course_is_not_overwritten(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    stored = FacilitatorGuidePage.objects.get()
    replace(package, "guide.md", "---\ntitle", f"---\nid: {uuid4()}\ntitle")
    assert problems(package) == [f"guide.md:2: Kurset har en veiledning med en annen id: {stored.translation_key}."]


def test_a_lesson_in_the_way_of_the_guide_is_a_fault(section: CourseIndexPage, package: Path) -> None:
    guide = (package / "guide.md").read_text(encoding="utf-8")
    (package / "guide.md").unlink()
    bring(package)
    factories.LessonPageFactory.create(parent=CoursePage.objects.get(), slug="veiledning")
    (package / "guide.md").write_text(guide, encoding="utf-8")
    assert problems(package) == ["guide.md:1: Adressen «veiledning» er i bruk av en leksjon i kurset."]


def test_a_locked_guide_is_a_fault(section: CourseIndexPage, package: Path) -> None:
    bring(package)
    FacilitatorGuidePage.objects.update(locked=True)
    assert problems(package) == ["guide.md:1: Veiledningen er låst i redigeringen."]


@pytest.mark.parametrize(
    ("stored", "day", "question", "expected"),
    [
        ((None, "Åpent?"), "null", "", (None, "Åpent?")),
        ((None, "Åpent?"), "null", "Nytt?", (None, "Nytt?")),
        ((None, "Åpent?"), "2026-11-01", "", ("2026-11-01", "")),
        (("2026-11-01", "Åpent?"), "null", "Nytt?", ("2026-11-01", "Åpent?")),
        (("2026-11-01", ""), "2026-11-01", "Nytt?", ("2026-11-01", "Nytt?")),
        (("2026-11-01", "Åpent?"), "2026-11-01", "", ("2026-11-01", "Åpent?")),
    ],
)
def test_an_open_question_is_closed_only_by_a_newer_check(
    section: CourseIndexPage,
    package: Path,
    stored: tuple[str | None, str],
    day: str,
    question: str,
    expected: tuple[str | None, str],
) -> None:
    factories.LegalReferenceFactory.create(key="helse-1", checked_on=stored[0], open_question=stored[1])
    asked = f"open_question: {question}\n" if question else ""
    (package / "legal_references.yaml").write_text(
        LAW.replace("checked_on: null", f"checked_on: {day}\n  checked_by: Redaksjonen").replace(
            "open_question: Gjelder den også for private?\n", asked
        ),
        encoding="utf-8",
    )
    bring(package)
    law = LegalReference.objects.get()
    assert (law.checked_on and law.checked_on.isoformat(), law.open_question) == expected
