"""YAML as a tree of values that know their line: built from events, so that nothing in a file can blow it up.

Only what rules need is read: mappings, lists, plain and quoted scalars. Aliases (bombs among them), tags and
several documents are refused. Plain words are taken as YAML 1.2's core schema does: `no` is a word, `false` a
boolean, `5:30` no number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from smtpsensor.detect.problems import Problems, quoted

# Rules nest four deep, tests five.
_DEPTH: Final = 8
_PLAIN: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_STR: Final = "tag:yaml.org,2002:str"
_QUOTE: Final = "text that begins with ! * & > | % @ or ` stands in quotes"


@dataclass(frozen=True, slots=True)
class Item:
    """A value, the line where it stands (from 1; None where the format has none) and its path.

    `value` is text, a number, a boolean, None, a list of Items, a dict of names and Items, or (TOML) a date.
    """

    value: Any
    line: int | None
    field: str

    def under(self, name: str) -> str:
        """Return the path of a field of this mapping."""
        return f"{self.field}.{name}" if self.field else name


class _BrokenError(Exception):
    """What stops the reading of a file."""

    def __init__(self, line: int, field: str, wrong: str, fix: str) -> None:
        super().__init__(wrong)
        self.said = (line, field, wrong, fix)


def read_document(data: bytes, problems: Problems, most: int) -> Item | None:
    """Return the document of a file of at most `most` octets; None if there is none, which is noted."""
    if len(data) > most:
        problems.add(None, "", f"is larger than {most // 1024} KiB", "a file of this kind is a page or two")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.add(line, "", "is not UTF-8", "save it as UTF-8 text")
        return None
    import yaml  # noqa: PLC0415 - only where rules are read

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = _build(yaml.parse(text, Loader=loader), problems)
    except _BrokenError as error:
        problems.add(*error.said)
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        told = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
        problems.add(mark.line + 1 if mark else None, "", f"malformed YAML, {told}", _advice(str(told)))
        return None
    except (ValueError, OverflowError):  # \U of a character that does not exist, in PyYAML without libyaml
        problems.add(None, "", "malformed YAML, an escape of no character", "write the character itself")
        return None
    if document is None:
        problems.add(None, "", "is empty", "see the shipped rules for what belongs into it")
    return document


def _advice(told: str) -> str:
    if "found character" in told or "token" in told or "alias" in told or "block scalar" in told:
        return _QUOTE
    return f"check indentation, brackets and quotes: {_QUOTE}"


class _Open:
    """A mapping or list whose end has not come."""

    __slots__ = ("item", "key", "key_line")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.key: str | None = None
        self.key_line = 0


def _build(events: Iterator[Any], problems: Problems) -> Item | None:
    """Build the tree; raises _BrokenError and what the parser raises."""
    root: Item | None = None
    stack: list[_Open] = []
    for event in events:
        kind = type(event).__name__
        line = event.start_mark.line + 1 if event.start_mark else 1
        if kind == "AliasEvent":
            what = f"*{event.anchor}"
            raise _BrokenError(
                line,
                _path(stack),
                f"{quoted(what)} is an alias",
                "write the value out; a pattern stands in quotes",
            )
        if kind == "DocumentStartEvent" and root is not None:
            raise _BrokenError(line, "", "a second document", "one file holds one rule: make another file")
        if kind in {"MappingEndEvent", "SequenceEndEvent"}:
            stack.pop()
        elif kind in {"ScalarEvent", "MappingStartEvent", "SequenceStartEvent"}:
            value = _value(event, kind, line, stack)
            top = stack[-1] if stack else None
            if top is not None and isinstance(top.item.value, dict) and top.key is None:
                _key(event, kind, line, top)
                continue
            item = Item(value, line, _path(stack))
            if top is None:
                root = item
            else:
                item = _put(item, top, problems)
            if kind != "ScalarEvent":
                stack.append(_Open(item))
                if len(stack) > _DEPTH:
                    raise _BrokenError(line, "", "is nested too deep", f"at most {_DEPTH} levels are read")
    return None if root is None or root.value is None else root


def _key(event: Any, kind: str, line: int, top: _Open) -> None:
    if kind != "ScalarEvent":
        raise _BrokenError(line, top.item.field, "a field's name must be a word", _QUOTE)
    top.key, top.key_line = event.value, line


def _put(item: Item, top: _Open, problems: Problems) -> Item:
    """Put a value where it belongs; return it with the line of its name."""
    if isinstance(top.item.value, list):
        top.item.value.append(item)
        return item
    key = top.key or ""
    item = Item(item.value, top.key_line, item.field)
    if key in top.item.value:
        first = top.item.value[key].line
        problems.add(
            top.key_line, item.field, f"stands here twice, first in line {first}", "leave one of them"
        )
    else:
        top.item.value[key] = item
    top.key = None
    return item


def _path(stack: list[_Open]) -> str:
    if not stack:
        return ""
    top = stack[-1]
    if isinstance(top.item.value, list):
        return f"{top.item.field}[{len(top.item.value)}]"
    return top.item.field if top.key is None else top.item.under(shown_key(top.key))


def shown_key(key: str) -> str:
    """Return a field's name as it is shown in a path: as it is if it is a word, otherwise quoted."""
    return key if re.fullmatch(r"[\w.:-]{1,60}", key) else quoted(key)


def _value(event: Any, kind: str, line: int, stack: list[_Open]) -> Any:
    if event.tag not in {None, _STR, "!"}:
        raise _BrokenError(
            line, _path(stack), f"{quoted(event.tag)} is a tag", 'write what begins with ! in quotes, "!own"'
        )
    if kind == "MappingStartEvent":
        return {}
    if kind == "SequenceStartEvent":
        return []
    return plain(event.value) if event.tag is None and event.implicit[0] else event.value


def plain(text: str) -> str | float | bool | None:
    """Return what a scalar without quotes means."""
    if text in _PLAIN:
        return _PLAIN[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
