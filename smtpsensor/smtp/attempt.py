"""One AUTH attempt while it is open, and the event it becomes."""

from smtpsensor.events import AuthEvent, Flow, Outcome
from smtpsensor.smtp.answers import Answer
from smtpsensor.smtp.reply import spoken, verdict
from smtpsensor.smtp.sasl import Exchange
from smtpsensor.smtp.stream import Mark


class Attempt:
    """From the AUTH command to its verdict."""

    __slots__ = (
        "begin",
        "cancelled",
        "clean",
        "credential_ts",
        "doubtful",
        "exchange",
        "holed",
        "malformed",
        "mark",
        "nth",
        "offered",
        "responses",
    )

    def __init__(self, exchange: Exchange | None, mark: Mark, offered: bool | None, nth: int) -> None:
        self.exchange = exchange  # None: the command was lost, so nothing that follows can be read
        self.mark = mark  # of the AUTH command, or of what was first seen of the exchange
        self.offered = offered
        self.nth = nth
        self.responses = 0  # client lines taken as responses, the initial one included
        self.credential_ts: int | None = None
        self.begin = -1  # where the client stood in the server's stream when it sent AUTH
        self.cancelled = False
        # Every reply before was paired, every line since was seen: a reply that only AUTH can have is its.
        self.clean = False
        self.holed = False  # a client line of it is lost
        self.malformed = False  # a line too long to be read
        self.doubtful = False  # a reply within it was lost: what was read since rests on the line's look

    def response(self, line: bytes, ts: int) -> None:
        """Take one client line."""
        self.responses += 1
        if line == b"*":
            self.cancelled = True
            return
        self.credential_ts = ts
        if self.exchange is not None:
            self.exchange.client(line)

    def lost(self) -> None:
        """Say that a client line of the exchange fell into a hole."""
        self.responses += 1
        self.clean = False
        self.holed = True
        self.credential_ts = None
        if self.exchange is not None:
            self.exchange.lost()

    def event(self, flow: Flow, helo: str | None, limit: int) -> AuthEvent:
        """Begin the event: all but the verdict."""
        ts, frame, file = self.mark
        event = AuthEvent(ts, flow, Outcome.UNKNOWN, file, frame, attempt=self.nth, helo=helo)
        event.offered = self.offered
        event.ts_credentials = self.credential_ts
        event.malformed = self.malformed
        exchange = self.exchange
        if exchange is not None:
            event.mechanism = exchange.mechanism
            found = exchange.credentials()
            event.username = cap(found.username, limit)
            event.authzid = found.authzid
            event.realm = found.realm
            event.domain = found.domain
            event.workstation = found.workstation
            event.secret = found.secret
            event.malformed = found.malformed or self.malformed
        return event


def cap(text: str | None, limit: int) -> str | None:
    """Return text within its limit; names come capped, this is the last door."""
    return text if text is None or len(text) <= limit else text[:limit]


def judge(event: AuthEvent, answer: Answer, attempt: Attempt, limit: int) -> str | None:
    """Write the verdict into the event; return the anomaly it shows, if any."""
    reply = answer.reply
    ts, frame, file = answer.mark
    event.outcome, anomaly = verdict(reply, cancelled=attempt.cancelled)
    event.code = reply.code
    event.enhanced = reply.enhanced
    event.reply = spoken(reply, limit)
    event.ts_verdict = ts
    event.verdict_frame = frame
    event.verdict_file = file
    if attempt.credential_ts is not None and ts >= attempt.credential_ts:
        event.response_ns = ts - attempt.credential_ts
    return anomaly
