"""Pages rendered once and filled per reader: right for each reader, and never stale."""

import gzip
from datetime import timedelta
from unittest import mock

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from wagtail.models import PageViewRestriction

from courses import rendering
from courses.models import LessonPage
from courses.rendering import Document, current_stamp, kept, put_together, slot_marker
from courses.urls_of import page_path
from tests import factories

pytestmark = pytest.mark.django_db


def test_each_reader_gets_their_own_account_corner(client: Client, learner, home):
    learner.first_name, learner.last_name = "Siv", "Unnamed"
    learner.save()
    lesson = factories.LessonPageFactory.create()
    anonymous_first = client.get(page_path(lesson)).content.decode()
    client.force_login(learner)
    signed_in = client.get(page_path(lesson)).content.decode()
    anonymous_again = Client().get(page_path(lesson)).content.decode()
    assert "Siv" in signed_in
    assert "Siv" not in anonymous_first
    assert anonymous_again == anonymous_first


def test_reader_who_comes_first_leaves_nothing_to_the_next(learner_client: Client, learner, home):
    lesson = factories.LessonPageFactory.create()
    learner_client.get(page_path(lesson))
    page = Client().get(page_path(lesson)).content.decode()
    assert learner.last_name not in page
    assert learner.email not in page


def test_published_change_shows_at_once(client: Client, home):
    lesson = factories.LessonPageFactory.create(title="Før", published=True)
    assert "<h1" in client.get(page_path(lesson)).content.decode()
    lesson.title = "Etter endringen"
    lesson.save_revision().publish()
    assert "Etter endringen" in client.get(page_path(lesson)).content.decode()


def test_draft_does_not_show(client: Client, home):
    lesson = factories.LessonPageFactory.create(title="Publisert", published=True)
    lesson.title = "Bare et utkast"
    lesson.save_revision()
    page = client.get(page_path(lesson)).content.decode()
    assert "Bare et utkast" not in page
    assert "Publisert" in page


@pytest.mark.parametrize("change", ["unpublish", "delete"])
def test_page_that_is_gone_answers_404_at_once(client: Client, home, change):
    lesson = factories.LessonPageFactory.create(published=True)
    assert client.get(page_path(lesson)).status_code == 200
    getattr(LessonPage.objects.get(pk=lesson.pk), change)()
    assert client.get(page_path(lesson)).status_code == 404


def test_changed_reference_shows_on_the_lesson_at_once(client: Client, home):
    reference = factories.LegalReferenceFactory.create(paragraph="§ 3-1")
    body = factories.make_body(("law", {"reference": reference.pk, "note": ""}))
    lesson = factories.LessonPageFactory.create(body=body)
    assert "§\N{NO-BREAK SPACE}3-1" in client.get(page_path(lesson)).content.decode()
    reference.paragraph = "§ 3-99"
    reference.save()
    assert "§\N{NO-BREAK SPACE}3-99" in client.get(page_path(lesson)).content.decode()


def test_reference_grows_old_overnight(client: Client, home, monkeypatch):
    reference = factories.LegalReferenceFactory.create()
    body = factories.make_body(("law", {"reference": reference.pk, "note": ""}))
    lesson = factories.LessonPageFactory.create(body=body)
    assert "Trenger ny kontroll" not in client.get(page_path(lesson)).content.decode()
    in_seven_months = timezone.localdate() + timedelta(days=210)
    monkeypatch.setattr(timezone, "localdate", lambda *args: in_seven_months)
    assert "Trenger ny kontroll" in client.get(page_path(lesson)).content.decode()


def test_closed_course_asks_anonymous_readers_to_sign_in_even_when_kept(learner_client: Client, home):
    course = factories.CoursePageFactory.create(sign_in_required=True)
    lesson = factories.LessonPageFactory.create(parent=course)
    assert learner_client.get(page_path(lesson)).status_code == 200
    answer = Client().get(page_path(lesson))
    assert answer.status_code == 302
    assert answer["Location"] == f"/konto/login/?next={page_path(lesson)}"


def test_restricted_page_is_never_kept(learner_client: Client, home):
    page = factories.StandardPageFactory.create()
    PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.GROUPS)
    learner = learner_client.session["_auth_user_id"]
    group = Group.objects.create(name="Bare disse")
    restriction = PageViewRestriction.objects.get(page=page)
    restriction.groups.add(group)
    group.user_set.add(learner)
    assert learner_client.get(page_path(page)).status_code == 200
    stranger = Client()
    assert stranger.get(page_path(page), follow=True).redirect_chain[-1][0] == f"/konto/login/?next={page_path(page)}"
    stranger.force_login(factories.UserFactory.create())
    refused = stranger.get(page_path(page), follow=True)
    assert (refused.status_code, len(refused.redirect_chain)) == (403, 1)


