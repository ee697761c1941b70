"""The open outputs of a run: events and the alerts they cause, through filter and name policy, to each."""

from types import TracebackType
from typing import NamedTuple, Self

from smtpsensor.app.messages import Messages
from smtpsensor.app.options import ReplayOptions
from smtpsensor.app.writers import Writer, finished, output_line, wanted
from smtpsensor.detect.alert import Alert, AlertState
from smtpsensor.detect.engine import Engine
from smtpsensor.events import Event
from smtpsensor.metrics.sinkstate import SinkState
from smtpsensor.report.builder import ReportBuilder
from smtpsensor.sinks.geo import Geo
from smtpsensor.sinks.names import NamePolicy, Names
from smtpsensor.sinks.output import STDOUT, Output, OutputClosed, OutputError, open_output


class _Open(NamedTuple):
    """An output that takes what it is given."""

    writer: Writer
    output: Output
    state: SinkState


class Outputs:
    """Takes events; a failing output is said once and left out, the others go on. Leaving closes all."""

    def __init__(
        self,
        options: ReplayOptions,
        policy: NamePolicy,
        report: ReportBuilder,
        engine: Engine,
        messages: Messages,
        geo: Geo | None = None,
        counters: Writer | None = None,
    ) -> None:
        self.alarmed = False  # an alert was opened that `--fail-on` asks for
        self._fail_rank = 0 if options.fail_on is None else options.fail_on.rank
        self._engine = engine
        self._filter = options.events_filter
        self._policy = policy
        self._report = report
        self._messages = messages
        self._counters = counters
        self.states: list[SinkState] = []
        self._open: list[_Open] = []
        # Nobody reads what is still to come: neither a report nor another output is wanted.
        self.unwanted = False
        self._report_wanted = not options.quiet and not options.stdout_taken
        for name, target, make in wanted(options, geo):
            state = SinkState(name)
            self.states.append(state)
            try:
                output = open_output(target)
            except OutputError as error:
                state.up, state.failures = False, 1
                messages.error(output_line(error))
                continue
            self._open.append(_Open(make(output), output, state))

    def take(self, events: list[Event], *, flush: bool = False) -> None:
        """Pass events on in order. `flush`: readers shall see them now, for the next may take a while."""
        detect = self._engine.take  # all events: a filter does not change what is found
        found: list[Event | Alert] = []
        for event in events:
            found.append(event)
            if said := detect(event):
                found += said
        self._pass_on(found, flush=flush)

    def advance(self, ts: int) -> None:
        """Let time pass without events, up to `ts` (ns)."""
        self._pass_on(list(self._engine.advance(ts)), flush=True)

    def flush(self) -> None:
        """Hand on what was taken: nothing more may come for a while."""
        self._pass_on([], flush=True)

    def finish(self) -> None:
        """Pass on what the rules say in the end."""
        self._pass_on(list(self._engine.finish()), flush=False)

    def _pass_on(self, events: list[Event | Alert], *, flush: bool) -> None:
        if self._filter.active:
            keep = self._filter.keep
            events = [event for event in events if keep(event)]
        add = self._report.add
        for event in events:
            if isinstance(event, Alert):
                self._alert(event)
            else:
                add(event)
        if self._policy.mode is not Names.FULL:
            events = list(map(self._policy.apply, events))
        if self._counters is not None:
            for event in events:
                self._counters.write(event)
        for entry in self._open[:]:
            writer, output, state = entry
            try:
                write = writer.write
                for event in events:
                    write(event)
                state.written += len(events)
                if flush or output.name == STDOUT:
                    writer.flush()
            except (OutputError, OutputClosed) as error:
                self._failed(entry, error)

    def _alert(self, alert: Alert) -> None:
        self._report.alert(alert)
        if alert.state is AlertState.OPENED and alert.severity.rank <= self._fail_rank:
            self.alarmed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what is left and close everything; after a second Ctrl-C nothing more is waited for."""
        if isinstance(raised, KeyboardInterrupt):
            return
        for entry in self._open[:]:
            writer, output, _ = entry
            try:
                finished(writer)
                output.close()
            except (OutputError, OutputClosed) as error:
                self._failed(entry, error)
        self._open.clear()

    def _failed(self, entry: _Open, error: OutputError | OutputClosed) -> None:
        self._open.remove(entry)
        entry.state.up = False
        entry.state.failures += 1
        if isinstance(error, OutputError):
            self._messages.error(output_line(error))
        elif not self._open and not self._report_wanted:
            self.unwanted = True
