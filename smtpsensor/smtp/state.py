"""State of one session, shared by the readers of its two directions."""

from typing import Final

from smtpsensor.events import AnomalyEvent, Encryption, Flow, Outcome
from smtpsensor.smtp.answers import Answer, ServerStream
from smtpsensor.smtp.attempt import Attempt, judge
from smtpsensor.smtp.commands import Kind
from smtpsensor.smtp.context import Context
from smtpsensor.smtp.facts import Facts
from smtpsensor.smtp.stream import ClientStream, Line, Mark

HALF: Final = 0x80000000
# ns after which a server has long taken one version: a client gives up earlier (RFC 5321 section 4.5.3.2).
_ANSWERED: Final = 3_600_000_000_000
# Values of `watch`: STARTTLS was said and its reply is lost; the client's octets look like TLS.
TLS_MAYBE: Final = -1
TLS_LIKELY: Final = -2


class Read:
    """What the client's next octets are. Plain numbers: an enumeration's member costs 60 ns a look."""

    COMMAND: Final = 0
    RESPONSE: Final = 1  # a line of the open AUTH exchange
    UNSURE: Final = 2  # either: the reply that would tell is lost
    BODY: Final = 3  # mail text up to CRLF.CRLF
    CHUNK: Final = 4  # octets counted by BDAT
    WATCH: Final = 5  # behind an accepted STARTTLS: a TLS record or text
    PROXY: Final = 6  # a PROXY header, before anything else
    OPAQUE: Final = 7  # nothing that can be read


def before(a: int, b: int) -> bool:
    """Whether sequence number a lies before b (RFC 9293 section 3.4)."""
    return (a - b) & HALF != 0


