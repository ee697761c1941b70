"""NTLM as [MS-NLMP] and [MS-SMTPNTLM] have it: three messages, the names in the client's second one."""

from struct import unpack_from
from typing import ClassVar, NamedTuple

from smtpsensor.smtp.sasl.base import EMPTY, Credentials, Exchange, decode
from smtpsensor.tagging import Tagger
from smtpsensor.text import harmless, harmless_text

SIGNATURE = b"NTLMSSP\0"
_CHALLENGE = SIGNATURE + b"\x02\0\0\0"
_AUTHENTICATE = SIGNATURE + b"\x03\0\0\0"
# [MS-NLMP] 2.2.1.3: where the (length, space, offset) of each text stands, and the flags.
_DOMAIN, _USER, _WORKSTATION, _FLAGS = 28, 36, 44, 60
_SHORTEST = 52  # clients older than NTLM2 end the header behind the workstation
_CHALLENGE_FLAGS = 20
_UNICODE = 0x1


class Names(NamedTuple):
    """Who logs in, as an AUTHENTICATE_MESSAGE says it. Harmless texts; "" where the field is empty."""

    user: str
    domain: str
    workstation: str


class Ntlm(Exchange):
    """NEGOTIATE, then AUTHENTICATE; each tells by its signature what it is, so that order does not matter."""

    __slots__ = ("_unicode",)
    steps: ClassVar[int] = 2

    def __init__(self, mechanism: str, tagger: Tagger, limit: int) -> None:
        super().__init__(mechanism, tagger, limit)
        self._unicode = True  # what the server chose, for messages without flags

    def server(self, text: bytes) -> None:
        """Note the character set that the server chose; "ntlm supported" is no challenge."""
        message, _ = decode(text)
        if message is not None and message.startswith(_CHALLENGE) and len(message) >= _CHALLENGE_FLAGS + 4:
            self._unicode = bool(message[_CHALLENGE_FLAGS] & _UNICODE)

    @property
    def complete(self) -> bool:
        """Whether the message with the names was seen, whatever else was lost."""
        return self._credentials.username is not None

    def _response(self, line: bytes) -> None:
        if line in EMPTY and self._seen == 1:
            self._seen = 0  # an empty initial response; NEGOTIATE follows
            return
        message, strict = decode(line)
        if message is None or not message.startswith(SIGNATURE):
            self._credentials.malformed = self._credentials.malformed or not self._lost
            return
        take(message, self._unicode, self._limit, self._credentials)
        self._credentials.malformed = self._credentials.malformed or not strict


def take(message: bytes, unicode: bool, limit: int, found: Credentials) -> None:
    """Read the names of an AUTHENTICATE_MESSAGE into `found`, if `message` is one."""
    if found.username is not None or not message.startswith(_AUTHENTICATE):
        return
    names = authenticate(message, unicode, limit)
    if names is None:
        found.malformed = True
        return
    found.username = names.user
    found.domain = names.domain or None
    found.workstation = names.workstation or None


def authenticate(message: bytes, unicode: bool = True, limit: int = 256) -> Names | None:
    """Read an AUTHENTICATE_MESSAGE; None where an offset or length points outside of its payload.

    `unicode` is the server's choice, for old messages that carry no flags of their own.
    """
    if len(message) < _SHORTEST or not message.startswith(_AUTHENTICATE):
        return None
    fields = [unpack_from("<HHI", message, at) for at in (_DOMAIN, _USER, _WORKSTATION)]
    payload = min((offset for length, _, offset in fields if length), default=len(message))
    if payload >= _FLAGS + 4 and len(message) >= _FLAGS + 4:
        unicode = bool(message[_FLAGS] & _UNICODE)
    raws: list[bytes] = []
    for length, _, offset in fields:
        if length and (offset < _SHORTEST or offset + length > len(message)):
            return None
        if unicode and length & 1:
            return None
        raws.append(message[offset : offset + length])
    domain, user, workstation = raws
    if not domain:
        # Some clients put the name as typed, DOMAIN\user, into the one field.
        domain, user = _split(user, unicode)
    return Names(*(_text(raw, unicode, limit) for raw in (user, domain, workstation)))


def _split(user: bytes, unicode: bool) -> tuple[bytes, bytes]:
    backslash = b"\\\0" if unicode else b"\\"
    at = user.find(backslash)
    while unicode and at & 1 and at > 0:  # not in the middle of a character
        at = user.find(backslash, at + 1)
    return (b"", user) if at < 0 else (user[:at], user[at + len(backslash) :])


def _text(raw: bytes, unicode: bool, limit: int) -> str:
    if unicode:
        return harmless_text(raw.decode("utf-16-le", "surrogatepass"), limit)
    return harmless(raw, limit)  # in a code page that nobody names
