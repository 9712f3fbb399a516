"""Kept pages of the library: found under what the database answers, so each change and each loss of sight shows."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.db.models import BigIntegerField
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from forum.actions import reply
from forum.actions.joining import discuss_item
from forum.actions.library import Content, Details, add_version, edit_item, say_use, share_item
from forum.actions.reviewing import mark_reviewed
from forum.actions.watching import follow_item
from forum.kept_pages import digest_answers
from forum.models import LibraryFile, LibraryItem, LibraryTag, Post, Space, SpaceMembership, State, Topic
from forum.permissions import spaces_readable_by
from forum.permissions.library import items_visible_to
from forum.prepared import EVERY, Answers, Sql, Together, among
from forum.templatetags.topics import ago
from people.models import Membership, Team, User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("any_pace")]

LIST = "/forum/bibliotek/"


def member(name: str) -> User:
    return factories.MembershipFactory.create(person__first_name=name, person__last_name="Nes").person


def get(person: User, address: str) -> Any:
    client = Client()
    client.force_login(person)
    return client.get(address)


def read(person: User, address: str) -> str:
    response = get(person, address)
    assert response.status_code == 200
    text: str = response.content.decode()
    return re.sub(r'csrfmiddlewaretoken" value="[^"]+"|data-nonce="[^"]+"', "", text)


def share(person: User, space: Space, title: str = "Samarbeidsavtale", **details: Any) -> LibraryItem:
    content = Content(source=f"Teksten i {title}.")
    return share_item(person=person, space=space, details=Details(title=title, **details), content=content)


@pytest.fixture
def space(home: object) -> Space:
    return factories.SpaceFactory.create(slug="torget", name="Torget")


@pytest.fixture
def kari() -> User:
    return member("Kari")


@pytest.fixture
def ola() -> User:
    return member("Ola")


@pytest.fixture
def item(space: Space, kari: User) -> LibraryItem:
    return share(kari, space, summary="Hvem gjør hva.", tags=("avtale",))


def set_name(item: LibraryItem, kari: User, ola: User) -> None:
    User.objects.filter(pk=kari.pk).update(last_name="Berg")


def hand_in(item: LibraryItem, kari: User, ola: User) -> None:
    add_version(person=kari, item=item, content=Content(source="Ny tekst.", note="Alt er skrevet om."))


def say_own(item: LibraryItem, kari: User, ola: User) -> None:
    say_use(person=ola, item=item, team=Team.objects.get(memberships__person=ola), uses=True)


def build_on(item: LibraryItem, kari: User, ola: User) -> None:
    details, content = Details(title="Vår utgave"), Content(source="Vår.")
    share_item(person=ola, space=item.space, details=details, content=content, based_on=item.current)


def attach(item: LibraryItem, kari: User, ola: User) -> None:
    LibraryFile.objects.create(
        version=item.current, uploader=kari, file="ingen", name="mal.docx", media_type="application/msword", size=9
    )


CHANGES: dict[str, tuple[Callable[[LibraryItem, User, User], object], str]] = {
    "title": (
        lambda item, kari, ola: edit_item(person=kari, item=item, details=Details(title="Ny avtale")),
        "Ny avtale",
    ),
    "version": (hand_in, "Alt er skrevet om."),
    "file": (attach, "(DOCX, 9"),
    "keyword": (
        lambda item, kari, ola: LibraryTag.objects.create(item=item, name="årshjul", name_folded="arshjul"),
        "årshjul",
    ),
    "use": (say_own, "bruker den ikke lenger"),
    "download": (lambda item, kari, ola: LibraryItem.objects.update(download_count=7), "7 ganger"),
    "review": (lambda item, kari, ola: mark_reviewed(person=kari, item=item), "Gjennomgått"),
    "follow": (lambda item, kari, ola: follow_item(person=ola, item=item, follows=True), "Slutt å følge"),
    "talk": (
        lambda item, kari, ola: discuss_item(author=kari, item=item, title="Om punkt fire", source="<p>Hei</p>"),
        "Om punkt fire",
    ),
    "family": (build_on, "Vår utgave"),
    "owner": (set_name, "Kari Berg"),
    "team": (
        lambda item, kari, ola: Team.objects.filter(memberships__person=ola).update(name="Nye"),
        "Si at Nye bruker den",
    ),
    "space": (lambda item, kari, ola: Space.objects.update(name="Et annet rom"), "Et annet rom"),
    "county": (lambda item, kari, ola: LibraryItem.objects.update(county="Agder"), "Agder"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_of_an_item_shows_at_once(item: LibraryItem, kari: User, ola: User, name: str) -> None:
    change, words = CHANGES[name]
    address = item.get_absolute_url()
    for _ in range(2):
        assert words not in read(ola, address)
    change(item, kari, ola)
    for _ in range(2):
        assert words in read(ola, address)


def test_each_change_shows_in_the_list(item: LibraryItem, kari: User, ola: User, space: Space) -> None:
    for _ in range(2):
        assert read(ola, LIST).count('class="library-row"') == 1
    share(kari, space, "En til")
    assert read(ola, LIST).count('class="library-row"') == 2
    edit_item(person=kari, item=item, details=Details(title="Ny avtale", kind="agreement"))
    page = read(ola, LIST)
    assert ("Ny avtale" in page, "Samarbeidsavtale" in page, "Avtale (1)" in page) == (True, False, True)
    attach(LibraryItem.objects.get(pk=item.pk), kari, ola)
    assert "<span>DOCX</span>" in read(ola, LIST)


@pytest.mark.parametrize("state", [State.HIDDEN, State.DELETED])
def test_what_is_hidden_is_hidden_from_who_was_shown_it_and_shown_again(
    item: LibraryItem, kari: User, ola: User, state: State
) -> None:
    moderator = factories.make_moderator(first_name="Mona", last_name="Nes")
    address = item.get_absolute_url()
    before = [read(ola, page) for page in (address, LIST)]
    LibraryItem.objects.filter(pk=item.pk).update(state=state)
    for _ in range(2):
        assert get(ola, address).status_code == 404
        assert item.title not in read(ola, LIST)
        for person in (kari, moderator):
            if state == State.HIDDEN:
                assert "Skjult" in read(person, address)
                assert "Skjult" in read(person, LIST)
            else:
                assert get(person, address).status_code == 404
                assert item.title not in read(person, LIST)
    LibraryItem.objects.filter(pk=item.pk).update(state=State.NORMAL)
    assert [read(ola, page) for page in (address, LIST)] == before


def test_who_goes_out_of_a_space_is_shown_nothing_kept_and_who_comes_back_is(kari: User, home: object) -> None:
    closed = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    ola = member("Ola")
    factories.SpaceMembershipFactory.create(space=closed, person=ola)
    mine = factories.SpaceMembershipFactory.create(space=closed, person=kari)
    item = share(ola, closed, "Innenfor")
    address = item.get_absolute_url()
    for _ in range(2):
        assert "Innenfor" in read(kari, address)
        assert "Innenfor" in read(kari, LIST)
    SpaceMembership.objects.filter(pk=mine.pk).update(ended_at=mine.started_at)
    for _ in range(2):
        assert get(kari, address).status_code == 404
        assert "Innenfor" not in read(kari, LIST)
    SpaceMembership.objects.filter(pk=mine.pk).update(ended_at=None)
    assert "Innenfor" in read(kari, address)
    assert "Innenfor" in read(kari, LIST)


def test_who_leaves_their_team_is_shown_nothing_kept(item: LibraryItem, ola: User) -> None:
    address = item.get_absolute_url()
    for page in (address, LIST):
        assert item.title in read(ola, page)
    Membership.objects.filter(person=ola).update(ended_at=timezone.now())
    assert get(ola, address).status_code == 404
    assert item.title not in get(ola, LIST).content.decode()
    Membership.objects.filter(person=ola).update(ended_at=None)
    for page in (address, LIST):
        assert item.title in read(ola, page)


def test_nobody_is_shown_what_was_rendered_for_somebody_else(item: LibraryItem, kari: User, ola: User) -> None:
    moderator = factories.make_moderator(first_name="Mona", last_name="Nes")
    address = item.get_absolute_url()
    edit, case = reverse("forum:library-edit", args=[item.pk]), reverse("forum:item-case", args=[item.pk])
    report = reverse("forum:library-report", args=[item.pk])
    for _ in range(2):
        pages = {person.first_name: read(person, address) for person in (kari, moderator, ola)}
        assert {name: (edit in page, case in page, report in page) for name, page in pages.items()} == {
            "Kari": (True, False, False),
            "Mona": (True, True, True),
            "Ola": (False, False, True),
        }
        assert ["Mona" in page for page in pages.values()] == [False, True, False]


def test_a_topic_about_an_item_is_left_out_once_it_is_hidden(item: LibraryItem, kari: User, ola: User) -> None:
    post = discuss_item(author=kari, item=item, title="Om punkt fire", source="<p>Hei</p>")
    address = item.get_absolute_url()
    assert "Om punkt fire" in read(ola, address)
    reply(author=ola, topic=post.topic, source="<p>Ja</p>")
    assert "1 svar" in read(ola, address)
    Topic.objects.filter(pk=post.topic_id).update(state=State.HIDDEN)
    Post.objects.filter(pk=post.pk).update(state=State.HIDDEN)
    assert "Om punkt fire" not in read(ola, address)


def test_the_name_of_a_principle_is_what_the_page_is_kept_under(kari: User, space: Space) -> None:
    principle = factories.PrincipleFactory.create(name="Fleksibilitet")
    item = share(kari, space, principle_keys=(principle.translation_key,))
    for page in (item.get_absolute_url(), LIST):
        assert "Fleksibilitet" in read(kari, page)
    principle.name = "Tilpasning"
    principle.save()
    caches["pages"].clear()  # principles are asked for once a minute
    for page in (item.get_absolute_url(), LIST):
        found = read(kari, page)
        assert ("Tilpasning" in found, "Fleksibilitet" in found) == (True, False)


def test_a_page_is_the_same_kept_and_rendered_anew(item: LibraryItem, kari: User, ola: User) -> None:
    build_on(item, kari, ola)
    discuss_item(author=kari, item=item, title="Om punkt fire", source="<p>Hei</p>")
    for address in (item.get_absolute_url(), LIST, f"{LIST}?q=avtale", f"{LIST}?side=9"):
        read(ola, address)
        kept = read(ola, address)
        caches["forum-pages"].clear()
        assert kept == read(ola, address)


def test_every_form_of_a_kept_page_can_be_sent(item: LibraryItem, ola: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ola)
    tokens = []
    for _ in range(3):
        page = client.get(item.get_absolute_url()).content.decode()
        tokens.append(re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1])  # type: ignore[index]
    assert len(set(tokens)) == 3
    sent = {"follows": "1", "csrfmiddlewaretoken": tokens[-1]}
    assert client.post(reverse("forum:library-follow", args=[item.pk]), sent).status_code == 302


# --- what is asked together ------------------------------------------------------------------------------


class _Text:
    """A part as the database would have answered it."""

    def read(self, text: str) -> list[Any]:
        return [text]


@pytest.mark.parametrize("form", ["%Y-%m-%dT%H:%M:%S.%f+00:00", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S"])
def test_answers_are_kept_under_the_ages_as_they_are_told_anew(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever the words for an age change, so does what the page is kept under; and that no oftener than it must."""
    written = datetime(2026, 3, 4, 11, 30, 20, tzinfo=UTC)
    parts: Any = {"topics": _Text()}
    answers = Answers(parts, [f'[[1, "{written.strftime(form)}"]]'])
    seconds = [*range(-70, 4 * 3600, 7), *(hours * 3600 + 1 for hours in range(4, 24 * 9))]
    kept: dict[str, str] = {}
    with translation.override("nb"):
        for second in seconds:
            now = written + timedelta(seconds=second)
            monkeypatch.setattr(timezone, "now", lambda now=now: now)
            assert kept.setdefault(digest_answers(answers), ago(written)) == ago(written), second
    days, minutes, hours, unknown = 9, 60, 2, 1
    assert len(kept) <= days + 1 + minutes + hours + unknown


