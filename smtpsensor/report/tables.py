"""Bounded containers of the report: distinct partners, reply times."""

from array import array
from typing import Protocol

_LARGEST = 2**62  # ns; a damaged clock makes longer waits


class Linked(Protocol):
    """Counts distinct partners: most have one, so a set is made only for the second."""

    only: str | None
    partners: set[str] | None
    at_least: bool  # a partner was not counted: there are more


def linked(record: Linked) -> int:
    """Return how many partners were counted."""
    return int(record.only is not None) if record.partners is None else len(record.partners)


class Samples:
    """Reply times: all up to `cap` (even), then every second one, every fourth ... as they arrived."""

    __slots__ = ("_cap", "_every", "_skip", "count", "largest", "values")

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._every = 1
        self._skip = 0
        self.values = array("q")  # ns
        self.count = 0
        self.largest = 0  # of all, kept or not

    def add(self, value: int) -> None:
        """Take one reply time, ns."""
        value = min(max(value, 0), _LARGEST)
        self.count += 1
        self.largest = max(self.largest, value)
        if self._skip:
            self._skip -= 1
            return
        self.values.append(value)
        self._skip = self._every - 1
        if len(self.values) >= self._cap:
            del self.values[1::2]
            self._every *= 2
