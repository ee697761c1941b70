"""What every source of frames hands on, as the packet loop reads it: no object per frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

LINK_ETHERNET = 1


@dataclass(slots=True, eq=False)
class Interface:
    """Where frames were captured: a link type and, if the input has one, a name. Compared by identity."""

    link: int  # LINKTYPE_* value (DLT on the wire of a file)
    name: str | None = None  # pcapng if_name, or the live interface
    snaplen: int = 0  # 0: no limit


# One frame: (time in ns since the epoch, offset of its first octet in the buffer, octets captured,
# octets it had on the wire, interface, packet number in its file from 1). A plain tuple, 40 ns.
FrameRecord = tuple[int, int, int, int, Interface, int]


class Batch(NamedTuple):
    """A buffer and its frames. Offsets are valid only for this buffer; the iterator is consumed once."""

    buf: bytes
    frames: Iterator[FrameRecord]
    file: str | None  # the name printed as pcap_filename
