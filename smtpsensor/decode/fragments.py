"""IPv4 and IPv6 datagrams put together from their fragments, within bounds.

Fragments of one datagram are found by addresses, protocol (IPv4) and id alone. VLAN ids and tunnels are not
part of that key, as they are not part of a connection's: a mirror may tag one direction only, and two copies
of one datagram may come through two tunnels.

The first copy of an octet wins. A mirror that shows each frame twice leaves copies behind when a datagram is
already whole; they are told from a new datagram with the same id, so that they are neither counted as a
datagram that never became whole nor mixed into one that comes later.
"""

from bisect import bisect_right
from collections import OrderedDict
from typing import NamedTuple

from smtpsensor.config import SECOND, Limits
from smtpsensor.stats import Stats

KEY_IPV4 = 11  # octets: addresses, protocol, id
# What a datagram and a piece cost beside the octets (measured): without it a flood of tiny pieces would hold
# many times the cap.
DATAGRAM_COST = 640
PIECE_COST = 256
# Copies of one frame reach a mirror within milliseconds; an id comes again after seconds at the soonest.
COPY_WAIT = 1 * SECOND
# Whole datagrams whose pieces are remembered, and how many pieces: 1,500 octets at a time make 44 at most,
# a segment's worth two or three.
COPIES_OF = 1_024
COPIES_PIECES = 16

Piece = tuple[int, int, bytes]  # start, end as the headers promise, octets captured (fewer if cut)
Marks = frozenset[tuple[int, bool, int]]


class Fragment(NamedTuple):
    """One fragment, where it belongs and what of it was captured."""

    key: bytes  # addresses, protocol (IPv4) and id
    data: bytes  # octets captured, from `start` on
    start: int  # place in the datagram's payload
    end: int  # as the headers promise; past the octets captured if the capture length cut it
    more: bool
    longest: int  # octets a datagram may have behind its header
    protocol: int  # IP protocol of the payload


class Whole(NamedTuple):
    """A datagram's payload. `data` is shorter than `length` where the capture length cut a fragment."""

    data: bytes
    length: int
    protocol: int  # IP protocol, of the first fragment


class _Datagram:
    __slots__ = ("copies", "cost", "covered", "marks", "pieces", "protocol", "total", "ts")

    def __init__(self, ts: int, copies: Marks | None) -> None:
        self.ts = ts
        self.pieces: list[Piece] = []  # sorted, without overlap
        self.covered = 0  # octets in them, as promised
        self.cost = DATAGRAM_COST
        self.total: int | None = None  # known from the last fragment
        self.protocol = 0
        self.marks: set[tuple[int, bool, int]] = set()  # what was added: place, more, hash of the octets
        self.copies = copies  # set while all that came was in an equal datagram just completed


