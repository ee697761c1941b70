"""Secrets die where they are decoded: nothing that an exchange keeps alive holds one in any form."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sasl.dialogue import TAGGER, b64, leaks

from smtpsensor.smtp.sasl import MECHANISMS, start
from smtpsensor.tagging import Tagger

SECRET = "correct/horse+battery staple"
CASES = [
    ("PLAIN", b64(f"\0anna\0{SECRET}")),
    ("PLAIN without padding", b64(f"\0anna\0{SECRET}").rstrip("=")),
    ("PLAIN with one NUL", b64(f"anna\0{SECRET}")),
    ("PLAIN of a password alone", b64(SECRET)),
    ("PLAIN with NULs in the password", b64(f"\0anna\0x\0{SECRET}")),
    ("PLAIN in the clear", f"anna {SECRET}"),
    ("LOGIN", b64("anna"), b64(SECRET)),
    ("LOGIN without padding", b64("anna"), b64(SECRET).rstrip("=")),
    ("LOGIN in the clear", b64("anna"), SECRET),
    ("LOGIN with an empty name", "=", b64(SECRET)),
    ("LOGIN with a line too many", b64("anna"), b64("anna"), b64(SECRET)),
    ("LOGIN after a loss", None, b64(SECRET)),
    ("XOAUTH2", b64(f"user=anna\1auth=Bearer {SECRET}\1\1"), ""),
    ("XOAUTH2 of another scheme", b64(f"user=anna\1auth=Basic {SECRET}\1\1")),
    ("XOAUTH2 of a token alone", b64(SECRET)),
    ("OAUTHBEARER", b64(f"n,a=anna,\1auth=Bearer {SECRET}\1\1"), "AQ=="),
    ("OAUTHBEARER without a header", b64(f"auth=Bearer {SECRET}\1\1")),
    ("CRAM-MD5", b64(f"anna {SECRET}")),
    ("DIGEST-MD5", b64(SECRET)),
    ("NTLM", b64(f"\0anna\0{SECRET}")),
    ("SCRAM-SHA-1", b64(SECRET)),
    ("GSSAPI", b64(SECRET)),
    ("XYMCOOKIE", b64(SECRET)),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_no_secret_is_left_after_any_line(case: tuple[str, ...]) -> None:
    mechanism, lines = case[0].split()[0], case[1:]
    exchange = start(mechanism.encode(), TAGGER)
    for line in lines:
        if line is None:
            exchange.lost()
        else:
            exchange.expects(line.encode())
            exchange.client(line.encode())
            exchange.server(b64("no").encode())
        assert leaks(exchange, SECRET.encode()) == []
        assert leaks(exchange.credentials(), SECRET.encode()) == []


def test_the_hunt_finds_what_is_there() -> None:
    exchange = start(b"PLAIN", TAGGER)
    for form in (SECRET, b64(SECRET), b64("12" + SECRET + "3"), SECRET.encode().hex()):
        exchange.credentials().realm = form
        assert leaks(exchange, SECRET.encode())


def test_a_failing_tagger_shows_no_secret() -> None:
    """Should tagging ever fail, the traceback, printed without locals, must not show the password."""

    class Failing(Tagger):
        __slots__ = ()

        def tag(self, secret: bytes) -> int:
            raise RuntimeError(f"{len(secret)} octets")

    exchange = start(b"PLAIN", Failing(b"key"))
    with pytest.raises(RuntimeError) as caught:
        exchange.client(b64(f"\0anna\0{SECRET}").encode())
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_equal_secrets_have_equal_tags_whatever_the_mechanism() -> None:
    plain, login = start(b"PLAIN", TAGGER), start(b"LOGIN", TAGGER)
    plain.client(b64(f"\0anna\0{SECRET}").encode())
    login.client(b64("anna").encode())
    login.client(b64(SECRET).encode())
    assert plain.credentials().secret == login.credentials().secret == TAGGER.tag(SECRET.encode())


WORD = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=14, max_size=24)


@given(
    st.sampled_from(["PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"]),
    st.text("ANNA0123äß@\\.", max_size=20),
    WORD,
    st.data(),
)
def test_no_generated_secret_is_left(mechanism: str, user: str, secret: str, data: st.DataObject) -> None:
    lines = {
        "PLAIN": [f"\0{user}\0{secret}"],
        "LOGIN": [user, secret],
        "XOAUTH2": [f"user={user}\1auth=Bearer {secret}\1\1"],
        "OAUTHBEARER": [f"n,a={user},\1auth=Bearer {secret}\1\1"],
    }[mechanism]
    exchange = start(mechanism.encode(), TAGGER)
    for line in lines:
        if data.draw(st.booleans()):
            exchange.lost()
        exchange.client(b64(line.encode("utf-8", "replace")).encode())
    assert leaks(exchange, secret.encode()) == []


def test_every_mechanism_with_a_secret_in_clear_is_hunted() -> None:
    hunted = {case[0].split()[0] for case in CASES}
    families = {MECHANISMS[mechanism] for mechanism in hunted if mechanism in MECHANISMS}
    assert {"PLAIN", "LOGIN", "XOAUTH2", "OAUTHBEARER"} <= hunted
    assert len(families) >= 8
