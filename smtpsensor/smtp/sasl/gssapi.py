"""GSSAPI (RFC 4752), GSS-SPNEGO and NEGOTIATE: ASN.1 tokens that seldom name anyone in clear.

Two do: NTLM inside of them, and the authorization identity in Kerberos' last token where that is signed but
not sealed. A Kerberos ticket names a realm and a service, never the client: nothing is read from it.
"""

from collections.abc import Iterator
from typing import ClassVar

from smtpsensor.smtp.sasl import ntlm
from smtpsensor.smtp.sasl.base import EMPTY, Exchange, decode
from smtpsensor.text import harmless

_DEPTH = 12  # nested ASN.1 values: an SPNEGO token has 5
_VALUES = 256  # values looked at in one token: an SPNEGO token has about 12
_OCTET_STRING, _CONSTRUCTED, _LONG_TAG = 0x04, 0x20, 0x1F
# RFC 4121 section 4.2.6.2: the header of a wrap token, and its flags.
_WRAP, _WRAP_HEADER = b"\x05\x04", 16
_FROM_SERVER, _SEALED = 0x01, 0x02
_LAYERS = 0x07  # RFC 4752 section 3.1: none, integrity, confidentiality
_MOST_LINES = 4  # context, empty line for the server's token, security layer; one more for SPNEGO


class Gssapi(Exchange):
    """Two lines or more, how many depends on the tokens; each that names someone says so by its form."""

    __slots__ = ()
    steps: ClassVar[int] = 2

    def _response(self, line: bytes) -> None:
        message, strict = decode(line)
        found = self._credentials
        if message is None:
            found.malformed = found.malformed or not self._lost
            return
        found.malformed = found.malformed or not strict
        for token in (message, *octet_strings(message)):
            if token.startswith(ntlm.SIGNATURE):
                ntlm.take(token, unicode=True, limit=self._limit, found=found)
        authzid = unsealed_authzid(message)
        if authzid:
            found.authzid = harmless(authzid, self._limit)

    @property
    def complete(self) -> bool:
        """Whether a name was seen, or as many lines as are usual."""
        return super().complete or self._credentials.username is not None

    def _closing(self, line: bytes) -> bool:
        # Tokens are long: what is short is the next command.
        token = line in EMPTY or (len(line) > _WRAP_HEADER and decode(line)[0] is not None)
        return self._seen < _MOST_LINES and token


def octet_strings(token: bytes) -> Iterator[bytes]:
    """Walk the definite-length values of a DER token (X.690) and give the contents of its octet strings.

    Ends where the token stops being DER; bounded in depth and in number.
    """
    spans = [(0, len(token))]
    for _ in range(_VALUES):
        if not spans:
            return
        at, end = spans.pop()
        if end - at < 2:
            continue
        tag, length = token[at], token[at + 1]
        at += 2
        if tag & _LONG_TAG == _LONG_TAG or length == 0x80 or length > 0x84:
            continue
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(token[at : at + octets])
            at += octets
        if at + length > end:
            continue
        spans.append((at + length, end))
        if tag & _CONSTRUCTED and len(spans) < _DEPTH:
            spans.append((at, at + length))
        elif tag == _OCTET_STRING:
            yield token[at : at + length]


def unsealed_authzid(token: bytes) -> bytes | None:
    """Return the authorization identity of a client's last token (RFC 4752 section 3.1); None if sealed.

    The token is a wrap token of RFC 4121 section 4.2.6.2: header, then message and checksum, rotated to the
    right by a count in the header.
    """
    if len(token) < _WRAP_HEADER or not token.startswith(_WRAP) or token[2] & (_FROM_SERVER | _SEALED):
        return None
    checksum, rotation = int.from_bytes(token[4:6]), int.from_bytes(token[6:8])
    body = token[_WRAP_HEADER:]
    message = len(body) - checksum
    if message < 4:
        return None
    rotation %= len(body)
    plain = (body[rotation:] + body[:rotation])[:message]
    # One octet for the layer chosen, three for the longest message.
    return plain[4:].rstrip(b"\0") if plain[0] & ~_LAYERS == 0 else None