class State:
    """One session between two octets."""

    __slots__ = (
        "adrift",
        "answered_to",
        "attempt",
        "body_start",
        "body_tail",
        "chunk_last",
        "chunk_left",
        "chunk_sure",
        "client_pos",
        "closing",
        "context",
        "disputed",
        "disputed_ts",
        "doubt",
        "facts",
        "flow",
        "full",
        "greeting_start",
        "hole_seen",
        "line",
        "odd",
        "passed",
        "read",
        "server",
        "spoken",
        "stream",
        "text_ack",
        "unanswered",
        "wait",
        "wait_ack",
        "wait_end",
        "watch",
        "wrapped",
    )  # fmt: skip

    def __init__(
        self, flow: Flow, context: Context, client_pos: int, server_pos: int, *, midstream: bool
    ) -> None:
        self.flow = flow
        self.context = context
        self.facts = Facts(midstream=midstream)
        self.stream = ClientStream(context.limits.line)
        self.server = ServerStream(server_pos, context.limits.line)
        self.client_pos = client_pos  # sequence number behind the client's last octet or hole
        self.read = Read.COMMAND
        self.wait = Kind.NOTHING if midstream else Kind.GREETING  # what a reply is awaited for
        self.wait_ack = server_pos  # where in the server's stream that reply begins
        self.text_ack = -1  # what the client had received when it sent a line that is no command, in doubt
        self.spoken = midstream  # the client's first line was taken
        # Where the greeting begins: -1 if behind a PROXY header or in the middle, where none can be early.
        self.greeting_start = -1 if midstream else server_pos
        self.wait_end = -1  # end of its command in the client's stream
        self.doubt = midstream  # replies and commands can't be paired by counting
        self.hole_seen = False  # behind the latest hole no command was passed over yet
        self.answered_to = server_pos  # where the last reply that was taken ends
        self.unanswered = -1  # the same when client lines were lost, until the next line comes
        self.passed = -1  # where the client stood when it sent the last command that was
        self.adrift = False  # replies may belong to an earlier command than they seem to
        self.disputed = -1  # up to here the client's octets came in two versions; -1: nowhere
        self.disputed_ts = 0  # when the later version came
        self.line: Line | None = None  # taken from the stream; a reply before it is awaited
        self.attempt: Attempt | None = None
        self.wrapped = False  # a SASL security layer may begin
        self.watch = 0  # end of the reply that accepted STARTTLS; TLS_MAYBE, TLS_LIKELY: none was seen
        self.body_start = 0  # sequence number of the mail's first octet
        self.body_tail = b""  # its last four octets so far
        self.chunk_left = 0  # octets of BDAT to come
        self.chunk_last = False
        self.chunk_sure = False  # the server takes them for a chunk
        self.closing = False
        self.full = False  # the client is further ahead of the replies than the cap
        self.odd: list[str] = []  # names of anomalies, each once
        if midstream:
            self.stream.doubt()

    def anomaly(self, name: str, mark: Mark) -> None:
        """Count and report odd traffic, once per name."""
        if name not in self.odd:
            self.odd.append(name)
            self.context.stats.count(name)
            self.context.emit(AnomalyEvent(mark[0], self.flow, name, mark[2], mark[1]))

    @property
    def awaits(self) -> bool:
        """Whether the server owes a reply, or lines wait for one."""
        return bool(self.wait or self.stream or self.line or self.attempt)

    def dispute(self, end: int, mark: Mark) -> None:
        """Say that octets up to `end` came in two versions, and nobody knows which the server took."""
        self.disputed = end
        self.adrift = True
        self.disputed_ts = mark[0]
        attempt = self.attempt
        if attempt is not None and abs(mark[0] - attempt.mark[0]) < _ANSWERED:
            self.attempt_disputed(attempt)

    def attempt_disputed(self, attempt: Attempt) -> None:
        """Take from an attempt what a forged line may have said; a verdict that only AUTH can have stands."""
        attempt.exchange = None
        attempt.doubtful = attempt.clean = True

    def is_disputed(self, line: Line) -> bool:
        """Whether a line came in two versions."""
        return (
            self.disputed >= 0
            and before((line.end - len(line.text) - 1) & 0xFFFFFFFF, self.disputed)
            and abs(self.disputed_ts - line.mark[0]) < _ANSWERED
        )

    def await_reply(self, kind: int, ack: int, end: int) -> None:
        """Await the reply to a command that ends at `end`, sent when the client had received up to `ack`."""
        self.wait = kind
        self.wait_ack = ack if ack >= 0 else self.server.pos
        self.wait_end = end

    def begin_body(self, start: int) -> None:
        """Read mail text from sequence number `start` on."""
        self.read = Read.BODY
        self.body_start = start
        self.body_tail = b"\r\n"  # a mail may be empty: the dot stands first
        line, self.line = self.line, None
        if line is not None and line.text == b".":
            self.end_body(line.end, line.ack)

    def end_body(self, end: int, ack: int) -> None:
        """Await the reply to a mail that ends before sequence number `end`."""
        if not before(end, self.body_start):
            self.facts.mail_bytes += (end - self.body_start) & 0xFFFFFFFF
        self.read = Read.COMMAND
        self.await_reply(Kind.BODY, ack, end)

    def go_opaque(self, encryption: Encryption) -> None:
        """Stop reading: what follows is no text."""
        if self.attempt is not None:
            self.finish(Outcome.UNKNOWN, None)
        self.read = Read.OPAQUE
        self.wait = Kind.NOTHING
        self.facts.encryption = encryption
        self.line = None
        self.stream.clear()
        self.server.queue.clear()

    def finish(self, outcome: Outcome | None, answer: Answer | None) -> None:
        """Report the open attempt, with the server's verdict or with why there is none."""
        attempt = self.attempt
        if attempt is None:
            return
        self.attempt = None
        if answer is not None and attempt.holed and answer.reply.code == 501:
            answer, outcome = (
                None,
                Outcome.UNKNOWN,
            )  # only the lost line tells: bad base64, or the client's "*"
        limit = self.context.limits.text
        event = attempt.event(self.flow, self.facts.helo, limit)
        odd = None
        if answer is not None:
            odd = judge(event, answer, attempt, limit)
        if outcome is not None:
            event.outcome = outcome
        self.facts.count(event.outcome)
        event.repeated = self.context.repeats.check(event)
        if event.malformed:
            self.anomaly("auth_malformed", attempt.mark)
        if odd is not None and answer is not None:
            self.anomaly(odd, answer.mark)
        self.context.emit(event)
