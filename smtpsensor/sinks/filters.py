"""`--source`, `--user`, `--server`, `--since`, `--until`: which events the outputs and the report see.

Values of one option are alternatives; different options must all hold. Events pass through the filter before
the name policy, so that `--user` knows the real names.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from smtpsensor.detect.alert import Alert
from smtpsensor.events import AuthEvent, Event, Flow, SessionEvent

Network = IPv4Network | IPv6Network
# Answers kept per address: one table of 16 MB at most, for addresses that come again.
_ADDRESSES = 65_536
# Flows with an attempt of a wanted user, until their session ends: more cannot be open (Limits.connections),
# and 8 MB hold a tenth of that; the oldest goes first.
_FLOWS = 131_072
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = 1_000  # ns
_BRACKETED = re.compile(r"\[(?P<host>[^\[\]]+)\](?::(?P<port>[^:]*))?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class FilterError(ValueError):
    """A filter value that means nothing; the text names the option, the value and what to write instead."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server or several: any address of `network` (None: all) with `port` (None: all)."""

    network: Network | None
    port: int | None


def parse_source(text: str, option: str = "--source") -> Network:
    """Return the network of an address or a CIDR prefix, IPv4 or IPv6; raises FilterError."""
    network = _network(text)
    if network is None:
        raise FilterError(
            f"{option}: {text!r} is no address or network; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"
        )
    return network


def parse_server(text: str, option: str = "--server") -> Server:
    """Return the server of `ADDRESS`, `NETWORK`, either with `:PORT`, or `:PORT`; raises FilterError.

    An IPv6 address with a port stands in brackets: `[2001:db8::25]:587`.
    """
    host, port = text, None
    bracketed = _BRACKETED.fullmatch(text)
    if bracketed:
        host, port = bracketed["host"], bracketed["port"]
    elif text.count(":") == 1:
        host, port = text.split(":")
    network = _network(host) if host else None
    if (host and network is None) or (port is None and not host):
        raise FilterError(
            f"{option}: {text!r} is no server; write 203.0.113.25, 203.0.113.25:587, 203.0.113.0/24,"
            " [2001:db8::25]:587 or :587"
        )
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise FilterError(f"{option}: {port!r} in {text!r} is no port; write a number from 1 to 65535")
    return Server(network, None if port is None else int(port))


def parse_user(text: str, option: str = "--user") -> str:
    """Return a name pattern (`*` any text, `?` one character), case-folded; raises FilterError if empty."""
    if not text:
        raise FilterError(f"{option}: the name is empty; write anna@example.net or '*@example.net'")
    return text.casefold()


def parse_since(text: str, option: str = "--since") -> int:
    """Return the first moment kept, ns since the epoch: ISO 8601, UTC unless a zone is given; FilterError."""
    return _nanoseconds(_when(text, option))


def parse_until(text: str, option: str = "--until") -> int:
    """Return the first moment no longer kept, ns since the epoch; a date alone is kept to its end."""
    when = _when(text, option)
    if _DATE.fullmatch(text.strip()):
        try:
            when += timedelta(days=1)
        except OverflowError:
            when = datetime.max.replace(tzinfo=UTC)
    return _nanoseconds(when)


def _when(text: str, option: str) -> datetime:
    try:
        when = datetime.fromisoformat(text.strip())
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FilterError(
            f"{option}: {text!r} is no time; write 2026-11-24, 2026-11-24T04:20:00 (UTC) or"
            " 2026-11-24T04:20:00+01:00"
        ) from None


def _nanoseconds(when: datetime) -> int:
    return (when - _EPOCH) // timedelta(microseconds=1) * _MICROSECOND


def _network(text: str) -> Network | None:
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv6Network):
        if "%" in text:  # a zone names an interface of one machine, nothing on the wire
            return None
        mapped = network.network_address.ipv4_mapped
        if mapped is not None and network.prefixlen >= 96:
            return IPv4Network((mapped, network.prefixlen - 96))
    return network


