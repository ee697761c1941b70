"""No password or token in any output of the program, in any form it can take, at any verbosity.

What is hunted comes from the captures by a reader of its own: every client line of the own captures that is
base64, taken apart; and the secrets that the transcripts name.
"""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote_from_bytes

import dpkt
import pytest
from support.forge import frames, pcap
from support.transcripts import TRANSCRIPTS, play

OWN = sorted(Path("pcaps").resolve().glob("*.pcap"))
RUNS = {
    "report": (),
    "eve": ("--events", "-"),
    "ecs": ("--events", "-", "--format", "ecs"),
    "csv": ("--csv", "-"),
    "json": ("--json",),
    "hashed": ("--events", "-", "--names", "hash"),
    "nameless": ("--json", "--names", "none"),
    "debug": ("--debug", "--progress", "--events", "-"),
}
# The servers' passwords are never so short; shorter pieces are found everywhere.
SHORTEST = 6
OWN_WORDS = {b"password"}  # tried by hydra, and a word of the report's text


def client_lines(path: Path) -> Iterator[bytes]:
    """Every line that a segment to a mail port begins or holds."""
    with path.open("rb") as file:
        for _, octets in dpkt.pcap.Reader(file):
            packet = dpkt.ethernet.Ethernet(octets).data
            segment = getattr(packet, "data", None)
            if isinstance(segment, dpkt.tcp.TCP) and segment.dport in {25, 587, 2525}:
                yield from segment.data.splitlines()


def decoded(word: bytes) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except ValueError:
        return b""


def secrets_of(path: Path) -> set[bytes]:
    """Passwords and tokens: behind the last NUL of PLAIN, the second line of LOGIN, behind Bearer."""
    found: set[bytes] = set()
    login = 0
    for line in client_lines(path):
        words = line.split()
        if words[:1] == [b"AUTH"] or words[:1] == [b"auth"]:
            login = 2 - (len(words) > 2) if words[1:2] and words[1].upper() == b"LOGIN" else 0
            text = decoded(words[2]) if len(words) > 2 else b""
        else:
            text = decoded(line)
            if login:
                login -= 1
                if not login and text:
                    found.add(text)
        if text.count(b"\0") >= 2:
            found.add(text.split(b"\0")[-1])
        if b"Bearer " in text:
            found.add(text.partition(b"Bearer ")[2].split(b"\x01")[0])
    return {secret for secret in found if len(secret) >= SHORTEST and secret.isascii()}


def forms(secret: bytes) -> set[bytes]:
    """Return what a secret may look like: as it is, base64 at any offset, hex, percent-encoded."""
    shifted = {base64.b64encode(b"\0" * pad + secret)[4 * (pad > 0) : -4] for pad in range(3)}
    plain = {secret, base64.b64encode(secret).rstrip(b"="), secret.hex().encode()}
    return plain | {quote_from_bytes(secret).encode()} | {form for form in shifted if len(form) >= 8}


def output(path: Path, *options: str) -> bytes:
    ran = subprocess.run(
        [sys.executable, "-m", "smtpsensor", "replay", str(path), *options],
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


def hunt(out: bytes, secrets: set[bytes]) -> list[bytes]:
    return sorted(secret for secret in secrets if any(form in out for form in forms(secret)))


def test_the_hunter_finds_what_is_there() -> None:
    found = set().union(*map(secrets_of, OWN))
    assert len(found) > 30
    for secret in found:
        assert hunt(b"x " + base64.b64encode(b"\0anna\0" + secret) + b" y", {secret}) or len(secret) < 8
        assert hunt(b"a " + secret.hex().encode(), {secret}) == [secret]


def names_of(path: Path) -> set[bytes]:
    """Names that were tried, by the servers' logs: some are tried as passwords, too, and are no secret."""
    captures = json.loads(Path("pcaps/MANIFEST.json").read_text())["captures"]
    (entry,) = [c for c in captures if c["file"] == path.name]
    whole = {each["name"].encode() for each in entry["expected"] if each.get("name")}
    return whole | {name.partition(b"@")[0] for name in whole}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("path", OWN, ids=[path.stem for path in OWN])
def test_own_captures(path: Path, run: str) -> None:
    secrets = secrets_of(path)
    assert hunt(output(path, *RUNS[run]), secrets - names_of(path) - OWN_WORDS) == []


@pytest.mark.parametrize("run", RUNS)
def test_transcripts(tmp_path: Path, run: str) -> None:
    path = tmp_path / "all.pcap"
    transcripts = [t for t in TRANSCRIPTS.values() if t.secrets and not t.proxies]
    segments = [
        s for n, t in enumerate(transcripts) for s in play(t, ts=1_800_000_000_000_000_000 + n * 10**11)
    ]
    path.write_bytes(pcap(frames(segments)))
    secrets = {secret.encode() for t in transcripts for secret in t.secrets}
    assert len(secrets) > 5
    assert hunt(output(path, *RUNS[run]), secrets) == []
