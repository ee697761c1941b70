"""The captures that are measured, made here, the same on every machine.

`attack` and `bulk` are the two ends of what a mail server sees: many short sessions that are nothing but
AUTH, and few long ones that are nothing but mail. `idle` is a table full of connections that do nothing, and
the traffic that goes on beside them.

    python -m benchmarks.workloads attack --scale 4      # makes it (once) and prints its path
"""

import argparse
import hashlib
import heapq
import json
import multiprocessing
import random
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.frames import ACK, FIN, MSS, PSH, Connection, write_pcap

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / ".cache" / "bench"
START = 1_795_492_800 * 10**9  # 2026-11-24T04:00:00Z
MS = 10**6
SECOND = 10**9

Timed = tuple[int, bytes]  # time in ns and a frame; inside a session: wait in ns before a frame

SERVERS = tuple(bytes((192, 0, 2, 25 + n)) for n in range(4))
CAPABILITIES = (
    b"250-mx.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-ETRN\r\n"
    b"250-AUTH PLAIN LOGIN CRAM-MD5\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250 CHUNKING\r\n"
)
ATTACK_SESSIONS = 30_000
BULK_MAILS = 1_200
IDLE_CONNECTIONS = 1_000_000
IDLE_ROUND_TRIPS = 500_000


