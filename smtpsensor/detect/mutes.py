"""Mutes: alerts that the administrator does not want to hear of, for a reason and up to a time.

They stand in no output; how many there were of each rule is counted, and told by the report.
"""

from fnmatch import translate
from ipaddress import ip_address, ip_network
from re import Pattern
from re import compile as compiled
from typing import TYPE_CHECKING

from smtpsensor.detect.facts import Facts
from smtpsensor.detect.site import Mute, Network

if TYPE_CHECKING:
    from smtpsensor.detect.active import Active


class Mutes:
    """Says whether an alert is muted: by its rule, and by the key it was grouped by."""

    def __init__(self, mutes: tuple[Mute, ...] = ()) -> None:
        self._mutes = [(mute, name_pattern(mute.username)) for mute in mutes]

    def silence(self, alert: "Active", facts: Facts) -> bool:
        """Return whether a new alert is muted at the packet time of `facts`."""
        return self.holds(alert, facts.ts)

    def holds(self, alert: "Active", ts: int) -> bool:
        """Return whether an alert is muted at packet time `ts`."""
        if not self._mutes:
            return False
        return any(_applies(mute, pattern, alert, ts) for mute, pattern in self._mutes)


def name_pattern(text: str | None) -> Pattern[str] | None:
    """Return the pattern of a name with `*` and `?`, without regard to case; None for None."""
    if text is None:
        return None
    return compiled(translate(text.casefold().replace("[", "[[]")))


def _applies(mute: Mute, pattern: Pattern[str] | None, alert: "Active", ts: int) -> bool:
    if mute.until is not None and ts >= mute.until:
        return False
    if mute.rule is not None and mute.rule != alert.rule.name:
        return False
    values = dict(zip(alert.rule.group, alert.key, strict=True))
    if mute.network is not None and not _within(mute.network, values.get("source") or values.get("network")):
        return False
    return pattern is None or pattern.fullmatch(values.get("username", "")) is not None


def _within(network: Network, text: str | None) -> bool:
    if text is None:
        return False
    try:
        inner = ip_network(text) if "/" in text else ip_network(ip_address(text))
    except ValueError:
        return False
    same = inner.version == network.version and inner.prefixlen >= network.prefixlen
    return same and inner.network_address in network
