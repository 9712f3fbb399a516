"""Pages and posts that were rendered once and are shown again while everything they show is the same.

What a reader may see is asked in the query with every request (`forum.permissions`). Only then is looked up whether
the same rows have been rendered the same way before: a page is kept under a digest of *all* that its template is given,
so there is nothing to forget when something changes, and nobody is shown what was not fetched for them. What belongs
to one request stands in slots (`courses.rendering`). Times in words grow old, so how old they are is in the digest too,
as far as the words tell (`AGING`).
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from hashlib import blake2b
from typing import Any
from uuid import UUID, uuid4

from django.core.cache import caches
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.debug import sensitive_variables

from courses.rendering import (
    Document,
    page_key,
    register_slot,
    remember_stamps,
    request_stamp,
    serve_document,
    slot_marker,
    stamps_sql,
)
from courses.slots import form_token
from forum.prepared import Answers, Sql

_PLAIN = (str, int, float, bool, datetime, date, UUID, Enum)
_PRINTED = frozenset({type(None), str, SafeString, int, float, bool, date, UUID})
"""What `repr` prints whole, wherever it stands."""


def _form_token(request: HttpRequest, argument: str) -> str:
    return form_token(request)


def _nonce(request: HttpRequest, argument: str) -> str:
    return str(request.csp_nonce)  # type: ignore[attr-defined]


def _new_form(request: HttpRequest, argument: str) -> str:
    """Each form that is shown is another: the same sent twice makes one post."""
    return str(uuid4())


register_slot("form-token", _form_token)
register_slot("nonce", _nonce)
register_slot("new-form", _new_form)

NEW_FORM = slot_marker("new-form")
"""In place of a form's number, in a page that is kept."""

STAMPS = "stamps"
"""The part of `Together` that is `ask_stamps`."""

AGING = timedelta(hours=3)
"""What is older is told by the day: «i dag kl. 9.40» (`forum.templatetags.topics.ago`)."""
_MINUTE = timedelta(minutes=1)


class _Traits:
    """All of some values that a template could show, as something that prints."""

    def __init__(self) -> None:
        self.rows: dict[int, int] = {}
        self.now = timezone.now()
        self.aged_at = self.now - AGING

    def of_time(self, at: datetime) -> Any:
        """With its age: whole minutes in the first hour, then whole hours, as it is told in words."""
        if at < self.aged_at:
            return at
        minutes = max(int((self.now - at) / _MINUTE), 0)
        return (at, minutes if minutes < 60 else f"{minutes // 60} h")

    def of(self, value: Any) -> Any:
        """Raises TypeError for what it does not know."""
        kind = type(value)
        if kind in _PRINTED:
            return value
        if kind is datetime:
            return self.of_time(value)
        if kind is list or kind is tuple or isinstance(value, QuerySet):
            return [self.of(each) for each in value]
        if isinstance(value, Model):
            return self.of_row(value)
        if isinstance(value, Promise):
            return str(value)
        if isinstance(value, frozenset):
            return sorted(value)
        if isinstance(value, _PLAIN):
            return repr(value)
        if dataclasses.is_dataclass(value):
            return [kind.__name__, [self.of(getattr(value, name)) for name in value.__dataclass_fields__]]
        if isinstance(value, Mapping):
            return [[key, self.of(each)] for key, each in value.items()]
        raise TypeError(f"{kind.__name__} cannot be part of what a page is kept under")

    def of_row(self, row: Model) -> Any:
        """Each row once: rows point at each other."""
        if id(row) in self.rows:
            return ("again", self.rows[id(row)])
        self.rows[id(row)] = len(self.rows)
        values = dict(row.__dict__)
        related = values.pop("_state").fields_cache
        for name, value in values.items():
            kind = type(value)
            if kind is datetime:
                if value >= self.aged_at:
                    values[name] = self.of_time(value)
            elif kind not in _PRINTED:
                values[name] = self.of(value)
        return [type(row).__name__, values, [[name, self.of(each)] for name, each in related.items()]]


