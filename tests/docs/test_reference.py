"""README and ARCHITECTURE name everything that exists, with the values it has, and nothing that does not."""

import ast
import re
import signal
import tomllib
from dataclasses import fields
from typing import Any

import pytest
import typer
from docs.pages import named, rows, section, text
from project.test_imports import ALLOWED, LEAVES
from support.tree import ROOT, imports, modules

from smtpsensor.anomalies import ANOMALIES
from smtpsensor.app.exits import DONE, FOUND, INTERNAL, SIGNALLED, UNUSABLE
from smtpsensor.cli.main import COMMANDS, GROUPS, app
from smtpsensor.config import SECOND, Limits, Settings
from smtpsensor.detect import tries
from smtpsensor.detect.caps import Caps as DetectionCaps
from smtpsensor.events import Outcome
from smtpsensor.report import screen, thresholds
from smtpsensor.report.thresholds import Caps

README, ARCHITECTURE = "README.md", "ARCHITECTURE.md"
TOP: Any = typer.main.get_command(app)
OPTIONS = [option for option in TOP.commands["replay"].params if option.opts[0].startswith("-")]
OPTION_ROWS = list(rows(section(README, "Options")))
LIMITS = {field.name: field.default for field in fields(Limits)}


def names(option: Any) -> set[str]:
    return {*option.opts, *option.secondary_opts}


def row_of(option: Any) -> list[str]:
    (found,) = [row for row in OPTION_ROWS if names(option) & set(re.findall(r"`(-[^` ]+)", row[0]))]
    return found


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.opts[0])
def test_an_option_stands_in_the_readme_with_all_its_names_and_its_value(option: Any) -> None:
    first, default, meaning = row_of(option)
    known = set(re.findall(r"`(-[^` ]+)", first))
    assert known == names(option)
    if option.metavar:
        assert f"`{option.opts[0]} {option.metavar}`" in first
    if isinstance(option.default, str):
        assert default == f"`{option.default}`"
    assert meaning


def test_no_option_stands_in_the_readme_that_does_not_exist() -> None:
    written = {name for row in OPTION_ROWS for name in re.findall(r"`(-[^` ]+)", row[0])}
    assert written == {"--help", "-h"}.union(*map(names, OPTIONS))


def test_the_ports_are_the_ones_that_hold() -> None:
    (implicit,) = [option for option in OPTIONS if option.opts[0] == "--implicit-tls-ports"]
    assert row_of(implicit)[1] == "`{}`".format(",".join(map(str, sorted(Settings().implicit_tls_ports))))
    assert "ports 25, 587 and 2525" in text(README)
    assert Settings().smtp_ports == {25, 587, 2525}


def test_every_command_stands_in_the_readme() -> None:
    told = re.findall(r"`smtpsensor ([^`]+)`", section(README, "Commands"))
    options = {name for option in TOP.params for name in names(option)}
    assert {word.split()[0] for word in told} == {*COMMANDS, *GROUPS, *options, "--help", "-h"}


EXITS = {DONE, INTERNAL, UNUSABLE, FOUND} | {
    SIGNALLED + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
}


def test_every_exit_code_stands_in_the_readme_and_in_the_help() -> None:
    assert {int(row[0]) for row in rows(section(README, "Exit codes"))} == EXITS
    told = TOP.commands["replay"].help.partition("Exit codes")[2]
    assert {int(number) for number in re.findall(r"\b\d+\b", told)} == EXITS


@pytest.mark.parametrize("name", ANOMALIES)
def test_an_anomaly_has_its_own_meaning_in_the_readme(name: str) -> None:
    assert named(section(README, "Odd traffic"))[name] == [ANOMALIES[name]]


def test_no_anomaly_stands_in_the_readme_that_is_never_counted() -> None:
    assert set(named(section(README, "Odd traffic"))) == set(ANOMALIES)


@pytest.mark.parametrize("page", [README, ARCHITECTURE])
def test_every_outcome_is_explained(page: str) -> None:
    assert set(named(section(page, "Outcomes"))) == set(map(str, Outcome))


def value(name: str, of: int) -> str:
    """A cap as a person reads it: times in seconds, octets and numbers with commas."""
    if of % SECOND == 0:
        return f"{of // SECOND} s"
    octets = name in {"line", "backlog", "history", "text", "fragment_bytes"} or name.startswith("held_")
    return f"{of:,} octets" if octets and name != "held_segments" else f"{of:,}"


