"""LOGIN, draft-murchison-sasl-login: name and password on a line each, told apart by their order alone."""

from typing import ClassVar

from smtpsensor.smtp.sasl.base import Exchange, decode
from smtpsensor.text import harmless


class Login(Exchange):
    """First the name, then the password.

    Prompts are of any text and tell nothing. Where the order is not sure, nothing is read: a password must
    not become a name.
    """

    __slots__ = ()
    steps: ClassVar[int] = 2

    def _response(self, line: bytes) -> None:
        if self._lost:
            return
        if line == b"=" and self._seen == 1:
            # As an empty name by some clients (then the password follows), as "ask me" by some servers
            # (then the name follows).
            self._lost = True
            return
        found = self._credentials
        if self._seen > 2:
            found.secret = None  # one line was neither: which one cannot be known
            return
        message, strict = decode(line)
        if not strict:
            found.malformed = True
        if message is None:
            return
        if self._seen == 1:
            name, both, password = message.partition(b"\0")
            found.username = harmless(name, self._limit)
            if both:  # Exim takes all answers in one, a NUL between them
                self._seen = 2
                found.secret = self._tagger.tag(password)
        else:
            found.secret = self._tagger.tag(message)
