"""ECS lines: every field has the type the Elastic Common Schema gives it, or stands under `smtpsensor`."""

import io
import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from sinks.samples import (
    NOON,
    SECOND,
    alert,
    anomaly,
    auth,
    flow,
    full_alert,
    full_auth,
    full_session,
    rule,
    session,
)
from sinks.test_geo import ALL_KNOWN
from support.mmdb import database

from smtpsensor.detect.alert import Alert, AlertState, Severity
from smtpsensor.events import AuthEvent, Event, Outcome
from smtpsensor.sinks.ecs import OUTCOMES, EcsWriter
from smtpsensor.sinks.geo import Geo

# Type of each field in the ECS 8.11 field reference; * marks fields that are arrays there.
FIELDS = {
    "@timestamp": "date",
    "ecs.version": "keyword",
    "event.kind": "keyword",
    "event.category": "keyword*",
    "event.type": "keyword*",
    "event.outcome": "keyword",
    "event.action": "keyword",
    "event.code": "keyword",
    "event.reason": "keyword",
    "event.dataset": "keyword",
    "event.module": "keyword",
    "event.duration": "long",
    "event.start": "date",
    "event.end": "date",
    "source.address": "keyword",
    "source.ip": "ip",
    "source.port": "long",
    "source.bytes": "long",
    "source.geo.country_iso_code": "keyword",
    "source.as.number": "long",
    "source.as.organization.name": "keyword",
    "destination.address": "keyword",
    "destination.ip": "ip",
    "destination.port": "long",
    "destination.bytes": "long",
    "network.transport": "keyword",
    "network.protocol": "keyword",
    "network.type": "keyword",
    "network.community_id": "keyword",
    "network.bytes": "long",
    "network.vlan.id": "keyword",
    "network.inner.vlan.id": "keyword",
    "observer.name": "keyword",
    "observer.product": "keyword",
    "observer.type": "keyword",
    "observer.version": "keyword",
    "observer.ingress.interface.name": "keyword",
    "user.name": "keyword",
    "user.domain": "keyword",
    "user.effective.name": "keyword",
    "related.ip": "ip*",
    "related.user": "keyword*",
    "log.file.path": "keyword",
    "message": "text",
    "event.severity": "long",
    "rule.id": "keyword",
    "rule.name": "keyword",
    "rule.version": "keyword",
    "rule.category": "keyword",
    "rule.description": "keyword",
    "rule.ruleset": "keyword",
    "threat.framework": "keyword",
    "threat.technique.id": "keyword*",
    "threat.technique.subtechnique.id": "keyword*",
}
# Values ECS allows (event.category and what each category allows as event.type).
KINDS = {"alert", "enrichment", "event", "metric", "state", "pipeline_error", "signal"}
TYPES = {
    "authentication": {"start", "end", "info"},
    "intrusion_detection": {"allowed", "denied", "info"},
    "network": {"access", "allowed", "connection", "denied", "end", "info", "protocol", "start"},
}
EVERYTHING: list[Event | Alert] = [
    *(full_auth(), auth(), full_session(), session(), anomaly()),
    *(full_alert(), alert(), alert(rule=rule(technique=None))),
]


def line(event: Event | Alert) -> dict[str, Any]:
    out = io.BytesIO()
    writer = EcsWriter(out, "sensor1")
    writer.write(event)
    writer.flush()
    (only,) = out.getvalue().splitlines()
    parsed: dict[str, Any] = json.loads(only)
    return parsed


def flat(record: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def fits(value: Any, kind: str) -> bool:
    if kind == "date":
        return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value) is not None
    if kind == "ip":
        return str(ip_address(value)) == value
    if kind == "long":
        return type(value) is int and -(2**63) <= value < 2**63
    return isinstance(value, str)


@pytest.mark.parametrize("event", EVERYTHING)
def test_every_field_has_its_ecs_type_or_is_in_our_own_namespace(event: Event | Alert) -> None:
    for name, value in flat(line(event)):
        if name.startswith("smtpsensor."):
            continue
        kind = FIELDS[name]
        if kind.endswith("*"):
            assert isinstance(value, list)
            assert all(fits(item, kind[:-1]) for item in value)
        else:
            assert fits(value, kind), name


@pytest.mark.parametrize("event", EVERYTHING)
def test_categories_and_types_are_ones_that_ecs_allows_together(event: Event | Alert) -> None:
    about = line(event)["event"]
    assert about["kind"] in KINDS
    allowed = set().union(*(TYPES[category] for category in about["category"]))
    assert set(about["type"]) <= allowed
    assert about.get("outcome", "unknown") in {"success", "failure", "unknown"}


@pytest.mark.parametrize("event", EVERYTHING)
def test_no_own_field_changes_its_type_between_events(event: Event | Alert) -> None:
    """One index holds all of them; a field of two types is a rejected document."""
    types = {name: type(value) for sample in EVERYTHING for name, value in flat(line(sample))}
    assert {name: type(value) for name, value in flat(line(event))}.items() <= types.items()


