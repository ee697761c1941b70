"""One row per encapsulation: the segment inside comes out the same, whole or cut anywhere."""

import pytest
from decode.encapsulations import CASES, IDS, key, segment
from decode.rows_tunnels import COMPRESSED
from decode.wrapping import ACK, FLAGS, PAYLOAD, SEQ, TCP_BYTES, Row

from smtpsensor.config import Limits
from smtpsensor.decode.decoder import Decoder, Segment
from smtpsensor.decode.ip import INFLATED
from smtpsensor.stats import Stats


def decode(frame: bytes, link: int, caplen: int | None = None) -> tuple[Segment | None, Stats]:
    """Decode one frame that stands in the middle of a buffer, perhaps cut by the capture length."""
    caplen = len(frame) if caplen is None else caplen
    stats = Stats()
    buf = b"\xff" * 7 + frame[:caplen] + b"\xff" * 99  # neighbours that must not be read
    return Decoder(Limits(), stats).decode(buf, 7, caplen, len(frame), link, 0), stats


def assert_segment(found: Segment | None, version: str, vlan: tuple[int, ...], captured: int) -> None:
    assert found is not None
    assert (found.key, found.seq, found.ack, found.flags) == (key(version), SEQ, ACK, FLAGS)
    assert found.buf[found.start : found.end] == PAYLOAD[:captured]
    assert found.missing == len(PAYLOAD) - captured
    assert found.vlan == vlan


@pytest.mark.parametrize(("row", "version"), CASES, ids=IDS)
def test_segment_comes_out_of(row: Row, version: str) -> None:
    found, stats = decode(row.frame(segment(version)), row.link)
    assert_segment(found, version, row.vlan, len(PAYLOAD))
    assert not stats.named
    assert not stats.frames_undecoded


@pytest.mark.parametrize(("row", "version"), CASES, ids=IDS)
def test_ethernet_padding_is_no_payload(row: Row, version: str) -> None:
    found, _ = decode(row.frame(segment(version)) + bytes(9), row.link)
    assert_segment(found, version, row.vlan, len(PAYLOAD))


@pytest.mark.parametrize(("row", "version"), CASES, ids=IDS)
def test_cut_at_every_octet(row: Row, version: str) -> None:
    frame = row.frame(segment(version))
    tcp = frame.index(TCP_BYTES[:20])
    payload = tcp + len(TCP_BYTES) - len(PAYLOAD)
    for caplen in range(len(frame)):
        found, stats = decode(frame, row.link, caplen)
        if caplen < tcp + 20:
            assert found is None
            assert stats.frames_undecoded == 1
        else:
            captured = min(max(caplen - payload, 0), len(PAYLOAD))
            assert_segment(found, version, row.vlan, captured)


def test_compressed_packets_inside_compressed_packets_are_not_inflated() -> None:
    """A frame of 100 octets could cost a millisecond."""
    bomb = COMPRESSED.frame(COMPRESSED.frame(segment("4"))[14:])
    found, stats = decode(bomb, 1)
    assert found is None
    assert stats.undecoded == {"ipcomp": 1}
    found, stats = decode(COMPRESSED.frame(segment("4") + bytes(INFLATED)), 1)
    assert found is None
    assert stats.named == {"frame_short": 1}


@pytest.mark.parametrize("version", ["4", "6"])
def test_compressed_packets_are_inflated(version: str) -> None:
    frame = COMPRESSED.frame(segment(version))
    found, _ = decode(frame, 1)
    assert_segment(found, version, (), len(PAYLOAD))
    for caplen in range(len(frame)):
        found, stats = decode(frame, 1, caplen)
        assert found is None  # a cut stream does not say how long it was
        assert stats.named == {"frame_short": 1}
