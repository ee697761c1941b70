"""The dashboards as files: current, for any data source, each panel with a unit and a word on itself."""

import json
import re

import pytest
import yaml
from prometheus.boards import dashboard, expressions
from prometheus.rulefiles import TARGET, alerts, exported, grouped, labels, labels_of, series
from support.tree import ROOT

from grafana.__main__ import FOLDER, text
from grafana.dashboards import ALL

# Those of a process and of Prometheus itself.
OTHERS = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes"}
VARIABLES = {"datasource", "job", "instance"}
NAMES = pytest.mark.parametrize("name", ALL)
# Units that fit: what a metric's name ends in, under rate() -> Grafana's unit.
BY_NAME = {
    "frames_total": "pps",
    "drops_total": "pps",
    "bytes_total": "Bps",
    "attempts_total": "reqps",
    "failures_total": "reqps",
}


@NAMES
def test_the_file_is_what_the_code_makes(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text() == text(name), "python -m grafana"


def test_there_are_no_other_files() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(ALL)


@NAMES
def test_a_dashboard_can_be_linked_to_and_chooses_its_source(name: str) -> None:
    board = dashboard(name)
    assert board["uid"].startswith("smtpsensor-")
    assert {one["name"] for one in board["templating"]["list"]} >= VARIABLES
    uids = re.findall(r'"uid": "([^"]*)"', json.dumps(board))
    assert set(uids) == {"${datasource}", board["uid"]}


def test_uids_differ() -> None:
    assert len({dashboard(name)["uid"] for name in ALL}) == len(ALL)


@NAMES
def test_a_panel_says_what_it_shows_in_which_unit(name: str) -> None:
    panels = dashboard(name)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"]


@NAMES
def test_panels_lie_beside_each_other(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard(name)["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        taken |= cells


@NAMES
def test_units_fit_what_is_measured(name: str) -> None:
    for expr, panel in expressions(name):
        unit = panel["fieldConfig"]["defaults"]["unit"]
        if panel["type"] != "timeseries" or "rate(" not in expr or "/" in expr or "* 3600" in expr:
            continue
        metric = re.search(r"rate\((\w+)", expr)
        assert metric
        for ending, fits in BY_NAME.items():
            if metric[1].endswith(ending) and "sink" not in metric[1]:
                assert unit == fits, panel["title"]


@NAMES
def test_names_and_labels_are_the_exporters(name: str) -> None:
    for expr, panel in expressions(name):
        assert series(expr) <= set(exported()), panel["title"]
        known = set().union(TARGET, *(labels_of(one) for one in series(expr)))
        assert grouped(expr) <= known
        for metric, label in labels(expr):
            if metric not in OTHERS:
                assert label in labels_of(metric) | TARGET, (panel["title"], label)
        for target in panel["targets"]:
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= known


@NAMES
def test_links_lead_to_runbooks(name: str) -> None:
    known = {alert.name for alert in alerts()}
    for panel in dashboard(name)["panels"]:
        for link in panel["links"]:
            assert re.search(r"/docs/runbooks/(\w+)\.md$", link["url"])[1] in known  # type: ignore[index]


def test_provisioning_is_read_by_grafanas_names() -> None:
    folder = ROOT / "grafana" / "provisioning"
    source = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text())
    assert source["apiVersion"] == 1
    assert source["datasources"][0]["type"] == "prometheus"
    provider = yaml.safe_load((folder / "dashboards" / "smtpsensor.yml").read_text())
    assert provider["providers"][0]["type"] == "file"
