"""Floods: endless hostile traffic in rounds, an honest attack hidden in it, and what memory did meanwhile."""

import gc
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from smtpsensor.config import Limits, Settings
from smtpsensor.events import AuthEvent, SessionEvent
from smtpsensor.pipeline import Pipeline
from smtpsensor.stats import Stats
from support.forge import KEY, Frame, batches, frames
from support.forge_sessions import Played, sessions
from support.forge_tcp import ACK, EPOCH, MS, SECOND, SYN, Conversation, Endpoints, Segment

# Frames of round `number`, in the order of time, beginning at `ts`.
Round = Callable[[int, int], Sequence[Frame]]


@dataclass(slots=True, repr=False)
class Flooded:
    """What a flood did."""

    stats: Stats
    auths: list[AuthEvent]
    sessions: list[SessionEvent]
    memory: list[int] = field(default_factory=list)  # octets allocated after each round
    played: list[Played] = field(default_factory=list)

    def growth(self, slack: int = 100_000) -> list[int]:
        """Return the octets after each round if the later ones cost more; `slack` is noise."""
        half = len(self.memory) // 2
        grew = max(self.memory[half:]) > max(self.memory[1:half]) + slack
        return self.memory if grew else []

    def unreported(self) -> list[str]:
        """What of the attack was not reported exactly as it was."""
        wrong = []
        for session in self.played:
            truth = [(t.mechanism, t.username, t.outcome, t.code) for t in session.truth]
            mine = [event for event in self.auths if event.flow.src == session.ends.client]
            got = [(e.mechanism, e.username, str(e.outcome), e.code) for e in mine]
            if truth != got:
                wrong.append(f"{session.ends.client}: {truth}, got {got}")
        return wrong


def small(**changes: int) -> Limits:
    """Limits that a flood of some thousand frames reaches; what a test is not about is kept lowest."""
    least = {
        "closed_entries": 50,
        "repeats": 50,
        "connections": 2_000,
        "fragments": 50,
        "half_open": 1 * SECOND,
        "idle": 3 * SECOND,
    }
    return Limits(**{**least, **changes})


def flood(
    one_round: Round,
    limits: Limits,
    *,
    rounds: int = 8,
    span: int = SECOND,
    attack: int = 1,
    proxies: tuple[str, ...] = (),
) -> Flooded:
    """Run `rounds` of `span` ns each; `attack` sessions that fail run in each, spread over the frames."""
    pipeline = Pipeline(Settings(limits=limits, secret_key=KEY, proxies=proxies))
    out = Flooded(pipeline.stats, [], [])
    # All frames first: to forge them while allocations are traced takes thrice as long.
    ahead = deque(_rounds(one_round, rounds, span, attack, out.played))
    # And the collector has to walk through nothing but what the program keeps.
    gc.freeze()
    tracemalloc.start()
    try:
        while ahead:
            for batch in batches(ahead.popleft(), 200):
                pipeline.feed(batch)
                _sort(pipeline, out)
            gc.collect()
            out.memory.append(_held())
        pipeline.finish()
        _sort(pipeline, out)
    finally:
        tracemalloc.stop()
        gc.unfreeze()
    return out


def _rounds(
    one_round: Round, rounds: int, span: int, attack: int, played: list[Played]
) -> Iterator[list[Frame]]:
    """Frames of each round; the sessions of the attack in it are added to `played`."""
    for number in range(rounds):
        began = EPOCH + number * span
        sessions_now = _attack(attack, number)
        yield _spread(one_round(number, began), [frames(p.segments) for p in sessions_now], began, span)
        for each in sessions_now:
            each.segments = []
        played += sessions_now


def _held() -> int:
    """Octets allocated by lines of the program itself: the forge keeps things, too."""
    program = tracemalloc.Filter(True, "*/smtpsensor/*")
    traces = tracemalloc.take_snapshot().filter_traces([program])
    return sum(line.size for line in traces.statistics("filename"))


def _sort(pipeline: Pipeline, out: Flooded) -> None:
    """Keep the attempts of the attack; the flood's own are counted by the pipeline."""
    for event in pipeline.events:
        if isinstance(event, AuthEvent) and event.flow.src.startswith("198.18."):
            out.auths.append(event)
        elif isinstance(event, SessionEvent) and event.flow.src.startswith("198.18."):
            out.sessions.append(event)
    pipeline.events.clear()


def _attack(count: int, number: int) -> list[Played]:
    played = sessions(count, number, ("hydra",))
    for at, each in enumerate(played):
        ends = replace(each.ends, client=f"198.18.{number}.{at}")
        each.ends = ends
        each.segments = [replace(segment, ends=ends) for segment in each.segments]
    return played


def _spread(hostile: Sequence[Frame], attacks: list[list[Frame]], began: int, span: int) -> list[Frame]:
    """Attack frames evenly among the hostile ones, one session after the other, all with rising times."""
    honest = [frame for attack in attacks for frame in attack]
    every = max(1, len(hostile) // (len(honest) + 1))
    order: list[Frame] = []
    rest = iter(honest)
    for at, frame in enumerate(hostile, 1):
        order.append(frame)
        if at % every == 0:
            order.extend(frame for frame in (next(rest, None),) if frame is not None)
    order.extend(rest)
    step = span // (len(order) + 1)
    return [frame._replace(ts=began + at * step) for at, frame in enumerate(order)]


def stranger(number: int) -> Endpoints:
    """End points of the flood, others for each number below 2^23: 256 sources with very many ports."""
    return Endpoints(
        client=f"10.0.0.{number & 255}",
        client_port=1_024 + (number >> 8),
        server_port=25,
        isn_client=number * 7_919 % 2**32,
    )


def opened(number: int, ts: int) -> Conversation:
    """A connection with handshake and greeting."""
    return Conversation(stranger(number), ts).handshake().send(False, b"220 mx.example.org ESMTP\r\n")


def syn(number: int, ts: int) -> Segment:
    """A SYN that nobody answers."""
    return Segment(stranger(number), ts, True, 0, 0, SYN)


def stray(number: int, ts: int, seq: int, payload: bytes, *, client: bool = True) -> Segment:
    """A segment out of nowhere."""
    return Segment(stranger(number), ts, client, seq, 1, ACK, payload)


def counting(size: int) -> Callable[[int], Iterator[int]]:
    """Numbers of round `n`: `size` of them, others in each round."""
    return lambda number: iter(range(number * size, (number + 1) * size))


__all__ = ["MS", "SECOND", "Flooded", "counting", "flood", "opened", "small", "stranger", "stray", "syn"]
