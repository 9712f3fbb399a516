"""What is shown of a file in its page: made once, seen by those who may see the file, gone with it."""

from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from PIL import Image

from forum import tasks
from forum.actions import previews as actions
from forum.actions.library import Content, Details, add_library_file, add_version, set_item_state, share_item
from forum.actions.previews import make_preview
from forum.models import LibraryFile, LibraryItem, LibraryPreview, LibraryPreviewPage, Space, State
from people.models import User
from safety.previews import Rendering
from tests import factories
from tests.forum.test_library import KINDS, READS, ROLES, docx, make_people
from tests.safety.papers import pdf

pytestmark = pytest.mark.django_db


@pytest.fixture
def space(home: Any) -> Space:
    return factories.SpaceFactory.create()


@pytest.fixture
def kari(space: Space) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


def share_file(person: User, space: Space, content: bytes, name: str, *, makes: bool = True) -> LibraryFile:
    submission = uuid4()
    file, _ = add_library_file(person=person, submission=submission, file=BytesIO(content), name=name, confirmed=True)
    share_item(person=person, space=space, details=Details(title="Avtale"), content=Content(submission=submission))
    if makes:
        make_preview(file_id=file.pk)
    file.refresh_from_db()
    return file


def page_of(browser: Client, file: LibraryFile) -> str:
    return browser.get(file.version.item.get_absolute_url()).content.decode()


def address(file: LibraryFile, number: int = 1, size: str = "liten") -> str:
    return reverse("forum:library-preview", args=[file.key, number, size])


def test_pages_are_shown_with_words_and_sizes(browser: Client, kari: User, space: Space) -> None:
    file = share_file(kari, space, pdf("En #pagebreak() To").getvalue(), "avtale.pdf")
    shown = page_of(browser, file)
    assert "2 sider" in shown
    for number in (1, 2):
        assert f'alt="Side {number} av 2 av avtale.pdf"' in shown
    assert f'src="{address(file)}" srcset="{address(file)} 640w, {address(file, 1, "stor")} 1280w"' in shown
    assert 'width="1280" height="1811" loading="lazy"' in shown


def test_a_long_file_says_how_long_it_is(browser: Client, kari: User, space: Space) -> None:
    file = share_file(kari, space, pdf("a" + "#pagebreak() a" * 14).getvalue(), "lang.pdf")
    shown = page_of(browser, file)
    assert "De første 12 av 15 sider." in shown
    assert shown.count("/side/12/stor/") == 1
    assert "/side/13/" not in shown


def test_a_picture_of_a_page_runs_nothing_and_is_not_sent_twice(browser: Client, kari: User, space: Space) -> None:
    file = share_file(kari, space, pdf().getvalue(), "avtale.pdf")
    answer = browser.get(address(file, 1, "stor"))
    content = b"".join(answer.streaming_content)
    assert (answer.status_code, answer["Content-Type"], Image.open(BytesIO(content)).size) == (
        200,
        "image/webp",
        (1280, 1811),
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in answer["Cache-Control"]
    assert "no-cache" in answer["Cache-Control"]
    again = browser.get(address(file, 1, "stor"), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get(address(file, 1, "liten"), headers={"If-None-Match": answer["ETag"]}).status_code == 200
    for wrong in (address(file, 2), address(file, 1, "svaer")):
        assert browser.get(wrong).status_code == 404


def test_a_picture_is_described_by_its_name(browser: Client, kari: User, space: Space) -> None:
    buffer = BytesIO()
    Image.new("RGB", (900, 600), "red").save(buffer, "PNG")
    file = share_file(kari, space, buffer.getvalue(), "tavla.png")
    shown = page_of(browser, file)
    assert 'alt="Bildet tavla.png"' in shown
    assert 'width="900" height="600"' in shown


def test_an_office_file_is_shown_as_words_where_there_is_no_other_way(
    browser: Client, kari: User, space: Space
) -> None:
    file = share_file(kari, space, docx("Partene <møtes>.", "Ord " * 2000), "avtale.docx")
    assert LibraryPreview.objects.get().outcome == "no_way"
    shown = page_of(browser, file)
    assert "Bare teksten, og bare begynnelsen." in shown
    assert "Partene &lt;møtes&gt;." in shown
    assert "/side/" not in shown


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (docx(), "tom.docx", "Ingen forhåndsvisning av denne filen."),
        (pdf("#set page(width: 15000pt, height: 15000pt)").getvalue(), "plakat.pdf", "Filen kan ikke vises her."),
    ],
    ids=["nothing to show", "too large"],
)
def test_what_cannot_be_shown_is_said(
    browser: Client, kari: User, space: Space, content: bytes, name: str, words: str
) -> None:
    file = share_file(kari, space, content, name)
    assert words in page_of(browser, file)


def test_until_it_is_made_the_page_says_so_and_then_shows_it(browser: Client, kari: User, space: Space) -> None:
    file = share_file(kari, space, pdf("").getvalue(), "avtale.pdf", makes=False)
    assert "Forhåndsvisningen lages. Kom tilbake om litt." in page_of(browser, file)
    make_preview(file_id=file.pk)
    assert "Side 1 av 1 av avtale.pdf" in page_of(browser, file)


