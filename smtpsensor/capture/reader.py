"""What the readers of all capture formats share: a window over the octets, a position, an end."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from smtpsensor.capture.opening import Source
from smtpsensor.capture.trouble import Trouble, damaged, truncated
from smtpsensor.capture.types import Batch, FrameRecord

# Later than any packet: the largest time in ns that 64 bits hold (the year 2262).
NEVER = (1 << 63) - 1


class FrameReader(ABC):
    """Reads the frames of one capture in the order in which they are stored.

    Call `head` until it is None, and between two calls take the frames of one `batch` to the end. Raises
    nothing for what the file contains: `trouble` then says why the frames ended.
    """

    def __init__(self, source: Source, window: bytes) -> None:
        self.source = source
        self.number = 0  # of the last frame handed out
        self.trouble: Trouble | None = None
        self._window = window
        self._pos = 0
        self._done = False

    @abstractmethod
    def head(self) -> int | None:
        """Return the next frame's time in ns since the epoch, reading on if need be; None at the end."""

    @abstractmethod
    def _frames(self, until: int) -> Iterator[FrameRecord]:
        """Yield the window's frames up to the first one later than `until`."""

    def batch(self, until: int = NEVER) -> Batch:
        """Return frames up to the first one later than `until` ns, at most a window full.

        There is at least one if `head` returned a time not later than `until`.
        """
        return Batch(self._window, self._frames(until), self.source.name)

    def close(self) -> None:
        """Give the file back."""
        self.source.close()

    def _have(self, need: int, *, inside: bool = False) -> bool:
        """Tell whether `need` octets from the position on are in the window, reading on if need be."""
        return len(self._window) - self._pos >= need or self._more(need, inside=inside)

    def _more(self, need: int, *, inside: bool = False) -> bool:
        """Bring `need` octets from the position on into the window. False: the input ends before.

        `inside`: the position lies within a record, so that the input may not end there either.
        """
        self._window = self.source.advance(self._window, self._pos, need)
        self._pos = 0
        if len(self._window) >= need:
            return True
        self._done = True
        self.trouble = self.source.trouble
        if self.trouble is None and (self._window or self.source.overrun or inside):
            self.trouble = truncated(f"ends in the middle of {self._where()}")
        return False

    def _where(self) -> str:
        return f"packet {self.number + 1:,}" if self.source.base else "the file header"

    def _damage(self, message: str) -> None:
        """End here: what follows cannot be found any more."""
        where = self.source.base + self._pos
        self._refuse(f"is damaged at octet {where:,}, behind packet {self.number:,}: {message}")

    def _refuse(self, message: str) -> None:
        """End here, without reading what follows."""
        self._done = True
        self.trouble = damaged(message)
