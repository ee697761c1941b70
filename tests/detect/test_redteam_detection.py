"""Who knows the rules: guessing in silence, and getting in untold, before all shipped rules."""

from collections.abc import Callable

import pytest
from detect.streams import HOUR, MINUTE, SECOND, attempt

from smtpsensor.detect.alert import Alert, Severity
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_rules
from smtpsensor.events import Outcome

ATTACKER = "198.51.100.7"
VICTIM = "victim@example.org"
SUCCESS = Outcome.SUCCESS
RULES = load_rules([], None)


class Play:
    """One attack; each attempt is a second after the one before unless told."""

    def __init__(self) -> None:
        self._engine = Engine(RULES)
        self._said: list[Alert] = []
        self._failed: set[tuple[str, str, int]] = set()
        self._now = 0

    def attempt(
        self,
        source: str,
        name: str,
        secret: int | None,
        outcome: Outcome = Outcome.FAILURE,
        wait: int = SECOND,
        mechanism: str = "PLAIN",
    ) -> None:
        """Try once. `secret` None: a mechanism that hides it."""
        self._now += wait
        key = (source, name, secret or 0)
        event = attempt(self._now, source, name, outcome, secret)
        event.repeated = None if secret is None else key in self._failed
        event.mechanism = mechanism
        if outcome is Outcome.FAILURE:
            self._failed.add(key)
        self._said += self._engine.take(event)

    def loud(self) -> set[str]:
        """Return the rules that said something above info."""
        said = self._said + self._engine.finish()
        return {alert.rule.name for alert in said if alert.severity is not Severity.INFO}


def ten_accounts_of_ones_own(play: Play) -> None:
    """They log in every four minutes, between thousands of passwords on somebody else's account."""
    for turn in range(60):
        for number in range(10):
            play.attempt(ATTACKER, f"own{number}", 1000 + number, SUCCESS, wait=1)
        for number in range(20):
            play.attempt(ATTACKER, VICTIM, 5000 + turn * 20 + number, wait=12 * SECOND)


def ten_accounts_of_ones_own_and_many_names(play: Play) -> None:
    """They log in every hour, between one name every five minutes."""
    for turn in range(24):
        for number in range(10):
            play.attempt(ATTACKER, f"own{number}", 1000 + number, SUCCESS, wait=1)
        for number in range(12):
            play.attempt(ATTACKER, f"user{turn * 12 + number}", 77, wait=5 * MINUTE)


def anonymous_with_the_names_of_others(play: Play) -> None:
    """The trace of ANONYMOUS is anything (RFC 4505): the victim's name, then four passwords."""
    for turn in range(100):
        for number in range(4):
            play.attempt(ATTACKER, VICTIM, turn * 4 + number)
        play.attempt(ATTACKER, VICTIM, None, SUCCESS, mechanism="ANONYMOUS")


def anonymous_as_many(play: Play) -> None:
    """Traces as if many people logged in from there."""
    for turn in range(60):
        for number in range(30):
            play.attempt(ATTACKER, f"trace{number}", None, SUCCESS, wait=1, mechanism="ANONYMOUS")
        for number in range(30):
            play.attempt(ATTACKER, VICTIM, turn * 30 + number)


def one_machine_changes_its_address_in_a_64(play: Play) -> None:
    """Privacy extensions (RFC 8981): each address tries one name once, four an hour for days."""
    for number in range(400):
        play.attempt(f"2001:db8:7:7::{number:x}", f"user{number}", number, wait=16 * MINUTE)


def one_guess_and_one_wrong_password_that_stays(play: Play) -> None:
    """A fixed wrong password by PLAIN, then a guess by CRAM-MD5: as a scanner with an old password does."""
    for _ in range(2000):
        play.attempt(ATTACKER, VICTIM, 5)
        play.attempt(ATTACKER, VICTIM, None, mechanism="CRAM-MD5")


def another_64_for_each_try(play: Play) -> None:
    """A provider gives a /48, so there are 65,536 of them."""
    for number in range(2000):
        play.attempt(f"2001:db8:7:{number:x}::1", f"user{number % 300}", number, wait=20 * SECOND)


def one_own_account_on_every_bot(play: Play) -> None:
    """Each bot logs in with the attacker's account before it works through the list: it is at home, then."""
    for bot in range(40):
        play.attempt(f"198.51.{bot}.7", "own", 1, SUCCESS, wait=80 * MINUTE)
        for number in range(6):
            play.attempt(f"198.51.{bot}.7", f"user{number}", number, wait=MINUTE)


