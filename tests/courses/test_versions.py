"""A record of every publication, from the first one on."""

from datetime import timedelta
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from courses.actions import record_lesson_version
from courses.models import ChangeKind, ImmutableError, LessonPage, LessonVersion
from tests import factories
from tests.courses.editing import form_of, publish, save

QUIZ = {
    "question": "Hva er fleksibilitet?",
    "answers": [
        {"text": "Samme team", "correct": True, "explanation": "Ja."},
        {"text": "Et nytt team", "correct": False, "explanation": "Nei."},
    ],
    "explanation": "",
}


@pytest.fixture
def lesson(db: None) -> LessonPage:
    return factories.LessonPageFactory.create(live=False, title="Hva er fleksibilitet?")


def versions(lesson: LessonPage) -> list[tuple[int, str, str]]:
    return [
        (version.number, version.change_kind, version.change_note)
        for version in LessonVersion.objects.filter(lesson_key=lesson.translation_key)
    ]


def test_a_draft_has_no_version(administrator_client: Client, lesson: LessonPage) -> None:
    save(administrator_client, lesson, form_of(lesson, title="Et utkast"))
    assert versions(lesson) == []


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_the_first_publication_is_always_new_content(
    administrator_client: Client, lesson: LessonPage, kind: ChangeKind
) -> None:
    publish(administrator_client, lesson, form_of(lesson, change_kind=kind.value))
    assert versions(lesson) == [(1, "new_content", "")]


@pytest.mark.parametrize(
    ("kind", "note"), [("correction", ""), ("new_content", "Et avsnitt om kveldsarbeid"), ("must_redo", "Ny lov")]
)
def test_the_next_one_is_what_the_editor_says(
    administrator_client: Client, lesson: LessonPage, kind: str, note: str
) -> None:
    publish(administrator_client, lesson, form_of(lesson))
    published = LessonPage.objects.get(pk=lesson.pk)
    publish(administrator_client, published, form_of(published, change_kind=kind, change_note=note))
    assert versions(lesson) == [(1, "new_content", ""), (2, kind, note)]
    latest = LessonVersion.objects.get(number=2)
    assert latest.revision == LessonPage.objects.get(pk=lesson.pk).live_revision
    assert (latest.title, latest.language) == ("Hva er fleksibilitet?", "nb")


def test_the_choice_starts_anew_after_each_publication(administrator_client: Client, lesson: LessonPage) -> None:
    def offered() -> tuple[Any, Any]:
        form = administrator_client.get(reverse("wagtailadmin_pages:edit", args=[lesson.pk])).context["form"]
        return form["change_kind"].value(), form["change_note"].value()

    publish(administrator_client, lesson, form_of(lesson))
    published = LessonPage.objects.get(pk=lesson.pk)
    draft = form_of(published, title="Ny tittel", change_kind="must_redo", change_note="Ny lov")
    save(administrator_client, published, draft)
    assert offered() == ("must_redo", "Ny lov")
    publish(administrator_client, published, draft)
    assert offered() == ("correction", "")


def test_a_version_lists_its_activities_by_block(administrator_client: Client, lesson: LessonPage) -> None:
    film = factories.MediaFactory.create(duration=31)
    body = factories.make_body(
        ("text", "<p>Hei</p>"),
        ("film", {"film": film.pk, "title": "Teamleder", "intro": "", "name_plate": {}}),
        ("quiz_single", QUIZ),
        ("reflection", {"prompt": "Når sendte dere sist noen videre?", "help": ""}),
    )
    lesson.body = body
    lesson.save_revision().publish()
    ids = [block.id for block in LessonPage.objects.get(pk=lesson.pk).body]
    activities = LessonVersion.objects.get().activities
    assert [(activity["id"], activity["type"], activity["label"]) for activity in activities] == [
        (ids[1], "film", "Teamleder"),
        (ids[2], "quiz_single", "Hva er fleksibilitet?"),
        (ids[3], "reflection", "Når sendte dere sist noen videre?"),
    ]
    assert (activities[0]["film"], activities[0]["duration"]) == (str(film.key), 31)
    assert [answer["value"]["correct"] for answer in activities[1]["value"]["answers"]] == [True, False]


