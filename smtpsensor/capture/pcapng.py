"""pcapng (draft-ietf-opsawg-pcapng): sections, interfaces, packets; every other block is passed over."""

import struct
from collections.abc import Iterator

from smtpsensor.capture.opening import Source
from smtpsensor.capture.pcapng_interface import PcapngInterface, parse_interface
from smtpsensor.capture.reader import FrameReader
from smtpsensor.capture.trouble import MAX_FRAME
from smtpsensor.capture.types import FrameRecord, Interface

MAGIC = b"\x0a\x0d\x0d\x0a"
SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6
PACKETS = (ENHANCED_PACKET, SIMPLE_PACKET, OLD_PACKET)
# Blocks that are no packets but that Wireshark numbers as frames: journal entries, system calls, custom.
NUMBERED = frozenset({0x9, 0x204, 0x216, 0x221, 0xBAD, 0x4000_0BAD})

BYTE_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}

PACKET_HEADER, SIMPLE_HEADER, TRAILER = 28, 12, 4
# Wireshark takes a longer block for damage too; the longest real ones hold TLS secrets or names.
MAX_BLOCK = 16_777_216
# mergecap writes one interface per merged file. Old packet blocks have 16 bits for the number.
MAX_INTERFACES = 65_536
# Of an interface description only this much is looked at: the options that matter come early and are short.
OPTIONS_READ = 65_536


