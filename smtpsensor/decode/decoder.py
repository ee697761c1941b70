"""The slow path: any frame to its TCP segment, through whatever lies between.

Every header is opened by one function of one table (`smtpsensor.decode.table`); this loop walks from header
to header and counts what cannot be read. It must be complete by itself: the packet loop's fast path does
only what is common, and exactly as here.
"""

from struct import Struct
from typing import NamedTuple

from smtpsensor.config import Limits
from smtpsensor.decode.fragments import Fragments
from smtpsensor.decode.kinds import DONE, ETHER, LINK, PPP, SHORT, TCP, UNREAD, Cursor
from smtpsensor.decode.table import OPENERS, ORDINARY, UNREAD_NAMES
from smtpsensor.stats import Stats

_TCP = Struct("!4xIIBB").unpack_from  # sequence number, acknowledgement, data offset, flags
_SPACE = ~0xFFFF
# Names of unread protocols come from the wire (65,536 ethertypes): so many are kept, the rest is "other".
UNDECODED_NAMES = 256


class Segment(NamedTuple):
    """One TCP segment. Offsets are into `buf`: the frame's own buffer, or that of a reassembled datagram."""

    key: bytes  # source, destination, source port, destination port as on the wire: 12 octets IPv4, 36 IPv6
    seq: int
    ack: int
    flags: int  # FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128
    buf: bytes
    start: int  # payload captured: buf[start:end]
    end: int
    missing: int  # payload octets that the headers promise and the capture length cut off
    vlan: tuple[int, ...]  # ids of all tags, outermost first, those inside tunnels too


class Decoder:
    """Frames in, segments out; holds nothing but incomplete datagrams, bounded by `limits`."""

    def __init__(self, limits: Limits, stats: Stats) -> None:
        self._stats = stats
        self._headers = range(limits.nesting + 1)  # TCP itself is the last
        self._fragments = Fragments(limits, stats)
        self._cursor = Cursor(self._fragments)

    @property
    def fragments(self) -> tuple[int, int]:
        """Return how many datagrams are incomplete, and the octets they cost."""
        return len(self._fragments), self._fragments.cost

    def decode(self, buf: bytes, off: int, caplen: int, wirelen: int, link: int, ts: int) -> Segment | None:
        """Find the TCP segment in the frame `buf[off:off + caplen]`, which the buffer holds whole.

        `wirelen`: its octets on the wire; `link`: LINKTYPE_*; `ts`: ns, for fragment time-outs only. None: no
        segment (another protocol, a fragment held, or a frame that cannot be read, which is counted). An
        ICMP error that quotes a TCP header is no segment. Raises nothing, whatever the octets are.
        """
        c = self._cursor
        c.buf = buf
        c.cap = c.wire = off + caplen
        if wirelen > caplen:
            c.wire = off + wirelen
        c.vlan = ()
        c.addresses = b""
        c.inflated = False
        c.ts = ts
        kind = LINK | link & 0xFFFF
        reader = "frame"
        for _ in self._headers:
            if kind == TCP:
                return self._tcp(c, off)
            opener = OPENERS.get(kind)
            if opener is None:
                self._stop(kind, reader)
                return None
            reader = opener.__name__
            kind, off = opener(c, off)
        self._undecoded("tunnel_too_deep", reader)
        return None

    def finish(self) -> None:
        """Count datagrams still incomplete as timed out: the input has ended."""
        self._fragments.finish()

    def _tcp(self, c: Cursor, off: int) -> Segment | None:
        """RFC 9293 section 3.1. Options may be cut off; the fixed header may not."""
        if c.cap - off < 20:
            self._undecoded("tcp_header_invalid" if c.wire - off < 20 else "frame_short", "tcp")
            return None
        buf = c.buf
        seq, ack, offset, flags = _TCP(buf, off)
        start = off + (offset >> 4) * 4
        if offset < 0x50 or start > c.wire:
            self._undecoded("tcp_header_invalid", "tcp")
            return None
        end = c.cap
        missing = c.wire - max(start, end)
        key = c.addresses + buf[off : off + 4]
        return Segment(key, seq, ack, flags, buf, min(start, end), end, missing, c.vlan)

    def _stop(self, kind: int, reader: str) -> None:
        """No header follows that is read. `reader` is the one that said so."""
        if kind == DONE or kind in ORDINARY:
            return
        if kind == SHORT:
            self._undecoded("frame_short", reader)
        elif kind == UNREAD:
            self._undecoded("encapsulation_unknown", reader)
        elif kind in UNREAD_NAMES:
            self._undecoded("encapsulation_unknown", UNREAD_NAMES[kind])
        elif kind & _SPACE == LINK:
            self._undecoded("link_unknown", f"link_{kind & 0xFFFF}")
        elif kind & _SPACE == ETHER:
            self._undecoded("encapsulation_unknown", f"ethertype_0x{kind & 0xFFFF:04x}")
        elif kind & _SPACE == PPP and kind & 0xFFFF < 0x4000:  # above: control protocols
            self._undecoded("encapsulation_unknown", f"ppp_0x{kind & 0xFFFF:04x}")

    def _undecoded(self, anomaly: str, protocol: str) -> None:
        stats = self._stats
        stats.count(anomaly)
        stats.frames_undecoded += 1
        if protocol not in stats.undecoded and len(stats.undecoded) >= UNDECODED_NAMES:
            protocol = "other"
        stats.undecoded[protocol] += 1
