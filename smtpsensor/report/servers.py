"""The servers' part of the screen: where AUTH is in clear, and how each server answers."""

from smtpsensor.report import words
from smtpsensor.report.model import Report, ServerRow, Times
from smtpsensor.report.screen import GOOD, HEAD, INDENT, SOFT, TOP, WARN, Column, Screen
from smtpsensor.report.words import label, number, some

_SERVER = 20  # columns to which a server may be folded
_MECHANISMS = 16  # ... and a list of mechanisms


def show_clear(report: Report, screen: Screen) -> None:
    """Print where AUTH is offered or used in clear."""
    found = report.clear
    if not found.total:
        screen.head("AUTH is neither offered nor used in clear", GOOD)
        return
    screen.head(f"AUTH in clear: {some(found.total, 'server')}", WARN)
    columns = [
        Column("Server", fold=_SERVER),
        Column("Offered", right=True),
        Column("Attempts", right=True),
        Column("Readable", right=True),
        Column("Logins", right=True),
        Column("Mechanisms", fold=_MECHANISMS),
    ]
    rows = [
        (
            words.server(row.server, row.port),
            number(row.offering),
            number(row.attempts),
            number(row.readable),
            number(row.successes),
            " ".join(map(label, row.mechanisms)) or "none offered",
        )
        for row in found.rows[:TOP]
    ]
    screen.table(columns, rows)
    screen.more(TOP, found.total)
    screen.line("Offered: sessions. Readable: attempts whose password or token was visible.", SOFT)


def show_servers(report: Report, screen: Screen) -> None:
    """Print what each server is, offers and answers."""
    found = report.servers
    screen.head(f"Servers: {number(found.total)}", HEAD)
    for row in found.rows[:TOP]:
        _server(screen, row)
    screen.more(TOP, found.total)


def _server(screen: Screen, row: ServerRow) -> None:
    about = [words.server(row.server, row.port), *map(label, row.names[:1]), *map(label, row.software[:1])]
    screen.line(", ".join(about), HEAD)
    tls = [
        f"{number(count)} in TLS by {how}"
        for count, how in ((row.starttls, "STARTTLS"), (row.implicit_tls, "implicit TLS"))
        if count
    ]
    _detail(screen, ", ".join([some(row.sessions, "session"), *tls]))
    if row.offered:
        _detail(screen, f"offers in clear: {' '.join(map(label, row.offered))}")
    if row.outcomes:
        _detail(screen, f"used: {words.counts(row.used) or 'no mechanism seen'}")
        _detail(screen, f"verdicts: {words.counts(row.outcomes)}")
    if row.codes:
        codes = ", ".join(f"{number(count)} x {code}" for code, count in row.codes.items())
        _detail(screen, f"codes: {codes}")
    if row.failure_times is not None:
        _detail(screen, f"failures answered in {_times(row.failure_times)}")
        _detail(screen, f"slows an attacker: {'yes' if row.slows else 'no'}", "" if row.slows else WARN)
    if row.success_times is not None:
        _detail(screen, f"successes answered in {_times(row.success_times)}")


def _times(times: Times) -> str:
    median, p95, longest = (words.wait(ms) for ms in (times.median, times.p95, times.max))
    return f"{median} (median), {p95} (95 %), {longest} (longest)"


def _detail(screen: Screen, text: str, style: str = "") -> None:
    screen.line(text, style, indent=2 * INDENT)
