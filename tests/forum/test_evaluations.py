"""The evaluation of an event: answered once, by those who were there, and never to be led back to anybody."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.evaluations import (
    OPEN_FOR,
    AlreadyAnsweredError,
    Asked,
    EvaluationBeganError,
    TooFewAnswersError,
    answer_evaluation,
    close_evaluation,
    close_old_evaluations,
    set_evaluation,
)
from forum.models import (
    EvaluationDone,
    EvaluationTally,
    EvaluationText,
    Event,
    EventEvaluation,
    EventQuestion,
    EventSignUp,
)
from forum.queries.event_after import FEWEST, get_questions, get_results
from people.models import User
from people.own_data.actions import delete_person
from safety.guard import PatientDataError
from safety.text import TextRefusedError
from tests.forum.event_cast import make_arranger, make_event, sign_up
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db

QUESTIONS = [
    Asked("Hvordan var det?", "scale", is_required=True),
    Asked("Hva tar du med deg?", "text"),
    Asked("Kom du igjen?", "choice", "Ja\nNei\nVet ikke"),
    Asked("Hva var bra?", "several", "Programmet\nMaten\nFolkene"),
]


@pytest.fixture
def event(home: Any) -> Event:
    return make_event(is_over=True)


@pytest.fixture
def arranger(event: Event) -> User:
    return make_arranger(event.space)


@pytest.fixture
def questions(arranger: User, event: Event) -> list[EventQuestion]:
    set_evaluation(by=arranger, event=event, questions=QUESTIONS, is_ready=True)
    return get_questions(event)


def answers(questions: list[EventQuestion], *given: Any) -> dict[int, list[str]]:
    """By question, in order; None leaves it."""
    return {
        question.pk: each if isinstance(each, list) else [each]
        for question, each in zip(questions, given, strict=False)
        if each is not None
    }


def fill(event: Event, questions: list[EventQuestion], count: int, **fields: Any) -> list[EventSignUp]:
    people = [sign_up(f"p{number}", event, **fields) for number in range(count)]
    for number, each in enumerate(people):
        given = answers(questions, str(number % 5 + 1), f"Svar {number}", "Ja", ["Maten", "Folkene"])
        answer_evaluation(person=each.person, event=event, answers=given)
    return people


def test_what_is_answered_is_shown_together_when_it_is_closed(
    arranger: User, event: Event, questions: list[EventQuestion]
) -> None:
    fill(event, questions, 5)
    assert not get_results(EventEvaluation.objects.get()).is_shown
    close_evaluation(by=arranger, event=event)
    results = get_results(EventEvaluation.objects.get())
    assert (results.answered, results.asked, results.is_shown) == (5, 5, True)
    scale, text, choice, several = results.questions
    assert ([bar.count for bar in scale.bars], scale.mean) == ([1, 1, 1, 1, 1], Decimal("3.0"))
    assert sorted(text.texts) == [f"Svar {number}" for number in range(5)]
    assert [(bar.label, bar.count, bar.percent) for bar in choice.bars] == [
        ("Ja", 5, 100),
        ("Nei", 0, 0),
        ("Vet ikke", 0, 0),
    ]
    assert [bar.count for bar in several.bars] == [0, 5, 5]


def test_nothing_is_shown_where_fewer_than_five_have_answered(
    arranger: User, event: Event, questions: list[EventQuestion]
) -> None:
    fill(event, questions, FEWEST - 1)
    with pytest.raises(TooFewAnswersError):
        close_evaluation(by=arranger, event=event)
    Event.objects.filter(pk=event.pk).update(
        starts_at=timezone.now() - OPEN_FOR - timedelta(days=1), ends_at=timezone.now() - OPEN_FOR
    )
    assert close_old_evaluations() == 1
    results = get_results(EventEvaluation.objects.get())
    assert (results.answered, results.is_shown, results.questions) == (FEWEST - 1, False, ())


def test_a_question_that_few_answered_is_not_shown(
    arranger: User, event: Event, questions: list[EventQuestion]
) -> None:
    fill(event, questions, FEWEST - 1)
    last = sign_up("last", event).person
    answer_evaluation(person=last, event=event, answers=answers(questions, "5"))
    close_evaluation(by=arranger, event=event)
    scale, text, *_rest = get_results(EventEvaluation.objects.get()).questions
    assert (scale.count, scale.is_shown) == (5, True)
    assert (text.count, text.is_shown, text.texts) == (4, False, ())


def test_it_is_answered_once(event: Event, questions: list[EventQuestion]) -> None:
    person = fill(event, questions, 1)[0].person
    with pytest.raises(AlreadyAnsweredError):
        answer_evaluation(person=person, event=event, answers=answers(questions, "1"))
    evaluation = EventEvaluation.objects.get()
    assert (evaluation.answer_count, EvaluationText.objects.count()) == (1, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        EvaluationDone.objects.create(evaluation=evaluation, person=person)


def test_nothing_that_is_kept_leads_from_an_answer_to_a_person(event: Event, questions: list[EventQuestion]) -> None:
    """No column of the answers is a person, a time or a number that grows; nor of what says who has answered."""
    fill(event, questions, 2)
    for model in (EvaluationDone, EvaluationText, EvaluationTally):
        kinds = {each.name: each.get_internal_type() for each in model._meta.local_fields}
        assert not {"DateTimeField", "DateField", "TimeField"} & set(kinds.values())
        assert model is EvaluationTally or kinds["key"] == "UUIDField"
        assert model is EvaluationDone or "person" not in kinds
    assert all(isinstance(each.pk, UUID) and each.pk.version == 4 for each in EvaluationText.objects.all())


def test_with_each_answer_all_free_texts_are_laid_anew(event: Event, questions: list[EventQuestion]) -> None:
    """The order in which the database keeps its rows tells nothing of the order in which they came."""
    people = [sign_up(f"p{number}", event).person for number in range(12)]
    kept: list[list[str]] = []
    for number, person in enumerate(people):
        before = set(EvaluationText.objects.values_list("pk", flat=True))
        answer_evaluation(person=person, event=event, answers=answers(questions, "3", f"{number:02}"))
        assert not before & set(EvaluationText.objects.values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(ROWS_IN_ORDER[connection.vendor])
            kept.append([text for (text,) in cursor.fetchall()])
    assert sorted(kept[-1]) == [f"{number:02}" for number in range(12)]
    assert kept[-1] != sorted(kept[-1])
    assert {rows[-1] for rows in kept[4:]} != {f"{number:02}" for number in range(4, 12)}


ROWS_IN_ORDER = {
    "postgresql": "SELECT text FROM forum_evaluationtext ORDER BY ctid",
    "sqlite": "SELECT text FROM forum_evaluationtext ORDER BY rowid",
}


def test_that_somebody_has_answered_is_gone_when_it_is_closed(
    arranger: User, event: Event, questions: list[EventQuestion]
) -> None:
    people = fill(event, questions, 5)
    assert EvaluationDone.objects.count() == 5
    close_evaluation(by=arranger, event=event)
    assert not EvaluationDone.objects.exists()
    with pytest.raises(PermissionDenied):
        answer_evaluation(person=people[0].person, event=event, answers=answers(questions, "1"))


def test_answers_stay_when_whoever_gave_them_leaves_flett(
    arranger: User, event: Event, questions: list[EventQuestion]
) -> None:
    people = fill(event, questions, 5)
    delete_person(person=people[0].person)
    close_evaluation(by=arranger, event=event)
    results = get_results(EventEvaluation.objects.get())
    assert (results.answered, results.is_shown, len(results.questions[1].texts)) == (5, True, 5)


@pytest.mark.parametrize(
    ("place", "given", "said"),
    [
        (0, None, "Svar på «Hvordan var det?»."),
        (0, "6", "Velg blant svarene som står der."),
        (0, ["1", "2"], "Velg blant svarene som står der."),
        (2, "Kanskje", "Velg blant svarene som står der."),
        (3, ["Maten", "Været"], "Velg blant svarene som står der."),
    ],
)
def test_only_what_may_be_chosen_is_counted(
    event: Event, questions: list[EventQuestion], place: int, given: Any, said: str
) -> None:
    person = sign_up("kari", event).person
    all_given: list[Any] = ["3", None, None, None]
    all_given[place] = given
    with pytest.raises(TextRefusedError) as refused:
        answer_evaluation(person=person, event=event, answers=answers(questions, *all_given))
    assert refused.value.message == said
    assert (EvaluationDone.objects.count(), EvaluationTally.objects.count()) == (0, 0)


def test_no_identity_number_is_kept_in_an_answer(event: Event, questions: list[EventQuestion]) -> None:
    person = sign_up("kari", event).person
    with pytest.raises(PatientDataError):
        answer_evaluation(person=person, event=event, answers=answers(questions, "3", f"Født {BORN}"))
    assert (EvaluationDone.objects.count(), EvaluationTally.objects.count()) == (0, 0)


def test_those_who_did_not_come_are_not_asked_where_attendance_was_kept(
    event: Event, questions: list[EventQuestion]
) -> None:
    came, away = sign_up("came", event, attended=True).person, sign_up("away", event, attended=False).person
    unsaid = sign_up("unsaid", event).person
    for person in (away, unsaid):
        with pytest.raises(PermissionDenied):
            answer_evaluation(person=person, event=event, answers=answers(questions, "3"))
    answer_evaluation(person=came, event=event, answers=answers(questions, "3"))


@pytest.mark.parametrize("changed", [{"status": "cancelled"}, {"state": "hidden"}, {"days": 1}])
def test_it_is_open_for_what_was_held_and_is_over(
    event: Event, questions: list[EventQuestion], changed: dict[str, Any]
) -> None:
    person = sign_up("kari", event).person
    if "days" in changed:
        changed = {"ends_at": timezone.now() + timedelta(days=1)}
    if "status" in changed:
        changed["cancelled_at"] = timezone.now()
    Event.objects.filter(pk=event.pk).update(**changed)
    with pytest.raises(PermissionDenied):
        answer_evaluation(person=person, event=event, answers=answers(questions, "3"))


def test_questions_stay_once_somebody_has_answered(
    arranger: User, event: Event, questions: list[EventQuestion]
) -> None:
    fill(event, questions, 1)
    with pytest.raises(EvaluationBeganError):
        set_evaluation(by=arranger, event=event, questions=[Asked("Et annet")], is_ready=True)
    assert get_questions(event) == questions


@pytest.mark.parametrize(
    "asked",
    [
        [],
        [Asked(" ")],
        [Asked("Velg", "choice", "Bare én\nBare én")],
        [Asked("Velg", "several")],
        [Asked("Hei")] * 21,
        [Asked("x" * 201)],
        [Asked(f"Født {BORN}?")],
        [Asked("Velg", "choice", f"Ja\n{BORN}")],
    ],
)
def test_questions_that_cannot_be_asked_are_refused(arranger: User, event: Event, asked: list[Asked]) -> None:
    with pytest.raises(TextRefusedError):
        set_evaluation(by=arranger, event=event, questions=asked, is_ready=True)
    assert not EventQuestion.objects.exists()


def test_questions_of_the_sign_up_are_left_alone(arranger: User, event: Event) -> None:
    own = EventQuestion.objects.create(event=event, label="Hvor kommer du fra?")
    set_evaluation(by=arranger, event=event, questions=QUESTIONS, is_ready=False)
    assert EventQuestion.objects.filter(purpose="sign_up").get() == own


def test_only_whoever_arranges_it_asks_and_closes(event: Event, questions: list[EventQuestion]) -> None:
    person = fill(event, questions, 5)[0].person
    with pytest.raises(PermissionDenied):
        set_evaluation(by=person, event=event, questions=QUESTIONS, is_ready=True)
    with pytest.raises(PermissionDenied):
        close_evaluation(by=person, event=event)


# --- the pages -----------------------------------------------------------------------------------------


def test_it_is_answered_on_its_page_once(client: Client, event: Event, questions: list[EventQuestion]) -> None:
    client.force_login(sign_up("kari", event).person)
    address = reverse("forum:event-evaluation", args=[event.pk])
    assert address in client.get(event.get_absolute_url()).content.decode()
    sent = {f"answer-{questions[0].pk}": "4", f"answer-{questions[3].pk}": ["Maten", "Folkene"]}
    assert client.post(address, sent).status_code == 302
    assert "Takk for svaret" in client.get(address).content.decode()
    assert client.post(address, sent).status_code == 200
    assert EventEvaluation.objects.get().answer_count == 1
    counted = dict(EvaluationTally.objects.exclude(value="").values_list("value", "count"))
    assert counted == {"4": 1, "Maten": 1, "Folkene": 1}
    assert address not in client.get(event.get_absolute_url()).content.decode()


def test_an_answer_that_is_refused_does_not_come_back(
    client: Client, event: Event, questions: list[EventQuestion]
) -> None:
    client.force_login(sign_up("kari", event).person)
    sent = {f"answer-{questions[0].pk}": "4", f"answer-{questions[1].pk}": f"Født {BORN}"}
    page = client.post(reverse("forum:event-evaluation", args=[event.pk]), sent)
    assert (page.status_code, BORN in page.content.decode()) == (422, False)


def form_of(*asked: tuple[str, str, str]) -> dict[str, str]:
    sent = {"form-TOTAL_FORMS": str(len(asked)), "form-INITIAL_FORMS": "0"}
    for place, (label, kind, choices) in enumerate(asked):
        sent |= {f"form-{place}-label": label, f"form-{place}-kind": kind, f"form-{place}-choices": choices}
    return sent


def test_questions_are_set_on_their_page_and_empty_ones_left_out(client: Client, arranger: User, event: Event) -> None:
    client.force_login(arranger)
    address = reverse("forum:event-evaluation-questions", args=[event.pk])
    sent = form_of(("Hvordan var det?", "scale", ""), ("", "scale", ""), ("Velg", "choice", "Ja\nNei"))
    assert client.post(address, sent | {"is_ready": "on"}).status_code == 302
    assert [(each.label, each.position) for each in get_questions(event)] == [("Hvordan var det?", 0), ("Velg", 1)]
    assert EventEvaluation.objects.get().is_ready
    assert len(client.get(address).context["formset"].forms) == 5
    refused = client.post(address, form_of(("", "scale", ""), (f"Født {BORN}?", "scale", "")))
    assert (refused.status_code, BORN in refused.content.decode()) == (422, False)
    assert len(get_questions(event)) == 2


def test_results_are_read_on_their_page_when_it_is_closed(
    client: Client, arranger: User, event: Event, questions: list[EventQuestion], django_assert_num_queries: Any
) -> None:
    fill(event, questions, 5)
    client.force_login(arranger)
    address = reverse("forum:event-evaluation-results", args=[event.pk])
    before = client.get(address).content.decode()
    assert ("5 av 5 har svart." in before, "Svar 3" in before) == (True, False)
    client.post(address)
    with django_assert_num_queries(RESULT_QUERIES):
        after = client.get(address).content.decode()
    assert ("Svar 3" in after, "gjennomsnitt 3,0" in after) == (True, True)
    assert client.get(reverse("forum:event-evaluation-questions", args=[event.pk])).status_code == 302


RESULT_QUERIES = 10
