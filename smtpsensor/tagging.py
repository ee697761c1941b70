"""Keyed tags: tell "the same password again" from guessing without keeping the password."""

import secrets
from hashlib import blake2b

KEY_OCTETS = 32
_TAG_OCTETS = 8


def new_key() -> bytes:
    """Make the random key of one run. It lives in memory only; after a restart all tags differ."""
    return secrets.token_bytes(KEY_OCTETS)


class Tagger:
    """Turns a secret into a 64-bit number: BLAKE2b (RFC 7693) keyed with the key of the run.

    Raises ValueError for an empty key, or one over 64 octets: a tag without a key could be looked up in a
    list of common passwords.
    """

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        if not key:
            raise ValueError("a tagger needs a key: make one with new_key()")
        self._keyed = blake2b(key=key, digest_size=_TAG_OCTETS)

    def tag(self, secret: bytes) -> int:
        """Return the tag of `secret`, below 2**64. The secret is not kept."""
        state = self._keyed.copy()
        state.update(secret)
        return int.from_bytes(state.digest())

    def __repr__(self) -> str:
        return "Tagger()"
