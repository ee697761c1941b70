"""The OpenMetrics file of a replay in a real Prometheus: asked at the capture's date, it says the report."""

import json
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cli.program import replay_here
from sinks.samples import NOON, alert, auth
from support.programs import require_unpacked
from support.tree import ROOT

from smtpsensor.capture.timeline import Timeline
from smtpsensor.config import Settings
from smtpsensor.detect.alert import AlertState
from smtpsensor.events import AuthEvent
from smtpsensor.pipeline import Pipeline
from smtpsensor.sinks.openmetrics import OpenMetricsWriter

pytestmark = pytest.mark.system

CAPTURE = ROOT / "pcaps" / "attack-demo.pcap"
SECOND = 1_000_000_000
RETENTION = "--storage.tsdb.retention.time=100y"
READY = 30  # s; it takes one
Answer = dict[tuple[str, ...], float]


def measured(file: Path) -> tuple[int, int]:
    """Write the file of the capture, with an alert in it; return its first and last sample's time, s."""
    pipeline = Pipeline(Settings())
    for batch in Timeline((str(CAPTURE),), pipeline.stats).batches():
        pipeline.feed(batch)
    pipeline.finish()
    events = pipeline.drain()
    with file.open("wb") as out:
        writer = OpenMetricsWriter(out, "sensor1")
        for event in events:
            writer.write(event)
        last = max(event.ts for event in events if isinstance(event, AuthEvent))
        writer.write(alert(ts=last - 20 * SECOND))
        writer.write(alert(ts=last, state=AlertState.RESOLVED))
        writer.finish()
    times = [int(line.split()[-1]) for line in file.read_text().splitlines() if not line.startswith("#")]
    return min(times), max(times)


class Prometheus:
    """A Prometheus over HTTP."""

    def __init__(self, url: str, end: int, seconds: int) -> None:
        self._url = url
        self.end = end
        self.seconds = seconds  # from the first sample to the last

    def ask(self, query: str, *by: str) -> Answer:
        """Values of `query` at the end of the capture, by these labels."""
        values = urllib.parse.urlencode({"query": query, "time": self.end})
        with urllib.request.urlopen(f"{self._url}/api/v1/query?{values}", timeout=10) as got:
            answer = json.load(got)
        assert answer["status"] == "success"
        return {
            tuple(one["metric"][label] for label in by): float(one["value"][1])
            for one in answer["data"]["result"]
        }


def load(folder: Path, file: str) -> None:
    """Turn FILE into blocks, with the command of docs/openmetrics.md."""
    promtool = require_unpacked("prometheus", "promtool")
    subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", file, "data"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


