"""`--openmetrics`: samples at the capture's own times, grouped by family, bounded whatever the wire says."""

import io
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinks.samples import NOON, SECOND, alert, anomaly, auth, flow, rule, session

from smtpsensor.detect.alert import Alert, AlertState, Severity
from smtpsensor.events import Encryption, Event, Outcome
from smtpsensor.sinks.labels import Servers, code_and_reason, mechanism
from smtpsensor.sinks.openmetrics import OpenMetricsWriter

START = NOON // SECOND
SAMPLE = re.compile(r"(\w+)\{((?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*)\} (-?\d+) (\d+)")
Samples = dict[tuple[str, str], list[tuple[int, int]]]


def written(*events: Event | Alert, host: str = "sensor1", **options: Any) -> str:
    out = io.BytesIO()
    writer = OpenMetricsWriter(out, host, **options)
    for event in events:
        writer.write(event)
    writer.flush()
    assert out.getvalue() == b""
    writer.finish()
    return out.getvalue().decode()


def samples(text: str) -> Samples:
    """(name, labels without job and instance) -> (seconds, value) in the order of the file."""
    found: Samples = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            labels = match[2].partition(",")[2].partition(",")[2]
            found.setdefault((match[1], labels), []).append((int(match[4]), int(match[3])))
    return found


def series(events: Iterable[Event | Alert], name: str, labels: str, **options: Any) -> list[tuple[int, int]]:
    return samples(written(*events, **options))[name, labels]


FAILED = 'server="203.0.113.25",port="587",mechanism="LOGIN",outcome="failure"'


def test_a_counter_is_sampled_every_15_s_from_0_before_the_first_event_to_the_end() -> None:
    events = [auth(ts=NOON + second * SECOND) for second in (1, 2, 16, 44)]
    assert series(events, "smtpsensor_auth_attempts_total", FAILED) == [
        (START, 0),
        (START + 15, 2),
        (START + 30, 3),
        (START + 45, 4),
    ]


def test_the_file_as_it_stands() -> None:
    text = written(
        auth(ts=NOON + SECOND),
        session(ts_end=NOON + 2 * SECOND),
        anomaly(),
        alert(ts=NOON + 3 * SECOND),
    )
    assert text == "".join(
        f"# TYPE smtpsensor_{name} {kind}\n# HELP smtpsensor_{name} {meaning}\n"
        + "".join(
            f'smtpsensor_{name}{suffix}{{job="smtpsensor",instance="sensor1",{labels}}} {value} {ts}\n'
            for labels, end in of
            for value, ts in ((0, START), (end, START + 15))
        )
        for name, kind, suffix, meaning, of in (
            ("auth_attempts", "counter", "_total", "AUTH attempts", [(FAILED, 1)]),
            (
                *("auth_failures", "counter", "_total", "AUTH attempts that the server refused"),
                [(FAILED.replace('outcome="failure"', 'code="535",reason="credentials_invalid"'), 1)],
            ),
            (
                *("sessions", "counter", "_total", "SMTP connections that ended"),
                [(f'encryption="{each.value}"', int(each is Encryption.CLEAR)) for each in Encryption],
            ),
            (
                *("alerts_opened", "counter", "_total", "Alerts that were opened"),
                [('rule="brute_force_source",severity="warning"', 1)],
            ),
            (
                *("alerts_active", "gauge", "", "Alerts that are not resolved"),
                [('rule="brute_force_source",severity="warning"', 1)],
            ),
        )
    ) + "# EOF\n"  # fmt: skip


def test_nothing_seen_is_still_a_file() -> None:
    text = written()
    assert text.endswith("# EOF\n")
    assert samples(text) == {}


def test_an_attempt_counts_when_its_verdict_came() -> None:
    event = auth(ts=NOON + SECOND, ts_verdict=NOON + 31 * SECOND)
    assert series([event], "smtpsensor_auth_attempts_total", FAILED) == [(START + 30, 0), (START + 45, 1)]


