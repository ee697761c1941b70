"""pcapng: sections, interfaces with their clocks, every packet block, and blocks that are none."""

import struct

import pytest
from capture.builders import T0, Ng, Packet, packets, pcapng, read
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.capture.pcapng_interface import MAX_TIME
from smtpsensor.capture.trouble import MAX_FRAME

LE, BE = Ng("<"), Ng(">")
RESOLUTION, OFFSET, NAME, END = 9, 14, 2, b"\0\0\0\0"
CHUNKS = (1, 2, 3, 7, 8, 11, 28, 29, 64, 101, 4_096, 262_144)


@pytest.mark.parametrize("ng", [LE, BE], ids=["little-endian", "big-endian"])
@pytest.mark.parametrize("chunk", CHUNKS)
@pytest.mark.parametrize("pipe", [False, True], ids=["file", "pipe"])
def test_any_chunk_size_gives_the_same_frames(ng: Ng, chunk: int, pipe: bool) -> None:
    sent = packets(50, size=40)
    data = ng.section() + ng.interface()
    for i, packet in enumerate(sent):
        data += ng.enhanced(packet) if i % 3 else ng.old(packet)
        if i % 7 == 0:
            data += ng.block(5, b"statistics" * i)
    got = read(data, chunk, pipe=pipe)
    assert got.packets == sent
    assert got.trouble is None
    assert [frame.number for frame in got.frames] == list(range(1, 51))


def test_section_without_packets_is_an_empty_capture() -> None:
    assert read(LE.section()) == ([], None)
    assert read(LE.section() + LE.interface()) == ([], None)


def test_byte_order_and_interfaces_change_with_the_section() -> None:
    a, b, c = packets(3)
    data = LE.section() + LE.interface(link=1) + LE.enhanced(a)
    data += (
        BE.section(length=4_711) + BE.interface(link=101, options=BE.option(NAME, b"eth1")) + BE.enhanced(b)
    )
    data += LE.section(version=(1, 2)) + LE.interface(link=113) + LE.enhanced(c)
    got = read(data)
    assert got.packets == [a, b, c]
    assert [(frame.link, frame.name) for frame in got.frames] == [(1, None), (101, "eth1"), (113, None)]


def test_interface_of_an_earlier_section_is_not_known_in_the_next() -> None:
    a, b = packets(2)
    got = read(LE.section() + LE.interface() + LE.interface() + LE.enhanced(a, ident=1) + LE.section()
               + LE.interface() + LE.enhanced(b, ident=1))  # fmt: skip
    assert got.packets == [a]
    assert got.trouble is not None
    assert "interface 1" in got.trouble.message


