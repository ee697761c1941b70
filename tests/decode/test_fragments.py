"""IP fragments on the wire: whatever the order, the datagram's segment comes out once it is whole."""

import itertools

import pytest
from decode.fragmenting import Wire, assert_whole, piece, pieces
from decode.wrapping import (
    OUTER,
    PAYLOAD,
    SEGMENT4,
    SEGMENT6,
    TCP_BYTES,
    eth,
    ether,
    over_udp,
)
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, fragment6
from scapy.layers.l2 import Dot1Q
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

from smtpsensor.config import SECOND

VERSIONS = pytest.mark.parametrize("version", ["4", "6"])


# --- order ---


@VERSIONS
def test_in_any_order(version: str) -> None:
    for order in itertools.permutations(pieces(version)):
        wire = Wire()
        found = wire.send_all(order)
        assert_whole(found, version)
        assert wire.named == {}


@VERSIONS
def test_comes_out_with_the_last_missing_fragment_and_not_before(version: str) -> None:
    wire = Wire()
    *first, last = pieces(version)
    assert wire.send_all(first) == []
    assert wire.send(last) is not None


@VERSIONS
@pytest.mark.parametrize("size", [8, 16, 24, 40])
def test_tiny_fragments_last_one_first(version: str, size: int) -> None:
    wire = Wire()
    assert_whole(wire.send_all(reversed(pieces(version, size))), version)


def test_fragments_made_by_scapy() -> None:
    packet = IP(SEGMENT4)
    assert_whole(Wire().send_all(bytes(eth() / part) for part in fragment(packet, 24)), "4")
    with_header = IPv6(SEGMENT6[:40])
    with_header.nh = 44
    parts = fragment6(with_header / IPv6ExtHdrFragment(nh=6, id=9) / Raw(TCP_BYTES), 80)
    assert len(parts) > 1
    assert_whole(Wire().send_all(bytes(eth() / part) for part in parts), "6")


def test_extension_headers_before_and_inside_the_fragments() -> None:
    """Hop-by-hop stands in every fragment, destination options only in the first."""
    body = b"\x06\x00\x01\x04\0\0\0\0" + TCP_BYTES
    frames = []
    for start in range(0, len(body), 32):
        head = IPv6(SEGMENT6[:40]) / IPv6ExtHdrHopByHop()
        more = start + 32 < len(body)
        head /= IPv6ExtHdrFragment(nh=60, offset=start >> 3, m=more, id=5)
        head[IPv6].plen = 8 + 8 + len(body[start : start + 32])
        head[IPv6].nh = 0
        frames.append(bytes(eth() / head / Raw(body[start : start + 32])))
    assert_whole(Wire().send_all(reversed(frames)), "6")


# --- copies ---


@VERSIONS
def test_every_fragment_twice_in_a_row(version: str) -> None:
    """A mirror that shows a port's both sides: one segment, perhaps a copy; nothing left over counts."""
    wire = Wire()
    found = wire.send_all(frame for one in pieces(version) for frame in (one, one))
    assert_whole(found, version)
    assert wire.send_all(pieces(version, ident=8), 70 * SECOND)
    wire.decoder.finish()
    assert wire.named == {}


@VERSIONS
def test_all_fragments_again(version: str) -> None:
    wire = Wire()
    assert_whole(wire.send_all(pieces(version) * 2), version, copies=2)
    wire.decoder.finish()
    assert wire.named == {}


@VERSIONS
def test_a_late_copy_does_not_mix_into_a_later_datagram_with_its_id(version: str) -> None:
    wire = Wire()
    wire.send_all(pieces(version))
    wire.send(pieces(version)[-1])  # the copy
    other = TCP_BYTES[:-10] + b"0123456789"
    found = wire.send_all(pieces(version, tcp=other), 5 * SECOND)
    assert [one.buf[one.start : one.end] for one in found] == [PAYLOAD[:-10] + b"0123456789"]
    assert wire.named == {}


