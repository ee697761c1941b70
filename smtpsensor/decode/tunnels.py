"""Tunnels over IP: GRE and what it carries, and those over UDP.

A UDP port is a hint, not proof: a header that cannot be the tunnel's is ordinary UDP, without anomaly.
"""

from struct import Struct

from smtpsensor.decode.kinds import (
    DONE,
    ETHER,
    ETHERNET,
    IP,
    IP_BY_VERSION,
    IPV4,
    IPV6,
    MPLS,
    NSH,
    PPP_FRAME,
    SHORT,
    UDP,
    UNREAD,
    WLAN,
    Cursor,
    Step,
)

_U16 = Struct("!H").unpack_from
_U16X2 = Struct("!HH").unpack_from
_PORTS = Struct("!HHH").unpack_from  # source, destination, length

# Ports by which a tunnel is known as destination, and those that both ends of a tunnel use.
DESTINATIONS = frozenset({2152, 3544, 4754, 4789, 4790, 5072, 5247, 6081, 6635, 8472, 1701})
EITHER_END = frozenset({1701, 2152, 3544, 5072, 5247})

_NEXT = {1: IPV4, 2: IPV6, 3: ETHERNET, 4: NSH, 5: MPLS}  # VXLAN-GPE and NSH (RFC 8300) number alike
_LOOPS = 16  # optional parts of one header; more are no network's


def udp(c: Cursor, off: int) -> Step:
    """UDP: a known tunnel by its port, or nothing that is read here."""
    if c.cap - off < 8:
        return SHORT, off
    source, port, length = _PORTS(c.buf, off)
    if port not in DESTINATIONS:
        if source not in EITHER_END:
            return DONE, off
        port = source
    if length >= 8:
        c.limit(off + length)
    return UDP | port, off + 8


def gre(c: Cursor, off: int) -> Step:
    """GRE with checksum, routing, key, sequence (RFC 1701, 2784, 2890); PPTP's version 1 (RFC 2637)."""
    if c.cap - off < 4:
        return SHORT, off
    flags, protocol = _U16X2(c.buf, off)
    # Checksum or routing bring four octets, key and sequence four each, PPTP's acknowledgement four.
    end = off + 4 + bool(flags & 0xC000) * 4 + bool(flags & 0x2000) * 4 + bool(flags & 0x1000) * 4
    version = flags & 7
    if version == 1 and protocol == 0x6400:  # MikroTik's Ethernet over IP
        return ETHERNET, off + 8
    if version == 1:
        end += bool(flags & 0x0080) * 4
        return (PPP_FRAME, end) if flags & 0x1000 else (DONE, off)  # without sequence: an acknowledgement
    if version:
        return UNREAD, off
    if flags & 0x4000:
        end = _source_routes(c, end)
    if end > c.cap:
        return SHORT, off
    if protocol == 0x88BE and not flags & 0x1000:  # ERSPAN type I has no header
        return ETHERNET, end
    return ETHER | protocol, end


def _source_routes(c: Cursor, off: int) -> int:
    """Offset behind the source route entries of RFC 1701; one with length zero is the last."""
    for _ in range(_LOOPS):
        if c.cap - off < 4:
            break
        length = c.buf[off + 3]
        off += 4 + length
        if not length:
            return off
    return c.cap + 1


def erspan(c: Cursor, off: int) -> Step:
    """ERSPAN II (eight octets) and III (twelve, and eight if its last bit says so); the version tells."""
    if c.cap - off < 8:
        return SHORT, off
    version = c.buf[off] >> 4
    if version == 1:
        return ETHERNET, off + 8
    if version != 2:
        return UNREAD, off
    if c.cap - off < 12:
        return SHORT, off
    last = c.buf[off + 11]
    frame_type = _U16(c.buf, off + 10)[0] >> 10 & 0x1F  # 0 Ethernet, 2 IP
    return IP_BY_VERSION if frame_type == 2 else ETHERNET, off + 12 + (last & 1) * 8


def nsh(c: Cursor, off: int) -> Step:
    """Service chain header (RFC 8300): its length in words, the next protocol."""
    if c.cap - off < 8:
        return SHORT, off
    size = (c.buf[off + 1] & 0x3F) * 4
    return (_NEXT.get(c.buf[off + 3], UNREAD), off + size) if size >= 8 else (UNREAD, off)


