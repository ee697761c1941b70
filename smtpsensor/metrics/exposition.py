"""The metrics as text, in the form the scraper asks for."""

import gzip
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    Metric,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.exposition import generate_latest as open_metrics
from prometheus_client.registry import Collector as AnyCollector

from smtpsensor.metrics.collector import Collector

# s. Who asks again within this time gets the same text: a scrape must not cost more because many ask.
FRESH: Final = 1.0
_LEVEL: Final = 1  # of gzip: a tenth of the size for a fifth of the time of the usual 6
Form = tuple[bool, bool, bool]  # OpenMetrics, gzip, for Prometheus


class _One(AnyCollector):
    """What one scrape reads."""

    def __init__(self, collect: Callable[[], Iterator[Metric]]) -> None:
        self._collect = collect

    def collect(self) -> Iterator[Metric]:
        return self._collect()


class Exposition:
    """Writes down what the collector and those of prometheus-client (process, Python) say."""

    def __init__(self, collector: Collector, clock: Callable[[], float]) -> None:
        """Take a `clock` in seconds that never goes back."""
        self._collector = collector
        self._clock = clock
        nowhere = CollectorRegistry()
        self._others = (
            ProcessCollector(registry=None),
            PlatformCollector(registry=None),
            GCCollector(nowhere),
        )
        self._written: dict[Form, tuple[float, bytes]] = {}

    def text(self, *, openmetrics: bool, zipped: bool, prometheus: bool, hold: float = 0.0) -> bytes:
        """Return the page. `prometheus`, `hold`: see `firsts`."""
        form = (openmetrics, zipped, prometheus)
        now = self._clock()
        then, page = self._written.get(form, (now - FRESH, b""))
        if now - then < FRESH:
            return page

        def collect() -> Iterator[Metric]:
            own = self._collector.collect(prometheus=prometheus, now=now, hold=hold)
            return chain(own, *(other.collect() for other in self._others))

        page = (open_metrics if openmetrics else generate_latest)(_One(collect))
        if zipped:
            page = gzip.compress(page, _LEVEL, mtime=0)
        self._written[form] = now, page
        return page


def content_type(*, openmetrics: bool) -> str:
    """Return the Content-Type of a page."""
    return CONTENT_TYPE_LATEST if openmetrics else CONTENT_TYPE_PLAIN_0_0_4


def wants(header: str, kind: str) -> float:
    """Return the weight (RFC 9110 section 12.4.2) that an Accept or Accept-Encoding gives `kind`; 0: none."""
    for word in header.split(","):
        name, *parameters = (part.strip().lower() for part in word.split(";"))
        if name == kind:
            weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
            try:
                return min(1.0, max(0.0, float(weight)))
            except ValueError:
                return 0.0
    return 0.0


def wants_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics is asked for, and not less than the older text."""
    weight = wants(accept, "application/openmetrics-text")
    return weight > 0 and weight >= wants(accept, "text/plain")
