"""What the writers of JSON lines share: one record builder per event class, and buffered writing."""

from collections.abc import Callable
from typing import Any, Protocol

import orjson

from smtpsensor.text import harmless_text

Record = dict[str, Any]
Builder = Callable[[Any], Record]

# Lines held back before one write: about 128 KiB, so that a write call costs nothing per event.
_LINES = 256
_LONG = 2**63 - 1  # what JSON consumers (Elasticsearch's long) and orjson take


class Sink(Protocol):
    """Where octets go: an `Output`, an open binary file, a `BytesIO`."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`, or raise."""

    def flush(self) -> object:
        """Hand on what was taken."""


class LineWriter:
    """Writes one JSON object per event and line.

    An event class gets its form by `register`; classes nobody registered are left out, so that a new kind
    of event breaks no output.
    """

    def __init__(self, out: Sink) -> None:
        self._out = out
        self._builders: dict[type, Builder] = {}
        self._lines: list[bytes] = []

    def register(self, kind: type, builder: Builder) -> None:
        """Let `builder` make the record of every event of exactly the class `kind`."""
        self._builders[kind] = builder

    def write(self, event: object) -> None:
        """Add the line of one event. Raises what `out.write` raises."""
        builder = self._builders.get(type(event))
        if builder is None:
            return
        self._lines.append(encode(builder(event)))
        if len(self._lines) >= _LINES:
            self._drain()

    def flush(self) -> None:
        """Hand every line to `out` and flush it. Raises what `out` raises."""
        self._drain()
        self._out.flush()

    def _drain(self) -> None:
        # Emptied first: lines that could not be written must not be written twice.
        lines, self._lines = self._lines, []
        if lines:
            self._out.write(b"".join(lines))


def encode(record: Record) -> bytes:
    """Return one line of JSON, UTF-8, line end included."""
    try:
        return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        # A file name that is no UTF-8 (lone surrogates), or a number beyond 64 bits.
        return orjson.dumps(_encodable(record), option=orjson.OPT_APPEND_NEWLINE)


def _encodable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    if isinstance(value, str):
        return harmless_text(value, 4 * len(value) + 16)
    return clamp(value) if type(value) is int else value


def clamp(number: int) -> int:
    """Hold a number within 64 signed bits: time stamps of a damaged file differ by more."""
    return max(-_LONG, min(_LONG, number))
