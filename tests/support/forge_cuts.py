"""One session, many cuts: pure functions from segments to segments that change frames and not the session.

A cut takes segments in capture order and a seeded random source, and gives segments in capture order.
Whatever the cut, a reader of the wire must report the same attempts; `CUTS` names them all for the suites.
"""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from support.forge_tcp import ACK, FIN, MS, PSH, RST, SYN, Endpoints, Segment

Cut = Callable[[list[Segment], Random], list[Segment]]
PAUSE = 500 * MS  # no mirror holds a frame for so long
BIGGEST = 60_000  # payload of a segment that offload made of many


def pieces(segments: list[Segment], sizes: Callable[[], int]) -> list[Segment]:
    """Every payload cut again; the nanoseconds between the pieces keep the order by time."""
    out = []
    for segment in segments:
        start, number = 0, 0
        while True:
            stop = start + sizes()
            last = stop >= len(segment.payload)
            flags = segment.flags if last else segment.flags & ~(FIN | PSH)
            seq = segment.seq + start
            part = segment.payload[start:stop]
            out.append(replace(segment, ts=segment.ts + number, seq=seq, flags=flags, payload=part))
            if last:
                break
            start, number = stop, number + 1
    return out


def one_octet(segments: list[Segment], _: Random) -> list[Segment]:
    """One octet per segment, as a client that writes without buffering."""
    return pieces(segments, lambda: 1)


def random_sizes(segments: list[Segment], random: Random) -> list[Segment]:
    """Segments of 1 to 20 octets."""
    return pieces(segments, lambda: random.randint(1, 20))


def offloaded(segments: list[Segment], _: Random) -> list[Segment]:
    """Neighbouring data of one direction in one big segment, as GRO and TSO show it."""
    out: list[Segment] = []
    for segment in segments:
        last = out[-1] if out else None
        if segment.flags & (SYN | FIN | RST) == 0 and not segment.payload and len(out) > 2:
            continue
        joins = last and last.client == segment.client and last.payload and segment.payload
        if last and joins and segment.seq == last.end and len(last.payload) < BIGGEST:
            out[-1] = replace(last, payload=last.payload + segment.payload, flags=last.flags | segment.flags)
        else:
            out.append(segment)
    return out


def doubled(segments: list[Segment], _: Random) -> list[Segment]:
    """Every frame twice: both directions of the port are mirrored."""
    return [segment for segment in segments for _ in range(2)]


def doubled_late(segments: list[Segment], random: Random) -> list[Segment]:
    """Every frame again up to 50 ms later."""
    late = [replace(segment, ts=segment.ts + random.randrange(50 * MS)) for segment in segments]
    return by_time(segments + late)


def by_time(segments: list[Segment]) -> list[Segment]:
    """Capture order is the order of time; equal times keep their order."""
    return sorted(segments, key=lambda segment: segment.ts)


def retimed(order: list[Segment], slots: list[Segment]) -> list[Segment]:
    """The segments of `order` at the times of `slots`: what was captured when, but not what was sent when."""
    return [replace(segment, ts=slot.ts) for segment, slot in zip(order, slots, strict=True)]


def swapped_neighbours(segments: list[Segment], random: Random) -> list[Segment]:
    """Neighbouring frames of the two directions change places, half of them."""
    order, at = list(segments), 0
    while at + 1 < len(order):
        one, other = order[at : at + 2]
        if one.client != other.client and other.ts - one.ts < PAUSE and random.random() < 0.5:
            order[at], order[at + 1] = other, one
            at += 1
        at += 1
    return retimed(order, segments)


def delayed(client: bool, by: int, jitter: int = 0) -> Cut:
    """One direction late by `by` ns and up to `jitter` more: a second mirror queue. Its own order stays."""

    def cut(segments: list[Segment], random: Random) -> list[Segment]:
        latest = 0
        out = []
        for segment in segments:
            ts = segment.ts
            if segment.client == client:
                latest = ts = max(latest, ts + by + (random.randrange(jitter) if jitter else 0))
            out.append(replace(segment, ts=ts))
        return by_time(out)

    return cut


def reordered(window: int) -> Cut:
    """Frames leave their places by fewer than `window` positions, but never across a pause.

    The handshake stays in front: a SYN and the data behind it lie a round trip apart.
    """

    def cut(segments: list[Segment], random: Random) -> list[Segment]:
        places, shift = [], 0
        for at, segment in enumerate(segments):
            if at and segment.ts - segments[at - 1].ts >= PAUSE:
                shift += window
            places.append((at + shift + random.uniform(0, window), segment))
        order = [segment for _, segment in sorted(places, key=lambda place: place[0])]
        return retimed(sorted(order, key=lambda segment: not segment.flags & SYN), segments)

    return cut


def no_handshake(segments: list[Segment], _: Random) -> list[Segment]:
    """The capture began too late for the handshake."""
    return segments[3:]


def no_goodbye(segments: list[Segment], _: Random) -> list[Segment]:
    """Neither FIN nor RST was captured."""
    ending = [at for at, segment in enumerate(segments) if segment.flags & (FIN | RST)]
    return [segment for at, segment in enumerate(segments) if at not in ending]


def as_ipv6(segments: list[Segment], _: Random) -> list[Segment]:
    """The same session over IPv6."""
    return [replace(segment, ends=segment.ends.ipv6()) for segment in segments]


def with_ends(segments: list[Segment], **changes: object) -> list[Segment]:
    """The same session between other end points."""
    changed: dict[Endpoints, Endpoints] = {}
    for segment in segments:
        if segment.ends not in changed:
            changed[segment.ends] = replace(segment.ends, **changes)  # type: ignore[arg-type]
    return [replace(segment, ends=changed[segment.ends]) for segment in segments]