def test_answers_that_run_into_each_other_are_told_apart() -> None:
    parts: Any = {"one": _Text(), "two": _Text()}
    texts = [["ab", "c"], ["a", "bc"], ["abc", None], [None, "abc"], ["abc", ""]]
    assert len({digest_answers(Answers(parts, each)) for each in texts}) == len(texts)


@pytest.mark.parametrize("name", ["own", "spaces"])
def test_rows_are_what_the_queryset_would_have_given(item: LibraryItem, kari: User, name: str) -> None:
    """Numbers, texts, days, times, keys, yes and no, and rows beside rows: as the driver reads them."""
    LibraryItem.objects.update(review_on=timezone.localdate(), submission=uuid4(), title='Å "sitere" \\ 100 % 🌱')
    items = LibraryItem.objects.select_related("team", "owner", "current")
    querysets = {"own": items.order_by("pk"), "spaces": Space.objects.order_by("pk")}
    together = Together({"pk": BigIntegerField()}, parts={name: lambda reader, *, pk: querysets[name]})
    try:
        found = together.ask(kari, pk=item.pk).rows(name)
    finally:
        EVERY.remove(together)

    def whole(row: Any) -> Any:
        values = dict(row.__dict__)
        related = values.pop("_state").fields_cache
        return values, {key: whole(each) if each is not None else None for key, each in related.items()}

    assert [whole(each) for each in found] == [whole(each) for each in querysets[name]]


