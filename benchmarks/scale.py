"""Cost on 1x, 4x and 16x of a workload: it grows with the file, and with nothing else."""

from benchmarks import figures, measure
from benchmarks.workloads import CACHE, attack_workload, bulk_workload

TITLE = "Growth"
HEAD = ("workload", "frames", "seconds", "us/frame", "of 1x", "peak MB")
SCALES = (1, 4, 16)


def main(times: int = 2, *, save: bool = False) -> None:
    """Print one row for each workload and size."""
    rows = []
    for name, make in (("attack", attack_workload), ("bulk", bulk_workload)):
        first = 0.0
        for scale in SCALES:
            workload = make(scale)
            argv = measure.sensor("replay", str(workload.path), "--events", str(CACHE / "events.jsonl"))
            run = measure.best({name: argv}, times)[name]
            cost = run.seconds / workload.frames
            first = first or cost
            rows.append(
                (
                    f"{name} {scale}x",
                    f"{workload.frames:,}",
                    f"{run.seconds:.2f}",
                    f"{cost * 1e6:.2f}",
                    f"{cost / first:.2f}",
                    f"{run.peak / 1e6:.0f}",
                )
            )
    figures.show(TITLE, HEAD, rows, watch=3)
    if save:
        figures.save(TITLE, HEAD, rows)
