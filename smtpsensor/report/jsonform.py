"""The report as one JSON object: its fields by name, times as ISO 8601, what is not known left out."""

from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from smtpsensor.sinks.lines import encode
from smtpsensor.sinks.times import Stamper

_STAMP = Stamper("Z")


def dump(report: object) -> bytes:
    """Return one line of JSON for a dataclass and everything in it."""
    return encode(_plain(report))


@cache
def _fields(kind: Any) -> tuple[tuple[str, bool], ...]:
    return tuple((each.name, "time" in each.metadata) for each in fields(kind))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        record: dict[str, Any] = {}
        for name, is_time in _fields(value.__class__):
            item = getattr(value, name)
            if item is not None:
                record[name] = _STAMP(item) if is_time else _plain(item)
        return record
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
