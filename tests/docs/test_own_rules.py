"""The page about rules of one's own: its rule and test run, and it names every field that is read."""

from pathlib import Path

import pytest
from cli.program import smtpsensor
from docs.pages import blocks, named, section, spans

from smtpsensor.detect import rulecase, rulecase_events
from smtpsensor.detect.alert import AlertState
from smtpsensor.detect.match import FIELDS
from smtpsensor.detect.schema import FIELDS as OF_A_RULE

PAGE = "docs/rules.md"


@pytest.mark.parametrize("command", ["check", "test"])
def test_the_rule_and_its_test_run_as_they_stand(command: str, tmp_path: Path) -> None:
    rule, test = (block.text for block in blocks(PAGE) if block.kind == "yaml")
    (tmp_path / "tests").mkdir()
    (tmp_path / "mail_probe.yaml").write_text(rule)
    (tmp_path / "tests" / "mail_probe.yaml").write_text(test)
    ran = smtpsensor("rules", command, "mail_probe.yaml", cwd=tmp_path)
    assert (ran.code, ran.lines) == (0, [])


def test_every_field_of_a_rule_stands_there() -> None:
    assert tuple(named(section(PAGE, "Fields of a rule"))) == OF_A_RULE


def test_every_field_of_a_case_stands_there() -> None:
    assert tuple(named(section(PAGE, "Fields of a test case"))) == rulecase._FIELDS


def test_every_field_that_can_be_matched_attempted_or_expected_is_named() -> None:
    known = {*FIELDS, *rulecase_events._FIELDS, *rulecase._EXPECTED, *map(str, AlertState)}
    assert known <= set(spans(PAGE))
