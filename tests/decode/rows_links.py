"""Link types: one row each."""

import struct

from decode.wrapping import (
    Row,
    aggregate,
    ether,
    ethertype,
    nflog,
    number,
    ppp,
    ppp_protocol,
    snap,
    wlan,
)
from scapy.contrib.mpls import MPLS
from scapy.layers.dot11 import Dot11QoS, RadioTap
from scapy.layers.l2 import (
    CookedLinux,
    CookedLinuxV2,
    Dot1Q,
    Loopback,
)
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.packet import Raw

LINKS = (
    Row("ethernet", 1, ether),
    Row("null, little endian", 0, lambda p: Loopback(type=2 if ethertype(p) == 0x0800 else 30) / Raw(p)),
    Row("null, big endian", 0, lambda p: struct.pack("!I", 2 if ethertype(p) == 0x0800 else 24) + p),
    Row("null with ethertype", 0, lambda p: struct.pack("!I", ethertype(p)) + p),
    Row("openbsd loop", 108, lambda p: struct.pack("!I", 2 if ethertype(p) == 0x0800 else 24) + p),
    Row("raw (DLT 12)", 12, bytes),
    Row("raw (OpenBSD 14)", 14, bytes),
    Row("raw (101)", 101, bytes),
    Row("raw IPv4", 228, bytes, versions="4"),
    Row("raw IPv6", 229, bytes, versions="6"),
    Row("ppp", 9, ppp),
    Row("ppp, HDLC framing", 9, lambda p: HDLC() / PPP(proto=ppp_protocol(p)) / Raw(p)),
    Row("ppp, one-octet protocol", 9, lambda p: ppp(p)[1:]),
    Row("ppp, serial", 50, lambda p: HDLC() / PPP(proto=ppp_protocol(p)) / Raw(p)),
    Row("cisco hdlc on a ppp link", 50, lambda p: b"\x0f\0" + number(ethertype(p)) + p),
    Row("pppoe as link type", 51, lambda p: bytes(PPPoE(sessionid=7) / PPP(proto=ppp_protocol(p)) / Raw(p))),
    Row("pppd", 166, lambda p: b"\x01\x03" + ppp(p)),
    Row("ppp with direction", 204, lambda p: b"\x00\xff\x03" + ppp(p)),
    Row("cisco hdlc", 104, lambda p: b"\x8f\0" + number(ethertype(p)) + p),
    Row("linux cooked v1", 113, lambda p: CookedLinux(proto=ethertype(p)) / Raw(p)),
    Row("linux cooked v2", 276, lambda p: CookedLinuxV2(proto=ethertype(p)) / Raw(p)),
    Row("linux cooked v1, 802.2", 113, lambda p: CookedLinux(proto=4) / Raw(bytes(snap(p)))),
    Row(
        "linux cooked v1, VLAN",
        113,
        lambda p: CookedLinux() / Dot1Q(vlan=9, type=ethertype(p)) / Raw(p),
        (9,),
    ),
    Row(
        "linux cooked v2 of a GRE device",
        276,
        lambda p: CookedLinuxV2(proto=ethertype(p), lladdrtype=778) / Raw(p),
    ),
    Row("nflog, little endian", 239, lambda p: nflog(p, "<")),
    Row("nflog, big endian", 239, lambda p: nflog(p, ">")),
    Row("bsd enc", 109, lambda p: struct.pack("<III", 2, 7, 0) + p),
    Row("pflog", 117, lambda p: bytes([61, 2]) + bytes(62) + p),
    Row("pktap", 258, lambda p: struct.pack("<III", 108, 1, 12) + bytes(96) + p),
    Row("slip", 8, lambda p: bytes(16) + p),
    Row("fddi", 10, lambda p: b"\x50" + bytes(12) + bytes(snap(p))),
    Row("token ring", 6, lambda p: b"\x10\x40" + bytes(12) + bytes(snap(p))),
    Row(
        "token ring with route",
        6,
        lambda p: b"\x10\x40" + bytes(6) + b"\x80" + bytes(5) + b"\x06\x10" + bytes(4) + bytes(snap(p)),
    ),
    Row("frame relay", 107, lambda p: b"\x18\x41\x03" + (b"\xcc" if ethertype(p) == 0x0800 else b"\x8e") + p),
    Row("frame relay, SNAP", 107, lambda p: b"\x18\x41\x03\0\x80\0\0\0" + number(ethertype(p)) + p),
    Row("frame relay, cisco", 107, lambda p: b"\x18\x41" + number(ethertype(p)) + p),
    Row("atm, SNAP", 100, snap),
    Row("atm, NLPID", 100, lambda p: b"\xfe\xfe\x03" + (b"\xcc" if ethertype(p) == 0x0800 else b"\x8e") + p),
    Row("atm clip", 106, bytes),
    Row(
        "arcnet, RFC 1201",
        7,
        lambda p: b"\1\2" + (b"\xd4" if ethertype(p) == 0x0800 else b"\xc4") + b"\0\0\1" + p,
    ),
    Row("arcnet, RFC 1051", 7, lambda p: b"\1\2\xf0" + p, versions="4"),
    Row("linux arcnet", 129, lambda p: b"\1\2\0\0\xd4\0\0\1" + p, versions="4"),
    Row("mpls as link type", 219, lambda p: MPLS(label=16, s=1) / Raw(p)),
    Row("802.11", 105, lambda p: wlan(FCfield=1) / snap(p)),
    Row(
        "802.11 between access points",
        105,
        lambda p: bytes(wlan(FCfield=3, addr4="02:00:00:00:00:04")) + bytes(snap(p)),
    ),
    Row("802.11 QoS", 105, lambda p: wlan(subtype=8, FCfield=2) / Dot11QoS() / snap(p)),
    Row(
        "802.11 QoS with HT control",
        105,
        lambda p: bytes(wlan(subtype=8, FCfield=0x82)) + b"\0\0" + bytes(4) + bytes(snap(p)),
    ),
    Row("802.11 aggregate", 105, aggregate),
    Row(
        "802.11 padded",
        127,
        lambda p: (
            RadioTap(present="Flags", Flags="pad")
            / Raw(bytes(wlan(subtype=8, FCfield=2)) + bytes(4) + bytes(snap(p)))
        ),
    ),
    Row(
        "radiotap",
        127,
        lambda p: RadioTap(present="TSFT+Flags+Rate", mac_timestamp=7, Rate=2) / wlan(FCfield=1) / snap(p),
    ),
    Row("radiotap, bare", 127, lambda p: RadioTap() / wlan(FCfield=1) / snap(p)),
    Row(
        "ppi",
        192,
        lambda p: struct.pack("<BBHI", 0, 0, 12, 105) + bytes(4) + bytes(wlan(FCfield=1) / snap(p)),
    ),
    Row(
        "prism", 119, lambda p: struct.pack("<II", 0x44, 144) + bytes(136) + bytes(wlan(FCfield=1) / snap(p))
    ),
    Row(
        "avs",
        163,
        lambda p: struct.pack("!II", 0x80211001, 64) + bytes(56) + bytes(wlan(FCfield=1) / snap(p)),
    ),
    Row(
        "avs on a prism link",
        119,
        lambda p: struct.pack("!II", 0x80211001, 64) + bytes(56) + bytes(wlan(FCfield=1) / snap(p)),
    ),
)
