"""Waits in event time: a wheel of one-second buckets, eight octets per entry."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final, Generic, TypeVar

_SECOND: Final = 1_000_000_000

T = TypeVar("T")


class Wheel(Generic[T]):
    """Entries by due time, rounded up to a second; removal is by forgetting: the taker looks again."""

    __slots__ = ("_buckets", "_order", "size")

    def __init__(self) -> None:
        self._buckets: dict[int, list[T]] = {}
        self._order: list[int] = []  # heap of the buckets' numbers
        self.size = 0

    def add(self, due: int, item: T) -> None:
        """Enter `item` to be taken at `due` (ns)."""
        number = -(-due // _SECOND)
        bucket = self._buckets.get(number)
        if bucket is None:
            self._buckets[number] = [item]
            heappush(self._order, number)
        else:
            bucket.append(item)
        self.size += 1

    def due(self, now: int) -> list[T]:
        """Take everything due at `now`, oldest first."""
        found: list[T] = []
        while self._order and self._order[0] * _SECOND <= now:
            found += self._buckets.pop(heappop(self._order))
        self.size -= len(found)
        return found

    def sweep(self, keep: Callable[[T], bool]) -> None:
        """Drop every entry that is not to be kept."""
        self.size = 0
        for number, bucket in self._buckets.items():
            kept = [item for item in bucket if keep(item)]
            self._buckets[number] = kept
            self.size += len(kept)

    def may_be_oldest(self, due: int) -> bool:
        """Whether an entry due at `due` would stand in the first bucket or before it."""
        return not self._order or -(-due // _SECOND) <= self._order[0]

    def oldest(self) -> T | None:
        """Take an entry of the first bucket, whenever it is due."""
        while self._order:
            bucket = self._buckets[self._order[0]]
            if bucket:
                self.size -= 1
                return bucket.pop()
            del self._buckets[heappop(self._order)]
        return None
