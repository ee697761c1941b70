"""What fragments may hold: caps, time-outs, floods, and the order of a model that keeps every octet apart."""

import tracemalloc
from collections.abc import Iterator

import pytest
from decode.fragmenting import Wire, assert_whole, piece, pieces
from decode.wrapping import TCP_BYTES
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.config import SECOND, Limits
from smtpsensor.decode.fragments import COPIES_OF, Fragment, Fragments
from smtpsensor.stats import Stats

VERSIONS = pytest.mark.parametrize("version", ["4", "6"])


# --- time ---


@VERSIONS
def test_a_datagram_may_take_the_limit_and_no_longer(version: str) -> None:
    first, *rest = pieces(version)
    wait = Limits().fragment_timeout
    wire = Wire()
    wire.send(first)
    assert_whole(wire.send_all(rest, wait), version)
    wire = Wire()
    wire.send(first)
    assert wire.send_all(rest, wait + 1) == []
    assert wire.named == {"fragment_timeout": 1}


@VERSIONS
def test_clock_set_back_by_hours_frees_the_table(version: str) -> None:
    wire = Wire()
    wire.send(pieces(version)[0], 9999 * SECOND)
    wire.send(pieces(version, ident=8)[0], SECOND)
    assert wire.named == {"fragment_timeout": 1}


def test_what_never_became_whole_is_counted_at_the_end() -> None:
    wire = Wire()
    for ident in range(3):
        wire.send(pieces("4", ident=ident)[0])
    wire.decoder.finish()
    assert wire.named == {"fragment_timeout": 3}


# --- caps ---


@VERSIONS
def test_oldest_datagram_makes_room(version: str) -> None:
    wire = Wire(Limits(fragments=4))
    for ident in range(5):
        wire.send(pieces(version, ident=ident)[0])
    assert wire.named == {"fragment_evicted": 1}
    for ident in (1, 2, 3, 4):
        assert_whole(wire.send_all(pieces(version, ident=ident)[1:]), version)
    assert wire.send_all(pieces(version, ident=0)[1:]) == []


def test_octets_are_capped_with_what_keeping_them_costs() -> None:
    limits = Limits(fragment_bytes=100_000)
    wire = Wire(limits)
    for ident in range(2000):
        wire.send(piece("4", 8, bytes(8), more=True, ident=ident))
        assert wire.decoder._fragments.cost <= limits.fragment_bytes
    assert wire.named["fragment_evicted"] > 1500


def test_pieces_of_one_datagram_are_capped() -> None:
    wire = Wire(Limits(fragment_parts=10))
    for start in range(0, 400, 16):  # with holes between them
        wire.send(piece("4", start, bytes(8), more=True))
    assert wire.named == {"fragment_evicted": 2}
    assert len(wire.decoder._fragments) == 1


def test_a_datagram_as_long_and_as_finely_cut_as_the_limits_allow() -> None:
    stats = Stats()
    table = Fragments(Limits(), stats)
    whole = None
    for start in range(0, 65_496, 24):
        assert whole is None
        more = start + 24 < 65_496
        whole = table.add(Fragment(b"k" * 11, bytes(24), start, start + 24, more, 65_515, 6), 0)
    assert whole is not None
    assert len(whole.data) == 65_496
    assert not stats.named
    assert table.cost == 0


def flood(count: int) -> Iterator[bytes]:
    """First fragments, middle ones, tiny ones, last ones far away: none ever becomes whole."""
    for number in range(count):
        ident = number & 0xFFFF
        kind = number >> 2 & 3
        if kind == 0:
            yield piece("4", 0, TCP_BYTES, more=True, ident=ident)
        elif kind == 1:
            yield piece("4", 65_000, bytes(8), more=False, ident=ident)
        elif kind == 2:
            yield piece("6", 8 * (number % 8000), bytes(8), more=True, ident=number // 5000)
        else:
            yield piece("6", 1480, bytes(1480), more=True, ident=number)


def test_flood_reaches_a_plateau_and_an_honest_datagram_comes_through() -> None:
    limits = Limits()
    wire = Wire(limits)
    peaks = []
    tracemalloc.start()
    try:
        for number, frame in enumerate(flood(30_000)):
            wire.send(frame, number)
            if number % 1000 == 0:  # an honest sender, its fragments 20 frames apart
                honest = pieces("6", ident=0xAAAA0000 + number)
            if number % 1000 in {20, 40, 60}:
                found = wire.send(honest[number % 1000 // 20 - 1], number)
            if number % 1000 == 60:
                assert_whole([found] if found else [], "6")
            if number % 5000 == 4999:
                peaks.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert wire.named["fragment_evicted"] > 10_000
    assert len(wire.decoder._fragments) <= limits.fragments
    assert max(peaks) < 1.3 * limits.fragment_bytes
    assert peaks[-1] < 1.2 * peaks[-3]


def test_memory_of_completed_datagrams_is_capped() -> None:
    wire = Wire()
    for ident in range(COPIES_OF + 500):
        assert_whole(wire.send_all(pieces("4", ident=ident)), "4")
    assert len(wire.decoder._fragments._done) == COPIES_OF


# --- against a model ---

parts = st.tuples(st.integers(0, 9), st.integers(1, 5), st.binary(min_size=40, max_size=40))


@given(sequence=st.lists(parts, max_size=25), total=st.integers(1, 10))
def test_each_octet_is_the_first_that_came(sequence: list[tuple[int, int, bytes]], total: int) -> None:
    """Any fragments of a datagram of `total` times eight octets, against one cell per octet."""
    stats = Stats()
    table = Fragments(Limits(), stats)
    model: dict[int, int] = {}
    conflict = False
    for start, length, octets in sequence:
        first, last = start * 8, min(start + length, total) * 8
        if first >= last:
            continue
        more = last < total * 8
        data = octets[: last - first]
        whole = table.add(Fragment(b"k" * 11, data, first, last, more, 65_515, 6), 0)
        for at, octet in enumerate(data, first):
            conflict |= model.setdefault(at, octet) != octet
        if len(model) == total * 8:
            assert whole is not None
            assert whole.data == bytes(model[at] for at in range(total * 8))
            assert whole.length == total * 8
            break
        assert whole is None
    assert bool(stats.named.get("fragment_overlap")) == conflict
    assert set(stats.named) <= {"fragment_overlap"}


@given(
    sequence=st.lists(
        st.tuples(
            st.integers(0, 70_000),
            st.integers(-8, 2000),
            st.booleans(),
            st.integers(0, 3),
            st.integers(-9, 9),
        ),
        max_size=60,
    )
)
def test_any_places_and_times_keep_the_accounts(sequence: list[tuple[int, int, bool, int, int]]) -> None:
    limits = Limits(fragments=3, fragment_bytes=9000, fragment_parts=6)
    table = Fragments(limits, Stats())
    for start, length, more, ident, minutes in sequence:
        data = bytes(max(0, length // 2))
        table.add(
            Fragment(bytes([ident]) * 11, data, start & ~7, (start & ~7) + length, more, 65_515, 6),
            minutes * 30 * SECOND,
        )
        assert len(table) <= limits.fragments
        assert table.cost <= limits.fragment_bytes
        assert table.cost == sum(datagram.cost for datagram in table._table.values())
    table.finish()
    assert table.cost == 0
