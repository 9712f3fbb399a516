"""«Min læringssti» is private (ARCHITECTURE §4.7): what one person writes is looked for everywhere else.

The note holds a word that stands nowhere else. New pages, reports and tables are looked through too: the tests walk
what is there.
"""

import io
import logging
import re
import secrets
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.utils.log import AdminEmailHandler
from wagtail.admin.viewsets import viewsets
from wagtail.models import ReferenceIndex
from wagtail.search.index import get_indexed_models
from wagtail.snippets.models import get_snippet_models

from courses import rendering
from courses.urls_of import page_path
from learning.actions.reflections import StaleReflectionError, save_reflection
from learning.models import Reflection
from learning.queries.reflections import notes_key
from learning.views import reflections as views
from people import own_data
from people.models import User
from tests import factories
from tests.learning.quiz_lesson import REFLECTION, SINGLE, block, ids, make_lesson
from tests.people.cast import Cast, make_cast
from tests.safety.test_guard import BORN_1986

pytestmark = pytest.mark.django_db

JSON = {"Accept": "application/json"}


@dataclass
class Written:
    """One note of one person, and everybody around them."""

    word: str
    cast: Cast
    author: User
    lesson: Any
    path: Any

    @property
    def note(self) -> Reflection:
        return Reflection.objects.get(learner=self.author)

    @property
    def address(self) -> str:
        return reverse("learning:reflection", args=[self.lesson.translation_key, ids(self.lesson)[0]])

    def fields(self, text: str, version: int) -> dict[str, str]:
        return {"text": text, "version": str(version), "account": notes_key(self.author)}


@pytest.fixture
def written(home) -> Written:
    word = f"tanke{secrets.token_hex(8)}"
    cast = make_cast()
    author: Any = cast.people["member"]
    lesson = make_lesson(block("reflection", REFLECTION), block("quiz_single", SINGLE), title="Tenk over dette")
    path = factories.LearningPathPageFactory.create(courses=[lesson.get_parent().specific])
    save_reflection(
        learner=author,
        lesson_key=lesson.translation_key,
        block_id=ids(lesson)[0],
        text=f"Jeg skrev {word} for meg selv.",
        base_version=0,
        language="nb",
        path_key=path.translation_key,
    )
    return Written(word=word, cast=cast, author=author, lesson=lesson, path=path)


def as_person(person: Any) -> Client:
    client = Client(raise_request_exception=False)
    if person.is_authenticated and person.is_active:
        client.force_login(person)
    return client


