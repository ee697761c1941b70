"""From segments to captures: frames, pcap octets, and batches as the packet loop reads them.

segments = play(TRANSCRIPTS["login_failure"])      # support.transcripts
data = pcap(frames(segments))                      # a file
for batch in batches(frames(segments)): pipeline.feed(batch)
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from smtpsensor.capture.types import Batch, FrameRecord, Interface
from smtpsensor.config import Settings
from smtpsensor.events import AnomalyEvent, AuthEvent, Event, SessionEvent
from smtpsensor.stats import Stats
from support.forge_encap import ENCAPSULATIONS, Encapsulation
from support.forge_frames import fragments, packet
from support.forge_tcp import ACK, EPOCH, FIN, MS, RST, SECOND, SYN, Conversation, Endpoints, Segment

__all__ = [
    "ACK",
    "ENCAPSULATIONS",
    "EPOCH",
    "FIN",
    "KEY",
    "MS",
    "RST",
    "SECOND",
    "SYN",
    "Conversation",
    "Encapsulation",
    "Endpoints",
    "Frame",
    "Result",
    "Segment",
    "batches",
    "frames",
    "pcap",
    "run",
    "run_batches",
]

KEY = b"a key for the tags, of tests only"
PLAIN = ENCAPSULATIONS["ethernet"]


class Frame(NamedTuple):
    """One captured frame: ns, octets captured, octets on the wire, link type."""

    ts: int
    data: bytes
    wirelen: int
    link: int


class Result(NamedTuple):
    """What came out of one run."""

    auths: list[AuthEvent]
    sessions: list[SessionEvent]
    anomalies: list[AnomalyEvent]
    stats: Stats
    events: list[Event]


def frames(
    segments: Iterable[Segment], encapsulation: Encapsulation = PLAIN, *, fragment: int = 0
) -> list[Frame]:
    """Segments as frames, in their order. `fragment` > 0: IP fragments of so many octets (multiple of 8)."""
    out = []
    for segment in segments:
        packets = fragments(segment, fragment) if fragment else [packet(segment)]
        for each in packets:
            data = encapsulation.wrap(each, segment.client)
            out.append(Frame(segment.ts, data, len(data), encapsulation.link))
    return out


def pcap(captured: Sequence[Frame], *, nanoseconds: bool = True) -> bytes:
    """A little-endian pcap file; all frames must have one link type."""
    (link,) = {frame.link for frame in captured} or {1}
    magic, unit = (0xA1B2_3C4D, 1) if nanoseconds else (0xA1B2_C3D4, 1_000)
    parts = [struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262_144, link)]
    for ts, data, wirelen, _ in captured:
        parts += (struct.pack("<IIII", ts // SECOND, ts % SECOND // unit, len(data), wirelen), data)
    return b"".join(parts)


def batches(
    captured: Iterable[Frame], size: int = 0, file: str | None = "forged.pcap", first: int = 1
) -> Iterator[Batch]:
    """Frames as batches of `size` frames (0: all in one), the buffers as a pcap file would lay them out."""
    numbered = list(enumerate(captured))
    interfaces: dict[int, Interface] = {}
    for _, group in groupby(numbered, key=lambda item: item[0] // size if size else 0):
        records: list[FrameRecord] = []
        buffer = bytearray(b"\xa5" * 24)
        for index, (ts, data, wirelen, link) in group:
            buffer += b"\xa5" * 16
            iface = interfaces.setdefault(link, Interface(link))
            records.append((ts, len(buffer), len(data), wirelen, iface, first + index))
            buffer += data
        yield Batch(bytes(buffer), iter(records), file)


def run(captured: Iterable[Frame], settings: Settings | None = None, *, size: int = 0) -> Result:
    """Feed frames to a pipeline of its own, `size` per batch, and sort what comes out by kind."""
    return run_batches(batches(captured, size), settings)


def run_batches(ready: Iterable[Batch], settings: Settings | None = None) -> Result:
    """Feed batches to a pipeline of its own and sort what comes out by kind."""
    from smtpsensor.pipeline import Pipeline

    pipeline = Pipeline(settings or Settings(secret_key=KEY))
    events: list[Event] = []
    for batch in ready:
        pipeline.feed(batch)
        events += pipeline.events
        pipeline.events.clear()
    pipeline.finish()
    events += pipeline.events
    return Result(
        [event for event in events if isinstance(event, AuthEvent)],
        [event for event in events if isinstance(event, SessionEvent)],
        [event for event in events if isinstance(event, AnomalyEvent)],
        pipeline.stats,
        events,
    )
