"""Notes of one's own: saved over no other, refused with an explanation, gathered in reading order, taken along."""

import io
import uuid
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document

from courses.urls_of import page_path
from learning.actions.reflections import (
    EmptyReflectionError,
    StaleReflectionError,
    UnknownQuestionError,
    delete_reflection,
    save_reflection,
)
from learning.models import Enrolment, LearnerStamp, Reflection
from learning.queries.reflections import notes_key
from people.models import User
from safety.text import TextRefusedError
from tests import factories
from tests.learning.quiz_lesson import REFLECTION, block, ids, make_lesson, publish
from tests.safety.test_guard import BORN_1986

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


def asks(prompt: str, block_id: uuid.UUID | None = None) -> dict[str, Any]:
    return block("reflection", {"prompt": prompt, "help": ""}, block_id)


@pytest.fixture
def lesson(home):
    return make_lesson(block("reflection", REFLECTION))


def save(learner: User, lesson, text: str = "Jeg vil lytte.", base: int = 0, place: int = 0, **fields) -> Any:
    return save_reflection(
        learner=learner,
        lesson_key=lesson.translation_key,
        block_id=ids(lesson)[place],
        text=text,
        base_version=base,
        language="nb",
        **fields,
    )


def url_of(lesson, place: int = 0) -> str:
    return reverse("learning:reflection", args=[lesson.translation_key, ids(lesson)[place]])


def fields(learner: User, text: str, version: int = 0, **more) -> dict[str, Any]:
    return {"text": text, "version": str(version), "account": notes_key(learner), **more}


# --- saving ---------------------------------------------------------------------------------------------


def test_note_is_kept_with_its_question(learner: User, lesson) -> None:
    note = save(learner, lesson, "  Jeg vil lytte.\r\n\r\n\r\nOg spørre.\u202e  ")
    assert Reflection.objects.get() == note
    assert (note.text, note.prompt) == ("Jeg vil lytte.\n\nOg spørre.", "Hva vil du gjøre annerledes?")
    assert (note.learner, note.lesson_key, note.block_id) == (learner, lesson.translation_key, ids(lesson)[0])


def test_a_long_question_is_kept_whole(learner: User, home) -> None:
    prompt = ("Hva så du, og hva tenkte du da? " * 16)[:500].strip()
    lesson = make_lesson(asks(prompt))
    assert save(learner, lesson).prompt == prompt


def test_the_question_follows_the_note_only_when_it_is_written_again(learner: User, lesson) -> None:
    note = save(learner, lesson)
    publish(lesson, asks("Hva gjør du i morgen?", note.block_id))
    assert Reflection.objects.get().prompt == "Hva vil du gjøre annerledes?"
    save(learner, lesson, "Noe nytt.", note.version)
    assert Reflection.objects.get().prompt == "Hva gjør du i morgen?"


def test_each_save_is_a_version_and_the_same_text_is_none(learner: User, lesson) -> None:
    first = save(learner, lesson)
    second = save(learner, lesson, "Jeg vil lytte mer.", first.version)
    again = save(learner, lesson, "Jeg vil lytte mer.", first.version)
    assert second.version > first.version
    assert again.version == second.version
    assert Reflection.objects.count() == 1


def test_two_tabs_cannot_write_over_each_other(learner: User, lesson) -> None:
    base = save(learner, lesson).version
    stored = save(learner, lesson, "Fra telefonen.", base)
    with pytest.raises(StaleReflectionError) as caught:
        save(learner, lesson, "Fra PC-en.", base)
    assert (caught.value.text, caught.value.version) == ("Fra telefonen.", stored.version)
    assert Reflection.objects.get().text == "Fra telefonen."
    assert save(learner, lesson, "Fra PC-en.", caught.value.version).text == "Fra PC-en."


def test_two_devices_cannot_both_begin(learner: User, lesson) -> None:
    save(learner, lesson, "Fra telefonen.")
    with pytest.raises(StaleReflectionError):
        save(learner, lesson, "Fra PC-en.")


