"""Ctrl-C and SIGTERM: the run ends where it is consistent, between two batches, and reports what it read."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_BASE = 128  # a shell's exit code for "ended by signal n" is 128 + n
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(Exception):  # noqa: N818 - a wish, no error
    """A signal came while nothing was half done."""


class Stop:
    """Catches the first signal; the second one has its usual effect, so that nobody is held up."""

    def __init__(self) -> None:
        self.code: int | None = None  # the exit code, once a signal came
        self._interruptible = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Stop":
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup` stays in force
                self._before[number] = signal.signal(number, self._caught)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _restore(self) -> None:
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.code = _BASE + number
        self._restore()
        if self._interruptible:
            raise Stopped

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal raise Stopped inside, or at its begin if it came before."""
        self._interruptible = True
        try:
            if self.code is not None:
                raise Stopped
            yield
        finally:
            self._interruptible = False
