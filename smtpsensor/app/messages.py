"""What is said on standard error: one line each, never more than printable characters."""

import sys
from collections.abc import Callable

from smtpsensor.capture.trouble import printable

PROGRAM = "smtpsensor"


class Messages:
    """Errors and warnings of a run. An error makes the run end with exit code 2."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.failed = False
        self.write: Callable[[str], None] = write_line  # replaced while a progress bar is on the screen
        self._quiet = quiet

    def error(self, text: str) -> None:
        """Say what could not be used, and how to mend it."""
        self.failed = True
        self.write(line(text))

    def warn(self, text: str) -> None:
        """Say what the result may lack."""
        if not self._quiet:
            self.write(line(f"warning: {text}"))

    def note(self, text: str) -> None:
        """Say what is going on."""
        self.write(line(text))


def line(text: str) -> str:
    """Return one line in the program's name, without an end."""
    return printable(f"{PROGRAM}: {text}")


def write_line(text: str) -> None:
    """Write a line to standard error. Where that is gone there is nobody left to tell."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return
