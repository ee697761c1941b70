"""Duels drawn by chance: what a client may send, in any order, with forged segments, loss, late frames."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from redteam.hostile import PASSWORD, Duel, plain
from support.forge_tcp import ACK, FIN, MS, RST, SYN

EHLO = b"EHLO pc.example.net\r\n"
FLAGS = (ACK, ACK, ACK, ACK, ACK, RST, RST | ACK, FIN | ACK, SYN, SYN | ACK, 0, FIN, SYN | FIN)
PLACES = (0, 0, 0, 0, 1, -1, 5, 40, 100, -20, 3_000, 1 << 16, 1 << 20, 1 << 25, 1 << 30, -(1 << 30))
AHEAD = (1, -1, 20, 100, -100, 70_000, 1 << 20, 1 << 30)
PAUSES = (50, 1_200, 2_500, 30_000, 70_000, 700_000)  # ms
FORGED = (
    b"", b"", b"x", b"\n", b"\x16\x03\x01", plain(b"forged"), plain(b"forged", b"zz"), b"DATA\r\n",
    b"QUIT\r\n", b"BDAT 5000\r\n", b"STARTTLS\r\n", b"AUTH LOGIN\r\n", b"NOOP xxxxxxxxxxxxxxx\r\n",
    b"y" * 10, b"y" * 300, b"y" * 1_448, b"\r\n.\r\n" + plain(b"forged"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hostility:
    """How bad it gets: shares of forged segments, of frames lost, ms by which frames are out of order."""

    forged: float = 0.0
    lost: float = 0.0
    late: int = 0
    deferred: float = 0.0  # share of the client's writes whose replies come behind later ones


class Script:
    """One duel, drawn from a seed."""

    def __init__(self, seed: int, how: Hostility) -> None:
        self.random = Random(seed)
        self.how = how
        self.duel = Duel()
        self.number = 0

    def play(self) -> Duel:
        """A session, as the sensor sees it; the server's verdicts are in `server.judged`."""
        random, duel = self.random, self.duel
        duel.server.chunking = random.random() < 0.5
        if random.random() < self.how.forged:
            for _ in range(random.randrange(3)):
                duel.forge(at=random.choice((0, 1 << 29, 1 << 30, -(1 << 29))), flags=SYN, ack=0)
        opening = len(duel.segments) + 3
        duel.open()
        if random.random() < 0.8:
            duel.say(EHLO)
        for self.number in range(random.randrange(2, 10)):
            while random.random() < self.how.forged:
                self.forge()
            if random.random() < 0.15:
                duel.wait(random.choice(PAUSES))
            if duel.server.closed:
                break
            random.choice(SAYINGS)(self)
            if random.random() < 0.5:
                duel.flush(random.randrange(1, 3))
        duel.flush()
        if random.random() < 0.7:
            duel.close()
        seen = [segment for segment in duel.segments if random.random() >= self.how.lost]
        if self.how.late:
            seen = [
                replace(s, ts=s.ts + (0 if at < opening else 3 * MS + random.randrange(self.how.late) * MS))
                for at, s in enumerate(seen)
            ]
            seen.sort(key=lambda segment: segment.ts)
        duel.segments = seen
        return duel

    def forge(self) -> None:
        """One segment that the server does not take."""
        random = self.random
        ack = max(0, self.duel.read + random.choice(AHEAD)) if random.random() < 0.25 else None
        self.duel.forge(random.choice(FORGED), at=random.choice(PLACES), flags=random.choice(FLAGS), ack=ack)

    def say(self, data: bytes) -> None:
        """What the server takes; sometimes with an acknowledgement of long ago, in small pieces."""
        random, duel = self.random, self.duel
        ack = max(1, duel.read - random.choice((1, 10, 50, 200))) if random.random() < 0.15 else None
        deferred = random.random() < self.how.deferred
        duel.say(data, ack=ack, size=random.choice((1_448, 1_448, 1_448, 7, 30)), deferred=deferred)

    def name(self) -> bytes:
        return b"user%d" % self.number

    def password(self) -> bytes:
        return PASSWORD if self.random.random() < 0.15 else b"wrong%d" % self.random.randrange(3)

    def auth(self) -> bytes:
        return plain(self.name(), self.password())


def step_by_step(script: Script) -> None:
    for line in (b"AUTH LOGIN", b64encode(script.name()), b64encode(script.password())):
        script.say(line + b"\r\n")
        if script.random.random() < script.how.forged:
            script.forge()


def at_once(script: Script) -> None:
    lines = (b"AUTH LOGIN", b64encode(script.name()), b64encode(script.password()), b"")
    script.say(b"\r\n".join(lines))


def two_and_more(script: Script) -> None:
    script.say(script.auth() + plain(script.name() + b"b") + b"NOOP\r\n")


def mail(script: Script) -> None:
    for line in (b"MAIL FROM:<>\r\n", b"RCPT TO:<a@example.org>\r\n", b"DATA\r\n"):
        script.say(line)
    behind = script.auth() if script.random.random() < 0.4 else b""
    script.say(b"hi\r\nAUTH is no command here\r\n.\r\n" + behind)


def challenged(script: Script) -> None:
    credentials = b64encode(b"\0" + script.name() + b"\0" + script.password())
    script.say(b"AUTH PLAIN\r\n" + credentials + b"\r\n")


SAYINGS: tuple[Callable[[Script], None], ...] = (
    lambda script: script.say(EHLO),
    lambda script: script.say(b"NOOP\r\n"),
    lambda script: script.say(script.auth()),
    lambda script: script.say(script.auth()),
    lambda script: script.say(b"XYZ\r\n"),
    lambda script: script.say(b"BDAT 10\r\n0123456789" + script.auth()),
    lambda script: script.say(b"STARTTLS\r\n"),
    lambda script: script.say(b"\x16\x03\x01\r\n"),
    step_by_step,
    at_once,
    two_and_more,
    mail,
    challenged,
)
