"""PLAIN, RFC 4616: authzid NUL authcid NUL password in one response."""

import pytest
from sasl.dialogue import TAGGER, b64, talk

from smtpsensor.smtp.sasl import Credentials, start

LATIN_1 = b"\0j\xfcrgen\0x"


def plain(authcid: str, password: str) -> str:
    return b64(f"\0{authcid}\0{password}")


def test_rfc_4616_example() -> None:
    exchange = talk("C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")
    assert exchange.mechanism == "PLAIN"
    assert exchange.complete
    assert exchange.credentials() == Credentials("tim", secret=TAGGER.tag(b"tanstaaftanstaaf"))


def test_rfc_4954_example_with_an_authorization_identity() -> None:
    found = talk("C: AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=").credentials()
    assert (found.authzid, found.username, found.secret) == ("test", "test", TAGGER.tag(b"1234"))


def test_response_after_the_empty_challenge() -> None:
    exchange = talk(f"""
        C: AUTH plain
        S: 334
        C: {plain("anna@example.net", "sesame")}
    """)
    assert exchange.mechanism == "PLAIN"
    assert exchange.credentials().username == "anna@example.net"


def test_empty_initial_response_makes_the_server_ask() -> None:
    exchange = talk("C: AUTH PLAIN =")
    assert not exchange.complete
    exchange.client(plain("anna", "sesame").encode())
    assert exchange.complete
    assert exchange.credentials() == Credentials("anna", secret=TAGGER.tag(b"sesame"))


def test_nothing_sent_yet_is_nothing_known() -> None:
    exchange = start(b"PLAIN", TAGGER)
    assert not exchange.complete
    assert exchange.credentials() == Credentials()


@pytest.mark.parametrize(
    ("case", "message", "username", "authzid", "malformed"),
    [
        ("acting for somebody else", "boss\0anna\0x", "anna", "boss", False),
        (
            "name in the authzid's place, as a load tester sends it",
            "username\0\0password",
            "",
            "username",
            False,
        ),
        ("empty password", "\0anna\0", "anna", None, False),
        ("all empty", "\0\0", "", None, False),
        ("NUL in the password, which RFC 4616 forbids", "\0anna\0se\0same", "anna", None, True),
        ("not ASCII", "\0jürgen@example.net\0x", "jürgen@example.net", None, False),
        ("Windows domain in the name", "\0CORP\\anna\0x", "CORP\\anna", None, False),
        ("ANSI escape and line end in the name", "\0a\x1b[2J\r\nb\0x", "a\\x1b[2J\\x0d\\x0ab", None, False),
        ("one NUL: which part is the name?", "anna\0sesame", None, None, True),
        ("no NUL: a password out of step", "sesame", None, None, True),
        ("empty", "", None, None, True),
    ],
)
def test_message(case: str, message: str, username: str | None, authzid: str | None, malformed: bool) -> None:
    found = talk(f"C: AUTH PLAIN {b64(message) or '='}").credentials()
    assert (found.username, found.authzid, found.malformed) == (username, authzid, malformed), case
    assert (found.secret is None) == (username is None), case


def test_latin_1_name_is_shown_by_its_octets() -> None:
    assert talk(f"C: AUTH PLAIN {b64(LATIN_1)}").credentials().username == "j\\xfcrgen"


@pytest.mark.parametrize(
    ("case", "line", "username"),
    [
        ("padding left out is read, and said", "AHRpbQB0YW5zdGFhZnRhbnN0YWFt", "tim"),
        ("padding left out, two of them", "AGFubmEAeA", "anna"),
        ("blank behind", "AGFubmEAeA== ", "anna"),
        ("no base64", "\\0anna\\0sesame!", None),
        ("cut in the middle of a group", "AGFubmEAe", None),
    ],
)
def test_broken_base64(case: str, line: str, username: str | None) -> None:
    exchange = start(b"PLAIN", TAGGER)
    exchange.client(line.encode())
    found = exchange.credentials()
    assert found.username == username, case
    assert found.malformed == (case != "padding left out is read, and said"), case


def test_longest_line_is_capped() -> None:
    message = b"\0" + b"n" * 9000 + b"\0" + b"p" * 214
    exchange = talk(f"C: AUTH PLAIN {b64(message)}")
    found = exchange.credentials()
    assert found.username == "n" * 253 + "…"
    assert found.secret == TAGGER.tag(b"p" * 214)


def test_a_lost_line_leaves_no_name_even_if_another_follows() -> None:
    exchange = talk(f"""
        C: AUTH PLAIN
        -- lost
        C: {plain("anna", "sesame")}
    """)
    assert exchange.credentials() == Credentials()
    assert not exchange.complete


def test_cancelled() -> None:
    exchange = talk("""
        C: AUTH PLAIN
        S: 334
        C: *
    """)
    assert exchange.credentials() == Credentials()
    assert not exchange.complete


def test_lines_behind_the_credentials_change_nothing() -> None:
    exchange = talk(f"C: AUTH PLAIN {plain('anna', 'sesame')}")
    exchange.client(plain("bob", "other").encode())
    assert exchange.credentials() == Credentials("anna", secret=TAGGER.tag(b"sesame"))
