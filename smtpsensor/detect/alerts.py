"""The alerts that are active: opened, updated not too often, resolved when it was quiet for long enough."""

from collections.abc import Callable, Iterable, Mapping
from heapq import heapify, heappop, heappush
from typing import Final

from smtpsensor.detect.active import Active
from smtpsensor.detect.alert import Alert, AlertState, Count, Evidence, Fact
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts
from smtpsensor.detect.mutes import Mutes
from smtpsensor.detect.rule import DISTINCT, Rule

# Which distinct things have names that may be listed; secrets are only counted.
_LISTED: Final = ("sources", "networks", "usernames")
_SINGULAR: Final = {"sources": "source", "networks": "network", "usernames": "username"}


class Alerts:
    """All active alerts, within bounds; every change goes to `say` as a snapshot."""

    def __init__(self, rules: Iterable[Rule], mutes: Mutes, caps: Caps, say: Callable[[Alert], None]) -> None:
        self._say = say
        self._mutes = mutes
        self._caps = caps
        self._bits = {rule.name: 1 << at for at, rule in enumerate(rules)}
        self.active: dict[tuple[str, tuple[str, ...]], Active] = {}
        self._open = dict.fromkeys(self._bits, 0)  # active alerts by rule
        self._room_at = dict.fromkeys(self._bits, 0)  # engine time before which a full rule need not be asked
        self._due: list[tuple[int, int, Active]] = []  # heap: when it may be resolved
        self._order = 0
        self.next_due = 1 << 63
        # Value (address, network, name) -> the alerts it belongs to, and their rules' bits.
        self._about: dict[str, list[Active]] = {}
        self._masks: dict[str, int] = {}
        self._kept = 0  # distinct things kept, over all alerts
        self.opened = dict.fromkeys(self._bits, 0)
        self.muted_by = dict.fromkeys(self._bits, 0)  # opened but not said, by rule
        self.refused = 0

    @property
    def muted(self) -> int:
        """Return how many alerts the site's mutes keep from being said."""
        return sum(self.muted_by.values())

    @property
    def kept(self) -> int:
        """Return how many distinct things all active alerts hold."""
        return self._kept

    @property
    def fullest(self) -> int:
        """Return how many alerts that rule has open which has most."""
        return max(self._open.values(), default=0)

    def mask(self, rules: Iterable[str]) -> int:
        """Return the bits of these rules; a rule that is switched off has none."""
        return sum(self._bits.get(name, 0) for name in set(rules))

    def covered(self, facts: Facts) -> int:
        """Return the bits of the rules that have an alert on the source, its network or the name."""
        masks = self._masks
        if not masks:
            return 0
        found = masks.get(facts.source, 0) | masks.get(facts.network, 0)
        return found | masks.get(facts.username, 0) if facts.username else found

    def open(
        self,
        rule: Rule,
        key: tuple[str, ...],
        facts: Facts,
        *,
        first: Evidence,
        count: int,
        seen: Mapping[str, Iterable[str | int]] | None = None,
        more: Mapping[str, Fact] | None = None,
    ) -> Active | None:
        """Open an alert, or return the one that is active. None: there is no room.

        `facts`: the decisive attempt. `first`: the first attempt of it. `count`: attempts so far, with the
        decisive one. `seen`: what was counted so far, by `DISTINCT` kinds. `more`: the rule's own facts.
        """
        known = self.active.get((rule.name, key))
        if known is not None:
            return known
        if not self.has_room(rule, facts.t):
            self.refused += 1
            return None
        alert = Active(rule, key, facts, first, count)
        self.add(alert, 0, seen or {})
        alert.facts.update(more or {})
        self.active[rule.name, key] = alert
        self._open[rule.name] += 1
        for value in key:
            self._cover(value, alert)
        self._note(alert, facts)
        facts.covered = self.covered(facts)
        alert.muted = self._mutes.silence(alert, facts)
        self._relate(alert, facts)
        self.opened[rule.name] += 1
        self.muted_by[rule.name] += alert.muted
        self._schedule(alert)
        self._tell(alert, AlertState.OPENED, facts.ts, facts.t)
        return alert

    def hit(self, alert: Active, facts: Facts) -> None:
        """Count one more attempt for an active alert."""
        alert.count += 1
        alert.last_t = facts.t
        alert.last = max(alert.last, facts.ts)
        alert.stale = True
        self._note(alert, facts)
        if facts.t - alert.told_t >= alert.rule.update:
            self.update(alert, facts.ts, facts.t)

    def add(self, alert: Active, count: int, seen: Mapping[str, Iterable[str | int]]) -> None:
        """Count earlier attempts that turn out to belong to an active alert; said with the next change."""
        alert.count += count
        alert.stale = True
        for at, kind in enumerate(DISTINCT):
            for value in seen.get(kind, ()):
                self._keep(alert, at, value)

    def update(self, alert: Active, ts: int, t: int) -> None:
        """Say what changed, now."""
        if alert.muted and not self._mutes.holds(alert, ts):
            alert.muted = False
            self.muted_by[alert.rule.name] -= 1
            self._tell(alert, AlertState.OPENED, ts, t)
        else:
            self._tell(alert, AlertState.UPDATED, ts, t)

    def advance(self, t: int, shift: int) -> None:
        """Resolve what was quiet for long enough at engine time `t`; packet time is `t - shift`."""
        due = self._due
        while due and due[0][0] <= t:
            _, _, alert = heappop(due)
            if self.active.get((alert.rule.name, alert.key)) is not alert:
                continue
            end = alert.last_t + alert.rule.quiet
            if end <= t:
                self._end(alert, end - shift, end)
            else:
                self._schedule(alert)
        self.next_due = due[0][0] if due else 1 << 63

    def finish(self, ts: int, t: int) -> None:
        """Say the last numbers of all that are still active: the input ended."""
        for alert in self.active.values():
            if alert.stale:
                self.update(alert, ts, t)

    def _end(self, alert: Active, ts: int, t: int) -> None:
        self._tell(alert, AlertState.RESOLVED, ts, t)
        alert.ended = t
        self._drop(alert)

    def _drop(self, alert: Active) -> None:
        del self.active[alert.rule.name, alert.key]
        self._open[alert.rule.name] -= 1
        self._kept -= sum(map(len, alert.seen))
        for value in (*alert.key, *(str(value) for at in range(len(_LISTED)) for value in alert.seen[at])):
            alerts = self._about.get(value)
            if alerts is None or alert not in alerts:
                continue
            alerts.remove(alert)
            if not alerts:
                del self._about[value], self._masks[value]
                continue
            mask = 0
            for other in alerts:
                mask |= self._bits[other.rule.name]
            self._masks[value] = mask
        for other in alert.related:
            other.related = tuple(one for one in other.related if one is not alert)

    def has_room(self, rule: Rule, t: int) -> bool:
        """Say whether a rule may open one more alert; its quietest goes if it has been silent for a while."""
        name = rule.name
        if self._open[name] < self._caps.active:
            return True
        if t < self._room_at[name]:
            return False
        quietest = min((one for one in self.active.values() if one.rule.name == name), key=_last_t)
        if t < quietest.last_t + self._caps.silent:
            self._room_at[name] = quietest.last_t + self._caps.silent
            return False
        self._end(quietest, quietest.last, t)
        return True

    def _schedule(self, alert: Active) -> None:
        self._order += 1
        heappush(self._due, (alert.last_t + alert.rule.quiet, self._order, alert))
        self.next_due = self._due[0][0]
        if len(self._due) > 4 * len(self.active) + 64:
            self._due = [
                entry
                for entry in self._due
                if self.active.get((entry[2].rule.name, entry[2].key)) is entry[2]
            ]
            heapify(self._due)

    def _note(self, alert: Active, facts: Facts) -> None:
        """Add the attempt's source, network, name and secret."""
        sources, networks, names, secrets = alert.seen
        if facts.source not in sources:
            self._keep(alert, 0, facts.source)
            if facts.network not in networks:
                self._keep(alert, 1, facts.network)
        name = facts.username
        if name and name not in names:
            self._keep(alert, 2, name)
        secret = facts.secret
        if secret is not None and secret not in secrets:
            self._keep(alert, 3, secret)

    def _keep(self, alert: Active, at: int, value: str | int) -> None:
        kept = alert.seen[at]
        if value in kept:
            return
        if len(kept) >= self._caps.distinct or self._kept >= self._caps.distinct_total:
            alert.beyond |= 1 << at
            return
        kept[value] = None
        self._kept += 1
        if at < len(_LISTED) and _SINGULAR[_LISTED[at]] in alert.rule.covers:
            self._cover(str(value), alert)

    def _cover(self, value: str, alert: Active) -> None:
        alerts = self._about.setdefault(value, [])
        if alert not in alerts:
            alerts.append(alert)
            self._masks[value] = self._masks.get(value, 0) | self._bits[alert.rule.name]

    def _relate(self, alert: Active, facts: Facts) -> None:
        """Let alerts about the same source, network or name point to each other."""
        values = {*alert.key, facts.source, facts.network, facts.username or ""}
        for value in values:
            for other in self._about.get(value, ()):
                if other is alert or other in alert.related:
                    continue
                if len(alert.related) < self._caps.related and len(other.related) < self._caps.related:
                    alert.related += (other,)
                    other.related += (alert,)
                    other.stale = True

    def _tell(self, alert: Active, state: AlertState, ts: int, t: int) -> None:
        alert.told_t = t
        alert.stale = False
        if not alert.muted:
            self._say(self.snapshot(alert, state, ts))

    def snapshot(self, alert: Active, state: AlertState, ts: int) -> Alert:
        """Return the alert as it stands."""
        rule = alert.rule
        listed = self._caps.members
        counted = {
            kind: Count(len(alert.seen[at]), bool(alert.beyond >> at & 1)) for at, kind in enumerate(DISTINCT)
        }
        members = {
            kind: tuple(str(value) for value, _ in zip(alert.seen[at], range(listed), strict=False))
            for at, kind in enumerate(_LISTED)
        }
        return Alert(
            id=alert.id,
            rule=rule.facts,
            state=state,
            ts=ts,
            key=dict(zip(rule.group, alert.key, strict=True)),
            first=alert.first,
            last=alert.last,
            count=alert.count,
            distinct=counted,
            members=members,
            flow=alert.flow,
            first_seen=alert.first_seen,
            decisive=alert.decisive,
            related=tuple(other.id for other in alert.related if not other.muted),
            facts=dict(alert.facts),
        )


def _last_t(alert: Active) -> int:
    return alert.last_t