class PcapngReader(FrameReader):
    """Frames of a pcapng file.

    A simple packet block has no time. Its frame gets that of the packet before it (0 if there is none):
    the order of the file is the order of capture, and a time of 0 would look like a clock that jumped.
    """

    def __init__(self, source: Source, window: bytes) -> None:
        super().__init__(source, window)
        self.interfaces: list[PcapngInterface] = []  # of the current section
        self._time = 0  # of the last frame
        self._order("<")

    def _order(self, order: str) -> None:
        self._block = struct.Struct(order + "2I").unpack_from
        self._enhanced = struct.Struct(order + "7I").unpack_from
        self._old = struct.Struct(order + "2I2H4I").unpack_from
        self._word = struct.Struct(order + "I").unpack_from
        self._byte_order = order

    def head(self) -> int | None:
        """Return the next frame's time in ns since the epoch, reading on if need be; None at the end."""
        while not self._done:
            if not self._have(8):
                break
            kind, length = self._block(self._window, self._pos)
            if kind == SECTION:
                self._section()
            elif not _is_sane(length):
                self._damage(f"a block of {length:,} octets")
            elif kind in PACKETS:
                packet = self._packet(kind, length)
                if isinstance(packet, tuple):
                    return packet[0]
                if isinstance(packet, str):
                    self._damage(packet)
                else:
                    self._more(packet)
            elif kind == INTERFACE:
                self._interface(length)
            else:
                self.number += kind in NUMBERED
                self._pass(length)
        return None

    def _frames(self, until: int) -> Iterator[FrameRecord]:
        window, end = self._window, len(self._window)
        number, pos, time = self.number, self._pos, self._time
        interfaces, unpack = self.interfaces, self._enhanced
        ident, high, near, base, scale = -1, -1, False, 0, 0
        enhanced, header, around = ENHANCED_PACKET, PACKET_HEADER, PACKET_HEADER + TRAILER
        try:
            # As in classic pcap: locals, one unpack, and what changes rarely (interface, upper half of the
            # time, whether the merge's limit is near) is settled when it changes.
            while True:
                kind, length, ident_now, high_now, low, captured, wire = unpack(window, pos)
                following = pos + length
                if kind != enhanced or captured > length - around or following > end or length & 3:
                    break
                if high_now != high or ident_now != ident:
                    if ident_now >= len(interfaces):
                        break
                    described = interfaces[ident_now]
                    base, scale = described.line(high_now)
                    if not scale:
                        break
                    ident, high, interface = ident_now, high_now, described.interface
                    near = base + (scale << 32) > until
                time = base + low * scale
                if near and time > until:
                    return
                offset = pos + header
                pos = following
                number += 1
                yield time, offset, captured, wire, interface, number
        except struct.error:
            pass  # not even a header is left in the window
        finally:
            self.number, self._pos, self._time = number, pos, time
        yield from self._rare_frames(until)

    def _rare_frames(self, until: int) -> Iterator[FrameRecord]:
        """Yield packets that the fast loop leaves: other block types, clocks that are no multiple of a ns."""
        while len(self._window) - self._pos >= 8:
            kind, length = self._block(self._window, self._pos)
            if kind not in PACKETS or not _is_sane(length):
                return
            packet = self._packet(kind, length)
            if not isinstance(packet, tuple) or packet[0] > until:
                return
            self.number += 1
            self._pos += length
            self._time = packet[0]
            yield (*packet, self.number)

    def _packet(self, kind: int, length: int) -> tuple[int, int, int, int, Interface] | int | str:
        """Read the packet block at the position: a frame without its number.

        Otherwise an int: the octets of the block that must be in the window to read it, or a text: what
        makes no sense about it.
        """
        window, pos = self._window, self._pos
        header = SIMPLE_HEADER if kind == SIMPLE_PACKET else PACKET_HEADER
        if len(window) - pos < header:
            return header
        ident = high = low = captured = wire = 0
        if kind == SIMPLE_PACKET:
            wire = self._word(window, pos + 8)[0]
        elif kind == ENHANCED_PACKET:
            _, _, ident, high, low, captured, wire = self._enhanced(window, pos)
        else:
            _, _, ident, _, high, low, captured, wire = self._old(window, pos)
        if ident >= len(self.interfaces):
            return f"a packet of interface {ident}, which is not described"
        described = self.interfaces[ident]
        if kind == SIMPLE_PACKET:
            captured = min(wire, described.interface.snaplen or wire, length - header - TRAILER)
        if captured > min(MAX_FRAME, length - header - TRAILER):
            return f"a frame of {captured:,} octets in a block of {length:,}"
        if len(window) - pos < header + captured:
            return header + captured
        time = self._time if kind == SIMPLE_PACKET else described.time(high, low)
        return time, pos + header, captured, wire, described.interface

    def _section(self) -> None:
        """Begin a section: its byte order and its own interfaces."""
        if not self._have(24, inside=True):
            return
        mark = self._window[self._pos + 8 : self._pos + 12]
        if mark not in BYTE_ORDERS:
            self._damage("a section without byte order")
            return
        self._order(BYTE_ORDERS[mark])
        length = self._word(self._window, self._pos + 4)[0]
        major, minor = struct.unpack_from(self._byte_order + "2H", self._window, self._pos + 12)
        if not _is_sane(length) or length < 28:
            self._damage(f"a section header of {length:,} octets")
        elif (major, minor) not in ((1, 0), (1, 2)):  # 1.2 was written by mistake and means 1.0
            self._refuse(f"has a section of pcapng version {major}.{minor}, which is not known")
        else:
            self.interfaces = []
            self._pass(length)

    def _interface(self, length: int) -> None:
        read = min(length - TRAILER, OPTIONS_READ)
        if length < 20:
            self._damage(f"an interface description of {length:,} octets")
        elif len(self.interfaces) == MAX_INTERFACES:
            self._damage(f"more than {MAX_INTERFACES:,} interfaces")
        elif self._have(read, inside=True):
            block = self._window[self._pos : self._pos + read]
            self.interfaces.append(parse_interface(block, self._byte_order))
            self._pass(length)

    def _pass(self, length: int) -> None:
        """Go behind a block that is no packet. Its length stands at its end once more."""
        self._pos += length - TRAILER
        if self._have(TRAILER, inside=True):
            if self._word(self._window, self._pos)[0] != length:
                self._damage("a block whose two lengths differ")
            self._pos += TRAILER


def _is_sane(length: int) -> bool:
    return 12 <= length <= MAX_BLOCK and length % 4 == 0
