"""The manuscript of a role film: read in the lesson, taken out in the editor."""

import re
import zipfile
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from courses.actions import set_up_training_team
from courses.models import CourseIndexPage, LessonPage
from courses.urls_of import page_path
from safety.files import check_captions
from tests import factories

SCENE = {
    "scene": "Bilen, tidlig morgen",
    "picture": "En kvinne setter i gang bilen.",
    "lines": [{"speaker": "Teamleder", "text": "Jeg prøver å <snakke> sist."}],
}


def make_lesson(*, film: Any = None, script: Any = (SCENE,), title: str = "Teamlederen", **fields: Any) -> LessonPage:
    value = {
        "film": (film or factories.MediaFactory.create(is_placeholder=True)).pk,
        "title": title,
        "intro": "",
        "name_plate": {},
        "role": "Teamleder",
        "script": list(script),
    }
    return factories.LessonPageFactory.create(
        title="Rollefilm: teamleder", slug="rollefilm", body=factories.make_body(("role_film", value)), **fields
    )


def shown(lesson: LessonPage, client: Client) -> str:
    return re.sub(r"\s+", " ", client.get(page_path(lesson)).content.decode())


@pytest.mark.django_db
def test_a_placeholder_shows_the_manuscript_open_and_says_why(client: Client) -> None:
    page = shown(make_lesson(), client)
    assert '<details class="ds-details transcript script" open> <summary>Les filmen som tekst</summary>' in page
    assert "Filmen er ikke spilt inn ennå." in page
    assert '<h3 class="script-scene">Bilen, tidlig morgen</h3>' in page
    assert '<span class="script-label">Bildet viser:</span> En kvinne setter i gang bilen.' in page
    assert '<strong class="script-speaker">Teamleder:</strong> Jeg prøver å &lt;snakke&gt; sist.' in page
    assert "Les utskrift av filmen" not in page


@pytest.mark.django_db
def test_scenes_stand_one_level_below_the_heading_that_is_there(client: Client) -> None:
    page = shown(make_lesson(title="Rollefilm: teamleder"), client)
    assert '<h2 class="script-scene">' in page
    assert "<h3" not in page


@pytest.mark.django_db
def test_a_recorded_film_shows_its_own_transcript_or_else_the_manuscript(client: Client) -> None:
    film = factories.MediaFactory.create(is_placeholder=False, transcript="Det som ble sagt.")
    lesson = make_lesson(film=film)
    page = shown(lesson, client)
    assert "Det som ble sagt." in page
    assert "Les filmen som tekst" not in page
    film.transcript = ""
    film.save()
    page = shown(lesson, client)
    assert '<details class="ds-details transcript script"> <summary>Les filmen som tekst</summary>' in page
    assert "ikke spilt inn" not in page


@pytest.mark.django_db
def test_a_film_without_a_manuscript_is_as_before(client: Client) -> None:
    page = shown(make_lesson(script=()), client)
    assert "Les filmen som tekst" not in page


def browser_with(role: str, section: CourseIndexPage) -> Client:
    client = Client()
    if role == "anonymous":
        return client
    user = factories.UserFactory.create()
    if role == "author":
        user.groups.add(set_up_training_team(section=section)[0])
    if role == "other author":
        other = factories.CourseIndexPageFactory.create(title="FACT ung", slug="fact-ung")
        user.groups.add(set_up_training_team(section=other, authors="Andre", reviewers="Andres redaktører")[0])
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_an_editor_takes_out_the_manuscript_captions_and_transcript() -> None:
    lesson = make_lesson()
    client = browser_with("author", CourseIndexPage.objects.get())
    url = reverse("courses_admin:film-script", args=[lesson.pk])
    editor = client.get(reverse("wagtailadmin_pages:edit", args=[lesson.pk])).content.decode()
    assert "Manus til innspilling (zip)" in editor and url in editor
    response: Any = client.get(url)
    assert response["Content-Disposition"] == 'attachment; filename="manus-rollefilm.zip"'
    with zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert list(files) == [
        "rollefilm/rollefilm.manus.md",
        "rollefilm/rollefilm.utskrift.txt",
        "rollefilm/rollefilm.nb.vtt",
    ]
    assert files["rollefilm/rollefilm.manus.md"].decode().startswith("# Teamlederen\n\n- Rolle: Teamleder\n")
    assert "Bildet viser: En kvinne setter i gang bilen." in files["rollefilm/rollefilm.utskrift.txt"].decode()
    check_captions(BytesIO(files["rollefilm/rollefilm.nb.vtt"]), name="rollefilm.nb.vtt")


@pytest.mark.django_db
def test_a_lesson_without_a_manuscript_has_no_button_and_no_zip() -> None:
    lesson = make_lesson(script=())
    client = browser_with("author", CourseIndexPage.objects.get())
    assert (
        "Manus til innspilling" not in client.get(reverse("wagtailadmin_pages:edit", args=[lesson.pk])).content.decode()
    )
    assert client.get(reverse("courses_admin:film-script", args=[lesson.pk])).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [("other author", 302), ("member", 302), ("anonymous", 302)])
def test_nobody_else_gets_the_manuscript(role: str, status: int) -> None:
    """Wagtail sends those it refuses to the admin's front page, or to the sign-in page."""
    lesson = make_lesson()
    client = browser_with(role, CourseIndexPage.objects.get())
    response = client.get(reverse("courses_admin:film-script", args=[lesson.pk]))
    assert response.status_code == status
    assert response["Location"].startswith("/admin/")
