"""Frames without a segment: ordinary ones are silent, unread ones are counted by name."""

import struct

import pytest
from decode.wrapping import (
    SEGMENT4,
    SEGMENT6,
    SOURCE,
    TARGET,
    eth,
    ether,
    outer,
    over_ip,
    over_udp,
)
from scapy.layers.inet import ICMP, UDP
from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6
from scapy.layers.l2 import ARP, GRE, LLC, STP, Dot3
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from smtpsensor.anomalies import ANOMALIES
from smtpsensor.config import Limits
from smtpsensor.decode.decoder import UNDECODED_NAMES, Decoder, Segment
from smtpsensor.stats import Stats

ETHERNET = 1


def decode(
    frame: Packet | bytes, link: int = ETHERNET, wirelen: int = 0, limits: Limits | None = None
) -> tuple[Segment | None, Stats]:
    octets = bytes(frame)
    stats = Stats()
    found = Decoder(limits or Limits(), stats).decode(octets, 0, len(octets), wirelen or len(octets), link, 0)
    assert set(stats.named) <= set(ANOMALIES)
    return found, stats


# --- what is no segment, and no anomaly either ---

ORDINARY = {
    "arp": eth() / ARP(psrc=SOURCE, pdst=TARGET, hwsrc="02:00:00:00:00:01"),
    "icmp": outer() / ICMP(),
    "icmp error that quotes a segment": outer() / ICMP(type=3, code=1) / Raw(SEGMENT4),
    "icmpv6 error that quotes a segment": eth()
    / IPv6(src="2001:db8::1", dst="2001:db8::2")
    / ICMPv6DestUnreach()
    / Raw(SEGMENT6),
    "udp": outer() / UDP(sport=40000, dport=53) / Raw(SEGMENT4),
    "udp from a tunnel's port": outer()
    / UDP(sport=4789, dport=40000)
    / Raw(bytes(VXLAN() / ether(SEGMENT4))),
    "vxlan port without its flag": over_udp(4789, bytes(8) + bytes(ether(SEGMENT4))),
    "gtp-u echo": over_udp(2152, b"\x32\x01\0\4\0\0\0\0\0\1\0\0"),
    "gtp-c on the port of gtp-u": over_udp(2152, b"\x48\x20\0\4\0\0\0\0"),
    "geneve of another version": over_udp(6081, b"\x40\0\x65\x58" + bytes(4) + bytes(ether(SEGMENT4))),
    "l2tp control": over_udp(1701, b"\xc8\x02\0\x0c" + bytes(8)),
    "capwap, encrypted": over_udp(5247, b"\x01" + bytes(40)),
    "capwap keep-alive": over_udp(5247, b"\0\x10\x02\x08" + bytes(8)),
    "pptp acknowledgement": over_ip(47, b"\x20\x81\x88\x0b\0\0\0\7\0\0\0\1"),
    "spanning tree": Dot3(src="02:00:00:00:00:01", dst="01:80:c2:00:00:00")
    / LLC(dsap=0x42, ssap=0x42, ctrl=3)
    / STP(),
    "cdp": Dot3(src="02:00:00:00:00:01", dst="01:00:0c:cc:cc:cc")
    / LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
    / Raw(b"\0\0\x0c\x20\0" + bytes(30)),
    "lldp": eth(0x88CC) / Raw(bytes(40)),
    "pppoe discovery": eth(0x8863) / Raw(b"\x11\x09\0\0\0\4\1\1\0\0"),
    "pppoe, link control": eth(0x8864) / Raw(b"\x11\0\0\1\0\6\xc0\x21\1\1\0\4"),
    "mpls operations channel": eth(0x8847) / Raw(b"\0\x01\x01\xff\x10\0\0\x07" + bytes(40)),
    "IPv6 without next header": eth() / IPv6(src="2001:db8::1", dst="2001:db8::2", nh=59),
    "ospf": over_ip(89, bytes(44)),
}


