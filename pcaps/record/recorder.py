"""Plays scenarios and writes what came of them: captures and the manifest."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from .net import Network
from .packages import server_versions, tool_versions
from .stage import Server, Stage
from .truth import Truth
from .world import Capture, World

MANIFEST = "MANIFEST.json"
PORTS = (25, 587, 2525)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One capture: which server, what happens, in a sentence and in code."""

    name: str
    about: str
    server: Callable[[World], Server]
    play: Callable[[Stage], None]
    tools: tuple[str, ...] = ()


def record(scenario: Scenario, folder: Path, *, keep: Path | None = None) -> dict[str, object]:
    """Record one scenario into the folder and give its manifest entry.

    keep: a folder for the servers' logs and the tools' output, to look into.
    """
    file = folder / f"{scenario.name}.pcap"
    with tempfile.TemporaryDirectory(prefix="smtp-record-") as temporary:
        work = Path(temporary)
        with Network() as network, World(network, work / "world") as world:
            server = scenario.server(world)
            stage = Stage(network, server, work)
            try:
                server.start()
                with Capture(network, file, PORTS):
                    scenario.play(stage)
                truth = Truth.of(server.dialogues(), stage.record.said)
            finally:
                if keep is not None:
                    _keep([*world.logs.iterdir(), *work.glob("tools.log")], keep / scenario.name)
    return _entry(scenario, server, file, truth)


def _entry(scenario: Scenario, server: Server, file: Path, truth: Truth) -> dict[str, object]:
    servers, tools = server_versions(), tool_versions()
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "about": scenario.about,
        "made_by": f"python -m pcaps.record {scenario.name}",
        "servers": {name: servers[name] for name in server.packages},
        "tools": {name: tools[name] for name in ("tcpdump", *scenario.tools)},
        "ports": list(PORTS),
        "truth": server.logs,
        "encrypted": truth.hidden,
        "expected": truth.table(),
    }


def _keep(files: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())


def read_manifest(folder: Path) -> dict[str, dict[str, object]]:
    """Manifest entries by scenario name; none when there is no manifest yet."""
    file = folder / MANIFEST
    if not file.exists():
        return {}
    entries: list[dict[str, object]] = json.loads(file.read_text())["captures"]
    return {Path(str(entry["file"])).stem: entry for entry in entries}


def write_manifest(folder: Path, entries: dict[str, dict[str, object]]) -> None:
    """Write the manifest, one attempt a line."""
    captures = []
    for _, entry in sorted(entries.items()):
        head = json.dumps({**entry, "expected": []}, indent=1).removesuffix("[]\n}")
        rows = ",\n  ".join(json.dumps(row) for row in cast("list[object]", entry["expected"]))
        captures.append(f"{head}[\n  {rows}\n ]\n}}")
    (folder / MANIFEST).write_text('{"captures": [\n' + ",\n".join(captures) + "\n]}\n")
