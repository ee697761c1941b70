"""How long `smtpsensor --help` takes: what everyone waits for who only wants to look."""

from benchmarks import figures, measure

TITLE = "Start"
HEAD = ("command", "ms", "limit ms")
LIMIT = 300


def main(times: int = 15, *, save: bool = False) -> None:
    """Print the fastest of `times` starts."""
    commands = {
        "smtpsensor --help": measure.sensor("--help"),
        "smtpsensor --version": measure.sensor("--version"),
    }
    runs = measure.best(commands, times)
    rows = [(name, f"{run.seconds * 1000:.0f}", str(LIMIT)) for name, run in runs.items()]
    figures.show(TITLE, HEAD, rows, watch=1)
    if save:
        figures.save(TITLE, HEAD, rows)
