"""Floods against every cap of the report: memory reaches a plateau, the attack in it is reported."""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from report.wire import ATTACKER, RULES, Wire, passwords
from sinks.samples import NOON, SECOND

from smtpsensor.report.model import Report
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
    assert [row.key["username"] for row in report.alerts.rows if row.severity == "critical"] == ["anna"]
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


def test_links_given_back_by_what_leaves_can_be_used_again() -> None:
    wire = Wire(Caps(sources=10, accounts=10, pairs=10, links=1_000))
    for number in range(2_000):
        for name in range(3):
            wire.fail(v4(number), f"user{number}-{name}", "x")
    counted = sum(len(record.partners or ()) for record in wire.builder.sources.rows.values())
    counted += sum(len(record.partners or ()) for record in wire.builder.accounts.rows.values())
    assert wire.builder.links == counted <= 100
    assert "links" not in wire.report().lost.forgotten


def test_alerts_beyond_the_cap_are_counted_and_the_gravest_stay() -> None:
    """Break-ins at the beginning, then warnings by the hundred."""
    wire = Wire(Caps(alerts=100), rules=RULES[:2])
    for number in range(3):
        wire.fail(v4(number * 256), "anna", *passwords(6))
        wire.login(v4(number * 256), "anna")
    for number in range(400):
        wire.fail(v4((number + 10) * 256), f"user{number}", *passwords(10), wait=0)
    report = wire.report()
    assert (report.alerts.total, len(report.alerts.rows)) == (403, 100)
    assert [row.severity for row in report.alerts.rows] == ["critical"] * 3 + ["warning"] * 97
    assert report.severities == {"warning": 400, "critical": 3}
    assert report.lost.forgotten == {"alerts": 303}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("sources", 1_000_000),
        ("both", 1_000_000),
        ("names", 400_000),
        ("links", 400_000),
        ("servers", 400_000),
    ],
)
def test_a_million_reach_a_plateau_and_hide_no_attack(kind: str, count: int) -> None:
    """The default caps in memory: as many sources, names, both, names of three sources, servers."""
    wire = Wire(rules=())

    def each(number: int) -> None:
        source = v4(number) if kind in {"sources", "both"} else f"192.0.2.{number % 3}"
        name = f"user{number}" if kind in {"names", "both", "links"} else f"user{number % 200}"
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
    assert "anna" in [row.account.name for row in report.attacked.rows]
    assert report.attempts == count + count // 5_000 + 1
    assert report.lost.forgotten
    assert report.first == NOON
