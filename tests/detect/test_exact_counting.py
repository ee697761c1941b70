"""The engine counts as a reference does that keeps everything, on any stream of attempts."""

import pytest
from detect.reference import opened
from detect.streams import DAY, HOUR, MINUTE, SECOND, START, attempt, rule
from hypothesis import example, given
from hypothesis import strategies as st

from smtpsensor.detect.alert import AlertState
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.rule import Condition, Rule, Threshold
from smtpsensor.events import AuthEvent, Outcome

LOGINS = (Condition("outcome", (Outcome.SUCCESS,)),)
RULES = {
    "attempts": rule("attempts", ("source",), Threshold((("attempts", 4),), MINUTE)),
    "two windows": rule(
        "two_windows",
        ("source",),
        Threshold((("attempts", 3),), 10 * SECOND),
        Threshold((("attempts", 5),), 10 * MINUTE),
        quiet=5 * MINUTE,
    ),
    "names": rule("names", ("source",), Threshold((("usernames", 3),), MINUTE), quiet=MINUTE),
    "sources and attempts": rule(
        "sources", ("username",), Threshold((("sources", 2), ("attempts", 4)), 2 * MINUTE), quiet=90 * SECOND
    ),
    "networks": rule("networks", ("username",), Threshold((("networks", 2),), MINUTE)),
    "network": rule("network", ("network",), Threshold((("attempts", 5), ("usernames", 2)), MINUTE)),
    "pair": rule("pair", ("source", "username"), Threshold((("attempts", 3),), MINUTE), quiet=2 * MINUTE),
    "few people": rule(
        "people",
        ("network",),
        Threshold((("attempts", 3),), MINUTE, against_below=2),
        against=LOGINS,
        against_count="usernames",
    ),
    "few logins": rule(
        "logins", ("source",), Threshold((("attempts", 3),), MINUTE, against_below=2), against=LOGINS
    ),
}
SOURCES = ("198.51.100.7", "198.51.100.8", "192.0.2.9", "2001:db8::7")
NAMES = ("anna@example.org", "ANNA@example.org", "ben@example.org", "clara@example.org", None)
OUTCOMES = (Outcome.FAILURE, Outcome.FAILURE, Outcome.FAILURE, Outcome.SUCCESS, Outcome.TEMPORARY)
# Steps of time: within one second, at the very edge of a window, and past every one.
STEPS = (0, 1, SECOND, 9 * SECOND, 10 * SECOND, MINUTE, MINUTE + 1, 5 * MINUTE, 11 * MINUTE, 2 * HOUR)

Stream = list[tuple[int, str, str | None, Outcome]]
streams = st.lists(
    st.tuples(
        st.sampled_from(STEPS), st.sampled_from(SOURCES), st.sampled_from(NAMES), st.sampled_from(OUTCOMES)
    ),
    max_size=60,
)


def events_of(stream: Stream) -> list[AuthEvent]:
    at = 0
    made = []
    for secret, (step, source, name, outcome) in enumerate(stream):
        at += step
        made.append(attempt(at, source, name, outcome, secret))
    return made


def by_engine(tested: Rule, events: list[AuthEvent]) -> list[tuple[object, ...]]:
    engine = Engine([tested])
    said = [(event.ts, alert) for event in events for alert in engine.take(event)]
    return [
        (t, tuple(alert.key.values()), alert.count, alert.first)
        for t, alert in said
        if alert.state is AlertState.OPENED
    ]


@pytest.mark.parametrize("name", RULES)
@given(stream=streams)
@example(stream=[(0, SOURCES[0], NAMES[0], Outcome.FAILURE)] * 12)
@example(stream=[(MINUTE, SOURCES[0], NAMES[i % 4], Outcome.FAILURE) for i in range(12)])
def test_engine_and_reference_agree(name: str, stream: Stream) -> None:
    events = events_of(stream)
    assert by_engine(RULES[name], events) == opened(RULES[name], [(event.ts, event) for event in events])


@pytest.mark.parametrize("name", RULES)
@given(stream=streams)
def test_a_rule_fires_the_same_beside_all_others(name: str, stream: Stream) -> None:
    events = events_of(stream)
    engine = Engine(list(RULES.values()))
    said = [alert for event in events for alert in engine.take(event) if alert.state is AlertState.OPENED]
    mine = [
        (tuple(alert.key.values()), alert.count, alert.first)
        for alert in said
        if alert.rule.name == RULES[name].name
    ]
    assert mine == [entry[1:] for entry in by_engine(RULES[name], events)]


@given(stream=streams, late=st.lists(st.integers(0, 3 * MINUTE), min_size=60, max_size=60))
def test_times_out_of_order_count_as_now(stream: Stream, late: list[int]) -> None:
    """Engine time never goes back: an attempt that comes late counts when it comes."""
    events = events_of(stream)
    times, now = [], 0
    for event, delay in zip(events, late, strict=False):
        event.ts -= delay
        event.ts_verdict = event.ts
        now = max(now, event.ts)
        times.append((now, event))
    tested = RULES["attempts"]
    assert [entry[1:] for entry in by_engine(tested, events)] == [
        entry[1:] for entry in opened(tested, times)
    ]


@pytest.mark.parametrize(
    ("times", "fires"),
    [
        pytest.param([0, 20, 40, 60], True, id="the last at the very end of the minute"),
        pytest.param([0, 20, 40, 61], False, id="a second later the first no longer counts"),
        pytest.param([0, 0, 0, 0], True, id="all at once"),
        pytest.param([0, 59, 61, 119, 120], False, id="two halves of tumbling minutes, never four in one"),
        pytest.param([50, 55, 65, 70], True, id="four across a full minute: windows slide"),
        pytest.param([0, 59, 61, 62, 63], True, id="the first left, the second to fifth are within a minute"),
    ],
)
def test_four_in_a_minute(times: list[int], fires: bool) -> None:
    events = [attempt(at * SECOND) for at in times]
    assert bool(by_engine(RULES["attempts"], events)) is fires


@pytest.mark.parametrize("name", RULES)
@given(stream=streams)
def test_a_clock_that_begins_in_1970(name: str, stream: Stream) -> None:
    """Windows reach back before the beginning of time."""
    events = events_of(stream)
    for event in events:
        event.ts -= START
        event.ts_verdict = event.ts
    assert by_engine(RULES[name], events) == opened(RULES[name], [(event.ts, event) for event in events])


def test_a_clock_set_back_a_day_neither_alerts_nor_forgets() -> None:
    engine = Engine([RULES["attempts"]])
    before = [attempt(2 * DAY + at * SECOND) for at in range(3)]
    after = [attempt(DAY + HOUR + at * SECOND) for at in range(2)]
    said = [len(engine.take(event)) for event in [*before, *after]]
    assert said == [0, 0, 0, 1, 0]
    assert engine.stats().clock_steps == 1
