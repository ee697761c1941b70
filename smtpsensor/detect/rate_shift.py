"""The site's share of failures leaves its own normal, though no source and no account stands out.

After Javed and Paxson, "Detecting Stealthy, Distributed SSH Brute-Forcing" (CCS 2013): in peace, the failures
x among n logins follow a beta-binomial distribution (`peace`); a sum of excesses (CUSUM) tells a small shift
that lasts from a bad quarter of an hour.

* Attempts are taken in blocks of `block` judged ones. A source and name counts once a block when it logs in
  and once a day when it fails: a newsletter, a phone with an old password and a tool that repeats itself are
  one attempt each. A failure of a source that logged in before is somebody's own and does not count.
* A block adds log P(x | n, m', r) - log P(x | n, m, r): m and r are mean and correlation of peace, and
  m' = (m + s) / (1 + s) is the mean when for each ordinary attempt `share` s of a stranger's failure comes on
  top. The sum never goes below zero. At log(`false_alarm`) it decides: under the model there is at most one
  false alarm in so many blocks (Lorden 1971).
* Blocks are learnt once the sum is back at zero. Those of an alert are not, nor are attempts that belong to
  an alert of another rule. After `relearn_days` in one alert, what lasts is the new normal.
"""

from collections import deque
from math import log
from typing import Final

from smtpsensor.detect.active import Active
from smtpsensor.detect.aging import make_room
from smtpsensor.detect.alert import Evidence, Fact
from smtpsensor.detect.alerts import Alerts
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts
from smtpsensor.detect.match import compiled
from smtpsensor.detect.peace import Peace, likelier
from smtpsensor.detect.rule import Rule
from smtpsensor.events import Outcome, SessionEvent

NEVER: Final = 1 << 63
SITE: Final = ("all servers",)  # the key, where the rule is grouped by site
_HOUR: Final = 3_600_000_000_000  # ns
# Rates: of the site, or of each server where the rule is grouped so. More are a scan of addresses.
_SITES: Final = 64
# Failures of a shift that are kept until it is told: many times what an alert lists.
_KEPT: Final = 512
DEFAULTS: Final[dict[str, float]] = {
    "block": 50,
    "block_least": 10,
    "block_hours": 4,
    "history": 200,
    "learn_attempts": 400,
    "learn_hours": 8,
    "share": 0.1,
    "false_alarm": 1_000_000,
    "sources": 10,
    "again_hours": 24,
    "relearn_days": 14,
}
# Below these there is nothing to reckon with.
_FLOORS: Final = {
    "block": 2,
    "block_least": 2,
    "history": 2,
    "learn_attempts": 2,
    "share": 0.001,
    "false_alarm": 2,
    "sources": 1,
}


class _Rate:
    """The failure rate of the site, or of one server: its peace, the block being filled, and a shift."""

    __slots__ = (
        "alert",
        "attempts",
        "began",
        "blocks",
        "entered",
        "failed",
        "kept",
        "opened",
        "peace",
        "since",
        "sum",
        "told",
    )

    def __init__(self, history: int, t: int) -> None:
        self.peace = Peace(history)
        self.since = t  # engine time: of the first attempt learnt from
        self.alert: Active | None = None
        self.opened = t  # engine time: of the alert
        self.told = (0, 0)  # failures and attempts in the blocks of the alert
        self.calm()
        self.fresh(t)

    def fresh(self, t: int) -> None:
        """Begin a block."""
        self.began = t
        self.attempts = 0
        self.entered: set[int] = set()  # sources and names that logged in
        self.failed: list[Facts] = []

    def calm(self) -> None:
        """Begin to sum up anew: what was summed is learnt, told or void."""
        self.sum = 0.0
        self.blocks: list[tuple[int, int]] = []  # failures and attempts
        self.kept: deque[Facts] = deque(maxlen=_KEPT)  # their failures

    def learn(self) -> None:
        """Take what was summed up for peace."""
        for failures, attempts in self.blocks:
            self.peace.learn(failures, attempts)


