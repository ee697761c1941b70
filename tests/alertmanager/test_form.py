"""One alert as it is posted: what never changes is a label, the rest is annotation."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinks.samples import NOON, SECOND, alert, full_alert, rule

from smtpsensor.detect.alert import AlertState, Count, Severity
from smtpsensor.sinks.alertmanager import alertname, annotations, generator_url, labels, message, rfc3339


def test_an_alert_as_it_is_posted() -> None:
    one = full_alert()
    identity = labels(one, "sensor1", {"location": "north"})
    posted = message(identity, annotations(one), one.first, NOON + 240 * SECOND, "https://example.org/x")
    told = posted.pop("annotations")
    assert posted == {
        "labels": {
            "alertname": "SmtpsensorSuccessManySources",
            "rule": "success_many_sources",
            "severity": "critical",
            "host": "sensor1",
            "location": "north",
            "username": "anna@example.net",
            "domain": "example.net",
        },
        "startsAt": "2026-11-24T12:00:00.000Z",
        "endsAt": "2026-11-24T12:04:00.000Z",
        "generatorURL": "https://example.org/x",
    }
    assert told == {
        "summary": "anna@example.net was got into after 512 attempts from 400+ sources",
        "description": "anna@example.net of example.net: look for boss@example.net in 90 s, 3 mails.",
        "count": "512",
        "sources": "400+",
        "networks": "3",
        "usernames": "1",
        "sources_list": "198.51.100.7, 192.0.2.9 and 398 more",
        "networks_list": "198.51.100.0/24, 192.0.2.0/24, 203.0.113.0/24",
        "usernames_list": "anna@example.net",
        "first": "2026-11-24T12:00:00.000Z",
        "last": "2026-11-24T12:01:30.000Z",
        "duration": "90 s",
        "technique": "T1078",
        "alert_id": "00112233445566aa",
        "related": "ffeeddccbbaa0011",
        "first_seen": "attack.pcap packet 4",
        "decisive": "attack.pcap packet 912",
        "mails": "3",
        "rate": "0.5",
        "login": "True",
        "target": "boss@example.net",
        "network": "192.0.2.0/24",
    }


def test_counting_on_changes_no_label() -> None:
    """Else each update were another alert."""
    later = alert(
        state=AlertState.UPDATED, count=900, last=NOON + 3600 * SECOND, distinct={"sources": Count(9)}
    )
    assert labels(later, "sensor1", {}) == labels(alert(), "sensor1", {})
    assert annotations(later) != annotations(alert())


@pytest.mark.parametrize("other", [
    alert(key={"source": "198.51.100.8"}),
    alert(rule=rule(name="password_spray")),
    alert(rule=rule(severity=Severity.CRITICAL)),
], ids=["key", "rule", "severity"])  # fmt: skip
def test_another_attack_has_other_labels(other) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    assert labels(other, "sensor1", {}) != labels(alert(), "sensor1", {})


def test_the_site_cannot_rename_an_alert() -> None:
    assert labels(alert(), "sensor1", {"rule": "x", "host": "x"}) == labels(alert(), "sensor1", {})


def test_a_label_without_a_value_is_none() -> None:
    """Alertmanager takes an empty value for no label at all."""
    assert "username" not in dict(labels(alert(key={"username": ""}), "sensor1", {}))


def test_the_name_is_the_rule() -> None:
    assert alertname("brute_force_source") == "SmtpsensorBruteForceSource"
    assert alertname("our-rule_2") == "SmtpsensorOur-rule2"


def test_a_long_list_says_how_many_are_left_out() -> None:
    names = tuple(f"user{number}" for number in range(32))
    one = alert(members={"usernames": names}, distinct={"usernames": Count(100)})
    listed = annotations(one)["usernames_list"]
    assert listed.startswith("user0, user1, ")
    assert listed.endswith("user19 and 80 more")


@given(st.integers(-(2**70), 2**70), st.integers(-(2**70), 2**70))
def test_any_times_are_ones_that_alertmanager_takes(starts: int, ends: int) -> None:
    posted = message((("alertname", "x"),), {}, starts, ends, "")
    first, last = (datetime.fromisoformat(posted[name]) for name in ("startsAt", "endsAt"))
    assert first < last or first.year == 9999


@given(st.text(st.characters()))
def test_any_name_can_be_sent(name: str) -> None:
    one = alert(key={"username": name}, members={"usernames": (name,)})
    for value in (*dict(labels(one, name, {})).values(), *annotations(one).values()):
        value.encode()


def test_a_time_before_1970_is_1970() -> None:
    assert rfc3339(-5) == "1970-01-01T00:00:00.000Z"


def test_where_an_alert_comes_from() -> None:
    identity = labels(alert(key={"source": "2001:db8::7", "username": "a&b"}), "sensor1", {})
    template = (
        "https://grafana.example.org/d/smtpsensor-investigate?var-source={source}&u={username}&{id}{no}"
    )
    assert generator_url(template, identity, "aa") == (
        "https://grafana.example.org/d/smtpsensor-investigate?var-source=2001%3Adb8%3A%3A7&u=a%26b&aa"
    )
    assert generator_url("", identity, "aa") == ""
