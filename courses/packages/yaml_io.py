"""YAML as packages use it: a small, strict subset on the way in, one canonical form on the way out.

Every scalar is read as the text that stands there; what it means (a number, a date, true) is decided by the
field it stands in. So `NO` is Norway and `title: 2024` is a title, whatever YAML 1.1 says. Anchors, aliases
and tags are refused, so no small file can grow large.
"""

import re
import sys
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

MAX_DEPTH = 12
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class YamlText:
    """A scalar: its text, the line it starts at, and whether it is bare (`null` may then mean nothing)."""

    line: int
    text: str
    bare: bool = True
    text_line: int = 0

    @property
    def is_null(self) -> bool:
        return self.bare and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(slots=True)
class YamlList:
    line: int
    items: list["YamlNode"] = field(default_factory=list)


@dataclass(slots=True)
class YamlMap:
    line: int
    items: dict[str, "YamlNode"] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)


YamlNode = YamlText | YamlList | YamlMap


class YamlError(ValueError):
    """The YAML cannot be read; `line` counts from the line given to `load_yaml`."""

    def __init__(self, line: int, message: str) -> None:
        self.line = line
        super().__init__(message)


def load_yaml(text: str, *, first_line: int = 1) -> YamlMap:
    """The mapping in this text. Raises YamlError when it is not exactly one, or goes beyond the subset."""
    try:
        root = _build(text, first_line)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, max(len(text.splitlines()) - 1, 0)) if mark else 0
        raise YamlError(
            first_line + line, _("YAML-en kan ikke leses: %s") % (error.problem or error.context)
        ) from error
    except yaml.YAMLError as error:
        raise YamlError(first_line, _("YAML-en kan ikke leses: %s") % str(error).splitlines()[0]) from error
    if root is None or (isinstance(root, YamlText) and root.is_null):
        return YamlMap(first_line)
    if not isinstance(root, YamlMap):
        raise YamlError(root.line, _("Her skal det stå felter på formen «navn: verdi»."))
    return root


def _build(text: str, first_line: int) -> YamlNode | None:
    root: YamlNode | None = None
    stack: list[YamlList | YamlMap] = []
    keys: list[tuple[str, int] | None] = []
    documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = first_line + (event.start_mark.line if event.start_mark else 0)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                raise YamlError(line, _("Her står det mer enn ett YAML-dokument."))
            continue
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlError(line, _("Ankere og aliaser (& og *) kan ikke brukes. Sett teksten i anførselstegn."))
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) not in {None, "!"}:
            raise YamlError(line, _("YAML-merker (!) kan ikke brukes. Sett teksten i anførselstegn."))
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            stack.pop()
            keys.pop()
            continue
        node: YamlNode
        if isinstance(event, yaml.ScalarEvent):
            block = event.style in {"|", ">"}
            node = YamlText(line, event.value, bare=not event.style, text_line=line + 1 if block else line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = YamlList(line)
        elif isinstance(event, yaml.MappingStartEvent):
            node = YamlMap(line)
        else:
            continue
        if stack and isinstance(stack[-1], YamlMap) and keys[-1] is None:
            if not isinstance(node, YamlText):
                raise YamlError(line, _("Et feltnavn må være tekst."))
            if node.text in stack[-1].items or node.text in stack[-1].key_lines:
                raise YamlError(line, _("Feltet «%s» står to ganger.") % node.text)
            keys[-1] = (node.text, line)
            stack[-1].key_lines[node.text] = line
            continue
        if not stack:
            root = node
        elif isinstance(stack[-1], YamlList):
            stack[-1].items.append(node)
        else:
            name, _line = keys[-1] or ("", 0)
            stack[-1].items[name] = node
            keys[-1] = None
        if not isinstance(node, YamlText):
            if len(stack) >= MAX_DEPTH:
                raise YamlError(line, _("YAML-en er for dypt nøstet."))
            stack.append(node)
            keys.append(None)
    return root


# --- writing --------------------------------------------------------------------------------------------

_LITERAL = re.compile(r"\A(?![ \n\t])[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]*\Z")
_MUST_ESCAPE = re.compile(r"[\x00-\x1f\"\\\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_TRAILING_SPACE = re.compile(r"[ \t]+(\n|\Z)")


class _Dumper(yaml.SafeDumper):
    """Block style, one line per value, text in its plainest safe form."""

    quoted_only = False

    def ignore_aliases(self, data: object) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def choose_scalar_style(self) -> Any:
        style = super().choose_scalar_style()
        return '"' if style == "'" else style

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        """Only what must be escaped is: an emoji stays an emoji."""
        escaped = _MUST_ESCAPE.sub(lambda match: _ESCAPES.get(match.group()) or f"\\U{ord(match.group()):08X}", text)
        self.write_indicator(f'"{escaped}"', True)


class OneLine(list[Any]):
    """A list that is written as `[a, b]`."""


class _QuotedDumper(_Dumper):
    quoted_only = True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = None
    if re.search(r"[\n\r\x85\u2028\u2029]", text):
        literal = (
            not dumper.quoted_only
            and bool(_LITERAL.match(text))
            and not _TRAILING_SPACE.search(text)
            and not text.endswith("\n\n")
            and bool(text.strip())
        )
        style = "|" if literal else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_one_line(dumper: _Dumper, items: OneLine) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)


for _dumper in (_Dumper, _QuotedDumper):
    _dumper.add_representer(str, _represent_text)
    _dumper.add_representer(OneLine, _represent_one_line)


def plain(node: YamlNode) -> Any:
    """The node as Python lists, dicts and texts."""
    if isinstance(node, YamlText):
        return node.text
    if isinstance(node, YamlList):
        return [plain(item) for item in node.items]
    return {key: plain(item) for key, item in node.items.items()}


def _as_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_texts(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_texts(item) for item in value]
    if value is None:
        return "null"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def dump_yaml(value: dict[str, Any]) -> str:
    """The canonical text of this mapping; what is read back is always what was written."""
    for dumper in (_Dumper, _QuotedDumper):
        text = str(
            yaml.dump(
                value, Dumper=dumper, allow_unicode=True, sort_keys=False, width=sys.maxsize, default_flow_style=False
            )
        )
        try:
            if plain(load_yaml(text)) == _as_texts(value):
                return text
        except YamlError:
            continue
    raise ValueError("This value cannot be written as YAML.")
