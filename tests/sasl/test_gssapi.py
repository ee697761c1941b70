"""GSSAPI, GSS-SPNEGO, NEGOTIATE: names only where they stand in clear."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sasl.dialogue import b64, talk
from sasl.ntlm_messages import authenticate, negotiate

from smtpsensor.smtp.sasl import Credentials
from smtpsensor.smtp.sasl.gssapi import octet_strings, unsealed_authzid

SPNEGO_OID = bytes.fromhex("06062b0601050502")
NTLM_OID = bytes.fromhex("060a2b06010401823702020a")
KERBEROS_OID = bytes.fromhex("06092a864886f712010202")


def der(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    if len(content) < 128:
        return bytes([tag, len(content)]) + content
    size = len(content).to_bytes(2)
    return bytes([tag, 0x82]) + size + content


def neg_token_init(mech_token: bytes) -> bytes:
    """Write the client's first SPNEGO token, RFC 4178 section 4.2.1."""
    mechs = der(0xA0, der(0x30, NTLM_OID))
    return der(0x60, SPNEGO_OID, der(0xA0, der(0x30, mechs, der(0xA2, der(0x04, mech_token)))))


def neg_token_resp(response_token: bytes) -> bytes:
    """Write a later one, section 4.2.2, with a checksum of the mechanism list behind the token."""
    state = der(0xA0, der(0x0A, b"\1"))
    return der(0xA1, der(0x30, state, der(0xA2, der(0x04, response_token)), der(0xA3, der(0x04, bytes(16)))))


def wrap(message: bytes, flags: int = 0, checksum: bytes = bytes(12), rotation: int = 0) -> bytes:
    """Write a wrap token of RFC 4121 section 4.2.6.2."""
    body = message + checksum
    if rotation:
        at = -rotation % len(body)
        body = body[at:] + body[:at]
    return struct.pack(">BBBBHHQ", 5, 4, flags, 0xFF, len(checksum), rotation, 7) + body


NAMES = Credentials("anna", domain="CORP", workstation="WS1")


@pytest.mark.parametrize("mechanism", ["GSS-SPNEGO", "NEGOTIATE", "GSSAPI"])
def test_ntlm_inside_spnego(mechanism: str) -> None:
    exchange = talk(f"""
        C: AUTH {mechanism} {b64(neg_token_init(negotiate()))}
        S: 334 {b64(neg_token_resp(b"challenge"))}
        C: {b64(neg_token_resp(authenticate("anna", "CORP", "WS1")))}
    """)
    assert exchange.credentials() == NAMES
    assert exchange.complete


def test_ntlm_without_spnego_around_it() -> None:
    exchange = talk(f"""
        C: AUTH GSS-SPNEGO {b64(negotiate())}
        S: 334 TlRMTVNTUAACAAAA
        C: {b64(authenticate("anna", "CORP", "WS1"))}
    """)
    assert exchange.credentials() == NAMES


def test_hostile_offsets_inside_spnego_cannot_leave_the_ntlm_message() -> None:
    """The checksum behind it is inside the token, but not inside the message."""
    message = bytearray(authenticate("anna", "CORP", "WS1"))
    message[36:44] = struct.pack("<HHI", 16, 16, len(message) + 2)
    found = talk(f"C: AUTH GSS-SPNEGO {b64(neg_token_resp(bytes(message)))}").credentials()
    assert found == Credentials(malformed=True)


def test_kerberos_ticket_names_nobody() -> None:
    """A ticket's realm and service are in clear; whose it is, is not."""
    ticket = der(0x61, der(0x30, der(0xA1, der(0x1B, b"EXAMPLE.NET")), der(0xA2, der(0x1B, b"smtp"))))
    token = der(0x60, KERBEROS_OID, b"\1\0", der(0x6E, der(0x30, der(0xA3, ticket))))
    exchange = talk(f"""
        C: AUTH GSSAPI {b64(token)}
        S: 334 {b64(der(0x60, KERBEROS_OID, b"answer"))}
        C:{" "}
    """)
    assert exchange.credentials() == Credentials()


LAYERS_OFFERED = wrap(b"\7\0\0\0", flags=1)


def kerberos(last: bytes) -> Credentials:
    return talk(f"""
        C: AUTH GSSAPI {b64(der(0x60, KERBEROS_OID, bytes(90)))}
        S: 334 {b64(der(0x60, KERBEROS_OID, bytes(40)))}
        C: =
        S: 334 {b64(LAYERS_OFFERED)}
        C: {b64(last)}
    """).credentials()


@pytest.mark.parametrize(
    ("case", "token", "authzid"),
    [
        ("signed", wrap(b"\1\0\0\0anna"), "anna"),
        ("signed, rotated as Windows does", wrap(b"\1\0\0\0anna", rotation=12), "anna"),
        ("rotated by more than its length", wrap(b"\1\0\0\0anna", rotation=65000), "anna"),
        ("with a NUL behind the name", wrap(b"\4\0\x40\0anna@EXAMPLE.NET\0"), "anna@EXAMPLE.NET"),
        ("no name: the ticket's", wrap(b"\1\0\0\0"), None),
        ("sealed", wrap(b"\1\0\0\0anna", flags=2), None),
        ("from the server", wrap(b"\1\0\0\0anna", flags=1), None),
        ("a layer that does not exist", wrap(b"\x31\0\0\0anna"), None),
        (
            "checksum longer than the token",
            wrap(b"\1\0\0\0anna")[:5] + b"\xff" + wrap(b"\1\0\0\0anna")[6:],
            None,
        ),
        ("cut", wrap(b"\1\0\0\0anna")[:15], None),
    ],
)
def test_authorization_identity_of_the_last_token(case: str, token: bytes, authzid: str | None) -> None:
    assert kerberos(token) == Credentials(authzid=authzid), case


def test_no_base64() -> None:
    assert talk("C: AUTH GSSAPI not-base64!").credentials() == Credentials(malformed=True)


@pytest.mark.parametrize(
    ("case", "token"),
    [
        ("indefinite length", b"\x30\x80\x04\x01x\0\0"),
        ("length of five octets", b"\x04\x85\0\0\0\0\1x"),
        ("length past the end", b"\x30\x7f\x04\x01x"),
        ("tag of several octets", b"\x1f\x81\x01\x01x"),
        ("cut behind the tag", b"\x04"),
        (
            "nested beyond the limit",
            b"".join(b"\x30" + bytes([2 * n + 3]) for n in range(60, -1, -1)) + b"\4\1x",
        ),
    ],
)
def test_no_der(case: str, token: bytes) -> None:
    assert list(octet_strings(token)) == [], case


def test_number_of_values_is_bounded() -> None:
    assert len(list(octet_strings(b"\4\0" * 4000))) <= 256


@given(st.binary(max_size=300))
def test_any_token(token: bytes) -> None:
    assert sum(map(len, octet_strings(token))) <= len(token)
    authzid = unsealed_authzid(token)
    assert authzid is None or len(authzid) <= len(token)


@given(
    st.binary(min_size=1, max_size=60).filter(lambda name: not name.endswith(b"\0")), st.integers(0, 65535)
)
def test_wrap_round_trip(name: bytes, rotation: int) -> None:
    assert unsealed_authzid(wrap(b"\1\0\0\0" + name, rotation=rotation)) == name
