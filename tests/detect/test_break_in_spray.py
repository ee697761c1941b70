"""Who got in after failing on others: a source that guesses on many accounts and then logs in on one."""

import itertools
from collections.abc import Callable

import pytest
from detect.break_in_wire import ATTACKER, HOUR, MINUTE, OWNER, Wire, only, passwords
from sinks.samples import NOON, SECOND

from smtpsensor.detect.alert import AlertState, Evidence
from smtpsensor.events import Outcome


def spray(
    wire: Wire, count: int, secret: str | None = "Summer2026", start: int = 0, **changes: object
) -> None:
    """One password on many names."""
    for number in range(start, start + count):
        wire.fail(ATTACKER, f"user{number}@example.net", secret, **changes)


def test_a_spray_that_finds_a_password_and_sends_a_mail_in_a_later_session() -> None:
    wire = Wire()
    spray(wire, 16)
    wire.login(ATTACKER, "clara@example.net", "Summer2026")
    wire.end()
    wire.fail(ATTACKER, "noreply@example.net", "Summer2026")
    wire.end()
    wire.login(ATTACKER, "clara@example.net", "Summer2026")
    wire.end(mails=1, recipients=3, mail_bytes=33)
    alert = only(wire)
    facts = alert.facts
    assert alert.key == {"source": ATTACKER, "username": "clara@example.net"}
    assert alert.count == 18
    assert [facts[name] for name in ("failures", "others", "secrets")] == [0, 16, 1]
    assert alert.first_seen == Evidence(NOON + SECOND, "attack.pcap", 12)
    assert alert.decisive == Evidence(NOON + 17 * SECOND, "attack.pcap", 204)
    assert (facts["verdict_file"], facts["verdict_packet"]) == ("attack.pcap", 206)
    assert [facts[name] for name in ("logins", "sessions", "mails", "recipients", "mail_bytes")] == [
        2,
        2,
        1,
        3,
        33,
    ]
    assert facts["after"] == "failing on 16 other accounts with 1 password"
    assert alert.members["sources"] == (ATTACKER,)


def test_the_password_that_failed_on_five_others_waits_for_nothing() -> None:
    wire = Wire()
    spray(wire, 5)
    wire.login(ATTACKER, "clara", "Summer2026")
    assert [alert.state for alert in wire.said] == [AlertState.OPENED]


def test_other_passwords_wait_ten_minutes_for_who_else_comes_in() -> None:
    """The alert is late, its time is that of the login; a mail sent meanwhile stands in it."""
    wire = Wire()
    for number in range(20):
        wire.fail(ATTACKER, f"user{number}", f"own{number}")
    wire.login(ATTACKER, "clara", "hers")
    at = wire.now
    wire.end(mails=1, recipients=9)
    wire.login(ATTACKER, "clara", "hers", wait=9 * MINUTE)
    wire.login("203.0.113.9", "bert", wait=59 * SECOND)
    assert wire.said == []
    wire.login("203.0.113.9", "bert", wait=SECOND)
    (alert,) = wire.said
    assert (alert.state, alert.ts, alert.count) == (AlertState.OPENED, at, 22)
    assert (alert.facts["logins"], alert.facts["mails"]) == (2, 1)


@pytest.mark.parametrize(
    ("accounts", "each", "found"),
    [
        (1, 20, False),  # many passwords on one account, then another account: somebody mistook his name
        (2, 10, False),
        (3, 1, False),  # three guesses
        (4, 1, False),
        (3, 2, True),
        (5, 1, True),
        (40, 1, True),
    ],
)
def test_how_many_guesses_on_how_many_accounts(accounts: int, each: int, found: bool) -> None:
    wire = Wire()
    for number in range(accounts):
        wire.fail(ATTACKER, f"user{number}", *passwords(each, number * each))
    wire.login(ATTACKER, "clara")
    assert wire.names() == ["clara"] * found


@pytest.mark.parametrize(("logins", "found"), [(0, True), (3, True), (4, False), (20, False)])
def test_guesses_must_be_three_times_the_logins(logins: int, found: bool) -> None:
    """Four came in before, the suspect is the fifth: 15 guesses are enough, 14 are not."""
    wire = Wire()
    for number in range(logins):
        wire.login(ATTACKER, f"colleague{number}")
    spray(wire, 14)
    wire.login(ATTACKER, "clara")
    assert wire.names() == ["clara"] * found


def test_failures_on_the_account_itself_are_told_beside_those_on_others() -> None:
    """Round after round over the same names, one password each: the third fits clara."""
    wire = Wire()
    for secret in passwords(2):
        wire.fail(ATTACKER, "clara", secret)
        spray(wire, 10, secret)
    wire.login(ATTACKER, "clara", "guess2")
    alert = only(wire)
    assert [alert.facts[name] for name in ("failures", "others", "secrets")] == [2, 10, 2]
    assert alert.count == 2 + 20 + 1
    after = "2 failures on this account and failing on 10 other accounts with 2 passwords"
    assert alert.facts["after"] == after


