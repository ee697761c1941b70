"""Ctrl-C, SIGTERM and readers that go away: what was read is reported, and nothing is said needlessly."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli.captures import attempts, capture, played
from cli.program import COMMAND, auths, environment

from smtpsensor.app.signals import Stop, Stopped

SESSIONS = played(4, seed=5)
MANY = played(400, seed=6)


def popen(*arguments: str, cwd: Path, **more: object) -> subprocess.Popen[bytes]:
    """Start `smtpsensor replay` and go on."""
    return subprocess.Popen(
        [*COMMAND, "replay", *arguments],
        cwd=cwd, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Whatever happens, the process and its pipes are gone afterwards."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(path: Path, count: int) -> bytes:
    """Wait until a file has so many lines."""
    for _ in range(400):
        data = path.read_bytes() if path.exists() else b""
        if data.count(b"\n") >= count:
            return data
        time.sleep(0.05)
    raise AssertionError(f"{path.name}: {data.decode()}")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_a_signal_ends_the_wait_for_a_pipe_with_a_report(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    """`tcpdump -w - | smtpsensor replay -`: the pipe stays open, and nothing would ever come."""
    with ended(popen("-", "--json", "--events", "events.jsonl", cwd=tmp_path)) as process:
        assert process.stdin
        process.stdin.write(capture(*SESSIONS))
        process.stdin.flush()
        wait_for(tmp_path / "events.jsonl", attempts(*SESSIONS))
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert json.loads(out)["attempts"] == attempts(*SESSIONS)
    assert len(auths((tmp_path / "events.jsonl").read_bytes())) == attempts(*SESSIONS)
    lines = err.decode().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("smtpsensor: stopped: the report covers the ")


def test_an_attempt_still_open_is_reported_when_stopped(tmp_path: Path) -> None:
    data = capture(*SESSIONS)
    with ended(popen("-", "--json", "--events", "events.jsonl", cwd=tmp_path)) as process:
        assert process.stdin
        process.stdin.write(data[: len(data) * 3 // 4])
        process.stdin.flush()
        wait_for(tmp_path / "events.jsonl", attempts(*SESSIONS) // 2)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    outcomes = json.loads(out)["outcomes"]
    assert sum(outcomes.values()) == len(auths((tmp_path / "events.jsonl").read_bytes()))


def test_events_do_not_wait_for_the_next_ones(tmp_path: Path) -> None:
    """Whoever reads along sees an attempt when its verdict has come, not when a buffer is full."""
    with ended(popen("-", "--events", "-", cwd=tmp_path)) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(capture(*SESSIONS))
        process.stdin.flush()
        first = process.stdout.readline()  # the pipe is still open
        assert json.loads(first)["event_type"]
        process.stdin.close()
        rest = process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert len(auths(first + rest)) == attempts(*SESSIONS)


@pytest.mark.parametrize(("option", "lines"), [("--events", 1), ("--csv", 2)])
def test_head_ends_quietly(option: str, lines: int, tmp_path: Path) -> None:
    """`smtpsensor replay many.pcap --events - | head -1`: the reader is gone before half is written."""
    (tmp_path / "many.pcap").write_bytes(capture(*MANY))
    with ended(popen("many.pcap", option, "-", cwd=tmp_path)) as process:
        assert process.stdout
        assert process.stderr
        for _ in range(lines):
            assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 0


def test_head_does_not_keep_another_output_from_its_lines(tmp_path: Path) -> None:
    (tmp_path / "many.pcap").write_bytes(capture(*MANY))
    with ended(popen("many.pcap", "--events", "-", "--csv", "rows.csv", cwd=tmp_path)) as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=30) == 0
    assert (tmp_path / "rows.csv").read_bytes().count(b"\n") == 1 + attempts(*MANY)


def test_a_reader_that_is_gone_ends_the_reading(tmp_path: Path) -> None:
    """A pipe that never ends must not be read for nobody."""
    with ended(popen("-", "--events", "-", cwd=tmp_path)) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        process.stdin.write(capture(*SESSIONS))
        process.stdin.flush()
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == b""


@pytest.mark.parametrize("arguments", [[], ["--json"]], ids=["text", "json"])
def test_a_report_that_nobody_reads_is_no_error(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "some.pcap").write_bytes(capture(*SESSIONS))
    with ended(popen("some.pcap", *arguments, cwd=tmp_path)) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 0


def test_help_that_nobody_reads_is_no_error(tmp_path: Path) -> None:
    with ended(popen("--help", cwd=tmp_path)) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 0


def test_nohup_stays_in_force(tmp_path: Path) -> None:
    """A hangup that the parent had ignored does not stop the run."""
    process = popen(
        "-", "--json", "--events", "events.jsonl",
        cwd=tmp_path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )  # fmt: skip
    with ended(process):
        assert process.stdin
        process.stdin.write(capture(*SESSIONS))
        process.stdin.flush()
        wait_for(tmp_path / "events.jsonl", attempts(*SESSIONS))
        process.send_signal(signal.SIGHUP)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["attempts"] == attempts(*SESSIONS)


def test_a_signal_while_frames_are_taken_waits_until_they_are() -> None:
    """What is half done is finished: nothing raises inside the packet loop."""
    with Stop() as stop:
        with stop.waiting:
            pass
        os.kill(os.getpid(), signal.SIGTERM)  # no exception here
        assert stop.signal == signal.SIGTERM
        with pytest.raises(Stopped), stop.waiting:
            pytest.fail("goes on reading")


def test_a_signal_while_waiting_raises_at_once() -> None:
    def wait(stop: Stop) -> None:
        with stop.waiting:
            os.kill(os.getpid(), signal.SIGINT)
            pytest.fail("goes on waiting")

    with Stop() as stop, pytest.raises(Stopped):
        wait(stop)


def test_the_second_signal_is_not_caught() -> None:
    """Whoever presses Ctrl-C twice wants out, report or not."""
    with Stop():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Stop():
        assert signal.getsignal(signal.SIGTERM) is not before[1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
