"""Counts events as they pass, within bounds, and sums them up at the end."""

from collections.abc import Sequence

from smtpsensor.detect.alert import Alert
from smtpsensor.detect.engine import EngineStats
from smtpsensor.detect.facts import network_of
from smtpsensor.detect.ranked import Table
from smtpsensor.detect.rule import Kind, Rule
from smtpsensor.detect.tries import BREAK_IN_FAILURES, BREAK_IN_SECRETS, SECRETS
from smtpsensor.events import AuthEvent, Encryption, Event, Outcome, SessionEvent
from smtpsensor.report.alerts import KeptAlerts, is_break_in
from smtpsensor.report.greeting import undated
from smtpsensor.report.model import Report
from smtpsensor.report.pairs import Pair
from smtpsensor.report.state import Account, Server, Source
from smtpsensor.report.tables import Linked
from smtpsensor.report.thresholds import Caps
from smtpsensor.sinks.geo import Geo
from smtpsensor.sinks.names import NamePolicy
from smtpsensor.stats import Stats

_SUCCESS = Outcome.SUCCESS
_FAILURE = Outcome.FAILURE
_REJECTED = Outcome.REJECTED
_ANYBODY = "ANONYMOUS"  # RFC 4505: no password is judged
_OTHER = "OTHER"  # mechanisms beyond the cap


