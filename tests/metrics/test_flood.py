"""A flood of sources and names leaves the number of series flat; a full sensor answers within a second."""

import time

import pytest
from metrics.scraping import ask, exporter, sensor, series, text
from sinks.samples import NOON, SECOND, alert, auth, flow, rule

from smtpsensor.detect.alert import Severity
from smtpsensor.events import AuthEvent, Outcome
from smtpsensor.metrics.counters import Counters
from smtpsensor.metrics.limits import own
from smtpsensor.sinks.labels import SERVERS
from smtpsensor.sinks.names import MECHANISMS


def hostile(number: int) -> AuthEvent:
    """One attempt of a flood: its source, name, mechanism and HELO were never seen before."""
    return auth(
        ts=NOON + number * SECOND // 1000,
        ts_verdict=None,
        flow=flow(src=f"198.18.{number >> 8 & 255}.{number & 255}", src_port=number >> 16, flow_id=number),
        username=f"user{number}@example.net",
        mechanism=f"X-{number}",
        helo=f"pc{number}",
    )


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_the_number_of_series_stays_as_it_is(count: int) -> None:
    counters = Counters(top=10)
    of = sensor(counters=counters, limits=lambda: list(own(counters)))
    numbers = []
    done = 0
    for until in (1_000, count // 10, count):
        for number in range(done, until):
            counters.write(hostile(number))
        done = until
        numbers.append(len(series(text(of))))
    assert numbers[0] == numbers[1] == numbers[2] < 250
    assert counters.sources is not None
    assert len(counters.sources) <= counters.sources.table


def full() -> Counters:
    """Everything at its cap: servers, mechanisms, codes, alerts, the busiest."""
    counters = Counters((rule(name=f"rule{n}") for n in range(20)), top=1_000)
    codes = (432, 534, 535, 538, 550, 553, 554, 571)
    for server in range(SERVERS + 5):
        for at, mechanism in enumerate(sorted(MECHANISMS)):
            where = flow(dst=f"203.0.113.{server}", src=f"198.51.100.{server}")
            counters.write(
                auth(flow=where, mechanism=mechanism, code=codes[at % 8], username=f"u{server}.{at}")
            )
            counters.write(auth(Outcome.SUCCESS, flow=where, mechanism=mechanism))
    for number in range(7_000):
        kinds = tuple(Severity)
        one = rule(name=f"rule{number % 20}", severity=kinds[number % 3])
        counters.write(
            alert(id=f"{number:016x}", rule=one, key={"username": "n" * 256, "source": "198.51.100.7"})
        )
    return counters


def test_every_family_is_bounded() -> None:
    names = [name for name, _ in series(text(sensor(counters=full())))]
    assert names.count("smtpsensor_auth_attempts_total") <= (256 + SERVERS + 1) * len(Outcome)
    assert names.count("smtpsensor_auth_failures_total") <= (256 + SERVERS + 1) * 8
    assert names.count("smtpsensor_alert_info") == 100
    assert names.count("smtpsensor_top_username_failures") == 1_000
    assert len(names) < 7_500


def test_a_full_sensor_answers_soon() -> None:
    """Within a tenth of a second on a quiet machine; this is no measurement."""
    of = sensor(counters=full())
    with exporter(of) as address:
        ask(address)
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            answer = ask(address, Accept_Encoding="gzip")
            took.append(time.perf_counter() - begun)
            assert answer.status == 200
    assert min(took) < 5
