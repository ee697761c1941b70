"""A plain reader of pcap and pcapng files, so that decoding is tested apart from `smtpsensor.capture`."""

import gzip
import struct
from collections.abc import Iterator

Frame = tuple[int, int, int, int, int]  # offset, octets captured, octets on the wire, link type, time in ns

_PCAP = {
    b"\xa1\xb2\xc3\xd4": ">",
    b"\xa1\xb2\x3c\x4d": ">",
    b"\xd4\xc3\xb2\xa1": "<",
    b"\x4d\x3c\xb2\xa1": "<",
}
_MODIFIED = {b"\xa1\xb2\xcd\x34": ">", b"\x34\xcd\xb2\xa1": "<"}  # eight octets more per record


def frames(data: bytes) -> tuple[bytes, list[Frame]]:
    """The buffer that the offsets are into, and the frames of a capture as far as it is whole."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    magic = data[:4]
    if magic in _PCAP or magic in _MODIFIED:
        order = _PCAP.get(magic) or _MODIFIED[magic]
        return data, list(_pcap(data, order, 16 if magic in _PCAP else 24))
    if magic == b"\x0a\x0d\x0d\x0a":
        return data, list(_pcapng(data))
    raise ValueError("no capture")


def _pcap(data: bytes, order: str, head: int) -> Iterator[Frame]:
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    off = 24
    while off + head <= len(data):
        seconds, fraction, caplen, wirelen = struct.unpack_from(order + "4I", data, off)
        off += head
        if off + caplen > len(data):
            break
        yield off, caplen, wirelen, link, seconds * 10**9 + fraction
        off += caplen


def _pcapng(data: bytes) -> Iterator[Frame]:
    order, links, off = "<", [0], 0
    while off + 12 <= len(data):
        if data[off : off + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[off + 8 : off + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        kind, size = struct.unpack_from(order + "II", data, off)
        if size < 12 or off + size > len(data):
            break
        if kind == 1:
            links.append(struct.unpack_from(order + "H", data, off + 8)[0])
        elif kind in {6, 2}:
            interface, high, low, caplen, wirelen = struct.unpack_from(order + "5I", data, off + 8)
            if kind == 2:
                interface = struct.unpack_from(order + "H", data, off + 8)[0]
            if off + 28 + caplen <= len(data) and interface < len(links):
                yield off + 28, caplen, wirelen, links[interface], (high << 32 | low) * 1000
        elif kind == 3:
            wirelen = struct.unpack_from(order + "I", data, off + 8)[0]
            yield off + 12, min(wirelen, size - 16), wirelen, links[0], 0
        off += size
