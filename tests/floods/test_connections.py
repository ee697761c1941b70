"""Floods of connections: open ones, half-open ones, closed ones that are remembered."""

from dataclasses import replace

import pytest
from support.forge import EPOCH, FIN, RST, SECOND, Frame, Segment, frames, run
from support.forge_cuts import by_time
from support.forge_flood import Flooded, counting, flood, opened, small, stranger, stray, syn

from smtpsensor.config import Limits, Settings

SIZE = 150  # connections of a round
ROUNDS = 8
OVER = SIZE * ROUNDS


def idle_connections(number: int, ts: int) -> list[Frame]:
    """Connections with a greeting that nobody answers."""
    return frames([s for each in counting(SIZE)(number) for s in opened(each, ts).segments])


def test_idle_connections_leave_the_oldest_first() -> None:
    flooded = flood(idle_connections, small(connections=300, idle=60 * SECOND), rounds=ROUNDS)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.connections_peak <= 300
    assert flooded.stats.named["connection_evicted"] >= OVER - 300


def test_idle_connections_expire_by_event_time() -> None:
    flooded = flood(idle_connections, small(idle=2 * SECOND, connections=100_000), rounds=ROUNDS)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.connections_peak < 5 * SIZE
    assert not flooded.stats.named["connection_evicted"]


@pytest.mark.slow
def test_syns_without_answer_expire_soon() -> None:
    def syns(number: int, ts: int) -> list[Frame]:
        return frames([syn(each, ts) for each in counting(3 * SIZE)(number)])

    flooded = flood(syns, small(connections=100_000), rounds=ROUNDS)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.connections_peak < 12 * SIZE
    assert not flooded.stats.named["connection_evicted"]


def test_syns_without_answer_are_evicted_before_sessions() -> None:
    def syns(number: int, ts: int) -> list[Frame]:
        return frames([syn(each, ts) for each in counting(3 * SIZE)(number)])

    flooded = flood(syns, small(connections=50), rounds=ROUNDS)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.connections_peak <= 50
    assert flooded.stats.named["connection_evicted"] >= ROUNDS * 3 * SIZE - 50


def closing(flags: int) -> Flooded:
    def closed(number: int, ts: int) -> list[Frame]:
        segments: list[Segment] = []
        for each in counting(SIZE)(number):
            talk = opened(each, ts)
            segments += (talk.rst(True) if flags == RST else talk.fin(True).fin(False)).segments
        return frames(segments)

    return flood(closed, small(closed_entries=100, hole_grace=SECOND // 10), rounds=ROUNDS)


@pytest.mark.parametrize("flags", [FIN, RST], ids=["fin", "rst"])
def test_closed_connections_are_remembered_up_to_a_cap(flags: int) -> None:
    flooded = closing(flags)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert not flooded.stats.named["connection_evicted"]


@pytest.mark.slow
def test_ports_reused_again_and_again() -> None:
    """One pair of ports, a new initial sequence number each time, never a goodbye."""

    def reused(number: int, ts: int) -> list[Frame]:
        segments: list[Segment] = []
        for each in counting(SIZE)(number):
            ends = replace(stranger(1), isn_client=each * 70_001, isn_server=each * 90_001)
            segments += [replace(segment, ends=ends) for segment in opened(1, ts).segments]
        return frames(segments)

    flooded = flood(reused, small(), rounds=ROUNDS)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.connections >= OVER


@pytest.mark.slow
def test_payload_out_of_nowhere_opens_connections_up_to_the_cap() -> None:
    def strays(number: int, ts: int) -> list[Frame]:
        return frames([stray(each, ts, 1, b"AUTH LOGIN\r\n") for each in counting(SIZE)(number)])

    flooded = flood(strays, small(connections=300), rounds=ROUNDS)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.connections_peak <= 300


def test_closed_connections_wait_for_no_timer() -> None:
    """A second old when they close, with hours to go until they would have expired."""

    def closed(number: int, ts: int) -> list[Frame]:
        before, now = counting(SIZE)(number - 1), counting(SIZE)(number)
        segments = [s for each in now for s in opened(each, ts).segments]
        if number:
            for each in before:
                segments += opened(each, ts).fin(True).fin(False).segments[-4:]
        return frames(segments)

    flooded = flood(closed, small(idle=3_600 * SECOND, half_open=SECOND // 2), rounds=12)
    assert not flooded.growth()
    assert not flooded.unreported()


def test_a_session_that_was_evicted_is_picked_up_again() -> None:
    """Its next attempt is an attempt all the same."""
    talk = opened(1, EPOCH).send(True, b"NOOP\r\n").send(False, b"250 ok\r\n")
    others = [segment for each in range(2, 40) for segment in opened(each, talk.ts + SECOND).segments]
    kept = len(talk.segments)
    talk.ts += 2 * SECOND
    talk.send(True, b"AUTH PLAIN AGFubmEAeA==\r\n").send(False, b"535 no\r\n")
    segments = talk.segments[:kept] + by_time(others) + talk.segments[kept:]
    result = run(frames(segments), Settings(limits=small(connections=20)))
    assert result.stats.named["connection_evicted"] > 0
    (event,) = result.auths
    assert (event.mechanism, event.username, str(event.outcome)) == ("PLAIN", "anna", "failure")


@pytest.mark.slow
def test_idle_connections_against_a_larger_table() -> None:
    """30,000 connections in a table of 10,000, ten seconds a round."""

    def idle(number: int, ts: int) -> list[Frame]:
        return frames([s for each in counting(5_000)(number) for s in opened(each, ts).segments])

    limits = replace(Limits(), connections=10_000, closed_entries=2_000)
    flooded = flood(idle, limits, span=10 * SECOND, rounds=6, attack=20)
    assert not flooded.growth(slack=1_000_000)
    assert not flooded.unreported()
    assert flooded.stats.connections_peak <= 10_000
    assert max(flooded.memory) < 10_000 * 4_000
