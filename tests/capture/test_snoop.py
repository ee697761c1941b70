"""snoop (RFC 1761), as Solaris writes it."""

import struct

import pytest
from capture.builders import Packet, packets, read, snoop


@pytest.mark.parametrize("chunk", [1, 7, 24, 100, 262_144])
@pytest.mark.parametrize("pipe", [False, True], ids=["file", "pipe"])
def test_any_chunk_size_gives_the_same_frames(chunk: int, pipe: bool) -> None:
    sent = packets(40)
    got = read(snoop(sent), chunk, pipe=pipe)
    assert got.packets == sent
    assert got.trouble is None
    assert {frame.link for frame in got.frames} == {1}


@pytest.mark.parametrize(("link", "expected"), [(4, 1), (2, 6), (8, 10), (99, 0xFFFF)])
def test_data_links_have_their_link_type(link: int, expected: int) -> None:
    assert {frame.link for frame in read(snoop(packets(2), link=link)).frames} == {expected}


def test_other_versions_are_refused_by_name() -> None:
    got = read(snoop(packets(2), version=1))
    assert not got.frames
    assert got.trouble is not None
    assert "version 1" in got.trouble.message


@pytest.mark.parametrize(("captured", "record"), [(100, 60), (10, 0), (300_000, 300_024), (8, 1 << 31)])
@pytest.mark.parametrize("chunk", [30, 262_144])
def test_damage_keeps_what_came_before(captured: int, record: int, chunk: int) -> None:
    sent = packets(3)
    got = read(snoop(sent) + struct.pack(">6I", 1, captured, record, 0, 0, 0) + bytes(400_000), chunk)
    assert got.packets == sent
    assert got.trouble is not None
    assert got.trouble.damaged


def test_cut_at_any_octet_keeps_the_whole_records() -> None:
    sent = [Packet(ts, b"abcd", 4) for ts, _, _ in packets(3)]
    whole = snoop(sent)
    for cut in range(8, len(whole)):
        got = read(whole[:cut], 40)
        assert got.packets == sent[: max(0, cut - 16) // 28]
        at_end = cut >= 16 and (cut - 16) % 28 == 0
        assert (got.trouble is None) == at_end
