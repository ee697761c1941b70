"""Classic pcap, as libpcap and its relatives write it: a header, then records of header and frame.

draft-ietf-opsawg-pcap; the variants are those that Wireshark reads under the same magic numbers.
"""

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from smtpsensor.capture.opening import Source
from smtpsensor.capture.reader import FrameReader
from smtpsensor.capture.trouble import MAX_FRAME
from smtpsensor.capture.types import FrameRecord, Interface

FILE_HEADER = 24
SECOND = 1_000_000_000
YEAR = 31_557_600  # s

# (buffer, offset) -> seconds, fraction, octets captured, octets on the wire
Unpack = Callable[[bytes, int], tuple[int, int, int, int]]


class Magic(NamedTuple):
    """What the first four octets say."""

    order: str  # struct's byte order
    scale: int  # ns of one unit of a record's fraction
    record_headers: tuple[int, ...]  # lengths to be tried, in octets


# Behind the 16 octets of a record header Alexey Kuznetzov's patch wrote 8 (interface index, protocol,
# packet type); some builds wrote 12, Red Hat 6.1's kept the plain magic number, Nokia's added 4.
_PLAIN, _MODIFIED = (16, 24, 20), (24, 28)
MAGICS = {
    b"\xd4\xc3\xb2\xa1": Magic("<", 1000, _PLAIN),
    b"\xa1\xb2\xc3\xd4": Magic(">", 1000, _PLAIN),
    b"\x4d\x3c\xb2\xa1": Magic("<", 1, (16,)),
    b"\xa1\xb2\x3c\x4d": Magic(">", 1, (16,)),
    b"\x34\xcd\xb2\xa1": Magic("<", 1000, _MODIFIED),
    b"\xa1\xb2\xcd\x34": Magic(">", 1000, _MODIFIED),
}


class PcapReader(FrameReader):
    """Frames of a classic pcap. `interface` is the only one such a file has."""

    def __init__(self, source: Source, window: bytes) -> None:
        super().__init__(source, window)
        magic = MAGICS[window[:4]]
        self._scale = magic.scale
        self._header = 16
        self._unpack: Unpack = struct.Struct(magic.order + "4I").unpack_from
        self.interface = Interface(0)
        if not self._have(FILE_HEADER, inside=True):
            return
        major, minor, snaplen, link = struct.unpack_from(magic.order + "2H8x2I", self._window, 4)
        if major < 2:
            self._refuse(f"is of pcap version {major}.{minor}, which is not known")
            return
        # The upper bits hold the length of a frame check sequence and flags; IP's own length excludes it.
        self.interface = Interface(link & 0xFFFF, snaplen=snaplen)
        if (major, minor) <= (2, 3) or (major, minor) == (543, 0):
            self._unpack = _in_order(self._unpack)
        self._header = _header_length(self._unpack, self._window, magic)
        self._pos = FILE_HEADER

    def head(self) -> int | None:
        """Return the next frame's time in ns since the epoch, reading on if need be; None at the end."""
        while not self._done:
            need = self._header
            have = len(self._window) - self._pos
            if have >= need:
                second, fraction, captured, _ = self._unpack(self._window, self._pos)
                if captured > MAX_FRAME:
                    self._damage(f"a record of {captured:,} octets")
                    break
                need += captured
                if have >= need:
                    return second * SECOND + fraction * self._scale
            self._more(need)
        return None

    def _frames(self, until: int) -> Iterator[FrameRecord]:
        # The hot loop of capture: locals only, one unpack, and one multiplication by 10^9 per second of the
        # capture instead of per frame. Whether the merge's limit is near is settled once per second too.
        unpack, window, end = self._unpack, self._window, len(self._window)
        header, scale, interface = self._header, self._scale, self.interface
        number, pos = self.number, self._pos
        current, base, near = -1, 0, False
        try:
            while True:
                second, fraction, captured, wire = unpack(window, pos)
                if second != current:
                    current = second
                    base = second * SECOND
                    near = base + SECOND > until
                offset = pos + header
                following = offset + captured
                # A longer frame than MAX_FRAME never fits into the window: `head` then looks closer.
                if following > end or (near and base + fraction * scale > until):
                    break
                pos = following
                number += 1
                yield base + fraction * scale, offset, captured, wire, interface, number
        except struct.error:
            pass  # not even a header is left in the window
        finally:
            self.number, self._pos = number, pos


def _in_order(unpack: Unpack) -> Unpack:
    """Before version 2.3 the two lengths were the other way round; 2.3 and DG/UX's 543.0 know both orders."""

    def ordered(window: bytes, pos: int) -> tuple[int, int, int, int]:
        second, fraction, one, other = unpack(window, pos)
        return second, fraction, min(one, other), max(one, other)

    return ordered


def _header_length(unpack: Unpack, window: bytes, magic: Magic) -> int:
    """Choose the record header with which the first records follow each other; the usual one if in doubt."""
    usual, *others = magic.record_headers
    if others and not _fit(_records(unpack, window, usual)):
        for length in others:
            records = _records(unpack, window, length)
            # Two whole records at least: a single length in step may be chance.
            whole = FILE_HEADER + sum(length + record[2] for record in records[:2])
            if len(records) > 1 and whole <= len(window) and _fit(records):
                return length
    return usual


def _records(unpack: Unpack, window: bytes, header: int) -> list[tuple[int, int, int, int]]:
    """Read up to 16 record headers of `window`."""
    pos = FILE_HEADER
    records: list[tuple[int, int, int, int]] = []
    try:
        while len(records) < 16:
            records.append(unpack(window, pos))
            pos += header + records[-1][2]
    except struct.error:
        pass  # the window ends here
    return records


def _fit(records: list[tuple[int, int, int, int]]) -> bool:
    """Tell whether these are record headers that an undamaged file may have, of one year."""
    return all(
        captured <= min(wire, MAX_FRAME) and fraction < 1_000_000 and abs(second - records[0][0]) < YEAR
        for second, fraction, captured, wire in records
    )