def test_deleted_note_does_not_come_back_by_a_late_save(learner: User, lesson) -> None:
    note = save(learner, lesson)
    delete_reflection(learner=learner, block_id=note.block_id, base_version=note.version)
    with pytest.raises(StaleReflectionError) as caught:
        save(learner, lesson, "Sent ute.", note.version)
    assert (caught.value.text, caught.value.version) == ("", 0)
    assert not Reflection.objects.exists()


def test_a_new_note_never_takes_the_number_of_a_deleted_one(learner: User, lesson) -> None:
    note = save(learner, lesson)
    for text in ("To.", "Tre."):
        note = save(learner, lesson, text, note.version)
    delete_reflection(learner=learner, block_id=note.block_id, base_version=note.version)
    new = save(learner, lesson, "Ny begynnelse.")
    assert new.version > note.version
    with pytest.raises(StaleReflectionError):
        save(learner, lesson, "Fra en enhet som har sovet.", note.version)
    assert LearnerStamp.objects.get(learner=learner).value >= new.version


def test_empty_text_takes_nothing_away(learner: User, lesson) -> None:
    assert save(learner, lesson, " \n ") is None
    note = save(learner, lesson)
    with pytest.raises(EmptyReflectionError):
        save(learner, lesson, " ", note.version)
    assert Reflection.objects.get().text == "Jeg vil lytte."


def test_what_changed_elsewhere_is_not_deleted_unseen(learner: User, lesson) -> None:
    note = save(learner, lesson)
    save(learner, lesson, "Mer.", note.version)
    with pytest.raises(StaleReflectionError):
        delete_reflection(learner=learner, block_id=note.block_id, base_version=note.version)
    assert Reflection.objects.get().text == "Mer."


def test_identity_number_is_refused_and_nothing_is_stored(learner: User, lesson) -> None:
    note = save(learner, lesson)
    with pytest.raises(TextRefusedError, match="Teksten inneholder et fødselsnummer"):
        save(learner, lesson, f"Hun er født {BORN_1986[:6]} {BORN_1986[6:]}.", note.version)
    assert Reflection.objects.get().text == "Jeg vil lytte."


def test_too_long_a_text_is_refused(learner: User, lesson) -> None:
    assert save(learner, lesson, "a" * 20_000).text == "a" * 20_000
    with pytest.raises(TextRefusedError, match="20001 tegn"):
        save(learner, lesson, "a" * 20_001)


def test_notes_are_for_questions_that_are_asked(learner: User, lesson) -> None:
    other = make_lesson(block("text", "<p>Tekst.</p>"))
    with pytest.raises(UnknownQuestionError):
        save(learner, other)
    with pytest.raises(UnknownQuestionError):
        save_reflection(
            learner=learner, lesson_key=uuid.uuid4(), block_id=uuid.uuid4(), text="A", base_version=0, language="nb"
        )
    lesson.unpublish()
    with pytest.raises(UnknownQuestionError):
        save(learner, lesson)


def test_a_note_whose_lesson_is_gone_can_still_be_written(learner: User, lesson) -> None:
    note = save(learner, lesson)
    lesson.delete()
    changed = save_reflection(
        learner=learner,
        lesson_key=note.lesson_key,
        block_id=note.block_id,
        text="Etterpåklok.",
        base_version=note.version,
        language="nb",
    )
    assert (changed.text, changed.prompt) == ("Etterpåklok.", "Hva vil du gjøre annerledes?")


def test_writing_is_being_in_the_lesson(learner: User, lesson) -> None:
    path = factories.LearningPathPageFactory.create(courses=[lesson.get_parent().specific])
    save(learner, lesson, path_key=path.translation_key)
    assert {(each.kind, each.last_lesson_key) for each in Enrolment.objects.filter(learner=learner)} == {
        ("course", lesson.translation_key),
        ("path", lesson.translation_key),
    }


