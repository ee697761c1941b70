"""Command line of the recorder: record captures, or check that recording again gives the same truth."""

import argparse
import difflib
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import cast

from .packages import MissingError, require_host, unpacked_servers
from .recorder import Scenario, read_manifest, record, write_manifest
from .scenarios import SCENARIOS
from .truth import comparable

FOLDER = Path(__file__).parent.parent


def main(arguments: list[str] | None = None) -> int:
    """Record or check; exit code 1 when a check differs, 2 when the machine lacks something."""
    parser = argparse.ArgumentParser(prog="python -m pcaps.record", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which captures (default: all)")
    parser.add_argument("--check", action="store_true", help="record elsewhere and compare what happened")
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the logs of servers and tools there"
    )
    parser.add_argument("--list", action="store_true", help="list the captures")
    options = parser.parse_args(arguments)
    chosen = [one for one in SCENARIOS if one.name in options.names or not options.names]
    if unknown := set(options.names) - {one.name for one in chosen}:
        parser.error(f"no capture of that name: {', '.join(sorted(unknown))}")
    if options.list:
        for scenario in chosen:
            print(f"{scenario.name}: {scenario.about}")
        return 0
    signal.signal(signal.SIGTERM, _leave)  # so that every `with` block still ends what it started
    try:
        require_host()
        unpacked_servers()
    except MissingError as error:
        print(f"pcaps.record: {error}", file=sys.stderr)
        return 2
    return _check(chosen, options.keep) if options.check else _record(chosen, options.keep)


def _record(chosen: list[Scenario], keep: Path | None) -> int:
    entries = read_manifest(FOLDER)
    for scenario in chosen:
        entries[scenario.name] = record(scenario, FOLDER, keep=keep)
        write_manifest(FOLDER, entries)
        print(f"{scenario.name}: {len(cast('list[object]', entries[scenario.name]['expected']))} attempts")
    return 0


def _check(chosen: list[Scenario], keep: Path | None) -> int:
    committed = read_manifest(FOLDER)
    different = 0
    with tempfile.TemporaryDirectory(prefix="smtp-record-") as temporary:
        for scenario in chosen:
            entry = record(scenario, Path(temporary), keep=keep)
            before = comparable(cast("list[dict[str, object]]", committed[scenario.name]["expected"]))
            now = comparable(cast("list[dict[str, object]]", entry["expected"]))
            lines = list(difflib.unified_diff(before, now, "committed", "recorded again", lineterm=""))
            print(
                f"{scenario.name}: {'different' if lines else 'equal'}, {len(now)} attempts", *lines, sep="\n"
            )
            different += bool(lines)
    return 1 if different else 0


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
