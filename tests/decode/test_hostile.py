"""Any octets at all: nothing raises, offsets stay inside the frame, names stay known."""

import random

import pytest
from decode.encapsulations import CASES, segment
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.anomalies import ANOMALIES
from smtpsensor.config import Limits
from smtpsensor.decode.decoder import Decoder, Segment
from smtpsensor.decode.kinds import LINK
from smtpsensor.decode.table import OPENERS, ORDINARY, UNREAD_NAMES
from smtpsensor.stats import Stats

LINKS = sorted(kind & 0xFFFF for kind in OPENERS if kind & ~0xFFFF == LINK)
FRAMES = [(row.link, row.frame(segment(version))) for row, version in CASES]


def check(found: Segment | None, stats: Stats, frame: bytes) -> None:
    """What holds for every frame, whatever is in it."""
    assert set(stats.named) <= set(ANOMALIES)
    assert stats.frames_undecoded <= 1
    assert sum(stats.undecoded.values()) == stats.frames_undecoded
    if found is not None:
        assert len(found.key) in {12, 36}
        assert 0 <= found.start <= found.end <= len(found.buf)
        assert found.missing >= 0
        assert 0 <= found.seq < 1 << 32
        assert 0 <= found.ack < 1 << 32
        assert not stats.frames_undecoded
        if found.buf is frame:
            assert found.end <= len(frame)


def run(frame: bytes, link: int, wirelen: int | None = None) -> None:
    stats = Stats()
    wirelen = len(frame) if wirelen is None else wirelen
    found = Decoder(Limits(), stats).decode(frame, 0, len(frame), wirelen, link, 0)
    check(found, stats, frame)


@given(frame=st.binary(max_size=400), link=st.sampled_from(LINKS), wirelen=st.integers(0, 70000))
def test_random_octets_of_every_link_type(frame: bytes, link: int, wirelen: int) -> None:
    run(frame, link, wirelen)


@given(frame=st.binary(max_size=400), kind=st.sampled_from(sorted(OPENERS)), wirelen=st.integers(0, 70000))
def test_random_octets_behind_every_header(frame: bytes, kind: int, wirelen: int) -> None:
    """Each opener by itself, at an offset, with neighbours that it must not read."""
    stats = Stats()
    decoder = Decoder(Limits(), stats)
    cursor = decoder._cursor
    outcomes = set()
    for neighbour in (b"\0", b"\xff"):
        cursor.buf = neighbour * 5 + frame + neighbour * 300
        cursor.cap = 5 + len(frame)
        cursor.wire = max(cursor.cap, 5 + wirelen)
        cursor.addresses = bytes(32)
        cursor.vlan = ()
        cursor.inflated = False
        outcomes.add(OPENERS[kind](cursor, 5))
        assert cursor.cap <= max(cursor.wire, len(cursor.buf))
    assert len(outcomes) == 1
    following, off = outcomes.pop()
    assert following >= 0
    assert off >= 0


@given(data=st.data())
def test_known_frames_with_octets_changed(data: st.DataObject) -> None:
    """One to eight octets of a frame that is read, overwritten: the checks behind the first are reached."""
    link, whole = data.draw(st.sampled_from(FRAMES))
    frame = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 8))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    run(bytes(frame[: cut or len(frame)]), link, len(frame))


@pytest.mark.parametrize("seed", range(4))
def test_known_frames_with_octets_changed_many_times(seed: int) -> None:
    rng = random.Random(seed)
    stats = Stats()
    decoder = Decoder(Limits(), stats)  # one for all: what a frame leaves behind must not harm the next
    for _ in range(20_000):
        link, whole = rng.choice(FRAMES)
        frame = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            frame[rng.randrange(len(frame))] = rng.randrange(256)
        caplen = rng.choice((len(frame), rng.randrange(len(frame) + 1)))
        found = decoder.decode(bytes(frame), 0, caplen, len(frame), link, rng.randrange(10**12))
        assert found is None or found.start <= found.end
    assert set(stats.named) <= set(ANOMALIES)


def test_no_kind_is_both_read_and_named_unread() -> None:
    assert not ORDINARY & OPENERS.keys()
    assert not UNREAD_NAMES.keys() & OPENERS.keys()
    assert not UNREAD_NAMES.keys() & ORDINARY
