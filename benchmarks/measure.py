"""Whole commands by wall time and peak memory, taken as the user would see them."""

import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workloads import CACHE

OUTPUT = CACHE / "stdout"
ERRORS = CACHE / "stderr"


@dataclass(frozen=True)
class Run:
    """One command, run once."""

    seconds: float  # wall time
    peak: int  # largest resident set, octets


def command(argv: list[str]) -> Run:
    """Run a command to its end, its output going to files; RuntimeError with its last words where it fails.

    The peak is wait4's ru_maxrss, which a child inherits from its parent across exec: it is never below
    what this process holds, so nothing big may be imported or kept here.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(OUTPUT), flags, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, str(ERRORS), flags, 0o644),
    ]
    start = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=files)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    if status:
        words = ERRORS.read_text(errors="replace").strip().splitlines()[-3:]
        raise RuntimeError(f"{' '.join(argv)}: exit status {os.waitstatus_to_exitcode(status)}: {words}")
    return Run(seconds, usage.ru_maxrss * 1024)


def best(commands: dict[str, list[str]], times: int) -> dict[str, Run]:
    """Run every command `times` times, in turns and every other turn backwards; keep each one's fastest run.

    Turns spread what else the machine does over all of them; the fastest run is the one least disturbed.
    Its peak is replaced by the largest of all its runs.
    """
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(times):
        for name, argv in list(commands.items())[:: -1 if turn % 2 else 1]:
            runs[name].append(command(argv))
    return {
        name: Run(min(run.seconds for run in each), max(run.peak for run in each))
        for name, each in runs.items()
    }


def sensor(*arguments: str) -> list[str]:
    """Return a command line of this program, as installed beside the running Python."""
    return [str(Path(sys.executable).with_name("smtpsensor")), *arguments]


def module(name: str, *arguments: str) -> list[str]:
    """Return a command line of one of the benchmark modules; to be run from the project's root."""
    return [sys.executable, "-m", f"benchmarks.{name}", *arguments]


def program(name: str) -> str | None:
    """Return the path of a program, or None where it is not installed."""
    return shutil.which(name)