# --- the lesson page ------------------------------------------------------------------------------------


def test_lesson_page_has_ones_own_note_and_nobody_elses(learner_client: Client, learner: User, lesson) -> None:
    save(learner, lesson, "Bare <mitt> & ditt.")
    save(factories.UserFactory.create(), lesson, "Noen andres.")
    page = learner_client.get(page_path(lesson)).content.decode()
    assert "Bare &lt;mitt&gt; &amp; ditt.</textarea>" in page
    assert "Noen andres." not in page
    assert "Bare du ser dette. Ikke skriv noe om pasienter." in page


def test_anonymous_reader_is_asked_and_invited(client: Client, lesson) -> None:
    page = client.get(page_path(lesson)).content.decode()
    assert "Hva vil du gjøre annerledes?" in page
    assert f"/konto/login/?next={page_path(lesson).replace('/', '%2F')}%23b-{ids(lesson)[0]}" in page
    assert "<textarea" not in page


@pytest.mark.parametrize("questions", [1, 30])
def test_lesson_page_costs_one_query_more_for_its_notes(
    learner_client: Client, learner: User, home, questions: int
) -> None:
    lesson = make_lesson(*(block("reflection", REFLECTION) for _ in range(questions)))
    plain = make_lesson(block("text", "<p>Tekst.</p>"))
    save(learner, lesson)
    counts = []
    for page in (lesson, plain, lesson, plain):
        with CaptureQueriesContext(connection) as captured:
            learner_client.get(page_path(page))
        counts.append(len(captured))
    assert counts[2] - counts[3] == 1


# --- over the wire --------------------------------------------------------------------------------------


def test_script_saves_and_is_told_the_version(learner_client: Client, learner: User, lesson) -> None:
    answer = learner_client.post(url_of(lesson), fields(learner, "Hei."), headers=JSON)
    note = Reflection.objects.get()
    assert answer.status_code == 200
    assert answer.json()["version"] == note.version
    assert answer.json()["message"].startswith("Lagret ")
    state = learner_client.get(url_of(lesson), headers={**JSON, "X-Account": notes_key(learner)}).json()
    assert (state["text"], state["version"]) == ("Hei.", note.version)
    assert state["token"]


def test_script_meets_a_conflict_with_both_texts(learner_client: Client, learner: User, lesson) -> None:
    save(learner, lesson, "Fra telefonen.")
    answer = learner_client.post(url_of(lesson), fields(learner, "Fra PC-en."), headers=JSON)
    assert answer.status_code == 409
    assert answer.json()["stored"] == "Fra telefonen."
    assert answer.json()["version"] == Reflection.objects.get().version
    assert "endret et annet sted" in answer.json()["message"]


def test_script_is_told_how_to_mend(learner_client: Client, learner: User, lesson) -> None:
    answer = learner_client.post(url_of(lesson), fields(learner, f"Nr. {BORN_1986}"), headers=JSON)
    assert answer.status_code == 422
    assert "Ta bort tallet, og beskriv situasjonen uten å si hvem det gjelder." in answer.json()["message"]
    assert BORN_1986 not in answer.content.decode()
    assert not Reflection.objects.exists()


def test_form_saves_and_leads_back(learner_client: Client, learner: User, lesson) -> None:
    answer = learner_client.post(url_of(lesson), fields(learner, "Hei.", next=page_path(lesson)))
    assert answer.status_code == 302
    assert answer["Location"] == f"{page_path(lesson)}#b-{ids(lesson)[0]}"
    page = learner_client.get(page_path(lesson)).content.decode()
    assert "Hei.</textarea>" in page
    assert "Notatet er lagret." in page


