"""What Alertmanager is to know: one entry per label set, always its latest state.

No queue of messages: while a replica is away, updates of an alert replace each other, and when it is back it
gets what holds then. An alert that began and ended meanwhile still is told as firing first, for nobody
is notified of what Alertmanager first hears of as resolved; it stays so for `hold`, longer than a group
usually waits. The same serves a replay, where alerts last milliseconds.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from smtpsensor.detect.alert import Alert, AlertState
from smtpsensor.sinks.alertmanager import Labels, annotations, generator_url, labels, message

SECOND: Final = 1_000_000_000  # ns
# Label sets: Prometheus' own queue for notifications holds as many alerts. 3 kB each.
ENTRIES: Final = 10_000
_LOOK_EVERY: Final = 1_000  # refusals: looking through a full book takes 10 ms


@dataclass(frozen=True, slots=True)
class Timing:
    """Waits, ns of the clock on the wall."""

    resend: int = 60 * SECOND  # Prometheus sends again what fires once a minute
    lifetime: int = 240 * SECOND  # endsAt: four sendings may fail before Alertmanager resolves by itself
    ended: int = 300 * SECOND  # how long the end is told: a replica may have been restarted
    hold: int = 60 * SECOND  # twice Alertmanager's usual group_wait
    backoff: int = SECOND  # after a failure; doubled each time
    backoff_most: int = 30 * SECOND
    patience: int = 10 * SECOND  # for one request, from connecting to the end of the answer
    pause: int = SECOND // 5  # between two looks: a burst becomes one request


@dataclass(frozen=True, slots=True)
class Entry:
    """One label set. Never changed but replaced, so that senders read it without a lock."""

    labels: Labels
    annotations: Mapping[str, str]
    generator: str
    rank: int
    ids: frozenset[str]  # active alerts with these labels; names withheld, there may be several
    starts: int  # ns
    resolved: int  # ns of the wall, when the last of them was
    version: int
    delivered: int | None = None  # ns of the wall: since when some replica knows that it fires

    def ends(self, timing: Timing) -> int | None:
        """Return from when on it is told as over; None while it is not."""
        if self.ids or self.delivered is None:
            return None
        return max(self.resolved, self.delivered + timing.hold)

    def firing(self, now: int, timing: Timing) -> bool:
        """Say whether it is to be told as firing."""
        ends = self.ends(timing)
        return ends is None or now < ends

    def done(self, now: int, timing: Timing) -> bool:
        """Say whether its end was told for long enough."""
        ends = self.ends(timing)
        return ends is not None and now > ends + timing.ended

    def form(self, now: int, timing: Timing) -> dict[str, object]:
        """Return what is posted of it at `now`."""
        ends = self.ends(timing)
        until = now + timing.lifetime if ends is None or now < ends else ends
        return message(self.labels, self.annotations, self.starts, until, self.generator)


class Book:
    """All entries, within a cap. `clock` gives ns of the wall. Any thread may call any method."""

    def __init__(
        self,
        host: str,
        clock: Callable[[], int],
        timing: Timing,
        *,
        more: Mapping[str, str] | None = None,
        generator: str = "",
        cap: int = ENTRIES,
    ) -> None:
        self._host = host
        self._clock = clock
        self._timing = timing
        self._more = dict(more or {})
        self._generator = generator
        self._cap = cap
        self._lock = threading.Lock()
        self._entries: dict[Labels, Entry] = {}
        self.changes = 0
        self._look_again = 0  # number of the change at which room is looked for once more
        self.dropped = 0  # alerts of which somebody should have heard, and did not or may not any more

    def __len__(self) -> int:
        return len(self._entries)

    def take(self, alert: Alert) -> None:
        """Note what became of an alert. Never waits for anything but another look at the book."""
        now = self._clock()
        identity = labels(alert, self._host, self._more)
        told = annotations(alert)
        generator = generator_url(self._generator, identity, alert.id)
        with self._lock:
            self.changes += 1
            old = self._entries.get(identity)
            if old is None:
                if not self._room(alert.severity.rank, now):
                    self.dropped += 1
                    return
                # A capture's clock may be ahead: Alertmanager takes no start behind an end.
                old = Entry(
                    identity, told, generator, alert.severity.rank, frozenset(), min(alert.first, now), now, 0
                )
            over = alert.state is AlertState.RESOLVED
            ids = old.ids - {alert.id} if over else old.ids | {alert.id}
            again = bool(ids) and not old.firing(now, self._timing)  # it had ended: another attack
            self._entries[identity] = replace(
                old,
                annotations=told,
                generator=generator,
                ids=ids,
                starts=min(alert.first, now) if again else old.starts,
                resolved=now,
                version=self.changes,
                delivered=None if again else old.delivered,
            )

    def entries(self) -> list[Entry]:
        """Return what stands in the book now, the loudest first; what is over for long is taken out."""
        now = self._clock()
        with self._lock:
            kept = list(self._entries.values())
            for entry in [entry for entry in kept if entry.done(now, self._timing)]:
                del self._entries[entry.labels]
        return sorted(
            (one for one in kept if not one.done(now, self._timing)), key=lambda one: (one.rank, one.version)
        )

    def delivered(self, sent: Entry) -> None:
        """Note that some replica knows that an entry fires."""
        with self._lock:
            entry = self._entries.get(sent.labels)
            if entry is not None and entry.delivered is None and entry.starts == sent.starts:
                self._entries[sent.labels] = replace(entry, delivered=self._clock())

    def forget(self, sent: Entry) -> None:
        """Take out what was refused, unless it changed since."""
        with self._lock:
            if self._entries.get(sent.labels) is sent:
                del self._entries[sent.labels]

    def _room(self, rank: int, now: int) -> bool:
        """Make room for one more: what was told goes first, then the quietest; False if all are louder."""
        if len(self._entries) < self._cap:
            return True
        if self.changes < self._look_again:
            return False
        quietest = max(
            self._entries.values(),
            key=lambda one: (not one.firing(now, self._timing), one.rank, not one.ids, -one.version),
        )
        if quietest.firing(now, self._timing):
            if quietest.rank <= rank:
                self._look_again = self.changes + _LOOK_EVERY
                return False
            self.dropped += 1
        del self._entries[quietest.labels]
        return True
