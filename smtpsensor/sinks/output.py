"""Where outputs go: a file or `-` for standard output, with errors a person can act on.

Writers gather their own lines, so writing here goes straight to the file: what was handed over is on its way
to disk, and an error belongs to the line that met it.
"""

import errno
import os
import stat
import sys
from collections.abc import Callable, Mapping
from typing import BinaryIO

STDOUT = "-"
_FIXES = {
    errno.ENOSPC: "free some space or write to another disk, then run again",
    errno.EDQUOT: "your disk quota is used up; free some space, then run again",
    errno.EFBIG: "the file size limit is reached (see `ulimit -f`); raise it, then run again",
    errno.EACCES: "choose a place you may write to, or ask for the permission",
    errno.EPERM: "choose a place you may write to, or ask for the permission",
    errno.EROFS: "the file system is read-only; choose another place",
    errno.EISDIR: "name a file in it",
    errno.ENAMETOOLONG: "choose a shorter name",
}


class OutputError(Exception):
    """An output could not be opened or written: `path`, `reason` and `fix`, each one line without an end."""

    def __init__(self, path: str, reason: str, fix: str) -> None:
        super().__init__(f"cannot write {path!r}: {reason}; {fix}")
        self.path = path
        self.reason = reason
        self.fix = fix


class OutputClosed(Exception):  # noqa: N818 - the reader has seen enough; no error
    """Whoever read the output went away (`| head`): stop writing to it and say nothing."""


class Output:
    """An open output. After the first error it takes further data and does nothing, so that the rest goes on.

    Bytes written must be whole lines: what a full disk cuts off in a regular file goes back to the last line
    end, so that the file still reads.
    """

    def __init__(self, name: str, raw: BinaryIO) -> None:
        """Take over `raw`, unbuffered; `name` is how messages call it. Use `open_output`."""
        self.name = name
        self._raw = raw
        self._dead = False
        self._whole = 0  # octets up to the last line end

    def write(self, data: bytes) -> None:
        """Write all of `data`. Raises OutputError once, or OutputClosed once."""
        if self._dead:
            return
        view = memoryview(data)
        done = 0
        try:
            while done < len(view):
                done += self._raw.write(view[done:]) or 0
        except OSError as error:
            self._fail(error, self._whole + data.rfind(b"\n", 0, done) + 1)
        self._whole += done

    def flush(self) -> None:
        """Hand on what was taken. Raises OutputError once, or OutputClosed once."""
        self._guarded(self._raw.flush)

    def close(self) -> None:
        """Close a file, flush standard output. Raises OutputError once, or OutputClosed once."""
        if self.name == STDOUT:
            self.flush()
        else:
            self._guarded(self._raw.close)

    def _guarded(self, action: Callable[[], object]) -> None:
        if self._dead:
            return
        try:
            action()
        except OSError as error:
            self._fail(error, self._whole)

    def _fail(self, error: OSError, whole: int) -> None:
        """Give the output up and raise what the caller has to know."""
        self._dead = True
        try:
            if self.name == STDOUT:
                # The interpreter flushes standard output once more at exit; let that find no broken pipe.
                _divert(self._raw)
            else:
                if stat.S_ISREG(os.fstat(self._raw.fileno()).st_mode):
                    os.ftruncate(self._raw.fileno(), whole)
                self._raw.close()
        except (OSError, ValueError):
            pass  # closing a file that failed may fail again; the first error is the one to tell
        if isinstance(error, BrokenPipeError):
            raise OutputClosed(self.name) from None
        raise _explained(self.name, error) from None


def open_output(target: str) -> Output:
    """Open FILE, emptied, or `-` for standard output. Raises OutputError."""
    if target == STDOUT:
        return Output(STDOUT, _stdout())
    if not target:
        raise OutputError(target, "the name is empty", "name a file, or - for standard output")
    try:
        return Output(target, open(target, "wb", buffering=0))  # noqa: PTH123 - closed by Output.close
    except OSError as error:
        raise _explained(target, error) from None
    except ValueError:
        raise OutputError(target, "the name holds a NUL", "name a file, or - for standard output") from None


def check_distinct(options: Mapping[str, str | None]) -> None:
    """Refuse two outputs in one place. `options`: option -> FILE, `-` or None. Raises OutputError."""
    seen: dict[str, str] = {}
    for option, target in options.items():
        if target is None:
            continue
        place = STDOUT if target == STDOUT else os.path.realpath(target)
        if place in seen:
            where = "standard output" if place == STDOUT else "the same file"
            raise OutputError(
                target, f"{seen[place]} and {option} both go to {where}", "give one of them a file"
            )
        seen[place] = option


def _stdout() -> BinaryIO:
    """Return standard output, unbuffered where it has a descriptor of its own."""
    try:
        sys.stdout.flush()
        return open(sys.stdout.fileno(), "wb", buffering=0, closefd=False)
    except (OSError, ValueError, AttributeError):
        return sys.stdout.buffer  # replaced by a program that captures it


def _divert(raw: BinaryIO) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, raw.fileno())
    finally:
        os.close(null)


def _explained(path: str, error: OSError) -> OutputError:
    code = error.errno or 0
    folder = os.path.dirname(path)  # noqa: PTH120 - a Path would lose the trailing slash
    if code in {errno.ENOENT, errno.ENOTDIR} and folder and not os.path.isdir(folder):  # noqa: PTH112
        if os.path.exists(folder) or code == errno.ENOTDIR:  # noqa: PTH110
            return OutputError(path, f"{folder!r} is no folder", "name a file in a folder")
        return OutputError(path, f"the folder {folder!r} does not exist", f"make it: mkdir -p {folder!r}")
    reason = os.strerror(code).lower() if code else str(error)
    if code == errno.EACCES and os.path.exists(path):  # noqa: PTH110
        return OutputError(path, reason, "the file is not yours to write; choose another name")
    return OutputError(path, reason, _FIXES.get(code, "choose another place"))
