"""What panels and dashboards are made of: Grafana's JSON, with what all of ours have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
RUNBOOKS = "https://example.org/smtpsensor/docs/runbooks/"
SCHEMA = 38  # of Grafana 10; later versions read it and bring it up to date
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24  # columns of Grafana's grid
JOB = 'job="$job", instance=~"$instance"'
RATE = "[$__rate_interval]"
SEVERITIES = {"critical": "red", "warning": "orange", "info": "blue"}
Json = dict[str, Any]
Steps = Sequence[tuple[float | None, str]]
CALM: Steps = ((None, "green"),)


@cache
def threshold(name: str) -> float:
    """Return a threshold of the alert rules, so that a panel is red where the alert comes."""
    rules = yaml.safe_load((ROOT / "rules" / "prometheus" / "smtpsensor.yml").read_text())["groups"][0][
        "rules"
    ]
    (expr,) = (rule["expr"] for rule in rules if rule["labels"]["threshold"] == name)
    return float(expr.removeprefix("vector(").removesuffix(")"))


@dataclass(frozen=True)
class Panel:
    """One panel. `queries`: expression and legend. `runbook`: the alert that belongs to it."""

    kind: str
    title: str
    description: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    width: int = 8
    height: int = 8
    steps: Steps = CALM
    runbook: str = ""
    instant: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    transformations: Sequence[Json] = ()

    def form(self, number: int, x: int, y: int) -> Json:
        """Return Grafana's JSON of it at a place of the grid."""
        steps = [{"color": color, "value": value} for value, color in self.steps]
        links = [{"title": f"Runbook: {self.runbook}", "url": f"{RUNBOOKS}{self.runbook}.md"}]
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "fieldConfig": {
                "defaults": {
                    "unit": self.unit,
                    "thresholds": {"mode": "absolute", "steps": steps},
                    **self.defaults,
                },
                "overrides": [],
            },
            "options": dict(self.options),
            "targets": [
                {
                    "refId": chr(ord("A") + at),
                    "datasource": SOURCE,
                    "expr": expr,
                    "legendFormat": legend,
                    "instant": self.instant,
                    "range": not self.instant,
                    **({"format": "table"} if self.kind == "table" else {}),
                }
                for at, (expr, legend) in enumerate(self.queries)
            ],
            "links": links if self.runbook else [],
            "transformations": list(self.transformations),
        }


def stat(title: str, description: str, expr: str, unit: str = "short", **more: Any) -> Panel:
    """Return one number, coloured by its thresholds."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background",
        "graphMode": "none",
        "textMode": "auto",
    }
    more = {"width": 4, "height": 4, "options": options, "instant": True, **more}
    return Panel("stat", title, description, [(expr, "")], unit, **more)


def lines(title: str, description: str, queries: Sequence[tuple[str, str]], unit: str, **more: Any) -> Panel:
    """Return a graph over time; `stacked` ones add up."""
    custom = {"lineWidth": 1, "fillOpacity": 15, "showPoints": "never"}
    if more.pop("stacked", False):
        custom |= {"stacking": {"mode": "normal", "group": "A"}}
    if len(more.get("steps", CALM)) > 1:
        custom |= {"thresholdsStyle": {"mode": "line"}}
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel(
        "timeseries", title, description, queries, unit,
        defaults={"custom": custom, "min": 0}, options=options, **more,
    )  # fmt: skip


def table(title: str, description: str, expr: str, names: Mapping[str, str], **more: Any) -> Panel:
    """Return rows of labels and a value. `names`: label, or `Value` -> heading, in order."""
    organize = {
        "id": "organize",
        "options": {
            "excludeByName": dict.fromkeys(("Time", "__name__", "job"), True),
            "indexByName": {name: at for at, name in enumerate(names)},
            "renameByName": dict(names),
        },
    }
    more = {"width": 12, **more}
    return Panel(
        "table", title, description, [(expr, "")], instant=True, transformations=[organize], **more
    )  # fmt: skip


def bars(title: str, description: str, expr: str, legend: str, unit: str = "short", **more: Any) -> Panel:
    """Return a bar for each series, the longest first."""
    options = {
        "orientation": "horizontal",
        "displayMode": "basic",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return Panel(
        "bargauge", title, description, [(f"sort_desc({expr})", legend)], unit,
        instant=True, options=options, defaults={"min": 0}, **more,
    )  # fmt: skip


def rate(name: str, by: str, where: str = JOB) -> str:
    """Return a counter's rate, summed by labels."""
    return f"sum by ({by}) (rate(smtpsensor_{name}{{{where}}}{RATE}))"


def above(number: float, color: str = "red") -> Steps:
    """Return thresholds: green, and another colour above a number."""
    return ((None, "green"), (number, color))


def variable(name: str, query: str, label: str, *, several: bool = False) -> Json:
    """Return a variable that is asked from Prometheus."""
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": several,
        "includeAll": several,
        "allValue": ".*" if several else None,
        "current": {"selected": True, "text": "All", "value": "$__all"} if several else {},
    }


def typed(name: str, label: str) -> Json:
    """Return a variable that is typed in: a regular expression, at first everything."""
    current = {"selected": True, "text": ".*", "value": ".*"}
    return {"type": "textbox", "name": name, "label": label, "query": ".*", "current": current}


def dashboard(
    uid: str, title: str, description: str, rows: Sequence[Panel], variables: Sequence[Json] = ()
) -> Json:
    """Return a dashboard; panels follow each other in rows of 24 columns."""
    panels, x, y, tallest = [], 0, 0, 0
    for number, panel in enumerate(rows, 1):
        if x + panel.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        panels.append(panel.form(number, x, y))
        x, tallest = x + panel.width, max(tallest, panel.height)
    common = [
        {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"},
        variable("job", "label_values(smtpsensor_build_info, job)", "Job"),
        variable(
            "instance", 'label_values(smtpsensor_build_info{job="$job"}, instance)', "Sensor", several=True
        ),
    ]
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["smtpsensor"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "refresh": "30s",
        "timezone": "browser",
        "time": {"from": "now-1h", "to": "now"},
        "graphTooltip": 1,
        "links": [
            {
                "type": "dashboards",
                "title": "smtpsensor",
                "tags": ["smtpsensor"],
                "asDropdown": False,
                "keepTime": True,
                "includeVars": True,
            }
        ],
        "annotations": {
            "list": [
                {
                    "name": f"Alerts: {severity}",
                    "datasource": SOURCE,
                    "enable": severity != "info",
                    "iconColor": color,
                    "expr": f'smtpsensor_alert_info{{{JOB}, severity="{severity}"}} == 1',
                    "titleFormat": "{{rule}}",
                    "textFormat": "{{key}}",
                    "step": "30s",
                }
                for severity, color in SEVERITIES.items()
            ]
        },
        "templating": {"list": [*common, *variables]},
        "panels": panels,
    }
