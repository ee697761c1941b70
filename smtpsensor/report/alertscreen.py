"""Alerts on the screen: who got in, then who attacks, then what is good to know."""

from collections.abc import Iterable, Iterator

from smtpsensor.report import words
from smtpsensor.report.model import AlertRow, Count, Place, Report
from smtpsensor.report.screen import BAD, GOOD, SOFT, TOP, WARN, Screen
from smtpsensor.report.words import GLUE, Clock, account, label, number, several, some

# Alerts of one rule beside break-ins: who guesses and what is attacked stands below once more, and a rule
# with many must not bury the others.
_LOUD = 3
_CRITICAL, _WARNING, _INFO = "critical", "warning", "info"
_COUNTED = {"sources": "source", "networks": "network", "usernames": "account", "secrets": "password"}


class AlertScreen:
    """Prints the alerts of a report. `as_far`: how far it could be read, if not all."""

    def __init__(self, report: Report, screen: Screen, clock: Clock, as_far: str) -> None:
        self.report = report
        self.screen = screen
        self.clock = clock
        self.as_far = as_far
        self.entered = [row for row in report.alerts.rows if _is_break_in(row)]
        self.rest = [row for row in report.alerts.rows if not _is_break_in(row)]

    def break_ins(self) -> None:
        """Print who got in after failing."""
        found, unclear, muted = self.entered, self.report.unclear, self.report.muted_break_ins
        if found:
            accounts = len({row.account.ref for row in found if row.account is not None})
            self.screen.head(f"GOT IN AFTER FAILING: {some(accounts, 'account')}", BAD)
        elif not self.report.looked:
            self.screen.head("Who got in after failing was not looked for: no such rule is in force", WARN)
        elif muted:
            self.screen.head(
                f"Got in after failing: {some(muted, 'break-in')} muted by the configuration", WARN
            )
        elif unclear:
            self.screen.head(f"Nobody is sure to have got in after failing{self.as_far}", WARN)
        else:
            self.screen.head(f"Nobody got in after failing{self.as_far}", GOOD)
        for row in found[:TOP]:
            self._break_in(row)
        self.screen.more(TOP, len(found))
        if found and muted:
            self.screen.line(f"and {some(muted, 'break-in')} muted by the configuration", WARN)
        if unclear and self.report.looked:
            self.screen.line(
                f"{some(unclear, 'source that guesses', 'sources that guess')} also logged in (below),"
                f"{' muted or' if muted else ''} too early or too often to say that guessing did it",
                WARN,
            )
        if self.report.recovered:
            self.screen.line(
                f"{some(self.report.recovered, 'login')} after too few or too similar failures:"
                f" typos and old passwords{', or muted' if muted else ''}",
                SOFT,
            )

    def others(self) -> None:
        """Print the other alerts, worst first; what is for information in one line a rule."""
        report = self.report
        loud = [row for row in self.rest if row.severity != _INFO]
        of = report.severities
        beyond = report.alerts.total - len(report.alerts.rows)
        told = len(loud) + of.get(_INFO, 0)
        if told:
            parts = [
                f"{number(count)} {severity}"
                for severity in (_CRITICAL, _WARNING, _INFO)
                if (count := of.get(severity, 0) - (len(self.entered) if severity == _CRITICAL else 0)) > 0
            ]
            zone = f" (times in {self.clock.zone(loud[0].last)})" if loud else ""
            head = "Other alerts" if self.entered else "Alerts"
            self.screen.head(f"{head}: {', '.join(parts)}{zone}", WARN if loud else "")
        elif report.rules and not self.entered:
            self.screen.head(f"No alert of {some(len(report.rules), 'rule')}", GOOD)
        for rule, rows in _by_rule(loud):
            for row in rows[:_LOUD]:
                self._alert(row)
            if len(rows) > _LOUD:
                self.screen.line(f"and {number(len(rows) - _LOUD)} more of {rule}", SOFT)
        self._infos()
        if beyond > 0:
            self.screen.line(f"{some(beyond, 'alert')} more, too many for this report", WARN)
        if report.muted:
            self.screen.line(
                f"{some(report.muted, 'alert')} muted by the configuration ({words.counts(report.muted_by)})",
                SOFT,
            )

    def _break_in(self, row: AlertRow) -> None:
        at = self.clock.at(row.at).replace(" ", GLUE)
        since = self.clock.since(row.first, row.at).replace(" ", GLUE)
        self.screen.line(f"{_named(row)} from {row.key['source']}, {at}", BAD)
        self.screen.line(f"after {row.facts['after']} since {since}", indent=4)
        verdict = Place(_text(row.facts.get("verdict_file")), _count(row.facts.get("verdict_packet")) or None)
        seen = _evidence((row.first_seen, "first failure"), (row.decisive, "login"), (verdict, "verdict"))
        if seen:
            self.screen.line(f"see {seen}", indent=4)
        self.screen.line(f"then: {self._then(row)}", indent=4)

    def _then(self, row: AlertRow) -> str:
        facts = {name: _count(fact) for name, fact in row.facts.items()}
        did = "not known, the end of the session was not seen"
        if facts["mails"] or facts["recipients"] or facts["mail_bytes"]:
            mails, recipients = some(facts["mails"], "mail"), some(facts["recipients"], "recipient")
            did = f"sent {mails} to {recipients}, {words.size(facts['mail_bytes'])}"
        elif facts["sessions"]:
            did = "sent no mail"
        if facts["logins"] > 1:
            did += f", logged in {number(facts['logins'])} times"
            addresses = row.distinct.get("sources", Count(1))
            if addresses.count > 1:
                network = "/64" if ":" in row.key["source"] else "/24"
                did += f" from {words.bound(addresses)} addresses of its {network}"
        return did

    def _alert(self, row: AlertRow) -> None:
        counted = f"{some(row.count, 'attempt')}{_distinct(row)}"
        self.screen.line(f"{row.rule}: {_about(row)}, {counted}", BAD if row.severity == _CRITICAL else WARN)
        seen = _evidence((row.first_seen, "first"), (row.decisive, "decisive"))
        if len(self.report.inputs) == 1:  # the head names it
            seen = seen.removeprefix(f"{words.file(self.report.inputs[0])} ")
        span = self.clock.short(row.first, row.last).replace(" ", GLUE)
        self.screen.line(f"{span}, see {seen}" if seen else span, indent=4)

    def _infos(self) -> None:
        for rule, rows in _by_rule(row for row in self.rest if row.severity == _INFO):
            about = _about(rows[0])
            if len(rows) > 1:
                about += f", and {number(len(rows) - 1)} more"
            self.screen.line(f"{rule} (info): {about}", SOFT)


