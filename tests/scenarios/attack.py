"""What an attack of a scenario is: connections, and the alert that tells it."""

from dataclasses import dataclass, field
from ipaddress import ip_network
from random import Random
from typing import Final

from scenarios.people import NETWORKS
from scenarios.visits import HOUR, MIDNIGHT, MINUTE, SERVER, SERVER6, Visit, as_ipv6

from smtpsensor.detect.site import Place, Site

NINE: Final = MIDNIGHT + 9 * HOUR + 17 * MINUTE  # when attacks begin
TRUSTED: Final = Site(trusted=tuple(Place(ip_network(text), "the company's") for text in NETWORKS))
_ADDRESSES: Final = ("source", "network", "server")
_WORDS: Final = "123456 password qwerty dragon monkey letmein welcome summer winter hamburg"
_NAMES: Final = (
    "admin backup office sales test billing support service contact postmaster webmaster mail hr career shop "
    "noreply info root scanner printer fax guest user web ftp dev ops demo sync abuse jobs press order "
    "invoice account finance legal team hello staff"
)


@dataclass(frozen=True, slots=True)
class Attack:
    """What is done, and what must be said: one alert of `rule` with `key`, counting `count` attempts.

    `also`: other rules above info that speak about the same attack, and why that is right.
    """

    kind: str
    visits: list[Visit]
    rule: str
    key: dict[str, str]
    count: int
    about: str
    also: dict[str, str] = field(default_factory=dict)
    site: Site = field(default_factory=Site)
    needs_day: bool = False

    def ipv6(self) -> "Attack":
        """The same attack over IPv6: addresses and networks of it as text change with it."""
        key = {what: _key_ipv6(value) if what in _ADDRESSES else value for what, value in self.key.items()}
        visits = [visit.ipv6() for visit in self.visits]
        return Attack(
            self.kind, visits, self.rule, key, self.count, self.about, self.also, self.site, self.needs_day
        )


def _key_ipv6(value: str) -> str:
    if value == SERVER:
        return SERVER6
    if value.endswith(".0/24"):
        return f"{as_ipv6(value.removesuffix('/24'))}/64"
    return as_ipv6(value)


def password(random: Random) -> str:
    """Return one of a dictionary's passwords."""
    return f"{random.choice(_WORDS.split())}{random.randrange(10_000)}"


def name_at(at: int) -> str:
    """Return one of forty names that nobody here has."""
    return f"{_NAMES.split()[at]}@example.net"
