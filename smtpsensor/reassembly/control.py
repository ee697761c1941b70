"""Segments that are more than data in order: SYN, FIN, RST, and all on the way to the first session."""

from typing import Final

from smtpsensor.events import EndReason
from smtpsensor.reassembly.flow import MASK, Connection, Half, before
from smtpsensor.reassembly.opening import reverse
from smtpsensor.reassembly.table import Table
from smtpsensor.smtp.stream import Mark

_FIN: Final = 1
_SYN: Final = 2
_RST: Final = 4
_ACK: Final = 16
# An RST is believed this far ahead: windows of mail hosts are smaller, and data may have been lost before it.
_RST_WINDOW: Final = 1 << 20


class Connections(Table):
    """The table as the packet loop sees it."""

    def segment(self, half: Half, flags: int, seq: int, ack: int, data: bytes, mark: Mark) -> None:
        """Take any segment of an open connection."""
        conn = half.conn
        if not flags & _ACK:
            ack = -1
        if flags & _SYN:
            now = self._syn(half, seq, ack, mark)
            if now is None:
                return
            half = now
            seq = (seq + 1) & MASK
            conn = half.conn
        elif self._taken_over(half, seq, ack, data):
            fresh = self._reopen(half if half.candidate >= 0 else half.peer, mark)
            half = fresh if fresh.client == half.client else fresh.peer
            conn = half.conn
        half.last = mark[0]
        if ack >= 0:
            half.ack = ack
            peer = half.peer
            if peer.next < 0:
                peer.base = peer.next = ack
            elif ack != peer.next and not peer.armed:
                self._look_for_hole(peer, ack)
        if flags & _RST:
            self._rst(half, seq, mark)
            return
        if data:
            self._data(half, data, seq, ack, mark)
        if flags & _FIN and half.fin < 0 and not conn.closed:
            fin = (seq + len(data)) & MASK
            if half.next < 0:
                half.base = half.next = fin
            if (fin - half.next) & MASK < 1 << 30:
                half.fin = fin
                half.slow = half.peer.slow = True
        if half.slow and not conn.closed:
            if half.fin >= 0 or half.peer.fin >= 0:
                self.settle(conn)
            elif half.session is not None:
                self._ease(conn)

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
            half.slow = True
            if not half.armed:
                self.watch(half)

    def _syn(self, half: Half, seq: int, ack: int, mark: Mark) -> Half | None:
        """Take a SYN for ports in use; return the half that it belongs to, None for a candidate."""
        first = (seq + 1) & MASK
        if half.base == first:
            half.syn = True
            return half
        stranger = ack >= 0 and half.peer.syn and ack != half.peer.base  # answers another SYN than ours
        if (
            not half.syn
            and not stranger
            and (half.next < 0 or (half.session is None and half.next == half.base))
        ):
            half.base = half.next = first  # a SYN-ACK seen before its SYN
            half.syn = True
            return half
        # Another connection on the same ports, or a forged SYN: the other side's answer tells.
        half.candidate = first
        half.slow = half.peer.slow = True
        if ack >= 0 and half.peer.candidate == ack:
            return self._reopen(half, mark)
        half.last = mark[0]
        return None

    def _taken_over(self, half: Half, seq: int, ack: int, data: bytes) -> bool:
        """Whether a segment belongs to the connection that a SYN announced on these ports.

        Its SYN-ACK was not seen, or the SYN would have been believed then.

        Data of the client alone proves nothing where the server is seen: it must acknowledge the new numbers,
        far from the old ones.
        """
        peer = half.peer
        if half.candidate >= 0 and seq == half.candidate and data and not peer.last:
            return True
        there = peer.candidate
        if there < 0 or ack < 0:
            return False
        return (ack - there) & MASK < _RST_WINDOW and (ack - peer.next + _RST_WINDOW) & MASK > 2 * _RST_WINDOW

    def _reopen(self, half: Half, mark: Mark) -> Half:
        """Open the connection that took over these ports; its SYN was seen, and now its answer."""
        conn = half.conn
        ours, theirs = half.candidate, half.peer.candidate
        self.close(conn, EndReason.RST if conn.reset is not None else EndReason.REUSED)
        key = conn.key if half.client else reverse(conn.key)
        fresh = self.open(key, _SYN, (ours - 1) & MASK, mark, conn.vlan, conn.iface, client=half.client)
        if theirs >= 0:
            fresh.peer.base = fresh.peer.next = theirs
            fresh.peer.syn = True
        return fresh

    def _rst(self, half: Half, seq: int, mark: Mark) -> None:
        """Take an RST (RFC 9293 section 3.10.7.4): inside the window it ends the connection, after a grace.

        The grace lets frames that the mirror reordered come in, and shows a forged RST.
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
            self._resets.append((self.now + self._limits.hole_grace, conn))
        half.last = mark[0]
