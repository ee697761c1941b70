"""The thresholds of a rule, from its file or from the configuration."""

from typing import Final

from smtpsensor.detect.caps import Caps
from smtpsensor.detect.document import Item
from smtpsensor.detect.kinds import FORMS
from smtpsensor.detect.problems import Problems, listed
from smtpsensor.detect.rule import ATTEMPTS, DISTINCT, Kind, Threshold
from smtpsensor.detect.table import Table

_COUNTED: Final = (ATTEMPTS, *DISTINCT)
_FIELDS: Final = (*_COUNTED, "within", "against_below")
# Times kept per key: 32,768 keys at ten thousand would be gigabytes, so few ask for more.
_ATTEMPTS: Final = 10_000
_THRESHOLDS: Final = 8
_SINGULAR: Final = {"sources": "source", "networks": "network", "usernames": "username"}


def read_thresholds(
    table: Table, kind: Kind, group: tuple[str, ...], problems: Problems, *, against: bool
) -> tuple[Threshold, ...]:
    """Return the thresholds of a rule's `threshold` field; what is wrong is noted."""
    if not FORMS[kind].thresholds:
        if "threshold" in table:
            table.wrong("threshold", f"a rule of kind {kind} does not count to one", "see its settings")
        if "against" in table:
            table.wrong("against", f"a rule of kind {kind} does not use it", "leave it out")
        return ()
    if table.need("threshold", "write - {attempts: 10, within: 5m}") is None:
        return ()
    found = thresholds_of(table, problems, group)
    speaking = [one.against_below is not None for one in found]
    if found and against and not any(speaking):
        table.wrong("against", "no threshold has a limit for it", "add against_below: 10 to a threshold")
    if found and any(speaking) and not against and "against" not in table:
        table.wrong(
            "threshold", "against_below without against", "say what speaks against it: {outcome: success}"
        )
    return found


def thresholds_of(table: Table, problems: Problems, group: tuple[str, ...] = ()) -> tuple[Threshold, ...]:
    """Return what stands in the list `threshold`; a mistake leaves it out and is noted."""
    items = table.items("threshold")
    field = table.get("threshold")
    if field is not None and field.value == []:
        table.wrong("threshold", "is empty", "write - {attempts: 10, within: 5m}")
    if len(items) > _THRESHOLDS:
        table.wrong("threshold", f"has {len(items)} members", f"write at most {_THRESHOLDS}")
    made = (_threshold(item, problems, group) for item in items[:_THRESHOLDS])
    return tuple(one for one in made if one is not None)


def _threshold(item: Item, problems: Problems, group: tuple[str, ...]) -> Threshold | None:
    table = Table(item, problems, _FIELDS)
    if not table.usable:
        return None
    counts = []
    for name in _COUNTED:
        number = table.whole(name, 1, _ATTEMPTS if name == ATTEMPTS else Caps().values)
        if number is not None:
            counts.append((name, number))
    if not set(item.value) - {"within", "against_below"}:
        problems.add(item.line, item.field, "counts nothing", f"write {listed(_COUNTED, 'or')}")
    table.need("within", "say in which time: within: 5m")
    window = table.duration("within")
    below = table.whole("against_below", 1, _ATTEMPTS)
    if window is None or not counts:
        return None
    for name, number in counts:
        if never(name, number, group):
            table.wrong(name, never(name, number, group), "count something else, or group otherwise")
    return Threshold(tuple(counts), window, below)


def never(name: str, number: int, group: tuple[str, ...]) -> str:
    """Return why so many cannot be counted under one key; "" if they can."""
    fixed = _SINGULAR.get(name) in group or (name == "networks" and "source" in group)
    return f"is never above 1: attempts are grouped by {listed(group)}" if fixed and number > 1 else ""
