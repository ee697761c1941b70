"""Per server: what it offers, what it answers, how long that takes."""

import itertools

import pytest
from report.wire import ATTACKER, OWNER, SUCCESS, Wire
from sinks.samples import SECOND

from smtpsensor.events import Encryption, Outcome
from smtpsensor.report.model import ServerRow, Times
from smtpsensor.report.tables import Samples
from smtpsensor.report.thresholds import Caps

MS = 1_000_000


def only(wire: Wire) -> ServerRow:
    (row,) = wire.report().servers.rows
    return row


def test_offers_codes_and_software() -> None:
    wire = Wire()
    for _ in range(3):
        wire.end(
            greeting="mx.example.net",
            software="ESMTP Postfix",
            auth_offered=("PLAIN", "LOGIN"),
            starttls_offered=True,
        )
    wire.end(auth_offered=("PLAIN",), software="ESMTP other")
    wire.end(encryption=Encryption.STARTTLS)
    wire.fail(ATTACKER, "anna", "x")
    wire.fail(ATTACKER, "anna", "y", code=534)
    wire.login(OWNER, "anna")
    row = only(wire)
    assert (row.names, row.software) == (("mx.example.net",), ("ESMTP Postfix", "ESMTP other"))
    assert row.offered == ("PLAIN", "LOGIN")
    assert (row.sessions, row.starttls, row.implicit_tls) == (5, 1, 0)
    assert (row.used, row.codes) == ({"PLAIN": 3}, {"535": 1, "534": 1, "235": 1})
    assert row.outcomes == {"failure": 2, "success": 1}
    (clear,) = wire.report().clear.rows
    assert (clear.offering, clear.starttls_offered, clear.attempts, clear.readable, clear.successes) == (
        4,
        3,
        3,
        3,
        1,
    )


@pytest.mark.parametrize(
    ("times", "slows"),
    [
        ([30, 30, 30], False),
        ([2000, 4000, 8000], True),  # Dovecot, growing
        ([30, 30, 5000], False),  # once is no tarpit
        ([899.9], False),
        ([990], True),  # a second, by a timer that ran already
        ([1000], True),
    ],
)
def test_half_of_the_failures_decide_whether_an_attacker_is_slowed(times: list[float], slows: bool) -> None:
    wire = Wire()
    for number, ms in enumerate(times):
        wire.fail(ATTACKER, "anna", f"guess{number}", response_ns=int(ms * MS))
    wire.login(OWNER, "anna", response_ns=9 * SECOND)
    assert only(wire).slows is slows


def test_without_timed_failures_nothing_is_said_about_slowing() -> None:
    wire = Wire()
    wire.login(OWNER, "anna", response_ns=9 * SECOND)
    wire.attempt(Outcome.REJECTED, ATTACKER, "anna", response_ns=9 * SECOND)
    row = only(wire)
    assert (row.slows, row.failure_times) == (None, None)
    assert row.success_times == Times(1, 9000.0, 9000.0, 9000.0)


def test_median_95th_percentile_and_longest() -> None:
    wire = Wire()
    for ms in range(1, 101):
        wire.attempt(SUCCESS, OWNER, "anna", response_ns=ms * MS)
    assert only(wire).success_times == Times(count=100, median=50.0, p95=95.0, max=100.0)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 100, 1000, 12_345])
def test_reply_times_beyond_the_cap_are_thinned_evenly(count: int) -> None:
    samples = Samples(8)
    for value in range(count):
        samples.add(value)
    kept = list(samples.values)
    assert samples.count == count
    assert samples.largest == count - 1
    assert len(kept) <= 8
    steps = {after - before for before, after in itertools.pairwise(kept)}
    assert len(steps) <= 1  # every nth, from the first on
    assert kept[0] == 0
    assert kept[-1] >= count - 1 - max(steps, default=1)


def test_reply_times_that_cannot_be_are_held_to_the_possible() -> None:
    samples = Samples(8)
    samples.add(-5)
    samples.add(2**80)
    assert list(samples.values) == [0, 2**62]


def test_words_of_a_server_that_never_repeats_itself_are_capped() -> None:
    wire = Wire(Caps(greetings=2, words=3, mechanisms=5))
    for number in range(50):
        wire.end(greeting=f"host{number}", software=f"soft{number}", auth_offered=(f"MECH{number}",))
        wire.fail(ATTACKER, "anna", "x", mechanism=f"MECH{number}", code=500 + number)
    row = only(wire)
    assert (len(row.names), len(row.software), len(row.offered), len(row.codes)) == (2, 2, 2, 3)
    assert row.used == {"OTHER": 47, "MECH0": 1, "MECH1": 1, "MECH2": 1}
    assert wire.report().mechanisms["OTHER"] == 45
