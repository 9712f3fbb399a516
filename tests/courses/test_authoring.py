"""Writing a course in Wagtail: rules of the tree, drafts, preview, review, schedule, copies, files, law."""

import json
import re
import zipfile
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
import typst
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from PIL import Image
from wagtail.models import Comment, GroupCollectionPermission, Page, ReferenceIndex
from wagtail.rich_text import RichText

from courses.actions import set_up_training_team
from courses.models import (
    CourseIndexPage,
    CoursePage,
    FacilitatorGuidePage,
    FlettDocument,
    FlettImage,
    FlettMedia,
    GlossaryTerm,
    LegalReference,
    LessonPage,
    LessonVersion,
)
from home.models import HomePage, StandardPage
from learning.models import LearningPathPage, LearnPage
from people.models import User
from tests import factories
from tests.courses.editing import form_of, publish, save, submit

ALL_TYPES = {
    HomePage,
    StandardPage,
    LearnPage,
    LearningPathPage,
    CourseIndexPage,
    CoursePage,
    LessonPage,
    FacilitatorGuidePage,
}


@pytest.fixture
def section(db: None) -> CourseIndexPage:
    return factories.make_course_index()


@pytest.fixture
def course(section: CourseIndexPage) -> CoursePage:
    return factories.CoursePageFactory.create(parent=section, title="Fleksibilitet", slug="fleksibilitet")


@pytest.fixture
def lesson(course: CoursePage) -> LessonPage:
    return factories.LessonPageFactory.create(parent=course, title="Introduksjon", slug="introduksjon", live=False)


@pytest.fixture
def author(section: CourseIndexPage) -> User:
    user = factories.UserFactory.create(first_name="Aud", last_name="Forfatter")
    user.groups.add(set_up_training_team(section=section)[0])
    return user


@pytest.fixture
def reviewer(section: CourseIndexPage) -> User:
    user = factories.UserFactory.create(first_name="Rolf", last_name="Redaktør")
    user.groups.add(set_up_training_team(section=section)[1])
    return user


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- rules of the tree --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parent", "children"),
    [
        (HomePage, {StandardPage, LearnPage, CourseIndexPage}),
        (StandardPage, set()),
        (LearnPage, {LearningPathPage, CourseIndexPage}),
        (LearningPathPage, set()),
        (CourseIndexPage, {CoursePage}),
        (CoursePage, {LessonPage, FacilitatorGuidePage}),
        (LessonPage, set()),
        (FacilitatorGuidePage, set()),
    ],
)
def test_what_may_stand_under_what(parent: type[Page], children: set[type[Page]]) -> None:
    allowed = {child for child in parent.allowed_subpage_models() if child in ALL_TYPES}
    assert allowed == children - ({CourseIndexPage} if parent is HomePage else set())


@pytest.mark.parametrize("child", ["standardpage", "lessonpage", "coursepage"])
def test_a_page_in_the_wrong_place_is_refused(
    administrator_client: Client, lesson: LessonPage, section: CourseIndexPage, child: str
) -> None:
    app = "home" if child == "standardpage" else "courses"
    parent = section if child != "coursepage" else lesson
    before = Page.objects.count()
    response = administrator_client.post(
        reverse("wagtailadmin_pages:add", args=[app, child, parent.pk]), {"title": "Feil", "slug": "feil"}
    )
    assert (response.status_code, response["Location"], Page.objects.count()) == (302, "/admin/", before)


def test_a_lesson_cannot_be_moved_out_of_courses(
    administrator_client: Client, lesson: LessonPage, section: CourseIndexPage
) -> None:
    url = reverse("wagtailadmin_pages:move_confirm", args=[lesson.pk, section.pk])
    administrator_client.post(url)
    assert LessonPage.objects.get(pk=lesson.pk).get_parent().pk == lesson.get_parent().pk


# --- drafts and autosave ------------------------------------------------------------------------------


def test_autosave_is_on(administrator_client: Client, lesson: LessonPage) -> None:
    context = administrator_client.get(reverse("wagtailadmin_pages:edit", args=[lesson.pk])).context
    assert (context["autosave_enabled"], context["autosave_interval"]) == (True, 500)


