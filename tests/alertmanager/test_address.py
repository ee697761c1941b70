"""Addresses of Alertmanager as typed: what is meant, or one line that says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.sinks.alertmanager_address import Address, AlertmanagerError, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://am.example.org", Address(False, "am.example.org", 9093)),
        ("http://am.example.org:80/", Address(False, "am.example.org", 80)),
        ("https://am.example.org:443/alerts/", Address(True, "am.example.org", 443, "/alerts")),
        ("http://[2001:db8::1]:9093", Address(False, "2001:db8::1", 9093)),
        ("HTTP://192.0.2.1", Address(False, "192.0.2.1", 9093)),
    ],
)
def test_what_is_meant(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin with http"),
        ("am.example.org:9093", "does not begin with http"),
        ("ftp://am.example.org", "does not begin with http"),
        ("http://", "names no host"),
        ("http://:9093", "names no host"),
        ("http://am.example.org:99999", "is no URL"),
        ("http://am.example.org:x", "is no URL"),
        ("http://am.example.org:0", "port 0"),
        ("http://[2001:db8::1", "is no URL"),
        ("http://am.example.org/api/v2/alerts", "names the API as well"),
        ("http://am.example.org/?x=1", "has a query"),
        ("http://am.example.org/#x", "has a query or a fragment"),
        ("http://user:s3cret@am.example.org", "holds a name or password"),
        ("http://am.example.org\n", "plain characters"),
        ("http://am example.org", "plain characters"),
        ("http://\u00e4m.example.org", "plain characters"),
    ],
)
def test_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(AlertmanagerError) as said:
        parse_address(text)
    line = str(said.value)
    assert reason in line
    assert line.isprintable()
    assert "s3cret" not in line


@given(st.text(max_size=300) | st.text(max_size=80).map("http://{}".format))
def test_anything_is_an_address_or_one_line(text: str) -> None:
    try:
        assert parse_address(text).host
    except AlertmanagerError as error:
        assert len(str(error)) < 2500  # noqa: PT017
