"""Files: checked, cleaned, seen by those who may read the post, and by nobody else."""

import os
import time
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from forum.actions import delete_post, reply
from forum.actions.attachments import add_attachment, files_without_rows
from forum.models import Attachment, Draft, EventMaterial, LibraryPreview, LibraryPreviewPage, Post, Space, State
from people.models import User
from safety.files import FileRefusedError
from tests import factories
from tests.forum.test_library import share
from tests.forum.writing import BORN, form, make_topic

pytestmark = pytest.mark.django_db


def photo() -> bytes:
    """A picture that says where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "Kamera"
    written = BytesIO()
    Image.new("RGB", (20, 10), "green").save(written, "JPEG", exif=exif)
    return written.getvalue()


@pytest.fixture
def kari(home: Any) -> User:
    return factories.MembershipFactory.create().person


@pytest.fixture
def browser(client: Client, kari: User) -> Client:
    client.force_login(kari)
    return client


def attach(browser: Client, person: User, url: str, name: str, content: bytes, **fields: Any) -> Any:
    return browser.post(url, form(person, do="attach", file=SimpleUploadedFile(name, content), **fields))


def read(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_file_goes_from_the_draft_into_the_post(browser: Client, kari: User) -> None:
    topic = make_topic()
    url = reverse("forum:reply", args=[topic.pk])
    answer = attach(browser, kari, url, "bilde.jpg", photo(), alt_text="En grønn tavle", source="Se her")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Viser: En grønn tavle" in page
    assert "Se her</textarea>" in page
    kept = Attachment.objects.get()
    assert (kept.uploader, kept.post, kept.place, kept.is_image) == (kari, None, f"topic:{topic.pk}", True)
    assert not Path(kept.file.path).is_relative_to(settings.MEDIA_ROOT)
    assert b"Kamera" not in Path(kept.file.path).read_bytes()
    browser.post(url, form(kari, source="Se her"))
    kept.refresh_from_db()
    assert (kept.post, kept.place, kept.uploader) == (topic.posts.get(number=2), "", kari)


def test_under_an_alias_nothing_says_who_uploaded(browser: Client, kari: User) -> None:
    space = factories.SpaceFactory.create(allows_pseudonyms=True)
    factories.make_pseudonym(kari, space)
    topic = make_topic(space=space)
    url = reverse("forum:reply", args=[topic.pk])
    attach(browser, kari, url, "notat.txt", b"Til alle\n")
    browser.post(url, form(kari, as_pseudonym="1"))
    assert Attachment.objects.get().uploader is None
    post = topic.posts.get(number=2)
    attach(browser, kari, reverse("forum:post-edit", args=[post.pk]), "mer.txt", b"Mer\n")
    assert list(post.attachments.values_list("name", "uploader")) == [("notat.txt", None), ("mer.txt", None)]
    assert Draft.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "content", "fields", "said"),
    [
        ("bilde.jpg", photo(), {}, "Skriv hva bildet viser"),
        ("liste.txt", f"Navn {BORN}\n".encode(), {}, "fødselsnummer"),
        (f"{BORN}.txt", b"Ingenting\n", {}, "fødselsnummer"),
        ("bilde.jpg", photo(), {"alt_text": f"Brev om {BORN}"}, "fødselsnummer"),
        ("side.txt", b"<script>alert(1)</script>", {}, "nettside eller et program"),
        ("program.exe", b"MZ\x90\x00", {}, "kan"),
    ],
)
def test_what_may_not_come_in_is_refused_with_a_reason_and_not_kept(
    browser: Client, kari: User, name: str, content: bytes, fields: dict[str, str], said: str
) -> None:
    url = reverse("forum:reply", args=[make_topic().pk])
    answer = attach(browser, kari, url, name, content, **fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="compose-file-error"' in page
    assert said in page
    assert Attachment.objects.count() == 0
    assert not [each for each in Path(settings.DATA_DIR, "forum").rglob("*") if each.is_file() and each.name == name]


def test_a_name_that_is_a_path_is_only_a_name(kari: User) -> None:
    made, _ = add_attachment(
        person=kari, place="space:1", file=SimpleUploadedFile("x", b"Hei\n"), name="..\\..\\etc/../notat.txt"
    )
    assert (made.name, made.file.name) == ("notat.txt", f"{made.key.hex[:2]}/{made.key}")


def test_ten_files_are_enough(kari: User) -> None:
    for number in range(10):
        add_attachment(person=kari, place="space:1", file=BytesIO(b"Hei\n"), name=f"{number}.txt")
    with pytest.raises(FileRefusedError):
        add_attachment(person=kari, place="space:1", file=BytesIO(b"Hei\n"), name="11.txt")


@pytest.fixture
def shared() -> Attachment:
    """A text file in a post of a private space."""
    author = factories.SpaceMembershipFactory.create(space__kind=Space.Kind.PRIVATE).person
    topic = make_topic(author=author, space=Space.objects.get())
    place = f"topic:{topic.pk}"
    add_attachment(person=author, place=place, file=BytesIO(b"0123456789"), name="tall.txt")
    reply(author=author, topic=topic, source="<p>Her</p>", submission=uuid4())
    return Attachment.objects.get()


def test_a_file_follows_who_may_see_its_post_each_time(client: Client, home: Any, shared: Attachment) -> None:
    url = reverse("forum:attachment", args=[shared.key])
    assert client.get(url).status_code == 302
    member = factories.SpaceMembershipFactory.create(space=Space.objects.get())
    outsider = factories.MembershipFactory.create().person
    client.force_login(outsider)
    assert client.get(url).status_code == 404
    client.force_login(member.person)
    answer = client.get(url)
    assert read(answer) == b"0123456789"
    assert answer["Content-Disposition"] == 'attachment; filename="tall.txt"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    Post.objects.filter(pk=shared.post_id).update(state=State.HIDDEN)
    assert client.get(url).status_code == 404
    Post.objects.filter(pk=shared.post_id).update(state=State.NORMAL)
    member.ended_at = timezone.now()
    member.save()
    assert client.get(url).status_code == 404


def test_a_file_beside_a_draft_is_its_uploaders_alone(browser: Client, kari: User) -> None:
    own, _ = add_attachment(person=kari, place="space:1", file=BytesIO(b"Hei\n"), name="a.txt")
    other = factories.MembershipFactory.create().person
    others, _ = add_attachment(person=other, place="space:1", file=BytesIO(b"Hei\n"), name="b.txt")
    assert browser.get(reverse("forum:attachment", args=[own.key])).status_code == 200
    assert browser.get(reverse("forum:attachment", args=[others.key])).status_code == 404
    assert browser.get(reverse("forum:attachment", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=9-99", 206, b"9", "bytes 9-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_a_range_of_bytes_can_be_had(
    client: Client, home: Any, shared: Attachment, asked: str, status: int, content: bytes, told: str | None
) -> None:
    client.force_login(shared.post.author)
    answer = client.get(reverse("forum:attachment", args=[shared.key]), headers={"Range": asked})
    assert (answer.status_code, read(answer), answer.get("Content-Range")) == (status, content, told)


def test_one_takes_ones_own_files_out(browser: Client, kari: User, django_capture_on_commit_callbacks: Any) -> None:
    topic = make_topic()
    url = reverse("forum:reply", args=[topic.pk])
    attach(browser, kari, url, "a.txt", b"Hei\n")
    kept = Attachment.objects.get()
    other = factories.MembershipFactory.create().person
    stranger = Client()
    stranger.force_login(other)
    stranger.post(url, form(other, do=f"remove:{kept.key}"))
    assert Attachment.objects.count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(url, form(kari, do=f"remove:{kept.key}"))
    assert Attachment.objects.count() == 0
    assert not Path(kept.file.path).exists()


@pytest.mark.parametrize("command", ["delete_orphaned_files", "forget_forum"])
def test_files_that_were_never_posted_go_after_a_week(
    kari: User, command: str, django_capture_on_commit_callbacks: Any
) -> None:
    old, _ = add_attachment(person=kari, place="space:1", file=BytesIO(b"Hei\n"), name="gammel.txt")
    new, _ = add_attachment(person=kari, place="space:1", file=BytesIO(b"Hei\n"), name="ny.txt")
    Attachment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=7, minutes=1))
    Attachment.objects.filter(pk=new.pk).update(created_at=timezone.now() - timedelta(days=6, hours=23))
    with django_capture_on_commit_callbacks(execute=True):
        call_command(command)
    assert list(Attachment.objects.values_list("name", flat=True)) == ["ny.txt"]
    assert not Path(old.file.path).exists()
    assert Path(new.file.path).exists()


def test_a_deleted_posts_files_go_from_the_disk(shared: Attachment, django_capture_on_commit_callbacks: Any) -> None:
    path = Path(shared.file.path)
    with django_capture_on_commit_callbacks(execute=True):
        delete_post(person=shared.post.author, post=shared.post)
    assert not path.exists()
    assert Attachment.objects.count() == 0


# --- files without a row -------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the forum's files with nothing in it."""
    monkeypatch.setattr(storages["forum"], "_location", str(tmp_path / "forum"))
    for name in ("base_location", "location"):
        storages["forum"].__dict__.pop(name, None)
    return tmp_path / "forum"


