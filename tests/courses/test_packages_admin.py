# ruff: noqa: F401, F811 – fixtures of test_packages are imported, and asked for by name
"""Course packages in Wagtail's admin, seen by each who might ask."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from courses.actions import import_course_package, set_up_training_team
from courses.models import CourseIndexPage, CoursePage, FlettMedia, LessonPage
from courses.packages.zipped import export_zip
from people.models import User
from tests import factories
from tests.courses.test_packages import C, L, edit, package, section, with_media


def zipped(folder: Path) -> SimpleUploadedFile:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder.parent))
    return SimpleUploadedFile("prove.zip", buffer.getvalue(), content_type="application/zip")


@pytest.fixture
def team(section: CourseIndexPage) -> dict[str, User]:
    authors, reviewers = set_up_training_team(section=section)
    people = {}
    for role, group in (("author", authors), ("reviewer", reviewers)):
        people[role] = factories.UserFactory.create()
        people[role].groups.add(group)
    return people


def upload(client: Client, folder: Path, section_pk: int, **data: str) -> Any:
    return client.post(
        reverse("course_packages:import"),
        {"file": zipped(folder), "section": section_pk, "change_kind": "correction", **data},
    )


def test_a_reviewer_imports_and_reads_what_happened(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    package: Path,
) -> None:
    client.force_login(team["reviewer"])
    response = upload(client, package, section.pk)
    assert response.status_code == 200
    content = response.content.decode()
    assert "<li>Prøvekurs (prove): nytt kurs</li>" in content
    assert "<li>  Nye leksjoner: Introduksjon, Spørsmål</li>" in content
    course = CoursePage.objects.get(slug="prove")
    assert reverse("wagtailadmin_explore", args=[course.pk]) in content
    assert course.latest_revision.user == team["reviewer"]


def test_faults_are_a_table_and_nothing_is_changed(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    package: Path,
) -> None:
    edit(package, L, lambda text: text.replace("minutes: 5", "minutes: <b>x</b>"))
    edit(package, C, lambda text: text.replace("[FACT, ACT]", "[XYZ]"))
    client.force_login(team["reviewer"])
    response = upload(client, package, section.pk)
    assert response.status_code == 422
    rows = response.content.decode().split("<tbody>")[1].split("</tbody>")[0]
    cells = [cell.split("</td>")[0].strip() for cell in rows.split("<td>")[1:]]
    assert cells == [
        "lessons/introduksjon.md",
        "4",
        "Her skal det stå et helt tall.",
    ]
    assert not CoursePage.objects.exists()


def test_checking_only_changes_nothing(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    package: Path,
) -> None:
    client.force_login(team["reviewer"])
    response = upload(client, package, section.pk, check_only="on")
    assert "Pakken er i orden. Ingenting er endret." in response.content.decode()
    assert not CoursePage.objects.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "file"),
        (b"ikke en zip", "Dette er verken en mappe eller en zip-fil."),
    ],
)
def test_a_wrong_file_is_said(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    content: bytes,
    message: str,
) -> None:
    client.force_login(team["reviewer"])
    file = SimpleUploadedFile("prove.zip", content)
    response = client.post(reverse("course_packages:import"), {"file": file, "section": section.pk})
    assert response.status_code == 422
    if content:
        assert message in response.content.decode()


def test_a_package_too_large_is_said(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    package: Path,
    settings: Any,
) -> None:
    settings.PACKAGE_MAX_BYTES = 10
    client.force_login(team["reviewer"])
    response = upload(client, package, section.pk)
    assert response.status_code == 422
    assert "Filen er for stor. En kurspakke kan være høyst 0 MB." in response.content.decode()


def test_the_kind_of_change_is_the_editors_choice(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    package: Path,
) -> None:
    client.force_login(team["reviewer"])
    upload(client, package, section.pk)
    edit(package, L, lambda text: text.replace("Budskap", "Nytt budskap"))
    upload(client, package, section.pk, change_kind="new_content", change_note="Nytt budskap")
    lesson = LessonPage.objects.get(slug="introduksjon")
    assert (lesson.change_kind, lesson.change_note) == ("new_content", "Nytt budskap")


@pytest.mark.parametrize(("role", "status"), [("author", 302), ("learner", 302), ("anonymous", 302)])
def test_who_may_not_publish_may_not_import(
    client: Client,
    team: dict[str, User],
    learner: User,
    section: CourseIndexPage,
    package: Path,
    role: str,
    status: int,
) -> None:
    if role != "anonymous":
        client.force_login(team.get(role, learner))
    assert client.get(reverse("course_packages:import")).status_code == status
    assert upload(client, package, section.pk).status_code == status
    assert not CoursePage.objects.exists()


def test_another_teams_course_and_film_are_out_of_reach(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    with_media: Path,
    package: Path,
) -> None:
    """The id in a package is no key to what one may not edit."""
    import_course_package(folder=with_media)
    other = factories.CourseIndexPageFactory.create(title="Andre", slug="andre")
    _authors, reviewers = set_up_training_team(section=other, authors="Andre", reviewers="Andres kontroll")
    outsider = factories.UserFactory.create()
    outsider.groups.add(reviewers)
    client.force_login(outsider)
    edit(with_media, "media/media.yaml", lambda text: text.replace("title: Film", "title: Kapret"))
    response = upload(client, with_media, other.pk)
    assert response.status_code == 422
    content = response.content.decode()
    assert escape("Du kan ikke publisere endringer i «Prøvekurs».") in content
    assert escape("Du kan ikke endre «Film», som finnes fra før.") in content
    assert FlettMedia.objects.get().title == "Film"
    assert upload(client, with_media, section.pk).status_code == 422


def test_new_media_go_to_the_teams_own_collection(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    with_media: Path,
) -> None:
    client.force_login(team["reviewer"])
    assert upload(client, with_media, section.pk).status_code == 200
    assert FlettMedia.objects.get().collection.name == section.title


def test_a_course_is_downloaded_by_those_who_may_edit_it(
    client: Client,
    team: dict[str, User],
    learner: User,
    section: CourseIndexPage,
    package: Path,
) -> None:
    import_course_package(folder=package)
    course = CoursePage.objects.get(slug="prove")
    url = reverse("course_packages:export", args=[course.pk])
    client.force_login(team["author"])
    response = client.get(url)
    expected = BytesIO()
    export_zip(course, expected)
    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    assert response["Content-Disposition"] == 'attachment; filename="prove.zip"'
    assert b"".join(response.streaming_content) == expected.getvalue()

    outsider = factories.UserFactory.create()
    outsider.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(outsider)
    assert client.get(url).status_code == 302
    client.force_login(learner)
    assert client.get(url).status_code == 302
    client.force_login(team["author"])
    assert client.get(reverse("course_packages:export", args=[section.pk])).status_code == 404


def test_the_buttons_stand_where_one_looks(
    client: Client,
    team: dict[str, User],
    section: CourseIndexPage,
    package: Path,
) -> None:
    import_course_package(folder=package)
    course = CoursePage.objects.get(slug="prove")
    export = reverse("course_packages:export", args=[course.pk])
    bring = f"{reverse('course_packages:import')}?section={section.pk}"
    client.force_login(team["reviewer"])
    in_section = client.get(reverse("wagtailadmin_explore", args=[section.pk])).content.decode()
    assert f'href="{export}"' in in_section
    assert f'href="{bring}"' in in_section
    assert f'href="{export}"' in client.get(reverse("wagtailadmin_pages:edit", args=[course.pk])).content.decode()
    assert client.get(bring).status_code == 200
    client.force_login(team["author"])
    in_section = client.get(reverse("wagtailadmin_explore", args=[section.pk])).content.decode()
    assert f'href="{export}"' in in_section
    assert reverse("course_packages:import") not in in_section
