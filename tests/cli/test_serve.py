"""`--serve` and `--speed` as typed: up until Ctrl-C, report beside metrics, nothing loaded without."""

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.captures import attempts, capture, captured, played
from cli.program import COMMAND, Ran, environment, replay
from cli.test_startup import loaded
from metrics.scraping import CAPTURE, Answer, ask, series
from support.forge import pcap

SESSIONS = played(3, seed=8)
IN_ALL = attempts(*SESSIONS)
SERVING = {"tornado", "prometheus_client", "bcrypt", "asyncio", "ssl", "smtpsensor.metrics.server"}


class Served:
    """A run that serves."""

    def __init__(self, process: "subprocess.Popen[bytes]", err: Path) -> None:
        self.process, self._err = process, err
        found = re.search(
            r"metrics at (https?)://\[?([^\]]+?)\]?:(\d+)/metrics$", self.said("metrics at"), re.MULTILINE
        )
        assert found
        self.address = found[2], int(found[3])

    def said(self, text: str) -> str:
        """Standard error, once it holds this text."""
        for _ in range(400):
            err = self._err.read_text()
            if text in err or self.process.poll() is not None:
                return err
            time.sleep(0.05)
        raise AssertionError(err)

    def ask(self, path: str = "/metrics") -> Answer:
        return ask(self.address, path)

    def counted(self, name: str) -> float:
        """The sum of a metric's series."""
        page = self.ask().body.decode()
        return sum(value for (known, _), value in series(page).items() if known == name)

    def end(self, number: signal.Signals = signal.SIGINT) -> Ran:
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=30)
        return Ran(self.process.returncode, out, self._err.read_text())


@contextmanager
def serving(folder: Path, *arguments: str, frames: bytes | None = None) -> Iterator[Served]:
    (folder / "some.pcap").write_bytes(frames or capture(*SESSIONS))
    with (folder / "err").open("wb") as err:
        process = subprocess.Popen(
            [*COMMAND, "replay", "some.pcap", "--serve", "--listen", "127.0.0.1:0", *arguments],
            cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=err,
        )  # fmt: skip
    with process:
        try:
            yield Served(process, folder / "err")
        finally:
            process.kill()


def test_metrics_and_report_stay_until_ctrl_c(tmp_path: Path) -> None:
    with serving(tmp_path, "--events", "events.jsonl") as run:
        run.said("Ctrl-C ends")
        assert run.counted("smtpsensor_auth_attempts_total") == IN_ALL
        assert f"{IN_ALL} login attempts" in run.ask("/report").body.decode()
        assert json.loads(run.ask("/report.json").body)["attempts"] == IN_ALL
        assert run.ask("/-/ready").status == 200
        lines = (tmp_path / "events.jsonl").read_text().splitlines()
        assert run.counted("smtpsensor_sink_written_total") == len(lines) > IN_ALL, (
            "nothing waits in a buffer"
        )
        ran = run.end()
    assert ran.code == 0, "that it ends so is no interruption"
    assert f"{IN_ALL} login attempts" in ran.text


def test_sigterm_ends_it_as_well(tmp_path: Path) -> None:
    with serving(tmp_path, "--json") as run:
        run.said("Ctrl-C ends")
        ran = run.end(signal.SIGTERM)
    assert (ran.code, ran.report["attempts"]) == (0, IN_ALL)


def test_an_alert_of_fail_on_still_tells_by_the_exit_code(tmp_path: Path) -> None:
    with serving(tmp_path, "--fail-on", "info") as run:
        run.said("Ctrl-C ends")
        alarmed = run.counted("smtpsensor_alerts_opened_total")
        assert run.end().code == (3 if alarmed else 0)


def test_names_are_hidden_in_the_metrics_too(tmp_path: Path) -> None:
    with serving(tmp_path, "--names", "none", "--top", "5") as run:
        run.said("Ctrl-C ends")
        page = run.ask().body.decode()
    assert "smtpsensor_top_source_failures{" in page
    assert "smtpsensor_top_username_failures{" not in page


