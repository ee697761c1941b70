"""Where the time goes: cost per frame of each stage, as the difference between two whole commands."""

from benchmarks import figures, measure
from benchmarks.workloads import CACHE, Workload, attack_workload, bulk_workload

TITLE = "Cost per frame by stage"
HEAD = ("workload, stage", "us/frame", "up to here", "share %")
# What is run -> what it adds to the one before.
INSIDE = {
    "start": "interpreter and imports",
    "read": "records of the capture",
    "headers": "headers, frames of other ports",
    "order": "connection and order",
    "session": "commands, replies, events",
}
REPORT, EVENTS = "report and command line", "events to a file"


def commands(workload: Workload) -> dict[str, list[str]]:
    """Return the command line of each stage, by what it adds."""
    path = str(workload.path)
    inside = {what: measure.module("inside", stage, path) for stage, what in INSIDE.items()}
    whole = measure.sensor("replay", path)
    return inside | {REPORT: whole, EVENTS: [*whole, "--events", str(CACHE / "events.jsonl")]}


def rows_of(name: str, workload: Workload, times: int) -> list[tuple[str, ...]]:
    """Measure one workload; return a row for each stage."""
    totals = {what: run.seconds for what, run in measure.best(commands(workload), times).items()}
    whole, before, rows = totals[EVENTS], 0.0, []
    for what, seconds in totals.items():
        added = seconds - before
        before = seconds
        costs = (added / workload.frames * 1e6, seconds / workload.frames * 1e6)
        rows.append((f"{name}, {what}", *(f"{cost:.3f}" for cost in costs), f"{added / whole * 100:.0f}"))
    return rows


def main(times: int = 5, *, save: bool = False) -> None:
    """Print both workloads' stages."""
    rows = [*rows_of("attack", attack_workload(), times), *rows_of("bulk", bulk_workload(), times)]
    share = sum(int(row[-1]) for row in rows if row[0] in {f"attack, {REPORT}", f"attack, {EVENTS}"})
    note = f"Events and report: {share} % of the whole command on attack (at most 50)."
    figures.show(TITLE, HEAD, rows, watch=1, note=note)
    if save:
        figures.save(TITLE, HEAD, rows, note)
