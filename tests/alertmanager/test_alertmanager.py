"""Against Debian's Alertmanager: what it shows and whom it notifies, while replicas die and come back."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alertmanager.programs import Alertmanager, amtool, cluster, sleep
from alertmanager.servers import Receiver, receiving, within
from sinks.samples import SECOND, alert, full_alert, rule
from support.tree import ROOT

from smtpsensor.detect.alert import AlertState
from smtpsensor.sinks.alertmanager_address import parse_address
from smtpsensor.sinks.alertmanager_book import Timing
from smtpsensor.sinks.alertmanager_http import Access
from smtpsensor.sinks.alertmanager_sender import AlertmanagerSink

pytestmark = pytest.mark.system

# As shipped, but for waits that a test would sit through.
TIMING = Timing(
    resend=SECOND,
    lifetime=30 * SECOND,
    ended=8 * SECOND,
    hold=3 * SECOND,
    backoff=SECOND // 10,
    patience=SECOND,
)
RESOLVED = {"state": AlertState.RESOLVED}


@contextmanager
def sending(members: list[Alertmanager], **options: Any) -> Iterator[AlertmanagerSink]:
    addresses = [parse_address(each.url) for each in members]
    sink = AlertmanagerSink(addresses, Access(), "sensor1", time.time_ns, **{"timing": TIMING, **options})
    try:
        yield sink
    finally:
        sink.close(0)


def now(**changes: Any) -> Any:
    """An alert that began a moment ago."""
    return alert(first=time.time_ns() - 5 * SECOND, **changes)


def notified(hook: Receiver) -> Counter[tuple[str, str]]:
    """(source, firing or resolved) -> notifications."""
    return Counter(
        (one["labels"].get("source", one["labels"].get("username", "")), one["status"])
        for body in hook.bodies
        for one in body["alerts"]
    )


def test_an_attack_is_one_alert_from_its_begin_to_its_end(tmp_path: Path) -> None:
    with receiving() as hook, cluster(tmp_path, hook.url) as members, sending(members) as sink:
        (member,) = members
        sink.write(now())
        assert within(5, member.alerts)
        (shown,) = member.alerts()
        assert shown["labels"] == {
            "alertname": "SmtpsensorBruteForceSource",
            "rule": "brute_force_source",
            "severity": "warning",
            "host": "sensor1",
            "source": "198.51.100.7",
        }
        sink.write(now(count=250, state=AlertState.UPDATED))
        assert within(5, lambda: member.alerts()[0]["annotations"]["count"] == "250")
        assert len(member.alerts()) == 1
        sink.write(now(count=250, **RESOLVED))
        assert within(8, lambda: member.alerts() == [])
        assert within(8, lambda: ("198.51.100.7", "resolved") in notified(hook))
        assert notified(hook) == {("198.51.100.7", "firing"): 1, ("198.51.100.7", "resolved"): 1}


def test_a_replay_at_full_speed_notifies(tmp_path: Path) -> None:
    """Opened and resolved within a millisecond, years ago; then the program ends."""
    with receiving() as hook, cluster(tmp_path, hook.url) as members:
        with sending(members) as sink:
            sink.write(alert())
            sink.write(alert(**RESOLVED))
            assert sink.close() == 0
        assert within(5, lambda: notified(hook) == {("198.51.100.7", "firing"): 1})
        assert hook.bodies[0]["alerts"][0]["startsAt"] == "2026-11-24T12:00:00Z"


def test_hostile_names_arrive_whole(tmp_path: Path) -> None:
    name = 'a"b\\c{}{{ .Labels }}<b>\u202e&\u00fc\U0001f600 x=y,z'
    with receiving() as hook, cluster(tmp_path, hook.url) as members, sending(members) as sink:
        sink.write(full_alert(key={"username": name}, members={"usernames": (name,)}))
        assert within(5, lambda: hook.bodies)
        (told,) = hook.bodies[0]["alerts"]
        assert told["labels"]["username"] == name
        assert told["annotations"]["usernames_list"] == name
        assert told["annotations"]["summary"].startswith(name)


def test_a_400_on_one_alert_loses_no_other(tmp_path: Path) -> None:
    """A label name that Alertmanager does not take, among twenty alerts."""
    with receiving() as hook, cluster(tmp_path, hook.url) as members, sending(members) as sink:
        for number in range(20):
            sink.write(now(id=str(number), key={"source": f"192.0.2.{number}"}))
        sink.write(now(id="bad", key={"no label": "x"}))
        assert within(5, lambda: len(members[0].alerts()) == 20)
        assert within(5, lambda: sink.states()[0].failures == 1)
        assert sink.states()[0].up
        assert within(8, lambda: len(notified(hook)) == 20)


def test_two_replicas_notify_once(tmp_path: Path) -> None:
    with receiving() as hook, cluster(tmp_path, hook.url, 2) as members, sending(members) as sink:
        for number in range(3):
            sink.write(now(id=str(number), key={"source": f"192.0.2.{number}"}))
        assert within(5, lambda: [len(each.alerts()) for each in members] == [3, 3])
        assert within(6, lambda: len(notified(hook)) == 3)
        sleep(3)  # the second's turn: it has heard that the first did
        assert set(notified(hook).values()) == {1}


def test_one_is_killed_in_the_middle_of_an_attack(tmp_path: Path) -> None:
    with receiving() as hook, cluster(tmp_path, hook.url, 2, wait="2s") as members, sending(members) as sink:
        sink.write(now(id="a", key={"source": "192.0.2.1"}))
        assert within(5, members[0].alerts)
        members[0].kill()
        sink.write(now(id="b", key={"source": "192.0.2.2"}))
        assert within(15, lambda: len(notified(hook)) == 2)  # at least once, and none lost
        assert [state.up for state in sink.states()] == [False, True]
        members[0].start()
        assert within(8, lambda: len(members[0].alerts()) == 2)
        assert within(8, lambda: all(state.up for state in sink.states()))


def test_all_are_away_and_come_back(tmp_path: Path) -> None:
    """What began, what went on and what was over meanwhile: all of it is notified of."""
    with receiving() as hook, cluster(tmp_path, hook.url) as members, sending(members) as sink:
        (member,) = members
        sink.write(now(id="before", key={"source": "192.0.2.1"}))
        assert within(6, lambda: notified(hook)[("192.0.2.1", "firing")] == 1)
        member.kill()
        sink.write(now(id="during", key={"source": "192.0.2.2"}))
        sink.write(now(id="short", key={"source": "192.0.2.3"}))
        sink.write(now(id="short", key={"source": "192.0.2.3"}, **RESOLVED))
        sink.write(now(id="before", key={"source": "192.0.2.1"}, **RESOLVED))
        assert within(3, lambda: not sink.states()[0].up)
        sleep(2)
        member.start()
        assert within(10, lambda: notified(hook)[("192.0.2.2", "firing")] == 1)
        assert within(10, lambda: notified(hook)[("192.0.2.3", "firing")] == 1)
        assert within(10, lambda: notified(hook)[("192.0.2.3", "resolved")] == 1)
        assert [state.failures for state in sink.states()] == [0]


SAMPLE = str(ROOT / "deploy" / "prometheus" / "alertmanager.yml")


def test_the_sample_configuration_is_right() -> None:
    told = amtool("check-config", SAMPLE)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "3 inhibit rules" in told.stdout


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("alertname=SmtpsensorSuccessAfterFailures", "severity=critical"), "on-call"),
        (("alertname=SmtpsensorDown", "severity=critical"), "on-call"),
        (("alertname=SmtpsensorBruteForceSource", "severity=warning"), "mail"),
        (("alertname=SmtpsensorMostlyEncrypted", "severity=info"), "nobody"),
    ],
)
def test_the_sample_routes(labels: tuple[str, ...], receiver: str) -> None:
    told = amtool(
        "config", "routes", "test", f"--config.file={SAMPLE}", f"--verify.receivers={receiver}", *labels
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_a_break_in_silences_the_guessing_before_it(tmp_path: Path) -> None:
    """The sample's inhibition, by the labels that alerts really have."""
    with receiving() as hook, cluster(tmp_path, hook.url) as members:
        member = members[0]
        member.kill()
        (tmp_path / "0" / "alertmanager.yml").write_text((ROOT / SAMPLE).read_text())
        member.start()
        with sending(members) as sink:
            who = {"source": "198.51.100.7", "username": "anna"}
            sink.write(now(id="in", key=who, rule=rule(name="success_after_failures")))
            for name, key in (
                ("brute_force_source", {"source": "198.51.100.7"}),
                ("brute_force_account", {"username": "anna"}),
                ("password_spray", {"source": "192.0.2.9"}),
                ("distributed_account", {"username": "bob"}),
            ):
                sink.write(now(id=name, key=key, rule=rule(name=name)))

            def inhibited() -> set[str]:
                return {one["labels"]["rule"] for one in member.alerts("--inhibited")}

            assert within(8, lambda: len(inhibited()) == 2 and len(member.alerts()) == 3)
            assert inhibited() == {"brute_force_source", "brute_force_account"}
