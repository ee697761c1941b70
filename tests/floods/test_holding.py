"""Floods of octets that must be held: behind holes, in fragments, in lines without end."""

from dataclasses import replace

import pytest
from support.forge import ENCAPSULATIONS, MS, SECOND, Frame, Segment, frames
from support.forge_flood import counting, flood, opened, small, stranger
from support.forge_tcp import ACK, Conversation

from smtpsensor.config import Limits


def behind_a_hole(number: int, ts: int, *, count: int, size: int, connections: int) -> list[Segment]:
    """Segments behind a hole that is never filled."""
    out: list[Segment] = []
    for each in counting(connections)(number):
        talk = opened(each, ts)
        out += talk.segments
        for at in range(count):
            seq = talk.nxt[True] + 10 + at * size
            out.append(Segment(talk.ends, ts, True, seq, talk.nxt[False], ACK, b"x" * size))
    return out


SMALL = small(held_per_direction=4_096, held_total=65_536, held_segments=64, idle=1 * SECOND)


@pytest.mark.slow
def test_octets_behind_a_hole_in_one_connection_after_the_other() -> None:
    flooded = flood(lambda n, ts: frames(behind_a_hole(n, ts, count=40, size=1_000, connections=20)), SMALL)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert 0 < flooded.stats.held_peak <= SMALL.held_total
    assert flooded.stats.named["hold_limit"] > 0


def test_octets_behind_holes_of_all_connections_together() -> None:
    flooded = flood(lambda n, ts: frames(behind_a_hole(n, ts, count=3, size=1_000, connections=100)), SMALL)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert 0 < flooded.stats.held_peak <= SMALL.held_total
    assert flooded.stats.named["hold_limit"] > 0


def test_one_octet_segments_behind_a_hole() -> None:
    """Single octets cost a hundred times their size: their number is capped as well."""
    flooded = flood(lambda n, ts: frames(behind_a_hole(n, ts, count=400, size=1, connections=4)), SMALL)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.named["hold_limit"] > 0


@pytest.mark.slow
def test_every_other_octet_behind_a_hole() -> None:
    """Holes between all of them: none can be joined with its neighbour."""

    def combs(number: int, ts: int) -> list[Frame]:
        out: list[Segment] = []
        for each in counting(4)(number):
            talk = opened(each, ts)
            out += talk.segments
            for at in range(400):
                seq = talk.nxt[True] + 2 + 2 * at
                out.append(Segment(talk.ends, ts, True, seq, talk.nxt[False], ACK, b"x"))
        return frames(out)

    flooded = flood(combs, SMALL)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.named["hold_limit"] > 0


def lost_ends(number: int, ts: int, *, ipv6: bool, count: int = 100) -> list[Frame]:
    """Fragments of datagrams whose last one never comes."""
    out: list[Frame] = []
    for each in counting(count)(number):
        ends = stranger(each).ipv6() if ipv6 else stranger(each)
        segment = Segment(ends, ts + each * MS, True, 1, 1, ACK, b"AUTH LOGIN\r\n" * 20)
        out += frames([segment], fragment=104)[:-1]
    return out


@pytest.mark.parametrize("ipv6", [False, True], ids=["ipv4", "ipv6"])
def test_fragments_of_datagrams_that_never_become_whole(ipv6: bool) -> None:
    limits = small(fragments=50, fragment_timeout=2 * SECOND)
    flooded = flood(lambda n, ts: lost_ends(n, ts, ipv6=ipv6), limits)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.named["fragment_evicted"] > 0


def test_fragments_time_out_by_event_time() -> None:
    limits = small(fragment_timeout=1 * SECOND, fragments=10_000)
    flooded = flood(lambda n, ts: lost_ends(n, ts, ipv6=False), limits)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.named["fragment_timeout"] > 0
    assert not flooded.stats.named["fragment_evicted"]


@pytest.mark.slow
def test_fragments_are_bounded_in_octets() -> None:
    def big(number: int, ts: int) -> list[Frame]:
        out: list[Frame] = []
        for each in counting(15)(number):
            segment = Segment(stranger(each), ts + each * MS, True, 1, 1, ACK, b"x" * 30_000)
            out += frames([segment], fragment=1_480)[:-1]
        return out

    flooded = flood(big, small(fragment_bytes=200_000, fragment_timeout=600 * SECOND))
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.named["fragment_evicted"] > 0


@pytest.mark.slow
def test_a_datagram_of_very_many_pieces() -> None:
    """Eight octets each, every other one missing: pieces that never join."""

    def combs(number: int, ts: int) -> list[Frame]:
        out: list[Frame] = []
        for each in counting(2)(number):
            segment = Segment(stranger(each), ts + each * MS, True, 1, 1, ACK, b"x" * 30_000)
            out += frames([segment], fragment=8)[::2]
        return out

    flooded = flood(combs, small(fragment_parts=200, fragments=3), rounds=6)
    assert not flooded.growth()
    assert not flooded.unreported()


