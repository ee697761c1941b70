"""Writes databases in MaxMind's format (MaxMind DB 2.0), as small as the tests need them.

A file is a binary search tree over the bits of an address, 16 zero octets, the data section, a marker and a
map of metadata. IPv4 addresses lie at ::/96 of an IPv6 tree. Records of the tree have 24 bits here.
"""

import struct
from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network
from typing import Any, Self

MARKER = b"\xab\xcd\xefMaxMind.com"
_STRING, _UINT16, _UINT32, _MAP, _UINT64, _ARRAY = 2, 5, 6, 7, 9, 11


class Sized(int):
    """A number with the type that the format prescribes, whatever its size."""

    kind: int

    def __new__(cls, value: int, kind: int) -> Self:
        made = super().__new__(cls, value)
        made.kind = kind
        return made


def database(records: Mapping[str, Any], *, kind: str = "Test", version: int = 6) -> bytes:
    """Octets of a database. `records`: network -> what it holds. `version`: of IP, 4 takes no IPv6."""
    empty = None
    tree: list[list[Any]] = [[empty, empty]]
    data = bytearray()
    for network, record in records.items():
        offset = len(data)
        data += encoded(record)
        _insert(tree, _bits(network, version), offset)
    count = len(tree)
    nodes = b"".join(_record(side, count) for node in tree for side in node)
    about = {
        "node_count": Sized(count, _UINT32),
        "record_size": 24,
        "ip_version": version,
        "database_type": kind,
        "languages": ["en"],
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": Sized(1_795_521_600, _UINT64),
        "description": {"en": "made for a test"},
    }
    return nodes + bytes(16) + bytes(data) + MARKER + encoded(about)


def _bits(network: str, version: int) -> str:
    net = ip_network(network)
    width = 32 if isinstance(net, IPv4Network) else 128
    bits = f"{int(net.network_address):0{width}b}"[: net.prefixlen]
    return "0" * 96 + bits if version == 6 and width == 32 else bits


def _insert(tree: list[list[Any]], bits: str, offset: int) -> None:
    """Lay the path of `bits`; networks must not contain each other."""
    at = 0
    for bit in map(int, bits[:-1]):
        if tree[at][bit] is None:
            tree[at][bit] = ("node", len(tree))
            tree.append([None, None])
        at = tree[at][bit][1]
    tree[at][int(bits[-1])] = ("data", offset)


def _record(side: tuple[str, int] | None, count: int) -> bytes:
    number = count if side is None else side[1] if side[0] == "node" else count + 16 + side[1]
    return number.to_bytes(3, "big")


def encoded(value: Any) -> bytes:
    """One value of the data section: control octet (type, size), then content."""
    if isinstance(value, str | bytes):
        text = value.encode() if isinstance(value, str) else value
        return _control(_STRING, len(text)) + text
    if isinstance(value, int):
        octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
        fitting = _UINT16 if value < 2**16 else _UINT32 if value < 2**32 else _UINT64
        kind = value.kind if isinstance(value, Sized) else fitting
        return _control(kind, len(octets)) + octets
    if isinstance(value, Mapping):
        pairs = b"".join(encoded(key) + encoded(item) for key, item in value.items())
        return _control(_MAP, len(value)) + pairs
    return _control(_ARRAY, len(value)) + b"".join(map(encoded, value))


def _control(kind: int, size: int) -> bytes:
    if size >= 285:
        first, more = 30, struct.pack(">H", size - 285)
    elif size >= 29:
        first, more = 29, bytes([size - 29])
    else:
        first, more = size, b""
    return bytes([kind << 5 | first]) + more if kind <= 7 else bytes([first, kind - 7]) + more
