"""LOGIN: two lines told apart by their order alone; a password must never become a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sasl.dialogue import TAGGER, b64, talk

from smtpsensor.smtp.sasl import Credentials, start
from smtpsensor.text import harmless

ANNA = Credentials("anna@example.net", secret=TAGGER.tag(b"sesame"))


def test_name_and_password_after_two_prompts() -> None:
    exchange = talk(f"""
        C: AUTH LOGIN
        S: 334 {b64("Username:")}
        C: {b64("anna@example.net")}
        S: 334 {b64("Password:")}
        C: {b64("sesame")}
    """)
    assert exchange.credentials() == ANNA
    assert exchange.complete


def test_name_as_initial_response_as_malware_sends_it() -> None:
    exchange = talk(f"""
        C: AUTH login {b64("anna@example.net")}
        S: 334 UGFzc3dvcmQ6
        C: {b64("sesame")}
    """)
    assert exchange.mechanism == "LOGIN"
    assert exchange.credentials() == ANNA


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("dXNlcm5hbWU6", "UGFzc3dvcmQ6"),  # "username:", "Password:"
        ("VXNlciBOYW1lAA==", "UGFzc3dvcmQA"),  # "User Name" NUL, as the draft has it
        ("UGFzc3dvcmQ6", "VXNlcm5hbWU6"),  # the wrong way round
        ("", ""),
        ("who are you?", "prove it"),  # no base64
    ],
)
def test_prompts_tell_nothing(first: str, second: str) -> None:
    exchange = talk(f"""
        C: AUTH LOGIN
        S: 334 {first}
        C: {b64("anna@example.net")}
        S: 334 {second}
        C: {b64("sesame")}
    """)
    assert exchange.credentials() == ANNA


def test_one_burst_without_waiting_for_prompts() -> None:
    exchange = talk(f"""
        C: AUTH LOGIN
        C: {b64("anna@example.net")}
        C: {b64("sesame")}
        S: 334 VXNlcm5hbWU6
        S: 334 UGFzc3dvcmQ6
    """)
    assert exchange.credentials() == ANNA


def test_name_only() -> None:
    exchange = talk(f"C: AUTH LOGIN {b64('anna')}")
    assert exchange.credentials() == Credentials("anna")
    assert not exchange.complete


def test_cancelled_at_the_password() -> None:
    exchange = talk(f"""
        C: AUTH LOGIN
        C: {b64("anna")}
        C: *
    """)
    assert exchange.credentials() == Credentials("anna")


def test_empty_name_and_password() -> None:
    exchange = start(b"LOGIN", TAGGER)
    exchange.client(b"")
    exchange.client(b"")
    assert exchange.credentials() == Credentials("", secret=TAGGER.tag(b""))


def test_command_words_as_credentials() -> None:
    """The server took QUIT for the name: so it is one, whatever it decodes to."""
    exchange = talk("""
        C: AUTH LOGIN
        S: 334 VXNlcm5hbWU6
        C: QUIT
        S: 334 UGFzc3dvcmQ6
        C: DATA
    """)
    assert exchange.credentials() == Credentials("AB\\x13", secret=TAGGER.tag(b"\x0c\x04\xc0"))


def test_undecodable_name_is_no_name_and_its_password_still_tagged() -> None:
    exchange = talk(f"""
        C: AUTH LOGIN
        C: anna@example.net
        C: {b64("sesame")}
    """)
    assert exchange.credentials() == Credentials(secret=ANNA.secret, malformed=True)


def test_undecodable_password() -> None:
    exchange = talk(f"""
        C: AUTH LOGIN
        C: {b64("anna")}
        C: sesame!
    """)
    assert exchange.credentials() == Credentials("anna", malformed=True)


def test_lost_name_then_password() -> None:
    exchange = talk(f"""
        C: AUTH LOGIN
        -- lost
        C: {b64("sesame")}
    """)
    assert exchange.credentials() == Credentials()
    assert not exchange.complete


def test_lost_password() -> None:
    exchange = talk(f"""
        C: AUTH LOGIN {b64("anna")}
        -- lost
        C: {b64("not the password")}
    """)
    assert exchange.credentials() == Credentials("anna")
    assert not exchange.complete


def test_loss_behind_the_password_takes_nothing_away() -> None:
    exchange = talk(f"C: AUTH LOGIN {b64('anna@example.net')}\nC: {b64('sesame')}\n-- lost")
    assert exchange.credentials() == ANNA
    assert exchange.complete


def test_empty_initial_response_leaves_the_order_open() -> None:
    """`=` is an empty name to curl, which sends the password next; Dovecot asks for the name next."""
    exchange = talk(f"""
        C: AUTH LOGIN =
        S: 334 VXNlcm5hbWU6
        C: {b64("sesame")}
    """)
    assert exchange.credentials() == Credentials()
    assert not exchange.complete


def test_a_third_line_makes_the_password_doubtful() -> None:
    """A server that ignores the initial response asks for the name again."""
    exchange = talk(f"""
        C: AUTH LOGIN {b64("anna")}
        S: 334 VXNlcm5hbWU6
        C: {b64("anna")}
        S: 334 UGFzc3dvcmQ6
        C: {b64("sesame")}
    """)
    assert exchange.credentials() == Credentials("anna")


TEXTS = st.text(st.characters(exclude_characters="\0"))


def test_exim_takes_name_and_password_in_one_response() -> None:
    """Its driver splits responses at NUL: the password must not stand in the name."""
    exchange = talk(f"""
        C: AUTH LOGIN {b64("anna" + chr(0) + "sesame")}
    """)
    assert exchange.credentials() == Credentials("anna", secret=TAGGER.tag(b"sesame"))


@given(TEXTS, st.text(min_size=1), st.tuples(st.booleans(), st.booleans()))
def test_whatever_is_lost_the_password_is_no_name(name: str, password: str, seen: tuple[bool, bool]) -> None:
    exchange = start(b"LOGIN", TAGGER)
    for message, line_seen in zip((name, password), seen, strict=True):
        if line_seen:
            exchange.client(b64(message.encode("utf-8", "replace")).encode())
        else:
            exchange.lost()
    found = exchange.credentials()
    expected = harmless(name.encode("utf-8", "replace"))
    assert found.username == (expected if seen[0] else None)
    assert (found.secret is not None) == (seen == (True, True))
