"""Events and alerts become the numbers they stand for."""

import pytest
from metrics.scraping import sensor, series, text, value
from sinks.samples import NOON, alert, auth, flow, rule, session

from smtpsensor.detect.alert import AlertState, Severity
from smtpsensor.events import Encryption, Outcome
from smtpsensor.metrics.counters import Counters
from smtpsensor.sinks.names import NamePolicy, Names

WHERE = {"server": "203.0.113.25", "port": "587", "mechanism": "LOGIN"}
DENIED = {**WHERE, "code": "535", "reason": "credentials_invalid"}


def test_an_attempt_is_counted_by_server_mechanism_and_outcome() -> None:
    page = text(sensor([auth(), auth(), auth(Outcome.SUCCESS)]))
    assert value(page, "smtpsensor_auth_attempts_total", **WHERE, outcome="failure") == 2
    assert value(page, "smtpsensor_auth_attempts_total", **WHERE, outcome="success") == 1
    assert value(page, "smtpsensor_auth_failures_total", **DENIED) == 2


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.FAILURE])
def test_only_a_failure_is_a_failure(outcome: Outcome) -> None:
    page = text(sensor([auth(outcome)]))
    assert sum(v for (name, _), v in series(page).items() if name == "smtpsensor_auth_failures_total") == 0
    assert value(page, "smtpsensor_auth_attempts_total", **WHERE, outcome=outcome.value) == 1


def test_all_outcomes_of_a_mechanism_begin_at_0_with_its_first_attempt() -> None:
    page = text(sensor([auth(Outcome.SUCCESS)]))
    for outcome in Outcome:
        expected = int(outcome is Outcome.SUCCESS)
        assert value(page, "smtpsensor_auth_attempts_total", **WHERE, outcome=outcome.value) == expected
    assert value(page, "smtpsensor_auth_failures_total", **DENIED) == 0


@pytest.mark.parametrize("encryption", Encryption)
def test_a_session_is_counted_by_what_could_be_read_of_it(encryption: Encryption) -> None:
    page = text(sensor([session(encryption=encryption)]))
    for one in Encryption:
        assert value(page, "smtpsensor_sessions_total", encryption=one.value) == int(one is encryption)


@pytest.mark.parametrize(
    ("ns", "below", "within"),
    [
        (5_000_000, None, "0.01"),
        (10_000_000, None, "0.01"),
        (10_000_001, "0.01", "0.025"),
        (40 * 10**9, "30.0", "+Inf"),
    ],
)
def test_a_reply_time_falls_into_its_bucket(ns: int, below: str | None, within: str) -> None:
    """A bucket holds what is not longer than its bound."""
    page = text(sensor([auth(response_ns=ns)]))
    name = "smtpsensor_auth_response_seconds"
    assert value(page, f"{name}_bucket", outcome="failure", le=within) == 1
    if below is not None:
        assert value(page, f"{name}_bucket", outcome="failure", le=below) == 0
    assert value(page, f"{name}_sum", outcome="failure") == ns / 1e9
    assert value(page, f"{name}_count", outcome="success") == 0


def test_an_alert_is_active_from_opened_to_resolved() -> None:
    counters = Counters([rule()])
    by = {"rule": "brute_force_source", "severity": "warning"}
    seen = []
    for state in (None, AlertState.OPENED, AlertState.UPDATED, AlertState.RESOLVED):
        page = text(sensor([] if state is None else [alert(state=state)], counters=counters))
        infos = sum(name == "smtpsensor_alert_info" for name, _ in series(page))
        numbers = (value(page, f"smtpsensor_alerts_{which}", **by) for which in ("opened_total", "active"))
        seen.append((*numbers, infos))
    assert seen == [(0, 0, 0), (1, 1, 1), (1, 1, 1), (1, 0, 0)]


def test_alerts_with_a_series_are_the_loudest() -> None:
    quiet = [alert(id=f"{n:016x}", rule=rule(severity=Severity.INFO)) for n in range(150)]
    loud = alert(id="f" * 16, rule=rule(severity=Severity.CRITICAL))
    page = text(sensor([*quiet, loud]))
    told = [dict(labels) for name, labels in series(page) if name == "smtpsensor_alert_info"]
    assert len(told) == 100
    assert any(labels["alert_id"] == loud.id for labels in told)
    assert value(page, "smtpsensor_alerts_active", rule="brute_force_source", severity="info") == 150


def test_the_key_of_an_alert_follows_the_name_policy() -> None:
    policy = NamePolicy(Names.NONE)
    one = alert(key={"source": "198.51.100.7", "username": "anna@example.net"})
    page = text(sensor([policy.apply(one)]))
    assert 'key="source=198.51.100.7"' in page
    assert "anna" not in page


def test_a_hostile_name_stays_one_label() -> None:
    name = 'a"b\\c\nd\ud800'
    page = text(sensor([alert(key={"username": name})]))
    (labels,) = [dict(labels) for kind, labels in series(page) if kind == "smtpsensor_alert_info"]
    assert labels["key"] == 'username=a"b\\c\nd?'


def test_servers_beyond_the_cap_are_other() -> None:
    events = [auth(flow=flow(dst=f"203.0.113.{n}")) for n in range(70)]
    page = text(sensor(events))
    other = {"server": "other", "port": "other", "mechanism": "LOGIN", "outcome": "failure"}
    assert value(page, "smtpsensor_auth_attempts_total", **other) == 6


def test_mechanisms_beyond_the_cap_are_other_and_the_server_stays() -> None:
    counters = Counters(wheres=2)
    names = ("LOGIN", "PLAIN", "NTLM", "CRAM-MD5")
    page = text(sensor([auth(mechanism=name) for name in names], counters=counters))
    labels = {"server": "203.0.113.25", "port": "587", "mechanism": "other", "outcome": "failure"}
    assert value(page, "smtpsensor_auth_attempts_total", **labels) == 2
    assert counters.refused == 2


def test_the_busiest_are_listed_only_where_asked_for() -> None:
    events = [auth(ts=NOON, username="anna"), auth(ts=NOON, username="anna"), auth(ts=NOON, username="bob")]
    assert "top_" not in "".join(name for name, _ in series(text(sensor(events))))
    page = text(sensor(events, counters=Counters(top=1)))
    assert value(page, "smtpsensor_top_username_failures", username="anna") == 2
    assert ("smtpsensor_top_username_failures", (("username", "bob"),)) not in series(page)