def test_a_scheduled_publication_is_recorded_when_it_happens(
    administrator_client: Client, lesson: LessonPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    go_live = timezone.localtime(tomorrow).strftime("%Y-%m-%d %H:%M")
    publish(administrator_client, lesson, form_of(lesson, go_live_at=go_live))
    call_command("publish_scheduled")
    assert (LessonPage.objects.get(pk=lesson.pk).live, versions(lesson)) == (False, [])
    monkeypatch.setattr("django.utils.timezone.now", lambda: tomorrow + timedelta(minutes=1))
    call_command("publish_scheduled")
    assert (LessonPage.objects.get(pk=lesson.pk).live, versions(lesson)) == (True, [(1, "new_content", "")])


def test_versions_outlive_the_page(administrator_client: Client, lesson: LessonPage) -> None:
    publish(administrator_client, lesson, form_of(lesson))
    administrator_client.post(reverse("wagtailadmin_pages:delete", args=[lesson.pk]))
    assert not LessonPage.objects.filter(pk=lesson.pk).exists()
    kept = LessonVersion.objects.get(lesson_key=lesson.translation_key)
    assert (kept.number, kept.title, kept.revision) == (1, "Hva er fleksibilitet?", None)


def test_unpublishing_loses_nothing(administrator_client: Client, lesson: LessonPage) -> None:
    publish(administrator_client, lesson, form_of(lesson, body=[("key_message", {"text": "Viktig"})]))
    administrator_client.post(reverse("wagtailadmin_pages:unpublish", args=[lesson.pk]))
    hidden = LessonPage.objects.get(pk=lesson.pk)
    assert (hidden.live, versions(lesson)) == (False, [(1, "new_content", "")])
    assert [block.value["text"] for block in hidden.get_latest_revision_as_object().body] == ["Viktig"]
    publish(administrator_client, hidden, form_of(hidden))
    assert LessonPage.objects.get(pk=lesson.pk).live is True
    assert [number for number, _, _ in versions(lesson)] == [1, 2]


def test_a_version_cannot_be_changed_or_deleted(lesson: LessonPage) -> None:
    version = record_lesson_version(lesson=lesson, revision=None)
    version.title = "Noe annet"
    with pytest.raises(ImmutableError):
        version.save()
    with pytest.raises(ImmutableError):
        version.delete()
    assert LessonVersion.objects.get().title == "Hva er fleksibilitet?"


def test_numbers_run_across_languages(lesson: LessonPage) -> None:
    record_lesson_version(lesson=lesson, revision=None)
    danish = factories.LessonPageFactory.create(locale=factories.make_locale("da"), title="Hvad er fleksibilitet?")
    danish.translation_key = lesson.translation_key
    record_lesson_version(lesson=danish, revision=None)
    assert [(version.number, version.language) for version in LessonVersion.objects.all()] == [(1, "nb"), (2, "da")]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_publications_at_once_get_two_numbers() -> None:
    lesson = factories.LessonPageFactory.create(live=False)
    revisions = [lesson.save_revision(), lesson.save_revision()]
    start = Barrier(len(revisions))
    failures: list[BaseException] = []

    def publish_one(revision: Any) -> None:
        try:
            start.wait(timeout=10)
            record_lesson_version(lesson=LessonPage.objects.get(pk=lesson.pk), revision=revision)
        except BaseException as error:  # noqa: BLE001 – a thread's failure must reach the test
            failures.append(error)
        finally:
            connection.close()

    threads = [Thread(target=publish_one, args=[revision]) for revision in revisions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert failures == []
    assert [version.number for version in LessonVersion.objects.order_by("number")] == [1, 2]


def test_a_publication_that_lost_the_race_takes_the_next_number(
    lesson: LessonPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading the last number and writing, somebody else has published."""

    def atomic() -> Any:
        if not LessonVersion.objects.exists():
            LessonVersion.objects.create(
                lesson_key=lesson.translation_key, number=1, language="nb", title="Den andre", change_kind="new_content"
            )
        return transaction.atomic()

    monkeypatch.setattr("courses.actions.transaction", SimpleNamespace(atomic=atomic))
    record_lesson_version(lesson=lesson, revision=None)
    assert [(version.number, version.title) for version in LessonVersion.objects.all()] == [
        (1, "Den andre"),
        (2, "Hva er fleksibilitet?"),
    ]