def test_warm_page_costs_one_query_for_anyone_and_three_for_a_member(
    client: Client, learner, home, django_assert_num_queries
):
    lesson = factories.LessonPageFactory.create()
    client.get(page_path(lesson))
    with django_assert_num_queries(1):
        client.get(page_path(lesson))
    client.force_login(learner)
    client.get(page_path(lesson))
    with django_assert_num_queries(3):
        client.get(page_path(lesson))


@kept
def echo(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string(
        "<p>{{ request.user }}</p>{{ request.COOKIES }}{{ request.META.HTTP_COOKIE }}"
    )
    return TemplateResponse(request, template)


def test_view_renders_without_knowing_the_reader(learner):
    request = RequestFactory().get("/", headers={"cookie": "sessionid=hemmelig"})
    request.user = learner
    assert echo(request).content.decode() == "<p>AnonymousUser</p>{}"


@pytest.mark.parametrize("query", ["?utkast=1", "?page=2"])
def test_address_with_a_question_is_not_kept(query):
    request = RequestFactory().get(f"/{query}")
    request.user = AnonymousUser()
    echo(request)
    assert rendering.get_document(rendering.page_key(request, "nb"), stamp=current_stamp()) is None


def test_slot_nobody_fills_is_refused():
    with pytest.raises(KeyError):
        slot_marker("finnes-ikke")


def test_slot_is_filled_once_only():
    with pytest.raises(ValueError, match="has a filler already"):
        rendering.register_slot("csrf", lambda request, argument: "")


@given(st.text(), st.text())
def test_author_cannot_write_a_slot(before, after):
    text = f"{before}[[slot:csrf:]]{after}"
    assert Document.parse(text).slots == ()
    assert "".join(Document.parse(text).literals) == text


@given(st.lists(st.text(), min_size=1, max_size=6))
def test_document_keeps_every_letter_between_slots(texts):
    request = RequestFactory().get("/")
    request.COOKIES = {}
    document = Document.parse(str(slot_marker("notices")).join(texts))
    assert document.fill(request) == "".join(texts)
    assert len(document.slots) == len(texts) - 1


@given(st.lists(st.text(), min_size=1, max_size=6))
def test_compressed_page_is_the_page(texts):
    request = RequestFactory().get("/")
    document = Document.parse(str(slot_marker("csrf")).join(texts))
    request.META["CSRF_COOKIE"] = "a" * 32
    with mock.patch.dict(rendering._fillers, {"csrf": lambda request, argument: "Kjære Åse <&>"}):
        assert gzip.decompress(document.fill_compressed(request)).decode() == document.fill(request)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("br", None),
        ("", None),
    ],
)
def test_page_is_compressed_for_those_who_take_it(client: Client, home, accepted, encoding):
    lesson = factories.LessonPageFactory.create(title="Å tette hull")
    for _ in range(2):
        answer = client.get(page_path(lesson), headers={"accept-encoding": accepted})
        assert answer.get("Content-Encoding") == encoding
        content = gzip.decompress(answer.content) if encoding else answer.content
        assert "Å tette hull" in content.decode()
        assert "Accept-Encoding" in answer["Vary"]


def test_what_is_put_together_is_filled_and_compressed_as_one_piece(rf: RequestFactory) -> None:
    """Ten slots in a row of ten lines cut the text in twenty; put together they are one piece, and say the same."""
    request = rf.get("/")
    request.user = AnonymousUser()
    row = f'<li class="lesson"><a href="/laer/">Leksjon</a>{slot_marker("csrf")}</li>'
    apart = Document.parse(f"<p>Før</p>{row * 10}<p>Etter</p>")
    together = Document.parse(f"<p>Før</p>{put_together(row * 10)}<p>Etter</p>")
    assert together.fill(request) == apart.fill(request)
    compressed = together.fill_compressed(request)
    assert gzip.decompress(compressed).decode().startswith("<p>Før</p><li")
    assert gzip.decompress(compressed).decode().endswith("</li><p>Etter</p>")
    assert len(compressed) < len(apart.fill_compressed(request)) / 2
