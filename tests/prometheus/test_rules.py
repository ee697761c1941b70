"""The rules as files: names and labels of the exporter, thresholds in one place, a page for each alert."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from prometheus.rulefiles import (
    FOLDER,
    TARGET,
    Rule,
    alerts,
    exported,
    grouped,
    labels,
    labels_of,
    matched,
    read,
    recorded,
    rules,
    series,
)
from support.tree import ROOT

SEVERITIES = {"critical", "warning", "info"}
RUNBOOKS = ROOT / "docs" / "runbooks"
SECTIONS = ["What it means", "What to look at", "What to do", "When it is benign"]
# Words that no expression compares with: 0 and 1 are truth values.
NUMBER = re.compile(r"(?:[<>]=?|==|!=)\s*(?!0\b|1\b)-?\d")
TESTS = sorted((FOLDER / "tests").glob("*.yml"))
ALERTS = pytest.mark.parametrize("alert", alerts(), ids=lambda rule: rule.name)
EVERY = pytest.mark.parametrize(
    "rule", rules(), ids=lambda rule: f"{rule.name}-{rule.body.get('labels', '')}"
)


@EVERY
def test_every_series_is_exported_or_recorded(rule: Rule) -> None:
    assert series(rule.expr) <= set(exported()) | set(recorded())


@EVERY
def test_every_label_is_one_of_its_series(rule: Rule) -> None:
    for name, label in labels(rule.expr):
        assert label in (labels_of(name) if "smtpsensor" in name else set()) | TARGET, (name, label)


@EVERY
def test_what_is_grouped_by_is_a_label(rule: Rule) -> None:
    known = set().union(TARGET, *(labels_of(name) for name in series(rule.expr)))
    assert grouped(rule.expr) <= known


@ALERTS
def test_an_alert_is_named_and_told_as_is_usual(alert: Rule) -> None:
    assert re.fullmatch(r"Smtpsensor([A-Z][a-z]+)+", alert.name)
    assert alert.body["labels"]["severity"] in SEVERITIES | {"{{ $labels.severity }}"}
    told = alert.body["annotations"]
    assert set(told) == {"summary", "description", "runbook_url"}
    assert told["runbook_url"] == f"https://example.org/smtpsensor/docs/runbooks/{alert.name}.md"


@ALERTS
def test_what_an_alert_tells_are_labels_it_has(alert: Rule) -> None:
    text = " ".join(alert.body["annotations"].values())
    known = set().union(TARGET, *(labels_of(name) for name in series(alert.expr)))
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= known


def test_every_page_belongs_to_an_alert_and_has_its_sections() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {alert.name for alert in alerts()}
    for path in RUNBOOKS.glob("*.md"):
        text = path.read_text()
        assert text.startswith(f"# {path.stem}\n")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS, path.name


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_what_a_page_asks_prometheus_exists(path: Path) -> None:
    for query in re.findall(r"^```\n(.*?)^```$", path.read_text(), re.DOTALL | re.MULTILINE):
        assert series(query) <= set(exported()) | set(recorded()), query
        for name, label in labels(query):
            assert label in labels_of(name) | TARGET if "smtpsensor" in name else label in TARGET


@ALERTS
def test_no_number_stands_in_an_alert(alert: Rule) -> None:
    assert not NUMBER.search(alert.expr), "compare with a threshold of the first group"


def test_thresholds_are_those_in_use() -> None:
    own = [rule.body["labels"]["threshold"] for rule in rules() if rule.group == "smtpsensor-thresholds"]
    used = [name for rule in alerts() for name in matched(rule.expr, "threshold")]
    assert len(own) == len(set(own))
    assert set(own) == set(used)


def test_recorded_names_say_level_metric_operation() -> None:
    for name in recorded():
        assert re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z0-9_]+", name), name


def test_every_loud_rule_of_detection_has_one_alert() -> None:
    """`SmtpsensorOtherAttack` takes what the others leave, and nothing of theirs."""
    (other,) = (alert for alert in alerts() if alert.name == "SmtpsensorOtherAttack")
    (left_out,) = matched(other.expr, "rule")
    named: list[str] = []
    for alert in alerts():
        if alert is not other:
            for pattern in set(matched(alert.expr, "rule")):
                named += pattern.split("|")
    shipped = {read(path)["name"] for path in (ROOT / "rules" / "detection").glob("*.yaml")}
    assert set(named) <= shipped
    assert sorted(named) == sorted(left_out.split("|"))


@ALERTS
def test_every_alert_is_tested_both_ways(alert: Rule) -> None:
    cases = [
        bool(check["exp_alerts"])
        for path in TESTS
        for test in read(path)["tests"]
        for check in test["alert_rule_test"]
        if check["alertname"] == alert.name
    ]
    assert set(cases) == {True, False}


def test_limits_that_are_left_out_exist() -> None:
    """A renamed cap shall not come back as noise."""
    from smtpsensor.metrics.limits import REFUSED_AS

    (alert,) = (alert for alert in alerts() if alert.name == "SmtpsensorTableFull")
    known = [*REFUSED_AS, "top_sources", "top_usernames"]
    for pattern in matched(alert.expr, "limit"):
        for word in pattern.split("|"):
            assert any(fnmatchcase(name, word.replace(".*", "*")) for name in known), word
