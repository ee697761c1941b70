"""Segments that are more than data in order: SYN, FIN, RST, and all on the way to the first session."""

from typing import Final

from smtpsensor.events import EndReason
from smtpsensor.reassembly.flow import MASK, WINDOW, Connection, Half, before, far
from smtpsensor.reassembly.opening import reverse
from smtpsensor.reassembly.table import Table
from smtpsensor.smtp.stream import Mark

_FIN: Final = 1
_SYN: Final = 2
_RST: Final = 4
_ACK: Final = 16
_URG: Final = 32
# An RST is believed this far ahead: windows of mail hosts are smaller, and data may have been lost before it.
_RST_WINDOW: Final = 1 << 20
# Octets behind its SYN that a server acknowledges before its own first octets: the first window.
_ANSWERED: Final = 65_535


class Connections(Table):
    """The table as the packet loop sees it."""

    def segment(self, half: Half, flags: int, seq: int, ack: int, data: bytes, mark: Mark) -> None:
        """Take any segment of an open connection."""
        if not flags & _ACK:
            ack = -1
            if not flags & _SYN and half.next >= 0:
                data = b""  # RFC 9293 section 3.10.7.4: nobody takes octets without ACK
        if flags & _SYN:
            now = self._syn(half, flags, seq, ack, mark)
            if now is None:
                return
            half = now
            seq = (seq + 1) & MASK
            if half.next != half.base:
                data = b""  # only the first SYN may carry octets (RFC 7413)
        elif self._takes_over(half, seq, ack, data):
            half = self._reopen(half, half.candidate, half.peer.candidate, mark)
        conn = half.conn
        half.last = mark[0]
        if ack >= 0 and not (half.next >= 0 and far(seq, half.next)):
            self._acknowledged(half, seq, ack, data)
        if flags & _RST:
            self._rst(half, seq, mark)
            return
        if data:
            if flags & _URG and half.client:
                self._urgent(half, (seq + len(data)) & MASK, mark)
            self._data(half, data, seq, ack, mark)
        if flags & _FIN and not conn.closed:
            self._fin(half, (seq + len(data)) & MASK)
        if half.slow and not conn.closed:
            if half.fin >= 0 or half.peer.fin >= 0:
                self.settle(conn)
            elif half.session is not None:
                self._ease(conn)

    def _urgent(self, half: Half, end: int, mark: Mark) -> None:
        """Note urgent data (RFC 6093): most servers take one octet out of the stream, some leave it in."""
        session = half.session or self._opener.session(half.conn)
        session.anomaly("urgent_data", mark)
        session.dispute(end, mark)

    def _acknowledged(self, half: Half, seq: int, ack: int, data: bytes) -> None:
        """Note what one side has received, and by an empty segment's place what it has sent."""
        if half.client or half.ack < 0 or not before(ack, half.ack):
            half.ack = ack  # what a server has taken it keeps; a client may lie, and then tell the truth
        if not data:
            half.shown = seq
        peer = half.peer
        if peer.next < 0:
            peer.base = peer.next = ack
        elif ack != peer.next and not peer.armed:
            self._look_for_hole(peer, ack)

    def _fin(self, half: Half, fin: int) -> None:
        """Note where a side ends; a FIN that octets went past, or that one nearer replaces, was none."""
        if half.next < 0:
            half.base = half.next = fin
        known = half.fin
        if (fin - half.next) & MASK < 1 << 30 and (
            known < 0 or before(known, half.next) or before(fin, known)
        ):
            half.fin = fin
            half.slow = half.peer.slow = True

    def _data(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        conn = half.conn
        if half.next < 0:
            half.base = half.next = seq
        if conn.reset is half and not before(seq, conn.reset_seq):
            if half.session is not None:
                half.session.anomaly("data_after_rst", mark)
            conn.reset = None
        if seq == half.next and half.held is None:
            self.deliver(half, data, seq, ack, mark)
            return
        self._order.take(half, data, seq, ack, mark)
        if half.held is not None:
            half.slow = half.peer.slow = True
            if not half.armed:
                self.watch(half)

    # -- SYN: whose numbers count --------------------------------------------------------------------

    def _syn(self, half: Half, flags: int, seq: int, ack: int, mark: Mark) -> Half | None:
        """Take a SYN for ports in use; return the half that it belongs to, None for a mere claim.

        A client's SYN may be forged: which one counts the server says.
        """
        first = (seq + 1) & MASK
        conn = half.conn
        if half.base == first:
            half.syn = True
        elif half.next == half.base and (not half.client or half.next < 0):
            half.base = half.next = first
            half.syn = True
        elif not half.client and not half.syn and (half.base - first) & MASK <= WINDOW:
            half.syn = True  # it was overtaken by what it begins
        elif half.client:
            half.candidate = first
            half.slow = half.peer.slow = True
            half.last = mark[0]
            return None
        elif self.is_late(reverse(conn.key), first):
            return None
        else:
            return self._reopen(half, first, ack, mark)
        if not half.client and flags & _ACK:
            return self._confirm(half, ack, mark)
        return half

    def _confirm(self, server: Half, ack: int, mark: Mark) -> Half:
        """Take the server's answer to a SYN: it names the client's numbers that count."""
        client = server.peer
        client.candidate = -1
        if client.next < 0 or (ack - client.base) & MASK <= (client.next - client.base) & MASK:
            return server
        if client.session is not None:
            return self._reopen(server, server.base, ack, mark)
        self._order.forget(client)
        client.base = client.next = ack
        client.fin = -1
        client.syn = True
        self._ease(client.conn)
        return server

    def _takes_over(self, half: Half, seq: int, ack: int, data: bytes) -> bool:
        """Whether a segment shows that the connection announced by a SYN is the one on these ports."""
        if half.client:
            # A client proves nothing, unless it is all there is to see.
            return bool(data) and seq == half.candidate >= 0 and not half.peer.last
        claimed = half.peer.candidate
        if claimed < 0 or ack < 0:
            return False
        if (ack - claimed) & MASK > _ANSWERED or not far(ack, half.peer.next):
            return False
        half.candidate = seq  # its SYN-ACK was lost
        return True

    def _reopen(self, half: Half, ours: int, theirs: int, mark: Mark) -> Half:
        """Open the connection that took over these ports; return the half that `half` is in it."""
        conn = half.conn
        if conn.reset is not None:
            reason = EndReason.RST
        else:
            reason = EndReason.FIN if half.done or half.peer.done else EndReason.REUSED
        self.close(conn, reason)
        key = conn.key if half.client else reverse(conn.key)
        fresh = self.open(key, _SYN, (ours - 1) & MASK, mark, conn.vlan, conn.iface, client=half.client)
        if theirs >= 0:
            fresh.peer.base = fresh.peer.next = theirs
            fresh.peer.syn = True
        return fresh

    def _rst(self, half: Half, seq: int, mark: Mark) -> None:
        """Take an RST (RFC 9293 section 3.10.7.4): inside the window it ends the connection, after a grace.

        The grace lets frames that the mirror reordered come in, and shows a forged RST: it is over when the
        connection was silent for it.
        """
        conn: Connection = half.conn
        if not half.client and not half.syn and not half.octets and not conn.client.octets:
            self.close(conn, EndReason.RST)  # the port is closed: nothing was said
            return
        if half.next >= 0 and (seq - half.next + 1) & MASK > _RST_WINDOW:
            self._stats.count("rst_out_of_window")
            return
        if conn.reset is None:
            conn.reset = half
            conn.reset_seq = seq
            half.slow = half.peer.slow = True
            self._resets.add(self.now + self._limits.hole_grace, conn)
        half.last = mark[0]
