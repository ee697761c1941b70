"""The same wrong password again: an old one, or a tool that tries each several times."""

from itertools import chain

import pytest
from report.wire import OWNER, Wire, passwords
from sinks.samples import SECOND

from smtpsensor.report.model import Report

MINUTE = 60 * SECOND


def guesses(report: Report) -> int:
    return report.guessing.rows[0].guesses if report.guessing.rows else 0


def tool(**times: int) -> list[str]:
    """Each secret so many times, taken in turn, as connections side by side do."""
    rounds = [
        [secret] * (number < count)
        for number in range(max(times.values()))
        for secret, count in times.items()
    ]
    return list(chain.from_iterable(rounds))


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        (["old"] * 100, 0),  # a device
        (["old"] * 50 + ["typo"] + ["old"] * 50, 0),  # ... whose owner mistypes,
        (tool(old=50, older=50), 0),  # two devices; two secrets are no list
        (
            ["old"] * 40 + ["typo", "other"],
            0,
        ),  # ... mistypes twice beside it: over nine tenths are one secret
        (tool(a=14, b=11, c=9), 34),  # hydra, each password in eight connections
        (["a"] * 14 + ["b"] * 11 + ["c"] * 9, 34),
        (tool(a=3, b=3, c=3), 9),
        (["a", "a", "a", "b", "c"], 5),
        (["a"] * 10 + ["b", "c"], 12),
        (["a", "b", "c"], 0),  # three guesses are three guesses
        (passwords(7), 7),
    ],
)
@pytest.mark.parametrize("wait", [0, SECOND])
def test_from_three_secrets_on_repetitions_are_guesses(secrets: list[str], found: int, wait: int) -> None:
    wire = Wire()
    wire.fail(OWNER, "anna", *secrets, wait=wait)
    report = wire.report()
    assert guesses(report) == found
    assert report.attacked.total == bool(found)
    assert report.stale.total == (not found and len(secrets) > 5)


def test_the_same_secret_by_another_mechanism_is_not_repeated_by_a_tool() -> None:
    """Three typos through smtplib: nine failures, three guesses."""
    wire = Wire()
    for secret in passwords(3):
        wire.smtplib(OWNER, "anna", secret)
    assert not wire.report().guessing.total
    assert not wire.report().attacked.total


def test_old_passwords_of_several_machines_of_one_network_are_nobody_s_list() -> None:
    """A /64 at home: phone, tablet and laptop, each with another old password."""
    wire = Wire()
    for _ in range(30):
        for host in range(3):
            wire.fail(f"2001:db8:1:2::{host + 1}", "anna", f"old{host}", wait=MINUTE)
    report = wire.report()
    assert not report.guessing.total


def test_old_passwords_of_three_machines_of_one_address_look_like_a_list() -> None:
    """What can be told from a tool by nothing on the wire is called guessing."""
    wire = Wire()
    wire.fail(OWNER, "anna", *tool(old=30, older=30, oldest=30), wait=MINUTE)
    assert guesses(wire.report()) == 90


def test_repetitions_of_days_do_not_become_a_burst_when_two_typos_follow() -> None:
    """They count in all, not within ten minutes."""
    wire = Wire()
    wire.fail(OWNER, "anna", *["old"] * 12, wait=60 * MINUTE)
    wire.fail(OWNER, "anna", "typo", "other")
    assert not wire.report().guessing.total


def test_a_login_on_the_account_forgives_the_repetitions_too() -> None:
    """Two secrets each typed twice, and a third: a bad morning, then the right one."""
    wire = Wire()
    wire.fail(OWNER, "anna", "a", "a", "b", "c")
    wire.login(OWNER, "anna")
    wire.fail(OWNER, "anna", "d", "d", "e", "f")
    report = wire.report()
    assert not report.guessing.total
    assert report.recovered == 1


def test_an_old_password_beside_two_typos_and_then_the_right_one_is_no_break_in() -> None:
    """The phone goes on with the old one while its owner tries to remember the new."""
    wire = Wire()
    wire.fail(OWNER, "anna", *["old"] * 200, wait=MINUTE)
    wire.fail(OWNER, "anna", "typo", "other")
    wire.login(OWNER, "anna")
    report = wire.report()
    assert (report.severities.get("critical", 0), report.recovered, report.guessing.total) == (0, 1, 0)
    assert [row.repeated for row in report.stale.rows] == [199]
