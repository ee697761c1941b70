"""Ethernet/IPv4/TCP frames with right checksums, and a pcap file to put them in, from nothing but struct.

The workloads must not share code with what they measure, nor wait for a packet library (128 us a frame).
"""

import struct
from collections.abc import Iterator
from pathlib import Path

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
MSS = 1460
SYN_OPTIONS = bytes.fromhex("020405b4 0101 0402 01 030307")  # MSS 1460, SACK permitted, window scale 7

_FRAME = struct.Struct("!12sH BBHHHBBH4s4s HHIIBBHHH")
_RECORD = struct.Struct("<IIII")
_FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)  # microseconds, Ethernet
_CLIENT_MAC, _SERVER_MAC = bytes.fromhex("00005e005301"), bytes.fromhex("00005e005302")  # RFC 7042
_NS_PER_US = 1_000


def _complement(total: int) -> int:
    """Internet checksum (RFC 1071) of a sum of any size: 2**16 is 1 modulo 65535, so folding is a modulo."""
    return 0xFFFF - (total % 0xFFFF or 0xFFFF)


class _Direction:
    """One side of a connection: what its headers repeat, its sums, and where its sequence stands."""

    __slots__ = ("dport", "dst", "ident", "ip_sum", "macs", "seq", "sport", "src", "tcp_sum")

    def __init__(self, macs: bytes, this: tuple[bytes, int], other: tuple[bytes, int], isn: int) -> None:
        self.macs = macs
        (src, sport), (dst, dport) = this, other
        self.src, self.sport, self.dst, self.dport = src, sport, dst, dport
        self.seq = isn
        self.ident = isn & 0xFFFF
        addresses = int.from_bytes(src) + int.from_bytes(dst)
        self.ip_sum = 0x4500 + 0x4000 + 0x4006 + addresses  # version, DF, TTL 64 and TCP
        self.tcp_sum = addresses + 6 + sport + dport


class Connection:
    """A TCP connection being written down: hands out whole frames and keeps both sequence numbers."""

    __slots__ = ("_client", "_server")

    def __init__(self, client: tuple[bytes, int], server: tuple[bytes, int], isns: tuple[int, int]) -> None:
        self._client = _Direction(_SERVER_MAC + _CLIENT_MAC, client, server, isns[0])
        self._server = _Direction(_CLIENT_MAC + _SERVER_MAC, server, client, isns[1])

    def client(self, payload: bytes = b"", flags: int = ACK) -> bytes:
        """Return the client's next frame."""
        return self._frame(self._client, self._server, payload, flags)

    def server(self, payload: bytes = b"", flags: int = ACK) -> bytes:
        """Return the server's next frame."""
        return self._frame(self._server, self._client, payload, flags)

    def handshake(self) -> tuple[bytes, bytes, bytes]:
        """Return SYN, SYN-ACK and ACK."""
        return self.client(flags=SYN), self.server(flags=SYN | ACK), self.client()

    @staticmethod
    def _frame(this: _Direction, other: _Direction, payload: bytes, flags: int) -> bytes:
        options = SYN_OPTIONS if flags & SYN else b""
        tail = options + payload
        segment_length = 20 + len(tail)
        ack = other.seq if flags & ACK else 0
        offset = (20 + len(options)) << 2  # words, in the upper half of the octet
        this.ident = (this.ident + 1) & 0xFFFF
        tail_sum = int.from_bytes(tail) << (8 * (len(tail) & 1))
        tcp_sum = this.tcp_sum + segment_length + this.seq + ack + (offset << 8 | flags) + 64_240 + tail_sum
        head = _FRAME.pack(
            this.macs, 0x0800,
            0x45, 0, 20 + segment_length, this.ident, 0x4000, 64, 6,
            _complement(this.ip_sum + 20 + segment_length + this.ident), this.src, this.dst,
            this.sport, this.dport, this.seq, ack, offset, flags, 64_240, _complement(tcp_sum), 0,
        )  # fmt: skip
        this.seq = (this.seq + len(payload) + (flags & (SYN | FIN) != 0)) & 0xFFFFFFFF
        return (head + tail).ljust(60, b"\0")  # the shortest frame a mirror port delivers


def write_pcap(path: Path, frames: Iterator[tuple[int, bytes]]) -> tuple[int, int]:
    """Write `frames` (time in ns since the epoch, octets) and return their number and the file's octets.

    The file appears under its name only when it is whole.
    """
    unfinished = path.with_suffix(".part")
    count = 0
    with unfinished.open("wb", buffering=1 << 20) as file:
        file.write(_FILE_HEADER)
        for ts, frame in frames:
            us = ts // _NS_PER_US
            size = len(frame)
            file.write(_RECORD.pack(us // 1_000_000, us % 1_000_000, size, size))
            file.write(frame)
            count += 1
        octets = file.tell()
    unfinished.rename(path)
    return count, octets
