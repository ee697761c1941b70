"""Names of a connection that other tools can compute as well: Community ID, and EVE's flow_id."""

from base64 import b64encode
from hashlib import blake2b, sha1
from struct import Struct

_TCP = 6
# Seed, then (below) both addresses, then protocol, one octet of padding and both ports.
_SEED = b"\x00\x00"
_TAIL = Struct("!BBHH").pack
_FLOW_BITS = 53  # JSON numbers are exact up to 2**53 in JavaScript and in jq


def community_id(src: bytes, dst: bytes, sport: int, dport: int) -> str:
    """Return the Community ID v1 of a TCP connection, seed 0, the same for both directions.

    `src` and `dst` are packed addresses of equal length, 4 or 16 octets; ports are 0 to 65,535. Source: the
    Community ID Flow Hashing specification, version 1, which Zeek and Suricata follow.
    """
    if (src, sport) > (dst, dport):
        src, dst, sport, dport = dst, src, dport, sport
    # SHA-1 names the flow here and protects nothing.
    digest = sha1(_SEED + src + dst + _TAIL(_TCP, 0, sport, dport), usedforsecurity=False).digest()
    return "1:" + b64encode(digest).decode("ascii")


def flow_id(key: bytes, ts: int) -> int:
    """Return a number below 2**53 for the connection `key` (1 to 64 octets) whose first frame came at `ts`.

    `ts` is in ns since the epoch and tells apart connections that use the same ports one after the other.
    Equal arguments give an equal number on every run and machine.
    """
    stamp = ts.to_bytes(16, "big", signed=True)
    return int.from_bytes(blake2b(stamp, digest_size=8, key=key).digest(), "big") >> (64 - _FLOW_BITS)
