r"""Transcripts: SMTP sessions as text, each with the attempts that a reader of the wire must report.

The library is in tests/exactness/transcripts/*.smtp. One transcript:

    == login_failure
    # What rule it guards.
    S: 220 mx.example.org ESMTP
    C: AUTH LOGIN
    S: 334 {b64:Username:}
    C: {b64:anna@example.net}
    C+ {b64:wrong}
    S: 535 5.7.8 Error: authentication failed
    => LOGIN anna@example.net failure 535 enhanced=5.7.8
    => anomaly auth_in_mail

`C:` and `S:` begin a write of one line (CRLF is added), `C+`/`S+` add a line to the same write; a reply
line behind a continued one (`250-`) joins its write by itself. `C!`/`S!` begin a write of raw octets with
`\r\n\0\xff` escapes, `C&`/`S&` add raw octets. `--` lines steer: `wait 300ms`, `fin client`, `fin server`,
`rst client`, `rst server`, `end` (nothing more is seen), `port 25`, `proxies 198.51.100.0/24`,
`stretch server 13` (what was sent is 13 octets longer than the sequence numbers say). `hello PLAIN LOGIN`
stands for greeting, EHLO and a reply that offers these mechanisms, `quit` for QUIT and its reply. Without an
ending both sides FIN.

Braces: `{b64:text}` (escapes inside), `{hex:1603}`, `{repeat:8:text}`, `{sp}` (a space at the end of a line),
`{ntlm1}`, `{ntlm2}`, `{ntlm3:user,domain,workstation}`, `{tls:hello}`, `{tls:server}`, `{tls:data}`.

`=>` lines are the truth: mechanism, username, outcome, code (`-` for none, `{any}` for any text), then
`field=value` of AuthEvent (dotted for its flow); `=> anomaly NAME`, `=> session field=value`;
`=> secret TEXT` is a password or token that may appear in no output.
"""

import base64
import re
import shlex
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from support.forge_tcp import EPOCH, MS, SECOND, Conversation, Endpoints, Segment

FOLDER = Path(__file__).parent.parent / "exactness" / "transcripts"
ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
TOKEN = re.compile(r"\{([a-z0-9]+)(?=[:}])")
PLAIN_ESCAPES = {b"0": b"\0", b"r": b"\r", b"n": b"\n", b"t": b"\t"}


