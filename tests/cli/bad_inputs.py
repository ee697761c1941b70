"""Inputs that are no captures, no whole ones, or not to be had."""

import gzip
import lzma
from pathlib import Path

from capture.builders import Ng, Packet
from cli.bad import GOOD, Case, file, shut
from cli.captures import attempts, capture, captured, played
from support.forge import Frame, pcap

_OTHER = played(3, seed=2)
IN_OTHER = attempts(*_OTHER)
OTHER = capture(*_OTHER)
FRAMES = captured(*_OTHER)
HALF = len(FRAMES) // 2
USB = 189  # LINKTYPE_USB_LINUX

PCAP_FIX = "give a pcap or pcapng file, as tcpdump -w or dumpcap write them"
COPY = "all before was read, the rest was left out; if it was not copied whole, copy it again"
CHMOD = "run as a user who may, or: chmod +r shut.pcap (sudo setfacl -m u:USER:r shut.pcap)"
SNAPLEN = "capture whole frames (tcpdump -s 0)"


def pcapng(*, damaged: bool = False, usb: int = 0) -> bytes:
    """`damaged`: a block in the middle claims 2 GB; `usb` frames of a second interface follow."""
    ng = Ng()
    packets = [Packet(frame.ts, frame.data, frame.wirelen) for frame in FRAMES]
    parts = [ng.section(), ng.interface(), ng.interface(USB), *map(ng.enhanced, packets)]
    if damaged:
        block = parts[3 + HALF]
        parts[3 + HALF] = block[:4] + b"\xff\xff\xff\x7f" + block[8:]
    parts += [ng.enhanced(packet, ident=1) for packet in packets[:usb]]
    return b"".join(parts)


def with_bad_length() -> bytes:
    """A pcap whose record in the middle claims 2 GB."""
    at = len(pcap(FRAMES[:HALF])) + 8
    return OTHER[:at] + b"\xff\xff\xff\x7f" + OTHER[at + 4 :]


def with_bad_sum() -> bytes:
    """A gzip file whose checksum is wrong."""
    packed = bytearray(gzip.compress(OTHER, mtime=0))
    packed[-8] ^= 1
    return bytes(packed)


def of_link(link: int) -> list[Frame]:
    return [frame._replace(link=link) for frame in FRAMES]


def snapped(length: int) -> bytes:
    """A capture of the first octets of each frame."""
    return pcap([frame._replace(data=frame.data[:length]) for frame in FRAMES])


def began(frames: list[Frame]) -> int:
    """How many attempts began in these frames; all of them must be reported."""
    return sum(truth.ts <= frames[-1].ts for session in _OTHER for truth in session.truth)


def papers(folder: Path) -> None:
    """A folder that holds a letter."""
    (folder / "papers").mkdir()
    (folder / "papers" / "letter.txt").write_text("Dear colleague\n")


def bad(what: str, name: str, says: str, content: bytes, read: int = 0, code: int = 2) -> Case:
    """A file of which one line is said."""
    return Case(what, f"replay {name} {GOOD}", (says,), code, read, make=file(name, content))


