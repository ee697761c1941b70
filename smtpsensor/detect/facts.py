"""What rules look at: one attempt, with what is derived from it, made once for all of them."""

from ipaddress import IPv6Address
from typing import Final
from zlib import crc32

from smtpsensor.detect.site import Origin
from smtpsensor.events import AuthEvent, Outcome

_ANYBODY: Final = "ANONYMOUS"  # RFC 4505: no password is judged, and the name is whatever the client likes

_TOKENS: Final = frozenset(("XOAUTH2", "OAUTHBEARER"))  # RFC 7628


class Facts:
    """One attempt as the detectors see it. `t` is engine time (ns): it never goes back."""

    __slots__ = (
        "covered",
        "event",
        "guess",
        "is_token",
        "network",
        "origin",
        "outcome",
        "secret",
        "server",
        "source",
        "t",
        "ts",
        "username",
    )

    def __init__(self, event: AuthEvent, t: int, network: str, username: str | None) -> None:
        self.event = event
        self.t = t
        self.ts = event.ts
        self.outcome = event.outcome
        self.source = event.flow.src
        self.network = network  # the source's /24 or /64, as text
        self.username = username  # casefolded, as mail servers compare; None: not seen
        self.server = event.flow.dst
        # A client gets another token every hour, and nobody guesses one: all of a name's are the same.
        self.is_token = event.mechanism in _TOKENS
        self.secret = (
            crc32((username or "").encode("utf-8", "surrogatepass")) if self.is_token else event.secret
        )
        self.origin = Origin.OUTSIDE
        self.guess = False  # a try that somebody who knows the password would not make; see `guessing`
        self.covered = 0  # bits of the rules that have an alert on this source, network or name

    @property
    def came_in(self) -> bool:
        """Say whether somebody logged in with what only the owner of the name has."""
        return self.outcome is Outcome.SUCCESS and self.event.mechanism != _ANYBODY

    @property
    def mail_domain(self) -> str | None:
        """Return the domain of the name: behind its @, else of NTLM, else the realm; casefolded."""
        name, at, domain = (self.username or "").rpartition("@")
        if at and name:
            return domain
        other = self.event.domain or self.event.realm
        return other.casefold() if other else None


class Networks:
    """Network of an address: /24 of IPv4, /64 of IPv6. Remembers what it worked out."""

    # One entry per source of a busy day; beyond, the memory starts anew.
    _CAP: Final = 32_768

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, address: str) -> str:
        """Return the network of `address` as text, such as 192.0.2.0/24 or 2001:db8:0:1::/64."""
        found = self._known.get(address)
        if found is None:
            if len(self._known) >= self._CAP:
                self._known.clear()
            found = self._known[address] = network_of(address)
        return found


def network_of(address: str) -> str:
    """Return the /24 of an IPv4 or the /64 of an IPv6 address as text; other text as it is."""
    if ":" not in address:
        head, dot, _ = address.rpartition(".")
        return f"{head}.0/24" if dot else address
    try:
        number = int(IPv6Address(address.partition("%")[0]))
    except ValueError:
        return address
    return f"{IPv6Address(number >> 64 << 64)}/64"
