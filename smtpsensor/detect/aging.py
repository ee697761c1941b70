"""Bounded dicts in order of age."""

from itertools import islice
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def make_room(table: dict[K, V], cap: int) -> list[V]:
    """Let the oldest of a full table go, a sixteenth of it at once; return them.

    One at a time would cost more the larger the table is: a dict looks for its first entry from where the
    first one ever stood.
    """
    if len(table) < cap:
        return []
    return [table.pop(key) for key in list(islice(table, max(1, cap // 16)))]
