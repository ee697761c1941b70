"""The forge itself, before anything is proved with it: the frames are what they claim to be."""

import subprocess

import pytest
from support.forge import ENCAPSULATIONS, FIN, SYN, Endpoints, frames, pcap
from support.tools import require_tool
from support.transcripts import TRANSCRIPTS, expand, play, read


def test_braces_nest_and_escapes_are_decoded_inside_them() -> None:
    assert expand(r"{b64:\0a{repeat:3:b}}", raw=False) == b"AGFiYmI="
    assert expand(r"{b64:{}}", raw=False) == b"e30="
    assert expand(r"a\r\n{hex:00ff}", raw=True) == b"a\r\n\x00\xff"
    assert expand(r"\r{sp}", raw=False) == rb"\r "


def test_a_line_that_makes_no_sense_is_named() -> None:
    with pytest.raises(ValueError, match="text line 2: 'X: hello'"):
        read("== one\nX: hello", "text")


def test_a_continued_reply_is_one_write_and_group_marks_add_to_the_last_one() -> None:
    (transcript,) = read("== one\nS: 250-a\nS: 250 b\nS: 220 c\nC: d\nC+ e\nC& f")
    writes = [(step.client, step.data) for step in transcript.steps]
    assert writes == [(False, b"250-a\r\n250 b\r\n"), (False, b"220 c\r\n"), (True, b"d\r\ne\r\nf")]


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_played_segments_are_a_connection(name: str) -> None:
    transcript = TRANSCRIPTS[name]
    segments = play(transcript)
    assert [segment.flags & SYN for segment in segments[:3]] == [SYN, SYN, 0]
    assert [s.ts for s in segments] == sorted(s.ts for s in segments)
    for client in (True, False):
        sent = [s for s in segments if s.client == client]
        assert b"".join(s.payload for s in sent) == transcript.octets(client)
        acknowledged = max(s.ack for s in segments if s.client != client)
        assert acknowledged <= max(s.end for s in sent)
    if not any(step.verb in {"rst", "end"} for step in transcript.steps):
        assert sum(bool(s.flags & FIN) for s in segments) == 2


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.parametrize("ipv6", [False, True], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("fragment", [0, 24])
def test_tshark_reads_the_frames_as_they_are_meant(ipv6: bool, fragment: int) -> None:
    segments = []
    for number, transcript in enumerate(TRANSCRIPTS.values()):
        if not any(step.verb == "stretch" for step in transcript.steps):
            ends = Endpoints(client_port=2_000 + number, server_port=transcript.port)
            segments += play(transcript, ends.ipv6() if ipv6 else ends)
    shown = _tshark(
        pcap(frames(segments, fragment=fragment)),
        "tcp.checksum.status == 0 || ip.checksum.status == 0 || tcp.analysis.flags",
        "frame.number",
    )
    assert not shown


@pytest.mark.system
@pytest.mark.slow
@pytest.mark.parametrize("name", ENCAPSULATIONS)
@pytest.mark.parametrize("ipv6", [False, True], ids=["ipv4", "ipv6"])
def test_tshark_opens_each_encapsulation(name: str, ipv6: bool) -> None:
    ends = Endpoints().ipv6() if ipv6 else Endpoints()
    captured = frames(play(TRANSCRIPTS["login_failure"], ends), ENCAPSULATIONS[name])
    names = _tshark(pcap(captured), "smtp.auth.username", "smtp.auth.username")
    assert names == ["YW5uYUBleGFtcGxlLm5ldA=="]
    assert not _tshark(pcap(captured), "_ws.malformed", "frame.number")


def _tshark(data: bytes, display: str, field: str) -> list[str]:
    command = [require_tool("tshark"), "-r", "-", "-Y", display, "-T", "fields", "-e", field]
    for option in ("tcp.check_checksum", "ip.check_checksum", "ip.defragment", "ipv6.defragment"):
        command += ["-o", f"{option}:TRUE"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return done.stdout.decode().split()
