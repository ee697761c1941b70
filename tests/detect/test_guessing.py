"""What is a guess and what a mistake: transcripts of one source on one name, a letter per password."""

import pytest
from detect.streams import SECOND, attempt

from smtpsensor.detect.caps import Caps
from smtpsensor.detect.facts import Facts
from smtpsensor.detect.guessing import Guessing
from smtpsensor.events import Outcome


def marks(passwords: str, guessing: Guessing | None = None) -> str:
    """`?` hidden password, `=` login, `~` the server's trouble, else a failure. `g` where it is a guess."""
    guessing = guessing or Guessing(Caps())
    failed: set[str] = set()
    found = ""
    for at, letter in enumerate(passwords):
        outcome = {"=": Outcome.SUCCESS, "~": Outcome.TEMPORARY}.get(letter, Outcome.FAILURE)
        hidden = letter in "?=~"
        event = attempt(
            at * SECOND,
            outcome=outcome,
            secret=None if hidden else ord(letter),
            repeated=None if hidden else letter in failed,
        )
        if outcome is Outcome.FAILURE and not hidden:
            failed.add(letter)
        facts = Facts(event, at * SECOND, "198.51.100.0/24", "anna")
        guessing.judge(facts)
        found += "g" if facts.guess else "."
    return found


@pytest.mark.parametrize(
    ("passwords", "guesses"),
    [
        pytest.param("abcdef", "gggggg", id="a list of passwords"),
        pytest.param("aaaaaa", "g.....", id="a phone with an old password"),
        pytest.param("ababab", "gg....", id="two old devices taking turns"),
        pytest.param("aaabbb=", "g..g...", id="two typos that a client tried three ways each, then in"),
        pytest.param("?aa?bb", "g...g.", id="CRAM-MD5, PLAIN, LOGIN with each of two passwords"),
        pytest.param("?aa?aa?aa", "g........", id="the same for a phone with an old password"),
        pytest.param("?a?b?c?d", "g.g.g.g.", id="a list by CRAM-MD5 and PLAIN: one guess a password"),
        pytest.param("=abc", "....", id="three typos where it had logged in"),
        pytest.param("=abc=def", "........", id="three more after the next login"),
        pytest.param("=abcdefg", ".....ggg", id="no longer typos"),
        pytest.param("=??????", ".....gg", id="the same when they cannot be seen"),
        pytest.param("??????", "gggggg", id="passwords that cannot be seen"),
        pytest.param("abcdeabcde", "gggggggggg", id="a tool goes through its list again"),
        pytest.param("abcdeeeee", "ggggg....", id="after five typos the phone holds to the last"),
        pytest.param("abc=abc", "ggg....", id="after a login the old ones are old passwords"),
        pytest.param("~~~", "...", id="454: the server's trouble"),
    ],
)
def test_a_guess_is_what_somebody_who_knows_would_not_try(passwords: str, guesses: str) -> None:
    assert marks(passwords) == guesses


def test_many_names_let_those_go_that_tried_least() -> None:
    guessing = Guessing(Caps(pairs=100))
    marks("abcdef", guessing)
    for number in range(10_000):
        event = attempt(number, username=f"user{number}", secret=1, repeated=False)
        guessing.judge(Facts(event, number, "198.51.100.0/24", event.username))
    assert guessing.entries <= 100
    assert guessing.evicted > 9_000
    event = attempt(1, secret=ord("a"), repeated=True)
    facts = Facts(event, 1, "198.51.100.0/24", "anna")
    guessing.judge(facts)
    assert facts.guess
