"""docs/loss.md, from the runs: `PYTHONPATH=tests:. python tests/docs/loss_table.py` writes it."""

from collections import Counter
from pathlib import Path

from exactness.test_loss import Drop, in_bursts, independent, lossy
from support.forge_score import COLUMNS, NEVER

DOC = Path(__file__).parents[2] / "docs" / "loss.md"
RATES = (0.01, 0.03, 0.1)
SESSIONS, SEEDS = 200, range(1_000, 1_010)
LOSSES = {"each frame by itself": independent, "runs of 1 to 15 frames": in_bursts}

HEAD = f"""# Loss

A mirror port drops frames. What is missing must not make anything wrong: the honest answers are `unknown` and
a missing name.

{len(SEEDS)} times {SESSIONS} made-up sessions (tools that guess, mail programs, pipelined bursts) are
played, and part of their frames is dropped at random: each frame by itself, or in runs as when a port is
oversubscribed. What is reported is held against what was played, attempt by attempt. The same seeds give the
same table on every machine.

| column | means |
| --- | --- |
| right | the verdict was seen and is right; the name is right or missing |
| unknown | reported, without a verdict |
| missed | not reported: nothing of it was seen, or nothing that could be told from another attempt |
| no name | reported without a name, whatever the verdict |
| split | one attempt reported as two: an unknown one, and a verdict without a name |
| wrong name, wrong verdict, phantom | wrong at no rate; a phantom (no attempt was there) never up to 3 % |
"""
TAIL = """
One kind of loss can put a wrong name on an attempt. A client sends `AUTH LOGIN` and two further lines in one
burst, the server refuses AUTH at once, and exactly that refusal is lost: then the two lines look like the
name and the password that LOGIN asks for. `tests/exactness/test_frames_missing.py` takes every transcript
apart frame by frame and holds that this is the only one. It also knows what else can be wrong, each marked:
where `AUTH`, the 334 and the `*` that cancels are all lost, the 501 is told as `rejected`; and where the
replies around DATA are lost, a line of the mail that looks like AUTH is told as an attempt, `unknown`.

## Run it again

```sh not run: a test does it, in half a minute
PYTHONPATH=tests:. .venv/bin/python tests/docs/loss_table.py   # writes this page
```
"""


def row(loss: Drop) -> Counter[str]:
    """What became of all attempts at a rate of loss."""
    total: Counter[str] = Counter()
    for seed in SEEDS:
        total += lossy(SESSIONS, seed, loss)[0]
    return total


def cells(rate: float, total: Counter[str]) -> list[str]:
    """Attempts, then shares of them in percent; what must never be as a count."""
    shares = [f"{100 * total[name] / total['attempts']:.2f} %" for name in COLUMNS[1 : -len(NEVER)]]
    return [f"{rate:.0%}", f"{total['attempts']:,}", *shares, *(str(total[name]) for name in NEVER)]


def document() -> str:
    """The whole page."""
    text = HEAD
    for title, losses in LOSSES.items():
        text += f"\n## {title.capitalize()}\n\n| lost | {' | '.join(COLUMNS)} |\n"
        text += f"|{' ---: |' * (len(COLUMNS) + 1)}\n"
        for rate in RATES:
            text += f"| {' | '.join(cells(rate, row(losses(rate))))} |\n"
    return text + TAIL


if __name__ == "__main__":
    DOC.write_text(document())
