"""`smtpsensor rules`, as a user runs it: list, check, explain, test."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.bad import WITHOUT_RIGHTS
from cli.captures import capture, played
from cli.program import Ran, smtpsensor
from detect.rule_files import rule
from support.tree import ROOT

from smtpsensor.detect.loading import load_rules

SHIPPED = ROOT / "rules" / "detection"
TEST = """\
rule: mine
cases:
  - case: three guesses
    events:
      - {repeat: 2, every: 1s, source: "198.51.100.{n}", username: anna, secret: "{n}", outcome: failure}
      - {at: 1m, repeat: REPEAT, source: 198.51.100.77, username: anna, secret: "x{n}", outcome: failure}
    expect: [{key: {source: 198.51.100.77}, count: 3, opened: 3, distinct: {secrets: 3}, severity: info}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a rule `mine` (3 guesses) and its test."""
    (tmp_path / "tests").mkdir()
    mine = rule(severity="info", threshold="{attempts: 3, within: 5m}")
    (tmp_path / "mine.yaml").write_bytes(mine)
    (tmp_path / "tests" / "mine.yaml").write_text(TEST.replace("REPEAT", "3"))
    return tmp_path


def run(*arguments: str | Path, cwd: Path) -> Ran:
    return smtpsensor("rules", *arguments, cwd=cwd)


def test_list_has_a_line_for_each_rule(folder: Path) -> None:
    ran = run("list", "--rules", "mine.yaml", cwd=folder)
    assert (ran.code, ran.lines) == (0, [])
    assert [line.split()[0] for line in ran.text.splitlines()] == sorted(
        {path.stem for path in SHIPPED.glob("*.yaml")} | {"mine"}
    )
    (mine,) = [line for line in ran.text.splitlines() if line.startswith("mine ")]
    assert mine.split(maxsplit=3) == ["mine", "info", "-", "{source} tries {count} times"]


def test_list_leaves_out_what_is_switched_off(folder: Path) -> None:
    (folder / "site.toml").write_text('[detection]\noff = ["brute_force_source"]')
    ran = run("list", "--config", "site.toml", cwd=folder)
    assert "brute_force_source " not in ran.text
    assert "password_spray " in ran.text


def test_check_is_content_with_the_shipped_rules(tmp_path: Path) -> None:
    ran = run("check", SHIPPED, cwd=tmp_path)
    assert (ran.code, ran.lines) == (0, [])
    assert ran.text == f"{len(list(SHIPPED.glob('*.yaml')))} rules and tests: no mistakes\n"


def test_the_tests_of_the_shipped_rules_pass(tmp_path: Path) -> None:
    ran = run("test", SHIPPED / "tests", cwd=tmp_path)
    assert ran.code == 0, ran.text
    assert "FAIL" not in ran.text


def test_explain_says_the_numbers_in_force(tmp_path: Path) -> None:
    told = run("explain", "brute_force_source", cwd=tmp_path).text
    (rule_,) = [one for one in load_rules() if one.name == "brute_force_source"]
    number = dict(rule_.thresholds[0].counts)["attempts"]
    assert f"- {number} guesses within 5 minutes" in told
    (tmp_path / "site.toml").write_text(
        '[detection.rules.brute_force_source]\nthreshold = [{attempts = 25, within = "1h"}]\nquiet = "2h"\n'
        '[detection.servers."203.0.113.25".brute_force_source]\n'
        'threshold = [{attempts = 7, within = "90s"}]\n'
    )
    told = " ".join(run("explain", "brute_force_source", "--config", "site.toml", cwd=tmp_path).text.split())
    assert "25 guesses within 1 hour, and logins where mechanism is not ANONYMOUS on fewer than" in told
    assert "On the server 203.0.113.25 instead: - 7 guesses within 1 minute 30 seconds" in told
    assert "after 2 hours without another such attempt" in told


def test_explain_success_after_failures_in_full_sentences(tmp_path: Path) -> None:
    told = " ".join(run("explain", "success_after_failures", cwd=tmp_path).text.split())
    assert "failed on this account 5 times in a row or more, with at least 3 different passwords" in told
    assert "when the owner logs in from elsewhere while others guess" in told


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
def test_every_shipped_rule_explains_itself(name: str, tmp_path: Path) -> None:
    told = run("explain", name, cwd=tmp_path)
    assert told.code == 0, told.err
    for title in ("It fires when", "It does not fire", "It ends"):
        assert f"\n{title}\n  " in told.text
    assert all(len(line) < 110 for line in told.text.splitlines())


def test_a_test_that_passes(folder: Path) -> None:
    ran = run("test", "tests/mine.yaml", cwd=folder)
    assert (ran.code, ran.lines) == (0, [])
    assert ran.text == "ok   mine: three guesses\n1 of 1 cases passed\n"


def test_a_test_that_fails_says_what_was_there_instead(folder: Path) -> None:
    (folder / "tests" / "mine.yaml").write_text(TEST.replace("REPEAT", "5"))
    ran = run("test", "tests/mine.yaml", cwd=folder)
    assert (ran.code, ran.lines) == (3, [])
    assert ran.text.splitlines() == [
        "FAIL mine: three guesses",
        "     tests/mine.yaml:7: count is 5, expected 3",
        "     tests/mine.yaml:7: secrets is 5, expected 3",
        "0 of 1 cases passed",
    ]


def test_other_alerts_above_info_fail_a_test_unless_they_stand_under_also(folder: Path) -> None:
    text = TEST.replace("REPEAT", "30").replace("count: 3", "count: 30").replace("secrets: 3", "secrets: 30")
    (folder / "tests" / "mine.yaml").write_text(text)
    ran = run("test", "tests/mine.yaml", cwd=folder)
    assert (
        "     brute_force_source alerts as well: source 198.51.100.77, count 30, updated"
        in ran.text.splitlines()
    )
    assert ran.code == 3
    others = [line.split()[0] for line in ran.text.splitlines() if "alerts as well" in line]
    (folder / "tests" / "mine.yaml").write_text(f"{text}    also: [{', '.join(dict.fromkeys(others))}]\n")
    assert run("test", "tests/mine.yaml", cwd=folder).code == 0
    (folder / "tests" / "mine.yaml").write_text(f"{TEST.replace('REPEAT', '3')}    also: [low_and_slow]\n")
    ran = run("test", "tests/mine.yaml", cwd=folder)
    assert "     low_and_slow does not alert, it stands under also" in ran.text.splitlines()


def test_a_test_may_read_a_capture(folder: Path) -> None:
    (folder / "tests" / "some.pcap").write_bytes(capture(*played(1)))
    (folder / "mine.yaml").write_bytes(rule(threshold="{attempts: 100, within: 5m}"))
    test = "rule: mine\ncases:\n  - {case: a capture, pcap: some.pcap, expect: []}\n"
    (folder / "tests" / "mine.yaml").write_text(test)
    assert run("test", "tests/mine.yaml", cwd=folder).text.splitlines()[0] == "ok   mine: a capture"
    (folder / "tests" / "mine.yaml").write_text(test.replace("some", "none"))
    ran = run("test", "tests/mine.yaml", cwd=folder)
    assert ran.code == 2
    assert ran.lines[0].startswith("smtpsensor: tests/mine.yaml:3: pcap: tests/none.pcap: ")


@pytest.mark.parametrize("path", [".", "mine.yaml", "tests", "tests/mine.yaml"])
def test_a_rule_or_its_folder_stands_for_the_tests_beside_it(path: str, folder: Path) -> None:
    ran = run("test", path, cwd=folder)
    assert (ran.code, ran.lines) == (0, [])
    assert ran.text == "ok   mine: three guesses\n1 of 1 cases passed\n"


def test_what_is_no_rule_is_not_asked_for_a_test(folder: Path) -> None:
    (folder / "text.yaml").write_text("no rule")
    ran = run("check", "none.yaml", "text.yaml", cwd=folder)
    assert ran.code == 2
    assert not any("has no test" in line for line in ran.lines)


def test_explain_says_what_the_configuration_changed(folder: Path) -> None:
    (folder / "site.toml").write_text(
        '[detection.rules.no_tarpit]\nquiet = "2h"\nseverity = "warning"\n'
        '[detection.servers."203.0.113.25".no_tarpit]\nthreshold = [{attempts = 7, within = "90s"}]\n'
    )
    told = run("explain", "no_tarpit", "--config", "site.toml", cwd=folder).text
    assert told.endswith("site.toml changes its severity, its quiet and its thresholds on 203.0.113.25.\n")
    told = run("explain", "password_spray", "--config", "site.toml", cwd=folder).text
    assert "site.toml" not in told


def test_explain_says_which_file_switched_a_rule_off(folder: Path) -> None:
    (folder / "site.toml").write_text('[detection]\noff = ["no_tarpit"]')
    ran = run("explain", "no_tarpit", "--config", "site.toml", cwd=folder)
    assert ran.code == 2
    assert ran.lines[0].startswith("smtpsensor: no_tarpit: is switched off by site.toml; ")


ONE = TEST.replace("REPEAT", "3")
NO_ADDRESS = ONE.replace("198.51.100.{n}", "198.51.100.{n}0").replace("repeat: 2", "repeat: 90")
NO_RULE = "rule: none\ncases: [{case: x, events: [], expect: []}]"
# What is wrong -> the command, a file and what it holds, the beginning of what is said
WRONG: dict[str, tuple[str, str, str, str]] = {
    "a mistake in a rule": (
        "check mine.yaml",
        "mine.yaml",
        rule(quiet="0s").decode(),
        "mine.yaml:10: quiet: '0s' is no time at all; write a duration above zero, such as 5m",
    ),
    "a rule without a test": (
        "check new.yaml",
        "new.yaml",
        rule(name="new", id="9000009").decode(),
        "new.yaml:1: has no test; write one: tests/new.yaml",
    ),
    "a test of another rule": (
        "check mine.yaml",
        "tests/mine.yaml",
        ONE.replace("rule: mine", "rule: other"),
        "tests/mine.yaml:1: rule: other is tested; the rule beside it is mine",
    ),
    "a mistake in a test": (
        "test tests/mine.yaml",
        "tests/mine.yaml",
        ONE.replace("outcome", "outcom"),
        "tests/mine.yaml:5: cases[0].events[0].outcom: unknown field; did you mean outcome?",
    ),
    "a test of no rule": (
        "test tests/none.yaml",
        "tests/none.yaml",
        NO_RULE,
        "tests/none.yaml:1: rule: none is no rule; ",
    ),
    "a source that is none": (
        "test tests/mine.yaml",
        "tests/mine.yaml",
        NO_ADDRESS,
        "tests/mine.yaml:5: cases[0].events[0].source: '198.51.100.900' is no address; write",
    ),
    "a file that does not exist": (
        "check none.yaml",
        "x",
        "",
        "none.yaml: does not exist; check the path",
    ),
    "no such rule": (
        "explain brute_force_sorce",
        "x",
        "",
        "brute_force_sorce: is no rule in force; did you mean brute_force_source?",
    ),
    "a configuration with a mistake": (
        "list --config site.toml",
        "site.toml",
        '[detection]\noff = ["no_tarpits"]',
        "site.toml: detection.off: no_tarpits is no rule; did you mean no_tarpit?",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_one_line_and_exit_code_2(case: str, folder: Path) -> None:
    command, file, data, said = WRONG[case]
    (folder / file).write_text(data)
    ran = run(*command.split(), cwd=folder)
    assert ran.code == 2
    assert ran.out == b""
    assert ran.lines[0].startswith(f"smtpsensor: {said}")
    assert all("; " in line for line in ran.lines)


@pytest.mark.system
def test_without_permission(folder: Path) -> None:
    (folder / "mine.yaml").chmod(0)
    ran = smtpsensor("rules", "check", "mine.yaml", cwd=folder, prefix=WITHOUT_RIGHTS)
    assert ran.lines[0] == (
        "smtpsensor: mine.yaml: cannot be read, permission denied; ask for the permission to read it"
    )
    assert ran.code == 2


@pytest.mark.parametrize("command", [[], ["list"], ["check"], ["explain"], ["test"]], ids=" ".join)
def test_help_of_each_command_says_exit_codes(command: list[str], tmp_path: Path) -> None:
    ran = run(*command, "--help", cwd=tmp_path)
    assert ran.code == 0
    assert "Exit codes: 0" in ran.text or not command


def test_rules_alone_shows_the_commands(tmp_path: Path) -> None:
    ran = run(cwd=tmp_path)
    assert ran.code == 2
    assert "explain" in ran.text


def test_a_reader_that_saw_enough_is_no_error(tmp_path: Path) -> None:
    """`smtpsensor rules explain RULE | head -0`: the pipe is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        command = [sys.executable, "-m", "smtpsensor", "rules", "explain", "brute_force_source"]
        ran = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_full_disk_is_one_line_and_2(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "smtpsensor", "rules", "list"]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    assert ran.returncode == 2
    assert ran.stderr.startswith(b"smtpsensor: standard output: cannot be written, no space left on device; ")
    assert ran.stderr.count(b"\n") == 1
