"""Several captures as one timeline: one after the other where they do not overlap, merged where they do."""

import heapq
import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from smtpsensor.capture.formats import open_capture
from smtpsensor.capture.opening import CHUNK, STDIN
from smtpsensor.capture.reader import NEVER, FrameReader
from smtpsensor.capture.trouble import CaptureError, InputProblem
from smtpsensor.capture.types import Batch
from smtpsensor.stats import Stats

# Captures read at the same time. Two taps or a dozen interfaces overlap; folders of one capture per
# connection overlap by thousands, and there the order within each file is what matters. 64 windows of
# 64 KiB are 4 MiB, and far below the usual limit of 1024 open files.
MERGED = 64
MERGED_CHUNK = 65_536
# To see the first time of a file, octets read; most first frames are shorter.
PEEK_CHUNK = 4_096


# When a capture's turn comes: by the time of its next frame, then in the order of the arguments.
_Turn = tuple[int, int]


def _until(turn: _Turn, order: int) -> int:
    """Return the last time at which the capture numbered `order` still comes before another's turn."""
    time, other = turn
    return time if order < other else time - 1


class _Waiting(NamedTuple):
    turn: _Turn
    path: str
    reader: FrameReader | None  # already open: a pipe can be looked into only once


class Timeline:
    """Frames of all captures, in the order of time; each file's own order is kept, whatever its times say.

    Problems met while reading are in `errors` and `warnings` as soon as `batches` passed them, and counted
    in `stats` as `capture_truncated` or `capture_damaged`. A capture without packets is no problem.
    For a progress bar: `bytes_total` (octets as stored; None if an input has no size), `bytes_read`, and
    `current`, the name of the capture read at the moment.
    """

    def __init__(
        self, paths: Sequence[str], stats: Stats, *, chunk: int = CHUNK, merged: int = MERGED
    ) -> None:
        self.errors: list[InputProblem] = []
        self.warnings: list[InputProblem] = []
        self.current: str | None = None
        self._paths = list(paths)
        self._stats = stats
        self._chunk = chunk
        self._merged = merged
        self._sizes = {path: _size(path) for path in self._paths}
        self._closed_bytes = 0
        self._open: list[FrameReader] = []
        self._warned = False

    @property
    def bytes_total(self) -> int | None:
        """Octets of all inputs as they are stored; None where one is a pipe."""
        sizes = [size for size in self._sizes.values() if size is not None]
        return sum(sizes) if len(sizes) == len(self._sizes) else None

    @property
    def bytes_read(self) -> int:
        """Octets read so far, of the inputs as they are stored."""
        return self._closed_bytes + sum(reader.source.consumed for reader in self._open)

    def batches(self) -> Iterator[Batch]:
        """Yield the frames, grouped by the buffer they lie in. What a caller leaves of a batch is skipped."""
        waiting = self._waiting()
        ready: list[tuple[_Turn, FrameReader]] = []  # a heap; two turns never compare equal
        try:
            while waiting or ready:
                while waiting and (not ready or waiting[0].turn < ready[0][0]):
                    if len(ready) >= self._merged:
                        self._warn_of_limit(waiting[0].path)
                        break
                    self._start(waiting.popleft(), ready)
                if not ready:
                    continue
                (time, order), reader = heapq.heappop(ready)
                until = _until(ready[0][0], order) if ready else NEVER
                if waiting and len(ready) + 1 < self._merged:
                    until = min(until, _until(waiting[0].turn, order))
                # A file that changed since its first look must not stop us: one frame always passes.
                batch = reader.batch(max(until, time))
                self.current = batch.file
                yield batch
                for _ in batch.frames:
                    pass
                self._queue(reader, order, ready)
        finally:
            for reader in [*self._open, *(item.reader for item in waiting if item.reader)]:
                reader.close()
            self._open.clear()

    def _waiting(self) -> deque[_Waiting]:
        """Look for the first time of each capture; one without frames is done with here."""
        if len(self._paths) == 1:
            return deque([_Waiting((0, 0), self._paths[0], None)])
        waiting = []
        for order, path in enumerate(self._paths):
            sized = self._sizes[path] is not None
            reader = self._open_capture(path, PEEK_CHUNK if sized else MERGED_CHUNK)
            if reader is None:
                continue
            time = reader.head()
            if time is None:
                self._finish(reader)
            elif sized:
                reader.close()
                waiting.append(_Waiting((time, order), path, None))
            else:
                waiting.append(_Waiting((time, order), path, reader))
        return deque(sorted(waiting, key=lambda item: item.turn))

    def _open_capture(self, path: str, chunk: int) -> FrameReader | None:
        try:
            return open_capture(path, min(chunk, self._chunk))
        except CaptureError as error:
            self.errors.append(error.problem)
            self._closed_bytes += self._sizes[path] or 0
            return None

    def _start(self, item: _Waiting, ready: list[tuple[_Turn, FrameReader]]) -> None:
        reader = item.reader or self._open_capture(item.path, MERGED_CHUNK if ready else CHUNK)
        if reader:
            self._open.append(reader)
            self._queue(reader, item.turn[1], ready)

    def _queue(self, reader: FrameReader, order: int, ready: list[tuple[_Turn, FrameReader]]) -> None:
        time = reader.head()
        if time is not None:
            heapq.heappush(ready, ((time, order), reader))
        else:
            self._open.remove(reader)
            self._finish(reader)

    def _finish(self, reader: FrameReader) -> None:
        """Close a capture that is read and take down what was wrong with it."""
        path, trouble = reader.source.name, reader.trouble
        # A damaged file counts as read to its end: nothing more will come of it.
        self._closed_bytes += self._sizes[path] or reader.source.consumed
        reader.close()
        if trouble is None:
            return
        self._stats.count(trouble.anomaly)
        if trouble.damaged:
            fix = "all before was read, the rest was left out; if it was not copied whole, copy it again"
            self.errors.append(InputProblem(path, trouble.message, fix))
        else:
            self.warnings.append(InputProblem(path, trouble.message, "all before was read"))

    def _warn_of_limit(self, path: str) -> None:
        if not self._warned:
            self._warned = True
            message = f"overlaps in time with {self._merged} other captures, which is as many as are merged"
            fix = "its frames may come late; for the exact order: mergecap -w all.pcapng FILES"
            self.warnings.append(InputProblem(path, message, fix))


def _size(path: str) -> int | None:
    """Octets of a regular file; 0 for what is not there, None for what has no size."""
    if path == STDIN:
        return None
    try:
        status = os.stat(path)  # noqa: PTH116 - `path` stays as it was typed
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None
