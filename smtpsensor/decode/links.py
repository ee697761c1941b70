"""Link types: how the first octets of a frame lead to an ethertype or to IP. Ethernet itself is in `ether`.

Numbers and layouts are those of the LINKTYPE registry of the capture file formats.
"""

from struct import Struct

from smtpsensor.decode.ether import by_ethertype
from smtpsensor.decode.kinds import (
    DONE,
    ETHER,
    IP_BY_VERSION,
    IPV4,
    IPV6,
    LINK,
    LLC,
    NLPID,
    PPP_FRAME,
    SHORT,
    UNREAD,
    Cursor,
    Step,
)

_U16 = Struct("!H").unpack_from
_U32 = Struct("!I").unpack_from
_LE16 = Struct("<H").unpack_from
_LE32 = Struct("<I").unpack_from

_NETLINK, _GRE = 824, 778  # ARPHRD_* of the interface
# AF_INET, and AF_INET6 of Linux, Windows, NetBSD/OpenBSD, FreeBSD, macOS.
_FAMILIES = frozenset({2, 10, 23, 24, 28, 30})
_TLVS = 32  # NFLOG attributes; the kernel writes about ten


def cooked(c: Cursor, off: int) -> Step:
    """Linux cooked capture v1."""
    if c.cap - off < 16:
        return SHORT, off
    return _cooked(_U16(c.buf, off + 2)[0], _U16(c.buf, off + 14)[0], off + 16)


def cooked2(c: Cursor, off: int) -> Step:
    """Linux cooked capture v2."""
    if c.cap - off < 20:
        return SHORT, off
    return _cooked(_U16(c.buf, off + 8)[0], _U16(c.buf, off)[0], off + 20)


def _cooked(hardware: int, protocol: int, off: int) -> Step:
    """Take the protocol for an ethertype unless the interface or a small number says otherwise."""
    if hardware == _NETLINK:
        return DONE, off
    if protocol >= 0x0600 or hardware == _GRE:
        return ETHER | protocol, off
    return (LLC, off) if protocol == 4 else (DONE, off)  # 1 is Novell's 802.3, 12 CAN, ...


def loopback(c: Cursor, off: int) -> Step:
    """BSD loopback: an address family, in either byte order; which IP it is, the version nibble says."""
    if c.cap - off < 4:
        return SHORT, off
    big, little = _U32(c.buf, off)[0], _LE32(c.buf, off)[0]
    family = min(big, little)
    if family in _FAMILIES:
        return IP_BY_VERSION, off + 4
    if 0x0600 <= big <= 0xFFFF:  # some write the ethertype
        return ETHER | big, off + 4
    return DONE if family < 256 else UNREAD, off  # IPX, AppleTalk, OSI


def bsd_enc(c: Cursor, off: int) -> Step:
    """BSD enc(4), IPsec in clear: family, index, flags."""
    return (IP_BY_VERSION, off + 12) if c.cap - off >= 12 else (SHORT, off)


def pflog(c: Cursor, off: int) -> Step:
    """BSD packet filter log: the first octet is the header's length before padding."""
    if c.cap - off < 4:
        return SHORT, off
    return IP_BY_VERSION, off + (c.buf[off] + 3 & ~3)


def pktap(c: Cursor, off: int) -> Step:
    """Apple's pktap: length, record type, link type of what follows."""
    if c.cap - off < 12:
        return SHORT, off
    size = _LE32(c.buf, off)[0]
    if not 12 <= size <= c.cap - off:
        return SHORT, off
    return LINK | _LE32(c.buf, off + 8)[0] & 0xFFFF, off + size


def nflog(c: Cursor, off: int) -> Step:
    """Linux NFLOG: attributes in the byte order of whoever captured; number 9 is the packet."""
    off += 4
    if c.cap - off < 4:
        return SHORT, off
    u16 = _LE16 if _LE16(c.buf, off)[0] < _U16(c.buf, off)[0] else _U16
    for _ in range(_TLVS):
        if c.cap - off < 4:
            return SHORT, off
        size = u16(c.buf, off)[0]
        if u16(c.buf, off + 2)[0] & 0x7FFF == 9:
            return IP_BY_VERSION, off + 4
        if size < 4:
            return UNREAD, off
        off += size + 3 & ~3
    return UNREAD, off


def ppp_with_direction(c: Cursor, off: int) -> Step:
    """PPP behind an octet that says sent or received (also pppd's, whose octet takes the address's place)."""
    if c.cap - off < 2:
        return SHORT, off
    # pppd overwrites the address 0xff and keeps the control octet.
    return PPP_FRAME, off + 2 if c.buf[off + 1] == 0x03 else off + 1


def slip(c: Cursor, off: int) -> Step:
    """SLIP: sixteen octets about direction and header compression; a compressed header is not read."""
    return (IP_BY_VERSION, off + 16) if c.cap - off >= 16 else (SHORT, off)


def fddi(c: Cursor, off: int) -> Step:
    """FDDI: frame control and two addresses before LLC."""
    if c.cap - off < 13:
        return SHORT, off
    return LLC if c.buf[off] & 0x70 == 0x50 else DONE, off + 13


def token_ring(c: Cursor, off: int) -> Step:
    """Token Ring (IEEE 802.5): with the source's group bit a route stands before LLC."""
    if c.cap - off < 15:
        return SHORT, off
    if c.buf[off + 1] & 0xC0 != 0x40:
        return DONE, off
    return LLC, off + 14 + (c.buf[off + 14] & 0x1F if c.buf[off + 8] & 0x80 else 0)


def frame_relay(c: Cursor, off: int) -> Step:
    """Frame Relay (RFC 2427), or Cisco's form with an ethertype in place of control and NLPID."""
    end = off
    for _ in range(4):  # the address ends with an odd octet
        if c.cap - end < 3:
            return SHORT, off
        end += 1
        if c.buf[end - 1] & 1:
            break
    else:
        return UNREAD, off
    if c.buf[end] != 0x03:
        return by_ethertype(c, _U16(c.buf, end)[0], end + 2)
    return NLPID, end + 2 if c.buf[end + 1] == 0 else end + 1


def atm(c: Cursor, off: int) -> Step:
    """ATM adaptation layer 5 (RFC 2684): LLC, or IP alone on its circuit."""
    if c.cap - off < 3:
        return SHORT, off
    return LLC if c.buf[off] in {0xAA, 0xFE} else IP_BY_VERSION, off


def arcnet(c: Cursor, off: int, start: int = 2) -> Step:
    """ARCNET with RFC 1201 (split flag and sequence) or RFC 1051 headers. Split packets are not read."""
    off += start
    if c.cap - off < 4:
        return SHORT, off
    number = c.buf[off]
    if number == 0xF0:  # RFC 1051
        return IPV4, off + 1
    if number not in {0xD4, 0xC4}:
        return DONE, off
    end = off + 4
    if c.buf[off + 1] == 0xFF:  # exception packet: header stands again
        end += 4
    elif c.buf[off + 1]:
        return UNREAD, off
    return IPV4 if number == 0xD4 else IPV6, end


def arcnet_linux(c: Cursor, off: int) -> Step:
    """Linux's ARCNET: two more octets, of the frame's place in the buffer."""
    return arcnet(c, off, 4)
