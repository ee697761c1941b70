"""The dashboards as they are committed."""

import json
from collections.abc import Iterator
from typing import Any

from grafana.__main__ import FOLDER


def dashboard(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def expressions(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for panel in dashboard(name)["panels"]:
        for target in panel["targets"]:
            yield target["expr"], panel
