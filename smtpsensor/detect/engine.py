"""Events in, alerts out: one engine, event time only, the same alerts for any batch size.

Engine time is the packet time of verdicts, made to never go back: a small step back is waited out, one of
over an hour is a clock that was set, and moves the scale. Times shown in alerts are those of the packets.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from smtpsensor.detect.alert import Alert
from smtpsensor.detect.alerts import Alerts
from smtpsensor.detect.allowing import Allowing
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts, Networks
from smtpsensor.detect.guessing import Guessing
from smtpsensor.detect.mutes import Mutes
from smtpsensor.detect.rule import Condition, Kind, Rule
from smtpsensor.detect.site import Origins, Site
from smtpsensor.detect.threshold import Track
from smtpsensor.events import AuthEvent, Event, Outcome, SessionEvent

_NOT_OWN: Final = Condition("origin", ("own",), negated=True)
_STEP: Final = 3_600_000_000_000  # ns; reassembly takes the same for a clock that was set


class Detector(Protocol):
    """One way to look at attempts."""

    next_due: int  # engine time (ns) at which `advance` is wanted; 1 << 63 for never

    @property
    def entries(self) -> int:
        """Return the size of its table."""

    @property
    def evicted(self) -> int:
        """Return how much it had to forget before its time."""

    def take(self, facts: Facts) -> None:
        """Take one attempt."""

    def ended(self, event: SessionEvent, t: int) -> None:
        """Take the end of a session, at engine time `t` (ns)."""

    def advance(self, t: int) -> None:
        """Engine time is `t` (ns)."""


@dataclass(frozen=True, slots=True)
class DetectorStats:
    """How full one detector is, and what it forgot."""

    name: str  # of its rules, joined by +
    entries: int
    evicted: int


@dataclass(frozen=True, slots=True)
class EngineStats:
    """What the engine did so far."""

    attempts: int
    allowed: int  # attempts that the site lets be
    clock_steps: int
    active: int  # alerts
    opened: dict[str, int]  # by rule
    muted: int  # opened, but never said
    refused: int  # alerts that found no room
    detectors: tuple[DetectorStats, ...]
    muted_by: dict[str, int] = field(default_factory=dict)  # by rule, those above zero

    @property
    def evicted(self) -> int:
        """Return how many records of all tables were forgotten before their time."""
        return sum(detector.evicted for detector in self.detectors)


class Engine:
    """Takes every event in the order of the pipeline; says alerts."""

    def __init__(self, rules: Sequence[Rule], site: Site | None = None, caps: Caps | None = None) -> None:
        site = site or Site()
        caps = self.caps = caps or Caps()
        if not site.trusted:
            rules = [rule for rule in rules if not rule.needs_trusted]
        self._origins = Origins(site)
        rules = in_order(rules if self._origins.configured else map(_anywhere, rules))
        self.rules = rules
        self._said: list[Alert] = []
        self.alerts = Alerts(rules, Mutes(site.mutes), caps, self._said.append)
        self._allowing = Allowing(site.allowed)
        self._networks = Networks()
        self._guessing = Guessing(caps)
        self._names, self._detectors = _detectors(rules, self.alerts, caps)
        self._timed = [detector for detector in self._detectors if not isinstance(detector, Track)]
        self._takes = {outcome: _takers(self._detectors, outcome) for outcome in Outcome}
        self._now = 0  # engine time
        self._shift = 0  # engine time minus packet time
        self._due = 1 << 63
        self._attempts = 0
        self._allowed = 0
        self._steps = 0

    def take(self, event: Event) -> list[Alert]:
        """Take one event; return what it made the alerts say."""
        if type(event) is AuthEvent:
            self._attempt(event)
        elif type(event) is SessionEvent:
            self._session(event)
        if not self._said:
            return []
        return self._drain()

    def advance(self, ts: int) -> list[Alert]:
        """Let time pass without events, up to packet time `ts` (ns)."""
        t = ts + self._shift
        if t > self._now:
            self._now = t
            if t >= self._due:
                self._elapse(t)
        return self._drain()

    def finish(self) -> list[Alert]:
        """Say the last numbers of every alert that is still active: the input ended."""
        for detector in self._detectors:
            finish = getattr(detector, "finish", None)
            if finish is not None:
                finish(self._now)
        self.alerts.finish(self._now - self._shift, self._now)
        return self._drain()

    def stats(self) -> EngineStats:
        """Return the numbers so far."""
        alerts = self.alerts
        detectors = [
            DetectorStats(name, detector.entries, detector.evicted)
            for name, detector in zip(self._names, self._detectors, strict=True)
        ]
        detectors.append(DetectorStats("guessing", self._guessing.entries, self._guessing.evicted))
        return EngineStats(
            attempts=self._attempts,
            allowed=self._allowed,
            clock_steps=self._steps,
            active=len(alerts.active),
            opened=dict(alerts.opened),
            muted=alerts.muted,
            refused=alerts.refused,
            detectors=tuple(detectors),
            muted_by={name: count for name, count in alerts.muted_by.items() if count},
        )

    def _attempt(self, event: AuthEvent) -> None:
        self._attempts += 1
        t = self._clock(event)
        if t >= self._due:
            self._elapse(t)
        name = event.username
        source = event.flow.src
        facts = Facts(event, t, self._networks.of(source), name.casefold() if name else None)
        if self._allowing.lets(facts):
            self._allowed += 1
            return
        facts.origin = self._origins.of(source)
        self._guessing.judge(facts)
        facts.covered = self.alerts.covered(facts)
        for take in self._takes[event.outcome]:
            take(facts)
        self._look_ahead()

    def _session(self, event: SessionEvent) -> None:
        t = self._now
        for detector in self._timed:
            detector.ended(event, t)
        self._look_ahead()

    def _clock(self, event: AuthEvent) -> int:
        """Return engine time at the event. Only a verdict tells the time: other ends come late."""
        ts = event.ts_verdict
        now = self._now
        if ts is None:
            return now or self._set(event.ts)
        t = ts + self._shift
        if t >= now:
            self._now = t
            return t
        if now - t > _STEP:
            self._steps += 1
            self._shift = now - ts
        return now

    def _set(self, ts: int) -> int:
        self._now = ts
        return ts

    def _elapse(self, t: int) -> None:
        """Let what is due happen."""
        for detector in self._timed:
            if t >= detector.next_due:
                detector.advance(t)
        if t >= self.alerts.next_due:
            self.alerts.advance(t, self._shift)
        self._look_ahead()

    def _look_ahead(self) -> None:
        due = self.alerts.next_due
        for detector in self._timed:
            due = min(due, detector.next_due)
        self._due = due

    def _drain(self) -> list[Alert]:
        said = self._said[:]
        self._said.clear()
        return said


def _takers(detectors: Iterable[Detector], outcome: Outcome) -> tuple[Callable[[Facts], None], ...]:
    """Return who wants to see attempts of this outcome."""
    return tuple(
        detector.take
        for detector in detectors
        if not isinstance(detector, Track) or outcome in detector.outcomes()
    )


def _anywhere(rule: Rule) -> Rule:
    """Leave out of a rule that the client must not be one of the own servers: none is configured."""
    match = tuple(one for one in rule.match if one != _NOT_OWN)
    return replace(rule, match=match)


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return the rules such that one comes behind those it yields to, otherwise by name."""
    by_name = {rule.name: rule for rule in sorted(rules, key=lambda rule: rule.name)}
    ordered: dict[str, Rule] = {}
    begun: set[str] = set()

    def put(rule: Rule) -> None:
        if rule.name in begun:
            return  # done, or two rules yield to each other: then the name decides
        begun.add(rule.name)
        for name in (*rule.unless, *rule.yields):
            if name in by_name:
                put(by_name[name])
        ordered[rule.name] = rule

    for rule in by_name.values():
        put(rule)
    return list(ordered.values())


