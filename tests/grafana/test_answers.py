"""Every expression of every panel, asked of a Prometheus that scraped an attack being replayed."""

import re
import time
from collections.abc import Iterator
from itertools import chain

import pytest
from alertmanager.servers import free_port, within
from prometheus.boards import dashboard, expressions
from prometheus.stack import Prometheus, prometheus, sensor

from grafana.dashboards import ALL

pytestmark = pytest.mark.system

# What Grafana puts in for its variables; a scrape each second.
FILLED = {
    "$__rate_interval": "8s",
    "$__range": "60s",
    "$datasource": "",
    "$job": "smtpsensor",
    "$instance": ".*",
    "$server": ".*",
    "$source": ".*",
    "$username": ".*",
}


def filled(expr: str) -> str:
    for name in sorted(FILLED, key=len, reverse=True):
        expr = expr.replace(name, FILLED[name])
    assert "$" not in expr
    return expr


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Prometheus, float, float]]:
    """The attack of 51 s replayed in ten, scraped; begin and end of it."""
    folder = tmp_path_factory.mktemp("watched")
    port = free_port()
    with sensor(folder, port, "--speed", "5"), prometheus(folder, port) as asked:
        start = time.time()
        assert within(40, lambda: asked.now("sum(smtpsensor_alerts_opened_total) > 3")), (
            folder / "sensor.log"
        ).read_text()
        time.sleep(3)
        yield asked, start, time.time()


PANELS = [
    pytest.param(expr, id=f"{name}: {panel['title']}, {at}")
    for name in ALL
    for at, (expr, panel) in enumerate(expressions(name))
]


@pytest.mark.parametrize("expr", PANELS)
def test_an_expression_is_answered_with_data(expr: str, watched: tuple[Prometheus, float, float]) -> None:
    asked, start, end = watched
    got = asked.ask("query_range", query=filled(expr), start=start, end=end, step=1)["result"]
    assert any(value != "NaN" for one in got for _, value in one["values"])


@pytest.mark.parametrize("name", ALL)
def test_variables_and_annotations_have_values(name: str, watched: tuple[Prometheus, float, float]) -> None:
    asked, start, end = watched
    board = dashboard(name)
    for one in board["templating"]["list"]:
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", str(one["query"].get("query", ""))
                             if isinstance(one["query"], dict) else "")  # fmt: skip
        if found:
            got = asked.ask("series", **{"match[]": filled(found[1])})
            assert [each for each in got if found[2] in each], one["name"]
    shown = chain.from_iterable(
        asked.ask("query_range", query=filled(one["expr"]), start=start, end=end, step=1)["result"]
        for one in board["annotations"]["list"]
    )
    assert {one["metric"]["severity"] for one in shown} >= {"warning"}


def test_the_rules_see_the_attack(watched: tuple[Prometheus, float, float]) -> None:
    """The sample configuration with the shipped rules, in a real Prometheus."""
    asked, _, _ = watched
    got = {
        (one["metric"]["alertname"], one["metric"].get("rule", ""))
        for one in asked.now('ALERTS{alertstate="firing"}')
    }
    assert ("SmtpsensorBruteForce", "brute_force_source") in got
    assert ("SmtpsensorPasswordSpray", "password_spray") in got
    assert ("SmtpsensorOtherAttack", "auth_not_offered") in got
    groups = asked.ask("rules")["groups"]
    assert [rule["lastError"] for group in groups for rule in group["rules"] if rule.get("lastError")] == []


def test_every_recorded_series_that_has_traffic_has_values(watched: tuple[Prometheus, float, float]) -> None:
    asked, _, _ = watched
    names = {one["name"] for group in asked.ask("rules", type="record")["groups"] for one in group["rules"]}
    weekly = {name for name in names if name.endswith("1w")}  # an hour has to pass
    for name in sorted(names - weekly):
        assert asked.now(name), name
