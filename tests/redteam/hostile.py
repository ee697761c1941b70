"""A client that owns its packets, against a server that keeps to the rules: its verdicts are the truth.

`Duel` plays both. `say` is what the server receives, `forge` a segment that it never takes (a wrong checksum,
a TTL that ends on the way), though a sensor beside its line sees it. Sequence numbers are relative, as
in `support.forge_tcp`; the server acknowledges what it took and answers in order.
"""

import base64
from dataclasses import dataclass, field

from support.forge import Result, frames, run
from support.forge_tcp import ACK, EPOCH, FIN, MS, SYN, Endpoints, Segment

from smtpsensor.config import Settings

# One verdict that the server gave: mechanism, name, code.
Judged = tuple[str, str, int]
PASSWORD = b"right-horse"


@dataclass(slots=True)
class Server:
    """Reads lines as Postfix does, answers each; `out` is filled with replies, `judged` with the truth."""

    chunking: bool = True
    ends_of_mail: tuple[bytes, ...] = (b"\r\n.\r\n",)
    rejects_mail: bool = False
    judged: list[Judged] = field(default_factory=list)
    out: list[bytes] = field(default_factory=list)
    buffer: bytes = b""
    mechanism: str = ""
    name: bytes = b""
    step: int = 0  # lines of an exchange to come
    mail: bool = False
    chunk: int = 0
    closed: bool = False
    authenticated: bool = False

    def take(self, data: bytes) -> None:
        """Take octets in order."""
        self.buffer += data
        while self.buffer and not self.closed:
            if self.chunk:
                used = min(self.chunk, len(self.buffer))
                self.buffer = self.buffer[used:]
                self.chunk -= used
                if not self.chunk:
                    self.out.append(b"250 2.0.0 octets\r\n")
            elif self.mail:
                ends = [(self.buffer.find(end), end) for end in self.ends_of_mail if end in self.buffer]
                if not ends:
                    return
                at, end = min(ends)
                self.buffer = self.buffer[at + len(end) :]
                self.mail = False
                self.out.append(b"550 5.7.1 spam\r\n" if self.rejects_mail else b"250 2.0.0 queued\r\n")
            else:
                line, found, rest = self.buffer.partition(b"\n")
                if not found:
                    return
                self.buffer = rest
                self._line(line.rstrip(b"\r").partition(b"\0")[0])

    def _line(self, line: bytes) -> None:
        if self.step:
            self._response(line)
            return
        words = line.split()
        verb = words[0].upper() if words else b""
        if verb == b"EHLO":
            self.out.append(b"250-mx.example.org\r\n%s250 AUTH PLAIN LOGIN\r\n" % self._keywords())
        elif verb in {b"NOOP", b"RSET", b"MAIL", b"RCPT", b"HELO"}:
            self.out.append(b"250 2.0.0 Ok\r\n")
        elif verb == b"DATA":
            self.mail = True
            self.buffer = b"\r\n" + self.buffer
            self.out.append(b"354 go\r\n")
        elif verb == b"BDAT":
            if self.chunking:
                self.chunk = int(words[1])
            else:
                self.out.append(b"503 BDAT command used when CHUNKING not advertised\r\n")
        elif verb == b"QUIT":
            self.out.append(b"221 2.0.0 Bye\r\n")
            self.closed = True
        elif verb == b"AUTH" and self.authenticated:
            self.out.append(b"503 5.5.1 Error: already authenticated\r\n")
        elif verb == b"AUTH" and len(words) in {2, 3}:
            self._auth(words[1].upper(), words[2:])
        else:
            self.out.append(b"500 5.5.2 Error: command not recognized\r\n")

    def _keywords(self) -> bytes:
        return b"250-PIPELINING\r\n" + (b"250-CHUNKING\r\n" if self.chunking else b"")

    def _auth(self, mechanism: bytes, initial: list[bytes]) -> None:
        if mechanism not in {b"PLAIN", b"LOGIN"}:
            self.out.append(b"504 5.5.4 Error: mechanism\r\n")
            return
        self.mechanism = mechanism.decode()
        self.name = b""
        self.step = 1 if mechanism == b"PLAIN" else 2
        if initial:
            self._response(initial[0])
        else:
            self.out.append(b"334 \r\n" if self.step == 1 else b"334 VXNlcm5hbWU6\r\n")

    def _response(self, line: bytes) -> None:
        if line == b"*":
            self.step = 0
            self.out.append(b"501 5.7.0 Authentication aborted\r\n")
            return
        try:
            message = base64.b64decode(line, validate=True)
        except ValueError:
            message = b""
        self.step -= 1
        if self.step:
            self.name = message
            self.out.append(b"334 UGFzc3dvcmQ6\r\n")
            return
        if self.mechanism == "PLAIN":
            _, self.name, password = [*message.split(b"\0", 2), b"", b"", b""][:3]
        else:
            password = message
        good = password == PASSWORD
        self.authenticated |= good
        self.judged.append((self.mechanism, self.name.decode("latin-1"), 235 if good else 535))
        self.out.append(b"235 2.7.0 ok\r\n" if good else b"535 5.7.8 no\r\n")


