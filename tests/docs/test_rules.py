"""The README lists every shipped rule with its severity, loudest first, and no other."""

from docs.pages import rows, section

from smtpsensor.detect.loading import load_rules
from smtpsensor.detect.site import Site


def test_the_table_of_rules_is_the_shipped_ones() -> None:
    told = {row[0].strip("`"): row[1] for row in rows(section("README.md", "What it detects"))}
    assert told == {rule.name: str(rule.facts.severity) for rule in load_rules([], Site())}


def test_the_loudest_stand_first() -> None:
    told = [row[1] for row in rows(section("README.md", "What it detects"))]
    assert told == sorted(told, key=["critical", "warning", "info"].index)


def test_the_number_is_the_number() -> None:
    numbers = {15: "Fifteen", 16: "Sixteen"}
    assert section("README.md", "What it detects").strip().startswith(numbers[len(load_rules([], Site()))])
