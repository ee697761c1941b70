"""What is no line: mail text, BDAT chunks, the watch behind STARTTLS, a PROXY header."""

from typing import Final

from smtpsensor.events import Encryption
from smtpsensor.smtp.answers import Answer, Tls, is_tls
from smtpsensor.smtp.commands import Kind, command
from smtpsensor.smtp.pairing import take_hole
from smtpsensor.smtp.proxy import INVALID, NEED_MORE, parse
from smtpsensor.smtp.state import Read, State, before
from smtpsensor.smtp.stream import Chunk, Gap

_END: Final = b"\r\n.\r\n"
_MASK: Final = 0xFFFFFFFF
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


def _knows(chunk: Chunk, answer: Answer) -> bool:
    """Whether the client had the whole reply when it sent this."""
    return chunk.ack >= 0 and not before(chunk.ack, answer.end)


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
    if answer is not None and (answer.reply.code < 300 or s.doubt) and _knows(chunk, answer):
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
    if s.chunk_left and not s.chunk_sure:
        answer = _answer(s)
        if answer is not None:
            if _refuses(s, answer):
                s.read = Read.COMMAND
                s.await_reply(Kind.BDAT, s.wait_ack, s.wait_end)
                return True
        elif s.stream.size < s.context.limits.backlog // 2 and not s.closing and not s.doubt:
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
    end = (s.wait_end + s.chunk_left) & _MASK
    if answer.acked >= 0 and before(answer.acked, end):
        return True
    keywords = s.facts.capabilities
    return answer.reply.code in (500, 502) and keywords is not None and "CHUNKING" not in keywords


def take_watch(s: State) -> bool:
    """Look for TLS behind STARTTLS (RFC 3207 section 4); text before or after it is told apart."""
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