INPUTS = [
    Case(
        "no such file",
        f"replay missing.pcap {GOOD}",
        ("missing.pcap: no such file; check the path; globs are expanded if quoted",),
        2,
    ),
    Case(
        "pattern that matches nothing",
        f"replay 'missing-*.pcap' {GOOD}",
        ("missing-*.pcap: matches no file; check the pattern",),
        2,
    ),
    bad(
        "empty file",
        "empty.pcap",
        "empty.pcap: is empty (0 octets); check the program that was to write it",
        b"",
    ),
    bad("text file", "notes.pcap", f"notes.pcap: is text, no capture; {PCAP_FIX}", b"Monday: quiet\n" * 9),
    bad(
        "binary that is no capture",
        "photo.jpg",
        f"photo.jpg: is no capture; {PCAP_FIX}",
        b"\xff\xd8\xff\xe0" + bytes(99),
    ),
    bad(
        "compression that is not opened",
        "old.pcap.xz",
        "old.pcap.xz: is compressed with xz, which is not opened;"
        " use: xzcat old.pcap.xz | smtpsensor replay -",
        lzma.compress(OTHER),
    ),
    bad(
        "capture format that is not read",
        "phone.log",
        "phone.log: is a btsnoop capture, which is not read;"
        " convert it: editcap -F pcap phone.log phone.log.pcap",
        b"btsnoop\0" + bytes(99),
    ),
    Case(
        "directory without captures",
        f"replay papers {GOOD}",
        ("papers: is a folder without captures; name one that holds pcap or pcapng files",),
        2,
        make=papers,
    ),
    Case(
        "no permission to read a file",
        f"replay shut.pcap {GOOD}",
        (f"shut.pcap: no permission to read it; {CHMOD}",),
        2,
        make=shut("shut.pcap", OTHER),
    ),
    Case(
        "no permission to list a folder",
        f"replay shut {GOOD}",
        ("shut: cannot be listed (Permission denied); check its permissions",),
        2,
        make=shut("shut", None),
    ),
    Case("header without packets", f"replay new.pcap {GOOD}", (), 0, make=file("new.pcap", OTHER[:24])),
    bad(
        "header cut short",
        "cut.pcap",
        "warning: cut.pcap: ends in the middle of the file header; all before was read",
        OTHER[:20],
        code=0,
    ),
    bad(
        "truncated record",
        "cut.pcap",
        f"warning: cut.pcap: ends in the middle of packet {len(FRAMES)}; all before was read",
        OTHER[:-7],
        IN_OTHER,
        code=0,
    ),
    bad(
        "cut gzip",
        "cut.pcap.gz",
        "warning: cut.pcap.gz: holds a gzip stream that is cut short; all before was read",
        gzip.compress(OTHER, mtime=0)[:-9],
        IN_OTHER,
        code=0,
    ),
    bad(
        "damaged gzip",
        "damaged.pcap.gz",
        "damaged.pcap.gz: holds a damaged gzip stream"
        f" (Error -3 while decompressing data: incorrect data check); {COPY}",
        with_bad_sum(),
        IN_OTHER,
    ),
    bad(
        "damaged record in the middle of a pcap",
        "damaged.pcap",
        f"damaged.pcap: is damaged at octet {len(pcap(FRAMES[:HALF])):,}, behind packet {HALF}:"
        f" a record of 2,147,483,647 octets; {COPY}",
        with_bad_length(),
        began(FRAMES[:HALF]),
    ),
    bad(
        "damaged block in the middle of a pcapng",
        "damaged.pcapng",
        f"damaged.pcapng: is damaged at octet 5,920, behind packet {HALF}:"
        f" a block of 2,147,483,647 octets; {COPY}",
        pcapng(damaged=True),
        began(FRAMES[:HALF]),
    ),
    bad(
        "unknown link type",
        "usb.pcap",
        f"usb.pcap: holds nothing but {len(FRAMES)} frames of link type {USB}, which is not read;"
        " capture on a network interface",
        pcap(of_link(USB)),
    ),
    bad(
        "one interface of an unknown link type",
        "mixed.pcapng",
        f"warning: mixed.pcapng: holds 20 frames of link type {USB}, which is not read;"
        " all but these were read",
        pcapng(usb=20),
        IN_OTHER,
        code=0,
    ),
    bad(
        "frames cut by the capture length",
        "snapped.pcap",
        f"warning: snapped.pcap: 27 SMTP frames are cut by the capture length; {SNAPLEN}",
        snapped(80),
        IN_OTHER,
        code=0,
    ),
    bad(
        "frames cut within their headers",
        "headers.pcap",
        f"warning: headers.pcap: {len(FRAMES)} frames are cut within the headers, of {len(FRAMES)};"
        f" {SNAPLEN}",
        snapped(48),
        code=0,
    ),
    Case(
        "the same file twice",
        f"replay {GOOD} ./{GOOD}",
        (f"warning: ./{GOOD}: was named before; each is read once",),
        0,
    ),
    Case(
        "text on standard input",
        "replay -",
        (f"standard input: is text, no capture; {PCAP_FIX}",),
        2,
        nothing=True,
        stdin=b"Monday: all quiet\n",
    ),
    Case(
        "nothing on standard input",
        "replay -",
        ("standard input: is empty (0 octets); check the program that was to write it",),
        2,
        nothing=True,
        stdin=b"",
    ),
]
