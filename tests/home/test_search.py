"""The index follows the things, the page shows what was found, and nothing typed breaks it. On both databases."""

import json
import logging
import re
from collections.abc import Callable
from html import unescape
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import Page

from courses.models import GlossaryTerm
from forum.actions import delete_post, edit_post, reply, start_topic
from forum.actions.attachments import add_attachment, remove_attachment
from forum.actions.posting import set_post_state
from forum.actions.spaces import archive_space, end_space_membership
from forum.actions.topics import merge_topics, move_topic, split_topic
from forum.models import Post, Space, State, Topic
from forum.signals import posts_changed, spaces_changed
from home.models import HomePage, SearchDocument
from home.search import engines, queries
from home.search.actions import find_drift, index_documents
from home.search.asked import parse
from home.search.documents import Source, all_numbers
from home.search.excerpts import excerpt, mark
from home.search.queries import MOST_SHOWN, search
from people.models import Profile, Team, User
from people.own_data.actions import delete_person
from tests import factories

pytestmark = pytest.mark.django_db

Committed = Callable[..., Any]


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Committed:
    """Do something, and what follows when it is committed."""

    def do(action: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with django_capture_on_commit_callbacks(execute=True):
            return action(*args, **kwargs)

    return do


@pytest.fixture
def member() -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create(name="Torget")


def found(user: Any, text: str, **choices: Any) -> list[str]:
    return [hit.key for hit in search(user=user, asked=parse(text), language="nb", **choices).hits]


def index_everything() -> None:
    for source in Source:
        index_documents(source=source, numbers=list(all_numbers(source)))


# --- the index follows ---------------------------------------------------------------------------------------


def test_a_topic_is_followed_through_its_life(member: User, space: Space, committed: Committed) -> None:
    topic = committed(start_topic, author=member, space=space, title="Tavlemøte", source="<p>Rødgrønn vekkerklokke</p>")
    assert found(member, "vekkerklokke") == [f"topic:{topic.pk}"]
    answer = committed(reply, author=member, topic=topic, source="<p>Vi har kokosbolle</p>")
    assert found(member, "kokosbolle") == [f"post:{answer.pk}"]
    committed(edit_post, editor=member, post=topic.posts.get(number=1), source="<p>Trillebår</p>", title="Morgenmøte")
    assert (found(member, "vekkerklokke"), found(member, "trillebår")) == ([], [f"topic:{topic.pk}"])
    topic.refresh_from_db()
    answer.refresh_from_db()
    committed(set_post_state, topic=topic, post=answer, state=State.HIDDEN)
    assert found(member, "kokosbolle") == []
    assert found(factories.make_moderator(), "kokosbolle") == [f"post:{answer.pk}"]
    committed(set_post_state, topic=topic, post=answer, state=State.NORMAL)
    assert found(member, "kokosbolle") == [f"post:{answer.pk}"]
    committed(delete_post, person=member, post=answer)
    assert SearchDocument.objects.filter(post=answer).count() == 0
    other = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    Topic.objects.filter(pk=topic.pk).update(space=other)
    posts_changed.send(sender=Post, post_ids=list(topic.posts.values_list("pk", flat=True)))
    assert found(member, "trillebår") == []
    factories.SpaceMembershipFactory.create(space=other, person=member)
    assert found(member, "trillebår") == [f"topic:{topic.pk}"]
    assert [each for each in find_drift() if each.source in {Source.TOPICS, Source.REPLIES}] == []


def test_a_moved_topic_obeys_its_new_space_before_the_index_knows(
    member: User, space: Space, committed: Committed
) -> None:
    """The rule is asked of the topic as it is now; the index only says where to look."""
    topic = committed(start_topic, author=member, space=space, title="Tavlemøte", source="<p>Rødgrønn vekkerklokke</p>")
    answer = committed(reply, author=member, topic=topic, source="<p>Vi har kokosbolle</p>")
    closed = factories.SpaceFactory.create(kind=Space.Kind.RESTRICTED)
    insider = factories.SpaceMembershipFactory.create(
        space=closed, person=factories.MembershipFactory.create().person
    ).person
    moderator = factories.make_moderator()
    move_topic(moderator=moderator, topic=topic, space=closed)
    kept = SearchDocument.objects.filter(topic=topic)
    assert set(kept.values_list("space", flat=True)) == {space.pk}, "the index has not been told"
    for word, key in (("vekkerklokke", f"topic:{topic.pk}"), ("kokosbolle", f"post:{answer.pk}")):
        assert found(member, word) == []
        assert found(insider, word) == found(moderator, word) == [key]
    committed(posts_changed.send, sender=Post, post_ids=[post.pk for post in topic.posts.all()])
    assert set(kept.values_list("space", flat=True)) == {closed.pk}
    assert found(member, "vekkerklokke") == []
    assert found(insider, "vekkerklokke") == [f"topic:{topic.pk}"]


def test_moved_split_and_merged_topics_are_where_they_went(member: User, space: Space, committed: Committed) -> None:
    moderator, other = factories.make_moderator(), factories.SpaceFactory.create(kind=Space.Kind.RESTRICTED)
    topic = committed(start_topic, author=member, space=space, title="Tavlemøte", source="<p>Vekkerklokke</p>")
    answer = committed(reply, author=member, topic=topic, source="<p>Kokosbolle</p>")
    made = committed(split_topic, moderator=moderator, topic=topic, numbers=[2], title="Fredagskake")
    assert found(member, "kokosbolle") == found(member, "fredagskake") == [f"topic:{made.pk}"]
    committed(merge_topics, moderator=moderator, topic=made, into=topic)
    assert (found(member, "kokosbolle"), found(member, "fredagskake")) == ([f"post:{answer.pk}"], [])
    committed(move_topic, moderator=moderator, topic=topic, space=other)
    assert found(member, "kokosbolle") == found(member, "vekkerklokke") == []
    assert found(moderator, "kokosbolle") == [f"post:{answer.pk}"]
    assert [each for each in find_drift() if each.source in {Source.TOPICS, Source.REPLIES}] == []


def test_who_comes_and_goes_finds_what_is_theirs_to_read_at_once(member: User, committed: Committed) -> None:
    """Nothing of membership is kept in the index."""
    role = factories.TeamRoleFactory.create(key="jobbspesialist")
    network = factories.SpaceFactory.create(network=True, role=role)
    group = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE, name="Kvitlyng")
    place = factories.SpaceMembershipFactory.create(space=group, person=member, facilitator=True)
    factories.SpaceMembershipFactory.create(space=group, facilitator=True)
    member.memberships.get().roles.add(role)
    written = {
        committed(start_topic, author=member, space=where, title="Tavlemøte", source="<p>Vekkerklokke</p>").pk
        for where in (network, group)
    }
    committed(spaces_changed.send, sender=Space, space_ids=[group.pk])
    assert set(found(member, "vekkerklokke")) == {f"topic:{pk}" for pk in written}
    assert found(member, "kvitlyng") == [f"space:{group.pk}"]
    committed(archive_space, space=group, by=member)
    assert set(found(member, "vekkerklokke")) == {f"topic:{pk}" for pk in written}, "archived, and still found"
    member.memberships.get().roles.clear()
    end_space_membership(membership=place, by=member)
    assert (found(member, "vekkerklokke"), found(member, "kvitlyng")) == ([], [])


