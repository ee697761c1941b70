"""Every way a mirrored frame may be wrapped: link types, tags, tunnels. One function each, one table.

A wrapper takes an IP packet and whether the client sent it, and gives the frame's octets.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from support.forge_frames import ipv4, ipv6, packed

ETHERNET, NULL, PPP, RAW, LOOP, SLL, SLL2, IPV4, IPV6 = 1, 0, 9, 101, 108, 113, 276, 228, 229
MAC_CLIENT = bytes.fromhex("020000000001")
MAC_SERVER = bytes.fromhex("020000000002")
TUNNEL = (packed("192.0.2.1"), packed("192.0.2.2"))
TUNNEL6 = (packed("2001:db8:ffff::1"), packed("2001:db8:ffff::2"))

Wrap = Callable[[bytes, bool], bytes]


@dataclass(frozen=True, slots=True)
class Encapsulation:
    """How packets are wrapped in one capture: link type, wrapper, and the VLAN ids it puts on."""

    link: int
    wrap: Wrap
    vlan: tuple[int, ...] = ()


def ethertype(packet: bytes) -> int:
    """0x0800 or 0x86DD by the version nibble."""
    return 0x0800 if packet[0] >> 4 == 4 else 0x86DD


def ethernet(packet: bytes, client: bool, tags: bytes = b"", kind: int | None = None) -> bytes:
    """An Ethernet II frame; `tags` stand between the addresses and the type."""
    macs = MAC_SERVER + MAC_CLIENT if client else MAC_CLIENT + MAC_SERVER
    return macs + tags + struct.pack("!H", ethertype(packet) if kind is None else kind) + packet


def tag(vid: int, tpid: int = 0x8100) -> bytes:
    """A VLAN tag with priority 3: the id is the low 12 bits only."""
    return struct.pack("!HH", tpid, 0x6000 | vid)


def mpls(packet: bytes, labels: int) -> bytes:
    """A label stack (RFC 3032), bottom bit on the last entry."""
    entries = [(16 + i) << 12 | (i == labels - 1) << 8 | 64 for i in range(labels)]
    return struct.pack(f"!{labels}I", *entries) + packet


def pppoe(packet: bytes, client: bool) -> bytes:
    """A PPPoE session frame (RFC 2516)."""
    protocol = 0x0021 if packet[0] >> 4 == 4 else 0x0057
    head = struct.pack("!BBHHH", 0x11, 0, 7, len(packet) + 2, protocol)
    return ethernet(head + packet, client, kind=0x8864)


def cooked(packet: bytes, client: bool) -> bytes:
    """Linux cooked capture v1."""
    head = struct.pack("!HHH8sH", 4 if client else 0, 1, 6, MAC_CLIENT + b"\0\0", ethertype(packet))
    return head + packet


def cooked_vlan(packet: bytes, client: bool) -> bytes:
    """Linux cooked capture v1 whose protocol is a VLAN tag."""
    head = struct.pack("!HHH8sH", 4 if client else 0, 1, 6, MAC_CLIENT + b"\0\0", 0x8100)
    return head + struct.pack("!HH", 10, ethertype(packet)) + packet


def cooked2(packet: bytes, client: bool) -> bytes:
    """Linux cooked capture v2."""
    head = struct.pack("!HHIHBB8s", ethertype(packet), 0, 3, 1, 4 if client else 0, 6, MAC_CLIENT + b"\0\0")
    return head + packet


def loopback(packet: bytes, family6: int, order: str) -> bytes:
    """BSD loopback: the address family in the byte order of the machine that captured."""
    return struct.pack(order + "I", 2 if packet[0] >> 4 == 4 else family6) + packet


def gre(payload: bytes, protocol: int, flags: int = 0) -> bytes:
    """GRE over IPv4 (RFC 2784, 2890): checksum 0x8000, key 0x2000, sequence 0x1000."""
    head = struct.pack("!HH", flags, protocol)
    for bit in (0x8000, 0x2000, 0x1000):
        if flags & bit:
            head += struct.pack("!I", 7)
    return ethernet(ipv4(*TUNNEL, 47, head + payload), True)


def erspan2(frame: bytes) -> bytes:
    """ERSPAN type II: eight octets, version 1, behind GRE with a sequence number."""
    return gre(struct.pack("!HHI", 0x1000 | 10, 0x0001, 0) + frame, 0x88BE, 0x1000)


def erspan3(frame: bytes, platform: bool) -> bytes:
    """ERSPAN type III: twelve octets, version 2, and the optional platform-specific eight."""
    head = struct.pack("!HHIHH", 0x2000 | 10, 0x0001, 99, 0, int(platform))
    return gre(head + b"\0" * (8 * platform) + frame, 0x22EB, 0x1000)


def udp(port: int, payload: bytes) -> bytes:
    """A UDP datagram without checksum, as tunnels over IPv4 send it."""
    return struct.pack("!HHHH", 50_000, port, 8 + len(payload), 0) + payload


def vxlan(frame: bytes) -> bytes:
    """VXLAN (RFC 7348), VNI 5."""
    return udp(4789, struct.pack("!II", 0x0800_0000, 5 << 8) + frame)


def geneve(payload: bytes, kind: int, options: bytes = b"") -> bytes:
    """Geneve (RFC 8926), VNI 5."""
    return udp(6081, struct.pack("!BBHI", len(options) // 4, 0, kind, 5 << 8) + options + payload)


def over4(datagram: bytes, protocol: int = 17) -> bytes:
    """The tunnel's outer IPv4 packet in an Ethernet frame."""
    return ethernet(ipv4(*TUNNEL, protocol, datagram), True)


