"""Real programs on what is served: promtool finds nothing to say, and Prometheus sees every attempt."""

import json
import re
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from cli.program import COMMAND, environment
from metrics.scraping import CAPTURE, ask, exporter, replayed
from sinks.test_prometheus import serving
from support.programs import require_unpacked

pytestmark = pytest.mark.system
WAIT = 40  # s


def test_promtool_finds_the_metrics_well_named() -> None:
    promtool = require_unpacked("prometheus", "promtool")
    with exporter(replayed("brute_force_source", top=3).sensor) as address:
        page = ask(address).body
    told = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, b"", b"")


def query(url: str, text: str) -> dict[str, float]:
    """The answers of an instant query, by outcome."""
    with urllib.request.urlopen(
        f"{url}/api/v1/query?{urllib.parse.urlencode({'query': text})}", timeout=5
    ) as got:
        result = json.load(got)["data"]["result"]
    return {one["metric"].get("outcome", ""): float(one["value"][1]) for one in result}


def test_prometheus_that_scrapes_a_replay_at_a_pace_sees_every_attempt(tmp_path: Path) -> None:
    """64 attempts in 51 s of capture, replayed in 5: what `rate` is made of begins at 0."""
    err = tmp_path / "err"
    with err.open("wb") as log:
        running = subprocess.Popen(
            [*COMMAND, "replay", str(CAPTURE), "--serve", "--listen", "127.0.0.1:0", "--speed", "10"],
            cwd=tmp_path, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
    try:
        target = listening(err)
        (tmp_path / "scrape.json").write_text(json.dumps([{"targets": [target]}]))
        scrape = "{job_name: s, file_sd_configs: [{files: [scrape.json]}]}"
        config = f"{{global: {{scrape_interval: 1s, scrape_timeout: 500ms}}, scrape_configs: [{scrape}]}}\n"
        with serving(tmp_path, config=config) as url:
            expected = {"failure": 60.0, "success": 4.0}
            until = time.monotonic() + WAIT
            found: dict[str, float] = {}
            while found != expected and time.monotonic() < until:
                time.sleep(1)
                # Largest less smallest: exact, where increase() would extrapolate.
                of = "over_time(smtpsensor_auth_attempts_total[10m])"
                grown = query(url, f"sum by (outcome) (max_{of} - min_{of})")
                found = {outcome: number for outcome, number in grown.items() if number}
            assert found == expected
            lowest = query(url, "sum by (outcome) (min_over_time(smtpsensor_auth_attempts_total[10m]))")
            assert set(lowest.values()) == {0.0}, "every series stood at 0 for a scrape"
            assert set(query(url, "sum(min_over_time(smtpsensor_sessions_total[10m]))").values()) == {0.0}
            assert set(query(url, "min(min_over_time(smtpsensor_frames_total[10m]))").values()) == {0.0}
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0
    finally:
        running.kill()
        running.wait()


def listening(err: Path) -> str:
    """The address that the program says it serves at."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        found = re.search(r"metrics at http://(\S+)/metrics\n", err.read_text())
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(err.read_text())