@VERSIONS
def test_the_same_id_at_once_for_another_datagram(version: str) -> None:
    """An id that never changes is legal for a host that puts together what it gets: nothing is swallowed."""
    wire = Wire()
    other = TCP_BYTES[:4] + bytes(4) + TCP_BYTES[8:]  # the last fragments are equal
    for ts in range(5):
        last_first = pieces(version, tcp=TCP_BYTES if ts % 2 else other)[::-1]
        assert len(wire.send_all(last_first, ts)) == 1
    assert wire.named == {}


@VERSIONS
def test_overlap_with_the_same_octets_is_harmless(version: str) -> None:
    wire = Wire()
    found = wire.send_all(
        [
            piece(version, 0, TCP_BYTES[:32], more=True),
            piece(version, 16, TCP_BYTES[16:48], more=True),
            piece(version, 8, TCP_BYTES[8:24], more=True),
            piece(version, 40, TCP_BYTES[40:], more=False),
        ]
    )
    assert_whole(found, version)
    assert wire.named == {}


@VERSIONS
def test_first_copy_of_an_octet_wins(version: str) -> None:
    wire = Wire()
    found = wire.send_all(
        [
            piece(version, 16, TCP_BYTES[16:32], more=True),
            piece(version, 0, TCP_BYTES[:16] + bytes(32), more=True),
            piece(version, 40, b"\xff" * 8 + TCP_BYTES[48:], more=False),
        ]
    )
    assert len(found) == 1
    octets = TCP_BYTES[:32] + bytes(16) + TCP_BYTES[48:]
    assert found[0].buf == octets
    assert wire.named == {"fragment_overlap": 2}


# --- cut by the capture length ---


@VERSIONS
@pytest.mark.parametrize("cut", [0, 1, 2])
def test_cut_fragment_leaves_what_stands_before_it(version: str, cut: int) -> None:
    """What follows the cut has no place in the stream any more: it is missing."""
    wire = Wire()
    found = None
    for index, frame in enumerate(pieces(version, 32)):
        short = frame[:-5] if index == cut else frame
        found = wire.send(short, wirelen=len(frame)) or found
    assert found is not None
    captured = found.end - found.start
    assert captured + found.missing == len(PAYLOAD)
    assert found.buf[found.start : found.end] == PAYLOAD[:captured]
    assert (found.missing == 0) == (cut == 2)


# --- tunnels and tags ---


def test_a_tunnel_packet_in_fragments() -> None:
    """The outer datagram is fragmented; the segment stands in what it becomes."""
    tunnel = bytes(over_udp(4789, VXLAN() / ether(SEGMENT6)))
    parts = fragment(IP(tunnel[14:]), 48)
    assert_whole(Wire().send_all(bytes(eth() / part) for part in parts), "6")


def test_fragments_inside_a_tunnel_inside_fragments() -> None:
    frames = []
    for number, inner in enumerate(pieces("4")):
        tunnel = IP(src=OUTER[0], dst=OUTER[1], id=100 + number) / UDP(sport=1, dport=4789) / VXLAN()
        frames += [bytes(eth() / part) for part in fragment(IP(bytes(tunnel / Raw(inner))), 32)]
    assert len(frames) > 6
    assert_whole(Wire().send_all(reversed(frames)), "4")


def test_fragments_with_different_tags_belong_together() -> None:
    """Some mirrors tag one port only. The ids are those of the frame that made it whole."""
    wire = Wire()
    first, *rest = pieces("4")
    wire.send(bytes(eth() / Dot1Q(vlan=5, type=0x0800) / Raw(first[14:])))
    found = wire.send_all(bytes(eth() / Dot1Q(vlan=6, type=0x0800) / Raw(one[14:])) for one in rest)
    assert_whole(found, "4")
    assert found[0].vlan == (6,)


@VERSIONS
def test_fragmented_udp_is_nothing(version: str) -> None:
    wire = Wire()
    frames = [frame.replace(b"\x40\x06\0\0", b"\x40\x11\0\0") for frame in pieces("4")]
    if version == "6":
        frames = [frame[:54] + b"\x11" + frame[55:] for frame in pieces("6")]
    assert wire.send_all(frames) == []
    assert wire.named == {}
