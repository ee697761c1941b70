"""`python -m grafana`: writes grafana/dashboards/*.json anew."""

import json
from pathlib import Path

from grafana.dashboards import ALL

FOLDER = Path(__file__).parent / "dashboards"


def text(name: str) -> str:
    """Return the JSON of a dashboard as it is committed."""
    return json.dumps(ALL[name](), indent=2) + "\n"


if __name__ == "__main__":
    for name in ALL:
        (FOLDER / f"{name}.json").write_text(text(name))
