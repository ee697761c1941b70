"""Captures for the command line: few sessions with their truth, and what can be done to a file."""

from functools import cache

from support.forge import Frame, frames, pcap
from support.forge_sessions import Played, sessions
from support.forge_tcp import Segment


@cache
def played(count: int = 3, seed: int = 7, kinds: tuple[str, ...] = ("hydra",)) -> tuple[Played, ...]:
    """Sessions of clients that fail by AUTH LOGIN three to five times each."""
    return tuple(sessions(count, seed, kinds))


def attempts(*played_sessions: Played) -> int:
    """How many attempts they hold."""
    return sum(len(session.truth) for session in played_sessions)


def segments(*played_sessions: Played) -> list[Segment]:
    """All segments in the order of time."""
    return sorted((s for session in played_sessions for s in session.segments), key=lambda s: s.ts)


def captured(*played_sessions: Played) -> list[Frame]:
    """All frames in the order of time."""
    return frames(segments(*played_sessions))


def capture(*played_sessions: Played) -> bytes:
    """A pcap file of sessions."""
    return pcap(captured(*played_sessions))
