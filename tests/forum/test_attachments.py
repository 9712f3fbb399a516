"""Files: checked, cleaned, seen by those who may read the post, and by nobody else."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from forum.actions import delete_post, reply
from forum.actions.attachments import add_attachment
from forum.models import Attachment, Draft, Post, Space, State
from people.models import User
from safety.files import FileRefusedError
from tests import factories
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
