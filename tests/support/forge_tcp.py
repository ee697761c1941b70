"""Two half-streams turned into TCP segments, as a sniffer beside the client would see them.

Sequence and acknowledgement numbers are relative to the initial ones and never wrapped: a SYN is 0, the first
octet of payload is 1. Wrapping happens when a segment becomes a frame, so transforms can count plainly.
Times are nanoseconds since the epoch.
"""

from dataclasses import dataclass, field, replace

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
MS = 1_000_000
SECOND = 1_000_000_000
EPOCH = 1_795_492_800 * SECOND  # 2026-11-24 04:00:00 UTC
MSS = 1_448


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses and ports of one connection, and its initial sequence numbers."""

    client: str = "198.51.100.7"
    client_port: int = 40_112
    server: str = "203.0.113.25"
    server_port: int = 587
    isn_client: int = 0x1357_9BDF
    isn_server: int = 0x0246_8ACE

    def ipv6(self) -> "Endpoints":
        """The same hosts inside 2001:db8::/32, the IPv4 address in the last 32 bits."""
        return replace(self, client=_mapped(self.client), server=_mapped(self.server))


def _mapped(address: str) -> str:
    a, b, c, d = (int(part) for part in address.split("."))
    return f"2001:db8::{a << 8 | b:x}:{c << 8 | d:x}"


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment. `window` is what the header says; `options` a multiple of four octets."""

    ends: Endpoints
    ts: int
    client: bool  # sent by the client
    seq: int
    ack: int
    flags: int
    payload: bytes = b""
    options: bytes = b""
    window: int = 64_240

    @property
    def length(self) -> int:
        """Sequence space taken: payload, SYN and FIN."""
        return len(self.payload) + bool(self.flags & SYN) + bool(self.flags & FIN)

    @property
    def end(self) -> int:
        """Sequence number behind the last octet."""
        return self.seq + self.length


SYN_OPTIONS = bytes.fromhex("020405b4 01030307 04020101".replace(" ", ""))


@dataclass(slots=True)
class Conversation:
    """Builds a connection write by write. Pure acknowledgements come where no answer carries them."""

    ends: Endpoints
    ts: int = EPOCH
    segments: list[Segment] = field(default_factory=list)
    nxt: list[int] = field(default_factory=lambda: [0, 0])  # next sequence number: [server, client]
    acked: list[int] = field(default_factory=lambda: [0, 0])  # what each side has acknowledged

    def handshake(self) -> "Conversation":
        """SYN, SYN+ACK, ACK."""
        self._emit(True, SYN, options=SYN_OPTIONS)
        self.ts += 10 * MS
        self._emit(False, SYN | ACK, options=SYN_OPTIONS)
        self._emit(True, ACK)
        self.ts += 5 * MS
        return self

    def send(self, client: bool, data: bytes, mss: int = MSS) -> "Conversation":
        """One write, cut at the maximum segment size; 10 ms after whatever the other side said."""
        if self.segments and self.segments[-1].client == client:
            if self.segments[-1].payload:
                self.ack(not client)
            self.ts += 1 * MS
        else:
            self.ts += 10 * MS
        for start in range(0, len(data), mss):
            chunk = data[start : start + mss]
            last = start + mss >= len(data)
            self._emit(client, ACK | PSH if last else ACK, chunk)
        return self

    def ack(self, client: bool) -> None:
        """A pure acknowledgement of all that was sent so far, unless there is nothing to acknowledge."""
        if self.acked[client] != self.nxt[not client]:
            self._emit(client, ACK)

    def fin(self, client: bool) -> "Conversation":
        """One side says it has no more to send."""
        self.ack(not client)
        self.ts += 1 * MS
        self._emit(client, FIN | ACK)
        return self

    def rst(self, client: bool) -> "Conversation":
        """One side resets."""
        self.ack(not client)
        self.ts += 1 * MS
        self._emit(client, RST | ACK)
        return self

    def _emit(self, client: bool, flags: int, payload: bytes = b"", options: bytes = b"") -> None:
        ack = self.nxt[not client] if flags & ACK else 0
        segment = Segment(self.ends, self.ts, client, self.nxt[client], ack, flags, payload, options)
        self.segments.append(segment)
        self.acked[client] = ack
        self.nxt[client] = segment.end
        self.ts += 100_000
