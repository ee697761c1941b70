"""What is no line: mail text, BDAT chunks, the watch behind STARTTLS, a PROXY header."""

from typing import Final

from smtpsensor.events import Encryption
from smtpsensor.smtp.answers import Answer, Tls, is_tls
from smtpsensor.smtp.commands import Kind, command
from smtpsensor.smtp.pairing import orphan, take_hole
from smtpsensor.smtp.proxy import INVALID, NEED_MORE, parse
from smtpsensor.smtp.state import TLS_LIKELY, TLS_MAYBE, Read, State, before
from smtpsensor.smtp.stream import Chunk, Gap

_END: Final = b"\r\n.\r\n"
_MASK: Final = 0xFFFFFFFF
_VERB: Final = 64  # octets in which a command's verb stands
_AFTER_MAIL: Final = frozenset(
    (Kind.EHLO, Kind.HELO, Kind.AUTH, Kind.MAIL, Kind.RSET, Kind.STARTTLS, Kind.QUIT)
)
_NO_CHUNK: Final = frozenset((500, 502))  # said to BDAT by those who do not know it
_UNREAD: Final = frozenset((500, 501, 502, 503, 504, 530))  # the same by those who did not offer it
_PROXY_PEEK: Final = 4_096  # more than any header that `parse` takes


def _waiting(s: State) -> Answer | Tls | None:
    """Oldest reply that waits; holes before it are noted."""
    queue = s.server.queue
    while queue:
        item = queue[0]
        if not isinstance(item, Gap):
            return item
        take_hole(s, item)
        del queue[0]
    return None


def _answer(s: State) -> Answer | None:
    """Oldest reply that waits, if it can be read."""
    item = _waiting(s)
    return item if isinstance(item, Answer) else None


def _follows(chunk: Chunk, answer: Answer) -> bool:
    """Whether the client sent this after the reply: it had it whole, or the server had none of this yet."""
    if chunk.ack >= 0 and not before(chunk.ack, answer.end):
        return True
    return answer.acked >= 0 and not before(chunk.seq, answer.acked)


def _is_next_command(s: State, data: bytes) -> bool:
    """Whether octets go on with a command at the begin of a line, where mail text would be as good."""
    kind = command(data[:_VERB].partition(b"\n")[0])[0]
    return s.body_tail.endswith(b"\n") and kind in _AFTER_MAIL


def take_body(s: State) -> bool:
    """Take mail text up to CRLF.CRLF (RFC 5321 section 4.1.1.4); False when more must come first."""
    answer = _answer(s)
    chunk = s.stream.chunk()
    if chunk is None:
        if answer is not None and (s.closing or (s.doubt and not before(s.client_pos, answer.acked))):
            s.end_body(s.client_pos, answer.start)
            return True
        return False
    if chunk.data is None:
        s.doubt = True
        s.body_tail = b""
        return True
    if (
        answer is not None
        and (answer.reply.code < 300 or s.doubt or _is_next_command(s, chunk.data))
        and _follows(chunk, answer)
    ):
        # The client goes on behind the reply: the server saw an end of mail that no standard knows.
        s.stream.unread(chunk)
        s.end_body(chunk.seq, answer.start)
        return True
    text = s.body_tail + chunk.data
    at = text.find(_END)
    if at < 0:
        s.body_tail = text[-4:]
        return True
    rest = text[at + len(_END) :]
    end = (chunk.seq + len(chunk.data) - len(rest)) & _MASK
    if rest:
        s.stream.unread(Chunk(rest, end, chunk.ack, chunk.mark))
    s.end_body(end, chunk.ack)
    return True


def take_chunk(s: State) -> bool:
    """Take the octets that BDAT announced (RFC 3030 section 2).

    A server that knows BDAT answers behind the last of them. One that does not answers the line and takes the
    octets for commands: nothing is taken before the reply tells, or more came than one sends unanswered.
    """
    if s.chunk_left:
        answer = _answer(s)
        if answer is not None and _refuses(s, answer):
            s.doubt |= s.chunk_sure  # what was taken for the chunk were commands
            s.read = Read.COMMAND
            s.await_reply(Kind.BDAT, s.wait_ack, s.wait_end)
            return True
        waits = s.stream.size < s.context.limits.backlog // 2 and not (s.closing or s.doubt or s.chunk_sure)
        if answer is None and waits:
            return False
        s.chunk_sure = True
    chunk = s.stream.chunk() if s.chunk_left else None
    if chunk is None:
        if s.chunk_left and not s.closing:
            return False
        s.read = Read.COMMAND
        s.await_reply(Kind.BODY if s.chunk_last else Kind.BDAT, s.wait_ack, s.wait_end)
        return True
    size = chunk.ack if chunk.data is None else len(chunk.data)
    if chunk.data is None:
        s.doubt = True
    used = min(size, s.chunk_left)
    s.chunk_left -= used
    s.facts.mail_bytes += used
    if chunk.data is not None:
        s.wait_ack = chunk.ack if chunk.ack >= 0 else s.server.pos
        s.wait_end = (chunk.seq + used) & _MASK
        if used < size:
            s.stream.unread(Chunk(chunk.data[used:], s.wait_end, chunk.ack, chunk.mark))
    return True


