"""A bounded dict of records that sheds the least interesting of them."""

from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Ranked(Protocol):
    """A record of a table."""

    def rank(self) -> tuple[int, int]:
        """Order by interest, then by time: what is shed first comes first."""


R = TypeVar("R", bound=Ranked)


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
            for known in self._least():
                self._shed(self.rows.pop(known))
                self.evicted += 1
        self.rows[key] = record
        self.added += 1

    def _least(self) -> list[Hashable]:
        """Return the keys of a quarter. In a flood most are of no interest, and need not be sorted."""
        quarter = max(1, self._cap // 4)
        dull = [key for key, record in self.rows.items() if record.rank()[0] <= 1]
        if len(dull) < quarter:
            dull = sorted(self.rows, key=lambda key: self.rows[key].rank())
        return dull[:quarter]
