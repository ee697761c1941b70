"""The captures that are measured hold what the figures say, read by a program that nobody here wrote."""

import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.frames import write_pcap
from benchmarks.workloads import Timed, attack, bulk, idle_open, idle_traffic

SESSIONS, MAILS, CONNECTIONS = 60, 12, 50

WORKLOADS: dict[str, Callable[[], Iterator[Timed]]] = {
    "attack": lambda: attack(SESSIONS),
    "bulk": lambda: bulk(MAILS),
    "idle": lambda: (frame for part in (idle_open(CONNECTIONS), idle_traffic(5, 100)) for frame in part),
}


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_is_the_same_every_time_and_in_order_of_time(name: str) -> None:
    first, second = list(WORKLOADS[name]()), list(WORKLOADS[name]())
    assert first == second
    assert all(before[0] <= after[0] for before, after in pairwise(first))


def test_an_attack_session_has_17_frames() -> None:
    assert sum(1 for _ in attack(SESSIONS)) == 17 * SESSIONS


@pytest.mark.system
@pytest.mark.parametrize(
    ("name", "wanted", "count"),
    [
        ("attack", "smtp.response.code == 535", SESSIONS),
        ("attack", "smtp.auth.password", SESSIONS),
        ("bulk", 'smtp.rsp.parameter contains "queued"', MAILS),
        ("idle", "smtp.response.code == 220", CONNECTIONS),
        ("idle", 'smtp.req.command == "NOOP"', 100),
    ],
)
def test_tshark_reads_the_same(
    name: str, wanted: str, count: int, needs: Callable[[str], str], tmp_path: Path
) -> None:
    capture = tmp_path / "workload.pcap"
    write_pcap(capture, WORKLOADS[name]())
    assert len(tshark(needs("tshark"), capture, wanted)) == count


@pytest.mark.system
@pytest.mark.parametrize("name", WORKLOADS)
def test_tshark_finds_nothing_wrong_with_tcp(name: str, needs: Callable[[str], str], tmp_path: Path) -> None:
    capture = tmp_path / "workload.pcap"
    write_pcap(capture, WORKLOADS[name]())
    wrong = "tcp.analysis.flags or tcp.checksum.status == 0 or ip.checksum.status == 0 or _ws.malformed"
    assert tshark(needs("tshark"), capture, wrong) == []


def tshark(program: str, capture: Path, wanted: str) -> list[str]:
    """Return the lines tshark prints for the packets that match, checksums checked."""
    checks = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    argv = (program, "-n", "-r", capture, *checks, "-Y", wanted)
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()
