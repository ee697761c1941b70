"""Classic pcap in every variant that is found in the field."""

import struct

import pytest
from capture.builders import T0, Packet, open_bytes, packets, pcap, read
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.capture.trouble import MAX_FRAME

CHUNKS = (1, 2, 3, 7, 16, 23, 24, 25, 40, 64, 101, 4_096, 262_144, 1 << 30)

# name -> (how it is written, how exact its times are)
VARIANTS = {
    "microseconds, little-endian": ({}, 1000),
    "microseconds, big-endian": ({"order": ">"}, 1000),
    "nanoseconds, little-endian": ({"magic": 0xA1B23C4D, "scale": 1}, 1),
    "nanoseconds, big-endian": ({"magic": 0xA1B23C4D, "scale": 1, "order": ">"}, 1),
    "modified, little-endian": ({"magic": 0xA1B2CD34, "extra": 8}, 1000),
    "modified, big-endian": ({"magic": 0xA1B2CD34, "extra": 8, "order": ">"}, 1000),
    "modified with processor numbers": ({"magic": 0xA1B2CD34, "extra": 12}, 1000),
    "modified under the plain magic (Red Hat 6.1)": ({"extra": 8}, 1000),
    "Nokia": ({"extra": 4}, 1000),
    "version 2.3": ({"version": (2, 3)}, 1000),
    "version 2.3, lengths exchanged": ({"version": (2, 3), "swapped": True}, 1000),
    "version 2.2, lengths exchanged": ({"version": (2, 2), "swapped": True}, 1000),
    "DG/UX's 543.0, lengths exchanged": ({"version": (543, 0), "swapped": True}, 1000),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_variant_gives_its_frames(name: str) -> None:
    how, exact = VARIANTS[name]
    sent = [Packet(ts // exact * exact, *rest) for ts, *rest in packets(40, step=7_654_321)]
    got = read(pcap(sent, **how))
    assert got.packets == sent
    assert got.trouble is None
    assert [frame.number for frame in got.frames] == list(range(1, 41))


@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("pipe", [False, True], ids=["file", "pipe"])
def test_any_chunk_size_gives_the_same_frames(chunk: int, pipe: bool) -> None:
    sent = packets(60, size=50)
    got = read(pcap(sent), chunk, pipe=pipe)
    assert got.packets == sent
    assert got.trouble is None


@pytest.mark.parametrize(
    ("field", "link"),
    [
        (1, 1),
        (0x1400_0001, 1),  # 4 octets of frame check sequence (upper 4 bits: length in 16-bit words, P bit)
        (0x0300_0071, 113),
        (0xFFFF_0065, 101),
    ],
)
def test_upper_bits_of_the_link_type_are_no_link_type(field: int, link: int) -> None:
    assert {frame.link for frame in read(pcap(packets(3), link=field)).frames} == {link}


def test_header_without_packets_is_an_empty_capture() -> None:
    assert read(pcap([])) == ([], None)


def test_frames_of_no_octets_count() -> None:
    sent = [Packet(T0, b"", 60), Packet(T0 + 1000, b"", 0), Packet(T0 + 2000, b"x", 1)]
    assert read(pcap(sent)).packets == sent


def test_more_captured_than_was_on_the_wire_is_tolerated() -> None:
    sent = [Packet(T0 + i * 1000, b"padded" * 10, 40) for i in range(5)]
    assert read(pcap(sent)).packets == sent


def test_fraction_of_over_a_second_is_added_up() -> None:
    data = pcap([Packet(T0, b"x", 1)])
    data = data[:28] + struct.pack("<I", 2_500_000) + data[32:]
    assert read(data).frames[0].ts == T0 + 2_500_000_000


@pytest.mark.parametrize("ts", [0, 1000, T0 + 999_999_000, (2**32 - 1) * 10**9 + 999_999_000])
def test_times_from_1970_to_2106_are_exact(ts: int) -> None:
    sent = [Packet(ts, b"x", 1)] * 3
    assert read(pcap(sent)).packets == sent


def test_longest_frame_passes_at_any_chunk_size() -> None:
    sent = [Packet(T0 + i, bytes([i]) * MAX_FRAME, MAX_FRAME) for i in range(3)]
    for chunk in (1_000, 65_536, 262_144):
        assert read(pcap(sent, magic=0xA1B23C4D, scale=1), chunk).packets == sent


@pytest.mark.parametrize("length", [MAX_FRAME + 1, 300_000, 1 << 24, 1 << 31, (1 << 32) - 1])
@pytest.mark.parametrize("chunk", [50, 262_144])
def test_absurd_length_ends_the_file_and_keeps_what_came_before(length: int, chunk: int) -> None:
    sent = packets(30)
    bad = struct.pack("<4I", 1_700_000_001, 0, length, length) + b"\0" * 400_000
    got = read(pcap(sent) + bad, chunk)
    assert got.packets == sent
    assert got.trouble is not None
    assert got.trouble.anomaly == "capture_damaged"
    assert f"{length:,}" in got.trouble.message
    assert "behind packet 30" in got.trouble.message


@pytest.mark.parametrize("chunk", [20, 262_144])
@pytest.mark.parametrize("pipe", [False, True], ids=["file", "pipe"])
def test_cut_at_any_octet_keeps_the_whole_records(chunk: int, pipe: bool) -> None:
    sent = packets(3, size=20)
    whole = pcap(sent)
    ends = [24]
    for packet in sent:
        ends.append(ends[-1] + 16 + len(packet.data))
    for cut in range(4, len(whole)):
        got = read(whole[:cut], chunk, pipe=pipe)
        assert got.packets == sent[: sum(end <= cut for end in ends[1:])]
        if cut in ends:
            assert got.trouble is None
        else:
            assert got.trouble is not None
            assert got.trouble.anomaly == "capture_truncated"


def test_version_1_is_refused_by_name() -> None:
    got = read(pcap(packets(3), version=(1, 2)))
    assert not got.frames
    assert got.trouble is not None
    assert "version 1.2" in got.trouble.message


def test_damage_in_the_first_records_does_not_make_it_another_variant() -> None:
    whole = bytearray(pcap(packets(20)))
    struct.pack_into("<I", whole, 24 + 16 + 60 + 8, 0x6F00_0000)  # the second record's length
    got = read(bytes(whole))
    assert got.packets == packets(1)
    assert got.trouble is not None
    assert got.trouble.damaged


@given(steps=st.lists(st.integers(0, 3_000_000_000), max_size=40), waits=st.lists(st.integers(0, 10**10)))
def test_stopping_at_any_time_loses_no_frame(steps: list[int], waits: list[int]) -> None:
    """The merge reads a file up to another's next frame, again and again."""
    sent = packets(len(steps))
    ts = T0
    for i, step in enumerate(steps):
        ts += step // 1000 * 1000
        sent[i] = sent[i]._replace(ts=ts)
    reader = open_bytes(pcap(sent), 300)
    got, until = [], T0
    while (head := reader.head()) is not None:
        until = max(head, until + (waits.pop() if waits else 10**11))
        frames = list(reader.batch(until).frames)
        assert frames
        assert all(frame[0] <= until for frame in frames)
        following = reader.head()
        window_ended = len(frames) and following is not None and following <= until
        assert following is None or following > until or window_ended
        got += [frame[0] for frame in frames]
    assert got == [packet.ts for packet in sent]
