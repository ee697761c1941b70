"""Who got in after failing: 5 failures in a row with 3 secrets, one /24 or /64, one account."""

from dataclasses import replace
from ipaddress import ip_network

import pytest
from detect.break_in_wire import ATTACKER, HOUR, OWNER, RULE, Wire, only, passwords
from sinks.samples import NOON, SECOND

from smtpsensor.detect.alert import AlertState, Count, Evidence
from smtpsensor.detect.break_in_records import DEFAULTS
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.site import Place, Site


def test_the_shipped_rule_says_all_its_numbers() -> None:
    assert RULE.settings == DEFAULTS
    assert str(RULE.facts.severity) == "critical"


def test_the_numbers_are_the_rule_s() -> None:
    """Three failures with two secrets, for whoever wants it."""
    wire = Wire(rule=replace(RULE, settings={"failures": 3, "secrets": 2}))
    wire.fail(ATTACKER, "anna", "a", "b", "b")
    wire.login(ATTACKER, "anna")
    assert only(wire).count == 4


def test_a_webmail_that_logs_in_for_everybody_is_left_alone() -> None:
    wire = Wire(site=Site(own=(Place(ip_network("198.51.100.7/32"), "webmail"),)))
    wire.fail(ATTACKER, "anna", *passwords(9))
    wire.login(ATTACKER, "anna")
    assert wire.alerts() == []


def test_the_row_says_who_when_after_what_where_to_look_and_what_came_then() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna@example.net", *passwords(6))
    wire.login(ATTACKER, "ANNA@example.net")
    wire.end(mails=3, recipients=120, mail_bytes=50_000)
    alert = only(wire)
    assert alert.key == {"source": ATTACKER, "username": "anna@example.net"}
    assert (alert.count, alert.first, alert.last) == (7, NOON + SECOND, NOON + 7 * SECOND)
    assert alert.first_seen == Evidence(NOON + SECOND, "attack.pcap", 12)
    assert alert.decisive == Evidence(NOON + 7 * SECOND, "attack.pcap", 84)
    assert alert.facts == {
        "verdict_file": "attack.pcap",
        "verdict_packet": 86,
        "failures": 6,
        "neighbours": False,
        "others": 0,
        "secrets": 6,
        "logins": 1,
        "sessions": 1,
        "mails": 3,
        "recipients": 120,
        "mail_bytes": 50_000,
        "after": "6 failures on this account with 6 passwords",
        "then": "sent 3 mails to 120 recipients, 50,000 bytes",
    }
    assert alert.distinct["secrets"] == Count(7)
    assert alert.summary() == (
        f"{ATTACKER} got in as anna@example.net after 6 failures on this account with 6 passwords"
    )


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
    assert bool(wire.alerts()) is found


def test_failures_of_several_sources_of_one_network_add_up() -> None:
    wire = Wire()
    for host, secret in enumerate(passwords(5)):
        wire.fail(f"198.51.100.{host}", "anna", secret)
    wire.login("198.51.100.200", "anna")
    alert = only(wire)
    assert (alert.facts["failures"], alert.facts["neighbours"]) == (5, True)


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
    assert bool(wire.alerts()) is found


def test_a_secret_that_several_devices_of_one_network_repeat_is_one_secret() -> None:
    """Phone, tablet and laptop behind one /24 after a password change."""
    wire = Wire()
    for host in range(10, 15):
        wire.fail(f"192.0.2.{host}", "anna", "old", "old")
    wire.login("192.0.2.10", "anna")
    assert wire.alerts() == []


def test_the_owner_logging_in_from_elsewhere_during_an_attack_is_no_break_in() -> None:
    wire = Wire()
    for host in range(50):
        wire.fail(f"198.51.100.{host}", "anna", *passwords(3, host * 3))
        wire.login(OWNER, "anna")
    assert wire.alerts() == []


def test_a_success_begins_the_count_anew() -> None:
    """Three typos a week are no attack after two weeks."""
    wire = Wire()
    for week in range(10):
        wire.fail(OWNER, "anna", *passwords(3, week * 3))
        wire.login(OWNER, "anna")
    assert wire.alerts() == []


def test_later_logins_and_their_sessions_add_up() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    for _ in range(3):
        wire.login(ATTACKER, "anna")
        wire.end(mails=2, recipients=5, mail_bytes=1000)
    wire.login(ATTACKER, "bob")
    wire.end(mails=50)
    facts = only(wire).facts
    assert [facts[name] for name in ("logins", "sessions", "mails", "recipients", "mail_bytes")] == [
        3,
        3,
        6,
        15,
        3000,
    ]
    assert facts["then"] == "sent 6 mails to 15 recipients, 3,000 bytes"


def test_a_session_that_never_ended_is_not_called_harmless() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna")
    facts = only(wire).facts
    assert (facts["sessions"], facts["then"]) == (0, "not known yet, no session has ended")


def test_what_the_account_did_next_is_said_at_once_and_more_of_it_now_and_then() -> None:
    """The login opens the alert; the end of its session and the first mail are news, the rest can wait."""
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna")
    said = []
    for mails in (0, 2, 2, 2):
        wire.end(mails=mails)
        wire.login(ATTACKER, "anna")
        said.append(len(wire.said))
    assert said == [2, 3, 3, 3]
    wire.login(ATTACKER, "anna", wait=HOUR)
    assert [alert.state for alert in wire.said] == [AlertState.OPENED, *[AlertState.UPDATED] * 3]
    assert wire.said[-1].facts["mails"] == 6
    assert wire.said[-1].count == 11


def test_a_neighbour_that_uses_the_password_belongs_to_the_same_break_in() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna")
    wire.login("198.51.100.9", "anna")
    alert = only(wire)
    assert (alert.count, alert.members["sources"]) == (7, (ATTACKER, "198.51.100.9"))


def test_who_comes_back_after_days_of_quiet_is_a_new_alert() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna")
    wire.login(ATTACKER, "anna", wait=23 * HOUR)
    wire.login(ATTACKER, "anna", wait=25 * HOUR)
    first, second = wire.alerts()
    assert (first.state, first.count) == (AlertState.RESOLVED, 7)
    assert (second.state, second.count, second.facts["failures"]) == (AlertState.OPENED, 1, 5)


def test_secrets_are_counted_up_to_a_cap_and_said_to_be_at_least_that() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(30))
    wire.login(ATTACKER, "anna")
    facts = only(wire).facts
    assert (facts["secrets"], facts["secrets_at_least"]) == (16, True)
    assert facts["after"] == "30 failures on this account with 16+ passwords"


def test_alerts_beyond_the_cap_are_refused_and_counted() -> None:
    wire = Wire(Caps(active=2))
    for number in range(5):
        wire.fail(ATTACKER, f"user{number}", *passwords(5))
        wire.login(ATTACKER, f"user{number}")
    assert wire.names() == ["user0", "user1"]
    assert wire.engine.stats().refused == 3


def test_what_a_verdict_in_disorder_shows_is_the_packet_s_time() -> None:
    """Engine time never goes back; what is shown does."""
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna", wait=-2 * SECOND)
    alert = only(wire)
    assert (alert.ts, alert.first, alert.decisive.ts) == (NOON + 3 * SECOND, NOON + SECOND, NOON + 3 * SECOND)
