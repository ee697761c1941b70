"""Ctrl-C and SIGTERM: the run ends where it is consistent, between two batches, and reports what it read."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(Exception):  # noqa: N818 - a wish, no error
    """A signal came while nothing was half done."""


class Stop:
    """Catches the first signal; the second one has its usual effect, so that nobody is held up.

    A signal ends `with stop.waiting:` by raising Stopped inside it, or at its begin if it came before.
    """

    def __init__(self) -> None:
        self.signal = 0  # the one that came
        self.waiting = _Waiting(self)
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
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
        self.signal = number
        self._restore()
        if self.waiting.now:
            raise Stopped


class _Waiting:
    """The one place where a signal may interrupt: reading the next frames, which may take for ever."""

    __slots__ = ("_stop", "now")

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self.now = False

    def __enter__(self) -> None:
        self.now = True
        if self._stop.signal:
            self.now = False
            raise Stopped

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.now = False
