"""What the tests of a replay read: six sessions of every kind, and how their outputs are taken apart."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from cli.captures import capture, played
from cli.program import replay_here

ALL = played(6, seed=11, kinds=("hydra", "user", "lockstep"))
TRUTH = [truth for session in ALL for truth in session.truth]
NAMES = {truth.username for truth in TRUTH}
SECRETS = [secret for session in ALL for secret in session.secrets]


def prepared(folder: Path) -> Path:
    """A folder with all sessions in all.pcap."""
    (folder / "all.pcap").write_bytes(capture(*ALL))
    return folder


def records(lines: bytes) -> list[dict[str, Any]]:
    """Lines of JSON."""
    return [json.loads(line) for line in lines.splitlines()]


def rows(data: bytes) -> list[dict[str, str]]:
    """Rows of CSV."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def everything(
    folder: Path, *options: str
) -> tuple[list[dict[str, Any]], list[dict[str, str]], dict[str, Any]]:
    """Events, rows and report of one run."""
    ran = replay_here("all.pcap", "--events", "e.jsonl", "--csv", "r.csv", "--json", *options, cwd=folder)
    assert (ran.code, ran.err) == (0, "")
    return records((folder / "e.jsonl").read_bytes()), rows((folder / "r.csv").read_bytes()), ran.report
