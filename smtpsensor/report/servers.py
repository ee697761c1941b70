"""The servers' part of the screen: where AUTH is in clear, and how each server answers."""

from smtpsensor.report import words
from smtpsensor.report.model import Report, ServerRow, Times
from smtpsensor.report.screen import GOOD, HEAD, INDENT, SOFT, TOP, WARN, Column, Screen
from smtpsensor.report.words import GLUE, label, number, some

_SERVER = 20  # columns to which a server may be folded
_MANY = 20  # times from which on the slowest twentieth is more than the slowest


def show_clear(report: Report, screen: Screen) -> None:
    """Print where AUTH is offered or used in clear."""
    found = report.clear
    if not found.total:
        screen.head("AUTH is neither offered nor used in clear", GOOD)
        return
    screen.head(f"AUTH in clear: {some(found.total, 'server')}", WARN)
    shown = found.rows[:TOP]
    columns = [
        Column("Server", fold=_SERVER),
        Column("Offered", right=True),
        Column("Attempts", right=True),
        Column("Readable", right=True),
        Column("Logins", right=True),
    ]
    rows = [
        (
            words.server(row.server, row.port),
            number(row.offering),
            number(row.attempts),
            number(row.readable),
            number(row.successes),
        )
        for row in shown
    ]
    offers = [" ".join(map(label, row.mechanisms)) or "none offered" for row in shown]
    wide = [*columns, Column("Mechanisms")]
    full = [(*row, offer) for row, offer in zip(rows, offers, strict=True)]
    fits = screen.fits(wide, full)
    screen.table(*((wide, full) if fits else (columns, rows)))
    screen.more(TOP, found.total)
    if not fits:
        mechanisms = dict.fromkeys(mechanism for row in shown for mechanism in row.mechanisms)
        screen.line(f"Mechanisms: {' '.join(map(label, mechanisms)) or 'none offered'}")
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
        codes = ", ".join(f"{number(count)}{GLUE}x{GLUE}{code}" for code, count in row.codes.items())
        _detail(screen, f"codes: {codes}")
    if row.success_times is not None:
        _detail(screen, f"successes answered in {_times(row.success_times)}")
    if row.failure_times is not None:
        _detail(screen, f"failures answered in {_times(row.failure_times)}")
        _detail(screen, f"slows an attacker: {'yes' if row.slows else 'no'}", "" if row.slows else WARN)


def _times(times: Times) -> str:
    """Return as much as so many times can say."""
    if times.count == 1:
        return words.wait(times.max)
    said = [(times.median, "median"), (times.p95, "95 %"), (times.max, "longest")]
    if times.count < _MANY:
        del said[1]
    return ", ".join(f"{words.wait(ms)} ({what})".replace(" ", GLUE) for ms, what in said)


def _detail(screen: Screen, text: str, style: str = "") -> None:
    screen.line(text, style, indent=2 * INDENT)
