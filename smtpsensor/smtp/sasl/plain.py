"""PLAIN, RFC 4616: authzid NUL authcid NUL password, in one response."""

from smtpsensor.smtp.sasl.base import Exchange, decode
from smtpsensor.text import harmless


class Plain(Exchange):
    """One line that says which part is what: nothing depends on its position."""

    __slots__ = ()

    def _response(self, line: bytes) -> None:
        if self._lost:
            return
        found = self._credentials
        if found.secret is not None:
            return
        if line == b"=" and self._seen == 1:
            self._seen = 0  # an empty initial response: the server asks with "334 "
        message, strict = decode(line)
        parts = message.split(b"\0", 2) if message is not None else ()
        if len(parts) != 3:
            # One NUL or none: nobody can tell the name from the password.
            found.malformed = True
            return
        authzid, authcid, password = parts
        found.authzid = harmless(authzid, self._limit) if authzid else None
        found.username = harmless(authcid, self._limit)
        found.secret = self._tagger.tag(password)
        # RFC 4616 section 2 allows no NUL in a password; a server that looks for two goes on.
        found.malformed = not strict or b"\0" in password