def _detectors(rules: Sequence[Rule], alerts: Alerts, caps: Caps) -> tuple[list[str], list[Detector]]:
    """Return the detectors of all rules, and their names; counting rules that can share one do."""
    tracks: dict[object, list[Rule]] = {}
    for rule in rules:
        if rule.kind is Kind.THRESHOLD:
            alike = (rule.match, rule.against, rule.against_count, rule.group, rule.unless)
            tracks.setdefault(alike, []).append(rule)
        else:
            tracks[rule.name] = [rule]
    names, detectors = [], []
    for members in tracks.values():
        names.append("+".join(rule.name for rule in members))
        detectors.append(_detector(members, alerts, caps))
    return names, detectors


def _detector(rules: list[Rule], alerts: Alerts, caps: Caps) -> Detector:
    kind = rules[0].kind
    if kind is Kind.THRESHOLD:
        return Track(rules, alerts, caps)
    if kind is Kind.SUCCESS_AFTER_FAILURES:
        from smtpsensor.detect.break_in import BreakIns  # noqa: PLC0415 - only what the rules ask for

        return BreakIns(rules[0], alerts, caps)
    if kind is Kind.RATE_SHIFT:
        from smtpsensor.detect.rate_shift import RateShift  # noqa: PLC0415

        return RateShift(rules[0], alerts, caps)
    from smtpsensor.detect.campaign import Campaigns  # noqa: PLC0415

    return Campaigns(rules[0], alerts, caps)
