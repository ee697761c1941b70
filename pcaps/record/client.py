"""An SMTP client that says exactly what a scenario wants it to, and keeps a record of it."""

import base64
import re
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .net import SERVER4, Network, inside
from .sasl import MECHANISMS, Exchange

_TIMEOUT = 30.0  # seconds; a server that says nothing for so long has hung


@dataclass(slots=True)
class Said:
    """One AUTH command as its client knows it: the name it sent (None: none) and the verdict it was told."""

    source: str
    port: int
    mechanism: str
    name: str | None
    code: int | None = None  # None: the client did not wait for it
    reset: bool = False  # the client broke the connection off instead: no verdict can have been sent


@dataclass(slots=True)
class Record:
    """What all clients of a scenario said, in order."""

    said: list[Said] = field(default_factory=list)


class Client:
    """One connection from `source`. Everything is sent as told; replies are read when asked for."""

    def __init__(
        self, network: Network, record: Record, source: str, server: str = SERVER4, port: int = 587
    ) -> None:
        with inside(network.client(source)):
            self._socket = socket.create_connection((server, port), _TIMEOUT, (source, 0))
        self._input = b""
        self._source = source
        self._port = self._socket.getsockname()[1]
        self._record = record
        self._hidden = False

    @property
    def port(self) -> int:
        """The client's own port."""
        return int(self._port)

    def send(self, *lines: str) -> None:
        """Send lines, all in one segment."""
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def type(self, line: str) -> None:
        """Send a line as a terminal does: each octet in a segment of its own."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in f"{line}\r\n".encode():
            self._socket.sendall(bytes((octet,)))
            time.sleep(0.002)

    def farewell(self) -> bool:
        """Tell whether the server closes the connection, within moments of its last reply."""
        self._socket.settimeout(0.3)
        try:
            more = self._socket.recv(65536)
        except TimeoutError:
            return False
        finally:
            self._socket.settimeout(_TIMEOUT)
        return not more or b"421" in more[:3]

    def reply(self) -> tuple[int, str]:
        """Next reply: its code and its last line's text; raises ConnectionError at the end of the stream."""
        while True:
            while b"\n" not in self._input:
                more = self._socket.recv(65536)
                if not more:
                    raise ConnectionError("the server closed the connection")
                self._input += more
            line, _, self._input = self._input.partition(b"\n")
            found = re.match(rb"(\d{3})( |-|\r?$)(.*)", line.rstrip())
            if found and found[2] != b"-":
                return int(found[1]), found[3].decode(errors="replace")

    def ask(self, line: str) -> int:
        """Send a line and give the code of the reply."""
        self.send(line)
        return self.reply()[0]

    def hello(self, name: str = "pc.example.org") -> None:
        """Read the greeting, say EHLO."""
        self.reply()
        self.ask(f"EHLO {name}")

    def note(self, mechanism: str, name: str | None, code: int | None = None) -> Said:
        """Record an attempt that is made by hand."""
        said = Said(self._source, self._port, mechanism, name, code)
        if not self._hidden:
            self._record.said.append(said)
        return said

    def auth(self, mechanism: str, name: str, password: str = "", *, initial: bool = True) -> int:
        """One whole attempt; gives the code of the verdict."""
        return self.exchange(mechanism, MECHANISMS[mechanism.upper()](name, password), name, initial=initial)

    def exchange(self, mechanism: str, steps: Exchange, name: str | None, *, initial: bool = True) -> int:
        """One whole attempt of these steps."""
        first = next(steps)
        said = self.note(mechanism, name if first is not None and initial else None)
        waiting = None if initial else first
        argument = "" if first is None or not initial else f" {_encode(first) or '='}"
        self.send(f"AUTH {mechanism}{argument}")
        code, text = self.reply()
        while code == 334:
            answer, waiting = (waiting, None) if waiting is not None else (_next(steps, text), None)
            said.name = name  # the first answer carries it in every mechanism
            self.send(_encode(answer))
            code, text = self.reply()
        said.code = code
        return code

    def mail(self, sender: str, recipient: str, body: str) -> int:
        """Send one message; gives the code of the last reply."""
        for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>", "DATA"):
            code = self.ask(command)
            if code >= 400:
                return code
        self.send(f"From: <{sender}>", f"To: <{recipient}>", "", *body.splitlines(), ".")
        return self.reply()[0]

    def starttls(self) -> None:
        """Go on inside TLS; whatever follows is not in the capture in clear."""
        self.ask("STARTTLS")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._socket = context.wrap_socket(self._socket)
        self._hidden = True

    def quit(self) -> None:
        """Say QUIT and read the goodbye."""
        self.ask("QUIT")

    def reset(self) -> None:
        """Break the connection off with a RST, in the middle of an attempt."""
        self._record.said[-1].reset = True
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        """Close the connection, said goodbye or not."""
        self._socket.close()


@contextmanager
def session(
    network: Network, record: Record, source: str, server: str = SERVER4, port: int = 587
) -> Iterator[Client]:
    """Connect, EHLO; QUIT at the end of the block."""
    client = Client(network, record, source, server, port)
    try:
        client.hello()
        yield client
        client.quit()
    finally:
        client.close()


def _encode(answer: bytes) -> str:
    return base64.b64encode(answer).decode()


def _next(steps: Exchange, challenge: str) -> bytes:
    try:
        return steps.send(base64.b64decode(challenge)) or b""
    except StopIteration:
        return b""
