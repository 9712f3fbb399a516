"""Answers that are kept: the best counts, a lesson is passed, and old answers keep their words."""

import json
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from courses.models.versions import ChangeKind
from courses.urls_of import page_path
from learning.actions import start_again
from learning.models import Completion, Enrolment, LessonCompletion, LessonProgress, QuizAttempt
from learning.queries.answers import get_answer_texts
from people.models import User
from tests import factories
from tests.learning.quiz_lesson import MATCHING, ORDERING, SINGLE, block, ids, make_lesson, publish

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true"}


def url_of(lesson, place: int = 0) -> str:
    return reverse("learning:answer", args=[lesson.pk, ids(lesson)[place]])


def send(client: Client, lesson, place: int = 0, answer: str = "0", **fields) -> str:
    """Answer the single-choice question at a place; "0" is right, "1" is wrong."""
    response = client.post(url_of(lesson, place), {"answer": answer, **fields}, headers=FRAGMENT)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def quiz(count: int = 1, **fields):
    return make_lesson(
        *(block("quiz_single", SINGLE) for _ in range(count)), **{"completion": "quiz", "pass_percent": 80, **fields}
    )


def test_answer_is_kept_with_the_version_it_was_given_to(learner_client: Client, learner: User, home) -> None:
    lesson = make_lesson(block("quiz_ordering", ORDERING), block("quiz_matching", MATCHING))
    learner_client.post(url_of(lesson), {"place-0": "1", "place-1": "3", "place-2": "2"}, headers=FRAGMENT)
    learner_client.post(url_of(lesson, 1), {"match-0": "0", "match-1": "0"}, headers=FRAGMENT)
    kept = list(QuizAttempt.objects.order_by("pk"))
    assert [(each.learner, each.block_id, each.answer, round(each.score, 2)) for each in kept] == [
        (learner, ids(lesson)[0], [1, 3, 2], 0.33),
        (learner, ids(lesson)[1], [0, 0], 0.5),
    ]
    assert {each.version.number for each in kept} == {1}
    assert [get_answer_texts(each) for each in kept] == [
        (ORDERING["question"], ("1. Gå gjennom navnene", "2. Oppsummer", "3. Fordel oppgavene")),
        (MATCHING["question"], ("Brukerspesialist: Deler egen erfaring", "Psykiater: Deler egen erfaring")),
    ]
    assert {each.lesson_key for each in kept} == {lesson.translation_key}


def test_anonymous_answer_is_marked_and_not_kept(client: Client, home) -> None:
    lesson = quiz()
    assert "Riktig" in send(client, lesson)
    assert not QuizAttempt.objects.exists()
    assert not LessonProgress.objects.exists()


def test_double_click_is_one_answer_and_another_answer_from_the_same_form_is_another(
    learner_client: Client, home
) -> None:
    lesson = quiz()
    event = str(uuid.uuid4())
    for answer in ("1", "1", "0", "0", "1"):
        send(learner_client, lesson, answer=answer, event=event)
    assert sorted(QuizAttempt.objects.values_list("score", flat=True)) == [0.0, 1.0]


@pytest.mark.parametrize("event", ["", "not-an-id", "1; DROP TABLE"])
def test_answer_without_an_id_is_kept_all_the_same(learner_client: Client, home, event: str) -> None:
    lesson = quiz()
    send(learner_client, lesson, answer="1", event=event)
    send(learner_client, lesson, answer="1", event=event)
    assert QuizAttempt.objects.count() == 2


def test_same_id_from_two_people_is_two_answers(home) -> None:
    lesson = quiz()
    event = str(uuid.uuid4())
    for _ in range(2):
        client = Client()
        client.force_login(factories.UserFactory.create())
        send(client, lesson, event=event)
    assert QuizAttempt.objects.count() == 2


def test_each_answer_says_in_words_where_one_stands(learner_client: Client, home) -> None:
    lesson = quiz(5)
    assert "1 av 5 riktig så langt. Du trenger 80 %." in send(learner_client, lesson, 0)
    assert "1 av 5 riktig så langt. Du trenger 80 %." in send(learner_client, lesson, 1, "1")
    for place in (1, 2):
        send(learner_client, lesson, place)
    last = send(learner_client, lesson, 3)
    assert "4 av 5 riktig så langt." in last
    assert "Leksjonen er fullført." in last
    assert "Du trenger" not in last


def test_partly_right_counts_and_is_said(learner_client: Client, home) -> None:
    lesson = make_lesson(
        block("quiz_matching", MATCHING), block("quiz_single", SINGLE), completion="quiz", pass_percent=75
    )
    send(learner_client, lesson, 1)
    page = learner_client.post(url_of(lesson), {"match-0": "0", "match-1": "0"}, headers=FRAGMENT).content.decode()
    words = " ".join(page.split())
    assert "1 av 2 riktig så langt. Med det som er delvis riktig, er det 75 %." in words
    assert "Leksjonen er fullført." in words