def test_filters_hold_for_the_metrics_too(tmp_path: Path) -> None:
    with serving(tmp_path, "--source", "192.0.2.254") as run:
        run.said("Ctrl-C ends")
        assert run.counted("smtpsensor_auth_attempts_total") == 0
        assert run.counted("smtpsensor_frames_total") > 0


def test_at_a_pace_everything_stands_at_0_until_the_first_scrape(tmp_path: Path) -> None:
    with serving(tmp_path, "--speed", "1000000") as run:
        time.sleep(0.6)
        assert run.counted("smtpsensor_frames_total") == 0
        run.said("Ctrl-C ends")
        time.sleep(1.0)  # a page is made once a second at most
        assert run.counted("smtpsensor_auth_attempts_total") == IN_ALL


def test_time_goes_on_behind_the_last_frame_until_alerts_end(tmp_path: Path) -> None:
    """A day in less than a second: what was quiet for long enough is resolved, in every output."""
    speed = ("--speed", "100000", "--wait", "0", "--events", "events.jsonl")
    with serving(tmp_path, *speed, frames=CAPTURE.read_bytes()) as run:
        run.said("Ctrl-C ends")
        opened = run.counted("smtpsensor_alerts_opened_total")
        for _ in range(20):
            active = run.counted("smtpsensor_alerts_active")
            if not active:
                break
            time.sleep(0.5)
        resolved = (tmp_path / "events.jsonl").read_text().count('"state":"resolved"')
        assert (active, resolved) == (0, opened)
        assert run.end().code == 0
    assert opened >= 3


def test_it_begins_without_a_scrape_when_it_has_waited(tmp_path: Path) -> None:
    with serving(tmp_path, "--speed", "1000000", "--wait", "0.3") as run:
        run.said("Ctrl-C ends")
        assert run.counted("smtpsensor_auth_attempts_total") == IN_ALL


def test_ctrl_c_in_the_middle_ends_at_once_with_a_report(tmp_path: Path) -> None:
    with serving(tmp_path, "--speed", "0.01", "--wait", "0", "--json") as run:
        time.sleep(0.5)
        ran = run.end()
    assert ran.code == 130
    assert ran.report["attempts"] <= IN_ALL
    assert "stopped: the report covers the " in ran.err


def test_speed_alone_keeps_the_pace(tmp_path: Path) -> None:
    frames = captured(*played(1, seed=3))
    first, last = frames[0].ts, frames[-1].ts
    (tmp_path / "some.pcap").write_bytes(pcap(frames))
    speed = (last - first) / 1e9 / 1.0  # one second in all
    begun = time.monotonic()
    ran = replay("some.pcap", "--json", "--speed", f"{speed:.6f}", cwd=tmp_path)
    assert ran.code == 0
    assert time.monotonic() - begun > 1.0


def test_a_port_in_use_is_said_and_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "some.pcap").write_bytes(capture(*SESSIONS))
    (tmp_path / "events.jsonl").write_text("yesterday\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = replay("some.pcap", "--serve", "--listen", place, "--events", "events.jsonl", cwd=tmp_path)
    assert ran.lines == [
        (
            f"smtpsensor: --listen: {place}: is in use by another program;"
            " write another port, or 0 for any free one"
        )
    ]
    assert (ran.code, ran.out) == (2, b"")
    assert (tmp_path / "events.jsonl").read_text() == "yesterday\n"


def test_an_open_door_is_warned_of(tmp_path: Path) -> None:
    with serving(tmp_path, "--listen", "0.0.0.0:0") as run:
        err = run.said("Ctrl-C ends")
    assert "warning: 0.0.0.0:0: anybody who gets there may read it; ask for names with --web-config" in err


@pytest.mark.parametrize(
    "arguments", [["--help"], ["replay", "--help"], ["replay", "some.pcap", "--quiet"]], ids=" ".join
)
def test_who_does_not_serve_loads_no_server(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "some.pcap").write_bytes(capture(*SESSIONS))
    assert loaded(*arguments, cwd=tmp_path) & SERVING == set()
