"""What pages say of a learner's progress: before and after a tick, for them and for nobody else."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup, Tag
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.models import ChangeKind, CoursePage, LessonPage
from courses.urls_of import page_path
from learning.actions import complete_lesson, open_lesson, start_again
from learning.models import FilmProgress, LearningPathPage, LessonCompletion, PathAssignment, SubjectKind
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(home: Any) -> LearningPathPage:
    """Two chapters: three lessons, of which one is optional, and one."""
    first, second = (factories.CoursePageFactory.create(title=title) for title in ("Fleksibilitet", "Recovery"))
    for title, is_required in (("Introduksjon", True), ("Tavla", True), ("Ekstra", False)):
        factories.LessonPageFactory.create(parent=first, title=title, is_required=is_required, published=True)
    factories.LessonPageFactory.create(parent=second, title="Håp", published=True)
    return factories.LearningPathPageFactory.create(title="Grunnopplæring: FACT", slug="fact", courses=[first, second])


def lesson(title: str) -> LessonPage:
    return LessonPage.objects.get(title=title, locale__language_code="nb")


def address(title: str) -> str:
    """Where the lesson is read inside the path."""
    page = lesson(title)
    return f"/laer/fact/{page.get_parent().slug}/{page.slug}/"


def tick(learner: User, *titles: str) -> None:
    path_key = LearningPathPage.objects.get(slug="fact").translation_key
    for title in titles:
        complete_lesson(learner=learner, lesson_key=lesson(title).translation_key, path_key=path_key)


def change(title: str, *, kind: str, note: str) -> None:
    page = lesson(title)
    page.change_kind, page.change_note = kind, note
    page.save_revision().publish()


def tree(client: Client, url: str) -> BeautifulSoup:
    response = client.get(url)
    assert response.status_code == 200, url
    return BeautifulSoup(response.content, "html.parser")


def words(tag: Any) -> str:
    """What is read aloud, with single spaces."""
    for hidden in tag.select("[aria-hidden=true]"):
        hidden.extract()
    return re.sub(r" +([,.:])", r"\1", " ".join(unescape(tag.get_text(" ")).split()))


def ticks(page: Tag) -> dict[str, str]:
    """What is said of each lesson beside its name."""
    return {
        each.find_parent("a").select_one(".lesson-title").get_text(): words(each).removeprefix(", ")
        for each in page.select("[data-tick]")
    }


def progress_line(page: Tag) -> str:
    found = page.select_one(".progress [data-progress-text]")
    return words(found) if found else ""


def test_side_bar_before_and_after_a_tick(path: LearningPathPage, learner: User, learner_client: Client) -> None:
    before = tree(learner_client, address("Introduksjon"))
    assert ticks(before) == {"Introduksjon": "", "Tavla": "", "Ekstra": ""}
    assert progress_line(before) == ""
    assert words(before.select_one(".path-nav-line")) == "2 kapitler · 4 leksjoner"
    tick(learner, "Introduksjon")
    after = tree(learner_client, address("Tavla"))
    assert ticks(after) == {"Introduksjon": "fullført", "Tavla": "", "Ekstra": ""}
    assert progress_line(after) == "33 % fullført · 1 av 3 leksjoner"
    bar = after.select_one(".progress progress")
    assert (bar["value"], bar["max"], bar["aria-label"]) == ("1", "3", "Framdrift")
    assert [words(chapter) for chapter in after.select("a.chapter-name")] == [
        "1 Fleksibilitet, 1 av 2 leksjoner fullført",
        "2 Recovery",
    ]


def test_formula_stands_in_words_where_keyboard_and_touch_reach_it(
    path: LearningPathPage, learner: User, learner_client: Client
) -> None:
    tick(learner, "Introduksjon")
    formula = tree(learner_client, "/laer/fact/").select_one("details.formula")
    assert words(formula.summary) == "Slik regner vi prosenten"
    assert words(formula.p).startswith("Leksjonene du har fullført, delt på leksjonene du skal ta, rundet ned.")


def test_path_page_before_under_way_and_after(path: LearningPathPage, learner: User, learner_client: Client) -> None:
    def shown() -> tuple[str, str, list[str]]:
        page = tree(learner_client, "/laer/fact/")
        chapters = [words(each) for each in page.select(".chapter-progress")]
        return words(page.select_one(".next-step")), page.select_one(".next-step")["href"], chapters

    assert shown() == ("Start: Introduksjon", address("Introduksjon"), ["", ""])
    tick(learner, "Introduksjon")
    assert shown() == ("Fortsett: Tavla", address("Tavla"), ["1 av 2 leksjoner fullført", ""])
    tick(learner, "Tavla")
    assert shown() == ("Fortsett: Ekstra", address("Ekstra"), ["Fullført", ""])
    tick(learner, "Håp")
    assert shown() == ("Se igjen: Introduksjon", address("Introduksjon"), ["Fullført", "Fullført"])
    assert progress_line(tree(learner_client, "/laer/fact/")) == "100 % fullført · 3 av 3 leksjoner"


def test_continue_is_the_lesson_that_was_left_with_its_place_in_the_film(
    path: LearningPathPage, learner: User, learner_client: Client
) -> None:
    key = lesson("Håp").translation_key
    open_lesson(learner=learner, lesson_key=key, path_key=path.translation_key)
    FilmProgress.objects.create(
        learner=learner, lesson_key=key, block_id=uuid4(), film_key=uuid4(), duration=502, position=8
    )
    page = tree(learner_client, "/laer/fact/")
    assert words(page.select_one(".page-actions")) == "Fortsett: Håp Filmen: 0:08 / 8:22"
    assert page.select_one(".next-step")["href"] == address("Håp")
    tick(learner, "Håp")  # the last in reading order: what is left comes before it
    assert words(tree(learner_client, "/laer/fact/").select_one(".page-actions")) == "Fortsett: Introduksjon"


def test_continue_is_in_the_language_that_is_read(
    path: LearningPathPage, learner: User, learner_client: Client
) -> None:
    tick(learner, "Introduksjon")
    page = tree(learner_client, "/da/laer/fact/")
    assert page.select_one(".next-step")["href"] == f"/da{address('Tavla')}"
    assert page.select_one(".next-step [lang=nb]").get_text() == "Tavla"
    assert ticks(tree(learner_client, f"/da{address('Tavla')}")).keys() == {"Introduksjon", "Tavla", "Ekstra"}


def test_course_page_and_cards(path: LearningPathPage, learner: User, learner_client: Client) -> None:
    course = factories.CoursePageFactory.create(title="Hjemmebesøk", kind=CoursePage.Kind.SHORT_COURSE)
    for title in ("Før", "Etter"):
        factories.LessonPageFactory.create(parent=course, title=title, published=True)
    card = tree(learner_client, "/laer/").select_one(".course-card:has(.percent)")
    assert words(card.select_one(".percent")) == ""
    complete_lesson(learner=learner, lesson_key=lesson("Før").translation_key)
    page = tree(learner_client, page_path(course))
    assert words(page.select_one(".next-step")) == "Fortsett: Etter"
    assert ticks(page) == {"Før": "fullført", "Etter": ""}
    learn = tree(learner_client, "/laer/")
    assert words(learn.select_one(".course-card .percent")) == "50 % fullført · 1 av 2 leksjoner"
    assert words(learn.select_one(".path-card .next-step")) == "Start: Introduksjon"


def test_new_content_is_told_until_it_is_read(path: LearningPathPage, learner: User, learner_client: Client) -> None:
    tick(learner, "Introduksjon", "Tavla")
    change("Introduksjon", kind=ChangeKind.CORRECTION, note="En skrivefeil")
    assert ticks(tree(learner_client, address("Tavla")))["Introduksjon"] == "fullført"
    change("Introduksjon", kind=ChangeKind.NEW_CONTENT, note="Ny film om hjemmebesøk")
    page = tree(learner_client, address("Introduksjon"))
    assert ticks(page)["Introduksjon"] == "fullført, nytt siden du fullførte"
    assert words(page.select_one(".lesson-header .lesson-news")) == "Nytt siden du fullførte: Ny film om hjemmebesøk"
    mine = tree(learner_client, "/min-side/")
    assert words(mine.select_one("section[aria-labelledby=news-title]")) == (
        "Nytt siden du fullførte Introduksjon Ny film om hjemmebesøk"
    )
    assert progress_line(page) == "66 % fullført · 2 av 3 leksjoner"
    form = page.select_one(".lesson-nav form.lesson-nav-next")
    assert words(form.button) == "Jeg har lest det nye: Tavla"
    response = learner_client.post(form["action"], {"next": form.find("input", {"name": "next"})["value"]})
    assert response["Location"] == address("Tavla")
    assert ticks(tree(learner_client, address("Tavla")))["Introduksjon"] == "fullført"
    assert tree(learner_client, "/min-side/").select_one("section[aria-labelledby=news-title]") is None


def test_what_must_be_redone_is_asked_for_and_takes_nothing_away(
    path: LearningPathPage, learner: User, learner_client: Client
) -> None:
    tick(learner, "Introduksjon", "Tavla", "Håp")
    change("Tavla", kind=ChangeKind.MUST_REDO, note="Reglene er nye")
    page = tree(learner_client, address("Tavla"))
    assert ticks(page)["Tavla"] == "må tas på nytt"
    assert words(page.select_one(".lesson-header .lesson-news")) == "Må tas på nytt: Reglene er nye"
    assert words(page.select_one("[data-lesson-status]")) == (
        "Leksjonen er endret siden du fullførte den, og må tas på nytt."
    )
    assert words(page.select_one("form[data-complete] button")) == "Fullfør på nytt og gå videre: Ekstra"
    assert progress_line(page) == "100 % fullført · 3 av 3 leksjoner"
    assert "Tavla Reglene er nye" in words(tree(learner_client, "/min-side/").select_one("#redo-title").parent)
    tick(learner, "Tavla")
    assert ticks(tree(learner_client, address("Tavla")))["Tavla"] == "fullført"


def test_a_renewed_attempt_begins_with_no_ticks(path: LearningPathPage, learner: User, learner_client: Client) -> None:
    tick(learner, "Introduksjon", "Tavla", "Håp")
    start_again(learner=learner, kind=SubjectKind.PATH, subject_key=path.translation_key)
    page = tree(learner_client, address("Tavla"))
    assert ticks(page) == {"Introduksjon": "", "Tavla": "", "Ekstra": ""}
    assert progress_line(page) == "0 % fullført · 0 av 3 leksjoner"
    tick(learner, "Tavla")
    page = tree(learner_client, address("Tavla"))
    assert ticks(page) == {"Introduksjon": "", "Tavla": "fullført", "Ekstra": ""}
    assert words(page.select_one("a.chapter-name")) == "1 Fleksibilitet, 1 av 2 leksjoner fullført"


def test_nobody_sees_anothers_progress_on_the_same_kept_page(path: LearningPathPage, learner: User) -> None:
    """Two learners in turn, and the first signed out: three readers of one kept page."""
    tick(learner, "Introduksjon")
    first, second = Client(), Client()
    first.force_login(learner)
    second.force_login(factories.UserFactory.create())
    url = address("Tavla")
    nothing = {"Introduksjon": "", "Tavla": "", "Ekstra": ""}
    assert ticks(tree(first, url)) == nothing | {"Introduksjon": "fullført"}
    assert ticks(tree(second, url)) == nothing
    assert progress_line(tree(second, url)) == ""
    assert ticks(tree(first, url)) == nothing | {"Introduksjon": "fullført"}
    first.logout()
    signed_out = tree(first, url)
    assert ticks(signed_out) == nothing
    assert "% fullført" not in words(signed_out)
    assert signed_out.find("meta", {"name": "flett-learner"})["content"] == "anonymous"


def test_scripts_are_told_who_reads(path: LearningPathPage, learner_client: Client) -> None:
    def told(client: Client, url: str) -> dict[str, str]:
        return {meta["name"]: meta["content"] for meta in tree(client, url).select("meta[name^=flett-]")}

    anonymous = Client()
    assert told(anonymous, address("Tavla")) == {
        "flett-learner": "anonymous",
        "flett-csrf": "",
        "flett-events": "/laering/hendelser/",
        "flett-device": "",
    }
    assert not anonymous.cookies
    known = told(learner_client, f"/en{address('Tavla')}")
    assert (known["flett-learner"], known["flett-events"]) == ("signed-in", "/en/laering/hendelser/")
    assert len(known["flett-csrf"]) == 64
    article = tree(learner_client, address("Tavla")).article
    assert (article["data-lesson"], article["data-path"]) == (
        str(lesson("Tavla").translation_key),
        str(path.translation_key),
    )


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (-20, "Foreslått frist var {day} Det går fint å ta den nå"),
        (0, "Foreslått frist {day} i dag"),
        (1, "Foreslått frist {day} om 1 dag"),
        (14, "Foreslått frist {day} om 14 dager"),
        (15, "Foreslått frist {day}"),
    ],
)
def test_deadline_is_said_in_words(
    path: LearningPathPage, learner: User, learner_client: Client, days: int, said: str
) -> None:
    due = timezone.localdate() + timedelta(days=days)
    PathAssignment.objects.create(person=learner, path_key=path.translation_key, due_on=due)
    months = [
        "januar",
        "februar",
        "mars",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "desember",
    ]
    day = f"{due.day}. {months[due.month - 1]} {due.year}"
    assert words(tree(learner_client, "/min-side/").select_one(".due")) == said.format(day=day)


def test_my_page_has_one_primary_button_and_it_is_the_next_step(
    path: LearningPathPage, learner: User, learner_client: Client
) -> None:
    course = factories.CoursePageFactory.create(title="Hjemmebesøk", kind=CoursePage.Kind.SHORT_COURSE)
    for title in ("Før", "Etter"):
        factories.LessonPageFactory.create(parent=course, title=title, published=True)
    complete_lesson(learner=learner, lesson_key=lesson("Før").translation_key)
    tick(learner, "Introduksjon")
    page = tree(learner_client, "/min-side/")
    primary = [each for each in page.select("main .ds-button") if each.get("data-variant") != "secondary"]
    assert [words(each) for each in primary] == ["Fortsett: Tavla"]
    assert words(page.select_one(".next-card")) == (
        "Fortsett der du slapp Grunnopplæring: FACT 33 % fullført · 1 av 3 leksjoner Fortsett: Tavla"
    )
    assert words(page.select_one(".my-subject")) == "Hjemmebesøk 50 % fullført · 1 av 2 leksjoner Fortsett: Etter"
    tick(learner, "Tavla", "Håp")
    complete_lesson(learner=learner, lesson_key=lesson("Etter").translation_key)
    done = tree(learner_client, "/min-side/")
    titles = [words(each) for each in done.select("section[aria-labelledby=completed-title] .row-title")]
    assert titles == ["Hjemmebesøk", "Grunnopplæring: FACT"]
    assert "Du har fullført alt du har begynt på." in words(done.select_one(".empty"))


def test_my_page_follows_a_tick_and_a_deadline_at_once(
    path: LearningPathPage, learner: User, learner_client: Client
) -> None:
    """It is kept between them."""
    tick(learner, "Introduksjon")
    learner_client.get("/min-side/")
    with CaptureQueriesContext(connection) as captured:
        learner_client.get("/min-side/")
    assert not [query for query in captured if "learning_pathstep" in query["sql"]]
    tick(learner, "Tavla")
    assert "66 % fullført" in words(tree(learner_client, "/min-side/"))
    PathAssignment.objects.create(person=learner, path_key=path.translation_key, due_on=timezone.localdate())
    assert "i dag" in words(tree(learner_client, "/min-side/"))


def test_lesson_of_a_film_says_what_is_left(path: LearningPathPage, learner: User, learner_client: Client) -> None:
    film = factories.MediaFactory.create(duration=31)
    page = lesson("Tavla")
    page.completion = LessonPage.Completion.FILM
    page.body = factories.make_body(("film", {"film": film.pk, "title": "En dag", "intro": "", "name_plate": {}}))
    page.save_revision().publish()
    nav = tree(learner_client, address("Tavla")).select_one(".lesson-nav")
    assert words(nav.select_one("[data-lesson-status]")) == (
        "Leksjonen fullføres når du har sett minst 90 % av filmen. Du kan gå videre og komme tilbake."
    )
    assert nav.select_one("form[data-complete]") is None
    assert words(nav.select_one("a[rel=next]")) == "Neste leksjon: Ekstra"
    form = nav.select_one("form[data-transcript]")
    assert words(form.button) == "Jeg har lest filmen som tekst"
    learner_client.post(form["action"], {each["name"]: each["value"] for each in form.select("input")})
    assert LessonCompletion.objects.get().how == LessonCompletion.How.TRANSCRIPT
    assert ticks(tree(learner_client, address("Tavla")))["Tavla"] == "fullført"
    anonymous = tree(Client(), address("Tavla"))
    assert anonymous.select_one("form[data-transcript]") is None


def test_lesson_of_questions_says_what_is_left(path: LearningPathPage, learner_client: Client) -> None:
    LessonPage.objects.filter(title="Tavla").update(completion=LessonPage.Completion.QUIZ, pass_percent=75)
    nav = tree(learner_client, address("Tavla")).select_one(".lesson-nav")
    assert words(nav.select_one("[data-lesson-status]")) == (
        "Leksjonen fullføres når du har minst 75 % riktig på spørsmålene. Du kan gå videre og komme tilbake."
    )
    assert nav.select_one("form") is None


def test_state_that_is_kept_is_never_older_than_its_stamp(
    path: LearningPathPage, learner: User, learner_client: Client
) -> None:
    """Kept once for many pages; a tick makes a new key, and the old one is not read again."""
    tick(learner, "Introduksjon")
    learner_client.get(address("Tavla"))
    with CaptureQueriesContext(connection) as captured:
        learner_client.get(address("Introduksjon"))
        learner_client.get(address("Introduksjon"))
    assert len([query for query in captured if "UNION" in query["sql"]]) == 0
    tick(learner, "Tavla")
    with CaptureQueriesContext(connection) as captured:
        page = tree(learner_client, address("Introduksjon"))
    assert len([query for query in captured if "UNION" in query["sql"]]) == 1
    assert ticks(page)["Tavla"] == "fullført"
    caches["learners"].clear()
    assert ticks(tree(learner_client, address("Introduksjon")))["Tavla"] == "fullført"