@pytest.mark.parametrize("frame", ORDINARY.values(), ids=ORDINARY)
def test_ordinary_traffic_is_nothing(frame: Packet) -> None:
    found, stats = decode(frame)
    assert found is None
    assert not stats.named
    assert not stats.frames_undecoded


# --- what is not read, by name ---

UNREAD = {
    "macsec": (eth(0x88E5) / Raw(bytes(40)), ETHERNET, "encapsulation_unknown", "macsec"),
    "esp": (over_ip(50, bytes(60)), ETHERNET, "encapsulation_unknown", "esp"),
    "l2tpv3": (over_ip(115, bytes(60)), ETHERNET, "encapsulation_unknown", "l2tpv3"),
    "unheard-of ethertype": (
        eth(0x9999) / Raw(bytes(40)),
        ETHERNET,
        "encapsulation_unknown",
        "ethertype_0x9999",
    ),
    "gre of version 2": (over_ip(47, b"\0\2\x08\0" + SEGMENT4), ETHERNET, "encapsulation_unknown", "gre"),
    "erspan of version 3": (
        outer() / GRE(proto=0x88BE, seqnum_present=1) / Raw(b"\x30" + bytes(60)),
        ETHERNET,
        "encapsulation_unknown",
        "erspan",
    ),
    "ppp, van jacobson": (b"\xff\x03\x00\x2d" + bytes(40), 9, "encapsulation_unknown", "ppp_vj_compressed"),
    "ppp, encrypted": (b"\xff\x03\x00\xfd" + bytes(40), 9, "encapsulation_unknown", "ppp_compressed"),
    "ppp, unheard-of": (b"\xff\x03\x12\x34" + bytes(40), 9, "encapsulation_unknown", "ppp_0x1234"),
    "802.11, protected": (b"\x08\x41" + bytes(60), 105, "encapsulation_unknown", "wlan_protected"),
    "802.11, later fragment": (
        b"\x08\x01" + bytes(20) + b"\x01\0" + bytes(40),
        105,
        "encapsulation_unknown",
        "wlan_fragment",
    ),
    "raw, neither version": (b"\x70" + bytes(40), 101, "encapsulation_unknown", "ip_by_version"),
    "hundreds of labels": (eth(0x8847) / Raw(bytes(400)), ETHERNET, "encapsulation_unknown", "mpls"),
    "ipcomp of another method": (
        over_ip(108, b"\4\0\0\3" + b"\xff" * 40),
        ETHERNET,
        "encapsulation_unknown",
        "ipcomp",
    ),
    "link type": (bytes(40), 147, "link_unknown", "link_147"),
    "link type of 32 bits": (bytes(40), 0x10000 + 147, "link_unknown", "link_147"),
    "link type inside PPI": (
        struct.pack("<BBHI", 0, 0, 8, 0x20001 + 146) + bytes(40),
        192,
        "link_unknown",
        "link_147",
    ),
    "empty frame": (b"", ETHERNET, "frame_short", "ethernet"),
}


@pytest.mark.parametrize(("frame", "link", "anomaly", "name"), UNREAD.values(), ids=UNREAD)
def test_unread_is_counted_by_name(frame: Packet | bytes, link: int, anomaly: str, name: str) -> None:
    found, stats = decode(frame, link)
    assert found is None
    assert stats.named == {anomaly: 1}
    assert stats.undecoded == {name: 1}
    assert stats.frames_undecoded == 1


def test_names_from_the_wire_are_bounded() -> None:
    stats = Stats()
    decoder = Decoder(Limits(), stats)
    for kind in range(0x9A00, 0x9A00 + 1000):
        frame = bytes(12) + struct.pack("!H", kind) + bytes(40)
        assert decoder.decode(frame, 0, len(frame), len(frame), ETHERNET, 0) is None
    assert len(stats.undecoded) == UNDECODED_NAMES + 1
    assert stats.undecoded["other"] == 1000 - UNDECODED_NAMES
    assert stats.frames_undecoded == 1000
