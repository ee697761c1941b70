"""What a grouping of attempts remembers: one record a key, bounded; the least suspicious leave first."""

from typing import TYPE_CHECKING, Final
from zlib import crc32

if TYPE_CHECKING:
    from smtpsensor.detect.active import Active
    from smtpsensor.detect.facts import Facts
    from smtpsensor.detect.values import Values

Key = tuple[str, ...]
# Where a run of attempts began: attempts before it, engine time, and packet time, file and packet number.
Start = tuple[int, int, int, str | None, int | None]

_SKETCH: Final = 1 << 16  # cells of one octet: collisions only make a stranger look a little worse
_HALVED: Final = bytes(count >> 1 for count in range(256))


class Record:
    """What is known of one key."""

    __slots__ = (
        "against",
        "alerts",
        "bonus",
        "count",
        "key",
        "last",
        "restarts",
        "runs",
        "start",
        "times",
        "told",
        "values",
    )

    def __init__(self, key: Key, kinds: int) -> None:
        self.key = key
        self.bonus = 0  # attempts it had when it was evicted before, or a little more
        # What speaks against it, the last ones: engine times, or distinct values with their last times.
        self.against: list[int] | dict[str | int, int] | None = None
        self.alerts: list[Active | None] | None = None  # per rule of the track
        self.told: tuple[Active, ...] = ()  # its alerts, while they leave nothing to open for the other rules
        self.clear(kinds)

    def clear(self, kinds: int) -> None:
        """Begin anew: it was silent for longer than any window."""
        self.count = 0
        self.last = 0  # engine time of the last attempt
        self.times: list[int] = []  # engine times, the last ones
        self.values: list[Values] = [None] * kinds
        self.start: Start = (0, 0, 0, None, None)
        self.runs: list[Start] | None = None  # per window: where the run began; None: all at `start`
        self.restarts: dict[int, tuple[int, Start]] | None = (
            None  # rule -> (engine time, where it begins anew)
        )


class Records:
    """All records of one grouping. Full, it drops the least suspicious quarter: few attempts, long ago.

    What was dropped leaves its number of attempts in a sketch. A key that comes back is then as suspicious
    as it was, so that a flood of strangers cannot wash out somebody who goes on.
    """

    __slots__ = ("_cap", "_memory", "_noted", "_sketch", "evicted", "rows")

    def __init__(self, cap: int, memory: int) -> None:
        """Hold `cap` records; one that was silent for over `memory` ns is worth nothing."""
        self._cap = cap
        self._memory = memory
        self.rows: dict[Key, Record] = {}
        self.evicted = 0
        self._sketch = bytearray()
        self._noted = 0

    def add(self, key: Key, kinds: int, t: int) -> Record:
        """Return a new record for a key that has none."""
        if len(self.rows) >= self._cap:
            self._shed(t)
        record = self.rows[key] = Record(key, kinds)
        if self._sketch:
            record.bonus = self._sketch[_cell(key)]
        return record

    def _shed(self, t: int) -> None:
        """Make room. At most a quarter goes; records with an alert stay unless all have one."""
        dead = t - self._memory

        def rank(record: Record) -> tuple[int, int]:
            if record.alerts is not None and any(alert and alert.ended < 0 for alert in record.alerts):
                return (64, record.last)
            if record.last < dead:
                return (-1, record.last)
            return ((record.count + record.bonus).bit_length(), record.last)

        leaving = sorted(self.rows.values(), key=rank)[: max(1, self._cap // 4)]
        if not self._sketch:
            self._sketch = bytearray(_SKETCH)
        sketch = self._sketch
        for record in leaving:
            del self.rows[record.key]
            if record.last >= dead:
                cell = _cell(record.key)
                sketch[cell] = min(255, sketch[cell] + record.count + record.bonus)
                self._noted += record.count
                self.evicted += 1
        if self._noted > 2 * _SKETCH:
            self._sketch = sketch.translate(_HALVED)
            self._noted >>= 1


def _cell(key: Key) -> int:
    return crc32("\0".join(key).encode("utf-8", "surrogatepass")) % _SKETCH


def start_at(before: int, facts: "Facts") -> Start:
    """Return where a run begins: at this attempt, with `before` attempts before it."""
    event = facts.event
    return (before, facts.t, event.ts, event.file, event.frame)
