"""Counting rules by keeping everything: slow, short, and what the engine has to agree with."""

from collections import defaultdict
from typing import Any

from smtpsensor.detect.facts import network_of
from smtpsensor.detect.rule import Rule, Threshold
from smtpsensor.events import AuthEvent, Outcome

FIELDS = {
    "sources": lambda event: event.flow.src,
    "networks": lambda event: network_of(event.flow.src),
    "usernames": lambda event: event.username and event.username.casefold(),
    "secrets": lambda event: event.secret,
}
Timed = list[tuple[int, Any]]
KEYS = {"source": FIELDS["sources"], "network": FIELDS["networks"], "username": FIELDS["usernames"]}


def opened(rule: Rule, events: list[tuple[int, AuthEvent]]) -> list[tuple[object, ...]]:
    """Return (engine time, key, count, first packet time) of each alert; `events` with their engine times."""
    found = []
    attempts: dict[tuple[object, ...], Timed] = defaultdict(list)
    active: dict[tuple[object, ...], int] = {}  # key -> engine time of its last attempt
    against: dict[tuple[object, ...], Timed] = defaultdict(list)
    for t, event in events:
        key = tuple(KEYS[name](event) for name in rule.group)
        if None in key:
            continue
        if event.outcome is Outcome.SUCCESS:
            value = FIELDS.get(rule.against_count, lambda _: None)(event)
            if rule.against_count == "attempts" or value is not None:
                against[key].append((t, value))
        if event.outcome is not Outcome.FAILURE:
            continue
        if key in active and t - active[key] >= rule.quiet:
            del active[key]
            attempts[key].clear()
        attempts[key].append((t, event))
        if key in active:
            active[key] = t
            continue
        for threshold in rule.thresholds:
            if not _met(rule, attempts[key], against[key], threshold, t):
                continue
            run = attempts[key][-1:]
            for earlier in reversed(attempts[key][:-1]):
                if run[0][0] - earlier[0] > threshold.window:
                    break
                run.insert(0, earlier)
            found.append((t, key, len(run), run[0][1].ts))
            active[key] = t
            break
    return found


def _met(rule: Rule, attempts: Timed, against: Timed, threshold: Threshold, t: int) -> bool:
    recent = [event for at, event in attempts if t - at <= threshold.window]
    numbers = {kind: len({get(event) for event in recent} - {None}) for kind, get in FIELDS.items()}
    numbers["attempts"] = len(recent)
    if any(numbers[kind] < number for kind, number in threshold.counts):
        return False
    spoke = [value for at, value in against if t - at <= threshold.window]
    number = len(spoke) if rule.against_count == "attempts" else len(set(spoke))
    return threshold.against_below is None or number < threshold.against_below
