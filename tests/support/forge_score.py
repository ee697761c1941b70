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
    for event in sorted(events, key=lambda event: (event.ts_verdict is None, event.username is None)):
        mine = _owner(truth, free, event, slack)
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


def _owner(truth: list[Truth], free: list[Truth], event: AuthEvent, slack: int) -> Truth | None:
    seen = event.ts_verdict
    if seen is not None:
        exact = [each for each in free if each.ts_verdict == seen]
        # The last octets of the verdict are lost: it was read from the frames before them, or at the end.
        cut = [
            each
            for each in free
            if each.ts <= event.ts <= each.ts_verdict
            and (each.outcome, each.code) == (event.outcome, event.code)
            and (each.mechanism, each.username) == (event.mechanism, event.username)
        ]
        return next(iter(exact + cut), None)
    around = [each for each in truth if each.ts <= event.ts <= each.ts_verdict + slack]
    named = [each for each in around if each.username == event.username is not None]
    return next((each for each in named or around if each in free), None)


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
