"""What is shared in the library is found by those who may see it, by what it says and what is in its files."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from docx import Document

from forum.actions.library import Content, Details, add_library_file, add_version, edit_item, set_item_state, share_item
from forum.models import LibraryItem, Space, State
from home.models import SearchDocument
from home.permissions import documents_found_by, user_can_find
from home.search.actions import find_drift
from home.search.documents import Source
from people.models import User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create().person


def share(person: User, space: Space, title: str, *, in_file: str = "", commit: Any, **details: Any) -> LibraryItem:
    submission = uuid4()
    if in_file:
        document = Document()
        document.add_paragraph(in_file)
        written = BytesIO()
        document.save(written)
        written.seek(0)
        add_library_file(person=person, submission=submission, file=written, name="vedlegg.docx")
    content = Content(source="Noe om saken.", submission=submission)
    with commit(execute=True):
        return share_item(person=person, space=space, details=Details(title=title, **details), content=content)


def finds(person: User, words: str) -> list[str]:
    client = Client()
    client.force_login(person)
    page = client.get(reverse("home:search"), {"q": words, "slag": "item"}).content.decode()
    return [
        title
        for title in LibraryItem.objects.values_list("title", flat=True)
        if title and f'"/forum/bibliotek/{LibraryItem.objects.get(title=title).pk}/"' in page
    ]


@pytest.mark.parametrize("words", ["samarbeidsavtale", "avtale", "vaktmesterordning", "ledelse", "uenige"])
def test_found_by_title_file_keyword_and_summary(
    kari: User, django_capture_on_commit_callbacks: Any, words: str
) -> None:
    commit = django_capture_on_commit_callbacks
    space = factories.SpaceFactory.create()
    details = {"tags": ("ledelse",), "summary": "Hva dere gjør når dere er uenige."}
    share(kari, space, "Samarbeidsavtale", in_file="Her står det om vaktmesterordning.", commit=commit, **details)
    assert finds(kari, words) == ["Samarbeidsavtale"]


def test_found_by_those_who_may_see_it_and_nobody_else(kari: User, django_capture_on_commit_callbacks: Any) -> None:
    """Also by the predicate, and where people know that the space exists."""
    commit = django_capture_on_commit_callbacks
    others = {
        "member": factories.MembershipFactory.create().person,
        "newcomer": factories.UserFactory.create(),
        "moderator": factories.make_moderator(),
    }
    found: dict[str, set[str]] = {name: set() for name in others}
    for kind in ("open", "restricted", "private", "learning_group", "youth_panel"):
        space = factories.SpaceFactory.create(kind=kind)
        factories.SpaceMembershipFactory.create(space=space, person=kari)
        item = share(kari, space, f"Vaktplan {kind}", commit=commit)
        document = SearchDocument.objects.get(item=item)
        assert user_can_find(kari, document)
        for name, person in others.items():
            if finds(person, "vaktplan") and item.title in finds(person, "vaktplan"):
                found[name].add(kind)
            assert user_can_find(person, document) == (kind in found[name])
    assert found == {"member": {"open"}, "newcomer": set(), "moderator": {"open", "restricted"}}


def test_it_follows_what_is_changed_hidden_and_deleted(kari: User, django_capture_on_commit_callbacks: Any) -> None:
    commit = django_capture_on_commit_callbacks
    item = share(kari, factories.SpaceFactory.create(), "Vaktplan", commit=commit)
    with commit(execute=True):
        edit_item(person=kari, item=item, details=Details(title="Mandat"))
    assert (finds(kari, "mandat"), finds(kari, "vaktplan")) == (["Mandat"], [])
    with commit(execute=True):
        add_version(person=kari, item=item, content=Content(source="Alt om helgevakter.", note="Ny"))
    assert finds(kari, "helgevakter") == ["Mandat"]
    ola = factories.MembershipFactory.create().person
    with commit(execute=True):
        set_item_state(person=factories.make_moderator(), item=item, state=State.HIDDEN)
    assert (finds(ola, "mandat"), finds(kari, "mandat")) == ([], ["Mandat"])
    assert [drift for drift in find_drift() if drift.source == Source.ITEMS] == []
    with commit(execute=True):
        set_item_state(person=kari, item=item, state=State.DELETED)
    assert not SearchDocument.objects.filter(item=item).exists()
    assert not documents_found_by(kari).filter(title="Mandat").exists()


def test_no_word_is_left_behind(kari: User, django_capture_on_commit_callbacks: Any) -> None:
    """On SQLite by a trigger, which stands after the library's column was added."""
    item = share(kari, factories.SpaceFactory.create(), "Vaktplan", commit=django_capture_on_commit_callbacks)
    SearchDocument.objects.filter(item=item).delete()
    with connection.cursor() as cursor:
        words = "home_searchwords" if connection.vendor == "sqlite" else "home_searchdocument"
        cursor.execute(f"SELECT COUNT(*) FROM {words} WHERE title = 'Vaktplan'")  # noqa: S608 – a name of ours
        assert cursor.fetchone() == (0,)