@pytest.mark.parametrize("name", LIMITS)
def test_a_cap_stands_with_its_value_and_its_reason(name: str) -> None:
    told, reason = named(section(ARCHITECTURE, "Caps"))[name]
    assert told == value(name, LIMITS[name])
    assert len(reason) > 10


@pytest.mark.parametrize("field", fields(Caps), ids=lambda field: field.name)
def test_a_cap_of_the_report_stands_with_its_value_and_its_reason(field: Any) -> None:
    told, reason = named(section(ARCHITECTURE, "Caps"))[field.name]
    assert told == f"{field.default:,}"
    assert reason


def test_no_cap_stands_there_that_does_not_exist() -> None:
    assert set(named(section(ARCHITECTURE, "Caps"))) == {*LIMITS, *(field.name for field in fields(Caps))}


@pytest.mark.parametrize("field", fields(DetectionCaps), ids=lambda field: field.name)
def test_a_cap_of_detection_stands_with_its_value_and_its_reason(field: Any) -> None:
    told, reason = named(section(ARCHITECTURE, "Caps of detection"))[field.name]
    assert told == value(field.name, field.default)
    assert reason


def test_no_cap_of_detection_stands_there_that_does_not_exist() -> None:
    known = {field.name for field in fields(DetectionCaps)}
    assert set(named(section(ARCHITECTURE, "Caps of detection"))) == known


@pytest.mark.parametrize("name", LIMITS)
def test_a_cap_is_obeyed_somewhere(name: str) -> None:
    """A cap that no line of the program reads bounds nothing."""
    readers = [
        module.path
        for module in modules()
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.Attribute) and node.attr == name and "limits" in ast.unparse(node.value)
    ]
    assert readers


ATTACKS = section(README, "The report")


@pytest.mark.parametrize(
    "told",
    [
        f"{tries.BREAK_IN_FAILURES} failures in a row",
        f"at least {tries.BREAK_IN_SECRETS} passwords",
        f"{tries.GUESSES} guesses within {tries.GUESS_WINDOW // tries.MINUTE} minutes",
        f"{tries.GUESSES_SLOW} in all",
        f"{thresholds.BURST} within {thresholds.BURST_WINDOW // tries.MINUTE} minutes",
        f"{thresholds.ACCOUNT_SECRETS} different passwords",
        f"{thresholds.ACCOUNT_SOURCES} places",
        f"the same wrong password {tries.STALE} times again",
        f"first {screen.TOP} rows",
        f"up to {Caps().rows:,}",
        f"`{tries.SECRETS}+`",
    ],
)
def test_what_is_called_an_attack_is_told_with_its_numbers(told: str) -> None:
    assert told in " ".join(ATTACKS.split())


@pytest.mark.parametrize(
    "told",
    [
        f"lines of {Limits().line:,} octets",
        f"names of {Limits().text}",
        f"{Limits().held_total >> 20} MiB",
        f"{Caps().sources:,} sources and as many accounts",
    ],
)
def test_the_limits_in_short_are_those_in_long(told: str) -> None:
    assert told in " ".join(section(README, "Limits").split())
    assert Caps().sources == Caps().accounts
    assert Limits().connections > 1_000_000


def test_every_room_stands_in_the_architecture() -> None:
    built = {module.room for module in modules()} - {"__init__", "__main__"}
    assert set(named(section(ARCHITECTURE, "The rooms"))) == built - LEAVES
    leaves = re.search(r"^Leaves, .*?: (.*)\.$", section(ARCHITECTURE, "The rooms"), re.MULTILINE)
    assert leaves
    assert set(re.findall(r"`(\w+)`", leaves[1])) == LEAVES - {"__init__"}
    assert built <= set(ALLOWED)


def test_every_library_that_is_imported_stands_there_with_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {re.split(r"[<>=\[]", each)[0] for each in project["dependencies"]}
    imported = {name.partition(".")[0] for module in modules() for _, name in imports(module)}
    used = {name.replace("_", "-") for name in imported} & declared
    assert set(named(section(ARCHITECTURE, "Dependencies"))) == used


def test_the_changelog_tells_of_this_version() -> None:
    from smtpsensor import __version__

    assert f"\n## {__version__}\n" in text("CHANGELOG.md")
