"""802.11 data frames and the capture headers before them: radiotap, PPI, AVS, Prism."""

from struct import Struct

from smtpsensor.decode.kinds import (
    DONE,
    LINK,
    LLC,
    SHORT,
    UNREAD,
    WLAN,
    WLAN_FRAGMENT,
    WLAN_PROTECTED,
    Cursor,
    Step,
)

_LE16 = Struct("<H").unpack_from
_LE32 = Struct("<I").unpack_from
_BE16 = Struct("!H").unpack_from
_BE32 = Struct("!I").unpack_from

_AVS_MAGIC = 0x8021_1000  # the low octets are its version
_PRESENT_WORDS = 16  # radiotap bitmaps; more are no driver's


def wlan(c: Cursor, off: int, align: int = 0) -> Step:
    """IEEE 802.11 data: the header's length follows from its flags, LLC stands behind it."""
    if c.cap - off < 24:
        return SHORT, off
    buf = c.buf
    control, flags = buf[off], buf[off + 1]
    swapped = control & 3  # no version but 0 exists: some access points swap octets
    if swapped:
        control, flags = flags, control
    if control & 0x0C != 0x08 or control & 0x40:  # management, control, or data without content
        return DONE, off
    if flags & 0x40:
        return WLAN_PROTECTED, off
    if buf[off + 23 if swapped else off + 22] & 15:  # a later fragment; the first is read as far as it goes
        return WLAN_FRAGMENT, off
    end = off + (30 if flags & 3 == 3 else 24)
    aggregate = False
    if control & 0x80:  # quality of service
        if c.cap - end < 2:
            return SHORT, off
        aggregate = bool(buf[end + 1 if swapped else end] & 0x80)
        end += 6 if flags & 0x80 else 2  # with the order flag an HT control field follows
    if align:
        end += (off - end) % 4
    return _first_of_aggregate(c, end) if aggregate else (LLC, end)


def _first_of_aggregate(c: Cursor, off: int) -> Step:
    """A-MSDU: several frames in one. One segment can be returned, so the first is read."""
    if c.cap - off < 14:
        return SHORT, off
    c.limit(off + 14 + _BE16(c.buf, off + 12)[0])
    return LLC, off + 14


def radiotap(c: Cursor, off: int) -> Step:
    """Radiotap: a length, and perhaps the flag that the 802.11 header is padded to four octets."""
    if c.cap - off < 8:
        return SHORT, off
    buf = c.buf
    end = off + _LE16(buf, off + 2)[0]
    if end - off < 8:
        return UNREAD, off
    if end > c.cap:
        return SHORT, off
    first = _LE32(buf, off + 4)[0]
    if not first & 2:  # no flags field
        return WLAN, end
    field = off + 8
    word = first
    for _ in range(_PRESENT_WORDS):
        if not word >> 31 or field + 4 > end:
            break
        word = _LE32(buf, field)[0]
        field += 4
    if first & 1:  # a time stamp stands before the flags, on a multiple of eight
        field += (off - field) % 8 + 8
    return wlan(c, end, align=field < end and buf[field] & 0x20)


def ppi(c: Cursor, off: int) -> Step:
    """Per-Packet Information: a length and the link type of what follows."""
    if c.cap - off < 8:
        return SHORT, off
    size = _LE16(c.buf, off + 2)[0]
    return (LINK | _LE32(c.buf, off + 4)[0] & 0xFFFF, off + size) if size >= 8 else (UNREAD, off)


def avs(c: Cursor, off: int) -> Step:
    """AVS capture header: its length is the second word."""
    if c.cap - off < 8:
        return SHORT, off
    size = _BE32(c.buf, off + 4)[0]
    return (WLAN, off + size) if 8 <= size <= c.cap - off else (SHORT, off)


def prism(c: Cursor, off: int) -> Step:
    """Prism capture header, 144 octets; some drivers put AVS in its place."""
    if c.cap - off < 8:
        return SHORT, off
    if _BE32(c.buf, off)[0] & 0xFFFF_F000 == _AVS_MAGIC:
        return avs(c, off)
    return (WLAN, off + 144) if c.cap - off >= 144 else (SHORT, off)
