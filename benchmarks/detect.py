"""Attempts per second through all shipped rules, and what a source that is remembered costs."""

import random
import time
import tracemalloc
from collections.abc import Callable

from benchmarks import figures
from smtpsensor.app.collector import calm
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.detect.site import Site
from smtpsensor.events import AuthEvent, Flow, Outcome

TITLE = "Detection"
HEAD = ("attempts", "attempts/s", "us each", "alert lines", "target/s")
TARGET = 50_000
_SECOND = 1_000_000_000


def attempt(at: int, source: int, name: str, secret: int, outcome: Outcome = Outcome.FAILURE) -> AuthEvent:
    """Return one attempt `at` ns, by the source of this number."""
    address = f"10.{source >> 16 & 255}.{source >> 8 & 255}.{source & 255}"
    flow = Flow(address, 40_000, "203.0.113.25", 587, at & 0xFFFF_FFFF, "1:")
    return AuthEvent(
        ts=at,
        ts_verdict=at,
        flow=flow,
        outcome=outcome,
        username=name,
        secret=secret,
        repeated=False if outcome is Outcome.FAILURE else None,
        mechanism="PLAIN",
        response_ns=200_000_000,
        offered=True,
    )


def guessing(number: int) -> AuthEvent:
    """Return an attempt of 300 sources that guess, each on three accounts, ten a second."""
    chosen = random.Random(number)
    source = chosen.randrange(300)
    return attempt(number * _SECOND // 10, source << 8, f"user{source * 3 + number % 3}@example.org", number)


def working(number: int) -> AuthEvent:
    """Return an attempt of 2,000 people, of whom one in twenty mistypes."""
    chosen = random.Random(number)
    user = chosen.randrange(2_000)
    outcome = Outcome.FAILURE if chosen.random() < 0.05 else Outcome.SUCCESS
    return attempt(number * _SECOND // 2, user, f"user{user}@example.org", number, outcome)


def flooding(number: int) -> AuthEvent:
    """Return an attempt of a source and a name that were never seen before."""
    return attempt(number * _SECOND // 1000, number, f"user{number}@example.org", number)


STREAMS: dict[str, tuple[Callable[[int], AuthEvent], int]] = {
    "300 sources guess": (guessing, 200_000),
    "2,000 people log in": (working, 200_000),
    "each another source and name": (flooding, 300_000),
}


def main(times: int = 3, *, save: bool = False) -> None:
    """Print attempts per second for each stream, the best of `times` runs, and the cost of a source."""
    rows = []
    for title, (make, number) in STREAMS.items():
        events = [make(at) for at in range(number)]
        seconds, said = min(_run(events) for _ in range(times))
        speed = f"{number / seconds:,.0f}"
        rows.append((title, speed, f"{seconds / number * 1e6:.1f}", f"{said:,}", f"{TARGET:,}"))
    rules = len(load_rules([], Site()))
    note = f"{rules} rules; a source that is remembered costs {_cost():,} octets in all of them."
    figures.show(TITLE, HEAD, rows, watch=1, note=note)
    if save:
        figures.save(TITLE, HEAD, rows, note)


def _run(events: list[AuthEvent]) -> tuple[float, int]:
    engine = Engine(load_rules([], Site()))
    said = 0
    with calm():
        start = time.perf_counter()
        for event in events:
            said += len(engine.take(event))
        return time.perf_counter() - start, said


def _cost(number: int = 10_000) -> int:
    """Return octets per source after three guesses each, events not counted."""
    engine = Engine(load_rules([], Site()))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for turn in range(3):
            for source in range(number):
                at = (turn * number + source) * _SECOND // 100
                engine.take(attempt(at, source << 8, f"user{source}@example.org", at))
        return (tracemalloc.get_traced_memory()[0] - before) // number
    finally:
        tracemalloc.stop()
