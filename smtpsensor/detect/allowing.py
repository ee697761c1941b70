"""Attempts that no rule looks at: the administrator's own probes and the like."""

from ipaddress import ip_address
from re import Pattern

from smtpsensor.detect.facts import Facts
from smtpsensor.detect.mutes import name_pattern
from smtpsensor.detect.site import Allowed, Network


class Allowing:
    """Says whether an attempt is let be; remembers addresses already looked up."""

    # One entry per source of a busy day; beyond, the memory starts anew.
    _CAP = 32_768

    def __init__(self, allowed: tuple[Allowed, ...] = ()) -> None:
        self._allowed: tuple[tuple[Network | None, Pattern[str] | None], ...] = tuple(
            (one.network, name_pattern(one.username)) for one in allowed
        )
        self._known: dict[str, tuple[Pattern[str] | None, ...]] = {}  # address -> names allowed from it

    def lets(self, facts: Facts) -> bool:
        """Return whether the attempt is to be left alone."""
        if not self._allowed:
            return False
        source = facts.source
        patterns = self._known.get(source)
        if patterns is None:
            if len(self._known) >= self._CAP:
                self._known.clear()
            patterns = self._known[source] = self._from(source)
        name = facts.username
        return any(pattern is None or (name is not None and pattern.fullmatch(name)) for pattern in patterns)

    def _from(self, source: str) -> tuple[Pattern[str] | None, ...]:
        try:
            address = ip_address(source)
        except ValueError:
            return tuple(pattern for network, pattern in self._allowed if network is None)
        return tuple(pattern for network, pattern in self._allowed if network is None or address in network)
