"""From counters to a report: sorted, cut to size, named as the policy allows."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from smtpsensor.anomalies import ANOMALIES
from smtpsensor.detect.engine import EngineStats
from smtpsensor.detect.tries import MINUTE, STALE, TOOL_SECRETS
from smtpsensor.events import Encryption, Outcome
from smtpsensor.report.alertrows import alert_row, logins_told, secrets_of, secrets_told, weight
from smtpsensor.report.model import (
    ClearRow,
    Count,
    Encrypted,
    GuesserRow,
    Listing,
    Lost,
    Name,
    Odd,
    Report,
    ServerRow,
    StaleRow,
    TargetRow,
    Times,
)
from smtpsensor.report.pairs import Pair
from smtpsensor.report.state import Account, Server, Source
from smtpsensor.report.tables import Linked, Samples, linked
from smtpsensor.report.thresholds import TARPIT

if TYPE_CHECKING:
    from smtpsensor.detect.alert import Alert
    from smtpsensor.report.builder import ReportBuilder

A = TypeVar("A")
B = TypeVar("B")
K = TypeVar("K")
_MS = 1_000_000  # ns


def summarize(
    state: "ReportBuilder", inputs: tuple[str, ...], filters: tuple[str, ...], detection: EngineStats | None
) -> Report:
    """Return what the builder counted."""
    return _Summary(state).report(inputs, filters, detection)


class _Summary:
    """One report in the making: hands out account numbers in order of first mention."""

    def __init__(self, state: "ReportBuilder") -> None:
        self._state = state
        self._refs: dict[str, int] = {}
        self._told: dict[str, Alert] = {}

    def report(
        self, inputs: tuple[str, ...], filters: tuple[str, ...], detection: EngineStats | None
    ) -> Report:
        state = self._state
        alerts = state.alerts.sorted()
        muted = {} if detection is None else detection.muted_by
        told = logins_told(alerts)
        self._told = secrets_told(alerts)
        sources = state.sources.rows.values()
        guessing = [source for source in sources if source.guessing]
        networks = {source.network for source in guessing}
        stale = [
            pair
            for pair in state.pairs.rows.values()
            if pair.repeated >= STALE
            and (len(pair.secrets) < TOOL_SECRETS or pair.stale)
            and pair.network not in networks
        ]
        servers = sorted(state.servers.rows.values(), key=lambda server: server.rank(), reverse=True)
        return Report(
            host=state.host,
            inputs=inputs,
            filters=filters,
            rules=state.rules,
            first=state.stats.first_ts,
            last=state.stats.last_ts,
            attempts=sum(state.outcomes.values()),
            outcomes=_counts({outcome.value: count for outcome, count in state.outcomes.items()}),
            mechanisms=_counts(self._mechanisms(state.mechanisms)),
            sources=Count(state.sources.added, not state.sources.evicted),
            accounts=Count(state.accounts.added, not state.accounts.evicted),
            alerts=Listing(
                sum(state.alerts.counts.values()),
                tuple(
                    alert_row(alert, self._account(alert.key.get("username")), state.policy)
                    for alert in sorted(alerts, key=weight)
                ),
            ),
            severities=_counts({str(severity): count for severity, count in state.alerts.counts.items()}),
            muted=sum(muted.values()),
            muted_by=_counts(muted),
            muted_break_ins=sum(muted.get(rule, 0) for rule in state.break_in_rules),
            looked=bool(state.break_in_rules),
            recovered=state.recovered,
            unclear=sum(source.successes > told.get(source.address, 0) for source in guessing),
            guessing=self._listing(guessing, lambda source: (source.guesses, source.attempts), self._guesser),
            stale=self._listing(stale, lambda pair: (pair.repeated,), self._stale),
            attacked=self._listing(
                (account for account in state.accounts.rows.values() if account.attacked),
                lambda account: (account.failures, account.distinct),
                self._target,
            ),
            clear=self._listing(
                (server for server in servers if server.clear_offers or server.outcomes),
                lambda server: server.rank(),
                self._clear,
            ),
            encryption=_encrypted(state.sessions),
            lost=self._lost(detection),
            servers=self._listing(servers, lambda server: server.rank(), self._server),
        )

    def _listing(
        self, found: Iterable[A], weight: Callable[[A], tuple[int, ...]], row: Callable[[A], B]
    ) -> Listing[B]:
        ordered = sorted(found, key=weight, reverse=True)
        return Listing(len(ordered), tuple(row(each) for each in ordered[: self._state.caps.rows]))

    def _name(self, account: Account) -> Name:
        ref = self._refs.setdefault(account.key, len(self._refs) + 1)
        return Name(ref, self._state.policy.display(account.name))

    def _account(self, key: str | None) -> Name | None:
        """Return the account that an alert names, as first written if it is known."""
        if not key:
            return None
        known = self._state.accounts.rows.get(key)
        if known is not None:
            return self._name(known)
        return Name(self._refs.setdefault(key, len(self._refs) + 1), self._state.policy.display(key))

    def _stale(self, pair: Pair) -> StaleRow:
        return StaleRow(pair.address, self._name(pair.account), pair.repeated, pair.stale_first, pair.last)

    def _guesser(self, source: Source) -> GuesserRow:
        outcomes = {
            Outcome.SUCCESS: source.successes,
            Outcome.FAILURE: source.failures,
            Outcome.REJECTED: source.rejected,
            Outcome.TEMPORARY: source.temporary,
            Outcome.CANCELLED: source.cancelled,
            Outcome.ABORTED: source.aborted,
            Outcome.UNKNOWN: source.unknown,
        }
        geo = self._state.geo
        place = None if geo is None else geo.of(source.address)
        minutes = max(1.0, (source.last - source.first) / MINUTE)
        return GuesserRow(
            source=source.address,
            attempts=source.attempts,
            guesses=source.guesses,
            accounts=_linked(source),
            per_minute=round(source.attempts / minutes, 2),
            first=source.first,
            last=source.last,
            outcomes=_counts({outcome.value: count for outcome, count in outcomes.items()}),
            country=None if place is None else place.country,
            asn=None if place is None else place.asn,
            organization=None if place is None else place.org,
        )

    def _target(self, account: Account) -> TargetRow:
        return TargetRow(
            account=self._name(account),
            failures=account.failures,
            sources=_linked(account),
            secrets=secrets_of(account, self._told.get(account.key)),
            successes=account.successes,
            first=account.first,
            last=account.last,
        )

    def _clear(self, server: Server) -> ClearRow:
        return ClearRow(
            server=server.address,
            port=server.port,
            sessions=server.sessions,
            offering=server.clear_offers,
            mechanisms=_offered(server),
            starttls_offered=server.starttls_offers,
            attempts=sum(server.outcomes.values()),
            readable=server.plain_secrets,
            successes=server.outcomes.get(Outcome.SUCCESS, 0),
        )

    def _server(self, server: Server) -> ServerRow:
        failures = _times(server.failure_times)
        return ServerRow(
            server=server.address,
            port=server.port,
            names=_most(server.greetings),
            software=_most(server.software),
            sessions=server.sessions,
            starttls=server.starttls,
            implicit_tls=server.implicit,
            offered=_offered(server),
            used=_counts(self._mechanisms(server.mechanisms)),
            outcomes=_counts({outcome.value: count for outcome, count in server.outcomes.items()}),
            codes=_counts({str(code): count for code, count in server.codes.items()}),
            failure_times=failures,
            success_times=_times(server.success_times),
            slows=None if failures is None else failures.median * _MS >= TARPIT,
        )

    def _mechanisms(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Count by the mechanism's name as the policy lets it be printed."""
        shown: dict[str, int] = {}
        for mechanism, count in counts.items():
            name = self._state.policy.mechanism(mechanism)
            shown[name] = shown.get(name, 0) + count
        return shown

    def _lost(self, detection: EngineStats | None) -> Lost:
        state, stats = self._state, self._state.stats
        forgotten = {
            "sources": state.sources.evicted,
            "accounts": state.accounts.evicted,
            "pairs": state.pairs.evicted,
            "servers": state.servers.evicted,
            "links": state.links_refused,
            "alerts": state.alerts.dropped,
        }
        return Lost(
            frames=stats.frames,
            frames_smtp=stats.frames_smtp,
            frames_undecoded=stats.frames_undecoded,
            frames_snapped=stats.frames_snapped,
            undecoded=_counts(stats.undecoded),
            gaps=stats.gaps,
            gap_bytes=stats.gap_bytes,
            verdicts_unknown=state.outcomes[Outcome.UNKNOWN],
            sessions_gapped=state.sessions_gapped,
            sessions_midstream=state.sessions_midstream,
            anomalies=tuple(
                Odd(name, count, ANOMALIES.get(name, "")) for name, count in _counts(stats.named).items()
            ),
            forgotten={kind: count for kind, count in forgotten.items() if count},
            detection={} if detection is None else _evicted(detection),
        )


