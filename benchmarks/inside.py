"""Parts of the program by themselves, each run as a command of its own.

python -m benchmarks.inside STAGE FILE...      # feeds the files one after the other
"""

import sys
import time
from collections import deque
from collections.abc import Iterator

from smtpsensor.capture.formats import open_capture
from smtpsensor.capture.types import Batch
from smtpsensor.config import Settings
from smtpsensor.pipeline import Pipeline

KEY = bytes(range(32))
NOWHERE = frozenset({1})
MAIL = frozenset({25, 587})
# Each does what the one before does, and more.
STAGES = {
    "start": None,  # the interpreter, and what is imported
    "read": None,  # records of the capture
    "headers": Settings(
        smtp_ports=NOWHERE, implicit_tls_ports=NOWHERE, secret_key=KEY
    ),  # seen and thrown away
    "order": Settings(smtp_ports=NOWHERE, implicit_tls_ports=MAIL, secret_key=KEY),  # as if it were all TLS
    "session": Settings(secret_key=KEY),  # commands, replies and events, which go nowhere
}


def batches(path: str) -> Iterator[Batch]:
    """Yield the batches of a capture."""
    reader = open_capture(path)
    while reader.head() is not None:
        yield reader.batch()
    reader.close()


def feed(pipeline: Pipeline, path: str) -> None:
    """Put a capture through the pipeline; its events are dropped as they come."""
    for batch in batches(path):
        pipeline.feed(batch)
        pipeline.events.clear()


def run(stage: str, path: str) -> None:
    """Run one stage over one capture."""
    settings = STAGES[stage]
    if settings is not None:
        pipeline = Pipeline(settings)
        feed(pipeline, path)
        pipeline.finish()
    elif stage == "read":
        for batch in batches(path):
            deque(batch.frames, maxlen=0)


def last_of(opening: str, traffic: str) -> float:
    """Return the seconds that `traffic` takes after `opening`, through one pipeline."""
    pipeline = Pipeline(STAGES["session"] or Settings())
    feed(pipeline, opening)
    start = time.perf_counter()
    feed(pipeline, traffic)
    return time.perf_counter() - start


if __name__ == "__main__":
    if sys.argv[1] == "last":
        print(last_of(sys.argv[2], sys.argv[3]))
    else:
        run(sys.argv[1], sys.argv[2])
