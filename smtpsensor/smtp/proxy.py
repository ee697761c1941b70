"""The PROXY protocol in front of the greeting, versions 1 and 2 (HAProxy's proxy-protocol.txt)."""

from enum import Enum
from typing import Final, Literal, NamedTuple


class Unready(Enum):
    """Why there is no header."""

    NEED_MORE = "need more"
    INVALID = "invalid"


NEED_MORE: Final = Unready.NEED_MORE  # a proper beginning: ask again with more octets
INVALID: Final = Unready.INVALID  # no PROXY header, whatever follows


class Header(NamedTuple):
    """A whole header. Addresses are None where the proxy speaks for itself (LOCAL, UNKNOWN) or not of IP."""

    consumed: int  # octets of the header
    src: str | None
    src_port: int
    dst: str | None
    dst_port: int


def parse(buf: bytes) -> Header | Literal[Unready.NEED_MORE, Unready.INVALID]:
    """Read a header at the start of a client's stream."""
    return NEED_MORE if not buf else INVALID
