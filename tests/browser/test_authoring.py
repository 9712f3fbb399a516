"""Wagtail's editor in a real browser: a course from the first word to the reader, under the admin's own policy."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from wagtail.models import Collection

from courses.actions import set_up_training_team
from courses.models import CourseIndexPage, CoursePage, LessonPage, LessonVersion
from people.models import User
from tests import factories
from tests.browser.conftest import Watched

UNWATCHED = 2_500
"""Milliseconds in which Wagtail's editor takes what is typed for the page's first state and saves nothing by itself."""

RICH_TEXT_READY = 1_000
"""Milliseconds after which a rich text field has written its text into the form; sooner, an empty one is sent."""

FIRST_BLOCK = "[data-contentpath='body'] button[title='Sett inn en blokk']"


@pytest.fixture
def section(site_server: Any) -> CourseIndexPage:
    return factories.CourseIndexPageFactory.create(title="FACT", slug="fact", published=True)


def make_editor(section: CourseIndexPage, *, group: int, first_name: str) -> User:
    user = factories.UserFactory.create(first_name=first_name)
    user.groups.add(set_up_training_team(section=section)[group])
    return user


def add_block(page: Watched, label: str) -> None:
    """Press the last plus of the body and choose a block by its name."""
    page.locator(FIRST_BLOCK).last.click()
    page.locator(".w-combobox__field input").last.fill(label)  # not by role: a select further up is a combobox too
    page.get_by_role("option", name=label, exact=True).first.click()


def write(page: Watched, text: str) -> None:
    editor = page.locator("[data-contentpath='body'] .public-DraftEditor-content").last
    editor.click()
    page.page.keyboard.type(text)


def saved_by_itself(page: Watched) -> None:
    """Wait until the editor has saved the draft, and the address is the page's own."""
    expect(page.locator(".w-autosave-indicator__state--saved")).to_be_visible()


def start_page(page: Watched, url: str, title: str) -> None:
    page.goto(url)
    page.get_by_role("textbox", name="Tittel").first.fill(title)


def send_to_review(page: Watched) -> None:
    page.locator("footer .w-dropdown__toggle").click()
    page.get_by_role("button", name="Send inn til Faglig gjennomgang").click()
    expect(page.locator(".messages .success")).to_contain_text("godkjenning")


def approve(page: Watched, url: str) -> None:
    page.goto(url)
    page.wait_for_timeout(RICH_TEXT_READY)
    page.locator("footer .w-dropdown__toggle").click()
    page.locator("footer button[data-workflow-action-name='approve']").first.click()
    expect(page.locator(".messages .success")).to_be_visible()


def refused_drafts_aside(page: Watched) -> list[str]:
    """On a slow machine the editor saves by itself before everything required is there, and is told so."""
    return [problem for problem in page.problems() if "status of 400" not in problem]


