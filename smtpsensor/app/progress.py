"""How far the run is: a bar on a terminal, otherwise a line every few seconds where it is asked for."""

import sys
import time
from types import TracebackType
from typing import Any

from smtpsensor.app.messages import Messages
from smtpsensor.app.options import ReplayOptions
from smtpsensor.capture.timeline import Timeline
from smtpsensor.stats import Stats


class Progress:
    """Shows nothing."""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def tick(self) -> None:
        """Look whether it is time to show something; called once per batch."""


def progress_for(options: ReplayOptions, timeline: Timeline, stats: Stats, messages: Messages) -> Progress:
    """Return what shows the progress of this run."""
    return Progress()