def test_autosave_keeps_one_draft_and_publishes_nothing(administrator_client: Client, course: CoursePage) -> None:
    lesson = factories.LessonPageFactory.create(parent=course, published=True)
    shown = lesson.latest_revision_id
    url = reverse("wagtailadmin_pages:edit", args=[lesson.pk])
    answer = administrator_client.post(
        url, form_of(lesson, title="Et nytt navn"), headers={"accept": "application/json"}
    )
    told = json.loads(answer.content)
    lesson.refresh_from_db()
    assert (answer.status_code, told["success"], told["pk"]) == (200, True, lesson.pk)
    assert (lesson.title != "Et nytt navn", lesson.draft_title, lesson.live) == (True, "Et nytt navn", True)
    again = administrator_client.post(
        url,
        {**form_of(lesson, title="Et bedre navn"), "overwrite_revision_id": told["revision_id"]},
        headers={"accept": "application/json"},
    )
    assert json.loads(again.content)["revision_id"] == told["revision_id"]
    assert list(lesson.revisions.order_by("pk").values_list("pk", flat=True)) == [shown, told["revision_id"]]


def test_two_editors_do_not_overwrite_each_other(
    administrator_client: Client, lesson: LessonPage, reviewer: User
) -> None:
    save(administrator_client, lesson, form_of(lesson, title="Fra den ene"))
    first = LessonPage.objects.get(pk=lesson.pk).latest_revision
    save(browser_of(reviewer), lesson, form_of(lesson, title="Fra den andre"))
    answer = administrator_client.post(
        reverse("wagtailadmin_pages:edit", args=[lesson.pk]),
        {**form_of(lesson, title="Fra den ene igjen"), "overwrite_revision_id": first.pk},
        headers={"accept": "application/json"},
    )
    assert (answer.status_code, json.loads(answer.content)["error_code"]) == (400, "invalid_revision")
    assert LessonPage.objects.get(pk=lesson.pk).draft_title == "Fra den andre"


# --- preview ------------------------------------------------------------------------------------------


def preview(client: Client, lesson: LessonPage, mode: str, **fields: Any) -> Any:
    url = reverse("wagtailadmin_pages:preview_on_edit", args=[lesson.pk])
    assert client.post(url, form_of(lesson, **fields)).json() == {"is_valid": True, "is_available": True}
    return client.get(f"{url}?mode={mode}&in_preview_panel=true")


def test_preview_as_anybody(author: User, lesson: LessonPage) -> None:
    response = preview(browser_of(author), lesson, "anonymous", title="Slik blir den")
    page = response.content.decode()
    assert response.status_code == 200
    assert "Slik blir den" in page
    assert 'href="/konto/login/?next=' in page
    assert "Aud Forfatter" not in page
    assert "[[" not in page


def test_preview_as_a_member(author: User, lesson: LessonPage) -> None:
    page = preview(browser_of(author), lesson, "learner").content.decode()
    assert "Kari Deltaker" in page
    assert "Aud Forfatter" not in page
    assert reverse("wagtailadmin_home") not in page
    assert 'action="/konto/logout/"' in page
    assert "[[" not in page


def test_previewing_makes_nobody_and_reads_no_messages(author: User, lesson: LessonPage) -> None:
    client = browser_of(author)
    save(client, lesson, form_of(lesson))
    people = User.objects.count()
    for mode in ("anonymous", "learner"):
        preview(client, lesson, mode)
    assert User.objects.count() == people
    editor = client.get(reverse("wagtailadmin_pages:edit", args=[lesson.pk])).content.decode()
    assert "Introduksjon" in editor
    assert "messages" in editor


@pytest.mark.parametrize("mode", ["anonymous", "learner"])
def test_the_preview_frame_works_under_the_readers_policy(author: User, lesson: LessonPage, mode: str) -> None:
    response = preview(browser_of(author), lesson, mode)
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "unsafe-inline" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_preview_of_a_lesson_not_yet_saved(author: User, course: CoursePage, lesson: LessonPage) -> None:
    client = browser_of(author)
    url = reverse("wagtailadmin_pages:preview_on_add", args=["courses", "lessonpage", course.pk])
    fields = form_of(lesson, title="Helt ny", slug="helt-ny")
    assert client.post(url, fields).json() == {"is_valid": True, "is_available": True}
    page = client.get(f"{url}?mode=anonymous&in_preview_panel=true").content.decode()
    assert "Helt ny" in page
    assert not LessonPage.objects.filter(slug="helt-ny").exists()


# --- review, schedule, order, copies ------------------------------------------------------------------


