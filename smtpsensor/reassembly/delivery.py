"""In-order octets to the session, and the watch over holes."""

from abc import ABC, abstractmethod
from collections import deque
from typing import Final

from smtpsensor.config import Settings
from smtpsensor.reassembly.flow import BULK, LINES, MASK, OPAQUE, Connection, Half
from smtpsensor.reassembly.opening import Opener
from smtpsensor.reassembly.order import Order
from smtpsensor.smtp.context import Context
from smtpsensor.smtp.session import Session
from smtpsensor.smtp.state import Read
from smtpsensor.smtp.stream import Mark

_PENDING: Final = 8  # segments of a server whose client said nothing yet


class Delivery(ABC):
    """Hands octets and holes to sessions. `now` is event time without its jumps, see `Table.clock`."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self.context = context
        self.flows: dict[bytes, Half] = {}  # by addresses and ports as on the wire, one entry a direction
        self.now = 0
        self.shift = 0  # packet time minus `now`
        self._limits = settings.limits
        self._stats = context.stats
        self._history = settings.limits.history
        self._opener = Opener(settings, context)
        self._order = Order(settings.limits, context.stats, self.deliver, self._gap, self._conflict)
        self._holes: deque[tuple[int, Half]] = deque()  # due times rise: the grace is the same for all

    def deliver(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Hand on octets that begin at `next`."""
        following = seq + len(data)
        if following > MASK:
            following &= MASK
            half.wraps += 1
        half.next = following
        peer = half.peer
        if ack != peer.next and not peer.armed:
            self._look_for_hole(peer, ack)
        session = half.session
        if session is None:
            found = self._begin(half, data, seq, ack, mark)
            if found is None:
                return
            session = found
        if half.client:
            session.client(data, seq, ack, mark)
            if session.full:
                self._relieve(peer, session, mark)
        else:
            session.client_pos = peer.next
            session.server_data(data, seq, ack, mark)
        if session.read >= Read.BODY or half.mode != LINES or peer.mode != LINES:
            self._modes(half.conn, session)
            if half.mode != LINES:
                return
        history = half.history
        if history:
            data = history + data
        half.history = data if len(data) <= self._history else data[-self._history :]

    def _relieve(self, server: Half, session: Session, mark: Mark) -> None:
        """Bound what waits for replies: holes before them are given up first, then the replies."""
        backlog = self._limits.backlog
        for _ in range(self._limits.held_segments):
            if session.stream.size <= backlog or not self._order.skip(server, mark):
                break
        session.full = session.stream.size > backlog
        if session.full:
            session.overflow(mark)
        self._modes(server.conn, session)

    def _begin(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> Session | None:
        """Make the session when the client speaks; what the server says before is kept."""
        conn = half.conn
        if not half.client:
            pending = conn.pending
            if pending is None:
                pending = conn.pending = []
            if len(pending) < _PENDING:
                pending.append((data, seq, ack, mark))
                half.history = (half.history + data)[-self._history :]
                return None
        session = self._opener.session(conn)
        self._ease(conn)
        return session

    def _modes(self, conn: Connection, session: Session) -> None:
        """Let the packet loop know what it need not hand over."""
        client, server = conn.client, conn.server
        read = session.read
        if read == Read.OPAQUE:
            client.mode = server.mode = OPAQUE
            client.history = server.history = b""
        elif read == Read.BODY and not session.server.queue and not session.stream:
            client.mode = BULK
            client.history = b""
        else:
            client.mode = LINES

    @abstractmethod
    def _ease(self, conn: Connection) -> None:
        """Let the packet loop take the short way where nothing stands against it."""

    @abstractmethod
    def _look_for_hole(self, half: Half, ack: int) -> None:
        """Watch a direction whose octets were acknowledged before they were seen."""

    # -- holes ---------------------------------------------------------------------------------------

    def watch(self, half: Half) -> None:
        """Note that octets are missing in this direction; they get their grace."""
        if not half.armed:
            half.armed = True
            half.hole = half.next
            self._holes.append((self.now + self._limits.hole_grace, half))

    def _gap(self, half: Half, end: int, size: int, mark: Mark) -> None:
        """Tell the session of a hole."""
        if end < half.next:
            half.wraps += 1
        half.next = end
        half.lost += size
        half.history = b""
        conn = half.conn
        session = half.session or self._opener.session(conn)
        if half.client:
            session.client_gap(end, size, mark)
        else:
            session.client_pos = conn.client.next
            session.server_gap(end, size, mark)
        self._modes(conn, session)

    def _conflict(self, half: Half, mark: Mark) -> None:
        session = half.session or self._opener.session(half.conn)
        session.anomaly("overlap_conflict", mark)
