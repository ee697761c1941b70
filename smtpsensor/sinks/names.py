"""`--names full|hash|none`: one policy for every output, applied before any of them sees an event.

What a client wrote about itself may name a person: user name, authorization identity, realm, domain,
workstation and HELO name alike (a PC is called `ANNA-PC`, NTLM sends it as the domain of a local account,
and nothing stops a client from writing a name into any of them). All six go through the policy. The server's
reply may repeat any of them in any spelling, so its text is dropped whole; code and enhanced code remain.
Addresses, ports and what the server says about itself stay.

Alerts carry names in key, members and facts, and their summary and description are written from these, after
they were masked. An alert's id is made of rule, key and time: whoever has a list of names could try which one
gives it, so it is hashed once more with a key of its own.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from enum import StrEnum
from hashlib import blake2b
from typing import overload

from smtpsensor.detect.alert import WITHHELD, Alert, Fact
from smtpsensor.events import AuthEvent, Event, SessionEvent
from smtpsensor.tagging import new_key

_DIGEST = 8  # octets: two of a million names fall together once in 37 million runs
# One entry per name of a site; beyond, the cache starts anew (a hash costs 1 us).
_CACHE = 65_536
# Mechanisms that mail servers offer; any other word after AUTH may be a name (`AUTH ANNA`) and becomes OTHER.
_MECHANISM_NAMES = """
    ANONYMOUS CRAM-MD5 DIGEST-MD5 EXTERNAL GS2-KRB5 GS2-KRB5-PLUS GSS-SPNEGO GSSAPI KERBEROS_V4 KERBEROS_V5
    LOGIN NTLM OAUTH10A OAUTHBEARER OTHER OTP PLAIN SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256
    SCRAM-SHA-256-PLUS SCRAM-SHA-512 SCRAM-SHA-512-PLUS SKEY XOAUTH XOAUTH2
"""
MECHANISMS = frozenset(_MECHANISM_NAMES.split())
# What of an alert's key, and which facts in words, are no names; all else is taken for one.
_NAMELESS_KEYS = frozenset(("source", "network", "server", "site", "campaign"))
_NAMELESS_FACTS = frozenset(
    ("source", "network", "server", "outcome", "enhanced", "encryption", "after", "then", "verdict_file")
)


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

    __slots__ = ("_cache", "_id_key", "_key", "mode")

    def __init__(self, mode: Names = Names.FULL, key: bytes = b"") -> None:
        if mode is Names.HASH and not 1 <= len(key) <= blake2b.MAX_KEY_SIZE:
            raise ValueError(f"hashed names need a key of 1 to {blake2b.MAX_KEY_SIZE} octets")
        self.mode = mode
        self._key = key
        self._id_key = key or new_key()  # ids join lines of one run in any case; see the module's text
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
        return name if self.mode is Names.FULL or name in MECHANISMS else "OTHER"

    @overload
    def apply(self, event: Event) -> Event: ...
    @overload
    def apply(self, event: Alert) -> Alert: ...
    @overload
    def apply(self, event: Event | Alert) -> Event | Alert: ...
    def apply(self, event: Event | Alert) -> Event | Alert:
        """Return the event as outputs may see it: the same object for FULL, otherwise a changed copy."""
        if self.mode is Names.FULL:
            return event
        if isinstance(event, Alert):
            return self._alert(event)
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

    def _alert(self, alert: Alert) -> Alert:
        members = dict(alert.members)
        names = members.pop("usernames", ())
        if self.mode is Names.HASH:
            members["usernames"] = tuple(map(self._hash, names))
        return replace(
            alert,
            id=self._id(alert.id),
            key=self._key_shown(alert.key),
            members=members,
            related=tuple(map(self._id, alert.related)),
            facts={word: self._fact(word, value) for word, value in alert.facts.items()},
        )

    def _key_shown(self, key: Mapping[str, str]) -> dict[str, str]:
        shown = {}
        for kind, value in key.items():
            told = value if kind in _NAMELESS_KEYS else self.display(value)
            if told is not None:
                shown[kind] = told
        return shown

    def _fact(self, word: str, value: Fact) -> Fact:
        if not isinstance(value, str) or word in _NAMELESS_FACTS:
            return value
        if word == "mechanism":
            return self.mechanism(value)
        told = self.display(value)
        return WITHHELD if told is None else told

    def _id(self, plain: str) -> str:
        return blake2b(plain.encode(), digest_size=_DIGEST, key=self._id_key).hexdigest()

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