def test_a_file_put_into_a_post_and_taken_out_again_is_found_and_then_not(
    member: User, space: Space, committed: Committed
) -> None:
    topic = committed(start_topic, author=member, space=space, title="Tavlemøte", source="<p>Hei</p>")
    attachment, _notices = committed(
        add_attachment, person=member, place="", post=topic.posts.get(), file=BytesIO(b"Vekkerklokke\n"), name="a.txt"
    )
    assert found(member, "vekkerklokke") == [f"topic:{topic.pk}"]
    committed(remove_attachment, person=member, attachment=attachment)
    assert found(member, "vekkerklokke") == []


def test_what_is_deleted_leaves_no_word_behind(member: User, space: Space, committed: Committed) -> None:
    topic = committed(start_topic, author=member, space=space, title="Kvitlyng", source="<p>Røsslyng</p>")
    committed(delete_post, person=member, post=topic.posts.get())
    assert kept_words("røsslyng") == kept_words("kvitlyng") == 0


def kept_words(word: str) -> int:
    """In how many places of the database's own index the word stands."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT count(*) FROM home_searchwords WHERE home_searchwords MATCH %s", [f'"{word}"'])
        else:
            cursor.execute(
                "SELECT count(*) FROM home_searchdocument WHERE vector @@ plainto_tsquery('norwegian', %s)", [word]
            )
        return int(cursor.fetchone()[0])


def test_an_account_that_is_erased_is_found_no_more(member: User, committed: Committed) -> None:
    person = factories.MembershipFactory.create(team=member.memberships.get().team).person
    person.first_name, person.last_name = "Fridtjof", "Ytterlig"
    committed(person.save)
    profile = Profile(person=person, presentation="Glad i rørlegging")
    committed(profile.save)
    assert found(member, "fridtjof") == found(member, "rørlegging") == [f"person:{person.pk}"]
    committed(delete_person, person=person)
    assert found(member, "fridtjof") == []
    assert kept_words("ytterlig") == kept_words("rørlegging") == 0


def test_pages_are_followed_from_publishing_to_deletion(home: HomePage, committed: Committed) -> None:
    reader = AnonymousUser()
    page = factories.StandardPageFactory.create(title="Reinlav")
    key = f"page:{page.pk}"
    committed(lambda: page.save_revision().publish())
    assert found(reader, "reinlav") == [key]
    page.title = "Islandslav"
    committed(page.save_revision().publish)
    assert (found(reader, "reinlav"), found(reader, "islandslav")) == ([], [key])
    committed(page.unpublish)
    assert found(reader, "islandslav") == []
    assert not SearchDocument.objects.filter(key=key).exists()
    committed(page.save_revision().publish)
    committed(Page.objects.get(pk=page.pk).delete)
    assert kept_words("islandslav") == 0


def test_a_lesson_that_is_moved_follows_its_new_course(home: HomePage, committed: Committed) -> None:
    closed = factories.CoursePageFactory.create(title="Lukket", sign_in_required=True)
    course = factories.CoursePageFactory.create(title="Åpent")
    lesson = factories.LessonPageFactory.create(parent=course, title="Reinlav")
    index_everything()
    assert found(AnonymousUser(), "reinlav") == [f"page:{lesson.pk}"]
    committed(Page.objects.get(pk=lesson.pk).move, Page.objects.get(pk=closed.pk), pos="last-child")
    assert found(AnonymousUser(), "reinlav") == []


def test_words_teams_and_spaces_are_followed(home: HomePage, member: User, committed: Committed) -> None:
    term = GlossaryTerm(slug="reinlav", term="reinlav", definition="Noe grått.", locale=factories.make_locale())
    committed(term.save)
    assert found(member, "reinlav") == [f"term:{term.pk}"]
    number = term.pk
    committed(term.delete)
    assert not SearchDocument.objects.filter(key=f"term:{number}").exists()
    team = committed(factories.TeamFactory.create, name="FACT Reinlav")
    assert found(member, "reinlav") == [f"team:{team.pk}"]
    team.phase = Team.Phase.CLOSED
    committed(team.save)
    assert found(member, "reinlav") == []
    space = factories.SpaceFactory.create(name="Reinlav")
    spaces_changed.send(sender=Space, space_ids=[space.pk])
    assert found(member, "reinlav") == [f"space:{space.pk}"]


def test_one_document_for_each_thing_in_the_readers_language(home: HomePage) -> None:
    nb = GlossaryTerm.objects.create(slug="a", term="reinlav", definition="x", locale=factories.make_locale())
    da = GlossaryTerm.objects.create(
        slug="a", term="reinlav", definition="x", locale=factories.make_locale("da"), translation_key=nb.translation_key
    )
    only = GlossaryTerm.objects.create(slug="b", term="reinlav to", definition="x", locale=factories.make_locale())
    index_everything()

    def in_language(language: str) -> set[str]:
        hits = search(user=AnonymousUser(), asked=parse("reinlav"), language=language).hits
        return {hit.key for hit in hits}

    assert in_language("nb") == {f"term:{nb.pk}", f"term:{only.pk}"}
    assert in_language("da") == {f"term:{da.pk}", f"term:{only.pk}"}


# --- rebuilding ----------------------------------------------------------------------------------------------


def rebuilt(*options: str) -> str:
    out = StringIO()
    call_command("rebuild_search", *options, stdout=out)
    return out.getvalue()


def test_rebuilding_mends_every_kind_of_drift(home: HomePage, member: User, space: Space) -> None:
    topic = start_topic(author=member, space=space, title="Reinlav", source="<p>Tekst</p>")
    reply(author=member, topic=topic, source="<p>Svar</p>")
    factories.StandardPageFactory.create(title="En side")
    rebuilt()
    assert rebuilt("--check") == "Nothing differs.\n"
    document = SearchDocument.objects.get(key=f"topic:{topic.pk}")
    SearchDocument.objects.filter(pk=document.pk).update(fingerprint="old")
    SearchDocument.objects.filter(kind="post").delete()
    SearchDocument.objects.create(
        key="term:999999", area="site", kind="term", language="nb", written_at=document.written_at, fingerprint="x"
    )
    page = SearchDocument.objects.get(kind="page", title="En side")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM home_searchwords WHERE rowid = %s", [page.pk])
        else:
            cursor.execute("UPDATE home_searchdocument SET vector = NULL WHERE id = %s", [page.pk])
    faults = {(each.source, each.fault) for each in find_drift()}
    assert faults == {
        (Source.TOPICS, "outdated"),
        (Source.REPLIES, "missing"),
        (Source.TERMS, "superfluous"),
        (Source.TERMS, "without words"),
        (Source.PAGES, "without words"),
    }
    with pytest.raises(CommandError, match="5 documents differ"):
        rebuilt("--check")
    rebuilt()
    assert rebuilt("--check") == "Nothing differs.\n"


def test_other_word_lists_make_every_document_outdated(
    home: HomePage, member: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    index_everything()
    assert list(find_drift()) == []
    monkeypatch.setattr("home.search.words.version", lambda: "another")
    assert {each.fault for each in find_drift()} == {"outdated"}


# --- order and spelling --------------------------------------------------------------------------------------


def test_title_stands_over_text_and_the_newest_first(member: User, space: Space) -> None:
    often = start_topic(author=member, space=space, title="Noe", source="<p>reinlav reinlav reinlav reinlav</p>")
    old = start_topic(author=member, space=space, title="Om reinlav", source="<p>Tekst</p>")
    new = start_topic(author=member, space=space, title="Om reinlav", source="<p>Tekst</p>")
    exact = start_topic(author=member, space=space, title="Reinlav", source="<p>Tekst</p>")
    index_everything()
    assert found(member, "reinlav") == [f"topic:{each.pk}" for each in (exact, new, old, often)]


@pytest.mark.parametrize("typed", ["samarbeidsavtlae", "samarbiedsavtale", "samarbeidsavtalle", "zamarbeidsavtale"])
@pytest.mark.parametrize("trigrams", [True, False])
def test_a_mistyped_word_finds_the_title(
    member: User, space: Space, typed: str, trigrams: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not trigrams:
        monkeypatch.setattr(engines, "has_trigrams", lambda alias: False)
    topic = start_topic(author=member, space=space, title="Mal for samarbeidsavtale", source="<p>Tekst</p>")
    index_everything()
    results = search(user=member, asked=parse(typed), language="nb")
    assert [hit.key for hit in results.hits] == [f"topic:{topic.pk}"]
    assert results.suggestion == "samarbeidsavtale"


def test_fewer_words_are_tried_where_all_find_nothing(member: User, space: Space) -> None:
    topic = start_topic(author=member, space=space, title="Reinlav", source="<p>Tekst</p>")
    index_everything()
    results = search(user=member, asked=parse("reinlav åkerbær"), language="nb")
    assert ([hit.key for hit in results.hits], results.any_word) == ([f"topic:{topic.pk}"], True)


def test_phrases_and_exceptions(member: User, space: Space) -> None:
    apart = start_topic(author=member, space=space, title="A", source="<p>lav og rein</p>")
    together = start_topic(author=member, space=space, title="B", source="<p>en rein lav langs elva</p>")
    index_everything()
    assert found(member, '"rein lav"') == [f"topic:{together.pk}"]
    assert found(member, "rein -elva") == [f"topic:{apart.pk}"]


def test_what_is_excepted_is_not_found_by_its_title_either(member: User, space: Space) -> None:
    sought = [
        start_topic(author=member, space=space, title=f"Rein {number}", source="<p>i fjellet</p>")
        for number in range(3)
    ]
    start_topic(author=member, space=space, title="Rein", source="<p>ved elva</p>")
    index_everything()
    assert set(found(member, "rein -elva")) == {f"topic:{topic.pk}" for topic in sought}


@pytest.mark.postgresql
def test_of_a_common_word_the_newest_are_found_as_of_a_rare_one(
    any_pace: None, member: User, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either way the same: those of a common word are looked for among the latest documents."""
    topic = start_topic(author=member, space=space, title="Reinlav", source="<p>reinlav på stein</p>")
    answers = [reply(author=member, topic=topic, source=f"<p>reinlav på stein {n}</p>") for n in range(4)]
    reply(author=member, topic=topic, source="<p>noe annet</p>")
    index_everything()
    monkeypatch.setattr(queries, "REPLIES", queries.REPLIES._replace(most=2))
    newest = {f"topic:{topic.pk}", *(f"post:{answer.pk}" for answer in answers[2:])}
    asked = ("reinlav", "reinlav stein", '"reinlav på stein"', "reinlav -fjell")
    rare = [search(user=member, asked=parse(words), language="nb") for words in asked]
    monkeypatch.setattr(engines, "_MANY", -2)
    monkeypatch.setattr(engines, "_COMMON", -1)
    assert engines.PostgreSQL().read(parse("reinlav"), any_word=False).common == {"titles", "topics", "replies"}
    common = [search(user=member, asked=parse(words), language="nb") for words in asked]
    for results in rare + common:
        assert ({hit.key for hit in results.hits}, results.is_more) == (newest, True), results.asked.text


