"""How far the run is: a bar on a terminal, otherwise a line every few seconds where it is asked for."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from smtpsensor.app.messages import Messages
from smtpsensor.app.options import ReplayOptions
from smtpsensor.capture.timeline import Timeline
from smtpsensor.report.words import size
from smtpsensor.stats import Stats

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

# The bar waits: most captures are read before anybody wonders, and rich takes 60 ms to load.
_BAR_AFTER = 0.5  # s
_BAR_EVERY = 0.2
_LINE_EVERY = 5.0
_RATE_OVER = 5.0  # seconds over which frames/s are taken
Seconds = Callable[[], float]


class Progress:
    """Shows nothing; `tick` is called once per batch."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def tick(self) -> None:
        """Show how far the run is, if it is time."""

    def close(self) -> None:
        """Take away what should not stay on the screen."""


class _Timed(Progress):
    """Looks at the clock and calls `show` now and then."""

    def __init__(
        self, timeline: Timeline, stats: Stats, messages: Messages, first: float, every: float, clock: Seconds
    ) -> None:
        self.timeline = timeline
        self.stats = stats
        self.messages = messages
        self._every = every
        self._clock = clock
        self._start = clock()
        self._due = self._start + first
        self._samples = deque([(self._start, 0)])  # (s, frames so far)

    def tick(self) -> None:
        """Show it if it is time."""
        now = self._clock()
        if now < self._due:
            return
        self._due = now + self._every
        frames = self.stats.frames
        samples = self._samples
        while len(samples) > 1 and samples[1][0] <= now - _RATE_OVER:
            samples.popleft()
        then, before = samples[0]
        samples.append((now, frames))
        self.show(now - self._start, (frames - before) / max(now - then, 1e-3))

    def show(self, elapsed: float, rate: float) -> None:
        """Show it: seconds since the begin, frames/s of late."""
        raise NotImplementedError


class Lines(_Timed):
    """A plain line every few seconds."""

    def __init__(
        self, timeline: Timeline, stats: Stats, messages: Messages, clock: Seconds = time.monotonic
    ) -> None:
        super().__init__(timeline, stats, messages, _LINE_EVERY, _LINE_EVERY, clock)

    def show(self, elapsed: float, rate: float) -> None:
        """Write a line."""
        done, total = self.timeline.bytes_read, self.timeline.bytes_total
        parts = [size(done), f"{self.stats.frames:,} frames", f"{rate:,.0f} frames/s"]
        if total:
            parts[0] = f"{100 * done // total} % of {size(total)}"
            if done:
                parts.append(f"{_span(elapsed * (total - done) / done)} left")
        self.messages.note(", ".join(parts))


class Bar(_Timed):
    """A bar at the bottom of the terminal, gone once the run is over."""

    def __init__(
        self, timeline: Timeline, stats: Stats, messages: Messages, clock: Seconds = time.monotonic
    ) -> None:
        super().__init__(timeline, stats, messages, _BAR_AFTER, _BAR_EVERY, clock)
        self._bar: RichProgress | None = None
        self._say = messages.say

    def show(self, elapsed: float, rate: float) -> None:
        """Draw the bar."""
        del elapsed  # the bar keeps its own time
        total = self.timeline.bytes_total
        if self._bar is None:
            self._bar = _rich_bar()
            self._bar.add_task("read", total=total, rate="")
            with suppress(OSError):
                self._bar.start()
            self.messages.say = self._above
        task = self._bar.task_ids[0]
        self._bar.update(task, completed=self.timeline.bytes_read, total=total, rate=f"{rate:,.0f} frames/s")
        with suppress(OSError):  # the terminal was closed; the run goes on
            self._bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()
            self._bar = None
            self.messages.say = self._say

    def _above(self, text: str) -> None:
        """Write a line above the bar."""
        if self._bar is not None:
            with suppress(OSError):
                self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


def progress_for(options: ReplayOptions, timeline: Timeline, stats: Stats, messages: Messages) -> Progress:
    """Return what shows the progress of this run; without a wish the terminal decides."""
    wanted = False if options.quiet else options.progress
    try:
        terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        # A bar between lines on the same screen would make both unreadable.
        crossed = options.stdout_taken and sys.stdout.isatty()
    except (ValueError, AttributeError):
        return Progress()
    if wanted is False or (wanted is None and (crossed or not terminal)):
        return Progress()
    return Bar(timeline, stats, messages) if terminal and not crossed else Lines(timeline, stats, messages)


def _rich_bar() -> "RichProgress":
    from rich.console import Console  # noqa: PLC0415 - only for runs that take long enough
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    # No thread of its own: it would take the interpreter away from the packet loop ten times a second.
    return Progress(
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
    )


def _span(seconds: float) -> str:
    """Return `42 s`, `3 min 20 s` or `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
