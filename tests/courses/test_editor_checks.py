"""What authors are told before they publish: at the field, in the panel, and when they publish anyway."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from wagtail.models import Page

from courses.editor_checks import check_lesson, publishing_errors
from courses.models import CoursePage, GlossaryTerm, LessonPage
from courses.urls_of import page_path
from tests import factories
from tests.courses.editing import form_of, publish, save, stream_errors

RIGHT = {"text": "Samme team", "correct": True, "explanation": "Ja."}
WRONG = {"text": "Et nytt team", "correct": False, "explanation": "Nei."}


def question(*answers: dict[str, Any]) -> dict[str, Any]:
    return {"question": "Hva er fleksibilitet?", "answers": list(answers), "explanation": ""}


def step(key: str, goes_to: str = "") -> dict[str, Any]:
    choice = {"text": "Vent", "feedback": "<p>Ja.</p>", "quality": "good", "next": goes_to}
    return {"key": key, "situation": "<p>Nå.</p>", "question": "Hva gjør du?", "choices": [choice, choice]}


def case(*steps: dict[str, Any]) -> dict[str, Any]:
    return {"title": "Fredag", "person": "<p>Tormod</p>", "steps": list(steps), "closing": ""}


@pytest.fixture
def course(db: None) -> CoursePage:
    return factories.CoursePageFactory.create()


def make_lesson(course: CoursePage, *blocks: tuple[str, Any], **fields: Any) -> LessonPage:
    return factories.LessonPageFactory.create(parent=course, body=factories.make_body(*blocks), **fields)


def told(lesson: LessonPage) -> list[tuple[str, str, bool]]:
    return [(warning.code, warning.message, warning.is_blocking) for warning in check_lesson(lesson)]


def test_a_good_lesson_has_nothing_to_mend(course: CoursePage) -> None:
    lesson = make_lesson(
        course,
        ("text", "<h2>Ett team</h2><h3>Én plan</h3><p>Les <a href='https://helsedirektoratet.no/'>mer</a>.</p>"),
        ("image", {"image": factories.ImageFactory.create().pk, "alt": "Tavla en mandag", "caption": "", "source": ""}),
        ("film", {"film": factories.MediaFactory.create().pk, "title": "Teamleder", "intro": "", "name_plate": {}}),
        ("quiz_single", question(RIGHT, WRONG)),
        ("case", case(step("start", "kveld"), step("kveld"))),
        completion="quiz",
    )
    assert told(lesson) == []


def test_an_empty_lesson_says_so(course: CoursePage) -> None:
    assert told(make_lesson(course)) == [("empty", "Leksjonen har ikke noe innhold ennå.", False)]


@pytest.mark.parametrize(
    ("block", "code", "message"),
    [
        (
            ("quiz_single", question(WRONG, WRONG)),
            "quiz_without_right_answer",
            "Spørsmålet «Hva er fleksibilitet?» mangler riktig svar, eller noe i svarene mangler.",
        ),
        (
            ("quiz_single", question(RIGHT, RIGHT)),
            "quiz_without_right_answer",
            "Spørsmålet «Hva er fleksibilitet?» mangler riktig svar, eller noe i svarene mangler.",
        ),
        (
            ("quiz_multiple", question(WRONG, WRONG)),
            "quiz_without_right_answer",
            "Spørsmålet «Hva er fleksibilitet?» mangler riktig svar, eller noe i svarene mangler.",
        ),
        (
            ("case", case(step("start"), step("start"))),
            "case_broken",
            "I saken «Fredag» mangler noe, eller et valg går videre til et trinn som ikke finnes.",
        ),
        (
            ("case", case(step("start", "borte"))),
            "case_broken",
            "I saken «Fredag» mangler noe, eller et valg går videre til et trinn som ikke finnes.",
        ),
        (("key_message", {"text": ""}), "block_invalid", "Noe mangler eller er feil i blokken «Hovedbudskap»."),
    ],
)
def test_what_stops_publication(course: CoursePage, block: tuple[str, Any], code: str, message: str) -> None:
    assert told(make_lesson(course, block)) == [(code, message, True)]


def test_a_picture_without_description_stops_publication(course: CoursePage) -> None:
    picture = {"image": factories.ImageFactory.create().pk, "alt": " ", "caption": "", "source": ""}
    lesson = make_lesson(course, ("image", picture))
    assert told(lesson) == [("alt_missing", "Bildet mangler beskrivelse for dem som ikke ser det.", True)]
    assert publishing_errors(lesson)[0].anchor == f"#block-{lesson.body[0].id}-section"


def test_a_film_without_captions_or_transcript_is_pointed_out(course: CoursePage) -> None:
    film = factories.MediaFactory.create(captions_nb="", transcript=" ")
    block = ("film", {"film": film.pk, "title": "Teamleder", "intro": "", "name_plate": {}})
    assert told(make_lesson(course, block, completion="film")) == [
        ("captions_missing", "Filmen «Rollefilm: teamleder» mangler teksting på leksjonens språk.", False),
        ("transcript_missing", "Filmen «Rollefilm: teamleder» mangler utskrift.", False),
    ]


def test_captions_must_be_in_the_lessons_own_language(course: CoursePage) -> None:
    film = factories.MediaFactory.create()
    block = ("film", {"film": film.pk, "title": "Teamleder", "intro": "", "name_plate": {}})
    lesson = make_lesson(course, block, locale=factories.make_locale("da"))
    assert [warning.code for warning in check_lesson(lesson)] == ["captions_missing"]


@pytest.mark.parametrize(
    ("texts", "messages"),
    [
        (["<h2>En</h2><h3>To</h3><h4>Tre</h4><h2>Fire</h2>"], []),
        (
            ["<h3>For dypt</h3>"],
            ["Overskriften «For dypt» er på nivå 3 rett etter nivå 1. Bruk nivå 2."],
        ),
        (
            ["<h2>En</h2>", "<h4>For dypt</h4>"],
            ["Overskriften «For dypt» er på nivå 4 rett etter nivå 2. Bruk nivå 3."],
        ),
        (["<h2></h2><p>Tekst</p>"], ["En overskrift er tom."]),
        (
            ["<h1>Tittel</h1>"],
            ["Overskriften «Tittel» er på nivå 1 rett etter nivå 1. Bruk nivå 2."],
        ),
        (["<h2>En <b>fet</b></h2><h4>Nå</h4>"], ["Overskriften «Nå» er på nivå 4 rett etter nivå 2. Bruk nivå 3."]),
    ],
)
def test_heading_order(course: CoursePage, texts: list[str], messages: list[str]) -> None:
    lesson = make_lesson(course, *(("text", text) for text in texts))
    assert [warning.message for warning in check_lesson(lesson)] == messages


def test_a_boxs_own_heading_counts(course: CoursePage) -> None:
    box = ("fact_box", {"title": "Kort om tavla", "text": "<p>Hei</p>"})
    after_box = make_lesson(course, ("text", "<h2>En</h2><h3>To</h3>"), box, ("text", "<h4>Tre</h4>"))
    assert [warning.code for warning in check_lesson(after_box)] == ["heading_order"]
    assert told(make_lesson(course, box, ("text", "<h3>To</h3>"))) == []


def test_a_heading_inside_a_box_is_pointed_out(course: CoursePage) -> None:
    nested = {"title": "Spørsmål", "items": [{"title": "Hva?", "text": "<h3>Inni</h3><p>Hei</p>"}]}
    assert told(make_lesson(course, ("accordion", nested))) == [
        (
            "heading_nested",
            "«Inni» er en overskrift inne i en boks. Gjør den til vanlig tekst eller fet skrift.",
            False,
        )
    ]


@pytest.mark.parametrize(
    ("href", "works"),
    [
        ("https://lovdata.no/lov/1999-07-02-63/§3-1", True),
        ("http://fhi.no", True),
        ("mailto:post@example.org", True),
        ("tel:+4712345678", True),
        ("#kilder", True),
        ("", False),
        ("#", False),
        ("htp://fhi.no", False),
        ("www.fhi.no", False),
        ("https://", False),
        ("https:///lov", False),
        ("https://lokal", False),
        ("https://fhi .no", False),
        ("http://[::1", False),
        ("javascript:alert(1)", False),
        ("mailto:", False),
    ],
)
def test_external_links(course: CoursePage, href: str, works: bool) -> None:
    lesson = make_lesson(course, ("text", f'<p><a href="{href}">Kilde</a></p>'))
    message = f"Lenken «Kilde» har en adresse som ikke virker: {href or '–'}"
    assert told(lesson) == ([] if works else [("dead_link", message, False)])


@pytest.mark.parametrize(
    ("href", "works"),
    [
        ("/", True),
        ("/da/", True),
        ("/laer/kurs/fleksibilitet/", True),
        ("/laer/kurs/fleksibilitet", True),
        ("/laer/kurs/fleksibilitet/?fra=leksjon#b-1", True),
        ("/laer/kurs/fleksibilitet/introduksjon/", True),
        ("/en/laer/kurs/fleksibilitet/introduksjon/", True),
        ("/laer/kurs/fleksibilitet/utkast/", False),
        ("/laer/kurs/fleksibilitet/finnes-ikke/", False),
        ("/laer/kurs/fleksibilitett/", False),
        ("/laer/grunnopplaering/", True),
        ("/laer/grunnopplaering/fleksibilitet/", True),
        ("/laer/grunnopplaering/fleksibilitet/introduksjon/", True),
        ("/laer/grunnopplaering/fleksibilitet/finnes-ikke/", False),
        ("/laer/grunnopplaering/fleksibilitet/introduksjon/mer/", False),
        ("/ordliste/", True),
        ("/ordliste/recovery/", True),
        ("/da/ordliste/recovery/", True),
        ("/ordliste/finnes-ikke/", False),
        ("/prinsipper/fact/fleksibilitet/", True),
        ("/prinsipper/fact/finnes-ikke/", False),
        ("/healthz", True),
        ("/media/images/tavle.png", True),
        ("/finnes/ikke.html", False),
    ],
)
def test_links_within_the_site(course: CoursePage, href: str, works: bool) -> None:
    course.slug = "fleksibilitet"
    course.save()
    lesson = factories.LessonPageFactory.create(parent=course, slug="introduksjon")
    factories.LessonPageFactory.create(parent=course, slug="utkast", live=False)
    factories.LearningPathPageFactory.create(slug="grunnopplaering", courses=[course])
    factories.PrincipleFactory.create(slug="fleksibilitet")
    GlossaryTerm.objects.create(slug="recovery", term="Recovery", definition="–", locale=factories.make_locale())
    lesson.body = factories.make_body(("text", f'<p><a href="{href}">Her</a></p>'))
    with translation.override("en"):  # an editor's own language changes nothing
        found = [warning.code for warning in check_lesson(lesson)]
    assert found == ([] if works else ["dead_link"])


def test_a_dead_link_within_the_site_is_told_with_its_address(course: CoursePage) -> None:
    lesson = make_lesson(course, ("text", '<p><a href="/laer/borte/">Les mer</a></p>'))
    message = "Lenken «Les mer» går til en side som ikke finnes eller ikke er publisert: /laer/borte/"
    assert told(lesson) == [("dead_link", message, False)]


@pytest.mark.parametrize("count", [3, 30])
def test_links_within_the_site_cost_the_same(course: CoursePage, count: int, django_assert_num_queries: Any) -> None:
    lessons = [factories.LessonPageFactory.create(parent=course) for _number in range(count)]
    links = "".join(f'<p><a href="{page_path(lesson)}">Her</a></p>' for lesson in lessons)
    lesson = LessonPage.objects.select_related("locale").get(pk=make_lesson(course, ("text", links)).pk)
    with django_assert_num_queries(3):
        assert check_lesson(lesson) == []


def test_links_to_pages_and_documents_that_are_gone(course: CoursePage) -> None:
    draft = factories.LessonPageFactory.create(parent=course, live=False)
    live = factories.LessonPageFactory.create(parent=course)
    document = factories.DocumentFactory.create()
    lesson = make_lesson(
        course,
        ("text", f'<p><a linktype="page" id="{draft.pk}">Utkast</a> <a linktype="page" id="{live.pk}">Her</a></p>'),
        ("fact_box", {"title": "Les", "text": '<p><a linktype="page" id="999999">Borte</a></p>'}),
        (
            "text",
            f'<p><a linktype="document" id="{document.pk}">Plan</a> <a linktype="document" id="999999">Mal</a></p>',
        ),
    )
    assert [warning.message for warning in check_lesson(lesson)] == [
        "Lenken «Utkast» går til en side som ikke er publisert.",
        "Lenken «Borte» går til en side som er slettet.",
        "Lenken «Mal» går til et dokument som er slettet.",
    ]
    assert check_lesson(lesson)[1].block_id == lesson.body[1].id


@pytest.mark.parametrize(
    ("completion", "code"),
    [("marked", []), ("quiz", ["completion_without_quiz"]), ("film", ["completion_without_film"])],
)
def test_a_lesson_nobody_could_complete(course: CoursePage, completion: str, code: list[str]) -> None:
    lesson = make_lesson(course, ("text", "<p>Hei</p>"), completion=completion)
    assert [warning.code for warning in check_lesson(lesson)] == code


def test_html_in_a_plain_field_is_pointed_out_but_not_a_comparison(course: CoursePage) -> None:
    html = make_lesson(course, ("key_message", {"text": "<b>Viktig</b>"}))
    assert told(html) == [
        ("html_in_text", "Feltet «Budskap» inneholder HTML-koder. De vises som de står.", False),
    ]
    assert told(make_lesson(course, ("key_message", {"text": "5 < 7 og 9 > 3"}))) == []


def test_html_in_a_plain_field_is_shown_as_written(course: CoursePage, client: Client) -> None:
    make_lesson(course, ("key_message", {"text": "<script>alert(1)</script>"}), slug="html")
    page = client.get(LessonPage.objects.get(slug="html").url).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_a_law_reference_nobody_has_checked_is_pointed_out(course: CoursePage) -> None:
    reference = factories.LegalReferenceFactory.create(checked_on="2020-01-01")
    lesson = make_lesson(course, ("law", {"reference": reference.pk, "note": ""}))
    assert told(lesson) == [
        (
            "law_overdue",
            "Lovhenvisningen Pasient- og brukerrettighetsloven § 3-1 er ikke kontrollert det siste halvåret.",
            False,
        )
    ]
    reference.checked_on = None
    reference.save()
    message = "Lovhenvisningen Pasient- og brukerrettighetsloven § 3-1 er ikke kontrollert av noen."
    assert told(LessonPage.objects.get(pk=lesson.pk)) == [("law_overdue", message, False)]


@pytest.mark.parametrize("count", [1, 30])
def test_checks_cost_the_same_whatever_the_number_of_links(
    course: CoursePage, count: int, django_assert_num_queries: Any
) -> None:
    texts = [("text", f'<p><a linktype="page" id="{number}">Lenke</a></p>') for number in range(1, count + 1)]
    lesson = LessonPage.objects.select_related("locale").get(pk=make_lesson(course, *texts).pk)
    with django_assert_num_queries(1):
        check_lesson(lesson)


# --- in the editor ------------------------------------------------------------------------------------


@pytest.fixture
def lesson(course: CoursePage) -> LessonPage:
    return make_lesson(course, ("text", "<h2>Ett team</h2><p>Hei</p>"), live=False)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("quiz_single", question(WRONG, WRONG), "Ett svar, og bare ett, må være riktig."),
        ("quiz_single", question(RIGHT, RIGHT), "Ett svar, og bare ett, må være riktig."),
        ("quiz_multiple", question(WRONG, WRONG), "Minst ett svar må være riktig."),
        ("case", case(step("start"), step("start")), "To trinn har samme nøkkel."),
        (
            "case",
            case(step("start", "borte")),
            "Valget «Vent» går videre til «borte», som ikke er et senere trinn.",
        ),
        ("key_message", {"text": "x" * 301}, "Sørg for at denne verdien har 300 eller færre tegn (den har nå 301)."),
    ],
)
def test_publishing_shows_the_message_at_the_block(
    administrator_client: Client, lesson: LessonPage, kind: str, value: Any, message: str
) -> None:
    fields = form_of(lesson, body=[(kind, value)])
    response = publish(administrator_client, lesson, fields)
    assert response.status_code == 200
    assert message in stream_errors(response)
    assert LessonPage.objects.get(pk=lesson.pk).live is False


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("quiz_single", question(WRONG, WRONG)),
        ("case", case(step("start", "borte"))),
        ("image", {"image": None, "alt": "", "caption": "", "source": ""}),
        ("key_message", {"text": ""}),
    ],
)
def test_a_draft_may_be_unfinished(administrator_client: Client, lesson: LessonPage, kind: str, value: Any) -> None:
    response = save(administrator_client, lesson, form_of(lesson, body=[(kind, value)]))
    edit_url = reverse("wagtailadmin_pages:edit", args=[lesson.pk])
    assert (response.status_code, response["Location"]) == (302, edit_url)
    draft = LessonPage.objects.get(pk=lesson.pk).get_latest_revision_as_object()
    assert [block.block_type for block in draft.body] == [kind]
    page = administrator_client.get(edit_url).content.decode()
    assert "Sjekk før publisering" in page
    assert "<strong>Må rettes:</strong>" in page
    assert f'href="#block-{draft.body[0].id}-section"' in page


def test_an_unfinished_draft_stays_a_draft_when_many_are_published(
    administrator_client: Client, course: CoursePage, lesson: LessonPage
) -> None:
    good = make_lesson(course, ("text", "<p>Hei</p>"), live=False)
    save(administrator_client, lesson, form_of(lesson, body=[("quiz_single", question(WRONG, WRONG))]))
    url = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={lesson.pk}&id={good.pk}"
    response = administrator_client.post(url, {"next": "/admin/"}, follow=True)
    assert "er ikke publisert. Spørsmålet «Hva er fleksibilitet?» mangler riktig svar" in response.content.decode()
    assert list(Page.objects.filter(pk__in=[lesson.pk, good.pk], live=True)) == []

    whole = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "publish"]) + f"?id={course.pk}"
    administrator_client.post(whole, {"include_descendants": "on"})
    assert list(Page.objects.filter(pk__in=[lesson.pk, good.pk], live=True)) == []


def test_the_list_follows_the_saved_draft(administrator_client: Client, lesson: LessonPage) -> None:
    url = reverse("courses_admin:lesson-checks", args=[lesson.pk])
    assert "Ingenting å rette" in administrator_client.get(url).content.decode()
    save(administrator_client, lesson, form_of(lesson, body=[("text", "<h4>For dypt</h4>")]))
    assert "Overskriften «For dypt» er på nivå 4" in administrator_client.get(url).content.decode()
    assert administrator_client.get(reverse("courses_admin:lesson-checks", args=[999999])).status_code == 404


def test_a_new_lesson_has_the_panel_too(administrator_client: Client, course: CoursePage) -> None:
    page = administrator_client.get(reverse("wagtailadmin_pages:add", args=["courses", "lessonpage", course.pk]))
    assert "Når leksjonen er lagret, ser du her hva som bør rettes" in page.content.decode()


def test_a_title_of_ten_thousand_characters_is_refused_and_nothing_is_lost(
    administrator_client: Client, lesson: LessonPage
) -> None:
    fields = form_of(lesson, title="å" * 10_000, body=[("key_message", {"text": "Skrevet i dag"})])
    response = save(administrator_client, lesson, fields)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Sørg for at denne verdien har 255 eller færre tegn (den har nå 10000)." in page
    assert "å" * 10_000 in page
    assert "Skrevet i dag" in page
    assert LessonPage.objects.get(pk=lesson.pk).title == lesson.title


def test_autosave_answers_a_title_too_long_without_losing_the_draft(
    administrator_client: Client, lesson: LessonPage
) -> None:
    url = reverse("wagtailadmin_pages:edit", args=[lesson.pk])
    answer = administrator_client.post(url, form_of(lesson, title="å" * 10_000), headers={"accept": "application/json"})
    assert (answer.status_code, json.loads(answer.content)["success"]) == (400, False)
    assert LessonPage.objects.get(pk=lesson.pk).latest_revision is None
