"""The page editor as its browser uses it: the form's fields, saving, publishing, and what the answer says."""

from typing import Any

from django.test import Client
from django.urls import reverse
from wagtail import blocks
from wagtail.rich_text import RichText
from wagtail.test.utils.form_data import nested_form_data, rich_text, streamfield

from courses.models import LessonPage


def form_of(lesson: LessonPage, *, body: list[tuple[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """Every field of the lesson's editor; `body` holds stored values, as `tests.factories.make_body` takes them."""
    stream = lesson.body.stream_block
    children = (
        [(kind, stream.child_blocks[kind].to_python(value)) for kind, value in body]
        if body is not None
        else [(child.block_type, child.value) for child in lesson.body]
    )
    data: dict[str, Any] = {
        "title": lesson.title,
        "slug": lesson.slug,
        "kind": lesson.kind,
        "minutes": lesson.minutes,
        "is_required": "on",
        "completion": lesson.completion,
        "pass_percent": lesson.pass_percent,
        "summary": lesson.summary,
        "change_kind": lesson.change_kind,
        "change_note": lesson.change_note,
        "body": streamfield([(kind, _fields(stream.child_blocks[kind], value)) for kind, value in children]),
        "comments": {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0},
    }
    return nested_form_data({**data, **fields})


def _fields(block: Any, value: Any) -> Any:
    if isinstance(block, blocks.StructBlock):
        return {name: _fields(child, value.get(name)) for name, child in block.child_blocks.items()}
    if isinstance(block, blocks.ListBlock):
        listed = streamfield([("item", _fields(block.child_block, item)) for item in value])
        for item in listed.values():
            if isinstance(item, dict):
                item.pop("type", None)
        return listed
    if isinstance(value, RichText):
        return rich_text(value.source)
    if isinstance(value, bool):
        return "on" if value else None
    return "" if value is None else getattr(value, "pk", value)


def save(client: Client, lesson: LessonPage, fields: dict[str, Any]) -> Any:
    """Save a draft."""
    return client.post(reverse("wagtailadmin_pages:edit", args=[lesson.pk]), _sent(fields))


def publish(client: Client, lesson: LessonPage, fields: dict[str, Any]) -> Any:
    """Press «Publiser»."""
    return client.post(
        reverse("wagtailadmin_pages:edit", args=[lesson.pk]), {**_sent(fields), "action-publish": "action-publish"}
    )


def submit(client: Client, lesson: LessonPage, fields: dict[str, Any]) -> Any:
    """Press «Send til gjennomgang»."""
    return client.post(
        reverse("wagtailadmin_pages:edit", args=[lesson.pk]), {**_sent(fields), "action-submit": "action-submit"}
    )


def _sent(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def stream_errors(response: Any) -> list[str]:
    """Every message that stands at a block in the body, as the editor is given them."""
    form = response.context["form"]
    found: list[str] = []

    def collect(error: Any) -> None:
        for name in ("block_errors", "non_block_errors"):
            inner = getattr(error, name, None)
            values = inner.values() if isinstance(inner, dict) else inner or []
            for item in values:
                if item is not None:
                    collect(item)
        if not hasattr(error, "block_errors"):
            found.extend(error.messages if hasattr(error, "messages") else [str(error)])

    for error in form.errors.as_data().get("body", []):
        collect(error)
    return found