def test_passing_completes_the_lesson_and_the_course_and_tells_the_page(
    learner_client: Client, learner: User, home
) -> None:
    lesson = quiz(2, title="Oppsummering")
    send(learner_client, lesson, 0)
    assert LessonProgress.objects.get().completed_at is None
    response = learner_client.post(url_of(lesson, 1), {"answer": "0"}, headers=FRAGMENT)
    ticked = LessonCompletion.objects.get()
    assert (ticked.how, ticked.learner, ticked.lesson_key) == ("quiz", learner, lesson.translation_key)
    completion = Completion.objects.get()
    assert f"Du har fullført kurset {completion.title}." in " ".join(response.content.decode().split())
    assert json.loads(response["HX-Trigger"]) == {
        "flett:progress": {
            "ticked": [str(lesson.translation_key)],
            "subjects": {
                str(completion.subject_key): {
                    "percent": 100,
                    "done": 1,
                    "required": 1,
                    "text": "100 % fullført · 1 av 1 leksjon",
                }
            },
        }
    }


def test_the_best_answer_counts_and_a_later_wrong_one_takes_nothing(learner_client: Client, home) -> None:
    lesson = quiz(2)
    send(learner_client, lesson, 0)
    send(learner_client, lesson, 0, "1")
    send(learner_client, lesson, 1)
    send(learner_client, lesson, 1, "1")
    response = learner_client.post(url_of(lesson), {"answer": "1"}, headers=FRAGMENT)
    assert "Leksjonen er fullført." in response.content.decode()
    assert "HX-Trigger" not in response
    assert LessonCompletion.objects.count() == 1


def test_questions_of_a_lesson_that_is_ticked_by_hand_complete_nothing(learner_client: Client, home) -> None:
    lesson = quiz(1, completion="marked")
    words = send(learner_client, lesson)
    assert "1 av 1 riktig så langt." in words
    assert "Du trenger" not in words
    assert "fullført" not in words
    assert not LessonCompletion.objects.exists()


def test_answers_from_before_the_lesson_had_to_be_redone_do_not_count(learner_client: Client, home) -> None:
    lesson = quiz(2)
    for place in (0, 1):
        send(learner_client, lesson, place)
    lesson = publish(lesson, *json.loads(json.dumps(lesson.body.get_prep_value())), change_kind=ChangeKind.MUST_REDO)
    assert "1 av 2 riktig så langt. Du trenger 80 %." in send(learner_client, lesson, 0)
    assert LessonCompletion.objects.count() == 1
    assert "Leksjonen er fullført." in send(learner_client, lesson, 1)
    assert [each.version for each in LessonCompletion.objects.order_by("pk")] == [1, 2]
    assert QuizAttempt.objects.count() == 4


@pytest.mark.parametrize("kind", [ChangeKind.CORRECTION, ChangeKind.NEW_CONTENT])
def test_answers_count_across_other_edits(learner_client: Client, home, kind: str) -> None:
    lesson = quiz(2)
    send(learner_client, lesson, 0)
    lesson = publish(lesson, *json.loads(json.dumps(lesson.body.get_prep_value())), change_kind=kind)
    assert "Leksjonen er fullført." in send(learner_client, lesson, 1)


def test_answers_from_before_a_new_attempt_do_not_count(learner_client: Client, learner: User, home) -> None:
    lesson = quiz(2)
    for place in (0, 1):
        send(learner_client, lesson, place)
    course = Completion.objects.get()
    start_again(learner=learner, kind=course.kind, subject_key=course.subject_key)
    assert "1 av 2 riktig så langt. Du trenger 80 %." in send(learner_client, lesson, 0)
    assert "Leksjonen er fullført." in send(learner_client, lesson, 1)
    assert [each.attempt for each in Completion.objects.order_by("attempt")] == [1, 2]


def test_a_new_question_after_completion_leaves_the_lesson_completed(learner_client: Client, home) -> None:
    lesson = quiz(1)
    send(learner_client, lesson)
    old = json.loads(json.dumps(lesson.body.get_prep_value()))
    lesson = publish(lesson, *old, block("quiz_single", SINGLE), change_kind=ChangeKind.NEW_CONTENT)
    words = send(learner_client, lesson, 1, "1")
    assert "1 av 2 riktig så langt." in words
    assert "Leksjonen er fullført." in words


def test_first_answer_says_where_the_learner_is(learner_client: Client, learner: User, home) -> None:
    lesson = quiz(2)
    path = factories.LearningPathPageFactory.create(courses=[lesson.get_parent().specific])
    send(learner_client, lesson, answer="1", path=str(path.translation_key))
    assert {(each.kind, each.last_lesson_key) for each in Enrolment.objects.filter(learner=learner)} == {
        ("course", lesson.translation_key),
        ("path", lesson.translation_key),
    }


def test_reader_whose_session_ended_is_told_that_nothing_was_kept(client: Client, home) -> None:
    lesson = quiz()
    words = send(client, lesson, event=str(uuid.uuid4()))
    assert "Du er logget ut, så svaret er ikke lagret." in words
    assert "Riktig" in words
    closed = quiz(1, course=factories.CoursePageFactory.create(sign_in_required=True))
    words = send(client, closed, event=str(uuid.uuid4()))
    assert "Du er logget ut." in words
    assert "Ja, teamet er det samme." not in words


