"""From files to the rules in force: values of `match`, overriding, what the site changes."""

import math
import re
from ipaddress import ip_network
from pathlib import Path

import pytest
from detect.rule_files import rule
from hypothesis import given
from hypothesis import strategies as st
from support.tree import ROOT

from smtpsensor.detect import files
from smtpsensor.detect.alert import Severity
from smtpsensor.detect.loading import load_files, load_rules
from smtpsensor.detect.matching import _glob, glob_text, said
from smtpsensor.detect.problems import RuleErrors
from smtpsensor.detect.rule import Condition, Range, Threshold
from smtpsensor.detect.schema import read_rule
from smtpsensor.detect.site import Mute, RuleChange, Site

MINUTE = 60 * 10**9


def match(text: str) -> Condition:
    (condition,) = read_rule(rule(match="{" + text + "}"), "mine.yaml").rule.match
    return condition


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("guess: true", (True,)),
        ("username: null", (None,)),
        ("outcome: [success, failure]", ("success", "failure")),
        ("code: 535", (535,)),
        ('code: ">=500"', (Range(500, math.inf),)),
        ('code: "5..10"', (Range(5, 10),)),
        ("source: 192.0.2.7", ("192.0.2.7",)),
        ("source: 2001:DB8:0::7", ("2001:db8::7",)),
        ("source: [192.0.2.0/24, 2001:db8::/32]", (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))),
        ("username: Anna@Example.org", ("anna@example.org",)),
        ("mechanism: plain", ("PLAIN",)),
        ("enhanced: 5.7.8", ("5.7.8",)),
    ],
)
def test_a_value_in_the_type_that_is_compared(text: str, values: tuple[object, ...]) -> None:
    assert match(text) == Condition(text.partition(":")[0], values)


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ('origin: "!own"', "origin", ("own",)),
        ('code: ["!535", "!530"]', "code", (535, 530)),
        ('username: "!null"', "username", (None,)),
    ],
)
def test_an_exclamation_mark_turns_it_round(text: str, field: str, values: tuple[object, ...]) -> None:
    assert match(text) == Condition(field, values, negated=True)


@pytest.mark.parametrize(
    ("how", "number", "met"), [(">", 900.0, False), (">", 900.5, True), ("<", 899.9, True), ("<", 900, False)]
)
def test_above_and_below_leave_the_number_out(how: str, number: float, met: bool) -> None:
    (range_,) = match(f'response_ms: "{how}900"').values
    assert isinstance(range_, Range)
    assert (range_.low <= number <= range_.high) is met


@pytest.mark.parametrize(
    ("field", "text", "name", "met"),
    [
        ("username", "*@Example.org", "anna@example.org", True),
        ("username", "*@example.org", "anna@example.org.example.net", False),
        ("username", "user?", "user12", False),
        ("username", "[a]*", "[a]b", True),
        ("helo", "ANNA-PC", "anna-pc", True),
        ("workstation", "anna.*", "anna.pc", True),
    ],
)
def test_names_are_patterns_without_regard_to_case(field: str, text: str, name: str, met: bool) -> None:
    (pattern,) = match(f'{field}: "{text}"').values
    assert isinstance(pattern, re.Pattern)
    assert (pattern.fullmatch(name) is not None) is met


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_a_pattern_is_shown_as_it_was_written(text: str) -> None:
    assert glob_text(_glob(text)) == re.sub(r"\*+", "*", text.casefold())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("outcome: [success, failure]", "outcome is success or failure"),
        ('origin: "!own"', "origin is not own"),
        ('response_ms: "<900"', "response_ms is below 900"),
        ('response_ms: ">900"', "response_ms is above 900"),
        ('response_ms: ">=900"', "response_ms is 900 or more"),
        ('code: "500..599"', "code is 500 to 599"),
        ("username: null", "username is absent"),
        ('username: "*@example.org"', "username is *@example.org"),
        ("source: 192.0.2.0/24", "source is in 192.0.2.0/24"),
    ],
)
def test_a_condition_in_words(text: str, words: str) -> None:
    assert said(match(text)) == words


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shipped rules of the test's own: `mine`, and `other` that yields to it. Returns a folder for more."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "mine.yaml").write_bytes(
        rule(against="{outcome: success}", threshold="{attempts: 10, within: 5m, against_below: 7}")
    )
    (shipped / "other.yaml").write_bytes(rule(name="other", id="9000002", yields_to="[mine]"))
    monkeypatch.setattr("smtpsensor.detect.loading.shipped_folder", lambda: shipped)
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def failing(*paths: Path, site: Site | None = None) -> list[str]:
    with pytest.raises(RuleErrors) as raised:
        load_rules(paths, site)
    return [str(error).replace(str(paths[0].parent) if paths else "", "") for error in raised.value.errors]


def test_the_shipped_rules_are_found_in_a_checkout() -> None:
    assert files.shipped_folder() == ROOT / "rules" / "detection"
    assert {path.name for path in files.rule_files(files.shipped_folder())} >= {"brute_force_source.yaml"}


