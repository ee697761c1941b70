"""Capture files made by hand, octet by octet, and read back with everything a reader says about them."""

import io
import os
import stat
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from smtpsensor.capture import formats, opening
from smtpsensor.capture.reader import FrameReader
from smtpsensor.capture.timeline import Timeline
from smtpsensor.capture.trouble import Trouble
from smtpsensor.stats import Stats

T0 = 1_700_000_000_000_000_000  # ns


class Packet(NamedTuple):
    """What goes into a capture, and what must come out."""

    ts: int
    data: bytes
    wire: int


def packets(count: int, start: int = T0, step: int = 1_000_000, size: int = 60) -> list[Packet]:
    """Different lengths (the odd ones need padding) and contents, so that none can be mistaken."""
    return [
        Packet(start + i * step, struct.pack(">I", i) + bytes([i % 251]) * (size - 4 + i % 5), size + 100 + i)
        for i in range(count)
    ]


def pcap(
    content: Iterable[Packet],
    *,
    order: str = "<",
    magic: int = 0xA1B2C3D4,
    scale: int = 1000,
    version: tuple[int, int] = (2, 4),
    link: int = 1,
    extra: int = 0,
    swapped: bool = False,
) -> bytes:
    """A classic pcap; `extra` octets stand behind each record header, `swapped` exchanges the lengths."""
    out = [struct.pack(order + "I2HiI2I", magic, *version, 0, 0, 262_144, link)]
    for ts, data, wire in content:
        second, rest = divmod(ts, 1_000_000_000)
        lengths = (wire, len(data)) if swapped else (len(data), wire)
        out += [struct.pack(order + "4I", second, rest // scale, *lengths), bytes(extra), data]
    return b"".join(out)


@dataclass(frozen=True)
class Ng:
    """Blocks of a pcapng file in one byte order."""

    order: str = "<"

    def block(self, kind: int, body: bytes, trailer: int | None = None) -> bytes:
        body += bytes(-len(body) % 4)
        length = struct.pack(self.order + "I", 12 + len(body))
        end = length if trailer is None else struct.pack(self.order + "I", trailer)
        return struct.pack(self.order + "I", kind) + length + body + end

    def section(self, version: tuple[int, int] = (1, 0), length: int = -1, options: bytes = b"") -> bytes:
        body = struct.pack(self.order + "I2Hq", 0x1A2B3C4D, *version, length)
        return self.block(0x0A0D0D0A, body + options)

    def option(self, code: int, value: bytes) -> bytes:
        return struct.pack(self.order + "2H", code, len(value)) + value + bytes(-len(value) % 4)

    def interface(self, link: int = 1, snaplen: int = 0, options: bytes = b"") -> bytes:
        return self.block(1, struct.pack(self.order + "2HI", link, 0, snaplen) + options)

    def enhanced(
        self, packet: Packet, units: int | None = None, ident: int = 0, options: bytes = b""
    ) -> bytes:
        """`units` is the raw time; by default microseconds."""
        raw = packet.ts // 1000 if units is None else units
        head = struct.pack(
            self.order + "5I", ident, raw >> 32, raw & 0xFFFF_FFFF, len(packet.data), packet.wire
        )
        return self.block(6, head + packet.data + bytes(-len(packet.data) % 4) + options)

    def simple(self, packet: Packet) -> bytes:
        return self.block(3, struct.pack(self.order + "I", packet.wire) + packet.data)

    def old(self, packet: Packet, ident: int = 0) -> bytes:
        raw = packet.ts // 1000
        head = struct.pack(
            self.order + "2H4I", ident, 9, raw >> 32, raw & 0xFFFF_FFFF, len(packet.data), packet.wire
        )
        return self.block(2, head + packet.data)


def pcapng(content: Iterable[Packet], order: str = "<") -> bytes:
    """One section, one Ethernet interface, microseconds."""
    ng = Ng(order)
    return b"".join([ng.section(), ng.interface(), *map(ng.enhanced, content)])


def snoop(content: Iterable[Packet], *, version: int = 2, link: int = 4) -> bytes:
    """A Solaris capture (RFC 1761)."""
    out = [b"snoop\0\0\0", struct.pack(">2I", version, link)]
    for ts, data, wire in content:
        pad = -len(data) % 4
        second, micro = ts // 1_000_000_000, ts % 1_000_000_000 // 1000
        out.append(
            struct.pack(">6I", wire, len(data), 24 + len(data) + pad, 0, second, micro) + data + bytes(pad)
        )
    return b"".join(out)


class Got(NamedTuple):
    """A frame as it came out of a reader."""

    ts: int
    data: bytes
    wire: int
    link: int
    name: str | None
    number: int

    @property
    def packet(self) -> Packet:
        return Packet(self.ts, self.data, self.wire)


class Reading(NamedTuple):
    """All that a reader had to say."""

    frames: list[Got]
    trouble: Trouble | None

    @property
    def packets(self) -> list[Packet]:
        return [frame.packet for frame in self.frames]


def open_bytes(data: bytes, chunk: int = opening.CHUNK, *, pipe: bool = False) -> FrameReader:
    """Open octets as if they were a file's, or had come through a pipe."""
    kind = stat.S_IFIFO if pipe else stat.S_IFREG
    status = os.stat_result((kind, 0, 0, 1, 0, 0, len(data), 0, 0, 0))
    source = opening._source("made.pcap", opening._Raw(io.BytesIO(data)), status, chunk)  # type: ignore[arg-type]
    return formats._reader(source, source.advance(b"", 0, source.probe))


def drain(reader: FrameReader) -> Reading:
    """Read to the end; a reader that makes no progress fails instead of hanging."""
    frames: list[Got] = []
    while reader.head() is not None:
        batch = reader.batch()
        before = len(frames)
        for ts, off, caplen, wire, interface, number in batch.frames:
            data = batch.buf[off : off + caplen]
            assert len(data) == caplen, "a frame lies outside its buffer"
            frames.append(Got(ts, data, wire, interface.link, interface.name, number))
        assert len(frames) > before, "head() promised a frame"
    reader.close()
    return Reading(frames, reader.trouble)


def read(data: bytes, chunk: int = opening.CHUNK, *, pipe: bool = False) -> Reading:
    """Read a capture from memory through the real sources."""
    return drain(open_bytes(data, chunk, pipe=pipe))


def replay(paths: Sequence[object], **options: int) -> tuple[list[tuple[str | None, Got]], Timeline, Stats]:
    """Read files through a Timeline."""
    stats = Stats()
    timeline = Timeline([str(path) for path in paths], stats, **options)
    out = []
    for batch in timeline.batches():
        for ts, off, caplen, wire, interface, number in batch.frames:
            data = batch.buf[off : off + caplen]
            out.append((batch.file, Got(ts, data, wire, interface.link, interface.name, number)))
    return out, timeline, stats
