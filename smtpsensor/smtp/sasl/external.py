"""EXTERNAL (RFC 4422 appendix A) and ANONYMOUS (RFC 4505): one message of text, which may be empty."""

from smtpsensor.smtp.sasl.base import Exchange, decode
from smtpsensor.text import harmless


class AsSent(Exchange):
    """EXTERNAL sends the identity to act as, ANONYMOUS a trace such as an address: taken as the name."""

    __slots__ = ()

    def _response(self, line: bytes) -> None:
        if self._lost or self._seen > 1:
            return
        message, strict = decode(line)
        if message is not None:
            self._credentials.username = harmless(message, self._limit)
        self._credentials.malformed = not strict
