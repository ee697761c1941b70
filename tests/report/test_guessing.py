"""Who is guessing and what is attacked; what an ordinary day does is neither."""

import pytest
from report.wire import ATTACKER, FAILURE, OWNER, Wire, passwords
from sinks.samples import NOON, SECOND

from smtpsensor.events import Outcome
from smtpsensor.report.model import Count, Name, TargetRow
from smtpsensor.report.thresholds import Caps

MINUTE = 60 * SECOND


def guessers(wire: Wire) -> list[str]:
    return [row.source for row in wire.report().guessing.rows]


def test_the_row_counts_attempts_accounts_rate_and_verdicts() -> None:
    wire = Wire()
    for number in range(60):
        wire.fail(ATTACKER, f"user{number % 7}", f"guess{number}", wait=2 * SECOND)
    wire.attempt(Outcome.TEMPORARY, ATTACKER, "USER0", "guess")
    (row,) = wire.report().guessing.rows
    assert (row.source, row.attempts, row.guesses, row.accounts) == (ATTACKER, 61, 60, Count(7))
    assert row.per_minute == round(61 / (119 / 60), 2)
    assert (row.first, row.last) == (NOON + 2 * SECOND, NOON + 121 * SECOND)
    assert row.outcomes == {"failure": 60, "temporary": 1}


@pytest.mark.parametrize("outcome", [Outcome.TEMPORARY, Outcome.CANCELLED, Outcome.ABORTED, Outcome.UNKNOWN])
def test_what_says_nothing_about_the_password_is_no_guess(outcome: Outcome) -> None:
    """A server restart: 454s and reconnects by the hundred."""
    wire = Wire()
    for number in range(200):
        wire.attempt(outcome, OWNER, "anna", f"guess{number}")
    report = wire.report()
    assert not report.guessing.total
    assert not report.attacked.total
    assert report.outcomes == {outcome.value: 200}


@pytest.mark.parametrize(
    ("count", "wait", "found"),
    [
        (4, SECOND, False),
        (5, SECOND, True),
        (5, 150 * SECOND, True),  # the fifth exactly ten minutes after the first
        (5, 151 * SECOND, False),
        (19, 5 * MINUTE, False),
        (20, 5 * MINUTE, True),  # low and slow
        (20, 24 * 60 * MINUTE, True),
    ],
)
def test_how_many_guesses_within_which_time(count: int, wait: int, found: bool) -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(count), wait=wait)
    assert guessers(wire) == [ATTACKER] * found


def test_one_typo_through_smtplib_is_no_attack() -> None:
    wire = Wire()
    wire.smtplib(OWNER, "anna", "typo")
    wire.login(OWNER, "anna")
    report = wire.report()
    assert not report.guessing.total
    assert not report.attacked.total
    assert not report.severities.get("critical")


def test_five_workers_that_start_with_a_stale_password_through_smtplib_are_no_attack() -> None:
    """Their CRAM-MD5 failures come first, within a second, and nothing of them can be seen."""
    wire = Wire()
    for secret in (None, "old", "old"):
        wire.fail(OWNER, "mailer", *[secret] * 5)
    assert guessers(wire) == []


def test_a_stale_password_is_told_apart_from_guessing() -> None:
    wire = Wire()
    wire.fail(OWNER, "anna", *["old"] * 240, wait=3 * MINUTE)
    report = wire.report()
    assert not report.guessing.total
    assert not report.attacked.total
    (row,) = report.stale.rows
    assert (row.source, row.account, row.repeated) == (OWNER, Name(1, "anna"), 239)


def test_an_attacker_who_repeats_himself_is_not_called_forgetful() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(20), *passwords(20))
    report = wire.report()
    assert report.guessing.total == 1
    assert report.stale.total == 0


def test_auth_where_it_is_not_offered_is_guessing_although_nobody_judged_a_password() -> None:
    """nmap's smtp-brute speaks AUTH straight after the greeting; Exim answers 503."""
    wire = Wire()
    for number in range(100):
        wire.attempt(Outcome.REJECTED, ATTACKER, f"user{number}", offered=False, code=503, enhanced=None)
    (row,) = wire.report().guessing.rows
    assert row.outcomes == {"rejected": 100}


def test_a_mechanism_that_was_offered_and_is_then_refused_is_no_guess() -> None:
    wire = Wire()
    for _ in range(100):
        wire.attempt(Outcome.REJECTED, OWNER, "anna", offered=True, code=504, enhanced="5.5.4")
    assert guessers(wire) == []


