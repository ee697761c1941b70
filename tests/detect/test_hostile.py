"""Whatever the wire says, detection raises nothing, says nothing wrong, and its words stay on one line."""

from hypothesis import given, settings
from hypothesis import strategies as st

from smtpsensor.detect.alert import Severity
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.detect.site import Site
from smtpsensor.events import AnomalyEvent, AuthEvent, EndReason, Event, Flow, Outcome, SessionEvent

RULES = load_rules([], Site())
START = 1_793_491_200_000_000_000
DAY = 86_400_000_000_000

addresses = st.sampled_from(
    [
        "198.51.100.7",
        "198.51.100.8",
        "2001:db8::7",
        "::ffff:192.0.2.1",
        "fe80::1%eth0",
        "",
        "no address",
        "1.2",
    ]
)
names = (
    st.none()
    | st.sampled_from(["anna", "ANNA@example.org", "{0}", "{source}", "%s", "@", "a@b@c"])
    | st.text()
)
# Steps of the clock: the same time again, a little back, a day back, a year on.
times = st.sampled_from([START, START + 1, START - 1, START - DAY, START + DAY, START + 365 * DAY, 0, 1])
flows = st.builds(
    Flow,
    src=addresses,
    src_port=st.integers(0, 65_535),
    dst=addresses,
    dst_port=st.integers(0, 65_535),
    flow_id=st.integers(0, 4),
    community_id=st.just("1:"),
)
attempts = st.builds(
    AuthEvent,
    ts=times,
    flow=flows,
    outcome=st.sampled_from(Outcome),
    ts_verdict=st.none() | times,
    mechanism=st.none() | st.sampled_from(["PLAIN", "LOGIN", "ANONYMOUS", "EXTERNAL"]),
    username=names,
    domain=names,
    realm=names,
    code=st.none() | st.integers(0, 999),
    response_ns=st.none() | st.integers(-10, DAY),
    offered=st.none() | st.booleans(),
    secret=st.none() | st.integers(0, 2**64 - 1),
    repeated=st.none() | st.booleans(),
    helo=names,
)
sessions = st.builds(
    SessionEvent, ts=times, ts_end=times, flow=flows, end=st.sampled_from(EndReason), mails=st.integers(0, 9)
)
anomalies = st.builds(AnomalyEvent, ts=times, flow=flows, name=st.just("clock_step"))
streams = st.lists(st.one_of(attempts, attempts, attempts, sessions, anomalies), max_size=80)


@given(events=streams)
@settings(max_examples=150)
def test_nothing_raises_and_every_alert_can_be_said(events: list[Event]) -> None:
    engine = Engine(RULES)
    said = [alert for event in events for alert in engine.take(event)]
    said += engine.advance(START + 400 * DAY)
    said += engine.finish()
    for alert in said:
        assert alert.summary()
        assert alert.description()
        assert alert.count >= 1
        assert alert.first <= alert.last


@given(events=streams)
@settings(max_examples=75)
def test_without_a_login_nothing_is_critical(events: list[Event]) -> None:
    engine = Engine(RULES)
    failures = [event for event in events if getattr(event, "outcome", None) is not Outcome.SUCCESS]
    said = [alert for event in failures for alert in engine.take(event)]
    assert Severity.CRITICAL not in {alert.severity for alert in said}


@given(event=attempts, number=st.integers(2, 60))
@settings(max_examples=75)
def test_one_attempt_said_twice_is_no_attack(event: AuthEvent, number: int) -> None:
    """The same wrong password, however often, from one source on one name: nothing above info."""
    engine = Engine(RULES)
    event.outcome, event.secret, event.username, event.offered = Outcome.FAILURE, 7, "anna", True
    loud = []
    for turn in range(number):
        event.repeated = turn > 0
        loud += [alert for alert in engine.take(event) if alert.severity is not Severity.INFO]
    assert loud == []
