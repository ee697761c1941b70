"""`--alertmanager`: the alerts of a run straight to Alertmanager, and what is said about it."""

import time
from typing import Self

from smtpsensor.app.alertmanagerfile import AlertmanagerConfig, load_alertmanager
from smtpsensor.app.messages import Messages
from smtpsensor.app.options import ReplayOptions
from smtpsensor.app.writers import Writer
from smtpsensor.metrics.limits import Usage
from smtpsensor.metrics.sinkstate import SinkState
from smtpsensor.sinks.alertmanager_sender import AlertmanagerSink


class Alerting:
    """Takes what passes and hands the alerts on. `beside`: another that is to be given the same."""

    def __init__(self, sink: AlertmanagerSink, messages: Messages, beside: Writer | None) -> None:
        self._sink = sink
        self._messages = messages
        self._beside = beside

    @classmethod
    def of(cls, options: ReplayOptions, messages: Messages, beside: Writer | None) -> Self | None:
        """Return one that runs, None where no Alertmanager was named. Raises RuleErrors."""
        found = AlertmanagerConfig() if options.config is None else load_alertmanager(options.config)
        addresses = tuple(dict.fromkeys((*options.alertmanagers, *found.addresses)))
        if not addresses:
            return None
        sink = AlertmanagerSink(
            addresses,
            found.access,
            options.settings.host,
            time.time_ns,
            more=found.labels,
            generator=found.generator,
        )
        return cls(sink, messages, beside)

    def write(self, event: object) -> None:
        """Take one event or alert."""
        self._sink.write(event)
        if self._beside is not None:
            self._beside.write(event)

    def flush(self) -> None:
        """Do nothing: alerts are on their way."""

    def tell(self) -> None:
        """Say what happened since the last time."""
        for text in self._sink.messages():
            self._messages.warn(text)

    def states(self) -> list[SinkState]:
        """Return how each replica does, as of now."""
        return [
            SinkState(f"alertmanager {one.name}", one.up, one.written, one.failures, one.queue)
            for one in self._sink.states()
        ]

    def usage(self) -> Usage:
        """Return how full the list of what is to be sent is."""
        return Usage("alertmanager", self._sink.cap, len(self._sink.book), self._sink.book.dropped)

    def close(self) -> None:
        """Send what is new, for ten seconds at most; say what nobody took."""
        lost = self._sink.close()
        self.tell()
        if lost:
            self._messages.error(
                f"--alertmanager: {lost} alert{'s were' if lost > 1 else ' was'} taken by no Alertmanager;"
                " see whether it runs and send them again by another replay"
            )
