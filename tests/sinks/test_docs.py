"""docs/schema/events.md names every field that is written, and no column that is not."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from sinks.samples import alert, anomaly, full_alert, full_auth, full_session
from sinks.test_geo import ALL_KNOWN
from support.mmdb import database

from smtpsensor.detect.alert import Alert, AlertState
from smtpsensor.detect.rule import DISTINCT, KEYS
from smtpsensor.events import Encryption, EndReason, Event, Outcome
from smtpsensor.sinks.csvfile import COLUMNS
from smtpsensor.sinks.ecs import ECS_VERSION, OUTCOMES, EcsWriter
from smtpsensor.sinks.eve import EveWriter
from smtpsensor.sinks.geo import Geo
from smtpsensor.sinks.labels import REASONS, SERVERS
from smtpsensor.sinks.openmetrics import SERIES, STEP, STEPS, OpenMetricsWriter

DOCS = Path(__file__).parents[2] / "docs"
DOC = (DOCS / "schema" / "events.md").read_text()
METRICS = (DOCS / "openmetrics.md").read_text()
EVENTS: list[Event | Alert] = [
    *(full_auth(), full_session(), anomaly("early_talker"), anomaly("overlap_conflict")),
    *(full_alert(), alert()),
]


def section(title: str) -> str:
    return DOC.split(f"## {title}\n")[1].split("\n## ")[0]


def words(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def leaves(record: dict[str, Any], prefix: str = "") -> set[str]:
    names: set[str] = set()
    for key, value in record.items():
        names |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
    return names


def written(writer_class: type[EveWriter | EcsWriter], folder: Path) -> set[str]:
    out = io.BytesIO()
    (folder / "all.mmdb").write_bytes(database({"198.51.100.0/24": ALL_KNOWN}))
    writer = writer_class(out, "sensor1", Geo(str(folder / "all.mmdb")))
    for event in EVENTS:
        writer.write(event)
    writer.flush()
    return set().union(*(leaves(json.loads(line)) for line in out.getvalue().splitlines()))


def test_every_eve_field_is_documented(tmp_path: Path) -> None:
    known = words(section("EVE"))
    under = {"smtp.auth.", "smtp_session.", "alert."}
    for name in written(EveWriter, tmp_path):
        if name.startswith("alert.facts."):
            name = "alert.facts.*"  # noqa: PLW2901 - rules choose the words
        assert name in known or any(name.startswith(p) and name.removeprefix(p) in known for p in under), name


def test_every_ecs_field_is_documented(tmp_path: Path) -> None:
    known = words(section("ECS"))
    for name in written(EcsWriter, tmp_path):
        own = name.removeprefix("smtpsensor.")
        if own.startswith("alert."):
            own = own.split(".")[1]  # what stands below is told with EVE
        assert name in known or own in known, name
    assert ECS_VERSION in known


def test_the_columns_are_the_documented_ones_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", section("CSV"), re.MULTILINE)
    assert dict(rows) == COLUMNS
    assert [name for name, _ in rows] == list(COLUMNS)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_is_documented_with_its_ecs_outcome(outcome: Outcome) -> None:
    assert re.search(rf"^\| `{outcome.value}` \|.*\| `{OUTCOMES[outcome]}` \|$", DOC, re.MULTILINE)


def test_every_way_to_end_and_to_encrypt_is_documented() -> None:
    assert {value.value for kind in (EndReason, Encryption) for value in kind} <= words(section("EVE"))


def test_all_that_alerts_are_grouped_by_and_count_is_documented() -> None:
    known = words(section("EVE"))
    assert {f"key.{kind}" for kind in (*KEYS, "site", "campaign")} | {
        f"distinct.{kind}" for kind in DISTINCT
    } <= known
    assert {state.value for state in AlertState} <= known


def test_every_metric_is_documented_with_its_type_its_labels_and_its_meaning() -> None:
    rows = re.findall(r"^\| `(smtpsensor_\w+)` \| (\w+) \| (.+) \| (.+) \|$", METRICS, re.MULTILINE)
    families = OpenMetricsWriter(io.BytesIO(), "sensor1").families
    assert rows == [
        (
            family.name + "_total" * (family.kind == "counter"),
            family.kind,
            ", ".join(f"`{label}`" for label in family.labels),
            family.meaning,
        )
        for family in families
    ]


def test_every_code_is_documented_with_its_reason() -> None:
    told = {
        int(code): reason
        for codes, reason in re.findall(r"^\| (`\d.*) \| `(\w+)` \|$", METRICS, re.MULTILINE)
        for code in re.findall(r"\d+", codes)
    }
    assert told == REASONS


def test_the_caps_of_metrics_are_documented() -> None:
    for told in (
        f"every {STEP} seconds",
        f"at most {STEPS:,} steps",
        f"Servers beyond {SERVERS}",
        f"label sets beyond {SERIES}",
    ):
        assert told in " ".join(METRICS.split())