def test_danish_and_english_words_are_stemmed(member: User, space: Space) -> None:
    danish = start_topic(
        author=member, space=space, title="A", source="<p>Hvad bliver af borgernes drømme efter det</p>"
    )
    english = start_topic(author=member, space=space, title="B", source="<p>What are the opportunities of this</p>")
    index_everything()
    assert found(member, "drøm") == [f"topic:{danish.pk}"]
    if connection.vendor == "postgresql":
        assert found(member, "opportunity") == [f"topic:{english.pk}"]


# --- the page ------------------------------------------------------------------------------------------------


def read(client: Client, **query: Any) -> str:
    response = client.get(reverse("home:search"), query)
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex"
    return response.content.decode()


def test_the_page_says_what_was_found_and_where(client: Client, member: User, space: Space) -> None:
    topic = start_topic(
        author=member, space=space, title="Om <b>reinlav</b>", source="<p>Det &lt;i&gt; gror reinlav</p>"
    )
    index_everything()
    client.force_login(member)
    html = read(client, q="reinlav")
    assert "1 treff på «reinlav»" in html
    assert f'<a href="/forum/trad/{topic.pk}/">Om &lt;b&gt;<mark>reinlav</mark>&lt;/b&gt;</a>' in html
    assert "&lt;i&gt; gror <mark>reinlav</mark>" in html
    assert f"<span>{space.name}</span>" in html


