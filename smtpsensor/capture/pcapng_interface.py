"""Interface description blocks of pcapng: link type, name and clock. draft-ietf-opsawg-pcapng section 4.2."""

import struct
from dataclasses import dataclass

from smtpsensor.capture.trouble import printable
from smtpsensor.capture.types import Interface

SECOND = 1_000_000_000
# Times are clamped to 0..2^63-1 ns (the years 1970 to 2262): more is damage or malice, and everything that
# formats a time may rely on it.
MAX_TIME = (1 << 63) - 1
MAX_NAME = 64  # octets; the kernel's own names have 15, Windows' 50

END, NAME, RESOLUTION, OFFSET = 0, 2, 9, 14


@dataclass(slots=True, eq=False)
class PcapngInterface:
    """An interface and its clock: a packet's time is raw * numerator / denominator + offset, in ns."""

    interface: Interface
    numerator: int = 1000  # without if_tsresol the unit is a microsecond
    denominator: int = 1
    offset: int = 0

    def time(self, high: int, low: int) -> int:
        """Return the time in ns of a timestamp's halves, rounded down, clamped."""
        time = (high << 32 | low) * self.numerator // self.denominator + self.offset
        return min(max(time, 0), MAX_TIME)

    def line(self, high: int) -> tuple[int, int]:
        """Return (base, scale) so that the time is base + low * scale for every lower half.

        The scale is 0 where that does not hold: then `time` must be asked for each packet.
        """
        if self.denominator != 1:
            return 0, 0
        base = (high << 32) * self.numerator + self.offset
        if base < 0 or base + (self.numerator << 32) > MAX_TIME:
            return 0, 0
        return base, self.numerator


def parse_interface(block: bytes, order: str) -> PcapngInterface:
    """Read an interface description from its block (from the type on, at least 16 octets).

    `order` is struct's byte order. Options that make no sense end the reading of options, nothing more.
    """
    link, snaplen = struct.unpack_from(order + "H2xI", block, 8)
    described = PcapngInterface(Interface(link, snaplen=snaplen))
    pos = 16
    while pos + 4 <= len(block):
        code, length = struct.unpack_from(order + "2H", block, pos)
        value = block[pos + 4 : pos + 4 + length]
        if code == END or len(value) < length:
            break
        if code == NAME:
            described.interface.name = _name(value) or None
        elif code == RESOLUTION and length == 1:
            described.numerator, described.denominator = _resolution(value[0])
        elif code == OFFSET and length == 8:
            described.offset = struct.unpack(order + "q", value)[0] * SECOND
        pos += 4 + length + -length % 4
    return described


def _resolution(value: int) -> tuple[int, int]:
    """Return ns per unit as a fraction: the unit is 10^-n s or, with the highest bit set, 2^-n s."""
    exponent = value & 0x7F
    if value & 0x80:
        return SECOND, 1 << exponent
    if exponent <= 9:
        return 10 ** (9 - exponent), 1
    return 1, 10 ** (exponent - 9)


def _name(value: bytes) -> str:
    """Decode leniently: the name goes into events and onto terminals."""
    return printable(value[:MAX_NAME].split(b"\0", 1)[0].decode("utf-8", "replace"))
