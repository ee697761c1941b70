"""`--names full|hash|none`: one policy for every output, applied before any of them sees an event.

What a client wrote about itself may name a person: user name, authorization identity, realm, domain,
workstation and HELO name alike (a PC is called `ANNA-PC`, NTLM sends it as the domain of a local account,
and nothing stops a client from writing a name into any of them). All six go through the policy. The server's
reply may repeat any of them in any spelling, so its text is dropped whole; code and enhanced code remain.
Addresses, ports and what the server says about itself stay.
"""

from copy import copy
from enum import StrEnum
from hashlib import blake2b

from smtpsensor.events import AuthEvent, Event, SessionEvent

_DIGEST = 8  # octets: two of a million names fall together once in 37 million runs
# One entry per name of a site; beyond, the cache starts anew (a hash costs 1 us).
_CACHE = 65_536
# Mechanisms that mail servers offer; any other word after AUTH may be a name (`AUTH ANNA`) and becomes OTHER.
_MECHANISM_NAMES = """
    ANONYMOUS CRAM-MD5 DIGEST-MD5 EXTERNAL GS2-KRB5 GS2-KRB5-PLUS GSS-SPNEGO GSSAPI KERBEROS_V4 KERBEROS_V5
    LOGIN NTLM OAUTH10A OAUTHBEARER OTHER OTP PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256
    SCRAM-SHA-256-PLUS SCRAM-SHA-512 SCRAM-SHA-512-PLUS SKEY XOAUTH XOAUTH2
"""
_MECHANISMS = frozenset(_MECHANISM_NAMES.split())


class Names(StrEnum):
    """What outputs say instead of a name."""

    FULL = "full"  # the name
    HASH = "hash"  # 16 hex digits, the same for the same name under the same key
    NONE = "none"  # nothing


class NamePolicy:
    """Applies `--names` to names and events.

    `key`: 1 to 64 octets, needed for HASH. The same key on another run gives the same hashes; a random one
    per run (`smtpsensor.tagging.new_key`) makes them useless to whoever has a list of names. Raises
    ValueError for HASH without a key or with one over 64 octets.
    """

    __slots__ = ("_cache", "_key", "mode")

    def __init__(self, mode: Names = Names.FULL, key: bytes = b"") -> None:
        if mode is Names.HASH and not 1 <= len(key) <= blake2b.MAX_KEY_SIZE:
            raise ValueError(f"hashed names need a key of 1 to {blake2b.MAX_KEY_SIZE} octets")
        self.mode = mode
        self._key = key
        self._cache: dict[str, str] = {}

    def display(self, name: str | None) -> str | None:
        """Return what may be printed of `name`; None where there is no name or it must not be printed.

        Hashes ignore case, as mail servers do. The empty name (ANONYMOUS, EXTERNAL) names nobody and stays.
        """
        if self.mode is Names.FULL or not name:
            return name
        return None if self.mode is Names.NONE else self._hash(name)

    def mechanism(self, name: str) -> str:
        """Return what may be printed of a mechanism: OTHER for one that might be a name."""
        return name if self.mode is Names.FULL or name in _MECHANISMS else "OTHER"

    def apply(self, event: Event) -> Event:
        """Return the event as outputs may see it: the same object for FULL, otherwise a changed copy."""
        if self.mode is Names.FULL:
            return event
        if isinstance(event, AuthEvent):
            return self._auth(event)
        if isinstance(event, SessionEvent) and event.helo is not None:
            masked = copy(event)
            masked.helo = self.display(event.helo)
            return masked
        return event

    def _auth(self, event: AuthEvent) -> AuthEvent:
        masked = copy(event)
        masked.username = self.display(event.username)
        masked.authzid = self.display(event.authzid)
        masked.realm = self.display(event.realm)
        masked.domain = self.display(event.domain)
        masked.workstation = self.display(event.workstation)
        masked.helo = self.display(event.helo)
        masked.reply = None
        if event.mechanism is not None:
            masked.mechanism = self.mechanism(event.mechanism)
        return masked

    def _hash(self, name: str) -> str:
        found = self._cache.get(name)
        if found is None:
            if len(self._cache) >= _CACHE:
                self._cache.clear()
            folded = name.casefold().encode("utf-8", "surrogatepass")
            found = blake2b(folded, digest_size=_DIGEST, key=self._key).hexdigest()
            self._cache[name] = found
        return found

    def __repr__(self) -> str:
        return f"NamePolicy({self.mode.value})"  # the key stays out of logs
