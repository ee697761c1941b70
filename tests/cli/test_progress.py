"""How far a run is: a bar where a person looks, lines where they are asked for, silence elsewhere."""

import os
import pty
import re
import subprocess
import time
from pathlib import Path

import pytest
from cli.captures import capture, played
from cli.program import COMMAND, environment, replay_here

from smtpsensor.app.messages import Messages
from smtpsensor.app.progress import Lines
from smtpsensor.capture.timeline import Timeline
from smtpsensor.stats import Stats

ALL = played(40, seed=21)
PAUSE = 1.2  # s; the program needs a part of it to start, and half a second passes before a bar is shown


class Clock:
    """A clock that goes on when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "all.pcap").write_bytes(capture(*ALL))
    return tmp_path


def test_a_line_every_five_seconds_says_how_far_how_fast_how_long(folder: Path) -> None:
    stats, clock, said = Stats(), Clock(), list[str]()
    messages = Messages()
    messages.say = said.append
    timeline = Timeline([str(folder / "all.pcap")], stats, chunk=1)
    lines = Lines(timeline, stats, messages, clock)
    batches = timeline.batches()
    size = (folder / "all.pcap").stat().st_size
    while timeline.bytes_read < size // 4:
        stats.frames += sum(1 for _ in next(batches).frames)
        lines.tick()
    assert said == [], "nothing before its time"
    clock.now += 5
    lines.tick()
    lines.tick()
    assert len(said) == 1
    quarter = re.fullmatch(
        r"smtpsensor: 25 % of [\d.]+ kB, ([\d,]+) frames, ([\d,]+) frames/s, 15 s left", said[0]
    )
    assert quarter, said[0]
    assert int(quarter[1].replace(",", "")) == stats.frames
    assert int(quarter[2].replace(",", "")) == pytest.approx(stats.frames / 5, abs=1)
    batches.close()


def test_the_rate_is_that_of_the_last_seconds() -> None:
    """Of a pipe that stood still for an hour one wants to know how fast it is now."""
    stats, clock, said = Stats(), Clock(), list[str]()
    messages = Messages()
    messages.say = said.append
    lines = Lines(Timeline(["-"], stats), stats, messages, clock)
    clock.now += 3_600
    stats.frames = 1_000
    lines.tick()
    clock.now += 5
    stats.frames = 51_000
    lines.tick()
    assert said[1] == "smtpsensor: 0 bytes, 51,000 frames, 10,000 frames/s", "a pipe has no end to wait for"


@pytest.mark.parametrize("options", [[], ["--progress"], ["--no-progress"]])
def test_a_short_run_is_silent(options: list[str], folder: Path) -> None:
    assert replay_here("all.pcap", *options, cwd=folder).err == ""


def run_with_pause(folder: Path, *options: str, **env: str) -> tuple[str, str]:
    """Replay a pipe that pauses, standard error on a terminal: what that showed, and the report."""
    data = (folder / "all.pcap").read_bytes()
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "replay", "-", *options],
        cwd=folder, env=environment(TERM="xterm", COLUMNS="100") | env,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        assert process.stdin
        assert process.stdout
        process.stdin.write(data[:1_000])
        process.stdin.flush()
        time.sleep(PAUSE)
        process.stdin.write(data[1_000:-5])
        process.stdin.close()
        report = process.stdout.read().decode()
        assert process.wait(timeout=30) == 0
    shown = b""
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:  # EIO: the other side is closed
        pass
    os.close(ours)
    return shown.decode(), report


def test_a_terminal_gets_a_bar_that_goes_away(folder: Path) -> None:
    shown, report = run_with_pause(folder)
    assert re.search(r"\d[\d,.]* frames/s", shown)
    bar, _, warning = shown.rpartition("smtpsensor: warning: standard input: ends in the middle of packet")
    assert bar
    assert "\x1b[2K" in warning, "the bar is wiped off below the last line"
    assert "frames/s" not in report
    assert report.startswith("smtpsensor report")


@pytest.mark.parametrize(
    ("options", "env"),
    [(["--no-progress"], {}), (["--quiet"], {}), ([], {"TERM": "dumb"})],
    ids=["--no-progress", "--quiet", "dumb terminal"],
)
def test_no_bar_where_it_is_not_wanted(options: list[str], env: dict[str, str], folder: Path) -> None:
    shown, _ = run_with_pause(folder, *options, **env)
    assert "frames/s" not in shown
    assert "\x1b" not in shown
