"""What only the administrator knows: which networks are trusted, who may fail, what shall be silent."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


class Origin(StrEnum):
    """Where a client stands."""

    OUTSIDE = "outside"
    TRUSTED = "trusted"  # VPN, LAN
    OWN = "own"  # one of the servers themselves, such as a webmail that logs in for everybody


@dataclass(frozen=True, slots=True)
class Place:
    """A network and why it is listed."""

    network: Network
    reason: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """Attempts that no rule looks at, such as those of a monitoring probe: by source, by name, or both."""

    reason: str
    network: Network | None = None
    username: str | None = None  # casefolded; `*` and `?` are patterns


@dataclass(frozen=True, slots=True)
class Mute:
    """Alerts that are counted but stand in no output, up to `until` (ns of packet time; None: for good)."""

    reason: str
    rule: str | None = None
    network: Network | None = None
    username: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What the configuration changes of one rule, or only for one `server`; None leaves it as it is."""

    rule: str
    server: str | None = None
    thresholds: tuple[object, ...] | None = None  # tuple of smtpsensor.detect.rule.Threshold
    severity: str | None = None
    quiet: int | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """The detection part of the configuration."""

    trusted: tuple[Place, ...] = ()
    own: tuple[Place, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    mutes: tuple[Mute, ...] = ()
    changes: tuple[RuleChange, ...] = ()
    file: str = ""  # where it was read from, for messages


class Origins:
    """Says where an address stands, by the site's lists; remembers addresses already looked up."""

    # One entry per source of a busy day; beyond, the memory starts anew (a look-up costs 2 us).
    _CAP = 32_768

    def __init__(self, site: Site) -> None:
        self._lists = ((Origin.OWN, site.own), (Origin.TRUSTED, site.trusted))
        self._known: dict[str, Origin] = {}
        self.configured = bool(site.own or site.trusted)

    def of(self, address: str) -> Origin:
        """Return where `address` (text of an address) stands."""
        if not self.configured:
            return Origin.OUTSIDE
        found = self._known.get(address)
        if found is None:
            found = self._look(address)
            if len(self._known) >= self._CAP:
                self._known.clear()
            self._known[address] = found
        return found

    def _look(self, address: str) -> Origin:
        try:
            parsed = ip_address(address)
        except ValueError:
            return Origin.OUTSIDE
        for origin, places in self._lists:
            for place in places:
                if parsed in place.network:
                    return origin
        return Origin.OUTSIDE