def wrapping_at(octet: int) -> Cut:
    """Sequence numbers of both directions pass 2^32 before the octet of that relative number."""

    def cut(segments: list[Segment], _: Random) -> list[Segment]:
        isn = (2**32 - octet) % 2**32
        return with_ends(segments, isn_client=isn, isn_server=isn)

    return cut


def keep_alives(segments: list[Segment], random: Random) -> list[Segment]:
    """Keep-alives behind the data: one octet of nothing, or none, just below the next sequence number."""
    out: list[Segment] = []
    idle: dict[tuple[Endpoints, bool], Segment] = {}
    for segment in segments:
        last = idle.get((segment.ends, not segment.client))
        if last is not None and segment.flags & ACK and segment.ack >= last.end:
            # Only what is acknowledged is idle.
            del idle[segment.ends, last.client]
            octet = random.choice((b"", b"\0"))
            out += (segment, replace(last, seq=last.end - 1, flags=ACK, payload=octet, ts=segment.ts + 1))
        else:
            out.append(segment)
        if segment.payload:
            idle[segment.ends, segment.client] = segment
    return out


def retransmitted(segments: list[Segment], random: Random) -> list[Segment]:
    """Data again, exactly as before and a while later."""
    again = [
        replace(segment, ts=segment.ts + random.randrange(200 * MS))
        for segment in segments
        if segment.payload and random.random() < 0.6
    ]
    return by_time(segments + again)


def overlapping(segments: list[Segment], random: Random) -> list[Segment]:
    """Each segment also brings some octets that came before it (a retransmission with new data)."""
    sent: dict[tuple[Endpoints, bool], bytes] = {}
    out = []
    for segment in segments:
        key = (segment.ends, segment.client)
        before = sent.get(key, b"")
        in_order = segment.seq == len(before) + 1
        if segment.payload and before and in_order:
            back = random.randint(1, min(40, len(before)))
            out.append(replace(segment, seq=segment.seq - back, payload=before[-back:] + segment.payload))
        else:
            out.append(segment)
        if in_order:
            sent[key] = before + segment.payload
    return out


def partly_again(segments: list[Segment], random: Random) -> list[Segment]:
    """Behind each segment comes its second half once more."""
    out = []
    for segment in segments:
        out.append(segment)
        if len(segment.payload) > 1:
            skip = random.randint(1, len(segment.payload) - 1)
            again = replace(segment, seq=segment.seq + skip, payload=segment.payload[skip:])
            out.append(replace(again, flags=segment.flags & ~FIN, ts=segment.ts + 2))
    return out


def stray_resets(segments: list[Segment], random: Random) -> list[Segment]:
    """RSTs that no receiver accepts: far outside the window."""
    out = []
    for segment in segments:
        out.append(segment)
        if random.random() < 0.3:
            far = segment.end + random.choice((1 << 30, -(1 << 28)))
            out.append(replace(segment, seq=far, flags=RST, payload=b"", options=b"", ts=segment.ts + 3))
    return out


def simultaneous_open(segments: list[Segment], _: Random) -> list[Segment]:
    """Both sides send SYN (RFC 9293 3.5): two SYNs, two SYN+ACKs."""
    syn, answer, ack = segments[:3]
    first = [syn, replace(answer, flags=SYN, ack=0), replace(syn, flags=SYN | ACK, ack=1), answer]
    return retimed(first, [syn, syn, answer, ack]) + segments[3:]


def other_traffic(segments: list[Segment], random: Random) -> list[Segment]:
    """Frames of other ports between them, some with SMTP in them."""
    out = []
    for segment in segments:
        out.append(segment)
        ends = Endpoints(segment.ends.client, 40_112, segment.ends.server, random.choice((80, 443, 2_526)))
        text = random.choice((b"", b"AUTH PLAIN AGFubmEAeA==\r\n", b"GET / HTTP/1.1\r\n\r\n"))
        out.append(Segment(ends, segment.ts, random.random() < 0.5, 1, 1, ACK, text))
    return out


def acks_everywhere(segments: list[Segment], _: Random) -> list[Segment]:
    """A pure acknowledgement behind every segment that takes sequence space."""
    out = []
    for segment in segments:
        out.append(segment)
        if segment.payload:
            answer = replace(segment, client=not segment.client, seq=segment.ack, ack=segment.end)
            out.append(replace(answer, flags=ACK, payload=b"", ts=segment.ts + 4))
    return out


CUTS: dict[str, Cut] = {
    "one_octet": one_octet,
    "random_sizes": random_sizes,
    "offloaded": offloaded,
    "doubled": doubled,
    "doubled_late": doubled_late,
    "swapped_neighbours": swapped_neighbours,
    "client_late_by_300_ms": delayed(True, 300 * MS),
    "server_late_by_300_ms": delayed(False, 300 * MS),
    "client_late_by_up_to_300_ms": delayed(True, 0, 300 * MS),
    "server_late_by_up_to_300_ms": delayed(False, 0, 300 * MS),
    "reordered_in_window_of_3": reordered(3),
    "reordered_in_window_of_8": reordered(8),
    "no_handshake": no_handshake,
    "no_goodbye": no_goodbye,
    "ipv6": as_ipv6,
    "wrapping_at_the_first_octet": wrapping_at(1),
    "wrapping_between_syn_and_data": wrapping_at(0),
    "wrapping_in_the_greeting": wrapping_at(5),
    "wrapping_in_the_session": wrapping_at(60),
    "keep_alives": keep_alives,
    "retransmitted": retransmitted,
    "overlapping": overlapping,
    "partly_again": partly_again,
    "stray_resets": stray_resets,
    "simultaneous_open": simultaneous_open,
    "other_traffic": other_traffic,
    "acks_everywhere": acks_everywhere,
}
