"""What all SASL mechanisms share: credentials, one exchange, base64 as servers read it."""

from binascii import Error, a2b_base64
from dataclasses import dataclass
from typing import ClassVar

from smtpsensor.tagging import Tagger

EMPTY = (b"", b"=")  # RFC 4954 section 4: "=" is an empty initial response; a response is empty as it is
# Servers cut lines here or further on: what stands behind blanks beyond it may not be read at all.
_LONG = 1_000
# Commands of one word whose letters are base64 as well.
_BARE = frozenset((b"QUIT", b"RSET", b"NOOP", b"DATA", b"HELP", b"STARTTLS"))


@dataclass(slots=True)
class Credentials:
    """What one exchange told. Texts are harmless and capped; None is not seen, "" is sent empty."""

    username: str | None = None  # authcid, without realm or domain where the mechanism separates them
    authzid: str | None = None
    realm: str | None = None
    domain: str | None = None
    workstation: str | None = None
    secret: int | None = None  # 64-bit keyed tag of the password or token, where it went in clear
    malformed: bool = False  # a strict server would not decode them


class Exchange:
    """One AUTH attempt: the client's responses in, credentials out.

    Lines come as sent, base64 without line end. No line is kept, and none raises.
    """

    __slots__ = ("_credentials", "_limit", "_lost", "_seen", "_tagger", "mechanism")

    # Client lines that carry credentials, the initial response included. `expects` knows of those that
    # may follow.
    steps: ClassVar[int] = 1

    def __init__(self, mechanism: str, tagger: Tagger, limit: int) -> None:
        self.mechanism = mechanism  # capitals
        self._tagger = tagger
        self._limit = limit
        self._credentials = Credentials()
        self._seen = 0
        self._lost = False

    def client(self, line: bytes) -> None:
        """Take one response of the client; the initial response comes through here first, too."""
        if line == b"*":  # RFC 4954 section 4: the client cancels
            return
        self._seen += 1
        self._response(line)

    def server(self, text: bytes) -> None:
        """Take what follows "334 " in a challenge. Its text need not be base64."""

    def lost(self) -> None:
        """Say that a client line of this exchange was not seen: positions are not known from here on.

        Once all lines that carry credentials were seen, it was none of them.
        """
        if self._seen < self.steps:
            self._lost = True

    def credentials(self) -> Credentials:
        """Return what is known so far: the same object each time."""
        return self._credentials

    @property
    def complete(self) -> bool:
        """Whether every client line that carries credentials was seen."""
        return self._seen >= self.steps and not self._lost

    def expects(self, line: bytes) -> bool:
        """Whether `line` can be the next response, judged without the server.

        For captures where only the client is seen. False for what is no base64, such as "MAIL FROM:<>",
        for a command of one word, and when the mechanism has no more responses.
        """
        if line == b"*":
            return True
        if self._seen >= self.steps:
            return self._closing(line)
        message, _ = decode(line)
        if message is None:
            return False
        # "QUIT" decodes to no text, "QUIt" to a password: AB-
        return line.upper() not in _BARE or (message.isascii() and message.decode("ascii").isprintable())

    def _response(self, line: bytes) -> None:
        """Read the credentials; `_seen` counts this line already."""

    def _closing(self, line: bytes) -> bool:
        """Whether `line` ends an exchange whose credentials were all seen."""
        del line
        return False


def decode(line: bytes) -> tuple[bytes | None, bool]:
    """Decode one response; say whether a strict server would accept it.

    White space and missing padding are forgiven as many servers do. None where octets outside the alphabet
    (RFC 4648 section 4), data behind the padding or a lone sextet leave nothing sure.
    """
    try:
        message = a2b_base64(line, strict_mode=True)
    except Error:
        pass
    else:
        # Python's strict mode lets padding pass where none is due.
        if (len(message) + 2) // 3 * 4 == len(line):
            return message, True
    if line == b"=":
        return b"", True
    words = line.split()
    if len(line) > _LONG and len(words) > 1:
        return None, False
    packed = b"".join(words)
    bare = packed.rstrip(b"=")
    padding = len(packed) - len(bare)
    if padding > 2 or not bare:
        return (b"", False) if not packed else (None, False)
    try:
        return a2b_base64(bare + b"=" * (-len(bare) % 4), strict_mode=True), False
    except Error:
        return None, False
