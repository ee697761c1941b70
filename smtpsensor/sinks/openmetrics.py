"""A replay as an OpenMetrics file with the capture's own time stamps, to be loaded into Prometheus.

Counters and gauges as a sensor on the spot would have shown them to a scrape every `step` seconds: one sample
per series at every multiple of the step, from 0 before the first event to the end. An attempt counts when its
verdict came, a session when it ended.

Samples of one series may stand nowhere else than together, so the file is written at the end, by `finish`.
What is held until then is bounded: numbers per series and step; a longer capture than `steps` steps gets a
step twice as long, again and again. Written by hand and not by prometheus-client: that knows one value per
series, and its exposition would have to be taken apart to get two.
"""

from collections.abc import Iterator

from smtpsensor.detect.alert import Alert, AlertState
from smtpsensor.events import AuthEvent, Encryption, Outcome, SessionEvent
from smtpsensor.sinks.labels import OTHER, Servers, code_and_reason, mechanism
from smtpsensor.sinks.lines import Sink

STEP = 15  # s: Prometheus' usual scrape interval
# Half a day of 15 s. A day gets 30 s, a week 4 min, which still lies within the 5 min that Prometheus looks
# back.
STEPS = 3_000
# Series of one family with labels of their own: more than a site's servers and mechanisms give. Each is at
# most 0.4 MB of text, and they are written one by one.
SERIES = 256
_SECOND = 1_000_000_000  # ns
_LAST = 253_402_300_799 * _SECOND  # 9999-12-31: beyond, a capture's clock says nothing

Labels = tuple[str, ...]


class Family:
    """One metric: its series, each with what was added in which step.

    `fold`: that many labels become `other` for further label sets once there are too many.
    """

    def __init__(self, name: str, kind: str, meaning: str, labels: Labels, fold: int) -> None:
        self.name = name
        self.kind = kind
        self.meaning = meaning
        self.labels = labels
        self.fold = fold
        self.series: dict[Labels, dict[int, int]] = {}

    def start(self, values: Labels) -> dict[int, int]:
        """Return the series of these label values; a new one stands at 0 from the beginning."""
        known = self.series.get(values)
        if known is None:
            if len(self.series) >= SERIES:
                values = (OTHER,) * self.fold + values[self.fold :]
            known = self.series.setdefault(values, {})
        return known


class OpenMetricsWriter:
    """Takes events and alerts; `finish` writes. `host` becomes the label `instance`, as of a scraped sensor.

    `step`: seconds between two samples. `steps`: how many there are at most before the step is doubled.
    """

    def __init__(self, out: Sink, host: str, *, step: int = STEP, steps: int = STEPS) -> None:
        self._out = out
        self._step = step * _SECOND
        self._steps = steps
        self._first: int | None = None  # number of the first and the last step with something in it
        self._last = 0
        self._target = f'job="smtpsensor",instance="{_escaped(host)}"'
        self._servers = Servers()
        self._active: set[str] = set()  # ids; detection bounds how many there are
        where = ("server", "port", "mechanism")
        self._attempts = Family(
            "smtpsensor_auth_attempts", "counter", "AUTH attempts", (*where, "outcome"), len(where)
        )
        self._failures = Family(
            "smtpsensor_auth_failures",
            "counter",
            "AUTH attempts that the server refused",
            (*where, "code", "reason"),
            len(where),
        )
        self._sessions = Family(
            "smtpsensor_sessions", "counter", "SMTP connections that ended", ("encryption",), 1
        )
        self._opened = Family(
            "smtpsensor_alerts_opened", "counter", "Alerts that were opened", ("rule", "severity"), 1
        )
        self._alerts = Family(
            "smtpsensor_alerts_active", "gauge", "Alerts that are not resolved", ("rule", "severity"), 1
        )
        self.families = (self._attempts, self._failures, self._sessions, self._opened, self._alerts)
        for encryption in Encryption:
            self._sessions.start((encryption.value,))

    def write(self, event: object) -> None:
        """Count one event or alert."""
        if isinstance(event, AuthEvent):
            self._auth(event)
        elif isinstance(event, SessionEvent):
            self._add(self._sessions, (event.encryption.value,), event.ts_end)
        elif isinstance(event, Alert):
            self._alert(event)

    def flush(self) -> None:
        """Do nothing: a part of the file is no file."""

    def finish(self) -> None:
        """Write the file. Raises what `out` raises."""
        for family in self.families:
            self._out.write(_head(family))
            for values, added in family.series.items():
                self._out.write("".join(self._samples(family, values, added)).encode())
        self._out.write(b"# EOF\n")
        self._out.flush()

    def _auth(self, event: AuthEvent) -> None:
        ts = event.ts if event.ts_verdict is None else event.ts_verdict
        where = (*self._servers.of(event.flow), mechanism(event))
        self._add(self._attempts, (*where, event.outcome.value), ts)
        if event.outcome is Outcome.FAILURE:
            self._add(self._failures, (*where, *code_and_reason(event)), ts)

    def _alert(self, alert: Alert) -> None:
        labels = (alert.rule.name, alert.severity.value)
        if alert.state is AlertState.OPENED:
            self._add(self._opened, labels, alert.ts)
        if alert.state is AlertState.RESOLVED:
            if alert.id in self._active:
                self._active.remove(alert.id)
                self._add(self._alerts, labels, alert.ts, -1)
        elif alert.id not in self._active:
            self._active.add(alert.id)
            self._add(self._alerts, labels, alert.ts)

    def _add(self, family: Family, labels: Labels, ts: int, number: int = 1) -> None:
        at = self._at(ts)
        added = family.start(labels)
        added[at] = added.get(at, 0) + number

    def _at(self, ts: int) -> int:
        """Return the number of the step that holds `ts`, once the steps are long enough to hold it."""
        ts = max(0, min(_LAST, ts))
        at = ts // self._step
        first, last = (at, at) if self._first is None else (min(self._first, at), max(self._last, at))
        while last - first >= self._steps:
            self._widen()
            at, first, last = ts // self._step, first // 2, last // 2
        self._first, self._last = first, last
        return at

    def _widen(self) -> None:
        self._step *= 2
        for family in self.families:
            for added in family.series.values():
                fine = list(added.items())
                added.clear()
                for at, number in fine:
                    added[at // 2] = added.get(at // 2, 0) + number

    def _samples(self, family: Family, values: Labels, added: dict[int, int]) -> Iterator[str]:
        """Write what came before each multiple of the step, as a scrape at that moment would have seen it."""
        if self._first is None:
            return
        own = "".join(
            f',{label}="{_escaped(value)}"' for label, value in zip(family.labels, values, strict=True)
        )
        suffix = "_total" if family.kind == "counter" else ""
        name = f"{family.name}{suffix}{{{self._target}{own}}}"
        seconds = self._step // _SECOND
        value = 0
        for at in range(self._first, self._last + 2):
            value += added.get(at - 1, 0)
            yield f"{name} {value} {at * seconds}\n"


def _head(family: Family) -> bytes:
    return f"# TYPE {family.name} {family.kind}\n# HELP {family.name} {family.meaning}\n".encode()


def _escaped(text: str) -> str:
    """Escape a label value (OpenMetrics 1.0, section "Escaping"); what is no UTF-8 goes."""
    text = text.encode("utf-8", "replace").decode()
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
