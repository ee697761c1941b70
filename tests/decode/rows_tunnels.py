"""Over IP: tunnels, security, options and extension headers."""

from decode.wrapping import (
    KEY6,
    OUTER,
    OUTER6,
    SOURCE,
    SOURCE6,
    TARGET,
    TARGET6,
    Row,
    authentication,
    deflated,
    eth,
    ether,
    ethertype,
    extended,
    number,
    outer,
    over_ip,
    over_udp,
    ppp,
    protocol,
    snap,
    wlan,
)
from scapy.contrib.erspan import ERSPAN_II, ERSPAN_III, ERSPAN_PlatformSpecific
from scapy.contrib.etherip import EtherIP
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.contrib.nsh import NSH
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import (
    HAO,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
    RouterAlert,
)
from scapy.layers.l2 import (
    GRE,
    GRE_PPTP,
    Dot1Q,
)
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

TUNNELS = (
    Row("IP in IPv4", 1, lambda p: over_ip(protocol(p), p)),
    Row("IP in IPv6", 1, lambda p: eth() / IPv6(src=OUTER6[0], dst=OUTER6[1], nh=protocol(p)) / Raw(p)),
    Row("gre", 1, lambda p: outer() / GRE(proto=ethertype(p)) / Raw(p)),
    Row(
        "gre in IPv6",
        1,
        lambda p: eth() / IPv6(src=OUTER6[0], dst=OUTER6[1], nh=47) / GRE(proto=ethertype(p)) / Raw(p),
    ),
    Row(
        "gre, checksum, key and sequence",
        1,
        lambda p: (
            outer() / GRE(proto=ethertype(p), chksum_present=1, key_present=1, seqnum_present=1) / Raw(p)
        ),
    ),
    Row(
        "gre, source route",
        1,
        lambda p: over_ip(
            47, b"\x40\0" + number(ethertype(p)) + bytes(4) + b"\x08\0\0\4\1\2\3\4" + bytes(4) + p
        ),
    ),
    Row("gre, ethernet", 1, lambda p: outer() / GRE(proto=0x6558) / ether(p)),
    Row(
        "gre, pptp",
        1,
        lambda p: (
            outer()
            / GRE_PPTP(seqnum_present=1, acknum_present=1, payload_len=len(p) + 4)
            / Raw(b"\xff\x03" + ppp(p))
        ),
    ),
    Row(
        "gre, eoip",
        1,
        lambda p: over_ip(47, b"\x20\x01\x64\x00" + number(len(p) + 14) + b"\7\0" + bytes(ether(p))),
    ),
    Row("gre, wccp 1", 1, lambda p: outer() / GRE(proto=0x883E) / Raw(p), versions="4"),
    Row("gre, wccp 2", 1, lambda p: outer() / GRE(proto=0x883E) / Raw(bytes(4) + p), versions="4"),
    Row("gre, aruba 802.11", 1, lambda p: outer() / GRE(proto=0x8210) / wlan(FCfield=2) / snap(p)),
    Row("gre, ppp", 1, lambda p: outer() / GRE(proto=0x880B) / Raw(ppp(p))),
    Row("gre over udp", 1, lambda p: over_udp(4754, GRE(proto=ethertype(p)) / Raw(p))),
    Row("erspan I", 1, lambda p: outer() / GRE(proto=0x88BE) / Raw(bytes(ether(p)))),
    Row(
        "erspan II", 1, lambda p: outer() / GRE(proto=0x88BE, seqnum_present=1) / ERSPAN_II(vlan=7) / ether(p)
    ),
    Row(
        "erspan III",
        1,
        lambda p: outer() / GRE(proto=0x22EB, seqnum_present=1) / ERSPAN_III(ft=0, o=0) / ether(p),
    ),
    Row(
        "erspan III, platform",
        1,
        lambda p: (
            outer()
            / GRE(proto=0x22EB, seqnum_present=1)
            / ERSPAN_III(ft=0, o=1)
            / ERSPAN_PlatformSpecific()
            / ether(p)
        ),
    ),
    Row(
        "erspan III, IP",
        1,
        lambda p: outer() / GRE(proto=0x22EB, seqnum_present=1) / ERSPAN_III(ft=2, o=0) / Raw(p),
    ),
    Row("vxlan", 1, lambda p: over_udp(4789, VXLAN(vni=7) / ether(p))),
    Row("vxlan, group policy", 1, lambda p: over_udp(4789, VXLAN(vni=7, flags=0x88, gpid=9) / ether(p))),
    Row("vxlan, old linux port", 1, lambda p: over_udp(8472, VXLAN(vni=7) / ether(p))),
    Row(
        "vxlan, VLAN inside and out",
        1,
        lambda p: (
            eth()
            / Dot1Q(vlan=5)
            / IP(src=OUTER[0], dst=OUTER[1])
            / UDP(dport=4789)
            / VXLAN(vni=7)
            / Raw(bytes(eth() / Dot1Q(vlan=6, type=ethertype(p)) / Raw(p)))
        ),
        (5, 6),
    ),
    Row(
        "vxlan-gpe, IP",
        1,
        lambda p: over_udp(4790, bytes([0x0C, 0, 0, 1 if ethertype(p) == 0x0800 else 2]) + bytes(4) + p),
    ),
    Row(
        "vxlan-gpe, ethernet",
        1,
        lambda p: over_udp(4790, bytes([0x0C, 0, 0, 3]) + bytes(4) + bytes(ether(p))),
    ),
    Row(
        "vxlan-gpe, nsh",
        1,
        lambda p: over_udp(
            4790,
            bytes([0x0C, 0, 0, 4]) + bytes(4) + bytes(NSH(nextproto=1 if ethertype(p) == 0x0800 else 2)) + p,
        ),
    ),
    Row(
        "vxlan over IPv6",
        1,
        lambda p: (
            eth() / IPv6(src=OUTER6[0], dst=OUTER6[1]) / UDP(dport=4789) / VXLAN(vni=7) / Raw(bytes(ether(p)))
        ),
    ),
    Row("geneve, ethernet", 1, lambda p: over_udp(6081, GENEVE(vni=7, proto=0x6558) / ether(p))),
    Row("geneve, IP", 1, lambda p: over_udp(6081, GENEVE(vni=7, proto=ethertype(p)) / Raw(p))),
    Row(
        "geneve, options",
        1,
        lambda p: over_udp(6081, b"\x02\0\x65\x58\0\0\7\0\1\2\3\1\0\0\0\0" + bytes(ether(p))),
    ),
    Row("gtp-u", 1, lambda p: over_udp(2152, GTP_U_Header(teid=7, gtp_type=255) / Raw(p), 2152)),
    Row(
        "gtp-u, sequence",
        1,
        lambda p: over_udp(2152, GTP_U_Header(teid=7, gtp_type=255, S=1, seq=9) / Raw(p)),
    ),
    Row(
        "gtp-u, extension",
        1,
        lambda p: over_udp(2152, b"\x34\xff" + number(len(p) + 8) + b"\0\0\0\7\0\0\0\x85\1\x10\1\0" + p),
    ),
    Row("teredo", 1, lambda p: over_udp(3544, p), versions="6"),
    Row(
        "teredo with authentication and origin",
        1,
        lambda p: over_udp(3544, b"\0\1\0\0" + bytes(9) + b"\0\0" + bytes(6) + p),
        versions="6",
    ),
    Row(
        "ayiya", 1, lambda p: over_udp(5072, bytes([0x41, 0x52, 0x11, protocol(p)]) + bytes(4 + 16 + 20) + p)
    ),
    Row("l2tp", 1, lambda p: over_udp(1701, b"\0\2\0\1\0\1\xff\3" + ppp(p), 1701)),
    Row(
        "l2tp, length, sequence and offset",
        1,
        lambda p: over_udp(
            1701, b"\x4a\2" + number(len(p) + 20) + b"\0\1\0\1\0\1\0\1\0\2\0\0\xff\3" + ppp(p)
        ),
    ),
    Row("capwap, 802.3", 1, lambda p: over_udp(5247, b"\0\x10\x42\0\0\0\0\0" + bytes(ether(p)))),
    Row(
        "capwap, 802.11 swapped",
        1,
        lambda p: over_udp(5247, b"\0\x10\x43\0\0\0\0\0\x01\x08" + bytes(wlan(FCfield=1) / snap(p))[2:]),
    ),
    Row("mpls over udp", 1, lambda p: over_udp(6635, MPLS(label=16, s=1) / Raw(p))),
    Row("mpls in IP", 1, lambda p: over_ip(137, MPLS(label=16, s=1) / Raw(p))),
    Row("etherip", 1, lambda p: over_ip(97, EtherIP() / ether(p))),
    Row("ethernet in IP", 1, lambda p: over_ip(143, ether(p))),
    Row("ah, tunnel", 1, lambda p: over_ip(51, authentication(protocol(p), p))),
    Row(
        "ah, transport",
        1,
        lambda p: eth() / IP(src=SOURCE, dst=TARGET, proto=51) / Raw(authentication(6, p[20:])),
        versions="4",
    ),
    Row(
        "ah, transport, IPv6",
        1,
        lambda p: eth() / IPv6(src=SOURCE6, dst=TARGET6, nh=51) / Raw(authentication(6, p[40:])),
        versions="6",
    ),
    Row(
        "IPv4 options",
        1,
        lambda p: (
            eth() / IP(src=SOURCE, dst=TARGET, proto=6, ihl=7, options=b"\x94\4\0\0\1\1\1\0") / Raw(p[20:])
        ),
        versions="4",
    ),
    Row("hop-by-hop", 1, lambda p: extended(p, IPv6ExtHdrHopByHop(options=[RouterAlert()])), versions="6"),
    Row(
        "destination options",
        1,
        lambda p: extended(p, IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(12))])),
        versions="6",
    ),
    Row(
        "routing, finished",
        1,
        lambda p: extended(p, IPv6ExtHdrRouting(addresses=["2001:db8::99"], segleft=0)),
        versions="6",
    ),
    Row(
        "three extension headers",
        1,
        lambda p: extended(p, IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), IPv6ExtHdrDestOpt()),
        versions="6",
    ),
    Row(
        "atomic fragment",
        1,
        lambda p: eth() / IPv6(src=SOURCE6, dst=TARGET6, nh=44) / Raw(b"\6\0\0\0\0\0\0\7" + p[40:]),
        versions="6",
    ),
    Row(
        "mobility",
        1,
        lambda p: eth() / IPv6(src=SOURCE6, dst=TARGET6, nh=135) / Raw(b"\6\0" + bytes(6) + p[40:]),
        versions="6",
    ),
    Row(
        "routing on its way (final destination counts)",
        1,
        lambda p: (
            eth()
            / IPv6(src=SOURCE6, dst="2001:db8::99", nh=43)
            / Raw(b"\6\4\0\2" + bytes(20) + KEY6[16:32] + p[40:])
        ),
        versions="6",
    ),
    Row(
        "segment routing (first in the list is last)",
        1,
        lambda p: (
            eth()
            / IPv6(src=SOURCE6, dst="2001:db8::99", nh=43)
            / Raw(b"\6\4\4\1\1\0\0\0" + KEY6[16:32] + bytes(16) + p[40:])
        ),
        versions="6",
    ),
    Row(
        "mobile node (home address counts)",
        1,
        lambda p: (
            eth()
            / IPv6(src="2001:db8::99", dst=TARGET6)
            / IPv6ExtHdrDestOpt(nh=6, options=[PadN(optdata=b"\0\0"), HAO(hoa=SOURCE6)])
            / Raw(p[40:])
        ),
        versions="6",
    ),
)

COMPRESSED = Row("ipcomp", 1, lambda p: over_ip(108, deflated(p)))
