"""What is missing: when a hole is given up, and whose word counts for it.

A client owns its packets: it may send what the server never takes (a wrong checksum, a TTL too low), and the
sensor cannot tell. Its word alone moves nothing: what it sent is shown by the server's acknowledgements, and
what the server sent by the server's own sequence numbers.
"""

from typing import Final

from smtpsensor.reassembly.delivery import Delivery
from smtpsensor.reassembly.flow import MASK, Connection, Half, before, far

_ANY: Final = 0  # the size of a hole that nobody knows


class Holes(Delivery):
    """The watch over holes; no timer runs for a connection that says nothing."""

    def _ease(self, conn: Connection) -> None:
        """Let the packet loop take the short way where nothing stands against it.

        While anything is held both directions take the long way: what they say next starts the watch again.
        """
        client, server = conn.client, conn.server
        client.slow = server.slow = (
            client.session is None
            or conn.reset is not None
            or client.fin >= 0
            or server.fin >= 0
            or client.candidate >= 0
            or server.candidate >= 0
            or client.held is not None
            or server.held is not None
        )

    def _look_for_hole(self, half: Half, ack: int) -> None:
        """Watch a direction whose octets were acknowledged before they were seen."""
        if ack < 0 or half.next < 0:
            return
        if half.client and far(ack, half.next):
            self._take_place(half, ack)
        elif before(half.next, ack) and before(half.next, half.acked_by_peer()):
            self.watch(half)

    def _hole_due(self, half: Half) -> None:
        """Give up a hole that stayed for its grace and that is known to be one."""
        acked = before(half.next, half.acked_by_peer())
        if half.hole == half.next and (acked or (half.held is not None and not half.peer.last)):
            self._order.skip(half, (self.now + self.shift, half.conn.frame, half.conn.file))
        conn = half.conn
        if conn.closed:
            return
        if half.hole != half.next and (half.held is not None or before(half.next, half.acked_by_peer())):
            self.watch(half)
        elif half.held is not None:
            half.slow = half.peer.slow = True

    def _take_place(self, client: Half, ack: int) -> None:
        """Go on where the server says: it acknowledges far from all that was seen of the client."""
        self._order.forget(client)
        if ack < client.next:
            client.wraps += 1
        client.lost += (ack - client.next) & MASK
        client.next = ack
        client.history = b""
        client.fin = client.candidate = -1
        session = client.session
        if session is None:
            client.base, client.wraps, client.lost = ack, 0, 0
            return
        mark = (self.now + self.shift, client.conn.frame, client.conn.file)
        session.client_gap(ack, _ANY, mark)
        self._modes(client.conn, session)
