"""Failure rates in peace and under attack, as streams of attempts made from seeds."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from math import exp, lgamma, pi, sin
from random import Random

import pytest
from detect.streams import DAY, HOUR, MINUTE, SECOND, attempt, rule

from smtpsensor.detect.alert import Alert, AlertState
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.peace import Peace, likelier
from smtpsensor.detect.rate_shift import DEFAULTS, RateShift
from smtpsensor.detect.rule import Condition, Kind, Rule, Threshold
from smtpsensor.events import AuthEvent, Outcome

Stream = Iterable[AuthEvent]


def shift_rule(group: str = "site", **fields: object) -> Rule:
    made = rule("failure_rate_shift", (group,), match=(), quiet=12 * HOUR, **fields)
    return replace(made, kind=Kind.RATE_SHIFT, thresholds=())


def run(*streams: Stream, engine: Engine | None = None) -> list[Alert]:
    engine = engine or Engine([shift_rule()])
    events = sorted((event for stream in streams for event in stream), key=lambda event: event.ts)
    return [alert for event in events for alert in engine.take(event)] + engine.finish()


def opened(alerts: Iterable[Alert]) -> list[Alert]:
    return [alert for alert in alerts if alert.state is AlertState.OPENED]


def person(random: Random, at: int, share: float, people: int) -> Iterator[AuthEvent]:
    """Somebody logs in; some come from a new address, and some of these mistype first."""
    number = random.randrange(people)
    name = f"user{number}@example.org"
    source = f"10.1.{number // 250}.{number % 250}"
    if random.random() < share:
        source = f"10.{random.randrange(2, 200)}.{random.randrange(256)}.{random.randrange(256)}"
        for again in range(random.randint(1, 3)):
            yield attempt(at + again * 5 * SECOND, source, name, secret=number)
        at += 30 * SECOND
    yield attempt(at, source, name, Outcome.SUCCESS, secret=9)


def peace(
    seed: int,
    days: float = 3,
    logins: int = 3_000,
    share: Callable[[float], float] = lambda _day: 0.04,
    people: int = 800,
) -> Iterator[AuthEvent]:
    """`logins` a day, more at noon than at night; `share(day)` of them with failures from new addresses."""
    random = Random(f"peace {seed}")
    at = 0.0
    while at < days * DAY:
        rate = logins / DAY * (1 - 0.8 * sin(2 * pi * (at / DAY + 0.25)))
        at += random.expovariate(rate)
        yield from person(random, int(at), share(at / DAY), people)


def botnet(
    seed: int, begin: int, span: int, sources: int = 300, server: str = "203.0.113.25"
) -> Iterator[AuthEvent]:
    """One or two names a source, each once."""
    random = Random(f"botnet {seed}")
    for number in range(sources):
        for again in range(random.randint(1, 2)):
            source = f"198.18.{number % 256}.{number // 256 + 1}"
            event = attempt(
                begin + random.randrange(span),
                source,
                f"name{number * 2 + again}@example.net",
                secret=random.getrandbits(64),
            )
            event.flow.dst = server
            yield event


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("span", "logins"),
    [(HOUR, 3_000), (HOUR, 30_000), (12 * HOUR, 4_000), (DAY, 3_000), (DAY, 4_500), (DAY, 400)],
    ids=["hour", "hour at a tenth", "half a day", "day", "day at a tenth", "day at a small site"],
)
def test_a_botnet_that_tries_each_name_once_is_one_alert(span: int, logins: int, seed: int) -> None:
    alerts = run(peace(seed, logins=logins), botnet(seed, DAY + 20 * HOUR, span))
    assert [alert.state for alert in alerts].count(AlertState.OPENED) == 1
    first, last = alerts[0], alerts[-1]
    assert first.rule.name == "failure_rate_shift"
    assert dict(first.key) == {"site": "all servers"}
    assert first.facts["rate"] > first.facts["normal"]
    bots = sum(source.startswith("198.18.") for source in first.members["sources"])
    assert bots >= len(first.members["sources"]) / 3
    assert 250 <= last.count <= 700
    assert last.distinct["sources"].count >= 180


def test_a_botnet_is_told_before_a_third_of_it_has_passed() -> None:
    alert = opened(run(peace(1, logins=4_500), botnet(1, 2 * DAY - 12 * HOUR, DAY)))[0]
    assert alert.ts - alert.first < DAY / 3


def daily(day: float) -> float:
    """2 % at night, 10 % at noon."""
    return 0.06 - 0.04 * sin(2 * pi * (day + 0.25))


def typing_thrice() -> Iterator[AuthEvent]:
    for again in range(3):
        yield attempt(2 * DAY + again * 10 * SECOND, "192.0.2.99", "new@example.org", secret=again)


def mailing() -> Iterator[AuthEvent]:
    for number in range(5_000):
        yield attempt(DAY + number * 15 * SECOND, "192.0.2.50", "news@example.org", Outcome.SUCCESS)


def stale_phone(secret: int | None) -> Iterator[AuthEvent]:
    for number in range(500):
        event = attempt(2 * DAY + number * 2 * MINUTE, "192.0.2.77", "user5@example.org", secret=secret)
        event.repeated = None if secret is None else number > 0
        yield event


def restart() -> Iterator[AuthEvent]:
    for number in range(2_000):
        source = f"10.3.{number // 250}.{number % 250}"
        yield attempt(2 * DAY + number * SECOND, source, f"user{number}", Outcome.TEMPORARY)


def forgotten_by_all() -> Iterator[AuthEvent]:
    """The server refuses everybody it knows, for an hour."""
    random = Random(5)
    for number in range(1_000):
        who = random.randrange(800)
        source = f"10.1.{who // 250}.{who % 250}"
        yield attempt(2 * DAY + number * 3 * SECOND, source, f"user{who}@example.org", secret=who)


PEACE: dict[str, Callable[[int], list[Stream]]] = {
    "an ordinary week": lambda seed: [peace(seed, days=7, logins=1_500)],
    "a month": lambda seed: [peace(seed, days=30, logins=600)],
    "a rhythm of days": lambda seed: [peace(seed, days=6, logins=2_000, share=daily)],
    "a day that begins at noon": lambda seed: [peace(seed, days=4, share=lambda day: daily(day + 0.5))],
    "no failures at all": lambda seed: [peace(seed, share=lambda _day: 0.0)],
    "every fifth login fails": lambda seed: [peace(seed, days=5, logins=2_000, share=lambda _day: 0.2)],
    "fewer failures than before": lambda seed: [peace(seed, share=lambda day: 0.1 if day < 1 else 0.02)],
    "a small site, one types wrong thrice": lambda seed: [
        peace(seed, days=14, logins=25, people=12),
        typing_thrice(),
    ],
    "a mailing run, then the ordinary": lambda seed: [peace(seed), mailing()],
    "a phone with an old password": lambda seed: [peace(seed, logins=100, people=40), stale_phone(3)],
    "the same, its password not seen": lambda seed: [peace(seed, logins=100, people=40), stale_phone(None)],
    "a restart": lambda seed: [peace(seed), restart()],
    "a server that refuses whom it knew": lambda seed: [peace(seed), forgotten_by_all()],
}


@pytest.mark.parametrize("case", PEACE)
def test_peace_is_silent(case: str) -> None:
    for seed in range(2):
        assert run(*PEACE[case](seed)) == []


@pytest.mark.parametrize("before", [0, 7 * HOUR], ids=["an incident alone", "less than the learning time"])
def test_nothing_is_said_before_peace_was_learnt(before: int) -> None:
    quick = list(peace(1, days=before / DAY, logins=9_000))
    assert run(quick, botnet(1, before, 10 * MINUTE)) == []


def test_an_attack_is_over_when_the_rate_is_normal_again() -> None:
    alerts = run(peace(2, days=4), botnet(2, DAY, 6 * HOUR))
    assert [alert.state for alert in (alerts[0], alerts[-1])] == [AlertState.OPENED, AlertState.RESOLVED]
    assert alerts[-1].last < alerts[0].first + 8 * HOUR


def test_what_another_alert_explains_is_no_shift() -> None:
    """Here a counting rule takes every bot at its first try."""
    bots = rule(
        "bots",
        ("source",),
        Threshold((("attempts", 1),), MINUTE),
        match=(Condition("username", tuple(f"name{number}@example.net" for number in range(600))),),
    )
    engine = Engine([bots, shift_rule(unless=("bots",))])
    alerts = run(peace(3), botnet(3, 2 * DAY, 6 * HOUR), engine=engine)
    assert {alert.rule.name for alert in alerts} == {"bots"}


def test_what_lasts_for_two_weeks_is_the_new_normal() -> None:
    alerts = run(peace(4, days=22, logins=1_500, share=lambda day: 0.03 if day < 2 else 0.25))
    assert len(opened(alerts)) == 1
    assert alerts[-1].state is AlertState.RESOLVED


def test_each_server_has_its_own_normal() -> None:
    def second(event: AuthEvent) -> AuthEvent:
        event.flow.dst = "203.0.113.26"
        return event

    other = [second(event) for event in peace(6, share=lambda _day: 0.15)]
    attacked = botnet(5, 2 * DAY, 6 * HOUR)
    alerts = run(peace(5), other, attacked, engine=Engine([shift_rule("server")]))
    assert [dict(alert.key) for alert in opened(alerts)] == [{"server": "203.0.113.25"}]


def test_lost_names_secrets_and_verdicts_do_not_hide_it() -> None:
    def lossy(seed: int, stream: Stream) -> Iterator[AuthEvent]:
        random = Random(seed)
        for event in stream:
            if random.random() < 0.05:
                event.outcome = Outcome.UNKNOWN
            if random.random() < 0.05:
                event.username = event.secret = None
            yield event

    alerts = run(lossy(1, peace(7)), lossy(2, botnet(7, 2 * DAY, 12 * HOUR)))
    assert len(opened(alerts)) == 1


def test_shares_of_a_beta_binomial_are_found_again() -> None:
    random = Random(8)
    mean, correlation = 0.08, 0.04
    total = (1 - correlation) / correlation
    learnt = Peace(4_000)
    for _ in range(5_000):
        attempts = random.choice((10, 37, 50))
        share = random.betavariate(mean * total, (1 - mean) * total)
        learnt.learn(sum(random.random() < share for _ in range(attempts)), attempts)
    assert learnt.failures / learnt.attempts == pytest.approx(mean, rel=0.05)
    assert learnt.correlation() == pytest.approx(correlation, rel=0.15)
    assert mean < learnt.mean(learnt.correlation()) < 1.1 * mean


@pytest.mark.parametrize("failures", [0, 3, 25, 50])
def test_weights_are_ratios_of_beta_binomial_probabilities(failures: int) -> None:
    def probability(mean: float) -> float:
        alpha, beta = mean * 19, (1 - mean) * 19  # of a correlation of 1/20
        ways = lgamma(51) - lgamma(failures + 1) - lgamma(51 - failures)
        both = lgamma(failures + alpha) + lgamma(50 - failures + beta) - lgamma(50 + alpha + beta)
        return exp(ways + both - lgamma(alpha) - lgamma(beta) + lgamma(alpha + beta))

    assert sum(exp(likelier(failures, 50, mean, 0.2, 0.05)) > 1 for mean in (0.1, 0.3)) == 1
    ratio = exp(likelier(failures, 50, 0.1, 0.2, 0.05))
    assert ratio == pytest.approx(probability(0.2) / probability(0.1))


@pytest.mark.parametrize("outcome", [Outcome.SUCCESS, Outcome.FAILURE], ids=["logins", "failures"])
def test_a_flood_fills_tables_up_to_their_caps(outcome: Outcome) -> None:
    """Logins from 100,000 sources before the botnet comes; or as many failures, which are the attack."""
    engine = Engine([shift_rule()], caps=Caps(records=2_048, pairs=4_096))
    detector = engine._detectors[0]
    assert isinstance(detector, RateShift)
    run(peace(9, days=1), engine=engine)
    sizes, alerts = [], []
    for number in range(100_000):
        source = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        at = DAY + number * SECOND // 4
        alerts += engine.take(attempt(at, source, f"flood{number}", outcome, secret=number))
        if number % 1_000 == 999:
            sizes.append(detector.entries)
    assert max(sizes) <= 2_048 + 4_096 + 1
    assert detector.evicted > 90_000
    for event in sorted(botnet(9, DAY + 8 * HOUR, HOUR), key=lambda event: event.ts):
        alerts += engine.take(event)
    assert len(opened(alerts)) == 1


def test_servers_beyond_any_site_are_bounded() -> None:
    engine = Engine([shift_rule("server")])
    for number in range(5_000):
        event = attempt(number * SECOND, outcome=Outcome.SUCCESS)
        event.flow.dst = f"10.9.{number >> 8}.{number & 255}"
        engine.take(event)
    assert engine._detectors[0].entries <= 66
    assert engine._detectors[0].evicted == 5_000 - 64


@pytest.mark.parametrize("number", [0, 10**9])
def test_senseless_settings_raise_nothing(number: float) -> None:
    engine = Engine([shift_rule(settings=dict.fromkeys(DEFAULTS, number))])
    run(peace(1, days=0.5), botnet(1, 0, DAY), engine=engine)


def test_the_same_stream_says_the_same() -> None:
    runs = [
        [(alert.id, alert.ts, alert.count) for alert in run(peace(1), botnet(1, DAY, DAY))] for _ in range(2)
    ]
    assert runs[0] == runs[1] != []
