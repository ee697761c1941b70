"""Filters and alerts: an alert passes by what it is about, whole."""

from typing import Any

import pytest
from sinks.samples import NOON, SECOND, alert, auth, flow
from sinks.test_filters import given_options

from smtpsensor.events import Outcome

HOUR = 3600 * SECOND


def test_without_options_all_pass() -> None:
    assert given_options().keep(alert())


@pytest.mark.parametrize(
    ("source", "about", "kept"),
    [
        ("198.51.100.7", {"key": {"source": "198.51.100.7"}}, True),
        ("198.51.100.0/24", {"key": {"source": "198.51.100.7"}}, True),
        ("192.0.2.9", {"key": {"source": "198.51.100.7"}}, False),
        # An account attacked from several places: any of the listed ones.
        (
            "192.0.2.9",
            {"key": {"username": "anna"}, "members": {"sources": ("192.0.2.1", "192.0.2.9")}},
            True,
        ),
        ("192.0.2.10", {"key": {"username": "anna"}, "members": {"sources": ("192.0.2.1",)}}, False),
        # ... and the one that met the threshold, even where the list ended before it.
        ("198.51.100.7", {"key": {"username": "anna"}, "members": {"sources": ("192.0.2.1",)}}, True),
        # A network as key: the wanted address lies in it, or it lies in the wanted network.
        ("192.0.2.9", {"key": {"network": "192.0.2.0/24"}}, True),
        ("198.18.0.0/15", {"key": {"network": "198.18.2.0/24"}}, True),
        ("203.0.113.0/24", {"key": {"network": "192.0.2.0/24"}}, False),
        ("2001:db8::/32", {"key": {"network": "2001:db8:0:1::/64"}}, True),
        ("2001:db8::/32", {"key": {"network": "192.0.2.0/24"}}, False),
    ],
)
def test_source(source: str, about: dict[str, Any], kept: bool) -> None:
    assert given_options(source=[source]).keep(alert(**about)) is kept


@pytest.mark.parametrize(
    ("user", "about", "kept"),
    [
        ("anna*", {"key": {"username": "anna@example.net"}}, True),
        ("bob*", {"key": {"username": "anna@example.net"}}, False),
        ("bob", {"members": {"usernames": ("anna", "bob")}}, True),
        ("carl", {"members": {"usernames": ("anna", "bob")}}, False),
        ("*", {}, False),
    ],
)
def test_user(user: str, about: dict[str, Any], kept: bool) -> None:
    assert given_options(user=[user]).keep(alert(**about)) is kept


def test_user_of_the_decisive_attempt_although_no_list_has_the_name() -> None:
    """The attempt passed before the alert that it opened."""
    kept = given_options(user=["anna*"])
    decisive = flow(flow_id=5)
    assert not kept.keep(alert(flow=decisive))
    assert kept.keep(auth(Outcome.SUCCESS, flow=decisive))
    assert kept.keep(alert(flow=decisive))


@pytest.mark.parametrize(
    ("server", "kept"),
    [("203.0.113.25", True), ("203.0.113.25:587", True), ("203.0.113.25:25", False), ("203.0.113.26", False)],
)
def test_server_is_that_of_the_decisive_attempt(server: str, kept: bool) -> None:
    assert given_options(server=[server]).keep(alert()) is kept


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [
        (-HOUR, -1, False),
        (-HOUR, 0, True),
        (-HOUR, 2 * HOUR, True),
        (0, 1, True),
        (HOUR - 1, HOUR, True),
        (HOUR, HOUR, False),
    ],
)
def test_an_alert_is_in_time_if_a_part_of_the_attack_is(first: int, last: int, kept: bool) -> None:
    """When it was said does not matter: an attack is resolved long after its last attempt."""
    window = given_options(since="2026-11-24T12:00", until="2026-11-24T13:00")
    said = alert(ts=NOON + last + HOUR, first=NOON + first, last=NOON + last)
    assert window.keep(said) is kept


def test_options_must_all_hold() -> None:
    both = given_options(source=["198.51.100.7"], server=[":25"])
    assert not both.keep(alert())
    assert both.keep(alert(flow=flow(dst_port=25)))
