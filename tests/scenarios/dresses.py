"""How a scenario looks in a capture: alone, within the day, with frames lost, mirrored twice."""

from collections.abc import Iterable
from functools import cache
from heapq import merge
from operator import attrgetter
from random import Random
from typing import Final

from scenarios.acting import play
from scenarios.people import legit_day
from scenarios.visits import Visit
from support.forge import Frame, frames
from support.forge_tcp import MS

LOSS: Final = 0.03
_time = attrgetter("ts")


def framed(visits: Iterable[Visit], seed: int = 0) -> list[Frame]:
    """Frames of visits, in order of time."""
    found = [frame for acted in play(visits, seed) for frame in frames(acted.segments)]
    return sorted(found, key=_time)


@cache
def day(seed: int = 1) -> tuple[Frame, ...]:
    """Frames of the legitimate day; made once."""
    return tuple(framed(legit_day(seed)))


def within(one: Iterable[Frame], other: Iterable[Frame]) -> list[Frame]:
    """Two captures as one."""
    return list(merge(one, other, key=_time))


def lossy(captured: Iterable[Frame], seed: int, rate: float = LOSS) -> list[Frame]:
    """Each frame is lost with this probability."""
    random = Random(seed)
    return [frame for frame in captured if random.random() >= rate]


def mirrored(captured: Iterable[Frame]) -> list[Frame]:
    """Every frame twice, the second a moment later: two ports are mirrored."""
    return [copy for frame in captured for copy in (frame, frame._replace(ts=frame.ts + MS // 50))]
