"""The words of an alert: its templates filled in, one thing in the singular."""

import pytest

from smtpsensor.detect.alert import filled

COUNTED = {"count", "usernames", "secrets"}


@pytest.mark.parametrize(
    ("template", "one", "many"),
    [
        ("{n} attempts", "1 attempt", "2 attempts"),
        ("{n} attempts on many accounts", "1 attempt on many accounts", "2 attempts on many accounts"),
        ("{n} guesses", "1 guess", "2 guesses"),
        ("from {n} addresses.", "from 1 address.", "from 2 addresses."),
        ("{n} tries", "1 try", "2 tries"),
        ("{n} times in a day", "1 time in a day", "2 times in a day"),
        ("{n} different passwords", "1 password", "2 different passwords"),
        ("{n} other accounts", "1 other account", "2 other accounts"),
        ("{n} in networks", "1 in networks", "2 in networks"),
        ("{n} was enough", "1 was enough", "2 was enough"),
        ("{n}: attempts", "1: attempts", "2: attempts"),
        ("{n}", "1", "2"),
    ],
)
def test_the_noun_behind_a_number_agrees_with_it(template: str, one: str, many: str) -> None:
    assert filled(template, {"n": "1"}, {"n"}) == one
    assert filled(template, {"n": "2"}, {"n"}) == many
    assert filled(template, {"n": "1+"}, {"n"}) == many.replace("2", "1+")


def test_each_number_has_its_own_noun() -> None:
    words = {"count": "12", "usernames": "1", "secrets": "1"}
    template = "{count} attempts on {usernames} accounts with {secrets} different passwords"
    assert filled(template, words, COUNTED) == "12 attempts on 1 account with 1 password"


def test_a_name_is_no_number_even_where_it_looks_like_one() -> None:
    assert filled("{username} guesses on", {"username": "1"}, COUNTED) == "1 guesses on"


def test_what_a_name_holds_is_no_template_and_is_not_changed() -> None:
    words = {"usernames": "1", "username": " accounts {secrets}"}
    assert filled("{usernames}{username} {{x}}", words, COUNTED) == "1 accounts {secrets} {x}"
