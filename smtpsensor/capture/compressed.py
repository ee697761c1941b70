"""gzip (RFC 1952) and zstd (RFC 8878) streams, read in bounded steps: a bomb costs time, never memory."""

import zlib
from collections.abc import Callable
from typing import Protocol

from smtpsensor.capture.trouble import Trouble, damaged, truncated

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # behind an octet 0x50..0x5f; pzstd begins its files with one

# Compressed octets taken at once; small, since zlib copies what it has not used at every step.
PIECE = 65_536
# Decoded octets per step of gzip as long as no damage was met: a window full.
CAREFREE = 262_144
# The largest window `zstd -d` accepts without being told to; --ultra and --long write up to this.
ZSTD_WINDOW = 1 << 27
# RFC 8878 section 3.1.1.2.4: no block is longer, neither compressed nor decoded.
ZSTD_BLOCK = 131_072

Pull = Callable[[int], bytes]  # at most n octets, b"" at the end


class Decoder(Protocol):
    """A source of decoded octets; `trouble` says why it ended, if not by the end of the stream."""

    trouble: Trouble | None

    def read(self, limit: int) -> bytes:
        """Return 1 to `limit` octets, b"" at the end."""


def decoder_for(head: bytes, pull: Pull) -> Decoder | None:
    """Choose by the first four octets; None: not compressed in a way that is read."""
    if head.startswith(GZIP_MAGIC):
        return Gunzip(pull)
    if head.startswith(ZSTD_MAGIC) or _is_skippable(head):
        return Unzstd(pull)
    return None


def _is_skippable(head: bytes) -> bool:
    return head[1:4] == ZSTD_SKIPPABLE and 0x50 <= head[0] <= 0x5F


class Gunzip:
    """All members of a gzip stream; zero octets behind a member are padding (tapes, block devices).

    zlib throws away what it decoded in the very call that meets damage. So a call that fails is made again
    from a copy of the state, for less, down to single octets in and out: then all before the damage was
    handed out (a wrong checksum, even, costs nothing).
    """

    def __init__(self, pull: Pull) -> None:
        self._pull = pull
        self._inflate = zlib.decompressobj(wbits=31)
        self._input = b""
        self._started = False  # whether an octet of this member was seen
        self._limit = CAREFREE  # 0: single octets of input too
        self.trouble: Trouble | None = None

    def read(self, limit: int) -> bytes:
        """Return 1 to `limit` octets, b"" at the end. Sets `trouble` at a cut or damage; raises nothing."""
        while self.trouble is None:
            if self._inflate.eof:
                self._input = self._inflate.unused_data
                self._inflate = zlib.decompressobj(wbits=31)
                self._started = False
            if not self._started:
                if not self._seek_member():
                    break
                self._started = True
            last = False
            if not self._input:
                self._input = self._pull(PIECE)
                last = not self._input
            before = self._inflate.copy()
            piece = self._input if self._limit else self._input[:1]
            try:
                # With no input left this still hands out what the limit held back before.
                out = self._inflate.decompress(piece, min(limit, self._limit or 1))
            except zlib.error as error:
                self._inflate = before
                if not self._limit:
                    self.trouble = damaged(f"holds a damaged gzip stream ({error})")
                self._limit //= 8
                continue
            self._input = self._inflate.unconsumed_tail + self._input[len(piece) :]
            if out:
                return out
            if last and not self._inflate.eof:
                self.trouble = truncated("holds a gzip stream that is cut short")
        return b""

    def _seek_member(self) -> bool:
        """Skip padding up to the next member; False at the end of the input."""
        while not (rest := self._input.lstrip(b"\0")):
            self._input = self._pull(PIECE)
            if not self._input:
                return False
        self._input = rest
        return True


