"""IPv4, IPv6 and its extension headers, and what lies between IP and IP: AH, IPComp, EtherIP."""

import zlib
from struct import Struct

from smtpsensor.decode.fragments import Fragment
from smtpsensor.decode.kinds import DONE, ETHERNET, IP, IP_BY_VERSION, SHORT, UNREAD, Cursor, Step

_IPV4 = Struct("!BxH2xHxB").unpack_from  # version and length, total length, fragment, protocol
_IPV6 = Struct("!IHB").unpack_from  # version, class and flow, payload length, next header
_FRAGMENT = Struct("!BxHI").unpack_from  # next header, offset and flag, id

DATAGRAM = 65_535  # octets, both versions without jumbograms
# A jumbo frame holds 9,000 octets. Without a cap 100 octets inflate to 64 KiB, and nested ones again.
INFLATED = 16_384


def ipv4(c: Cursor, off: int) -> Step:
    """RFC 791. A total length of zero means segmentation offload: the frame's length counts."""
    if c.cap - off < 20:
        return SHORT, off
    buf = c.buf
    first, total, place, protocol = _IPV4(buf, off)
    size = (first & 15) * 4
    if first >> 4 != 4:  # capture rewriters leave the old ethertype behind
        return IP_BY_VERSION, off
    if total:
        if total < size:
            return SHORT, off
        c.beyond = off + total > c.wire
        c.wire = off + total
        c.cap = min(c.cap, c.wire)  # behind it: Ethernet padding, trailers
    if size < 20 or c.cap - off < size:
        return SHORT, off
    c.addresses = buf[off + 12 : off + 20]
    if place & 0x3FFF:  # more to come, or not the first
        data, start = off + size, place << 3 & 0xFFF8
        return _held(
            c,
            Fragment(
                key=c.addresses + buf[off + 9 : off + 10] + buf[off + 4 : off + 6],
                data=buf[data : c.cap],
                start=start,
                end=start + c.wire - data,
                more=bool(place & 0x2000),
                longest=DATAGRAM - size,
                protocol=protocol,
            ),
        )
    return IP | protocol, off + size


def ipv6(c: Cursor, off: int) -> Step:
    """RFC 8200. A payload length of zero: jumbogram or segmentation offload, the frame's length counts."""
    if c.cap - off < 40:
        return SHORT, off
    first, length, following = _IPV6(c.buf, off)
    if first >> 28 != 6:
        return IP_BY_VERSION, off
    if length:
        c.beyond = off + 40 + length > c.wire
        c.wire = off + 40 + length
        c.cap = min(c.cap, c.wire)
    c.addresses = c.buf[off + 8 : off + 40]
    return IP | following, off + 40


def fragment_header(c: Cursor, off: int) -> Step:
    """IPv6 fragment header (RFC 8200 section 4.5)."""
    if c.cap - off < 8:
        return SHORT, off
    following, place, ident = _FRAGMENT(c.buf, off)
    if place & 0xFFF9 == 0:  # atomic: whole by itself, whatever else has this id (RFC 6946)
        return IP | following, off + 8
    data, start = off + 8, place & 0xFFF8
    return _held(
        c,
        Fragment(
            key=c.addresses + ident.to_bytes(4),
            data=c.buf[data : c.cap],
            start=start,
            end=start + c.wire - data,
            more=bool(place & 1),
            longest=DATAGRAM,
            protocol=following,
        ),
    )


def _held(c: Cursor, fragment: Fragment) -> Step:
    """Give a fragment to the table; go on in the datagram if it is whole now.

    No host takes a packet that ends before its length. A fragment of that kind would hold the place of octets
    that it never had, and keep the true ones out.
    """
    if c.beyond:
        c.fragments.refuse()
        return DONE, 0
    whole = c.fragments.add(fragment, c.ts)
    if whole is None:
        return DONE, 0
    c.replace(whole.data, whole.length)
    return IP | whole.protocol, 0


def extension(c: Cursor, off: int) -> Step:
    """Hop-by-hop, mobility, HIP, Shim6: a next header and a length in units of eight octets."""
    if c.cap - off < 8:
        return SHORT, off
    size = (c.buf[off + 1] + 1) * 8
    return (IP | c.buf[off], off + size) if c.cap - off >= size else (SHORT, off)


def routing(c: Cursor, off: int) -> Step:
    """Routing header. TCP is bound to the final destination (RFC 8200 section 8.1), not to the next stop."""
    following, end = extension(c, off)
    if following == SHORT:
        return SHORT, off
    kind, left = c.buf[off + 2], c.buf[off + 3]
    if left and end - off >= 24 and len(c.addresses) == 32:
        # Types 0 and 2 (RFC 2460, 6275) end with it; the segment list of type 4 (RFC 8754) is in reverse.
        final = off + 8 if kind == 4 else end - 16
        if kind in {0, 2, 4}:
            c.addresses = c.addresses[:16] + c.buf[final : final + 16]
    return following, end


def destination(c: Cursor, off: int) -> Step:
    """Destination options. TCP is bound to the home address, not to the care-of address (RFC 6275 6.3)."""
    following, end = extension(c, off)
    if following == SHORT:
        return SHORT, off
    home = c.buf.find(b"\xc9\x10", off + 2, end - 16)  # its place is fixed: 8n + 6
    if home >= 0 and (home - off) & 7 == 6 and len(c.addresses) == 32:
        c.addresses = c.buf[home + 2 : home + 18] + c.addresses[16:]
    return following, end


def authentication(c: Cursor, off: int) -> Step:
    """AH (RFC 4302): signed, not encrypted."""
    if c.cap - off < 12:
        return SHORT, off
    size = (c.buf[off + 1] + 2) * 4
    return (IP | c.buf[off], off + size) if c.cap - off >= size >= 12 else (SHORT, off)


def ipcomp(c: Cursor, off: int) -> Step:
    """IPComp with DEFLATE (RFC 3173, 2394), once per frame and up to `INFLATED` octets.

    Which method it is was negotiated out of sight; other methods than the usual one fail to inflate.
    """
    if c.cap - off < 4:
        return SHORT, off
    if c.inflated:
        return UNREAD, off
    c.inflated = True
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflate.decompress(c.buf[off + 4 : c.cap], INFLATED)
    except zlib.error:
        return UNREAD, off
    if not inflate.eof:  # too long, or cut by the capture length: how long it was is not known
        return SHORT, off
    following = c.buf[off]
    c.replace(data, len(data))
    return IP | following, 0


def etherip(c: Cursor, off: int) -> Step:
    """EtherIP (RFC 3378): two octets, then an Ethernet frame."""
    return (ETHERNET, off + 2) if c.cap - off >= 2 else (SHORT, off)


def ethernet_in_ip(_: Cursor, off: int) -> Step:
    """IP protocol 143 (RFC 8986): an Ethernet frame without anything before it."""
    return ETHERNET, off
