"""One row per thing that can be wrong, and how it is written down and tried."""

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.captures import attempts, capture, played
from cli.program import Ran, smtpsensor

GOOD = "good.pcap"  # stands beside every bad input, and must be read and reported whatever the other is
WHOLE = played(2, seed=1)
IN_GOOD = attempts(*WHOLE)
# Root may read everything; without these two it may not, and is still root to whatever else it needs.
WITHOUT_RIGHTS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
Make = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Case:
    """What is given, and what comes of it."""

    what: str
    arguments: str  # behind `smtpsensor`, as typed in a shell
    says: tuple[str, ...]  # all lines on standard error, without `smtpsensor: `
    code: int
    # How many attempts of the bad input itself must be reported beside those of good.pcap.
    read: int = 0
    nothing: bool = False  # nothing can be read, and no report is printed
    make: Make | None = None  # prepares the folder in which the program runs
    stdin: bytes | None = None

    def run(self, folder: Path) -> Ran:
        """Try it in an empty folder."""
        (folder / GOOD).write_bytes(capture(*WHOLE))
        if self.make:
            self.make(folder)
        prefix = WITHOUT_RIGHTS if os.geteuid() == 0 else ()
        return smtpsensor(*shlex.split(self.arguments), cwd=folder, stdin=self.stdin, prefix=prefix)

    def row(self) -> str:
        """The case as a row of the table in docs/bad-input.md."""
        said = "<br>".join(f"`smtpsensor: {text}`" for text in self.says) or "nothing"
        read = "nothing" if self.nothing else f"{IN_GOOD} of good.pcap"
        read += f", {self.read} of the other" if self.read else ""
        cells = (self.what, f"`smtpsensor {self.arguments}`", said, str(self.code), read)
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def file(name: str, content: bytes) -> Make:
    """A file with this content."""
    return lambda folder: (folder / name).write_bytes(content)


def shut(name: str, content: bytes | None) -> Make:
    """A file, or a folder (None), that nobody may use."""

    def make(folder: Path) -> None:
        path = folder / name
        if content is None:
            path.mkdir()
        else:
            path.write_bytes(content)
        path.chmod(0)

    return make
