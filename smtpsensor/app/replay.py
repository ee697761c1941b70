"""`smtpsensor replay`: captures in, events and a report out."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from smtpsensor.app.messages import Messages
from smtpsensor.app.options import ReplayOptions
from smtpsensor.app.outputs import Outputs, output_line
from smtpsensor.app.progress import progress_for
from smtpsensor.app.signals import Stop, Stopped
from smtpsensor.capture.inputs import Inputs, expand
from smtpsensor.capture.timeline import Timeline
from smtpsensor.pipeline import Pipeline
from smtpsensor.report.builder import ReportBuilder
from smtpsensor.report.model import Report
from smtpsensor.sinks.names import NamePolicy, Names
from smtpsensor.sinks.output import STDOUT, OutputClosed, OutputError, open_output
from smtpsensor.tagging import new_key

DONE = 0
UNUSABLE = 2


def replay(options: ReplayOptions) -> int:
    """Read all captures and report. Returns the exit code; raises nothing for any input or output."""
    messages = Messages(quiet=options.quiet)
    inputs = expand(options.paths)
    for problem in inputs.errors:
        messages.error(str(problem))
    for problem in inputs.warnings:
        messages.warn(str(problem))
    if not inputs.paths:
        return UNUSABLE
    spoiled = _overwritten(options, inputs)
    if spoiled:
        messages.error(f"{spoiled}: is a capture to be read; write to another file")
        return UNUSABLE
    with Stop() as stop:
        _run(options, inputs, messages, stop)
    if stop.code is not None:
        return stop.code
    return UNUSABLE if messages.failed else DONE


def _run(options: ReplayOptions, inputs: Inputs, messages: Messages, stop: Stop) -> None:
    pipeline = Pipeline(options.settings)
    timeline = Timeline(inputs.paths, pipeline.stats)
    policy = NamePolicy(options.names, new_key() if options.names is Names.HASH else b"")
    builder = ReportBuilder(pipeline.stats, policy, host=options.settings.host)
    outputs = Outputs(options, policy, builder, messages)
    with progress_for(options, timeline, pipeline.stats, messages) as progress:
        _read(pipeline, timeline, outputs, messages, stop, progress.tick)
    pipeline.finish()
    outputs.take(pipeline.drain())
    outputs.close()
    if messages.failed and not pipeline.stats.frames:
        return  # nothing could be read: a report would say that all is well
    if options.json or not (options.quiet or options.stdout_taken):
        _show(builder.build(tuple(inputs.paths)), options, messages)


def _read(
    pipeline: Pipeline,
    timeline: Timeline,
    outputs: Outputs,
    messages: Messages,
    stop: Stop,
    tick: Callable[[], None],
) -> None:
    """Take every batch, until a signal comes or nobody wants the rest."""
    feed, events = pipeline.feed, pipeline.events
    waiting = timeline.bytes_total is None  # a pipe may pause: what was seen shall not wait for more
    errors = warnings = 0
    batches = timeline.batches()
    try:
        while True:
            with stop.interruptible():
                batch = next(batches, None)
            if len(timeline.errors) > errors or len(timeline.warnings) > warnings:
                for problem in timeline.errors[errors:]:
                    messages.error(str(problem))
                for problem in timeline.warnings[warnings:]:
                    messages.warn(str(problem))
                errors, warnings = len(timeline.errors), len(timeline.warnings)
            if batch is None:
                break
            feed(batch)
            if events:
                outputs.take(pipeline.drain(), flush=waiting)
            tick()
            if outputs.unwanted:
                break
    except Stopped:
        pass


def _show(report: Report, options: ReplayOptions, messages: Messages) -> None:
    """Write the report to standard output."""
    try:
        if options.json:
            data = report.to_json()
        else:
            data = _rendered(report, LocalZone() if options.local else UTC)
        output = open_output(STDOUT)
        output.write(data)
        output.close()
    except OutputError as error:
        messages.error(output_line(error))
    except OutputClosed:
        pass


def _rendered(report: Report, zone: tzinfo) -> bytes:
    from rich.console import Console  # noqa: PLC0415 - 60 ms that --json and --events - need not pay

    from smtpsensor.report.terminal import render  # noqa: PLC0415

    console = Console(file=sys.stdout, highlight=False)
    with console.capture() as captured:
        render(report, console, zone)
    return captured.get().encode(console.encoding, "backslashreplace")


class LocalZone(tzinfo):
    """The zone of this machine, summer time included."""

    def fromutc(self, dt: datetime) -> datetime:
        """Return the local time of a UTC time, with the offset of that moment."""
        return dt.replace(tzinfo=UTC).astimezone()


def _overwritten(options: ReplayOptions, inputs: Inputs) -> str | None:
    """Return an output that is one of the inputs: opening it would empty it before it is read."""
    for target in (options.events, options.csv):
        if target in {None, STDOUT}:
            continue
        for path in inputs.paths:
            try:
                if os.path.samefile(str(target), path):
                    return target
            except (OSError, ValueError):
                continue
    return None
