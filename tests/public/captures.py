"""Other people's captures: where they lie, what is said about them, one run over some of them."""

import json
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn

import pytest
from support.tools import ROOT

from smtpsensor.capture.formats import open_capture
from smtpsensor.capture.timeline import Timeline
from smtpsensor.capture.types import Batch
from smtpsensor.config import Limits, Settings
from smtpsensor.decode.decoder import Decoder, Segment
from smtpsensor.events import AnomalyEvent, AuthEvent, Event, Flow, SessionEvent
from smtpsensor.pipeline import Pipeline
from smtpsensor.stats import Stats

FOLDER = Path(os.environ.get("SMTPSENSOR_PCAPS") or ROOT.parent / "shared" / "pcaps")
MANIFEST = FOLDER / "MANIFEST.json"
needs_captures = pytest.mark.skipif(
    not MANIFEST.exists(), reason="no public captures here (SMTPSENSOR_PCAPS)"
)

# 1025 and 3025 because the manifest's readings took them for SMTP as well.
SETTINGS = Settings(
    smtp_ports=frozenset({25, 587, 1025, 2525, 3025}), secret_key=b"a key for the tags, of tests only"
)
CHUNK = 1 << 16
# For the largest of them a hundredth of it is enough: this tells a hang from a slow machine.
SECONDS = 20

Entry = dict[str, Any]
Ends = tuple[str, int, str, int]  # client, its port, server, its port


def captures(*, smtp: bool = False, auth: bool = False) -> list[Entry]:
    """Entries of the manifest: all, those with SMTP in them, or those with AUTH."""
    entries: list[Entry] = json.loads(MANIFEST.read_text())["captures"] if MANIFEST.exists() else []
    if auth:
        return [entry for entry in entries if entry.get("adjudicated_auth_attempts")]
    return [entry for entry in entries if "streams" in entry] if smtp else entries


def name_of(entry: Entry) -> str:
    """Name of a capture, for the name of its test."""
    return str(entry["file"])


def stream_ends(stream: Entry) -> Ends:
    """Client and server of a stream of the manifest: "192.0.2.1:25", "[2001:db8::1]:25"."""
    client, _, client_port = stream["client"].rpartition(":")
    server, _, server_port = stream["server"].rpartition(":")
    return client.strip("[]"), int(client_port), server.strip("[]"), int(server_port)


def ends(flow: Flow) -> Ends:
    """Client and server of a flow."""
    return flow.src, flow.src_port, flow.dst, flow.dst_port


class Found(NamedTuple):
    """What one run over one capture reports."""

    events: list[Event]
    stats: Stats

    @property
    def auths(self) -> list[AuthEvent]:
        """The attempts, in order."""
        return [event for event in self.events if isinstance(event, AuthEvent)]

    @property
    def sessions(self) -> list[SessionEvent]:
        """The sessions, in order."""
        return [event for event in self.events if isinstance(event, SessionEvent)]

    @property
    def anomalies(self) -> list[AnomalyEvent]:
        """Odd traffic that belongs to a session."""
        return [event for event in self.events if isinstance(event, AnomalyEvent)]

    def counters(self) -> dict[str, object]:
        """Every counter by its name."""
        return {name: getattr(self.stats, name) for name in Stats.__slots__}


def replay(names: Iterable[str], *, chunk: int = CHUNK, size: int = 0) -> Found:
    """Run captures through one pipeline: `chunk` octets read at once, `size` frames a batch (0: as read)."""
    stats = Stats()
    pipeline = Pipeline(SETTINGS, stats)
    for batch in Timeline([str(FOLDER / name) for name in names], stats, chunk=chunk).batches():
        for part in _parts(batch, size):
            pipeline.feed(part)
    pipeline.finish()
    return Found(pipeline.drain(), stats)


def _parts(batch: Batch, size: int) -> Iterator[Batch]:
    if not size:
        yield batch
        return
    frames = list(batch.frames)
    for at in range(0, len(frames), size):
        yield Batch(batch.buf, iter(frames[at : at + size]), batch.file)


def tcp_segments(name: str) -> Iterator[tuple[int, Segment]]:
    """Time and TCP segment of every frame of a capture that has one."""
    decoder = Decoder(Limits(), Stats())
    reader = open_capture(str(FOLDER / name))
    while reader.head() is not None:
        batch = reader.batch()
        for ts, off, caplen, wirelen, interface, _ in batch.frames:
            segment = decoder.decode(batch.buf, off, caplen, wirelen, interface.link, ts)
            if segment is not None:
                yield ts, segment
    reader.close()


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Raise TimeoutError out of what hangs."""

    def late(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise TimeoutError(f"not done within {seconds} s")

    previous = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)