def interleave(sessions: Iterable[Iterator[Timed]], at_once: int, spread: int) -> Iterator[Timed]:
    """Merge sessions into one timeline, `at_once` of them at any time; the first start within `spread` ns."""
    waiting = iter(sessions)
    heap: list[tuple[int, int, bytes, Iterator[Timed]]] = []
    number = 0

    def start(at: int) -> None:
        nonlocal number
        session = next(waiting, None)
        if session is not None:
            wait, frame = next(session)
            heapq.heappush(heap, (at + wait, number, frame, session))
            number += 1

    for n in range(at_once):
        start(START + n * spread // at_once)
    while heap:
        ts, order, frame, session = heap[0]
        yield ts, frame
        following = next(session, None)
        if following is None:
            heapq.heappop(heap)
            start(ts)
        else:
            heapq.heapreplace(heap, (ts + following[0], order, following[1], session))


def attack_session(
    rng: random.Random, connection: Connection, name: bytes, password: bytes
) -> Iterator[Timed]:
    """Yield the 17 frames of one failed AUTH LOGIN."""
    trip = int(rng.uniform(20, 200)) * MS
    verdict = int(rng.uniform(900, 2_500)) * MS  # Postfix waits a second or two before it says 535
    client, server = connection.client, connection.server
    syn, syn_ack, ack = connection.handshake()
    yield trip, syn
    yield MS, syn_ack
    yield trip, ack
    yield 5 * MS, server(b"220 mx.example.org ESMTP Postfix\r\n", PSH | ACK)
    yield trip, client(b"EHLO [198.18.0.1]\r\n", PSH | ACK)
    yield MS, server(CAPABILITIES, PSH | ACK)
    yield trip, client(b"AUTH LOGIN\r\n", PSH | ACK)
    yield MS, server(b"334 VXNlcm5hbWU6\r\n", PSH | ACK)
    yield trip, client(b64encode(name) + b"\r\n", PSH | ACK)
    yield MS, server(b"334 UGFzc3dvcmQ6\r\n", PSH | ACK)
    yield trip, client(b64encode(password) + b"\r\n", PSH | ACK)
    yield verdict, server(b"535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6\r\n", PSH | ACK)
    yield trip, client(b"QUIT\r\n", PSH | ACK)
    yield MS, server(b"221 2.0.0 Bye\r\n", PSH | ACK)
    yield MS, server(flags=FIN | ACK)
    yield trip, client(flags=FIN | ACK)
    yield MS, server()


def attack(sessions: int) -> Iterator[Timed]:
    """Yield `sessions` sessions of 17 frames, a thousand at any time: a botnet guessing many names."""
    rng = random.Random(1)
    sources, names = max(1, sessions // 10), max(1, sessions // 15)
    ports = [1024 + rng.randrange(60_000) for _ in range(sources)]

    def one() -> Iterator[Timed]:
        source = int(sources * rng.random() ** 2)  # some bots are busier than others
        ports[source] = 1024 + (ports[source] - 1023) % 64_000
        address = (0x0A00_0000 + source * 257).to_bytes(4)
        isns = rng.getrandbits(32), rng.getrandbits(32)
        connection = Connection((address, ports[source]), (rng.choice(SERVERS), rng.choice((25, 587))), isns)
        name = b"user%04d@example.org" % int(names * rng.random() ** 2)
        return attack_session(rng, connection, name, b"Password%d!" % rng.randrange(100_000))

    return interleave((one() for _ in range(sessions)), 1_000, 2 * SECOND)


def base64_lines(rng: random.Random, octets: int) -> bytes:
    """Return about `octets` octets of base64 text in lines of 76, as mail carries it."""
    text = b64encode(rng.randbytes(octets // 78 * 57))
    return b"".join(text[at : at + 76] + b"\r\n" for at in range(0, len(text), 76))


def bulk_session(rng: random.Random, connection: Connection, message: bytes) -> Iterator[Timed]:
    """Yield one mail: short commands, then full segments with an acknowledgement for every second one."""
    trip = int(rng.uniform(5, 40)) * MS
    client, server = connection.client, connection.server
    syn, syn_ack, ack = connection.handshake()
    yield trip, syn
    yield MS, syn_ack
    yield trip, ack
    yield 5 * MS, server(b"220 mx.example.org ESMTP Postfix\r\n", PSH | ACK)
    for command, reply in (
        (b"EHLO relay.example.com\r\n", CAPABILITIES),
        (b"MAIL FROM:<news@example.com> SIZE=%d\r\n" % len(message), b"250 2.1.0 Ok\r\n"),
        (b"RCPT TO:<anna@example.org>\r\n", b"250 2.1.5 Ok\r\n"),
        (b"DATA\r\n", b"354 End data with <CR><LF>.<CR><LF>\r\n"),
    ):
        yield trip, client(command, PSH | ACK)
        yield MS, server(reply, PSH | ACK)
    wait = trip
    for n, at in enumerate(range(0, len(message), MSS), 1):
        piece = message[at : at + MSS]
        yield wait, client(piece, ACK if len(piece) == MSS else PSH | ACK)
        wait = MS // 8  # a dozen Mbit/s for each sender
        if n % 2 == 0:
            yield wait, server()
    yield 20 * MS, server(b"250 2.0.0 Ok: queued as 4XyZ12\r\n", PSH | ACK)
    yield trip, client(b"QUIT\r\n", PSH | ACK)
    yield MS, server(b"221 2.0.0 Bye\r\n", PSH | ACK)
    yield MS, server(flags=FIN | ACK)
    yield trip, client(flags=FIN | ACK)
    yield MS, server()


def bulk(mails: int) -> Iterator[Timed]:
    """Yield `mails` mails of 20 kB to 1 MB (small ones are commoner), 16 at any time."""
    rng = random.Random(2)
    pool = base64_lines(rng, 1 << 20)
    lines = len(pool) // 78
    pool += pool

    def one(n: int) -> Iterator[Timed]:
        size = int(20_000 * 50 ** rng.random())
        at = rng.randrange(lines) * 78
        head = (
            b"From: News <news@example.com>\r\nTo: Anna <anna@example.org>\r\nSubject: Report %d\r\n"
            b"Message-ID: <%d@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: application/pdf\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" % (n, n)
        )
        body = pool[at : at + size - len(head) - 5]
        isns = rng.getrandbits(32), rng.getrandbits(32)
        address = (0xC612_0000 + n % 300).to_bytes(4)
        connection = Connection((address, 1024 + n // 300 % 64_000), (rng.choice(SERVERS), 25), isns)
        return bulk_session(rng, connection, head + body + b"\r\n.\r\n")

    return interleave((one(n) for n in range(mails)), 16, SECOND)


def _idle_connection(n: int, isns: tuple[int, int]) -> Connection:
    """Return idle connection number `n`: the same ends in the opening and in the traffic."""
    client = (0x0A00_0000 + n).to_bytes(4), 1024 + n * 7919 % 64_000
    return Connection(client, (SERVERS[n % 4], 25), isns)


_GREETING = b"220 mx.example.org ESMTP Postfix\r\n"


def _isns(n: int) -> tuple[int, int]:
    return n * 2_654_435_761 & 0xFFFFFFFF, n * 2_246_822_519 & 0xFFFFFFFF


def idle_open(connections: int) -> Iterator[Timed]:
    """Yield handshake and greeting of `connections` connections within 200 s: under any idle limit."""
    for n in range(connections):
        ts = START + n * 200 * SECOND // connections
        connection = _idle_connection(n, _isns(n))
        for frame in connection.handshake():
            yield ts, frame
        yield ts, connection.server(_GREETING, PSH | ACK)


def idle_traffic(active: int, round_trips: int) -> Iterator[Timed]:
    """Yield NOOP and its reply `round_trips` times in 100 s, shuffled over the first `active` connections."""
    rng = random.Random(3)
    command, reply = b"NOOP\r\n", b"250 2.0.0 Ok\r\n"
    each = max(1, round_trips // active)
    turns = list(range(active)) * each
    rng.shuffle(turns)
    done = [0] * active
    for k, n in enumerate(turns[:round_trips]):
        client, server = _isns(n)
        before = done[n]
        done[n] = before + 1
        isns = client + 1 + before * len(command), server + 1 + len(_GREETING) + before * len(reply)
        connection = _idle_connection(n, (isns[0] & 0xFFFFFFFF, isns[1] & 0xFFFFFFFF))
        ts = START + 210 * SECOND + k * 100 * SECOND // round_trips
        yield ts, connection.client(command, PSH | ACK)
        yield ts + MS // 10, connection.server(reply, PSH | ACK)


@dataclass(frozen=True)
class Workload:
    """A capture on disk and what is in it."""

    name: str
    path: Path
    frames: int
    octets: int


def _make(path: Path, facts: Path, make: Callable[[], Iterator[Timed]]) -> None:
    frames, octets = write_pcap(path, make())
    facts.write_text(json.dumps({"frames": frames, "octets": octets}))


def _made(name: str, make: Callable[[], Iterator[Timed]]) -> Workload:
    """Return the workload from the cache; make it first where it is absent or its source has changed."""
    CACHE.mkdir(parents=True, exist_ok=True)
    source = b"".join(Path(__file__).with_name(file).read_bytes() for file in ("workloads.py", "frames.py"))
    path = CACHE / f"{name}-{hashlib.sha256(source).hexdigest()[:8]}.pcap"
    facts = path.with_suffix(".json")
    if not facts.exists():
        for old in CACHE.glob(f"{name}-????????.*"):
            old.unlink()
        # In a process of its own: what is measured afterwards inherits this one's peak memory.
        making = multiprocessing.get_context("fork").Process(target=_make, args=(path, facts, make))
        making.start()
        making.join()
    return Workload(name, path, **json.loads(facts.read_text()))


def attack_workload(scale: int = 1, sessions: int = ATTACK_SESSIONS) -> Workload:
    """Return `attack`: 30,000 sessions times `scale`."""
    return _made(f"attack-{sessions * scale}", lambda: attack(sessions * scale))


def bulk_workload(scale: int = 1, mails: int = BULK_MAILS) -> Workload:
    """Return `bulk`: 1,200 mails times `scale`."""
    return _made(f"bulk-{mails * scale}", lambda: bulk(mails * scale))


def idle_workloads(connections: int = IDLE_CONNECTIONS) -> dict[str, Workload]:
    """Return the parts of the idle measurement.

    `many` and `few` open all connections or the first 1,000; `on_few` is traffic on the first 1,000 and
    `on_many` the same number of frames spread over all (each of the first half once).
    """
    few = min(1_000, connections)
    trips = min(IDLE_ROUND_TRIPS, connections)
    return {
        "many": _made(f"idle-open-{connections}", lambda: idle_open(connections)),
        "few": _made(f"idle-open-{few}-few", lambda: idle_open(few)),
        "on_few": _made(f"idle-traffic-{few}-{trips}", lambda: idle_traffic(few, trips)),
        "on_many": _made(f"idle-traffic-{connections}-{trips}", lambda: idle_traffic(connections, trips)),
    }


def main() -> None:
    """Make workloads and print what and where they are."""
    parser = argparse.ArgumentParser(description="Make a workload and print where it is.")
    parser.add_argument("name", choices=("attack", "bulk", "idle"))
    parser.add_argument("--scale", type=int, default=1, help="times 30,000 sessions or 1,200 mails")
    parser.add_argument("--count", type=int, help="sessions, mails or connections instead")
    arguments = parser.parse_args()
    if arguments.name == "attack":
        made = [attack_workload(arguments.scale, arguments.count or ATTACK_SESSIONS)]
    elif arguments.name == "bulk":
        made = [bulk_workload(arguments.scale, arguments.count or BULK_MAILS)]
    else:
        made = list(idle_workloads(arguments.count or IDLE_CONNECTIONS * arguments.scale).values())
    for workload in made:
        print(json.dumps(asdict(workload) | {"path": str(workload.path)}))


if __name__ == "__main__":
    main()
