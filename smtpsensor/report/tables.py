"""Bounded containers of the report: records by key, distinct partners, reply times."""

from array import array
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

_LARGEST = 2**62  # ns; a damaged clock makes longer waits


class Ranked(Protocol):
    """A record of a table."""

    def rank(self) -> tuple[int, ...]:
        """Order by interest: what is shed first comes first."""


R = TypeVar("R", bound=Ranked)


class Linked:
    """Counts distinct partners: most have one, so a set is made only for the second."""

    __slots__ = ("at_least", "only", "partners")

    def __init__(self) -> None:
        self.only: str | None = None
        self.partners: set[str] | None = None
        self.at_least = False  # a partner was not counted: there are more

    @property
    def distinct(self) -> int:
        """Return how many partners were counted."""
        return int(self.only is not None) if self.partners is None else len(self.partners)


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


class Table(Generic[R]):
    """A bounded dict of records, read as `rows` in the hot path and grown by `add`."""

    __slots__ = ("_cap", "_shed", "added", "evicted", "rows")

    def __init__(self, cap: int, shed: Callable[[R], None] = lambda _record: None) -> None:
        """Hold `cap` records at most; `shed` hears of each one that goes."""
        self._cap = cap
        self._shed: Callable[[R], None] = shed
        self.rows: dict[Hashable, R] = {}
        self.added = 0
        self.evicted = 0

    def add(self, key: Hashable, record: R) -> None:
        """Add a record that is not there; when full, the least interesting quarter leaves first."""
        if len(self.rows) >= self._cap:
            order = sorted(self.rows, key=lambda known: self.rows[known].rank())
            for known in order[: max(1, self._cap // 4)]:
                self._shed(self.rows.pop(known))
                self.evicted += 1
        self.rows[key] = record
        self.added += 1
