"""Headers that lie, offload, overflow, or belong to other protocols: what is a segment, what is counted."""

import struct

import pytest
from decode.encapsulations import segment
from decode.wrapping import (
    ACK,
    KEY4,
    KEY6,
    PAYLOAD,
    SEGMENT4,
    SEGMENT6,
    SEQ,
    SOURCE,
    TARGET,
    TCP_BYTES,
    eth,
    ether,
    over_ip,
)
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import GRE, Dot1Q
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

from smtpsensor.anomalies import ANOMALIES
from smtpsensor.config import Limits
from smtpsensor.decode.decoder import Decoder, Segment
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


def set_u16(octets: bytes, at: int, value: int) -> bytes:
    return octets[:at] + struct.pack("!H", value) + octets[at + 2 :]


def payload(found: Segment | None) -> bytes:
    assert found is not None
    return found.buf[found.start : found.end]


# --- lengths ---


@pytest.mark.parametrize("packet", [set_u16(SEGMENT4, 2, 0), set_u16(SEGMENT6, 4, 0)], ids=["IPv4", "IPv6"])
def test_length_zero_of_segmentation_offload_takes_the_frame(packet: bytes) -> None:
    found, stats = decode(ether(packet))
    assert payload(found) == PAYLOAD
    assert not stats.named


@pytest.mark.parametrize("packet", [set_u16(SEGMENT4, 2, 0), set_u16(SEGMENT6, 4, 0)], ids=["IPv4", "IPv6"])
def test_length_zero_and_a_short_capture_miss_what_the_wire_had(packet: bytes) -> None:
    frame = bytes(ether(packet))
    found, _ = decode(frame, wirelen=len(frame) + 1000)
    assert payload(found) == PAYLOAD
    assert found is not None
    assert found.missing == 1000


@pytest.mark.parametrize("version", ["4", "6"])
def test_length_beyond_the_frame_is_missing(version: str) -> None:
    at, size = (2, len(SEGMENT4)) if version == "4" else (4, len(SEGMENT6) - 40)
    found, _ = decode(ether(set_u16(segment(version), at, size + 500)))
    assert payload(found) == PAYLOAD
    assert found is not None
    assert found.missing == 500


def test_frame_longer_captured_than_on_the_wire_is_read_as_captured() -> None:
    found, _ = decode(ether(SEGMENT4), wirelen=1)
    assert payload(found) == PAYLOAD


@pytest.mark.parametrize("total", [1, 19, 20, 39])
def test_total_length_inside_the_headers(total: int) -> None:
    found, stats = decode(ether(set_u16(SEGMENT4, 2, total)))
    assert found is None
    assert stats.frames_undecoded == 1


def test_jumbogram_of_a_hop_by_hop_option() -> None:
    """RFC 2675: payload length zero, the length stands in an option."""
    jumbo = b"\x06\x00\xc2\x04" + struct.pack("!I", len(TCP_BYTES) + 8)
    packet = SEGMENT6[:4] + b"\0\0\0\x40" + SEGMENT6[8:40] + jumbo + TCP_BYTES
    assert payload(decode(ether(packet))[0]) == PAYLOAD


def test_tcp_options_cut_off_still_leave_the_numbers() -> None:
    frame = bytes(ether(SEGMENT4))
    caplen = 14 + 20 + 20
    found = Decoder(Limits(), Stats()).decode(frame, 0, caplen, len(frame), ETHERNET, 0)
    assert found is not None
    assert (found.key, found.seq, found.ack, found.start, found.end) == (KEY4, SEQ, ACK, caplen, caplen)
    assert found.missing == len(PAYLOAD)


# --- TCP ---


@pytest.mark.parametrize("offset", [0, 1, 4])
def test_data_offset_below_five_words(offset: int) -> None:
    packet = SEGMENT4[:32] + bytes([offset << 4]) + SEGMENT4[33:]
    found, stats = decode(ether(packet))
    assert found is None
    assert stats.named == {"tcp_header_invalid": 1}
    assert stats.undecoded == {"tcp": 1}


def test_data_offset_past_the_segment() -> None:
    packet = IP(src=SOURCE, dst=TARGET) / TCP(dataofs=15)
    found, stats = decode(ether(bytes(packet)))
    assert found is None
    assert stats.named == {"tcp_header_invalid": 1}


def test_segment_without_room_for_its_header() -> None:
    found, stats = decode(over_ip(6, TCP_BYTES[:19]))
    assert found is None
    assert stats.named == {"tcp_header_invalid": 1}


def test_any_port_is_returned() -> None:
    packet = bytes(IP(src=SOURCE, dst=TARGET) / TCP(sport=1, dport=65535, flags="SEC"))
    found, _ = decode(ether(packet))
    assert found is not None
    assert found.key[8:] == b"\0\x01\xff\xff"
    assert found.flags == 0xC2


# --- nesting ---


def test_every_kind_of_nesting_up_to_the_limit() -> None:
    """QinQ outside, VXLAN over IPv6 over GRE, a tag and MPLS inside: thirteen headers."""
    inner = eth(0x8100) / Raw(b"\0\x07\x88\x47\0\1\1\x40" + SEGMENT6)
    vxlan = (
        IPv6(src="2001:db8::1", dst="2001:db8::2")
        / UDP(sport=50000, dport=4789)
        / VXLAN()
        / Raw(bytes(inner))
    )
    frame = eth() / Dot1Q(vlan=5) / Dot1Q(vlan=6) / IP(src=SOURCE, dst=TARGET) / GRE() / vxlan
    found, stats = decode(frame)
    assert payload(found) == PAYLOAD
    assert found is not None
    assert found.key == KEY6
    assert found.vlan == (5, 6, 7)
    assert not stats.named


@pytest.mark.parametrize("tags", [14, 15])
def test_nesting_stops_at_the_limit(tags: int) -> None:
    """Ethernet, the tags and IPv4 are the sixteen headers allowed before TCP."""
    frame = bytes(ether(SEGMENT4))
    frame = frame[:12] + b"\x81\0\0\x01" * tags + frame[12:]
    found, stats = decode(frame)
    if tags + 2 <= Limits().nesting:
        assert payload(found) == PAYLOAD
    else:
        assert found is None
        assert stats.named == {"tunnel_too_deep": 1}
        assert stats.frames_undecoded == 1


def test_a_capture_header_that_names_itself_ends() -> None:
    found, stats = decode(struct.pack("<BBHI", 0, 0, 8, 192) * 100, 192)
    assert found is None
    assert stats.named == {"tunnel_too_deep": 1}


def test_vlan_ids_do_not_stay_for_the_next_frame() -> None:
    decoder = Decoder(Limits(), Stats())
    tagged = bytes(eth() / Dot1Q(vlan=9, type=0x0800) / Raw(SEGMENT4))
    plain = bytes(ether(SEGMENT4))
    buf = tagged + plain
    first = decoder.decode(buf, 0, len(tagged), len(tagged), ETHERNET, 0)
    second = decoder.decode(buf, len(tagged), len(plain), len(plain), ETHERNET, 0)
    assert first is not None
    assert second is not None
    assert (first.vlan, second.vlan) == ((9,), ())
