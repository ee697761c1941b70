"""Rules in a replay: alerts behind the events that cause them, `--rules`, `--config` and `--fail-on`."""

from pathlib import Path
from typing import Any

import pytest
from cli.program import Ran, replay_here
from cli.scene import records
from support.tree import ROOT

DEMO = str(ROOT / "pcaps" / "attack-demo.pcap")
SPRAYER = "198.51.100.77"
MINE = """\
name: mine
id: 4900001
severity: critical
summary: "{count} failures on {server}"
description: any failure at all
match: {outcome: failure}
group: server
threshold:
  - {attempts: 1, within: 5m}
quiet: 1h
"""


def demo(folder: Path, *options: str) -> Ran:
    return replay_here(DEMO, *options, cwd=folder)


def alerts(report: dict[str, Any], severity: str) -> set[str]:
    return {row["rule"] for row in report["alerts"]["rows"] if row["severity"] == severity}


def test_an_alert_stands_right_behind_the_event_that_caused_it(tmp_path: Path) -> None:
    ran = demo(tmp_path, "--events", "-")
    lines = records(ran.out)
    (at,) = [
        number
        for number, line in enumerate(lines)
        if line["event_type"] == "alert"
        and (line["alert"]["rule"], line["alert"]["state"]) == ("success_after_failures", "opened")
    ]
    before = [line for line in lines[:at] if line["event_type"] != "alert"][-1]
    assert before["smtp"]["auth"]["outcome"] == "success"
    assert before["smtp"]["auth"]["username"] == "clara@example.net"


@pytest.mark.parametrize(
    ("severity", "code"), [("critical", 3), ("warning", 3), ("info", 3), ("CRITICAL", 3), (None, 0)]
)
def test_fail_on_exits_with_3_where_an_alert_is_as_grave(
    severity: str | None, code: int, tmp_path: Path
) -> None:
    options = () if severity is None else ("--fail-on", severity)
    assert demo(tmp_path, "--quiet", *options).code == code


def test_fail_on_passes_over_what_is_less_grave_or_filtered_away(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[detection]\noff = ["success_after_failures"]\n')
    assert demo(tmp_path, "-q", "--config", "site.toml", "--fail-on", "critical").code == 0
    assert demo(tmp_path, "-q", "--source", "192.0.2.0/24", "--fail-on", "critical").code == 0
    assert demo(tmp_path, "-q", "--source", SPRAYER, "--fail-on", "critical").code == 3


def test_a_severity_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    ran = demo(tmp_path, "--fail-on", "fatal")
    assert (ran.code, len(ran.lines)) == (2, 1)
    assert "write critical, warning or info" in ran.err


def test_a_rule_of_one_s_own_is_added(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    ran = demo(tmp_path, "--json", "--rules", "mine.yaml")
    assert alerts(ran.report, "critical") == {"success_after_failures", "mine"}
    assert "mine" in ran.report["rules"]
    text = demo(tmp_path, "--rules", "mine.yaml").text
    assert "\nOther alerts: 2 critical, " in text
    assert text.index("  mine: 203.0.113.25") < text.index("password_spray")


def test_a_broken_rule_or_configuration_is_said_and_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE.replace("failure}", "failed}"))
    (tmp_path / "site.toml").write_text("[detection]\nof = []\n")
    for options in (("--rules", "mine.yaml"), ("--config", "site.toml"), ("--config", "nowhere.toml")):
        ran = demo(tmp_path, *options)
        assert (ran.code, ran.out, len(ran.lines)) == (2, b"", 1)
        assert ran.err.startswith(f"smtpsensor: {options[1]}:")


def test_the_configuration_mutes_and_switches_off(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        '[detection]\noff = ["success_after_failures"]\n'
        f'[[detection.mute]]\nsource = "{SPRAYER}"\nreason = "a test of our own"\n'
    )
    ran = demo(tmp_path, "--json", "--config", "site.toml")
    assert ran.report["looked"] is False
    assert ran.report["muted"] == 1
    assert ran.report["muted_by"] == {"password_spray": 1}
    assert "password_spray" not in alerts(ran.report, "warning")
    assert "brute_force_source" in alerts(ran.report, "warning")


def test_a_filter_does_not_change_what_is_found(tmp_path: Path) -> None:
    """Only the login is kept; that it came after failures on sixteen other accounts is known all the same."""
    ran = demo(tmp_path, "--json", "--user", "clara@*")
    assert ran.report["attempts"] == 2
    (row,) = [row for row in ran.report["alerts"]["rows"] if row["severity"] == "critical"]
    assert row["facts"]["others"] == 16
    assert ran.report["filters"] == ["--user clara@*"]


def test_the_name_asked_for_is_not_printed_where_names_are_hidden(tmp_path: Path) -> None:
    ran = demo(tmp_path, "--user", "clara@*", "--names", "hash")
    assert "Only --user (name withheld)\n" in ran.text
    assert "clara" not in ran.text
