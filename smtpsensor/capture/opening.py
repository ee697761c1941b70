"""A path, or `-` for standard input, as a buffer that moves over the octets of a capture."""

import io
import os
import stat
import sys
from typing import Protocol

from smtpsensor.capture.compressed import Decoder, decoder_for
from smtpsensor.capture.trouble import MAX_FRAME, CaptureError, Trouble, damaged

STDIN = "-"
# One buffer. Larger ones fall out of the processor's cache and make each frame dearer, smaller ones cost
# more system calls; no frame that fits into it can be longer than MAX_FRAME, so that only the rare
# frame that does not fit must have its length checked.
CHUNK = MAX_FRAME
# Octets at the front that a reader may look at to tell variants of a format apart.
PROBE = 4_096
# Of a pipe only what every format's file header holds: its first frame is not to wait for a second one.
PIPE_PROBE = 16


class Source(Protocol):
    """A window that moves forward over the octets of a capture, decompressed."""

    name: str
    base: int  # octets of the capture before the window
    overrun: bool  # the window was moved past the end
    probe: int  # octets worth waiting for at the front
    compressed: bool

    @property
    def trouble(self) -> Trouble | None:
        """Why the octets ended, if not by the end of the file."""

    @property
    def consumed(self) -> int:
        """Octets read of the input as it is stored."""

    def advance(self, window: bytes, used: int, need: int) -> bytes:
        """Return the window that begins `used` octets after the old one's begin.

        It holds at least `need` octets unless the input ends before, and at most max(chunk, need). A pipe's
        octets are handed on as they come. `used` may lie past the old window: what is between is skipped.
        """

    def close(self) -> None:
        """Give the file back."""


class _Raw:
    """An open file that counts what is read of it, and for which an I/O error is an end with a reason."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._ahead = b""
        self.consumed = 0
        self.trouble: Trouble | None = None

    def peek(self, count: int) -> bytes:
        """Return the first `count` octets, fewer where the input ends before; they are read again."""
        while len(self._ahead) < count:
            piece = self._pull(count - len(self._ahead))
            if not piece:
                break
            self._ahead += piece
        return self._ahead

    def read(self, limit: int) -> bytes:
        """Return 1 to `limit` octets, b"" at the end."""
        if self._ahead:
            out, self._ahead = self._ahead[:limit], self._ahead[limit:]
            return out
        return self._pull(limit)

    def _pull(self, limit: int) -> bytes:
        try:
            piece = self._file.read(limit) or b""
        except OSError as error:
            self.trouble = damaged(f"cannot be read further ({error.strerror})")
            return b""
        self.consumed += len(piece)
        return piece

    def read_at(self, offset: int, limit: int) -> bytes:
        """Return 1 to `limit` octets from `offset` on, b"" at the end. Only for regular files."""
        try:
            self._file.seek(offset)
            piece = self._file.read(limit) or b""
        except OSError as error:
            self.trouble = damaged(f"cannot be read further ({error.strerror})")
            return b""
        self.consumed = offset + len(piece)
        return piece

    def close(self) -> None:
        self._file.close()


class _PlainSource:
    """A regular file: the window moves by reading again from where it shall begin, so nothing is joined."""

    def __init__(self, name: str, raw: _Raw, size: int, chunk: int) -> None:
        self.name = name
        self.base = 0
        self.overrun = False
        self.probe = PROBE
        self.compressed = False
        self._raw = raw
        self._size = size
        self._chunk = chunk

    @property
    def trouble(self) -> Trouble | None:
        return self._raw.trouble

    @property
    def consumed(self) -> int:
        return min(self._raw.consumed, self._size)  # the file may have grown since

    def advance(self, window: bytes, used: int, need: int) -> bytes:  # noqa: ARG002 - see Source
        self.base += used
        data = self._raw.read_at(self.base, max(self._chunk, need))
        while len(data) < need:
            piece = self._raw.read_at(self.base + len(data), need - len(data))
            if not piece:
                break
            data += piece
        # Skipping to the end exactly is no overrun: the octet before must be there.
        self.overrun = not data and self.base > 0 and not self._raw.read_at(self.base - 1, 1)
        return data

    def close(self) -> None:
        self._raw.close()


class _StreamSource:
    """A pipe or a decoder: what the new window shares with the old one is copied."""

    def __init__(self, name: str, raw: _Raw, decoder: Decoder | None, chunk: int, probe: int) -> None:
        self.name = name
        self.base = 0
        self.overrun = False
        self.probe = probe
        self.compressed = decoder is not None
        self._raw = raw
        self._decoder = decoder
        self._pull = raw.read if decoder is None else decoder.read
        self._chunk = chunk

    @property
    def trouble(self) -> Trouble | None:
        if self._raw.trouble or not self._decoder:
            return self._raw.trouble
        return self._decoder.trouble

    @property
    def consumed(self) -> int:
        return self._raw.consumed

    def advance(self, window: bytes, used: int, need: int) -> bytes:
        self.base += used
        skip = used - len(window)
        while skip > 0:
            gone = len(self._pull(min(skip, self._chunk)))
            if not gone:
                self.overrun = True
                return b""
            skip -= gone
        parts = [window[used:]]
        have = len(parts[0])
        room = max(self._chunk, need)
        while have < room:
            piece = self._pull(room - have)
            if not piece:
                break
            parts.append(piece)
            have += len(piece)
            if have >= need:
                break  # a pipe may keep us waiting for more
        return b"".join(parts)

    def close(self) -> None:
        self._raw.close()


def open_source(path: str, chunk: int = CHUNK) -> Source:
    """Open a capture, decompressing gzip and zstd by their magic; `-` is standard input.

    `chunk` is the size of the window in octets, at most `CHUNK`. Raises CaptureError, which names the
    input and the fix, where it cannot be opened or holds nothing.
    """
    chunk = max(1, min(chunk, CHUNK))
    file = _open(path)
    raw = _Raw(file)
    try:
        return _source(path, raw, os.fstat(file.fileno()), chunk)
    except BaseException:
        raw.close()
        raise


def _source(path: str, raw: _Raw, status: os.stat_result, chunk: int) -> Source:
    head = raw.peek(4)
    if not head:
        if raw.trouble:
            raise CaptureError(path, raw.trouble.message, "check the disk or the mount")
        raise CaptureError(
            path, "is empty (0 octets)", "check the program that was to write it", foreign=True
        )
    seekable = stat.S_ISREG(status.st_mode) and path != STDIN
    decoder = decoder_for(head, raw.read)
    if decoder is None and seekable:
        return _PlainSource(path, raw, status.st_size, chunk)
    return _StreamSource(path, raw, decoder, chunk, PROBE if seekable else PIPE_PROBE)


def _open(path: str) -> io.FileIO:
    if path == STDIN:
        # Where it was closed, another file may have got its number since.
        state = "closed" if sys.stdin is None else "a terminal" if os.isatty(0) else None
        if state:
            fix = "pipe a capture in: tcpdump -w - | smtpsensor replay -"
            raise CaptureError(path, f"standard input is {state}", fix)
        return io.FileIO(0, closefd=False)
    try:
        return io.FileIO(path)
    except FileNotFoundError:
        raise CaptureError(path, "no such file", "check the path; globs are expanded if quoted") from None
    except PermissionError:
        raise CaptureError(
            path,
            "no permission to read it",
            f"run as a user who may, or: chmod +r {path} (sudo setfacl -m u:USER:r {path})",
        ) from None
    except IsADirectoryError:
        raise CaptureError(path, "is a folder", "name its files, or the folder alone") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CaptureError(path, f"cannot be opened ({reason})", "check the path") from None
