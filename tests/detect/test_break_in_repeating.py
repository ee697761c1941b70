"""The same wrong password again before a login: an old one, or a tool that tries each several times."""

from itertools import chain

import pytest
from detect.break_in_wire import MINUTE, OWNER, SECOND, Wire, only, passwords


def tool(**times: int) -> list[str]:
    """Each secret so many times, taken in turn, as connections side by side do."""
    rounds = [
        [secret] * (number < count)
        for number in range(max(times.values()))
        for secret, count in times.items()
    ]
    return list(chain.from_iterable(rounds))


def test_an_old_password_beside_two_typos_and_then_the_right_one_is_no_break_in() -> None:
    """The phone goes on with the old one while its owner tries to remember the new."""
    wire = Wire()
    wire.fail(OWNER, "anna", *["old"] * 200, wait=MINUTE)
    wire.fail(OWNER, "anna", "typo", "other")
    wire.login(OWNER, "anna")
    assert wire.alerts() == []


@pytest.mark.parametrize("times", [2, 3, 8, 17, 18, 30, 200])
@pytest.mark.parametrize("mechanisms", [("PLAIN",), ("CRAM-MD5", "PLAIN", "LOGIN")])
def test_however_often_the_phone_asked_before_its_owner_mistypes_twice(
    times: int, mechanisms: tuple[str, ...]
) -> None:
    """What comes back each few minutes is a device, by one mechanism or by all that smtplib tries."""
    wire = Wire()
    for _ in range(times):
        for at, mechanism in enumerate(mechanisms):
            secret = None if mechanism == "CRAM-MD5" else "old"
            wire.fail(OWNER, "anna", secret, mechanism=mechanism, wait=SECOND if at else 3 * MINUTE)
    wire.fail(OWNER, "anna", "typo", "other")
    wire.login(OWNER, "anna")
    assert wire.alerts() == []


def test_beside_a_phone_with_the_old_password_five_guesses_are_a_list() -> None:
    wire = Wire()
    wire.fail(OWNER, "anna", *["old"] * 20, wait=3 * MINUTE)
    wire.fail(OWNER, "anna", *passwords(4))
    wire.login(OWNER, "anna")
    assert only(wire).facts["failures"] == 24


def test_a_list_that_is_gone_through_slowly_twice_is_one_all_the_same() -> None:
    """Five passwords, an hour apart, and again: no secret leads, none is a device's."""
    wire = Wire()
    wire.fail(OWNER, "anna", *passwords(5), *passwords(5), wait=60 * MINUTE)
    wire.login(OWNER, "anna")
    assert only(wire).facts["failures"] == 10


def test_a_list_that_holds_the_right_one_is_a_break_in() -> None:
    wire = Wire()
    wire.fail(OWNER, "anna", *tool(a=14, b=11, c=9))
    wire.login(OWNER, "anna", "d")
    alert = only(wire)
    assert (alert.facts["failures"], alert.facts["others"], alert.facts["secrets"]) == (34, 0, 3)


def test_a_tool_that_repeats_its_passwords_on_many_accounts_gets_in() -> None:
    """hydra, each password in several connections: repetitions of a list are guesses, whoever they hit."""
    wire = Wire()
    for name in ("anna", "bert", "carl"):
        wire.fail(OWNER, name, *tool(a=3, b=3, c=3))
    wire.login(OWNER, "dora", "d")
    alert = only(wire)
    assert (alert.key["username"], alert.facts["others"], alert.count) == ("dora", 3, 28)