@dataclass(slots=True)
class Duel:
    """One connection on the wire."""

    server: Server = field(default_factory=Server)
    ends: Endpoints = field(default_factory=Endpoints)
    ts: int = EPOCH
    segments: list[Segment] = field(default_factory=list)
    sent: int = 0  # next sequence number of the client
    told: int = 0  # of the server
    read: int = 0  # what the client acknowledges

    def open(self) -> "Duel":
        """Handshake and greeting."""
        self.emit(True, SYN, 0, 0)
        self.sent = 1
        self.emit(False, SYN | ACK, 0, 1)
        self.told = self.read = 1
        self.emit(True, ACK, 1, 1)
        return self.greet()

    def greet(self) -> "Duel":
        """220."""
        return self.reply(b"220 mx.example.org ESMTP\r\n")

    def emit(self, client: bool, flags: int, seq: int, ack: int, payload: bytes = b"") -> None:
        """Put a segment on the wire, 1 ms after the last."""
        self.segments.append(Segment(self.ends, self.ts, client, seq, ack, flags, payload))
        self.ts += 1 * MS

    def reply(self, data: bytes) -> "Duel":
        """The server says something; the client acknowledges it."""
        self.emit(False, ACK, self.told, self.sent, data)
        self.told += len(data)
        self.read = self.told
        self.emit(True, ACK, self.sent, self.read)
        return self

    def say(
        self, data: bytes, *, ack: int | None = None, size: int = 1_448, deferred: bool = False
    ) -> "Duel":
        """What the server takes, and its answers, one segment each; `ack` is a stale acknowledgement.

        `deferred`: the answers come with those to what the client says next.
        """
        for at in range(0, len(data), size):
            part = data[at : at + size]
            self.emit(True, ACK, self.sent, self.read if ack is None else ack, part)
            self.sent += len(part)
            self.server.take(part)
        if deferred:
            return self
        self.emit(False, ACK, self.told, self.sent)
        return self.flush()

    def flush(self, most: int = 1 << 30) -> "Duel":
        """Let the server answer."""
        for _ in range(min(most, len(self.server.out))):
            self.reply(self.server.out.pop(0))
        return self

    def forge(
        self, data: bytes = b"", *, at: int = 0, flags: int = ACK, ack: int | None = None, client: bool = True
    ) -> "Duel":
        """A segment that the other side never takes, `at` octets behind what was sent."""
        if client:
            self.emit(True, flags, self.sent + at, self.read if ack is None else ack, data)
        else:
            self.emit(False, flags, self.told + at, self.sent if ack is None else ack, data)
        return self

    def wait(self, ms: int) -> "Duel":
        """Let time pass."""
        self.ts += ms * MS
        return self

    def close(self) -> "Duel":
        """Both sides FIN."""
        self.emit(True, FIN | ACK, self.sent, self.read)
        self.emit(False, FIN | ACK, self.told, self.sent + 1)
        self.emit(True, ACK, self.sent + 1, self.told + 1)
        return self

    def result(self, settings: Settings | None = None) -> Result:
        """What the sensor makes of it."""
        return run(frames(self.segments), settings)


def plain(name: bytes, password: bytes = b"wrong") -> bytes:
    """AUTH PLAIN with an initial response."""
    return b"AUTH PLAIN " + base64.b64encode(b"\0" + name + b"\0" + password) + b"\r\n"


def wrong(duel: Duel, settings: Settings | None = None) -> list[str]:
    """What was said wrongly, or kept back, about the server's verdicts; a missing name is honest."""
    events = duel.result(settings).auths
    left = list(duel.server.judged)
    found = []
    for code in (235, 535):
        seen = sum(event.code == code for event in events)
        told = sum(judged[2] == code for judged in left)
        if seen != told:
            found.append(f"{told} times {code}, reported {seen}")
    for event in events:
        if event.username is None or event.code not in {235, 535}:
            continue
        judged = (event.mechanism or "", event.username, event.code)
        if judged in left:
            left.remove(judged)
        else:
            found.append(f"{judged} was never judged")
    return found


def unnamed(duel: Duel) -> int:
    """Verdicts reported without a name."""
    return sum(event.username is None and event.code in {235, 535} for event in duel.result().auths)
