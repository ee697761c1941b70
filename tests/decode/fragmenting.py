"""Fragments made by hand, and a wire to send them over."""

import struct
from collections.abc import Iterable, Sequence

from decode.encapsulations import key
from decode.wrapping import PAYLOAD, SEGMENT4, SEGMENT6, SEQ, TCP_BYTES, ether

from smtpsensor.config import Limits
from smtpsensor.decode.decoder import Decoder, Segment
from smtpsensor.stats import Stats

ETHERNET4, ETHERNET6 = bytes(ether(SEGMENT4))[:14], bytes(ether(SEGMENT6))[:14]


def pieces(version: str, size: int = 24, ident: int = 7, tcp: bytes = TCP_BYTES) -> list[bytes]:
    """Ethernet frames of the segment's fragments, each with `size` octets of it, made by hand."""
    frames = []
    for start in range(0, len(tcp), size):
        more = start + size < len(tcp)
        frames.append(piece(version, start, tcp[start : start + size], more, ident))
    return frames


def piece(version: str, start: int, data: bytes, more: bool, ident: int = 7) -> bytes:
    """One fragment in Ethernet."""
    if version == "4":
        place = more << 13 | start >> 3
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(data), ident, place, 64, 6, 0) + SEGMENT4[12:20]
    else:
        head = SEGMENT6[:4] + struct.pack("!HBB", 8 + len(data), 44, 64) + SEGMENT6[8:40]
        head += struct.pack("!BBHI", 6, 0, start | more, ident)
    return (ETHERNET4 if version == "4" else ETHERNET6) + head + data


class Wire:
    """A decoder and the segments it found."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.stats = Stats()
        self.decoder = Decoder(limits or Limits(), self.stats)

    def send(self, frame: bytes, ts: int = 0, wirelen: int = 0) -> Segment | None:
        return self.decoder.decode(frame, 0, len(frame), wirelen or len(frame), 1, ts)

    def send_all(self, frames: Iterable[bytes], ts: int = 0) -> list[Segment]:
        return [found for frame in frames if (found := self.send(frame, ts)) is not None]

    @property
    def named(self) -> dict[str, int]:
        return dict(self.stats.named)


def assert_whole(found: Sequence[Segment], version: str, copies: int = 1) -> None:
    assert len(found) == copies
    for one in found:
        assert (one.key, one.seq, one.missing) == (key(version), SEQ, 0)
        assert one.buf[one.start : one.end] == PAYLOAD
