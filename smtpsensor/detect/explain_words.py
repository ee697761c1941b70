"""Words for conditions, keys and numbers, as sentences about a rule need them."""

from collections.abc import Iterator, Sequence
from typing import Final

from smtpsensor.detect.matching import said
from smtpsensor.detect.problems import listed
from smtpsensor.detect.rule import ATTEMPTS, Condition

_KEYS: Final = {
    "source": "source",
    "network": "network (/24, IPv6: /64)",
    "username": "account",
    "domain": "mail domain",
    "server": "server",
    "site": "site",
}
# What single conditions make of an attempt.
_THINGS: Final = {
    ("guess", (True,), False): "guesses",
    ("outcome", ("success",), False): "logins",
    ("outcome", ("failure",), False): "failures",
}
_PLACES: Final = {
    ("origin", ("own",), True): "from anywhere but your own servers",
    ("origin", ("trusted",), True): "from outside the trusted networks",
    ("origin", ("outside",), False): "from outside the trusted networks and your own servers",
    ("offered", (False,), False): "with a mechanism that the server did not offer",
    ("repeated", (True,), False): "with a password that failed there before",
    ("guess", (False,), False): "that are no guesses",
    ("readable", (True,), False): "whose password can be read",
}
_OUTCOMES: Final = {
    "success": "login",
    "failure": "failure",
    "rejected": "rejection before a password was judged",
    "temporary": "temporary failure",
    "cancelled": "cancelled attempt",
    "aborted": "aborted attempt",
    "unknown": "attempt without a verdict",
}


def subject(conditions: Sequence[Condition]) -> tuple[str, str]:
    """Return what is counted and where it comes from: `guesses`, ` from anywhere but your own servers`."""
    things = "attempts"
    places = []
    for one in conditions:
        form = (one.field, one.values, one.negated)
        if things == "attempts" and form in _THINGS:
            things = _THINGS[form]
        elif form in _PLACES:
            places.append(_PLACES[form])
        elif one.field == "outcome" and not one.negated:
            places.append(f"that end in a {listed([_OUTCOMES[str(value)] for value in one.values], 'or a')}")
        else:
            places.append(f"where {said(one)}")
    return things, f" {', '.join(places)}" if places else ""


def guesses_are(conditions: Sequence[Condition]) -> str:
    """Return what a guess is, if that is what is counted."""
    if not any(one.field == "guess" and one.values == (True,) and not one.negated for one in conditions):
        return ""
    return (
        "A guess is a failure with a password that the source did not try on this account before, or one"
        " that"
        " cannot be seen. The same wrong password again, however often, is none: that is a phone, not an"
        " attack."
    )


def kept_out(conditions: Sequence[Condition]) -> Iterator[str]:
    """Yield what the conditions leave out that a reader would ask for."""
    for one in conditions:
        if one.field == "origin" and one.negated and "own" in one.values:
            yield "- on what your own servers send ([[detection.own]]): a webmail logs in for everybody."
        if one.field == "guess" and one.values == (True,) and not one.negated:
            yield "- on a device that repeats an old password, on temporary failures or cancelled attempts."


def group_said(group: Sequence[str]) -> str:
    """Return the key as the subject of a sentence: `one source`, `one source on one account`."""
    names = [_KEYS.get(name, name) for name in group]
    return " on ".join(f"one {name}" for name in names) or "the site"


def counted(name: str, number: int, things: str) -> str:
    """Return `10 guesses` or `8 different accounts`."""
    if name == ATTEMPTS:
        return f"{number:,} {things if number != 1 else things.removesuffix('s').replace('guesse', 'guess')}"
    return distinct(name, number)


def distinct(name: str, number: int) -> str:
    """Return `8 different accounts`."""
    word = {"usernames": "accounts", "secrets": "passwords"}.get(name, name)
    return (
        f"{number:,} {'different ' if number != 1 else ''}{word if number != 1 else word.removesuffix('s')}"
    )


def number_said(number: float) -> str:
    """Return a number without needless digits."""
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"
