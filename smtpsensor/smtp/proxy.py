"""The PROXY protocol in front of the greeting, versions 1 and 2 (HAProxy's proxy-protocol.txt)."""

from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal, NamedTuple

_V1 = b"PROXY "
_V1_LONGEST = 107  # section 2.1: octets with CRLF, two IPv6 addresses and ports in full
_V2 = b"\r\n\r\n\0\r\nQUIT\n"
_V2_HEADER = 16
# Section 2.2 leaves 65,535 for addresses and TLVs; senders keep below their buffer, HAProxy's TLVs (client
# certificate names included) below a few hundred. Anything longer is a client that plays proxy.
_V2_LONGEST = 4_096
_LOCAL, _PROXY = 0, 1
_ADDRESS_OCTETS = {0x1: 4, 0x2: 16}  # AF_INET, AF_INET6; AF_UNIX and others name no IP
_STREAM = 0x1


class Unready(Enum):
    """Why there is no header."""

    NEED_MORE = "need more"
    INVALID = "invalid"


NEED_MORE: Final = Unready.NEED_MORE  # a proper beginning: ask again with more octets
INVALID: Final = Unready.INVALID  # no PROXY header, whatever follows


class Header(NamedTuple):
    """A whole header. Addresses are None where the proxy speaks for itself (LOCAL, UNKNOWN) or not of TCP."""

    consumed: int  # octets of the header
    src: str | None = None  # RFC 5952 text or dotted quad; an IPv4-mapped address is an IPv4 one
    src_port: int = 0
    dst: str | None = None
    dst_port: int = 0


Parsed = Header | Literal[Unready.NEED_MORE, Unready.INVALID]


def parse(buf: bytes) -> Parsed:
    """Read a header at the start of a client's stream; `buf` is all that was received so far.

    Settles after 107 octets (version 1) or 4,112 (version 2) at the latest. Raises nothing.
    """
    if buf.startswith(_V1):
        return _version_1(buf)
    if buf.startswith(_V2):
        return _version_2(buf)
    return NEED_MORE if _V1.startswith(buf) or _V2.startswith(buf) else INVALID


def _version_1(buf: bytes) -> Parsed:
    """`PROXY TCP4 source destination port port CRLF` (section 2.1)."""
    end = buf.find(b"\r\n", 0, _V1_LONGEST)
    if end < 0:
        return NEED_MORE if len(buf) < _V1_LONGEST and b"\n" not in buf else INVALID
    words = buf[:end].split(b" ")
    consumed = end + 2
    if words[1] == b"UNKNOWN":
        return Header(consumed)
    if len(words) != 6 or words[1] not in (b"TCP4", b"TCP6"):
        return INVALID
    version = 4 if words[1] == b"TCP4" else 6
    src, dst = _text_address(words[2], version), _text_address(words[3], version)
    src_port, dst_port = _text_port(words[4]), _text_port(words[5])
    if src is None or dst is None or src_port < 0 or dst_port < 0:
        return INVALID
    return Header(consumed, src, src_port, dst, dst_port)


def _version_2(buf: bytes) -> Parsed:
    """Signature, version and command, family and protocol, length, addresses, TLVs (section 2.2)."""
    if len(buf) > 12 and (buf[12] >> 4 != 2 or buf[12] & 0xF not in (_LOCAL, _PROXY)):
        return INVALID
    if len(buf) < _V2_HEADER:
        return NEED_MORE
    length = int.from_bytes(buf[14:16])
    family, protocol = buf[13] >> 4, buf[13] & 0xF
    if length > _V2_LONGEST:
        return INVALID
    size = _ADDRESS_OCTETS.get(family)
    if buf[12] & 0xF == _PROXY and length < (size * 2 + 4 if size else 0):
        return INVALID
    consumed = _V2_HEADER + length
    if len(buf) < consumed:
        return NEED_MORE
    if buf[12] & 0xF == _LOCAL or size is None or protocol != _STREAM:
        return Header(consumed)
    ports = _V2_HEADER + 2 * size
    return Header(
        consumed,
        _packed_address(buf[_V2_HEADER : _V2_HEADER + size]),
        int.from_bytes(buf[ports : ports + 2]),
        _packed_address(buf[_V2_HEADER + size : ports]),
        int.from_bytes(buf[ports + 2 : ports + 4]),
    )


def _text_address(word: bytes, version: int) -> str | None:
    try:
        address = ip_address(word.decode("ascii"))
    except ValueError:  # UnicodeDecodeError is one
        return None
    if address.version != version or b"%" in word:
        return None
    return _text(address)


def _text_port(word: bytes) -> int:
    """Return 0 to 65535, or -1: decimal without leading zeros (section 2.1)."""
    if not word.isdigit() or len(word) > 5 or (word.startswith(b"0") and word != b"0"):
        return -1
    port = int(word)
    return port if port < 0x10000 else -1


def _packed_address(packed: bytes) -> str:
    return _text(ip_address(packed))


def _text(address: IPv4Address | IPv6Address) -> str:
    """Give RFC 5952 text. Proxies that listen on IPv6 alone name IPv4 clients as ::ffff:a.b.c.d."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
