"""One TCP connection: two half-streams, and what it takes to hand their octets on in order."""

from typing import TYPE_CHECKING, Final

from smtpsensor.smtp.stream import Mark

if TYPE_CHECKING:
    from smtpsensor.smtp.session import Session

MASK: Final = 0xFFFFFFFF
HALF_SPACE: Final = 0x80000000

# What the packet loop does with the payload of a half-stream.
LINES: Final = 0  # hand it to the session
BULK: Final = 1  # mail text: look for a dot, count, forget
OPAQUE: Final = 2  # TLS: count, forget

# Ahead of what is awaited, and of what the peer acknowledged, by more than this: no receiver's window.
WINDOW: Final = 1 << 24


def before(a: int, b: int) -> bool:
    """Whether sequence number a lies before b (RFC 9293 section 3.4)."""
    return (a - b) & HALF_SPACE != 0


def far(a: int, b: int) -> bool:
    """Whether sequence numbers lie further apart, either way, than any window: not of one connection."""
    return (a - b + WINDOW) & MASK > 2 * WINDOW


class Held:
    """Segments that came early, in order, without overlap: (sequence number, ack, mark, payload)."""

    __slots__ = ("octets", "parts")

    def __init__(self) -> None:
        self.parts: list[tuple[int, int, Mark, bytes]] = []
        self.octets = 0


class Half:
    """One direction. `next` is the sequence number awaited, -1 while it is not known."""

    __slots__ = (
        "ack", "armed", "base", "candidate", "client", "conn", "fin", "held", "history", "hole", "last",
        "lost", "mode", "next", "peer", "session", "shown", "slow", "syn", "wraps",
    )  # fmt: skip

    conn: "Connection"
    peer: "Half"

    def __init__(self, *, client: bool) -> None:
        self.client = client
        self.mode = LINES
        self.slow = True  # every segment takes the long way: no session yet, or something is open
        self.next = -1
        self.base = -1  # sequence number of the first octet
        self.syn = False  # base is sure
        self.ack = -1  # the latest acknowledgement that this side sent
        self.last = 0  # time of its latest frame; 0: none seen
        self.fin = -1  # sequence number of its FIN
        self.shown = -1  # up to where its own segments without octets say that it has sent
        self.session: Session | None = None
        self.held: Held | None = None
        self.history = b""  # the latest octets handed on, to tell a retransmission from a conflict
        self.wraps = 0  # times that `next` passed 2**32
        self.lost = 0  # octets given up
        self.armed = False  # a timer watches a hole in this direction
        self.hole = -1  # where that hole begins
        self.candidate = -1  # first sequence number that a SYN for another connection announced

    @property
    def octets(self) -> int:
        """Payload octets handed on."""
        if self.next < 0:
            return 0
        return self.next - self.base + (self.wraps << 32) - self.lost

    @property
    def done(self) -> bool:
        """Whether everything up to the FIN was handed on."""
        return self.next == self.fin >= 0

    def acked_by_peer(self) -> int:
        """Up to where the peer acknowledged, the FIN's place not counted; `next` if it said nothing."""
        acked = self.peer.ack
        if acked < 0 or self.next < 0:
            return self.next
        if self.fin >= 0 and acked == (self.fin + 1) & MASK:
            return self.fin
        return acked


class Connection:
    """Two half-streams and where they came from."""

    __slots__ = (
        "client", "closed", "file", "first", "frame", "iface", "implicit", "key", "owed", "pending", "reset",
        "reset_seq", "server", "vlan",
    )  # fmt: skip

    def __init__(self, key: bytes, mark: Mark, *, implicit: bool) -> None:
        self.key = key  # the client's direction: source, destination, ports
        self.first, self.frame, self.file = mark
        self.implicit = implicit
        self.vlan: tuple[int, ...] = ()
        self.iface: str | None = None
        self.client = Half(client=True)
        self.server = Half(client=False)
        self.client.peer = self.server
        self.server.peer = self.client
        self.client.conn = self.server.conn = self
        # What the server said before the client's first octet: the session is made when that comes, so that
        # an idle connection costs a third.
        self.pending: list[tuple[bytes, int, int, Mark]] | None = None
        self.reset: Half | None = None  # the side whose RST waits for its grace
        self.reset_seq = 0
        self.closed = False
        self.owed = False  # it was closed before, while a reply was awaited

    @property
    def last(self) -> int:
        """Time of the latest frame of either side."""
        return max(self.client.last, self.server.last)

    @property
    def established(self) -> bool:
        """Whether it is more than a SYN without answer."""
        return (
            self.pending is not None
            or self.client.session is not None
            or self.client.next >= 0 <= self.server.next
        )

    def touch(self, ts: int) -> None:
        """Set the time of the latest frame."""
        self.client.last = ts

    @property
    def midstream(self) -> bool:
        """Whether the beginning was not seen."""
        return not (self.client.syn or self.server.syn)

    def release(self) -> None:
        """Cut the circles, so that memory is free without a collector."""
        self.closed = True
        self.pending = None
        for half in (self.client, self.server):
            half.session = None
            half.held = None
            half.peer = NOBODY
        self.client = self.server = NOBODY


# Stands where a closed connection had its halves.
NOBODY: Final = Half(client=False)
