"""NTLM, [MS-NLMP]: names in the AUTHENTICATE_MESSAGE, at offsets that anybody may have written."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sasl.dialogue import TAGGER, b64, talk
from sasl.ntlm_messages import OEM, UNICODE, authenticate, challenge, negotiate

from smtpsensor.smtp.sasl import Credentials, start
from smtpsensor.smtp.sasl.ntlm import Names
from smtpsensor.smtp.sasl.ntlm import authenticate as read

# [MS-NLMP] 4.2.2.3, an AUTHENTICATE_MESSAGE of NTLMv1; its hashes left zero here.
MS_NLMP = bytes.fromhex(
    "4e544c4d53535000 03000000 18001800 6c000000 18001800 84000000 0c000c00 48000000 08000800 54000000"
    "10001000 5c000000 10001000 9c000000 358280e2 0501280a0000000f"
    "44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200"
) + bytes(64)


def test_ms_nlmp_example() -> None:
    exchange = talk(f"""
        C: AUTH NTLM
        S: 334 ntlm supported
        C: {b64(negotiate())}
        S: 334 {b64(challenge(UNICODE))}
        C: {b64(MS_NLMP)}
    """)
    assert exchange.credentials() == Credentials("User", domain="Domain", workstation="COMPUTER")
    assert exchange.complete


def test_negotiate_as_initial_response() -> None:
    exchange = talk(f"C: AUTH NTLM {b64(negotiate())}\nS: 334 {b64(challenge(UNICODE))}")
    assert exchange.credentials() == Credentials()
    assert not exchange.complete
    exchange.client(b64(MS_NLMP).encode())
    assert exchange.complete


@pytest.mark.parametrize(
    ("case", "message", "expected"),
    [
        ("domain typed into the name", authenticate("CORP\\anna", "", "WS1"), ("anna", "CORP", "WS1")),
        (
            "half of two characters",
            authenticate("\u5c01\u0100", "", ""),
            ("封Ā", None, None),
        ),
        (
            "the same in OEM",
            authenticate("CORP\\anna", "", "", flags=OEM),
            ("anna", "CORP", None),
        ),
        ("domain in both", authenticate("CORP\\anna", "OTHER", ""), ("CORP\\anna", "OTHER", None)),
        ("principal name", authenticate("anna@example.net", "", ""), ("anna@example.net", None, None)),
        ("anonymous", authenticate("", "", ""), ("", None, None)),
        ("not ASCII", authenticate("jürgen", "BÜRO", "PÇ"), ("jürgen", "BÜRO", "PÇ")),
        ("beyond the basic plane", authenticate("a😀", "", ""), ("a😀", None, None)),
        ("OEM", authenticate("anna", "CORP", "WS1", flags=OEM), ("anna", "CORP", "WS1")),
        ("OEM, not ASCII", authenticate("j\xfcrgen", "", "", flags=OEM), ("j\\xfcrgen", None, None)),
        (
            "line end and escape",
            authenticate("a\r\n\x1b[31mb", "", ""),
            ("a\\x0d\\x0a\\x1b[31mb", None, None),
        ),
        ("right-to-left override", authenticate("a\u202eb", "", ""), ("a\\u202eb", None, None)),
        ("lone surrogate", authenticate("a\ud800b", "", ""), ("a\\ud800b", None, None)),
    ],
)
def test_names(case: str, message: bytes, expected: tuple[str, str | None, str | None]) -> None:
    found = talk(f"C: AUTH NTLM {b64(negotiate())}\nC: {b64(message)}").credentials()
    assert (found.username, found.domain, found.workstation) == expected, case
    assert not found.malformed


@pytest.mark.parametrize(("flags", "name"), [(UNICODE, "anna"), (OEM, "a\\x00n\\x00n\\x00a\\x00")])
def test_old_message_without_flags_takes_the_servers_choice(flags: int, name: str) -> None:
    message = authenticate("anna", "", "", header=52)
    exchange = talk(f"C: AUTH NTLM {b64(negotiate())}\nS: 334 {b64(challenge(flags))}\nC: {b64(message)}")
    assert exchange.credentials().username == name


def test_authenticate_is_read_after_a_loss_for_it_says_what_it_is() -> None:
    exchange = talk(f"C: AUTH NTLM\n-- lost\nC: {b64(MS_NLMP)}")
    assert exchange.credentials().username == "User"
    assert exchange.complete


def test_authenticate_lost() -> None:
    exchange = talk(f"C: AUTH NTLM {b64(negotiate())}\n-- lost")
    assert exchange.credentials() == Credentials()
    assert not exchange.complete


def patched(at: int, octets: bytes) -> bytes:
    return MS_NLMP[:at] + octets + MS_NLMP[at + len(octets) :]


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("cut in the header", MS_NLMP[:40]),
        ("cut in the names", MS_NLMP[:90]),
        ("offset behind the end", patched(40, struct.pack("<I", 0x7FFFFFFF))),
        ("offset of 2^32 - 1", patched(40, b"\xff\xff\xff\xff")),
        ("offset into the header", patched(40, struct.pack("<I", 12))),
        ("length past the end", patched(36, b"\xff\xfe")),
        ("half a character", patched(36, b"\x07\x00")),
        ("the domain's offset behind the end", patched(32, b"\xff\xff\xff\x7f")),
        ("no NTLM at all", b"\0anna\0sesame"),
        ("empty", b"\0"),
    ],
)
def test_hostile_message_tells_no_name(case: str, message: bytes) -> None:
    found = talk(f"C: AUTH NTLM {b64(negotiate())}\nC: {b64(message)}").credentials()
    assert found == Credentials(malformed=True), case


def test_a_field_of_no_length_may_point_anywhere() -> None:
    message = patched(44, b"\0\0\0\0\xff\xff\xff\xff")
    assert read(message) == Names("User", "Domain", "")


@given(st.binary(max_size=200), st.booleans())
def test_any_octets_behind_the_signature(tail: bytes, unicode: bool) -> None:
    names = read(b"NTLMSSP\0\3\0\0\0" + tail, unicode)
    assert names is None or all(len(name.encode()) <= 256 for name in names)


@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_round_trip(user: str, domain: str, workstation: str) -> None:
    exchange = start(b"NTLM", TAGGER)
    exchange.client(b64(authenticate(user, domain or "D", workstation)).encode())
    found = exchange.credentials()
    assert found.username is not None
    if user.isascii() and user.isprintable():
        assert found.username == user
