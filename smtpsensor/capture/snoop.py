"""snoop (RFC 1761), the capture format of Solaris: big-endian records padded to four octets."""

import struct
from collections.abc import Callable, Iterator

from smtpsensor.capture.opening import Source
from smtpsensor.capture.reader import FrameReader
from smtpsensor.capture.trouble import MAX_FRAME
from smtpsensor.capture.types import LINK_ETHERNET, FrameRecord, Interface

MAGIC = b"snoop\0\0\0"
FILE_HEADER = 16
RECORD_HEADER = 24
SECOND = 1_000_000_000

# (window, offset) -> octets on the wire, captured, of the record, drops so far, seconds, microseconds
_unpack: Callable[[bytes, int], tuple[int, int, int, int, int, int]] = struct.Struct(">6I").unpack_from
# RFC 1761 section 3 data links as LINKTYPE_* values; others have no frames that could carry SMTP here.
LINKS = {2: 6, 4: LINK_ETHERNET, 8: 10, 26: 226}  # token ring, Ethernet, FDDI, Solaris IPNET


class SnoopReader(FrameReader):
    """Frames of a snoop capture, version 2."""

    def __init__(self, source: Source, window: bytes) -> None:
        super().__init__(source, window)
        self.interface = Interface(0)
        if not self._have(FILE_HEADER, inside=True):
            return
        version, link = struct.unpack_from(">2I", self._window, 8)
        if version != 2:
            self._refuse(f"is of snoop version {version}, which is not known")
            return
        self.interface = Interface(LINKS.get(link, 0xFFFF))
        self._pos = FILE_HEADER

    def head(self) -> int | None:
        """Return the next frame's time in ns since the epoch, reading on if need be; None at the end."""
        while not self._done:
            need = RECORD_HEADER
            have = len(self._window) - self._pos
            if have >= need:
                _, captured, record, _, second, micro = _unpack(self._window, self._pos)
                if not captured + RECORD_HEADER <= record <= MAX_FRAME + RECORD_HEADER:
                    self._damage(f"a record of {record:,} octets with a frame of {captured:,}")
                    break
                if have >= record:
                    return second * SECOND + micro * 1000
                need = record
            self._more(need)
        return None

    def _frames(self, until: int) -> Iterator[FrameRecord]:
        number, pos, end = self.number, self._pos, len(self._window)
        try:
            while pos + RECORD_HEADER <= end:
                wire, captured, record, _, second, micro = _unpack(self._window, pos)
                time = second * SECOND + micro * 1000
                if record < captured + RECORD_HEADER or pos + record > end or time > until:
                    break
                number += 1
                frame = (time, pos + RECORD_HEADER, captured, wire, self.interface, number)
                pos += record
                yield frame
        finally:
            self.number, self._pos = number, pos