def test_they_are_made_when_a_version_is_shared(
    kari: User, space: Space, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        file = share_file(kari, space, pdf().getvalue(), "avtale.pdf", makes=False)
    assert LibraryPreviewPage.objects.get().preview.file == file


def test_a_file_beside_a_form_gets_none(kari: User, space: Space) -> None:
    file, _ = add_library_file(person=kari, submission=uuid4(), file=pdf(), name="a.pdf")
    assert not make_preview(file_id=file.pk)
    assert not LibraryPreview.objects.exists()


def test_doing_it_twice_changes_nothing(kari: User, space: Space) -> None:
    file = share_file(kari, space, pdf().getvalue(), "avtale.pdf")
    before = list(LibraryPreviewPage.objects.values())
    tasks.make_previews.call([file.pk, file.pk + 1000])
    call_command("make_previews")
    assert list(LibraryPreviewPage.objects.values()) == before


def test_whoever_comes_second_leaves_nothing(kari: User, space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made by another while this one read the file; deleted while it did."""
    file = share_file(kari, space, pdf().getvalue(), "avtale.pdf", makes=False)
    render = actions.render

    def slow(content: bytes, *, extension: str) -> Rendering:
        monkeypatch.setattr(actions, "render", render)
        assert make_preview(file_id=file.pk)
        return render(content, extension=extension)

    monkeypatch.setattr(actions, "render", slow)
    assert not make_preview(file_id=file.pk)
    assert LibraryPreviewPage.objects.count() == 1


def test_the_command_makes_what_is_missing_and_what_had_no_way(
    kari: User, space: Space, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = share_file(kari, space, pdf().getvalue(), "a.pdf", makes=False)
    office = share_file(kari, space, docx("Hei"), "b.docx")
    broken = share_file(kari, space, docx("Hei"), "c.docx")
    LibraryPreview.objects.filter(file=broken).update(outcome="failed")
    call_command("make_previews")
    assert capsys.readouterr().out == "1 previews made.\n"
    monkeypatch.setattr(actions, "can_show", lambda extension: True)
    monkeypatch.setattr(actions, "render", lambda content, extension: Rendering(3))
    call_command("make_previews")
    assert capsys.readouterr().out == "1 previews made.\n"
    outcomes = dict(LibraryPreview.objects.values_list("file", "outcome"))
    assert outcomes == {missing.pk: "pages", office.pk: "pages", broken.pk: "failed"}


def test_pictures_go_with_the_file(kari: User, space: Space, django_capture_on_commit_callbacks: Any) -> None:
    file = share_file(kari, space, pdf().getvalue(), "avtale.pdf")
    page = LibraryPreviewPage.objects.get()
    paths = [Path(page.small.path), Path(page.large.path), Path(file.file.path)]
    assert all(path.exists() for path in paths)
    with django_capture_on_commit_callbacks(execute=True):
        set_item_state(person=kari, item=file.version.item, state=State.DELETED)
    assert not any(path.exists() for path in paths)
    assert not LibraryPreview.objects.exists()


def test_an_old_version_has_a_page_of_its_own(browser: Client, kari: User, space: Space) -> None:
    old = share_file(kari, space, pdf("Gammel").getvalue(), "gammel.pdf")
    item = old.version.item
    submission = uuid4()
    add_library_file(person=kari, submission=submission, file=BytesIO(docx("Ny")), name="ny.docx")
    add_version(person=kari, item=item, content=Content(submission=submission, note="Ny form."))
    url = reverse("forum:library-version", args=[old.version_id])
    listed = " ".join(browser.get(item.get_absolute_url()).content.decode().split())
    assert f'<a href="{url}"> Versjon 1 </a>' in listed
    shown = browser.get(url).content.decode()
    assert "eldre versjon" in shown
    assert 'alt="Side 1 av 1 av gammel.pdf"' in shown
    assert "ny.docx" not in shown
    newest = browser.get(reverse("forum:library-version", args=[LibraryItem.objects.get().current_id]))
    assert "gjeldende" in newest.content.decode()


def test_each_role_sees_the_pictures_of_the_files_it_may_see(home: Any, client: Client) -> None:
    """Role × kind of space × state, for pictures and for the page of a version."""
    role = factories.TeamRoleFactory.create()
    spaces = [factories.SpaceFactory.create(kind=kind, role=role if kind == "role_network" else None) for kind in KINDS]
    people = make_people(spaces, role)
    owner = factories.UserFactory.create()
    content = pdf().getvalue()
    moderates = {"facilitator": set(KINDS), "moderator": {"open", "restricted", "role_network"}}
    moderates["administrator"] = moderates["moderator"]
    files: dict[tuple[str, str], LibraryFile] = {}
    for space in spaces:
        membership = factories.SpaceMembershipFactory.create(space=space, person=owner)
        for state in (State.NORMAL, State.HIDDEN, State.DELETED):
            file = share_file(owner, space, content, "a.pdf", makes=False)
            preview = LibraryPreview.objects.create(file=file, outcome="pages", page_count=1)
            page = LibraryPreviewPage(preview=preview, number=1, width=1, height=1)
            page.small.save("x", BytesIO(b"x"), save=False)
            page.large.save("x", BytesIO(b"x"))
            LibraryItem.objects.filter(pk=file.version.item_id).update(state=state)
            files[space.kind, state] = file
        membership.ended_at = membership.started_at
        membership.save()
    wrong = []
    for name in [*ROLES, "anonymous"]:
        client.logout()
        if name != "anonymous":
            client.force_login(people[name])
        for (kind, state), file in files.items():
            sees = kind in READS.get(name, set()) and (
                state == State.NORMAL or (state == State.HIDDEN and kind in moderates.get(name, set()))
            )
            wanted = 302 if name == "anonymous" else 200 if sees else 404
            urls = [
                address(file),
                address(file, 1, "stor"),
                reverse("forum:library-version", args=[file.version_id]),
            ]
            wrong += [(name, kind, str(state), url) for url in urls if client.get(url).status_code != wanted]
    assert wrong == []
