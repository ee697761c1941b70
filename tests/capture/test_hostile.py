"""Whatever is in a file: nothing raises, nothing hangs, and the size of the window changes nothing."""

import gzip
import struct
from collections.abc import Callable

import pytest
import zstandard
from capture.builders import Ng, Reading, open_bytes, packets, pcap, pcapng, read, snoop
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.capture.trouble import CaptureError

LE = Ng("<")
MIXED = b"".join(
    [
        pcapng(packets(4)),
        LE.simple(packets(1)[0]),
        LE.old(packets(1)[0]),
        LE.block(5, b"statistics"),
        LE.interface(link=113, options=LE.option(9, b"\x94") + LE.option(14, struct.pack("<q", 5))),
        LE.enhanced(packets(1)[0], 77, ident=1, options=LE.option(1, b"comment")),
        pcapng(packets(3), ">"),
    ]
)
VALID = {
    "pcap": pcap(packets(9)),
    "pcap, big-endian": pcap(packets(9), order=">"),
    "pcap, nanoseconds": pcap(packets(9), magic=0xA1B23C4D, scale=1),
    "pcap, modified": pcap(packets(9), magic=0xA1B2CD34, extra=8),
    "pcapng": MIXED,
    "snoop": snoop(packets(9)),
    "pcap in gzip": gzip.compress(pcap(packets(9))),
    "pcapng in zstd": zstandard.compress(MIXED),
}
MAGICS = sorted({data[:size] for data in VALID.values() for size in (4, 8, 24, 28)})


def reading(data: bytes, chunk: int, *, pipe: bool) -> Reading | str:
    """What a reader says, or the reason for which it was not opened."""
    try:
        return read(data, chunk, pipe=pipe)
    except CaptureError as error:
        return str(error)


def same_at_any_chunk(data: bytes, chunk: int) -> None:
    reference = reading(data, 262_144, pipe=False)
    assert reading(data, chunk, pipe=False) == reference
    # A pipe is not kept waiting for the look at the first records: variants of pcap may differ.
    reading(data, chunk, pipe=True)


@given(magic=st.sampled_from(MAGICS) | st.just(b""), data=st.binary(max_size=400), chunk=st.integers(1, 500))
def test_arbitrary_octets(magic: bytes, data: bytes, chunk: int) -> None:
    same_at_any_chunk(magic + data, chunk)


Mutation = Callable[[bytearray], None]


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    kind = draw(st.sampled_from(["octet", "word", "cut", "insert", "repeat"]))
    where = draw(st.floats(0, 1, exclude_max=True))
    word = struct.pack("<I", draw(st.sampled_from([0, 1, 12, 28, 65_536, 1 << 24, 1 << 31, (1 << 32) - 1])))
    octet, size = draw(st.integers(0, 255)), draw(st.integers(1, 40))

    def mutate(data: bytearray) -> None:
        at = int(where * len(data))
        if kind == "octet" and data:
            data[at] = octet
        elif kind == "word":
            data[at & ~3 : (at & ~3) + 4] = word
        elif kind == "cut":
            del data[at : at + size]
        elif kind == "insert":
            data[at:at] = bytes([octet]) * size
        else:
            data[at:at] = data[at : at + size]

    return mutate


@given(name=st.sampled_from(sorted(VALID)), changes=st.lists(mutations(), min_size=1, max_size=4),
       chunk=st.integers(1, 500))  # fmt: skip
def test_mutated_captures(name: str, changes: list[Mutation], chunk: int) -> None:
    data = bytearray(VALID[name])
    for change in changes:
        change(data)
    same_at_any_chunk(bytes(data), chunk)


@pytest.mark.parametrize("name", [name for name in VALID if " in " not in name])
def test_frames_before_damage_are_those_of_the_whole_file(name: str) -> None:
    whole = read(VALID[name])
    for at in range(28, len(VALID[name]), 7):
        before = read(VALID[name][:at]).frames
        assert before == whole.frames[: len(before)]
        assert read(VALID[name][:at] + b"\xff" * 40).frames[: len(before)] == before


def test_head_stays_none_behind_the_end() -> None:
    for data in VALID.values():
        reader = open_bytes(data)
        while reader.head() is not None:
            list(reader.batch().frames)
        assert [reader.head() for _ in range(3)] == [None] * 3
        assert list(reader.batch().frames) == []
        reader.close()
