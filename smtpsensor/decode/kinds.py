"""What stands next in a frame: a number in one of six number spaces, and the cursor that walks over it.

An opener reads one header at an offset and says which header follows and where. It returns a kind: the
number space in the high bits, the protocol's own number (link type, ethertype, IP protocol, ...) in the low
16, or one of the ends below. So one dictionary holds every header that is read, and nothing recurses.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smtpsensor.decode.fragments import Fragments

# Ends: no header follows.
DONE = 0  # ordinary traffic that carries no TCP segment, or a fragment that is held
SHORT = 1  # the header announces more octets than there are: counted frame_short
UNREAD = 2  # a header that makes no sense or is not read: counted encapsulation_unknown

# Number spaces.
LINK = 1 << 16  # LINKTYPE_* of a capture file
ETHER = 2 << 16  # ethertypes; GRE and SNAP use the same numbers
IP = 3 << 16  # IP protocols and IPv6 extension headers
UDP = 4 << 16  # ports
PPP = 5 << 16
SELF = 6 << 16  # headers that no registry numbers; below

LLC = SELF | 1
IP_BY_VERSION = SELF | 2  # IPv4 or IPv6: the version nibble tells
PPP_FRAME = SELF | 3  # address and control may be left out, the protocol may be one octet
WLAN = SELF | 4
NLPID = SELF | 5
# Never read; the names under which they are counted stand in `smtpsensor.decode.table`.
WLAN_PROTECTED = SELF | 6
WLAN_FRAGMENT = SELF | 7

ETHERNET = LINK | 1
IPV4 = ETHER | 0x0800
IPV6 = ETHER | 0x86DD
MPLS = ETHER | 0x8847
NSH = ETHER | 0x894F
TCP = IP | 6

Step = tuple[int, int]  # kind of the next header, offset of its first octet


class Cursor:
    """One frame while it is opened. One instance serves all frames of a decoder."""

    __slots__ = ("addresses", "beyond", "buf", "cap", "fragments", "inflated", "ts", "vlan", "wire")

    def __init__(self, fragments: "Fragments") -> None:
        self.buf = b""
        self.cap = 0  # offset behind the last octet captured of the present layer
        self.wire = 0  # offset behind the last octet that the present layer had on the wire; >= cap
        self.beyond = False  # the innermost IP header promises more octets than the frame had
        self.inflated = False  # a compressed packet has been opened in this frame
        self.addresses = b""  # source and destination of the innermost IP header
        self.vlan: tuple[int, ...] = ()
        self.ts = 0  # ns
        self.fragments = fragments

    def limit(self, end: int) -> None:
        """End the present layer at offset `end`, if it does not end sooner: what follows is padding."""
        if end < self.wire:
            self.wire = end
            self.cap = min(self.cap, end)

    def replace(self, data: bytes, wire: int) -> None:
        """Go on in another buffer: a datagram put together, or one inflated. `wire` is its full length."""
        self.buf = data
        self.cap = len(data)
        self.wire = wire


Opener = Callable[[Cursor, int], Step]
