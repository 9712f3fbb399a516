"""Pages and posts that were rendered once and are shown again while everything they show is the same.

What a reader may see is asked in the query with every request (`forum.permissions`). Only then is looked up whether
the same rows have been rendered the same way before: a page is kept under a digest of *all* that its template is given,
so there is nothing to forget when something changes, and nobody is shown what was not fetched for them. What belongs
to one request stands in slots (`courses.rendering`). Times in words grow old, so how old they are is in the digest too,
as far as the words tell (`AGING`).
"""

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, timedelta
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

from courses.rendering import Document, page_key, register_slot, request_stamp, serve_document, slot_marker
from courses.slots import form_token

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


@sensitive_variables()
def serve(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The template for this reader, rendered anew where anything it shows is another than before.

    The template may use `request` for its path and its reader, and for nothing else.
    """
    shell = (page_key(request, ""), request.get_full_path(), request_stamp(request), request.user.pk, str(request.user))
    key = f"{template}:{digest(context, *shell)}"
    document: Document | None = caches["forum-pages"].get(key)
    if document is None:
        per_request = {"csrf_token": slot_marker("form-token"), "CSP_NONCE": slot_marker("nonce")}
        document = Document.parse(render_to_string(template, context | per_request, request))
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
