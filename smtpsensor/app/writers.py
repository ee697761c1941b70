"""What writes which output: made only where it is asked for."""

import os
import stat
from collections.abc import Callable
from typing import Protocol

from smtpsensor.app.options import EventFormat, ReplayOptions
from smtpsensor.capture.opening import STDIN
from smtpsensor.sinks.geo import Geo
from smtpsensor.sinks.output import STDOUT, Output, OutputError


class Writer(Protocol):
    """What turns events into lines of one output."""

    def write(self, event: object, /) -> None:
        """Take one event or alert."""

    def flush(self) -> None:
        """Hand on what was taken."""


Maker = Callable[[Output], Writer]


def wanted(options: ReplayOptions, geo: Geo | None) -> list[tuple[str, str, Maker]]:
    """Return name, FILE or `-`, and what makes the writer, of each output that was asked for."""
    host = options.settings.host
    found: list[tuple[str, str, Maker]] = []
    if options.events is not None:
        found.append(("events", options.events, _lines(options.events_format, host, geo)))
    if options.csv is not None:
        from smtpsensor.sinks.csvfile import CsvWriter  # noqa: PLC0415 - only where asked for

        found.append(("csv", options.csv, lambda output: CsvWriter(output, host)))
    if options.openmetrics is not None:
        from smtpsensor.sinks.openmetrics import OpenMetricsWriter  # noqa: PLC0415

        found.append(("openmetrics", options.openmetrics, lambda output: OpenMetricsWriter(output, host)))
    return found


def _lines(kind: EventFormat, host: str, geo: Geo | None) -> Maker:
    if kind is EventFormat.ECS:
        from smtpsensor.sinks.ecs import EcsWriter  # noqa: PLC0415

        return lambda output: EcsWriter(output, host, geo)
    from smtpsensor.sinks.eve import EveWriter  # noqa: PLC0415

    return lambda output: EveWriter(output, host, geo)


def finished(writer: Writer) -> None:
    """Let a writer say what it can only say at the end."""
    finish = getattr(writer, "finish", None)
    if finish is not None:
        finish()
    writer.flush()


def same_file(target: str, path: str) -> bool:
    """Say whether an output FILE and an input PATH (or `-`) are one regular file."""
    try:
        one = os.stat(target)  # noqa: PTH116 - names stay as they were typed
        other = os.fstat(0) if path == STDIN else os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(one.st_mode) and os.path.samestat(one, other)


def output_line(error: OutputError) -> str:
    """Return what is said about an output that cannot be written."""
    name = "standard output" if error.path == STDOUT else error.path or "''"
    return f"{name}: cannot be written, {error.reason}; {error.fix}"
