"""Who got in after failing: judged at the login, by failures on its account or on others.

A login is a break-in where the same /24 or /64 failed often enough in a row on the account, with enough
secrets; or where its source guesses on enough other accounts that did not come in, and far more than it gets
in (`Numbers`; rules/detection/success_after_failures.yaml says why so many). The second kind is judged again
after a wait, for people who mistype come in right after, and a shared address shows by all who come in. It
does not wait where the secret that got in had failed on enough of the others: that is nobody's own.
"""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final

from smtpsensor.detect.alert import Evidence
from smtpsensor.detect.alerts import Alerts
from smtpsensor.detect.break_in_alert import done, say
from smtpsensor.detect.break_in_records import BreakIn, Numbers, Pair, Source, Spray
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts
from smtpsensor.detect.match import compiled
from smtpsensor.detect.ranked import Table
from smtpsensor.detect.rule import Rule
from smtpsensor.detect.tries import RETURNED, SECRETS
from smtpsensor.events import Outcome, SessionEvent

NEVER: Final = 1 << 63
# Accounts of one spraying source (the latest) that are at hand when it gets in, "32 or more" beyond: ten
# times what suspects it. Pairs that their table sheds live on in here.
_SPRAYED: Final = 32
# Connections that got in, until their session ends: as many logins of attackers as anybody can act on.
_WATCHED: Final = 65_536


