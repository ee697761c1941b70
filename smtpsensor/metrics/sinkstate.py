"""How an output fares."""

from dataclasses import dataclass


@dataclass(slots=True)
class SinkState:
    """One output, counted by who feeds it. `queue`: events and alerts that wait for it."""

    name: str
    up: bool = True
    written: int = 0
    failures: int = 0
    queue: int = 0
