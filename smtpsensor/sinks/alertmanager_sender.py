"""Alerts straight to Alertmanager: to every replica by a thread of its own, so that none waits for another.

Replicas share what they notified of, never the alerts; so each has to be told
(https://prometheus.io/docs/alerting/latest/alertmanager/).
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from smtpsensor.detect.alert import Alert
from smtpsensor.sinks.alertmanager_address import Address
from smtpsensor.sinks.alertmanager_book import ENTRIES, SECOND, Book, Entry, Timing
from smtpsensor.sinks.alertmanager_http import Access, Answer, post

if TYPE_CHECKING:
    from smtpsensor.sinks.alertmanager import Labels

BATCH = 64  # alerts of one request, as Prometheus sends them
_MESSAGES = 20  # that wait to be said


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """One replica. `written`: alerts it took; `failures`: those it refused, or that the cap dropped."""

    name: str
    up: bool
    written: int
    failures: int
    queue: int  # label sets of which it has not heard the latest
    errors: int  # requests that came to nothing


class Replica:
    """What one Alertmanager was told, and the thread that tells it."""

    def __init__(
        self, address: Address, access: Access, book: Book, clock: Callable[[], int], timing: Timing
    ) -> None:
        self.name = str(address)
        self.up = True
        self.written = self.refused = self.errors = self.queue = 0
        self.messages: deque[str] = deque(maxlen=_MESSAGES)
        self._address = address
        self._access = access
        self._book = book
        self._clock = clock
        self._timing = timing
        # What it took last: version, whether it fired, and when (ns of the wall).
        self._told: dict[Labels, tuple[int, bool, int]] = {}
        self._backoff = timing.backoff
        self._wake = threading.Event()
        self._ending = threading.Event()  # tell what is new and end
        self._end = threading.Event()  # end now
        self._thread = threading.Thread(target=self._run, name=f"alertmanager {self.name}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look again: something changed."""
        self._wake.set()

    def close(self, patience: float) -> None:
        """Tell what is new for at most `patience` seconds, then end."""
        self._thread.join(patience)
        self._end.set()
        self._wake.set()

    def ending(self) -> None:
        """Begin to end: once more without waiting for the backoff."""
        self._ending.set()
        self._wake.set()

    def _run(self) -> None:
        while not self._end.is_set():
            self._wake.clear()
            last = self._ending.is_set()
            due = self._due()
            self.queue = sum(new for _, new in due)
            if last and not self.queue:
                return
            well = all(self._tell(batch) for batch in _batches([entry for entry, _ in due]))
            if well:
                self._backoff = self._timing.backoff
                self._end.wait(self._timing.pause / SECOND)
                if not last and not self._changed():
                    self._wake.wait(self._timing.resend / SECOND / 8)
            elif last:
                self._end.wait(self._timing.backoff / SECOND)
            else:
                self._ending.wait(self._backoff / SECOND)
                self._backoff = min(2 * self._backoff, self._timing.backoff_most)

    def _changed(self) -> bool:
        return any(new for _, new in self._due())

    def _due(self) -> list[tuple[Entry, bool]]:
        """Return what is to be told, and whether it is new to it."""
        now, timing = self._clock(), self._timing
        found = []
        here = self._book.entries()
        for entry in here:
            told = self._told.get(entry.labels)
            firing = entry.firing(now, timing)
            new = told is None or told[:2] != (entry.version, firing)
            if new or told is None or not 0 <= now - told[2] < timing.resend:
                found.append((entry, new))
        if len(self._told) > 2 * len(here) + BATCH:
            known = {entry.labels for entry in here}
            self._told = {labels: told for labels, told in self._told.items() if labels in known}
        return found

    def _tell(self, batch: Sequence[Entry]) -> bool:
        """Post; return False where it has to be tried again later."""
        now = self._clock()
        forms = [entry.form(now, self._timing) for entry in batch]
        answer = post(self._address, self._access, orjson.dumps(forms), self._timing.patience / SECOND)
        if answer.taken:
            self._taken(batch, now)
            return True
        if answer.status == 400 and len(batch) > 1:
            # Some are stored, some are not, and the answer does not say which: each half by itself.
            half = len(batch) // 2
            return self._tell(batch[:half]) and self._tell(batch[half:])
        if answer.status == 400:
            self._refused(batch[0], answer, now)
            return True
        self._failed(answer)
        return False

    def _taken(self, batch: Sequence[Entry], now: int) -> None:
        if not self.up:
            self.messages.append(f"{self.name}: takes alerts again")
        self.up = True
        self.written += len(batch)
        for entry in batch:
            firing = entry.firing(now, self._timing)
            self._told[entry.labels] = (entry.version, firing, now)
            self.queue = max(0, self.queue - 1)
            if firing and entry.delivered is None:
                self._book.delivered(entry)

    def _refused(self, entry: Entry, answer: Answer, now: int) -> None:
        """Leave out an alert that Alertmanager will not have; it comes again when it has changed."""
        self.refused += 1
        self.messages.append(f"{self.name}: refuses {dict(entry.labels)['alertname']}, {answer.reason}")
        self._told[entry.labels] = (entry.version, entry.firing(now, self._timing), now)
        if not entry.ids:
            self._book.forget(entry)

    def _failed(self, answer: Answer) -> None:
        self.errors += 1
        if self.up:
            self.messages.append(f"{self.name}: takes no alerts, {answer.reason}; they wait")
        self.up = False


class AlertmanagerSink:
    """Takes events; alerts among them reach every replica. `write` only notes, and never waits for a network.

    `clock`: ns of the clock on the wall, for Alertmanager judges by its own. `more`: the site's own labels.
    `generator`: the address that Alertmanager links an alert to, see `alertmanager.generator_url`.
    """

    def __init__(
        self,
        addresses: Iterable[Address],
        access: Access,
        host: str,
        clock: Callable[[], int],
        *,
        more: Mapping[str, str] | None = None,
        generator: str = "",
        timing: Timing | None = None,
        cap: int = ENTRIES,
    ) -> None:
        timing = timing or Timing()
        self.cap = cap
        self._patience = timing.patience / SECOND
        self.book = Book(host, clock, timing, more=more, generator=generator, cap=cap)
        self.replicas = [Replica(address, access, self.book, clock, timing) for address in addresses]

    def write(self, event: object) -> None:
        """Take one event."""
        if isinstance(event, Alert):
            self.book.take(event)
            for replica in self.replicas:
                replica.wake()

    def flush(self) -> None:
        """Do nothing: alerts are on their way."""

    def states(self) -> list[ReplicaState]:
        """Return how each replica does."""
        return [
            ReplicaState(
                *(each.name, each.up, each.written, each.refused + self.book.dropped, each.queue, each.errors)
            )
            for each in self.replicas
        ]

    def messages(self) -> Iterator[str]:
        """Yield what is to be said, once, each one line."""
        for replica in self.replicas:
            while replica.messages:
                yield replica.messages.popleft()

    def close(self, patience: float | None = None) -> int:
        """Send what is new, for at most `patience` seconds; return how many alerts no replica took.

        What still fires is not told as over: another run may go on with it, and if none does Alertmanager
        ends it by itself after four minutes.
        """
        for replica in self.replicas:
            replica.ending()
        for at, replica in enumerate(self.replicas):
            replica.close(0.2 if at else (self._patience if patience is None else patience))
        return self.book.dropped + sum(entry.delivered is None for entry in self.book.entries())


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    for at in range(0, len(entries), BATCH):
        yield entries[at : at + BATCH]