class EventFilter:
    """Keeps the events that every given option allows; without options, all."""

    def __init__(
        self,
        sources: Iterable[Network] = (),
        users: Iterable[str] = (),
        servers: Iterable[Server] = (),
        since: int | None = None,
        until: int | None = None,
    ) -> None:
        """Take what the `parse_` functions returned; times are `since` <= event < `until`, ns.

        Raises FilterError where no time lies between them.
        """
        if since is not None and until is not None and since >= until:
            raise FilterError("--since: not before --until, so nothing is left; swap or widen them")
        self._sources = _matcher(tuple(sources))
        self._users = _patterns(tuple(users))
        self._servers = tuple((_matcher((s.network,) if s.network else ()), s.port) for s in servers)
        self._since = since
        self._until = until
        self._flows: dict[int, None] = {}
        self.active = bool(self._sources or self._users or self._servers) or (since, until) != (None, None)

    def keep(self, event: Event | Alert) -> bool:
        """Say whether the event passes.

        A session is in time if any part of it is. With users given, an attempt passes if its user name or
        authorization identity matches, a session or anomaly if an attempt of its connection passed before.

        An alert passes by what it is about, whole, although other attempts may belong to it too. In time: any
        part of first to last attempt. Source: that of the decisive attempt, one of its key, a network of its
        key that overlaps, or a listed member. User: the key's, a listed member, or an attempt of the decisive
        connection that passed before. Server: that of the decisive attempt. Members beyond those listed do
        not count: nobody knows them any more.
        """
        if not self.active:
            return True
        if isinstance(event, Alert):
            return self._keep_alert(event)
        return self._in_time(event) and self._addressed(event) and self._named(event)

    def _keep_alert(self, alert: Alert) -> bool:
        if not self._within(alert.first, alert.last) or not self._served(alert.flow):
            return False
        if self._sources and not any(map(self._sources, _sources_of(alert))):
            return False
        if self._users is None:
            return True
        names = (alert.key.get("username"), *alert.members.get("usernames", ()))
        known = any(name is not None and self._users.match(name.casefold()) for name in names)
        return known or alert.flow.flow_id in self._flows

    def _in_time(self, event: Event) -> bool:
        return self._within(event.ts, event.ts_end if isinstance(event, SessionEvent) else event.ts)

    def _within(self, start: int, end: int) -> bool:
        return (self._since is None or end >= self._since) and (self._until is None or start < self._until)

    def _addressed(self, event: Event) -> bool:
        return (not self._sources or self._sources(event.flow.src)) and self._served(event.flow)

    def _served(self, flow: Flow) -> bool:
        return not self._servers or any(
            (port is None or port == flow.dst_port) and (matches is None or matches(flow.dst))
            for matches, port in self._servers
        )

    def _named(self, event: Event) -> bool:
        if self._users is None:
            return True
        flow_id = event.flow.flow_id
        if not isinstance(event, AuthEvent):
            kept = flow_id in self._flows
            if isinstance(event, SessionEvent):
                self._flows.pop(flow_id, None)
            return kept
        for name in (event.username, event.authzid):
            if name is not None and self._users.match(name.casefold()):
                if len(self._flows) >= _FLOWS:
                    del self._flows[next(iter(self._flows))]
                self._flows[flow_id] = None
                return True
        return False


def _sources_of(alert: Alert) -> Iterable[str]:
    """Return addresses and networks, as text."""
    own = (alert.key[kind] for kind in ("source", "network") if kind in alert.key)
    return (alert.flow.src, *own, *alert.members.get("sources", ()))


def _matcher(networks: tuple[Network, ...]) -> Callable[[str], bool] | None:
    """Return a test of an address or network (overlap) in text form; None where there are no `networks`."""
    if not networks:
        return None

    @lru_cache(maxsize=_ADDRESSES)
    def matches(text: str) -> bool:
        if "/" in text:
            other = _network(text)
            return other is not None and any(_overlap(other, network) for network in networks)
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in networks)

    return matches


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _patterns(users: tuple[str, ...]) -> re.Pattern[str] | None:
    if not users:
        return None
    # Brackets are rare in names and rarer as a wish: they are taken literally. translate() makes patterns
    # that cannot backtrack without end, which matters where the wire chooses the text.
    return re.compile("|".join(fnmatch.translate(user.replace("[", "[[]")) for user in users))
