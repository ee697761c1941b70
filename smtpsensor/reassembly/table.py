"""All connections: lookup, opening, in-order delivery, timers, caps, closing."""

from collections import deque
from typing import Final

from smtpsensor.config import Settings
from smtpsensor.events import EndReason
from smtpsensor.reassembly.flow import BULK, LINES, MASK, OPAQUE, Connection, Half, before
from smtpsensor.reassembly.opening import Opener, reverse
from smtpsensor.reassembly.order import Order
from smtpsensor.reassembly.timers import Wheel
from smtpsensor.smtp.context import Context
from smtpsensor.smtp.session import Read, Session
from smtpsensor.smtp.stream import Mark

TICK: Final = 250_000_000  # ns of event time between two looks at the timers
STEP: Final = 3_600_000_000_000  # a jump of more than an hour is a clock that was set
_PENDING: Final = 8  # segments of a server whose client said nothing yet


class Table:
    """Every connection by both of its directions' keys (addresses and ports as on the wire)."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self.flows: dict[bytes, Half] = {}
        self.context = context
        self._limits = settings.limits
        self._stats = context.stats
        self._opener = Opener(settings, context)
        self._order = Order(settings.limits, context.stats, self._deliver, self._gap, self._conflict)
        self._idle: Wheel[Connection] = Wheel()
        self._half_open: Wheel[Connection] = Wheel()
        self._holes: deque[tuple[int, Half]] = deque()  # due times rise: the grace is the same for all
        self._resets: deque[tuple[int, Connection]] = deque()
        # Closed connections: first sequence number of each direction, so that late copies open no new one.
        self._closed: dict[bytes, int] = {}
        self._burials: deque[tuple[int, bytes, int, int]] = deque()
        self._open = 0
        # Event time without its jumps: a clock that was set must neither expire nor preserve anything.
        self.now = 0
        self._shift = 0
        self.due = -1  # packet times outside floor..due call `clock`
        self.floor = 0

    # -- time ----------------------------------------------------------------------------------------

    def clock(self, ts: int) -> None:
        """Move event time on to packet time `ts` (ns) and do what is due."""
        if self.due >= 0 and (ts > self.due - TICK + STEP or ts < self.floor):
            self._stats.count("clock_step")
            self._shift += ts - (self.due - TICK)
            self.due = ts + TICK
        elif ts >= self.due:
            self.due = ts + TICK
        self.floor = self.due - TICK - STEP
        self.now = self.due - TICK - self._shift
        self._tick(self.now)

    def _tick(self, now: int) -> None:
        holes = self._holes
        while holes and holes[0][0] <= now:
            half = holes.popleft()[1]
            half.armed = False
            if not half.conn.closed:
                self._hole_due(half)
        while self._resets and self._resets[0][0] <= now:
            conn = self._resets.popleft()[1]
            if conn.reset is not None and not conn.closed:
                self.close(conn, EndReason.RST)
        for conn in self._idle.due(now):
            if not conn.closed:
                self._idle_due(conn, self._idle, self._limits.idle)
        for conn in self._half_open.due(now):
            if not conn.closed:
                self._idle_due(conn, self._half_open, self._limits.half_open)
        while self._burials and self._burials[0][0] <= now:
            self._bury()

    def _idle_due(self, conn: Connection, wheel: Wheel[Connection], limit: int) -> None:
        """Expire a connection, or look again when it can have been idle for long enough."""
        started = (
            conn.client.session is not None
            or conn.pending is not None
            or conn.client.next >= 0 <= conn.server.next
        )
        if wheel is self._half_open and started:
            wheel, limit = self._idle, self._limits.idle
        due = conn.last - self._shift + limit
        if due > self.now:
            wheel.add(due, conn)
        else:
            self.close(conn, EndReason.EXPIRED)

    # -- holes ---------------------------------------------------------------------------------------

    def watch(self, half: Half) -> None:
        """Note that octets are missing in this direction; they get their grace."""
        if not half.armed:
            half.armed = True
            half.hole = half.next
            self._holes.append((self.now + self._limits.hole_grace, half))

    def _hole_due(self, half: Half) -> None:
        """Give up a hole that stayed for its grace and that the peer acknowledged past."""
        acked = before(half.next, half.acked_by_peer())
        if half.hole == half.next and (acked or (half.held and not half.peer.last)):
            mark: Mark = (self.now + self._shift, half.conn.frame, half.conn.file)
            self._order.skip(half, mark)
            if not half.conn.closed:
                self.finished(half.conn)
        if not half.conn.closed and (half.held or before(half.next, half.acked_by_peer())):
            self.watch(half)

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

    # -- data ----------------------------------------------------------------------------------------

    def _deliver(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Hand on octets in order."""
        following = seq + len(data)
        if following > MASK:
            following &= MASK
            half.wraps += 1
        half.next = following
        conn = half.conn
        session = half.session
        peer = half.peer
        if ack >= 0 and peer.next >= 0 and before(peer.next, ack) and not peer.armed:
            if before(peer.next, peer.acked_by_peer()):
                self.watch(peer)
        if session is None:
            if not half.client:
                pending = conn.pending
                if pending is None:
                    conn.pending = [(data, seq, ack, mark)]
                    half.history = data[-1460:]
                    return
                if len(pending) < _PENDING:
                    pending.append((data, seq, ack, mark))
                    half.history = (half.history + data)[-1460:]
                    return
            session = self._opener.session(conn)
        if half.client:
            session.client(data, seq, ack, mark)
        else:
            session.client_pos = conn.client.next
            session.server_data(data, seq, ack, mark)
        self._modes(conn, session)
        if half.mode == LINES:
            history = half.history
            if history:
                history += data
                half.history = history if len(history) <= 1460 else history[-1460:]
            else:
                half.history = data if len(data) <= 1460 else data[-1460:]

    def _modes(self, conn: Connection, session: Session) -> None:
        """Let the packet loop know what it need not hand over."""
        read = session.read
        if read == Read.OPAQUE:
            mode = OPAQUE
            conn.server.mode = OPAQUE
            conn.server.history = conn.client.history = b""
        elif read == Read.BODY and not session.server.queue and not session.stream:
            mode = BULK
            conn.client.history = b""
        else:
            mode = LINES
        conn.client.mode = mode

    def in_order(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Take payload that begins at `next`, nothing held, from the packet loop."""
        self._deliver(half, data, seq, ack, mark)
        if half.fin >= 0 or half.peer.fin >= 0:
            self.finished(half.conn)

    # -- everything else -----------------------------------------------------------------------------

    def segment(self, half: Half, flags: int, seq: int, ack: int, data: bytes, mark: Mark) -> None:
        """Take any segment of an open connection that the packet loop does not handle itself."""
        conn = half.conn
        if not flags & 16:
            ack = -1
        if flags & 2:
            if not self._syn(half, seq, ack, flags, mark):
                return
            seq = (seq + 1) & MASK
            half = self._now_at(half, conn)
            conn = half.conn
        elif half.candidate >= 0 and seq == half.candidate and (data or ack == half.peer.candidate >= 0):
            half = self._reopen(half, mark)
            conn = half.conn
        half.last = mark[0]
        if ack >= 0:
            self._acknowledge(half, ack)
        if flags & 4:
            self._rst(half, seq, ack, mark)
            return
        if data:
            self._data(half, data, seq, ack, mark)
            if conn.closed:
                return
        if flags & 1 and half.fin < 0:
            fin = (seq + len(data)) & MASK
            if half.next < 0:
                half.base = half.next = fin
            if (fin - half.next) & MASK < 1 << 30:
                half.fin = fin
        if half.fin >= 0 or half.peer.fin >= 0:
            self.finished(conn)

    def _now_at(self, half: Half, conn: Connection) -> Half:
        """The half that stands for this direction now: a SYN may have opened a new connection."""
        key = conn.key if half.client else reverse(conn.key)
        return self.flows.get(key, half)

    def _acknowledge(self, half: Half, ack: int) -> None:
        half.ack = ack
        peer = half.peer
        if peer.next < 0:
            peer.base = peer.next = ack
        elif before(peer.next, ack) and not peer.armed and before(peer.next, peer.acked_by_peer()):
            self.watch(peer)

    def _data(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        conn = half.conn
        if half.next < 0:
            half.base = half.next = seq
        if conn.reset is half and not before(seq, conn.reset_seq):
            session = half.session
            if session is not None:
                session.anomaly("data_after_rst", mark)
            conn.reset = None
        self._order.take(half, data, seq, ack, mark)
        if half.held and not half.armed:
            self.watch(half)

    def _syn(self, half: Half, seq: int, ack: int, flags: int, mark: Mark) -> bool:
        """Take a SYN for known ports; whether the rest of the segment counts."""
        first = (seq + 1) & MASK
        conn = half.conn
        peer = half.peer
        if half.base == first:
            half.syn = True
            return True
        if half.syn:
            pass
        elif half.next < 0 or half.next == half.base:
            # SYN-ACK before SYN, or data before its SYN: mirror queues.
            if half.next < 0 or (half.base - first) & MASK < 1 << 20:
                if half.next < 0 or half.session is None:
                    half.base = half.next = first
                    half.syn = True
                    return True
        if conn.reset is not None or (half.fin >= 0 and half.next == half.fin):
            self.close(conn, EndReason.RST if conn.reset is not None else EndReason.REUSED)
            self.open(conn.key if half.client else reverse(conn.key), flags, seq, mark, conn.vlan, conn.iface)
            return True
        # Another connection on the same ports, or a forged SYN: the other side's answer tells.
        half.candidate = first
        if ack >= 0 and peer.candidate == ack:
            reopened = self._reopen(half, mark)
            reopened.base = reopened.next = first
            reopened.syn = True
            return True
        half.last = mark[0]
        return False

    def _reopen(self, half: Half, mark: Mark) -> Half:
        """The ports belong to a new connection; its SYNs were seen."""
        conn = half.conn
        ours, theirs = half.candidate, half.peer.candidate
        self.close(conn, EndReason.REUSED)
        key = conn.key if half.client else reverse(conn.key)
        fresh = self.open(key, 2, (ours - 1) & MASK, mark, conn.vlan, conn.iface, client=half.client)
        if theirs >= 0:
            fresh.peer.base = fresh.peer.next = theirs
            fresh.peer.syn = True
        return fresh

    def _rst(self, half: Half, seq: int, ack: int, mark: Mark) -> None:
        """Take an RST (RFC 9293 section 3.10.7.4): inside the window it ends the connection, after a grace.

        The grace lets frames that the mirror reordered come in, and shows a forged RST.
        """
        conn = half.conn
        if half.client is False and conn.client.octets == 0 and not conn.server.syn:
            self.close(conn, EndReason.RST)  # the port is closed, nothing was said
            return
        if half.next >= 0 and (seq - half.next + 1) & MASK > 1 << 20:
            self._stats.count("rst_out_of_window")
            return
        if conn.reset is None:
            conn.reset = half
            conn.reset_seq = seq
            self._resets.append((self.now + self._limits.hole_grace, conn))

    def finished(self, conn: Connection) -> None:
        """Close a connection both of whose directions are done; watch what is missing before a FIN."""
        client, server = conn.client, conn.server
        if client.fin >= 0 and client.next == client.fin and server.fin >= 0 and server.next == server.fin:
            self.close(conn, EndReason.FIN)
            return
        for half in (client, server):
            if (
                half.fin >= 0
                and half.next != half.fin
                and not half.armed
                and before(half.next, half.acked_by_peer())
            ):
                self.watch(half)

    # -- opening and closing -------------------------------------------------------------------------

    def admits(self, key: bytes, flags: int, seq: int, empty: bool) -> bool:
        """Whether a segment of no open connection opens one: a SYN, or payload; no late copy does."""
        if not flags & 2:
            return not empty and key not in self._closed
        return self._closed.get(key) != (seq + 1) & MASK

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
        """Open a connection for a segment with `key`; return the sender's half."""
        limits = self._limits
        while self._open >= limits.connections:
            self._evict()
        conn, half = self._opener.connection(key, flags, mark, client)
        conn.vlan = vlan
        conn.iface = iface
        self.flows[conn.key] = conn.client
        self.flows[reverse(conn.key)] = conn.server
        half.last = mark[0]
        if flags & 2:
            half.base = half.next = (seq + 1) & MASK
            half.syn = True
        self._open += 1
        stats = self._stats
        stats.connections += 1
        stats.connections_peak = max(stats.connections_peak, self._open)
        self._half_open.add(self.now + limits.half_open, conn)
        return half

    def _evict(self) -> None:
        """Make room: half-open connections first (a SYN flood), then the one idle longest."""
        stats = self._stats
        while (conn := self._half_open.oldest()) is not None:
            if conn.closed:
                continue
            if conn.client.session is not None or conn.pending is not None:
                self._idle.add(conn.last - self._shift + self._limits.idle, conn)
                continue
            stats.count("connection_evicted")
            self.close(conn, EndReason.EVICTED)
            return
        while (conn := self._idle.oldest()) is not None:
            if conn.closed:
                continue
            due = conn.last - self._shift + self._limits.idle
            if due > self.now + self._limits.idle - 2 * TICK and self._idle.size:
                self._idle.add(due, conn)
                continue
            stats.count("connection_evicted")
            self.close(conn, EndReason.EVICTED)
            return

    def close(self, conn: Connection, reason: EndReason) -> None:
        """End a connection: holes are given up, the session reports, a tomb stays for a while."""
        if conn.closed:
            return
        client, server = conn.client, conn.server
        last: Mark = (conn.last, conn.frame, conn.file)
        for half in (server, client):
            for _ in range(self._limits.held_segments):
                if conn.closed or not self._order.skip(half, last):
                    break
            self._order.forget(half)
        if conn.closed:
            return
        session = client.session
        if session is None and (conn.pending or (client.syn and server.syn) or client.octets):
            session = self._opener.session(conn)
        if session is not None:
            session.client_pos = client.next
            session.close(reason, (conn.first, conn.frame, conn.file), last, (client.octets, server.octets))
        conn.release()
        self._open -= 1
        other = reverse(conn.key)
        del self.flows[conn.key], self.flows[other]
        self._closed[conn.key] = client.base
        self._closed[other] = server.base
        self._burials.append((self.now + self._limits.closed_memory, conn.key, client.base, server.base))
        if len(self._burials) > self._limits.closed_entries:
            self._bury()

    def _bury(self) -> None:
        """Forget the oldest closed connection."""
        _, key, *bases = self._burials.popleft()
        for direction, base in zip((key, reverse(key)), bases, strict=True):
            if self._closed.get(direction) == base:
                del self._closed[direction]

    def finish(self) -> None:
        """The input ended: every open connection is reported, oldest first."""
        for half in list(self.flows.values()):
            if not half.conn.closed:
                reason = EndReason.RST if half.conn.reset is not None else EndReason.END
                self.close(half.conn, reason)