@contextmanager
def serving(folder: Path, *options: str, config: str = "{}\n") -> Iterator[str]:
    """A Prometheus on a loopback port of its own over the blocks in `folder`; its URL."""
    program = require_unpacked("prometheus", "prometheus")
    (folder / "prometheus.yml").write_text(config)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(
            [
                *(program, "--config.file=prometheus.yml", "--storage.tsdb.path=data", *options),
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        assert is_ready(url, running), (folder / "log").read_text()
        yield url
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """The capture in a Prometheus."""
    folder = tmp_path_factory.mktemp("prometheus")
    start, end = measured(folder / "capture.om")
    load(folder, "capture.om")
    with serving(folder, RETENTION) as url:
        yield Prometheus(url, end, end - start)


def is_ready(url: str, running: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + READY
    while running.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=2) as got:
                if got.status == 200:
                    return True
        except OSError:
            pass
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `--json` says of the same capture."""
    found: dict[str, Any] = replay_here(CAPTURE, "--json", cwd=tmp_path_factory.mktemp("report")).report
    return found


def test_attempts_by_outcome_are_those_of_the_report(prometheus: Prometheus, report: dict[str, Any]) -> None:
    got = prometheus.ask("sum by (outcome) (increase(smtpsensor_auth_attempts_total[1h]))", "outcome")
    assert got == pytest.approx({(name,): number for name, number in report["outcomes"].items()})
    assert sum(got.values()) == pytest.approx(report["attempts"])


def test_attempts_by_mechanism_are_those_of_the_report(
    prometheus: Prometheus, report: dict[str, Any]
) -> None:
    got = prometheus.ask("sum by (mechanism) (increase(smtpsensor_auth_attempts_total[1h]))", "mechanism")
    assert got == pytest.approx({(name,): number for name, number in report["mechanisms"].items()})


def test_the_failure_rate_is_that_of_the_report(prometheus: Prometheus, report: dict[str, Any]) -> None:
    """rate() over just the capture: failures a second."""
    (got,) = prometheus.ask(f"sum(rate(smtpsensor_auth_failures_total[{prometheus.seconds}s]))").values()
    assert got == pytest.approx(report["outcomes"]["failure"] / prometheus.seconds)


def test_the_share_of_failures_is_that_of_the_report(prometheus: Prometheus, report: dict[str, Any]) -> None:
    (got,) = prometheus.ask(
        "sum(increase(smtpsensor_auth_failures_total[1h]))/ sum(increase(smtpsensor_auth_attempts_total[1h]))"
    ).values()
    assert got == pytest.approx(report["outcomes"]["failure"] / report["attempts"])


def test_why_it_failed(prometheus: Prometheus, report: dict[str, Any]) -> None:
    got = prometheus.ask(
        "sum by (code, reason) (increase(smtpsensor_auth_failures_total[1h]))", "code", "reason"
    )
    assert got == pytest.approx({("535", "credentials_invalid"): report["outcomes"]["failure"]})


def test_every_session_is_counted(prometheus: Prometheus) -> None:
    events = replay_here(CAPTURE, "--events", "-", cwd=ROOT).out.splitlines()
    ended = [json.loads(line)["smtp_session"]["encryption"] for line in events if b'"smtp_session":{' in line]
    got = prometheus.ask("sum by (encryption) (increase(smtpsensor_sessions_total[1h]))", "encryption")
    assert {name: number for (name,), number in got.items() if number} == pytest.approx(
        {name: ended.count(name) for name in set(ended)}
    )


def test_an_alert_was_active_in_between(prometheus: Prometheus) -> None:
    by = ("rule", "severity")
    assert prometheus.ask("smtpsensor_alerts_active", *by) == {("brute_force_source", "warning"): 0}
    assert prometheus.ask("max_over_time(smtpsensor_alerts_active[1h])", *by) == {
        ("brute_force_source", "warning"): 1
    }
    assert prometheus.ask("increase(smtpsensor_alerts_opened_total[1h])", *by) == pytest.approx(
        {("brute_force_source", "warning"): 1}
    )


def test_history_has_the_labels_of_a_scraped_sensor(prometheus: Prometheus) -> None:
    """Dashboards choose by job and instance."""
    assert set(prometheus.ask("smtpsensor_sessions_total", "job", "instance")) == {("smtpsensor", "sensor1")}


@pytest.mark.parametrize(("options", "kept"), [([RETENTION], 1), ([], 0)], ids=["100y", "default"])
def test_what_is_older_than_the_retention_goes_once_there_is_something_newer(
    options: list[str], kept: int, tmp_path: Path
) -> None:
    """Retention counts back from the newest block: why docs/openmetrics.md asks for a long one."""
    old = NOON - 15 * 365 * 86_400 * SECOND
    for name, ts in (("old.om", old), ("new.om", NOON)):
        with (tmp_path / name).open("wb") as out:
            writer = OpenMetricsWriter(out, "sensor1")
            writer.write(auth(ts=ts))
            writer.finish()
        load(tmp_path, name)
    with serving(tmp_path, *options) as url:
        got = Prometheus(url, old // SECOND + 15, 15).ask("sum(increase(smtpsensor_auth_failures_total[1h]))")
        assert list(got.values()) == pytest.approx([1] * kept)


def test_the_documented_commands_are_these() -> None:
    told = (ROOT / "docs" / "openmetrics.md").read_text()
    assert "promtool tsdb create-blocks-from openmetrics capture.om data\n" in told
    assert f"--config.file=prometheus.yml --storage.tsdb.path=data {RETENTION}\n" in told


def test_promtool_finds_the_metrics_well_named(tmp_path: Path) -> None:
    """It reads the older text format: counters under their full name, one sample a series, no times."""
    promtool = require_unpacked("prometheus", "promtool")
    measured(tmp_path / "capture.om")
    lines = (tmp_path / "capture.om").read_text().splitlines()[:-1]
    counters = {line.split()[2] for line in lines if line.startswith("# TYPE") and line.endswith(" counter")}
    latest: dict[str, str] = {}
    for line in lines:
        if line.startswith("#"):
            mark, kind, name, rest = line.split(" ", 3)
            latest[line] = f"{mark} {kind} {name}{'_total' if name in counters else ''} {rest}\n"
        else:
            series, value, _ = line.rsplit(" ", 2)
            latest[series] = f"{series} {value}\n"
    told = subprocess.run(
        [promtool, "check", "metrics"],
        input="".join(latest.values()), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
