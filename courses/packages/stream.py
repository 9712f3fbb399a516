"""Portable blocks as Wagtail stores them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Model
from wagtail.models import Page

from courses.models import FlettDocument, FlettImage, FlettMedia, LegalReference
from courses.packages.collect import STREAM_NAMES
from courses.packages.format import BLOCKS, Block, Field, Group, Items, Package, Ref, Rich, item_id_for
from courses.packages.markdown import map_links


@dataclass(slots=True)
class Names:
    """What media, laws and pages are called in this database."""

    numbers: dict[str, dict[str, int]]
    language: str
    pages: dict[str, int | None] = field(default_factory=dict)

    @classmethod
    def load(cls, package: Package) -> "Names":
        media: list[tuple[str, type[Model], Any]] = [
            ("film", FlettMedia, package.films),
            ("image", FlettImage, package.images),
            ("document", FlettDocument, package.documents),
        ]
        numbers = {
            kind: {
                str(key): pk
                for key, pk in model._default_manager.filter(
                    key__in=[entry.id for entry in entries.values()]
                ).values_list("key", "pk")
            }
            for kind, model, entries in media
        }
        numbers["law"] = dict(LegalReference.objects.values_list("key", "pk"))
        return cls(numbers, package.course.language)

    def page(self, key: str) -> int | None:
        """The page in the package's language, else in any."""
        if key not in self.pages:
            found = dict(Page.objects.filter(translation_key=UUID(key)).values_list("locale__language_code", "pk"))
            self.pages[key] = found.get(self.language) or next(iter(found.values()), None)
        return self.pages[key]

    def stored_html(self, html: str) -> str:
        """Portable links as Wagtail stores them; a link to a page not there yet keeps its portable form."""

        def change(attributes: dict[str, str]) -> dict[str, str] | None:
            scheme, _colon, name = attributes.get("href", "").partition(":")
            if scheme == "page":
                pk = self.page(name)
                return {"linktype": "page", "id": str(pk)} if pk else attributes
            if scheme == "document":
                return {"linktype": "document", "id": str(self.numbers["document"][name])}
            return attributes

        return map_links(html, change)


def stream_block(block: Block, names: Names) -> dict[str, Any]:
    """The block as StreamField keeps it. Ids of list items are made from the block's id and their place."""
    if block.type == "text":
        value: Any = names.stored_html(block.value)
    elif block.type == "table":
        value = {
            "caption": block.value["caption"],
            "table": {
                "columns": [{"type": "text", "heading": heading} for heading in block.value["columns"]],
                "rows": [{"values": row} for row in block.value["rows"]],
                "caption": "",
            },
            "source": block.value["source"],
        }
    else:
        value = _value(BLOCKS[block.type], block.value, block, (), names)
    return {"type": block.type, "id": str(block.id), "value": value}


def _value(spec: Field, value: Any, block: Block, path: tuple[str | int, ...], names: Names) -> Any:
    match spec:
        case Rich():
            return names.stored_html(value)
        case Ref():
            return names.numbers[spec.kind].get(value)
        case Items():
            return [
                {
                    "type": "item",
                    "id": item_id_for(block.id, (*path, place)),
                    "value": _value(spec.item, item, block, (*path, place), names),
                }
                for place, item in enumerate(value)
            ]
        case Group():
            return {
                STREAM_NAMES.get((block.type, name), name): _value(item, value[name], block, (*path, name), names)
                for name, item in spec.fields.items()
            }
        case _:
            return value
