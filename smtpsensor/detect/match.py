"""Conditions made into one function: does an attempt match? What is asked often is asked first."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address
from operator import attrgetter
from re import Pattern
from typing import Final

from smtpsensor.detect.facts import Facts
from smtpsensor.detect.rule import Condition, Range
from smtpsensor.events import Outcome

Test = Callable[[Facts], bool]
Getter = Callable[[Facts], object]

# Fields of `match`, and where their values come from.
FIELDS: Final[dict[str, Getter]] = {
    "guess": lambda facts: facts.guess,
    "outcome": lambda facts: facts.outcome,
    "origin": lambda facts: facts.origin,
    "source": lambda facts: facts.source,
    "network": lambda facts: facts.network,
    "username": lambda facts: facts.username,
    "domain": lambda facts: facts.mail_domain,
    "server": lambda facts: facts.server,
    "port": lambda facts: facts.event.flow.dst_port,
    "vlan": lambda facts: facts.event.flow.vlan[-1] if facts.event.flow.vlan else None,
    "mechanism": lambda facts: facts.event.mechanism,
    "code": lambda facts: facts.event.code,
    "enhanced": lambda facts: facts.event.enhanced,
    "offered": lambda facts: facts.event.offered,
    "cleartext": lambda facts: facts.event.cleartext,
    "readable": lambda facts: facts.secret is not None,
    "repeated": lambda facts: facts.event.repeated,
    "malformed": lambda facts: facts.event.malformed,
    "attempt": lambda facts: facts.event.attempt,
    "helo": lambda facts: facts.event.helo,
    "authzid": lambda facts: facts.event.authzid,
    "realm": lambda facts: facts.event.realm,
    "workstation": lambda facts: facts.event.workstation,
    "response_ms": lambda facts: facts.event.response_ms,
}
# Fields whose values are addresses or networks, names with patterns, numbers, yes or no.
ADDRESSES: Final = frozenset(("source", "server", "network"))
NAMES: Final = frozenset(("username", "domain", "helo", "authzid", "realm", "workstation"))
NUMBERS: Final = frozenset(("port", "vlan", "code", "attempt", "response_ms"))
FLAGS: Final = frozenset(("guess", "offered", "cleartext", "readable", "repeated", "malformed"))


def possible(conditions: Iterable[Condition]) -> frozenset[Outcome]:
    """Return the outcomes that an attempt can have which meets all of `conditions`."""
    left = frozenset(Outcome)
    for condition in conditions:
        if condition.field == "guess" and (condition.values == (True,)) is not condition.negated:
            left &= {Outcome.FAILURE}
        elif condition.field == "outcome":
            left = frozenset(one for one in left if (one in condition.values) is not condition.negated)
    return left


def compiled(conditions: Iterable[Condition]) -> Test:
    """Return the function that says whether an attempt meets all of `conditions`."""
    tests = tuple(_test(condition) for condition in conditions)
    if not tests:
        return lambda _facts: True
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda facts: first(facts) and second(facts)
    return lambda facts: all(test(facts) for test in tests)


def _test(condition: Condition) -> Test:
    get = FIELDS[condition.field]
    plain = tuple(value for value in condition.values if _is_plain(value))
    others = tuple(value for value in condition.values if not _is_plain(value))
    wanted = not condition.negated
    if not others:
        if len(plain) == 1:
            return _equal(get, plain[0], wanted)
        known = frozenset(plain)
        return lambda facts: (get(facts) in known) is wanted
    if len(others) == 1 and not plain and isinstance(others[0], Range):
        return _between(get, others[0], wanted)
    known = frozenset(plain)

    def test(facts: Facts) -> bool:
        value = get(facts)
        return (value in known or any(_meets(value, other) for other in others)) is wanted

    return test


def _equal(get: Getter, value: object, wanted: bool) -> Test:
    if get is FIELDS["guess"] and value is True and wanted:
        return attrgetter("guess")
    if value is True or value is False or value is None:
        return lambda facts: (get(facts) is value) is wanted
    return lambda facts: (get(facts) == value) is wanted


def _between(get: Getter, wanted: Range, met: bool) -> Test:
    low, high = wanted.low, wanted.high

    def test(facts: Facts) -> bool:
        value = get(facts)
        return (value is not None and low <= value <= high) is met  # type: ignore[operator]

    return test


def _is_plain(value: object) -> bool:
    return not isinstance(value, Pattern | Range | IPv4Network | IPv6Network)


def _meets(value: object, wanted: object) -> bool:
    if value is None:
        return False
    if isinstance(wanted, Pattern):
        return wanted.fullmatch(str(value).casefold()) is not None
    if isinstance(wanted, Range):
        return isinstance(value, int | float) and wanted.low <= value <= wanted.high
    if isinstance(wanted, IPv4Network | IPv6Network):
        try:
            return ip_address(str(value).partition("/")[0]) in wanted
        except ValueError:
            return False
    return False