def test_a_content_warning_stands_in_place_of_the_text(client: Client, member: User, space: Space) -> None:
    topic = start_topic(
        author=member, space=space, title="Reinlav", source="<p>hemmelig</p>", content_warning="Selvmord"
    )
    reply(author=member, topic=topic, source="<p>hemmelig reinlav</p>")
    index_everything()
    client.force_login(member)
    html = read(client, q="reinlav")
    assert html.count("Innholdsvarsel: Selvmord") == 2
    assert "hemmelig" not in html


def test_narrowing_and_paging(any_pace: None, client: Client, member: User, space: Space) -> None:
    topic = start_topic(author=member, space=space, title="Reinlav", source="<p>reinlav</p>")
    for _number in range(44):
        reply(author=member, topic=topic, source="<p>reinlav</p>")
    index_everything()
    client.force_login(member)
    html = read(client, q="reinlav")
    assert "45 treff" in html and "Side 1 av 3" in html
    assert "?q=reinlav&amp;slag=post" in html
    html = read(client, q="reinlav", slag="post", side=3)
    assert "44 treff" in html and "Side 3 av 3" in html and html.count('<li class="search-hit">') == 4
    assert "Side 3 av 3" in read(client, q="reinlav", side=99)
    html = read(client, q="reinlav", slag="noe annet")
    assert "45 treff" in html


