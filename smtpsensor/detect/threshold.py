"""Counting rules: exact sliding windows in event time, of attempts and of distinct things.

Rules that look at the same attempts in the same grouping share one track. Of each key it keeps the engine
times of the last attempts, as many as the largest threshold asks for, and of each distinct value when it was
seen last, most recent at the end: that the N-th last lies within the window is exactly that N were counted.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from smtpsensor.detect.alert import Evidence
from smtpsensor.detect.alerts import Alerts
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts, network_of
from smtpsensor.detect.match import compiled, possible
from smtpsensor.detect.records import Key, Record, Records, Start, start_at
from smtpsensor.detect.rule import ATTEMPTS, DISTINCT, Rule, Threshold
from smtpsensor.detect.values import is_seen, items, nth_last
from smtpsensor.events import Outcome, SessionEvent

NEVER: Final = 1 << 63
_FIELDS: Final = {"sources": "source", "networks": "network", "usernames": "username", "secrets": "secret"}


class Track:
    """One grouping of attempts and the rules over it."""

    def __init__(self, rules: Sequence[Rule], alerts: Alerts, caps: Caps) -> None:
        """`rules` are equal in match, against, what is counted of it, group and unless."""
        first = rules[0]
        self.rules = rules
        self.next_due = NEVER
        self._alerts = alerts
        self._match = compiled(first.match)
        self._against = compiled(first.against) if first.against else None
        self._unless = alerts.mask(first.unless)
        self._yields = [alerts.mask(rule.yields) for rule in rules]
        # A rule begins anew with those that it yields to: their attempts are told.
        self._followers = [
            [other for other, one in enumerate(rules) if other == at or rule.name in one.yields]
            for at, rule in enumerate(rules)
        ]
        self._key = first.group[0] if len(first.group) == 1 else ""
        self._keys = attrgetter(*(_getter(name) for name in first.group))
        every = [one for rule in rules for some in (rule.thresholds, *rule.servers.values()) for one in some]
        windows = sorted({one.window for one in every})
        self._windows = windows
        self._memory = windows[-1]
        self._most = max(
            number for one in every for what, number in (*one.counts, (ATTEMPTS, 1)) if what == ATTEMPTS
        )
        # No threshold is met by fewer attempts than the largest of its numbers.
        self._least = min(max(number for _, number in one.counts) for one in every)
        self._most_against = max((one.against_below or 0 for one in every), default=0)
        self._spoken = _FIELDS.get(first.against_count)  # the field whose distinct values speak against
        distinct = {what for one in every for what, _ in one.counts if what != ATTEMPTS}
        # Networks follow from the sources, and what the key says need not be counted.
        kinds = [kind for kind in DISTINCT if _FIELDS[kind] not in first.group]
        if "networks" not in distinct or "source" in first.group:
            kinds = [kind for kind in kinds if kind != "networks"]
        asked = (number for one in every for what, number in one.counts if what != ATTEMPTS)
        self._cap = max(caps.kept, max(asked, default=0))
        self._kinds = tuple(kinds)
        self._places = {kind: at for at, kind in enumerate(kinds)}
        self._fields = tuple(_FIELDS[kind] for kind in kinds)
        self._room = self._most + self._most // 4 + 8  # cut in one go now and then
        self._records = Records(caps.records, self._memory)

    @property
    def entries(self) -> int:
        """Return how many keys are remembered."""
        return len(self._records.rows)

    @property
    def evicted(self) -> int:
        """Return how many keys had to be forgotten before their time."""
        return self._records.evicted

    def outcomes(self) -> frozenset[Outcome]:
        """Return the outcomes of attempts that can count here."""
        first = self.rules[0]
        return possible(first.match) | (possible(first.against) if first.against else frozenset())

    def ended(self, event: SessionEvent, t: int) -> None:
        """Sessions are not counted."""

    def advance(self, t: int) -> None:
        """Windows are looked at when an attempt comes."""

    def take(self, facts: Facts) -> None:
        """Count one attempt, and open or go on with the alerts it leads to."""
        if facts.covered & self._unless:
            return
        matched = self._match(facts)
        if not matched and (self._against is None or not self._against(facts)):
            return
        values = self._keys(facts)
        key: Key = (values,) if self._key else values
        if None in key:
            return
        t = facts.t
        record = self._records.rows.get(key)
        if record is None:
            record = self._records.add(key, len(self._kinds), t)
        if not matched:
            self._speak_against(record, facts)
            return
        if record.told and self._go_on(record, facts):
            return
        self._count(record, facts)
        known = record.alerts
        if known is None and record.count < self._least:
            return
        for at, rule in enumerate(self.rules):
            alert = known[at] if known is not None else None
            if alert is not None:
                if alert.ended < 0:
                    self._alerts.hit(alert, facts)
                    continue
                for other in self._followers[at]:
                    self._restart(record, other, alert.ended, facts)
            self._judge(record, at, rule, facts)

    def _go_on(self, record: Record, facts: Facts) -> bool:
        """Count for the alerts alone, while no other rule could open one; False once one of them is over."""
        told = record.told
        for alert in told:
            if alert.ended >= 0:
                record.told = ()
                return False
        record.count += 1
        record.last = facts.t
        for alert in told:
            self._alerts.hit(alert, facts)
        return True

    def _speak_against(self, record: Record, facts: Facts) -> None:
        """Count one attempt that speaks against the rules: by itself, or by what is distinct in it."""
        t = facts.t
        known = record.against
        if self._spoken:
            value = getattr(facts, self._spoken)
            if value is not None:
                if not isinstance(known, dict):
                    known = record.against = {}
                known.pop(value, None)
                known[value] = t
                if len(known) > self._most_against:
                    del known[next(iter(known))]
        else:
            if not isinstance(known, list):
                known = record.against = []
            known.append(t)
            if len(known) > 2 * self._most_against + 8:
                del known[: -self._most_against]
        if not record.count:
            record.last = t

    def _count(self, record: Record, facts: Facts) -> None:
        """Add one attempt to what is known of its key."""
        t = facts.t
        count = record.count
        if count:
            silence = t - record.last
            if silence > self._windows[0]:
                if silence > self._memory:
                    record.clear(len(self._kinds))
                    count = 0
                else:
                    self._begin_runs(record, silence, start_at(count, facts))
        if not count:
            record.start = start_at(0, facts)
        record.count = count + 1
        record.last = t
        times = record.times
        times.append(t)
        if len(times) > self._room:
            del times[: -self._most]
        held = record.values
        at = 0
        for name in self._fields:
            value = getattr(facts, name)
            if value is None and name == "secret":
                value = -t  # one that cannot be seen may be any: it counts as another
            if value is not None:
                before = held[at]
                if before is None:
                    held[at] = (value, t)
                elif type(before) is dict:
                    before.pop(value, None)
                    before[value] = t
                    if len(before) > self._cap:
                        del before[next(iter(before))]
                elif before[0] == value:
                    held[at] = (value, t)
                else:
                    held[at] = {before[0]: before[1], value: t}
            at += 1  # noqa: SIM113 - counted by hand: enumerate makes a tuple a field

    def _begin_runs(self, record: Record, silence: int, start: Start) -> None:
        """Note where a run begins, for each window that the silence outlasted."""
        runs = record.runs
        if runs is None:
            runs = record.runs = [record.start] * len(self._windows)
        for at, window in enumerate(self._windows):
            if silence > window:
                runs[at] = start

    def _restart(self, record: Record, at: int, ended: int, facts: Facts) -> None:
        """Count anew for a rule whose alert was resolved."""
        if record.restarts is None:
            record.restarts = {}
        record.restarts[at] = (ended, start_at(record.count - 1, facts))
        known = record.alerts
        if known is not None:
            alert = known[at]
            if alert is not None and alert.ended >= 0:
                known[at] = None

    def _judge(self, record: Record, at: int, rule: Rule, facts: Facts) -> None:
        """Open an alert if one of the thresholds is met."""
        thresholds = rule.thresholds
        if rule.servers:
            thresholds = rule.servers.get(facts.server, thresholds)
        for threshold in thresholds:
            floor = facts.t - threshold.window
            start: Start | None = None
            if record.restarts is not None and at in record.restarts:
                after, start = record.restarts[at]
                floor = max(floor, after + 1)
            if not self._met(record, threshold, floor, facts.t):
                continue
            if facts.covered & self._yields[at]:
                return
            if not self._alerts.has_room(rule, facts.t):
                self._alerts.refused += 1
                return
            self._open(record, at, rule, threshold, start, facts)
            return

    def _met(self, record: Record, threshold: Threshold, floor: int, t: int) -> bool:
        for what, number in threshold.counts:
            if what == ATTEMPTS:
                times = record.times
                if len(times) < number or times[-number] < floor:
                    return False
            elif number > 1 or what in self._places:
                place = self._places.get(what)
                if place is None or nth_last(record.values[place], number) < floor:
                    return False
        below = threshold.against_below
        against = record.against
        if below is None or against is None or len(against) < below:
            return True
        last = nth_last(against, below) if isinstance(against, dict) else against[-below]
        return last < t - threshold.window

    def _open(
        self, record: Record, at: int, rule: Rule, threshold: Threshold, start: Start | None, facts: Facts
    ) -> None:
        run = record.start if record.runs is None else record.runs[self._windows.index(threshold.window)]
        if start is None or start[0] < run[0]:
            start = run
        seen = {
            kind: [
                value for value, last in items(record.values[place]) if last >= start[1] and is_seen(value)
            ]
            for kind, place in self._places.items()
        }
        if "sources" in seen and "networks" not in seen:
            seen["networks"] = list(dict.fromkeys(network_of(str(source)) for source in seen["sources"]))
        alert = self._alerts.open(
            rule,
            record.key,
            facts,
            first=Evidence(start[2], start[3], start[4]),
            count=record.count - start[0],
            seen=seen,
        )
        if alert is not None:
            if record.alerts is None:
                record.alerts = [None] * len(self.rules)
            record.alerts[at] = alert
            for kind, place in self._places.items():
                if len(items(record.values[place])) >= self._cap < alert.count:
                    alert.beyond |= 1 << DISTINCT.index(kind)  # what was seen before may be more
            active = {other for other, one in enumerate(record.alerts) if one is not None and one.ended < 0}
            if len({other for one in active for other in self._followers[one]}) == len(self.rules):
                record.told = tuple(one for one in record.alerts if one is not None and one.ended < 0)
                record.values = [None] * len(self._kinds)  # after these alerts counting begins anew


def _getter(name: str) -> str:
    return "mail_domain" if name == "domain" else name
