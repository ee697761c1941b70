"""What the client has sent and the session has not read yet: octets and holes, in order.

The session pulls: a line, the rest of a mail, n octets of BDAT. It never pushes, because what an octet means
(command, response, mail text) is known only when the replies before it are.
"""

from typing import Final, NamedTuple

# (packet time in ns, packet number in its file, file name)
Mark = tuple[int, int, str | None]

# Octets without content: a line that fell into a hole, or was longer than the cap.
_STRIP: Final = b"\r\n"
_MERGE: Final = 2_048  # octets up to which segments without a line end are joined
_COST: Final = 64  # a chunk costs more than its octets: counted against the cap
_PREFIX: Final = 512  # octets of an overlong line that are kept: verb and mechanism stand there


class Line(NamedTuple):
    """One line of the client, without its end of line."""

    text: bytes
    mark: Mark  # of the segment that completed it
    end: int  # sequence number behind its LF
    ack: int  # what the client had received when it sent this; -1: no ACK
    whole: bool  # False: the octets before it were lost, it may be the tail of a line
    overlong: bool


class Gap(NamedTuple):
    """A hole in the stream."""

    mark: Mark
    end: int  # sequence number behind it
    size: int  # octets; 0: not known (the capture began in the middle)


class Chunk(NamedTuple):
    """Payload of one segment; data None is a hole that ends at seq."""

    data: bytes | None
    seq: int  # sequence number of its first octet
    ack: int
    mark: Mark


class ClientStream:
    """Queue of chunks with a read position inside the first one."""

    __slots__ = ("_head", "_limit", "_off", "_part", "_whole", "chunks", "overlong", "size")

    def __init__(self, limit: int) -> None:
        self.chunks: list[Chunk] = []  # emptied, never replaced
        self._head = 0  # chunks before it are read; cut off now and then
        self._off = 0  # octets of the first chunk that are read
        self._part = b""  # begin of a line whose end has not come
        self._limit = limit  # octets of a line
        self.overlong = False
        self._whole = True
        self.size = 0  # octets and holes waiting

    def __bool__(self) -> bool:
        return self._head < len(self.chunks)

    @property
    def at_line(self) -> bool:
        """Whether nothing waits and the next octet begins a line."""
        return not self.chunks and not self._part and self._whole

    def push(self, data: bytes, seq: int, ack: int, mark: Mark) -> None:
        """Append the payload of one segment."""
        chunks = self.chunks
        if chunks:
            last = chunks[-1].data
            if last is not None and len(last) < _MERGE and b"\n" not in last:
                # Octet by octet: the line ends with the later segment, so nothing is lost by joining them.
                chunks[-1] = Chunk(last + data, chunks[-1].seq, ack, mark)
                self.size += len(data)
                return
        chunks.append(Chunk(data, seq, ack, mark))
        self.size += len(data) + _COST

    def push_gap(self, end: int, size: int, mark: Mark) -> None:
        """Append a hole of `size` octets that ends before sequence number `end`."""
        self.chunks.append(Chunk(None, end, size, mark))
        self.size += _COST

    def first(self) -> Chunk | None:
        """Oldest chunk that is not read to its end."""
        return self.chunks[self._head] if self else None

    def skip(self, size: int) -> None:
        """Consume `size` octets that `peek` has shown."""
        while size > 0 and (chunk := self.chunk()) is not None and chunk.data is not None:
            size -= len(chunk.data)
            if size < 0:
                rest = chunk.data[size:]
                self.unread(
                    Chunk(rest, (chunk.seq + len(chunk.data) + size) & 0xFFFFFFFF, chunk.ack, chunk.mark)
                )

    def clear(self) -> None:
        """Forget everything: the stream went opaque."""
        self.chunks.clear()
        self._head = self._off = self.size = 0
        self._part = b""
        self.overlong = False
        self._whole = True

    def line(self) -> Line | Gap | None:
        """Next line, or the hole before it; None until a line is whole."""
        while self._head < len(self.chunks):
            data, seq, ack, mark = self.chunks[self._head]
            if data is None:
                self._next()
                self._part = b""
                self.overlong = self._whole = False
                return Gap(mark, seq, ack)
            off = self._off
            at = data.find(b"\n", off)
            if at < 0:
                self._keep(data[off:] if off else data)
                self.size -= len(data) - off
                self._next()
                continue
            text = data[off:at]
            if self._part or len(text) > self._limit:
                self._keep(text)
                text = self._part
                self._part = b""
            line = Line(
                text.rstrip(_STRIP), mark, (seq + at + 1) & 0xFFFFFFFF, ack, self._whole, self.overlong
            )
            self.overlong = False
            self._whole = True
            self.size -= at + 1 - off
            if at + 1 == len(data):
                self._next()
            else:
                self._off = at + 1
            return line
        return None

    def peek(self, size: int) -> bytes:
        """Up to `size` octets from the read position, as far as the first hole; nothing is consumed."""
        found = self._part
        off = self._off
        for i in range(self._head, len(self.chunks)):
            data = self.chunks[i].data
            if data is None or len(found) >= size:
                break
            found += data[off : off + size]
            off = 0
        return found[:size]

    def chunk(self) -> Chunk | None:
        """Rest of the first chunk, consumed whole; the begin of a line read before it comes first."""
        if not self:
            return None
        data, seq, ack, mark = self.chunks[self._head]
        off = self._off
        self._next()
        if data is None:
            self._part = b""
            self.overlong = False
            return Chunk(None, seq, ack, mark)
        self.size -= len(data) - off
        if self._part:
            data = self._part + data[off:]
            seq = (seq + off - len(self._part)) & 0xFFFFFFFF
            self._part = b""
        elif off:
            data = data[off:]
            seq = (seq + off) & 0xFFFFFFFF
        return Chunk(data, seq, ack, mark)

    def unread(self, chunk: Chunk) -> None:
        """Put the unread rest of a chunk back in front."""
        self.chunks.insert(self._head, chunk)
        self.size += _COST + (len(chunk.data) if chunk.data is not None else 0)
        self._off = 0

    def doubt(self) -> None:
        """Say that the next line may be the tail of one."""
        self._whole = False

    def _keep(self, text: bytes) -> None:
        """Add to the line that is not complete; over the limit only its begin is kept."""
        if self.overlong:
            return
        part = self._part + text
        # CR CR LF: the end of line is no part of the length.
        if len(part) > self._limit + 2:
            self.overlong = True
            part = part[:_PREFIX]
        self._part = part

    def _next(self) -> None:
        self.size -= _COST
        self._off = 0
        self._head += 1
        if self._head == len(self.chunks):
            self.chunks.clear()
            self._head = 0
        elif self._head > 64:
            del self.chunks[: self._head]
            self._head = 0
