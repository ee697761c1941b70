"""Events as they leave the SMTP session, with ordinary values; a test names what it changes."""

from typing import Any

from smtpsensor.detect.alert import Alert, AlertState, Count, Evidence, RuleFacts, Severity
from smtpsensor.events import (
    AnomalyEvent,
    AuthEvent,
    Encryption,
    EndReason,
    Flow,
    Outcome,
    SessionEvent,
)

SECOND = 1_000_000_000
NOON = 1_795_521_600 * SECOND  # 2026-11-24T12:00:00Z


def flow(**changes: Any) -> Flow:
    values: dict[str, Any] = {
        "src": "198.51.100.7",
        "src_port": 40112,
        "dst": "203.0.113.25",
        "dst_port": 587,
        "flow_id": 1298371937,
        "community_id": "1:AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    }
    return Flow(**(values | changes))


def auth(outcome: Outcome = Outcome.FAILURE, **changes: Any) -> AuthEvent:
    values: dict[str, Any] = {
        "ts": NOON,
        "flow": flow(),
        "mechanism": "LOGIN",
        "username": "anna@example.net",
    }
    if outcome is Outcome.FAILURE:
        values |= {"code": 535, "enhanced": "5.7.8", "repeated": False}
    if outcome is Outcome.SUCCESS:
        values |= {"code": 235, "enhanced": "2.7.0", "repeated": False}
    return AuthEvent(outcome=outcome, **(values | changes))


def full_auth(**changes: Any) -> AuthEvent:
    """Every field known: the line of the README."""
    values: dict[str, Any] = {
        "ts": NOON + 123_456_789,
        "flow": flow(vlan=(10,), iface="span0", proxy="192.0.2.1"),
        "file": "attack.pcap",
        "frame": 17,
        "ts_credentials": NOON + 200_000_000,
        "ts_verdict": NOON + 412_400_000,
        "verdict_file": "attack.pcap",
        "verdict_frame": 22,
        "authzid": "boss@example.net",
        "realm": "example.net",
        "domain": "CORP",
        "workstation": "WS1",
        "reply": "Error: authentication failed: UGFzc3dvcmQ6",
        "response_ns": 212_400_000,
        "offered": True,
        "attempt": 2,
        "helo": "pc.example.org",
        "secret": 0xA3F1_0000_0000_0001,
        "repeated": True,
    }
    return auth(**(values | changes))


def session(**changes: Any) -> SessionEvent:
    values: dict[str, Any] = {
        "ts": NOON,
        "ts_end": NOON + 2 * SECOND,
        "flow": flow(),
        "end": EndReason.FIN,
        "encryption": Encryption.CLEAR,
        "attempts": 1,
        "failures": 1,
    }
    return SessionEvent(**(values | changes))


def full_session(**changes: Any) -> SessionEvent:
    values: dict[str, Any] = {
        "ts_end": NOON + 2_500_000_000,
        "flow": flow(vlan=(10, 20), iface="span0"),
        "file": "attack.pcap",
        "frame": 3,
        "greeting": "mx.example.net",
        "software": "ESMTP Postfix",
        "helo": "pc.example.org",
        "capabilities": ("PIPELINING", "STARTTLS", "AUTH PLAIN LOGIN"),
        "auth_offered": ("PLAIN", "LOGIN"),
        "starttls_offered": True,
        "successes": 1,
        "mails": 2,
        "recipients": 5,
        "mail_bytes": 40_000,
        "bytes_client": 41_000,
        "bytes_server": 900,
        "lost_client": 1460,
        "midstream": True,
        "last_code": 221,
        "anomalies": ("early_talker",),
    }
    return session(**(values | changes))


def anomaly(name: str = "early_talker", **changes: Any) -> AnomalyEvent:
    values: dict[str, Any] = {"ts": NOON, "flow": flow(), "file": "attack.pcap", "frame": 4}
    return AnomalyEvent(name=name, **(values | changes))


def rule(**changes: Any) -> RuleFacts:
    values: dict[str, Any] = {
        "name": "brute_force_source",
        "sid": 4_800_001,
        "rev": 2,
        "severity": Severity.WARNING,
        "technique": "T1110.001",
        "summary": "{source} guesses passwords: {count} attempts on {usernames} accounts",
        "description": "{source} went on for {duration}.",
    }
    return RuleFacts(**(values | changes))


def alert(**changes: Any) -> Alert:
    """Only what every alert has."""
    values: dict[str, Any] = {
        "id": "00112233445566aa",
        "rule": rule(),
        "state": AlertState.OPENED,
        "ts": NOON + 90 * SECOND,
        "key": {"source": "198.51.100.7"},
        "first": NOON,
        "last": NOON + 90 * SECOND,
        "count": 10,
        "distinct": {kind: Count(0) for kind in ("sources", "networks", "usernames", "secrets")},
        "members": {"sources": (), "networks": (), "usernames": ()},
        "flow": flow(),
        "first_seen": Evidence(NOON),
        "decisive": Evidence(NOON + 90 * SECOND),
    }
    return Alert(**(values | changes))


def full_alert(**changes: Any) -> Alert:
    """Everything known: an account under attack from many places that was got into."""
    values: dict[str, Any] = {
        "rule": rule(
            name="success_many_sources",
            sid=4_800_008,
            severity=Severity.CRITICAL,
            technique="T1078",
            summary="{username} was got into after {count} attempts from {sources} sources",
            description="{username} of {domain}: look for {target} in {duration}, {mails} mails.",
        ),
        "state": AlertState.UPDATED,
        "key": {"username": "anna@example.net", "domain": "example.net"},
        "count": 512,
        "distinct": {
            "sources": Count(400, at_least=True),
            "networks": Count(3),
            "usernames": Count(1),
            "secrets": Count(0),
        },
        "members": {
            "sources": ("198.51.100.7", "192.0.2.9"),
            "networks": ("198.51.100.0/24", "192.0.2.0/24", "203.0.113.0/24"),
            "usernames": ("anna@example.net",),
        },
        "flow": flow(vlan=(10,), iface="span0", proxy="192.0.2.1"),
        "first_seen": Evidence(NOON, "attack.pcap", 4),
        "decisive": Evidence(NOON + 90 * SECOND, "attack.pcap", 912),
        "related": ("ffeeddccbbaa0011",),
        "facts": {
            "mails": 3,
            "rate": 0.5,
            "login": True,
            "target": "boss@example.net",
            "network": "192.0.2.0/24",
        },
    }
    return alert(**(values | changes))
