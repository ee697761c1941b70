"""Every limit and default, each with its unit and its reason.

Whatever the wire can grow has a cap here; a test floods it.
"""

from dataclasses import dataclass, field

SECOND = 1_000_000_000  # ns


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on what the wire can grow, and the waits of event time."""

    # A mail host under a flood keeps tens of thousands; a million idle ones must fit into 1 GB.
    connections: int = 1_048_576
    # RFC 5321 4.5.3.2: a client waits up to 10 min for the end of DATA, a server 5 min for a command.
    idle: int = 660 * SECOND
    # SYN without an answer: a scan; real ones are answered within the client's retries (1+2+4+8 s).
    half_open: int = 30 * SECOND
    # Late copies of a closed connection arrive within the 60 s of TIME-WAIT.
    closed_memory: int = 60 * SECOND
    closed_entries: int = 131_072
    # On a mirror acks overtake data by hundreds of ms (RFC 793 says nothing: two mirror queues do).
    hole_grace: int = 1 * SECOND
    # One direction: a full window of 64 KiB times two; bulk behind a hole needs no more to be known lost.
    held_per_direction: int = 131_072
    # All connections together: 512 of them at their cap.
    held_total: int = 67_108_864
    # Segments held per direction: 128 KiB of 1-octet segments would cost 100 times their size.
    held_segments: int = 256
    # RFC 4954 section 4: a response line may reach 12,288 octets.
    line: int = 12_288
    # Client octets ahead of the replies: a pipelined group of RCPTs; several maximal lines.
    backlog: int = 65_536
    # Replies ahead of the commands (two mirror queues reorder).
    reply_backlog: int = 256
    # Octets of delivered command text kept to tell a retransmission from a conflict: one segment.
    history: int = 1_460
    # IPv4/IPv6 datagrams being put together, and their octets; RFC 791 waits 15 s, RFC 8200 60 s.
    fragments: int = 4_096
    fragment_bytes: int = 16_777_216
    fragment_parts: int = 2_800  # 65,535 octets in the smallest fragments seen, 24 octets
    fragment_timeout: int = 60 * SECOND
    # Nested headers of one frame: QinQ in VXLAN in GRE needs 9.
    nesting: int = 16
    # Failed (source, name, secret) triples remembered for `repeated`: 100 octets each.
    repeats: int = 262_144
    # Decoded names and other text from the wire, octets of UTF-8 that leave in an event.
    text: int = 256


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user decides."""

    smtp_ports: frozenset[int] = frozenset({25, 587, 2525})
    implicit_tls_ports: frozenset[int] = frozenset({465})
    # Networks of load balancers whose PROXY header is believed (CIDR text).
    proxies: tuple[str, ...] = ()
    host: str = "smtpsensor"  # the sensor's name, in every event
    limits: Limits = field(default_factory=Limits)
    # Key of the secret tags: one per run, never stored. Tests pass their own.
    secret_key: bytes = b""
