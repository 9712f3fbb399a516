"""Pages rendered once per content, filled per reader.

What a page shows depends on published content, which changes a few times a day, and on the reader, which
changes with every request. So a template is rendered once, *as an anonymous reader*, with a marker at
every place that depends on the reader (`{% slot "account" %}`); a request only joins the kept text with
what its fillers say. Because rendering never sees the reader, it cannot leak one reader to another.

What fills a place may be private to the reader. So whatever holds it is marked `sensitive_variables`: an error report
shows none of it.

A kept page is keyed by the content stamp (one row, read in every request): any published change makes a
new key, in all processes at once.
"""

import copy
import re
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.contrib.messages.storage.base import BaseStorage
from django.core.cache import caches
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_variables

from courses.models import ContentStamp

Filler = Callable[[HttpRequest, str], str]

_fillers: dict[str, Filler] = {}
_TOKEN = salted_hmac("courses.rendering", "slot").hexdigest()[:24]
_ACCEPTS_GZIP = re.compile(r"\bgzip\b")  # as Django's own GZipMiddleware asks
_MARKER = re.compile(rf"\[\[{_TOKEN}:([a-z-]+):([^\]]*)\]\]")
_TOGETHER = re.compile(rf"\[\[{_TOKEN}:together:\]\](.*?)\[\[{_TOKEN}:apart:\]\]", re.DOTALL)


def register_slot(name: str, filler: Filler) -> None:
    """Say what fills `{% slot name arg %}`: a function of the request and the argument that returns safe HTML."""
    if _fillers.setdefault(name, filler) is not filler:
        raise ValueError(f"The slot {name!r} has a filler already.")


def slot_marker(name: str, argument: str = "") -> SafeString:
    """The marker that a template leaves for a slot. Raises KeyError for a name nobody fills."""
    if name not in _fillers:
        raise KeyError(name)
    # The token is keyed by the secret key, so a marker cannot be written by an author.
    return mark_safe(f"[[{_TOKEN}:{name}:{escape(argument)}]]")  # noqa: S308


def put_together(html: str) -> SafeString:
    """Mark a part with many slots, so that it is compressed as one piece: each slot on its own cuts the text in two."""
    return mark_safe(f"[[{_TOKEN}:together:]]{html}[[{_TOKEN}:apart:]]")  # noqa: S308 – rendered by a template


_GZIP_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_GZIP_END = b"\x03\0"
"""An empty last block of deflate (RFC 1951)."""


_PART = "part"
_LEVEL = 3
_STORED_BYTES = 400
"""What stands in a slot is mostly short: up to here it is sent as it is, which costs a hundredth of compressing it."""


def store_piece(content: bytes) -> bytes:
    """The piece as a stored block of deflate (RFC 1951, 3.2.4): at most 65,535 bytes, beginning at a byte."""
    return struct.pack("<BHH", 0, len(content), len(content) ^ 0xFFFF) + content


