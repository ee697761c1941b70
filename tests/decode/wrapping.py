"""The segment that every encapsulation of the tests carries, and the pieces to wrap it with.

Built by scapy where it knows the header, by hand where it does not.
"""

import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple

from scapy.layers.dot11 import Dot11
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import (
    IPv6,
)
from scapy.layers.l2 import (
    LLC,
    SNAP,
    Ether,
)
from scapy.packet import Packet, Raw

PAYLOAD = b"AUTH PLAIN AGFubmEAc2VjcmV0\r\n"
SEQ, ACK, FLAGS = 0xFFFFFFF0, 0x01020304, 0x18
SOURCE, TARGET = "192.0.2.7", "198.51.100.25"
SOURCE6, TARGET6 = "2001:db8::7", "2001:db8:25::25"
PORTS = struct.pack("!HH", 40112, 587)
KEY4 = bytes([192, 0, 2, 7, 198, 51, 100, 25]) + PORTS
KEY6 = bytes.fromhex("20010db800000000000000000000000720010db8002500000000000000000025") + PORTS

MACS = "02:00:00:00:00:01", "02:00:00:00:00:02"
OUTER = "203.0.113.1", "203.0.113.2"
OUTER6 = "2001:db8:f::1", "2001:db8:f::2"

TCP_BYTES = bytes(
    TCP(sport=40112, dport=587, seq=SEQ, ack=ACK, flags=FLAGS, options=[("NOP", None)] * 4) / PAYLOAD
)
SEGMENT4 = bytes(IP(src=SOURCE, dst=TARGET, id=7, proto=6) / Raw(TCP_BYTES))
SEGMENT6 = bytes(IPv6(src=SOURCE6, dst=TARGET6, nh=6) / Raw(TCP_BYTES))

Wrap = Callable[[bytes], Packet | bytes]


class Row(NamedTuple):
    """One way to carry an IP packet."""

    name: str
    link: int
    wrap: Wrap
    vlan: tuple[int, ...] = ()
    versions: str = "46"

    def frame(self, packet: bytes) -> bytes:
        """The frame's octets."""
        return bytes(self.wrap(packet))


def ethertype(packet: bytes) -> int:
    """Ethertype of an IP packet."""
    return 0x0800 if packet[0] >> 4 == 4 else 0x86DD


def protocol(packet: bytes) -> int:
    """IP protocol number of an IP packet inside another."""
    return 4 if packet[0] >> 4 == 4 else 41


def eth(kind: int | None = None) -> Packet:
    """An Ethernet header. Both addresses are given: scapy would ask the network for them."""
    return Ether(src=MACS[0], dst=MACS[1]) if kind is None else Ether(src=MACS[0], dst=MACS[1], type=kind)


def ether(packet: bytes) -> Packet:
    """Ethernet II around an IP packet."""
    return eth(ethertype(packet)) / Raw(packet)


def behind(kind: int, header: bytes, packet: bytes) -> Packet:
    """Ethernet II with ethertype `kind`, a hand-made header, and the packet."""
    return eth(kind) / Raw(header + packet)


def outer() -> Packet:
    """The tunnel's own Ethernet and IPv4 header."""
    return eth() / IP(src=OUTER[0], dst=OUTER[1])


def over_udp(port: int, inner: Packet | bytes, source: int = 50000) -> Packet:
    """A UDP tunnel."""
    return outer() / UDP(sport=source, dport=port) / Raw(bytes(inner))


def over_ip(number: int, inner: Packet | bytes) -> Packet:
    """An IP protocol in IPv4."""
    frame = outer()
    frame[IP].proto = number
    return frame / Raw(bytes(inner))


def number(kind: int) -> bytes:
    """A 16-bit number in network order."""
    return struct.pack("!H", kind)


def ppp_protocol(packet: bytes) -> int:
    """PPP protocol number of an IP packet."""
    return 0x0021 if packet[0] >> 4 == 4 else 0x0057


def ppp(packet: bytes) -> bytes:
    """PPP without address and control."""
    return number(ppp_protocol(packet)) + packet


def snap(packet: bytes) -> Packet:
    """LLC and SNAP with an ethertype."""
    return LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=ethertype(packet)) / Raw(packet)


def extended(packet: bytes, *headers: Packet) -> Packet:
    """The segment's IPv6 header, extension headers, TCP."""
    head = IPv6(src=SOURCE6, dst=TARGET6)
    for header in headers:
        head /= header
    head.lastlayer().nh = 6
    return eth() / head / Raw(packet[40:])


def nflog(packet: bytes, order: str) -> bytes:
    """NFLOG with a packet header, a prefix whose length needs padding, and the packet."""
    tlv = struct.Struct(order + "HH")
    return (
        bytes([2 if packet[0] >> 4 == 4 else 10, 0, 0, 1])
        + tlv.pack(8, 1)
        + number(ethertype(packet))
        + b"\1\0"
        + tlv.pack(7, 10)
        + b"in\0\0"
        + tlv.pack(4 + len(packet), 9)
        + packet
    )


def wlan(**fields: object) -> Dot11:
    """An 802.11 data header."""
    return Dot11(
        type=2, addr1="02:00:00:00:00:01", addr2="02:00:00:00:00:02", addr3="02:00:00:00:00:03", **fields
    )


def aggregate(packet: bytes) -> bytes:
    """Two frames in one (A-MSDU); the second is not TCP."""
    body = bytes(snap(packet))
    arp = bytes(LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0, code=0x0806) / Raw(bytes(28)))
    subframe = bytes(12) + number(len(body)) + body
    subframe += bytes(-len(subframe) % 4) + bytes(12) + number(len(arp)) + arp
    return bytes(wlan(subtype=8, FCfield=2)) + b"\x80\0" + subframe


def deflated(packet: bytes) -> bytes:
    """IPComp (RFC 3173) around an IP packet."""
    squeeze = zlib.compressobj(wbits=-15)
    return bytes([protocol(packet), 0, 0, 2]) + squeeze.compress(packet) + squeeze.flush()


def authentication(following: int, packet: bytes) -> bytes:
    """AH with 12 octets of signature."""
    return bytes([following, 4, 0, 0]) + bytes(range(20)) + packet
