"""How the frames of a session may look in a capture: `DRESSES`, functions from segments to frames."""

import struct
from collections.abc import Callable
from dataclasses import replace
from random import Random

from support.forge import ENCAPSULATIONS, Frame, Segment, frames
from support.forge_cuts import as_ipv6
from support.forge_encap import ETHERNET, Encapsulation, ethernet
from support.forge_frames import addresses, checksum, ipv4, packet, tcp

Dress = Callable[[list[Segment]], list[Frame]]


def dressed(encapsulation: Encapsulation, *, ipv6: bool) -> Dress:
    """All frames in one encapsulation."""
    return lambda segments: frames(as_ipv6(segments, Random()) if ipv6 else segments, encapsulation)


def fragmented(size: int, order: str, *, ipv6: bool = False, wrap: str = "ethernet") -> Dress:
    """IP fragments of `size` octets: in order, reversed, shuffled or doubled."""

    def dress(segments: list[Segment]) -> list[Frame]:
        random = Random(size)
        out = []
        for segment in as_ipv6(segments, random) if ipv6 else segments:
            parts = frames([segment], ENCAPSULATIONS[wrap], fragment=size)
            if order == "reversed":
                parts.reverse()
            elif order == "shuffled":
                random.shuffle(parts)
            elif order == "doubled":
                parts = [part for part in parts for _ in range(2)]
            out += parts
        return out

    return dress


def padded(segments: list[Segment]) -> list[Frame]:
    """Frames filled to 60 octets and a frame check sequence behind them."""
    out = []
    for frame in frames(segments):
        data = frame.data.ljust(60, b"AUTH PLAIN AGFubmEAeA==\r\n"[:1]) + b"\xde\xad\xbe\xef"
        out.append(frame._replace(data=data, wirelen=len(data)))
    return out


def wrong_checksums(segments: list[Segment]) -> list[Frame]:
    """Offload: the checksum is filled in behind the sniffer."""
    return [_framed(segment, _ip4(segment, tcp(segment, bad_checksum=True))) for segment in segments]


def total_length_zero(segments: list[Segment]) -> list[Frame]:
    """Segmentation offload leaves IPv4's total length zero: the frame's length counts."""
    return [_framed(segment, _ip4(segment, tcp(segment), total=0)) for segment in segments]


def total_length_zero_ipv6(segments: list[Segment]) -> list[Frame]:
    """The same with IPv6: payload length zero without a jumbogram option."""
    out = []
    for segment in as_ipv6(segments, Random()):
        plain = packet(segment)
        out.append(_framed(segment, plain[:4] + b"\0\0" + plain[6:]))
    return out


def icmp_errors(segments: list[Segment]) -> list[Frame]:
    """Errors that quote each packet come between: they are no segments."""
    out = []
    for segment in segments:
        plain = packet(segment)
        out.append(_framed(segment, plain))
        body = struct.pack("!BBHI", 3, 4, 0, 1400) + plain[:576]
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        source, target = addresses(segment)
        out.append(_framed(segment, ipv4(target, source, 1, body)))
    return out


def not_tcp_at_all(segments: list[Segment]) -> list[Frame]:
    """ARP, spanning tree, UDP on port 25, frames too short and of unknown types come between."""
    strange = [
        bytes.fromhex("ffffffffffff0200000000010806000108000604000102000000000101000000000000000000c0000201"),
        bytes.fromhex("0180c2000000020000000001002642420300000000000000000000000000000000000000"),
        ethernet(ipv4(b"\xc0\0\2\1", b"\xc0\0\2\2", 17, struct.pack("!HHHH", 25, 25, 12, 0) + b"QUIT"), True),
        ethernet(b"\x45\0\0", True),
        ethernet(b"????", True, kind=0x88B5),
        b"\0" * 9,
        b"",
    ]
    out = []
    for at, segment in enumerate(segments):
        data = strange[at % len(strange)]
        out += [Frame(segment.ts, data, len(data), ETHERNET), *frames([segment])]
    return out


def _ip4(segment: Segment, body: bytes, total: int | None = None) -> bytes:
    source, target = addresses(segment)
    return ipv4(source, target, 6, body, total=total)


def _framed(segment: Segment, ip: bytes) -> Frame:
    data = ethernet(ip, segment.client)
    return Frame(segment.ts, data, len(data), ETHERNET)


def bare(segments: list[Segment]) -> list[Frame]:
    """No TCP options at all."""
    return frames([replace(segment, options=b"") for segment in segments])


def timestamps(segments: list[Segment]) -> list[Frame]:
    """The time stamp option on every segment (RFC 7323)."""
    out = []
    for segment in segments:
        option = struct.pack("!BBBBII", 1, 1, 8, 10, segment.ts // 1_000_000 & 0xFFFF_FFFF, 1)
        out.append(replace(segment, options=segment.options + option))
    return frames(out)


DRESSES: dict[str, Dress] = {
    **{name: dressed(wrap, ipv6=False) for name, wrap in ENCAPSULATIONS.items()},
    **{f"{name}/ipv6": dressed(wrap, ipv6=True) for name, wrap in ENCAPSULATIONS.items()},
    "fragments_of_24": fragmented(24, "in order"),
    "fragments_of_24_reversed": fragmented(24, "reversed"),
    "fragments_of_24_shuffled": fragmented(24, "shuffled"),
    "fragments_of_8": fragmented(8, "in order"),
    "fragments_of_104_doubled": fragmented(104, "doubled"),
    "fragments_of_1480": fragmented(1480, "in order"),
    "fragments_of_24/ipv6": fragmented(24, "in order", ipv6=True),
    "fragments_of_24_shuffled/ipv6": fragmented(24, "shuffled", ipv6=True),
    "fragments_of_104_doubled/ipv6": fragmented(104, "doubled", ipv6=True),
    "fragments_of_48_in_vlan": fragmented(48, "in order", wrap="vlan"),
    "fragments_of_48_in_vxlan": fragmented(48, "shuffled", wrap="vxlan"),
    "fragments_of_48_in_gre": fragmented(48, "reversed", wrap="gre"),
    "padded": padded,
    "wrong_checksums": wrong_checksums,
    "total_length_zero": total_length_zero,
    "total_length_zero/ipv6": total_length_zero_ipv6,
    "icmp_errors": icmp_errors,
    "not_tcp_at_all": not_tcp_at_all,
    "no_options": bare,
    "timestamps": timestamps,
}
