"""Files of the media folder: seeking works, nothing else of the disk is reachable."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

CONTENT = bytes(range(200))


@pytest.fixture
def film() -> Path:
    path = Path(settings.MEDIA_ROOT) / "media" / "film.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENT)
    return path


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_whole_file_says_that_ranges_work(client: Client, film: Path) -> None:
    response = client.get("/media/media/film.mp4")
    assert (response.status_code, body(response)) == (200, CONTENT)
    assert response["Content-Type"] == "video/mp4"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == "200"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("asked", "sent", "content_range"),
    [
        ("bytes=0-", CONTENT, "bytes 0-199/200"),
        ("bytes=10-19", CONTENT[10:20], "bytes 10-19/200"),
        ("bytes=190-900", CONTENT[190:], "bytes 190-199/200"),
        ("bytes=-5", CONTENT[-5:], "bytes 195-199/200"),
        ("bytes=0-0", CONTENT[:1], "bytes 0-0/200"),
        ("bytes=199-", CONTENT[199:], "bytes 199-199/200"),
    ],
)
def test_range_sends_exactly_the_part_asked_for(
    client: Client, film: Path, asked: str, sent: bytes, content_range: str
) -> None:
    response = client.get("/media/media/film.mp4", headers={"Range": asked})
    assert (response.status_code, body(response)) == (206, sent)
    assert response["Content-Range"] == content_range
    assert response["Content-Length"] == str(len(sent))


def test_range_beyond_the_end_is_refused(client: Client, film: Path) -> None:
    response = client.get("/media/media/film.mp4", headers={"Range": "bytes=200-"})
    assert (response.status_code, body(response)) == (416, b"")
    assert response["Content-Range"] == "bytes */200"


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=1-2", "bytes=a-b", "rubbish"])
def test_range_that_makes_no_sense_gets_the_whole_file(client: Client, film: Path, asked: str) -> None:
    response = client.get("/media/media/film.mp4", headers={"Range": asked})
    assert (response.status_code, body(response)) == (200, CONTENT)


def test_if_range_of_another_file_gets_the_whole_file(client: Client, film: Path) -> None:
    etag = client.get("/media/media/film.mp4")["ETag"]
    same = client.get("/media/media/film.mp4", headers={"Range": "bytes=0-9", "If-Range": etag})
    other = client.get("/media/media/film.mp4", headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, body(same)) == (206, CONTENT[:10])
    assert (other.status_code, body(other)) == (200, CONTENT)


def test_unchanged_file_is_not_sent_again(client: Client, film: Path) -> None:
    etag = client.get("/media/media/film.mp4")["ETag"]
    response = client.get("/media/media/film.mp4", headers={"If-None-Match": etag})
    assert (response.status_code, body(response)) == (304, b"")


def test_head_sends_no_body(client: Client, film: Path) -> None:
    response = client.head("/media/media/film.mp4")
    assert (response.status_code, body(response), response["Content-Length"]) == (200, b"", "200")


def test_post_is_refused(client: Client, film: Path) -> None:
    assert client.post("/media/media/film.mp4").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "media/missing.mp4",
        "media/",
        "media",
        "media/../secret.txt",
        "media/../../secret.txt",
        "media/%2e%2e/%2e%2e/secret.txt",
        "media//etc/passwd",
        "media/a%00b",
        "documents/plan.txt",
        "original_images/face.png",
        "readyz.txt",
        "media/" + "a" * 5000,
    ],
)
def test_everything_else_is_not_found(client: Client, film: Path, path: str) -> None:
    for name in ("secret.txt", "documents/plan.txt", "original_images/face.png", "readyz.txt"):
        target = Path(settings.MEDIA_ROOT) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("secret")
    (Path(settings.MEDIA_ROOT).parent / "secret.txt").write_text("secret")
    assert client.get(f"/media/{path}").status_code == 404
