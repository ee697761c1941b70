"""Client commands (RFC 5321 section 4.1 and extensions), as far as a reply to them changes the session."""

from typing import Final


class Kind:
    """What a reply is awaited for. Plain numbers, as in `Read`."""

    NOTHING: Final = 0
    GREETING: Final = 1  # the connection itself
    EHLO: Final = 2
    HELO: Final = 3
    AUTH: Final = 4  # the AUTH command
    RESPONSE: Final = 5  # a client line inside an AUTH exchange
    STARTTLS: Final = 6
    MAIL: Final = 7
    RCPT: Final = 8
    DATA: Final = 9  # the command
    BODY: Final = 10  # the mail, after CRLF.CRLF
    BDAT: Final = 11  # one chunk
    RSET: Final = 12
    QUIT: Final = 13
    OTHER: Final = 14  # a known command that changes nothing here
    UNKNOWN: Final = 15  # no command: never stored, it may be a credential out of step


_VERBS: Final = {
    b"EHLO": Kind.EHLO,
    b"LHLO": Kind.EHLO,
    b"HELO": Kind.HELO,
    b"AUTH": Kind.AUTH,
    b"X-EXPS": Kind.AUTH,  # Exchange
    b"XAUTH": Kind.AUTH,
    b"STARTTLS": Kind.STARTTLS,
    b"MAIL": Kind.MAIL,
    b"RCPT": Kind.RCPT,
    b"DATA": Kind.DATA,
    b"BDAT": Kind.BDAT,
    b"RSET": Kind.RSET,
    b"QUIT": Kind.QUIT,
    b"NOOP": Kind.OTHER,
    b"HELP": Kind.OTHER,
    b"VRFY": Kind.OTHER,
    b"EXPN": Kind.OTHER,
    b"ETRN": Kind.OTHER,
    b"TURN": Kind.OTHER,
    b"SEND": Kind.OTHER,
    b"SOML": Kind.OTHER,
    b"SAML": Kind.OTHER,
    b"XCLIENT": Kind.OTHER,
    b"XFORWARD": Kind.OTHER,
    b"BURL": Kind.OTHER,
}
_LONGEST: Final = max(map(len, _VERBS))


def until_nul(line: bytes) -> bytes:
    """Return a line as the servers read it that take it for a string of C; others refuse a NUL."""
    return line if b"\0" not in line else line.partition(b"\0")[0]


def command(line: bytes) -> tuple[int, bytes]:
    """Split a line into what it commands and its argument; (UNKNOWN, b"") for what is no command.

    Verbs are case-insensitive (RFC 5321 section 2.4); blanks in front of them are forgiven as servers do.
    """
    words = until_nul(line).split(None, 1)
    if not words or len(words[0]) > _LONGEST:
        return Kind.UNKNOWN, b""
    kind = _VERBS.get(words[0].upper())
    if kind is None:
        return Kind.UNKNOWN, b""
    return kind, words[1].strip() if len(words) == 2 else b""


def bdat_size(argument: bytes) -> tuple[int, bool] | None:
    """Read the argument of BDAT (RFC 3030 section 2): octets that follow, and whether the mail ends there."""
    words = argument.split()
    if not words or not words[0].isdigit() or len(words[0]) > 12:
        return None
    if len(words) == 1:
        return int(words[0]), False
    return (int(words[0]), True) if [word.upper() for word in words[1:]] == [b"LAST"] else None