def test_review_before_publishing(author: User, reviewer: User, lesson: LessonPage, client: Client) -> None:
    submit(browser_of(author), lesson, form_of(lesson, title="Til gjennomgang"))
    lesson.refresh_from_db()
    state = lesson.current_workflow_state
    assert (lesson.live, state.workflow.name, state.status) == (False, "Faglig gjennomgang", "in_progress")
    locked = save(browser_of(author), lesson, form_of(lesson, title="Endret under gjennomgang"))
    assert (locked.status_code, LessonPage.objects.get(pk=lesson.pk).draft_title) == (200, "Til gjennomgang")
    approve = reverse("wagtailadmin_pages:workflow_action", args=[lesson.pk, "approve", state.current_task_state.pk])
    browser_of(author).post(approve)
    assert LessonPage.objects.get(pk=lesson.pk).live is False
    browser_of(reviewer).post(approve)
    lesson.refresh_from_db()
    assert (lesson.live, lesson.title, lesson.current_workflow_state) == (True, "Til gjennomgang", None)
    assert "Til gjennomgang" in client.get(lesson.url).content.decode()
    assert LessonVersion.objects.get().change_kind == "new_content"


def test_a_reviewer_sends_it_back_with_words(author: User, reviewer: User, lesson: LessonPage) -> None:
    submit(browser_of(author), lesson, form_of(lesson))
    state = LessonPage.objects.get(pk=lesson.pk).current_workflow_state
    url = reverse("wagtailadmin_pages:workflow_action", args=[lesson.pk, "reject", state.current_task_state.pk])
    browser_of(reviewer).post(url, {"comment": "Kilden mangler."})
    lesson.refresh_from_db()
    assert (lesson.live, lesson.current_workflow_state.status) == (False, "needs_changes")
    assert "Kilden mangler." in browser_of(author).get(f"/admin/pages/{lesson.pk}/edit/").content.decode()
    again = save(browser_of(author), lesson, form_of(lesson, title="Med kilde"))
    assert again.status_code == 302


def test_an_unfinished_draft_cannot_be_sent_to_review(author: User, lesson: LessonPage) -> None:
    response = submit(browser_of(author), lesson, form_of(lesson, body=[("key_message", {"text": ""})]))
    assert response.status_code == 200
    assert LessonPage.objects.get(pk=lesson.pk).current_workflow_state is None


def test_scheduled_publishing_and_expiry(
    administrator_client: Client, lesson: LessonPage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    fields: dict[str, Any] = {
        name: timezone.localtime(now + timedelta(days=days)).strftime("%Y-%m-%d %H:%M")
        for name, days in (("go_live_at", 1), ("expire_at", 3))
    }
    publish(administrator_client, lesson, form_of(lesson, **fields))
    live = []
    for days in (0, 2, 4):
        later = now + timedelta(days=days)
        monkeypatch.setattr("django.utils.timezone.now", lambda later=later: later)
        call_command("publish_scheduled")
        live.append(LessonPage.objects.get(pk=lesson.pk).live)
    assert live == [False, True, False]


def test_a_copied_course_is_a_course_of_its_own(administrator_client: Client, course: CoursePage) -> None:
    originals = [
        factories.LessonPageFactory.create(parent=course, published=True, title=title, slug=title.lower())
        for title in ("En", "To")
    ]
    response = administrator_client.post(
        reverse("wagtailadmin_pages:copy", args=[course.pk]),
        {
            "new_title": "Fleksibilitet, kopi",
            "new_slug": "fleksibilitet-kopi",
            "new_parent_page": course.get_parent().pk,
            "copy_subpages": "on",
            "publish_copies": "on",
        },
    )
    assert response.status_code == 302
    copied = CoursePage.objects.get(slug="fleksibilitet-kopi")
    lessons = list(LessonPage.objects.child_of(copied).order_by("path"))
    assert [lesson.title for lesson in lessons] == ["En", "To"]
    keys = {page.translation_key for page in (course, copied, *originals, *lessons)}
    assert len(keys) == 6
    for lesson in (*originals, *lessons):
        recorded = LessonVersion.objects.filter(lesson_key=lesson.translation_key)
        assert [(version.number, version.change_kind) for version in recorded] == [(1, "new_content")]
    first_ids = [block.id for block in originals[0].body]
    assert [block.id for block in lessons[0].body] == first_ids  # answers hang on lesson and block together


def test_the_explorer_of_a_course_opens_in_reading_order_ready_to_drag(
    administrator_client: Client, course: CoursePage
) -> None:
    for title in "CAB":
        factories.LessonPageFactory.create(parent=course, title=f"Leksjon {title}")
    response = administrator_client.get(reverse("wagtailadmin_explore", args=[course.pk]))
    page = response.content.decode()
    assert page.index("Leksjon C") < page.index("Leksjon A") < page.index("Leksjon B")
    assert 'data-controller="w-orderable"' in page


# --- files --------------------------------------------------------------------------------------------


def jpeg_with_place() -> bytes:
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (63.0, 26.0, 0.0)}
    exif[0x010F] = "Hemmelig kamera"
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "#0b5d57").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def collection_of(user: User) -> str:
    permissions = GroupCollectionPermission.objects.filter(group__in=user.groups.all())
    return str(permissions.values_list("collection_id", flat=True)[0])