def with_options(packet: bytes) -> bytes:
    """IPv4: router alert and padding; IPv6: hop-by-hop, destination options and a routing header."""
    if packet[0] >> 4 == 4:
        options = bytes.fromhex("94040000 01010100".replace(" ", ""))
        return ipv4(packet[12:16], packet[16:20], packet[9], packet[20:], options=options)
    pads = bytes.fromhex("0104 00000000".replace(" ", ""))
    chain = b"".join(bytes([following, 0]) + pads for following in (60, 43))
    routing = bytes([packet[6], 2, 0, 0]) + b"\0" * 20
    return ipv6(packet[8:24], packet[24:40], 0, chain + routing + packet[40:])


def snap(packet: bytes, client: bool) -> bytes:
    """IEEE 802.3 with LLC and SNAP: the type field is a length."""
    body = bytes.fromhex("aaaa03000000") + struct.pack("!H", ethertype(packet)) + packet
    return ethernet(body, client, kind=len(body))


def _one_way(packet: bytes, client: bool) -> bytes:
    return ethernet(packet, client, tag(10) if client else b"")


ENCAPSULATIONS: dict[str, Encapsulation] = {
    "ethernet": Encapsulation(ETHERNET, ethernet),
    "vlan": Encapsulation(ETHERNET, lambda p, c: ethernet(p, c, tag(10)), (10,)),
    "vlan_one_way": Encapsulation(ETHERNET, _one_way),
    "qinq": Encapsulation(ETHERNET, lambda p, c: ethernet(p, c, tag(100, 0x88A8) + tag(10)), (100, 10)),
    "qinq_8100": Encapsulation(ETHERNET, lambda p, c: ethernet(p, c, tag(100) + tag(10)), (100, 10)),
    "qinq_9100": Encapsulation(ETHERNET, lambda p, c: ethernet(p, c, tag(100, 0x9100) + tag(10)), (100, 10)),
    "mpls": Encapsulation(ETHERNET, lambda p, c: ethernet(mpls(p, 1), c, kind=0x8847)),
    "mpls_three": Encapsulation(ETHERNET, lambda p, c: ethernet(mpls(p, 3), c, kind=0x8847)),
    "mpls_vlan": Encapsulation(ETHERNET, lambda p, c: ethernet(mpls(p, 2), c, tag(10), 0x8847), (10,)),
    "pppoe": Encapsulation(ETHERNET, pppoe),
    "snap": Encapsulation(ETHERNET, snap),
    "cooked_v1": Encapsulation(SLL, cooked),
    "cooked_v1_vlan": Encapsulation(SLL, cooked_vlan, (10,)),
    "cooked_v2": Encapsulation(SLL2, cooked2),
    "raw": Encapsulation(RAW, lambda p, _: p),
    "raw_bsd": Encapsulation(12, lambda p, _: p),
    "null_little": Encapsulation(NULL, lambda p, _: loopback(p, 30, "<")),
    "null_big": Encapsulation(NULL, lambda p, _: loopback(p, 24, ">")),
    "loop": Encapsulation(LOOP, lambda p, _: loopback(p, 28, ">")),
    "ip_options": Encapsulation(ETHERNET, lambda p, c: ethernet(with_options(p), c)),
    "gre": Encapsulation(ETHERNET, lambda p, _: gre(p, ethertype(p))),
    "gre_all_fields": Encapsulation(ETHERNET, lambda p, _: gre(p, ethertype(p), 0xB000)),
    "gre_ethernet": Encapsulation(ETHERNET, lambda p, c: gre(ethernet(p, c), 0x6558, 0x2000)),
    "erspan_1": Encapsulation(ETHERNET, lambda p, c: gre(ethernet(p, c), 0x88BE)),
    "erspan_2": Encapsulation(ETHERNET, lambda p, c: erspan2(ethernet(p, c))),
    "erspan_3": Encapsulation(ETHERNET, lambda p, c: erspan3(ethernet(p, c), False)),
    "erspan_3_platform": Encapsulation(ETHERNET, lambda p, c: erspan3(ethernet(p, c), True)),
    "erspan_2_vlan": Encapsulation(ETHERNET, lambda p, c: erspan2(ethernet(p, c, tag(10)))),
    "vxlan": Encapsulation(ETHERNET, lambda p, c: over4(vxlan(ethernet(p, c)))),
    "vxlan_vlan": Encapsulation(ETHERNET, lambda p, c: over4(vxlan(ethernet(p, c, tag(10))))),
    "vxlan_over_ipv6": Encapsulation(
        ETHERNET, lambda p, c: ethernet(ipv6(*TUNNEL6, 17, vxlan(ethernet(p, c))), c)
    ),
    "geneve": Encapsulation(ETHERNET, lambda p, c: over4(geneve(ethernet(p, c), 0x6558))),
    "geneve_options": Encapsulation(
        ETHERNET, lambda p, c: over4(geneve(ethernet(p, c), 0x6558, bytes.fromhex("0103000101020304")))
    ),
    "geneve_ip": Encapsulation(ETHERNET, lambda p, _: over4(geneve(p, ethertype(p)))),
    "ip_in_ip": Encapsulation(ETHERNET, lambda p, _: over4(p, 4 if p[0] >> 4 == 4 else 41)),
    "qinq_vxlan_gre": Encapsulation(
        ETHERNET, lambda p, c: gre(ipv4(*TUNNEL, 17, vxlan(ethernet(p, c, tag(100) + tag(10)))), 0x0800)
    ),
}
