"""Imports point one way: capture -> decode -> reassembly -> smtp -> detect -> sinks -> app -> cli."""

from collections.abc import Iterator

import pytest
from support.tree import Module, imports, modules

LEAVES = {"anomalies", "config", "events", "flowid", "stats", "tagging", "text", "__init__"}
PATH = {"capture", "decode", "reassembly", "smtp", "pump"}  # from frames to events

# Room -> the rooms it may import. A room that is not here has no place in the flow yet: give it one.
ALLOWED: dict[str, set[str]] = {
    "__init__": set(),
    "anomalies": set(),
    "config": set(),
    "events": set(),
    "stats": set(),
    "flowid": set(),
    "tagging": set(),
    "text": set(),
    "capture": LEAVES,  # knows nothing of TCP or SMTP
    "decode": LEAVES | {"capture"},  # knows nothing of streams
    "reassembly": LEAVES | {"smtp"},  # hands octets to a session; knows no grammar, as smtp knows no packets
    "smtp": LEAVES,  # knows nothing of packets
    "pump": LEAVES | {"capture", "decode", "reassembly", "smtp"},
    "pipeline": LEAVES | PATH,
    "detect": LEAVES - {"tagging"},  # knows nothing of SMTP's grammar, nor of sinks
    "sinks": LEAVES | {"detect"},  # of detectors they know the alerts
    "report": LEAVES | {"detect", "sinks"},
    "metrics": LEAVES | {"detect", "sinks"},  # sees everything above through its counters alone
    "app": LEAVES | PATH | {"pipeline", "detect", "sinks", "report", "metrics"},
    "cli": LEAVES | {"app", "capture", "detect", "pipeline", "sinks", "report", "metrics"},
    "__main__": {"cli"},
}


def rooms_imported(module: Module) -> Iterator[tuple[int, str]]:
    for line, name in imports(module):
        first, _, rest = name.partition(".")
        if first == "smtpsensor":
            room = rest.partition(".")[0]
            yield line, room if room in ALLOWED else "__init__"


@pytest.mark.parametrize("room", sorted({module.room for module in modules()}))
def test_a_room_imports_only_from_the_rooms_before_it(room: str) -> None:
    assert room in ALLOWED, f"smtpsensor/{room} stands nowhere in the flow: give it a line in ALLOWED"
    wrong = [
        f"{module.path}:{line} imports {other}"
        for module in modules()
        if module.room == room
        for line, other in rooms_imported(module)
        if other != room and other not in ALLOWED[room]
    ]
    assert wrong == []


def test_the_table_itself_has_no_circle() -> None:
    left = {room: set(others) for room, others in ALLOWED.items()}
    while free := [room for room, others in left.items() if not others & set(left)]:
        for room in free:
            del left[room]
    assert left == {}


def test_sinks_know_alerts_and_nothing_else_of_detection() -> None:
    known = {
        name
        for module in modules()
        for _, name in imports(module)
        if module.room == "sinks" and name.startswith("smtpsensor.detect")
    }
    assert {name.split(".")[2] for name in known} == {"alert"}


# scapy is GPL-2.0-only and an extra: nothing of the core may need it, not even late.
SCAPY_MAY_BE_IMPORTED_BY: set[str] = set()


def test_nothing_of_the_core_imports_scapy() -> None:
    wrong = [
        f"{module.path}:{line}"
        for module in modules()
        if module.path not in SCAPY_MAY_BE_IMPORTED_BY
        for line, name in imports(module)
        if name.partition(".")[0] == "scapy"
    ]
    assert wrong == []
