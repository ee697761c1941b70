"""Many made-up sessions with their truth, for what only numbers can show: loss, interleaving, floods.

Every attempt has a name of its own, so that a name that ends up with somebody else's verdict is seen.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from support.forge_tcp import EPOCH, MS, Conversation, Endpoints, Segment


@dataclass(frozen=True, slots=True)
class Truth:
    """One attempt as it was: times of the frames with AUTH and with the verdict."""

    mechanism: str | None
    username: str | None
    outcome: str
    code: int | None
    ts: int
    ts_verdict: int


@dataclass(slots=True)
class Played:
    """One session: its segments and its attempts, in order."""

    ends: Endpoints
    segments: list[Segment]
    truth: list[Truth] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


class Actor:
    """Plays a session line by line."""

    def __init__(self, ends: Endpoints, ts: int, random: Random) -> None:
        self.random = random
        self.ends = ends
        self.talk = Conversation(ends, ts).handshake()
        self.truth: list[Truth] = []
        self.secrets: list[str] = []
        self.began = 0  # when the AUTH command went out

    def client(self, text: str) -> None:
        self.talk.send(True, text.encode() + b"\r\n")

    def server(self, *lines: str) -> None:
        self.talk.send(False, "".join(f"{line}\r\n" for line in lines).encode())

    def last(self) -> int:
        """Time of the last segment with payload."""
        return next(s.ts for s in reversed(self.talk.segments) if s.payload)

    def hello(self) -> None:
        self.server("220 mx.example.org ESMTP")
        self.client("EHLO pc.example.net")
        self.server(
            "250-mx.example.org", "250-PIPELINING", "250-SIZE 10240000", "250 AUTH PLAIN LOGIN CRAM-MD5"
        )

    def auth(self, text: str) -> None:
        self.client(text)
        self.began = self.last()

    def fresh(self) -> tuple[str, str]:
        """A name and a password that nobody else has."""
        name = f"user{self.random.randrange(10**9):09d}@example.net"
        secret = f"secret-{self.random.randrange(10**9):09d}"
        self.secrets.append(secret)
        return name, secret

    def verdict(self, mechanism: str, name: str, *, good: bool = False) -> None:
        """Usually 535; now and then the server is in trouble."""
        self.talk.ts += self.random.randrange(5 * MS, 300 * MS)
        if good:
            outcome, code, line = "success", 235, "235 2.7.0 Authentication successful"
        elif self.random.random() < 0.03:
            outcome, code, line = "temporary", 454, "454 4.7.0 Temporary authentication failure"
        else:
            outcome, code, line = "failure", 535, "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6"
        self.server(line)
        self.truth.append(Truth(mechanism, name, outcome, code, self.began, self.last()))

    def done(self) -> Played:
        self.client("QUIT")
        self.server("221 2.0.0 Bye")
        self.talk.fin(True).fin(False).ack(True)
        return Played(self.ends, self.talk.segments, self.truth, self.secrets)


def b64(text: str) -> str:
    """Base64 of UTF-8."""
    return b64encode(text.encode()).decode()


def login(actor: Actor, *, good: bool = False) -> None:
    """AUTH LOGIN, line by line, as hydra does it."""
    name, secret = actor.fresh()
    actor.auth("AUTH LOGIN")
    actor.server("334 VXNlcm5hbWU6")
    actor.client(b64(name))
    actor.server("334 UGFzc3dvcmQ6")
    actor.client(b64(secret))
    actor.verdict("LOGIN", name, good=good)


def login_with_name(actor: Actor, *, good: bool = False) -> None:
    """AUTH LOGIN with the name as initial response."""
    name, secret = actor.fresh()
    actor.auth(f"AUTH LOGIN {b64(name)}")
    actor.server("334 UGFzc3dvcmQ6")
    actor.client(b64(secret))
    actor.verdict("LOGIN", name, good=good)


def plain(actor: Actor, *, good: bool = False) -> None:
    """AUTH PLAIN in one line."""
    name, secret = actor.fresh()
    actor.auth(f"AUTH PLAIN {b64(f'{chr(0)}{name}{chr(0)}{secret}')}")
    actor.verdict("PLAIN", name, good=good)


def plain_asked(actor: Actor, *, good: bool = False) -> None:
    """AUTH PLAIN, with the credentials behind an empty challenge."""
    name, secret = actor.fresh()
    actor.auth("AUTH PLAIN")
    actor.server("334 ")
    actor.client(b64(f"\0{name}\0{secret}"))
    actor.verdict("PLAIN", name, good=good)


def cram(actor: Actor, *, good: bool = False) -> None:
    """AUTH CRAM-MD5."""
    name, _ = actor.fresh()
    actor.auth("AUTH CRAM-MD5")
    actor.server(f"334 {b64('<1896.697170952@mx.example.org>')}")
    actor.client(b64(f"{name} {actor.random.randrange(16**32):032x}"))
    actor.verdict("CRAM-MD5", name, good=good)


def mail(actor: Actor) -> None:
    """A mail of 0.5 to 60 kB, whose text looks like commands here and there."""
    actor.client("MAIL FROM:<anna@example.net>")
    actor.server("250 2.1.0 Ok")
    actor.client("RCPT TO:<bob@example.org>")
    actor.server("250 2.1.5 Ok")
    actor.client("DATA")
    actor.server("354 End data with <CR><LF>.<CR><LF>")
    lines = ("AUTH PLAIN AGFubmEAeA==", "AUTH LOGIN", "QUIT", "..", "some dull text of a mail", "235 ok")
    body = "\r\n".join(actor.random.choice(lines) for _ in range(actor.random.randrange(30, 4_000)))
    actor.client(f"Subject: hello\r\n\r\n{body}\r\n.")
    actor.server("250 2.0.0 Ok: queued")


ATTEMPTS: tuple[Callable[..., None], ...] = (login, login_with_name, plain, plain_asked, cram)


def hydra(actor: Actor) -> None:
    """Three to five failures by AUTH LOGIN."""
    for _ in range(actor.random.randint(3, 5)):
        login(actor)


def lockstep(actor: Actor) -> None:
    """One to four attempts by any mechanism, all failing."""
    for _ in range(actor.random.randint(1, 4)):
        actor.random.choice(ATTEMPTS)(actor)


def user(actor: Actor) -> None:
    """A mistyped password perhaps, then success and mails."""
    if actor.random.random() < 0.3:
        actor.random.choice(ATTEMPTS)(actor)
    actor.random.choice(ATTEMPTS)(actor, good=True)
    for _ in range(actor.random.randint(1, 2)):
        mail(actor)


def burst(actor: Actor) -> None:
    """AUTH LOGIN, name and password at once; the replies come one by one."""
    for _ in range(actor.random.randint(1, 3)):
        name, secret = actor.fresh()
        actor.auth(f"AUTH LOGIN\r\n{b64(name)}\r\n{b64(secret)}")
        actor.server("334 VXNlcm5hbWU6")
        actor.server("334 UGFzc3dvcmQ6")
        actor.verdict("LOGIN", name)


KINDS: dict[str, Callable[[Actor], None]] = {
    "hydra": hydra,
    "lockstep": lockstep,
    "user": user,
    "burst": burst,
}


def sessions(count: int, seed: int, kinds: tuple[str, ...] = tuple(KINDS)) -> list[Played]:
    """`count` sessions that begin a few ms after each other, each from a source and port of its own."""
    random = Random(seed)
    out = []
    for number in range(count):
        ends = Endpoints(
            client=f"198.18.{number >> 8 & 255}.{number & 255}",
            client_port=random.randrange(1_024, 65_536),
            server_port=random.choice((25, 587)),
            isn_client=random.randrange(2**32),
            isn_server=random.randrange(2**32),
        )
        actor = Actor(ends, EPOCH + number * 20 * MS, random)
        actor.hello()
        KINDS[kinds[number % len(kinds)]](actor)
        out.append(actor.done())
    return out
