"""Replies put together, capabilities, and what a reply makes of an AUTH attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.events import Outcome
from smtpsensor.smtp.reply import (
    LINES,
    OCTETS,
    Reply,
    ReplyReader,
    capabilities,
    enhanced_code,
    says_failure,
    spoken,
    verdict,
)


def read(text: str) -> Reply:
    """Read one reply written with LF."""
    reader = ReplyReader()
    *before, last = text.strip().encode().split(b"\n")
    assert all(reader.line(line.strip() + b"\r") is None for line in before)
    reply = reader.line(last.strip() + b"\r")
    assert reply is not None
    assert not reader.pending
    return reply


@pytest.mark.parametrize(
    ("case", "line", "expected"),
    [
        ("text", b"220 mx.example.org ESMTP", Reply(220, (b"mx.example.org ESMTP",), None)),
        ("with CRLF", b"250 ok\r\n", Reply(250, (b"ok",), None)),
        ("with CRCRLF", b"250 ok\r\r\n", Reply(250, (b"ok",), None)),
        ("code alone", b"250", Reply(250, (b"",), None)),
        ("code and blank", b"334 ", Reply(334, (b"",), None)),
        ("challenge", b"334 VXNlcm5hbWU6", Reply(334, (b"VXNlcm5hbWU6",), None)),
        ("challenge that is no base64", b"334 ntlm supported", Reply(334, (b"ntlm supported",), None)),
        ("enhanced code", b"535 5.7.8 no", Reply(535, (b"5.7.8 no",), "5.7.8")),
        ("code unknown", b"599 what", Reply(599, (b"what",), None)),
    ],
)
def test_one_line(case: str, line: bytes, expected: Reply) -> None:
    assert ReplyReader().line(line) == expected, case


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\r\n",
        b"25",
        b"hello",
        b"250ok",
        b"250\tok",
        b"2x0 ok",
        b"650 ok",
        b"050 ok",
        b"\x16\x03\x01",
        "\uff12\uff15\uff10 ok".encode(),  # full-width digits
    ],
)
def test_no_reply_is_counted(line: bytes) -> None:
    reader = ReplyReader()
    assert reader.line(line) is None
    assert reader.unparsable == 1
    assert reader.line(b"250 ok") == Reply(250, (b"ok",), None)


def test_several_lines() -> None:
    reply = read("""
        250-mx.example.org
        250-AUTH PLAIN LOGIN
        250 HELP
    """)
    assert reply == Reply(250, (b"mx.example.org", b"AUTH PLAIN LOGIN", b"HELP"), None)


def test_last_line_is_the_code_alone() -> None:
    assert read("250-mx.example.org\n250") == Reply(250, (b"mx.example.org", b""), None)


def test_mixed_codes_take_the_last() -> None:
    """RFC 5321 section 4.2.1: all lines SHOULD have the same code."""
    assert read("250-so far\n250-so good\n550 not at all").code == 550


def test_line_without_a_code_inside_a_reply_is_passed_over() -> None:
    reader = ReplyReader()
    assert reader.line(b"220-mx.example.org") is None
    assert reader.line(b"No spam please") is None
    assert reader.line(b"220 ESMTP") == Reply(220, (b"mx.example.org", b"ESMTP"), None)
    assert reader.unparsable == 1


def test_gap_ends_a_reply_half_read() -> None:
    reader = ReplyReader()
    reader.line(b"250-mx.example.org")
    assert reader.pending
    reader.reset()
    assert not reader.pending
    assert reader.line(b"235 ok") == Reply(235, (b"ok",), None)


def test_enhanced_code_of_the_last_line_where_the_first_has_none() -> None:
    assert read("535-Go away\n535 5.7.8 no").enhanced == "5.7.8"


def test_enhanced_code_of_the_first_line_goes_before_the_last() -> None:
    assert read("535-5.7.9 use another\n535 5.7.8 no").enhanced == "5.7.9"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"5.7.8 Error", "5.7.8"),
        (b"5.7.8", "5.7.8"),
        (b"2.7.0 ok", "2.7.0"),
        (b"4.7.12 A password transition is needed", "4.7.12"),
        (b"5.700.100 x", "5.700.100"),
        (b"5.7.8: no", "5.7.8"),
        (b"3.7.8 no class", None),
        (b"5.7 x", None),
        (b"5.7.8.9 x", None),
        (b"5..8 x", None),
        (b"5.7.1000 x", None),
        (b"5.x.8 x", None),
        (b"#5.7.8 x", None),
        (b"192.0.2.1 is listed", None),
        (b"5.7.8foo", None),
        (b"", None),
    ],
)
def test_enhanced_code(text: bytes, code: str | None) -> None:
    assert enhanced_code(text) == code


def test_endless_reply_is_capped_and_still_ends() -> None:
    reader = ReplyReader()
    for _ in range(10 * LINES):
        assert reader.line(b"250-" + b"x" * 500) is None
    reply = reader.line(b"235 5.7.8 the end")
    assert reply is not None
    assert reply.code == 235
    assert len(reply.lines) == LINES
    assert sum(map(len, reply.lines)) <= OCTETS


def test_many_short_lines_keep_the_last_one() -> None:
    reader = ReplyReader()
    for _ in range(10 * LINES):
        reader.line(b"535-no")
    reply = reader.line(b"535 5.7.8 no")
    assert reply is not None
    assert reply.lines[-1] == b"5.7.8 no"
    assert reply.enhanced == "5.7.8"


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"250-x", b"250 x", b"250-", b"250"]), max_size=20))
def test_any_lines(lines: list[bytes]) -> None:
    reader = ReplyReader()
    replies = [reader.line(line) for line in lines]
    for reply in replies:
        if reply is not None:
            assert 100 <= reply.code <= 599
            assert reply.lines
            assert isinstance(verdict(reply).outcome, Outcome)
            capabilities(reply)
            spoken(reply)
    assert reader.unparsable + sum(reply is not None for reply in replies) <= len(lines)


TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30).map(str.encode)


@given(st.integers(200, 599), st.lists(TEXT, min_size=1, max_size=8))
def test_round_trip(code: int, texts: list[bytes]) -> None:
    reader = ReplyReader()
    for text in texts[:-1]:
        assert reader.line(b"%d-%s\r\n" % (code, text)) is None
    assert reader.line(b"%d %s\r\n" % (code, texts[-1])) == Reply(
        code, tuple(texts), enhanced_code(texts[0]) or enhanced_code(texts[-1])
    )


# Capabilities


@pytest.mark.parametrize(
    ("case", "lines", "keywords", "mechanisms"),
    [
        ("as the standard has it", [b"SIZE 1000", b"AUTH PLAIN LOGIN"], ("SIZE", "AUTH"), ("PLAIN", "LOGIN")),
        ("equals sign", [b"AUTH=PLAIN LOGIN"], ("AUTH",), ("PLAIN", "LOGIN")),
        ("both forms", [b"AUTH LOGIN PLAIN", b"AUTH=LOGIN PLAIN"], ("AUTH",), ("LOGIN", "PLAIN")),
        ("small letters", [b"auth plain", b"starttls"], ("AUTH", "STARTTLS"), ("PLAIN",)),
        ("tabs, blanks at the end", [b"AUTH\tPLAIN  LOGIN "], ("AUTH",), ("PLAIN", "LOGIN")),
        ("none named", [b"AUTH"], ("AUTH",), ()),
        ("equals sign and none", [b"AUTH="], ("AUTH",), ()),
        ("Exchange", [b"X-EXPS GSSAPI NTLM", b"AUTH"], ("X-EXPS", "AUTH"), ("GSSAPI", "NTLM")),
        ("Exchange, equals sign", [b"X-EXPS=LOGIN"], ("X-EXPS",), ("LOGIN",)),
        ("XAUTH", [b"XAUTH CRAM-MD5"], ("XAUTH",), ("CRAM-MD5",)),
        ("AUTHINFO is another word", [b"AUTHINFO USER"], ("AUTHINFO",), ()),
        ("equals sign elsewhere", [b"X=Y Z"], ("X=Y",), ()),
        ("empty line", [b"", b"HELP"], ("HELP",), ()),
        ("twice", [b"HELP", b"HELP"], ("HELP",), ()),
        ("hostile", [b"\x1b[2J", "\u0410UTH PLAIN".encode()], ("\\x1b[2J", "\u0410UTH"), ()),
    ],
)
def test_capabilities(
    case: str, lines: list[bytes], keywords: tuple[str, ...], mechanisms: tuple[str, ...]
) -> None:
    reply = Reply(250, (b"mx.example.org", *lines), None)
    assert capabilities(reply) == (keywords, mechanisms), case


def test_the_first_line_is_a_name_not_a_capability() -> None:
    assert capabilities(Reply(250, (b"AUTH PLAIN",), None)) == ((), ())


def test_capabilities_are_capped() -> None:
    lines = [b"K%d" % n + b"x" * 400 for n in range(100)] + [
        b"AUTH " + b" ".join(b"M%d" % n for n in range(200))
    ]
    keywords, mechanisms = capabilities(Reply(250, (b"mx", *lines), None))
    assert len(keywords) == len(mechanisms) == 64
    assert all(len(keyword.encode()) <= 64 for keyword in keywords)


# Verdicts


def outcome(text: str, *, cancelled: bool = False) -> str:
    return verdict(read(text), cancelled=cancelled).outcome


@pytest.mark.parametrize(
    ("case", "text", "expected"),
    [
        # RFC 4954 sections 4 and 6
        ("success", "235 2.7.0 Authentication successful", "success"),
        ("bad credentials", "535 5.7.8 Authentication credentials invalid", "failure"),
        ("mechanism too weak", "534 5.7.9 Authentication mechanism is too weak", "failure"),
        ("encryption required", "538 5.7.11 Encryption required", "failure"),
        ("a password transition is needed", "432 4.7.12 A password transition is needed", "failure"),
        ("temporary", "454 4.7.0 Temporary authentication failure", "temporary"),
        ("line too long", "500 5.5.6 Authentication Exchange line is too long", "rejected"),
        ("bad base64, before or behind credentials", "501 5.5.2 Cannot decode", "rejected"),
        ("initial response not allowed", "501 5.7.0 Initial response not allowed", "rejected"),
        ("AUTH not known", "502 5.5.1 Command not implemented", "rejected"),
        ("already logged in, or inside a mail", "503 5.5.1 Already authenticated", "rejected"),
        ("mechanism not known", "504 5.5.4 Unrecognized authentication type", "rejected"),
        ("STARTTLS first", "530 5.7.0 Must issue a STARTTLS command first", "rejected"),
        # codes that no standard has for AUTH: by their first digit
        ("other 4yz", "451 4.3.0 try later", "temporary"),
        ("closing", "421 4.7.0 closing", "temporary"),
        ("other 5yz", "571 5.7.1 no", "failure"),
        ("other 2yz", "250 ok", "success"),
        ("challenge", "334 VXNlcm5hbWU6", "unknown"),
        ("goodbye", "221 2.0.0 Bye", "unknown"),
    ],
)
def test_outcome(case: str, text: str, expected: str) -> None:
    assert outcome(text) == expected, case


@pytest.mark.parametrize(
    ("case", "text", "expected"),
    [
        (
            "Postfix, whose tail is the prompt",
            "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6",
            "failure",
        ),
        ("Exchange", "535 5.7.3 Authentication unsuccessful", "failure"),
        (
            "several lines",
            "535-5.7.8 Username and Password not accepted. Learn more at\n535 5.7.8  https://example.com/mail",
            "failure",
        ),
        ("Exim", "535 Incorrect authentication data", "failure"),
        ("OpenSMTPD", "535 Authentication failed", "failure"),
        ("550 for AUTH where it is off", "550 Authentication not available", "failure"),
        ("554 for AUTH where it is off", "554 5.7.1 Access denied", "failure"),
        ("503 for AUTH where it is off", "503 5.5.1 Error: authentication not enabled", "rejected"),
        ("Exim, AUTH without EHLO", "503 AUTH command used when not advertised", "rejected"),
        ("too many errors", "421 Too many errors", "temporary"),
        ("qmail-like", "235 auth failure", "failure"),
        (
            "Postfix without Dovecot",
            "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
            "temporary",
        ),
        (
            "Postfix, no password judged",
            "535 5.7.8 Error: authentication failed: Invalid authentication mechanism",
            "failure",
        ),
        (
            "Postfix, malformed",
            "535 5.7.8 Error: authentication failed: Invalid base64 data in initial response",
            "failure",
        ),
        (
            "Postfix, malformed later",
            "535 5.7.8 Error: authentication failed: Invalid base64 data in continued response",
            "failure",
        ),
    ],
)
def test_reply_seen_in_the_field(case: str, text: str, expected: str) -> None:
    assert outcome(text) == expected, case


@pytest.mark.parametrize(
    ("case", "text", "expected"),
    [
        ("answered as RFC 4954 section 4 has it", "501 5.7.0 Authentication aborted", "cancelled"),
        ("XOAUTH2 cancelled in its error round", "535 5.7.8 Username and Password not accepted", "failure"),
        ("the server gives up first", "421 4.4.2 timeout", "temporary"),
        ("not understood", "500 5.5.2 unrecognized command", "rejected"),
        ("too late: the server was content", "235 2.7.0 ok", "success"),
    ],
)
def test_after_the_client_cancelled(case: str, text: str, expected: str) -> None:
    assert outcome(text, cancelled=True) == expected, case


def test_501_without_a_cancel_is_no_cancel() -> None:
    assert outcome("501 5.5.2 Cannot decode") == "rejected"


@pytest.mark.parametrize(
    ("text", "anomaly"),
    [
        ("235 2.7.0 Authentication successful", None),
        ("235 auth failure", "success_text_failure"),
        ("235 5.7.8 ok", "success_text_failure"),
        ("250 ok", "success_code_unusual"),
        ("250 auth failed", "success_text_failure"),
        ("334 VXNlcm5hbWU6", "reply_unexpected"),
        ("354 go ahead", "reply_unexpected"),
        ("220 mx.example.org ESMTP", "reply_unexpected"),
        ("221 Bye", "reply_unexpected"),
        ("150 wait", "reply_unexpected"),
        ("535 5.7.8 no", None),
        ("421 4.7.0 no", None),
    ],
)
def test_anomaly(text: str, anomaly: str | None) -> None:
    assert verdict(read(text)).anomaly == anomaly


@pytest.mark.parametrize(
    ("text", "failed"),
    [
        ("235 auth failure", True),
        ("235 Authentication FAILED", True),
        ("235 Authentication unsuccessful", True),
        ("235 5.7.8 anything", True),
        ("235 4.7.0 anything", True),
        ("235-hello\n235 login failed", True),
        ("235 2.7.0 Authentication successful", False),
        ("235 ok, go ahead (#2.0.0)", False),
        ("235 Okay", False),
        ("235 2.7.0 Authentication succeeded, 3 failed attempts since the last", False),
    ],
)
def test_success_that_says_failure(text: str, failed: bool) -> None:
    assert says_failure(read(text)) == failed


@pytest.mark.parametrize(
    ("case", "text", "expected"),
    [
        ("verdict", "535 5.7.8 Error: no", "5.7.8 Error: no"),
        ("first of several", "535-5.7.8 no\n535 5.7.8 never", "5.7.8 no"),
        (
            "Sendmail repeats the line",
            '500 5.5.1 Command unrecognized: "c2VzYW1l"',
            "5.5.1 Command unrecognized",
        ),
        ("in brackets", "502 unknown <c2VzYW1l>", "unknown"),
        (
            "nothing repeated",
            "503 AUTH command used when not advertised",
            "AUTH command used when not advertised",
        ),
        ("escape", "535 a\x1b[2Jb", "a\\x1b[2Jb"),
    ],
)
def test_text_that_may_leave(case: str, text: str, expected: str) -> None:
    """A server that did not understand may repeat a password out of step."""
    assert spoken(read(text)) == expected, case