def test_the_example_of_the_documentation() -> None:
    got = line(full_auth())
    assert got["@timestamp"] == "2026-11-24T12:00:00.123456Z"
    assert got["event"] == {
        "kind": "event",
        "module": "smtpsensor",
        "dataset": "smtpsensor.auth",
        "category": ["authentication", "network"],
        "type": ["start"],
        "action": "smtp_auth",
        "outcome": "failure",
        "code": "535",
        "reason": "credentials invalid",
        "start": "2026-11-24T12:00:00.123456Z",
        "end": "2026-11-24T12:00:00.412400Z",
        "duration": 412_400_000 - 123_456_789,
    }
    assert got["user"] == {
        "name": "anna@example.net",
        "domain": "CORP",
        "effective": {"name": "boss@example.net"},
    }
    assert got["related"] == {
        "ip": ["198.51.100.7", "203.0.113.25", "192.0.2.1"],
        "user": ["anna@example.net", "boss@example.net"],
    }
    assert got["smtpsensor"]["outcome"] == "failure"
    assert got["smtpsensor"]["pcap_cnt"] == 17
    assert got["log"] == {"file": {"path": "attack.pcap"}}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.SUCCESS, "success"),
        (Outcome.FAILURE, "failure"),
        (Outcome.REJECTED, "failure"),
        (Outcome.TEMPORARY, "unknown"),
        (Outcome.CANCELLED, "unknown"),
        (Outcome.ABORTED, "unknown"),
        (Outcome.UNKNOWN, "unknown"),
    ],
)
def test_only_what_may_be_guessing_counts_as_failure(outcome: Outcome, expected: str) -> None:
    got = line(auth(outcome))
    assert got["event"]["outcome"] == expected
    assert got["smtpsensor"]["outcome"] == outcome.value


def test_every_outcome_is_mapped() -> None:
    assert set(OUTCOMES) == set(Outcome)


def test_what_is_not_known_is_left_out() -> None:
    got = line(AuthEvent(ts=NOON, flow=flow(), outcome=Outcome.UNKNOWN))
    assert not {"user", "log"} & set(got)
    assert "user" not in got["related"]
    assert not {"code", "reason", "end", "duration"} & set(got["event"])


def test_two_vlan_tags_are_outer_and_inner() -> None:
    network = line(full_session())["network"]
    assert (network["vlan"], network["inner"]) == ({"id": "10"}, {"vlan": {"id": "20"}})


def test_ipv6_and_times_beyond_64_bits() -> None:
    got = line(session(flow=flow(src="2001:db8::7", dst="2001:db8::25"), ts_end=NOON + 2**70 * SECOND))
    assert got["network"]["type"] == "ipv6"
    assert got["event"]["duration"] == 2**63 - 1


def test_an_anomaly_says_what_it_means() -> None:
    about = line(anomaly("early_talker"))["event"]
    assert (about["code"], about["reason"]) == ("early_talker", "the client spoke before the greeting")


def test_an_alert_with_everything_known() -> None:
    got = line(full_alert())
    assert got["@timestamp"] == "2026-11-24T12:01:30.000000Z"
    assert got["message"] == "anna@example.net was got into after 512 attempts from 400+ sources"
    assert got["event"] == {
        "kind": "alert",
        "module": "smtpsensor",
        "dataset": "smtpsensor.alert",
        "category": ["authentication", "intrusion_detection", "network"],
        "type": ["info"],
        "action": "updated",
        "severity": 1,
        "start": "2026-11-24T12:00:00.000000Z",
        "end": "2026-11-24T12:01:30.000000Z",
        "duration": 90 * SECOND,
    }
    assert got["rule"] == {
        "id": "4800008",
        "name": "success_many_sources",
        "version": "2",
        "category": "Successful User Privilege Gain",
        "description": "anna@example.net of example.net: look for boss@example.net in 90 s, 3 mails.",
        "ruleset": "smtpsensor",
    }
    assert got["threat"] == {"framework": "MITRE ATT&CK", "technique": {"id": ["T1078"]}}
    assert got["user"] == {"name": "anna@example.net", "domain": "example.net"}
    assert got["related"] == {
        "ip": ["198.51.100.7", "203.0.113.25", "192.0.2.1", "192.0.2.9"],
        "user": ["anna@example.net"],
    }
    assert got["log"] == {"file": {"path": "attack.pcap"}}
    assert got["smtpsensor"]["pcap_cnt"] == 912
    about = got["smtpsensor"]["alert"]
    assert about["first_seen"] == {"file": "attack.pcap", "packet": 4}
    assert about["distinct"] == {"sources": 400, "networks": 3, "usernames": 1}


def test_country_and_operator_have_their_ecs_types(tmp_path: Path) -> None:
    (tmp_path / "all.mmdb").write_bytes(database({"198.51.100.0/24": ALL_KNOWN}))
    out = io.BytesIO()
    writer = EcsWriter(out, "sensor1", Geo(str(tmp_path / "all.mmdb")))
    writer.write(auth())
    writer.flush()
    got = {name: value for name, value in flat(json.loads(out.getvalue())) if name.startswith("source.")}
    assert {"source.geo.country_iso_code", "source.as.number", "source.as.organization.name"} <= set(got)
    assert all(fits(value, FIELDS[name]) for name, value in got.items())


def test_technique_and_subtechnique_are_apart() -> None:
    assert line(alert())["threat"]["technique"] == {
        "id": ["T1110"],
        "subtechnique": {"id": ["T1110.001"]},
    }


@pytest.mark.parametrize("state", AlertState)
@pytest.mark.parametrize(("severity", "number"), list(zip(Severity, (1, 2, 3), strict=True)))
def test_an_alert_says_how_loud_it_is_and_where_in_its_life(
    state: AlertState, severity: Severity, number: int
) -> None:
    about = line(alert(state=state, rule=rule(severity=severity)))["event"]
    assert (about["action"], about["severity"]) == (state.value, number)


def test_an_alert_grouped_by_source_names_no_user() -> None:
    got = line(alert(members={"usernames": ("anna", "bob")}))
    assert "user" not in got
    assert got["related"]["user"] == ["anna", "bob"]