class BreakIns:
    """The detector of rule kind `success_after_failures`. All its tables are bounded."""

    def __init__(self, rule: Rule, alerts: Alerts, caps: Caps) -> None:
        self.next_due = NEVER
        self._rule = rule
        self._alerts = alerts
        self._need = Numbers.of(rule.settings)
        self._matches = compiled(rule.match)
        self._pending_cap = caps.active
        self._sources: Table[Source] = Table(caps.records, self._forget)
        self._pairs: Table[Pair] = Table(caps.records)
        # Sources that fail on two accounts or more: a sixteenth of all, at 32 pairs each.
        self._sprays: Table[Spray] = Table(max(1, caps.records // 16), self._shed)
        self._pending: deque[BreakIn] = deque()  # in order of time
        self._watched: dict[int, BreakIn] = {}  # flow_id of an open connection -> what it may add to
        self.unwatched = 0

    @property
    def entries(self) -> int:
        """Return how many sources, pairs and sprays are remembered."""
        return len(self._sources.rows) + len(self._pairs.rows) + len(self._sprays.rows)

    @property
    def evicted(self) -> int:
        """Return how many of them had to be forgotten."""
        return self._sources.evicted + self._pairs.evicted + self._sprays.evicted

    def take(self, facts: Facts) -> None:
        """Take one attempt."""
        outcome = facts.outcome
        if outcome is Outcome.FAILURE:
            if self._matches(facts):
                self._failed(facts)
        elif outcome is Outcome.SUCCESS:
            if facts.came_in and self._matches(facts):
                self._succeeded(facts)
        elif outcome is Outcome.REJECTED:
            event = facts.event
            if not event.offered and not event.repeated and self._matches(facts):
                self._source(facts).asked(facts.t)

    def ended(self, event: SessionEvent, t: int) -> None:
        """Add what a session did to the break-in that it belongs to."""
        if not self._watched:
            return
        found = self._watched.pop(event.flow.flow_id, None)
        if found is not None:
            done(found, event, t, self._alerts)

    def advance(self, t: int) -> None:
        """Judge again what is old enough."""
        pending, wait = self._pending, self._need.wait
        while pending and (pending[0].stands is not None or pending[0].login.t + wait <= t):
            self._close(pending.popleft())
        self.next_due = pending[0].login.t + wait if pending else NEVER

    def finish(self, t: int) -> None:
        """Judge what is left, as of now: nothing more will be known."""
        self.advance(t + self._need.wait)

    def _source(self, facts: Facts) -> Source:
        source = self._sources.rows.get(facts.source)
        if source is None:
            source = Source(facts.source, facts.network, facts.t)
            self._sources.add(facts.source, source)
        else:
            source.last = facts.t
        return source

    def _failed(self, facts: Facts) -> None:
        event, t = facts.event, facts.t
        again = event.repeated is True
        source = self._source(facts)
        source.failed(facts.secret, t, again=again)
        name = facts.username
        if name is None:
            return
        key = (source.network, name)
        pair = self._pairs.rows.get(key)
        if pair is None:
            pair = Pair(source.network, source.address, name, t)
            self._pairs.add(key, pair)
        if not pair.failures:
            pair.seen = Evidence(event.ts, event.file, event.frame)
        repetitions = pair.failed(source.address, facts.secret, event.mechanism, t, again=again)
        if repetitions:
            source.repeated(repetitions, pair.held_since, t)
        if source.failing != name:
            self._moved_on(source, pair)

    def _moved_on(self, source: Source, pair: Pair) -> None:
        """Note that a source fails on another account than before."""
        key = pair.username
        before, source.failing = source.failing, key
        if before is None:
            return
        spray = source.spray
        if spray is None:
            spray = source.spray = Spray(source)
            first = self._pairs.rows.get((source.network, before))
            if first is None:
                spray.more = True
            else:
                spray.pairs[before] = first
            self._sprays.add(source.address, spray)
        pairs = spray.pairs
        if len(pairs) >= _SPRAYED and key not in pairs:
            oldest = pairs.pop(next(iter(pairs)))
            if oldest.failures:
                spray.more = True
                if pair.last - spray.first > self._need.memory:
                    spray.first, spray.seen = oldest.first, oldest.seen
        pairs[key] = pair

    def _succeeded(self, facts: Facts) -> None:
        """Judge a login, and begin the failures on its account anew."""
        source = self._source(facts)
        name = facts.username
        if name is None:
            source.successes += 1
            return
        known = not source.enters(name, facts.t)
        pair = self._pairs.rows.get((source.network, name))
        if pair is not None or source.spray is not None:
            found = self._judge(facts, source, name, pair)
            if found is not None:
                source.successes += known  # for all logins of a break-in are taken off
                self._follow(facts, source, pair, found)
            if pair is not None:
                pair.renew()

    def _judge(self, facts: Facts, source: Source, name: str, pair: Pair | None) -> BreakIn | None:
        """Return the break-in that a login is or belongs to."""
        if pair is None:
            return self._by_others(facts, source, name, None)
        found = pair.break_in
        guessed = pair.breaks_in(self._need.failures, self._need.secrets)
        if found is not None and found.stands is not False:
            if guessed:
                found.stands = True
            found.logins += 1
            found.last = facts
            return found
        if guessed:
            found = BreakIn(name, facts)
            _after(found, (pair,))
        else:
            found = self._by_others(facts, source, name, pair if pair.failures else None)
            if pair.failures:
                source.forgiven += pair.guesses + pair.again  # mistakes of who now gets in
        if found is not None:
            found.own = pair.failures
            found.neighbours = pair.failures > 0 and (pair.mixed or pair.address != facts.source)
        return found

    def _by_others(self, facts: Facts, source: Source, name: str, own: Pair | None) -> BreakIn | None:
        """Judge a login by the failures of its source on other accounts; `own` are told beside them."""
        spray = source.spray
        if spray is None or not source.outnumbers(self._need):
            return None
        others = self._guessed(spray, name, facts.t)
        if not others:
            return None
        since = source.since(name)
        if since is not None and since + self._need.home < min(pair.first for pair in others):
            return None  # at home here before the guessing
        found = BreakIn(name, facts)
        _after(found, others if own is None else (*others, own))
        found.others, found.more_others = len(others), spray.more
        if facts.t - spray.first <= self._need.memory and spray.first < found.first_t and spray.seen:
            found.first_t, found.first = spray.first, spray.seen
        secret = facts.secret
        if secret is not None and sum(secret in pair.secrets for pair in others) >= self._need.guesses:
            return found
        found.stands, found.spray = None, spray
        spray.pending.append(found)
        if len(self._pending) >= self._pending_cap:
            self._close(self._pending.popleft())
        self._pending.append(found)
        self.next_due = min(self.next_due, facts.t + self._need.wait)
        return found

    def _guessed(self, spray: Spray, name: str, t: int) -> Sequence[Pair]:
        """Return the other accounts that a source guesses on and that did not come in; none if too few."""
        need = self._need
        long_ago = t - need.memory
        pairs = [
            pair
            for key, pair in spray.pairs.items()
            if pair.failures and pair.last >= long_ago and key != name
        ]
        if len(pairs) < need.accounts:
            return ()
        old = [pair for pair in pairs if pair.visible > 1 and _is_old(pair)]
        if old:
            accounts = Counter(secret for pair in pairs for secret in pair.secrets)
            devices = {pair for pair in old if accounts[pair.leader or 0] < need.shared}
            pairs = [pair for pair in pairs if pair not in devices]
        guesses = sum([len(pair.secrets) or 1 for pair in pairs])
        return pairs if len(pairs) >= need.accounts and guesses >= need.guesses else ()

    def _follow(self, facts: Facts, source: Source, pair: Pair | None, found: BreakIn) -> None:
        """Watch what comes of a login, and say it if it is sure."""
        if pair is None:
            pair = Pair(source.network, source.address, found.username, facts.t)
            self._pairs.add((source.network, found.username), pair)
        if pair.break_in is not found:
            pair.break_in = found
            source.took += 1
        source.taken += 1
        if len(self._watched) < _WATCHED:
            self._watched[facts.event.flow.flow_id] = found
        else:
            self.unwatched += 1
        if found.stands:
            say(self._rule, self._alerts, found, facts)

    def _forget(self, source: Source) -> None:
        """Let a source go."""
        if source.spray is not None:
            self._shed(self._sprays.rows.pop(source.address))

    def _shed(self, spray: Spray) -> None:
        spray.source.spray = None
        for found in spray.pending[:]:
            self._close(found)

    def _close(self, found: BreakIn) -> None:
        """Judge for good."""
        spray = found.spray
        if spray is None:
            return
        found.spray = None
        spray.pending.remove(found)
        if found.stands:
            return  # failures on its own account decided meanwhile
        found.stands = spray.source.outnumbers(self._need) and bool(
            self._guessed(spray, found.username, found.login.t)
        )
        if found.stands:
            say(self._rule, self._alerts, found, found.last)
        else:
            spray.source.took -= 1
            spray.source.taken -= found.logins


def _after(found: BreakIn, pairs: Sequence[Pair]) -> None:
    """Note what a login came after."""
    first = min(pairs, key=lambda pair: pair.first)
    found.first_t = first.first
    found.first = first.seen or found.first
    found.secrets = frozenset(secret for pair in pairs for secret in pair.secrets)
    found.more_secrets = any(len(pair.secrets) >= SECRETS for pair in pairs)
    found.tries = sum(pair.failures for pair in pairs)


def _is_old(pair: Pair) -> bool:
    """Say whether this may be a device with an old password."""
    if len(pair.secrets) != 1:
        return pair.stale
    return pair.visible >= pair.hidden and (pair.stale or pair.last - pair.first >= RETURNED)
