"""The word after AUTH, and which lines may follow it."""

import pytest
from sasl.dialogue import TAGGER, b64, talk

from smtpsensor.smtp.sasl import MECHANISMS, OTHER, Credentials, name, start
from smtpsensor.smtp.sasl.unknown import Unknown


@pytest.mark.parametrize("mechanism", sorted(MECHANISMS))
def test_every_known_mechanism_in_any_case(mechanism: str) -> None:
    for word in (mechanism, mechanism.lower(), mechanism.title()):
        exchange = start(word.encode(), TAGGER)
        assert exchange.mechanism == mechanism
        assert type(exchange) is MECHANISMS[mechanism]
        assert not hasattr(exchange, "__dict__")


@pytest.mark.parametrize(
    ("case", "word", "expected"),
    [
        ("known", b"login", "LOGIN"),
        ("known, odd case", b"xOAuth2", "XOAUTH2"),
        ("unknown", b"XYMCOOKIE", "XYMCOOKIE"),
        ("unknown, small letters", b"kerberos_v4", "KERBEROS_V4"),
        ("twenty octets", b"A" * 20, "A" * 20),
        ("twenty-one octets", b"A" * 21, OTHER),
        ("base64 in its place: perhaps a password", b"c2VzYW1lIG9wZW4", OTHER),
        ("a whole PLAIN message in its place", b"AGFubmEAc2VzYW1l", OTHER),
        ("letters that no name has", b"FOO!", OTHER),
        ("escape", b"\x1b[2J", OTHER),
        ("not ASCII", "ÄÖÜ".encode(), OTHER),
        ("empty", b"", OTHER),
    ],
)
def test_name(case: str, word: bytes, expected: str) -> None:
    assert name(word) == expected, case
    assert start(word, TAGGER).mechanism == expected


def test_unknown_mechanism_tells_nothing_and_keeps_its_place() -> None:
    exchange = talk(f"""
        C: AUTH XYMCOOKIE {b64("anna sesame")}
        S: 334 {b64("more")}
        C: {b64("more")}
    """)
    assert isinstance(exchange, Unknown)
    assert exchange.credentials() == Credentials()


@pytest.mark.parametrize(
    ("case", "transcript", "expected"),
    [
        ("PLAIN before its response", "C: AUTH PLAIN", "AGEAYg=="),
        ("PLAIN's empty initial response", "C: AUTH PLAIN =", "AGEAYg=="),
        ("LOGIN before the name", "C: AUTH LOGIN", "YW5uYQ=="),
        ("LOGIN before the password", "C: AUTH LOGIN YW5uYQ==", "c2VzYW1l"),
        ("LOGIN with an empty password", "C: AUTH LOGIN YW5uYQ==", ""),
        ("a password whose base64 is QUIt", "C: AUTH LOGIN YW5uYQ==", "QUIt"),
        ("a password whose base64 is TURN", "C: AUTH LOGIN YW5uYQ==", "TURN"),
        ("cancelled", "C: AUTH LOGIN", "*"),
        ("padding left out", "C: AUTH LOGIN", "YW5uYQ"),
        ("SCRAM's second message", "C: AUTH SCRAM-SHA-1 biwsbj1hLHI9eA==", "Yz1iaXdz"),
        ("SCRAM's empty line", "C: AUTH SCRAM-SHA-1 biwsbj1hLHI9eA==\nC: Yz1iaXdz", ""),
        ("DIGEST-MD5's empty line", "C: AUTH DIGEST-MD5\nC: dXNlcm5hbWU9YQ==", ""),
        ("XOAUTH2's dummy", "C: AUTH XOAUTH2 dXNlcj1hAQ==", ""),
        ("OAUTHBEARER's dummy", "C: AUTH OAUTHBEARER bixhPWEsAQ==", "AQ=="),
        ("NTLM's second message", "C: AUTH NTLM TlRMTVNTUAABAAAA", "TlRMTVNTUAADAAAA"),
        ("GSSAPI's third line", f"C: AUTH GSSAPI {'QUJD' * 30}\nC: =", "BQQE/wAMAAAAAAAAMhvHQA=="),
    ],
)
def test_line_that_can_be_the_next_response(case: str, transcript: str, expected: str) -> None:
    assert talk(transcript).expects(expected.encode()), case


@pytest.mark.parametrize(
    ("case", "transcript", "command"),
    [
        ("PLAIN is over after its response", "C: AUTH PLAIN AGEAYg==", "AUTH PLAIN AGEAYg=="),
        ("and after an initial one", "C: AUTH PLAIN AGEAYg==", "AGEAYg=="),
        ("a command with arguments is no base64", "C: AUTH LOGIN", "MAIL FROM:<anna@example.net>"),
        ("nor is EHLO", "C: AUTH LOGIN", "EHLO pc.example.org"),
        ("QUIT is no text in base64", "C: AUTH LOGIN", "QUIT"),
        ("nor is STARTTLS", "C: AUTH LOGIN", "starttls"),
        ("LOGIN is over after two lines", "C: AUTH LOGIN YQ==\nC: Yg==", "Yw=="),
        ("SCRAM is over after three", "C: AUTH SCRAM-SHA-1 bg==\nC: Yw==\nC: =", ""),
        ("SCRAM's third is empty", "C: AUTH SCRAM-SHA-1 biwsbj1hLHI9eA==\nC: Yz1iaXdz", "QUIT"),
        ("DIGEST-MD5's second is empty", "C: AUTH DIGEST-MD5\nC: dXNlcm5hbWU9YQ==", "RSET"),
        ("XOAUTH2's second is a dummy", "C: AUTH XOAUTH2 dXNlcj1hAQ==", "QUIT"),
        ("NTLM has two", "C: AUTH NTLM TlRMTVNTUAABAAAA\nC: TlRMTVNTUAADAAAA", "TlRMTVNTUAADAAAA"),
        ("tokens are long", f"C: AUTH GSSAPI {'QUJD' * 30}\nC: =", "QUIT"),
        ("GSSAPI has four at most", "C: AUTH GSSAPI YQ==\nC: =\nC: =\nC: =", "QUJD" * 30),
        ("an unknown mechanism was refused", "C: AUTH XYMCOOKIE", "QUIT"),
    ],
)
def test_line_that_cannot(case: str, transcript: str, command: str) -> None:
    assert not talk(transcript).expects(command.encode()), case


@pytest.mark.parametrize(
    ("mechanism", "steps"),
    [
        ("PLAIN", 1),
        ("LOGIN", 2),
        ("CRAM-MD5", 1),
        ("DIGEST-MD5", 1),  # and an empty line after success
        ("NTLM", 2),
        ("SCRAM-SHA-1", 2),  # and an empty line after success
        ("XOAUTH2", 1),  # and a dummy after failure
        ("OAUTHBEARER", 1),
        ("EXTERNAL", 1),
        ("ANONYMOUS", 1),
        ("GSSAPI", 2),  # up to four
    ],
)
def test_steps(mechanism: str, steps: int) -> None:
    assert start(mechanism.encode(), TAGGER).steps == steps
