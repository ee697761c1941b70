"""What can be wrong with an input, in words for the person who named it. Raised nowhere below opening."""

from dataclasses import dataclass

# The longest frame any known writer makes (libpcap's MAXIMUM_SNAPLEN); more in a length field is damage.
MAX_FRAME = 262_144


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why reading ended before the input's last frame; `message` goes on after the input's name.

    `anomaly` is `capture_truncated` (it merely ends early: a warning) or `capture_damaged` (an error).
    """

    anomaly: str
    message: str

    @property
    def damaged(self) -> bool:
        """Whether there is more behind it that could not be read."""
        return self.anomaly == "capture_damaged"


@dataclass(frozen=True, slots=True)
class InputProblem:
    """One line about one input: which, what, and what to do."""

    path: str
    message: str
    fix: str

    def __str__(self) -> str:
        return printable(f"{self.path}: {self.message}; {self.fix}")


class CaptureError(Exception):
    """An input that cannot be read at all. `problem` names it and the fix.

    `foreign`: it can be read, but is something else than a capture.
    """

    def __init__(self, path: str, message: str, fix: str, *, foreign: bool = False) -> None:
        super().__init__(path, message, fix)
        self.problem = InputProblem(path, message, fix)
        self.foreign = foreign

    def __str__(self) -> str:
        return str(self.problem)


def printable(text: str) -> str:
    """Replace what could move a cursor or break a line: file and interface names are others' text."""
    return "".join(c if c.isprintable() else "?" for c in text)


def truncated(message: str) -> Trouble:
    """Trouble of an input that ends early: nothing behind it is lost to us."""
    return Trouble("capture_truncated", message)


def damaged(message: str) -> Trouble:
    """Trouble of an input that goes on, but not in a way that can be read."""
    return Trouble("capture_damaged", message)