def _refuses(s: State, answer: Answer) -> bool:
    """Whether a reply was sent before the chunk was there, or by a server that never offered CHUNKING."""
    if answer.acked >= 0:
        behind = (answer.acked - s.wait_end) & _MASK
        if behind < s.chunk_left or before(answer.acked, s.wait_end):
            return True
    keywords = s.facts.capabilities
    offered = keywords is None or "CHUNKING" in keywords
    return answer.reply.code in (_NO_CHUNK if offered else _UNREAD)


def take_watch(s: State) -> bool:
    """Look for TLS behind STARTTLS (RFC 3207 section 4); text before or after it is told apart."""
    if s.watch < 0:
        return _guess(s)
    first = s.stream.first()
    if first is None:
        item = _waiting(s)
        if isinstance(item, Tls):
            s.go_opaque(Encryption.STARTTLS)
        if not isinstance(item, Answer):
            return False
        s.anomaly("starttls_clear", item.mark)
        s.read = Read.COMMAND
        return True
    if first.data is None:
        s.stream.chunk()
        s.doubt = True
        chunk = s.stream.first()
        if (
            chunk is not None
            and chunk.data is not None
            and command(chunk.data.split(b"\n")[0])[0] == Kind.UNKNOWN
        ):
            s.go_opaque(Encryption.STARTTLS)
        return True
    octets = s.stream.peek(2)
    if is_tls(octets):
        s.go_opaque(Encryption.STARTTLS)
        return False
    if len(octets) == 1 and 0x14 <= octets[0] <= 0x17 and not s.closing:
        return False
    if first.ack >= 0 and before(first.ack, s.watch):
        # Sent before the client could know the answer: RFC 3207 has the server drop it.
        s.anomaly("starttls_injection", first.mark)
        s.stream.chunk()
        s.doubt = True
        return True
    s.anomaly("starttls_clear", first.mark)
    s.read = Read.COMMAND
    return True


def _guess(s: State) -> bool:
    """Look for TLS where nobody saw the server agree: its next octets tell, not the client's alone."""
    first = s.stream.first()
    if s.watch == TLS_MAYBE:
        octets = s.stream.peek(2)
        if octets and not is_tls(octets) and not (len(octets) == 1 and 0x14 <= octets[0] <= 0x17):
            s.read = Read.COMMAND
            return True
        if len(octets) == 2:
            s.watch = TLS_LIKELY
            s.facts.encryption = Encryption.STARTTLS
    item = _waiting(s)
    if isinstance(item, Tls) or (item is None and (s.server.unparsable or s.server.pos != s.server.start)):
        s.go_opaque(Encryption.STARTTLS)
        return False
    if isinstance(item, Answer):
        s.read = Read.COMMAND
        s.facts.encryption = Encryption.CLEAR
        if s.watch == TLS_LIKELY:
            s.doubt = True
            s.stream.doubt()
            del s.server.queue[0]
            orphan(s, item)
        return True
    if first is None or (s.watch == TLS_MAYBE and first.data is not None):
        return False
    return s.stream.chunk() is not None


def take_proxy(s: State) -> bool:
    """Take the PROXY header of a configured proxy; the source is the address it names."""
    first = s.stream.first()
    header = parse(s.stream.peek(_PROXY_PEEK))
    if first is not None and header is NEED_MORE and not s.closing:
        return False
    if header is NEED_MORE or header is INVALID:
        if first is None:
            return False
        if not s.facts.midstream:
            s.anomaly("proxy_invalid", first.mark)
    else:
        s.stream.skip(header.consumed)
        if header.src is not None:
            s.flow.proxy = s.flow.src
            s.flow.src = header.src
            s.flow.src_port = header.src_port
    s.read = Read.COMMAND
    return True