def test_form_that_is_refused_has_the_text_still(learner_client: Client, learner: User, lesson) -> None:
    answer = learner_client.post(url_of(lesson), fields(learner, f"Nr. {BORN_1986}", next=page_path(lesson)))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f"Nr. {BORN_1986}</textarea>" in page
    assert "Teksten inneholder et fødselsnummer («15•••••••••»)." in page
    assert "Hva vil du gjøre annerledes?" in page
    assert not Reflection.objects.exists()


def test_form_that_comes_late_shows_both_texts_and_lets_one_choose(
    learner_client: Client, learner: User, lesson
) -> None:
    save(learner, lesson, "Fra telefonen.")
    answer = learner_client.post(url_of(lesson), fields(learner, "Fra PC-en.", next=page_path(lesson)))
    page = answer.content.decode()
    version = Reflection.objects.get().version
    assert answer.status_code == 409
    assert "<p>Fra telefonen.</p>" in page
    assert "Fra PC-en.</textarea>" in page
    assert f'name="version" value="{version}"' in page
    assert 'value="Fra telefonen.\n\nFra PC-en."' in page
    both = learner_client.post(url_of(lesson), fields(learner, "Fra telefonen.\n\nFra PC-en.", version))
    assert both.status_code == 302
    assert Reflection.objects.get().text == "Fra telefonen.\n\nFra PC-en."


def test_form_emptied_leads_to_the_question_whether_to_delete(learner_client: Client, learner: User, lesson) -> None:
    note = save(learner, lesson)
    answer = learner_client.post(url_of(lesson), fields(learner, "", note.version))
    assert answer["Location"] == reverse("learning:delete-reflection", args=[note.block_id])
    assert "Jeg vil lytte." in learner_client.get(answer["Location"]).content.decode()


def test_signed_out_writer_gets_the_text_back(client: Client, learner: User, lesson) -> None:
    answer = client.post(url_of(lesson), fields(learner, "Ikke mist dette."))
    assert answer.status_code == 401
    assert "Ikke mist dette.</textarea>" in answer.content.decode()
    told = client.post(url_of(lesson), fields(learner, "Ikke mist dette.", next=page_path(lesson)), headers=JSON)
    assert told.status_code == 401
    assert told.json()["login_url"] == f"/konto/login/?next={page_path(lesson).replace('/', '%2F')}"
    assert not Reflection.objects.exists()


def test_text_written_by_one_is_never_saved_on_another(learner_client: Client, lesson) -> None:
    """Two people share a PC, and the page of the one is still open when the other has signed in."""
    first = factories.UserFactory.create()
    answer = learner_client.post(url_of(lesson), fields(first, "Førstes tanke."), headers=JSON)
    assert answer.status_code == 401
    assert learner_client.get(url_of(lesson), headers={**JSON, "X-Account": notes_key(first)}).status_code == 401
    assert not Reflection.objects.exists()


def test_unknown_question_is_not_found(learner_client: Client, learner: User, lesson) -> None:
    address = reverse("learning:reflection", args=[lesson.translation_key, uuid.uuid4()])
    assert learner_client.post(address, fields(learner, "Hei.")).status_code == 404


def test_note_needs_the_form_token(learner: User, lesson) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(learner)
    assert client.post(url_of(lesson), fields(learner, "Hei.")).status_code == 403


def test_a_save_costs_what_it_costs(learner_client: Client, learner: User, lesson) -> None:
    note = save(learner, lesson)
    with CaptureQueriesContext(connection) as captured:
        answer = learner_client.post(url_of(lesson), fields(learner, "Mer.", note.version), headers=JSON)
    assert answer.status_code == 200
    assert len(captured) == 12


# --- «Min læringssti» -----------------------------------------------------------------------------------


