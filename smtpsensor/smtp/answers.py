"""The server's direction, read eagerly: replies with their place in both streams.

A reply's place is what ties it to a command when something is lost. TCP acknowledgements say it exactly: the
server had received every octet up to `acked` when it sent the reply, and a client that waits for replies had
received every octet up to `start` when it sent the command that the reply answers.
"""

from typing import Final, NamedTuple

from smtpsensor.smtp.reply import Reply, ReplyReader
from smtpsensor.smtp.stream import Gap, Mark

_MASK: Final = 0xFFFFFFFF


# Servers say the same few things: a segment that was one whole reply is read once. A pure function of the
# octets, bounded: 1,024 replies of 1,024 octets.
_KNOWN: dict[bytes, Reply] = {}
_KNOWN_REPLIES: Final = 1_024
_KNOWN_OCTETS: Final = 1_024
_new = tuple.__new__  # half the cost of a NamedTuple's own way


class Answer(NamedTuple):
    """One reply and where it stands."""

    reply: Reply
    mark: Mark  # of the segment that completed it
    start: int  # sequence number of its first octet
    end: int  # behind its last
    acked: int  # what the server had received of the client; -1: no ACK


class Tls(NamedTuple):
    """A TLS record where a reply should stand: nothing behind it can be read."""

    mark: Mark
    start: int
    acked: int


class ServerStream:
    """Turns the server's octets into answers and holes, appended to `queue`."""

    __slots__ = ("_limit", "_overlong", "_part", "_reader", "_whole", "long", "pos", "queue", "start", "tls")

    def __init__(self, pos: int, limit: int) -> None:
        self.queue: list[Answer | Gap | Tls] = []
        self.pos = pos  # sequence number behind the last octet taken
        self.tls = False  # a TLS record stands where a reply should
        self.long = False  # a line over the limit was seen
        self._limit = limit
        self._part = b""
        self._overlong = False
        self._whole = True
        self.start = pos  # of the reply being read
        self._reader = ReplyReader()

    @property
    def unparsable(self) -> int:
        """Lines that belong to no reply, so far."""
        return self._reader.unparsable

    def known(self, data: bytes, seq: int) -> Reply | None:
        """Return what a segment says if it is one whole reply seen before and nothing waits."""
        if self.queue or self.start != seq or self._overlong or not self._whole or self.tls:
            return None
        return _KNOWN.get(data)

    def push(self, data: bytes, seq: int, ack: int, mark: Mark) -> bool:
        """Take the payload of one segment; whether it was one whole reply that needed no reading."""
        self.pos = end = (seq + len(data)) & _MASK
        if self.tls:
            return False
        if self.start == seq and not self._overlong and self._whole:
            reply = _KNOWN.get(data)
            if reply is not None:
                self.start = end
                self.queue.append(_new(Answer, (reply, mark, seq, end, ack)))
                return True
        before = len(self.queue)
        whole = self.start == seq and not self._part
        self._parse(data, seq, ack, mark)
        if whole and len(self.queue) == before + 1 and len(data) <= _KNOWN_OCTETS and self.start == end:
            last = self.queue[before]
            if isinstance(last, Answer) and data.endswith(b"\n") and not self._reader.unparsable:
                if len(_KNOWN) >= _KNOWN_REPLIES:
                    _KNOWN.clear()
                _KNOWN[data] = last.reply
        return False

    def _parse(self, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        part = self._part
        if not part and not self._reader.pending and is_tls(data):
            self._encrypted(seq, ack, mark)
            return
        begin = 0
        while (at := data.find(b"\n", begin)) >= 0:
            raw = data[begin : at + 1]
            begin = at + 1
            if part:
                raw = part + raw
                part = b""
            if self._overlong or not self._whole:
                # The rest of a line whose begin is lost, or was read already.
                if not self._overlong and starts_reply(raw):
                    self._take(raw, (seq + begin) & _MASK, ack, mark)
                else:
                    self.start = (seq + begin) & _MASK
                self._overlong = False
                self._whole = True
                continue
            self._take(raw, (seq + begin) & _MASK, ack, mark)
            if is_tls(data, begin):
                self._part = b""
                self._encrypted((seq + begin) & _MASK, ack, mark)
                return
        if begin < len(data):
            if not self._overlong:
                part += data[begin:]
            if len(part) > self._limit:
                # The code stands in its first octets: it still is one reply.
                self._take(part[:512], self.pos, ack, mark)
                part = b""
                self._overlong = self.long = True
        self._part = part

    def push_gap(self, end: int, size: int, mark: Mark) -> None:
        """Take a hole of `size` octets that ends before sequence number `end`."""
        self.pos = self.start = end
        self._part = b""
        self._overlong = self._whole = False
        self._reader.reset()
        if not (self.queue and isinstance(self.queue[-1], Gap)):
            self.queue.append(Gap(mark, end, size))
        else:
            self.queue[-1] = Gap(mark, end, size + self.queue[-1].size)

    def flush(self, mark: Mark) -> None:
        """Take a last line without an end: the connection is closed behind it."""
        if self._part and self._whole and not self._overlong and starts_reply(self._part):
            self._take(self._part, self.pos, -1, mark)
        self._part = b""

    def _encrypted(self, start: int, ack: int, mark: Mark) -> None:
        self.tls = True
        self.queue.append(Tls(mark, start, ack))

    def _take(self, raw: bytes, end: int, ack: int, mark: Mark) -> None:
        reply = self._reader.line(raw)
        if reply is not None:
            self.queue.append(Answer(reply, mark, self.start, end, ack))
        if reply is not None or not self._reader.pending:
            self.start = end


def is_tls(data: bytes, at: int = 0) -> bool:
    """Whether a TLS record begins at `at` (RFC 8446 section 5.1): types 20 to 23, then version 3.x."""
    return len(data) > at + 1 and data[at + 1] == 3 and 0x14 <= data[at] <= 0x17


def starts_reply(raw: bytes) -> bool:
    """Whether a line begins like a reply: three digits and a blank or hyphen, or nothing more."""
    return raw[:3].isdigit() and raw[:1] in b"12345" and (raw[3:4] in b" -\r\n")
