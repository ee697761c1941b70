"""Server replies (RFC 5321 section 4.2), capabilities, and the verdict on an AUTH attempt."""

from typing import NamedTuple

from smtpsensor.events import Outcome


class Reply(NamedTuple):
    """One reply, of one line or several."""

    code: int  # of the last line
    lines: tuple[bytes, ...]  # text without code and line end
    enhanced: str | None  # "5.7.8" (RFC 3463) where the first or last text begins with one


class Verdict(NamedTuple):
    """What a reply makes of an attempt, and the anomaly to count with it."""

    outcome: Outcome
    anomaly: str | None


class ReplyReader:
    """Puts replies together, line by line."""

    __slots__ = ("unparsable",)

    def __init__(self) -> None:
        self.unparsable = 0  # lines that belong to no reply

    def line(self, raw: bytes) -> Reply | None:
        """Take one line without its LF; return the reply that it ends."""
        self.unparsable += not raw
        return None

    def reset(self) -> None:
        """Forget a reply half read: a gap follows."""


def capabilities(reply: Reply) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keywords of an EHLO reply and the SASL mechanisms it offers, both in capitals."""
    del reply
    return (), ()


def verdict(reply: Reply, *, cancelled: bool = False) -> Verdict:
    """Judge the final reply to an AUTH attempt; `cancelled` says that the client sent `*`."""
    del reply, cancelled
    return Verdict(Outcome.UNKNOWN, None)