def _by_rule(rows: Iterable[AlertRow]) -> Iterator[tuple[str, list[AlertRow]]]:
    """Group alerts of one rule and severity, in the order in which the first of each stands."""
    groups: dict[tuple[str, str], list[AlertRow]] = {}
    for row in rows:
        groups.setdefault((row.severity, row.rule), []).append(row)
    for (_, rule), found in groups.items():
        yield rule, found


def _is_break_in(row: AlertRow) -> bool:
    return row.severity == _CRITICAL and "logins" in row.facts and "then" in row.facts and "source" in row.key


def _named(row: AlertRow) -> str:
    return "an account" if row.account is None else account(row.account)


def _about(row: AlertRow) -> str:
    """Return the key in words: `198.51.100.7 on anna@example.net`."""
    named = [value for kind, value in row.key.items() if kind != "username"]
    text = " on ".join(map(label, named))
    if row.account is not None:
        text = f"{text} on {account(row.account)}" if text else account(row.account)
    return text or "all"


def _distinct(row: AlertRow) -> str:
    """Return ` from 3 sources on 2 accounts with 16+ passwords`, without what the key says."""
    text = ""
    for kind, before in (("sources", "from"), ("usernames", "on"), ("secrets", "with")):
        of = row.distinct.get(kind)
        if of is not None and _COUNTED[kind] not in row.key and not (kind == "usernames" and row.account):
            text += f" {before} {several(of, _COUNTED[kind])}"
    return text


def _count(fact: object) -> int:
    return fact if isinstance(fact, int) else 0


def _text(fact: object) -> str | None:
    return fact if isinstance(fact, str) else None


def _evidence(*seen: tuple[Place, str]) -> str:
    """Return `attack.pcap packets 17 (first failure), 40 (login)`, as much of it as is known."""
    by_file: dict[str, list[str]] = {}
    for place, what in seen:
        if place.packet is not None:
            file = "" if place.file is None else f"{words.file(place.file)} "
            by_file.setdefault(file, []).append(f"{place.packet}{GLUE}({what.replace(' ', GLUE)})")
    return "; ".join(
        f"{file}{'packet' if len(packets) == 1 else 'packets'} {', '.join(packets)}"
        for file, packets in by_file.items()
    )
