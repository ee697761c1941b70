"""`--serve`: the metrics of a run, and its report, over HTTP until Ctrl-C."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from smtpsensor.app import crash
from smtpsensor.app.messages import Messages
from smtpsensor.app.options import ReplayOptions, ServeOptions
from smtpsensor.app.pacing import Pace
from smtpsensor.app.signals import Stop, Stopped
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.problems import RuleErrors
from smtpsensor.metrics.collector import Collector, Sensor
from smtpsensor.metrics.counters import Counters
from smtpsensor.metrics.exposition import Exposition
from smtpsensor.metrics.limits import Usage, detection, own, packet_path
from smtpsensor.metrics.listen import ListenError
from smtpsensor.metrics.served import Page, Served
from smtpsensor.metrics.server import Exporter
from smtpsensor.metrics.webconfig import WebConfig, load_web_config
from smtpsensor.pipeline import Pipeline

if TYPE_CHECKING:
    from smtpsensor.app.alerting import Alerting
    from smtpsensor.metrics.sinkstate import SinkState

_PAUSE: Final = 0.2  # s: so often time is moved on while nothing comes any more
_TEXT: Final = "text/plain; charset=utf-8"
_JSON: Final = "application/json"


class Serving:
    """Counts what passes and serves it. `counters` is to be fed as any other output."""

    def __init__(
        self, serve: ServeOptions, options: ReplayOptions, engine: Engine, messages: Messages
    ) -> None:
        self._serve = serve
        self._engine = engine
        self._messages = messages
        self._limits = options.settings.limits
        self.counters = Counters((rule.facts for rule in engine.rules), top=serve.top)
        self._served = Served(options.settings.host)
        self._exporter: Exporter | None = None
        self.sinks: list[SinkState] = []  # of the outputs, once they are open
        self.alerting: Alerting | None = None

    def start(self, pipeline: Pipeline, pace: Pace | None) -> bool:
        """Listen. False: it cannot be, and that is said."""
        web = self._web_config()
        if web is None:
            return False
        sensor = Sensor(
            pipeline.stats,
            self.counters,
            limits=lambda: self._usage(pipeline),
            sinks=lambda: [*self.sinks, *(() if self.alerting is None else self.alerting.states())],
            lag=lambda: 0.0 if pace is None else pace.lag,
        )
        exposition = Exposition(Collector(sensor), time.monotonic)
        exporter = Exporter(exposition, self._served, self._failed, web)
        listen = self._serve.listen
        try:
            exporter.start(listen)
        except ListenError as error:
            self._messages.error(f"--listen: {error}")
            return False
        self._exporter = exporter
        self._served.ready.set()
        if not listen.is_loopback and not web.users:
            self._messages.warn(
                f"{listen}: anybody who gets there may read it; ask for names with --web-config"
            )
        self._messages.note(f"metrics at {exporter.url}metrics")
        return True

    def await_scrape(self, stop: Stop) -> None:
        """Wait until somebody has seen the counters at 0, or for as long as was asked for. Raises Stopped."""
        if self._serve.wait and not self._served.scraped.is_set():
            self._messages.note(
                f"waiting up to {self._serve.wait:g} s for a first scrape, so that rate() sees everything;"
                " --wait 0 begins at once"
            )
        until = time.monotonic() + self._serve.wait
        while not self._served.scraped.is_set() and (left := until - time.monotonic()) > 0:
            with stop.waiting:
                time.sleep(min(left, _PAUSE))

    def publish(self, text: bytes, json: bytes) -> None:
        """Put the report beside the metrics."""
        self._served.pages.update({"report": Page(text, _TEXT), "report.json": Page(json, _JSON)})

    def hold(self, stop: Stop, elapse: Callable[[], None]) -> None:
        """Serve until a signal comes; `elapse` is called now and then."""
        if self._exporter is None or stop.signal:
            return
        self._messages.note(f"the report is at {self._exporter.url}report; Ctrl-C ends")
        try:
            while True:
                elapse()
                with stop.waiting:
                    time.sleep(_PAUSE)
        except Stopped:
            stop.signal = 0  # the end that was waited for

    def stop(self) -> None:
        """Serve nobody any more."""
        if self._exporter is not None:
            self._exporter.stop()

    def _web_config(self) -> WebConfig | None:
        path = self._serve.web_config
        if path is None:
            return WebConfig()
        try:
            web = load_web_config(path)
        except RuleErrors as found:
            for error in found.errors:
                self._messages.error(str(error))
            return None
        ends = None if web.tls is None else web.tls.ends()
        if ends is not None and ends < time.time():
            day = time.strftime("%Y-%m-%d", time.gmtime(ends))
            self._messages.warn(
                f"{path}: the certificate expired on {day}; clients refuse it until it is renewed"
            )
        return web

    def _usage(self, pipeline: Pipeline) -> list[Usage]:
        engine = self._engine
        return [
            *packet_path(self._limits, pipeline.used(), pipeline.stats.named),
            *detection(engine.caps, engine.stats(), engine.alerts.fullest, engine.alerts.kept),
            *own(self.counters),
            *(() if self.alerting is None else (self.alerting.usage(),)),
        ]

    def _failed(self, error: BaseException) -> None:
        crash.report(error, self._messages.say)
