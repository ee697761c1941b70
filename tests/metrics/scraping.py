"""What a test scrapes: a sensor over events or a capture, as text, and an exporter on loopback."""

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from support.tree import ROOT

from smtpsensor.capture.timeline import Timeline
from smtpsensor.config import Settings
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.metrics.collector import Collector, Sensor
from smtpsensor.metrics.counters import Counters
from smtpsensor.metrics.exposition import Exposition
from smtpsensor.metrics.limits import Usage, detection, own, packet_path
from smtpsensor.metrics.listen import Listen
from smtpsensor.metrics.served import Served
from smtpsensor.metrics.server import Exporter, HttpCaps
from smtpsensor.metrics.sinkstate import SinkState
from smtpsensor.metrics.webconfig import WebConfig
from smtpsensor.pipeline import Pipeline
from smtpsensor.stats import Stats

CAPTURE = ROOT / "pcaps" / "attack-demo.pcap"
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class _All:
    """What prometheus-client asks."""

    def __init__(self, collector: Collector, options: dict[str, Any]) -> None:
        self._collector, self._options = collector, options

    def collect(self) -> Iterator[Any]:
        return self._collector.collect(**self._options)


def text(sensor: Sensor, **options: Any) -> str:
    """The page, without process and Python."""
    return generate_latest(_All(Collector(sensor), options)).decode()  # type: ignore[arg-type]


def series(page: str) -> Series:
    """Every sample of a page."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


def value(page: str, name: str, **labels: str) -> float:
    return series(page)[name, tuple(sorted(labels.items()))]


def sensor(events: Iterable[object] = (), *, counters: Counters | None = None, **more: Any) -> Sensor:
    """A sensor that has seen these events."""
    counters = counters or Counters()
    for event in events:
        counters.write(event)
    return Sensor(Stats(), counters, **more)


class Replayed(NamedTuple):
    """A capture that was read, with all that a scrape sees of it."""

    sensor: Sensor
    counters: Counters


def replayed(*rules: str, top: int = 0) -> Replayed:
    """The demo capture through the pipeline and these rules."""
    engine = Engine([rule for rule in load_rules(()) if rule.name in rules])
    pipeline = Pipeline(Settings())
    counters = Counters((rule.facts for rule in engine.rules), top=top)
    for batch in Timeline((str(CAPTURE),), pipeline.stats).batches():
        pipeline.feed(batch)
    pipeline.finish()
    for event in pipeline.drain():
        counters.write(event)
        for alert in engine.take(event):
            counters.write(alert)

    def limits() -> list[Usage]:
        alerts = engine.alerts
        return [
            *packet_path(Settings().limits, pipeline.used(), pipeline.stats.named),
            *detection(engine.caps, engine.stats(), alerts.fullest, alerts.kept),
            *own(counters),
        ]

    written = [SinkState("events", written=92), SinkState("csv", up=False, written=10, failures=1)]
    return Replayed(Sensor(pipeline.stats, counters, limits=limits, sinks=lambda: written), counters)


def ticking() -> Callable[[], float]:
    """A clock that moves a minute with every look: no page is fresh."""
    minutes = count(0, 60)
    return lambda: float(next(minutes))


@contextmanager
def exporter(
    of: Sensor | None = None,
    *,
    web: WebConfig | None = None,
    caps: HttpCaps | None = None,
    clock: Callable[[], float] | None = None,
    served: Served | None = None,
) -> Iterator[tuple[str, int]]:
    """An exporter on a loopback port of its own; its mistakes fail the test."""
    failures: list[BaseException] = []
    exposition = Exposition(Collector(of or sensor()), clock or ticking())
    running = Exporter(exposition, served or Served("sensor1"), failures.append, web, caps)
    running.start(Listen("127.0.0.1", 0))
    try:
        yield "127.0.0.1", int(running.url.rstrip("/").rpartition(":")[2])
    finally:
        running.stop()
    assert failures == []


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(address: tuple[str, int], path: str = "/metrics", method: str = "GET", **headers: str) -> Answer:
    """One request on a connection of its own; `_` in names of headers is `-`."""
    lines = [f"{method} {path} HTTP/1.1", "Host: sensor", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return read(connection)


def read(connection: socket.socket) -> Answer:
    """The answer, up to the end of the connection."""
    data = b""
    while part := connection.recv(65_536):
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in rest)
    return Answer(int(first.split()[1]), headers, body)
