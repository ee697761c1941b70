"""Ethernet and what may stand between it and IP: tags, LLC and SNAP, MPLS, PPPoE, PPP."""

from struct import Struct

from smtpsensor.decode.kinds import (
    DONE,
    ETHER,
    ETHERNET,
    IP_BY_VERSION,
    IPV4,
    IPV6,
    LLC,
    NLPID,
    PPP,
    PPP_FRAME,
    SHORT,
    UNREAD,
    Cursor,
    Step,
)

U16 = Struct("!H").unpack_from
U32 = Struct("!I").unpack_from
_TAG = Struct("!HH").unpack_from
_PPPOE = Struct("!BBHH").unpack_from

LABELS = 16  # a stack deeper than this is no network's; without a cap one frame could hold 375 labels
# Ethertypes by which an Ethernet header behind MPLS labels is told from a control word.
_TYPICAL = frozenset({0x0800, 0x86DD, 0x8100, 0x88A8, 0x0806, 0x8847, 0x8864})


def by_ethertype(c: Cursor, number: int, off: int) -> Step:
    """Read an ethertype; below 0x0600 it is the length of an 802.3 frame and LLC follows."""
    if number >= 0x0600:
        return ETHER | number, off
    if number:
        c.limit(off + number)
    return LLC, off


def ethernet(c: Cursor, off: int) -> Step:
    """Addresses and ethertype (IEEE 802.3)."""
    if c.cap - off < 14:
        return SHORT, off
    return by_ethertype(c, U16(c.buf, off + 12)[0], off + 14)


def vlan(c: Cursor, off: int) -> Step:
    """802.1Q, 802.1ad and the pre-standard 0x9100 to 0x9300: the id is the low 12 bits."""
    if c.cap - off < 4:
        return SHORT, off
    control, number = _TAG(c.buf, off)
    c.vlan = (*c.vlan, control & 0x0FFF)
    return by_ethertype(c, number, off + 4)


def backbone_tag(c: Cursor, off: int) -> Step:
    """802.1ah I-TAG: four octets, then the customer's whole Ethernet frame."""
    return (ETHERNET, off + 4) if c.cap - off >= 4 else (SHORT, off)


def fabric_path(c: Cursor, off: int) -> Step:
    """Cisco FabricPath: forwarding tag and TTL, then the inner Ethernet frame."""
    return (ETHERNET, off + 2) if c.cap - off >= 2 else (SHORT, off)


def trill(c: Cursor, off: int) -> Step:
    """RFC 6325: six octets and options, then the inner Ethernet frame."""
    if c.cap - off < 6:
        return SHORT, off
    return ETHERNET, off + 6 + (U16(c.buf, off)[0] >> 6 & 0x1F) * 4


def vn_tag(c: Cursor, off: int) -> Step:
    """Cisco VN-TAG: four octets, then an ethertype."""
    return by_ethertype(c, U16(c.buf, off + 4)[0], off + 6) if c.cap - off >= 6 else (SHORT, off)


def e_tag(c: Cursor, off: int) -> Step:
    """802.1BR E-TAG: six octets, then an ethertype."""
    return by_ethertype(c, U16(c.buf, off + 6)[0], off + 8) if c.cap - off >= 8 else (SHORT, off)


def cisco_metadata(c: Cursor, off: int) -> Step:
    """Cisco MetaData (security group tag): its length in words stands in the second octet."""
    if c.cap - off < 8:
        return SHORT, off
    end = off + 2 + c.buf[off + 1] * 4
    return by_ethertype(c, U16(c.buf, end)[0], end + 2) if c.cap - end >= 2 else (SHORT, off)


def wccp(c: Cursor, off: int) -> Step:
    """WCCP: IPv4, in version 2 behind a redirect header of four octets."""
    if c.cap - off < 5:
        return SHORT, off
    return IPV4, off if c.buf[off] >> 4 == 4 else off + 4


def llc(c: Cursor, off: int) -> Step:
    """802.2: SNAP, IP by its own service access point, ISO network layers (RFC 2684); the rest is no IP."""
    if c.cap - off < 3:
        return SHORT, off
    head = c.buf[off : off + 3]
    if head == b"\xaa\xaa\x03":
        return snap(c, off + 3)
    if head == b"\x06\x06\x03":
        return IPV4, off + 3
    if head == b"\xfe\xfe\x03":
        return NLPID, off + 3
    return DONE, off