class Unzstd:
    """All frames of a zstd stream, fed to the decoder block by block.

    The library would decode everything it is given at once, and would not say that a stream was cut.
    Walking the block headers here bounds each step by one block and knows where a stream may end.
    """

    def __init__(self, pull: Pull) -> None:
        import zstandard  # noqa: PLC0415 - 15 ms of start-up that other inputs need not pay

        self._decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
        self._error: type[Exception] = zstandard.ZstdError
        self._frame = self._decompressor.decompressobj()
        self._pull = pull
        self._input = b""
        self._at = 0  # of the first octet in _input that was not used
        self._in_frame = False
        self._checksum = False  # the frame ends in one
        self._at_checksum = False
        self._out = b""
        self._out_at = 0
        self.trouble: Trouble | None = None

    def read(self, limit: int) -> bytes:
        """Return 1 to `limit` octets, b"" at the end. Sets `trouble` at a cut or damage; raises nothing."""
        while self._out_at == len(self._out):
            if self.trouble is not None:
                return b""
            try:
                step = self._block() if self._in_frame else self._frame_start()
            except self._error as error:
                self.trouble = damaged(f"holds a damaged zstd stream ({error})")
                return b""
            if step is None:
                return b""
            self._out, self._out_at = step, 0
        out = self._out[self._out_at : self._out_at + limit]
        self._out_at += len(out)
        return out

    def _have(self, count: int) -> bool:
        """Make `count` octets available; False, with `trouble` set, where the input ends before."""
        while len(self._input) - self._at < count:
            piece = self._pull(PIECE)
            if not piece:
                if self._in_frame or self._at < len(self._input):
                    self.trouble = truncated("holds a zstd stream that is cut short")
                return False
            self._input = self._input[self._at :] + piece
            self._at = 0
        return True

    def _take(self, count: int) -> bytes:
        self._at += count
        return self._input[self._at - count : self._at]

    def _frame_start(self) -> bytes | None:
        """RFC 8878 sections 3.1.1.1 and 3.1.2: open a frame or pass over a skippable one; None at the end."""
        if not self._have(5):
            return None
        head = self._input[self._at : self._at + 5]
        if _is_skippable(head):
            if not self._have(8):
                return None
            return self._skip(int.from_bytes(self._take(8)[4:], "little"))
        if not head.startswith(ZSTD_MAGIC):
            self.trouble = damaged("goes on with something else behind a zstd frame")
            return None
        descriptor = head[4]
        single_segment = descriptor >> 5 & 1
        size = 5 + (1 - single_segment) + (0, 1, 2, 4)[descriptor & 3]
        size += (single_segment, 2, 4, 8)[descriptor >> 6]
        if not self._have(size):
            return None
        self._frame = self._decompressor.decompressobj()
        self._in_frame = True
        self._checksum = bool(descriptor & 4)
        return self._frame.decompress(self._take(size))

    def _skip(self, count: int) -> bytes | None:
        while count:
            if not self._have(1):
                self.trouble = truncated("holds a zstd stream that is cut short")
                return None
            step = min(count, len(self._input) - self._at)
            self._at += step
            count -= step
        return b""

    def _block(self) -> bytes | None:
        """RFC 8878 section 3.1.1.2: one block, or the checksum behind the last one."""
        if self._at_checksum:
            if not self._have(4):
                return None
            self._in_frame = self._at_checksum = False
            return self._frame.decompress(self._take(4))
        if not self._have(3):
            return None
        header = int.from_bytes(self._input[self._at : self._at + 3], "little")
        last, kind, size = header & 1, header >> 1 & 3, header >> 3
        if size > ZSTD_BLOCK:
            self.trouble = damaged("holds a damaged zstd stream (a block over 128 KiB)")
            return None
        whole = 3 + (1 if kind == 1 else size)  # kind 1: one octet, to be repeated
        if not self._have(whole):
            return None
        self._at_checksum = bool(last and self._checksum)
        self._in_frame = not last or self._checksum
        return self._frame.decompress(self._take(whole))
