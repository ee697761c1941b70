"""The project's own captures against the logs of the servers in them, attempt by attempt.

`pcaps/MANIFEST.json` holds what Postfix, Dovecot and Exim themselves logged while the captures were made
(`pcaps/record` says how); nothing in it was read from packets.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.tools import missing, require_root

from smtpsensor.capture.timeline import Timeline
from smtpsensor.events import AuthEvent, Event, SessionEvent
from smtpsensor.pipeline import Pipeline

PCAPS = Path(__file__).parents[2] / "pcaps"
CAPTURES = json.loads((PCAPS / "MANIFEST.json").read_text())["captures"]
NAMES = [Path(capture["file"]).stem for capture in CAPTURES]
ALL = pytest.mark.parametrize("capture", CAPTURES, ids=NAMES)


class Attempt(NamedTuple):
    """What both sides know of an attempt."""

    server_port: int
    mechanism: str | None
    name: str | None
    outcome: str
    code: int | None


Connection = tuple[str, int]  # the client's address and port


def read(path: Path) -> list[Event]:
    pipeline = Pipeline()
    for batch in Timeline([str(path)], pipeline.stats).batches():
        pipeline.feed(batch)
    pipeline.finish()
    return pipeline.events


def seen(events: list[Event]) -> dict[Connection, list[Attempt]]:
    attempts: dict[Connection, list[Attempt]] = {}
    for event in events:
        if isinstance(event, AuthEvent):
            attempts.setdefault((event.flow.src, event.flow.src_port), []).append(
                Attempt(event.flow.dst_port, event.mechanism, event.username, str(event.outcome), event.code)
            )
    return attempts


def logged(capture: dict) -> dict[Connection, list[Attempt]]:
    attempts: dict[Connection, list[Attempt]] = {}
    for row in capture["expected"]:
        attempts.setdefault((row["source"], row["port"]), []).append(
            Attempt(row["server_port"], row["mechanism"], row["name"], row["outcome"], row["code"])
        )
    return attempts


@ALL
def test_every_attempt_is_what_the_server_logged(capture: dict) -> None:
    assert seen(read(PCAPS / capture["file"])) == logged(capture)


@ALL
def test_sessions_count_their_attempts(capture: dict) -> None:
    sessions = {
        (event.flow.src, event.flow.src_port): event.attempts
        for event in read(PCAPS / capture["file"])
        if isinstance(event, SessionEvent) and event.attempts
    }
    assert sessions == {connection: len(attempts) for connection, attempts in logged(capture).items()}


@ALL
def test_manifest_names_the_octets(capture: dict) -> None:
    assert hashlib.sha256((PCAPS / capture["file"]).read_bytes()).hexdigest() == capture["sha256"]


def test_every_capture_has_an_entry_and_they_stay_small() -> None:
    files = sorted(file.name for file in PCAPS.glob("*.pcap*"))
    assert files == sorted(capture["file"] for capture in CAPTURES)
    assert sum((PCAPS / file).stat().st_size for file in files) < 3_000_000


def everything() -> Iterator[Attempt]:
    for capture in CAPTURES:
        for attempts in logged(capture).values():
            yield from attempts


@pytest.mark.parametrize("outcome", ["success", "failure", "temporary", "cancelled", "rejected", "aborted"])
def test_the_captures_hold_every_outcome_a_server_can_log(outcome: str) -> None:
    assert any(attempt.outcome == outcome for attempt in everything())


@pytest.mark.parametrize(
    "mechanism",
    [
        *("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"),
        *("NTLM", "XOAUTH2", "OAUTHBEARER", "EXTERNAL"),
    ],
)
def test_the_captures_hold_failure_and_success_of_every_mechanism(mechanism: str) -> None:
    outcomes = {attempt.outcome for attempt in everything() if attempt.mechanism == mechanism}
    assert {"success", "failure"} <= outcomes


@pytest.mark.slow
@pytest.mark.system
@pytest.mark.xdist_group("recording")
@pytest.mark.parametrize("name", NAMES)
def test_recording_again_gives_the_same_truth(name: str) -> None:
    require_root()
    command = [sys.executable, "-m", "pcaps.record", "--check", name]
    run = subprocess.run(command, cwd=PCAPS.parent, capture_output=True, text=True, timeout=900, check=False)
    if run.returncode == 2:  # the machine lacks a tool or the servers' packages: it says which
        missing(run.stderr.strip())
    assert run.returncode == 0, run.stdout + run.stderr