def _encrypted(sessions: Mapping[Encryption, int]) -> Encrypted:
    total = sum(sessions.values())
    unread = sessions[Encryption.STARTTLS] + sessions[Encryption.IMPLICIT]
    return Encrypted(
        sessions=total,
        clear=sessions[Encryption.CLEAR],
        starttls=sessions[Encryption.STARTTLS],
        implicit=sessions[Encryption.IMPLICIT],
        unknown=sessions[Encryption.UNKNOWN],
        unread_share=round(unread / total, 4) if total else 0.0,
    )


def _counts(counts: Mapping[K, int]) -> dict[K, int]:
    """Return the counts above zero, largest first."""
    return dict(sorted(((key, n) for key, n in counts.items() if n), key=lambda pair: pair[1], reverse=True))


def _most(counts: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(_counts(counts))


def _offered(server: Server) -> tuple[str, ...]:
    sessions: dict[str, int] = {}
    for mechanisms, count in server.offers.items():
        for mechanism in mechanisms:
            sessions[mechanism] = sessions.get(mechanism, 0) + count
    return _most(sessions)


def _linked(record: Linked) -> Count:
    return Count(linked(record), not record.at_least)


def _evicted(detection: EngineStats) -> dict[str, int]:
    found = {"records": detection.evicted, "alerts": detection.refused}
    return {kind: count for kind, count in found.items() if count}


def _times(samples: Samples) -> Times | None:
    """Return median and 95th percentile (nearest rank) in ms; None without samples."""
    if not samples.count:
        return None
    values = sorted(samples.values)
    return Times(
        count=samples.count,
        median=round(values[(len(values) - 1) // 2] / _MS, 3),
        p95=round(values[-(-len(values) * 95 // 100) - 1] / _MS, 3),
        max=round(samples.largest / _MS, 3),
    )
