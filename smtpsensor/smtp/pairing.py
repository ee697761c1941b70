"""Which reply belongs to which command.

As long as nothing is lost the oldest unanswered command gets the next reply, whatever the arrival order.
Behind a hole the session is in doubt, and the acknowledgements of both sides decide: the answer to a command
begins exactly where the client stood in the server's stream when it sent the command. A reply that begins
later means that the answer is lost; one that begins earlier answers something lost.
"""

from smtpsensor.events import Encryption, Outcome
from smtpsensor.smtp.answers import Answer, Tls
from smtpsensor.smtp.commands import Kind
from smtpsensor.smtp.state import TLS_MAYBE, Read, State, before
from smtpsensor.smtp.stream import Gap

_AUTH = (Kind.AUTH, Kind.RESPONSE)
# Mechanisms that may put a security layer under all that follows (RFC 4422 section 3.7).
_LAYERED = frozenset(("GSSAPI", "GSS-SPNEGO", "NEGOTIATE", "DIGEST-MD5", "NTLM", "OTHER"))
# Replies that none but one command has; that to EHLO has several lines.
_TELLING = frozenset(((Kind.EHLO, 250), (Kind.DATA, 354), (Kind.STARTTLS, 220)))
# What only a command can cause: syntax, order, and all of AUTH (RFC 4954 section 6).
_OF_COMMANDS = frozenset((432, 454, 500, 501, 502, 503, 504, 530, 534, 535, 538))


def take_answer(s: State) -> bool:
    """Pair the awaited reply; False while it may still come."""
    queue = s.server.queue
    if not queue:
        if s.doubt and before(s.wait_ack, s.server.start):
            _pass_over(s)
            return True
        if not s.closing or s.wait in _AUTH:
            return False
        lost_reply(s)
        return True
    answer = queue[0]
    if isinstance(answer, Gap):
        take_hole(s, answer)
        del queue[0]
        return True
    if isinstance(answer, Tls):
        s.go_opaque(Encryption.IMPLICIT if s.wait == Kind.GREETING else Encryption.STARTTLS)
        return False
    if _is_greeting(s, answer):
        del queue[0]
        s.facts.answered(Kind.GREETING, answer.reply, s.context.limits.text)
        s.wait_ack = answer.end
        return True
    if s.doubt:
        if before(s.wait_ack, answer.start):
            _pass_over(s)
            return True
        if before(answer.start, s.wait_ack) or not _acknowledges(s, answer):
            del queue[0]
            orphan(s, answer)
            return True
    elif not _acknowledges(s, answer):
        del queue[0]
        _astray(s, answer)
        return True
    if not plausible(s.wait, answer.reply.code):
        if s.wait == Kind.GREETING:
            s.anomaly("reply_missing", answer.mark)  # a server that does not greet
            s.wait = Kind.NOTHING
            return True
        if answer.reply.code == 250 and s.wait in (Kind.DATA, Kind.STARTTLS):
            # Of a command before it, whatever the acknowledgements say.
            s.anomaly("reply_unexpected", answer.mark)
            s.doubt = True
            del queue[0]
            orphan(s, answer)
            return True
        elsewhere = answer.start != s.wait_ack
        if elsewhere or s.wait not in _AUTH:  # there the verdict says what is odd
            s.anomaly("reply_unexpected", answer.mark)
        if elsewhere or answer.reply.code in (235, 334, 535):
            # Server and sensor counted lines differently. The acknowledgements find the place again.
            s.doubt = True
            s.adrift |= s.facts.lost_client > 0 and bool(s.stream)  # what follows may be out of step as well
            lost_reply(s)
            return True
    del queue[0]
    s.doubt = False
    answered(s, answer)
    return True


def _is_greeting(s: State, answer: Answer) -> bool:
    """Whether a capture that begins in the middle of nothing shows the greeting behind an early command."""
    return (
        answer.reply.code == 220
        and s.facts.midstream
        and s.facts.last_code is None
        and not s.facts.greeted
        and s.wait != Kind.STARTTLS
    )


def _acknowledges(s: State, answer: Answer) -> bool:
    """Whether the server had the command when it sent this; else it answers nothing, as a time-out's 421."""
    return answer.acked < 0 or s.wait_end < 0 or not before(answer.acked, s.wait_end)


def _astray(s: State, answer: Answer) -> None:
    """Take a reply that was sent before the awaited command was there: it answers something not seen."""
    s.anomaly("reply_unexpected", answer.mark)
    s.facts.last_code = answer.reply.code
    if answer.reply.code in (235, 535):
        # A verdict all the same, on an attempt that the server read and nobody else.
        attempt, s.attempt = s.attempt, s.facts.open(None, answer.mark)
        s.finish(None, answer)
        s.attempt = attempt


def plausible(kind: int, code: int) -> bool:
    """Whether a code can answer a command: 235, 334 and 535 are for AUTH alone, 354 for DATA."""
    if kind in _AUTH:
        return code in (235, 334) or code >= 400
    if kind == Kind.GREETING:
        return code == 220 or (code >= 400 and code not in _OF_COMMANDS)
    if kind == Kind.DATA:
        return code == 354 or (code >= 400 and code != 535)
    if kind == Kind.STARTTLS and code == 250:
        return False
    return code not in (235, 334, 354, 535)


