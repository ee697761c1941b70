"""Sources that share a list, and others that only look so: streams of guesses, made from seeds."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from random import Random

import pytest
from detect.streams import DAY, HOUR, MINUTE, SECOND, attempt, rule
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.detect.alert import Alert, AlertState
from smtpsensor.detect.campaign import Campaigns
from smtpsensor.detect.campaign_records import DEFAULTS, Source, Traces, mark, name_ties, secret_ties
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.facts import Facts
from smtpsensor.detect.rule import Kind
from smtpsensor.events import AuthEvent, Outcome

Stream = Iterable[AuthEvent]
NAMES = [f"list{number}@example.net" for number in range(40)]
RULE = replace(
    rule("shared_dictionary", ("campaign",), match=(), quiet=DAY, covers=("source",)),
    kind=Kind.CAMPAIGN,
    thresholds=(),
)


def run(*streams: Stream, engine: Engine | None = None) -> list[Alert]:
    engine = engine or Engine([RULE])
    events = sorted((event for stream in streams for event in stream), key=lambda event: event.ts)
    return [alert for event in events for alert in engine.take(event)] + engine.finish()


def opened(alerts: Iterable[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.state is AlertState.OPENED]


def walk(
    source: str,
    names: Iterable[str | None],
    begin: int = 0,
    step: int = 4 * MINUTE,
    secrets: Iterable[int | None] | None = None,
) -> Iterator[AuthEvent]:
    """One source goes through a list, with a password of its own for each unless told otherwise."""
    seed = Random(f"{source} {begin}")
    passwords = iter(secrets) if secrets is not None else None
    for number, name in enumerate(names):
        secret = next(passwords) if passwords else seed.getrandbits(64)
        yield attempt(begin + number * step, source, name, secret=secret)


def networks(count: int, of_one: int = 1) -> list[str]:
    return [f"198.18.{number // of_one}.{20 + number}" for number in range(count)]


def staggered(sources: Iterable[str], names: list[str], begin: int = 0, gap: int = 11 * MINUTE) -> Stream:
    return [
        event for number, source in enumerate(sources) for event in walk(source, names, begin + number * gap)
    ]


def test_twelve_sources_with_one_list_are_one_alert_at_the_fifth() -> None:
    alerts = run(staggered(networks(12), NAMES[:6], gap=HOUR))
    first, last = alerts[0], alerts[-1]
    assert [alert.state for alert in alerts].count(AlertState.OPENED) == 1
    assert first.count == 4 * 6 + 3
    assert first.distinct["sources"].count == 5
    assert first.facts == {"shared_names": 3, "shared_secrets": 0}
    assert last.count == 72
    assert last.members["sources"] == tuple(networks(12))
    assert last.members["usernames"] == tuple(NAMES[:6])
    assert last.distinct["secrets"].count == 72 - 4  # of each that was there before, five are remembered
    assert last.facts == {"shared_names": 6, "shared_secrets": 0}
    assert len(first.key["campaign"]) == 8


def test_sources_that_take_turns_are_found_as_well() -> None:
    alerts = run(staggered(networks(12), NAMES[:6], gap=SECOND))
    assert len(opened(alerts)) == 1
    assert alerts[-1].count == 72


def test_over_ipv6_a_network_is_a_64() -> None:
    many = [f"2001:db8:0:{number}::25" for number in range(6)]
    one = [f"2001:db8:0:1::{number:x}" for number in range(16)]
    assert len(opened(run(staggered(many, NAMES[:5])))) == 1
    assert run(staggered(one, NAMES[:5])) == []


ATTACKS: dict[str, Callable[[Random], tuple[Stream, int]]] = {
    "lists begin somewhere": lambda random: (
        [
            event
            for number, source in enumerate(networks(30))
            for start in [random.randrange(8)]
            for event in walk(source, NAMES[start : start + 6], number * 7 * MINUTE)
        ],
        20,
    ),
    "one try in twenty lost": lambda random: (
        [event for event in staggered(networks(15), NAMES[:8]) if random.random() > 0.05],
        14,
    ),
    "one name in twenty not seen": lambda random: (
        [
            event
            for source in networks(15)
            for event in walk(source, [name if random.random() > 0.05 else None for name in NAMES[:8]])
        ],
        14,
    ),
    "passwords in any order, one name each": lambda random: (
        [
            event
            for number, source in enumerate(networks(12))
            for event in walk(
                source,
                [f"user{number}"] * 6,
                number * HOUR,
                secrets=random.sample(range(6), 6),
            )
        ],
        12,
    ),
    "five a /24": lambda _random: (staggered(networks(20, of_one=5), NAMES[:5]), 20),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", ATTACKS)
def test_a_shared_list_is_found(case: str, seed: int) -> None:
    stream, least = ATTACKS[case](Random(f"{case} {seed}"))
    alerts = run(stream)
    assert len(opened(alerts)) == 1
    assert alerts[-1].distinct["sources"].count >= least


def same_order_but_two_networks() -> Stream:
    return staggered(networks(40, of_one=20), NAMES[:6])


def known(sources: Iterable[str]) -> Stream:
    return [
        attempt(number, source, f"user{number}", Outcome.SUCCESS) for number, source in enumerate(sources)
    ]


def shuffled() -> Stream:
    random = Random(3)
    return [
        event
        for number, source in enumerate(networks(30))
        for event in walk(source, random.sample(NAMES, 6), number * MINUTE)
    ]


OTHERS: dict[str, Callable[[], list[Stream]]] = {
    "four sources": lambda: [staggered(networks(4), NAMES[:8])],
    "forty sources of two networks": lambda: [same_order_but_two_networks()],
    "two names only": lambda: [staggered(networks(30), NAMES[:2])],
    "two passwords only": lambda: [
        [e for s in networks(30) for e in walk(s, ["anna", "ben"], secrets=[1, 2])]
    ],
    "names in no order": lambda: [shuffled()],
    "one account from everywhere, passwords of their own": lambda: [
        [event for source in networks(60) for event in walk(source, ["anna"] * 5)]
    ],
    "a program on many servers with one wrong password": lambda: [
        [event for source in networks(60) for event in walk(source, ["app"] * 20, secrets=[5] * 20)]
    ],
    "one user's old password from home and train": lambda: [
        [
            event
            for source in networks(12)
            for event in walk(source, ["anna", "anna@example.org"] * 3, secrets=[5] * 6)
        ]
    ],
    "programs with three accounts that logged in before": lambda: [
        known(networks(12)),
        [event for source in networks(12) for event in walk(source, NAMES[:3], HOUR, secrets=[1, 2, 3])],
    ],
    "popular passwords of attackers of their own": lambda: [
        [
            event
            for number, source in enumerate(networks(40))
            for event in walk(
                source,
                [f"user{number}-{at}" for at in range(6)],
                secrets=[1, 10 * number + 10, 2, 10 * number + 11, 10 * number + 12, 10 * number + 13],
            )
        ]
    ],
    "four at a time, two weeks apart": lambda: [
        staggered(networks(12)[at * 4 : at * 4 + 4], NAMES[:5], at * 14 * DAY) for at in range(3)
    ],
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_only_looks_like_it_is_silent(case: str) -> None:
    assert run(*OTHERS[case]()) == []


def test_who_mistyped_and_came_in_is_not_looked_at() -> None:
    first = staggered(networks(12), NAMES[:2], gap=SECOND)
    enters = [attempt(HOUR, source, "user", Outcome.SUCCESS) for source in networks(12)]
    later = staggered(networks(12), NAMES[:4], DAY)
    assert run(first, enters, later) == []


def test_two_lists_are_two_campaigns() -> None:
    other = [f"198.19.{number}.7" for number in range(6)]
    alerts = run(staggered(networks(6), NAMES[:6]), staggered(other, NAMES[10:16]))
    last = {alert.key["campaign"]: alert for alert in alerts}
    assert len(opened(alerts)) == len(last) == 2
    assert sorted(alert.count for alert in last.values()) == [36, 36]


def test_it_is_over_after_the_quiet_time_and_another_one_later() -> None:
    alerts = run(staggered(networks(6), NAMES[:5]), staggered(networks(6), NAMES[20:25], 3 * DAY))
    states = [(alert.id, alert.state) for alert in alerts if alert.state is not AlertState.UPDATED]
    assert [state for _, state in states] == [AlertState.OPENED, AlertState.RESOLVED, AlertState.OPENED]
    assert len({one for one, _ in states}) == 2


@pytest.mark.parametrize("number", [0, 10**9])
def test_senseless_settings_raise_nothing(number: float) -> None:
    engine = Engine([replace(RULE, settings=dict.fromkeys(DEFAULTS, number))])
    run(staggered(networks(12), NAMES), engine=engine)


def test_alerts_and_keys_are_the_same_on_every_run() -> None:
    said = [
        [(alert.id, alert.key["campaign"], alert.count) for alert in run(staggered(networks(9), NAMES[:5]))]
        for _ in range(2)
    ]
    assert said[0] == said[1] != []


def flood(count: int, names: int, begin: int, span: int) -> Iterator[AuthEvent]:
    """`count` sources of their own, each with `names` names of its own."""
    for number in range(count):
        source = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        for again in range(names):
            name = f"flood{number}-{again}"
            yield attempt(begin + number * span // count + again, source, name, secret=number * 8 + again)


@pytest.mark.parametrize(("count", "names"), [(100_000, 1), (30_000, 4)], ids=["one name each", "four each"])
def test_a_campaign_is_found_through_a_flood(count: int, names: int) -> None:
    """Tables hold a fiftieth of the flood: what they forget leaves a trace."""
    engine = Engine([RULE], caps=Caps(records=2_048, pairs=65_536))
    detector = engine._detectors[0]
    assert isinstance(detector, Campaigns)
    events = [*flood(count, names, 0, 3 * HOUR), *staggered(networks(12), NAMES[:6])]
    sizes, alerts = [], []
    for number, event in enumerate(sorted(events, key=lambda event: event.ts)):
        alerts += engine.take(event)
        if number % 1_000 == 0:
            sizes.append(detector.entries)
    assert max(sizes) <= 4 * 2_048 + 65_536
    assert max(sizes[len(sizes) // 2 :]) <= 1.01 * max(sizes[: len(sizes) // 2]) or names > 1
    assert detector.evicted > count / 2
    assert len(opened(alerts)) == 1
    assert alerts[-1].distinct["sources"].count >= 9


@pytest.mark.parametrize(
    ("names", "ties"),
    [("ab", []), ("abc", ["abc"]), ("abcd", ["bcd", "acd", "abd"]), ("abcde", ["cde", "bde", "bce"])],
)
def test_ties_of_names_allow_for_one_that_was_lost(names: str, ties: list[str]) -> None:
    assert ["".join(map(chr, tie)) for tie in name_ties(tuple(map(ord, names)))] == ties


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, min_size=3, max_size=5), st.randoms())
def test_ties_of_passwords_do_not_depend_on_their_order(secrets: list[int], random: Random) -> None:
    def every(tags: list[int]) -> set[tuple[int, int, int]]:
        return {tie for end in range(3, len(tags) + 1) for tie in secret_ties(tuple(tags[:end]))}

    shuffled = secrets[:]
    random.shuffle(shuffled)
    count = len(secrets)
    assert len(every(secrets)) == count * (count - 1) * (count - 2) // 6
    assert every(secrets) == every(shuffled)


@given(st.text(max_size=20), st.lists(st.text(max_size=10), max_size=4))
def test_a_trace_gives_the_last_two_names_back(address: str, names: list[str]) -> None:
    source = Source(Facts(attempt(0, address), 0, "", None))
    source.marks = tuple(mark(name) for name in names)
    traces = Traces()
    assert traces.of(source.place) == ()
    traces.leave(source)
    assert traces.of(source.place) == source.marks[-2:]
    assert traces.of(source.place ^ 1 << 30) == ()
