"""The busiest values of something the wire can make up: bounded, and few of them at once."""

from collections.abc import Callable
from typing import Final

# Values counted: those of a busy day. When there are more, the quarter with the fewest failures goes, so that
# a flood of sources that come once does not push out who comes often; 150 octets each.
TABLE: Final = 16_384
# A value that was not seen for so long leaves the list, ns: who attacked yesterday is no news.
IDLE: Final = 24 * 3_600_000_000_000
# A member stays until another has a quarter more, so that series do not come and go between two scrapes.
_STAYS: Final = 1.25


class TopK:
    """Counts values; `top` says the busiest. `take` and `top` may be called from two threads.

    Counts are exact while no more than `table` values were seen; one that was forgotten starts anew.
    """

    def __init__(self, most: int, table: int = TABLE) -> None:
        """List `most` values."""
        self.most = most
        self.forgotten = 0
        self._table = max(table, 4 * most)
        self._counts: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._members: tuple[str, ...] = ()
        self._now = 0

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def table(self) -> int:
        """Return how many values are counted at most."""
        return self._table

    def take(self, value: str, ts: int) -> None:
        """Count one; `ts` is its time, ns."""
        counts = self._counts
        if value in counts:
            counts[value] += 1
        else:
            if len(counts) >= self._table:
                self._make_room()
            counts[value] = 1
        self._last[value] = self._now = max(self._now, ts)

    def top(self) -> list[tuple[str, int]]:
        """Return the busiest values and their counts, busiest first."""
        counts = dict(self._counts)  # one step of the interpreter: nobody changes it meanwhile
        last = dict(self._last)
        since = self._now - IDLE
        members = set(self._members)

        def weight(value: str) -> tuple[float, str]:
            return -counts[value] * (_STAYS if value in members else 1), value

        fresh = [value for value in counts if last.get(value, 0) >= since]
        self._members = tuple(sorted(fresh, key=weight)[: self.most])
        return sorted(((value, counts[value]) for value in self._members), key=_busiest)

    def _make_room(self) -> None:
        """Forget the quarter with the fewest, of these the oldest; never a member of the list."""
        counts, last, members = self._counts, self._last, set(self._members)

        def standing(value: str) -> tuple[bool, int, int]:
            return value in members, counts[value], last.get(value, 0)

        for value in sorted(counts, key=standing)[: max(1, len(counts) // 4)]:
            del counts[value]
            last.pop(value, None)
            self.forgotten += 1


_busiest: Callable[[tuple[str, int]], tuple[int, str]] = lambda pair: (-pair[1], pair[0])  # noqa: E731
