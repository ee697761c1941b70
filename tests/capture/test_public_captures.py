"""Other people's captures: as many frames as tshark and capinfos read, or a reason why not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from capture.builders import drain, replay
from support.tools import ROOT

from smtpsensor.capture.formats import open_capture
from smtpsensor.capture.inputs import expand

FOLDER = Path(os.environ.get("SMTPSENSOR_PCAPS", ROOT.parent / "shared" / "pcaps"))
MANIFEST = FOLDER / "MANIFEST.json"
pytestmark = pytest.mark.skipif(not MANIFEST.exists(), reason="no public captures here (SMTPSENSOR_PCAPS)")

LINK = "tshark refuses a file of an unknown link type; here its frames are counted as link_unknown"
# name -> (frames read here, frames tshark reads, why). Who is right stands in the reason.
DIFFERENCES = {
    "ntopng__fuzz_dissect_packet.frf16_magic_ie-oobr.pcap": (1, 0, LINK),
    "ntopng__fuzz_dissect_packet.hoobr_juniper3.pcap": (1, 0, LINK),
    "ntopng__fuzz_dissect_packet.vtp_asan-3.pcap": (1, 0, LINK),
    "ntopng__fuzz_dissect_packet.vtp_asan.pcap": (5, 0, LINK),
    "tcpdump__hoobr_juniper3.pcap": (1, 0, LINK),
    "tcpdump__juniper_es_oobr.pcap": (1, 0, LINK),
    "tcpdump__juniper_monitor_invalid_cookie_length.pcap": (1, 0, LINK),
    "pcapplusplus__regression_samples.clusterfuzz-testcase-minimized-FuzzTarget-5685520970809344": (
        1, 0, "tshark refuses reserved bits of the link type field; here they are masked"),
    "pcapplusplus__regression_samples.clusterfuzz-testcase-minimized-FuzzTarget-5766899836387328": (
        1, 0, "version 2.3 with lengths of 4 and 2,105,452: 4 octets are there, so the order is the old one"),
    "suricata-verify__bug-6875-01.fuzz.pcap": (
        1, 2, "damaged in its second record; tshark guesses a modified header and shifts the first frame"),
}  # fmt: skip


def manifest() -> list[dict[str, Any]]:
    captures: list[dict[str, Any]] = json.loads(MANIFEST.read_text())["captures"]
    return captures


def test_every_public_capture_has_the_frames_tshark_reads() -> None:
    wrong, seen = [], set()
    for entry in manifest():
        name = entry["file"]
        reader = open_capture(str(FOLDER / name))
        packets, last = len(drain(reader).frames), reader.number
        capinfos = str(entry["packets_capinfos"])
        expected = int(capinfos) if capinfos.isdecimal() else entry["packets_tshark"]
        # tshark numbers custom blocks as well, capinfos counts packets: both must agree with ours.
        if packets == expected and last == entry["packets_tshark"]:
            continue
        seen.add(name)
        if DIFFERENCES.get(name, ())[:2] != (packets, entry["packets_tshark"]):
            wrong.append(f"{name}: {packets} frames, tshark {entry['packets_tshark']}, capinfos {capinfos}")
    assert not wrong, "\n".join(wrong)
    assert seen == set(DIFFERENCES)


def test_every_public_capture_ends_as_tshark_says() -> None:
    """tshark's exit code is 2 for a file that is cut or damaged."""
    for entry in manifest():
        if entry["file"] not in DIFFERENCES and "reserved-field" not in entry["file"]:
            got = drain(open_capture(str(FOLDER / entry["file"])))
            assert (2 if got.trouble else 0) == entry["tshark_rc"], entry["file"]


@pytest.mark.parametrize("chunk", [997, 65_536])
def test_chunks_change_nothing(chunk: int) -> None:
    for entry in manifest():
        if entry["size"] < 60_000:
            path = str(FOLDER / entry["file"])
            assert drain(open_capture(path, chunk)) == drain(open_capture(path)), entry["file"]


def test_all_of_them_are_one_timeline() -> None:
    found = expand([str(FOLDER)])
    assert not found.errors
    assert len(found.paths) == len(manifest())
    frames, timeline, stats = replay(found.paths)
    assert len(frames) == sum(len(drain(open_capture(path)).frames) for path in found.paths)
    assert len(timeline.errors) == stats.named["capture_damaged"] == 10
    assert len(timeline.warnings) == stats.named["capture_truncated"] == 8
    assert timeline.bytes_read == timeline.bytes_total
