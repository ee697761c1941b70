"""Which capture format an input has, told by its first octets."""

from collections.abc import Callable

from smtpsensor.capture.opening import CHUNK, Source, open_source
from smtpsensor.capture.pcap import MAGICS, PcapReader
from smtpsensor.capture.pcapng import MAGIC as PCAPNG
from smtpsensor.capture.pcapng import PcapngReader
from smtpsensor.capture.reader import FrameReader
from smtpsensor.capture.snoop import MAGIC as SNOOP
from smtpsensor.capture.snoop import SnoopReader
from smtpsensor.capture.trouble import CaptureError

READERS: dict[bytes, Callable[[Source, bytes], FrameReader]] = {
    **dict.fromkeys(MAGICS, PcapReader),
    PCAPNG: PcapngReader,
    SNOOP: SnoopReader,
}

# Captures that other programs convert, and what they are called.
OTHER_CAPTURES = {
    b"RTSS": "Network Monitor 1",
    b"GMBU": "Network Monitor 2",
    b"btsnoop\0": "btsnoop",
    b"TRSNIFF data    \x1a": "Sniffer",
    b"XCP\0": "NetXRay",
    b"\x7fver": "EtherPeek",
    b"iptrace ": "AIX iptrace",
    b"\x05VNF": "Visual Networks",
    b"\xab\x01\x00\x1c": "Ixia",
    b"\x1c\x00\x01\xab": "Ixia",
    b"\xac\x01\x00\x1c": "Ixia",
    b"\x1c\x00\x01\xac": "Ixia",
}
# Compression that is not opened here, and the program that does.
OTHER_COMPRESSION = {
    b"BZh": ("bzip2", "bzcat"),
    b"\xfd7zXZ\0": ("xz", "xzcat"),
    b"\x04\x22\x4d\x18": ("lz4", "lz4cat"),
    b"PK\x03\x04": ("zip", "unzip -p"),
}
NO_CAPTURE_FIX = "give a pcap or pcapng file, as tcpdump -w or dumpcap write them"


def open_capture(path: str, chunk: int = CHUNK) -> FrameReader:
    """Open a capture file, or `-` for standard input; `chunk` is the size of its window in octets.

    Raises CaptureError, which names the input and the fix, for what cannot be opened or is no capture.
    """
    source = open_source(path, chunk)
    try:
        return _reader(source, source.advance(b"", 0, source.probe))
    except BaseException:
        source.close()
        raise


def _reader(source: Source, window: bytes) -> FrameReader:
    for magic, reader in READERS.items():
        if window.startswith(magic):
            return reader(source, window)
    raise _no_capture(source, window)


def _no_capture(source: Source, window: bytes) -> CaptureError:
    name = source.name
    for magic, what in OTHER_CAPTURES.items():
        if window.startswith(magic):
            fix = f"convert it: editcap -F pcap {name} {name}.pcap"
            return CaptureError(name, f"is a {what} capture, which is not read", fix)
    for magic, (what, program) in OTHER_COMPRESSION.items():
        if window.startswith(magic):
            fix = f"use: {program} {name} | smtpsensor replay -"
            return CaptureError(name, f"is compressed with {what}, which is not opened", fix, foreign=True)
    if source.trouble:
        return CaptureError(name, f"{source.trouble.message}, before its first packet", "copy it again")
    verb = "holds" if source.compressed else "is"
    if not window:
        return CaptureError(
            name, "holds nothing but an empty stream (0 octets)", NO_CAPTURE_FIX, foreign=True
        )
    what = "text, no capture" if _is_text(window) else "no capture"
    return CaptureError(name, f"{verb} {what}", NO_CAPTURE_FIX, foreign=True)


def _is_text(window: bytes) -> bool:
    """Tell whether the first line or two are UTF-8 without control characters but those of text."""
    head = window[:512]
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3 or len(head) < 512:  # a character may be cut at the end
            return False
    return not head.translate(None, bytes(range(32, 256)) + b"\t\n\r\f\v\b\x1b")
