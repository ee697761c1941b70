"""Distinct values of one key, each with the engine time at which it was seen last, most recent at the end."""

from itertools import islice
from typing import Final

# None, one, or many: most keys have one.
Values = None | tuple[str | int, int] | dict[str | int, int]
# Before any window: clocks of small devices begin at 0, and a window there begins before it.
NEVER_SEEN: Final = -(1 << 63)


def nth_last(values: Values, number: int) -> int:
    """Return when the `number`-th last of the distinct values was seen last, or `NEVER_SEEN`."""
    if values is None:
        return NEVER_SEEN
    if isinstance(values, dict):
        if len(values) < number:
            return NEVER_SEEN
        return next(islice(reversed(values.values()), number - 1, None))
    return values[1] if number == 1 else NEVER_SEEN


def is_seen(value: str | int) -> bool:
    """Say whether a value was really seen: a secret that cannot be seen stands as a negative number."""
    return isinstance(value, str) or value >= 0


def items(values: Values) -> list[tuple[str | int, int]]:
    """Return each value with the time at which it was seen last."""
    if values is None:
        return []
    return list(values.items()) if isinstance(values, dict) else [values]
