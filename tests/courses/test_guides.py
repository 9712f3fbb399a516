"""The guide to a team meeting: who reads it, where it is found, and that it is no lesson."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from wagtail.test.utils.form_data import nested_form_data, streamfield

from courses.actions import set_up_training_team
from courses.models import CourseIndexPage, CoursePage, FacilitatorGuidePage, LessonVersion
from courses.queries import get_course_outline
from courses.urls_of import page_path
from learning.models import LearningPathPage
from tests import factories


@pytest.fixture
def course(db: None) -> CoursePage:
    course = factories.CoursePageFactory.create(slug="fleksibilitet", title="Fleksibilitet")
    factories.LessonPageFactory.create(parent=course, slug="introduksjon", title="Introduksjon")
    return course


@pytest.fixture
def guide(course: CoursePage) -> FacilitatorGuidePage:
    return factories.FacilitatorGuidePageFactory.create(parent=course, summary="Til den som leder møtet.")


def test_anybody_reads_it_and_it_says_where_it_belongs(guide: FacilitatorGuidePage, client: Client) -> None:
    for _time in range(2):
        page = client.get(page_path(guide)).content.decode()
        assert re.search(r"<h1\s*>Veiledning: fleksibilitet på 30 minutter</h1>", page)
        assert "Les kapitlet først." in page
        assert 'href="/laer/kurs/fleksibilitet/"' in page
        assert "30 minutter" in page


def test_it_asks_for_sign_in_when_its_course_does(
    guide: FacilitatorGuidePage, course: CoursePage, client: Client, learner_client: Client
) -> None:
    course.sign_in_required = True
    course.save()
    address = page_path(guide)
    assert learner_client.get(address).status_code == 200
    anonymous = Client().get(address)
    assert (anonymous.status_code, anonymous["Location"]) == (302, f"/konto/login/?next={address}")


def test_a_danish_reader_is_told_that_it_is_in_norwegian(guide: FacilitatorGuidePage, client: Client) -> None:
    page = client.get(page_path(guide, "da")).content.decode()
    assert re.search(r'<h1 lang="nb"\s*>Veiledning: fleksibilitet på 30 minutter</h1>', page)
    assert "Denne side findes foreløbig kun på norsk bokmål." in page
    assert "Til teammødet" in page


def test_it_is_no_lesson(guide: FacilitatorGuidePage, course: CoursePage) -> None:
    guide.save_revision().publish()
    assert LessonVersion.objects.count() == 0
    assert [lesson.slug for lesson in get_course_outline(course=course).lessons] == ["introduksjon"]


@pytest.mark.parametrize(
    ("kind", "words"), [("module", "Bruk kapitlet i et teammøte"), ("short_course", "Bruk kurset i et teammøte")]
)
def test_the_course_leads_to_it(
    guide: FacilitatorGuidePage, course: CoursePage, client: Client, kind: str, words: str
) -> None:
    course.kind = kind
    course.save()
    page = client.get(page_path(course)).content.decode()
    assert words in page
    assert page.count(f'href="{page_path(guide)}"') == 1
    guide.unpublish()
    assert "i et teammøte" not in client.get(page_path(course)).content.decode()


def test_a_lesson_leads_to_it_in_its_course_and_in_a_path(
    guide: FacilitatorGuidePage, course: CoursePage, client: Client
) -> None:
    other = factories.CoursePageFactory.create()
    lesson = factories.LessonPageFactory.create(parent=other)
    path: LearningPathPage = factories.LearningPathPageFactory.create(courses=[course, other])
    link = f'<p class="side-guide"><a href="{page_path(guide)}">'
    for address in ("/laer/kurs/fleksibilitet/introduksjon/", f"{page_path(path)}fleksibilitet/introduksjon/"):
        assert client.get(address).content.decode().count(link) == 1
    assert "side-guide" not in client.get(f"{page_path(path)}{other.slug}/{lesson.slug}/").content.decode()


def test_it_is_found_by_search(guide: FacilitatorGuidePage) -> None:
    guide.save_revision().publish()
    assert list(FacilitatorGuidePage.objects.live().search("kapitlet")) == [guide]


def test_a_course_has_at_most_one(guide: FacilitatorGuidePage, course: CoursePage) -> None:
    assert not FacilitatorGuidePage.can_create_at(CoursePage.objects.get(pk=course.pk))
    assert FacilitatorGuidePage.can_create_at(factories.CoursePageFactory.create())


@pytest.mark.parametrize(
    ("role", "edit", "publish"),
    [
        ("author", True, False),
        ("reviewer", True, True),
        ("other author", False, False),
        ("member", False, False),
        ("anonymous", False, False),
    ],
)
def test_who_may_edit_it_follows_the_section(guide: FacilitatorGuidePage, role: str, edit: bool, publish: bool) -> None:
    section = CourseIndexPage.objects.get()
    author, reviewer = set_up_training_team(section=section)
    elsewhere = factories.CourseIndexPageFactory.create(title="FACT ung", slug="fact-ung")
    other, _reviewer = set_up_training_team(section=elsewhere, authors="Andre", reviewers="Andres redaktører")
    user: Any = AnonymousUser()
    if role != "anonymous":
        user = factories.UserFactory.create()
    groups = {"author": author, "reviewer": reviewer, "other author": other}
    if role in groups:
        user.groups.add(groups[role])
    rights = guide.permissions_for_user(user)
    assert (rights.can_edit(), rights.can_publish()) == (edit, publish)


def test_it_has_one_address_whatever_it_is_called(course: CoursePage, administrator_client: Client) -> None:
    fields = nested_form_data(
        {
            "title": "Fleksibilitet på en halvtime",
            "slug": "fleksibilitet-pa-en-halvtime",
            "summary": "",
            "minutes": "30",
            "body": streamfield([("key_message", {"text": "Snakk sammen."})]),
            "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0},
            "action-publish": "action-publish",
        }
    )
    url = reverse("wagtailadmin_pages:add", args=["courses", "facilitatorguidepage", course.pk])
    administrator_client.post(url, fields)
    made = FacilitatorGuidePage.objects.get()
    assert (made.title, made.slug, made.live) == ("Fleksibilitet på en halvtime", "veiledning", True)
    assert page_path(made) == "/laer/kurs/fleksibilitet/veiledning/"
    assert administrator_client.get(page_path(made)).status_code == 200
    administrator_client.post(url, fields)
    assert FacilitatorGuidePage.objects.count() == 1


def test_an_author_opens_it_in_the_editor(guide: FacilitatorGuidePage) -> None:
    user = factories.UserFactory.create()
    user.groups.add(set_up_training_team(section=CourseIndexPage.objects.get())[0])
    client = Client()
    client.force_login(user)
    page = client.get(reverse("wagtailadmin_pages:edit", args=[guide.pk]))
    assert page.status_code == 200
    assert page.context["page"].pk == guide.pk