def _not_yet(play: Callable[[Play], None], reason: str) -> object:
    return pytest.param(play, id=play.__name__, marks=pytest.mark.xfail(strict=True, reason=reason))


@pytest.mark.parametrize(
    "attack",
    [
        ten_accounts_of_ones_own,
        ten_accounts_of_ones_own_and_many_names,
        anonymous_with_the_names_of_others,
        anonymous_as_many,
        one_machine_changes_its_address_in_a_64,
        _not_yet(
            one_guess_and_one_wrong_password_that_stays,
            "that CRAM-MD5 carries another password than PLAIN before it cannot be seen",
        ),
        _not_yet(another_64_for_each_try, "networks are counted up to /64, and nothing was learnt of peace"),
        _not_yet(one_own_account_on_every_bot, "a source that logged in first is somebody's own"),
    ],
)
def test_guessing_is_told_above_info(attack: Callable[[Play], None]) -> None:
    play = Play()
    attack(play)
    assert play.loud()


def nine_repetitions_for_each_guess(play: Play) -> None:
    """One password makes up nine tenths, as of a device with an old one."""
    for number in range(60):
        for _ in range(10):
            play.attempt(ATTACKER, VICTIM, 1)
        play.attempt(ATTACKER, VICTIM, 10 + number)
    play.attempt(ATTACKER, VICTIM, 9999, SUCCESS)


def one_own_login_for_every_three_names(play: Play) -> None:
    """An account of one's own, over and over, so that the source gets in often enough."""
    for number in range(60):
        if number % 3 == 0:
            play.attempt(ATTACKER, "own", 1000, SUCCESS)
        play.attempt(ATTACKER, f"user{number}", 7)
    play.attempt(ATTACKER, VICTIM, 7, SUCCESS)


def anonymous_for_every_three_names(play: Play) -> None:
    """The same without any account."""
    for number in range(60):
        if number % 3 == 0:
            play.attempt(ATTACKER, f"trace{number}", None, SUCCESS, mechanism="ANONYMOUS")
        play.attempt(ATTACKER, f"user{number}", 7)
    play.attempt(ATTACKER, VICTIM, 7, SUCCESS)


def anonymous_as_the_victim_before_the_last_guess(play: Play) -> None:
    """A login on the same name would begin its failures anew."""
    for number in range(6):
        play.attempt(ATTACKER, VICTIM, number)
    play.attempt(ATTACKER, VICTIM, None, SUCCESS, mechanism="ANONYMOUS")
    play.attempt(ATTACKER, VICTIM, 99, SUCCESS)


def the_last_of_many_sources(play: Play) -> None:
    """Sixty sources guess on one account, the sixty-first has its password."""
    for number in range(60):
        play.attempt(f"198.51.{number}.7", VICTIM, number, wait=20 * SECOND)
    play.attempt("203.0.113.99", VICTIM, 9999, SUCCESS)


def stolen_passwords_each_tried_twice(play: Play) -> None:
    """A minute or more between the two: every account looks like a device with an old password."""
    for _ in range(2):
        for number in range(60):
            play.attempt(ATTACKER, f"user{number}", 100 + number, wait=2 * SECOND)
    play.attempt(ATTACKER, VICTIM, 9, SUCCESS)
    play.attempt("203.0.113.1", "somebody", 9, SUCCESS, wait=HOUR)


@pytest.mark.parametrize(
    "attack",
    [
        nine_repetitions_for_each_guess,
        one_own_login_for_every_three_names,
        anonymous_for_every_three_names,
        anonymous_as_the_victim_before_the_last_guess,
        _not_yet(the_last_of_many_sources, "the owner, who logs in from elsewhere meanwhile, looks the same"),
        _not_yet(
            stolen_passwords_each_tried_twice, "phones behind one address, with a password each, as well"
        ),
    ],
)
def test_who_gets_in_is_told(attack: Callable[[Play], None]) -> None:
    play = Play()
    attack(play)
    assert "success_after_failures" in play.loud()


def test_who_lives_where_a_machine_is_infected_is_no_break_in() -> None:
    """Two people check their mail all day; beside them, something tries a name every ten seconds."""
    play = Play()
    for turn in range(60):
        for number in range(2):
            play.attempt(ATTACKER, f"person{number}", number, SUCCESS, wait=MINUTE)
        for number in range(turn and 12):
            play.attempt(ATTACKER, f"user{turn * 12 + number}", 7, wait=10 * SECOND)
    assert play.loud() <= {"password_spray", "brute_force_source"}
