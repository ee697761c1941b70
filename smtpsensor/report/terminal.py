"""The report for people: what to act on comes first. This, `screen` and `servers` alone need rich."""

from datetime import UTC, tzinfo

from rich.console import Console

from smtpsensor.report import words
from smtpsensor.report.model import BreakInRow, Place, Report
from smtpsensor.report.screen import BAD, GOOD, HEAD, SOFT, TOP, WARN, Column, Screen
from smtpsensor.report.servers import show_clear, show_servers
from smtpsensor.report.thresholds import GUESS_WINDOW, GUESSES, GUESSES_SLOW, MINUTE
from smtpsensor.report.words import Clock, account, bound, label, number, some

_ADDRESS = 20  # columns to which an IPv6 address may be folded: two lines
_NAME = 24  # ... and a name
_VERDICTS = 11  # ... and a count with its outcome


def render(report: Report, console: Console, zone: tzinfo = UTC) -> None:
    """Print the report; dates in `zone`. Colour, width and NO_COLOR are the console's.

    Raises what writing to the console's file raises.
    """
    _Terminal(report, Screen(console), Clock(zone)).show()


class _Terminal:
    def __init__(self, report: Report, screen: Screen, clock: Clock) -> None:
        self.report = report
        self.screen = screen
        self.clock = clock

    def show(self) -> None:
        self._title()
        if self.report.attempts or self.report.encryption.sessions:
            self._break_ins()
            self._guessing()
            self._attacked()
            show_clear(self.report, self.screen)
            self._encrypted()
        self._lost()
        if self.report.servers.total:
            show_servers(self.report, self.screen)

    def _title(self) -> None:
        report = self.report
        title = f"smtpsensor report of {label(report.host)}"
        if report.inputs:
            title += f": {label(report.inputs[0])}"
            title += f" and {some(len(report.inputs) - 1, 'more', 'more')}" if len(report.inputs) > 1 else ""
        self.screen.line(title, HEAD, indent=0)
        if report.first is not None and report.last is not None:
            self.screen.line(f"Captured {self.clock.span(report.first, report.last)}", indent=0)
        sessions = report.encryption.sessions
        if not sessions and not report.attempts:
            self.screen.line("No SMTP session in the input.", indent=0)
            return
        self.screen.line(f"{some(sessions, 'session')}, {some(report.attempts, 'login attempt')}", indent=0)
        if report.attempts:
            at_most = "" if report.sources.exact and report.accounts.exact else "at most "
            self.screen.line(f"Outcomes: {words.counts(report.outcomes)}", indent=0)
            names = f" on {at_most}{some(report.accounts.count, 'account')}" if report.accounts.count else ""
            self.screen.line(f"From {at_most}{some(report.sources.count, 'source')}{names}", indent=0)

    def _break_ins(self) -> None:
        found = self.report.break_ins
        if not found.total:
            self.screen.head("Nobody got in after failing", GOOD)
        else:
            self.screen.head(f"GOT IN AFTER FAILING: {some(found.total, 'account')}", BAD)
            for row in found.rows[:TOP]:
                self._break_in(row)
            self.screen.more(TOP, found.total)
        if self.report.recovered:
            self.screen.line(
                f"{some(self.report.recovered, 'login', 'logins')} after few or equal failures:"
                " typos or old passwords, no break-in",
                SOFT,
            )

    def _break_in(self, row: BreakInRow) -> None:
        secrets = "" if row.secrets is None else f" with {bound(row.secrets)} passwords"
        self.screen.line(f"{account(row.account)} from {row.source}, {self.clock.at(row.at)}", BAD)
        self.screen.line(
            f"after {some(row.failures, 'failure')}{secrets} since {self.clock.at(row.first_failure_at)}",
            indent=4,
        )
        evidence = _evidence(
            (row.first_failure, "first failure"), (row.success, "login"), (row.verdict, "its verdict")
        )
        if evidence:
            self.screen.line(f"evidence: {evidence}", indent=4)
        if not row.sessions:
            self.screen.line("then: not known, the end of the session was not seen", indent=4)
            return
        sent = (
            f"{some(row.mails, 'mail')} to {some(row.recipients, 'recipient')}, {words.size(row.mail_bytes)}"
        )
        did = f"sent {sent}" if row.mails or row.recipients or row.mail_bytes else "sent no mail"
        logins = f", logged in {number(row.logins)} times" if row.logins > 1 else ""
        self.screen.line(f"then: {did}{logins}", indent=4)

    def _guessing(self) -> None:
        found = self.report.guessing
        if not found.total:
            self.screen.head("Nobody is guessing", GOOD)
            self.screen.line(
                f"no source made {GUESSES} guesses within {GUESS_WINDOW // MINUTE} minutes,"
                f" or {GUESSES_SLOW} in all",
                SOFT,
            )
        else:
            self.screen.head(f"Guessing: {some(found.total, 'source')}", WARN)
            shown = found.rows[:TOP]
            zone = self.clock.zone(shown[0].first)
            columns = [
                Column("Source", fold=_ADDRESS),
                Column("Attempts", right=True),
                Column("Accounts", right=True),
                Column(f"First, last ({zone})"),
                Column("Verdicts", fold=_VERDICTS),
            ]
            self.screen.table(
                columns,
                [
                    (
                        row.source,
                        f"{number(row.attempts)}\n{row.per_minute:,.1f}/min",
                        bound(row.accounts),
                        "\n".join(self.clock.both(row.first, row.last)),
                        words.counts(row.outcomes).replace(", ", "\n"),
                    )
                    for row in shown
                ],
            )
            self.screen.more(TOP, found.total)
        stale = self.report.stale
        for old in stale.rows[:TOP]:
            self.screen.line(
                f"old password, no guessing: {old.source} on {account(old.account)},"
                f" {number(old.repeated)} times the same, {self.clock.span(old.first, old.last)}",
                SOFT,
            )
        self.screen.more(TOP, stale.total)

    def _attacked(self) -> None:
        found = self.report.attacked
        if not found.total:
            self.screen.head("No account is attacked", GOOD)
            return
        self.screen.head(f"Attacked: {some(found.total, 'account')}", WARN)
        shown = found.rows[:TOP]
        columns = [
            Column("Account", fold=_NAME),
            Column("Failures", right=True),
            Column("Sources", right=True),
            Column("Passwords", right=True),
            Column("Logins", right=True),
            Column(f"First, last ({self.clock.zone(shown[0].first)})"),
        ]
        self.screen.table(
            columns,
            [
                (
                    account(row.account),
                    number(row.failures),
                    bound(row.sources),
                    "unseen" if row.secrets is None else bound(row.secrets),
                    number(row.successes),
                    "\n".join(self.clock.both(row.first, row.last)),
                )
                for row in shown
            ],
        )
        self.screen.more(TOP, found.total)

    def _encrypted(self) -> None:
        of = self.report.encryption
        unread = of.starttls + of.implicit
        self.screen.head(
            f"Unread, in TLS: {words.share(unread, of.sessions)} of {some(of.sessions, 'session')}"
        )
        self.screen.line(
            f"{number(of.starttls)} by STARTTLS, {number(of.implicit)} by implicit TLS;"
            f" {number(of.clear)} in clear, {number(of.unknown)} without content",
            SOFT,
        )

    def _lost(self) -> None:
        lost = self.report.lost
        notes: list[str] = []
        if lost.gaps:
            notes.append(f"{some(lost.gap_bytes, 'byte')} in {some(lost.gaps, 'gap')}")
        if lost.verdicts_unknown:
            notes.append(some(lost.verdicts_unknown, "verdict not seen", "verdicts not seen"))
        if lost.sessions_midstream:
            notes.append(f"the start of {some(lost.sessions_midstream, 'session')}")
        if lost.frames_snapped:
            notes.append(f"the ends of {some(lost.frames_snapped, 'SMTP frame')}, cut by the capture length")
        if lost.frames_undecoded:
            why = f" ({words.counts(lost.undecoded)})" if lost.undecoded else ""
            notes.append(f"{some(lost.frames_undecoded, 'frame')} not decoded{why}")
        if not notes:
            self.screen.head("Nothing was lost", GOOD)
        else:
            self.screen.head("Lost", WARN)
        for note in notes:
            self.screen.line(note)
        for odd in lost.anomalies[:TOP]:
            self.screen.line(f"{number(odd.count)} {odd.name}: {odd.meaning}", SOFT)
        self.screen.more(TOP, len(lost.anomalies))
        if lost.forgotten:
            self.screen.line(
                f"This report had no room for {words.counts(lost.forgotten)}: these lists are incomplete, the"
                " totals are not.",
                WARN,
            )


def _evidence(*seen: tuple[Place, str]) -> str:
    """Return `attack.pcap packets 17 (first failure), 40 (login)`, as much of it as is known."""
    by_file: dict[str, list[str]] = {}
    for place, what in seen:
        if place.packet is not None:
            file = "" if place.file is None else f"{label(place.file)} "
            by_file.setdefault(file, []).append(f"{place.packet} ({what})")
    return "; ".join(
        f"{file}{'packet' if len(packets) == 1 else 'packets'} {', '.join(packets)}"
        for file, packets in by_file.items()
    )
