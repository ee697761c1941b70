"""What is handed over from the program to the thread that serves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import NamedTuple

Failed = Callable[[BaseException], None]


class Page(NamedTuple):
    """A document and its media type."""

    body: bytes
    kind: str


@dataclass(slots=True)
class Served:
    """`pages`: by path, set once there are any. `scraped`: somebody has asked for the metrics."""

    host: str
    pages: dict[str, Page] = field(default_factory=dict)
    ready: Event = field(default_factory=Event)
    scraped: Event = field(default_factory=Event)
