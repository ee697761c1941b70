"""Every field that a run over the project's own captures writes is documented."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from cli.program import replay_here
from docs.pages import named, section, spans
from support.tree import ROOT

PAGE = "docs/schema/events.md"
CAPTURES = sorted(path for path in (ROOT / "pcaps").iterdir() if ".pcap" in path.name)
INSIDE = {
    "eve": ("smtp.auth.", "smtp_session.", "alert."),
    "ecs": ("smtpsensor.alert.", "smtpsensor."),
}


def leaves(record: dict[str, Any], prefix: str = "") -> set[str]:
    """Names of all values, dotted."""
    found: set[str] = set()
    for key, value in record.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
    return found


@pytest.mark.parametrize("form", INSIDE)
def test_every_field_of_an_event_line_is_documented(form: str, tmp_path: Path) -> None:
    ran = replay_here(*CAPTURES, "--events", "-", "--format", form, cwd=tmp_path)
    written = set().union(*(leaves(json.loads(line)) for line in ran.out.splitlines()))
    assert len(written) > 30
    known = set(spans(PAGE))
    unknown = {
        name for name in written - known if not any(own(name, prefix) in known for prefix in INSIDE[form])
    }
    assert unknown == set()


def own(name: str, prefix: str) -> str | None:
    """A field's name where the page gives it without its prefix; rules choose the words of facts."""
    if not name.startswith(prefix):
        return None
    inner = name.removeprefix(prefix)
    return "facts.*" if inner.startswith("facts.") else inner


def test_every_column_is_documented(tmp_path: Path) -> None:
    ran = replay_here(*CAPTURES, "--csv", "-", cwd=tmp_path)
    head, *attempts = csv.reader(ran.text.splitlines())
    assert attempts
    assert head == list(named(section(PAGE, "CSV")))
