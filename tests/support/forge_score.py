"""Events held against made-up sessions: what is right, what is unknown, and what must never be.

An event belongs to the attempt whose verdict frame it names; without a verdict, to an open one of its time.
`unknown` and a missing name are honest answers and count as such. One attempt told as two, an unknown one and
a verdict without a name, is a "split": what was lost between them may have been another attempt. An event in
the time of no attempt at all is a phantom.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable

from smtpsensor.events import AuthEvent
from support.forge_sessions import Played, Truth

COLUMNS = (
    *("attempts", "right", "unknown", "missed", "no name", "split"),
    *("wrong name", "wrong verdict", "phantom"),
)
NEVER = ("wrong name", "wrong verdict", "phantom")


def score(
    played: Iterable[Played], events: list[AuthEvent], slack: int = 0
) -> tuple[Counter[str], list[str]]:
    """Count by COLUMNS, and describe what must never be. `slack` ns is how late a direction was."""
    by_flow: defaultdict[tuple[str, int], list[AuthEvent]] = defaultdict(list)
    for event in events:
        by_flow[event.flow.src, event.flow.src_port].append(event)
    total: Counter[str] = Counter()
    notes: list[str] = []
    for session in played:
        found = by_flow.pop((session.ends.client, session.ends.client_port), [])
        for kind, note in _session(session.truth, found, slack):
            total[kind] += 1
            if kind in NEVER:
                notes.append(f"{kind}: {session.ends.client}: {note}")
    for strangers in by_flow.values():
        total["phantom"] += len(strangers)
        notes += [f"phantom: {event}" for event in strangers]
    return total, notes


def _session(truth: list[Truth], events: list[AuthEvent], slack: int) -> Iterable[tuple[str, str]]:
    free = list(truth)
    for event in sorted(events, key=lambda event: event.ts_verdict is None):
        mine = _owner(free, event, slack)
        if mine is None:
            during = any(each.ts <= event.ts <= each.ts_verdict + slack for each in truth)
            honest = event.ts_verdict is None and event.outcome == "unknown"
            kind = "phantom" if not during else "split" if honest else "wrong verdict"
            yield kind, f"{event}, truth {truth}"
            continue
        free.remove(mine)
        yield from _attempt(mine, event)
    for _ in truth:
        yield "attempts", ""
    for _ in free:
        yield "missed", ""


def _owner(free: list[Truth], event: AuthEvent, slack: int) -> Truth | None:
    if event.ts_verdict is not None:
        return next((each for each in free if each.ts_verdict == event.ts_verdict), None)
    around = [each for each in free if each.ts <= event.ts <= each.ts_verdict + slack]
    named = [each for each in around if slack and each.username == event.username]
    return next(iter(named + around), None)


def _attempt(truth: Truth, event: AuthEvent) -> Iterable[tuple[str, str]]:
    what = f"{event}, truth {truth}"
    if event.ts_verdict is None:
        yield ("unknown" if event.outcome == "unknown" else "wrong verdict"), what
    elif (event.outcome, event.code) == (truth.outcome, truth.code) and event.ts >= truth.ts:
        yield "right", ""
    else:
        yield "wrong verdict", what
    if event.username is None:
        yield "no name", ""
    if event.username not in {None, truth.username} or event.mechanism not in {None, truth.mechanism}:
        yield "wrong name", what