@pytest.mark.parametrize("outcome", Outcome)
def test_only_a_failure_is_a_failure(outcome: Outcome) -> None:
    """As the report counts: `outcomes` keeps refusals before any credentials apart."""
    names = [name for name, _ in samples(written(auth(outcome)))]
    assert ("smtpsensor_auth_failures_total" in names) == (outcome is Outcome.FAILURE)
    assert "smtpsensor_auth_attempts_total" in names


def test_a_series_that_begins_late_stands_at_0_from_the_start() -> None:
    """rate() sees no first increase of a series that begins at 1."""
    events = [auth(ts=NOON), auth(Outcome.SUCCESS, ts=NOON + 40 * SECOND)]
    succeeded = FAILED.replace("failure", "success")
    assert series(events, "smtpsensor_auth_attempts_total", succeeded) == [
        (START, 0),
        (START + 15, 0),
        (START + 30, 0),
        (START + 45, 1),
    ]


def test_events_out_of_order_are_sorted_into_their_steps() -> None:
    """A session is told at its end, and clocks step back."""
    events = [auth(ts=NOON + second * SECOND) for second in (40, 1, 20)]
    assert [value for _, value in series(events, "smtpsensor_auth_attempts_total", FAILED)] == [0, 1, 2, 3]


def test_an_alert_is_active_from_opened_to_resolved() -> None:
    opened = alert(ts=NOON + SECOND)
    events = [
        opened,
        alert(id="another", ts=NOON + 16 * SECOND),
        alert(ts=NOON + 17 * SECOND, state=AlertState.UPDATED),
        alert(ts=NOON + 31 * SECOND, state=AlertState.RESOLVED),
    ]
    labels = 'rule="brute_force_source",severity="warning"'
    assert [value for _, value in series(events, "smtpsensor_alerts_active", labels)] == [0, 1, 2, 1]
    assert [value for _, value in series(events, "smtpsensor_alerts_opened_total", labels)] == [0, 1, 2, 2]


def test_an_alert_whose_opening_was_filtered_out_is_active_all_the_same() -> None:
    events = [alert(state=AlertState.UPDATED), alert(id="b", state=AlertState.RESOLVED)]
    got = samples(written(*events))
    labels = 'rule="brute_force_source",severity="warning"'
    assert [value for _, value in got["smtpsensor_alerts_active", labels]] == [0, 1]
    assert ("smtpsensor_alerts_opened_total", labels) not in got


def test_severities_are_apart() -> None:
    events = [alert(id=each.value, rule=rule(severity=each)) for each in Severity]
    labels = [labels for name, labels in samples(written(*events)) if name == "smtpsensor_alerts_active"]
    assert labels == [f'rule="brute_force_source",severity="{each.value}"' for each in Severity]


def test_families_stand_together_and_times_in_order() -> None:
    text = written(
        *(auth(outcome, ts=NOON + at * 7 * SECOND) for at, outcome in enumerate(Outcome)),
        *(session(ts_end=NOON + at * SECOND) for at in range(100)),
        alert(),
    )
    names = [line.split("{")[0] for line in text.splitlines() if not line.startswith("#")]
    order = list(dict.fromkeys(names))
    assert [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name] == order
    for points in samples(text).values():
        times = [ts for ts, _ in points]
        assert times == sorted(set(times))


@pytest.mark.parametrize(("days", "step"), [(1, 30), (7, 240), (30, 960)])
def test_a_long_capture_gets_longer_steps(days: int, step: int) -> None:
    """A day, a week, a month: never more than 3,000 steps."""
    events = [auth(ts=NOON), auth(ts=NOON + days * 86_400 * SECOND)]
    points = series(events, "smtpsensor_auth_attempts_total", FAILED)
    assert {later[0] - sooner[0] for sooner, later in pairwise(points)} == {step}
    assert len(points) <= 3_002
    assert points[-1][1] == 2


