"""The starter content proves the format: every package comes in, and goes out as it came."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from courses.models import CoursePage, LessonPage, LessonVersion, Principle
from courses.packages.reader import read_package
from courses.packages.writer import package_texts
from courses.packages.zipped import export_folder
from home.models import HomePage
from tests import factories

STARTER = Path(__file__).resolve().parents[2] / "home" / "starter" / "courses"
PACKAGES = sorted(path.parent for path in STARTER.glob("*/course.yaml"))
WITH_MEDIA = [package for package in PACKAGES if (package / "media").is_dir()]


def folder_bytes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def principles(home: HomePage) -> None:
    names = {
        name for package in PACKAGES for name in yaml.safe_load((package / "course.yaml").read_text())["principles"]
    }
    for place, name in enumerate(sorted(names), 1):
        set_key, slug = name.split("/")
        principle_set = factories.PrincipleSetFactory.create(key=set_key)
        if not Principle.objects.filter(principle_set=principle_set, slug=slug).exists():
            factories.PrincipleFactory.create(principle_set=principle_set, slug=slug, position=place)
    factories.make_course_index()


def test_all_starter_packages_come_in_quickly_and_twice_is_once(principles: None) -> None:
    assert len(PACKAGES) == 21
    started = time.process_time()
    for package in PACKAGES:
        call_command("import_course", package, verbosity=0)
    spent = time.process_time() - started
    assert CoursePage.objects.live().count() == 21
    lessons = sum(len(read_package(package).lessons) for package in PACKAGES)
    assert LessonPage.objects.live().count() == LessonVersion.objects.count() == lessons
    assert spent < 0.25 * lessons, "seconds of processor time"

    before = list(LessonPage.objects.order_by("pk").values_list("pk", "latest_revision_id", "body"))
    for package in PACKAGES:
        call_command("import_course", package, verbosity=0)
    assert list(LessonPage.objects.order_by("pk").values_list("pk", "latest_revision_id", "body")) == before
    assert LessonVersion.objects.count() == lessons


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_starter_package_goes_out_as_it_came(package: Path, principles: None, tmp_path: Path) -> None:
    """Byte for byte, once in the canonical form."""
    read = read_package(package)
    call_command("import_course", package, verbosity=0)
    course = CoursePage.objects.get(slug=package.name)
    export_folder(course, tmp_path / "first")
    exported = read_package(tmp_path / "first")
    assert exported == read
    assert {name: text.encode() for name, text in package_texts(read).items()} == {
        name: content
        for name, content in folder_bytes(tmp_path / "first").items()
        if not name.startswith("media/") or name == "media/media.yaml"
    }
    call_command("import_course", tmp_path / "first", verbosity=0)
    assert LessonVersion.objects.count() == len(read.lessons)
    export_folder(CoursePage.objects.get(slug=package.name), tmp_path / "second")
    assert folder_bytes(tmp_path / "second") == folder_bytes(tmp_path / "first")


@pytest.mark.parametrize("package", WITH_MEDIA, ids=lambda path: path.name)
def test_starter_media_go_out_as_they_came(package: Path, principles: None, tmp_path: Path) -> None:
    call_command("import_course", package, verbosity=0)
    export_folder(CoursePage.objects.get(slug=package.name), tmp_path / "out")
    films: Any = read_package(tmp_path / "out").films
    for key, film in read_package(package).films.items():
        for name in (film.mp4, film.webm, *film.captions.values()):
            assert (tmp_path / "out" / "media" / name).read_bytes() == (package / "media" / name).read_bytes()
        assert films[key].transcript == film.transcript
