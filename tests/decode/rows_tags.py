"""Between Ethernet and IP: tags, labels, LLC, PPPoE."""

from decode.wrapping import MACS, Row, behind, eth, ether, ethertype, number, ppp_protocol, snap
from scapy.contrib.mpls import MPLS, EoMCW
from scapy.contrib.nsh import NSH
from scapy.layers.l2 import (
    LLC,
    SNAP,
    Dot1AD,
    Dot1AH,
    Dot1Q,
    Dot3,
)
from scapy.layers.ppp import PPP, PPPoE
from scapy.packet import Raw

TAGS = (
    Row("802.1Q", 1, lambda p: eth() / Dot1Q(vlan=10, prio=3, type=ethertype(p)) / Raw(p), (10,)),
    Row(
        "802.1ad",
        1,
        lambda p: eth() / Dot1AD(vlan=20) / Dot1Q(vlan=21, type=ethertype(p)) / Raw(p),
        (20, 21),
    ),
    *(
        Row(
            f"QinQ 0x{kind:04x}",
            1,
            lambda p, kind=kind: behind(kind, b"\x60\x1e\x81\x00\x00\x1f" + number(ethertype(p)), p),
            (30, 31),
        )
        for kind in (0x9100, 0x9200, 0x9300)
    ),
    Row("802.1ah", 1, lambda p: eth() / Dot1AD(vlan=40) / Dot1AH(isid=99) / ether(p), (40,)),
    Row("VN-TAG", 1, lambda p: behind(0x8926, bytes(4) + number(ethertype(p)), p)),
    Row(
        "VN-TAG and 802.1Q",
        1,
        lambda p: behind(0x8926, bytes(4) + b"\x81\x00\x00\x32" + number(ethertype(p)), p),
        (50,),
    ),
    Row("E-TAG", 1, lambda p: behind(0x893F, bytes(6) + number(ethertype(p)), p)),
    Row("cisco metadata", 1, lambda p: behind(0x8909, b"\x01\x01\x00\x01\x00\x05" + number(ethertype(p)), p)),
    Row("fabricpath", 1, lambda p: behind(0x8903, b"\x00\x60", bytes(ether(p)))),
    Row("trill", 1, lambda p: behind(0x22F3, bytes(6), bytes(ether(p)))),
    Row("trill with options", 1, lambda p: behind(0x22F3, b"\x00\x40" + bytes(8), bytes(ether(p)))),
    Row("llc snap", 1, lambda p: Dot3(src=MACS[0], dst=MACS[1]) / snap(p)),
    Row(
        "llc snap, bridge tunnel",
        1,
        lambda p: (
            Dot3(src=MACS[0], dst=MACS[1])
            / LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
            / SNAP(OUI=0xF8, code=ethertype(p))
            / Raw(p)
        ),
    ),
    Row(
        "llc, IP access point",
        1,
        lambda p: Dot3(src=MACS[0], dst=MACS[1]) / LLC(dsap=6, ssap=6, ctrl=3) / Raw(p),
        versions="4",
    ),
    Row(
        "llc snap in 802.1Q",
        1,
        lambda p: behind(0x8100, b"\0\x0b" + number(len(snap(p))), bytes(snap(p))),
        (11,),
    ),
    Row("mpls", 1, lambda p: eth() / MPLS(label=16, s=0) / MPLS(label=17, s=1) / Raw(p)),
    Row("mpls multicast", 1, lambda p: behind(0x8848, b"\0\1\1\x40", p)),
    Row("mpls pseudowire", 1, lambda p: eth() / MPLS(label=18, s=1) / EoMCW() / ether(p)),
    Row("mpls pseudowire without control word", 1, lambda p: eth() / MPLS(label=18, s=1) / ether(p)),
    Row(
        "mpls pseudowire to a MAC like IPv4",
        1,
        lambda p: eth() / MPLS(label=18, s=1) / Raw(b"\x45" + bytes(ether(p))[1:]),
    ),
    Row(
        "mpls pseudowire to a MAC like IPv6",
        1,
        lambda p: eth() / MPLS(label=18, s=1) / Raw(b"\x60" + bytes(ether(p))[1:]),
    ),
    Row("pppoe", 1, lambda p: eth(0x8864) / PPPoE(sessionid=7) / PPP(proto=ppp_protocol(p)) / Raw(p)),
    Row(
        "pppoe in QinQ",
        1,
        lambda p: (
            eth()
            / Dot1Q(vlan=60)
            / Dot1Q(vlan=61, type=0x8864)
            / PPPoE(sessionid=7)
            / PPP(proto=ppp_protocol(p))
            / Raw(p)
        ),
        (60, 61),
    ),
    Row("nsh", 1, lambda p: eth(0x894F) / NSH(nextproto=3) / ether(p)),
    Row(
        "ethertype of the other version",
        1,
        lambda p: behind(0x0800 if ethertype(p) != 0x0800 else 0x86DD, b"", p),
    ),
)