def test_a_photo_loses_its_place_on_the_way_in(author: User) -> None:
    browser_of(author).post(
        reverse("wagtailimages:add"),
        {"title": "Tavla", "file": upload("tavla.jpg", jpeg_with_place()), "collection": collection_of(author)},
    )
    image = FlettImage.objects.get()
    content = image.file.read()
    assert (image.title, image.width, image.height, image.file_size) == ("Tavla", 40, 30, len(content))
    assert b"Hemmelig" not in content
    assert len(Image.open(BytesIO(content)).getexif()) == 0


def test_many_photos_at_once_lose_their_place_too(author: User) -> None:
    client = browser_of(author)
    url = reverse("wagtailimages:add_multiple")
    good = client.post(
        url, {"title": "Tavla", "files[]": upload("tavla.jpg", jpeg_with_place()), "collection": collection_of(author)}
    )
    assert good.json()["success"] is True
    assert b"Hemmelig" not in FlettImage.objects.get().file.read()
    # A title too long keeps the upload until the author has shortened it; what is kept is clean already.
    kept = client.post(
        url, {"title": "å" * 300, "files[]": upload("b.jpg", jpeg_with_place()), "collection": collection_of(author)}
    ).json()
    number = kept["uploaded_file_id"]
    client.post(
        reverse("wagtailimages:create_multiple_from_uploaded_image", args=[number]),
        {
            f"uploaded-image-{number}-title": "Kort",
            f"uploaded-image-{number}-collection": collection_of(author),
            f"uploaded-image-{number}-tags": "",
        },
    )
    assert b"Hemmelig" not in FlettImage.objects.get(title="Kort").file.read()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Ikke et støttet bildeformat."),
        ("tavla.png", b"MZ\x90\0", "Last opp et gyldig bilde."),
    ],
)
def test_what_is_no_picture_is_refused_at_the_field(author: User, name: str, content: bytes, message: str) -> None:
    response = browser_of(author).post(
        reverse("wagtailimages:add"),
        {"title": "Tavla i bruk", "file": upload(name, content), "collection": collection_of(author)},
    )
    assert response.status_code == 200
    assert message in " ".join(response.context["form"].errors["file"])
    assert 'value="Tavla i bruk"' in response.content.decode()
    assert FlettImage.objects.count() == 0


def test_a_moving_picture_is_refused_in_our_words(author: User) -> None:
    buffer = BytesIO()
    Image.new("RGB", (20, 20), "red").save(
        buffer, "GIF", save_all=True, append_images=[Image.new("RGB", (20, 20), "blue")], duration=100
    )
    for url in ("wagtailimages:add", "wagtailimages_chooser:create"):
        name = "file" if url.endswith("add") else "image-chooser-upload-file"
        prefix = "" if url.endswith("add") else "image-chooser-upload-"
        response = browser_of(author).post(
            reverse(url),
            {
                f"{prefix}title": "Film",
                name: upload("film.gif", buffer.getvalue()),
                f"{prefix}collection": collection_of(author),
            },
        )
        page = response.content.decode() if url.endswith("add") else str(response.json())
        assert "Bildet beveger seg. Last det opp som film, så kan leseren stoppe det." in page
    assert FlettImage.objects.count() == 0


@pytest.mark.parametrize("url", ["wagtaildocs:add", "wagtaildocs:add_multiple"])
def test_a_program_called_a_document_is_refused_at_the_field(author: User, url: str) -> None:
    name = "file" if url == "wagtaildocs:add" else "files[]"
    response = browser_of(author).post(
        reverse(url),
        {"title": "Plan", name: upload("plan.pdf", b"MZ\x90\0" + b"\0" * 99), "collection": collection_of(author)},
    )
    message = "Filen heter .pdf, men innholdet ser ut som exe. Lagre den på nytt i riktig format."
    if url == "wagtaildocs:add":
        assert response.context["form"].errors == {"file": [message]}
    else:
        assert response.json() == {"success": False, "error_message": message}
    assert FlettDocument.objects.count() == 0


BORN_1986 = "15108695088"  # the example of python-stdnum's documentation
IS_REFUSED = "Filen inneholder et fødselsnummer («15•••••••••»)."


