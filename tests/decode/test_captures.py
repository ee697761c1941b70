"""Segments found in other people's captures, against what tshark found in them.

The captures lie beside the project, not in it; without them these tests are skipped.
"""

import ipaddress
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smtpsensor.capture.formats import open_capture
from smtpsensor.config import Limits
from smtpsensor.decode.decoder import Decoder, Segment
from smtpsensor.stats import Stats

FOLDER = Path(os.environ.get("SMTPSENSOR_PCAPS") or Path(__file__).resolve().parents[3] / "shared" / "pcaps")
MANIFEST = FOLDER / "MANIFEST.json"
needs_captures = pytest.mark.skipif(not MANIFEST.exists(), reason=f"no captures in {FOLDER}")

# Segments more (+) or fewer (-) than in the manifest, each with who is right and why.
SFLOW = "sFlow: copies of single headers, sampled out of many, are no stream"
FIRST_FRAGMENT = "the first fragment of a datagram that never becomes whole; tshark shows its TCP header"
NO_ROOM = "fewer than 20 octets where the TCP header should stand"
DIFFERENCES = {
    "bruteshark__TCP_-_Network.pcap": (-2, SFLOW),
    "pcapplusplus__pcap_examples.tcp-reassembly.pcap": (-1, SFLOW),
    "tcpdump__sflow_expanded.pcap": (-1, SFLOW),
    "ntopng__fuzz_dissect_packet.bgp-bgp_capabilities_print-oobr-2.pcap": (-1, FIRST_FRAGMENT),
    "tcpdump__rpki-rtr-oobr.pcap": (-1, FIRST_FRAGMENT),
    "maltrail__corpus.fragments.pcap": (-1, NO_ROOM + ": the reassembled datagram has 16"),
    "pcapflowlab__mpls.21_mpls_snaplen_truncated_inner_tcp.pcap": (-1, NO_ROOM + ": cut by the capture"),
    "pcapflowlab__tcp_options.19_tcp_syn_tcp_header_snaplen_truncated.pcap": (-1, NO_ROOM + ": likewise"),
    "suricata-verify__decode-too-small.test.pcap": (-1, NO_ROOM),
    "suricata-verify__ipv6-malformed-fragments-26.frag-26.pcap": (-1, NO_ROOM + ": one octet"),
    "pcapflowlab__ah.17_ah_invalid_payload_length_too_small.pcap": (-1, "AH shorter than its own fields"),
    "suricata-verify__tcp-session-decode-malformed-ipv4.input.pcap": (
        +1,
        "frame 8: tshark gives up on an IPv4 option that hosts pass over",
    ),
    "pcapflowlab__showcase.pcap_flow_lab_showcase.pcap": (
        +5,
        "frame 1327: Ethernet behind MPLS without control word, as tshark guesses not; 4 chains unlisted",
    ),
}

TSHARK_FIELDS = [
    "frame.number",
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.flags",
    "tcp.len",
]
# Frames where the fields differ from tshark's, by number: who is right and why.
FINAL_DESTINATION = "the addresses that TCP's checksum covers: RFC 8200 section 8.1, RFC 6275 section 6.3"
FABRIC_PATH = "an option that is off by default in tshark"
TSHARK_DIFFERENCES = {
    ("pcapflowlab__showcase.pcap_flow_lab_showcase.pcap", 1327): "as above",
    ("suricata-verify__tcp-session-decode-malformed-ipv4.input.pcap", 8): "as above",
    ("zeek__chksums.ip6-hoa-tcp-good-chksum.pcap", 1): FINAL_DESTINATION,
    ("zeek__chksums.ip6-route0-tcp-good-chksum.pcap", 1): FINAL_DESTINATION,
    ("zeek__tunnels.gre-aruba-amsdu.pcap", 1): "an A-MSDU with two segments: the first is returned",
    **dict.fromkeys((("zeek__cisco-fabric-path.pcap", n) for n in range(34, 65, 2)), FABRIC_PATH),
}