@pytest.fixture
def gathered(learner: User, home) -> dict[str, Any]:
    """Two chapters of a path, a course of its own, a question that went, and a lesson that went; written backwards."""
    gone_question = uuid.uuid4()
    first = factories.CoursePageFactory.create(title="Fleksibilitet")
    second = factories.CoursePageFactory.create(title="Recovery")
    alone = factories.CoursePageFactory.create(title="Jus")
    path = factories.LearningPathPageFactory.create(title="Grunnopplæring", courses=[second, first])
    lessons = {
        "a": make_lesson(asks("A1"), asks("A2"), asks("A3", gone_question), course=first, title="Leksjon A"),
        "b": make_lesson(asks("B1"), course=first, title="Leksjon B"),
        "c": make_lesson(asks("C1"), course=second, title="Leksjon C"),
        "d": make_lesson(asks("D1"), course=alone, title="Leksjon D"),
        "e": make_lesson(asks("E1"), course=alone, title="Leksjon E"),
    }
    for key, place in (("e", 0), ("d", 0), ("b", 0), ("a", 2), ("a", 1), ("a", 0), ("c", 0)):
        way = {"path_key": path.translation_key} if key in "abc" else {}
        save(learner, lessons[key], f"Notat {key}{place + 1}.", place=place, **way)
    stays = [child for child in lessons["a"].body.get_prep_value() if child["id"] != str(gone_question)]
    lessons["a"] = publish(lessons["a"], *reversed(stays))
    lessons["e"].delete()
    return {"path": path, "first": first, "alone": alone, **lessons}


def test_notes_are_gathered_in_reading_order(learner_client: Client, gathered: dict[str, Any]) -> None:
    page = learner_client.get(reverse("learning:reflections")).content.decode()
    expected = [
        "Grunnopplæring</a>",
        "Recovery</h3>",
        "Leksjon C</a>",
        "Notat c1.",
        "Fleksibilitet</h3>",
        "Leksjon A</a>",
        "Notat a2.",  # the author has turned the first two about
        "Notat a1.",
        "Notat a3.",  # its question is gone
        "Leksjon B</a>",
        "Notat b1.",
        "Kurs for seg selv",
        "Jus</h3>",
        "Leksjon D</a>",
        "Notat d1.",
        "Leksjoner som ikke finnes lenger",
        "Leksjon E",
        "Notat e1.",
    ]
    places = [page.index(words) for words in expected]
    assert places == sorted(places)
    assert [page.count(words) for words in expected] == [1] * len(expected)
    for prompt in ("A1", "A2", "A3", "B1", "C1", "D1", "E1"):
        assert f">{prompt}</p>" in page
    base = page_path(gathered["path"])
    assert f'href="{base}{gathered["first"].slug}/{gathered["a"].slug}/"' in page
    assert f'href="{page_path(gathered["d"])}"' in page


def test_page_of_notes_is_ones_own(learner_client: Client, gathered: dict[str, Any]) -> None:
    other = Client()
    other.force_login(factories.UserFactory.create())
    for name in ("reflections", "reflections-docx"):
        assert Client().get(reverse(f"learning:{name}")).status_code == 302
    assert "Du har ingen notater ennå." in other.get(reverse("learning:reflections")).content.decode()
    document = Document(io.BytesIO(other.get(reverse("learning:reflections-docx")).content))
    assert [paragraph.text for paragraph in document.paragraphs if paragraph.text.startswith("Notat ")] == []
    note = Reflection.objects.first()
    for name in ("edit-reflection", "delete-reflection"):
        address = reverse(f"learning:{name}", args=[note.block_id])
        assert other.get(address).status_code == 404
        assert Client().get(address).status_code == 302
    assert other.post(reverse("learning:delete-reflection", args=[note.block_id])).status_code == 404
    assert Reflection.objects.count() == 7


def test_note_is_deleted_when_that_is_confirmed(learner_client: Client, learner: User, lesson) -> None:
    note = save(learner, lesson)
    address = reverse("learning:delete-reflection", args=[note.block_id])
    assert "Slett notatet?" in learner_client.get(address).content.decode()
    assert Reflection.objects.count() == 1
    late = learner_client.post(address, {"version": "0"})
    assert late.status_code == 409
    assert "Notatet er endret siden du åpnet siden." in late.content.decode()
    assert learner_client.post(address, {"version": str(note.version)})["Location"] == reverse("learning:reflections")
    assert not Reflection.objects.exists()


