"""XOAUTH2 and OAUTHBEARER (RFC 7628): name and token in one message, the failure in a second round."""

import pytest
from sasl.dialogue import TAGGER, b64, talk

from smtpsensor.smtp.sasl import Credentials, start

TOKEN = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
XOAUTH2 = f"user=someuser@example.com\1auth=Bearer {TOKEN}\1\1"
BEARER = f"n,a=user@example.com,\1host=server.example.com\1port=587\1auth=Bearer {TOKEN}\1\1"


def test_xoauth2_success() -> None:
    exchange = talk(f"C: AUTH XOAUTH2 {b64(XOAUTH2)}")
    assert exchange.complete
    assert exchange.credentials() == Credentials("someuser@example.com", secret=TAGGER.tag(TOKEN.encode()))


@pytest.mark.parametrize("dummy", ["", "=", "AQ=="])
def test_xoauth2_failure_takes_one_more_line(dummy: str) -> None:
    exchange = talk(f"""
        C: AUTH XOAUTH2
        S: 334
        C: {b64(XOAUTH2)}
        S: 334 {b64('{"status":"401","schemes":"bearer mac","scope":"https://mail.example.com/"}')}
    """)
    assert exchange.expects(dummy.encode())
    exchange.client(dummy.encode())
    assert exchange.credentials() == Credentials("someuser@example.com", secret=TAGGER.tag(TOKEN.encode()))
    assert not exchange.expects(b"")


def test_rfc_7628_example() -> None:
    exchange = talk(f"C: AUTH OAUTHBEARER {b64(BEARER)}")
    assert exchange.credentials() == Credentials("user@example.com", secret=TAGGER.tag(TOKEN.encode()))


def test_rfc_7628_failure_is_acknowledged_by_control_a() -> None:
    exchange = talk(f"""
        C: AUTH OAUTHBEARER {b64(BEARER)}
        S: 334 {b64('{"status":"invalid_token"}')}
        C: AQ==
    """)
    assert exchange.complete
    assert exchange.credentials().username == "user@example.com"


def test_oauthbearer_may_leave_the_name_to_the_token() -> None:
    found = talk("C: AUTH OAUTHBEARER " + b64(f"n,,\1auth=Bearer {TOKEN}\1\1")).credentials()
    assert found == Credentials(secret=TAGGER.tag(TOKEN.encode()))


def test_oauthbearer_name_with_escapes() -> None:
    found = talk("C: AUTH OAUTHBEARER " + b64("n,a=a=2Cb=3Dc,\1auth=Bearer t\1\1")).credentials()
    assert found.username == "a,b=c"


@pytest.mark.parametrize(
    ("case", "mechanism", "message", "username", "secret"),
    [
        ("scheme in small letters", "XOAUTH2", "user=anna\1auth=bearer t\1\1", "anna", b"t"),
        ("empty name", "XOAUTH2", "user=\1auth=Bearer t\1\1", "", b"t"),
        ("empty token", "XOAUTH2", "user=anna\1auth=Bearer \1\1", "anna", b""),
    ],
)
def test_unusual(case: str, mechanism: str, message: str, username: str, secret: bytes) -> None:
    found = talk(f"C: AUTH {mechanism} {b64(message)}").credentials()
    assert found == Credentials(username, secret=TAGGER.tag(secret)), case


@pytest.mark.parametrize(
    ("case", "mechanism", "message", "username", "tagged"),
    [
        ("one separator at the end", "XOAUTH2", "user=anna\1auth=Bearer t\1", "anna", True),
        ("no token", "XOAUTH2", "user=anna\1\1", "anna", False),
        ("another scheme", "XOAUTH2", "user=anna\1auth=Basic t\1\1", "anna", False),
        ("no name", "XOAUTH2", "auth=Bearer t\1\1", None, False),
        ("PLAIN's message", "XOAUTH2", "\0anna\0sesame", None, False),
        ("a password", "XOAUTH2", "open sesame", None, False),
        ("XOAUTH2's message", "OAUTHBEARER", XOAUTH2, None, False),
        ("no header", "OAUTHBEARER", "auth=Bearer t\1\1", None, False),
    ],
)
def test_malformed(case: str, mechanism: str, message: str, username: str | None, tagged: bool) -> None:
    found = talk(f"C: AUTH {mechanism} {b64(message)}").credentials()
    assert (found.username, found.secret is not None, found.malformed) == (username, tagged, True), case


def test_the_error_round_alone_tells_nothing() -> None:
    exchange = start(b"XOAUTH2", TAGGER)
    exchange.lost()
    exchange.client(b"AQ==")
    assert exchange.credentials() == Credentials()
    assert not exchange.complete


def test_token_of_the_longest_line() -> None:
    token = "t" * 9100
    found = talk("C: AUTH XOAUTH2 " + b64(f"user=anna\1auth=Bearer {token}\1\1")).credentials()
    assert found == Credentials("anna", secret=TAGGER.tag(token.encode()))