def compress_piece(content: bytes, *, level: int) -> bytes:
    """Deflate a piece so that pieces can stand in a row: each ends at a byte and looks back at no other."""
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush(zlib.Z_FULL_FLUSH)


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered page: literal text and slots in turn, beginning and ending with text."""

    literals: tuple[str, ...]
    slots: tuple[tuple[str, str], ...]
    requires_sign_in: bool = False
    encoded: tuple[bytes, ...] = ()
    compressed: tuple[bytes, ...] = ()
    parts: tuple["Document", ...] = ()
    """What is put together: each stands in a slot named `part`."""

    @classmethod
    def parse(cls, html: str, *, requires_sign_in: bool = False) -> "Document":
        parts: list[Document] = []

        def set_apart(found: re.Match[str]) -> str:
            parts.append(cls.parse(found[1]))
            return f"[[{_TOKEN}:{_PART}:{len(parts) - 1}]]"

        pieces = _MARKER.split(_TOGETHER.sub(set_apart, html))
        encoded = tuple(piece.encode() for piece in pieces[0::3])
        return cls(
            literals=tuple(pieces[0::3]),
            slots=tuple(zip(pieces[1::3], pieces[2::3], strict=True)),
            requires_sign_in=requires_sign_in,
            encoded=encoded,
            compressed=tuple(compress_piece(piece, level=9) for piece in encoded),
            parts=tuple(parts),
        )

    @sensitive_variables()
    def fillings(self, request: HttpRequest) -> list[str]:
        """What stands in each slot for this reader."""
        return [
            self.parts[int(argument)].fill(request) if name == _PART else _fillers[name](request, argument)
            for name, argument in self.slots
        ]

    @sensitive_variables()
    def fill(self, request: HttpRequest) -> str:
        """The page for this reader."""
        pieces = [self.literals[0]]
        for filling, literal in zip(self.fillings(request), self.literals[1:], strict=True):
            pieces += (filling, literal)
        return "".join(pieces)

    @sensitive_variables()
    def fill_compressed(self, request: HttpRequest) -> bytes:
        """The page for this reader as gzip (RFC 1952). The kept text was compressed when it was kept."""
        pieces = [_GZIP_HEADER, self.compressed[0]]
        plain = [self.encoded[0]]
        for filling, literal, compressed in zip(
            self.fillings(request), self.encoded[1:], self.compressed[1:], strict=True
        ):
            if filling:
                content = filling.encode()
                plain.append(content)
                short = len(content) <= _STORED_BYTES
                pieces.append(store_piece(content) if short else compress_piece(content, level=_LEVEL))
            plain.append(literal)
            pieces.append(compressed)
        whole = b"".join(plain)
        crc, size = zlib.crc32(whole), len(whole)
        return b"".join([*pieces, _GZIP_END, struct.pack("<LL", crc, size & 0xFFFFFFFF)])


@sensitive_variables()
def fill_slots(content: bytes, request: HttpRequest) -> bytes:
    """Fill the slots of a page that is not kept, such as a form."""
    if _TOKEN.encode() not in content:
        return content
    return Document.parse(content.decode()).fill(request).encode()


def current_stamp() -> int:
    """The number of the content as it is now. One query."""
    return _read_numbers([_CONTENT_STAMP], [_STAMP_ROW])[0] or 1


_STAMP_ROW = 1
_CONTENT_STAMP = f"SELECT value FROM {ContentStamp._meta.db_table} WHERE id = %s"  # noqa: S608 – no value in it

_reader_stamps: dict[str, str] = {}


def register_reader_stamp(name: str, sql: str) -> None:
    """Another number that pages of one reader are kept under: `sql` asks for it with the reader's key as its only
    value. It is read together with the content's.
    """
    if _reader_stamps.setdefault(name, sql) is not sql:
        raise ValueError(f"The stamp {name!r} is asked for already.")


def _read_numbers(questions: list[str], values: list[int]) -> list[int | None]:
    """The number each question answers with its value, or None. Stamps are asked for with every page: putting such a
    query together anew each time costs ten times what asking it does. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'({question})' for question in questions)}", values)
        return [None if number is None else int(number) for number in cursor.fetchone()]


def request_stamp(request: HttpRequest) -> int:
    """The content's number as it was when this request began. One query the first time."""
    return _request_stamps(request)[""] or 1


def reader_stamp(request: HttpRequest, name: str) -> int | None:
    """A registered number of the reader, as it was when this request began; None where there is none, as for somebody
    who has not signed in. One query the first time, which is that of `request_stamp`.
    """
    return _request_stamps(request).get(name)


def _request_stamps(request: HttpRequest) -> dict[str, int | None]:
    """By name; the content's has none."""
    stamps: dict[str, int | None] | None = getattr(request, "flett_stamps", None)
    if stamps is None:
        reader: Any = getattr(request, "user", None)
        of_reader = _reader_stamps if reader and reader.is_authenticated and reader.pk is not None else {}
        questions = [_CONTENT_STAMP, *of_reader.values()]
        numbers = _read_numbers(questions, [_STAMP_ROW, *[reader.pk for _ in of_reader]])
        stamps = dict(zip(["", *of_reader], numbers, strict=True))
        request.flett_stamps = stamps  # type: ignore[attr-defined]
    return stamps