def snap(c: Cursor, off: int) -> Step:
    """SNAP (RFC 1042): organisation and protocol; encapsulated Ethernet and bridge tunnel hold IP."""
    if c.cap - off < 5:
        return SHORT, off
    if c.buf[off : off + 3] in {b"\0\0\0", b"\0\0\xf8"}:
        return ETHER | U16(c.buf, off + 3)[0], off + 5
    return DONE, off


def nlpid(c: Cursor, off: int) -> Step:
    """One octet of network layer protocol id (RFC 2427)."""
    if c.cap - off < 1:
        return SHORT, off
    number = c.buf[off]
    if number == 0xCC:
        return IPV4, off + 1
    if number == 0x8E:
        return IPV6, off + 1
    if number == 0xCF:
        return PPP_FRAME, off + 1
    if number == 0x80:
        return snap(c, off + 1)
    return DONE, off


def mpls(c: Cursor, off: int) -> Step:
    """MPLS label stack (RFC 3032). Nothing in it says what it carries: the first octets below must."""
    buf = c.buf
    for end in range(off + 4, off + 4 * LABELS + 4, 4):
        if c.cap < end:
            return SHORT, off
        if buf[end - 2] & 1:  # bottom of stack
            return _below_labels(c, end)
    return UNREAD, off


def _below_labels(c: Cursor, off: int) -> Step:
    """IPv4, IPv6, or a pseudowire's Ethernet with or without control word (RFC 4385, 4448)."""
    if c.cap - off < 1:
        return SHORT, off
    buf = c.buf
    nibble = buf[off] >> 4
    if nibble in {4, 6} and not _looks_ethernet(c, off):  # a MAC address may begin with 4 or 6
        return IP_BY_VERSION, off
    if nibble == 0 and (_looks_ethernet(c, off + 4) or not _looks_ethernet(c, off)):
        return ETHERNET, off + 4
    if nibble == 1 and not _looks_ethernet(c, off):  # associated channel (RFC 5586): operations, no data
        return DONE, off
    return ETHERNET, off


def _looks_ethernet(c: Cursor, off: int) -> bool:
    """Whether a usual ethertype stands where an Ethernet header has it, and what it says follows."""
    if c.cap - off < 15:
        return False
    number = U16(c.buf, off + 12)[0]
    if number not in _TYPICAL:
        return False
    nibble = c.buf[off + 14] >> 4
    return (number != 0x0800 or nibble == 4) and (number != 0x86DD or nibble == 6)


def pppoe(c: Cursor, off: int) -> Step:
    """PPPoE session (RFC 2516): its length ends the padding."""
    if c.cap - off < 6:
        return SHORT, off
    version, code, _session, length = _PPPOE(c.buf, off)
    if version != 0x11:
        return UNREAD, off
    if code:  # discovery
        return DONE, off
    c.limit(off + 6 + length)
    return PPP_FRAME, off + 6


def ppp(c: Cursor, off: int) -> Step:
    """PPP (RFC 1661, 1662): address and control, if there, and a protocol of two octets or, odd, of one."""
    if c.cap - off < 2:
        return SHORT, off
    buf = c.buf
    if buf[off] == 0xFF and buf[off + 1] == 0x03:
        off += 2
        if c.cap - off < 2:
            return SHORT, off
    if buf[off] & 1:
        return PPP | buf[off], off + 1
    return PPP | U16(buf, off)[0], off + 2


def cisco_hdlc(c: Cursor, off: int) -> Step:
    """Cisco HDLC: address, control, ethertype."""
    return (ETHER | U16(c.buf, off + 2)[0], off + 4) if c.cap - off >= 4 else (SHORT, off)


def hdlc(c: Cursor, off: int) -> Step:
    """HDLC of either kind: Cisco's by its address octet, or PPP."""
    if c.cap - off < 4:
        return SHORT, off
    return cisco_hdlc(c, off) if c.buf[off] in {0x0F, 0x8F} else (PPP_FRAME, off)


def ip_by_version(c: Cursor, off: int) -> Step:
    """IPv4 or IPv6, whichever the version nibble says."""
    if c.cap - off < 1:
        return SHORT, off
    nibble = c.buf[off] >> 4
    if nibble == 4:
        return IPV4, off
    return (IPV6, off) if nibble == 6 else (UNREAD, off)