def answered(s: State, answer: Answer) -> None:
    """Act on the reply to what was awaited."""
    kind = s.wait
    s.wait = Kind.NOTHING
    code = answer.reply.code
    s.facts.last_code = code
    s.answered_to = answer.end
    if (kind, code) in _TELLING and len(answer.reply.lines) > (kind == Kind.EHLO):
        s.adrift = False
    if kind in _AUTH:
        _auth_answered(s, answer)
    elif kind == Kind.STARTTLS:
        if code == 220:
            s.read = Read.WATCH
            s.watch = answer.end
    elif kind == Kind.DATA:
        if code == 354:
            s.begin_body(s.wait_end)
    else:
        s.facts.answered(kind, answer.reply, s.context.limits.text)


def take_hole(s: State, hole: Gap) -> None:
    """Note that replies are lost; the open attempt is in doubt if the hole reaches into it."""
    s.doubt = s.hole_seen = True
    attempt = s.attempt
    if attempt is not None and (attempt.begin < 0 or before(attempt.begin, hole.end)):
        attempt.doubtful = True


def _auth_answered(s: State, answer: Answer) -> None:
    attempt = s.attempt
    if attempt is None:
        return
    code = answer.reply.code
    if s.adrift:
        s.attempt_disputed(attempt)  # whose verdict it is nobody knows
    if attempt.doubtful and not attempt.clean and code in (235, 334, 535):
        # Lines and replies are lost: it may be about an attempt that began in the holes.
        s.read = Read.COMMAND
        s.finish(Outcome.UNKNOWN, None)
        orphan(s, answer)
        return
    if code == 334:
        if attempt.exchange is not None:
            attempt.exchange.server(answer.reply.lines[-1] if answer.reply.lines else b"")
        s.read = Read.RESPONSE
        return
    s.read = Read.COMMAND
    if (attempt.doubtful and code not in (235, 535)) or (code < 300 and code != 235 and s.facts.incomplete):
        # The line before it may have been a command after all.
        s.finish(Outcome.UNKNOWN, None)
        return
    s.wrapped = code == 235 and (attempt.exchange is None or attempt.exchange.mechanism in _LAYERED)
    s.finish(None, answer)


def _pass_over(s: State) -> None:
    """Go on without the awaited reply: the server's next one begins later.

    A hole holds the reply to the oldest command, and to each that was sent when the one before was answered.
    Whether it holds that to a second one of the same flight nobody knows: the next reply may be its.
    """
    if not (s.hole_seen or (s.passed >= 0 and before(s.passed, s.wait_ack))):
        s.adrift = True
    s.hole_seen = False
    s.passed = s.wait_ack
    lost_reply(s)


def lost_reply(s: State) -> None:
    """Go on without the awaited reply: it is lost, or never came."""
    kind = s.wait
    s.wait = Kind.NOTHING
    if kind in _AUTH:
        if s.attempt is not None:
            s.attempt.doubtful = True
            s.read = Read.UNSURE
    elif kind == Kind.STARTTLS:
        s.read = Read.WATCH
        s.watch = TLS_MAYBE
    elif kind == Kind.EHLO:
        s.facts.forget_offer()
    elif kind in (Kind.MAIL, Kind.RCPT):
        s.facts.in_mail = True  # as most often
    elif kind == Kind.DATA:
        s.begin_body(s.wait_end)


def orphan(s: State, answer: Answer | Gap | Tls) -> None:
    """Take a reply whose command is lost. Some codes speak for themselves."""
    if isinstance(answer, Gap):
        take_hole(s, answer)
        return
    if isinstance(answer, Tls):
        s.go_opaque(Encryption.STARTTLS)
        return
    code = answer.reply.code
    s.answered_to = answer.end
    first = s.facts.last_code is None
    s.facts.last_code = code
    limit = s.context.limits.text
    if s.attempt is not None:
        _orphan_in_exchange(s, answer)
    elif code == 334:
        s.attempt = s.facts.open(None, answer.mark)
        s.read = Read.RESPONSE
    elif code in (235, 535):
        s.attempt = s.facts.open(None, answer.mark)
        s.finish(None, answer)
    elif code == 354:
        s.begin_body(s.client_pos)
    elif code == 220 and not s.facts.greeted:
        s.facts.answered(Kind.GREETING, answer.reply, limit)
        if first:
            s.facts.mechanisms = ()  # the session begins here: nothing is offered yet
    elif code == 220:
        s.read = Read.WATCH  # STARTTLS fell into the hole
        s.watch = answer.end
    elif code == 250 and len(answer.reply.lines) > 1:
        s.facts.answered(Kind.EHLO, answer.reply, limit)


def _orphan_in_exchange(s: State, answer: Answer) -> None:
    """Take a reply to a lost client line of the open attempt.

    If no reply is lost, the next final one is the attempt's verdict.
    """
    code = answer.reply.code
    attempt = s.attempt
    doubtful = attempt is not None and attempt.doubtful
    if attempt is not None and attempt.clean and code in (235, 334, 535):
        doubtful = False
    if not doubtful and code == 334:
        s.read = Read.RESPONSE
    elif not doubtful and (code == 235 or code >= 400):
        s.read = Read.COMMAND
        s.finish(None, answer)
    else:
        # Replies are lost too: this may be about an attempt that began in the hole.
        s.read = Read.COMMAND
        s.finish(Outcome.UNKNOWN, None)
        if code in (235, 334, 535):
            orphan(s, answer)
