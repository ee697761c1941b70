"""Floods of names, sources and secrets: what is remembered beyond a connection."""

from base64 import b64encode

import pytest
from support.forge import MS, Endpoints, Frame, Segment, frames, run
from support.forge_cuts import by_time
from support.forge_flood import counting, flood, opened, small
from support.forge_tcp import EPOCH, Conversation

from smtpsensor.config import Limits
from smtpsensor.events import AuthEvent


def guesses(number: int, ts: int, *, size: int, count: int = 80) -> list[Frame]:
    """One failed AUTH PLAIN per connection, each with a source, a name and a secret of its own."""
    out: list[Segment] = []
    for each in counting(count)(number):
        talk = opened(each, ts)
        credentials = b"\0%d%s\0secret-%d" % (each, b"n" * size, each)
        talk.send(True, b"AUTH PLAIN\r\n").send(False, b"334 \r\n")
        talk.send(True, b64encode(credentials) + b"\r\n").send(False, b"535 5.7.8 no\r\n")
        out += talk.fin(True).fin(False).segments
    return frames(out)


def test_failed_secrets_are_remembered_up_to_a_cap() -> None:
    limits = small(repeats=150, closed_entries=50)
    flooded = flood(lambda n, ts: guesses(n, ts, size=10), limits)
    assert not flooded.growth()
    assert not flooded.unreported()
    assert flooded.stats.named["repeat_evicted"] > 200


@pytest.mark.slow
def test_addresses_are_remembered_up_to_a_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of an address is kept for the next connection; not for ever."""
    monkeypatch.setattr("smtpsensor.reassembly.opening._NAMES", 100)

    def sources(number: int, ts: int) -> list[Frame]:
        out: list[Segment] = []
        for each in counting(300)(number):
            ends = Endpoints(client=f"10.1.{each >> 8}.{each & 255}", server_port=25)
            out += Conversation(ends, ts).handshake().fin(True).fin(False).segments
        return frames(out)

    flooded = flood(sources, small())
    assert not flooded.growth()
    assert not flooded.unreported()


@pytest.mark.slow
def test_names_of_eight_thousand_octets_are_not_kept() -> None:
    limits = small(repeats=150, closed_entries=50)
    flooded = flood(lambda n, ts: guesses(n, ts, size=8_000, count=25), limits)
    assert not flooded.growth()
    assert max(flooded.memory) < 2_000_000
    assert not flooded.unreported()


def test_an_event_carries_no_more_of_a_name_than_the_cap() -> None:
    events = run(guesses(0, EPOCH, size=8_000, count=5)).auths
    assert len(events) == 5
    for event in events:
        assert event.username is not None
        assert len(event.username.encode()) <= Limits().text


def attempts(count: int) -> list[AuthEvent]:
    """`count` failed attempts on one connection."""
    talk = opened(1, EPOCH)
    for each in range(count):
        line = b64encode(b"\0user%d\0secret" % each)
        talk.send(True, b"AUTH PLAIN %s\r\n" % line).send(False, b"535 no\r\n")
    segments = talk.fin(True).fin(False).segments
    result = run(frames(segments))
    (session,) = result.sessions
    assert session.attempts == count
    return result.auths


def test_every_attempt_of_one_connection_is_reported() -> None:
    """Nothing is kept of an attempt that is over, so there is no cap that an attacker could hide behind."""
    assert [event.attempt for event in attempts(2_000)] == list(range(1, 2_001))


def test_anomalies_are_reported_once_per_name_and_session() -> None:
    """A session full of garbage fills no log."""
    talk = opened(1, EPOCH)
    for _ in range(300):
        talk.send(False, b"what is this\r\n").send(True, b"AUTH PLAIN !!!\r\n")
    result = run(frames(talk.segments))
    names = [event.name for event in result.anomalies]
    assert len(names) == len(set(names))


def test_clock_steps_lose_neither_sessions_nor_order() -> None:
    """A clock that is set by a day, back and forth, in the middle of an attack."""
    from support.forge_sessions import sessions

    played = sessions(5, 3, ("hydra",))
    segments = by_time([segment for session in played for segment in session.segments])
    day = 86_400_000 * MS
    captured = [
        frame._replace(ts=frame.ts + day * (at // 50 % 2)) for at, frame in enumerate(frames(segments))
    ]
    result = run(captured)
    truth = sorted((t.username, t.outcome) for session in played for t in session.truth)
    assert sorted((e.username or "", str(e.outcome)) for e in result.auths) == truth
    assert result.stats.named["clock_step"] > 0
