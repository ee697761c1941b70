"""SCRAM, RFC 5802 and 7677, with any hash, with and without channel binding."""

from typing import ClassVar

from smtpsensor.smtp.sasl import gs2
from smtpsensor.smtp.sasl.base import EMPTY, Exchange, decode
from smtpsensor.text import harmless


class Scram(Exchange):
    """The client's first message holds the name, its last one a proof; an empty line may take the server's.

    The first message says by its header what it is, so that it is read after a loss as well.
    """

    __slots__ = ()
    steps: ClassVar[int] = 2

    def _response(self, line: bytes) -> None:
        found = self._credentials
        if found.username is not None:
            return
        if line in EMPTY and self._seen == 1:
            self._seen = 0  # an empty initial response; the message follows
            return
        message, strict = decode(line)
        parts = gs2.header(message) if message is not None else None
        # RFC 5802 section 7: reserved-mext would stand before the name, and is to be refused.
        if parts is None or not parts[1].startswith(b"n="):
            found.malformed = found.malformed or not self._lost
            return
        authzid, authzid_strict = gs2.saslname(parts[0])
        name, name_strict = gs2.saslname(parts[1][2:].partition(b",")[0])
        found.username = harmless(name, self._limit)
        found.authzid = harmless(authzid, self._limit) if authzid else None
        found.malformed = not (strict and authzid_strict and name_strict)

    def _closing(self, line: bytes) -> bool:
        return self._seen == self.steps and line in EMPTY