def stamps_sql() -> tuple[str, int]:
    """What `request_stamp` and `reader_stamp` ask of somebody who has signed in, for a query that asks more: one row,
    and how many columns it has. It takes the reader's key once for each column but the first.
    """
    content = _CONTENT_STAMP.replace("%s", str(_STAMP_ROW))
    questions = [content, *_reader_stamps.values()]
    return f"SELECT {', '.join(f'({question})' for question in questions)}", len(questions)


def remember_stamps(request: HttpRequest, numbers: Iterable[int | None]) -> None:
    """What `stamps_sql` was answered: this request asks no more, unless it had asked before."""
    if not hasattr(request, "flett_stamps"):
        request.flett_stamps = dict(zip(["", *_reader_stamps], numbers, strict=True))  # type: ignore[attr-defined]


def get_document(key: str, *, stamp: int) -> Document | None:
    """The kept page, if this process has rendered it for this content."""
    document: Document | None = caches["pages"].get(f"{stamp}:{key}")
    return document


def keep_document(key: str, document: Document, *, stamp: int) -> None:
    caches["pages"].set(f"{stamp}:{key}", document)


class NoMessages(BaseStorage):
    """Messages belong to a reader; a kept page has none."""

    def _get(self, *args: object, **kwargs: object) -> tuple[list[object], bool]:
        return [], True

    def _store(self, messages: list[object], response: HttpResponse, *args: object, **kwargs: object) -> list[object]:
        return []


def anonymous_twin(request: HttpRequest) -> HttpRequest:
    """The same request from nobody: no session, no cookies, no user."""
    twin = copy.copy(request)
    twin.user = AnonymousUser()
    twin.COOKIES = {}
    twin.META = {
        name: value
        for name, value in request.META.items()
        if name not in {"HTTP_COOKIE", "HTTP_AUTHORIZATION", "CSRF_COOKIE"}
    }
    twin.session = {}  # type: ignore[assignment]
    twin._messages = NoMessages(twin)  # type: ignore[attr-defined]
    twin.flett_stamps = {"": request_stamp(request)}  # type: ignore[attr-defined]
    twin.flett_is_twin = True  # type: ignore[attr-defined]
    return twin


def is_twin(request: HttpRequest) -> bool:
    """Whether this page is being rendered to be kept, for nobody in particular."""
    return getattr(request, "flett_is_twin", False)


def page_key(request: HttpRequest, language: str) -> str:
    """What a kept page depends on besides content: host, language, path, and the day (a check of law grows old)."""
    return f"{request.get_host()}:{language}:{request.path}:{timezone.localdate()}:{int(settings.DEBUG)}"


def kept(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep what a view renders, and fill it for each reader.

    Only a plain GET without a query string that answers 200 from a template is kept; a view may set
    `is_keepable = False` on its response. Everything else runs as it is.
    """

    @wraps(view)
    def serve(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in {"GET", "HEAD"} or request.GET:
            return view(request, *args, **kwargs)
        stamp = request_stamp(request)
        key = page_key(request, translation.get_language() or "")
        document = get_document(key, stamp=stamp)
        if document is None:
            response = view(anonymous_twin(request), *args, **kwargs)
            if not isinstance(response, TemplateResponse) or response.status_code != 200 or not is_keepable(response):
                return view(request, *args, **kwargs)
            document = Document.parse(
                response.render().content.decode(),
                requires_sign_in=bool(getattr((response.context_data or {}).get("course"), "sign_in_required", False)),
            )
            keep_document(key, document, stamp=stamp)
        if document.requires_sign_in and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        filled = serve_document(document, request)
        filled["Cache-Control"] = "private, no-cache"
        return filled

    return serve


@sensitive_variables()
def serve_document(document: Document, request: HttpRequest) -> HttpResponse:
    """What was kept, filled for this reader."""
    filled = HttpResponse()
    if _ACCEPTS_GZIP.search(request.headers.get("Accept-Encoding", "")):
        filled.content = document.fill_compressed(request)
        filled["Content-Encoding"] = "gzip"
    else:
        filled.content = document.fill(request)
    patch_vary_headers(filled, ["Accept-Encoding"])
    filled.flett_is_filled = True  # type: ignore[attr-defined]
    return filled


def is_keepable(response: HttpResponse) -> bool:
    return getattr(response, "is_keepable", True)