def test_a_phone_that_offers_one_password_to_a_server_without_auth_for_ever_is_no_guess() -> None:
    wire = Wire()
    wire.attempt(Outcome.REJECTED, OWNER, "anna", "right", offered=False, code=530)
    for _ in range(100):
        wire.attempt(Outcome.REJECTED, OWNER, "anna", "right", offered=False, code=530, repeated=True)
    assert guessers(wire) == []


def test_an_office_behind_one_address_that_mistypes_and_gets_in_is_no_attack() -> None:
    wire = Wire()
    for user in range(50):
        wire.fail(OWNER, f"user{user}", f"typo{user}")
        wire.login(OWNER, f"user{user}")
        wire.login(OWNER, f"user{user}")
    assert guessers(wire) == []


def test_an_attacker_inside_that_office_is_one() -> None:
    wire = Wire()
    for user in range(50):
        wire.login(OWNER, f"user{user}")
    wire.fail(OWNER, "root", *passwords(30))
    assert guessers(wire) == [OWNER]


def test_a_clock_that_jumps_does_not_make_a_burst() -> None:
    """Times a day apart, to and fro."""
    wire = Wire()
    for number in range(8):
        wire.fail(OWNER, "anna", f"guess{number}", ts=NOON + (number % 2) * 24 * 60 * MINUTE * (number + 1))
    assert guessers(wire) == []


def test_accounts_are_counted_without_regard_to_case_and_named_as_first_written() -> None:
    wire = Wire()
    for name in ("Anna", "ANNA", "anna", "aNNA", "Anna"):
        wire.fail(ATTACKER, name, f"guess-{name}", f"other-{name}")
    report = wire.report()
    assert report.accounts == Count(1)
    assert report.guessing.rows[0].accounts == Count(1)
    assert [row.account.name for row in report.attacked.rows] == ["Anna"]


def test_an_account_attacked_from_many_places() -> None:
    wire = Wire()
    for host in range(30):
        wire.fail(f"198.18.{host}.7", "anna", "123456")
    wire.login(OWNER, "anna")
    report = wire.report()
    assert not report.guessing.total
    assert report.attacked.rows == (
        TargetRow(
            account=Name(1, "anna"),
            failures=30,
            sources=Count(30),
            secrets=Count(1),
            successes=1,
            first=NOON + SECOND,
            last=NOON + 30 * SECOND,
        ),
    )


@pytest.mark.parametrize(
    ("sources", "secrets", "found"),
    [(1, 4, False), (1, 5, True), (9, 1, False), (10, 1, True), (3, 2, False)],
)
def test_how_many_secrets_or_sources_make_an_attack_on_an_account(
    sources: int, secrets: int, found: bool
) -> None:
    wire = Wire()
    for host in range(sources):
        wire.fail(f"198.18.{host}.7", "anna", *passwords(secrets))
    assert bool(wire.report().attacked.total) is found


def test_an_account_whose_secrets_cannot_be_seen_says_so() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *[None] * 9)
    assert wire.report().attacked.rows[0].secrets is None


def test_attempts_without_a_name_count_for_the_source_and_for_no_account() -> None:
    wire = Wire()
    wire.fail(ATTACKER, None, *[None] * 9)
    report = wire.report()
    assert report.guessing.rows[0].accounts == Count(0)
    assert report.accounts == Count(0)


def test_distinct_counts_are_at_least_beyond_the_cap() -> None:
    wire = Wire(Caps(links=10))
    for number in range(50):
        wire.fail(ATTACKER, f"user{number}", "123456")
    report = wire.report()
    assert report.guessing.rows[0].accounts == Count(10, exact=False)
    assert report.lost.forgotten == {"links": 40}


def test_lists_are_cut_to_size_and_say_how_many_there_are() -> None:
    wire = Wire(Caps(rows=3))
    for host in range(7):
        wire.fail(f"198.18.{host}.7", "anna", *passwords(5 + host, host * 100))
    found = wire.report().guessing
    assert (found.total, [row.guesses for row in found.rows]) == (7, [11, 10, 9])


def test_the_report_can_be_asked_for_again_while_events_go_on() -> None:
    wire = Wire()
    wire.fail(ATTACKER, "anna", *passwords(5))
    assert wire.report() == wire.report()
    wire.fail(ATTACKER, "anna", *passwords(5, 5))
    assert wire.report().guessing.rows[0].attempts == 10


def test_failures_are_counted_whole_whatever_their_reason() -> None:
    wire = Wire()
    wire.attempt(FAILURE, OWNER, None, None, malformed=True, code=535)
    wire.attempt(FAILURE, OWNER, "anna", None, code=534)
    assert wire.report().outcomes == {"failure": 2}
