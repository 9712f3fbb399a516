"""Reading a path: chapters in order, previous and next across borders, holes that say so."""

import pytest
from django.test import Client
from wagtail.models import Locale

from courses.urls_of import page_path
from learning.queries import get_path_outline
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(home):
    first = factories.CoursePageFactory.create(title="Fleksibilitet", slug="fleksibilitet")
    second = factories.CoursePageFactory.create(title="Integrert behandling", slug="integrert-behandling")
    for course in (first, second):
        for slug in ("introduksjon", "oppsummering"):
            factories.LessonPageFactory.create(parent=course, title=f"{slug} {course.slug}", slug=slug, minutes=7)
    return factories.LearningPathPageFactory.create(title="Grunnopplæring: FACT", slug="fact", courses=[first, second])


def lesson_url(path, course: str, lesson: str) -> str:
    return f"{page_path(path)}{course}/{lesson}/"


def test_chapters_are_numbered_in_the_authors_order(path):
    outline = get_path_outline(path=path)
    assert [(chapter.number, chapter.title) for chapter in outline.chapters] == [
        (1, "Fleksibilitet"),
        (2, "Integrert behandling"),
    ]
    assert outline.minutes == 28
    assert len(outline.lessons) == 4


def test_path_page_shows_each_chapters_principles_in_order(client: Client, path):
    sixth, third = (factories.PrincipleFactory.create(position=position) for position in (6, 3))
    course = path.steps.first().course
    course.principles = [sixth, third]
    course.save_revision().publish()
    response = client.get(page_path(path), {"vis": "nå"})
    chapters = response.context_data["path_outline"].chapters
    assert [[principle.position for principle in chapter.principles] for chapter in chapters] == [[3, 6], []]
    assert {principle.ring_size for principle in chapters[0].principles} == {2}


def test_only_the_chapter_being_read_is_open(path):
    outline = get_path_outline(path=path, open_slug="integrert-behandling", current_slug="introduksjon")
    assert [chapter.is_open for chapter in outline.chapters] == [False, True]
    assert [lesson.title for lesson in outline.lessons if lesson.is_current] == ["introduksjon integrert-behandling"]


def test_previous_and_next_cross_chapter_borders(path):
    outline = get_path_outline(path=path, open_slug="fleksibilitet", current_slug="oppsummering")
    previous, following = outline.neighbours()
    assert previous.url == lesson_url(path, "fleksibilitet", "introduksjon")
    assert following.url == lesson_url(path, "integrert-behandling", "introduksjon")


def test_ends_of_the_path_have_one_neighbour(path):
    first = get_path_outline(path=path, open_slug="fleksibilitet", current_slug="introduksjon")
    last = get_path_outline(path=path, open_slug="integrert-behandling", current_slug="oppsummering")
    assert first.neighbours()[0] is None
    assert last.neighbours()[1] is None


def test_chapter_address_leads_to_its_first_lesson(client: Client, path):
    answer = client.get(f"{page_path(path)}fleksibilitet/")
    assert answer.status_code == 302
    assert answer["Location"] == lesson_url(path, "fleksibilitet", "introduksjon")


@pytest.mark.parametrize(
    "inner",
    ["finnes-ikke/", "fleksibilitet/finnes-ikke/", "fleksibilitet/introduksjon/mer/", "integrert-behandling/x/"],
)
def test_unknown_lesson_answers_404(client: Client, path, inner):
    assert client.get(f"{page_path(path)}{inner}").status_code == 404


def test_deleted_course_leaves_its_name_in_words(client: Client, path):
    course = path.steps.get(sort_order=0).course
    course.delete()
    page = client.get(page_path(path)).content.decode()
    assert "Fleksibilitet" in page
    assert "Ikke tilgjengelig nå" in page
    assert client.get(lesson_url(path, "fleksibilitet", "introduksjon")).status_code == 404
    assert client.get(lesson_url(path, "integrert-behandling", "introduksjon")).status_code == 200


def test_same_course_made_again_takes_its_place_back(path):
    course = path.steps.get(sort_order=0).course
    key = course.translation_key
    course.delete()
    assert get_path_outline(path=path).chapters[0].is_available is False
    factories.CoursePageFactory.create(title="Fleksibilitet", slug="fleksibilitet-igjen", translation_key=key)
    chapter = get_path_outline(path=path).chapters[0]
    assert (chapter.is_available, chapter.slug) == (True, "fleksibilitet-igjen")


def test_two_paths_share_a_course(client: Client, path):
    shared = path.steps.get(sort_order=1).course
    youth = factories.LearningPathPageFactory.create(title="Grunnopplæring: FACT ung", slug="ung", courses=[shared])
    page = client.get(lesson_url(youth, "integrert-behandling", "introduksjon")).content.decode()
    assert "Grunnopplæring: FACT ung" in page
    assert client.get(lesson_url(path, "integrert-behandling", "introduksjon")).status_code == 200


def test_closed_chapter_asks_for_sign_in(client: Client, learner, path):
    course = path.steps.get(sort_order=0).course
    course.sign_in_required = True
    course.save()
    url = lesson_url(path, "fleksibilitet", "introduksjon")
    assert client.get(url)["Location"] == f"/konto/login/?next={url}"
    client.force_login(learner)
    assert client.get(url).status_code == 200


def test_danish_reader_keeps_the_danish_interface_on_a_bokmal_page(client: Client, path):
    Locale.objects.get_or_create(language_code="da")
    address = page_path(path)
    answer = client.get(f"/da{address}")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert '<html lang="da"' in page
    assert 'lang="nb"' in page
    assert f'href="/da{address}fleksibilitet/introduksjon/"' in page


def test_lesson_of_its_own_course_reads_without_a_path(client: Client, path):
    course = path.steps.get(sort_order=0).course
    page = client.get(f"{page_path(course)}introduksjon/").content.decode()
    assert f'href="{page_path(course)}oppsummering/"' in page
