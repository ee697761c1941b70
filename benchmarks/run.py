"""Frames per second and peak memory of this program and of its peers, on both workloads, in one table.

Ours is the whole command by wall time: start of the interpreter, events to a file and report included.
"""

from benchmarks import figures, measure
from benchmarks.workloads import CACHE, Workload, attack_workload, bulk_workload

TITLE = "Whole commands"
HEAD = ("workload, program", "frames/s", "x tshark", "peak MB", "seconds")
REFERENCE = "tshark"
COMPILED = CACHE.parent / "compiled" / "bin" / "smtpsensor"  # `make compiled`
FILTER = "smtp.response.code == 535"
FIELDS = ("frame.time_epoch", "ip.src", "ip.dst", "smtp.rsp.parameter")


def commands(workload: Workload) -> dict[str, list[str]]:
    """Return the command lines, by what the table calls them; peers that are not installed are left out."""
    path = str(workload.path)
    found = {
        "smtpsensor, events to a file": measure.sensor(
            "replay", path, "--events", str(CACHE / "events.jsonl")
        ),
        "smtpsensor, report alone": measure.sensor("replay", path),
        "dpkt loop": measure.module("dpkt_loop", path),
    }
    if COMPILED.exists():
        for options in (["--events", str(CACHE / "events.jsonl")], []):
            what = "events to a file" if options else "report alone"
            found[f"compiled, {what}"] = [str(COMPILED), "replay", path, *options]
    if tshark := measure.program("tshark"):
        # As typed by someone who looks for failed logins, and as typed by a script that goes on with them.
        found[REFERENCE] = [tshark, "-r", path, "-Y", FILTER]
        fields = [word for field in FIELDS for word in ("-e", field)]
        found["tshark -T fields"] = [*found[REFERENCE], "-T", "fields", *fields]
    if ndpi := measure.program("ndpiReader"):
        found["nDPI's reader"] = [ndpi, "-i", path]
    return found


def rows_of(name: str, workload: Workload, times: int) -> list[tuple[str, ...]]:
    """Measure one workload; return its rows."""
    runs = measure.best(commands(workload), times)
    reference = runs.get(REFERENCE)
    return [
        (
            f"{name}, {program}",
            f"{workload.frames / run.seconds:,.0f}",
            f"{reference.seconds / run.seconds:.1f}" if reference else "",
            f"{run.peak / 1e6:.0f}",
            f"{run.seconds:.2f}",
        )
        for program, run in runs.items()
    ]


def main(times: int = 5, *, save: bool = False) -> None:
    """Measure both workloads and print the table; `save` writes it to FIGURES.md."""
    rows = [*rows_of("attack", attack_workload(), times), *rows_of("bulk", bulk_workload(), times)]
    note = f"The fastest of {times} runs each, in turns; memory: the largest resident set of any run."
    figures.show(TITLE, HEAD, rows, watch=1, note=note)
    if save:
        figures.save(TITLE, HEAD, rows, note)
