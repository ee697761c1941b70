"""Segments to IP packets: headers by struct, checksums that are right unless a test wants otherwise."""

import socket
import struct
from functools import lru_cache

from support.forge_tcp import Segment

TCP = 6
FRAGMENT_HEADER = 44
WRAP = 0xFFFF_FFFF


@lru_cache(maxsize=65_536)
def packed(address: str) -> bytes:
    """4 or 16 octets of an address."""
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def checksum(data: bytes) -> int:
    """RFC 1071: one's complement sum of 16-bit words."""
    if len(data) & 1:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp(segment: Segment, *, bad_checksum: bool = False) -> bytes:
    """TCP header and payload of a segment (RFC 9293 3.1); here the numbers wrap at 2^32."""
    ends = segment.ends
    if segment.client:
        ports, isn, peer = (ends.client_port, ends.server_port), ends.isn_client, ends.isn_server
    else:
        ports, isn, peer = (ends.server_port, ends.client_port), ends.isn_server, ends.isn_client
    seq = (isn + segment.seq) & WRAP
    ack = (peer + segment.ack) & WRAP if segment.flags & 0x10 else 0
    offset = (20 + len(segment.options)) << 2
    head = struct.pack("!HHIIBBHHH", *ports, seq, ack, offset, segment.flags, segment.window, 0, 0)
    body = head + segment.options + segment.payload
    source, target = addresses(segment)
    if len(source) == 4:
        pseudo = source + target + struct.pack("!HH", TCP, len(body) & 0xFFFF)
    else:
        pseudo = source + target + struct.pack("!II", len(body), TCP)
    value = checksum(pseudo + body)
    if bad_checksum:
        value ^= 0x5555
    return body[:16] + struct.pack("!H", value) + body[18:]


def addresses(segment: Segment) -> tuple[bytes, bytes]:
    """Packed source and destination."""
    client, server = packed(segment.ends.client), packed(segment.ends.server)
    return (client, server) if segment.client else (server, client)


def ipv4(
    source: bytes,
    target: bytes,
    protocol: int,
    payload: bytes,
    *,
    ident: int = 0,
    fragment: int = 0x4000,
    options: bytes = b"",
    total: int | None = None,
) -> bytes:
    """An IPv4 packet (RFC 791). `fragment` is the flags-and-offset word, `total` overrides total length."""
    size = 20 + len(options) + len(payload)
    head = struct.pack(
        "!BBHHHBBH4s4s",
        0x40 | (5 + len(options) // 4),
        0,
        (size if total is None else total) & 0xFFFF,
        ident,
        fragment,
        64,
        protocol,
        0,
        source,
        target,
    )
    head += options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(source: bytes, target: bytes, header: int, payload: bytes, *, length: int | None = None) -> bytes:
    """An IPv6 packet (RFC 8200); `length` overrides the payload length."""
    size = len(payload) if length is None else length
    return struct.pack("!IHBB", 0x6000_0000, size & 0xFFFF, header, 64) + source + target + payload


def packet(segment: Segment) -> bytes:
    """The plain IP packet of a segment, IPv4 or IPv6 by its addresses."""
    source, target = addresses(segment)
    if len(source) == 4:
        return ipv4(source, target, TCP, tcp(segment), ident=_ident(segment))
    return ipv6(source, target, TCP, tcp(segment))


def fragments(segment: Segment, size: int) -> list[bytes]:
    """IP fragments of a segment with `size` octets of payload each, a multiple of eight."""
    source, target = addresses(segment)
    body = tcp(segment)
    pieces = [(start, body[start : start + size]) for start in range(0, len(body), size)]
    if len(pieces) == 1:
        return [packet(segment)]
    packets = []
    for start, piece in pieces:
        more = start + size < len(body)
        if len(source) == 4:
            word = (0x2000 if more else 0) | start >> 3
            packets.append(ipv4(source, target, TCP, piece, ident=_ident(segment), fragment=word))
        else:
            head = struct.pack("!BBHI", TCP, 0, start | more, _ident(segment) | segment.client << 16)
            packets.append(ipv6(source, target, FRAGMENT_HEADER, head + piece))
    return packets


def _ident(segment: Segment) -> int:
    """An identification that differs between segments close in time, as RFC 6864 asks of fragments."""
    return (segment.ts // 100_000 + segment.seq * 31) & 0xFFFF
