"""Who connects when and tries what: data, played as packets (`acting`) and at real servers (`recording`)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from typing import Final

from support.forge_tcp import EPOCH, SECOND

MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
MIDNIGHT: Final = EPOCH - 4 * HOUR  # 2026-11-24 00:00 UTC: the legitimate day begins
SERVER: Final = "203.0.113.25"
SERVER6: Final = "2001:db8:25::25"


@dataclass(frozen=True, slots=True)
class Try:
    """One AUTH. `code`: the server's verdict, 235, 535, 454, or 502 and 503 where it has no AUTH."""

    mechanism: str
    name: str
    password: str
    code: int = 535


@dataclass(frozen=True, slots=True)
class Visit:
    """One connection from its SYN (`ts`, ns) to its end."""

    ts: int
    source: str
    tries: tuple[Try, ...] = ()
    port: int = 587
    mails: int = 0  # sent once a try succeeded; on port 25 without any try as well
    tls: bool = False  # STARTTLS before anything else: nothing more can be read
    offers: bool = True  # whether the EHLO reply offers AUTH
    delay: int = 2 * SECOND  # before the server lets a failure be known (auth_failure_delay, Dovecot)
    pace: int = 0  # between two tries
    end: str = "quit"  # quit | rst | shutdown (the server says 421 and closes)

    def ipv6(self) -> "Visit":
        """The same visit over IPv6; what was one /24 is one /64."""
        return self if ":" in self.source else replace(self, source=as_ipv6(self.source))

    @property
    def span(self) -> int:
        """Time it takes, about (ns)."""
        failures = sum(each.code == 535 for each in self.tries)
        return SECOND + failures * self.delay + len(self.tries) * self.pace


def as_ipv6(address: str) -> str:
    """a.b.c.d as 2001:db8:AABB:CC::DD."""
    a, b, c, d = (int(part) for part in address.split("."))
    return str(IPv6Address(f"2001:db8:{a << 8 | b:x}:{c:x}::{d:x}"))


def wrong(name: str, password: str, mechanism: str = "PLAIN") -> Try:
    """Return a try that fails."""
    return Try(mechanism, name, password)


def right(name: str, password: str, mechanism: str = "PLAIN") -> Try:
    """Return a try that succeeds."""
    return Try(mechanism, name, password, 235)


def as_smtplib(name: str, password: str, *, good: bool = False) -> tuple[Try, ...]:
    """Every mechanism in turn with one password, as smtplib does; the first suffices if it is right."""
    if good:
        return (right(name, password, "CRAM-MD5"),)
    return tuple(wrong(name, password, mechanism) for mechanism in ("CRAM-MD5", "PLAIN", "LOGIN"))


def by_time(visits: Iterable[Visit]) -> list[Visit]:
    """Visits in order."""
    return sorted(visits, key=lambda visit: visit.ts)
