"""Putting one half-stream in order: what came early, what came twice, what never came.

The first copy of an octet wins. The functions here hand on to `deliver`, which the table provides; they know
nothing of sessions.
"""

from collections.abc import Callable
from typing import Final

from smtpsensor.config import Limits
from smtpsensor.reassembly.flow import HALF_SPACE, MASK, WINDOW, Half, Held, before, far
from smtpsensor.smtp.stream import Mark
from smtpsensor.stats import Stats

# One held segment: sequence number, acknowledgement, mark, payload.
Part = tuple[int, int, Mark, bytes]
# ns after which a server has long taken one version: a client gives up earlier (RFC 5321 section 4.5.3.2).
_SETTLED: Final = 3_600_000_000_000
# Octets of a server that a client's word is taken for when the connection ends: a window without scaling.
_UNSHOWN: Final = 65_535


class Order:
    """Early and late segments of all half-streams, within the caps."""

    __slots__ = ("_conflict", "_deliver", "_gap", "_limits", "_stats", "held")

    def __init__(
        self,
        limits: Limits,
        stats: Stats,
        deliver: Callable[[Half, bytes, int, int, Mark], None],
        gap: Callable[[Half, int, int, Mark], None],
        conflict: Callable[[Half, Mark], None],
    ) -> None:
        self._limits = limits
        self._stats = stats
        self._deliver = deliver
        self._gap = gap
        self._conflict = conflict
        self.held = 0  # octets held by all connections

    def take(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Take payload at any place of the stream whose `next` is known."""
        ahead = (seq - half.next) & MASK
        if ahead == 0:
            self._deliver(half, data, seq, ack, mark)
        elif ahead & HALF_SPACE:
            self._late(half, data, seq, ack, mark)
        elif ahead <= WINDOW or not far(seq, half.acked_by_peer()):
            self._early(half, data, seq, ack, mark)
        else:
            self._stats.duplicates += 1
        if half.held is not None:
            self.drain(half)

    def drain(self, half: Half) -> None:
        """Hand on what is held and now in order."""
        held = half.held
        while held is not None and held.parts and not before(half.next, held.parts[0][0]):
            seq, ack, mark, data = held.parts.pop(0)
            self._release(held, len(data))
            if seq == half.next:
                self._deliver(half, data, seq, ack, mark)
            else:
                self._late(half, data, seq, ack, mark)
            if half.held is not held:  # closed by what it said
                return
        if held is not None and not held.parts:
            half.held = None

    def skip(self, half: Half, mark: Mark, *, last: bool = False) -> bool:
        """Give up the hole at `next`; False if there is none. `last`: the connection is at its end."""
        acked = half.acked_by_peer()
        held = half.held
        if last and half.client and half.peer.last and not before(half.next, acked):
            return False  # the server never took what is ahead
        if held is not None and held.parts:
            end = held.parts[0][0]
            if before(half.next, acked) and before(acked, end):
                end = acked
        elif before(half.next, acked) and (half.client or _was_sent(half, acked, last=last)):
            end = acked
            if (end - half.next) & MASK == 1 and half.fin < 0:
                # One number without an octet: the FIN was lost.
                half.fin = half.next
                return False
        else:
            return False
        size = (end - half.next) & MASK
        self._stats.gaps += 1
        self._stats.gap_bytes += size
        if half.client:
            self._stats.gap_bytes_client += size
        else:
            self._stats.gap_bytes_server += size
        self._gap(half, end, size, mark)
        self.drain(half)
        return True

    def forget(self, half: Half) -> None:
        """Drop what is held."""
        if half.held is not None:
            self.held -= half.held.octets
            half.held = None

    def _release(self, held: Held, size: int) -> None:
        held.octets -= size
        self.held -= size

    def _late(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Take octets that were handed on before, and perhaps new ones behind them."""
        behind = (half.next - seq) & MASK
        if not half.syn and half.next == half.base and behind <= WINDOW:
            # Nothing was handed on yet: the capture began here, and this frame was overtaken.
            half.base = half.next = seq
            self._deliver(half, data, seq, ack, mark)
            return
        size = len(data)
        old = min(size, behind)
        self._stats.retransmitted += old
        # RFC 9293 section 3.8.4: its octet may be garbage. One that was not acknowledged is no keep-alive.
        keep_alive = size == 1 and behind == 1 and not before(half.acked_by_peer(), half.next)
        if half.history and not keep_alive:
            self._compare(half, data, behind, mark)
        if size > behind:
            self._deliver(half, data[behind:], half.next, ack, mark)
        else:
            self._stats.duplicates += 1

    def _compare(self, half: Half, data: bytes, behind: int, mark: Mark) -> None:
        """Compare a later copy with the octets handed on, as far back as they are kept."""
        history = half.history
        known = len(history)
        new = data[:behind] if behind <= known else data[behind - known : behind]
        old = history[max(known - behind, 0) :][: len(new)]
        if new == old:
            return
        self._conflict(half, mark)
        session = half.session
        begin = (half.next - min(behind, known)) & MASK
        proven = (self._taken(half, mark[0]) - begin) & MASK
        proven = 0 if proven & HALF_SPACE else proven
        if half.client and session is not None and new[proven:] != old[proven:]:
            session.dispute((begin + len(new)) & MASK, mark)  # nobody knows what the server took

    def _taken(self, half: Half, ts: int) -> int:
        """Return up to where the peer took the first version: an acknowledgement may overtake the second."""
        if abs(ts - half.peer.last) < self._limits.hole_grace:
            return half.base
        return half.acked_by_peer()

    def _is_open(self, half: Half, end: int, ts: int, earlier: int) -> bool:
        """Whether the version that came at `ts` of octets up to `end` may be what the server takes."""
        return half.client and before(self._taken(half, ts), end & MASK) and abs(ts - earlier) < _SETTLED

    def _early(self, half: Half, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Hold what came before its turn; over a cap the hole before it is given up, or the last dropped."""
        held = half.held
        if held is None:
            held = half.held = Held()
        limits = self._limits
        size = self._insert(half, held.parts, data, seq, ack, mark)
        held.octets += size
        self.held += size
        if (
            held.octets > limits.held_per_direction
            or len(held.parts) > limits.held_segments
            or self.held > limits.held_total
        ):
            self._stats.count("hold_limit")
            if before(half.next, half.acked_by_peer()) or not half.peer.last:
                self.skip(half, mark)
            else:
                # The receiver has nothing of it either: what is ahead of the hole may be forged.
                self._drop_last(half, held)
        self._stats.held_peak = max(self._stats.held_peak, self.held)

    def _drop_last(self, half: Half, held: Held) -> None:
        """Let go of the segment that is furthest ahead."""
        self._release(held, len(held.parts.pop()[3]))
        if not held.parts:
            half.held = None

    def _insert(self, half: Half, held: list[Part], data: bytes, seq: int, ack: int, mark: Mark) -> int:
        """Enter the octets that are not held yet; return how many more are held now."""
        origin = half.next
        begin = (seq - origin) & MASK
        at = len(held)
        while at and (held[at - 1][0] - origin) & MASK > begin:
            at -= 1
        added = 0
        if at:
            first, _, came, before_it = held[at - 1]
            reach = ((first - origin) & MASK) + len(before_it)
            if reach > begin:
                shared = min(reach - begin, len(data))
                offset = begin - ((first - origin) & MASK)
                if before_it[offset : offset + shared] != data[:shared]:
                    self._conflict(half, mark)
                    if self._is_open(half, origin + begin + shared, mark[0], came[0]):
                        return -len(held.pop(at - 1)[3])  # neither is believed
                data = data[shared:]
                begin += shared
                if not data:
                    self._stats.duplicates += 1
        while data:
            room = len(data)
            if at < len(held):
                room = min(room, ((held[at][0] - origin) & MASK) - begin)
            if room > 0:
                held.insert(at, ((origin + begin) & MASK, ack, mark, data[:room]))
                added += room
                at += 1
                begin += room
                data = data[room:]
                continue
            _, _, came, there = held[at]
            shared = min(len(there), len(data))
            if there[:shared] != data[:shared]:
                self._conflict(half, mark)
                if self._is_open(half, origin + begin + shared, mark[0], came[0]):
                    return added - len(held.pop(at)[3])
            data = data[shared:]
            begin += shared
            at += 1
        return added


def _was_sent(server: Half, acked: int, *, last: bool) -> bool:
    """Whether the server sent what a client acknowledged: the client's word may be forged."""
    shown = server.shown
    if shown >= 0 and not before(shown, acked):
        return True
    return last and (acked - server.next) & MASK <= _UNSHOWN