def test_note_is_edited_on_a_page_of_its_own(learner_client: Client, gathered: dict[str, Any]) -> None:
    note = Reflection.objects.get(prompt="E1")
    page = learner_client.get(reverse("learning:edit-reflection", args=[note.block_id])).content.decode()
    assert "Notat e1.</textarea>" in page
    assert f'action="{reverse("learning:reflection", args=[note.lesson_key, note.block_id])}"' in page


@pytest.mark.parametrize("count", [1, 30])
def test_page_of_notes_costs_the_same_for_few_and_many(learner_client: Client, learner: User, home, count: int) -> None:
    course = factories.CoursePageFactory.create()
    path = factories.LearningPathPageFactory.create(courses=[course])
    for number in range(count):
        made = make_lesson(asks(f"Spørsmål {number}"), course=course)
        save(learner, made, f"Notat {number}.", path_key=path.translation_key)
    address = reverse("learning:reflections")
    learner_client.get(address)
    with CaptureQueriesContext(connection) as captured:
        page = learner_client.get(address).content.decode()
    assert page.count("Notat ") == count
    assert len(captured) == 10


def test_no_notes_yet(learner_client: Client, learner: User, home) -> None:
    page = learner_client.get(reverse("learning:reflections")).content.decode()
    assert "Du har ingen notater ennå." in page
    assert reverse("learning:reflections-docx") not in page


def test_word_document_has_headings_and_says_its_language(
    learner_client: Client, learner: User, gathered: dict[str, Any]
) -> None:
    answer = learner_client.get(reverse("learning:reflections-docx"))
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert answer["Content-Disposition"].startswith('attachment; filename="min-laeringssti-20')
    document = Document(io.BytesIO(answer.content))
    headings = [
        (paragraph.style.name, paragraph.text)
        for paragraph in document.paragraphs
        if paragraph.style.name.startswith("Heading")
    ]
    assert headings == [
        ("Heading 1", "Min læringssti"),
        ("Heading 2", "Grunnopplæring"),
        ("Heading 3", "Recovery"),
        ("Heading 4", "Leksjon C"),
        ("Heading 3", "Fleksibilitet"),
        ("Heading 4", "Leksjon A"),
        ("Heading 4", "Leksjon B"),
        ("Heading 2", "Kurs for seg selv"),
        ("Heading 3", "Jus"),
        ("Heading 4", "Leksjon D"),
        ("Heading 2", "Leksjoner som ikke finnes lenger"),
        ("Heading 3", "Leksjon E"),
    ]
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert [text for text in texts if text.startswith("Notat")] == [
        "Notat c1.",
        "Notat a2.",
        "Notat a1.",
        "Notat a3.",
        "Notat b1.",
        "Notat d1.",
        "Notat e1.",
    ]
    assert "" not in texts
    properties = document.core_properties
    assert (properties.title, properties.language, properties.author) == ("Min læringssti", "nb-NO", str(learner))
    assert properties.comments == ""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        styles = archive.read("word/styles.xml").decode()
    assert '<w:lang w:val="nb-NO"' in styles
    assert 'w:val="en-US"' not in styles


def test_word_document_in_english_marks_norwegian_titles(
    learner_client: Client, learner: User, gathered: dict[str, Any]
) -> None:
    answer = learner_client.get(f"/en{reverse('learning:reflections-docx')}")
    document = Document(io.BytesIO(answer.content))
    heading = next(paragraph for paragraph in document.paragraphs if paragraph.text == "Leksjon C")
    assert document.core_properties.language == "en-GB"
    assert 'w:lang w:val="nb-NO"' in heading.runs[0]._element.xml