class ReportBuilder:
    """Takes every event of a run in order; `build` says what they add up to.

    Events come with their real names: accounts are counted by them, and `build` alone decides by the policy
    what is printed. `add` costs about 2 us, memory stays within `caps`, and no event raises.
    """

    def __init__(
        self,
        stats: Stats,
        policy: NamePolicy | None = None,
        caps: Caps | None = None,
        host: str = "smtpsensor",
        rules: Sequence[Rule] = (),
        geo: Geo | None = None,
    ) -> None:
        """Keep `stats` to be read by `build`; `host` is the sensor's name, `rules` those in force."""
        self.geo = geo
        self.stats = stats
        self.policy = policy or NamePolicy()
        self.caps = caps or Caps()
        self.host = host
        self.outcomes = dict.fromkeys(Outcome, 0)
        self.mechanisms: dict[str, int] = {}
        self.sessions = dict.fromkeys(Encryption, 0)
        self.sessions_gapped = 0  # with octets known to be missing
        self.sessions_midstream = 0
        self.links = 0  # in use
        self.links_refused = 0
        self.rules = tuple(rule.name for rule in rules)
        self.break_in_rules = {rule.name for rule in rules if rule.kind is Kind.SUCCESS_AFTER_FAILURES}
        self.recovered = 0  # pairs that got in after failures too few or too alike
        self.alerts = KeptAlerts(self.caps.alerts)
        self.sources: Table[Source] = Table(self.caps.sources, self._unlink)
        self.accounts: Table[Account] = Table(self.caps.accounts, self._unlink)
        self.pairs: Table[Pair] = Table(self.caps.pairs)
        self.servers: Table[Server] = Table(self.caps.servers)

    def add(self, event: Event) -> None:
        """Take one event."""
        kind = type(event)
        if kind is AuthEvent:
            self._auth(event)  # type: ignore[arg-type]
        elif kind is SessionEvent:
            self._session(event)  # type: ignore[arg-type]

    def alert(self, alert: Alert) -> None:
        """Take one snapshot of an alert, behind the event that caused it."""
        self.alerts.take(alert)
        if is_break_in(alert):
            key = alert.key
            pair = self.pairs.rows.get((network_of(key["source"]), key["username"]))
            if pair is not None and not pair.broken:
                pair.broken = True
                self.recovered -= pair.recovered

    def build(
        self,
        inputs: tuple[str, ...] = (),
        filters: tuple[str, ...] = (),
        detection: EngineStats | None = None,
    ) -> Report:
        """Return the report of all events and alerts so far. May be called again.

        `inputs`: the captures by name. `filters`: options that kept events away. `detection`: what it did.
        """
        from smtpsensor.report.summary import summarize  # noqa: PLC0415 - needed once, at the end

        return summarize(self, inputs, filters, detection)

    def _auth(self, event: AuthEvent) -> None:
        outcome = event.outcome
        ts = event.ts
        address = event.flow.src
        self.outcomes[outcome] += 1
        source = self.sources.rows.get(address)
        if source is None:
            source = Source(address, network_of(address), ts)
            self.sources.add(address, source)
        elif ts > source.last:
            source.last = ts
        elif ts < source.first:
            source.first = ts
        account: Account | None = None
        name = event.username
        if name:
            key = name.casefold()
            account = self.accounts.rows.get(key)
            if account is None:
                account = Account(name, key, ts)
                self.accounts.add(key, account)
            if source.only is not account.key:
                self._link(source, account.key)
        if outcome is _FAILURE:
            self._failure(event, source, account)
        elif outcome is _SUCCESS:
            source.successes += 1
            if account is not None:
                account.successes += 1
                self._came_in(event, source, account)
        elif outcome is _REJECTED:
            source.rejected += 1
            if not event.offered and not event.repeated:
                source.asked(ts)
        elif outcome is Outcome.TEMPORARY:
            source.temporary += 1
        elif outcome is Outcome.CANCELLED:
            source.cancelled += 1
        elif outcome is Outcome.ABORTED:
            source.aborted += 1
        else:
            source.unknown += 1
        self._served(event, outcome)

    def _failure(self, event: AuthEvent, source: Source, account: Account | None) -> None:
        ts = event.ts
        secret = event.secret
        again = event.repeated is True
        source.failures += 1
        source.failed(secret, ts, again=again)
        if account is None:
            return
        self._link(account, source.address)
        if not account.failures:
            account.first = account.last = ts
        elif ts > account.last:
            account.last = ts
        account.failures += 1
        pair_key = (source.network, account.key)
        pair = self.pairs.rows.get(pair_key)
        if pair is None:
            pair = Pair(source.network, account, source.address, ts)
            self.pairs.add(pair_key, pair)
        repetitions = pair.failed(source.address, secret, event.mechanism, ts, again=again)
        if secret is None:
            account.hidden += 1
            return
        pair.repeated += again
        account.visible += 1
        if len(account.secrets) < SECRETS and secret not in account.secrets:
            account.secrets += (secret,)
        if repetitions:  # they are those of a tool
            source.repeated(repetitions, pair.held_since, ts)
            account.again += repetitions

    def _came_in(self, event: AuthEvent, source: Source, account: Account) -> None:
        """Take the failures before a login for mistakes unless they are a break-in; begin them anew."""
        pair = self.pairs.rows.get((source.network, account.key))
        if pair is None or not pair.failures or event.mechanism == _ANYBODY:
            return
        if not pair.broken and not pair.breaks_in(BREAK_IN_FAILURES, BREAK_IN_SECRETS):
            source.forgiven += pair.guesses + pair.again
            account.again -= pair.again
            if not pair.recovered:
                pair.recovered = True
                self.recovered += 1
        pair.renew()

    def _served(self, event: AuthEvent, outcome: Outcome) -> None:
        """Count an attempt for its server."""
        server = self._server(event.flow.dst, event.flow.dst_port)
        server.outcomes[outcome] = server.outcomes.get(outcome, 0) + 1
        mechanism = event.mechanism
        if mechanism is not None:
            _count(self.mechanisms, mechanism, self.caps.mechanisms)
            _count(server.mechanisms, mechanism, self.caps.words)
        code = event.code
        if code is not None:
            codes = server.codes
            if code in codes:
                codes[code] += 1
            elif len(codes) < self.caps.words:
                codes[code] = 1
        if event.secret is not None:
            server.plain_secrets += 1
        if event.response_ns is not None:
            if outcome is _FAILURE:
                server.failure_times.add(event.response_ns)
            elif outcome is _SUCCESS:
                server.success_times.add(event.response_ns)

    def _session(self, event: SessionEvent) -> None:
        encryption = event.encryption
        self.sessions[encryption] += 1
        self.sessions_midstream += event.midstream
        if event.lost_client or event.lost_server:
            self.sessions_gapped += 1
        server = self._server(event.flow.dst, event.flow.dst_port)
        server.sessions += 1
        if encryption is Encryption.STARTTLS:
            server.starttls += 1
        elif encryption is Encryption.IMPLICIT:
            server.implicit += 1
        if event.starttls_offered:
            server.starttls_offers += 1
        if event.auth_offered:
            server.clear_offers += 1
            offers = server.offers
            if event.auth_offered in offers:
                offers[event.auth_offered] += 1
            elif len(offers) < self.caps.greetings:
                offers[event.auth_offered] = 1
        if event.greeting is not None:
            self._word(server.greetings, event.greeting)
        if event.software is not None:
            self._word(server.software, undated(event.software))

    def _server(self, address: str, port: int) -> Server:
        server = self.servers.rows.get((address, port))
        if server is None:
            server = Server(address, port, self.caps.samples)
            self.servers.add((address, port), server)
        return server

    def _word(self, counts: dict[str, int], word: str) -> None:
        if word in counts:
            counts[word] += 1
        elif len(counts) < self.caps.greetings:
            counts[word] = 1

    def _link(self, record: Linked, partner: str) -> None:
        """Count a distinct partner of a source or an account."""
        partners = record.partners
        if partners is None:
            if record.only is None:
                record.only = partner
                return
            if record.only == partner:
                return
            record.partners = {record.only, partner}
            self.links += 2
        elif partner not in partners:
            if self.links >= self.caps.links:
                record.at_least = True
                self.links_refused += 1
                return
            partners.add(partner)
            self.links += 1

    def _unlink(self, record: Linked) -> None:
        if record.partners is not None:
            self.links -= len(record.partners)


def _count(counts: dict[str, int], word: str, cap: int) -> None:
    if word in counts:
        counts[word] += 1
        return
    if len(counts) >= cap:
        word = _OTHER
    counts[word] = counts.get(word, 0) + 1