@pytest.mark.parametrize("url", ["wagtaildocs:add", "wagtaildocs:add_multiple"])
def test_a_document_with_an_identity_number_is_refused_at_the_field(author: User, url: str) -> None:
    name = "file" if url == "wagtaildocs:add" else "files[]"
    file = upload("plan.rtf", b"{\\rtf1 Nr. 1510{\\b 86}95088}")
    response = browser_of(author).post(reverse(url), {"title": "Plan", name: file, "collection": collection_of(author)})
    if url == "wagtaildocs:add":
        assert response.context["form"].errors["file"][0].startswith(IS_REFUSED)
    else:
        assert response.json()["error_message"].startswith(IS_REFUSED)
    assert FlettDocument.objects.count() == 0


def test_a_document_loses_the_places_of_its_pictures(author: User) -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
        archive.writestr("Pictures/tavle.jpg", jpeg_with_place())
    browser_of(author).post(
        reverse("wagtaildocs:add"),
        {"title": "Plan", "file": upload("plan.odt", buffer.getvalue()), "collection": collection_of(author)},
    )
    with FlettDocument.objects.get().open_file() as file, zipfile.ZipFile(file) as archive:
        assert not Image.open(BytesIO(archive.read("Pictures/tavle.jpg"))).getexif()
    assert FlettDocument.objects.get().file_size == FlettDocument.objects.get().file.size


def test_an_identity_number_in_a_title_is_refused_at_the_field(author: User, lesson: LessonPage) -> None:
    response = browser_of(author).post(
        reverse("wagtaildocs:add"),
        {"title": f"Om {BORN_1986}", "file": upload("plan.txt", b"Plan"), "collection": collection_of(author)},
    )
    assert list(response.context["form"].errors) == ["title"]
    response = browser_of(author).post(
        reverse("wagtailadmin_pages:edit", args=[lesson.pk]), form_of(lesson, title=f"Om {BORN_1986}")
    )
    assert response.context["form"].errors["title"][0].startswith("Teksten inneholder et fødselsnummer")
    lesson.refresh_from_db()
    assert BORN_1986 not in (lesson.title + lesson.draft_title)


def test_an_identity_number_in_an_authors_comment_is_refused(author: User, lesson: LessonPage) -> None:
    def comment(text: str) -> dict[str, Any]:
        fields = {"text": text, "contentpath": "title", "position": "", "id": "", "DELETE": "", "resolved": ""}
        replies = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
        return {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "0": {**fields, "replies": replies}}

    url = reverse("wagtailadmin_pages:edit", args=[lesson.pk])
    response = browser_of(author).post(url, form_of(lesson, comments=comment("Gjelder 151086 95088")))
    assert response.context["form"].errors["__all__"][0].startswith("Teksten inneholder et fødselsnummer")
    assert not Comment.objects.exists()
    assert browser_of(author).post(url, form_of(lesson, comments=comment("Gjelder alle"))).status_code == 302
    assert Comment.objects.get().text == "Gjelder alle"


def test_an_identity_number_in_a_block_is_refused_at_the_body(author: User, lesson: LessonPage) -> None:
    lesson.body = [("text", RichText("<p>Født 151086 <b>95088</b>.</p>"))]
    response = browser_of(author).post(reverse("wagtailadmin_pages:edit", args=[lesson.pk]), form_of(lesson))
    assert list(response.context["form"].errors) == ["body"]
    assert "fødselsnummer («15•••••••••», linje 1)" in str(response.context["form"].errors["body"])


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("plan.txt", b"Plan\n", "text/plain"),
        ("plan.pdf", typst.compile(b"Plan"), "application/pdf"),
    ],
)
def test_documents_leave_as_attachments(
    author: User, client: Client, name: str, content: bytes, content_type: str
) -> None:
    browser_of(author).post(
        reverse("wagtaildocs:add"),
        {"title": "Plan", "file": upload(name, content), "collection": collection_of(author)},
    )
    document = FlettDocument.objects.get()
    response: Any = client.get(document.url)
    assert response["Content-Type"].split(";")[0] == content_type
    assert response["Content-Disposition"] == f'attachment; filename="{document.filename}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'"
    assert b"".join(response.streaming_content) == content


def film_form(author: User, **files: SimpleUploadedFile) -> dict[str, Any]:
    return {
        "title": "Rollefilm",
        "duration": "31",
        "collection": collection_of(author),
        "transcript": "Hei.",
        "tags": "",
        **files,
    }