def test_a_course_from_first_word_to_reader(
    site_server: Any, section: CourseIndexPage, open_page: Callable[..., Watched]
) -> None:
    author = make_editor(section, group=0, first_name="Aud")
    reviewer = make_editor(section, group=1, first_name="Rolf")
    collection = Collection.objects.get(name=section.title)
    factories.MediaFactory.create(title="Rollefilm: teamleder", collection=collection)
    base = site_server.url

    writing = open_page(user=author)
    start_page(writing, f"{base}/admin/pages/add/courses/coursepage/{section.pk}/", "Fleksibilitet")
    writing.locator("#id_summary").fill("Samme team, også når behovet endrer seg.")
    writing.locator("#id_learning_outcomes").fill("Du kan si hva fleksibilitet er.")
    send_to_review(writing)
    course = CoursePage.objects.get(title="Fleksibilitet")

    lesson_url = f"{base}/admin/pages/add/courses/lessonpage/{course.pk}/"
    start_page(writing, lesson_url, "Introduksjon")
    add_block(writing, "Tekst")
    write(writing, "Teamet er det samme.")
    writing.wait_for_timeout(RICH_TEXT_READY)
    send_to_review(writing)

    start_page(writing, lesson_url, "Rollefilm")
    add_block(writing, "Film")
    writing.get_by_role("button", name="Velg film").click()
    writing.get_by_role("link", name="Rollefilm: teamleder").click()
    writing.locator("[name='body-0-value-title']").fill("Teamleder")
    send_to_review(writing)

    start_page(writing, lesson_url, "Spørsmål")
    writing.wait_for_timeout(UNWATCHED)
    add_block(writing, "Spørsmål: ett riktig svar")
    writing.locator("[name='body-0-value-question']").fill("Hva betyr det å skalere ned?")
    writing.locator("[data-contentpath='answers'] button[title='Legg til']").last.click()
    for number, answer in enumerate(("Samme team", "Et nytt team")):
        writing.locator(f"[name='body-0-value-answers-{number}-value-text']").fill(answer)
        writing.locator(f"[name='body-0-value-answers-{number}-value-explanation']").fill("Fordi teamet følger med.")
    saved_by_itself(writing)
    expect(writing.locator("[data-editor-warnings]")).to_contain_text("mangler riktig svar")
    writing.locator("[name='body-0-value-answers-0-value-correct']").check()
    expect(writing.locator("[data-editor-warnings]")).to_have_count(0)
    send_to_review(writing)
    assert refused_drafts_aside(writing) == []

    reading = open_page()
    lessons = list(LessonPage.objects.child_of(course).order_by("path"))
    assert [(lesson.title, lesson.live) for lesson in lessons] == [
        ("Introduksjon", False),
        ("Rollefilm", False),
        ("Spørsmål", False),
    ]
    assert "Teamet er det samme." in str(lessons[0].get_latest_revision_as_object().body[0].value)
    assert reading.goto(f"{base}{lessons[0].url}").status == 404

    reviewing = open_page(user=reviewer)
    reviewing.goto(f"{base}/admin/")
    expect(reviewing.locator("main")).to_contain_text("Fleksibilitet")
    for page in (course, *lessons):
        approve(reviewing, f"{base}/admin/pages/{page.pk}/edit/")
    assert reviewing.problems() == []

    assert reading.goto(f"{base}{course.get_url()}").status == 200
    for lesson, words in zip(
        lessons, ("Teamet er det samme.", "Teamleder", "Hva betyr det å skalere ned?"), strict=True
    ):
        assert reading.goto(f"{base}{lesson.get_url()}").status == 200
        expect(reading.get_by_role("heading", level=1)).to_have_text(lesson.title)
        expect(reading.locator("main")).to_contain_text(words)
    film = reading.goto(f"{base}{lessons[1].get_url()}")
    assert film.status == 200
    expect(reading.locator("video track[srclang='nb']")).to_have_count(1)
    assert LessonVersion.objects.count() == 3


# --- the admin's own policy ---------------------------------------------------------------------------

BLOCK_NAMES = [
    "Tekst", "Bilde", "Tabell", "Faktaboks", "Sitat", "Hovedbudskap", "Film", "Trinn for trinn", "Trekkspill",
    "Last ned", "Lov", "Kilder", "Rollefilm", "Sak med valg", "Refleksjon", "Spørsmål: ett riktig svar",
    "Spørsmål: flere riktige svar", "Spørsmål: rekkefølge", "Spørsmål: hva hører sammen",
]  # fmt: skip


@pytest.fixture
def course(section: CourseIndexPage) -> CoursePage:
    return factories.CoursePageFactory.create(parent=section, title="Fleksibilitet", published=True)


@pytest.fixture
def admin_page(site_server: Any, open_page: Callable[..., Watched]) -> Watched:
    return open_page(user=factories.UserFactory.create(is_superuser=True))