def content_of(response: Any) -> str:
    """What came, also out of streams and of files that are archives."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
    return str(content, "utf-8", "replace")


def named_addresses(resolver: URLResolver, names: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every named address below, with its pattern."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            deeper = (*names, pattern.namespace) if pattern.namespace else names
            yield from named_addresses(pattern, deeper)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield ":".join((*names, pattern.name)), str(pattern.pattern)


def open_addresses() -> set[str]:
    """Every address of the site that needs no argument."""
    found = set()
    for name, _pattern in named_addresses(get_resolver()):
        try:
            found.add(reverse(name))
        except NoReverseMatch:
            continue
    # Not the door: signing out would end the walk, and nothing of learning is shown before one is in.
    return {address for address in found if not address.startswith("/konto/") and "logout" not in address}


def test_it_is_found_by_its_author_and_by_this_test(written: Written) -> None:
    """Or the other tests would find nothing anywhere."""
    client = as_person(written.author)
    assert written.word in content_of(client.get(page_path(written.lesson)))
    assert written.word in content_of(client.get(reverse("learning:reflections")))
    assert written.word in content_of(client.get(reverse("learning:reflections-docx")))


def test_no_other_table_holds_it(written: Written) -> None:
    """Search indexes, logs of changes, revisions, sessions and tasks among them."""
    client = as_person(written.author)
    client.post(written.address, written.fields(f"Mer {written.word}.", written.note.version))
    client.post(written.address, written.fields(f"Sent {written.word}.", 1), headers=JSON)
    client.post(written.address, written.fields(f"{written.word} {BORN_1986}", written.note.version))
    client.get(reverse("learning:reflections"))
    holding = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 – names of our own tables
            if any(written.word in str(value) for row in cursor.fetchall() for value in row):
                holding.add(table)
    assert holding == {"learning_reflection"}


def test_no_page_of_wagtails_admin_shows_it(written: Written) -> None:
    """Every address of the admin that takes no id or one, and every one that those lead to."""
    client = as_person(written.cast.people["administrator"])
    waiting = open_addresses()
    for name, pattern in named_addresses(get_resolver()):
        if pattern.count("<") == 1:
            for pk in {written.author.pk, written.lesson.pk}:
                try:
                    waiting.add(reverse(name, args=[pk]))
                except NoReverseMatch:
                    continue
    waiting = {address for address in waiting if address.startswith("/admin/")}
    shown: dict[str, int] = {}
    links: set[str] = set()
    for address in sorted(waiting):
        response = client.get(address)
        shown[address] = response.status_code
        page = content_of(response)
        assert written.word not in page, address
        links |= {urlsplit(urljoin(address, link)).path for link in re.findall(r'href="([^"#?]+)', page)}
    for address in sorted(links - waiting):
        if address.startswith("/admin/") and "logout" not in address:
            assert written.word not in content_of(client.get(address)), address
    reached = {address for address, status in shown.items() if status == 200}
    assert {
        "/admin/",
        "/admin/reports/site-history/",
        f"/admin/users/edit/{written.author.pk}/",
        f"/admin/pages/{written.lesson.pk}/history/",
        f"/admin/pages/{written.lesson.pk}/usage/",
    } <= reached
    assert len(reached) > 100


@pytest.mark.parametrize("role", ["anonymous", "asker", "leader", "regional", "national", "administrator"])
def test_no_page_of_anybody_else_shows_it(written: Written, role: str) -> None:
    """Leaders, their regions, the national group, administrators, colleagues: every address, with and without ids."""
    client = as_person(written.cast.people[role])
    addresses = {address for address in open_addresses() if not address.startswith("/admin/")}
    guesses: list[Any] = [
        written.author.pk,
        written.cast.team.slug,
        written.note.block_id,
        written.lesson.translation_key,
        written.path.translation_key,
        written.lesson.get_parent().translation_key,
    ]
    for name, _pattern in named_addresses(get_resolver()):
        if name.startswith("wagtail"):
            continue
        for guess in guesses:
            for more in ([], [written.cast.membership.pk], [written.note.block_id]):
                try:
                    addresses.add(reverse(name, args=[guess, *more]))
                except NoReverseMatch:
                    continue
    addresses = {address for address in addresses if not address.startswith("/admin/")}
    addresses |= {page_path(written.lesson), page_path(written.path), page_path(written.lesson.get_parent().specific)}
    found = [address for address in sorted(addresses) if written.word in content_of(client.get(address))]
    assert found == []
    assert reverse("learning:edit-reflection", args=[written.note.block_id]) in addresses
    assert len(addresses) > 30


@pytest.mark.parametrize("role", ["leader", "regional", "national", "administrator"])
def test_no_copy_of_anybody_elses_data_holds_it(written: Written, role: str) -> None:
    def copy_of(person: Any) -> str:
        return str(own_data.collect(person))

    assert written.word not in copy_of(written.cast.people[role])
    assert written.word in copy_of(written.author)


def test_no_room_of_the_editor_knows_the_model(written: Written) -> None:
    assert Reflection not in get_snippet_models()
    assert Reflection not in get_indexed_models()
    assert not ReferenceIndex.model_is_indexable(Reflection)
    assert Reflection not in {getattr(viewset, "model", None) for viewset in viewsets.viewsets}
    assert not apps.is_installed("django.contrib.admin")
    note = written.note
    assert written.word not in f"{note} {note!r} {StaleReflectionError(text=note.text, version=1)!r}"
    assert written.word not in str(StaleReflectionError(text=note.text, version=1))


# --- logs and error mails ---------------------------------------------------------------------------------


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, settings: Any) -> Iterator[Callable[[], str]]:
    """Everything that is logged at any level, with each query as Django can be made to log it, and every error mail
    with all it may hold.
    """
    settings.ADMINS = [("Drift", "drift@example.org")]
    caplog.set_level(logging.DEBUG)
    connection.force_debug_cursor = True
    mailer = AdminEmailHandler(include_html=True)
    mailer.setLevel(logging.ERROR)
    logger = logging.getLogger("django.request")
    logger.addHandler(mailer)

    def everything() -> str:
        mails = [body for sent in mail.outbox for body in (sent.subject, sent.body, *map(str, sent.alternatives))]
        lines = [logging.Formatter("%(name)s %(levelname)s %(message)s").format(record) for record in caplog.records]
        return "\n".join([*lines, *mails])

    yield everything
    logger.removeHandler(mailer)
    connection.force_debug_cursor = False


def fail(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("the machine is on fire")


def test_an_error_mail_shows_what_nothing_hides(written: Written, told: Callable[[], str]) -> None:
    """Or the tests below would find nothing in any."""
    text = written.note.text
    try:
        fail(len(text))
    except RuntimeError:
        logging.getLogger("django.request").exception("It failed")
    assert written.word in told()


def test_saves_refusals_and_conflicts_log_nothing_of_it(written: Written, told: Callable[[], str]) -> None:
    client = as_person(written.author)
    version = written.note.version
    for headers in (JSON, {}):
        for text, base in (
            (f"Ny {written.word} {len(headers)}.", version),
            (f"Sent {written.word}.", 1),
            (f"{written.word} {BORN_1986}", version),
            (written.word * 2000, version),
            ("", version),
        ):
            client.post(written.address, written.fields(text, base), headers=headers)
            version = written.note.version
        Client().post(written.address, written.fields(written.word, 0), headers=headers)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(written.author)
    assert strict.post(written.address, written.fields(written.word, version)).status_code == 403
    client.get(page_path(written.lesson))
    client.get(reverse("learning:reflections"))
    client.get(reverse("learning:delete-reflection", args=[written.note.block_id]))
    said = told()
    assert written.word not in said
    assert BORN_1986 not in said
    assert "Forbidden" in said


def error_in_storing(written: Written, client: Client, monkeypatch: Any) -> Any:
    monkeypatch.setattr(Reflection, "save", fail)
    return client.post(written.address, written.fields(f"Ny {written.word}.", written.note.version), headers=JSON)


def error_of_the_database(written: Written, client: Client, monkeypatch: Any) -> Any:
    """PostgreSQL repeats the row in its message."""

    def refuse(self: Reflection, *args: Any, **kwargs: Any) -> None:
        raise DatabaseError(f"DETAIL: Failing row contains ({self.text}).")

    monkeypatch.setattr(Reflection, "save", refuse)
    return client.post(written.address, written.fields(f"Ny {written.word}.", written.note.version))


def error_in_looking_for_numbers(written: Written, client: Client, monkeypatch: Any) -> Any:
    monkeypatch.setattr("safety.guard.doors.find_identity_numbers", fail)
    return client.post(written.address, written.fields(f"Ny {written.word}.", written.note.version))


def error_in_saying_why(written: Written, client: Client, monkeypatch: Any) -> Any:
    monkeypatch.setattr(views, "in_words", fail)
    return client.post(written.address, written.fields(f"Sent {written.word}.", 1))


def error_on_the_lesson_page(written: Written, client: Client, monkeypatch: Any) -> Any:
    """In what comes after the note on the page."""
    client.get(page_path(written.lesson))
    monkeypatch.setitem(rendering._fillers, "quiz-own", fail)
    return client.get(page_path(written.lesson), headers={"Accept-Encoding": "gzip"})


def error_on_the_page_of_notes(written: Written, client: Client, monkeypatch: Any) -> Any:
    monkeypatch.setattr("home.context.get_site_links", fail)
    return client.get(reverse("learning:reflections"))


def error_after_the_page_of_notes(written: Written, client: Client, monkeypatch: Any) -> Any:
    monkeypatch.setitem(rendering._fillers, "account", fail)
    return client.get(reverse("learning:reflections"))


def error_in_the_word_document(written: Written, client: Client, monkeypatch: Any) -> Any:
    monkeypatch.setattr("docx.document.Document.save", fail)
    return client.get(reverse("learning:reflections-docx"))


def error_in_deleting(written: Written, client: Client, monkeypatch: Any) -> Any:
    monkeypatch.setattr(Reflection, "delete", fail)
    note = written.note
    address = reverse("learning:delete-reflection", args=[note.block_id])
    return client.post(address, {"version": str(note.version), "text": written.word})


ERRORS = [
    error_in_storing,
    error_of_the_database,
    error_in_looking_for_numbers,
    error_in_saying_why,
    error_on_the_lesson_page,
    error_on_the_page_of_notes,
    error_after_the_page_of_notes,
    error_in_the_word_document,
    error_in_deleting,
]


@pytest.mark.parametrize("error", ERRORS)
def test_no_error_carries_it_away(
    written: Written, told: Callable[[], str], monkeypatch: Any, error: Callable[..., Any]
) -> None:
    assert not settings.DEBUG
    answer = error(written, as_person(written.author), monkeypatch)
    assert answer.status_code == 500
    assert written.word not in content_of(answer)
    assert len(mail.outbox) == 1
    said = told()
    assert "Traceback" in said
    assert written.word not in said
