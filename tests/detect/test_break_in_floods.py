"""Floods against the tables of the break-in detector: they stay within bounds and hide no break-in."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from detect.break_in_wire import ATTACKER, SECOND, Wire, passwords

from smtpsensor.detect.caps import Caps


def resident() -> int:
    """Octets of memory this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def v4(number: int) -> str:
    return str(IPv4Address(0x0A000000 + number))


def v6(number: int) -> str:
    return str(IPv6Address((0x20010DB8 << 96) + (number << 64) + 1))


def flood(wire: Wire, count: int, every: int, each: Callable[[int], None]) -> list[str]:
    """A flood with an attack inside: a guess on anna every so many attempts, and in the end it gets in."""
    secrets = iter(passwords(count // every + 1))
    for number in range(count):
        each(number)
        if number % every == 0:
            wire.fail(ATTACKER, "anna", next(secrets), wait=0)
    wire.login(ATTACKER, "anna")
    return wire.names()


@pytest.mark.parametrize("address", [v4, v6])
def test_a_source_that_was_seen_once_makes_room_for_one_that_guesses(address: Callable[[int], str]) -> None:
    wire = Wire(Caps(records=500))
    assert flood(wire, 20_000, 300, lambda n: wire.fail(address(n), f"user{n}", "123456", wait=SECOND)) == [
        "anna"
    ]
    assert wire.detector.entries <= 500 + 500 + 31
    assert wire.detector.evicted > 30_000


def test_a_spray_is_found_in_a_flood_of_sources_that_fail_on_several_names_as_well() -> None:
    """They fail on three names each, once; the spray goes on among them and finds its way in."""
    wire = Wire(Caps(records=800))
    for number in range(5_000):
        for name in range(3):
            wire.fail(v4(number), f"user{number}-{name}", "x")
        if number % 100 == 0:
            wire.fail(ATTACKER, f"name{number}", "Summer2026")
    wire.login(ATTACKER, "clara", "Summer2026")
    (alert,) = wire.alerts()
    assert (alert.key["username"], alert.facts["others"], alert.facts["others_at_least"]) == (
        "clara",
        32,
        True,
    )
    assert wire.detector.entries <= 800 + 800 + 50


def test_suspicions_that_fall_give_their_room_back() -> None:
    """Offices by the thousand where people mistype at once and come in one after another."""
    wire = Wire(Caps(active=100))
    for number in range(1_000):
        for user in range(12):
            wire.fail(v4(number), f"user{user}", "typo")
        for user in range(12):
            wire.login(v4(number), f"user{user}", wait=90 * SECOND)
    assert wire.alerts() == []
    assert len(wire.detector._pending) <= 12


def test_a_flood_of_suspicious_logins_waits_in_bounded_room() -> None:
    """The one that waits longest is judged early: sources that guess and get in, by the thousand at once."""
    wire = Wire(Caps(active=100))
    for number in range(300):
        for user in range(6):
            wire.fail(v4(number * 256), f"user{number}-{user}", f"own{user}", wait=0)
        wire.login(v4(number * 256), "clara", "hers", wait=0)
        assert len(wire.detector._pending) <= 100
    assert len(wire.names()) == 100
    assert wire.engine.stats().refused == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "count"), [("sources", 1_000_000), ("both", 1_000_000), ("names", 400_000), ("sprays", 600_000)]
)
def test_a_million_reach_a_plateau_and_hide_no_attack(kind: str, count: int) -> None:
    """The default caps in memory: as many sources, names of three sources, both, forty names of a source."""
    wire = Wire()

    def each(number: int) -> None:
        source = v4(number) if kind in {"sources", "both"} else f"192.0.2.{number % 3}"
        if kind == "sprays":
            source = v4(number // 40)
        name = f"user{number}" if kind != "sources" else f"user{number % 200}"
        wire.fail(source, name, None, wait=SECOND // 100)
        if number == count * 3 // 5:
            marks.append(resident())

    marks = [resident()]
    assert flood(wire, count, 5_000, each) == ["anna"]
    marks.append(resident())
    before, most, late = marks
    assert late - most < 8_000_000, "memory goes on growing"
    assert late - before < 100_000_000
