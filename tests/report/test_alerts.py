"""Alerts in the report: who got in stands first, warnings with their evidence, the rest a line a rule."""

import io
from dataclasses import replace
from ipaddress import ip_network

import pytest
from report.wire import ATTACKER, BREAK_IN, OWNER, RULES, Wire, counting, passwords
from rich.console import Console

from smtpsensor.detect.caps import Caps as DetectCaps
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.rule import Condition
from smtpsensor.detect.site import Mute, Site
from smtpsensor.report import Report
from smtpsensor.report.model import Count
from smtpsensor.report.terminal import render
from smtpsensor.sinks.names import NamePolicy, Names


def shown(report: Report, width: int = 100) -> str:
    out = io.StringIO()
    render(report, Console(file=out, width=width))
    return out.getvalue()


def section(text: str, head: str) -> list[str]:
    (found,) = [block.split("\n") for block in text.split("\n\n") if block.startswith(head)]
    return found


def attacked() -> Wire:
    wire = Wire()
    wire.fail(ATTACKER, "anna@example.net", *passwords(12))
    wire.login(ATTACKER, "anna@example.net")
    wire.end(mails=2, recipients=40, mail_bytes=9_000)
    wire.fail("203.0.113.9", "bert@example.net", *passwords(30), wait=10**9)
    return wire


def test_who_got_in_stands_first_then_warnings_with_evidence_then_a_line_for_each_rule() -> None:
    text = shown(attacked().report())
    assert section(text, "GOT IN AFTER FAILING: 1 account")[1:] == [
        f"  anna@example.net from {ATTACKER}, 2026-11-24 12:00:13 UTC",
        "    after 12 failures on this account with 12 passwords since 12:00:01",
        "    see attack.pcap packets 12 (first failure), 156 (login), 158 (verdict)",
        "    then: sent 2 mails to 40 recipients, 9.0 kB",
    ]
    assert section(text, "Other alerts: 2 warning, 1 info (times in UTC)")[1:] == [
        "  many_failures: 203.0.113.9, 30 attempts on 1 account with 30 passwords",
        "    2026-11-24 12:00:14 to 12:00:43, see packets 168 (first), 276 (decisive)",
        f"  many_failures: {ATTACKER}, 12 attempts on 1 account with 12 passwords",
        "    2026-11-24 12:00:01 to 12:00:12, see packets 12 (first), 120 (decisive)",
        "  readable (info): 203.0.113.25",
    ]


def test_many_alerts_of_one_rule_do_not_bury_the_others() -> None:
    rare = counting("rare", 9, RULES[1].facts.severity, Condition("username", ("zoe",)), ("source",), 1)
    wire = Wire(rules=(*RULES, rare))
    for number in range(12):
        wire.fail(f"203.0.113.{number}", f"user{number}", *passwords(20))
    wire.fail(OWNER, "zoe", "typo")
    found = section(shown(wire.report()), "Alerts: 13 warning, 1 info (times in UTC)")[1:]
    heads = [line.partition(",")[0].partition(": 2")[0].strip() for line in found if "see packet" not in line]
    assert heads == [
        *["many_failures"] * 3,
        "and 9 more of many_failures",
        "rare: 192.0.2.10",
        "readable (info)",
    ]


def test_the_table_of_accounts_says_as_many_passwords_as_the_alert() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "Anna@example.net", *passwords(40))
    for source in ("203.0.113.1", "203.0.113.2"):  # nobody counted those of both together
        wire.fail(source, "bert@example.net", *passwords(20, start=100))
    secrets = {row.account.name: row.secrets for row in wire.report().attacked.rows}
    assert secrets == {"Anna@example.net": Count(40), "bert@example.net": Count(20, exact=False)}


def test_of_several_captures_the_evidence_names_the_file() -> None:
    report = attacked().report()
    text = shown(replace(report, inputs=("attack.pcap", "later.pcap")))
    assert "see attack.pcap packets 168 (first), 276 (decisive)" in text


def test_break_ins_and_mistakes_are_not_mixed_up() -> None:
    """The login that an alert calls a break-in is not counted as one after typos, for whatever reason."""
    wire = Wire()
    for number in range(16):
        wire.fail(ATTACKER, f"user{number}", "Summer2026")
    wire.fail(ATTACKER, "clara", "Spring2026")
    wire.login(ATTACKER, "clara", "Summer2026")
    wire.fail(OWNER, "dora", "typo")
    wire.login(OWNER, "dora")
    report = wire.report()
    assert (report.severities["critical"], report.recovered, report.unclear) == (1, 1, 0)


def test_a_guesser_whose_logins_are_not_clear_is_said_to_have_some() -> None:
    """Somebody inside the office sprays: which of the logins are his cannot be told."""
    wire = Wire()
    for number in range(30):
        wire.login(OWNER, f"colleague{number}")
        wire.fail(OWNER, f"user{number}", "Summer2026")
        wire.fail(OWNER, f"other{number}", "Summer2026")
    report = wire.report()
    assert (report.severities.get("critical"), report.guessing.total, report.unclear) == (None, 1, 1)


def test_a_guesser_whose_logins_are_all_told_as_break_ins_is_clear() -> None:
    wire = Wire()
    for number in range(16):
        wire.fail(ATTACKER, f"user{number}", "Summer2026")
    for _ in range(3):
        wire.login(ATTACKER, "clara", "Summer2026")
    report = wire.report()
    assert (report.severities["critical"], report.guessing.total, report.unclear) == (1, 1, 0)


