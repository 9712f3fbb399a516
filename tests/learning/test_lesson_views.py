"""The forms at the end of a lesson: completing, going on, taking back, and being refused kindly."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from courses.models import LessonPage
from courses.urls_of import page_path
from learning.models import Completion, LessonCompletion, LessonProgress
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def lessons(home: Any) -> list[LessonPage]:
    """A short course of two."""
    course = factories.CoursePageFactory.create(title="Hjemmebesøk", slug="besok")
    return [
        factories.LessonPageFactory.create(parent=course, title=title, slug=slug, published=True)
        for title, slug in (("Før", "for"), ("Etter", "etter"))
    ]


def end_of(client: Client, lesson: LessonPage) -> Any:
    return BeautifulSoup(client.get(page_path(lesson)).content, "html.parser").select_one(".lesson-nav")


def send(client: Client, form: Any, **changed: str) -> Any:
    """As a browser without JavaScript sends it."""
    fields = {each["name"]: each["value"] for each in form.select("input")}
    return client.post(form["action"], {**fields, **changed})


def notices(client: Client, url: str) -> list[str]:
    page = BeautifulSoup(client.get(url).content, "html.parser")
    return [" ".join(each.get_text().split()) for each in page.select(".notice")]


def test_completing_leads_to_the_next_lesson_and_the_last_to_the_course(
    lessons: list[LessonPage], learner: User, learner_client: Client
) -> None:
    first, last = lessons
    form = end_of(learner_client, first).select_one("form[data-complete]")
    assert " ".join(form.button.get_text().split()) == "Fullfør og gå videre: Etter"
    assert send(learner_client, form)["Location"] == page_path(last)
    assert notices(learner_client, page_path(last)) == []
    form = end_of(learner_client, last).select_one("form[data-complete]")
    assert " ".join(form.button.get_text().split()) == "Fullfør"
    response = send(learner_client, form)
    assert response["Location"] == "/laer/kurs/besok/"
    assert notices(learner_client, response["Location"]) == ["Du har fullført «Hjemmebesøk». Godt jobbet!"]
    assert Completion.objects.get(learner=learner).title == "Hjemmebesøk"


def test_double_click_is_one_event(lessons: list[LessonPage], learner: User, learner_client: Client) -> None:
    form = end_of(learner_client, lessons[0]).select_one("form[data-complete]")
    assert [send(learner_client, form)["Location"] for _ in range(2)] == [page_path(lessons[1])] * 2
    event = form.select_one("input[name=event]")["value"]
    assert [str(each.event_id) for each in LessonCompletion.objects.all()] == [event]


def test_each_form_has_an_event_of_its_own(lessons: list[LessonPage], learner_client: Client) -> None:
    events = {
        end_of(learner_client, lesson).select_one("input[name=event]")["value"] for lesson in (*lessons, *lessons)
    }
    assert len(events) == 4


def test_completed_lesson_says_when_and_can_be_taken_back(
    lessons: list[LessonPage], learner: User, learner_client: Client
) -> None:
    first = lessons[0]
    send(learner_client, end_of(learner_client, first).select_one("form[data-complete]"))
    nav = end_of(learner_client, first)
    status = " ".join(nav.select_one("[data-lesson-status]").get_text().split())
    assert status == f"Fullført {date_format(timezone.localdate(), 'j. F')}"
    assert nav.select_one("form[data-complete]") is None
    response = send(learner_client, nav.select_one("form[data-undo]"))
    assert response["Location"] == page_path(first)
    assert notices(learner_client, page_path(first)) == ["Leksjonen er ikke lenger fullført."]
    assert LessonProgress.objects.get(learner=learner).completed_at is None
    assert end_of(learner_client, first).select_one("form[data-complete]") is not None


def test_undo_is_offered_for_an_hour_and_refused_in_words_after_that(
    lessons: list[LessonPage], learner: User, learner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lessons[0]
    send(learner_client, end_of(learner_client, first).select_one("form[data-complete]"))
    undo = end_of(learner_client, first).select_one("form[data-undo]")
    later = timezone.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert end_of(learner_client, first).select_one("form[data-undo]") is None
    assert send(learner_client, undo)["Location"] == page_path(first)
    assert notices(learner_client, page_path(first)) == [
        "Leksjonen står som fullført. Du kan angre i en time, så lenge ikke hele kurset er fullført."
    ]
    assert LessonProgress.objects.get(learner=learner).completed_at is not None


def test_undo_is_not_offered_where_a_completed_course_rests_on_it(
    lessons: list[LessonPage], learner_client: Client
) -> None:
    for lesson in lessons:
        send(learner_client, end_of(learner_client, lesson).select_one("form[data-complete]"))
    assert [end_of(learner_client, lesson).select_one("form[data-undo]") for lesson in lessons] == [None, None]


def test_anonymous_reader_has_the_same_button_and_it_leads_to_sign_in(lessons: list[LessonPage]) -> None:
    client = Client()
    nav = end_of(client, lessons[0])
    form = nav.select_one("form[data-complete]")
    assert " ".join(form.button.get_text().split()) == "Fullfør og gå videre: Etter"
    assert (form["method"], form["action"]) == ("get", "/konto/login/")
    assert {each["name"]: each["value"] for each in form.select("input")} == {"next": page_path(lessons[0])}
    assert form["data-next"] == page_path(lessons[1])
    assert nav.select_one("a[rel=next]")["href"] == page_path(lessons[1])
    assert not client.cookies


@pytest.mark.parametrize("verb", ["fullfor", "angre", "lest"])
def test_form_of_somebody_signed_out_leads_to_sign_in_and_back(lessons: list[LessonPage], verb: str) -> None:
    here = page_path(lessons[0])
    response = Client().post(
        f"/laering/leksjon/{lessons[0].translation_key}/{verb}/", {"here": here, "next": here, "event": uuid4()}
    )
    assert response["Location"] == f"/konto/login/?next={here}"
    assert not LessonProgress.objects.exists()


@pytest.mark.parametrize("verb", ["fullfor", "angre", "lest"])
def test_only_a_form_with_its_token_does_anything(lessons: list[LessonPage], learner: User, verb: str) -> None:
    address = f"/laering/leksjon/{lessons[0].translation_key}/{verb}/"
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    assert (client.get(address).status_code, client.post(address).status_code) == (405, 403)


@pytest.mark.parametrize("verb", ["fullfor", "lest"])
def test_unknown_lesson_is_not_found(learner_client: Client, home: Any, verb: str) -> None:
    assert learner_client.post(f"/laering/leksjon/{uuid4()}/{verb}/").status_code == 404


def test_next_leads_nowhere_else(lessons: list[LessonPage], learner_client: Client) -> None:
    form = end_of(learner_client, lessons[0]).select_one("form[data-complete]")
    assert send(learner_client, form, next="https://example.com/", event="tull")["Location"] == "/"
    assert LessonCompletion.objects.count() == 1


@pytest.mark.parametrize(
    ("completion", "how", "said"),
    [
        ("film", "marked", "Leksjonen fullføres når du har sett minst 90 % av filmen."),
        ("film", "transcript", "Leksjonen fullføres når du har sett minst 90 % av filmen."),
        ("quiz", "marked", "Leksjonen fullføres når du har minst 80 % riktig på spørsmålene."),
        ("quiz", "quiz", "Leksjonen fullføres når du har minst 80 % riktig på spørsmålene."),
        ("quiz", "transcript", "Leksjonen fullføres når du har minst 80 % riktig på spørsmålene."),
    ],
)
def test_what_is_not_completed_by_hand_is_refused_in_words(
    lessons: list[LessonPage], learner_client: Client, completion: str, how: str, said: str
) -> None:
    """Also a film that has no text: there is nothing to have read."""
    form = end_of(learner_client, lessons[0]).select_one("form[data-complete]")
    LessonPage.objects.filter(pk=lessons[0].pk).update(completion=completion)
    assert send(learner_client, form, how=how)["Location"] == page_path(lessons[0])
    assert notices(learner_client, page_path(lessons[0])) == [said]
    assert not LessonProgress.objects.exists()


def test_sign_in_leads_to_my_page_unless_next_says_otherwise(lessons: list[LessonPage], learner: User) -> None:
    EmailAddress.objects.create(user=learner, email=learner.email, verified=True, primary=True)
    sign_in = {"login": learner.email, "password": factories.PASSWORD}
    assert Client().post("/konto/login/", sign_in)["Location"] == "/min-side/"
    here = page_path(lessons[0])
    assert Client().post(f"/konto/login/?next={here}", {**sign_in, "next": here})["Location"] == here
