"""The report on standard output: for people, or as JSON."""

import sys
from datetime import UTC, datetime, tzinfo
from io import StringIO

from smtpsensor.app.messages import Messages
from smtpsensor.app.options import ReplayOptions
from smtpsensor.app.writers import output_line
from smtpsensor.report.model import Report
from smtpsensor.sinks.output import STDOUT, OutputClosed, OutputError, open_output

_WIDTH = 120  # of a report that no terminal shows


def show(report: Report, options: ReplayOptions, messages: Messages) -> None:
    """Write the report. A reader that went away (`| head`) is no error."""
    if sys.stdout is None:
        messages.error("standard output: is closed; leave it open, or ask for --quiet")
        return
    try:
        output = open_output(STDOUT)
        output.write(report.to_json() if options.json else _rendered(report, options))
        output.close()
    except OutputError as error:
        messages.error(output_line(error))
    except OutputClosed:
        pass


def plain(report: Report, options: ReplayOptions) -> bytes:
    """Return the report as text for no terminal in particular."""
    from rich.console import Console  # noqa: PLC0415

    from smtpsensor.report.terminal import render  # noqa: PLC0415

    memory = StringIO()
    console = Console(file=memory, highlight=False, color_system=None, width=_WIDTH)
    render(report, console, LocalZone() if options.local else UTC)
    return memory.getvalue().encode("utf-8", "backslashreplace")


def _rendered(report: Report, options: ReplayOptions) -> bytes:
    from rich.console import Console  # noqa: PLC0415 - 60 ms that --json and --events - need not pay

    from smtpsensor.report.terminal import render  # noqa: PLC0415

    # The console sees what kind of terminal it is and writes into memory: from there, the text takes the way
    # of every output.
    memory = _Memory()
    render(report, Console(file=memory, highlight=False), LocalZone() if options.local else UTC)
    return memory.getvalue().encode(memory.encoding, "backslashreplace")


class _Memory(StringIO):
    """Standard output, but for what is written to it."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # StringIO's is None
        """Return the encoding of standard output."""
        return sys.stdout.encoding

    def isatty(self) -> bool:
        """Say whether standard output is a terminal."""
        return sys.stdout.isatty()


class LocalZone(tzinfo):
    """The zone of this machine, summer time included."""

    def fromutc(self, dt: datetime) -> datetime:
        """Return a UTC time with the name and offset that this machine's zone had at that moment."""
        return dt.replace(tzinfo=UTC).astimezone()

    def utcoffset(self, dt: object) -> None:
        """Return nothing, and so do the other two: what `fromutc` returns has a zone of its own."""

    dst = utcoffset
    tzname = utcoffset