@given(
    st.lists(st.integers(-(2**70), 2**70) | st.integers(NOON, NOON + 10**12), min_size=1, max_size=30),
    st.integers(1, 60),
    st.integers(2, 20),
)
def test_any_times_end_at_the_number_of_events_within_the_cap(
    times: list[int], step: int, steps: int
) -> None:
    points = series(
        [auth(ts=ts) for ts in times], "smtpsensor_auth_attempts_total", FAILED, step=step, steps=steps
    )
    assert points[0][1] == 0
    assert points[-1][1] == len(times)
    assert [value for _, value in points] == sorted(value for _, value in points)
    assert 2 <= len(points) <= steps + 2


def test_every_step_says_what_came_before_it() -> None:
    """Whatever the order in which the steps had to be widened."""
    seconds = [5, 5_000, 77, 300, 4_999, 2_500]
    points = series(
        [auth(ts=NOON + second * SECOND) for second in seconds],
        "smtpsensor_auth_attempts_total",
        FAILED,
        steps=10,
    )
    for ts, value in points:
        assert value == sum(START + second < ts for second in seconds)


def test_a_flood_of_servers_and_mechanisms_makes_no_series_of_its_own() -> None:
    events = [
        auth(
            outcome,
            flow=flow(dst=f"198.18.{number >> 8}.{number & 255}", dst_port=number),
            mechanism=name,
            code=number,
        )
        for number in range(3_000)
        for outcome, name in ((Outcome.FAILURE, f"MECH{number}"), (Outcome.SUCCESS, "PLAIN"))
    ]
    got = samples(written(*events))
    attempts = [labels for name, labels in got if name == "smtpsensor_auth_attempts_total"]
    assert len(attempts) <= 256 + 7
    total = sum(points[-1][1] for (name, _), points in got.items() if name.endswith("attempts_total"))
    assert total == 6_000
    assert (
        "smtpsensor_auth_attempts_total",
        'server="other",port="other",mechanism="PLAIN",outcome="success"',
    ) in got


def test_too_many_label_sets_fold_and_keep_their_outcome() -> None:
    names = ("PLAIN", "LOGIN", "NTLM", "CRAM-MD5", "GSSAPI", "XOAUTH2", "EXTERNAL", "SKEY")
    events = [
        auth(outcome, flow=flow(dst_port=port), mechanism=name)
        for port in range(1, 60)
        for name in names
        for outcome in (Outcome.FAILURE, Outcome.SUCCESS)
    ]
    got = samples(written(*events))
    ends = {
        labels: points[-1][1] for (name, labels), points in got.items() if name.endswith("attempts_total")
    }
    assert len(ends) == 256 + 2
    for outcome in ("failure", "success"):
        assert sum(end for labels, end in ends.items() if outcome in labels) == 59 * 8


@pytest.mark.parametrize(
    ("name", "label"),
    [("LOGIN", "LOGIN"), ("XANNA", "other"), ("OTHER", "other"), (None, "unknown"), ("login", "other")],
)
def test_a_mechanism_is_a_known_one_or_other(name: str | None, label: str) -> None:
    assert mechanism(auth(mechanism=name)) == label


@pytest.mark.parametrize(
    ("code", "labels"),
    [
        (535, ("535", "credentials_invalid")),
        (534, ("534", "mechanism_too_weak")),
        (538, ("538", "encryption_required")),
        (432, ("432", "password_transition")),
        (554, ("554", "refused")),
        (599, ("other", "other")),
        (None, ("other", "other")),
    ],
)
def test_a_code_is_a_known_one_or_other(code: int | None, labels: tuple[str, str]) -> None:
    assert code_and_reason(auth(code=code)) == labels


def test_the_first_servers_keep_their_names() -> None:
    servers = Servers(cap=1)
    assert servers.of(flow()) == ("203.0.113.25", "587")
    assert servers.of(flow(dst_port=25)) == ("other", "other")
    assert servers.of(flow()) == ("203.0.113.25", "587")


@pytest.mark.parametrize("host", ['a"b', "a\\b", "a\nb", "caf\udce9"])
def test_a_host_of_any_name_stays_one_label(host: str) -> None:
    text = written(auth(), host=host)
    assert len(samples(text)) == 2 + len(Encryption)
