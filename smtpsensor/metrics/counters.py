"""Events and alerts as integers: what a scrape reads is counted here, once per event and never per frame.

The thread that captures writes, the one that answers a scrape reads. Nothing is locked: an integer is read
whole, and what is iterated over is copied first, in one step of the interpreter.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from smtpsensor.detect.alert import Alert, AlertState, RuleFacts
from smtpsensor.events import AuthEvent, Encryption, Outcome, SessionEvent
from smtpsensor.metrics.families import BUCKETS
from smtpsensor.metrics.topk import TopK
from smtpsensor.sinks.labels import OTHER, REASONS, Servers, code_and_reason, mechanism

# Series of attempts begin together: every outcome and reason of a server, port and mechanism. So many of
# these triples are told apart; beyond, the mechanism is `other`. A site has a few servers with three
# mechanisms; a client who tries every name there is on every server must not make ten thousands of series.
WHERES: Final = 256
# Active alerts that are kept: those of thirty rules at their cap (`detect.caps`).
_ACTIVE: Final = 16_384
_NS: Final = 1_000_000_000

Where = tuple[str, str, str]  # server, port, mechanism


class Times:
    """A histogram of durations: numbers per bucket (`BUCKETS`, and one beyond), and their sum in ns."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.sum = 0

    def add(self, ns: int) -> None:
        """Count one duration. A bucket holds what is not longer than its bound."""
        self.counts[bisect_left(BUCKETS, ns / _NS)] += 1
        self.sum += ns


class Counters:
    """Takes events and alerts as outputs may see them (filtered, under the name policy).

    `rules`: those in force, whose series stand at 0 from the start. `top`: how many sources and names are
    listed by `smtpsensor_top_*`, 0 for none.
    """

    def __init__(self, rules: Iterable[RuleFacts] = (), *, top: int = 0, wheres: int = WHERES) -> None:
        self.servers = Servers()
        self.wheres: dict[Where, Where] = {}  # as seen -> as counted
        self.where_cap = wheres
        self.refused = 0  # attempts counted as `other` because of a cap
        self.attempts: dict[tuple[str, str, str, str], int] = {}
        self.failures: dict[tuple[str, str, str, str, str], int] = {}
        self.sessions = {encryption.value: 0 for encryption in Encryption}
        self.responses = {Outcome.SUCCESS: Times(), Outcome.FAILURE: Times()}
        self.opened: dict[tuple[str, str], int] = {}
        self.active: dict[str, Alert] = {}
        self.sources = TopK(top) if top else None
        self.usernames = TopK(top) if top else None
        for rule in rules:
            self.opened[rule.name, rule.severity.value] = 0

    def write(self, event: object) -> None:
        """Count an event or an alert, as any other output does."""
        if isinstance(event, Alert):
            self.alert(event)
        else:
            self.take(event)

    def flush(self) -> None:
        """Do nothing: what was counted is counted."""

    def take(self, event: object) -> None:
        """Count an event."""
        if isinstance(event, AuthEvent):
            self._auth(event)
        elif isinstance(event, SessionEvent):
            self.sessions[event.encryption.value] += 1

    def alert(self, alert: Alert) -> None:
        """Note how an alert stands."""
        if alert.state is AlertState.OPENED:
            labels = (alert.rule.name, alert.severity.value)
            self.opened[labels] = self.opened.get(labels, 0) + 1
        if alert.state is AlertState.RESOLVED:
            self.active.pop(alert.id, None)
            return
        if alert.id not in self.active and len(self.active) >= _ACTIVE:
            del self.active[next(iter(self.active))]
        self.active[alert.id] = alert

    def _auth(self, event: AuthEvent) -> None:
        where = self._where(event)
        outcome = event.outcome
        self.attempts[(*where, outcome.value)] += 1
        times = self.responses.get(outcome)
        if times is not None and event.response_ns is not None:
            times.add(event.response_ns)
        if outcome is not Outcome.FAILURE:
            return
        self.failures[(*where, *code_and_reason(event))] += 1
        if self.sources is not None and self.usernames is not None:
            ts = event.ts if event.ts_verdict is None else event.ts_verdict
            self.sources.take(event.flow.src, ts)
            if event.username:
                self.usernames.take(event.username, ts)

    def _where(self, event: AuthEvent) -> Where:
        """Return server, port and mechanism; new ones stand at 0 in all their series."""
        server, port = self.servers.of(event.flow)
        seen = (server, port, mechanism(event))
        where = self.wheres.get(seen)
        if where is None:
            where = seen
            if len(self.wheres) >= self.where_cap:
                where = (server, port, OTHER)
                self.refused += 1
            else:
                self.wheres[seen] = where
            self._start(where)
        elif server == OTHER:
            self.refused += 1
        return where

    def _start(self, where: Where) -> None:
        for outcome in Outcome:
            self.attempts.setdefault((*where, outcome.value), 0)
        for code, reason in REASONS.items():
            self.failures.setdefault((*where, str(code), reason), 0)
        self.failures.setdefault((*where, OTHER, OTHER), 0)
