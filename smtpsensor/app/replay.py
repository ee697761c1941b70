"""`smtpsensor replay`: captures in, events and a report out."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from smtpsensor.app.collector import calm
from smtpsensor.app.configfile import load_config
from smtpsensor.app.exits import DONE, FOUND, SIGNALLED, UNUSABLE
from smtpsensor.app.findings import Findings
from smtpsensor.app.messages import Messages, called, problem_text
from smtpsensor.app.options import ReplayOptions
from smtpsensor.app.outputs import Outputs
from smtpsensor.app.pacing import Pace
from smtpsensor.app.progress import progress_for
from smtpsensor.app.showing import plain, show
from smtpsensor.app.signals import Stop, Stopped
from smtpsensor.app.writers import same_file
from smtpsensor.capture.inputs import Inputs, expand
from smtpsensor.capture.timeline import Timeline
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.detect.problems import RuleErrors
from smtpsensor.detect.site import Site
from smtpsensor.pipeline import Pipeline
from smtpsensor.report.builder import ReportBuilder
from smtpsensor.sinks.geo import Geo, GeoError
from smtpsensor.sinks.names import NamePolicy, Names
from smtpsensor.tagging import new_key

if TYPE_CHECKING:
    from smtpsensor.app.alerting import Alerting
    from smtpsensor.app.serving import Serving

Tick = Callable[[], None]


def replay(options: ReplayOptions) -> int:
    """Read all captures and report. Returns the exit code; raises nothing for any input or output."""
    messages = Messages(quiet=options.quiet)
    inputs = expand(options.paths)
    for problem in inputs.errors:
        messages.error(problem_text(problem))
    for problem in inputs.warnings:
        messages.warn(problem_text(problem))
    if not inputs.paths:
        return UNUSABLE
    for target in options.outputs:
        if any(same_file(target, path) for path in inputs.paths):
            messages.error(f"{target}: is a capture to be read, and would be lost; write to another file")
            return UNUSABLE
    try:
        engine = _engine(options)
        geo = Geo(*options.mmdb) if options.mmdb else None
    except RuleErrors as found:
        for error in found.errors:
            messages.error(str(error))
        return UNUSABLE
    except GeoError as error:
        messages.error(str(error))
        return UNUSABLE
    with Stop() as stop, calm():
        run = _Replay(options, inputs, engine, geo, messages, stop)
        run.run()
    if stop.signal:
        return SIGNALLED + stop.signal
    if messages.failed:
        return UNUSABLE
    return FOUND if run.alarmed else DONE


def _engine(options: ReplayOptions) -> Engine:
    """Return the engine with the rules in force; raises RuleErrors."""
    site = Site() if options.config is None else load_config(options.config)
    return Engine(load_rules(options.rules, site), site)


class _Replay:
    """One run over all inputs."""

    def __init__(
        self,
        options: ReplayOptions,
        inputs: Inputs,
        engine: Engine,
        geo: Geo | None,
        messages: Messages,
        stop: Stop,
    ) -> None:
        self.alarmed = False  # an alert was opened that `--fail-on` asks for
        self._engine = engine
        self._geo = geo
        self._options = options
        self._inputs = inputs
        self._messages = messages
        self._stop = stop
        self._pipeline = Pipeline(options.settings)
        self._timeline = Timeline(inputs.paths, self._pipeline.stats)
        self._told = (0, 0)  # errors and warnings of the timeline that were said
        self._pace = None if options.speed is None else Pace(options.speed)
        self._serving = _serving(options, engine, messages)
        self._alerting: Alerting | None = None

    def run(self) -> None:
        serving = self._serving
        try:
            self._alerting = _alerting(self._options, self._messages, serving)
        except RuleErrors as found:
            for error in found.errors:
                self._messages.error(str(error))
            return
        if serving is not None and not serving.start(self._pipeline, self._pace):
            return
        try:
            self._run(serving)
        finally:
            if serving is not None:
                serving.stop()
        if self._alerting is not None:
            self._alerting.close()

    def _run(self, serving: "Serving | None") -> None:
        options, messages, pipeline = self._options, self._messages, self._pipeline
        stats = pipeline.stats
        policy = NamePolicy(options.names, new_key() if options.names is Names.HASH else b"")
        engine = self._engine
        report = ReportBuilder(stats, policy, host=options.settings.host, rules=engine.rules, geo=self._geo)
        findings = Findings(stats)
        beside = self._alerting or (None if serving is None else serving.counters)
        with Outputs(options, policy, report, engine, messages, self._geo, beside) as outputs:
            if serving is not None:
                serving.sinks = outputs.states
            with progress_for(options, self._timeline, stats, messages) as progress:
                try:
                    if serving is not None and self._pace is not None:
                        serving.await_scrape(self._stop)
                    self._read(outputs, findings, progress.tick)
                except Stopped:
                    messages.note(f"stopped: the report covers the {stats.frames:,} frames read so far")
                self._tell()
            pipeline.finish()
            outputs.take(pipeline.drain())
            outputs.finish()
            if serving is not None:
                self._tell_report(report, findings)
                outputs.flush()
                serving.hold(self._stop, lambda: self._elapse(outputs))
        self.alarmed = outputs.alarmed
        if serving is None:
            self._tell_report(report, findings)

    def _tell_report(self, report: ReportBuilder, findings: Findings) -> None:
        """Show the report, and serve it if anything is served."""
        options, messages, serving = self._options, self._messages, self._serving
        findings.tell(messages)
        if messages.failed and not self._pipeline.stats.frames:
            return  # a report on nothing would look as if all were well
        shown = options.json or not (options.quiet or options.stdout_taken)
        if not shown and serving is None:
            return
        found = report.build(tuple(self._inputs.paths), options.filters, self._engine.stats())
        if serving is not None:
            serving.publish(plain(found, options), found.to_json())
        if shown:
            show(found, options, messages)

    def _elapse(self, outputs: Outputs) -> None:
        """Let time pass at the pace of the replay where no frame is due: alerts end when it was quiet."""
        quiet = None if self._pace is None else self._pace.quiet
        if quiet is not None:
            outputs.advance(quiet)
        if self._alerting is not None:
            self._alerting.tell()

    def _read(self, outputs: Outputs, findings: Findings, tick: Tick) -> None:
        """Take every batch, until nobody wants the rest. Raises Stopped if a signal came."""
        pipeline, timeline, waiting = self._pipeline, self._timeline, self._stop.waiting
        feed, events, after = pipeline.feed, pipeline.events, findings.after
        pace = self._pace
        # A pipe, or a pace: what was brought shall not wait for what is to come.
        pauses = timeline.bytes_total is None or pace is not None
        batches = timeline.batches() if pace is None else pace.paced(timeline.batches())
        try:
            while not outputs.unwanted:
                with waiting:
                    batch = next(batches, None)
                if batch is None:
                    break
                feed(batch)
                after(batch.file)
                if events:
                    outputs.take(pipeline.drain(), flush=pauses)
                if pace is not None:
                    self._elapse(outputs)
                self._tell()
                tick()
        except Stopped:
            raise
        except Exception as error:
            read = pipeline.stats.frames
            error.add_note(f"reading {called(timeline.current)} behind {read:,} frames")
            raise

    def _tell(self) -> None:
        """Say what the timeline met since the last time."""
        errors, warnings = self._timeline.errors, self._timeline.warnings
        if (len(errors), len(warnings)) != self._told:
            for problem in errors[self._told[0] :]:
                self._messages.error(problem_text(problem))
            for problem in warnings[self._told[1] :]:
                self._messages.warn(problem_text(problem))
            self._told = len(errors), len(warnings)
        if self._alerting is not None:
            self._alerting.tell()


def _serving(options: ReplayOptions, engine: Engine, messages: Messages) -> "Serving | None":
    if options.serve is None:
        return None
    from smtpsensor.app.serving import Serving  # noqa: PLC0415 - 150 ms that only --serve has to pay

    return Serving(options.serve, options, engine, messages)


def _alerting(options: ReplayOptions, messages: Messages, serving: "Serving | None") -> "Alerting | None":
    """Return what sends alerts to Alertmanager, if anybody wants it; raises RuleErrors."""
    if not options.alertmanagers and options.config is None:
        return None
    from smtpsensor.app.alerting import Alerting  # noqa: PLC0415 - the same for TLS and threads

    alerting = Alerting.of(options, messages, None if serving is None else serving.counters)
    if serving is not None:
        serving.alerting = alerting
    return alerting
