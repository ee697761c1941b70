"""Durations: as rules write them (`90s`, `5m`, `1h30m`, `7d`), and in words."""

import re
from typing import Final

SECOND: Final = 1_000_000_000  # ns
_UNITS: Final = {
    "ms": SECOND // 1000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86_400 * SECOND,
    "w": 604_800 * SECOND,
}
# Whole numbers of up to seven digits: nothing that is meant needs more.
_DURATION: Final = re.compile(r"(?:[0-9]{1,7}(?:ms|[smhdw]))+")
_PART: Final = re.compile(r"([0-9]+)(ms|[smhdw])")
_WORDS: Final = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
HOW: Final = "write a number and a unit, such as 90s, 5m, 1h30m or 7d"
LONGEST: Final = 366 * _UNITS["d"]


def parse_duration(text: str) -> int | None:
    """Return ns of a duration; None if it is none."""
    if not _DURATION.fullmatch(text):
        return None
    return sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def in_words(ns: int) -> str:
    """Return a duration as a sentence says it: 5 minutes, 1 hour 30 minutes, 24 hours, 3 days."""
    seconds, rest = divmod(ns, SECOND)
    if rest:
        return f"{ns / SECOND:.3f}".rstrip("0") + " seconds"
    parts = []
    for word, size in _WORDS:
        if word == "day" and seconds < 2 * size:
            continue  # 24 hours are easier to take for a window than a day
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{number} {word}{'s' * (number != 1)}")
    return " ".join(parts) or "0 seconds"
