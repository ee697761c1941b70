"""EVE lines: the README's shape, and what a reader of Suricata's eve.json expects."""

import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
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

from smtpsensor.anomalies import ANOMALIES
from smtpsensor.detect.alert import Alert
from smtpsensor.events import AuthEvent, Encryption, EndReason, Event, Outcome
from smtpsensor.sinks.alerts import category
from smtpsensor.sinks.eve import EveWriter, anomaly_kind
from smtpsensor.sinks.times import Stamper

# Suricata's own keys and JSON types (its etc/schema.json and user guide, "Eve JSON format").
SURICATA = {
    "timestamp": str,
    "host": str,
    "flow_id": int,
    "event_type": str,
    "in_iface": str,
    "src_ip": str,
    "src_port": int,
    "dest_ip": str,
    "dest_port": int,
    "proto": str,
    "app_proto": str,
    "community_id": str,
    "vlan": list,
    "pcap_filename": str,
    "pcap_cnt": int,
    "smtp": dict,
    "anomaly": dict,
    "alert": dict,
}
# Its `alert` object; metadata's values are lists there.
SURICATA_ALERT = {
    "action": str,
    "gid": int,
    "signature_id": int,
    "rev": int,
    "signature": str,
    "category": str,
    "severity": int,
    "metadata": dict,
}
OUR_ALERT = {
    "id": str,
    "rule": str,
    "state": str,
    "key": dict,
    "count": int,
    "distinct": dict,
    "at_least": list,
    "first": str,
    "last": str,
    "members": dict,
    "beyond": dict,
    "related": list,
    "facts": dict,
    "first_seen": dict,
    "description": str,
}
REQUIRED = ("timestamp", "flow_id", "event_type", "src_ip", "src_port", "dest_ip", "dest_port", "proto")
OURS = {"smtp_session": dict, "proxy_ip": str}
SURICATA_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d{4}")


def lines(*events: Event | Alert) -> list[dict[str, Any]]:
    out = io.BytesIO()
    writer = EveWriter(out, "sensor1")
    for event in events:
        writer.write(event)
    writer.flush()
    return [json.loads(line) for line in out.getvalue().split(b"\n")[:-1]]


def line(event: Event | Alert) -> dict[str, Any]:
    (only,) = lines(event)
    return only


def test_an_attempt_with_everything_known_has_the_documented_shape() -> None:
    assert line(full_auth()) == {
        "timestamp": "2026-11-24T12:00:00.123456+0000",
        "host": "sensor1",
        "flow_id": 1298371937,
        "event_type": "smtp_auth",
        "in_iface": "span0",
        "src_ip": "198.51.100.7",
        "src_port": 40112,
        "dest_ip": "203.0.113.25",
        "dest_port": 587,
        "proto": "TCP",
        "community_id": "1:AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "vlan": [10],
        "proxy_ip": "192.0.2.1",
        "pcap_filename": "attack.pcap",
        "pcap_cnt": 17,
        "smtp": {
            "helo": "pc.example.org",
            "auth": {
                "mechanism": "LOGIN",
                "username": "anna@example.net",
                "authzid": "boss@example.net",
                "domain": "CORP",
                "workstation": "WS1",
                "realm": "example.net",
                "outcome": "failure",
                "code": 535,
                "enhanced": "5.7.8",
                "offered": True,
                "cleartext": True,
                "attempt": 2,
                "response_ms": 212.4,
                "secret_tag": "a3f1",
                "repeated": True,
                "malformed": False,
            },
        },
    }


def test_what_is_not_known_is_left_out() -> None:
    """A verdict whose AUTH was lost in a gap: outcome and code, nothing guessed."""
    event = AuthEvent(ts=NOON, flow=flow(), outcome=Outcome.FAILURE, code=535)
    got = line(event)
    assert got["smtp"] == {
        "auth": {"outcome": "failure", "code": 535, "cleartext": True, "attempt": 1, "malformed": False}
    }
    assert not {"in_iface", "vlan", "pcap_filename", "pcap_cnt", "proxy_ip"} & set(got)


def test_a_session_with_everything_known() -> None:
    got = line(full_session())
    assert got["event_type"] == "smtp_session"
    assert got["smtp"] == {"helo": "pc.example.org"}
    assert got["vlan"] == [10, 20]
    assert got["smtp_session"] == {
        "greeting": "mx.example.net",
        "software": "ESMTP Postfix",
        "encryption": "clear",
        "starttls_offered": True,
        "auth_offered": ["PLAIN", "LOGIN"],
        "capabilities": ["PIPELINING", "STARTTLS", "AUTH PLAIN LOGIN"],
        "attempts": 1,
        "failures": 1,
        "successes": 1,
        "mails": 2,
        "recipients": 5,
        "mail_bytes": 40000,
        "bytes_toserver": 41000,
        "bytes_toclient": 900,
        "lost_toserver": 1460,
        "lost_toclient": 0,
        "midstream": True,
        "duration_ms": 2500.0,
        "end": "fin",
        "last_code": 221,
        "anomalies": ["early_talker"],
    }


