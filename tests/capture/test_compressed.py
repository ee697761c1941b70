"""gzip and zstd: chosen by magic, several members or frames, cut, damaged, and bombs."""

import gzip
import io
import os
import subprocess
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from capture.builders import Packet, packets, pcap, pcapng, read, replay
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.capture.compressed import Gunzip, Unzstd, decoder_for

SENT = packets(1_500, size=200)
WHOLE = pcap(SENT)
NOISE = [packet._replace(data=os.urandom(300)) for packet in packets(1_000)]  # hardly compresses
NOISY = pcap(NOISE)


def zstd(data: bytes, *, checksum: bool = True, size: bool = True) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=size).compress(data)


def zstd_stream(data: bytes) -> bytes:
    """As a pipe writes it: without a size, block by block."""
    compressor = zstandard.ZstdCompressor(level=1).compressobj()
    parts = [compressor.compress(data[i : i + 5_000]) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
             for i in range(0, len(data), 5_000)]  # fmt: skip
    return b"".join(parts) + compressor.flush()


SKIPPABLE = b"\x5a\x2a\x4d\x18\x05\0\0\0hello"
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip, stored": lambda data: gzip.compress(data, 0),
    "gzip, two members": lambda data: gzip.compress(data[:10_001]) + gzip.compress(data[10_001:]),
    "gzip, a hundred members": lambda data: b"".join(
        gzip.compress(data[i : i + len(data) // 100 + 1]) for i in range(0, len(data), len(data) // 100 + 1)
    ),
    "gzip with empty members": lambda data: gzip.compress(b"") * 9 + gzip.compress(data) + gzip.compress(b""),
    "gzip padded with zeros": lambda data: gzip.compress(data) + bytes(100_000),
    "zstd": zstd,
    "zstd without checksum": lambda data: zstd(data, checksum=False),
    "zstd without size": lambda data: zstd(data, size=False),
    "zstd stream": zstd_stream,
    "zstd, two frames": lambda data: zstd(data[:10_001]) + zstd(data[10_001:], checksum=False),
    "zstd with skippable frames": lambda data: SKIPPABLE + zstd(data) + SKIPPABLE,
}


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.parametrize("chunk", [700, 262_144])
@pytest.mark.parametrize("content", [SENT, NOISE], ids=["regular", "noise"])
def test_compressed_capture_is_read_by_its_magic(name: str, chunk: int, content: list[Packet]) -> None:
    for build in (pcap, pcapng):
        got = read(COMPRESS[name](build(content)), chunk, pipe=chunk == 700)
        assert got.packets == content
        assert got.trouble is None


@pytest.mark.parametrize("name", ["gzip", "gzip, two members", "zstd stream", "zstd with skippable frames"])
def test_cut_is_a_warning_and_all_before_it_is_read(name: str) -> None:
    packed = COMPRESS[name](NOISY)
    counts = []
    for cut in range(len(packed) // 2, len(packed), len(packed) // 23):
        got = read(packed[:cut])
        assert got.packets == NOISE[: len(got.packets)]
        assert got.trouble is not None
        assert got.trouble.anomaly == "capture_truncated"
        assert "cut short" in got.trouble.message
        counts.append(len(got.packets))
    assert counts == sorted(counts)
    # Behind the cut lies at most one block of zstd.
    assert counts[0] > len(NOISE) // 2 - 131_072 // 316 - 10


@pytest.mark.parametrize("name", ["gzip", "zstd stream"])
def test_damage_in_the_middle_is_an_error_and_all_before_it_is_read(name: str) -> None:
    packed = bytearray(COMPRESS[name](WHOLE))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    got = read(bytes(packed))
    assert got.trouble is not None
    assert got.trouble.anomaly == "capture_damaged"
    assert len(got.packets) > len(SENT) // 3
    assert got.packets[: len(SENT) // 3] == SENT[: len(SENT) // 3]


def test_wrong_checksum_is_an_error_and_costs_no_frame() -> None:
    for packed, at in ((gzip.compress(WHOLE), -6), (zstd(WHOLE), -1)):
        damaged = bytearray(packed)
        damaged[at] ^= 1
        got = read(bytes(damaged))
        assert got.packets == SENT
        assert got.trouble is not None
        assert got.trouble.damaged


def test_octets_behind_the_last_member_are_an_error_and_cost_no_frame() -> None:
    for packed in (gzip.compress(WHOLE) + b"-- signature --", zstd(WHOLE) + b"-- signature --"):
        got = read(packed)
        assert got.packets == SENT
        assert got.trouble is not None
        assert got.trouble.damaged


def decoded(data: bytes, limit: int) -> tuple[bytes, str | None]:
    decoder = decoder_for(data[:4], io.BytesIO(data).read)
    assert decoder is not None
    parts = []
    while part := decoder.read(limit):
        assert len(part) <= limit
        parts.append(part)
    return b"".join(parts), decoder.trouble.anomaly if decoder.trouble else None


@given(data=st.binary(max_size=2_000), limit=st.integers(1, 300), cut=st.integers(0, 2_100))
def test_any_octets_come_back_and_any_cut_is_noticed(data: bytes, limit: int, cut: int) -> None:
    for packed in (gzip.compress(data), zstd(data), zstd(data, checksum=False, size=False)):
        assert decoded(packed, limit) == (data, None)
        if 4 <= cut < len(packed):
            part, anomaly = decoded(packed[:cut], limit)
            assert data.startswith(part)
            assert anomaly == "capture_truncated"


@given(tail=st.binary(max_size=300), limit=st.integers(1, 300))
def test_arbitrary_octets_behind_a_magic_raise_nothing(tail: bytes, limit: int) -> None:
    for magic in (b"\x1f\x8b\x08", b"\x1f\x8b\x08\0\0\0\0\0\0\3", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"):
        decoded((magic + tail)[:400] + bytes(4), limit)


def rle_bomb(size: int) -> bytes:
    """A zstd frame of `size` MiB in blocks of 4 octets for 128 KiB: nobody packs tighter."""
    block = (131_072 << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    last = (131_072 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x38" + block * (size * 8 - 1) + last


def peak(action: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_bombs_cost_time_and_no_memory() -> None:
    """64 MiB from 8 or 64 kB; a step holds a window and a piece of input."""
    deflate = zlib.compressobj(9, wbits=31)
    zeros = bytes(1 << 20)
    gzipped = b"".join(deflate.compress(zeros) for _ in range(64)) + deflate.flush()
    for packed in (gzipped, rle_bomb(64)):
        assert len(packed) < 70_000

        def explode(packed: bytes = packed) -> None:
            decoder = decoder_for(packed[:4], io.BytesIO(packed).read)
            assert decoder is not None
            total = 0
            while part := decoder.read(262_144):
                total += len(part)
            assert total == 64 << 20

        assert peak(explode) < 2 << 20


def test_bomb_behind_a_capture_header_stops_at_the_first_absurd_record() -> None:
    for packed in (gzip.compress(WHOLE + b"\xff" * (16 << 20)), zstd(WHOLE + b"\xff" * (16 << 20))):
        assert peak(lambda packed=packed: read(packed)) < 4 << 20
        got = read(packed)
        assert got.packets == SENT
        assert got.trouble is not None


def test_window_over_128_mib_is_refused_like_zstd_refuses_it() -> None:
    """The window is the decoder's memory: a header of 6 octets could ask for gigabytes."""
    frame = bytearray(rle_bomb(1))
    frame[5] = 21 << 3  # 2^31
    decoder = Unzstd(io.BytesIO(bytes(frame)).read)
    assert decoder.read(100) == b""
    assert decoder.trouble is not None
    assert decoder.trouble.damaged


def test_input_that_trickles_is_decoded_as_it_comes() -> None:
    for packed in (gzip.compress(WHOLE), zstd(WHOLE)):
        stream = io.BytesIO(packed)
        decoder = decoder_for(packed[:4], lambda _, stream=stream: stream.read(1))
        assert decoder is not None
        total = b""
        while part := decoder.read(10_000):
            total += part
        assert total == WHOLE


def test_many_empty_members_do_not_hang() -> None:
    decoder = Gunzip(io.BytesIO(gzip.compress(b"") * 20_000).read)
    assert decoder.read(100) == b""
    assert decoder.trouble is None


@pytest.mark.system
@pytest.mark.parametrize("options", [["-1"], ["-19"], ["--long=27"], ["--ultra", "-22", "--no-check"]])
def test_what_zstd_writes_is_read(options: list[str], needs: Callable[[str], str], tmp_path: Path) -> None:
    path, packed = tmp_path / "made.pcap", tmp_path / "made.pcap.zst"
    path.write_bytes(WHOLE)
    subprocess.run([needs("zstd"), "-q", *options, str(path), "-o", str(packed)], check=True)
    frames, timeline, _ = replay([packed])
    assert [got.packet for _, got in frames] == SENT
    assert not timeline.errors
    assert not timeline.warnings
