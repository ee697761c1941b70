"""XOAUTH2 (Google's and Microsoft's) and the OAuth mechanisms of RFC 7628: a name and a token."""

from smtpsensor.smtp.sasl import gs2
from smtpsensor.smtp.sasl.base import EMPTY, Exchange, decode
from smtpsensor.text import harmless

_SEPARATOR = b"\x01"
# After a failure the server sends its reason as a challenge, the client a dummy: an empty line, or ^A in
# base64 (RFC 7628 section 3.2.3).
_DUMMIES = (*EMPTY, b"AQ==")


class _OAuth(Exchange):
    """One message of fields between ^A; it says what it is by its first octets, also after a loss."""

    __slots__ = ()

    def _response(self, line: bytes) -> None:
        found = self._credentials
        if line in _DUMMIES or found.secret is not None or found.username is not None:
            if self._seen == 1:
                self._seen = 0  # an empty initial response; the message follows
            return
        message, strict = decode(line)
        fields = message.split(_SEPARATOR) if message is not None else [b""]
        named = self._name(fields[0])
        if named is None:
            found.malformed = found.malformed or not self._lost
            return
        name, name_strict = named
        found.username = harmless(name, self._limit) if name is not None else None
        token = _bearer(fields)
        if token is not None:
            found.secret = self._tagger.tag(token)
        # The message ends in two separators, the last field's and its own.
        found.malformed = not (strict and name_strict and token is not None and fields[-2:] == [b"", b""])

    def _closing(self, line: bytes) -> bool:
        return self._seen == 1 and line in _DUMMIES

    def _name(self, first: bytes) -> tuple[bytes | None, bool] | None:
        """Return the first field's name, and whether it is well formed; None: this is no such message."""
        raise NotImplementedError


class XOAuth2(_OAuth):
    """`user=name ^A auth=Bearer token ^A ^A`."""

    __slots__ = ()

    def _name(self, first: bytes) -> tuple[bytes | None, bool] | None:
        return (first[5:], True) if first.startswith(b"user=") else None


class OAuthBearer(_OAuth):
    """`n,a=name, ^A host=… ^A auth=Bearer token ^A ^A`: the header may leave the name to the token."""

    __slots__ = ()

    def _name(self, first: bytes) -> tuple[bytes | None, bool] | None:
        parts = gs2.header(first)
        if parts is None:
            return None
        return gs2.saslname(parts[0]) if parts[0] else (None, True)


def _bearer(fields: list[bytes]) -> bytes | None:
    """Return the token of `auth=Bearer token`; the scheme's case is free (RFC 7235 section 2.1)."""
    for field in fields:
        if field.startswith(b"auth="):
            scheme, space, token = field[5:].partition(b" ")
            if space and scheme.lower() == b"bearer":
                return token.strip()
    return None
