"""All connections: opening, event time, expiry, caps, closing."""

from collections import deque
from typing import Final

from smtpsensor.config import Settings
from smtpsensor.events import EndReason
from smtpsensor.reassembly.flow import MASK, Connection, Half, before, far
from smtpsensor.reassembly.holes import Holes
from smtpsensor.reassembly.opening import reverse
from smtpsensor.reassembly.timers import Wheel
from smtpsensor.smtp.context import Context
from smtpsensor.smtp.stream import Mark

TICK: Final = 250_000_000  # ns of event time between two looks at the timers
STEP: Final = 3_600_000_000_000  # a jump of more than an hour is a clock that was set
_SYN: Final = 2
# Servers slow down for those who guess, by up to 15 s.
_VERDICT: Final = 20_000_000_000

# Where a closed direction began and ended, whether it was the client's, and whether a reply was awaited.
Place = tuple[int, int, bool, bool]


class Table(Holes):
    """Opens and ends connections; each is in the wheel of the idle or of the half-open ones."""

    def __init__(self, settings: Settings, context: Context) -> None:
        super().__init__(settings, context)
        self._idle: Wheel[Connection] = Wheel()
        self._half_open: Wheel[Connection] = Wheel()
        self._resets: Wheel[Connection] = Wheel()
        # Closed connections, so that late copies open no new one.
        self._closed: dict[bytes, Place] = {}
        self._burials: deque[tuple[int, bytes, Place, Place]] = deque()
        self._stale = 0  # closed connections that a wheel still holds
        self._open = 0
        self.due = -1  # packet times outside floor..due call `clock`
        self.floor = 0

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Return how many connections are open, how many closed ones are remembered, and octets held."""
        return self._open, len(self._burials), self._order.held

    # -- time ----------------------------------------------------------------------------------------

    def clock(self, ts: int) -> None:
        """Move event time on to packet time `ts` (ns) and do what is due.

        `now` leaves out jumps of over an hour: a clock that was set must neither expire nor keep anything.
        """
        seen = self.due - TICK
        if self.due >= 0 and not self.floor <= ts <= seen + STEP:
            self._stats.count("clock_step")
            self.shift += ts - seen
            self._closed.clear()  # no late copy comes an hour later
            self._burials.clear()
        self.due = ts + TICK
        self.floor = ts - STEP
        self.now = ts - self.shift
        self._tick(self.now)

    def _tick(self, now: int) -> None:
        holes = self._holes
        while holes and holes[0][0] <= now:
            half = holes.popleft()[1]
            half.armed = False
            if not half.conn.closed:
                self._hole_due(half)
                self.settle(half.conn)
        for conn in self._resets.due(now):
            if conn.reset is not None and not conn.closed:
                self._reset_due(conn)
        for conn in self._half_open.due(now):
            if not conn.closed:
                self._idle_due(conn, self._limits.half_open)
        for conn in self._idle.due(now):
            if not conn.closed:
                self._idle_due(conn, self._limits.idle)
        while self._burials and self._burials[0][0] <= now:
            self._bury()

    def _reset_due(self, conn: Connection) -> None:
        """Believe an RST behind which nothing more was said, for as long as an awaited reply may take."""
        session = conn.client.session
        silence = self._limits.hole_grace
        if session is not None and session.awaits:
            silence = max(silence, _VERDICT)
        idle = self.now + self.shift - conn.last
        if idle >= silence or idle < -TICK:
            self.close(conn, EndReason.RST)
        else:
            self._resets.add(self.now + silence - idle, conn)

    def _idle_due(self, conn: Connection, limit: int) -> None:
        """Expire a connection, or look again when it can have been idle for long enough."""
        wheel = self._half_open
        if conn.established:
            wheel, limit = self._idle, self._limits.idle
        idle = self.now + self.shift - conn.last
        if not 0 <= idle < STEP:
            conn.touch(self.now + self.shift)  # the clock was set meanwhile
            idle = 0
        if idle >= limit:
            self.close(conn, EndReason.EXPIRED)
        else:
            wheel.add(self.now + limit - idle, conn)

    # -- opening -------------------------------------------------------------------------------------

    def admits(self, key: bytes, flags: int, seq: int, size: int) -> bool:
        """Whether a segment of no open connection opens one: a SYN, or payload; no late copy does.

        Payload behind the end of a closed connection is none: its RST was forged, or it was only silent.
        """
        if flags & _SYN:
            return not self.is_late(key, (seq + 1) & MASK)
        closed = self._closed.get(key)
        end = (seq + size) & MASK
        return size > 0 and (closed is None or closed[1] < 0 or before(closed[1], end) or far(closed[1], end))

    def is_late(self, key: bytes, first: int) -> bool:
        """Whether a SYN that announces `first` is a copy of one whose connection is closed."""
        closed = self._closed.get(key)
        return closed is not None and closed[0] == first

    def open(
        self,
        key: bytes,
        flags: int,
        seq: int,
        mark: Mark,
        vlan: tuple[int, ...],
        iface: str | None,
        *,
        client: bool | None = None,
    ) -> Half:
        """Open a connection for a segment with `key`; return the sender's half.

        `client` says whether the sender is the client, None that ports and flags tell.
        """
        limits = self._limits
        while self._open >= limits.connections:
            self._evict()
        closed = None if flags & _SYN else self._closed.get(key)
        if closed is not None:
            client = closed[2]
        half = self._opener.connection(key, flags, mark, client)
        conn = half.conn
        conn.vlan = vlan
        conn.iface = iface
        self.flows[conn.key] = conn.client
        self.flows[reverse(conn.key)] = conn.server
        half.last = mark[0]
        if flags & _SYN:
            half.base = half.next = (seq + 1) & MASK
            half.syn = True
        elif closed is not None and not far(seq, closed[1]):
            half.base = half.next = closed[1]  # it goes on where it was closed
            conn.owed = closed[3]
            there = self._closed.get(reverse(key))
            if there is not None and there[1] >= 0:
                half.peer.base = half.peer.next = there[1]
                half.peer.last = mark[0]  # it is in sight: its acknowledgements tell what is lost
        self._open += 1
        stats = self._stats
        stats.connections += 1
        stats.connections_peak = max(stats.connections_peak, self._open)
        self._half_open.add(self.now + limits.half_open, conn)
        return half

    def _evict(self) -> None:
        """Make room: half-open connections first (a SYN flood), then the one idle longest."""
        while (conn := self._half_open.oldest()) is not None:
            if conn.closed:
                continue
            if conn.established:
                self._idle.add(self.now + self._limits.idle, conn)
                continue
            break
        else:
            while (conn := self._idle.oldest()) is not None:
                if conn.closed:
                    continue
                left = conn.last - self.shift + self._limits.idle - self.now
                if not self._idle.may_be_oldest(self.now + left):
                    self._idle.add(self.now + left, conn)
                    continue
                break
        if conn is not None:
            self._stats.count("connection_evicted")
            self.close(conn, EndReason.EVICTED)

    # -- closing -------------------------------------------------------------------------------------

    def settle(self, conn: Connection) -> None:
        """Close a connection both of whose directions are done; watch what is missing before a FIN."""
        if conn.closed:
            return
        client, server = conn.client, conn.server
        if client.done and server.done:
            self.close(conn, EndReason.FIN)
            return
        for half in (client, server):
            if half.fin >= 0 and half.next != half.fin:
                self._look_for_hole(half, half.peer.ack)
        self._ease(conn)

    def close(self, conn: Connection, reason: EndReason) -> None:
        """End a connection: holes are given up, the session reports, its ports are remembered for a while."""
        if conn.closed:
            return
        client, server = conn.client, conn.server
        last: Mark = (conn.last, conn.frame, conn.file)
        for half in (server, client):
            for _ in range(self._limits.held_segments):
                if not self._order.skip(half, last, last=True):
                    break
            self._order.forget(half)
        session = client.session
        if session is None and (conn.pending or (client.syn and server.syn) or client.octets):
            session = self._opener.session(conn)
        owed = session is not None and (session.awaits or session.adrift)
        if session is not None:
            session.client_pos = client.next
            session.close(reason, (conn.first, conn.frame, conn.file), last, (client.octets, server.octets))
        key, other = conn.key, reverse(conn.key)
        # What the server did not acknowledge may have been forged: such octets are no late copy.
        end = client.acked_by_peer()
        if before(client.next, end):
            end = client.next
        conn.release()
        self._open -= 1
        del self.flows[key], self.flows[other]
        self._closed[key] = ours = (client.base, end, True, owed)
        self._closed[other] = theirs = (server.base, server.next, False, owed)
        self._burials.append((self.now + self._limits.closed_memory, key, ours, theirs))
        if len(self._burials) > self._limits.closed_entries:
            self._bury()
        self._stale += 1
        if self._stale > self._open + self._limits.closed_entries:
            self._stale = 0
            self._idle.sweep(_is_open)
            self._half_open.sweep(_is_open)
            self._resets.sweep(_is_open)

    def _bury(self) -> None:
        """Forget the oldest closed connection."""
        _, key, client, server = self._burials.popleft()
        for direction, ends in ((key, client), (reverse(key), server)):
            if self._closed.get(direction) is ends:
                del self._closed[direction]

    def finish(self) -> None:
        """Report every open connection, oldest first: the input ended."""
        for half in list(self.flows.values()):
            if not half.conn.closed:
                self.close(half.conn, EndReason.RST if half.conn.reset is not None else EndReason.END)


def _is_open(conn: Connection) -> bool:
    return not conn.closed