def small_mp4() -> bytes:
    def box(kind: bytes, content: bytes = b"") -> bytes:
        return (len(content) + 8).to_bytes(4, "big") + kind + content

    return box(b"ftyp", b"isom\0\0\2\0") + box(b"moov", box(b"stsd", b"\0" * 8)) + box(b"mdat", b"\0" * 20)


def test_a_film_with_captions_comes_in(author: User) -> None:
    response = browser_of(author).post(
        reverse("wagtailmedia:add", args=["video"]),
        film_form(
            author,
            file=upload("film.mp4", small_mp4()),
            captions_nb=upload("film.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nHei.\n"),
        ),
    )
    assert response.status_code == 302
    film = FlettMedia.objects.get()
    assert (film.title, film.type, [track["language"] for track in film.captions]) == ("Rollefilm", "video", ["nb"])


@pytest.mark.parametrize(
    ("field", "name", "content", "message"),
    [
        (
            "file",
            "film.mp4",
            b"<html></html>",
            "Filen heter .mp4, men innholdet ser ut som html. Lagre den på nytt i riktig format.",
        ),
        (
            "webm",
            "film.mp4",
            b"<html></html>",
            "Filen heter .mp4, men innholdet ser ut som html. Lagre den på nytt i riktig format.",
        ),
        (
            "captions_da",
            "film.vtt",
            b"WEBVTT\n\n00:01,000 --> 00:02,000\nHei.\n",
            "Linje 3: Tidene må skrives slik: 00:00:01.000 --> 00:00:04.000.",
        ),
        ("captions_nb", "film.srt", b"1\n", "Teksting må være en WebVTT-fil (.vtt)."),
        (
            "thumbnail",
            "plakat.png",
            b"<svg/>",
            "Filen heter .png, men innholdet er noe annet, eller filen er skadet.",
        ),
    ],
)
def test_a_film_that_cannot_play_is_refused_at_the_field(
    author: User, field: str, name: str, content: bytes, message: str
) -> None:
    files = {"file": upload("film.mp4", small_mp4()), field: upload(name, content)}
    response = browser_of(author).post(reverse("wagtailmedia:add", args=["video"]), film_form(author, **files))
    errors = response.context["form"].errors
    assert list(errors) == [field]
    assert message in " ".join(errors[field])
    assert "Hei." in response.content.decode()
    assert FlettMedia.objects.count() == 0


# --- law ----------------------------------------------------------------------------------------------


def lessons_with_law(course: CoursePage, count: int) -> list[LegalReference]:
    references = [
        factories.LegalReferenceFactory.create(paragraph=f"§ {number}", checked_on=date(2020, 1, 1))
        for number in range(count)
    ]
    for reference in references:
        body = factories.make_body(("law", {"reference": reference.pk, "note": ""}))
        factories.LessonPageFactory.create(parent=course, title=f"Om {reference.paragraph}", body=body)
    return references


def test_the_reference_index_sees_law_in_lessons(course: CoursePage) -> None:
    reference = lessons_with_law(course, 1)[0]
    assert [use.model_path for use in ReferenceIndex.get_references_to(reference)] == ["body.law.reference"]


def test_the_law_report_names_the_lessons(author: User, course: CoursePage) -> None:
    lessons_with_law(course, 2)
    factories.LegalReferenceFactory.create(paragraph="§ ferskt")
    url = reverse("courses_admin:overdue-legal-references")
    page = browser_of(author).get(url)
    text = page.content.decode()
    assert [str(reference) for reference in page.context["object_list"]] == [
        "Pasient- og brukerrettighetsloven § 0",
        "Pasient- og brukerrettighetsloven § 1",
    ]
    assert [[lesson.title for lesson in reference.lessons] for reference in page.context["object_list"]] == [
        ["Om § 0"],
        ["Om § 1"],
    ]
    assert "Lovhenvisninger som trenger kontroll" in text
    assert "§ ferskt" not in text
    sheet: Any = browser_of(author).get(f"{url}?export=csv")
    rows = b"".join(sheet.streaming_content).decode().splitlines()
    assert rows[1].endswith("2020-01-01,Redaksjonen,Om § 0")


@pytest.mark.parametrize("count", [3, 30])
def test_the_law_report_costs_the_same(
    author: User, course: CoursePage, count: int, django_assert_num_queries: Any
) -> None:
    lessons_with_law(course, count)
    client = browser_of(author)
    url = reverse("courses_admin:overdue-legal-references")
    client.get(url)
    with django_assert_num_queries(14):
        client.get(url)