def test_a_rule_takes_the_place_of_the_shipped_one_of_its_name(alone: Path) -> None:
    (alone / "mine.yaml").write_bytes(rule(severity="info"))
    (alone / "new.yaml").write_bytes(rule(name="new", id="9000003"))
    rules = load_rules([alone])
    assert [(one.name, one.facts.severity) for one in rules] == [
        ("mine", Severity.INFO),
        ("new", Severity.WARNING),
        ("other", Severity.WARNING),
    ]


def test_a_file_given_twice_is_one_file(alone: Path) -> None:
    (alone / "new.yaml").write_bytes(rule(name="new", id="9000003"))
    assert [one.name for one in load_rules([alone, alone / "new.yaml"])] == ["mine", "new", "other"]


def test_two_rules_of_one_name(alone: Path) -> None:
    for folder in ("a", "b"):
        (alone / folder).mkdir()
        (alone / folder / "new.yaml").write_bytes(rule(name="new", id="9000003"))
    assert failing(alone / "a", alone / "b") == [
        "/b/new.yaml:1: name: new is the name of the rule in /a/new.yaml:1 as well; rename one"
    ]


def test_two_rules_of_one_number(alone: Path) -> None:
    (alone / "new.yaml").write_bytes(rule(name="new"))
    assert failing(alone / "new.yaml") == [
        "/new.yaml:2: id: 9000001 is the id of mine as well; take another number"
    ]


@pytest.mark.parametrize("field", ["unless", "yields_to"])
def test_a_rule_that_names_one_that_does_not_exist(field: str, alone: Path) -> None:
    (alone / "new.yaml").write_bytes(rule(name="new", id="9000003", **{field: "[othr]"}))
    assert failing(alone / "new.yaml") == [f"/new.yaml:11: {field}: othr is no rule; did you mean other?"]


def test_what_cannot_be_read(alone: Path) -> None:
    assert failing(alone / "none.yaml") == ["/none.yaml: does not exist; check the path"]
    assert failing(alone) == ["/own: a folder without rules; give one with files called NAME.yaml"]
    (alone / ".hidden.yaml").write_bytes(b"x")
    (alone / "tests").mkdir()
    assert failing(alone) == ["/own: a folder without rules; give one with files called NAME.yaml"]
    assert failing(Path("/dev/zero"))[0].endswith(
        "is larger than 64 KiB; a file of this kind is a page or two"
    )


def test_the_mistakes_of_all_files_are_said(alone: Path) -> None:
    (alone / "a.yaml").write_bytes(rule(name="a", quiet="0s"))
    (alone / "b.yaml").write_bytes(b"")
    assert [line.partition(":")[0] for line in failing(alone)] == ["/own/a.yaml", "/own/b.yaml"]


def changed(alone: Path, **change: object) -> Site:
    del alone
    return Site(changes=(RuleChange(**change),), file="site.toml")  # type: ignore[arg-type]


def test_a_rule_switched_off_is_gone_and_may_be_named_still(alone: Path) -> None:
    assert [one.name for one in load_rules((), changed(alone, rule="mine", off=True))] == ["other"]


def test_severity_quiet_and_numbers_are_changed(alone: Path) -> None:
    wanted = Threshold((("attempts", 20),), 5 * MINUTE)
    (mine, _) = load_rules(
        (), changed(alone, rule="mine", severity="critical", quiet=MINUTE, thresholds=(wanted,))
    )
    assert (mine.facts.severity, mine.quiet) == (Severity.CRITICAL, MINUTE)
    assert mine.thresholds == (Threshold((("attempts", 20),), 5 * MINUTE, against_below=14),)


def test_numbers_of_one_server_leave_the_others_alone(alone: Path) -> None:
    wanted = Threshold((("attempts", 3),), MINUTE, against_below=1)
    (mine, _) = load_rules((), changed(alone, rule="mine", server="203.0.113.25", thresholds=(wanted,)))
    assert mine.servers == {"203.0.113.25": (wanted,)}
    assert mine.thresholds[0].counts == (("attempts", 10),)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (RuleChange("mien", off=True), "off"),
        (RuleChange("mien", quiet=1), "rules.mien"),
        (RuleChange("mien", server="203.0.113.25", thresholds=()), 'servers."203.0.113.25".mien'),
    ],
)
@pytest.mark.usefixtures("alone")
def test_a_change_of_a_rule_that_does_not_exist(change: RuleChange, field: str) -> None:
    site = Site(changes=(change,), file="site.toml")
    assert failing(site=site) == [f"site.toml: detection.{field}: mien is no rule; did you mean mine?"]


@pytest.mark.usefixtures("alone")
def test_a_mute_of_a_rule_that_does_not_exist() -> None:
    site = Site(mutes=(Mute("because", rule="mien"),), file="site.toml")
    assert failing(site=site) == ["site.toml: detection.mute[0].rule: mien is no rule; did you mean mine?"]


def test_lines_of_fields_are_known(alone: Path) -> None:
    (alone / "new.yaml").write_bytes(rule(name="new", id="9000003"))
    (new,) = [one for one in load_files([alone]) if one.rule.name == "new"]
    assert (new.lines["name"], new.lines["quiet"]) == (1, 10)
