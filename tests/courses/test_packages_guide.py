"""What packages hold besides lessons: the guide to a team meeting, manuscripts, and open questions of law."""

import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from courses.actions import import_course_package
from courses.models import CourseIndexPage, CoursePage, FacilitatorGuidePage, LegalReference, LessonPage, LessonVersion
from courses.packages.apply import ImportReport
from courses.packages.format import PackageError, course_id_for, guide_id_for
from courses.packages.reader import read_package
from courses.packages.zipped import export_folder
from home.models import HomePage
from people.models import User
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


EMPTIED = """\
---
id: {id}
title: Uten noe
minutes: 30
summary: ""
---
"""
