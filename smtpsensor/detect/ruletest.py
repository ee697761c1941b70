"""Runs rule tests: each case through an engine with all rules, its alerts against those expected."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from smtpsensor.detect.alert import Alert, Severity
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.rule import Rule
from smtpsensor.detect.rulecase import Case, Expected, RuleTest
from smtpsensor.detect.rulecase_events import START, story
from smtpsensor.events import AuthEvent, Event

Capture = Callable[[Path], Iterable[Event]]


class Life:
    """What was said of one alert: how it was opened, and how it stood last."""

    __slots__ = ("last", "opened")

    def __init__(self, first: Alert) -> None:
        self.opened = first.count
        self.last = first


def run_case(test: RuleTest, case: Case, rules: Sequence[Rule], read: Capture) -> list[str]:
    """Return what is not as the case expects, a line each; [] if all is.

    `read` gives the events of a capture; what it raises is raised.
    """
    events = story(case.events) if case.pcap is None else list(read(case.pcap))
    lives = _lives(Engine(rules, case.site), events, case.ends)
    own = [life for life in lives if life.last.rule.name == test.rule]
    wrong = _compare(test, case, own)
    others: dict[str, list[Life]] = {}
    for life in lives:
        if life.last.rule.name != test.rule:
            others.setdefault(life.last.rule.name, []).append(life)
    for name, found in others.items():
        if name not in case.also and found[0].last.severity is not Severity.INFO:
            wrong += [f"{name} alerts as well: {_shown(life)}" for life in found]
    wrong += [f"{name} does not alert, it stands under also" for name in case.also if name not in others]
    return wrong


def _lives(engine: Engine, events: Sequence[Event], ends: int | None) -> list[Life]:
    """Return every alert of a run in the order they were opened."""
    found: dict[str, Life] = {}

    def note(alerts: Iterable[Alert]) -> None:
        for alert in alerts:
            life = found.setdefault(alert.id, Life(alert))
            life.last = alert

    for event in events:
        note(engine.take(event))
    if ends is not None:
        first = min((event.ts for event in events if isinstance(event, AuthEvent)), default=START)
        note(engine.advance(min(START, first) + ends))
    note(engine.finish())
    return list(found.values())


def _compare(test: RuleTest, case: Case, own: Sequence[Life]) -> list[str]:
    wrong = []
    left = list(own)
    for expected in case.expect:
        place = f"{test.file}:{expected.line}"
        life = next((one for one in left if _is_about(one, expected)), None)
        if life is None:
            wrong.append(f"{place}: no alert about {_pairs(expected.key)}")
            continue
        left.remove(life)
        wrong += [f"{place}: {text}" for text in _differences(expected, life)]
    wrong += [f"{test.file}:{case.line}: an alert that is not expected: {_shown(life)}" for life in left]
    return wrong


def _is_about(life: Life, expected: Expected) -> bool:
    key = life.last.key
    return all(key.get(name, "").casefold() == value.casefold() for name, value in expected.key.items())


def _differences(expected: Expected, life: Life) -> Iterable[str]:
    alert = life.last
    pairs: list[tuple[str, object, object]] = [
        ("count", expected.count, alert.count),
        ("opened", expected.opened, life.opened),
        ("severity", expected.severity, alert.severity),
        ("state", expected.state, alert.state),
    ]
    counted = {name: count.count for name, count in alert.distinct.items()}
    pairs += [(name, number, counted.get(name)) for name, number in (expected.distinct or {}).items()]
    pairs += [(name, value, alert.facts.get(name)) for name, value in (expected.facts or {}).items()]
    for name, wanted, found in pairs:
        if wanted is not None and wanted != found:
            yield f"{name} is {found}, expected {wanted}"


def _pairs(key: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in key.items())


def _shown(life: Life) -> str:
    alert = life.last
    return f"{_pairs(alert.key)}, count {alert.count}, {alert.state}"
