"""A mistake of the program: one line, exit code 1, and nothing off the wire, not even under --debug."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli.captures import attempts, capture, captured, played
from cli.program import Ran, auths, environment
from support.forge import SECOND, pcap

SESSIONS = played(20, seed=31)
SECRET = "hunter2-in-a-variable"
# The program with a mistake put into it: it is the handling that is tried here, and that has no other way in.
BROKEN = """
import sys
from smtpsensor import pump
from smtpsensor.cli.main import main

def mistake(self, batch, run=pump.Pump.run):
    run(self, batch)
    password = {secret!r}
    try:
        int(password)
    except ValueError as error:
        {then}

pump.Pump.run = mistake
sys.argv = ["smtpsensor", *sys.argv[1:]]
main()
"""
WAYS = {
    "an exception whose text holds it": "raise",
    "one raised while another is handled": "raise KeyError(password)",
    "one raised from another": "raise RuntimeError(password) from error",
}


def broken(then: str, *arguments: str, cwd: Path, **env: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN.format(secret=SECRET, then=then), "replay", *arguments],
        cwd=cwd, env=environment(**env), capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr.decode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "some.pcap").write_bytes(capture(*SESSIONS))
    return tmp_path


@pytest.mark.parametrize("then", WAYS.values(), ids=WAYS)
def test_one_line_says_where(then: str, folder: Path) -> None:
    ran = broken(then, "some.pcap", cwd=folder)
    assert ran.code == 1
    assert len(ran.lines) == 1
    assert re.fullmatch(
        r"smtpsensor: internal error: \w+Error at .*:\d+ \(mistake\), reading some\.pcap"
        r" behind [\d,]+ frames; please report it with what --debug prints",
        ran.lines[0],
    )


@pytest.mark.parametrize("then", WAYS.values(), ids=WAYS)
def test_debug_shows_the_way_there_but_no_value(then: str, folder: Path) -> None:
    ran = broken(then, "some.pcap", "--debug", cwd=folder)
    assert ran.code == 1
    assert any(line.startswith("  smtpsensor/app/replay.py:") for line in ran.lines)
    assert ran.lines[-1].startswith("smtpsensor: internal error: ")
    for session in SESSIONS:
        assert not [secret for secret in (SECRET, *session.secrets) if secret in ran.err]
    assert all(line.isprintable() for line in ran.lines)


def test_the_environment_asks_for_it_too(folder: Path) -> None:
    ran = broken("raise", "some.pcap", cwd=folder, SMTPSENSOR_DEBUG="1")
    assert len(ran.lines) > 5


def test_events_up_to_there_are_kept(folder: Path) -> None:
    """The capture before was read as it should."""
    before = played(5, seed=30)
    earlier = [frame._replace(ts=frame.ts - 3_600 * SECOND) for frame in captured(*before)]
    (folder / "before.pcap").write_bytes(pcap(earlier))
    then = "if batch.file == 'some.pcap': raise"
    broken(then, "before.pcap", "some.pcap", "--events", "events.jsonl", cwd=folder)
    assert len(auths((folder / "events.jsonl").read_bytes())) == attempts(*before)
