"""What a million idle connections cost: the frames of others, and memory."""

from benchmarks import figures, measure
from benchmarks.workloads import IDLE_CONNECTIONS, idle_workloads

TITLE = "Idle connections"
HEAD = ("case", "connections", "us/frame", "of few", "peak MB")


def main(times: int = 3, connections: int = IDLE_CONNECTIONS, *, save: bool = False) -> None:
    """Print the cost of a frame on 1,000 connections alone, beside idle ones, and spread over all of them."""
    made = idle_workloads(connections)
    cases = {
        "traffic on few, alone": ("few", "on_few"),
        "traffic on few, beside idle ones": ("many", "on_few"),
        "traffic spread over all": ("many", "on_many"),
    }
    rows, few = [], 0.0
    for name, (opening, traffic) in cases.items():
        argv = measure.module("inside", "last", str(made[opening].path), str(made[traffic].path))
        costs, peak = [], 0
        for _ in range(times):
            peak = max(peak, measure.command(argv).peak)
            costs.append(float(measure.OUTPUT.read_text()) / made[traffic].frames)
        cost = min(costs)
        few = few or cost
        opened = made[opening].frames // 4  # handshake and greeting
        rows.append((name, f"{opened:,}", f"{cost * 1e6:.2f}", f"{cost / few:.2f}", f"{peak / 1e6:.0f}"))
    figures.show(TITLE, HEAD, rows, watch=2)
    if save:
        figures.save(TITLE, HEAD, rows)