@dataclass(frozen=True, slots=True)
class Expected:
    """One attempt that must be reported; `fields` are further attributes of the event, as text."""

    mechanism: str | None
    username: str | None
    outcome: str
    code: int | None
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A write, or a verb of the `--` lines with its arguments."""

    verb: str
    client: bool = False
    data: bytes = b""
    amount: int = 0


@dataclass(slots=True)
class Transcript:
    """One session and its truth."""

    name: str
    doc: str = ""
    group: str = ""
    port: int = 587
    proxies: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    anomalies: set[str] = field(default_factory=set)
    session: dict[str, str] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)

    def octets(self, client: bool) -> bytes:
        """All that one side writes."""
        return b"".join(step.data for step in self.steps if step.client == client)


def play(transcript: Transcript, ends: Endpoints | None = None, ts: int = EPOCH) -> list[Segment]:
    """The transcript as TCP segments with handshake and goodbye."""
    talk = Conversation(ends or Endpoints(server_port=transcript.port), ts).handshake()
    closed: set[bool] = set()
    for step in transcript.steps:
        if step.verb == "write":
            talk.send(step.client, step.data)
        elif step.verb == "wait":
            talk.ts += step.amount
        elif step.verb == "stretch":
            talk.nxt[step.client] -= step.amount
        elif step.verb == "fin":
            talk.fin(step.client)
            closed.add(step.client)
        elif step.verb == "rst":
            return talk.rst(step.client).segments
        else:
            return talk.segments
    for client in (True, False):
        if client not in closed:
            talk.ts += 5 * MS
            talk.fin(client)
    talk.ack(client=True)
    talk.ack(client=False)
    return talk.segments


def read(text: str, group: str = "") -> list[Transcript]:
    """Parse a file of transcripts. Raises ValueError naming the line that makes no sense."""
    found: list[Transcript] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if line.startswith("== "):
            found.append(Transcript(line[3:].strip(), group=group))
            continue
        try:
            _line(found[-1], line)
        except (IndexError, ValueError, KeyError) as error:
            raise ValueError(f"{group} line {number}: {line!r}: {error}") from error
    return found


def _line(transcript: Transcript, line: str) -> None:
    mark, rest = line[:2], line[3:]
    if line.startswith("#"):
        transcript.doc = f"{transcript.doc} {line[1:].strip()}".strip()
    elif mark in {"C:", "C+", "C!", "C&", "S:", "S+", "S!", "S&"}:
        _write(transcript, mark[0] == "C", mark[1], rest)
    elif mark == "--":
        _steer(transcript, rest.split())
    elif mark == "=>":
        _truth(transcript, shlex.split(rest))
    else:
        raise ValueError("unknown mark")


def _write(transcript: Transcript, client: bool, kind: str, text: str) -> None:
    data = expand(text, raw=True) if kind in "!&" else expand(text, raw=False) + b"\r\n"
    last = transcript.steps[-1] if transcript.steps else None
    continued = (
        kind == ":"
        and not client
        and last is not None
        and not last.client
        and re.search(rb"(?:^|\n)\d\d\d-[^\n]*\r\n$", last.data) is not None
    )
    if kind in "+&" or continued:
        if last is None or last.client != client or last.verb != "write":
            raise ValueError("nothing to add to")
        transcript.steps[-1] = Step("write", client, last.data + data)
    else:
        transcript.steps.append(Step("write", client, data))


def _steer(transcript: Transcript, words: list[str]) -> None:
    verb = words[0]
    if verb == "port":
        transcript.port = int(words[1])
    elif verb == "proxies":
        transcript.proxies = tuple(words[1:])
    elif verb == "wait":
        unit = MS if words[1].endswith("ms") else SECOND
        transcript.steps.append(Step("wait", amount=int(words[1].rstrip("ms")) * unit))
    elif verb in {"fin", "rst"}:
        transcript.steps.append(Step(verb, {"client": True, "server": False}[words[1]]))
    elif verb == "stretch":
        client = {"client": True, "server": False}[words[1]]
        transcript.steps.append(Step(verb, client, amount=int(words[2])))
    elif verb == "hello":
        offer = " ".join(["250 AUTH", *words[1:]]) if words[1:] else "250 8BITMIME"
        for client, line in ((False, "220 mx.example.org ESMTP"), (True, "EHLO pc.example.net")):
            _write(transcript, client, ":", line)
        for line in ("250-mx.example.org", "250-PIPELINING", "250-SIZE 10240000", offer):
            _write(transcript, False, ":", line)
    elif verb == "quit":
        _write(transcript, True, ":", "QUIT")
        _write(transcript, False, ":", "221 2.0.0 Bye")
    elif verb == "end":
        transcript.steps.append(Step("end"))
    else:
        raise ValueError("unknown verb")


def _truth(transcript: Transcript, words: list[str]) -> None:
    if words[0] == "anomaly":
        transcript.anomalies.update(words[1:])
        return
    if words[0] == "secret":
        transcript.secrets.update(words[1:])
        return
    if words[0] == "session":
        transcript.session.update(_pair(word) for word in words[1:])
        return
    mechanism, username, outcome, code = (None if word == "-" else word for word in words[:4])
    fields = dict(_pair(word) for word in words[4:])
    transcript.expected.append(
        Expected(mechanism, username, outcome or "", int(code) if code else None, fields)
    )


def _pair(word: str) -> tuple[str, str]:
    name, value = word.split("=", 1)
    return name, value


def expand(text: str, *, raw: bool) -> bytes:
    """Text of one line as octets: braces expanded, escapes only where `raw`."""
    out = b""
    while match := TOKEN.search(text):
        head, text = text[: match.start()], text[match.end() :]
        depth, end = 1, 0
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        argument = text[1 : end - 1] if text[0] == ":" else ""
        text = text[end:]
        out += _octets(head, raw) + BRACES[match.group(1)](expand(argument, raw=True))
    return out + _octets(text, raw)


def _octets(text: str, raw: bool) -> bytes:
    data = text.encode()
    if not raw:
        return data
    return ESCAPE.sub(lambda m: bytes.fromhex(m[1].decode()) if m[1] else PLAIN_ESCAPES.get(m[2], m[2]), data)


def _repeat(argument: bytes) -> bytes:
    count, text = argument.split(b":", 1)
    return text * int(count)


def ntlm3(user: str, domain: str, workstation: str) -> bytes:
    """An NTLM AUTHENTICATE message (MS-NLMP 2.2.1.3) with made-up responses."""
    texts = [part.encode("utf-16-le") for part in (domain, user, workstation)]
    fields, body = [b"\x11" * 24, b"\x22" * 24, *texts], b""
    head = b"NTLMSSP\0" + struct.pack("<I", 3)
    for data in fields:
        head += struct.pack("<HHI", len(data), len(data), 64 + len(body))
        body += data
    return head + struct.pack("<HHII", 0, 0, 64 + len(body), 0x0008_8201) + body


def _ntlm2(_: bytes) -> bytes:
    target = "CORP".encode("utf-16-le")
    head = struct.pack("<HHII8s8s", len(target), len(target), 48, 0x0008_8201, b"\x33" * 8, b"\0" * 8)
    return base64.b64encode(b"NTLMSSP\0" + struct.pack("<I", 2) + head + b"\0" * 8 + target)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0303, len(body)) + body


def _tls(argument: bytes) -> bytes:
    """TLS 1.2 records: a ClientHello, a ServerHello and what follows, application data."""
    suites = bytes.fromhex("c02bc02fc02cc030009c009d002f0035")
    hello = b"\x03\x03" + bytes(range(32)) + b"\0" + struct.pack("!H", len(suites)) + suites + b"\1\0\0\0"
    if argument == b"hello":
        record = _record(0x16, b"\1" + len(hello).to_bytes(3, "big") + hello)
        return record[:1] + b"\x03\x01" + record[3:]
    if argument == b"server":
        answer = b"\x03\x03" + bytes(range(32, 64)) + b"\0" + suites[:2] + b"\0"
        return _record(0x16, b"\2" + len(answer).to_bytes(3, "big") + answer) + _record(0x14, b"\1")
    return _record(0x17, bytes((7 * i + 13) & 255 for i in range(200)) + b"AUTH PLAIN AGEAYg==\r\n" * 2)


BRACES: dict[str, Callable[[bytes], bytes]] = {
    "b64": base64.b64encode,
    "hex": lambda a: bytes.fromhex(a.decode()),
    "repeat": _repeat,
    "sp": lambda _: b" ",
    "ntlm1": lambda _: base64.b64encode(b"NTLMSSP\0" + struct.pack("<II", 1, 0x0008_8207) + b"\0" * 16),
    "ntlm2": _ntlm2,
    "ntlm3": lambda a: base64.b64encode(ntlm3(*a.decode().split(","))),
    "ntlm3raw": lambda a: ntlm3(*a.decode().split(",")),
    "tls": _tls,
}

TRANSCRIPTS: dict[str, Transcript] = {
    transcript.name: transcript
    for path in sorted(FOLDER.glob("*.smtp"))
    for transcript in read(path.read_text(encoding="utf-8"), path.stem)
}