def test_a_bare_session_says_only_what_it_knows() -> None:
    got = line(session(encryption=Encryption.IMPLICIT, end=EndReason.RST))["smtp_session"]
    assert got["encryption"] == "implicit"
    assert got["end"] == "rst"
    unknown = {"greeting", "software", "starttls_offered", "auth_offered", "capabilities", "last_code"}
    assert not unknown & set(got)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("early_talker", {"type": "applayer", "event": "early_talker", "layer": "proto_parser"}),
        ("overlap_conflict", {"type": "stream", "event": "overlap_conflict"}),
        ("fragment_overlap", {"type": "decode", "event": "fragment_overlap"}),
    ],
)
def test_an_anomaly_has_suricatas_shape(name: str, expected: dict[str, str]) -> None:
    got = line(anomaly(name))
    assert got["anomaly"] == expected
    assert ("app_proto" in got) == (expected["type"] == "applayer")


@pytest.mark.parametrize("name", ANOMALIES)
def test_every_anomaly_is_sorted_by_where_it_was_found(name: str) -> None:
    """The sections of the table of anomalies, read from its comments' order: IP and capture, TCP, SMTP."""
    names = list(ANOMALIES)
    position = names.index(name)
    if position < names.index("tcp_header_invalid"):
        assert anomaly_kind(name) == "decode"
    elif position < names.index("line_too_long"):
        assert anomaly_kind(name) == "stream"
    else:
        assert anomaly_kind(name) == "applayer"


@pytest.mark.parametrize(
    "event", [full_auth(), auth(), full_session(), session(), anomaly(), full_alert(), alert()]
)
def test_every_key_is_suricatas_by_name_and_type_or_documented_as_ours(event: Event | Alert) -> None:
    got = line(event)
    known = SURICATA | OURS
    assert {key: type(value) for key, value in got.items()} == {key: known[key] for key in got}
    assert not set(REQUIRED) - set(got)
    assert SURICATA_TIME.fullmatch(got["timestamp"])
    assert got["proto"] == "TCP"


@pytest.mark.parametrize(
    ("ts", "text"),
    [
        (0, "1970-01-01T00:00:00.000000"),
        (999, "1970-01-01T00:00:00.000000"),
        (1_999_999_999, "1970-01-01T00:00:01.999999"),
        (-1, "1969-12-31T23:59:59.999999"),
        (NOON, "2026-11-24T12:00:00.000000"),
        (253_402_300_799 * SECOND, "9999-12-31T23:59:59.000000"),
        (2**64 * SECOND, "9999-12-31T23:59:59.000000"),
        (-(2**64) * SECOND, "0001-01-01T00:00:00.000000"),
    ],
)
def test_any_packet_time_is_a_date(ts: int, text: str) -> None:
    assert Stamper("")(ts) == text


@given(st.lists(st.integers(-(2**40), 2**64), max_size=8))
def test_the_cached_second_never_shows(times: list[int]) -> None:
    """Times that jump to and fro give the same text as each alone."""
    stamper = Stamper("Z")
    assert [stamper(ts) for ts in times] == [Stamper("Z")(ts) for ts in times]


def test_a_file_name_that_is_no_utf8_and_a_number_beyond_64_bits_do_not_break_the_line() -> None:
    got = line(full_session(file="caf\udce9.pcap", ts_end=NOON + 2**80, flow=flow(vlan=(1,)), frame=2**70))
    assert got["pcap_filename"] == "caf\\udce9.pcap"
    assert got["pcap_cnt"] == 2**63 - 1


def test_the_servers_text_is_not_repeated() -> None:
    """`500 unrecognized: AUTH PLAIN <base64>` would carry the password out."""
    assert "UGFzc3dvcmQ6" not in json.dumps(line(full_auth()))


def test_a_new_event_class_gets_its_form_by_registration() -> None:
    class Probe:
        pass

    out = io.BytesIO()
    writer = EveWriter(out, "sensor1")
    writer.write(Probe())
    writer.register(Probe, lambda _probe: {"event_type": "probe"})
    writer.write(Probe())
    writer.flush()
    assert out.getvalue() == b'{"event_type":"probe"}\n'


