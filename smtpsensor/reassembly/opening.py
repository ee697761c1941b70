"""How a connection begins: who is the client, and the session's description."""

from ipaddress import ip_address, ip_network
from typing import Final

from smtpsensor.config import Settings
from smtpsensor.events import Flow
from smtpsensor.flowid import community_id, flow_id
from smtpsensor.reassembly.flow import LINES, Connection, Half
from smtpsensor.smtp.context import Context
from smtpsensor.smtp.session import Session
from smtpsensor.smtp.stream import Mark

_SYN: Final = 2
_ACK: Final = 16
_NAMES: Final = 65_536  # address texts kept: a flood of sources must not grow it


def reverse(key: bytes) -> bytes:
    """Return the key of the other direction."""
    if len(key) == 12:
        return key[4:8] + key[:4] + key[10:] + key[8:10]
    return key[16:32] + key[:16] + key[34:] + key[32:34]


class Opener:
    """Makes connections and, when the first octet asks for it, their sessions."""

    __slots__ = ("_context", "_implicit", "_names", "_ports", "_proxies")

    def __init__(self, settings: Settings, context: Context) -> None:
        self._context = context
        self._ports = settings.smtp_ports | settings.implicit_tls_ports
        self._implicit = settings.implicit_tls_ports
        self._proxies = tuple(ip_network(text) for text in settings.proxies)
        self._names: dict[bytes, str] = {}

    def connection(self, key: bytes, flags: int, mark: Mark, client: bool | None) -> Half:
        """Make the connection of a segment with `key`; return the sender's half.

        The server is the side on a port that is watched; where both are, a SYN tells, else the first sender
        is taken for the client.
        """
        if client is None:
            source = int.from_bytes(key[-4:-2]) in self._ports
            target = int.from_bytes(key[-2:]) in self._ports
            client = target if source != target else flags & (_SYN | _ACK) != _SYN | _ACK
        if not client:
            key = reverse(key)
        conn = Connection(key, mark, implicit=int.from_bytes(key[-2:]) in self._implicit)
        return conn.client if client else conn.server

    def session(self, conn: Connection) -> Session:
        """Make the session and hand it what the server said before."""
        flow = self._flow(conn)
        client, server = conn.client, conn.server
        pending = conn.pending
        conn.pending = None
        client_pos = max(client.base, 0)
        server_pos = max(server.base, 0)
        session = Session(
            flow,
            self._context,
            client_pos,
            server_pos,
            midstream=conn.midstream,
            implicit=conn.implicit,
            proxied=self._is_proxy(flow.src),
        )
        session.adrift = conn.owed
        client.session = server.session = session
        client.mode = server.mode = LINES
        for data, seq, ack, mark in pending or ():
            session.server_data(data, seq, ack, mark)
        return session

    def _flow(self, conn: Connection) -> Flow:
        key = conn.key
        size = (len(key) - 4) // 2
        src, dst = key[:size], key[size : 2 * size]
        sport, dport = int.from_bytes(key[-4:-2]), int.from_bytes(key[-2:])
        return Flow(
            self._name(src),
            sport,
            self._name(dst),
            dport,
            flow_id(key, conn.first),
            community_id(src, dst, sport, dport),
            conn.vlan,
            conn.iface,
        )

    def _name(self, packed: bytes) -> str:
        """Text of an address: dotted, or RFC 5952."""
        name = self._names.get(packed)
        if name is None:
            if len(self._names) >= _NAMES:
                self._names.clear()
            name = self._names[packed] = str(ip_address(packed))
        return name

    def _is_proxy(self, src: str) -> bool:
        if not self._proxies:
            return False
        address = ip_address(src)
        return any(address in network for network in self._proxies)