def test_the_one_that_sent_most_stands_first() -> None:
    wire = Wire()
    for number, mails in enumerate((1, 30, 5)):
        wire.fail(ATTACKER, f"user{number}", *passwords(5))
        wire.login(ATTACKER, f"user{number}")
        wire.end(mails=mails, recipients=mails)
    rows = [row for row in wire.report().alerts.rows if row.severity == "critical"]
    assert [row.key["username"] for row in rows] == ["user1", "user2", "user0"]


def test_without_the_rule_nobody_is_said_not_to_have_got_in() -> None:
    wire = Wire(rules=RULES[1:])
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna")
    text = shown(wire.report())
    assert "Who got in after failing was not looked for: no such rule is in force" in text
    assert "Nobody" not in text.partition("Guessing")[0]


def test_a_quiet_day_says_how_many_rules_found_nothing() -> None:
    wire = Wire(rules=RULES[:2])
    wire.login(OWNER, "anna")
    assert "\nNo alert of 2 rules\n" in shown(wire.report())


def test_a_break_in_that_is_no_longer_critical_is_a_warning_like_others() -> None:
    softer = replace(BREAK_IN, facts=replace(BREAK_IN.facts, severity=RULES[1].facts.severity))
    wire = Wire(rules=[softer])
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna")
    text = shown(wire.report())
    assert f"success_after_failures: {ATTACKER} on anna" in text
    assert "GOT IN" not in text


def test_muted_alerts_are_counted() -> None:
    site = Site(mutes=(Mute("known", network=ip_network(f"{ATTACKER}/32")),))
    wire = Wire(site=site)
    wire.fail(ATTACKER, "anna", *passwords(12))
    report = wire.report()
    assert (report.muted, report.severities) == (1, {"info": 1})
    assert report.muted_by == {"many_failures": 1}
    text = shown(report)
    assert "  1 alert muted by the configuration (1 many_failures)" in text
    assert "Nobody got in after failing" in text


def test_a_muted_break_in_is_not_called_nobody() -> None:
    wire = Wire(site=Site(mutes=(Mute("known", rule=BREAK_IN.name),)))
    for number in range(16):
        wire.fail(ATTACKER, f"user{number}", "Summer2026")
    wire.login(ATTACKER, "clara", "Summer2026")
    report = wire.report()
    assert (report.muted_by, report.muted_break_ins) == ({BREAK_IN.name: 1}, 1)
    text = shown(report)
    assert section(text, "Got in after failing: 1 break-in muted by the configuration")[1:] == [
        "  1 source that guesses also logged in (below), muted or too early or too often to say that",
        "    guessing did it",
    ]
    assert "Nobody" not in text.partition("Guessing")[0]


def test_a_muted_break_in_stands_below_those_told() -> None:
    wire = Wire(site=Site(mutes=(Mute("known", rule=BREAK_IN.name, username="bert"),)))
    for name in ("anna", "bert"):
        wire.fail(ATTACKER, name, *passwords(5))
        wire.login(ATTACKER, name)
    found = section(shown(wire.report()), "GOT IN AFTER FAILING: 1 account")
    assert "  and 1 break-in muted by the configuration" in found


def test_an_alert_said_once_its_mute_ends_no_longer_counts_as_muted() -> None:
    wire = Wire()
    until = wire.now + 20 * 10**9
    wire = Wire(site=Site(mutes=(Mute("a test", rule="many_failures", until=until),)), rules=RULES[1:2])
    wire.fail(ATTACKER, "anna", *passwords(30))
    report = wire.report()
    assert (report.muted_by, report.severities) == ({}, {"warning": 1})


@pytest.mark.parametrize(
    ("policy", "name"), [(NamePolicy(Names.NONE), "account #1"), (None, "anna@example.net")]
)
def test_names_are_as_the_policy_lets_them_be_printed(policy: NamePolicy | None, name: str) -> None:
    wire = Wire(policy=policy, rules=[BREAK_IN])
    wire.fail(ATTACKER, "anna@example.net", *passwords(5))
    wire.login(ATTACKER, "anna@example.net")
    text = shown(wire.report())
    assert f"  {name} from {ATTACKER}" in text
    assert ("anna" in text) is (policy is None)


def test_what_detection_had_no_room_for_is_said() -> None:
    wire = Wire()
    wire.engine = Engine(RULES, caps=DetectCaps(records=50, active=1))
    for number in range(200):
        wire.fail(f"198.18.{number}.7", f"user{number}", *passwords(10), wait=0)
    report = wire.report()
    assert report.lost.detection["records"] > 100
    assert report.lost.detection["alerts"] > 100
    text = shown(report, 200)
    assert "Detection had no room for" in text
    assert "slow attacks may be missing" in text


def test_filters_stand_in_the_head_and_are_named_where_they_left_nothing() -> None:
    wire = Wire()
    wire.login(OWNER, "anna")
    report = wire.builder.build(("-", "b.pcap"), ("--source 198.51.100.7", "--since 2026-11-24"))
    text = shown(report)
    assert text.startswith("smtpsensor report of sensor1: standard input and 1 more\n")
    assert "\nOnly --source 198.51.100.7, --since 2026-11-24\n" in text
    nothing = shown(Wire().builder.build(("-",), ("--user nobody",)))
    assert "\nOnly --user nobody\nThe filters left nothing.\n" in nothing
    assert "No SMTP session in the input." in shown(Wire().builder.build(("-",)))
