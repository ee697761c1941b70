"""The SMTP session of one connection: two streams of octets in, events out.

The session awaits either one reply or one piece of the client's stream, and pulls it. It never decides by
arrival: a reply belongs to the oldest unanswered command, a client line behind AUTH is a response if the
server's 334 asked for it. Complete streams therefore give the same events however a mirror port mixed them.
"""

from typing import Final

from smtpsensor.events import Encryption, EndReason, Flow, Outcome
from smtpsensor.smtp.answers import Answer, is_tls
from smtpsensor.smtp.bodies import take_body, take_chunk, take_proxy, take_watch
from smtpsensor.smtp.context import Context
from smtpsensor.smtp.pairing import answered, lost_reply, orphan, plausible, take_answer
from smtpsensor.smtp.reading import take_command, take_line, take_response
from smtpsensor.smtp.state import Read, State
from smtpsensor.smtp.stream import Line, Mark

__all__ = ["Read", "Session"]

_new = tuple.__new__  # half the cost of a NamedTuple's own way

# By the numbers of `Read`.
_TAKE: Final = (take_line, take_line, take_line, take_body, take_chunk, take_watch, take_proxy)


class Session(State):
    """What the packet side calls. `read` tells it when mail text and TLS need not be handed over."""

    __slots__ = ()

    def __init__(
        self,
        flow: Flow,
        context: Context,
        client_pos: int,
        server_pos: int,
        *,
        midstream: bool,
        implicit: bool = False,
        proxied: bool = False,
    ) -> None:
        super().__init__(flow, context, client_pos, server_pos, midstream=midstream)
        if implicit:
            self.go_opaque(Encryption.IMPLICIT)
        elif proxied:
            self.read = Read.PROXY
            self.greeting_start = -1  # the proxy speaks first

    def client(self, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Take payload of the client, in order; `ack` is -1 where the segment acknowledges nothing."""
        read = self.read
        if read == Read.OPAQUE:
            return
        stream = self.stream
        self.client_pos = end = (seq + len(data)) & 0xFFFFFFFF
        if (
            read <= Read.RESPONSE
            and not (self.wait or self.doubt or self.wrapped)
            and stream.at_line
            and data.find(b"\n") == len(data) - 1
            and len(data) <= self.context.limits.line
        ):
            # The usual: one whole line from a client that waited for its reply.
            line = _new(Line, (data.rstrip(b"\r\n"), mark, end, ack, True, False))
            if read == Read.COMMAND:
                take_command(self, line)
            else:
                take_response(self, line)
            if self.server.queue or self.read >= Read.BODY:
                self._run()
            return
        stream.push(data, seq, ack, mark)
        if read == Read.PROXY:
            take_proxy(self)
        elif self.wrapped:
            self._look_for_layer(data)
        self._run()
        if stream.overlong:
            self.anomaly("line_too_long", mark)
        self.full = stream.size > self.context.limits.backlog

    def server_data(self, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Take payload of the server, in order."""
        if self.read == Read.OPAQUE:
            return
        server = self.server
        if seq == self.wait_ack and ack == self.wait_end and self.wait and not self.doubt:
            # The usual: one known reply, right where the command left off, to exactly that command.
            known = server.known(data, seq)
            if known is not None and plausible(self.wait, known.code):
                server.pos = server.start = end = (seq + len(data)) & 0xFFFFFFFF
                answered(self, _new(Answer, (known, mark, seq, end, ack)))
                if self.stream.chunks:
                    self._run()
                return
        if server.push(data, seq, ack, mark):
            if self.wait:
                self._run()
            return
        self._run()
        if server.unparsable:
            self.anomaly("reply_unparsable", mark)
        if server.long:
            self.anomaly("line_too_long", mark)
        if len(server.queue) > self.context.limits.reply_backlog:
            self.doubt = True
            orphan(self, server.queue.pop(0))

    def client_gap(self, end: int, size: int, mark: Mark) -> None:
        """Take a hole in the client's stream: `size` octets that end before sequence number `end`."""
        self.facts.lost_client += size
        if self.read != Read.OPAQUE:
            self.stream.push_gap(end, size, mark)
            self.client_pos = end
            self._run()

    def server_gap(self, end: int, size: int, mark: Mark) -> None:
        """Take a hole in the server's stream."""
        self.facts.lost_server += size
        if self.read != Read.OPAQUE:
            self.server.push_gap(end, size, mark)
            self._run()

    def close(self, reason: EndReason, first: Mark, last: Mark, octets: tuple[int, int]) -> None:
        """End the session: the open attempt and the session itself are reported.

        `first` and `last` are the connection's first and last frame, `octets` the payload seen of client and
        server.
        """
        self.closing = True
        if self.read != Read.OPAQUE:
            self.server.flush(last)
            self._run()
        attempt = self.attempt
        if attempt is not None:
            seen = not (self.doubt or attempt.doubtful)
            closed = reason in (EndReason.FIN, EndReason.RST)
            self.finish(Outcome.ABORTED if seen and closed else Outcome.UNKNOWN, None)
        if self.facts.encryption is Encryption.UNKNOWN and is_tls(self.stream.peek(2)):
            self.facts.encryption = Encryption.IMPLICIT
        self.context.emit(self.facts.event(self.flow, reason, (first, last), octets, tuple(self.odd)))

    def _run(self) -> None:
        """Take what can be taken."""
        stream = self.stream
        queue = self.server.queue
        while self.read != Read.OPAQUE:
            if self.wait:
                if not take_answer(self):
                    return
                continue
            idle = not (stream.chunks or queue or self.line or self.read == Read.CHUNK)
            if idle or not _TAKE[self.read](self):
                return

    def _look_for_layer(self, data: bytes) -> None:
        """Notice a SASL security layer (RFC 4422 section 3.7): its frames begin with a length."""
        self.wrapped = False
        if data[:1] == b"\0" and self.read == Read.COMMAND:
            self.go_opaque(Encryption.CLEAR)

    def overflow(self, mark: Mark) -> None:
        """Bound what waits for replies that never came."""
        self.full = False
        self.anomaly("client_backlog", mark)
        for _ in range(self.context.limits.reply_backlog):
            self.doubt = True
            if self.wait:
                lost_reply(self)
            self._run()
            if self.stream.size <= self.context.limits.backlog:
                return
        self.stream.clear()
        self.stream.doubt()
        self.line = None
        if self.attempt is not None:
            self.attempt.lost()
