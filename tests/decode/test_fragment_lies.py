"""Fragments whose place, length or end cannot be: refused and counted, and no harm to the honest ones."""

import pytest
from decode.fragmenting import Wire, assert_whole, piece, pieces
from decode.wrapping import TCP_BYTES

VERSIONS = pytest.mark.parametrize("version", ["4", "6"])


@VERSIONS
@pytest.mark.parametrize(
    ("start", "length", "more"),
    [(65528, 16, False), (65528, 1400, True), (65512, 1400, False), (8, 0, True), (24, 0, False)],
)
def test_fragment_past_the_longest_datagram_or_empty(
    version: str, start: int, length: int, more: bool
) -> None:
    """The "ping of death" among them."""
    wire = Wire()
    assert wire.send(piece(version, start, bytes(length), more)) is None
    assert wire.named == {"fragment_invalid": 1}
    assert_whole(wire.send_all(pieces(version)), version)


@VERSIONS
def test_fragments_that_contradict_the_end(version: str) -> None:
    wire = Wire()
    first, *middle, last = pieces(version)
    wire.send(last)
    assert wire.send(piece(version, len(TCP_BYTES) + 7 & ~7, bytes(8), more=True)) is None
    assert wire.send(piece(version, 80, bytes(8), more=False)) is None
    assert wire.send(piece(version, 8, bytes(8), more=False)) is None
    assert wire.named == {"fragment_invalid": 3}
    assert_whole(wire.send_all([first, *middle]), version)


@VERSIONS
def test_an_end_before_octets_already_there(version: str) -> None:
    wire = Wire()
    wire.send(piece(version, 32, bytes(8), more=True))
    assert wire.send(piece(version, 8, bytes(16), more=False)) is None
    assert wire.named == {"fragment_invalid": 1}


def test_unaligned_fragment_is_read_as_linux_reads_it() -> None:
    """IPv4: what is over a multiple of eight is cut off. IPv6 (RFC 8200 section 4.5): discarded."""
    wire = Wire()
    parts = [piece("4", 0, TCP_BYTES[:24] + b"\xff" * 3, more=True), *pieces("4")[1:]]
    assert_whole(wire.send_all(parts), "4")
    assert wire.named == {"fragment_invalid": 1}
    wire = Wire()
    assert wire.send_all([piece("6", 0, TCP_BYTES[:24] + b"\xff" * 3, more=True), *pieces("6")[1:]]) == []
    assert wire.named == {"fragment_invalid": 1}


@VERSIONS
def test_fragment_that_ends_before_its_length_cannot_hold_a_place(version: str) -> None:
    """No host takes it; were it taken here, the true octets would come second."""
    wire = Wire()
    lie = piece(version, 0, bytes(400), more=True)[:100]
    assert wire.send(lie) is None
    assert_whole(wire.send_all(pieces(version)), version)
    assert wire.named == {"fragment_invalid": 1}


@VERSIONS
def test_fragments_of_another_protocol_or_id_do_not_mix(version: str) -> None:
    wire = Wire()
    first, *rest = pieces(version)
    wire.send_all(pieces(version, ident=8)[1:])
    wire.send(first)
    assert_whole(wire.send_all(rest), version)
