"""Who got in after failing: 5 failures in a row with 3 secrets, one /24 or /64, one account."""

import pytest
from report.wire import ATTACKER, OWNER, Wire, passwords
from sinks.samples import NOON, SECOND

from smtpsensor.report.model import BreakInRow, Count, Place
from smtpsensor.report.thresholds import Caps


def only(wire: Wire) -> BreakInRow:
    found = wire.report().break_ins
    assert found.total == 1
    return found.rows[0]


def test_the_row_says_who_when_after_what_where_to_look_and_what_came_then() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna@example.net", *passwords(6))
    wire.login(ATTACKER, "ANNA@example.net")
    wire.end(mails=3, recipients=120, mail_bytes=50_000)
    row = only(wire)
    assert (row.account.name, row.source, row.at) == ("anna@example.net", ATTACKER, NOON + 7 * SECOND)
    assert (row.failures, row.secrets) == (6, Count(6))
    assert row.first_failure_at == NOON + SECOND
    assert row.first_failure == Place("attack.pcap", 12)
    assert (row.success, row.verdict) == (Place("attack.pcap", 84), Place("attack.pcap", 86))
    assert (row.logins, row.sessions, row.mails, row.recipients, row.mail_bytes) == (1, 1, 3, 120, 50_000)


@pytest.mark.parametrize(
    ("failed_from", "got_in_from", "found"),
    [
        ("198.51.100.7", "198.51.100.7", True),
        ("198.51.100.7", "198.51.100.99", True),
        ("198.51.100.7", "203.0.113.7", False),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1", True),
        ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
        ("2001:db8::7", "198.51.100.7", False),
    ],
)
def test_the_network_counts_not_the_address(failed_from: str, got_in_from: str, found: bool) -> None:
    wire = Wire()
    wire.fail(failed_from, "anna", *passwords(5))
    wire.login(got_in_from, "anna")
    assert bool(wire.report().break_ins.total) is found


def test_failures_of_several_sources_of_one_network_add_up() -> None:
    wire = Wire()
    for host, secret in enumerate(passwords(5)):
        wire.fail(f"198.51.100.{host}", "anna", secret)
    wire.login("198.51.100.200", "anna")
    assert only(wire).failures == 5


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        (passwords(4), False),  # four failures are a bad morning
        (passwords(5), True),
        (["a", "a", "a", "b", "b", "b"], False),  # two passwords, remembered wrongly
        (["a", "a", "a", "b", "c"], True),
        (["old"] * 50, False),  # a phone after a password change
        ([None] * 4, False),
        ([None] * 5, True),  # CRAM-MD5: nothing to see but the failures
        ([None, "a", "a"] * 2, False),  # smtplib retries one typo
        ([None, "a", "a", None, "b", "b"], False),  # ... and two
        ([None, "a", "a", None, "b", "b", None, "c", "c"], True),
        (["a", *[None] * 100], True),  # one visible try does not excuse a hundred
    ],
)
def test_how_many_failures_and_secrets_it_takes(secrets: list[str | None], found: bool) -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *secrets)
    wire.login(ATTACKER, "anna")
    report = wire.report()
    assert bool(report.break_ins.total) is found
    assert report.recovered == (not found)


def test_a_secret_that_several_devices_of_one_network_repeat_is_one_secret() -> None:
    """Phone, tablet and laptop behind one /24 after a password change."""
    wire = Wire()
    for host in range(10, 15):
        wire.fail(f"192.0.2.{host}", "anna", "old", "old")
    wire.login("192.0.2.10", "anna")
    assert not wire.report().break_ins.total


def test_the_owner_logging_in_from_elsewhere_during_an_attack_is_no_break_in() -> None:
    wire = Wire()
    for host in range(50):
        wire.fail(f"198.51.100.{host}", "anna", *passwords(3, host * 3))
        wire.login(OWNER, "anna")
    assert not wire.report().break_ins.total


def test_a_success_begins_the_count_anew() -> None:
    """Three typos a week are no attack after two weeks."""
    wire = Wire()
    for week in range(10):
        wire.fail(OWNER, "anna", *passwords(3, week * 3))
        wire.login(OWNER, "anna")
    report = wire.report()
    assert not report.break_ins.total
    assert report.recovered == 1


def test_later_logins_and_their_sessions_add_up() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    for _ in range(3):
        wire.login(ATTACKER, "anna")
        wire.end(mails=2, recipients=5, mail_bytes=1000)
    wire.login(ATTACKER, "bob")
    wire.end(mails=50)
    row = only(wire)
    assert (row.logins, row.sessions, row.mails, row.recipients, row.mail_bytes) == (3, 3, 6, 15, 3000)


def test_a_session_that_never_ended_is_not_called_harmless() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna")
    assert only(wire).sessions == 0


def test_secrets_are_counted_up_to_a_cap_and_said_to_be_at_least_that() -> None:
    wire = Wire(Caps(secrets=4))
    wire.fail(ATTACKER, "anna", *passwords(10))
    wire.login(ATTACKER, "anna")
    assert only(wire).secrets == Count(4, exact=False)


def test_the_one_that_sent_most_stands_first() -> None:
    wire = Wire()
    for number, mails in enumerate((1, 30, 5)):
        wire.fail(ATTACKER, f"user{number}", *passwords(5))
        wire.login(ATTACKER, f"user{number}")
        wire.end(mails=mails, recipients=mails)
    assert [row.account.name for row in wire.report().break_ins.rows] == ["user1", "user2", "user0"]


def test_break_ins_beyond_the_cap_are_counted() -> None:
    wire = Wire(Caps(break_ins=2))
    for number in range(5):
        wire.fail(ATTACKER, f"user{number}", *passwords(5))
        wire.login(ATTACKER, f"user{number}")
    report = wire.report()
    assert report.break_ins.total == 2
    assert report.lost.forgotten == {"break_ins": 3}