def test_lines_reach_the_output_in_order_and_whole_whatever_their_number() -> None:
    out = io.BytesIO()
    writer = EveWriter(out, "sensor1")
    for number in range(1000):
        writer.write(auth(attempt=number))
        assert out.getvalue() == b"" or out.getvalue().endswith(b"\n")
    writer.flush()
    got = [json.loads(line)["smtp"]["auth"]["attempt"] for line in out.getvalue().splitlines()]
    assert got == list(range(1000))


@given(st.text(), st.text(), st.text())
def test_any_text_stays_one_line_and_comes_back_as_it_was(username: str, helo: str, file: str) -> None:
    got = line(auth(username=username, helo=helo, file=file or None))
    if not any("\ud800" <= char <= "\udfff" for char in username + helo + file):
        assert got["smtp"]["auth"]["username"] == username
        assert got["smtp"]["helo"] == helo


def test_an_alert_with_everything_known_has_the_documented_shape() -> None:
    """Envelope and packet of the decisive attempt, the client as source."""
    got = line(full_alert())
    alert = got.pop("alert")
    assert got == {
        "timestamp": "2026-11-24T12:01:30.000000+0000",
        "host": "sensor1",
        "flow_id": 1298371937,
        "event_type": "alert",
        "in_iface": "span0",
        "src_ip": "198.51.100.7",
        "src_port": 40112,
        "dest_ip": "203.0.113.25",
        "dest_port": 587,
        "proto": "TCP",
        "community_id": "1:AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "vlan": [10],
        "proxy_ip": "192.0.2.1",
        "pcap_filename": "attack.pcap",
        "pcap_cnt": 912,
    }
    assert alert == {
        "action": "allowed",
        "gid": 1,
        "signature_id": 4800008,
        "rev": 2,
        "signature": "anna@example.net was got into after 512 attempts from 400+ sources",
        "category": "Successful User Privilege Gain",
        "severity": 1,
        "metadata": {"mitre_technique_id": ["T1078"]},
        "id": "00112233445566aa",
        "rule": "success_many_sources",
        "state": "updated",
        "key": {"username": "anna@example.net", "domain": "example.net"},
        "count": 512,
        "distinct": {"sources": 400, "networks": 3, "usernames": 1},
        "at_least": ["sources"],
        "first": "2026-11-24T12:00:00.000000+0000",
        "last": "2026-11-24T12:01:30.000000+0000",
        "members": {
            "sources": ["198.51.100.7", "192.0.2.9"],
            "networks": ["198.51.100.0/24", "192.0.2.0/24", "203.0.113.0/24"],
            "usernames": ["anna@example.net"],
        },
        "beyond": {"sources": 398},
        "related": ["ffeeddccbbaa0011"],
        "facts": {
            "mails": 3,
            "rate": 0.5,
            "login": True,
            "target": "boss@example.net",
            "network": "192.0.2.0/24",
        },
        "first_seen": {"file": "attack.pcap", "packet": 4},
        "description": "anna@example.net of example.net: look for boss@example.net in 90 s, 3 mails.",
    }


def test_a_bare_alert_says_only_what_it_knows() -> None:
    got = line(alert(rule=rule(technique=None)))
    assert not {"pcap_filename", "pcap_cnt", "in_iface"} & set(got)
    left_out = {"metadata", "at_least", "members", "beyond", "related", "facts", "first_seen"}
    assert set(got["alert"]) == set(SURICATA_ALERT | OUR_ALERT) - left_out
    assert got["alert"]["distinct"] == {}
    assert got["alert"]["category"] == "Misc activity"


@pytest.mark.parametrize("event", [full_alert(), alert()])
def test_every_field_of_an_alert_is_suricatas_by_name_and_type_or_ours(event: Alert) -> None:
    got = line(event)["alert"]
    known = SURICATA_ALERT | OUR_ALERT
    assert {key: type(value) for key, value in got.items()} == {key: known[key] for key in got}


@pytest.mark.parametrize(
    ("technique", "expected"),
    [
        ("T1110.003", "Attempted User Privilege Gain"),
        ("T1110", "Attempted User Privilege Gain"),
        ("T1078.002", "Successful User Privilege Gain"),
        ("T1040", "Potential Corporate Privacy Violation"),
        ("T9999", "Misc activity"),
        (None, "Misc activity"),
    ],
)
def test_the_category_is_suricatas_class_type_for_the_technique(technique: str, expected: str) -> None:
    assert category(technique) == expected