def test_no_more_than_two_hundred_are_shown(client: Client, home: HomePage) -> None:
    locale = factories.make_locale()
    GlossaryTerm.objects.bulk_create(
        GlossaryTerm(slug=f"t{number}", term=f"reinlav {number}", definition="x", locale=locale)
        for number in range(230)
    )
    index_everything()
    html = read(client, q="reinlav", side=10)
    assert "230 treff" in html and "Side 10 av 10" in html
    assert f"Vi viser de {MOST_SHOWN} beste" in html


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "Skriv et ord eller to"),
        ({"q": "  "}, "Skriv et ord eller to"),
        ({"q": "og i"}, "Det var for lite å søke på"),
        ({"q": "x"}, "Det var for lite å søke på"),
        ({"q": "qwertyqwerty"}, "Ingen treff på «qwertyqwerty»"),
        ({"q": "tausetsplikt"}, 'href="?q=taushetsplikt"'),
    ],
)
def test_empty_pages_say_what_to_do(client: Client, home: HomePage, query: dict[str, str], said: str) -> None:
    assert said in unescape(read(client, **query))


WEIRD = [
    *("'", '"', '""', '"a" "b', "\\", "%", "_%_", "*", "a*", ":*", "a:b", "&", "|", "!", "a & | b", "<->", "(((", ")"),
    *("NEAR(a b)", "title : x", "AND", "OR", "NOT", "a NOT", "-", "--", "-a", '-"a b"', "^a", "{a}", "a + b", "- - -"),
    *("'; DROP TABLE x", "\x00", "a\x00b", "\ud800", "😀", "😀 recovery", "مرحبا", "ก็", "ﬁ", "\u202eabc", "²", "½"),
    *("a" * 10_000, "avtale " * 2_000, "<script>alert(1)</script>", "http://example.org/?a=b&c=d", "a@example.org"),
    *("1e400", "0x1f", "«»", "«a b»", "qz1", "recovery -recovery", '"og i"', "-og avtale", "ß", "İstanbul", "ſ"),
]


