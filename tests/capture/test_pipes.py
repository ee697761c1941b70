"""Pipes and standard input: frames are handed on as they come."""

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from capture.builders import Packet, open_bytes, packets, pcap, pcapng, replay, snoop
from support.tools import ROOT

from smtpsensor.capture.timeline import Timeline
from smtpsensor.stats import Stats

Build = Callable[[Sequence[Packet]], bytes]


@pytest.fixture
def pipe() -> Iterator[tuple[str, int]]:
    """A pipe's name and the descriptor to write to."""
    reading, writing = os.pipe()
    yield f"/dev/fd/{reading}", writing
    os.close(reading)


@pytest.mark.parametrize("build", [pcap, pcapng, snoop])
def test_pipe_hands_on_frames_as_they_come(pipe: tuple[str, int], build: Build) -> None:
    """`tcpdump -w - | smtpsensor replay -` is a live view: no frame waits for the next one."""
    name, writing = pipe
    sent = packets(5)
    pieces = [len(build(sent[:n])) for n in range(6)]
    whole = build(sent)
    timeline = Timeline([name], Stats())
    assert timeline.bytes_total is None
    batches = timeline.batches()
    os.write(writing, whole[: pieces[1]])
    assert [frame[5] for frame in next(batches).frames] == [1]
    os.write(writing, whole[pieces[1] : pieces[3] + 7])  # two frames and a bit of the fourth
    assert [frame[5] for frame in next(batches).frames] == [2, 3]
    os.write(writing, whole[pieces[3] + 7 :])
    os.close(writing)
    assert [frame[5] for batch in batches for frame in batch.frames] == [4, 5]
    assert timeline.bytes_read == len(whole)
    assert not timeline.errors + timeline.warnings


def test_pipe_and_file_are_merged(pipe: tuple[str, int], tmp_path: Path) -> None:
    name, writing = pipe
    sent = packets(20)
    os.write(writing, pcap(sent[::2]))
    os.close(writing)
    path = tmp_path / "b"
    path.write_bytes(pcap(sent[1::2]))
    frames, timeline, _ = replay([path, name])
    assert [got.packet for _, got in frames] == sent
    assert timeline.bytes_total is None


READ_STDIN = """
import sys
from smtpsensor.capture.timeline import Timeline
from smtpsensor.stats import Stats
for name in sys.argv[1:]:
    timeline = Timeline([name], Stats())
    for batch in timeline.batches():
        print(batch.file, *(frame[5] for frame in batch.frames), flush=True)
    print(*timeline.errors, *timeline.warnings, sep="\\n", end="")
"""


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
@pytest.mark.parametrize("how", ["pipe", "file"])
def test_standard_input(name: str, how: str, tmp_path: Path) -> None:
    data = gzip.compress(pcap(packets(3)))
    path = tmp_path / "one"
    path.write_bytes(data)
    command = [sys.executable, "-c", READ_STDIN, name]
    if how == "pipe":
        done = subprocess.run(command, input=data, capture_output=True, check=True, cwd=ROOT)
    else:
        with path.open("rb") as file:
            done = subprocess.run(command, stdin=file, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode() == f"{name} 1 2 3\n"
    assert done.stderr == b""


def test_empty_or_closed_standard_input_is_one_line() -> None:
    empty = [sys.executable, "-c", READ_STDIN, "-"]
    done = subprocess.run(empty, stdin=subprocess.DEVNULL, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode().startswith("-: is empty (0 octets); ")
    closed = ["sh", "-c", f"exec {sys.executable} -c '{READ_STDIN}' - <&-"]
    done = subprocess.run(closed, capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode().startswith("-: standard input is closed; pipe a capture in: ")


def test_terminal_as_standard_input_is_one_line() -> None:
    controller, terminal = os.openpty()
    try:
        done = subprocess.run([sys.executable, "-c", READ_STDIN, "-"], stdin=terminal, capture_output=True,
                              check=True, timeout=10, cwd=ROOT)  # fmt: skip
    finally:
        os.close(controller)
        os.close(terminal)
    assert done.stdout.decode().startswith("-: standard input is a terminal; pipe a capture in: tcpdump -w -")


def test_window_of_a_pipe_does_not_grow() -> None:
    reader = open_bytes(pcap(packets(2_000)), 4_096, pipe=True)
    while reader.head() is not None:
        batch = reader.batch()
        assert len(batch.buf) <= 4_096
        list(batch.frames)
    reader.close()
    assert reader.number == 2_000
