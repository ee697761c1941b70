"""Basic authentication (RFC 7617) against bcrypt hashes, as exporters of Prometheus have it."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from hashlib import blake2b
from secrets import token_bytes
from typing import Final

import bcrypt

# Verified credentials that are remembered, so that a scrape does not cost the 50 to 200 ms of a hash: more
# than one sensor has scrapers.
_REMEMBERED: Final = 64
_LONGEST: Final = 72  # octets of a password that bcrypt looks at


class Access:
    """Says whether an Authorization header opens. Remembers digests of what did, never a password."""

    def __init__(self, users: Mapping[str, bytes]) -> None:
        """Take names and their bcrypt hashes."""
        self._users = dict(users)
        self._key = token_bytes(32)
        self._opened: dict[bytes, None] = {}
        # Unknown names are checked as well: the time of the answer does not tell which names exist.
        cost = max((int(hashed[4:6]) for hashed in users.values()), default=10)
        self._nobody = bcrypt.hashpw(token_bytes(16), bcrypt.gensalt(cost))

    def known(self, header: str | None) -> bool | None:
        """Say it at once where no hash is needed; None where `check` has to look."""
        if header is None or credentials(header) is None:
            return False
        return True if self._digest(header) in self._opened else None

    def check(self, header: str) -> bool:
        """Compute the hash: slow on purpose, and without holding the interpreter."""
        found = credentials(header)
        if found is None:
            return False
        name, password = found
        hashed = self._users.get(name)
        matches = bcrypt.checkpw(password[:_LONGEST], hashed or self._nobody)
        if hashed is None or not matches:
            return False
        if len(self._opened) >= _REMEMBERED:
            del self._opened[next(iter(self._opened))]
        self._opened[self._digest(header)] = None
        return True

    def _digest(self, header: str) -> bytes:
        return blake2b(header.encode("utf-8", "surrogateescape"), key=self._key, digest_size=32).digest()


def credentials(header: str) -> tuple[str, bytes] | None:
    """Return name and password of a header, None if it holds none (or a NUL, which bcrypt knows not)."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = b64decode(encoded.strip(), validate=True).partition(b":")
    except (Base64Error, ValueError):
        return None
    if not colon or b"\0" in password:
        return None
    return name.decode("utf-8", "replace"), password
