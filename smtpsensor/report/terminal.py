"""The report for people: what to act on comes first. This, `screen` and `servers` alone need rich."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from rich.console import Console

from smtpsensor.detect.tries import GUESS_WINDOW, GUESSES, GUESSES_SLOW, MINUTE
from smtpsensor.report import words
from smtpsensor.report.alertscreen import AlertScreen
from smtpsensor.report.model import GuesserRow, Report
from smtpsensor.report.screen import GOOD, HEAD, SOFT, TOP, WARN, Column, Screen
from smtpsensor.report.servers import show_clear, show_servers
from smtpsensor.report.words import GLUE, Clock, account, bound, label, number, pace, some

_ADDRESS = 20  # columns to which an IPv6 address may be folded: two lines
_NAME = 24  # ... and a name


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
        report = self.report
        alerts = AlertScreen(report, self.screen, self.clock, self._as_far())
        if report.attempts or report.alerts.total:
            alerts.break_ins()
            alerts.others()
        if report.attempts:
            self._guessing()
            self._attacked()
        elif report.encryption.sessions:
            self.screen.head("No login attempt could be read: nobody was seen to guess or to get in")
        if report.attempts or report.encryption.sessions:
            show_clear(report, self.screen)
            self._encrypted()
        self._lost()
        if report.servers.total:
            show_servers(report, self.screen)

    def _title(self) -> None:
        report = self.report
        title = f"smtpsensor report of {label(report.host)}"
        if report.inputs:
            title += f": {words.file(report.inputs[0])}"
            title += f" and {some(len(report.inputs) - 1, 'more', 'more')}" if len(report.inputs) > 1 else ""
        self.screen.line(title, HEAD, indent=0)
        if report.first is not None and report.last is not None:
            self.screen.line(f"Captured {self.clock.span(report.first, report.last)}", indent=0)
        if report.filters:
            self.screen.line(f"Only {', '.join(map(label, report.filters))}", indent=0)
        sessions = report.encryption.sessions
        if not sessions and not report.attempts:
            nothing = "The filters left nothing." if report.filters else "No SMTP session in the input."
            self.screen.line(nothing, indent=0)
            return
        self.screen.line(f"{some(sessions, 'session')}, {some(report.attempts, 'login attempt')}", indent=0)
        if report.attempts:
            at_most = "" if report.sources.exact and report.accounts.exact else "at most "
            self.screen.line(f"Outcomes: {words.counts(report.outcomes)}", indent=0)
            names = f" on {at_most}{some(report.accounts.count, 'account')}" if report.accounts.count else ""
            self.screen.line(f"From {at_most}{some(report.sources.count, 'source')}{names}", indent=0)

    def _guessing(self) -> None:
        found = self.report.guessing
        if found.total:
            self.screen.head(f"Guessing: {some(found.total, 'source')}", WARN)
            self._guessers(found.rows[:TOP])
            self.screen.more(TOP, found.total)
        else:
            self.screen.head(f"Nobody is guessing{self._as_far()}", GOOD)
            self.screen.line(
                f"no source made {GUESSES} guesses within {GUESS_WINDOW // MINUTE} minutes,"
                f" or {GUESSES_SLOW} in all",
                SOFT,
            )
        stale = self.report.stale
        for old in stale.rows[:TOP]:
            self.screen.line(
                f"old password, no guessing: {old.source} on {account(old.account)},"
                f" {number(old.repeated)} times the same, {self.clock.span(old.first, old.last)}",
                SOFT,
            )
        self.screen.more(TOP, stale.total)

    def _guessers(self, rows: Sequence[GuesserRow]) -> None:
        """One line a source where there is room, two where there is not."""
        zone = self.clock.zone(rows[0].first)
        source, verdicts = Column("Source", fold=_ADDRESS), Column("Verdicts")
        attempts, accounts = Column("Attempts", right=True), Column("Accounts", right=True)
        wide = [source, attempts, Column("Pace", right=True), accounts, Column(f"When ({zone})"), verdicts]
        cells = [
            (
                _at_home(row),
                number(row.attempts),
                pace(row.attempts, row.last - row.first),
                bound(row.accounts),
                self.clock.short(row.first, row.last),
                words.counts(row.outcomes),
            )
            for row in rows
        ]
        if self.screen.fits(wide, cells):
            self.screen.table(wide, cells)
            return
        self.screen.table(
            [source, attempts, accounts, Column(f"First, last ({zone})"), verdicts],
            [
                (
                    _at_home(row),
                    f"{number(row.attempts)}\n{pace(row.attempts, row.last - row.first)}",
                    bound(row.accounts),
                    "\n".join(self.clock.both(row.first, row.last)),
                    words.counts(row.outcomes).replace(", ", "\n"),
                )
                for row in rows
            ],
        )

    def _attacked(self) -> None:
        found = self.report.attacked
        if not found.total:
            style = HEAD if self.report.guessing.total else GOOD
            self.screen.head(f"No single account is attacked{self._as_far()}", style)
            return
        self.screen.head(f"Attacked: {some(found.total, 'account')}", WARN)
        shown = found.rows[:TOP]
        columns = [
            Column("Account", fold=_NAME),
            Column("Sources", right=True),
            Column("Failures", right=True),
            Column("Passwords", right=True),
            Column("Logins", right=True),
            Column(f"Last ({self.clock.zone(shown[0].last)})"),
        ]
        self.screen.table(
            columns,
            [
                (
                    account(row.account),
                    bound(row.sources),
                    number(row.failures),
                    "unseen" if row.secrets is None else bound(row.secrets),
                    number(row.successes),
                    self.clock.both(row.last, row.last)[0],
                )
                for row in shown
            ],
        )
        self.screen.more(TOP, found.total)

    def _as_far(self) -> str:
        """Qualify what was not found, where something went unread or unseen."""
        of = self.report.encryption
        unseen = of.starttls or of.implicit or self.report.lost.verdicts_unknown or self.report.lost.gaps
        return ", as far as could be read" if unseen else ""

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
        if lost.anomalies:
            self.screen.head(f"Odd traffic: {some(len(lost.anomalies), 'kind')}")
        for odd in lost.anomalies[:TOP]:
            self.screen.line(f"{number(odd.count)}{GLUE}{odd.name}: {odd.meaning}", SOFT)
        self.screen.more(TOP, len(lost.anomalies))
        if lost.forgotten:
            self.screen.line(
                f"This report had no room for {words.counts(lost.forgotten)}: these lists are incomplete, the"
                " totals are not.",
                WARN,
            )
        if lost.detection:
            self.screen.line(
                f"Detection had no room for {words.counts(lost.detection)}: slow attacks may be missing.",
                WARN,
            )


def _at_home(row: GuesserRow) -> str:
    """Return the source, and below it where it belongs, cut to the width of an address."""
    return f"{row.source}\n{row.home[:_ADDRESS]}" if row.home else row.source
