"""CRAM-MD5, RFC 2195, and its kin with other hashes: a name and a keyed digest of the challenge."""

from smtpsensor.smtp.sasl.base import EMPTY, Exchange, decode
from smtpsensor.text import harmless

_HEX = b"0123456789abcdefABCDEF"
_SHORTEST = 32  # hex digits of MD5, the shortest of the family


class Cram(Exchange):
    """One response: the name, which may hold spaces, up to the last space; then hex digits.

    What is no digest may be a password typed into the wrong mechanism: then no name is taken either, for
    with spaces in the password it would hold a part of it.
    """

    __slots__ = ()

    def _response(self, line: bytes) -> None:
        if self._lost or self._seen > 1:
            return
        if line in EMPTY:
            self._seen = 0  # an initial response, which this mechanism has none of
            return
        found = self._credentials
        message, strict = decode(line)
        name, space, digest = message.rpartition(b" ") if message is not None else (b"", b"", b"")
        if not space or len(digest) < _SHORTEST or digest.strip(_HEX):
            found.malformed = True
            return
        found.username = harmless(name, self._limit)
        found.malformed = not strict
