"""A new series is told to Prometheus as 0 first, and with all its numbers by the next scrape."""

from metrics.scraping import sensor, text, value
from sinks.samples import auth

from smtpsensor.metrics.counters import Counters

NAME = "smtpsensor_auth_attempts_total"
LABELS = {"server": "203.0.113.25", "port": "587", "mechanism": "LOGIN", "outcome": "failure"}
PLAIN = LABELS | {"mechanism": "PLAIN"}


def test_prometheus_sees_0_and_then_everything() -> None:
    of = sensor([auth(), auth()])
    told = [value(text(of, prometheus=True, now=now, hold=10), NAME, **LABELS) for now in (0.0, 15.0, 30.0)]
    assert told == [0, 2, 2]


def test_who_looks_on_takes_nothing_away_and_sees_the_number() -> None:
    of = sensor([auth()])
    assert value(text(of), NAME, **LABELS) == 1
    assert value(text(of, prometheus=True, now=0, hold=10), NAME, **LABELS) == 0
    assert value(text(of), NAME, **LABELS) == 1


def test_a_replica_within_the_time_of_a_scrape_sees_0_as_well() -> None:
    of = sensor([auth()])
    told = [value(text(of, prometheus=True, now=now, hold=10), NAME, **LABELS) for now in (0, 7, 15, 22)]
    assert told == [0, 0, 1, 1]


def test_a_series_that_comes_later_begins_at_0_too_and_others_go_on() -> None:
    counters = Counters()
    text(sensor([auth()], counters=counters))
    of = sensor(counters=counters)
    text(of, prometheus=True, now=0, hold=1)
    counters.write(auth())
    counters.write(auth(mechanism="PLAIN"))
    page = text(of, prometheus=True, now=15, hold=1)
    assert (value(page, NAME, **LABELS), value(page, NAME, **PLAIN)) == (2, 0)
    assert value(text(of, prometheus=True, now=30, hold=1), NAME, **PLAIN) == 1


def test_a_scrape_that_may_take_hours_is_still_told_by_the_next() -> None:
    of = sensor([auth()])
    text(of, prometheus=True, now=0, hold=1e9)
    assert value(text(of, prometheus=True, now=60, hold=1e9), NAME, **LABELS) == 1
