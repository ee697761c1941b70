"""Filters: what passes, and what a value that means nothing answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinks.samples import NOON, SECOND, anomaly, auth, flow, session

from smtpsensor.events import Outcome
from smtpsensor.sinks.filters import (
    EventFilter,
    FilterError,
    parse_server,
    parse_since,
    parse_source,
    parse_until,
    parse_user,
)

HOUR = 3600 * SECOND


def given_options(**options: Any) -> EventFilter:
    return EventFilter(
        sources=[parse_source(text) for text in options.get("source", ())],
        users=[parse_user(text) for text in options.get("user", ())],
        servers=[parse_server(text) for text in options.get("server", ())],
        since=parse_since(options["since"]) if "since" in options else None,
        until=parse_until(options["until"]) if "until" in options else None,
    )


def test_without_options_all_pass() -> None:
    assert not EventFilter().active
    assert all(EventFilter().keep(event) for event in (auth(), session(), anomaly()))


@pytest.mark.parametrize(
    ("source", "address", "kept"),
    [
        ("198.51.100.7", "198.51.100.7", True),
        ("198.51.100.7", "198.51.100.70", False),
        ("198.51.100.0/24", "198.51.100.7", True),
        ("198.51.100.7/24", "198.51.100.9", True),  # host bits set: the network is meant
        ("198.51.100.0/24", "203.0.113.7", False),
        ("0.0.0.0/0", "2001:db8::7", False),
        ("2001:db8::/32", "2001:db8:1::7", True),
        ("2001:DB8:0:0::7", "2001:db8::7", True),
        ("2001:db8::/64", "2001:db8:0:1::7", False),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("::ffff:198.51.100.0/120", "198.51.100.7", True),
        ("198.51.100.7", "::ffff:198.51.100.7", True),
    ],
)
def test_source(source: str, address: str, kept: bool) -> None:
    assert given_options(source=[source]).keep(auth(flow=flow(src=address))) is kept


@pytest.mark.parametrize(
    ("server", "kept"),
    [
        ("203.0.113.25", True),
        ("203.0.113.25:587", True),
        ("203.0.113.25:25", False),
        ("203.0.113.0/24", True),
        ("203.0.113.0/24:587", True),
        (":587", True),
        (":25", False),
        ("203.0.113.26", False),
        ("[2001:db8::25]:587", False),
    ],
)
def test_server(server: str, kept: bool) -> None:
    assert given_options(server=[server]).keep(auth()) is kept


@pytest.mark.parametrize(
    ("server", "port", "kept"),
    [
        ("2001:db8::25", 587, True),
        ("[2001:db8::25]", 587, True),
        ("[2001:db8::25]:587", 587, True),
        ("[2001:db8::25]:587", 25, False),
        ("[2001:db8::/32]:587", 587, True),
    ],
)
def test_server_ipv6(server: str, port: int, kept: bool) -> None:
    event = auth(flow=flow(dst="2001:db8::25", dst_port=port))
    assert given_options(server=[server]).keep(event) is kept


@pytest.mark.parametrize(
    ("user", "name", "kept"),
    [
        ("anna@example.net", "anna@example.net", True),
        ("ANNA@example.net", "anna@Example.NET", True),
        ("anna", "anna@example.net", False),
        ("*@example.net", "anna@example.net", True),
        ("*@example.net", "anna@example.org", False),
        ("anna?", "anna1", True),
        ("anna?", "anna", False),
        ("a[bc]", "ab", False),  # brackets are letters
        ("a[bc]", "a[bc]", True),
        ("a.na", "anna", False),
        ("straße", "STRASSE", True),
        ("*", "any\nlines", True),
    ],
)
def test_user(user: str, name: str, kept: bool) -> None:
    assert given_options(user=[user]).keep(auth(username=name)) is kept


def test_user_may_be_the_identity_acted_for() -> None:
    assert given_options(user=["boss"]).keep(auth(username="anna", authzid="boss"))


def test_user_does_not_match_an_attempt_without_a_name() -> None:
    assert not given_options(user=["*"]).keep(auth(username=None))


def test_a_session_follows_its_attempt_of_the_user_and_is_then_forgotten() -> None:
    """The session says what the account did after it got in."""
    kept = given_options(user=["anna*"])
    mine, other = flow(flow_id=1), flow(flow_id=2)
    assert not kept.keep(anomaly(flow=mine))
    assert kept.keep(auth(Outcome.SUCCESS, flow=mine))
    assert not kept.keep(auth(username="bob", flow=other))
    assert kept.keep(anomaly(flow=mine))
    assert not kept.keep(session(flow=other))
    assert kept.keep(session(flow=mine))
    assert not kept.keep(session(flow=mine))


def test_flows_of_a_user_are_remembered_up_to_a_cap() -> None:
    kept = given_options(user=["*"])
    for number in range(140_000):
        kept.keep(auth(flow=flow(flow_id=number)))
    assert len(kept._flows) == 131_072
    assert kept.keep(session(flow=flow(flow_id=139_999)))
    assert not kept.keep(session(flow=flow(flow_id=0)))


@pytest.mark.parametrize(
    ("since", "until", "kept"),
    [
        ("2026-11-24T12:00:00", None, True),  # the very moment is in
        ("2026-11-24T12:00:00.000001", None, False),
        (None, "2026-11-24T12:00:00", False),  # ... and out at the end: windows join without overlap
        (None, "2026-11-24T12:00:00.000001", True),
        ("2026-11-24", "2026-11-24", True),  # a whole day
        ("2026-11-25", None, False),
        (None, "2026-11-23", False),
        ("2026-11-24 13:00:00+01:00", None, True),
        ("2026-11-24T13:00:00", None, False),
        ("2026-11-24T12:00:00Z", None, True),
        ("20261124T120000Z", None, True),
        ("2026-11-24T12:00", None, True),
    ],
)
def test_time(since: str | None, until: str | None, kept: bool) -> None:
    options = {name: text for name, text in (("since", since), ("until", until)) if text}
    assert given_options(**options).keep(auth(ts=NOON)) is kept


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        (-HOUR, -1, False),
        (-HOUR, 0, True),
        (-HOUR, 2 * HOUR, True),
        (HOUR - 1, HOUR, True),
        (HOUR, HOUR, False),
    ],
)
def test_a_session_is_in_time_if_a_part_of_it_is(start: int, end: int, kept: bool) -> None:
    window = given_options(since="2026-11-24T12:00", until="2026-11-24T13:00")
    assert window.keep(session(ts=NOON + start, ts_end=NOON + end)) is kept


def test_values_of_one_option_are_alternatives_and_options_must_all_hold() -> None:
    both = given_options(source=["192.0.2.1", "198.51.100.0/24"], user=["anna*", "bob*"])
    assert both.keep(auth(username="bob"))
    assert not both.keep(auth(username="carl"))
    assert not both.keep(auth(username="bob", flow=flow(src="192.0.2.2")))


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (
            parse_source,
            "foo",
            "--source: 'foo' is no address or network; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
        ),
        (
            parse_source,
            "192.0.2.0/33",
            (
                "--source: '192.0.2.0/33' is no address or network; write 192.0.2.7, 192.0.2.0/24 or"
                " 2001:db8::/32"
            ),
        ),
        (
            parse_server,
            "mail.example.net",
            (
                "--server: 'mail.example.net' is no server; write 203.0.113.25, 203.0.113.25:587,"
                " 203.0.113.0/24, [2001:db8::25]:587 or :587"
            ),
        ),
        (
            parse_server,
            "203.0.113.25:smtp",
            "--server: 'smtp' in '203.0.113.25:smtp' is no port; write a number from 1 to 65535",
        ),
        (parse_user, "", "--user: the name is empty; write anna@example.net or '*@example.net'"),
        (
            parse_since,
            "yesterday",
            (
                "--since: 'yesterday' is no time; write 2026-11-24, 2026-11-24T04:20:00 (UTC) or"
                " 2026-11-24T04:20:00+01:00"
            ),
        ),
        (
            parse_until,
            "2026-13-01",
            (
                "--until: '2026-13-01' is no time; write 2026-11-24, 2026-11-24T04:20:00 (UTC) or"
                " 2026-11-24T04:20:00+01:00"
            ),
        ),
    ],
)
def test_a_value_that_means_nothing_says_what_to_write(parse: Any, text: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert str(caught.value) == message
    assert "\n" not in message


def answer(parse: Any, text: str) -> object:
    try:
        return parse(text)
    except FilterError as error:
        return error


@pytest.mark.parametrize("parse", [parse_source, parse_server, parse_user, parse_since, parse_until])
@given(text=st.text(max_size=40))
def test_any_text_parses_or_says_why_not_in_one_line(parse: Any, text: str) -> None:
    got = answer(parse, text)
    assert not isinstance(got, FilterError) or len(str(got).splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["", " ", ":", ":0", ":70000", "[]", "[::1", "::1]:25", "fe80::1%eth0", "1.2.3"]
)
def test_no_server_at_all(text: str) -> None:
    with pytest.raises(FilterError):
        parse_server(text)


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "0001-01-01T00:00:00+14:00"])
def test_the_ends_of_time(text: str) -> None:
    for parse in (parse_since, parse_until):
        assert isinstance(answer(parse, text), int | FilterError)


@pytest.mark.parametrize(
    ("since", "until"), [("2026-11-25", "2026-11-24"), ("2026-11-24T12:00", "2026-11-24T12:00")]
)
def test_a_window_without_time_in_it(since: str, until: str) -> None:
    with pytest.raises(FilterError, match="--since: not before --until"):
        given_options(since=since, until=until)


def test_a_name_made_to_backtrack_does_not_hang_the_filter() -> None:
    """The pattern is the user's, the name is the wire's: 256 octets against many stars."""
    assert not given_options(user=["*a*a*a*a*a*a*a*a*b"]).keep(auth(username="a" * 256))