def test_rules_nobody_has_checked_come_first_in_the_law_report_and_in_the_list(
    author: User, course: CoursePage
) -> None:
    lessons_with_law(course, 1)
    factories.LegalReferenceFactory.create(paragraph="§ aldri", checked_on=None, checked_by="")
    factories.LegalReferenceFactory.create(paragraph="§ fersk")
    client = browser_of(author)

    def paragraphs(url: str) -> list[str]:
        return [reference.paragraph for reference in client.get(url).context["object_list"]]

    report = reverse("courses_admin:overdue-legal-references")
    assert paragraphs(report) == ["§ aldri", "§ 0"]
    assert "Ikke kontrollert" in client.get(report).content.decode()
    every = "/admin/snippets/courses/legalreference/"
    assert paragraphs(f"{every}?ordering=checked_on") == ["§ aldri", "§ 0", "§ fersk"]
    assert paragraphs(f"{every}?ordering=-checked_on") == ["§ fersk", "§ 0", "§ aldri"]
    assert paragraphs(f"{every}?overdue=true") == ["§ 0", "§ aldri"]
    assert paragraphs(f"{every}?overdue=false") == ["§ fersk"]


def test_the_questions_for_the_lawyer(author: User, course: CoursePage) -> None:
    reference = lessons_with_law(course, 2)[0]
    LegalReference.objects.filter(pk=reference.pk).update(
        open_question="Gjelder den i private tiltak?", valid_from=date(2026, 6, 1)
    )
    client = browser_of(author)
    url = reverse("courses_admin:legal-questions")
    page = client.get(url)
    assert [(found.paragraph, [lesson.title for lesson in found.lessons]) for found in page.context["object_list"]] == [
        ("§ 0", ["Om § 0"])
    ]
    text = page.content.decode()
    assert "Gjelder den i private tiltak?" in text
    other = re.search(r'<a [^>]*href="{}"[^>]*>'.format(reverse("courses_admin:overdue-legal-references")), text)
    assert other is not None
    assert "w-header-button" in other[0]
    assert url in client.get(reverse("courses_admin:overdue-legal-references")).content.decode()
    sheet: Any = client.get(f"{url}?export=csv")
    headings, row = b"".join(sheet.streaming_content).decode().splitlines()
    assert headings == "Lov,Paragraf,Hva den sier,Til juristen,Gjelder fra,Sist kontrollert,Adresse,Leksjoner"
    assert row == (
        "Pasient- og brukerrettighetsloven,§ 0,Pasienten har rett til å medvirke.,Gjelder den i private tiltak?,"
        "2026-06-01,2020-01-01,https://lovdata.no/lov/1999-07-02-63/§3-1,Om § 0"
    )
    workbook: Any = client.get(f"{url}?export=xlsx")
    rows = list(load_workbook(BytesIO(b"".join(workbook.streaming_content))).active.values)
    assert rows[1][3] == "Gjelder den i private tiltak?"
    listed = client.get("/admin/snippets/courses/legalreference/?question=true").context["object_list"]
    assert [found.paragraph for found in listed] == ["§ 0"]


@pytest.mark.parametrize("count", [3, 30])
def test_the_questions_cost_the_same(
    author: User, course: CoursePage, count: int, django_assert_num_queries: Any
) -> None:
    lessons_with_law(course, count)
    LegalReference.objects.update(open_question="Stemmer dette?")
    client = browser_of(author)
    url = reverse("courses_admin:legal-questions")
    client.get(url)
    with django_assert_num_queries(14):
        client.get(url)


def test_the_questions_are_closed_to_members(learner_client: Client, home: HomePage) -> None:
    url = reverse("courses_admin:legal-questions")
    assert learner_client.get(url)["Location"] == f"/admin/login/?next={url}"


def test_marking_as_checked_leaves_the_question_and_says_so(author: User, course: CoursePage) -> None:
    reference = lessons_with_law(course, 1)[0]
    LegalReference.objects.update(checked_on=None, checked_by="", open_question="Stemmer dette?")
    client = browser_of(author)
    confirm = reverse("wagtail_bulk_action", args=["courses", "legalreference", "mark_checked"])
    url = f"{confirm}?id={reference.pk}&next={reverse('courses_admin:legal-questions')}"
    assert "Spørsmålet til juristen blir stående til du tømmer feltet: Stemmer dette?" in (
        client.get(url).content.decode()
    )
    done = client.post(url, follow=True).content.decode()
    assert (
        "1 lovhenvisning er merket som kontrollert i dag. "
        "1 av dem har et spørsmål til juristen. Det står til noen tømmer feltet."
    ) in done
    reference.refresh_from_db()
    assert (reference.checked_on, reference.open_question) == (timezone.localdate(), "Stemmer dette?")


