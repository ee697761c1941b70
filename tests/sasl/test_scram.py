"""SCRAM, RFC 5802 and 7677: the name in the client's first message, escaped."""

import pytest
from sasl.dialogue import b64, talk

from smtpsensor.smtp.sasl import Credentials

FIRST = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"
FINAL = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="


def test_rfc_5802_example() -> None:
    exchange = talk(f"""
        C: AUTH SCRAM-SHA-1 {b64(FIRST)}
        S: 334 {b64("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096")}
    """)
    assert exchange.credentials() == Credentials("user")
    assert not exchange.complete
    exchange.client(b64(FINAL).encode())
    assert exchange.complete
    exchange.server(b64("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=").encode())
    assert exchange.expects(b"")
    exchange.client(b"")
    assert exchange.credentials() == Credentials("user")


def test_first_message_after_an_empty_challenge() -> None:
    exchange = talk(f"""
        C: AUTH SCRAM-SHA-256
        S: 334
        C: {b64(FIRST)}
    """)
    assert exchange.credentials() == Credentials("user")


@pytest.mark.parametrize(
    ("case", "message", "username", "authzid"),
    [
        ("authorization identity", "n,a=boss,n=user,r=x", "user", "boss"),
        ("comma and equals sign escaped", "n,,n=a=2Cb=3Dc,r=x", "a,b=c", None),
        ("=3D2C is =2C, not a comma", "n,,n=a=3D2Cb,r=x", "a=2Cb", None),
        ("escapes in the identity", "n,a=o=3Du=2C,n=user,r=x", "user", "o=u,"),
        ("channel binding used", "p=tls-exporter,,n=user,r=x", "user", None),
        ("client could, server did not offer", "y,,n=user,r=x", "user", None),
        ("extensions behind", "n,,n=user,r=x,e=y", "user", None),
        ("not ASCII", "n,,n=jürgen,r=x", "jürgen", None),
        ("empty name", "n,,n=,r=x", "", None),
    ],
)
def test_first_message(case: str, message: str, username: str, authzid: str | None) -> None:
    found = talk(f"C: AUTH SCRAM-SHA-256-PLUS {b64(message)}").credentials()
    assert found == Credentials(username, authzid), case


@pytest.mark.parametrize(
    ("case", "message", "username"),
    [
        ("an equals sign that escapes nothing is read, and said", "n,,n=a=b,r=x", "a=b"),
        ("escape in small letters is read, and said", "n,,n=a=2cb,r=x", "a,b"),
        ("no header", "n=user,r=x", None),
        ("unknown flag", "q,,n=user,r=x", None),
        ("header ends early", "n,a=boss", None),
        ("identity without a=", "n,boss,n=user,r=x", None),
        ("mandatory extension, which must be refused", "n,,m=x,n=user,r=x", None),
        ("the second message in the first one's place", FINAL, None),
        ("a password in its place", "open sesame", None),
    ],
)
def test_malformed(case: str, message: str, username: str | None) -> None:
    found = talk(f"C: AUTH SCRAM-SHA-1 {b64(message)}").credentials()
    assert found == Credentials(username, malformed=True), case


def test_an_unknown_hash_is_a_scram_all_the_same() -> None:
    exchange = talk(f"C: AUTH scram-sha-384 {b64(FIRST)}")
    assert exchange.mechanism == "SCRAM-SHA-384"
    assert exchange.credentials().username == "user"


def test_first_message_lost_and_the_second_one_is_no_name() -> None:
    exchange = talk(f"C: AUTH SCRAM-SHA-1\n-- lost\nC: {b64(FINAL)}")
    assert exchange.credentials() == Credentials()
    assert not exchange.complete


def test_a_message_that_says_what_it_is_is_read_after_a_loss() -> None:
    exchange = talk(f"C: AUTH SCRAM-SHA-1\n-- lost\nC: {b64(FIRST)}")
    assert exchange.credentials() == Credentials("user")
    assert not exchange.complete
