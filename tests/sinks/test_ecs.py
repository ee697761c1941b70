"""ECS lines: every field has the type the Elastic Common Schema gives it, or stands under `smtpsensor`."""

import io
import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from sinks.samples import NOON, SECOND, anomaly, auth, flow, full_auth, full_session, session

from smtpsensor.events import AuthEvent, Event, Outcome
from smtpsensor.sinks.ecs import OUTCOMES, EcsWriter

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
}
# Values ECS allows (event.category and what each category allows as event.type).
KINDS = {"alert", "enrichment", "event", "metric", "state", "pipeline_error", "signal"}
TYPES = {
    "authentication": {"start", "end", "info"},
    "network": {"access", "allowed", "connection", "denied", "end", "info", "protocol", "start"},
}
EVERYTHING: list[Event] = [full_auth(), auth(), full_session(), session(), anomaly()]


def line(event: Event) -> dict[str, Any]:
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
def test_every_field_has_its_ecs_type_or_is_in_our_own_namespace(event: Event) -> None:
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
def test_categories_and_types_are_ones_that_ecs_allows_together(event: Event) -> None:
    about = line(event)["event"]
    assert about["kind"] in KINDS
    allowed = set().union(*(TYPES[category] for category in about["category"]))
    assert set(about["type"]) <= allowed
    assert about.get("outcome", "unknown") in {"success", "failure", "unknown"}


@pytest.mark.parametrize("event", EVERYTHING)
def test_no_own_field_changes_its_type_between_events(event: Event) -> None:
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