def vxlan(c: Cursor, off: int) -> Step:
    """VXLAN (RFC 7348), with or without group policy: the I flag is set."""
    if c.cap - off < 8:
        return SHORT, off
    return (ETHERNET, off + 8) if c.buf[off] & 0x08 else (DONE, off)


def vxlan_gpe(c: Cursor, off: int) -> Step:
    """VXLAN-GPE: with the P flag the fourth octet names what follows."""
    if c.cap - off < 8:
        return SHORT, off
    flags = c.buf[off]
    if not flags & 0x08:
        return DONE, off
    return (_NEXT.get(c.buf[off + 3], UNREAD) if flags & 0x04 else ETHERNET), off + 8


def geneve(c: Cursor, off: int) -> Step:
    """Geneve (RFC 8926): version 0, options in words, an ethertype."""
    if c.cap - off < 8:
        return SHORT, off
    first = c.buf[off]
    return (DONE, off) if first >> 6 else (ETHER | _U16(c.buf, off + 2)[0], off + 8 + first * 4)


def gtp_user(c: Cursor, off: int) -> Step:
    """GTP-U version 1 (3GPP TS 29.281): only message 255 carries a packet; extension headers are chained."""
    if c.cap - off < 8:
        return SHORT, off
    buf = c.buf
    flags, message, length = buf[off], buf[off + 1], _U16(buf, off + 2)[0]
    if flags >> 4 != 3 or message != 255:
        return DONE, off
    c.limit(off + 8 + length)
    if not flags & 7:
        return IP_BY_VERSION, off + 8
    off += 12
    for _ in range(_LOOPS):
        if off > c.cap:
            return SHORT, off
        if not flags & 4 or not buf[off - 1]:
            return IP_BY_VERSION, off
        if off == c.cap or not buf[off]:
            break
        off += buf[off] * 4
    return SHORT, off


def teredo(c: Cursor, off: int) -> Step:
    """Teredo (RFC 4380): authentication and origin, if there, then IPv6."""
    if c.cap - off < 4:
        return SHORT, off
    if _U16(c.buf, off)[0] == 1:
        off += 13 + c.buf[off + 2] + c.buf[off + 3]
        if c.cap - off < 2:
            return SHORT, off
    if _U16(c.buf, off)[0] == 0:
        off += 8
    if c.cap <= off:
        return SHORT, off
    return (IPV6, off) if c.buf[off] >> 4 == 6 else (DONE, off)


def ayiya(c: Cursor, off: int) -> Step:
    """AYIYA: identity and signature, whose lengths stand in the first two octets, and an IP protocol."""
    if c.cap - off < 8:
        return SHORT, off
    identity, signature, operation, following = c.buf[off : off + 4]
    if operation & 15 != 1:  # 1: forward
        return DONE, off
    return IP | following, off + 8 + (1 << (identity >> 4)) + (signature >> 4) * 4


def l2tp(c: Cursor, off: int) -> Step:
    """L2TP version 2 data (RFC 2661): optional length, sequence and offset, then PPP."""
    if c.cap - off < 6:
        return SHORT, off
    flags = _U16(c.buf, off)[0]
    if flags & 0x800F != 2:  # control, or another version
        return DONE, off
    end = off + 6 + bool(flags & 0x4000) * 2 + bool(flags & 0x0800) * 4
    if flags & 0x4000:
        c.limit(off + _U16(c.buf, off + 2)[0])
    if flags & 0x0200:
        if c.cap - end < 2:
            return SHORT, off
        end += 2 + _U16(c.buf, end)[0]
    return PPP_FRAME, end


def capwap(c: Cursor, off: int) -> Step:
    """CAPWAP data in clear (RFC 5415): an 802.3 or, with the T flag, an 802.11 frame."""
    if c.cap - off < 8:
        return SHORT, off
    preamble, length, wireless, flags = c.buf[off : off + 4]
    if preamble or flags & 0x80 or flags & 0x08:  # DTLS, a fragment, a keep-alive
        return (UNREAD if flags & 0x80 and not preamble else DONE), off
    return WLAN if wireless & 1 else ETHERNET, off + (length >> 3) * 4