def test_lesson_page_says_how_it_has_gone_before(learner_client: Client, learner: User, home) -> None:
    lesson = make_lesson(
        block("quiz_single", SINGLE), block("quiz_matching", MATCHING), block("quiz_single", SINGLE), title="Test"
    )
    send(learner_client, lesson)
    learner_client.post(url_of(lesson, 1), {"match-0": "0", "match-1": "0"}, headers=FRAGMENT)
    page = learner_client.get(page_path(lesson)).content.decode()
    assert page.count("Du har svart riktig på dette.") == 1
    assert page.count("Det beste svaret ditt er 50 % riktig.") == 1
    questions = [form.split("</form>")[0] for form in page.split('class="box quiz"')[1:]]
    assert [form.count('name="event"') for form in questions] == [1, 1, 1]
    someone = Client().get(page_path(lesson)).content.decode()
    assert "Du har svart" not in someone
    assert [form.split("</form>")[0].count('name="event"') for form in someone.split('class="box quiz"')[1:]] == [0] * 3


def test_lesson_page_says_that_old_answers_do_not_count_any_more(learner_client: Client, home) -> None:
    lesson = quiz(1)
    send(learner_client, lesson)
    lesson = publish(lesson, *json.loads(json.dumps(lesson.body.get_prep_value())), change_kind=ChangeKind.MUST_REDO)
    page = learner_client.get(page_path(lesson)).content.decode()
    assert "Det du svarte før, teller ikke nå." in page
    assert "Du har svart riktig på dette." not in page


def test_own_answers_stand_beside_the_words_of_then(learner_client: Client, home) -> None:
    kept, gone = uuid.uuid4(), uuid.uuid4()
    lesson = make_lesson(block("quiz_single", SINGLE, kept), block("quiz_matching", MATCHING, gone))
    send(learner_client, lesson, answer="1")
    learner_client.post(url_of(lesson, 1), {"match-0": "1", "match-1": "0"}, headers=FRAGMENT)
    changed = {**SINGLE, "question": "Hva betyr nedtrapping i FACT?"}
    lesson = publish(lesson, block("quiz_single", changed, kept))
    send(learner_client, lesson)
    page = " ".join(
        learner_client.get(reverse("learning:own-answers", args=[lesson.translation_key])).content.decode().split()
    )
    assert page.count("Hva betyr nedtrapping i FACT?") == 1
    assert page.count("Hva er nedtrapping?") == 1
    assert page.count("Spørsmålet er endret siden.") == 1
    assert "<li>Utskriving</li>" in page
    assert "Spørsmålet er ikke med i leksjonen lenger." in page
    assert "<li>Brukerspesialist: Har det medisinske ansvaret</li>" in page
    assert page.index("Hva betyr nedtrapping i FACT?") < page.index("Hvem gjør hva?")


def test_own_answers_are_ones_own(learner_client: Client, home) -> None:
    lesson = quiz()
    other = Client()
    other.force_login(factories.UserFactory.create())
    send(other, lesson, answer="1")
    address = reverse("learning:own-answers", args=[lesson.translation_key])
    assert "Du har ikke svart på noe i denne leksjonen ennå." in learner_client.get(address).content.decode()
    assert Client().get(address).status_code == 302
    assert learner_client.get(reverse("learning:own-answers", args=[uuid.uuid4()])).status_code == 404


def queries(client: Client, method: str, address: str, *args, **kwargs) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = getattr(client, method)(address, *args, **kwargs)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize("questions", [3, 30])
def test_an_answer_costs_the_same_for_few_and_many_questions(
    learner_client: Client, learner: User, home, questions: int
) -> None:
    lesson = quiz(questions)
    send(learner_client, lesson, answer="1")
    for _ in range(10):
        send(learner_client, lesson, answer="1")
    assert queries(learner_client, "post", url_of(lesson), {"answer": "1"}, headers=FRAGMENT) == 14


@pytest.mark.parametrize("attempts", [1, 30])
def test_own_answers_cost_the_same_for_one_and_many(learner_client: Client, home, attempts: int) -> None:
    lesson = quiz(2)
    for _ in range(attempts):
        send(learner_client, lesson, answer="1")
    address = reverse("learning:own-answers", args=[lesson.translation_key])
    learner_client.get(address)
    assert queries(learner_client, "get", address) == 7


@pytest.mark.parametrize("questions", [1, 30])
def test_lesson_page_costs_one_query_more_for_its_questions(learner_client: Client, home, questions: int) -> None:
    lesson, plain = quiz(questions), make_lesson(block("text", "<p>Tekst.</p>"))
    for page in (lesson, plain, lesson, plain):
        learner_client.get(page_path(page))
    cost = queries(learner_client, "get", page_path(lesson))
    assert cost - queries(learner_client, "get", page_path(plain)) == 1
