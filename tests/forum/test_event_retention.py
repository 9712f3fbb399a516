"""What comes with an event is kept for a year after it, and counts for good."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from forum.actions.evaluations import OPEN_FOR
from forum.actions.event_retention import EXPORTS_FOR, KEPT_FOR
from forum.models import (
    EvaluationDone,
    EvaluationTally,
    EvaluationText,
    Event,
    EventEvaluation,
    EventExport,
    EventMailing,
    EventMailReceiver,
    EventQuestion,
    SignUpAnswer,
)
from tests.forum.event_cast import make_event, sign_up

pytestmark = pytest.mark.django_db


def fill(event: Event) -> None:
    own = sign_up(f"p{event.pk}", event)
    question = EventQuestion.objects.create(event=event, label="Hotell?")
    SignUpAnswer.objects.create(sign_up=own, question=question, text="Ja")
    asked = EventQuestion.objects.create(event=event, label="Hvordan?", purpose="evaluation", kind="text")
    EvaluationText.objects.create(question=asked, text="Fint")
    EvaluationTally.objects.create(question=asked, value="", count=1)
    evaluation = EventEvaluation.objects.create(event=event, is_ready=True, answer_count=1)
    EvaluationDone.objects.create(evaluation=evaluation, person=own.person)
    mailing = EventMailing.objects.create(
        event=event, audience="place", subject="Hei", text="Hei", receiver_count=1, created_at=event.ends_at
    )
    EventMailReceiver.objects.create(mailing=mailing, person=own.person, sent_at=event.ends_at)


def ended(ago: timedelta) -> Event:
    end = timezone.now() - ago
    return make_event(starts_at=end - timedelta(hours=6), ends_at=end)


def test_after_a_year_words_and_receivers_go_and_counts_stay(home: Any) -> None:
    old, young = ended(KEPT_FOR + timedelta(hours=1)), ended(KEPT_FOR - timedelta(hours=1))
    for event in (old, young):
        fill(event)
    call_command("forget_forum", dry_run=True)
    assert SignUpAnswer.objects.count() == 2
    call_command("forget_forum")
    call_command("forget_forum")
    assert SignUpAnswer.objects.get().sign_up.event == young
    assert EvaluationText.objects.get().question.event == young
    assert EventMailReceiver.objects.get().mailing.event == young
    kept = EventMailing.objects.order_by("event_id").values_list("event", "subject", "text", "receiver_count")
    assert list(kept) == [(old.pk, "", "", 1), (young.pk, "Hei", "Hei", 1)]
    assert (EvaluationTally.objects.count(), EventEvaluation.objects.filter(answer_count=1).count()) == (2, 2)


def test_an_evaluation_is_closed_after_three_weeks(home: Any) -> None:
    over, still_open = ended(OPEN_FOR), ended(OPEN_FOR - timedelta(hours=1))
    for event in (over, still_open):
        fill(event)
    call_command("forget_forum")
    assert EventEvaluation.objects.get(closed_at__isnull=False).event == over
    assert EvaluationDone.objects.get().evaluation.event == still_open


def test_who_took_a_list_out_is_kept_for_two_years(home: Any) -> None:
    event = make_event()
    for ago in (EXPORTS_FOR + timedelta(hours=1), EXPORTS_FOR - timedelta(hours=1)):
        EventExport.objects.create(event=event, what="people", file_format="csv", row_count=1, at=timezone.now() - ago)
    call_command("forget_forum")
    assert EventExport.objects.count() == 1