def test_nothing_typed_breaks_the_page(client: Client, member: User, space: Space) -> None:
    start_topic(author=member, space=space, title="Reinlav", source="<p>avtale</p>")
    index_everything()
    client.force_login(member)
    for typed in WEIRD:
        html = read(client, q=typed.encode("utf-8", "replace").decode())
        assert "<script>alert" not in html, typed
        assert len(search(user=member, asked=parse(typed), language="nb").asked.text) <= 200, typed


def test_what_is_typed_is_neither_logged_nor_kept(
    client: Client, member: User, caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(member)
    with (
        caplog.at_level(logging.INFO),
        CaptureQueriesContext(
            connection,
        ) as asked,
    ):
        read(client, q="hemmeliglav")
        client.post(reverse("home:search") + "?q=hemmeliglav")
    assert "hemmeliglav" not in caplog.text
    writing = re.compile(r"^\s*(INSERT|UPDATE|DELETE)", re.IGNORECASE)
    assert [query["sql"] for query in asked.captured_queries if writing.match(query["sql"])] == []
    session = json.dumps(dict(client.session.items()))
    assert "hemmeliglav" not in session


QUERIES = 11 if connection.vendor == "postgresql" else 13
"""Session and reader, the content's stamp, the bell, the page's own links, then those of `search`. PostgreSQL is asked
what the words are, and for the newest of all kinds at once.
"""


@pytest.mark.parametrize("count", [1, 30])
def test_a_search_costs_the_same_however_much_is_found(
    any_pace: None, client: Client, member: User, space: Space, count: int
) -> None:
    for number in range(count):
        topic = start_topic(author=member, space=space, title=f"Reinlav {number}", source="<p>reinlav</p>")
        reply(author=member, topic=topic, source="<p>reinlav</p>")
        factories.MembershipFactory.create(
            team=member.memberships.get().team, person=factories.UserFactory.create(first_name="Reinlav")
        )
    index_everything()
    client.force_login(member)
    with CaptureQueriesContext(connection) as asked:
        read(client, q="reinlav")
    assert len(asked) == QUERIES


def test_every_page_has_the_box(client: Client, home: HomePage) -> None:
    html = client.get("/").content.decode()
    assert '<form action="/sok/" method="get">' in html
    assert 'name="q" maxlength="200"' in html


# --- excerpts ------------------------------------------------------------------------------------------------


def test_an_excerpt_shows_where_the_words_stand() -> None:
    text = "Innledning. " * 60 + "Her står samarbeidsavtalen vår, som gjelder. " + "Avslutning. " * 60
    shown = excerpt(text, parse("avtale"))
    assert "<mark>samarbeidsavtalen</mark>" in shown
    assert shown.startswith("… ") and shown.endswith(" …")
    assert len(shown) < 300


@pytest.mark.parametrize("text", ["<script>alert(1)</script> avtale", "a < b & avtale", '"avtale"', "<mark>avtale"])
def test_an_excerpt_is_escaped_before_it_is_marked(text: str) -> None:
    shown = excerpt(text, parse("avtale mark script"))
    assert unescape(re.sub(r"</?mark>", "", shown)) == text
    assert re.sub(r"</?mark>", "", shown).count("<") == 0
    assert mark(text, parse("avtale")).count("<mark>avtale</mark>") == 1