def test_enough_failures_on_the_account_itself_decide_alone() -> None:
    wire = Wire()
    spray(wire, 10)
    wire.fail(ATTACKER, "anna", *passwords(5))
    wire.login(ATTACKER, "anna")
    alert = only(wire)
    assert [alert.facts[name] for name in ("failures", "others", "secrets")] == [5, 0, 5]
    assert alert.first == NOON + 11 * SECOND


def test_every_hit_of_a_list_of_stolen_passwords_is_one() -> None:
    """Each name with a password of its own, one in twenty fits; the first five tries are too few to tell."""
    wire = Wire()
    for number in range(200):
        if number % 20 == 13:
            wire.login(ATTACKER, f"user{number}", f"own{number}")
        else:
            wire.fail(ATTACKER, f"user{number}", f"own{number}")
    assert sorted(map(str, wire.names())) == sorted(f"user{number}" for number in range(13, 200, 20))


@pytest.mark.parametrize("mechanisms", [("PLAIN", "LOGIN"), ("CRAM-MD5",), ("CRAM-MD5", "PLAIN", "LOGIN")])
def test_by_any_mechanism(mechanisms: tuple[str, ...]) -> None:
    """A spray through Python's smtplib tries each password three times."""
    wire = Wire()
    for number, mechanism in itertools.product(range(5), mechanisms):
        secret = None if mechanism == "CRAM-MD5" else "Summer2026"
        wire.fail(ATTACKER, f"user{number}", secret, mechanism=mechanism)
    wire.login(ATTACKER, "clara", None)
    facts = only(wire).facts
    assert (facts["others"], facts["secrets"]) == (5, 0 if mechanisms == ("CRAM-MD5",) else 1)


@pytest.mark.parametrize(("wait", "found"), [(23 * HOUR, True), (25 * HOUR, False)])
def test_guesses_of_the_day_before_are_those_of_somebody_else(wait: int, found: bool) -> None:
    """A pool gave the address to another customer."""
    wire = Wire()
    spray(wire, 16)
    wire.login(ATTACKER, "clara", wait=wait)
    assert wire.names() == ["clara"] * found


@pytest.mark.parametrize(("count", "found"), [(19, False), (20, True)])
def test_low_and_slow(count: int, found: bool) -> None:
    """One name every half hour: guessing from the twentieth on."""
    wire = Wire()
    spray(wire, count, wait=30 * MINUTE)
    wire.login(ATTACKER, "clara", wait=30 * MINUTE)
    assert wire.names() == ["clara"] * found


def office_at_nine(wire: Wire) -> None:
    """Fifty users behind one address: all come in, most mistype before."""
    for number in range(50):
        wire.fail(OWNER, f"user{number}", *passwords(number % 3, number * 3))
        wire.login(OWNER, f"user{number}")


def office_all_at_once(wire: Wire) -> None:
    """Twenty mistype before the first of them comes in; all do within minutes, but three who forgot."""
    for number in range(20):
        wire.fail(OWNER, f"user{number}", f"typo{number}")
    for number in range(3):
        wire.fail(OWNER, f"forgetful{number}", *passwords(2, number * 2))
    for number in range(20):
        wire.login(OWNER, f"user{number}", wait=10 * SECOND)


def office_and_what_came_later(wire: Wire) -> None:
    """The same, and the day goes on."""
    office_all_at_once(wire)
    for number in range(100):
        wire.login(OWNER, f"user{number % 20}", wait=5 * MINUTE)


def devices_with_old_passwords(wire: Wire) -> None:
    """Six of them behind one address, each with its own; then somebody logs in."""
    for _, number in itertools.product(range(5), range(6)):
        wire.fail(OWNER, f"user{number}", f"old{number}", wait=20 * SECOND)
    wire.login(OWNER, "anna")


def devices_that_hide_their_old_passwords(wire: Wire) -> None:
    """Four of them by CRAM-MD5: nothing can be seen, and this may be one secret each."""
    for _, number in itertools.product(range(9), range(4)):
        wire.fail(OWNER, f"user{number}", None)
    wire.login(OWNER, "anna")


def probe(wire: Wire) -> None:
    """A monitoring system: each minute a login, a wrong password, and one for a name that does not exist."""
    for number in range(100):
        wire.login(OWNER, "probe", wait=MINUTE)
        wire.fail(OWNER, "probe", f"wrong{number}")
        wire.fail(OWNER, "nobody", f"wrong{number}")


def smtplib_typos(wire: Wire) -> None:
    """Python's smtplib makes three failures of a typo: five colleagues, one typo each, all come in."""
    for number in range(5):
        wire.smtplib(OWNER, f"user{number}", f"typo{number}")
    for number in range(5):
        wire.login(OWNER, f"user{number}")


