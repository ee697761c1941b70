"""Floods against every cap of the report: memory reaches a plateau, the attack in it is reported."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from report.wire import ATTACKER, Wire, passwords
from sinks.samples import NOON, SECOND

from smtpsensor.report.model import Count, Report
from smtpsensor.report.thresholds import Caps

TARGET = "203.0.113.77"


def resident() -> int:
    """Octets of memory this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def v4(number: int) -> str:
    return str(IPv4Address(0x0A000000 + number))


def v6(number: int) -> str:
    return str(IPv6Address((0x20010DB8 << 96) + (number << 64) + 1))


def flood(wire: Wire, count: int, every: int, each: Callable[[int], None]) -> Report:
    """A flood with an attack inside: a guess on anna every so many attempts, and in the end it gets in."""
    secrets = iter(passwords(count // every + 1))
    for number in range(count):
        each(number)
        if number % every == 0:
            wire.fail(ATTACKER, "anna", next(secrets), wait=0)
    wire.login(ATTACKER, "anna")
    wire.end(mails=7)
    return wire.report()


@pytest.mark.parametrize("address", [v4, v6])
def test_a_source_that_was_seen_once_makes_room_for_one_that_guesses(address: Callable[[int], str]) -> None:
    wire = Wire(Caps(sources=500, accounts=500, pairs=500, links=500))
    report = flood(wire, 20_000, 300, lambda n: wire.fail(address(n), f"user{n}", "123456", wait=SECOND))
    assert [row.account.name for row in report.break_ins.rows] == ["anna"]
    assert [row.account.name for row in report.attacked.rows] == ["anna"]
    assert report.attempts == 20_068
    assert not report.sources.exact
    forgotten = report.lost.forgotten
    assert set(forgotten) == {"sources", "accounts", "pairs"}
    assert len(wire.builder.sources.rows) <= 500
    assert forgotten["sources"] + len(wire.builder.sources.rows) == wire.builder.sources.added


def test_the_attacker_is_listed_after_a_flood_of_sources_that_guess_as_well_but_less() -> None:
    wire = Wire(Caps(sources=500, accounts=500, pairs=500))
    wire.fail(ATTACKER, "anna", *passwords(50))
    for number in range(5_000):
        wire.fail(v4(number), f"user{number}", *passwords(3))
    assert ATTACKER in [row.source for row in wire.report().guessing.rows]


def test_servers_beyond_the_cap_leave_by_least_attempts() -> None:
    wire = Wire(Caps(servers=50))
    wire.fail(ATTACKER, "anna", *passwords(5), where={"dst": TARGET})
    for number in range(1_000):
        wire.end(where={"dst": v4(number)})
    report = wire.report()
    assert len(wire.builder.servers.rows) <= 50
    assert report.servers.rows[0].server == TARGET
    assert report.lost.forgotten["servers"] > 900


def test_connections_that_got_in_and_never_end_are_capped() -> None:
    wire = Wire(Caps(watched=10))
    wire.fail(ATTACKER, "anna", *passwords(5))
    for _ in range(50):
        wire.login(ATTACKER, "anna")
    assert len(wire.builder.break_ins.watched) == 10
    assert wire.report().lost.forgotten == {"sessions": 40}


def test_links_given_back_by_what_leaves_can_be_used_again() -> None:
    wire = Wire(Caps(sources=10, accounts=10, pairs=10, links=1_000))
    for number in range(2_000):
        for name in range(3):
            wire.fail(v4(number), f"user{number}-{name}", "x")
    counted = sum(len(record.partners or ()) for record in wire.builder.sources.rows.values())
    counted += sum(len(record.partners or ()) for record in wire.builder.accounts.rows.values())
    assert wire.builder.links == counted <= 100
    assert "links" not in wire.report().lost.forgotten


def test_a_spray_is_found_in_a_flood_of_sources_that_fail_on_several_names_as_well() -> None:
    """They fail on three names each, once; the spray goes on among them and finds its way in."""
    wire = Wire(Caps(sources=500, accounts=500, pairs=500, sprays=50))
    for number in range(5_000):
        for name in range(3):
            wire.fail(v4(number), f"user{number}-{name}", "x")
        if number % 100 == 0:
            wire.fail(ATTACKER, f"name{number}", "Summer2026")
    wire.login(ATTACKER, "clara", "Summer2026")
    report = wire.report()
    assert [row.account.name for row in report.break_ins.rows] == ["clara"]
    assert report.break_ins.rows[0].others == Count(32, exact=False)
    assert len(wire.builder.break_ins.sprays.rows) <= 50
    assert report.lost.forgotten["sprays"] > 4_000


def test_what_leaves_takes_its_spray_along() -> None:
    wire = Wire(Caps(sources=10, accounts=10, pairs=10, sprays=1_000))
    for number in range(2_000):
        for name in range(3):
            wire.fail(v4(number), f"user{name}", "x")
    sprays = wire.builder.break_ins.sprays.rows
    assert len(sprays) <= 10
    assert {spray.source for spray in sprays.values()} <= set(wire.builder.sources.rows.values())


def test_suspicions_that_fall_give_their_room_back() -> None:
    """Offices by the thousand where people mistype at once and come in one after another."""
    wire = Wire(Caps(break_ins=100))
    for number in range(1_000):
        for user in range(12):
            wire.fail(v4(number), f"user{user}", "typo")
        for user in range(12):
            wire.login(v4(number), f"user{user}", wait=90 * SECOND)
    report = wire.report()
    assert not report.break_ins.total
    assert not report.lost.forgotten


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("sources", 1_000_000),
        ("both", 1_000_000),
        ("names", 400_000),
        ("links", 400_000),
        ("servers", 400_000),
        ("sprays", 600_000),
    ],
)
def test_a_million_reach_a_plateau_and_hide_no_attack(kind: str, count: int) -> None:
    """The default caps in memory: as many sources, names, both, names of three sources, servers, forty
    names of each source."""
    wire = Wire()

    def each(number: int) -> None:
        source = v4(number) if kind in {"sources", "both"} else f"192.0.2.{number % 3}"
        if kind == "sprays":
            source = v4(number // 40)
        name = f"user{number}" if kind in {"names", "both", "links", "sprays"} else f"user{number % 200}"
        where = {"dst": v4(number)} if kind == "servers" else {}
        wire.fail(source, name, None, wait=SECOND // 100, where=where)
        if kind == "servers":
            wire.end(where=where, greeting=f"host{number}", auth_offered=("PLAIN",))
        if number == count * 3 // 5:
            marks.append(resident())

    marks = [resident()]
    report = flood(wire, count, 5_000, each)
    marks.append(resident())
    before, most, late = marks
    assert late - most < 8_000_000, "memory goes on growing"
    assert late - before < 100_000_000
    assert [row.account.name for row in report.break_ins.rows] == ["anna"]
    assert "anna" in [row.account.name for row in report.attacked.rows]
    assert report.attempts == count + count // 5_000 + 1
    assert report.lost.forgotten
    assert report.first == NOON
