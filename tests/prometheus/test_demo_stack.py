"""`make demo-stack`: from a capture to a notification and back, and nothing left behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alertmanager.servers import within
from support.programs import require_unpacked
from support.tree import ROOT

pytestmark = [pytest.mark.system, pytest.mark.slow]

COMMAND = [sys.executable, str(ROOT / "scripts" / "demo_stack.py")]


def children(pid: int) -> set[int]:
    """Processes that another one started, and theirs."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child} | children(child)
    return found


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists()


@pytest.fixture(autouse=True)
def _programs() -> None:
    require_unpacked("prometheus", "prometheus")
    require_unpacked("prometheus-alertmanager", "amtool")


def test_it_checks_itself() -> None:
    done = subprocess.run(
        COMMAND, env=os.environ | {"CHECK": "1"},
        capture_output=True, text=True, check=False, timeout=300, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("its receiver is notified: resolved")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_it(number: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        while "Prometheus scrapes" not in run.stdout.readline():
            assert run.poll() is None
        started = children(run.pid)
        assert len(started) >= 3
        run.send_signal(number)
        assert run.wait(30) == 0
        assert within(5, lambda: not any(map(alive, started)))
