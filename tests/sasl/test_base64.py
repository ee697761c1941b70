"""RFC 4648 section 4 as servers read it: forgiving where several are, with a word about it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.smtp.sasl.base import decode


@pytest.mark.parametrize(
    ("case", "line", "message", "strict"),
    [
        ("regular", b"YW5uYQ==", b"anna", True),
        ("no padding needed", b"YW5u", b"ann", True),
        ("empty line", b"", b"", True),
        ("empty initial response", b"=", b"", True),
        ("NULs inside", b"AGEAYg==", b"\0a\0b", True),
        ("unused bits set, which RFC 4648 3.5 lets decoders pass", b"YW5uYR==", b"anna", True),
        ("padding left out", b"YW5uYQ", b"anna", False),
        ("half of the padding left out", b"YW5uYQ=", b"anna", False),
        ("padding too much", b"YW5u=", b"ann", False),
        ("blank behind", b"YW5uYQ== ", b"anna", False),
        ("tabs and blanks inside", b" YW5\tuY Q==", b"anna", False),
        ("blanks only", b"  ", b"", False),
        ("a letter outside the alphabet", b"YW5u!YQ=", None, False),
        ("URL alphabet", b"_-8=", None, False),
        ("data behind the padding", b"YQ==YQ==", None, False),
        ("padding in front", b"=YQ=", None, False),
        ("padding only", b"==", None, False),
        ("three of padding", b"YQ===", None, False),
        ("a lone sextet", b"YW5uY", None, False),
        ("not ASCII", "señor".encode(), None, False),
        ("a command", b"MAIL FROM:<anna@example.net>", None, False),
        ("a command that is base64 by chance", b"QUIT", b"AB\x13", True),
    ],
)
def test_line(case: str, line: bytes, message: bytes | None, strict: bool) -> None:
    assert decode(line) == (message, strict), case


def test_the_longest_response_line() -> None:
    """RFC 4954 section 4: 12,288 octets."""
    line = base64.b64encode(b"\xa5" * 9216)
    assert len(line) == 12288
    assert decode(line) == (b"\xa5" * 9216, True)


@given(st.binary(max_size=300))
def test_any_octets_decode_or_not_but_never_raise(line: bytes) -> None:
    message, strict = decode(line)
    assert message is not None or not strict
    assert message is None or len(message) <= len(line)


@given(st.binary(max_size=300))
def test_round_trip_with_and_without_padding(message: bytes) -> None:
    line = base64.b64encode(message)
    assert decode(line) == (message, True)
    assert decode(line.rstrip(b"="))[0] == message
