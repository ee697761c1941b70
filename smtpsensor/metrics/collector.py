"""One collector: makes the metrics from plain integers, anew for each scrape.

It reads what other threads write, and locks nothing: see `counters`.
"""

import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from smtpsensor import __version__
from smtpsensor.anomalies import ANOMALIES
from smtpsensor.detect.alert import Alert
from smtpsensor.metrics.counters import Counters
from smtpsensor.metrics.families import BUCKETS, FAMILIES, PREFIX, UNDECODED, Kind
from smtpsensor.metrics.firsts import Firsts
from smtpsensor.metrics.limits import Usage
from smtpsensor.metrics.sinkstate import SinkState
from smtpsensor.stats import Stats

# Alerts with a series of their own: more than fit on a screen. All are counted.
ALERTS: Final = 100
_SECOND: Final = 1_000_000_000  # ns

Labels = Sequence[str]
Series = Iterable[tuple[Labels, float]]


def _nothing() -> Sequence[Usage]:
    return ()


def _no_sinks() -> Sequence[SinkState]:
    return ()


@dataclass(frozen=True, slots=True)
class Sensor:
    """What a scrape reads. The functions are called in the thread that answers it."""

    stats: Stats
    counters: Counters
    limits: Callable[[], Iterable[Usage]] = _nothing
    sinks: Callable[[], Iterable[SinkState]] = _no_sinks
    lag: Callable[[], float] = float  # seconds; float() is 0.0
    kernel_drops: Callable[[], int] = int
    firsts: Firsts = field(default_factory=Firsts)


class Collector:
    """Makes all `smtpsensor_*` metrics. `prometheus`: it is Prometheus who asks (see `firsts`)."""

    def __init__(self, sensor: Sensor) -> None:
        self._sensor = sensor

    def collect(self, *, prometheus: bool = False, now: float = 0.0, hold: float = 0.0) -> Iterator[Metric]:
        """Yield the metrics in the order of `FAMILIES`."""
        counted = self._counted(prometheus=prometheus, now=now, hold=hold)
        for name, family in FAMILIES.items():
            if name == f"{PREFIX}auth_response_seconds":
                yield self._responses()
            else:
                yield _metric(name, family.kind, counted[name.removeprefix(PREFIX)])

    def _counted(self, *, prometheus: bool, now: float, hold: float) -> Mapping[str, Series]:
        sensor = self._sensor
        stats, counters = sensor.stats, sensor.counters
        firsts = sensor.firsts
        attempts, failures = dict(counters.attempts), dict(counters.failures)
        if prometheus:
            firsts.scraped((*attempts, *failures), now, hold)
            attempts = {labels: firsts.value(labels, number, now) for labels, number in attempts.items()}
            failures = {labels: firsts.value(labels, number, now) for labels, number in failures.items()}
        active = list(dict(counters.active).values())
        limits, sinks = list(sensor.limits()), list(sensor.sinks())
        named = stats.named
        return {
            "build_info": [((__version__, platform.python_version()), 1)],
            "auth_attempts_total": attempts.items(),
            "auth_failures_total": failures.items(),
            "sessions_total": _one_label(counters.sessions),
            "alerts_opened_total": dict(counters.opened).items(),
            "alerts_active": _by_rule(counters, active).items(),
            "alert_info": _loudest(active),
            "top_source_failures": []
            if counters.sources is None
            else _one_label(dict(counters.sources.top())),
            "top_username_failures": []
            if counters.usernames is None
            else _one_label(dict(counters.usernames.top())),
            "anomalies_total": [((name,), named.get(name, 0)) for name in ANOMALIES],
            "limit": [((one.name,), one.limit) for one in limits if one.limit is not None],
            "limit_used": [((one.name,), one.used) for one in limits if one.used is not None],
            "limit_refusals_total": [
                ((one.name,), one.refusals) for one in limits if one.refusals is not None
            ],
            "frames_total": [((), stats.frames)],
            "capture_bytes_total": [((), stats.bytes_wire)],
            "kernel_drops_total": [((), sensor.kernel_drops())],
            "gaps_total": [((), stats.gaps)],
            "gap_bytes_total": [(("client",), stats.gap_bytes_client), (("server",), stats.gap_bytes_server)],
            "undecoded_frames_total": [((reason,), named.get(reason, 0)) for reason in UNDECODED],
            "last_frame_timestamp_seconds": [((), (stats.last_ts or 0) / _SECOND)],
            "event_lag_seconds": [((), sensor.lag())],
            "sink_up": [((sink.name,), int(sink.up)) for sink in sinks],
            "sink_written_total": [((sink.name,), sink.written) for sink in sinks],
            "sink_failures_total": [((sink.name,), sink.failures) for sink in sinks],
            "sink_queue": [((sink.name,), sink.queue) for sink in sinks],
            "clock_steps_total": [((), named.get("clock_step", 0))],
        }

    def _responses(self) -> Metric:
        family = FAMILIES[f"{PREFIX}auth_response_seconds"]
        metric = HistogramMetricFamily(family.name, family.meaning, labels=family.labels)
        for outcome, times in self._sensor.counters.responses.items():
            total, buckets = 0, []
            for bound, number in zip((*map(str, BUCKETS), "+Inf"), times.counts[:], strict=True):
                total += number
                buckets.append((bound, total))
            metric.add_metric((outcome.value,), buckets, times.sum / _SECOND)
        return metric


def _metric(name: str, kind: Kind, series: Series) -> Metric:
    family = FAMILIES[name]
    metric: CounterMetricFamily | GaugeMetricFamily
    if kind is Kind.COUNTER:
        metric = CounterMetricFamily(name, family.meaning, labels=family.labels)
    else:
        metric = GaugeMetricFamily(name, family.meaning, labels=family.labels)
    for labels, value in series:
        metric.add_metric(labels, value)
    return metric


def _one_label(numbers: Mapping[str, int]) -> Series:
    return [((_text(label),), number) for label, number in numbers.items()]


def _by_rule(counters: Counters, active: Iterable[Alert]) -> dict[tuple[str, str], int]:
    """Return the number of active alerts by rule and severity; rules without any stand at 0."""
    numbers = dict.fromkeys(dict(counters.opened), 0)
    for alert in active:
        labels = (alert.rule.name, alert.severity.value)
        numbers[labels] = numbers.get(labels, 0) + 1
    return numbers


def _loudest(active: Iterable[Alert]) -> Series:
    """Yield the alerts with a series of their own: the most severe first, of these the latest."""
    ranked = sorted(active, key=lambda alert: (alert.severity.rank, -alert.first, alert.id))
    for alert in ranked[:ALERTS]:
        yield (alert.rule.name, alert.severity.value, alert.id, key_text(alert)), 1


def key_text(alert: Alert) -> str:
    """Return what an alert is about on one line: `source=192.0.2.7 username=anna`."""
    return _text(" ".join(f"{kind}={value}" for kind, value in alert.key.items()))


def _text(text: str) -> str:
    """Return a label value as UTF-8 can hold it."""
    return text.encode("utf-8", "replace").decode()
