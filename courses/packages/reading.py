"""One file of a package being read: values come out, problems are collected with their lines."""

import re
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from courses.packages.format import Cells, Choice, Field, Flag, Group, Items, Lines, Problem, Ref, Rich, Text
from courses.packages.markdown import MarkdownError, canonical_html, map_links, to_html
from courses.packages.yaml_io import YamlList, YamlMap, YamlNode, YamlText
from safety.guard import find_in_html
from safety.html import HtmlTooLargeError


class FileReading:
    """One file being read: values come out, problems go into the common list, lines are remembered."""

    def __init__(self, file: str, problems: list[Problem], ids: dict[tuple[str, str], UUID]) -> None:
        self.file = file
        self.problems = problems
        self.ids = ids

    def problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.file, line, message))

    # -- scalars --

    def text(self, node: YamlNode | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, YamlText):
            self.problem(node.line, _("Her skal det stå tekst."))
            return ""
        if "\x00" in node.text:
            self.problem(node.line, _("Teksten inneholder et ugyldig tegn (NUL)."))
            return ""
        if self.has_identity_number(node.text, node.line):
            return ""
        return "" if node.is_null else node.text.replace("\r\n", "\n").replace("\r", "\n")

    def has_identity_number(self, text: str, line: int) -> bool:
        """Whether there is one; it is a problem on that line, and what came in is not kept."""
        found = bool(find_in_html(text))
        if found:
            self.problem(line, _("Her står det et identitetsnummer. Ta det bort."))
        return found

    def flag(self, node: YamlNode | None, *, default: bool) -> bool:
        if node is None:
            return default
        text = self.text(node).lower()
        if text not in {"true", "false"}:
            self.problem(node.line, _("Her skal det stå true eller false."))
        return text == "true"

    def whole(self, node: YamlNode | None, *, default: int) -> int:
        if node is None:
            return default
        text = self.text(node)
        if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
            self.problem(node.line, _("Her skal det stå et helt tall."))
            return default
        return int(text)

    def uuid(self, node: YamlNode | None) -> UUID | None:
        if node is None:
            return None
        try:
            return UUID(self.text(node))
        except ValueError:
            self.problem(node.line, _("Dette er ikke en gyldig id (UUID)."))
            return None

    def day(self, node: YamlNode | None) -> date | None:
        if node is None or (isinstance(node, YamlText) and node.is_null):
            return None
        try:
            return date.fromisoformat(self.text(node))
        except ValueError:
            self.problem(node.line, _("Her skal det stå en dato på formen 2026-11-22."))
            return None

    def one_of(self, node: YamlNode | None, allowed: list[str], *, default: str) -> str:
        if node is None:
            return default
        text = self.text(node)
        if text not in allowed:
            self.problem(
                node.line,
                _("«%(text)s» finnes ikke. Velg mellom %(allowed)s.")
                % {"text": text[:60], "allowed": ", ".join(allowed)},
            )
            return default
        return text

    def texts(self, node: YamlNode | None) -> list[str]:
        if node is None or (isinstance(node, YamlText) and node.is_null):
            return []
        if not isinstance(node, YamlList):
            self.problem(node.line, _("Her skal det stå en liste."))
            return []
        return [self.text(item) for item in node.items]

    def fields(self, node: YamlNode, allowed: list[str], *, required: list[str] | None = None) -> dict[str, YamlNode]:
        """The fields of a mapping; unknown and missing ones are problems."""
        if not isinstance(node, YamlMap):
            self.problem(node.line, _("Her skal det stå felter på formen «navn: verdi»."))
            return {}
        for name in node.items:
            if name not in allowed:
                self.problem(
                    node.key_lines[name],
                    _("Feltet «%(name)s» finnes ikke her. Feltene er %(allowed)s.")
                    % {"name": name[:60], "allowed": ", ".join(allowed)},
                )
        for name in required or []:
            if name not in node.items:
                self.problem(node.line, _("Feltet «%s» mangler.") % name)
        return {name: item for name, item in node.items.items() if name in allowed}

    def model_field(self, model: type[models.Model], name: str, value: Any, line: int, *, label: str = "") -> None:
        """Ask the model's own field; its message goes to the author."""
        model_field: Any = model._meta.get_field(name)
        try:
            model_field.clean(value, None)
        except ValidationError as error:
            for message in error.messages:
                self.problem(line, f"{label or name}: {message}")

    # -- Markdown --

    def rich(self, node: YamlNode | None, features: frozenset[str]) -> str:
        """Portable HTML of a Markdown field, or of `{html: …}`."""
        if node is None:
            return ""
        if isinstance(node, YamlMap):
            found = self.fields(node, ["html"], required=["html"])
            source = self.text(found.get("html"))
            try:
                return self.portable(canonical_html(source, features), features, node.line)
            except HtmlTooLargeError:
                self.problem(node.line, _("Teksten er for lang."))
                return ""
        text = self.text(node)
        return self.markdown(text, features, node.text_line if isinstance(node, YamlText) else node.line)

    def markdown(self, source: str, features: frozenset[str], first_line: int) -> str:
        if self.has_identity_number(source, first_line):
            return ""
        try:
            return self.portable(to_html(source, features), features, first_line)
        except MarkdownError as problem:
            self.problem(first_line + problem.line, str(problem))
        except HtmlTooLargeError:
            self.problem(first_line, _("Teksten er for lang."))
        return ""

    def portable(self, html: str, features: frozenset[str], line: int) -> str:
        """Links to documents say the key in the file and the id inside Flett."""

        def change(attributes: dict[str, str]) -> dict[str, str] | None:
            href = attributes.get("href", "")
            scheme, _colon, name = href.partition(":")
            if scheme == "document" and "document-link" not in features:
                self.problem(line, _("Her kan du ikke lenke til et dokument. Bruk blokken ::: download."))
                return None
            if scheme == "document":
                if ("document", name) not in self.ids:
                    self.problem(line, _("Dokumentet «%s» står ikke i media/media.yaml.") % name[:100])
                    return None
                return {"href": f"document:{self.ids['document', name]}"}
            if scheme == "page":
                try:
                    return {"href": f"page:{UUID(name)}"}
                except ValueError:
                    self.problem(line, _("Lenken «%s» må være page: og sidens id (UUID).") % href[:100])
                    return None
            return attributes

        return map_links(html, change)

    # -- blocks --

    def value(self, spec: Field, node: YamlNode | None, path: tuple[str | int, ...], lines: Lines) -> Any:
        """What a field of a block holds; absent optional fields are empty."""
        if node is not None:
            lines[path] = node.line
        match spec:
            case Text():
                return self.text(node)
            case Rich():
                return self.rich(node, spec.features)
            case Flag():
                return self.flag(node, default=False)
            case Choice():
                return self.one_of(node, list(spec.values), default=spec.default)
            case Ref(kind="law"):
                return self.text(node)
            case Ref():
                key = self.text(node)
                if node is not None and (spec.kind, key) not in self.ids:
                    self.problem(node.line, _("«%s» står ikke i media/media.yaml.") % key[:100])
                return str(self.ids.get((spec.kind, key), ""))
            case Items():
                return [
                    self.value(spec.item, item, (*path, place), lines) for place, item in enumerate(self._items(node))
                ]
            case Cells():
                rows = []
                for place, row in enumerate(self._items(node)):
                    lines[*path, place] = row.line
                    rows.append(self.texts(row))
                return rows
            case Group():
                if node is None or (isinstance(node, YamlText) and node.is_null and spec.optional):
                    found = {}
                else:
                    found = self.fields(node, list(spec.fields), required=required_fields(spec))
                return {
                    name: self.value(item, found.get(name), (*path, name), lines) for name, item in spec.fields.items()
                }

    def _items(self, node: YamlNode | None) -> list[YamlNode]:
        if node is None or (isinstance(node, YamlText) and node.is_null):
            return []
        if not isinstance(node, YamlList):
            self.problem(node.line, _("Her skal det stå en liste."))
            return []
        return node.items


def required_fields(spec: Group) -> list[str]:
    return [
        name
        for name, item in spec.fields.items()
        if not (isinstance(item, (Flag, Choice)) or getattr(item, "optional", False))
    ]