def captures() -> list[dict[str, object]]:
    return json.loads(MANIFEST.read_text())["captures"] if MANIFEST.exists() else []


def segments(path: Path, stats: Stats) -> Iterator[tuple[int, Segment]]:
    """Frame number and segment of each frame that has one."""
    decoder = Decoder(Limits(), stats)
    reader = open_capture(str(path))
    try:
        while reader.head() is not None:
            batch = reader.batch()
            for ts, off, caplen, wirelen, interface, number in batch.frames:
                found = decoder.decode(batch.buf, off, caplen, wirelen, interface.link, ts)
                if found is not None:
                    yield number, found
    finally:
        reader.close()


@needs_captures
@pytest.mark.parametrize("capture", captures(), ids=lambda capture: capture["file"])
def test_as_many_segments_as_tshark(capture: dict[str, object]) -> None:
    """An ICMP error that quotes a TCP header is none."""
    chains = capture.get("encapsulations_to_tcp")
    counts = chains.items() if isinstance(chains, dict) else ()
    expected = sum(count for chain, count in counts if ":icmp" not in chain)
    name = str(capture["file"])
    difference, _reason = DIFFERENCES.get(name, (0, ""))
    found = sum(1 for _ in segments(FOLDER / name, Stats()))
    assert found == expected + difference


def tshark(path: Path, program: str) -> dict[int, tuple[object, ...]]:
    """Frame number -> addresses in it, and the innermost segment's fields."""
    fields = [word for name in TSHARK_FIELDS for word in ("-e", name)]
    command = [program, "-r", str(path), "-Y", "tcp", "-T", "fields", "-E", "occurrence=a", *fields]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    found: dict[int, tuple[object, ...]] = {}
    for line in lines:
        column = dict(zip(TSHARK_FIELDS, (cell.split(",") for cell in line.split("\t")), strict=True))
        if ":icmp" in column["frame.protocols"][0] or "sflow" in column["frame.protocols"][0]:
            continue
        if not column["tcp.len"][-1]:  # a header that tshark could not read to its end
            continue
        numbers = [
            int(column[f"tcp.{name}"][-1] or "0", 0)
            for name in ("srcport", "dstport", "seq_raw", "ack_raw", "flags", "len")
        ]
        numbers[4] &= 0xFF
        sources = {ipaddress.ip_address(text) for text in column["ip.src"] + column["ipv6.src"] if text}
        targets = {ipaddress.ip_address(text) for text in column["ip.dst"] + column["ipv6.dst"] if text}
        found[int(column["frame.number"][0])] = (sources, targets, numbers)
    return found


@needs_captures
@pytest.mark.slow
@pytest.mark.system
@pytest.mark.parametrize("capture", captures(), ids=lambda capture: capture["file"])
def test_every_segment_as_tshark_reads_it(capture: dict[str, object], needs: Callable[[str], str]) -> None:
    """Addresses, ports, sequence numbers, flags and payload length, frame by frame."""
    path = FOLDER / str(capture["file"])
    expected = tshark(path, needs("tshark"))
    found = dict(segments(path, Stats()))
    for number in sorted(expected.keys() | found.keys()):
        if (path.name, number) in TSHARK_DIFFERENCES:
            continue
        assert number in expected, f"frame {number}: tshark has no segment"
        assert number in found, f"frame {number}: no segment"
        one = found[number]
        half = (len(one.key) - 4) // 2
        sources, targets, numbers = expected[number]
        assert ipaddress.ip_address(one.key[:half]) in sources
        assert ipaddress.ip_address(one.key[half:-4]) in targets
        ports = [int.from_bytes(one.key[-4:-2]), int.from_bytes(one.key[-2:])]
        assert [*ports, one.seq, one.ack, one.flags, one.end - one.start + one.missing] == numbers, number