class Fragments:
    """The table of incomplete datagrams, oldest first."""

    def __init__(self, limits: Limits, stats: Stats) -> None:
        self._limits = limits
        self._stats = stats
        self._table: OrderedDict[bytes, _Datagram] = OrderedDict()
        self._cost = 0
        self._done: OrderedDict[bytes, tuple[int, Marks]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._table)

    @property
    def cost(self) -> int:
        """Octets held, with what their keeping costs."""
        return self._cost

    def add(self, fragment: Fragment, ts: int) -> Whole | None:
        """Take one fragment at event time `ts` (ns). Return the datagram if it is whole now."""
        self._expire(ts)
        key, data, start, end, more, longest, protocol = fragment
        if more and end & 7:  # pieces but the last are of eight octets each
            self.refuse()
            if len(key) != KEY_IPV4:  # RFC 8200 section 4.5: discarded
                return None
            end &= ~7  # as Linux does: what a host would put together is read
            data = data[: max(0, end - start)]
        if end <= start or end > longest:  # past the longest datagram: the "ping of death"
            self.refuse()
            return None
        mark = (start, more, hash(data))
        datagram = self._datagram(key, mark, ts)
        if not self._fits(datagram, end, more):
            self.refuse()
            return None
        if start == 0 and not (datagram.pieces and datagram.pieces[0][0] == 0):
            datagram.protocol = protocol
        if len(datagram.marks) <= COPIES_PIECES:
            datagram.marks.add(mark)
        self._insert(datagram, start, end, data)
        if datagram.covered == datagram.total:
            return self._complete(key, datagram, ts)
        if len(datagram.pieces) > self._limits.fragment_parts:
            self._drop(key, "fragment_evicted")
        while self._cost > self._limits.fragment_bytes:
            self._drop(next(iter(self._table)), "fragment_evicted")
        return None

    def refuse(self) -> None:
        """Count a fragment that cannot be one."""
        self._stats.count("fragment_invalid")

    def finish(self) -> None:
        """Count what is still incomplete: nothing comes any more."""
        while self._table:
            self._drop(next(iter(self._table)), "fragment_timeout")
        self._done.clear()

    def _expire(self, ts: int) -> None:
        """Drop what waits too long, and what a clock that was set back left in the future."""
        while self._table:
            key, datagram = next(iter(self._table.items()))
            if abs(ts - datagram.ts) <= self._limits.fragment_timeout:
                break
            self._drop(key, "fragment_timeout")

    def _datagram(self, key: bytes, mark: tuple[int, bool, int], ts: int) -> _Datagram:
        """Find the datagram that this fragment belongs to, or begin one."""
        datagram = self._table.get(key)
        copies = None if datagram is None else datagram.copies
        if datagram is not None and copies is not None:
            if abs(ts - datagram.ts) > COPY_WAIT:  # left-overs: a new datagram has taken their id
                self._drop(key, "fragment_timeout")
                datagram = None
            elif mark not in copies:
                datagram.copies = None
        if datagram is None:
            if len(self._table) >= self._limits.fragments:
                self._drop(next(iter(self._table)), "fragment_evicted")
            done, copies = self._done.get(key, (ts, None))
            if copies is not None and (mark not in copies or abs(ts - done) > COPY_WAIT):
                copies = None
            datagram = self._table[key] = _Datagram(ts, copies)
            self._cost += datagram.cost
        return datagram

    @staticmethod
    def _fits(datagram: _Datagram, end: int, more: bool) -> bool:
        """Check its end against the one already known, or against the octets already there."""
        if datagram.total is not None:
            return end < datagram.total if more else end == datagram.total
        if more:
            return True
        if datagram.pieces and datagram.pieces[-1][1] > end:
            return False
        datagram.total = end
        return True

    def _insert(self, datagram: _Datagram, start: int, end: int, data: bytes) -> None:
        """Keep of a fragment what was not there yet; compare the rest."""
        pieces = datagram.pieces
        first = bisect_right(pieces, start, key=lambda piece: piece[0])
        if first and pieces[first - 1][1] > start:
            first -= 1
        last, place, conflict = first, start, False
        merged: list[Piece] = []
        while place < end:
            if last == len(pieces) or pieces[last][0] >= end:
                merged.append(self._piece(datagram, start, place, end, data))
                break
            there = pieces[last]
            if place < there[0]:
                merged.append(self._piece(datagram, start, place, there[0], data))
            conflict = conflict or _differs(there, (start, end, data))
            merged.append(there)
            place = there[1]
            last += 1
        pieces[first:last] = merged
        if conflict:
            self._stats.count("fragment_overlap")

    def _piece(self, datagram: _Datagram, start: int, place: int, end: int, data: bytes) -> Piece:
        """Cut the part from `place` to `end` out of the fragment at `start`, and charge for it."""
        octets = data[place - start : end - start]
        datagram.covered += end - place
        datagram.cost += len(octets) + PIECE_COST
        self._cost += len(octets) + PIECE_COST
        return place, end, octets

    def _complete(self, key: bytes, datagram: _Datagram, ts: int) -> Whole:
        del self._table[key]
        self._cost -= datagram.cost
        self._done.pop(key, None)
        if len(datagram.marks) <= COPIES_PIECES:
            self._done[key] = (ts, frozenset(datagram.marks))
            if len(self._done) > COPIES_OF:
                self._done.popitem(last=False)
        parts = []
        for start, end, octets in datagram.pieces:
            parts.append(octets)
            if len(octets) < end - start:  # cut by the capture length: what follows has no place any more
                break
        return Whole(b"".join(parts), datagram.covered, datagram.protocol)

    def _drop(self, key: bytes, why: str) -> None:
        datagram = self._table.pop(key)
        self._cost -= datagram.cost
        if datagram.copies is None:  # copies of what was whole are nobody's loss
            self._stats.count(why)


def _differs(one: Piece, other: Piece) -> bool:
    """Compare two pieces where both were captured."""
    low = max(one[0], other[0])
    high = min(one[0] + len(one[2]), other[0] + len(other[2]))
    return low < high and one[2][low - one[0] : high - one[0]] != other[2][low - other[0] : high - other[0]]