class RateShift:
    """The detector of rule kind `rate_shift`, for the whole site (group: site) or for each server."""

    def __init__(self, rule: Rule, alerts: Alerts, caps: Caps) -> None:
        self.next_due = NEVER
        self.evicted = 0
        self._rule = rule
        self._alerts = alerts
        self._caps = caps
        self._matches = compiled(rule.match)
        self._unless = alerts.mask(rule.unless)
        self._by_server = rule.group == ("server",)
        given = DEFAULTS | dict(rule.settings)
        need = {name: max(_FLOORS.get(name, 0), number) for name, number in given.items()}
        self._need = need
        self._block = int(need["block"])
        self._least = int(need["block_least"])
        self._span = int(need["block_hours"] * _HOUR)
        self._again = int(need["again_hours"] * _HOUR)
        self._bound = log(need["false_alarm"])
        self._rates: dict[tuple[str, ...], _Rate] = {}
        self._owners: dict[str, None] = {}  # sources that logged in, the latest last
        self._pairs: dict[int, int] = {}  # source and name -> when they failed last, the latest last

    @property
    def entries(self) -> int:
        """Return how many rates, sources that logged in, and failing pairs are remembered."""
        return len(self._rates) + len(self._owners) + len(self._pairs)

    def ended(self, event: SessionEvent, t: int) -> None:
        """Sessions are not counted."""

    def advance(self, t: int) -> None:
        """Blocks end with an attempt."""

    def take(self, facts: Facts) -> None:
        """Count one attempt, if a server judged it and no other alert explains it."""
        outcome = facts.outcome
        if outcome is Outcome.FAILURE:
            if facts.event.repeated or facts.source in self._owners:
                return
        elif not facts.came_in:
            return
        if facts.covered & self._unless or not self._matches(facts):
            return
        rate = self._rates.get((facts.server,) if self._by_server else SITE) or self._new_rate(facts)
        pair = hash((facts.source, facts.username))
        if outcome is Outcome.SUCCESS:
            if pair in rate.entered:
                return
            self._own(facts.source)
            rate.entered.add(pair)
        else:
            if self._failed_before(pair, facts.t):
                return
            rate.failed.append(facts)
        rate.attempts += 1
        if rate.attempts >= self._block or (
            facts.t - rate.began >= self._span and rate.attempts >= self._least
        ):
            self._close(rate, facts)
            rate.fresh(facts.t)

    def _new_rate(self, facts: Facts) -> _Rate:
        rates = self._rates
        if len(rates) >= _SITES:
            # The one that never had much to say: a server that is used stays.
            least = min(rates, key=lambda key: (rates[key].alert is not None, rates[key].peace.attempts))
            del rates[least]
            self.evicted += 1
        key = (facts.server,) if self._by_server else SITE
        rate = rates[key] = _Rate(int(self._need["history"]), facts.t)
        return rate

    def _own(self, source: str) -> None:
        owners = self._owners
        if source in owners:
            del owners[source]
        else:
            self.evicted += len(make_room(owners, self._caps.records))
        owners[source] = None

    def _failed_before(self, pair: int, t: int) -> bool:
        """Say whether source and name failed within a day, and remember that they did."""
        pairs = self._pairs
        last = pairs.pop(pair, None)
        if last is None:
            self.evicted += sum(t - old < self._again for old in make_room(pairs, self._caps.pairs))
        pairs[pair] = t
        return last is not None and t - last < self._again

    def _close(self, rate: _Rate, facts: Facts) -> None:
        """Judge a full block."""
        alert = rate.alert
        if alert is not None and alert.ended >= 0:
            alert = rate.alert = None
            rate.calm()
        rate.blocks.append((len(rate.failed), rate.attempts))
        if not self._has_learnt(rate, facts.t):
            rate.learn()
            rate.calm()
            return
        rate.sum = min(self._bound, max(0.0, rate.sum + self._weight(rate)))
        if not rate.sum:
            if alert is None:
                rate.learn()
            rate.calm()
            return
        rate.kept.extend(rate.failed)
        if alert is not None:
            if rate.sum >= self._bound / 2:  # to believe that it goes on takes less
                self._go_on(rate, alert, facts.t)
        elif rate.sum >= self._bound and len({one.source for one in rate.kept}) >= self._need["sources"]:
            self._open(rate, facts)
        del rate.blocks[: -int(self._need["history"])]

    def _has_learnt(self, rate: _Rate, t: int) -> bool:
        need = self._need
        return rate.peace.attempts >= need["learn_attempts"] and t - rate.since >= need["learn_hours"] * _HOUR

    def _weight(self, rate: _Rate) -> float:
        correlation = rate.peace.correlation()
        mean = rate.peace.mean(correlation)
        share = self._need["share"]
        shifted = (mean + share) / (1 + share)
        return likelier(len(rate.failed), rate.attempts, mean, shifted, correlation)

    def _tell(self, rate: _Rate, failures: int, attempts: int) -> dict[str, Fact]:
        """Add the blocks that were summed up to what an alert says of the rates."""
        failures += sum(block[0] for block in rate.blocks)
        attempts += sum(block[1] for block in rate.blocks)
        rate.told = (failures, attempts)
        peace = rate.peace
        return {
            "rate": round(100 * failures / attempts, 1),
            "normal": round(100 * peace.failures / peace.attempts, 1),
            "attempts": attempts,
        }

    def _open(self, rate: _Rate, facts: Facts) -> None:
        kept = rate.kept
        first = kept[0]
        more = self._tell(rate, 0, 0)
        alert = self._alerts.open(
            self._rule,
            (facts.server,) if self._by_server else SITE,
            kept[-1],
            first=Evidence(first.ts, first.event.file, first.event.frame),
            count=rate.told[0],
            seen={
                "sources": [one.source for one in kept],
                "networks": [one.network for one in kept],
                "usernames": [one.username for one in kept if one.username],
                "secrets": [one.secret for one in kept if one.secret is not None],
            },
            more=more,
        )
        if alert is not None:
            rate.alert = alert
            rate.opened = facts.t
            rate.calm()

    def _go_on(self, rate: _Rate, alert: Active, t: int) -> None:
        """Add what was summed up to an alert."""
        alert.facts.update(self._tell(rate, *rate.told))
        alert.count += sum(block[0] for block in rate.blocks) - len(rate.kept)
        for one in rate.kept:
            self._alerts.hit(alert, one)
        rate.calm()
        if t - rate.opened >= self._need["relearn_days"] * 24 * _HOUR:
            rate.peace = Peace(int(self._need["history"]))
            rate.since = t
            rate.alert = None
