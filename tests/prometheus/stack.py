"""A sensor that replays at a pace, and Debian's Prometheus that scrapes it; both end with their test."""

import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from alertmanager.servers import free_port, within
from support.programs import require_unpacked
from support.tree import ROOT

READY = 30  # s
DEPLOY = ROOT / "deploy" / "prometheus"


def get(url: str) -> bytes:
    """The body, or nothing where nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as got:
            return bytes(got.read())
    except OSError:
        return b""


@contextmanager
def running(command: list[str], log: Path, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def sensor(folder: Path, port: int, *options: str) -> Iterator[str]:
    """`smtpsensor replay --serve` of the recorded attack; its URL."""
    command = [
        *(sys.executable, "-m", "smtpsensor", "replay", "--serve", "--listen", f"127.0.0.1:{port}"),
        *("--top", "5", "--events", str(folder / "events.json"), *options),
        str(ROOT / "pcaps" / "attack-demo.pcap"),
    ]
    with running(command, folder / "sensor.log", ROOT):
        url = f"http://127.0.0.1:{port}"
        assert within(READY, lambda: get(f"{url}/-/ready")), (folder / "sensor.log").read_text()
        yield url


class Prometheus:
    """One that runs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **values: Any) -> Any:
        """The data of an answer. Raises AssertionError with what Prometheus says is wrong."""
        try:
            with urllib.request.urlopen(
                f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(values)}", timeout=10
            ) as got:
                return json.load(got)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{values}: {error.read().decode()}") from None

    def now(self, query: str) -> list[dict[str, Any]]:
        """What an expression is at the moment."""
        return list(self.ask("query", query=query)["result"])


@contextmanager
def prometheus(folder: Path, target: int, alertmanager: int | None = None) -> Iterator[Prometheus]:
    """A Prometheus with the sample configuration, but for its ports and a scrape each second."""
    program = require_unpacked("prometheus", "prometheus")
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str((DEPLOY / file).resolve()) for file in config["rule_files"]]
    (scrape,) = config["scrape_configs"]
    del scrape["file_sd_configs"]
    scrape["static_configs"] = [{"targets": [f"127.0.0.1:{target}"]}]
    if alertmanager is None:
        del config["alerting"]
    else:
        config["alerting"]["alertmanagers"][0]["static_configs"] = [
            {"targets": [f"127.0.0.1:{alertmanager}"]}
        ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        *(program, "--config.file=prometheus.yml", "--storage.tsdb.path=data"),
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with running(command, folder / "prometheus.log", folder):
        url = f"http://127.0.0.1:{port}"
        assert within(READY, lambda: get(f"{url}/-/ready")), (folder / "prometheus.log").read_text()
        yield Prometheus(url)
