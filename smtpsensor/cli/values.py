"""Option values from text. What means nothing raises OptionError, in one line that names the fix."""

import os
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from smtpsensor.sinks.output import STDOUT

Choice = TypeVar("Choice", bound=StrEnum)


class OptionError(ValueError):
    """A value of an option that means nothing; the text names option, value and fix."""


def ports(texts: Iterable[str], option: str) -> frozenset[int]:
    """Return the ports of `25`, `25,587` or several of these; raises OptionError."""
    found = set()
    for text in texts:
        for word in map(str.strip, text.split(",")):
            if not (word.isascii() and word.isdigit() and len(word) < 6 and 0 < int(word) < 65_536):
                raise OptionError(f"{option}: {word!r} is no port; write a number from 1 to 65535")
            found.add(int(word))
    return frozenset(found)


def choice(text: str, of: type[Choice], option: str) -> Choice:
    """Return the member of `of` with this value; raises OptionError."""
    try:
        return of(text.lower())
    except ValueError:
        *most, last = of
        known = f"{', '.join(most)} or {last}"
        raise OptionError(f"{option}: {text!r} is not known; write {known}") from None


def output(text: str | None) -> str | None:
    """Return FILE, or `-` for the names under which a shell knows standard output."""
    return STDOUT if text in {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"} else text


def number(text: str, option: str, low: float, high: float, such: str) -> float:
    """Return a number from `low` to `high`; raises OptionError, whose fix is to write `such`."""
    try:
        found = float(text)
    except ValueError:
        raise OptionError(f"{option}: {text!r} is no number; write {such}") from None
    if not low <= found <= high:
        raise OptionError(f"{option}: {text!r} is not within {low:g} and {high:g}; write {such}")
    return found


def host(text: str | None) -> str:
    """Return the sensor's name: what was given, or this machine's; raises OptionError if empty."""
    if text is None:
        return os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "smtpsensor")
    if not text.strip():
        raise OptionError("--host: the name is empty; write the name of this sensor, such as mx1-span")
    return text
