"""An alert from its first word to its last: opened, updated, resolved; one attack is one alert."""

from ipaddress import ip_network

import pytest
from detect.streams import DAY, HOUR, MINUTE, SECOND, START, attempt, rule

from smtpsensor.detect.alert import Alert
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.rule import Threshold
from smtpsensor.detect.site import Allowed, Mute, Place, Site
from smtpsensor.events import AuthEvent, Outcome

THREE = rule("three", ("source",), Threshold((("attempts", 3),), MINUTE), quiet=10 * MINUTE)
ACCOUNT = rule("account", ("username",), Threshold((("attempts", 5),), HOUR), quiet=HOUR)


def said(engine: Engine, events: list[AuthEvent]) -> list[Alert]:
    return [alert for event in events for alert in engine.take(event)]


def told(alerts: list[Alert]) -> list[tuple[str, int, int]]:
    """State, seconds since the start, attempts."""
    return [(str(alert.state), (alert.ts - START) // SECOND, alert.count) for alert in alerts]


def every(step: int, number: int, begin: int = 0, **fields: object) -> list[AuthEvent]:
    return [attempt(begin + at * step, secret=at, **fields) for at in range(number)]  # type: ignore[arg-type]


def test_opened_at_the_third_updated_every_five_minutes_resolved_after_ten_quiet_ones() -> None:
    engine = Engine([THREE])
    alerts = said(engine, every(20 * SECOND, 40)) + engine.advance(START + HOUR)
    assert told(alerts) == [
        ("opened", 40, 3),
        ("updated", 340, 18),
        ("updated", 640, 33),
        ("resolved", 780 + 600, 40),
    ]
    assert len({alert.id for alert in alerts}) == 1


def test_a_week_of_attack_is_one_alert() -> None:
    alerts = said(Engine([THREE]), [*every(20 * SECOND, 3), *every(9 * MINUTE, 7 * 24 * 6, MINUTE)])
    assert len({alert.id for alert in alerts}) == 1
    assert alerts[-1].count == 3 + 7 * 24 * 6


def test_after_its_end_the_same_source_is_another_alert() -> None:
    engine = Engine([THREE])
    alerts = said(engine, every(SECOND, 4) + every(SECOND, 4, HOUR))
    assert told(alerts) == [("opened", 2, 3), ("resolved", 603, 4), ("opened", 3602, 3)]
    assert len({alert.id for alert in alerts}) == 2


def test_after_its_end_counting_begins_anew() -> None:
    """Attempts of the first alert are not counted for a second one, even within the window."""
    slow = rule("slow", ("source",), Threshold((("attempts", 3),), DAY), quiet=10 * MINUTE)
    engine = Engine([slow])
    alerts = said(engine, [*every(SECOND, 3), *every(SECOND, 2, HOUR), *every(SECOND, 1, HOUR + MINUTE)])
    assert told(alerts) == [("opened", 2, 3), ("resolved", 602, 3), ("opened", 3660, 3)]


def test_when_the_input_ends_what_was_not_yet_said_is_said() -> None:
    engine = Engine([THREE])
    assert told(said(engine, every(SECOND, 10))) == [("opened", 2, 3)]
    assert told(engine.finish()) == [("updated", 9, 10)]
    assert engine.finish() == []


def test_an_alert_says_who_when_and_where_to_look() -> None:
    events = [
        attempt(
            at * SECOND, username=f"user{at % 2}@example.org", secret=at % 3, file="a.pcap", frame=10 + at
        )
        for at in range(3)
    ]
    (alert,) = said(Engine([THREE]), events)
    assert dict(alert.key) == {"source": "198.51.100.7"}
    assert {kind: count.count for kind, count in alert.distinct.items()} == {
        "sources": 1,
        "networks": 1,
        "usernames": 2,
        "secrets": 3,
    }
    assert alert.members["usernames"] == ("user1@example.org", "user0@example.org")
    assert (alert.first, alert.last) == (START, START + 2 * SECOND)
    assert (alert.first_seen.file, alert.first_seen.frame) == ("a.pcap", 10)
    assert (alert.decisive.file, alert.decisive.frame) == ("a.pcap", 12)
    assert alert.summary() == "3 by 198.51.100.7"


def test_members_are_listed_up_to_a_cap_and_the_rest_is_counted() -> None:
    engine = Engine([ACCOUNT], caps=Caps(members=4))
    said(engine, [attempt(at * SECOND, source=f"192.0.2.{at}") for at in range(1, 31)])
    (alert,) = engine.finish()
    assert len(alert.members["sources"]) == 4
    assert alert.beyond("sources") == 26
    assert alert.distinct["sources"].count == 30


def test_beyond_the_cap_of_what_is_kept_the_number_is_at_least() -> None:
    engine = Engine([ACCOUNT], caps=Caps(distinct=8))
    said(engine, [attempt(at * SECOND, source=f"192.0.2.{at}") for at in range(1, 31)])
    (alert,) = engine.finish()
    assert str(alert.distinct["sources"]) == "8+"
    assert alert.count == 30


def test_the_sources_alert_and_the_accounts_alert_point_to_each_other() -> None:
    engine = Engine([THREE, ACCOUNT])
    said(engine, every(SECOND, 6))
    source, account = sorted(engine.finish(), key=lambda alert: alert.rule.name, reverse=True)
    assert source.related == (account.id,)
    assert account.related == (source.id,)


def test_ids_are_the_same_on_every_run_and_for_every_rule_of_their_own() -> None:
    runs = [said(Engine([THREE, ACCOUNT]), every(SECOND, 6)) for _ in range(2)]
    assert [alert.id for alert in runs[0]] == [alert.id for alert in runs[1]]
    assert len({alert.id for alert in runs[0]}) == 2


@pytest.mark.parametrize(
    ("mute", "heard"),
    [
        pytest.param(Mute("test", rule="three"), [], id="this rule"),
        pytest.param(Mute("test", rule="other"), ["opened"], id="another rule"),
        pytest.param(Mute("test", network=ip_network("198.51.100.0/24")), [], id="its network"),
        pytest.param(Mute("test", network=ip_network("192.0.2.0/24")), ["opened"], id="another network"),
        pytest.param(Mute("test", username="anna*"), ["opened"], id="an account says nothing of a source"),
        pytest.param(Mute("test", rule="three", until=START), ["opened"], id="over before it began"),
        pytest.param(Mute("test", rule="three", until=START + HOUR), [], id="not over yet"),
    ],
)
def test_mutes(mute: Mute, heard: list[str]) -> None:
    engine = Engine([THREE], Site(mutes=(mute,)))
    assert [str(alert.state) for alert in said(engine, every(SECOND, 5))] == heard
    assert engine.stats().muted == (not heard)


def test_an_attack_that_outlasts_its_mute_is_heard() -> None:
    engine = Engine([THREE], Site(mutes=(Mute("maintenance", rule="three", until=START + 10 * MINUTE),)))
    alerts = said(engine, every(20 * SECOND, 60))
    assert told(alerts)[0] == ("opened", 640, 33)


@pytest.mark.parametrize(
    ("allowed", "alerts"),
    [
        pytest.param(Allowed("probe", ip_network("198.51.100.7/32")), 0, id="the source"),
        pytest.param(Allowed("probe", None, "anna@*"), 0, id="the name, from anywhere"),
        pytest.param(Allowed("probe", ip_network("198.51.100.7/32"), "anna@example.org"), 0, id="both"),
        pytest.param(
            Allowed("probe", ip_network("198.51.100.7/32"), "probe"), 1, id="another name from there"
        ),
        pytest.param(Allowed("probe", ip_network("192.0.2.0/24")), 1, id="another source"),
    ],
)
def test_allow_list(allowed: Allowed, alerts: int) -> None:
    engine = Engine([THREE], Site(allowed=(allowed,)))
    assert len(said(engine, every(SECOND, 5))) == alerts
    assert engine.stats().allowed == (0 if alerts else 5)


def test_a_rule_that_needs_trusted_networks_is_silent_without_them() -> None:
    needy = rule("outside", ("source",), Threshold((("attempts", 1),), HOUR), needs_trusted=True)
    lan = Site(trusted=(Place(ip_network("192.0.2.0/24"), "LAN"),))
    assert said(Engine([needy]), every(SECOND, 5)) == []
    assert len(said(Engine([needy], lan), every(SECOND, 5))) == 1


def test_a_rule_that_is_full_refuses_and_leaves_the_others_their_room() -> None:
    one = rule("one", ("source",), Threshold((("attempts", 1),), HOUR))
    engine = Engine([one, ACCOUNT], caps=Caps(active=2))
    alerts = said(engine, [attempt(at * SECOND, source=f"192.0.2.{at}") for at in range(1, 6)])
    assert [alert.rule.name for alert in alerts] == ["one", "one", "account"]
    assert engine.stats().refused == 3


def test_an_alert_that_is_silent_for_a_minute_makes_room_for_another_of_its_rule() -> None:
    one = rule("one", ("source",), Threshold((("attempts", 1),), HOUR))
    engine = Engine([one], caps=Caps(active=2))
    alerts = said(engine, [attempt(at * 30 * SECOND, source=f"192.0.2.{at}") for at in range(4)])
    assert [(alert.key["source"], str(alert.state)) for alert in alerts] == [
        ("192.0.2.0", "opened"),
        ("192.0.2.1", "opened"),
        ("192.0.2.0", "resolved"),
        ("192.0.2.2", "opened"),
        ("192.0.2.1", "resolved"),
        ("192.0.2.3", "opened"),
    ]


def test_what_an_alert_covers_is_not_counted_by_a_rule_that_leaves_it_out() -> None:
    """The account's rule leaves out what comes from sources that have an alert of their own."""
    account = rule("account", ("username",), Threshold((("attempts", 5),), HOUR), unless=("three",))
    engine = Engine([THREE, account])
    alerts = said(engine, every(SECOND, 50))
    assert {alert.rule.name for alert in alerts} == {"three"}
    others = [attempt((100 + at) * SECOND, source=f"192.0.2.{at}") for at in range(1, 4)]
    assert [(alert.rule.name, alert.count) for alert in said(engine, others)] == [("account", 5)]


def test_a_rule_yields_to_one_that_was_first() -> None:
    many = rule("many", ("source",), Threshold((("attempts", 4),), HOUR), yields=("three",))
    alerts = said(Engine([many, THREE]), every(SECOND, 50))
    assert {alert.rule.name for alert in alerts} == {"three"}


def test_what_was_told_by_the_other_rule_is_not_told_again_after_it() -> None:
    many = rule("many", ("source",), Threshold((("attempts", 4),), DAY), yields=("three",))
    alerts = said(Engine([many, THREE]), every(SECOND, 50) + every(SECOND, 1, HOUR))
    assert {alert.rule.name for alert in alerts} == {"three"}


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.FAILURE])
def test_nothing_but_a_failure_is_a_failure(outcome: Outcome) -> None:
    assert said(Engine([THREE]), every(SECOND, 30, outcome=outcome)) == []
