"""Who got in after failing: judged at the success, by failures on its account or on others.

`thresholds` says when and why. A success that failures on other accounts make suspect is judged again ten
minutes later, at the source's next success or when the report is asked for: by then who else came in shows.
"""

from collections import Counter
from collections.abc import Sequence

from smtpsensor.events import AuthEvent, SessionEvent
from smtpsensor.report.pairs import BreakIn, Evidence, Pair, Spray
from smtpsensor.report.state import Account, Source
from smtpsensor.report.tables import Table
from smtpsensor.report.thresholds import (
    GUESSES_SLOW,
    RETURNED,
    SHARED,
    SPRAY_ACCOUNTS,
    SPRAY_AGE,
    SPRAY_GUESSES,
    SPRAY_HOME,
    SPRAY_RATIO,
    SPRAY_WAIT,
    Caps,
)

_ANYBODY = "ANONYMOUS"  # RFC 4505: no password is judged


class BreakIns:
    """Takes failures and successes in order, and the ends of sessions; keeps what is or may be a break-in."""

    def __init__(self, caps: Caps, pairs: Table[Pair]) -> None:
        """Share the builder's table of pairs."""
        self._caps = caps
        self._pairs = pairs
        self._found: dict[BreakIn, None] = {}  # in order
        self._recovered = 0  # pairs that got in after failures too few or too alike
        self.refused = 0
        self.sprays: Table[Spray] = Table(caps.sprays, self._shed)
        self.watched: dict[int, BreakIn] = {}  # flow_id of an open connection -> what it may add to
        self.watched_refused = 0

    def failed(self, source: Source, pair: Pair) -> None:
        """Note that a source fails on another account than before."""
        key = pair.account.key
        before, source.failing = source.failing, key
        if before is None or before == key:
            return
        spray = source.spray
        if spray is None:
            spray = source.spray = Spray(source)
            first = self._pairs.rows.get((source.network, before))
            if first is None:
                spray.more = True
            else:
                spray.pairs[before] = first
            self.sprays.add(source.address, spray)
        pairs = spray.pairs
        if len(pairs) >= self._caps.sprayed and key not in pairs:
            oldest = pairs.pop(next(iter(pairs)))
            if oldest.failures:
                spray.more = True
                if pair.last - spray.first > SPRAY_AGE:
                    spray.first, spray.first_seen = oldest.first, oldest.seen
        pairs[key] = pair

    def succeeded(self, event: AuthEvent, source: Source, account: Account) -> None:
        """Judge a success, already counted for its source, and begin the failures on its account anew."""
        pair = self._pairs.rows.get((source.network, account.key))
        spray = source.spray
        if (pair is not None or spray is not None) and event.mechanism != _ANYBODY:
            if spray is not None and spray.pending:
                self._settle(spray, event.ts)
            found = self._judge(event, source, account, pair)
            if found is not None:
                self._follow(event, source, pair, found)
            if pair is not None:
                pair.renew()
        if source.owner is None:
            source.owner, source.owned = account.key, event.ts

    def ended(self, event: SessionEvent) -> None:
        """Add what a session did to the break-in that it belongs to."""
        found = self.watched.pop(event.flow.flow_id, None)
        if found is not None:
            found.sessions += 1
            found.mails += event.mails
            found.recipients += event.recipients
            found.bytes += event.mail_bytes

    def forget(self, source: Source) -> None:
        """Let a source go."""
        if source.spray is not None:
            self._shed(self.sprays.rows.pop(source.address))

    def standing(self) -> tuple[list[BreakIn], int]:
        """Return the break-ins as of now, and how many accounts got in after mere mistakes."""
        standing = [found for found in self._found if _stands(found)]
        mistaken = sum(found.mistaken and not _stands(found) for found in self._found)
        return standing, self._recovered + mistaken

    def _judge(self, event: AuthEvent, source: Source, account: Account, pair: Pair | None) -> BreakIn | None:
        """Return the break-in that a success is or belongs to."""
        if pair is None:
            return self._by_others(event, source, account, ())
        found = pair.break_in
        if found is not None and found.stands is not False:
            if pair.breaks_in:
                found.stands = True
            found.logins += 1
            return found
        if pair.breaks_in:
            found = self._enter(event, account, (pair,))
        else:
            found = self._by_others(event, source, account, (pair,) if pair.failures else ())
            if pair.failures:
                self._forgive(source, pair, found)
        if found is not None:
            found.failures = pair.failures
            found.neighbours = pair.failures > 0 and (pair.mixed or pair.source != event.flow.src)
        return found

    def _by_others(
        self, event: AuthEvent, source: Source, account: Account, own: Sequence[Pair]
    ) -> BreakIn | None:
        """Judge a success by the failures of its source on other accounts; `own` are told beside them."""
        spray = source.spray
        if spray is None or not _outnumbers(source):
            return None
        others = _guessed(spray, account, event.ts)
        if not others:
            return None
        if source.owner == account.key and source.owned + SPRAY_HOME < min(pair.first for pair in others):
            return None  # at home here before the guessing
        found = self._enter(event, account, (*others, *own))
        if found is not None:
            found.others, found.more_others = len(others), spray.more
            if event.ts - spray.first <= SPRAY_AGE and spray.first < found.first:
                found.first, found.first_seen = spray.first, spray.first_seen
            found.stands, found.spray = None, spray
            spray.pending.append(found)
        return found

    def _enter(self, event: AuthEvent, account: Account, after: Sequence[Pair]) -> BreakIn | None:
        """Open a break-in after these failures."""
        if len(self._found) >= self._caps.break_ins:
            self.refused += 1
            return None
        found = BreakIn(account, event.flow.src, event.ts)
        first = min(after, key=lambda pair: pair.first)
        found.first, found.first_seen = first.first, first.seen
        found.secrets = len({secret for pair in after for secret in pair.secrets})
        found.more_secrets = any(len(pair.secrets) >= self._caps.secrets for pair in after)
        found.seen = Evidence(event.file, event.frame)
        found.verdict_seen = Evidence(event.verdict_file, event.verdict_frame)
        self._found[found] = None
        return found

    def _forgive(self, source: Source, pair: Pair, suspect: BreakIn | None) -> None:
        """Take failures on an account for mistakes of who now gets in."""
        source.forgiven += pair.guesses + pair.again
        pair.account.again -= pair.again
        if not pair.recovered:
            pair.recovered = True
            if suspect is None:
                self._recovered += 1
            else:
                suspect.mistaken = True

    def _follow(self, event: AuthEvent, source: Source, pair: Pair | None, found: BreakIn) -> None:
        """Watch what comes of a login."""
        if pair is None:
            pair = Pair(source.network, found.account, source.address, event.ts)
            self._pairs.add((source.network, found.account.key), pair)
        if pair.break_in is not found:
            pair.break_in = found
            source.took += 1
        source.taken += 1
        address = event.flow.src
        if address not in found.addresses and len(found.addresses) < self._caps.secrets:
            found.addresses += (address,)
        if len(self.watched) < self._caps.watched:
            self.watched[event.flow.flow_id] = found
        else:
            self.watched_refused += 1

    def _settle(self, spray: Spray, ts: int) -> None:
        """Judge again what is old enough."""
        pending = spray.pending
        while pending and pending[0].ts + SPRAY_WAIT <= ts:
            self._close(pending.pop(0))

    def _shed(self, spray: Spray) -> None:
        spray.source.spray = None
        for found in spray.pending:
            self._close(found)
        spray.pending.clear()

    def _close(self, found: BreakIn) -> None:
        """Judge for good."""
        spray, stands = found.spray, _stands(found)
        found.stands, found.spray = stands, None
        if not stands and spray is not None:
            self._recovered += found.mistaken
            del self._found[found]
            spray.source.took -= 1
            spray.source.taken -= found.logins


