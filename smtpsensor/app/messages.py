"""What is said on standard error: one line each, never anything but printable characters."""

import sys
from collections.abc import Callable

from smtpsensor.capture.opening import STDIN
from smtpsensor.capture.trouble import InputProblem, printable

PROGRAM = "smtpsensor"
Say = Callable[[str], None]


class Messages:
    """Errors and warnings of a run. An error makes the run end with exit code 2."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Keep warnings and notes to oneself if `quiet`."""
        self.failed = False
        self.say: Say = say  # replaced while a progress bar is on the screen
        self._quiet = quiet

    def error(self, text: str) -> None:
        """Say what could not be used, and how to mend it."""
        self.failed = True
        self.say(line(text))

    def warn(self, text: str) -> None:
        """Say what the result may lack."""
        self.note(f"warning: {text}")

    def note(self, text: str) -> None:
        """Say what is going on."""
        if not self._quiet:
            self.say(line(text))


def line(text: str) -> str:
    """Return one line in the program's name, without an end."""
    return printable(f"{PROGRAM}: {text}")


def say(text: str) -> None:
    """Write a line to standard error. Where that is gone there is nobody left to tell."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        return


def called(path: str | None) -> str:
    """Return what an input is called."""
    return "standard input" if path in {STDIN, None} else str(path)


def problem_text(problem: InputProblem) -> str:
    """Return what is said about a problem of an input."""
    message = problem.message.removeprefix("standard input ")
    return f"{called(problem.path)}: {message}; {problem.fix}"