def test_interfaces_have_their_own_link_name_and_clock() -> None:
    nanoseconds = LE.option(NAME, b"eth0") + LE.option(RESOLUTION, b"\x09") + END
    data = LE.section() + LE.interface(link=1, options=nanoseconds) + LE.interface(link=276)
    sent = packets(20)
    for i, packet in enumerate(sent):
        data += LE.enhanced(packet, packet.ts if i % 2 == 0 else packet.ts // 1000, ident=i % 2)
    got = read(data)
    assert got.packets == sent
    assert {(f.number % 2, f.link, f.name) for f in got.frames} == {(1, 1, "eth0"), (0, 276, None)}


@pytest.mark.parametrize(
    ("resolution", "raw", "ns"),
    [
        (None, 1_700_000_000_123_456, 1_700_000_000_123_456_000),  # no option: microseconds
        (0, 1_700_000_000, 1_700_000_000_000_000_000),
        (3, 1_700_000_000_123, 1_700_000_000_123_000_000),
        (6, 1_700_000_000_123_456, 1_700_000_000_123_456_000),
        (9, 1_700_000_000_123_456_789, 1_700_000_000_123_456_789),
        (10, 17_000_000_001_234_567_899, 1_700_000_000_123_456_789),
        (12, 1_700_000_123_456_789_999, 1_700_000_123_456_789),
        (127, 2**64 - 1, 0),
        (0x80, 1_700_000_000, 1_700_000_000_000_000_000),
        (0x80 | 1, 3_400_000_001, 1_700_000_000_500_000_000),
        (0x80 | 20, (1_700_000_000 << 20) + 1, 1_700_000_000_000_000_953),  # 953.67 ns, rounded down
        (0x80 | 32, (1_700_000_000 << 32) + (1 << 31), 1_700_000_000_500_000_000),
        (0xFF, 2**64 - 1, 0),
    ],
)
@pytest.mark.parametrize("ng", [LE, BE], ids=["little-endian", "big-endian"])
def test_resolution_is_exact(ng: Ng, resolution: int | None, raw: int, ns: int) -> None:
    options = b"" if resolution is None else ng.option(RESOLUTION, bytes([resolution])) + END
    data = ng.section() + ng.interface(options=options)
    data += ng.enhanced(Packet(0, b"x", 1), raw) * 3
    assert [frame.ts for frame in read(data).frames] == [ns] * 3


@pytest.mark.parametrize("seconds", [0, 1, -1, 3600, -3600, 1_700_000_000])
@pytest.mark.parametrize("resolution", [6, 9, 0x80 | 20])
def test_offset_is_added_in_whole_seconds(seconds: int, resolution: int) -> None:
    options = LE.option(RESOLUTION, bytes([resolution])) + LE.option(OFFSET, struct.pack("<q", seconds)) + END
    per_second = 1 << 20 if resolution & 0x80 else 10**resolution
    data = LE.section() + LE.interface(options=options) + LE.enhanced(Packet(0, b"x", 1), 7_200 * per_second)
    assert read(data).frames[0].ts == (7_200 + seconds) * 10**9


@pytest.mark.parametrize(
    ("raw", "offset", "ns"),
    [(2**64 - 1, 0, MAX_TIME), (0, -1, 0), (5, 2**63 - 1, MAX_TIME), (5, -(2**63), 0)],
)
def test_times_outside_1970_to_2262_are_clamped(raw: int, offset: int, ns: int) -> None:
    options = LE.option(OFFSET, struct.pack("<q", offset)) + END
    data = LE.section() + LE.interface(options=options) + LE.enhanced(Packet(0, b"x", 1), raw)
    assert read(data).frames[0].ts == ns


@given(
    raws=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 2**34), min_size=1, max_size=20),
    resolution=st.integers(0, 255),
    offset=st.integers(-(2**63), 2**63 - 1) | st.integers(-10, 10),
    chunk=st.sampled_from([60, 300, 262_144]),
)
def test_time_equals_the_fraction(raws: list[int], resolution: int, offset: int, chunk: int) -> None:
    """Both ways to a time, the loop's and the careful one, give the rounded-down exact value."""
    options = LE.option(RESOLUTION, bytes([resolution])) + LE.option(OFFSET, struct.pack("<q", offset))
    data = LE.section() + LE.interface(options=options)
    for raw in raws:
        data += LE.enhanced(Packet(0, b"x", 1), raw)
    unit = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution
    expected = [min(max(raw * 10**9 // unit + offset * 10**9, 0), MAX_TIME) for raw in raws]
    assert [frame.ts for frame in read(data, chunk).frames] == expected


def test_simple_packet_has_the_time_of_the_packet_before_it() -> None:
    a, b, c = packets(3)
    data = LE.section() + LE.interface() + LE.simple(a) + LE.enhanced(b) + LE.simple(c)
    got = read(data)
    assert [frame.ts for frame in got.frames] == [0, b.ts, b.ts]
    # Its padding cannot be told from its data: a multiple of 4 octets is there.
    assert got.frames[0].data == a.data + bytes(-len(a.data) % 4)
    assert [frame.wire for frame in got.frames] == [a.wire, b.wire, c.wire]


def test_simple_packet_is_cut_at_the_snaplen() -> None:
    data = LE.section() + LE.interface(snaplen=5) + LE.simple(Packet(0, b"abcde\0\0\0", 1_500))
    assert [(frame.data, frame.wire) for frame in read(data).frames] == [(b"abcde", 1_500)]


@pytest.mark.parametrize(
    "kind", [5, 4, 7, 8, 10, 11, 0x0BAD_CAFE, 0x8000_0001], ids=lambda kind: f"block {kind:#x}"
)
def test_other_blocks_are_passed_over(kind: int) -> None:
    a, b = packets(2)
    for size in (0, 4, 100, 300_000):
        data = LE.section() + LE.block(kind, bytes(size)) + LE.interface() + LE.enhanced(a)
        data += LE.block(kind, b"\6\0\0\0" * (size // 4)) + LE.enhanced(b)
        for chunk in (64, 262_144):
            for pipe in (False, True):
                got = read(data, chunk, pipe=pipe)
                assert got.packets == [a, b]
                assert [frame.number for frame in got.frames] == [1, 2]


@pytest.mark.parametrize("kind", [9, 0xBAD, 0x4000_0BAD])
def test_numbers_are_wireshark_frame_numbers(kind: int) -> None:
    """Journal entries and custom blocks are frames to Wireshark: the analyst must find the right one."""
    a, b = packets(2)
    data = LE.section() + LE.interface() + LE.enhanced(a) + LE.block(kind, b"entry\n") + LE.enhanced(b)
    assert [frame.number for frame in read(data).frames] == [1, 3]


@pytest.mark.parametrize(
    "options",
    [
        b"\x09",
        struct.pack("<2H", RESOLUTION, 500) + b"\x09\0\0\0",
        struct.pack("<2H", RESOLUTION, 2) + b"\x09\x09\0\0",
        struct.pack("<2H", OFFSET, 4) + b"\x09\0\0\0",
        b"\xff" * 40,
        struct.pack("<2H", 4_711, 0) * 30_000,
    ],
)
def test_options_that_make_no_sense_change_nothing(options: bytes) -> None:
    sent = packets(2)
    data = LE.section(options=options) + LE.interface(options=options)
    data += LE.enhanced(sent[0], options=options) + LE.enhanced(sent[1])
    assert read(data, 100).packets == sent
    assert read(data).packets == sent


def test_interface_name_is_cut_and_cannot_move_a_cursor() -> None:
    options = LE.option(NAME, b"\x1b[2J\xffeth0\n" + b"x" * 500)
    frame = read(LE.section() + LE.interface(options=options) + LE.enhanced(packets(1)[0])).frames[0]
    assert frame.name is not None
    assert frame.name.startswith("?[2J\N{REPLACEMENT CHARACTER}eth0?xxx")
    assert len(frame.name) <= 64
    assert frame.name.isprintable()


def test_longest_frame_passes_at_any_chunk_size() -> None:
    sent = [Packet(T0 + i * 1000, bytes([i]) * MAX_FRAME, MAX_FRAME) for i in range(3)]
    for chunk in (1_000, 262_144):
        assert read(pcapng(sent), chunk).packets == sent


def _header(kind: int, length: int, body: bytes = b"") -> bytes:
    return struct.pack("<2I", kind, length) + body


DAMAGE = {
    "block shorter than its header": _header(6, 8),
    "block of no octets": _header(0, 0),
    "length that is no multiple of four": _header(0x0BAD_CAFE, 13, bytes(40)),
    "block of 3 GB": _header(0x0BAD_CAFE, 0xC000_0000, bytes(100)),
    "frame longer than its block": _header(6, 32, struct.pack("<5I", 0, 0, 0, 65_536, 65_536) + bytes(80)),
    "frame over the limit": _header(
        6, MAX_FRAME + 36, struct.pack("<5I", 0, 0, 0, MAX_FRAME + 1, MAX_FRAME + 1) + bytes(MAX_FRAME + 8)
    ),
    "interface that was not described": LE.enhanced(packets(1)[0], ident=1),
    "two lengths that differ": LE.block(5, b"statistics", trailer=4_711),
    "section without byte order": _header(0x0A0D_0D0A, 28, bytes(20)),
    "section of version 2": LE.section(version=(2, 0)),
    "section of version 1.1": LE.section(version=(1, 1)),
    "interface description of 12 octets": LE.block(1, b""),
}


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("chunk", [50, 262_144])
@pytest.mark.parametrize("pipe", [False, True], ids=["file", "pipe"])
def test_damage_ends_the_file_and_keeps_what_came_before(name: str, chunk: int, pipe: bool) -> None:
    sent = packets(9)
    got = read(pcapng(sent) + DAMAGE[name] + bytes(40) + pcapng(sent), chunk, pipe=pipe)
    assert got.packets == sent
    assert got.trouble is not None
    assert got.trouble.anomaly == "capture_damaged"


@pytest.mark.parametrize("chunk", [30, 262_144])
@pytest.mark.parametrize("pipe", [False, True], ids=["file", "pipe"])
def test_cut_at_any_octet_keeps_the_frames_that_are_whole(chunk: int, pipe: bool) -> None:
    sent = packets(3, size=20)
    blocks = [LE.section(), LE.interface(), LE.enhanced(sent[0]), LE.block(5, bytes(8)), LE.enhanced(sent[1])]
    whole = b"".join([*blocks, LE.enhanced(sent[2])])
    ends = [sum(map(len, blocks[:i])) for i in range(len(blocks) + 1)]
    for cut in range(4, len(whole)):
        got = read(whole[:cut], chunk, pipe=pipe)
        assert got.packets == sent[: len(got.packets)]
        complete = (cut >= ends[3]) + (cut >= ends[5])
        assert complete <= len(got.packets) <= complete + 1  # the frame may be whole, its block not
        assert (got.trouble is None) == (cut in ends)
        if got.trouble:
            assert got.trouble.anomaly == "capture_truncated"


def test_interfaces_have_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smtpsensor.capture.pcapng.MAX_INTERFACES", 100)
    sent = packets(2)
    data = LE.section() + LE.interface() * 100 + LE.enhanced(sent[0], ident=99)
    assert read(data).packets == sent[:1]
    got = read(data + LE.interface() + LE.enhanced(sent[1]))
    assert got.packets == sent[:1]
    assert got.trouble is not None
    assert "100 interfaces" in got.trouble.message
