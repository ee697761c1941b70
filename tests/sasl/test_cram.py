"""CRAM-MD5, RFC 2195: the name, a space, 32 hex digits."""

import pytest
from sasl.dialogue import b64, talk

from smtpsensor.smtp.sasl import Credentials

DIGEST = "b913a602c7eda7a495b4e6e7334d3890"


def test_rfc_2195_example() -> None:
    exchange = talk("""
        C: AUTH CRAM-MD5
        S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
        C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
    """)
    assert exchange.complete
    assert exchange.credentials() == Credentials("tim")


@pytest.mark.parametrize(
    ("case", "message", "username"),
    [
        ("spaces in the name", f"anna maria {DIGEST}", "anna maria"),
        ("not ASCII", f"jürgen {DIGEST}", "jürgen"),
        ("capitals", f"anna {DIGEST.upper()}", "anna"),
        ("empty name", f" {DIGEST}", ""),
        ("SHA-256 of Courier's CRAM-SHA256", f"anna {DIGEST * 2}", "anna"),
        ("no space", DIGEST, None),
        ("a password in the digest's place", "anna open sesame", None),
        ("a short digest", "anna b913", None),
        ("two spaces", f"anna  {DIGEST}", "anna "),
        ("empty", "\0", None),
    ],
)
def test_response(case: str, message: str, username: str | None) -> None:
    found = talk(f"C: AUTH CRAM-MD5\nC: {b64(message)}").credentials()
    assert found == Credentials(username, malformed=username is None), case


def test_an_empty_initial_response_is_passed_over() -> None:
    found = talk(f"C: AUTH CRAM-MD5 =\nC: {b64(f'anna {DIGEST}')}").credentials()
    assert found == Credentials("anna")


def test_lost() -> None:
    exchange = talk(f"C: AUTH CRAM-MD5\n-- lost\nC: {b64(f'anna {DIGEST}')}")
    assert exchange.credentials() == Credentials()
    assert not exchange.complete


def test_no_base64() -> None:
    assert talk(f"C: AUTH CRAM-MD5\nC: anna {DIGEST}").credentials() == Credentials(malformed=True)
