"""Conditions of `match`, one by one, against one attempt."""

import re
from ipaddress import ip_network

import pytest
from detect.streams import attempt

from smtpsensor.detect.facts import Facts
from smtpsensor.detect.match import FIELDS, compiled
from smtpsensor.detect.rule import Condition, Range
from smtpsensor.detect.site import Origin
from smtpsensor.events import Outcome


def facts() -> Facts:
    event = attempt(
        0,
        "198.51.100.7",
        "Anna@Example.org",
        Outcome.FAILURE,
        7,
        code=535,
        response_ns=1_500_000_000,
        helo="PC-7",
    )
    made = Facts(event, 0, "198.51.100.0/24", "anna@example.org")
    made.guess = True
    made.origin = Origin.TRUSTED
    return made


@pytest.mark.parametrize(
    ("field", "values", "met"),
    [
        ("outcome", ("failure",), True),
        ("outcome", ("success", "failure"), True),
        ("outcome", ("success",), False),
        ("guess", (True,), True),
        ("guess", (False,), False),
        ("origin", ("trusted",), True),
        ("origin", ("outside", "own"), False),
        ("source", (ip_network("198.51.100.0/24"),), True),
        ("source", (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32")), False),
        ("server", (ip_network("203.0.113.25/32"),), True),
        ("network", (ip_network("198.51.100.0/23"),), True),
        ("username", (re.compile("anna@.*"),), True),
        ("username", (re.compile("ann"),), False),
        ("username", ("anna@example.org",), True),
        ("domain", ("example.org",), True),
        ("helo", (re.compile("pc-.*"),), True),
        ("code", (535,), True),
        ("code", (Range(500, 534),), False),
        ("response_ms", (Range(900, float("inf")),), True),
        ("port", (587, 25), True),
        ("offered", (None,), True),
        ("realm", (None,), True),
        ("readable", (True,), True),
        ("cleartext", (True,), True),
        ("vlan", (None,), True),
        ("realm", (re.compile(".*"),), False),
        ("attempt", (Range(2, 9),), False),
    ],
)
def test_a_condition_and_its_opposite(field: str, values: tuple[object, ...], met: bool) -> None:
    assert compiled([Condition(field, values)])(facts()) is met
    assert compiled([Condition(field, values, negated=True)])(facts()) is not met


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_all_conditions_have_to_hold(number: int) -> None:
    holds = [Condition("outcome", ("failure",)), Condition("port", (587,)), Condition("guess", (True,))]
    assert compiled(holds[:number])(facts())
    assert not compiled([*holds[:number], Condition("code", (1,))])(facts())


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_can_be_asked_for_and_none_raises(field: str) -> None:
    assert not compiled([Condition(field, ("no such value",))])(facts())
