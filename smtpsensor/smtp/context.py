"""What all sessions of one run share."""

from collections.abc import Callable

from smtpsensor.config import Limits
from smtpsensor.events import AuthEvent, Event, Outcome
from smtpsensor.stats import Stats
from smtpsensor.tagging import Tagger


class Repeats:
    """Failed (source, name, secret) triples: "the same wrong password again" is no guessing.

    Bounded; the oldest leave first, counted as `repeat_evicted`.
    """

    __slots__ = ("_limit", "_seen", "_stats")

    def __init__(self, limit: int, stats: Stats) -> None:
        self._limit = limit
        self._seen: dict[int, None] = {}  # 64-bit hashes, oldest first
        self._stats = stats

    def __len__(self) -> int:
        return len(self._seen)

    def check(self, event: AuthEvent) -> bool | None:
        """Whether this source failed before with this name and secret; a failure is remembered."""
        if event.secret is None:
            return None
        key = hash((event.flow.src, event.username, event.secret))
        known = key in self._seen
        if event.outcome is Outcome.FAILURE and not known:
            if len(self._seen) >= self._limit:
                del self._seen[next(iter(self._seen))]
                self._stats.count("repeat_evicted")
            self._seen[key] = None
        return known


class Context:
    """Shared by all sessions: where events go, limits, counters, the key of the secret tags."""

    __slots__ = ("emit", "limits", "repeats", "stats", "tagger")

    def __init__(self, emit: Callable[[Event], None], limits: Limits, stats: Stats, tagger: Tagger) -> None:
        self.emit = emit
        self.limits = limits
        self.stats = stats
        self.tagger = tagger
        self.repeats = Repeats(limits.repeats, stats)
