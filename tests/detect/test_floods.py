"""Floods of sources and names: memory stays flat, refusals are counted, an attack in the middle is found."""

import tracemalloc
from collections.abc import Iterator
from itertools import count
from resource import RUSAGE_SELF, getrusage

import pytest
from detect.streams import MINUTE, SECOND, attempt

from smtpsensor.detect.alert import Alert, AlertState
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.detect.site import Site
from smtpsensor.events import AuthEvent, Outcome

ATTACKER = "203.0.113.66"
SMALL = Caps(records=512, active=64, distinct=256, distinct_total=4_096, pairs=512)


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def flood(kind: str, number: int) -> AuthEvent:
    """The `number`-th attempt of a flood: a new source, a new name or both; or sources that come back."""
    at = number * SECOND // 1000
    source = address(number) if kind != "names" else address(number % 8)
    name = f"user{number}@example.org" if kind != "sources" else f"user{number % 500}@example.org"
    if kind == "sources that come back":
        source = address(number % 100_000)
    if kind == "logins":
        return attempt(at, source, name, Outcome.SUCCESS)
    return attempt(at, source, name, secret=number, repeated=False)


def attack() -> Iterator[AuthEvent]:
    """A guess every two seconds, by one source on one account."""
    for number in count():
        yield attempt(number * 2 * SECOND, ATTACKER, "anna@example.net", secret=-number, repeated=False)


def run(engine: Engine, kind: str, number: int, every: int) -> list[Alert]:
    """`number` attempts of a flood, among them one of the attack after each `every`."""
    guesses = attack()
    said = []
    for at in range(number):
        said += engine.take(flood(kind, at))
        if at % every == 0:
            said += engine.take(next(guesses))
    return said


KINDS = ("sources", "names", "sources and names", "sources that come back", "logins")


@pytest.mark.parametrize("kind", KINDS)
def test_an_attack_in_a_flood_is_found(kind: str) -> None:
    """The flood brings 2,000 attempts for each guess, four times what a table holds."""
    engine = Engine(load_rules([], Site()), caps=SMALL)
    opened = [alert for alert in run(engine, kind, 30_000, 2_000) if alert.state is AlertState.OPENED]
    assert "brute_force_source" in [
        alert.rule.name for alert in opened if alert.key.get("source") == ATTACKER
    ]


@pytest.mark.parametrize("kind", ["names", pytest.param("sources that come back", marks=pytest.mark.slow)])
def test_memory_reaches_a_plateau(kind: str) -> None:
    """512 records of a table with 50 values of three kinds each are 8 MB; nothing grows beyond that."""
    engine = Engine(load_rules([], Site()), caps=SMALL)
    kept = []
    tracemalloc.start()
    try:
        for round_ in range(4):
            for at in range(7_500):
                engine.take(flood(kind, round_ * 7_500 + at))
            kept.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert kept[3] < kept[0] + 8_000_000, kept
    assert kind != "names" or kept[3] < kept[1] + 1_000_000, kept


def test_what_found_no_room_is_counted() -> None:
    engine = Engine(load_rules([], Site()), caps=SMALL)
    run(engine, "sources and names", 5_000, 100)
    stats = engine.stats()
    assert stats.evicted > 1_000
    assert all(one.entries <= 3 * 512 for one in stats.detectors)


def test_more_attackers_than_alerts_fit_are_refused_and_counted() -> None:
    engine = Engine(load_rules([], Site()), caps=SMALL)
    for number in range(200 * 12):
        source = address(number % 200 << 8)
        engine.take(attempt(number * SECOND // 10, source, "anna", secret=number, repeated=False))
    stats = engine.stats()
    assert max(stats.opened.values()) <= 64
    assert stats.refused > 0


@pytest.mark.slow
def test_a_million_sources_and_a_million_names() -> None:
    """At the shipped caps, and an attack through it: found, and the process has grown by less than 300 MB."""
    before = getrusage(RUSAGE_SELF).ru_maxrss
    engine = Engine(load_rules([], Site()))
    said = run(engine, "sources and names", 1_000_000, 2_000)
    assert "brute_force_source" in {alert.rule.name for alert in said if alert.key.get("source") == ATTACKER}
    assert engine.stats().active <= 4 * Caps().active
    assert getrusage(RUSAGE_SELF).ru_maxrss - before < 300_000


def test_names_of_twelve_thousand_octets_are_names() -> None:
    engine = Engine(load_rules([], Site()))
    said = [
        alert
        for at in range(12)
        for alert in engine.take(attempt(at * SECOND, username="x" * 12_288, secret=at, repeated=False))
    ]
    assert "brute_force_source" in {alert.rule.name for alert in said}
    assert max(alert.last - alert.first for alert in said) < MINUTE