def name_forgotten(wire: Wire) -> None:
    """Which of these was my name?"""
    for name in ("anna", "anna@example.com", "a.example", "aexample"):
        wire.smtplib(OWNER, name, "right")
    wire.login(OWNER, "anna@example.net")


def owner_elsewhere(wire: Wire) -> None:
    """Fifty sources guess on anna and on others; she logs in from where she always does."""
    for host, name in itertools.product(range(50), ("anna", "bert", "carl", "dora")):
        wire.fail(f"198.51.100.{host}", name, *passwords(3, host * 3))
        if name == "dora":
            wire.login(OWNER, "anna")


def infected_at_home(wire: Wire) -> None:
    """Anna mails from home; a program on her machine sprays; her mail program goes on."""
    wire.login(ATTACKER, "anna")
    spray(wire, 30, wait=2 * MINUTE)
    wire.login(ATTACKER, "anna")


def neighbour(wire: Wire) -> None:
    """Another customer of the same provider."""
    spray(wire, 30)
    wire.login("198.51.100.99", "anna")


def anonymous(wire: Wire) -> None:
    """ANONYMOUS lets everybody in (RFC 4505)."""
    spray(wire, 30)
    wire.login(ATTACKER, "visitor", None, mechanism="ANONYMOUS")


@pytest.mark.parametrize(
    "day",
    [
        office_at_nine,
        office_all_at_once,
        office_and_what_came_later,
        devices_with_old_passwords,
        devices_that_hide_their_old_passwords,
        probe,
        smtplib_typos,
        name_forgotten,
        owner_elsewhere,
        infected_at_home,
        neighbour,
        anonymous,
    ],
)
def test_what_looks_alike_is_no_break_in(day: Callable[[Wire], None]) -> None:
    wire = Wire()
    day(wire)
    assert wire.names() == []


def test_who_came_in_right_after_was_no_target() -> None:
    """Six mistype, one comes in: a spray. If the others do as well within ten minutes, a morning."""
    for others_come in (False, True):
        wire = Wire()
        for number in range(6):
            wire.fail(OWNER, f"user{number}", f"typo{number}")
        wire.login(OWNER, "anna")
        assert wire.said == []
        for number in range(6 * others_come):
            wire.login(OWNER, f"user{number}", wait=MINUTE)
        assert wire.names() == ["anna"] * (not others_come)


def test_what_was_judged_twice_stays_so() -> None:
    """Hours later the address is an office's."""
    wire = Wire()
    spray(wire, 16)
    wire.login(ATTACKER, "clara")
    wire.login(ATTACKER, "bert", wait=11 * MINUTE)
    for number in range(100):
        wire.login(ATTACKER, f"colleague{number}", wait=MINUTE)
    assert wire.names() == ["clara"]


def test_a_suspicion_that_fell_is_forgotten_and_the_account_is_judged_anew() -> None:
    wire = Wire()
    wire.fail(OWNER, "anna", "typo")
    for number in range(6):
        wire.fail(OWNER, f"user{number}", f"typo{number}")
    wire.login(OWNER, "anna")
    for number in range(6):
        wire.login(OWNER, f"user{number}")
    wire.login(OWNER, "bert", wait=11 * MINUTE)
    assert wire.alerts() == []
    wire.fail(OWNER, "anna", *passwords(5))
    wire.login(OWNER, "anna")
    alert = only(wire)
    assert (alert.key["username"], alert.facts["others"], alert.count) == ("anna", 0, 6)


def test_failures_on_the_account_itself_end_the_wait() -> None:
    wire = Wire()
    for number in range(6):
        wire.fail(ATTACKER, f"user{number}", f"own{number}")
    wire.login(ATTACKER, "clara", "hers")
    assert wire.said == []
    wire.fail(ATTACKER, "clara", *passwords(5))
    wire.login(ATTACKER, "clara", "hers")
    assert [alert.state for alert in wire.said] == [AlertState.OPENED, AlertState.UPDATED][: len(wire.said)]
    assert only(wire).count == 8


def test_a_spray_of_more_names_than_are_remembered_says_so() -> None:
    wire = Wire()
    spray(wire, 500)
    wire.login(ATTACKER, "clara")
    alert = only(wire)
    assert (alert.facts["others"], alert.facts["others_at_least"]) == (32, True)
    assert alert.first_seen == Evidence(NOON + SECOND, "attack.pcap", 12)
    assert alert.facts["after"] == "failing on 32+ other accounts with 1 password"


@pytest.mark.parametrize("outcome", [Outcome.TEMPORARY, Outcome.CANCELLED, Outcome.ABORTED, Outcome.UNKNOWN])
def test_what_says_nothing_about_the_password_suspects_nobody(outcome: Outcome) -> None:
    wire = Wire()
    for number in range(50):
        wire.attempt(outcome, ATTACKER, f"user{number}", "Summer2026")
    wire.login(ATTACKER, "clara")
    assert wire.names() == []
