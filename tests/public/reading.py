"""Another reading of SMTP, simple on purpose: both directions whole and in order, one command at a time.

The octets are tshark's (`follow,tcp`); the reading shares nothing with the one that is tested. It knows no
loss and no mirror: where a command has no reply, all after it is one off.
"""

import re
import subprocess
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

REPLY = re.compile(rb"([1-5]\d\d)(?: |\r?$)")
END = re.compile(rb"\n\.\r?\n")  # some clients and servers know no CR
# What tshark writes in the place of lost octets.
LOST = re.compile(rb"\[(\d+) bytes missing in capture file\]\.?\0?")


class Reading(NamedTuple):
    """One connection."""

    octets: tuple[int, int]  # of client and server, without what is lost
    lost: tuple[int, int]
    codes: list[int]
    helo: str | None
    auths: int
    recipients: int
    mails: int
    mail_octets: int  # of whole ones, the line of the dot included
    starttls: bool


def follow(program: str, path: Path, streams: list[int]) -> dict[int, tuple[bytes, bytes]]:
    """Octets of client and server of some streams; the client is the side on the higher port."""
    wanted = [word for stream in streams for word in ("-z", f"follow,tcp,raw,{stream}")]
    command = [program, "-r", str(path), "-q", *wanted]
    text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = {}
    for block in text.split("Follow: tcp,raw\n")[1:]:
        head = re.match(r"Filter: tcp.stream eq (\d+)\nNode 0: .*:(\d+)\nNode 1: .*:(\d+)\n", block)
        assert head, block[:200]
        sides = [b"", b""]
        for line in block[head.end() :].splitlines():
            if re.fullmatch(r"\t?[0-9a-f]+", line):
                sides[line.startswith("\t")] += bytes.fromhex(line.strip())
        if int(head[2]) < int(head[3]):
            sides.reverse()
        found[int(head[1])] = sides[0], sides[1]
    return found


def read(client: bytes, server: bytes) -> Reading:
    """Read one connection."""
    lost = [sum(int(size) for size in LOST.findall(side)) for side in (client, server)]
    client, server = LOST.sub(b"", client), LOST.sub(b"", server)
    codes = [int(found[1]) for line in server.split(b"\n") if (found := REPLY.match(line))]
    commands, mail_octets = _commands(client, codes)
    pairs = list(zip_longest(commands, codes))
    verbs = [line.split(b" ")[0].strip().upper() for line in commands]
    hellos = [line for line, verb in zip(commands, verbs, strict=True) if verb in (b"EHLO", b"HELO")]
    return Reading(
        (len(client), len(server)),
        (lost[0], lost[1]),
        codes,
        hellos[-1][5:].strip().decode("latin-1") if hellos else None,
        verbs.count(b"AUTH"),
        sum(1 for line, code in pairs if (line or b"")[:4].upper() == b"RCPT" and (code or 0) // 100 == 2),
        sum(1 for line, code in pairs if line == b"(mail)" and (code or 0) // 100 == 2),
        mail_octets,
        any((line or b"").strip().upper() == b"STARTTLS" and code == 220 for line, code in pairs),
    )


def _commands(rest: bytes, codes: list[int]) -> tuple[list[bytes], int]:
    """Whatever awaits a reply: the connection itself, lines, mails; and the octets of the mails."""
    commands = [b"(connection)"]
    octets = 0
    while rest:
        line, _, rest = rest.partition(b"\n")
        code = codes[len(commands)] if len(commands) < len(codes) else 0
        verb = line.split(b" ")[0].strip().upper()
        commands.append(line)
        if verb == b"STARTTLS" and code == 220:
            break
        if verb == b"DATA" and code == 354:
            end = END.search(b"\n" + rest)
            if not end:
                break
            octets += end.end() - 1
            rest = rest[end.end() - 1 :]
            commands.append(b"(mail)")
        if verb == b"BDAT" and (size := re.match(rb"BDAT (\d+)( LAST)?\r$", line, re.IGNORECASE)):
            commands[-1] = b"(mail)" if size[2] else b"(chunk)"
            octets += len(rest[: int(size[1])])
            rest = rest[int(size[1]) :]
    return commands, octets
