"""Connections of other people's captures as the tests' own segments, to be cut and lost likewise."""

from dataclasses import replace
from ipaddress import ip_address
from itertools import count

from public.captures import Ends, Entry, name_of, stream_ends, tcp_segments
from support.forge_tcp import ACK, SYN, Endpoints, Segment

_HALF = 1 << 31
_SPACE = 1 << 32
_numbers = count(1)


def conversations(entry: Entry) -> list[list[Segment]]:
    """Segments of each connection of a capture that has AUTH in it, numbered from their begin.

    Each gets addresses of its own from 198.18.0.0/15: captures that hold the same session can be mixed.
    """
    found: dict[Ends, list[Segment]] = {
        stream_ends(stream): [] for stream in entry["streams"] if stream["attempts"]
    }
    for ts, one in tcp_segments(name_of(entry)):
        size = (len(one.key) - 4) // 2
        source = str(ip_address(one.key[:size])), int.from_bytes(one.key[-4:-2])
        target = str(ip_address(one.key[size:-4])), int.from_bytes(one.key[-2:])
        client = (*source, *target) in found
        segments = found.get((*source, *target) if client else (*target, *source))
        if segments is None:
            continue
        # The client's SYN, or the first segment that was seen, gives both initial numbers but the server's.
        first = (one.seq if one.flags & SYN else one.seq - 1) % _SPACE
        other = (one.ack - 1) % _SPACE if one.flags & ACK else 0
        if not segments:
            ends = _fresh(target[1] if client else source[1], *((first, other) if client else (other, first)))
        else:
            ends = segments[0].ends
        if one.flags & SYN and not client:
            ends = replace(ends, isn_server=one.seq)
            segments[:] = [replace(segment, ends=ends) for segment in segments]
        isns = ends.isn_server, ends.isn_client
        ack = _relative(one.ack, isns[not client]) if one.flags & ACK else 0
        payload = one.buf[one.start : one.end]
        segments.append(Segment(ends, ts, client, _relative(one.seq, isns[client]), ack, one.flags, payload))
    return [segments for segments in found.values() if segments]


def _fresh(port: int, isn_client: int, isn_server: int) -> Endpoints:
    number = next(_numbers)
    host = f"{number >> 8 & 255}.{number & 255}"
    return Endpoints(f"198.18.{host}", 40_000, f"198.19.{host}", port, isn_client, isn_server)


def _relative(number: int, first: int) -> int:
    distance = (number - first) % _SPACE
    return distance - _SPACE if distance > _HALF else distance