def test_a_part_asks_of_what_may_be_seen_and_values_go_where_they_belong(item: LibraryItem, kari: User) -> None:
    outsider = factories.UserFactory.create()
    inactive = factories.MembershipFactory.create(person__is_active=False).person
    together = Together(
        {"pk": BigIntegerField(), "more": BigIntegerField()},
        tables={"seen": lambda reader, **asked: items_visible_to(reader).order_by().values_list("pk")},
        parts={
            "numbers": lambda reader, *, pk, more: Sql("SELECT %s, %s, %s", columns=3, given=(more, pk, more)),
            "items": lambda reader, *, pk, more: LibraryItem.objects.filter(pk=pk, pk__in=among("seen")),
            "spaces": lambda reader, **asked: spaces_readable_by(reader).values_list("slug"),
            "nobody": lambda reader, **asked: User.objects.none(),
        },
    )
    try:
        for person, sees in ((kari, True), (outsider, False), (kari, True)):
            answers = together.ask(person, pk=item.pk, more=7)
            assert [tuple(row) for row in answers.rows("numbers")] == [(7, item.pk, 7)]
            assert answers.rows("items") == ([item] if sees else [])
            assert [tuple(row) for row in answers.rows("spaces")] == ([("torget",)] if sees else [])
            assert (answers.has("items"), answers.has("nobody")) == (sees, False)
        assert together.ask(inactive, pk=item.pk, more=7).rows("numbers") == []
        with connection.execute_wrapper(_one_at_most()):
            together.ask(kari, pk=item.pk, more=7)
    finally:
        EVERY.remove(together)


def _one_at_most() -> Callable[..., Any]:
    asked = []

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        assert len(asked) == 1
        return run(sql, params, many, context)

    return execute
