"""The same attacks, told by the shipped rules from packets and by Fail2Ban from the server's own log."""

from collections import Counter
from random import Random
from typing import Final, NamedTuple

from scenarios.attacks import KINDS, attack, patient_break_in
from scenarios.bans import Seen, replay
from scenarios.dresses import framed
from scenarios.lookalikes import COMPARED, scene
from scenarios.matrix import Cell, cell
from scenarios.people import OFFICE, legit_day
from scenarios.recording import record
from scenarios.visits import Visit
from scenarios.watching import watch

DAY: Final = "a legitimate day"
PATIENT: Final = "a guess every 3 min"


class Row(NamedTuple):
    """One attack, told by both. `before`: attempts of it up to the first alert; None: no alert, no ban."""

    kind: str
    attempts: int
    alert: str
    before: int | None
    banned: str
    banned_before: int | None
    let_in: int  # failures that reach a server which Fail2Ban guards
    failures: int


def rows() -> tuple[list[Row], list[tuple[str, str, str]]]:
    """Rows of all attacks, and (scene, what smtpsensor says, what Fail2Ban does) of what is none.

    Records everything anew at real servers: as root, half a minute.
    """
    harmless: dict[str, list[Visit]] = {DAY: legit_day()}
    harmless |= {make.__name__.replace("_", " "): scene(make, 2) for make in COMPARED}
    patient = patient_break_in(Random(1))
    visits = {kind: attack(kind).visits for kind in KINDS} | {PATIENT: patient.visits}
    # What never fails leaves no line that any filter reads.
    visits |= {name: [one for one in some if _failures(one)] for name, some in harmless.items()}
    seen = replay(record(visits))
    told = [_row(f"`{kind}`", cell(kind, "alone"), seen[kind]) for kind in KINDS]
    slowly = Cell(patient, watch(framed(patient.visits)))
    told.append(_row(f"`{patient.kind}`, {PATIENT}", slowly, seen[PATIENT]))
    return told, [(name, _said(some), _bans(seen[name])) for name, some in harmless.items()]


def _row(kind: str, found: Cell, seen: list[Seen]) -> Row:
    attack_ = found.attack
    sources = {visit.source for visit in attack_.visits}
    begun = [event.ts for event in found.watched.attempts if event.flow.src in sources]
    (own,) = found.own()
    said = min(alert.ts for alert in found.watched.opened.values() if alert.id == own.id)
    bans = [one.source for one in seen if one.banned]
    first = next((number for number, one in enumerate(seen, 1) if one.banned), None)
    return Row(
        kind=kind,
        attempts=len(begun),
        alert=f"{own.severity.value}: {' and '.join(own.key)}",
        before=sum(ts <= said for ts in begun),
        banned=", ".join(f"{source}" for source in dict.fromkeys(bans)) or "nobody",
        banned_before=first,
        let_in=len(seen),
        failures=sum(_failures(visit) for visit in attack_.visits),
    )


def _failures(visit: Visit) -> int:
    return sum(each.code == 535 for each in visit.tries)


def _said(visits: list[Visit]) -> str:
    """Return what is said about what is no attack: by severity and rule."""
    alerts = watch(framed(visits)).alerts.values()
    counted = Counter((alert.severity.value, alert.rule.name) for alert in alerts)
    words = [f"{severity}: `{rule}` x {number}" for (severity, rule), number in sorted(counted.items())]
    return ", ".join(word.removesuffix(" x 1") for word in words) or "nothing"


def _bans(seen: list[Seen]) -> str:
    bans = Counter(one.source for one in seen if one.banned)
    if not bans:
        return "bans nobody"
    office = f", the office with its 50 people {bans[OFFICE]} x" if bans[OFFICE] else ""
    times = f"{bans.total()} bans" if bans.total() > 1 else "1 ban"
    return f"{times} of {len(bans)} address{'es' * (len(bans) > 1)}{office}"
