"""Counts events as they pass, within bounds, and sums them up at the end."""

from ipaddress import IPv6Address

from smtpsensor.events import AuthEvent, Encryption, Event, Outcome, SessionEvent
from smtpsensor.report.break_ins import BreakIns
from smtpsensor.report.greeting import undated
from smtpsensor.report.model import Report
from smtpsensor.report.pairs import Evidence, Pair
from smtpsensor.report.state import Account, Server, Source
from smtpsensor.report.tables import Linked, Table
from smtpsensor.report.thresholds import BURST, Caps
from smtpsensor.sinks.names import NamePolicy
from smtpsensor.stats import Stats

_SUCCESS = Outcome.SUCCESS
_FAILURE = Outcome.FAILURE
_REJECTED = Outcome.REJECTED
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
    ) -> None:
        """Keep `stats` to be read by `build`; `host` is the sensor's name."""
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
        self.sources: Table[Source] = Table(self.caps.sources, self._forget)
        self.accounts: Table[Account] = Table(self.caps.accounts, self._unlink)
        self.pairs: Table[Pair] = Table(self.caps.pairs)
        self.servers: Table[Server] = Table(self.caps.servers)
        self.break_ins = BreakIns(self.caps, self.pairs)

    def add(self, event: Event) -> None:
        """Take one event."""
        kind = type(event)
        if kind is AuthEvent:
            self._auth(event)  # type: ignore[arg-type]
        elif kind is SessionEvent:
            self._session(event)  # type: ignore[arg-type]

    def build(self, inputs: tuple[str, ...] = ()) -> Report:
        """Return the report of all events so far; `inputs` are the captures by name. May be called again."""
        from smtpsensor.report.summary import summarize  # noqa: PLC0415 - needed once, at the end

        return summarize(self, inputs)

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
                self.break_ins.succeeded(event, source, account)
        elif outcome is _REJECTED:
            source.rejected += 1
            if not event.offered and not event.repeated:
                source.unoffered += 1
                source.tried(ts)
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
        source.failures += 1
        if secret is None:
            source.hidden += 1
            source.tried(ts)
        else:
            source.visible += 1
            if not event.repeated:
                source.fresh += 1
                source.tried(ts)
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
        if not pair.failures:
            pair.first = ts
            pair.seen = Evidence(event.file, event.frame)
        if pair.source is not source.address:
            pair.by(source.address)
        pair.failures += 1
        pair.last = ts
        if source.failing is not account.key:
            self.break_ins.failed(source, pair)
        if secret is None:
            account.hidden += 1
            pair.hidden += 1
            return
        account.visible += 1
        if len(pair.secrets) < self.caps.secrets and secret not in pair.secrets:
            pair.secrets += (secret,)
        if len(account.secrets) < self.caps.secrets and secret not in account.secrets:
            account.secrets += (secret,)
        again = pair.saw(secret, event.mechanism, ts, again=event.repeated is True)
        if (
            again
        ):  # they are those of a tool; their times are not known one by one, but the first and the last
            source.fresh += again
            account.again += again
            between = (ts - pair.held_since) // again
            for late in range(min(again, BURST) - 1, -1, -1):
                source.tried(ts - late * between)

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
        if self.break_ins.watched:
            self.break_ins.ended(event)

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

    def _forget(self, source: Source) -> None:
        self.break_ins.forget(source)
        self._unlink(source)

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


def network_of(address: str) -> str:
    """Return the /24 of an IPv4 or the /64 of an IPv6 address as text; other text as it is."""
    if ":" not in address:
        return address.rpartition(".")[0]
    try:
        return f"{int(IPv6Address(address)) >> 64:x}"
    except ValueError:
        return address
