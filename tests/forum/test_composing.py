"""Writing through the plain forms: post, refuse, ask, keep, and never lose what somebody wrote."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.actions import edit_post, reply, start_topic
from forum.actions.drafts import StaleDraftError, save_draft
from forum.models import Draft, Mention, Notice, Post, PostEdit, Space, Topic
from people.models import User
from tests import factories
from tests.forum.writing import BORN, form, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create(person__first_name="Kari", person__last_name="Berg").person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(slug="tavla")


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


def test_a_topic_is_started_through_a_plain_form(browser: Client, kari: User, space: Space) -> None:
    url = reverse("forum:topic-start", args=[space.slug])
    page = browser.get(url).content.decode()
    assert "Ikke skriv noe som kan peke ut en pasient" in page
    sent = form(kari, title="Tavle", source="Linje\nto\n\nwww.fhi.no", content_warning="tvang", version="")
    answer = browser.post(url, sent)
    post = Post.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, post.get_absolute_url())
    assert post.html == (
        '<p>Linje<br>to</p><p><a href="https://www.fhi.no" rel="nofollow noopener ugc">www.fhi.no</a></p>'
    )
    assert (post.topic.title, post.topic.content_warning, post.author) == ("Tavle", "tvang", kari)


def test_the_same_form_sent_twice_is_one_post_and_another_text_another(
    browser: Client, kari: User, space: Space
) -> None:
    topic = make_topic(space=space)
    url = reverse("forum:reply", args=[topic.pk])
    sent = form(kari, source="Ja")
    first = browser.post(url, sent)
    second = browser.post(url, sent)
    assert first["Location"] == second["Location"]
    browser.post(url, {**sent, "source": "Nei"})
    assert list(topic.posts.order_by("number").values_list("text", flat=True)) == ["Hei", "Ja", "Nei"]


def test_a_refused_text_is_kept_masked_and_nothing_of_the_number_is_stored(
    browser: Client, kari: User, space: Space, caplog: pytest.LogCaptureFixture
) -> None:
    url = reverse("forum:topic-start", args=[space.slug])
    answer = browser.post(url, form(kari, title=f"Om {BORN}", source=f"Pasienten {BORN[:6]} {BORN[6:]} kom."))
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "fødselsnummer («01•••••••••»)" in page
    assert "Pasienten [fødselsnummer fjernet] kom." in page
    draft = Draft.objects.get()
    assert (draft.title, draft.source) == ("Om [fødselsnummer fjernet]", "Pasienten [fødselsnummer fjernet] kom.")
    assert Topic.objects.count() == 0
    kept = page + caplog.text + str(list(get_messages(answer.wsgi_request))) + str(dict(browser.session))
    kept += str(list(Draft.objects.values()))
    assert BORN not in re.sub(r"\D", "", kept.replace(BORN[:2] + "•" * 9, "")) or BORN not in kept
    assert BORN not in kept
    assert f"{BORN[:6]} {BORN[6:]}" not in kept


def test_a_warning_asks_and_lets_one_go_on(browser: Client, kari: User, space: Space) -> None:
    url = reverse("forum:topic-start", args=[space.slug])
    sent = form(kari, title="Spørsmål", source="Pasienten heter Ola Nordmann.")
    asked = browser.post(url, sent)
    assert (asked.status_code, Topic.objects.count()) == (422, 0)
    assert 'name="confirmed"' in asked.content.decode()
    assert browser.post(url, {**sent, "confirmed": "1"}).status_code == 302
    assert Topic.objects.get().title == "Spørsmål"


def test_a_draft_comes_back_and_goes_with_the_post(browser: Client, kari: User, space: Space) -> None:
    url = reverse("forum:topic-start", args=[space.slug])
    assert browser.post(url, form(kari, title="Halvferdig", source="Først", do="save")).status_code == 302
    page = browser.get(url).content.decode()
    assert 'value="Halvferdig"' in page
    assert "Først</textarea>" in page
    listed = browser.get(reverse("forum:drafts")).content.decode()
    assert "Halvferdig" in listed
    browser.post(url, form(kari, title="Ferdig", source="Slutt"))
    assert Draft.objects.count() == 0
    assert Topic.objects.get().title == "Ferdig"


def test_a_draft_saved_on_an_older_version_is_told_and_never_written_over(kari: User, space: Space) -> None:
    place = f"space:{space.pk}"
    saved: dict[str, Any] = {"person": kari, "place": place, "source_format": "text"}
    first = save_draft(**saved, source="En", base_version=0)
    assert first is not None
    second = save_draft(**saved, source="To", base_version=first.version)
    assert second is not None
    with pytest.raises(StaleDraftError):
        save_draft(**saved, source="Tre", base_version=first.version)
    with pytest.raises(StaleDraftError):
        save_draft(**saved, source="Tre", base_version=0)
    Draft.objects.all().delete()
    with pytest.raises(StaleDraftError):
        save_draft(**saved, source="Tre", base_version=second.version + 1)
    assert Draft.objects.count() == 0


def test_a_script_saves_a_draft_masked_and_hears_why(browser: Client, kari: User, space: Space) -> None:
    url = reverse("forum:draft-save")
    sent = form(kari, place=f"space:{space.pk}", source=f"<div>Om {BORN}</div>", source_format="html")
    answer = browser.post(url, sent, headers={"Accept": "application/json"})
    draft = Draft.objects.get()
    assert answer.status_code == 422
    assert (answer.json()["version"], answer.json()["is_masked"]) == (draft.version, True)
    assert draft.source == "<p>Om [fødselsnummer fjernet]</p>"
    mended = {**sent, "source": "<div>Om en ung mann</div>", "version": str(draft.version)}
    assert browser.post(url, mended, headers={"Accept": "application/json"}).status_code == 200
    draft.refresh_from_db()
    assert draft.source == "<p>Om en ung mann</p>"


def test_a_late_saving_makes_no_draft_of_what_is_posted(browser: Client, kari: User, space: Space) -> None:
    topic = make_topic(space=space)
    sent = form(kari, source="<div>Ja</div>", source_format="html")
    browser.post(reverse("forum:reply", args=[topic.pk]), sent)
    late = browser.post(reverse("forum:draft-save"), {**sent, "place": f"topic:{topic.pk}"})
    assert late.json()["is_posted"] is True
    assert Draft.objects.count() == 0


def test_drafts_are_their_persons_alone(browser: Client, kari: User, space: Space) -> None:
    other = factories.MembershipFactory.create().person
    draft = save_draft(person=other, place=f"space:{space.pk}", source="Hemmelig", source_format="text", base_version=0)
    assert draft is not None
    assert "Hemmelig" not in browser.get(reverse("forum:drafts")).content.decode()
    assert "Hemmelig" not in browser.get(reverse("forum:topic-start", args=[space.slug])).content.decode()
    assert browser.post(reverse("forum:draft-delete", args=[draft.pk])).status_code == 404
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_of_drafts_costs_the_same_for_any_number(browser: Client, kari: User, count: int) -> None:
    own = make_topic(author=kari)
    places = [f"topic:{make_topic().pk}" for _ in range(count)]
    for place in [f"space:{own.space_id}", f"post:{own.posts.get().pk}", *places]:
        save_draft(person=kari, place=place, source="Svar", source_format="text", base_version=0)
    with CaptureQueriesContext(connection) as queries:
        browser.get(reverse("forum:drafts"))
    # One of them is the bell's.
    assert len([each for each in queries.captured_queries if 'FROM "forum_' in each["sql"]]) == 5


def test_what_is_sent_signed_out_comes_back_after_signing_in(client: Client, kari: User, space: Space) -> None:
    topic = make_topic(space=space)
    url = reverse("forum:reply", args=[topic.pk])
    sent = form(kari, source=f"En lang tekst om {BORN}", place=f"topic:{topic.pk}", back=url)
    answer = client.post(url, sent)
    page = unescape(answer.content.decode())
    assert answer.status_code == 401
    assert "En lang tekst om [fødselsnummer fjernet]" in page
    assert BORN not in page + str(answer.cookies) + str(dict(client.session))
    kept = re.search(r'name="kept" value="([^"]+)"', page)
    assert kept is not None
    still_out = client.post(reverse("forum:resume"), {"kept": kept[1]})
    assert still_out.status_code == 401
    client.force_login(kari)
    back = unescape(client.post(reverse("forum:resume"), {"kept": kept[1]}).content.decode())
    assert "En lang tekst om [fødselsnummer fjernet]</textarea>" in back
    assert topic.posts.count() == 1


def test_nobody_else_gets_what_somebody_wrote_into_their_form(client: Client, kari: User, space: Space) -> None:
    url = reverse("forum:topic-start", args=[space.slug])
    answer = client.post(url, form(kari, title="A", source="Tekst", place=f"space:{space.pk}"))
    kept = re.search(r'name="kept" value="([^"]+)"', answer.content.decode())
    assert kept is not None
    client.force_login(factories.MembershipFactory.create().person)
    other = client.post(reverse("forum:resume"), {"kept": unescape(kept[1])})
    assert other.status_code == 401
    assert "skrevet av en annen" in other.content.decode()
    forged = client.post(reverse("forum:resume"), {"kept": "x" + kept[1]})
    assert forged["Location"] == reverse("forum:drafts")


def test_an_old_page_gives_the_text_back_and_changes_nothing(kari: User, space: Space) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(kari)
    topic = make_topic(space=space)
    url = reverse("forum:reply", args=[topic.pk])
    answer = strict.post(url, form(kari, source="Viktig tekst", csrfmiddlewaretoken="gammel"))
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Viktig tekst</textarea>" in page
    assert topic.posts.count() == 1
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    again = strict.post(url, form(kari, source="Viktig tekst", csrfmiddlewaretoken=token[1]))
    assert (again.status_code, topic.posts.count()) == (302, 2)


def test_a_formatted_post_keeps_its_formatting_where_the_text_area_is_unchanged(
    browser: Client, kari: User, space: Space
) -> None:
    post = make_topic(author=kari, space=space, source="<ul><li><b>En</b></li></ul>").posts.get()
    url = reverse("forum:post-edit", args=[post.pk])
    page = unescape(browser.get(url).content.decode())
    assert "- En</textarea>" in page
    sent = form(kari, title="Ny tittel", source="- En", formatted=post.html)
    assert browser.post(url, sent).status_code == 302
    post.refresh_from_db()
    assert (post.html, post.topic.title) == ("<ul><li><strong>En</strong></li></ul>", "Ny tittel")


def test_history_is_for_whoever_sees_the_post(browser: Client, kari: User) -> None:
    private = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    author = factories.SpaceMembershipFactory.create(space=private).person
    topic = make_topic(author=author, space=private, title="Før", source="<p>Gammelt</p>")
    edit_post(editor=author, post=topic.posts.get(), source="<p>Nytt</p>", title="Etter")
    url = reverse("forum:post-history", args=[topic.posts.get().pk])
    assert browser.get(url).status_code == 404
    factories.SpaceMembershipFactory.create(space=private, person=kari)
    page = browser.get(url).content.decode()
    assert re.findall(r'class="version-title">(.*?)</p>', page) == ["Etter", "Før"]
    assert re.findall(r'<div class="prose">(.*?)</div>', page) == ["<p>Nytt</p>", "<p>Gammelt</p>"]


def test_saving_the_same_text_again_is_no_change(kari: User, space: Space) -> None:
    post = make_topic(author=kari, space=space).posts.get()
    edit_post(editor=kari, post=post, source="<div>Hei</div>", title="Tavlemøte")
    assert PostEdit.objects.count() == 0
    post.refresh_from_db()
    assert post.edited_at is None


@pytest.mark.parametrize("name", ["forum:post-edit", "forum:post-delete"])
def test_only_the_writer_changes_and_deletes(browser: Client, kari: User, space: Space, name: str) -> None:
    post = make_topic(space=space).posts.get()
    assert browser.get(reverse(name, args=[post.pk])).status_code == 403
    assert browser.post(reverse(name, args=[post.pk]), form(kari)).status_code == 403
    hidden = make_topic(
        author=factories.SpaceMembershipFactory.create(space__kind=Space.Kind.PRIVATE).person,
        space=Space.objects.latest("pk"),
    )
    assert browser.get(reverse(name, args=[hidden.posts.get().pk])).status_code == 404


def test_deleting_is_confirmed_first(browser: Client, kari: User, space: Space) -> None:
    topic = make_topic(author=kari, space=space)
    answer = reply(author=kari, topic=topic, source="<p>Svar</p>")
    url = reverse("forum:post-delete", args=[answer.pk])
    assert "Slett innlegget" in browser.get(url).content.decode()
    assert browser.post(url)["Location"] == topic.get_absolute_url()
    answer.refresh_from_db()
    assert (answer.state, answer.text) == ("deleted", "")


# --- aliases -------------------------------------------------------------------------------------------


def test_no_row_says_who_changes_an_alias_post(browser: Client, kari: User) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    factories.make_pseudonym(kari, space)
    topic = make_topic(author=kari, space=space, as_pseudonym=True)
    post = topic.posts.get()
    url = reverse("forum:post-edit", args=[post.pk])
    page = browser.get(url).content.decode()
    assert 'data-save-url=""' in page
    assert 'value="save" formnovalidate' not in page
    browser.post(url, form(kari, title="Ny", source=f"Om {BORN}"))
    sent = form(kari, place=f"post:{post.pk}", source="Halvt")
    browser.post(reverse("forum:draft-save"), sent, headers={"Accept": "application/json"})
    assert Draft.objects.count() == 0
    browser.post(url, form(kari, title="Ny", source="Endret"))
    post.refresh_from_db()
    assert (post.author, post.text) == (None, "Endret")


def test_an_alias_is_offered_where_one_has_it_and_used_when_chosen(browser: Client, kari: User) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    url = reverse("forum:topic-start", args=[space.slug])
    assert 'name="as_pseudonym"' not in browser.get(url).content.decode()
    alias = factories.make_pseudonym(kari, space, name="Fjellrev")
    assert "«Fjellrev», under alias" in browser.get(url).content.decode()
    browser.post(url, form(kari, title="Vanskelig", source="Tekst", as_pseudonym="1"))
    topic = Topic.objects.get()
    assert (topic.author, topic.pseudonym) == (None, alias)


# --- mentions ------------------------------------------------------------------------------------------


def test_only_readers_named_exactly_are_mentioned(kari: User, django_capture_on_commit_callbacks: Any) -> None:
    private = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    author = factories.SpaceMembershipFactory.create(space=private).person
    ola = factories.SpaceMembershipFactory.create(
        space=private, person__first_name="Ola Per", person__last_name="Moe"
    ).person
    with django_capture_on_commit_callbacks(execute=True):
        topic = make_topic(author=author, space=private, source="<p>Hei @Ola Per Moe, og @Kari Berg. a@Ola Per Moe</p>")
    assert list(Mention.objects.values_list("person", flat=True)) == [ola.pk]
    assert list(Notice.objects.values_list("person", "kind")) == [(ola.pk, "mention")]
    per = factories.SpaceMembershipFactory.create(
        space=private, person__first_name="Per", person__last_name="Li"
    ).person
    edit_post(editor=author, post=topic.posts.get(), source="<p>Hei @Per Li</p>")
    assert set(Mention.objects.values_list("person", flat=True)) == {ola.pk, per.pk}


def test_a_whole_role_is_mentioned_by_those_who_moderate_under_their_own_name(space: Space) -> None:
    role = factories.TeamRoleFactory.create(key="teamleder")
    facilitator = factories.SpaceMembershipFactory.create(space=space, facilitator=True).person
    factories.MembershipFactory.create(person=facilitator)
    member = factories.MembershipFactory.create().person
    start_topic(author=member, space=space, title="A", source=f"<p>@{role.name}</p>")
    assert Mention.objects.count() == 0
    start_topic(author=facilitator, space=space, title="B", source=f"<p>@{role.name}: les dette</p>")
    assert list(Mention.objects.values_list("role", flat=True)) == [role.pk]


def test_suggestions_name_no_one_who_is_there_by_alias_alone(browser: Client, kari: User) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    open_one = factories.MembershipFactory.create(person__first_name="Anne", person__last_name="Li").person
    sealed = factories.MembershipFactory.create(person__first_name="Anna", person__last_name="Moe").person
    factories.make_pseudonym(sealed, space)
    make_topic(author=sealed, space=space, as_pseudonym=True)
    make_topic(author=open_one, space=space)
    url = reverse("forum:mention-names")
    found = browser.get(url, {"place": f"space:{space.pk}", "q": "ann"}).json()
    assert found == {"names": ["Anne Li"]}
    plain = factories.SpaceFactory.create()
    found = browser.get(url, {"place": f"space:{plain.pk}", "q": "ann"}).json()
    assert found == {"names": ["Anna Moe", "Anne Li"]}


# --- what it costs -------------------------------------------------------------------------------------


def test_posting_an_answer_costs_so_many_queries(kari: User, space: Space) -> None:
    topic = make_topic(space=space)
    with CaptureQueriesContext(connection) as queries:
        reply(author=kari, topic=topic, source="<p>Svar</p>")
    kept = [each["sql"] for each in queries.captured_queries if "SAVEPOINT" not in each["sql"]]
    assert len(kept) == 7  # one of them asks how much the person has written lately


def test_an_answer_in_a_closed_topic_is_refused_and_in_an_unseen_one_not_found(browser: Client, kari: User) -> None:
    closed = make_topic()
    Topic.objects.filter(pk=closed.pk).update(closed_at=closed.created_at)
    author = factories.SpaceMembershipFactory.create(space__kind=Space.Kind.PRIVATE).person
    unseen = make_topic(author=author, space=Space.objects.latest("pk"))
    for do in ("post", "save", "attach"):
        sent = form(kari, do=do, source="Om noe")
        assert browser.post(reverse("forum:reply", args=[closed.pk]), sent).status_code == 403
        assert browser.post(reverse("forum:reply", args=[unseen.pk]), sent).status_code == 404
    assert Post.objects.count() == 2