def lay_down(disk: Path, name: str, *, hours: float) -> Path:
    path = disk / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    at = time.time() - hours * 3600
    os.utime(path, (at, at))
    return path


def test_files_that_no_row_knows_go_after_a_day(kari: User, disk: Path) -> None:
    add_attachment(person=kari, place="space:1", file=BytesIO(b"Hei\n"), name="notat.txt")
    item = share(kari, factories.SpaceFactory.create())
    preview = LibraryPreview.objects.create(file=item.current.files.get(), outcome="pages", page_count=1)
    page = LibraryPreviewPage(preview=preview, number=1, width=1, height=1)
    page.small.save("small", ContentFile(b"s"), save=False)
    page.large.save("large", ContentFile(b"l"))
    material = EventMaterial(event=factories.EventFactory.create(), title="Lysark")
    material.file.save("file", ContentFile(b"m"))
    known = {path for path in disk.rglob("*") if path.is_file()}
    assert len(known) == 5
    for path in known:
        os.utime(path, (0, 0))
    key = uuid4()
    old = lay_down(disk, f"{key.hex[:2]}/{key}", hours=24.1)
    named_again = lay_down(disk, f"{key.hex[:2]}/{key}_a1B2c3D", hours=24.1)
    new = lay_down(disk, f"{key.hex[:2]}/{uuid4()}", hours=23.9)
    others = {lay_down(disk, name, hours=99) for name in ("LES MEG", "00/notat.txt", f"kopi/{key}")}
    out = StringIO()
    call_command("delete_orphaned_files", "--dry-run", stdout=out)
    assert "2 files without a row would go." in out.getvalue()
    assert (old.exists(), named_again.exists()) == (True, True)
    call_command("delete_orphaned_files", stdout=out)
    assert "2 files without a row deleted." in out.getvalue()
    assert {path for path in disk.rglob("*") if path.is_file()} == {*known, *others, new}
    assert files_without_rows() == []


def test_another_database_takes_nobodys_files(disk: Path) -> None:
    key = uuid4()
    path = lay_down(disk, f"{key.hex[:2]}/{key}", hours=99)
    with pytest.raises(CommandError, match="do not belong together"):
        call_command("delete_orphaned_files")
    assert path.exists()


def test_where_there_are_no_files_yet_none_are_missed(disk: Path) -> None:
    assert files_without_rows() == []
