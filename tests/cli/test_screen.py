"""The report on the screen: colours, width, zones; and the name that this sensor has in all outputs."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from pathlib import Path

import pytest
from cli.captures import capture
from cli.program import COMMAND, environment, replay_here
from cli.program import replay as replay_as_a_process
from cli.scene import ALL, everything, prepared


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return prepared(tmp_path)


def test_the_sensor_has_a_name_in_every_output(folder: Path) -> None:
    events, table, report = everything(folder, "--host", "mx1-span")
    assert (
        {event["host"] for event in events}
        == {row["host"] for row in table}
        == {report["host"]}
        == {"mx1-span"}
    )


def test_without_a_name_it_is_the_machines(folder: Path) -> None:
    assert replay_here("all.pcap", "--json", cwd=folder).report["host"] == os.uname().nodename


def screen(folder: Path, columns: int = 100, **env: str) -> str:
    """What a terminal of so many columns shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(
        [*COMMAND, "replay", "all.pcap"],
        cwd=folder, env=environment(TERM="xterm-256color", **env),
        stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65_536):
                shown += piece
        except OSError:  # EIO: the other side is closed
            pass
        os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def test_a_terminal_gets_colours_a_pipe_does_not(folder: Path) -> None:
    assert "\x1b[" in screen(folder)
    assert "\x1b[" not in replay_here("all.pcap", cwd=folder).text


def test_no_color_is_respected(folder: Path) -> None:
    shown = screen(folder, NO_COLOR="1")
    assert re.findall(r"\x1b\[[0-9;]*[34][0-7]m", shown) == [], "bold and dim are no colours"


@pytest.mark.parametrize("columns", [60, 100])
def test_the_width_of_the_terminal_is_respected(columns: int, folder: Path) -> None:
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen(folder, columns))
    assert max(map(len, plain.splitlines())) <= columns


def test_times_have_their_zone(folder: Path) -> None:
    assert "04:00:00 to 04:" in replay_here("all.pcap", cwd=folder).text
    assert re.search(r"Captured .* UTC$", replay_here("all.pcap", cwd=folder).text, re.MULTILINE)
    local = replay_as_a_process("all.pcap", "--local", cwd=folder, TZ="Europe/Vienna").text
    assert re.search(r"Captured 2026-11-24 05:00:00 to 05:.* CET$", local, re.MULTILINE)


def test_what_the_terminal_cannot_show_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "некий.pcap").write_bytes(capture(*ALL[:1]))
    ran = replay_as_a_process("некий.pcap", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.code == 0
    assert ran.text.isascii()
