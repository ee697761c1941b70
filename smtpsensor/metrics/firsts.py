"""A series that is new stands at 0 for a scrape, so that `rate` and `increase` see what it begins with.

Servers and mechanisms are not known before the first attempt is seen. A counter that appears with a value
of 7 has, for Prometheus, not increased: those seven are lost to every rule. So the first time that Prometheus
asks, a new series says 0, and the next time all that was counted.

Only Prometheus is told so: who looks with a browser sees the numbers. Replicas ask within the same seconds;
0 is therefore said for as long as the first of them allows a scrape to take, which is less than its interval.
"""

from collections.abc import Iterable

HOLD_MOST = 30.0  # s: who allows a scrape to take longer than this still gets its second answer


class Firsts:
    """Knows since when each series is shown. Bounded by the series there are."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, ...], float] = {}

    def scraped(self, series: Iterable[tuple[str, ...]], now: float, hold: float) -> None:
        """Note that Prometheus asks at `now` (s); a series that it has not seen is held at 0 for `hold` s."""
        until = now + min(max(hold, 0.0), HOLD_MOST)
        known = self._until
        for labels in series:
            if labels not in known:
                known[labels] = until

    def value(self, labels: tuple[str, ...], number: int, now: float) -> int:
        """Return what Prometheus is told of a series that `scraped` knows."""
        return 0 if now <= self._until[labels] else number
