"""A mistake of the program itself: said in one line, its traceback shown only where it is asked for.

An exception's own text may quote what was on the wire, a password even, and so may the values of variables:
neither is ever printed. What remains - the kind of exception, the places in the code - is what is needed.
"""

import os
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from smtpsensor.app.exits import INTERNAL
from smtpsensor.app.messages import Say, line, say

Options = TypeVar("Options")

DEBUG = "SMTPSENSOR_DEBUG"  # a variable rather than a flag handed around: child processes see it as well
_ROOT = Path(__file__).parents[2]


def guarded(command: Callable[[Options], int], options: Options) -> int:
    """Run a command; return its exit code, or the one for a mistake of the program."""
    try:
        return command(options)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said without what it may hold
        report(error, say)
        return INTERNAL


def report(error: BaseException, say: Say) -> None:
    """Say in one line that the program failed; under --debug with its traceback."""
    innermost = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {_place(innermost[0])}" if innermost else ""
    notes = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
    debug = bool(os.environ.get(DEBUG))
    fix = "" if debug else "; please report it with what --debug prints"
    if debug:
        for text in _trace(error):
            say(text)
    say(line(f"internal error: {type(error).__name__}{place}{notes}{fix}"))


def _trace(error: BaseException | None) -> Iterator[str]:
    """Yield the traceback, most recent call last, and those of the exceptions behind it."""
    while error is not None:
        yield f"{type(error).__name__}, most recent call last:"
        for frame in traceback.extract_tb(error.__traceback__):
            yield f"  {_place(frame)}: {frame.line}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _place(frame: traceback.FrameSummary) -> str:
    """Return `smtpsensor/pump.py:42 (run)`: the place in the program, not on this machine."""
    path = Path(frame.filename)
    if path.is_relative_to(_ROOT):
        path = path.relative_to(_ROOT)
    return f"{path}:{frame.lineno} ({frame.name})"