def test_every_editor_view_keeps_the_policy(
    site_server: Any, section: CourseIndexPage, course: CoursePage, admin_page: Watched
) -> None:
    """No violation in the console and no request to another host, on any page an editor or administrator opens."""
    lesson = factories.LessonPageFactory.create(parent=course, published=True)
    lesson.title = "Et nytt navn"
    lesson.save_revision()
    first, last = lesson.revisions.order_by("pk").values_list("pk", flat=True)
    image, document, film = (
        factories.ImageFactory.create(),
        factories.DocumentFactory.create(),
        factories.MediaFactory.create(),
    )
    law, principle = factories.LegalReferenceFactory.create(), factories.PrincipleFactory.create()
    user = User.objects.get(is_superuser=True)
    addresses = [
        "/admin/",
        f"/admin/pages/{section.pk}/",
        f"/admin/pages/{course.pk}/",
        f"/admin/pages/add/courses/coursepage/{section.pk}/",
        f"/admin/pages/{course.pk}/edit/",
        f"/admin/pages/{course.pk}/copy/",
        f"/admin/pages/{course.pk}/move/",
        f"/admin/pages/{lesson.pk}/edit/",
        f"/admin/pages/{lesson.pk}/history/",
        f"/admin/pages/{lesson.pk}/revisions/compare/{first}...{last}/",
        f"/admin/pages/{lesson.pk}/workflow_history/",
        f"/admin/pages/{lesson.pk}/unpublish/",
        f"/admin/pages/{lesson.pk}/delete/",
        "/admin/pages/usage/courses/lessonpage/",
        "/admin/images/",
        "/admin/images/add/",
        "/admin/images/multiple/add/",
        f"/admin/images/{image.pk}/",
        "/admin/documents/",
        "/admin/documents/multiple/add/",
        f"/admin/documents/edit/{document.pk}/",
        "/admin/media/",
        "/admin/media/video/add/",
        f"/admin/media/edit/{film.pk}/",
        "/admin/snippets/courses/legalreference/",
        "/admin/snippets/courses/legalreference/add/",
        f"/admin/snippets/courses/legalreference/edit/{law.pk}/",
        f"/admin/snippets/courses/legalreference/usage/{law.pk}/",
        "/admin/snippets/courses/principle/",
        f"/admin/snippets/courses/principle/edit/{principle.pk}/",
        "/admin/snippets/courses/principleset/",
        "/admin/snippets/courses/programme/",
        "/admin/courses/reports/law/",
        "/admin/reports/locked/",
        "/admin/reports/workflow/",
        "/admin/reports/site-history/",
        "/admin/reports/aging-pages/",
        "/admin/reports/page-types-usage/",
        "/admin/users/",
        "/admin/users/new/",
        f"/admin/users/edit/{user.pk}/",
        "/admin/groups/",
        f"/admin/groups/edit/{set_up_training_team(section=section)[0].pk}/",
        "/admin/workflows/list/",
        "/admin/collections/",
        "/admin/redirects/",
        "/admin/locales/",
        "/admin/account/",
        f"/admin/localize/submit/page/{lesson.pk}/",
        f"/admin/localize/submit/snippet/courses/principle/{principle.pk}/",
    ]
    wrong = []
    for address in addresses:
        status = admin_page.goto(f"{site_server.url}{address}", wait_until="load").status
        if status != 200:
            wrong.append(f"{address}: {status}")
        wrong += [f"{address}: {problem}" for problem in admin_page.problems()]
        admin_page.messages.clear()
        admin_page.requests.clear()
    assert wrong == []


def test_every_block_and_chooser_keeps_the_policy(
    site_server: Any, section: CourseIndexPage, course: CoursePage, admin_page: Watched
) -> None:
    factories.ImageFactory.create()
    factories.DocumentFactory.create()
    factories.MediaFactory.create()
    factories.LegalReferenceFactory.create()
    lesson = factories.LessonPageFactory.create(parent=course, title="Alle blokkene", body="[]")
    page = admin_page
    page.goto(f"{site_server.url}/admin/pages/{lesson.pk}/edit/")
    for name in BLOCK_NAMES:
        add_block(page, name)
    headings = page.locator(
        "[data-contentpath='body'] [data-streamfield-child] > section > div [data-panel-heading-text]"
    )
    assert headings.count() >= len(BLOCK_NAMES)
    for name in ("Velg et bilde", "Velg et dokument", "Velg film", "Velg lovhenvisning"):
        page.get_by_role("button", name=name).first.click()
        expect(page.locator(".modal-content")).to_be_visible()
        page.locator(".modal-content .close").click()
        expect(page.locator(".modal-content")).to_have_count(0)
    assert page.problems() == []


@pytest.mark.parametrize("mode", ["anonymous", "learner"])
def test_the_preview_frame_keeps_the_readers_policy(
    site_server: Any, course: CoursePage, admin_page: Watched, mode: str
) -> None:
    lesson = factories.LessonPageFactory.create(parent=course, title="Introduksjon", published=True)
    page = admin_page
    page.goto(f"{site_server.url}/admin/pages/{lesson.pk}/edit/")
    page.get_by_role("button", name="Vis eller skjul forhåndsvisning").click()
    frame = page.frame_locator("iframe#w-preview-iframe")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Introduksjon")
    page.locator("[data-w-preview-target='mode']").select_option(mode)
    expect(frame.locator(".account-menu")).to_have_count(1 if mode == "learner" else 0)
    page.get_by_role("button", name="Vis eller skjul kontroller").click()
    page.wait_for_timeout(1_500)
    assert page.problems() == []
