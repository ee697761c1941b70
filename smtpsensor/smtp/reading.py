"""The client's stream, line by line: commands and responses."""

from typing import Final

from smtpsensor.events import Encryption, Outcome
from smtpsensor.smtp.answers import Tls, is_tls
from smtpsensor.smtp.commands import Kind, bdat_size, command, until_nul
from smtpsensor.smtp.pairing import orphan, take_hole
from smtpsensor.smtp.sasl import start
from smtpsensor.smtp.state import TLS_LIKELY, Read, State, before
from smtpsensor.smtp.stream import Gap, Line
from smtpsensor.text import harmless

_AUTH_LINE: Final = 510  # RFC 4954 section 4: the command keeps RFC 5321's 512 octets, CRLF included


def take_line(s: State) -> bool:
    """Take one line; False when more must come first."""
    line = s.line
    if line is None:
        found = s.stream.line()
        if isinstance(found, Gap):
            s.doubt = True
            s.unanswered = s.answered_to
            if s.attempt is not None:
                s.attempt.lost()
                s.read = Read.UNSURE
            return True
        line = found
    if s.doubt or s.closing:
        settled = _settle(s, line)
        if settled is not None:
            return settled
    if line is None:
        return False
    s.line = None
    if s.read == Read.COMMAND or ((s.doubt or s.read == Read.UNSURE) and not _is_response(s, line)):
        take_command(s, line)
    else:
        take_response(s, line)
    return True


def _settle(s: State, line: Line | None) -> bool | None:
    """In doubt: take the replies that the client had before it sent this line. None: the line's turn."""
    queue = s.server.queue
    answer = queue[0] if queue else None
    if isinstance(answer, Gap):
        take_hole(s, answer)
        del queue[0]
        return True
    if isinstance(answer, Tls):
        if line is None and (s.closing or not before(s.client_pos, answer.acked)):
            s.go_opaque(Encryption.STARTTLS)
            return False
        if line is not None and s.doubt and before(answer.start, line.ack):
            s.go_opaque(Encryption.STARTTLS)
            return False
        return None if line is not None else False
    if line is None:
        if s.doubt and s.facts.lost_client + s.facts.midstream and is_tls(s.stream.peek(2)):
            s.read = Read.WATCH
            s.watch = TLS_LIKELY
            return True
        if answer is not None and (s.closing or not before(s.client_pos, answer.acked)):
            # Everything that the server had received is read: this answers what was lost.
            del queue[0]
            orphan(s, answer)
            return True
        return False
    if not s.doubt or line.ack < 0:
        return None
    if answer is None:
        if before(s.server.start, line.ack) and not s.closing:
            s.line = line  # a reply that the client had is still on its way to us
            return False
    elif before(answer.start, line.ack):
        s.line = line
        del queue[0]
        orphan(s, answer)
        return True
    return None


def _is_response(s: State, line: Line) -> bool:
    """Whether a line goes on with the open exchange, by its look."""
    attempt = s.attempt
    if attempt is None or command(line.text)[0] != Kind.UNKNOWN:
        return False
    if attempt.exchange is None or not line.whole:
        return True
    return attempt.exchange.expects(line.text)


def take_response(s: State, line: Line) -> None:
    """Take one line as a response of the open exchange."""
    s.read = Read.RESPONSE
    s.await_reply(Kind.RESPONSE, line.ack, line.end)
    attempt = s.attempt
    if attempt is None:
        return
    if s.is_disputed(line):
        s.attempt_disputed(attempt)
    if (line.whole and not line.overlong) or line.text == b"*":
        attempt.response(until_nul(line.text), line.mark[0])
        return
    attempt.lost()
    if line.overlong:
        attempt.malformed = True
        s.anomaly("line_too_long", line.mark)


def take_command(s: State, line: Line) -> None:
    """Take one line as a command."""
    if s.attempt is not None:
        s.adrift |= not s.attempt.doubtful  # its verdict is still to come
        s.finish(Outcome.UNKNOWN, None)
    s.read = Read.COMMAND
    kind, argument = command(line.text)
    if s.unanswered >= 0:
        # Lines before a command are lost: did the client have more than the replies to what went before them?
        s.adrift |= kind != Kind.UNKNOWN and line.ack >= 0 and not before(s.unanswered, line.ack)
        s.unanswered = -1
    s.await_reply(kind, line.ack, line.end)
    if not s.spoken:
        s.spoken = True
        if line.ack == s.greeting_start:
            s.anomaly("early_talker", line.mark)
            if line.text.startswith(b"PROXY "):
                # A header for the server, not for us: whether it was answered the acknowledgements tell.
                s.doubt = True
                s.wait = Kind.NOTHING
                return
    if line.overlong:
        s.anomaly("line_too_long", line.mark)
    facts = s.facts
    if s.doubt and line.ack == s.text_ack >= 0:
        # In one flight with what was no command: mail text whose DATA is lost, whatever the line looks like.
        s.wait = Kind.NOTHING
        return
    if kind == Kind.UNKNOWN:
        if s.doubt and facts.in_mail:
            # DATA and its 354 fell into the holes: this is the mail.
            s.wait = Kind.NOTHING
            s.begin_body(line.end)
        elif s.doubt:
            s.text_ack = line.ack
        return
    if facts.encryption is Encryption.UNKNOWN:
        facts.encryption = Encryption.CLEAR
    if kind == Kind.AUTH:
        _take_auth(s, line, argument)
    elif kind in (Kind.EHLO, Kind.HELO):
        facts.helo = harmless(argument, s.context.limits.text)
    elif kind == Kind.BDAT:
        size = bdat_size(argument)
        if size is not None:
            s.chunk_left, s.chunk_last = size
            s.chunk_sure = False
            s.read = Read.CHUNK
            s.wait = Kind.NOTHING


def _take_auth(s: State, line: Line, argument: bytes) -> None:
    """Open an attempt: `AUTH mechanism [initial-response]` (RFC 4954 section 4)."""
    mechanism, initial = [*argument.split(None, 1), b"", b""][:2]
    exchange = start(mechanism, s.context.tagger, s.context.limits.text) if mechanism else None
    s.attempt = attempt = s.facts.open(exchange, line.mark)
    attempt.clean = not s.doubt
    attempt.begin = line.ack
    if s.facts.in_mail and attempt.clean:
        s.anomaly("auth_in_mail", line.mark)
    if len(line.text) > _AUTH_LINE or line.overlong:
        s.anomaly("auth_line_long", line.mark)
    if line.overlong:
        attempt.lost()
        attempt.malformed = True
        return
    initial = initial.strip()
    if initial:
        attempt.response(initial, line.mark[0])
    if s.is_disputed(line):
        s.attempt_disputed(attempt)