def test_attack_in_fragments_is_reported_under_a_flood_of_fragments() -> None:
    """The flood evicts, but a datagram whose pieces follow each other becomes whole."""
    from support.forge import run
    from support.transcripts import TRANSCRIPTS, play

    honest = [frames([segment], fragment=24) for segment in play(TRANSCRIPTS["login_failure"])]
    hostile = lost_ends(0, 0, ipv6=False, count=len(honest) * 10)
    mixed: list[Frame] = []
    for at, parts in enumerate(honest):
        mixed += [frame._replace(ts=parts[0].ts) for frame in hostile[at * 10 : at * 10 + 10]]
        mixed += parts
    result = run(mixed)
    (event,) = [event for event in result.auths if event.flow.src == "198.51.100.7"]
    assert (event.username, str(event.outcome)) == ("anna@example.net", "failure")


def endless(number: int, ts: int, *, client: bool, text: bytes, start: bytes = b"") -> list[Frame]:
    """One connection a round in which one side writes 100 kB, acknowledged all along."""
    talk: Conversation = opened(number, ts)
    talk.send(client, start + text * (100_000 // len(text)))
    talk.ack(not client)
    return frames(talk.segments)


WRITES = {
    "client line without end": (True, b"x", b""),
    "client line without end behind AUTH PLAIN": (True, b"QUJD", b"AUTH PLAIN "),
    "client lines without a reply": (True, b"NOOP\r\n", b""),
    "client empty lines": (True, b"\r\n", b""),
    "client AUTH LOGIN again and again": (True, b"AUTH LOGIN\r\nYW5uYQ==\r\ncHc=\r\n", b""),
    "client STARTTLS again and again": (True, b"STARTTLS\r\n", b""),
    "client DATA without a reply": (True, b"some text\r\n", b"DATA\r\n"),
    "client NULs": (True, b"\0", b""),
    "server line without end": (False, b"x", b""),
    "server reply line without end": (False, b"x", b"250 "),
    "server reply without end": (False, b"250-PIPELINING\r\n", b""),
    "server replies nobody asked for": (False, b"250 ok\r\n", b""),
    "server verdicts nobody asked for": (False, b"535 no\r\n", b""),
    "server challenges nobody asked for": (False, b"334 VXNlcm5hbWU6\r\n", b""),
    "server no replies at all": (False, b"hello\r\n", b""),
}


QUICK = {"client line without end", "client lines without a reply", "server replies nobody asked for"}


@pytest.mark.parametrize(
    "what", [what if what in QUICK else pytest.param(what, marks=pytest.mark.slow) for what in WRITES]
)
def test_one_side_writes_without_end(what: str) -> None:
    client, text, start = WRITES[what]
    flooded = flood(
        lambda n, ts: endless(n, ts, client=client, text=text, start=start),
        small(idle=1 * SECOND),
        rounds=6,
    )
    assert not flooded.growth(slack=200_000)
    assert max(flooded.memory) < 3_000_000
    assert not flooded.unreported()


@pytest.mark.slow
@pytest.mark.parametrize("what", WRITES)
def test_one_side_writes_without_end_in_very_many_connections(what: str) -> None:
    """What each connection may keep is bounded as well: 4 kB here in 100 connections a round."""
    client, text, start = WRITES[what]

    def many(number: int, ts: int) -> list[Frame]:
        out: list[Segment] = []
        for each in counting(100)(number):
            talk = opened(each, ts).send(client, start + text * (4_000 // len(text)))
            out += talk.segments
        return frames(out)

    flooded = flood(many, small(connections=100), rounds=6)
    assert not flooded.growth(slack=300_000)
    assert not flooded.unreported()


@pytest.mark.slow
def test_a_backlog_is_counted() -> None:
    limits = small(backlog=8_192)
    flooded = flood(lambda n, ts: endless(n, ts, client=True, text=b"NOOP\r\n"), limits, rounds=4)
    assert flooded.stats.named["client_backlog"] > 0
    assert not flooded.unreported()


def test_overlong_lines_are_counted() -> None:
    flooded = flood(lambda n, ts: endless(n, ts, client=True, text=b"x"), small(), rounds=4)
    assert flooded.stats.named["line_too_long"] > 0
    assert not flooded.unreported()


def test_nested_headers_are_bounded() -> None:
    """VLAN in VLAN, tunnel in tunnel: deeper than anyone builds."""

    def nested(number: int, ts: int) -> list[Frame]:
        out: list[Frame] = []
        for each in counting(50)(number):
            (frame,) = frames([Segment(stranger(each), ts, True, 1, 1, ACK, b"AUTH LOGIN\r\n")])
            tags = b"\x81\0\0\x0a" * 40
            out.append(frame._replace(data=frame.data[:12] + tags + frame.data[12:]))
            packet = frame.data[14:]
            for _ in range(30):
                packet = ENCAPSULATIONS["ip_in_ip"].wrap(packet, True)[14:]
            out.append(frame._replace(data=frame.data[:14] + packet))
        return [frame._replace(wirelen=len(frame.data)) for frame in out]

    flooded = flood(nested, small())
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.named["tunnel_too_deep"] > 0


@pytest.mark.slow
def test_held_octets_against_the_real_limits() -> None:
    """More than 64 MiB behind holes, with the limits as shipped."""
    limits = replace(Limits(), hole_grace=600 * SECOND)
    flooded = flood(
        lambda n, ts: frames(behind_a_hole(n, ts, count=90, size=1_448, connections=120)),
        limits,
        rounds=6,
        span=100 * MS,
        attack=0,
    )
    assert flooded.stats.held_peak <= limits.held_total
    assert flooded.stats.named["hold_limit"] > 0
    assert max(flooded.memory) < 2 * limits.held_total
