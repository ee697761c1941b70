"""Names that outsiders read are used, and documented where they are listed."""

import ast
import re
from pathlib import Path

import pytest
from support.tree import ROOT, modules

from smtpsensor.anomalies import ANOMALIES

# What the README must name, each with the reason it is there: extended by whoever adds such names.
README = ROOT / "README.md"


def strings_of_the_code() -> set[str]:
    """Every string literal of the package outside the list of anomalies itself."""
    return {
        node.value
        for module in modules()
        if module.room != "anomalies"
        for node in ast.walk(module.syntax)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def table_cells(path: Path) -> set[str]:
    """First cells of all tables of a Markdown file, without back quotes."""
    rows = re.findall(r"^\|\s*`?([^|`]+?)`?\s*\|", path.read_text(), re.MULTILINE)
    return set(rows)


@pytest.mark.parametrize("name", ANOMALIES)
def test_an_anomaly_is_raised_somewhere(name: str) -> None:
    assert name in strings_of_the_code()


@pytest.mark.parametrize("name", ANOMALIES)
def test_an_anomaly_stands_in_the_readme(name: str) -> None:
    assert name in table_cells(README)
