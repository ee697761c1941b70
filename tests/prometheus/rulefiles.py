"""The rule files as data: groups, alerts, and which metrics and labels their expressions name."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from support.tree import ROOT

from smtpsensor.metrics.families import FAMILIES, Kind

FOLDER = ROOT / "rules" / "prometheus"
FILES = ("smtpsensor.yml", "smtpsensor-attacks.yml")
# Given by Prometheus to every series, or to all of one alert.
TARGET = {"job", "instance"}
_WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*\{([^}]*)\}")
_MATCHER = re.compile(r"\s*(\w+)\s*(?:=~|!~|!=|=)\s*\"((?:[^\"\\]|\\.)*)\"\s*,?")
_GROUPING = re.compile(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)")


class Rule(NamedTuple):
    """One recording or alerting rule."""

    file: str
    group: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.body.get("alert") or self.body["record"])

    @property
    def expr(self) -> str:
        return str(self.body["expr"])


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@cache
def rules() -> tuple[Rule, ...]:
    return tuple(
        Rule(file, group["name"], body)
        for file in FILES
        for group in read(FOLDER / file)["groups"]
        for body in group["rules"]
    )


def alerts() -> list[Rule]:
    return [rule for rule in rules() if "alert" in rule.body]


def recorded() -> dict[str, str]:
    """Recorded series -> what makes them."""
    return {rule.name: rule.expr for rule in rules() if "record" in rule.body}


def exported() -> dict[str, set[str]]:
    """Every series that the sensor's exporter gives -> its labels."""
    found: dict[str, set[str]] = {}
    for name, family in FAMILIES.items():
        labels = set(family.labels)
        if family.kind is Kind.HISTOGRAM:
            found |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            found[name] = labels
    return found


def series(expr: str) -> set[str]:
    """Names of the series that an expression asks for and that are this project's."""
    bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"", '""', expr)
    return {word for word in _WORD.findall(bare) if "smtpsensor" in word}


def labels(expr: str) -> Iterator[tuple[str, str]]:
    """(series, label) of every matcher of an expression."""
    for name, inner in _SELECTOR.findall(expr):
        for label, _ in _MATCHER.findall(inner):
            yield name, label


def grouped(expr: str) -> set[str]:
    """Labels that an expression groups or joins by."""
    return {label.strip() for inner in _GROUPING.findall(expr) for label in inner.split(",") if label.strip()}


def matched(expr: str, label: str) -> list[str]:
    """Patterns that an expression holds a label against."""
    return [
        value
        for _, inner in _SELECTOR.findall(expr)
        for name, value in _MATCHER.findall(inner)
        if name == label
    ]


def labels_of(name: str) -> set[str]:
    """All labels that a series of the exporter or a recorded one may have."""
    if name in exported():
        return exported()[name]
    if name == "smtpsensor:threshold:value":
        return {"threshold"}
    expr = recorded()[name]
    by = re.match(r"sum by \(([^)]*)\)", expr)
    if by:
        return {label.strip() for label in by[1].split(",")} - TARGET
    return set().union(*(labels_of(inner) for inner in series(expr)))
