"""Answering a quiz question on the page: with and without JavaScript, for open and closed courses."""

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from courses.models import LessonVersion
from courses.urls_of import page_path
from tests import factories

pytestmark = pytest.mark.django_db

QUESTION = {
    "question": "Hva er nedtrapping?",
    "answers": [
        {"text": "Samme team, færre besøk", "correct": True, "explanation": "Ja, teamet er det samme."},
        {"text": "Utskriving", "correct": False, "explanation": "Nei, kontakten fortsetter."},
    ],
    "explanation": "",
}


def make_quiz(**course):
    block = str(uuid.uuid4())
    body = json.dumps([{"type": "quiz_single", "value": QUESTION, "id": block}])
    parent = factories.CoursePageFactory.create(**course)
    lesson = factories.LessonPageFactory.create(parent=parent, body=body, published=True)
    return lesson, reverse("learning:answer", args=[lesson.pk, block])


def test_answer_without_javascript_is_a_page_that_leads_back(client: Client, home):
    lesson, url = make_quiz()
    answer = client.post(url, {"answer": "1", "next": page_path(lesson)})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Nei, kontakten fortsetter." in page
    assert f'href="{page_path(lesson)}#b-' in page
    assert "<html" in page


def test_answer_with_htmx_is_a_fragment(client: Client, home):
    _lesson, url = make_quiz()
    page = client.post(url, {"answer": "0"}, headers={"HX-Request": "true"}).content.decode()
    assert "Ja, teamet er det samme." in page
    assert "<html" not in page


def test_missing_answer_says_so_and_loses_nothing(client: Client, home):
    _lesson, url = make_quiz()
    answer = client.post(url, {})
    assert answer.status_code == 422
    assert "Velg et svar først." in answer.content.decode()
    fragment = client.post(url, {}, headers={"HX-Request": "true"})
    assert fragment.status_code == 200
    assert "Velg et svar først." in fragment.content.decode()


def test_answer_stores_nothing(client: Client, home):
    _lesson, url = make_quiz()
    before = LessonVersion.objects.count()
    client.post(url, {"answer": "0"})
    assert LessonVersion.objects.count() == before
    assert "sessionid" not in client.cookies


def test_draft_question_is_not_marked_before_it_is_published(client: Client, home):
    lesson, url = make_quiz()
    changed = {**QUESTION, "answers": [{**answer, "correct": not answer["correct"]} for answer in QUESTION["answers"]]}
    lesson.body = json.dumps([{"type": "quiz_single", "value": changed, "id": url.rstrip("/").split("/")[-1]}])
    lesson.save_revision()
    assert "Ja, teamet er det samme." in client.post(url, {"answer": "0"}).content.decode()


def test_closed_course_marks_for_members_only(learner_client: Client, home):
    _lesson, url = make_quiz(sign_in_required=True)
    assert learner_client.post(url, {"answer": "0"}).status_code == 200
    refused = Client().post(url, {"answer": "0"})
    assert refused.status_code == 302
    assert refused["Location"].startswith("/konto/login/?next=")


@pytest.mark.parametrize(("method", "status"), [("get", 405), ("put", 405)])
def test_answers_are_posted(client: Client, home, method, status):
    _lesson, url = make_quiz()
    assert getattr(client, method)(url).status_code == status


def test_unknown_question_and_unpublished_lesson_answer_404(client: Client, home):
    lesson, url = make_quiz()
    unknown = reverse("learning:answer", args=[lesson.pk, uuid.uuid4()])
    assert client.post(unknown, {"answer": "0"}).status_code == 404
    lesson.unpublish()
    assert client.post(url, {"answer": "0"}).status_code == 404


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_way_back_stays_on_this_site(client: Client, home, elsewhere):
    lesson, url = make_quiz()
    page = client.post(url, {"answer": "0", "next": elsewhere}).content.decode()
    assert elsewhere not in page
    assert f'href="{page_path(lesson)}#b-' in page


def test_answer_needs_the_form_token(home):
    _lesson, url = make_quiz()
    assert Client(enforce_csrf_checks=True).post(url, {"answer": "0"}).status_code == 403