def test_who_checked_a_rule_is_asked_for_only_when_it_was_checked(author: User) -> None:
    client = browser_of(author)
    url = reverse("wagtailsnippets_courses_legalreference:add")
    fields = {
        "law": "prøveloven", "paragraph": "§ 1", "summary": "En regel.", "url": "https://lovdata.no/", "key": "p-1",
        "jurisdiction": "NO", "valid_from": "", "checked_on": "2026-11-01", "checked_by": "", "open_question": "",
    }  # fmt: skip
    refused = client.post(url, fields)
    assert refused.context["form"].errors == {"checked_by": ["Skriv hvem som kontrollerte regelen."]}
    client.post(url, {**fields, "checked_on": ""})
    assert LegalReference.objects.get().is_overdue is True


def test_the_report_is_closed_to_members(learner_client: Client, home: HomePage) -> None:
    url = reverse("courses_admin:overdue-legal-references")
    assert learner_client.get(url)["Location"] == f"/admin/login/?next={url}"


def test_marking_law_as_checked_today(author: User, course: CoursePage) -> None:
    references = lessons_with_law(course, 2)
    client = browser_of(author)
    report = reverse("courses_admin:overdue-legal-references")
    confirm = reverse("wagtail_bulk_action", args=["courses", "legalreference", "mark_checked"])
    url = f"{confirm}?id={references[0].pk}&next={report}"
    assert url.replace("&", "&amp;") in client.get(report).content.decode()
    assert "Du har lest kilden i dag" in client.get(url).content.decode()
    assert LegalReference.objects.overdue().count() == 2
    done = client.post(url, follow=True)
    reference = LegalReference.objects.get(pk=references[0].pk)
    assert (reference.checked_on, reference.checked_by) == (timezone.localdate(), "Nasjonalt opplæringsteam")
    assert list(LegalReference.objects.overdue()) == [references[1]]
    assert done.redirect_chain == [(report, 302)]
    assert "1 lovhenvisning er merket som kontrollert i dag." in done.content.decode()


def test_the_list_of_law_is_filtered(author: User, course: CoursePage) -> None:
    lessons_with_law(course, 1)
    factories.LegalReferenceFactory.create(paragraph="§ ny", jurisdiction="DK")
    client = browser_of(author)

    def shown(query: str) -> list[str]:
        page = client.get(f"/admin/snippets/courses/legalreference/{query}")
        return [reference.paragraph for reference in page.context["object_list"]]

    assert shown("") == ["§ 0", "§ ny"]
    assert shown("?overdue=true") == ["§ 0"]
    assert shown("?overdue=false") == ["§ ny"]
    assert shown("?jurisdiction=DK") == ["§ ny"]


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_of_law_costs_the_same(
    author: User, course: CoursePage, count: int, django_assert_num_queries: Any
) -> None:
    lessons_with_law(course, count)
    client = browser_of(author)
    client.get("/admin/snippets/courses/legalreference/")
    with django_assert_num_queries(12):
        client.get("/admin/snippets/courses/legalreference/")


def test_the_admin_has_its_own_policy(administrator_client: Client, home: HomePage) -> None:
    admin = administrator_client.get("/admin/")["Content-Security-Policy"]
    site = administrator_client.get(home.url)["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-inline'" in admin
    assert "unsafe-inline" not in site
    assert "http" not in admin


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_of_words_says_their_language_and_costs_the_same(
    author: User, course: CoursePage, count: int, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        first = GlossaryTerm.objects.create(slug=f"ord-{number:02}", term="ACT", definition="Et team.")
        danish = factories.make_locale("da")
        GlossaryTerm.objects.create(
            slug=first.slug, term="ACT", definition="Et hold.", locale=danish, translation_key=first.translation_key
        )
    client = browser_of(author)
    url = "/admin/snippets/courses/glossaryterm/"
    page = client.get(url)
    first, second, *_rest = page.context["object_list"]
    assert {(row.slug, str(row.locale)) for row in (first, second)} == {("ord-00", "Dansk"), ("ord-00", "Norsk bokmål")}
    assert "Norsk bokmål" in page.content.decode()
    with django_assert_num_queries(14):
        client.get(url)


def test_a_rule_cannot_be_checked_on_a_day_that_has_not_come(author: User, course: CoursePage) -> None:
    rule = factories.LegalReferenceFactory.build(checked_on=timezone.localdate() + timedelta(days=1))
    with pytest.raises(ValidationError, match="Datoen er ikke kommet ennå"):
        rule.clean()
    rule.checked_on = timezone.localdate()
    rule.clean()
