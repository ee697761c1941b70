"""The packet loop: one function from a buffer of frames to the connections.

Every frame passes here, so there is no object, no call and no exception per frame on the common ways: frames
of other ports, pure acknowledgements, mail text, TLS. Ethernet with any number of VLAN tags, IPv4 without
options and IPv6 without extension headers are read in place; all else goes through `smtpsensor.decode`.
"""

from struct import Struct
from typing import Final

from smtpsensor.capture.types import LINK_ETHERNET, Batch, Interface
from smtpsensor.decode.decoder import Decoder
from smtpsensor.reassembly.control import Connections
from smtpsensor.reassembly.flow import BULK, LINES
from smtpsensor.stats import Stats

# Ethernet, IPv4 (20 octets), TCP in one: ethertype; version and length, total length, fragment, protocol;
# ports, sequence number, acknowledgement, data offset, flags.
_IPV4: Final = Struct("!12xHBxHxxHxBxx8xHHIIBB").unpack_from
# IPv6 behind the ethertype: payload length, next header; then TCP as above.
_IPV6: Final = Struct("!18xHBx32xHHIIBB").unpack_from
_TAGS: Final = frozenset((0x8100, 0x88A8, 0x9100))
_NONE: Final = b""
_UNREAD: Final[tuple[int, ...]] = (-1,)  # the tags are read only where a connection is opened
_ACK: Final = 16
_ODD: Final = 0x27  # FIN, SYN, RST, URG


class Pump:
    """Feeds one table; the state between two batches is the table's."""

    __slots__ = ("_decoder", "_ports", "_stats", "_table")

    def __init__(self, table: Connections, decoder: Decoder, stats: Stats, ports: frozenset[int]) -> None:
        self._table = table
        self._decoder = decoder
        self._stats = stats
        self._ports = bytes(port in ports for port in range(65_536))

    def run(self, batch: Batch) -> None:
        """Take every frame of a batch."""
        buf, frames, file = batch
        table = self._table
        stats = self._stats
        ports = self._ports
        get = table.flows.get
        deliver = table.deliver
        decode = self._decoder.decode
        due, floor = table.due, table.floor
        last: Interface | None = None
        ethernet = False
        count = octets = other = 0
        ts = 0
        undecoded = stats.frames_undecoded
        for ts, off, cap, wire, iface, number in frames:
            count += 1
            octets += cap
            if iface is not last:
                last = iface
                ethernet = iface.link == LINK_ETHERNET
            if not floor <= ts < due:
                if stats.first_ts is None:
                    stats.first_ts = ts
                table.clock(ts)
                due, floor = table.due, table.floor
            key = _NONE
            at = off
            if ethernet and cap >= 54:
                kind, head, total, fragment, protocol, sport, dport, seq, ack, offset, flags = _IPV4(buf, at)
                while kind in _TAGS and at + 58 <= off + cap:
                    at += 4
                    kind, head, total, fragment, protocol, sport, dport, seq, ack, offset, flags = _IPV4(
                        buf, at
                    )
                if kind == 0x0800:
                    if head == 0x45 and protocol == 6 and not fragment & 0x3FFF:
                        if not (ports[dport] or ports[sport]):
                            other += 1
                            continue
                        start = at + 34 + (offset >> 4 << 2)
                        end = at + 14 + total
                        if start <= end <= off + cap and offset >= 0x50:
                            key = buf[at + 26 : at + 38]
                elif kind == 0x86DD and at + 74 <= off + cap:
                    total, protocol, sport, dport, seq, ack, offset, flags = _IPV6(buf, at)
                    if protocol == 6:
                        if not (ports[dport] or ports[sport]):
                            other += 1
                            continue
                        start = at + 54 + (offset >> 4 << 2)
                        end = at + 54 + total
                        if start <= end <= off + cap and offset >= 0x50:
                            key = buf[at + 22 : at + 58]
            if key:
                data = buf
                vlan = _UNREAD
            else:
                segment = decode(buf, off, cap, wire, iface.link, ts)
                if segment is None:
                    other += 1
                    continue
                key, seq, ack, flags, data, start, end, missing, vlan = segment
                if not (ports[key[-1] | key[-2] << 8] or ports[key[-3] | key[-4] << 8]):
                    other += 1
                    continue
                if missing:
                    stats.frames_snapped += 1
            half = get(key)
            if half is None:
                if not table.admits(key, flags, seq, end - start):
                    continue
                if vlan is _UNREAD:
                    vlan = _tags(buf, off, at)
                half = table.open(key, flags, seq, (ts, number, file), vlan, iface.name)
            if half.slow or flags & _ODD:
                table.segment(half, flags, seq, ack, data[start:end], (ts, number, file))
                continue
            half.last = ts
            if start == end:
                if flags & _ACK:
                    half.ack = ack
                continue
            if seq != half.next or not flags & _ACK:
                table.segment(half, flags, seq, ack, data[start:end], (ts, number, file))
                continue
            half.ack = ack
            mode = half.mode
            if mode == LINES:
                deliver(half, data[start:end], seq, ack, (ts, number, file))
                continue
            session = half.session
            if mode == BULK and session is not None:
                if b"." in session.body_tail or data.find(b".", start, end) >= 0:
                    deliver(half, data[start:end], seq, ack, (ts, number, file))
                    continue
                session.body_tail = (
                    data[end - 4 : end] if end - start >= 4 else session.body_tail[-3:] + data[start:end]
                )
            seq += end - start
            if seq > 0xFFFFFFFF:
                seq &= 0xFFFFFFFF
                half.wraps += 1
            half.next = seq
        if count:
            stats.last_ts = ts
        stats.frames += count
        stats.bytes_wire += octets
        other -= stats.frames_undecoded - undecoded  # counted there
        stats.frames_other += other
        stats.frames_smtp = stats.frames - stats.frames_other - stats.frames_undecoded


def _tags(buf: bytes, off: int, at: int) -> tuple[int, ...]:
    """VLAN ids of the tags between the frame's begin and `at`."""
    return tuple((buf[i] << 8 | buf[i + 1]) & 0x0FFF for i in range(off + 14, at + 14, 4))