@sensitive_variables()
def digest(*parts: Any) -> str:
    """The same for the same values in this language alone, on this day, while they are as old in words."""
    text = repr([_Traits().of(parts), translation.get_language(), timezone.localdate()])
    return blake2b(text.encode(), digest_size=24).hexdigest()


_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?")
"""As both databases write a time in JSON, in UTC."""


def _ages(texts: Iterable[str | None]) -> list[Any]:
    """How old what is young is, as `_Traits` tells it. What looks like a time in somebody's words counts, and does no
    harm: the page is then made anew more often.
    """
    traits = _Traits()
    hours = range(int(AGING / timedelta(hours=1)) + 1)
    days_and_hours = [(traits.now - timedelta(hours=each)).astimezone(UTC).strftime("%Y-%m-%d %H:") for each in hours]
    young = (*days_and_hours, *(each.replace(" ", "T") for each in days_and_hours))
    found: set[str] = set()
    for text in texts:
        if text is not None and any(each in text for each in young):
            found.update(each for each in _TIME.findall(text) if each.startswith(young))
    return [traits.of_time(datetime.fromisoformat(each).replace(tzinfo=UTC)) for each in sorted(found)]


def ask_stamps(reader: Any, **asked: Any) -> Sql:
    """The stamps of this request, as a part of what is asked together: one way less to the database."""
    text, columns = stamps_sql()
    return Sql(text, columns=columns, given=(reader,) * (columns - 1))


@sensitive_variables()
def digest_answers(answers: Answers, *others: Any) -> str:
    """As `digest`, of what the database answered."""
    texts = answers.texts(but=STAMPS)
    lengths = [-1 if text is None else len(text) for text in texts]
    about = repr([others, lengths, _ages(texts), translation.get_language(), timezone.localdate()])
    hashed = blake2b(about.encode(), digest_size=24)
    for text in texts:
        hashed.update((text or "").encode())
    return hashed.hexdigest()


@sensitive_variables()
def serve(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The template for this reader, rendered anew where anything it shows is another than before.

    The template may use `request` for its path and its reader, and for nothing else.
    """
    return _serve_kept(request, template, digest(context, *_shell(request)), lambda: context)


@sensitive_variables()
def serve_answers(
    request: HttpRequest, template: str, answers: Answers, context: Callable[[], dict[str, Any]], *others: str
) -> HttpResponse:
    """As `serve`, where all that the template is given is made of the answers and of what its address says: the page is
    looked up under the answers as they came from the database, and `context` is called only where it is not kept.

    `others` are whatever else the context is made of.
    """
    if answers.has(STAMPS):
        remember_stamps(request, answers.rows(STAMPS)[0])
    return _serve_kept(request, template, digest_answers(answers, *_shell(request), *others), context)


def _shell(request: HttpRequest) -> tuple[Any, ...]:
    """What the page around the content depends on."""
    return (page_key(request, ""), request.get_full_path(), request_stamp(request), request.user.pk, str(request.user))


@sensitive_variables()
def _serve_kept(request: HttpRequest, template: str, shown: str, context: Callable[[], dict[str, Any]]) -> HttpResponse:
    key = f"{template}:{shown}"
    document: Document | None = caches["forum-pages"].get(key)
    if document is None:
        per_request = {"csrf_token": slot_marker("form-token"), "CSP_NONCE": slot_marker("nonce")}
        document = Document.parse(render_to_string(template, context() | per_request, request))
        caches["forum-pages"].set(key, document)
    return serve_document(document, request)


@sensitive_variables()
def render_part(template: str, context: dict[str, Any]) -> SafeString:
    """A part of such a page that many readers see alike: kept for all of them under what it shows, without a reader."""
    key = f"{template}:{digest(context)}"
    kept: str | None = caches["forum-parts"].get(key)
    if kept is None:
        kept = render_to_string(template, context | {"csrf_token": slot_marker("form-token")})
        caches["forum-parts"].set(key, kept)
    return mark_safe(kept)  # noqa: S308 – rendered by a template
