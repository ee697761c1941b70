"""A scrape as it stands, and what docs/metrics.md says of it.

golden/attack-demo.txt was reviewed against the report of pcaps/attack-demo.pcap: 60 failures and 4 successes
in 28 sessions, 1,000 frames. Metrics of process and Python, and versions, are left out.
`PYTHONPATH=tests:. python tests/metrics/test_golden.py` writes it anew.
"""

import re
from pathlib import Path

import pytest
from docs.pages import named, section
from hypothesis import given
from hypothesis import strategies as st
from metrics.scraping import replayed, sensor, text, value

from smtpsensor.anomalies import ANOMALIES
from smtpsensor.capture.types import Batch, Interface
from smtpsensor.config import Settings
from smtpsensor.metrics.families import FAMILIES, UNDECODED
from smtpsensor.pipeline import Pipeline
from smtpsensor.sinks.openmetrics import OpenMetricsWriter

GOLDEN = Path(__file__).parent / "golden" / "attack-demo.txt"
RULES = ("brute_force_source", "success_after_failures")  # whatever others there are
SAMPLE = re.compile(r"^(\w+?)(?:_bucket|_sum|_count)?(?:\{(.*)\})? ", re.MULTILINE)


def scrape() -> str:
    page = text(replayed(*RULES, top=3).sensor)
    return re.sub(r'python="[^"]*",version="[^"]*"', 'python="3",version="0"', page)


def reviewed() -> str:
    """The page without the anomalies that did not happen: each stands at 0."""
    return re.sub(r"^smtpsensor_anomalies_total\{.*\} 0\.0\n", "", scrape(), flags=re.MULTILINE)


def test_a_scrape_of_the_demo_capture() -> None:
    assert reviewed() == GOLDEN.read_text()


def test_every_anomaly_stands_at_0_from_the_start() -> None:
    page = text(sensor())
    assert all(value(page, "smtpsensor_anomalies_total", anomaly=name) == 0 for name in ANOMALIES)


def test_every_metric_says_its_type_and_meaning() -> None:
    page = scrape()
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE))
    meanings = dict(re.findall(r"^# HELP (\w+) (.+)$", page, re.MULTILINE))
    assert types == {name: family.kind.value for name, family in FAMILIES.items()}
    assert meanings == {name: family.meaning for name, family in FAMILIES.items()}


def test_every_sample_has_the_labels_of_its_metric() -> None:
    found: dict[str, set[str]] = {}
    for name, labels in SAMPLE.findall(scrape()):
        found.setdefault(name, set()).update(re.findall(r'(?:^|,)(\w+)="', labels))
    assert {name: labels - {"le"} for name, labels in found.items()} == {
        name: set(family.labels) for name, family in FAMILIES.items()
    }


@pytest.mark.parametrize("name", FAMILIES)
def test_a_metric_stands_in_the_docs_with_type_labels_and_meaning(name: str) -> None:
    family = FAMILIES[name]
    kind, labels, meaning = named(section("docs/metrics.md", "The list"))[name]
    assert (kind, re.findall(r"`(\w+)`", labels), meaning) == (
        family.kind.value,
        list(family.labels),
        family.meaning,
    )


def test_no_metric_stands_in_the_docs_that_does_not_exist() -> None:
    assert set(named(section("docs/metrics.md", "The list"))) == set(FAMILIES)


def test_a_replay_as_a_file_has_the_same_names_labels_and_meanings() -> None:
    """A dashboard works on both."""
    for family in OpenMetricsWriter(None, "sensor1").families:  # type: ignore[arg-type]
        served = FAMILIES[family.name + ("_total" if family.kind == "counter" else "")]
        assert (family.kind, family.labels, family.meaning) == (
            served.kind.value,
            served.labels,
            served.meaning,
        )


@given(
    st.lists(st.binary(min_size=1, max_size=80), max_size=20), st.sampled_from([0, 1, 12, 101, 113, 189, 276])
)
def test_the_reasons_of_undecoded_frames_are_all_there_are(octets: list[bytes], link: int) -> None:
    pipeline = Pipeline(Settings())
    iface, buf = Interface(link), b"".join(octets)
    at = [sum(map(len, octets[:n])) for n in range(len(octets))]
    records = ((n, at[n], len(one), len(one) + 9, iface, n + 1) for n, one in enumerate(octets))
    pipeline.feed(Batch(buf + bytes(64), records, None))
    stats = pipeline.stats
    assert stats.frames_undecoded == sum(stats.named[name] for name in UNDECODED)


if __name__ == "__main__":
    GOLDEN.write_text(reviewed())