def _stands(found: BreakIn) -> bool:
    """Say whether a break-in is one, as of now."""
    if found.stands is not None or found.spray is None:
        return found.stands is True
    return _outnumbers(found.spray.source) and bool(_guessed(found.spray, found.account, found.ts))


def _outnumbers(source: Source) -> bool:
    """Say whether a source guesses, and far more than it gets in."""
    guesses = source.guesses
    return (
        guesses >= SPRAY_GUESSES
        and guesses >= SPRAY_RATIO * source.logins
        and (source.fast or guesses >= GUESSES_SLOW)
    )


def _guessed(spray: Spray, account: Account, ts: int) -> Sequence[Pair]:
    """Return the other accounts that a source guesses on and that did not come in; none if too few."""
    key = account.key
    long_ago = ts - SPRAY_AGE
    pairs = [
        pair for name, pair in spray.pairs.items() if pair.failures and pair.last >= long_ago and name != key
    ]
    if len(pairs) < SPRAY_ACCOUNTS:
        return ()
    old = [pair for pair in pairs if pair.visible > 1 and _is_old(pair)]
    if old:
        accounts = Counter(secret for pair in pairs for secret in pair.secrets)
        devices = {pair for pair in old if accounts[pair.leader or 0] < SHARED}
        pairs = [pair for pair in pairs if pair not in devices]
    guesses = sum([len(pair.secrets) or 1 for pair in pairs])
    return pairs if len(pairs) >= SPRAY_ACCOUNTS and guesses >= SPRAY_GUESSES else ()


def _is_old(pair: Pair) -> bool:
    """Say whether this may be a device with an old password."""
    if len(pair.secrets) != 1:
        return pair.stale
    return pair.visible >= pair.hidden and (pair.stale or pair.last - pair.first >= RETURNED)
