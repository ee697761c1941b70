"""`--speed`: frames at the pace at which they were captured, or a multiple of it."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from smtpsensor.capture.types import Batch, FrameRecord

_SECOND: Final = 1_000_000_000  # ns
# A jump of more than an hour is a clock that was set, for detection too: it is not waited for.
_STEP: Final = 3_600 * _SECOND
_LATE: Final = 2 * _SECOND
_PAUSE: Final = 0.2  # s: so often at least it is looked whether anything else is to be done
Seconds = Callable[[], float]


class Pace:
    """Maps the clock to the capture's time. `speed` 1 is as recorded, 60 an hour in a minute."""

    def __init__(
        self, speed: float, clock: Seconds = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._begin: float | None = None  # on the clock, s
        self._base = 0  # capture time at the begin, ns
        self._last = 0  # capture time of the last frame, ns
        self._behind = 0.0
        self._waits = False

    @property
    def quiet(self) -> int | None:
        """Return the capture time (ns) up to which nothing can come any more; None while frames are due.

        Events come up to a second and a half behind their last frame: a hole is waited for.
        """
        if self._begin is None or not self._waits:
            return None
        return self._base + int((self._clock() - self._begin) * self._speed * _SECOND) - _LATE

    @property
    def lag(self) -> float:
        """Return how many seconds of the clock the frames handed on lie behind their time, at least 0."""
        return self._behind

    def paced(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the frames when their time has come, and an empty batch now and then while none has.

        An exception raised inside `sleep`, such as a signal's, passes through.
        """
        for batch in batches:
            part: list[FrameRecord] = []
            for frame in batch.frames:
                if not self._is_due(frame[0]):
                    if part:
                        yield Batch(batch.buf, iter(part), batch.file)
                        part = []
                    while (left := self._left(frame[0])) > 0:
                        self._waits = True
                        self._sleep(min(left, _PAUSE))
                        yield Batch(b"", iter(()), batch.file)
                    self._waits = False
                part.append(frame)
            yield Batch(batch.buf, iter(part), batch.file)
        self._waits = True

    def _is_due(self, ts: int) -> bool:
        if self._begin is None or not -_STEP < ts - self._last < _STEP:
            self._begin = self._clock()
            self._base = ts
        self._last = ts
        left = self._left(ts)
        self._behind = max(0.0, -left)
        return left <= 0

    def _left(self, ts: int) -> float:
        """Return the seconds until the time of a frame."""
        begin = self._clock() if self._begin is None else self._begin
        return begin + (ts - self._base) / _SECOND / self._speed - self._clock()
