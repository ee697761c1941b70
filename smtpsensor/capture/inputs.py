"""What the user named - files, folders, globs, `-` - as a list of captures, each problem in one line."""

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from smtpsensor.capture.formats import open_capture
from smtpsensor.capture.opening import STDIN
from smtpsensor.capture.trouble import CaptureError, InputProblem

# Names under which one expects a capture; what else lies in a folder is passed over without a word.
CAPTURE_NAMES = (".pcap", ".pcapng", ".cap", ".dmp", ".snoop")
PEEK_CHUNK = 4_096


@dataclass(slots=True)
class Inputs:
    """Captures to be read, in the order in which they were named, and what was wrong with the others."""

    paths: list[str] = field(default_factory=list)
    errors: list[InputProblem] = field(default_factory=list)
    warnings: list[InputProblem] = field(default_factory=list)


def expand(arguments: Sequence[str]) -> Inputs:
    """Find the captures behind `arguments`. Raises nothing: problems are in the result.

    A folder is searched recursively, its names sorted, and gives the files that begin like a capture; a
    pattern that the shell left alone is expanded here. A file that is reached twice (by another name, too)
    is read once, with a warning: read twice, each of its frames would be a duplicate. Pipes are not
    looked into.
    """
    return _Search().run(arguments)


class _Search:
    def __init__(self) -> None:
        self.found = Inputs()
        self._seen: set[tuple[int, int]] = set()
        self._stdin = False

    def run(self, arguments: Iterable[str]) -> Inputs:
        for argument in arguments:
            if argument == STDIN:
                self._standard_input()
            else:
                self._argument(argument)
        return self.found

    def _standard_input(self) -> None:
        if self._stdin:
            self._warn(STDIN, "is named twice", "it is read once")
        else:
            self._stdin = True
            self.found.paths.append(STDIN)

    def _argument(self, argument: str) -> None:
        repeated = 0
        for path in self._matches(argument):
            is_folder = os.path.isdir(path)  # noqa: PTH112 - paths stay as they were typed
            repeated += self._folder(path) if is_folder else self._file(path)
        if repeated:
            what = "was named before" if repeated == 1 else f"holds {repeated:,} files that were named before"
            self._warn(argument, what, "each is read once")

    def _matches(self, argument: str) -> list[str]:
        if os.path.exists(argument) or not glob.has_magic(argument):  # noqa: PTH110
            return [argument]
        matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207
        if not matches:
            self._fail(argument, "matches no file", "check the pattern")
        return matches

    def _file(self, path: str) -> bool:
        """Take a file that was named, or say what is wrong. True: it was taken before."""
        problem = _look(path, named=True)
        if problem:
            self.found.errors.append(problem.problem)
            return False
        return self._take(path)

    def _folder(self, folder: str) -> int:
        """Take the captures of a folder. Return how many were taken before."""
        repeated, captures, errors = 0, 0, len(self.found.errors)
        for path in self._walk(folder):
            problem = _look(path, named=False)
            if problem is None:
                captures += 1
                repeated += self._take(path)
            elif not problem.foreign:
                captures += 1  # something to be read is there
                self.found.errors.append(problem.problem)
            elif path.lower().removesuffix(".gz").removesuffix(".zst").endswith(CAPTURE_NAMES):
                self.found.warnings.append(problem.problem)
        if not captures and errors == len(self.found.errors):
            self._fail(folder, "is a folder without captures", "name one that holds pcap or pcapng files")
        return repeated

    def _walk(self, folder: str) -> Iterator[str]:
        def unreadable(error: OSError) -> None:
            self._fail(str(error.filename), f"cannot be listed ({error.strerror})", "check its permissions")

        for where, folders, files in os.walk(folder, onerror=unreadable):
            folders.sort()
            for name in sorted(files):
                yield os.path.join(where, name)  # noqa: PTH118

    def _take(self, path: str) -> bool:
        """Add a path unless the file behind it was added before."""
        with suppress(OSError):  # gone since: opening it will say so
            status = os.stat(path)  # noqa: PTH116
            identity = status.st_dev, status.st_ino
            if identity in self._seen:
                return True
            self._seen.add(identity)
        self.found.paths.append(path)
        return False

    def _fail(self, path: str, message: str, fix: str) -> None:
        self.found.errors.append(InputProblem(path, message, fix))

    def _warn(self, path: str, message: str, fix: str) -> None:
        self.found.warnings.append(InputProblem(path, message, fix))


def _look(path: str, *, named: bool) -> CaptureError | None:
    """Say why a path is no capture to be read. Pipes are taken unseen, but only if they were named."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116
    except (OSError, ValueError):
        if not named:
            return CaptureError(path, "is gone", "check the link", foreign=True)
        regular = True  # opening it tells why
    if not regular:
        return None if named else CaptureError(path, "is no file", "name it by itself", foreign=True)
    try:
        open_capture(path, PEEK_CHUNK).close()
    except CaptureError as error:
        return error
    return None
