"""What really happened, attempt by attempt: read from the servers' own logs, never from the packets.

Both servers run with their dialogue logged, so each line they got and sent stands in their log with the
process that served the connection. Names are what the server itself says it looked up: Dovecot's `user=`,
which Postfix logs, and Exim's `set_id`. What no log knows (the name in an attempt the server never judged)
is completed from the record of the scenario's own client, and marked so.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from .client import Said

_REJECTED = {500, 501, 502, 503, 504, 530}


@dataclass(slots=True)
class Attempt:
    """One AUTH command in clear text, with what the server made of it."""

    source: str
    port: int  # the client's
    server_port: int | None
    mechanism: str
    outcome: str
    code: int | None
    name: str | None
    name_from: str | None  # which log (or "client") the name is from


@dataclass(slots=True)
class Dialogue:
    """Collects the attempts of one connection from the lines its server logged."""

    source: str
    port: int
    server_port: int | None = None
    attempts: list[Attempt] = field(default_factory=list)
    hidden: int = 0  # attempts inside TLS
    _open: Attempt | None = None
    _recent: Attempt | None = None  # the last one that is over, in clear or not
    _last: str = ""
    _tls: bool = False

    def client(self, line: str) -> None:
        """Read a line the server received."""
        self._last = line
        words = line.split()
        if self._open is None and len(words) > 1 and words[0].upper() == "AUTH":
            self._open = Attempt(
                self.source, self.port, self.server_port, words[1].upper(), "", None, None, None
            )

    def server(self, line: str) -> None:
        """Read a line the server sent."""
        if not line[:3].isdigit() or line[3:4] == "-":
            return
        code = int(line[:3])
        if self._last.upper() == "STARTTLS" and code == 220:
            self._tls = True
        if self._open is not None and code != 334:
            self._open.code = code
            self._close(_outcome(code, cancelled=self._last == "*"))

    def named(self, name: str, log: str) -> None:
        """Note the name the server looked up for the attempt that is open or just over."""
        attempt = self._open or self._recent
        if attempt is not None and attempt.name is None:
            attempt.name, attempt.name_from = name, log

    def passed(self, name: str, log: str) -> None:
        """Note under which name this connection is logged in."""
        for attempt in self.attempts:
            if attempt.outcome == "success" and attempt.name is None:
                attempt.name, attempt.name_from = name, log

    def ended(self) -> None:
        """Note that the connection is over."""
        if self._open is not None:
            self._close("aborted")

    def _close(self, outcome: str) -> None:
        assert self._open is not None
        self._open.outcome = outcome
        if self._tls:
            self.hidden += 1
        else:
            self.attempts.append(self._open)
        self._recent, self._open = self._open, None


def _outcome(code: int, *, cancelled: bool) -> str:
    """Apply the outcomes' definition (ARCHITECTURE.md) to the code the server logged."""
    if code == 235:
        return "success"
    if cancelled and code == 501:
        return "cancelled"
    if code in _REJECTED:
        return "rejected"
    if 400 <= code < 500 and code != 432:
        return "temporary"
    return "failure"


@dataclass(slots=True)
class Truth:
    """All attempts of a recording, by connection in the order of the connections' begin."""

    attempts: list[Attempt]
    hidden: int

    @classmethod
    def of(cls, dialogues: Iterable[Dialogue], said: list[Said]) -> "Truth":
        """Join the server's dialogues with the clients' record.

        Raises ValueError where the two contradict each other: then neither is the truth.
        """
        dialogues = list(dialogues)
        attempts = [attempt for dialogue in dialogues for attempt in dialogue.attempts]
        _complete(attempts, said)
        return cls(attempts, sum(dialogue.hidden for dialogue in dialogues))

    def table(self) -> list[dict[str, object]]:
        """Give the attempts as the manifest holds them."""
        return [asdict(attempt) for attempt in self.attempts]


def comparable(table: list[dict[str, object]]) -> list[str]:
    """Lines by which two recordings are compared: per source, in its order, without the ephemeral ports."""
    lines = [
        " ".join(str(row[key]) for key in ("source", "server_port", "mechanism", "outcome", "code", "name"))
        for row in table
    ]
    return sorted(lines, key=lambda line: line.split()[0])  # stable: a source's own order stays


def _complete(attempts: list[Attempt], said: list[Said]) -> None:
    by_port: dict[tuple[str, int], list[Said]] = {}
    for one in said:
        by_port.setdefault((one.source, one.port), []).append(one)
    for (source, port), record in by_port.items():
        logged = [attempt for attempt in attempts if (attempt.source, attempt.port) == (source, port)]
        if len(logged) != len(record):
            raise ValueError(f"{source}:{port}: {len(record)} attempts made, {len(logged)} logged")
        for attempt, one in zip(logged, record, strict=True):
            _complete_one(attempt, one)


def _complete_one(attempt: Attempt, one: Said) -> None:
    if one.reset:
        attempt.outcome, attempt.code = "aborted", None
    if attempt.mechanism != one.mechanism.upper() or one.code not in {None, attempt.code}:
        raise ValueError(f"the server logged {attempt}, the client says {one}")
    if attempt.name == one.name:
        return
    # The server judged no name, or made another one of it (ANONYMOUS; a CRAM-MD5 name with spaces): what
    # stands on the wire is what the client sent.
    logged = "" if attempt.name is None else f" (the log says {attempt.name!r})"
    attempt.name, attempt.name_from = one.name, f"client{logged}"
