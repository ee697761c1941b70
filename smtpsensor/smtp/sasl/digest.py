"""DIGEST-MD5, RFC 2831: a list of directives, name and realm among them, and a hash."""

from smtpsensor.smtp.sasl.base import EMPTY, Exchange, decode
from smtpsensor.text import harmless, harmless_text

_BLANK = b" \t\r\n"  # linear white space between directives
_QUOTE, _BACKSLASH, _COMMA = b'"\\,'


class Digest(Exchange):
    """The digest-response, then an empty line once the server has proved itself with rspauth."""

    __slots__ = ()

    def _response(self, line: bytes) -> None:
        if self._lost or self._seen > 1:
            return
        if line in EMPTY:
            self._seen = 0  # RFC 2831 section 2.1: the server speaks first
            return
        found = self._credentials
        message, strict = decode(line)
        said = directives(message) if message is not None else None
        name = said.get(b"username") if said is not None else None
        if said is None or name is None:
            found.malformed = True
            return
        # RFC 2831 section 2.1.2: UTF-8 only if the client says so, else ISO 8859-1.
        utf8 = said.get(b"charset", b"").lower() == b"utf-8"
        found.username = self._text(name, utf8)
        found.realm = self._text(said[b"realm"], utf8) if said.get(b"realm") else None
        found.authzid = harmless(said[b"authzid"], self._limit) if said.get(b"authzid") else None
        found.malformed = not strict

    def _closing(self, line: bytes) -> bool:
        return self._seen == 1 and line in EMPTY

    def _text(self, raw: bytes, utf8: bool) -> str:
        if utf8 or raw.isascii():
            return harmless(raw, self._limit)
        return harmless_text(raw.decode("latin-1"), self._limit)


def directives(message: bytes) -> dict[bytes, bytes] | None:
    r"""Read `key=value, key="va\"lue", …` (RFC 2831 section 7.2); None where it is no such list.

    Keys come in lower case. A directive that stands twice makes the list invalid (section 2.1.2).
    """
    found: dict[bytes, bytes] = {}
    end = len(message)
    at = _skip(message, 0, b"," + _BLANK)
    while at < end:
        equals = message.find(b"=", at)
        if equals < 0:
            return None
        key = message[at:equals].strip(_BLANK).lower()
        at = _skip(message, equals + 1, _BLANK)
        if at < end and message[at] == _QUOTE:
            value, at = _quoted(message, at + 1)
            if at < 0:
                return None
            at = _skip(message, at, _BLANK)
            if at < end and message[at] != _COMMA:
                return None  # some clients do not escape the quotes of a name
        else:
            comma = message.find(b",", at)
            comma = end if comma < 0 else comma
            value, at = message[at:comma].strip(_BLANK), comma
        if not key or key in found:
            return None
        found[key] = value
        at = _skip(message, at, b"," + _BLANK)
    return found


def _skip(message: bytes, at: int, octets: bytes) -> int:
    end = len(message)
    while at < end and message[at] in octets:
        at += 1
    return at


def _quoted(message: bytes, at: int) -> tuple[bytes, int]:
    """Return the string that starts at `at` and the offset behind its closing quote; -1 where it has none."""
    value = bytearray()
    end = len(message)
    while at < end:
        octet = message[at]
        if octet == _QUOTE:
            return bytes(value), at + 1
        if octet == _BACKSLASH:
            at += 1
            if at == end:
                break
            octet = message[at]
        value.append(octet)
        at += 1
    return b"", -1
