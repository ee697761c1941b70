"""Visits as packets: TCP and SMTP as a client and Postfix with Dovecot speak it, at the visits' times."""

import hashlib
import hmac
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from functools import cache
from random import Random
from typing import Final, NamedTuple

from scenarios.visits import SERVER, SERVER6, Try, Visit
from support.forge_tcp import MS, Conversation, Endpoints, Segment

_GREETING: Final = b"220 mx.example.net ESMTP Postfix\r\n"
_EHLO: Final = """mx.example.net
PIPELINING
SIZE 10240000
VRFY
ETRN
STARTTLS
AUTH PLAIN LOGIN CRAM-MD5
ENHANCEDSTATUSCODES
8BITMIME
DSN
SMTPUTF8
CHUNKING"""
_VERDICTS: Final = {
    235: b"235 2.7.0 Authentication successful\r\n",
    535: b"535 5.7.8 Error: authentication failed: (reason unavailable)\r\n",
    454: b"454 4.7.0 Temporary authentication failure: Connection lost to authentication server\r\n",
    503: b"503 5.5.1 Error: authentication not enabled\r\n",
    502: b"502 5.5.2 Error: command not recognized\r\n",
}
_NOT_OFFERED: Final = (502, 503)
_MESSAGE: Final = b"From: <a@example.net>\r\nSubject: Minutes\r\n\r\n" + b"Some lines of a mail.\r\n" * 60
_CHALLENGE: Final = b"<1896.697170952@mx.example.net>"


class Acted(NamedTuple):
    """A visit as it was played. `verdicts`: ns of each try's verdict."""

    visit: Visit
    segments: list[Segment]
    verdicts: tuple[int, ...]


def play(visits: Iterable[Visit], seed: int = 0) -> list[Acted]:
    """Play visits, each from a port of its own at its source."""
    random = Random(seed)
    used: Counter[str] = Counter()
    acted = []
    for visit in visits:
        used[visit.source] += 1
        ends = Endpoints(
            client=visit.source,
            client_port=1_024 + (used[visit.source] * 7_919 + seed) % 64_000,
            server=SERVER6 if ":" in visit.source else SERVER,
            server_port=visit.port,
            isn_client=random.randrange(2**32),
            isn_server=random.randrange(2**32),
        )
        acted.append(_act(visit, ends))
    return acted


def _act(visit: Visit, ends: Endpoints) -> Acted:
    talk = Conversation(ends, visit.ts).handshake()
    talk.send(False, _GREETING).send(True, b"EHLO pc.example.org\r\n").send(False, _ehlo(visit.offers))
    verdicts: list[int] = []
    if visit.tls:
        _tls(talk)
    else:
        for each in visit.tries:
            talk.ts += visit.pace if verdicts else 0
            verdicts.append(_authenticate(talk, each, visit.delay))
        if not visit.tries or any(each.code == 235 for each in visit.tries):
            for _ in range(visit.mails):
                _mail(talk)
    _leave(talk, visit)
    return Acted(visit, talk.segments, tuple(verdicts))


def _authenticate(talk: Conversation, each: Try, delay: int) -> int:
    """One AUTH; return when its verdict was sent (ns)."""
    if each.code in _NOT_OFFERED:
        talk.send(True, f"AUTH {each.mechanism}\r\n".encode())
    elif each.mechanism == "PLAIN":
        talk.send(True, b"AUTH PLAIN %s\r\n" % _b64(f"\0{each.name}\0{each.password}".encode()))
    elif each.mechanism == "LOGIN":
        talk.send(True, b"AUTH LOGIN\r\n").send(False, b"334 VXNlcm5hbWU6\r\n")
        talk.send(True, b"%s\r\n" % _b64(each.name.encode())).send(False, b"334 UGFzc3dvcmQ6\r\n")
        talk.send(True, b"%s\r\n" % _b64(each.password.encode()))
    else:
        talk.send(True, b"AUTH CRAM-MD5\r\n")
        challenge = _CHALLENGE.replace(b"1896", str(talk.ts // MS).encode())
        talk.send(False, b"334 %s\r\n" % _b64(challenge))
        digest = hmac.new(each.password.encode(), challenge, hashlib.md5).hexdigest()
        talk.send(True, b"%s\r\n" % _b64(f"{each.name} {digest}".encode()))
    talk.ts += delay if each.code == 535 else 3 * MS
    talk.send(False, _VERDICTS[each.code])
    return talk.segments[-1].ts


def _mail(talk: Conversation) -> None:
    for line, reply in (
        (b"MAIL FROM:<a@example.net>", b"250 2.1.0 Ok"),
        (b"RCPT TO:<b@example.org>", b"250 2.1.5 Ok"),
        (b"DATA", b"354 End data with <CR><LF>.<CR><LF>"),
    ):
        talk.send(True, line + b"\r\n").send(False, reply + b"\r\n")
    talk.send(True, _MESSAGE + b".\r\n").send(False, b"250 2.0.0 Ok: queued as 5341C57\r\n")


def _tls(talk: Conversation) -> None:
    """STARTTLS and some records: what is in them cannot be read."""
    talk.send(True, b"STARTTLS\r\n").send(False, b"220 2.0.0 Ready to start TLS\r\n")
    for client, kind, size in ((True, 22, 300), (False, 22, 1_200), (True, 20, 90), (False, 23, 250)):
        talk.send(client, bytes((kind, 3, 3)) + size.to_bytes(2, "big") + b"\xa7" * size)


def _leave(talk: Conversation, visit: Visit) -> None:
    if visit.end == "rst":
        talk.rst(False)
        return
    if visit.end == "shutdown":
        talk.send(False, b"421 4.3.2 Service shutting down, closing channel\r\n")
        talk.fin(False).fin(True)
    else:
        if not visit.tls:
            talk.send(True, b"QUIT\r\n").send(False, b"221 2.0.0 Bye\r\n")
        talk.fin(True).fin(False)
    talk.ack(visit.end != "shutdown")


@cache
def _ehlo(offers: bool) -> bytes:
    *more, last = [line for line in _EHLO.splitlines() if offers or not line.startswith("AUTH")]
    return "".join((*(f"250-{line}\r\n" for line in more), f"250 {last}\r\n")).encode()


def _b64(data: bytes) -> bytes:
    return b64encode(data)
