"""The library: sharing, versions, building on, using, and who may see what of it."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.actions.library import (
    Content,
    Details,
    add_library_file,
    add_version,
    edit_item,
    say_use,
    set_item_state,
    share_item,
)
from forum.models import LibraryFile, LibraryItem, LibraryUse, LibraryVersion, Space, State
from forum.permissions.library import (
    files_visible_to,
    items_editable_by,
    items_moderated_by,
    items_visible_to,
    user_can_edit_item,
    user_can_moderate_item,
    user_can_see_file,
    user_can_see_item,
)
from forum.queries.library import LibraryFilter, get_family, get_library, text_of
from people.models import User
from safety.files import FileRefusedError
from safety.guard import PatientDataError
from safety.text import TextRefusedError
from tests import factories
from tests.forum.bulk import docx
from tests.forum.writing import BORN

pytestmark = pytest.mark.django_db


def keep(person: User, *paragraphs: str, submission: UUID | None = None, name: str = "avtale.docx") -> UUID:
    key = submission or uuid4()
    add_library_file(person=person, submission=key, file=BytesIO(docx(*paragraphs)), name=name)
    return key


def share(person: User, space: Space, title: str = "Samarbeidsavtale", **details: Any) -> LibraryItem:
    based_on = details.pop("based_on", None)
    content = Content(submission=keep(person, f"Teksten i {title}."))
    return share_item(
        person=person, space=space, details=Details(title=title, **details), content=content, based_on=based_on
    )


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def ola(home: Any) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def space() -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


def read(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


# --- sharing and versions ------------------------------------------------------------------------------


def test_what_is_shared_has_a_first_version_with_its_file(kari: User, space: Space) -> None:
    item = share(kari, space, kind="agreement", tags=("Avtale", "avtale", "ledelse"))
    version = item.versions.get()
    assert (version.number, item.current, item.owner, item.version_count) == (1, version, kari, 1)
    assert [each.name for each in version.files.all()] == ["avtale.docx"]
    assert [each.name for each in item.tags.all()] == ["Avtale", "ledelse"]
    assert "Teksten i Samarbeidsavtale." in text_of(version)


def test_the_same_form_sent_twice_is_one_item(kari: User, space: Space) -> None:
    content = Content(submission=keep(kari, "En."))
    first = share_item(person=kari, space=space, details=Details(title="En"), content=content)
    assert share_item(person=kari, space=space, details=Details(title="En"), content=content) == first
    assert LibraryItem.objects.count() == 1


def test_nobody_fills_the_disk_with_what_they_never_share(kari: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forum.actions.library.WAITING_MOST", 2)
    keep(kari, "En")
    keep(kari, "To")
    with pytest.raises(FileRefusedError):
        keep(kari, "Tre")
    assert LibraryFile.objects.count() == 2


def test_old_versions_stay(kari: User, space: Space) -> None:
    item = share(kari, space)
    second = add_version(person=kari, item=item, content=Content(submission=keep(kari, "To."), note="Ny innledning."))
    item.refresh_from_db()
    assert (second.number, item.current, item.version_count) == (2, second, 2)
    assert [each.files.count() for each in item.versions.order_by("number")] == [1, 1]


def test_a_new_version_says_what_is_new(kari: User, space: Space) -> None:
    item = share(kari, space)
    with pytest.raises(TextRefusedError):
        add_version(person=kari, item=item, content=Content(submission=keep(kari, "To.")))
    assert item.versions.count() == 1


def test_nothing_to_share_is_refused_and_leaves_nothing(kari: User, space: Space) -> None:
    with pytest.raises(FileRefusedError):
        share_item(person=kari, space=space, details=Details(title="Tomt"), content=Content())
    assert not LibraryItem.objects.exists()


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://example.org/a", "//example.org", "file:///etc/passwd"])
def test_links_that_are_no_web_addresses_are_refused(kari: User, space: Space, link: str) -> None:
    with pytest.raises(TextRefusedError):
        share_item(person=kari, space=space, details=Details(title="Lenke"), content=Content(link=link))


def test_patient_data_stops_at_every_door(kari: User, space: Space) -> None:
    """Title, summary, tags, text, note, link, file and file name."""
    item = share(kari, space)
    with pytest.raises(PatientDataError):
        add_library_file(person=kari, submission=uuid4(), file=BytesIO(docx(f"Gjelder {BORN}")), name="a.docx")
    with pytest.raises(PatientDataError):
        add_library_file(person=kari, submission=uuid4(), file=BytesIO(b"hei"), name=f"{BORN}.txt")
    for details in (
        Details(title=f"Om {BORN}"),
        Details(title="En", summary=f"Om {BORN}"),
        Details(title="En", tags=(BORN,)),
    ):
        with pytest.raises(PatientDataError):
            share_item(person=kari, space=space, details=details, content=Content(source="Tekst"))
        with pytest.raises(PatientDataError):
            edit_item(person=kari, item=item, details=details)
    for content in (
        Content(source=f"Om {BORN}", note="Ny"),
        Content(source="Tekst", note=f"Om {BORN}"),
        Content(link=f"https://example.org/{BORN}", note="Ny"),
    ):
        with pytest.raises(PatientDataError):
            add_version(person=kari, item=item, content=content)
    assert (LibraryItem.objects.count(), LibraryVersion.objects.count(), LibraryFile.objects.count()) == (1, 1, 1)


def test_deleted_loses_its_files_and_leaves_what_was_built_on_it(
    kari: User, ola: User, space: Space, django_capture_on_commit_callbacks: Any
) -> None:
    source = share(kari, space)
    built = share(ola, space, "Tilpasset", based_on=source.current)
    path = Path(LibraryFile.objects.get(version=source.current).file.path)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        set_item_state(person=kari, item=source, state=State.DELETED)
    assert not path.exists()
    assert not items_visible_to(ola).filter(pk=source.pk).exists()
    assert [each.item for each in get_family(ola, built).members] == [built]


# --- building on ---------------------------------------------------------------------------------------


def test_a_family_of_three_and_who_is_behind(kari: User, ola: User, space: Space) -> None:
    first = share(kari, space, "Nasjonal avtale")
    second = share(ola, space, "Avtale i Vestland", based_on=first.current)
    third = share(kari, space, "Avtale i Bergen", based_on=second.current)
    add_version(person=kari, item=first, content=Content(submission=keep(kari, "Ny"), note="Ny"))
    members = get_family(kari, second).members
    assert [(each.item.title, each.depth, each.from_number, each.behind, each.is_here) for each in members] == [
        ("Nasjonal avtale", 0, None, 0, False),
        ("Avtale i Vestland", 1, 1, 1, True),
        ("Avtale i Bergen", 2, 1, 0, False),
    ]
    assert first.family == second.family == third.family


def test_a_family_shows_only_what_the_reader_may_see(kari: User, ola: User, space: Space) -> None:
    hidden = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    factories.SpaceMembershipFactory.create(space=hidden, person=kari)
    first = share(kari, space, "Åpen")
    share(kari, hidden, "Skjult", based_on=first.current)
    assert [each.item.title for each in get_family(kari, first).members] == ["Åpen", "Skjult"]
    assert [each.item.title for each in get_family(ola, first).members] == ["Åpen"]


def test_nobody_builds_on_what_they_may_not_see(kari: User, ola: User, space: Space) -> None:
    hidden = factories.SpaceFactory.create(kind=Space.Kind.PRIVATE)
    factories.SpaceMembershipFactory.create(space=hidden, person=kari)
    item = share(kari, hidden)
    with pytest.raises(PermissionDenied):
        share(ola, space, based_on=item.current)


# --- use -----------------------------------------------------------------------------------------------


def test_a_team_counts_once_and_only_its_own_people_say_so(kari: User, ola: User, space: Space) -> None:
    item = share(ola, space)
    team = kari.memberships.get().team
    assert say_use(person=kari, item=item, team=team, uses=True) == 1
    assert say_use(person=kari, item=item, team=team, uses=True) == 1
    with pytest.raises(PermissionDenied):
        say_use(person=ola, item=item, team=team, uses=False)
    assert say_use(person=kari, item=item, team=team, uses=False) == 0
    assert not LibraryUse.objects.exists()


# --- who sees what -------------------------------------------------------------------------------------

KINDS = [str(kind) for kind in Space.Kind]
ROLES = ["newcomer", "member", "in_space", "facilitator", "left_space", "role_holder", "moderator", "administrator"]
READS = {
    "newcomer": set(),
    "member": {"open"},
    "in_space": set(KINDS),
    "facilitator": set(KINDS),
    "left_space": {"open"},
    "role_holder": {"open", "role_network"},
    "moderator": {"open", "restricted", "role_network"},
    "administrator": {"open", "restricted", "role_network"},
}
MODERATES = {
    "facilitator": set(KINDS),
    "moderator": {"open", "restricted", "role_network"},
    "administrator": {"open", "restricted", "role_network"},
}


def make_people(spaces: list[Space], role: Any) -> dict[str, User]:
    people = {
        "newcomer": factories.UserFactory.create(),
        "member": factories.MembershipFactory.create().person,
        "in_space": factories.UserFactory.create(),
        "facilitator": factories.UserFactory.create(),
        "left_space": factories.MembershipFactory.create().person,
        "role_holder": factories.MembershipFactory.create(roles=[role]).person,
        "moderator": factories.make_moderator(),
        "administrator": factories.UserFactory.create(is_superuser=True, is_staff=True),
    }
    for space in spaces:
        factories.SpaceMembershipFactory.create(space=space, person=people["in_space"])
        factories.SpaceMembershipFactory.create(space=space, person=people["facilitator"], facilitator=True)
        left = factories.SpaceMembershipFactory.create(space=space, person=people["left_space"])
        left.ended_at = left.started_at
        left.save()
    return people


SURFACES: dict[str, Callable[[Client, LibraryItem], bool]] = {
    # The list of all of them is asked for once by each role.
    "words": lambda client, item: (
        item.title
        in client.get(reverse("forum:library"), {"q": item.title}).content.decode().partition("library-found")[2]
    ),
    "page": lambda client, item: client.get(item.get_absolute_url()).status_code == 200,
    "file": lambda client, item: (
        client.get(reverse("forum:library-file", args=[LibraryFile.objects.get(version=item.current).key])).status_code
        == 200
    ),
    "compare": lambda client, item: (
        client.get(reverse("forum:library-compare", args=[item.current_id, item.current_id])).status_code == 200
    ),
    "build": lambda client, item: (
        client.get(reverse("forum:library-share"), {"bygg": item.current_id}).status_code in {200, 403}
    ),
}


def test_each_surface_shows_each_role_exactly_what_it_may_see(home: Any, client: Client) -> None:
    """Role × surface × kind of space × state."""
    role = factories.TeamRoleFactory.create()
    spaces = [factories.SpaceFactory.create(kind=kind, role=role if kind == "role_network" else None) for kind in KINDS]
    people = make_people(spaces, role)
    owner = factories.UserFactory.create(first_name="Eier")
    items: dict[tuple[str, str], LibraryItem] = {}
    for space in spaces:
        membership = factories.SpaceMembershipFactory.create(space=space, person=owner)
        for state in (State.NORMAL, State.HIDDEN, State.DELETED):
            item = share(owner, space, f"ord{space.kind.replace('_', '')}{state}")
            LibraryItem.objects.filter(pk=item.pk).update(state=state)
            items[space.kind, state] = item
        membership.ended_at = membership.started_at
        membership.save()
    wrong: list[tuple[Any, ...]] = []
    for name in ROLES:
        client.force_login(people[name])
        listed = client.get(reverse("forum:library")).content.decode()
        for (kind, state), item in items.items():
            shown = kind in READS[name] and (
                state == State.NORMAL or (state == State.HIDDEN and kind in MODERATES.get(name, set()))
            )
            if (item.title in listed) != shown:
                wrong.append((name, kind, str(state), "list", shown))
            for surface, sees in SURFACES.items():
                wanted = shown
                if surface == "build":  # nobody who may write nowhere gets so far as to be told that it is not there
                    wanted = shown or name == "newcomer"
                if sees(client, item) != wanted:
                    wrong.append((name, kind, str(state), surface, wanted))
    client.logout()
    assert client.get(reverse("forum:library")).status_code == 302
    for item in items.values():
        wrong += [("anonymous", surface) for surface, sees in SURFACES.items() if sees(client, item)]
    assert wrong == []


def test_predicates_and_their_twins_agree(home: Any) -> None:
    role = factories.TeamRoleFactory.create()
    spaces = [factories.SpaceFactory.create(kind=kind, role=role if kind == "role_network" else None) for kind in KINDS]
    people = make_people(spaces, role)
    items = []
    for space in spaces:
        for state in (State.NORMAL, State.HIDDEN):
            item = share(people["in_space"], space)
            LibraryItem.objects.filter(pk=item.pk).update(state=state)
            items.append(item)
    files = [LibraryFile.objects.get(version=item.current) for item in items]
    said_yes = set()
    for person in people.values():
        for predicate, twin, things in (
            (user_can_see_item, items_visible_to, items),
            (user_can_edit_item, items_editable_by, items),
            (user_can_moderate_item, items_moderated_by, items),
            (user_can_see_file, files_visible_to, files),
        ):
            listed = set(twin(person))
            for thing in things:
                answer = predicate(person, thing)
                assert answer == (thing in listed), (predicate.__name__, person, thing)
                if answer:
                    said_yes.add(predicate.__name__)
    assert len(said_yes) == 4


def test_a_file_beside_a_form_is_its_uploaders_alone(browser: Client, kari: User, ola: User, client: Client) -> None:
    keep(kari, "Ikke delt ennå.")
    url = reverse("forum:library-file", args=[LibraryFile.objects.get().key])
    assert browser.get(url).status_code == 200
    client.force_login(ola)
    assert client.get(url).status_code == 404


# --- pages ---------------------------------------------------------------------------------------------


def post_share(browser: Client, space: Space, **fields: Any) -> Any:
    data = {
        "title": "Mandat",
        "kind": "template",
        "language": "nb",
        "licence": "cc-by-4.0",
        "space": space.pk,
        "submission": str(uuid4()),
        **fields,
    }
    return browser.post(reverse("forum:library-share"), {name: value for name, value in data.items() if value != ""})


def test_several_files_are_shared_in_one_go(browser: Client, kari: User, space: Space) -> None:
    files = [SimpleUploadedFile("a.docx", docx("A")), SimpleUploadedFile("b.txt", b"Bare tekst")]
    answer = post_share(browser, space, file=files)
    item = LibraryItem.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, item.get_absolute_url())
    assert [each.name for each in item.current.files.all()] == ["a.docx", "b.txt"]
    page = browser.get(item.get_absolute_url()).content.decode()
    assert "a.docx" in page
    assert "b.txt" in page


def test_a_mistake_elsewhere_keeps_the_files(browser: Client, kari: User, space: Space) -> None:
    key = str(uuid4())
    answer = post_share(browser, space, title="", submission=key, file=SimpleUploadedFile("a.docx", docx("A")))
    assert answer.status_code == 422
    assert "a.docx" in answer.content.decode()
    post_share(browser, space, submission=key)
    assert LibraryItem.objects.get().current.files.get().name == "a.docx"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tom.docx", b""),
        ("avtale.docm", b"PK\x03\x04"),
        ("tegning.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("notat.txt", b"<html><script>alert(1)</script></html>"),
        ("program.exe", b"MZ\x90\x00"),
        ("avtale.pdf", b"MZ\x90\x00 %PDF-"),
    ],
)
def test_a_file_that_may_not_come_in_says_why_and_leaves_nothing(
    browser: Client, space: Space, name: str, content: bytes
) -> None:
    answer = post_share(browser, space, summary="Står her ennå", file=SimpleUploadedFile(name, content))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="file-error"' in page
    assert "Står her ennå" in page
    assert not LibraryFile.objects.exists()
    assert not LibraryItem.objects.exists()


def test_a_number_in_the_title_comes_back_masked(browser: Client, space: Space) -> None:
    answer = post_share(browser, space, title=f"Avtale for {BORN}", source="Tekst")
    assert answer.status_code == 422
    assert BORN not in answer.content.decode()


def test_a_file_is_taken_away_again(browser: Client, kari: User, space: Space) -> None:
    key = keep(kari, "A")
    file = LibraryFile.objects.get()
    answer = post_share(browser, space, submission=str(key), do=f"remove:{file.key}", summary="Bli stående")
    assert answer.status_code == 200
    assert "Bli stående" in answer.content.decode()
    assert not LibraryFile.objects.exists()


def test_names_are_never_paths(browser: Client, space: Space) -> None:
    for name in ("../../etc/passwd.txt", "..\\..\\windows.txt", "a\u202etxt.exe.txt", "\x00skjult.txt"):
        post_share(browser, space, file=SimpleUploadedFile(name, b"Bare tekst"))
    kept = [each.name for each in LibraryFile.objects.all()]
    assert len(kept) == 4
    assert all("/" not in name and "\\" not in name and "\u202e" not in name and "\x00" not in name for name in kept)


def test_downloads_are_counted_and_ranges_work(browser: Client, kari: User, space: Space) -> None:
    item = share(kari, space)
    file = LibraryFile.objects.get()
    url = reverse("forum:library-file", args=[file.key])
    whole = browser.get(url)
    content = read(whole)
    assert whole["Content-Disposition"].startswith("attachment")
    assert whole["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in whole["Content-Security-Policy"]
    part = browser.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, read(part)) == (206, content[10:20])
    browser.head(url)
    item.refresh_from_db()
    assert item.download_count == 1


def test_a_new_version_by_form_and_the_comparison(browser: Client, kari: User, space: Space) -> None:
    item = share(kari, space)
    url = reverse("forum:library-new-version", args=[item.pk])
    assert browser.get(url).status_code == 200
    files = SimpleUploadedFile("ny.docx", docx("Teksten i Samarbeidsavtale.", "Et nytt punkt."))
    answer = browser.post(url, {"note": "Nytt punkt", "submission": str(uuid4()), "file": files})
    assert answer.status_code == 302
    page = browser.get(item.get_absolute_url()).content.decode()
    assert "Hva er nytt i versjon 2" in page
    old, new = item.versions.order_by("number")
    compared = browser.get(reverse("forum:library-compare", args=[old.pk, new.pk])).content.decode()
    assert "1 avsnitt lagt til" in compared
    assert "Et nytt punkt.</ins>" in compared


def test_only_versions_of_one_family_are_compared(browser: Client, kari: User, space: Space) -> None:
    one, other = share(kari, space, "En"), share(kari, space, "En annen")
    assert browser.get(reverse("forum:library-compare", args=[one.current_id, other.current_id])).status_code == 404


def test_those_who_may_not_change_an_item_are_refused(client: Client, kari: User, ola: User, space: Space) -> None:
    item = share(kari, space)
    client.force_login(ola)
    for name in ("library-edit", "library-new-version", "library-delete"):
        assert client.get(reverse(f"forum:{name}", args=[item.pk])).status_code == 403
    assert client.post(reverse("forum:library-state", args=[item.pk]), {"shown": "0"}).status_code == 403
    item.refresh_from_db()
    assert item.state == State.NORMAL


def test_facets_say_what_each_choice_would_give(kari: User, space: Space) -> None:
    share(kari, space, "En", kind="agreement", phase="start_up")
    share(kari, space, "To", kind="template", phase="start_up", tags=("ledelse",))
    share(kari, space, "Tre", kind="template", phase="operation")
    found = get_library(kari, LibraryFilter(kind="template"))
    assert found.count == 2
    assert {choice.value: choice.count for choice in found.facets["kind"]} == {"template": 2, "agreement": 1}
    assert {choice.value: choice.count for choice in found.facets["phase"]} == {"start_up": 1, "operation": 1}
    assert [each.title for each in get_library(kari, LibraryFilter(tag="Ledelse")).items] == ["To"]
    assert [each.title for each in get_library(kari, LibraryFilter(words="ledel")).items] == ["To"]


@pytest.mark.parametrize("rows", [1, 25])
def test_queries_are_the_same_for_few_and_many(browser: Client, kari: User, ola: User, space: Space, rows: int) -> None:
    first = share(ola, space, "Først", tags=("a", "b"))
    for number in range(rows):
        share(ola, space, f"Nummer {number}", based_on=first.current)
    pages = (reverse("forum:library"), first.get_absolute_url())
    for url in pages:
        browser.get(url)
    for is_kept in (True, False):
        if not is_kept:
            caches["forum-pages"].clear()
        for url in pages:
            with CaptureQueriesContext(connection) as asked:
                browser.get(url)
            assert len(asked) == 3, (url, is_kept)


@pytest.mark.parametrize(
    "query",
    ["kind=x", "slag=%00", "prinsipp=nei", "side=99999999", "side=-1", "sorter=x", "fylke=Narnia", "q=" + "x" * 5000],
)
def test_nothing_in_an_address_breaks_the_list(browser: Client, kari: User, space: Space, query: str) -> None:
    share(kari, space)
    assert browser.get(f"{reverse('forum:library')}?{query}").status_code == 200
