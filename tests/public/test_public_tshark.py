"""The same captures read once more, by tshark and a simple reader: octets, losses, replies, mails, frames."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from public.captures import FOLDER, Entry, captures, ends, name_of, needs_captures, replay, stream_ends
from public.reading import Reading, follow, read

from smtpsensor.config import Limits
from smtpsensor.events import Encryption, SessionEvent

pytestmark = [needs_captures, pytest.mark.slow, pytest.mark.system]

# (capture, stream, field) -> (there, here, who is right and why); docs/public-captures.md has the frames.
DIFFERENCES: dict[tuple[str, int, str], tuple[Any, Any, str]] = {
    ("pcapplusplus__PacketExamples.Smtp.pcap", 0, "lost"): (
        (0, 137), (9, 137), "here: the greeting's acknowledgement stands 9 octets before the first command"),
    ("zeek__smtp-one-side-only.pcap", 0, "lost"): (
        (0, 0), (0, 764), "here: the client acknowledges 764 octets that the capture has not"),
    ("snort3_demo__priority.smtp-lorem.pcap", 0, "octets of mails"): (
        1_067_409, 1_080_897, "both: here with the 13,488 octets that are lost before frame 30"),
    ("suricata-verify__detect-email-received.input.pcap", 0, "mails"): (
        0, 1, "here: one mail was accepted (frame 60); the simple reader is out of step"),
    ("suricata-verify__detect-email-received.input.pcap", 0, "octets of mails"): (0, 651, "here, as above"),
    ("suricata-verify__smtp-bdat-bad-tail-next-mail.input.pcap", 0, "octets of mails"): (
        221, 445, "both: behind the server's FIN no reply tells what DATA and the text behind it were"),
    ("zeek__smtp-one-side-only.pcap", 0, "octets of mails"): (0, 18_363, "here: no server was captured"),
    ("tracepcap__monitor_large.week2_personal_laptop_vpn.pcap", 4, "octets"): (
        (78, 20), (79, 20), "here: the SYN-ACK acknowledges 0, so the client's octet 0 is no SYN but an E"),
    ("tracepcap__monitor_large.week2_personal_laptop_vpn.pcap", 4, "helo"): (None, "workstation", "as above"),
}  # fmt: skip


def fields(session: SessionEvent) -> dict[str, Any]:
    """What both readings know of a connection."""
    return {
        "octets": (session.bytes_client, session.bytes_server),
        "lost": (session.lost_client, session.lost_server),
        "last code": session.last_code,
        "helo": session.helo,
        "attempts": session.attempts,
        "recipients": session.recipients,
        "mails": session.mails,
        "octets of mails": session.mail_bytes,
        "starttls": session.encryption is Encryption.STARTTLS,
    }


def expected(reading: Reading) -> dict[str, Any]:
    """The same fields of the other reading."""
    helo, limit = reading.helo, Limits().text
    return {
        "octets": reading.octets,
        "lost": reading.lost,
        "last code": reading.codes[-1] if reading.codes else None,
        "helo": helo if helo is None or len(helo) <= limit else helo[: limit - 3] + "…",
        "attempts": reading.auths,
        "recipients": reading.recipients,
        "mails": reading.mails,
        "octets of mails": reading.mail_octets,
        "starttls": reading.starttls,
    }


@pytest.mark.parametrize("entry", captures(smtp=True), ids=name_of)
def test_sessions_are_as_a_simple_reader_finds_them(entry: Entry, needs: Callable[[str], str]) -> None:
    name = name_of(entry)
    sessions = {ends(event.flow): event for event in replay([name]).sessions}
    octets = follow(needs("tshark"), FOLDER / name, [stream["stream"] for stream in entry["streams"]])
    for stream in entry["streams"]:
        there = expected(read(*octets[stream["stream"]]))
        here = fields(sessions[stream_ends(stream)])
        for field in there:
            known = DIFFERENCES.get((name, stream["stream"], field), (there[field], there[field]))[:2]
            assert (there[field], here[field]) == known, field


@pytest.mark.parametrize("entry", captures(auth=True), ids=name_of)
def test_frames_are_those_where_tshark_shows_command_and_verdict(
    entry: Entry, needs: Callable[[str], str]
) -> None:
    columns = ["frame.number", "smtp.req.command", "smtp.response.code"]
    wanted = [word for column in columns for word in ("-e", column)]
    command = [needs("tshark"), "-r", str(FOLDER / name_of(entry)), "-d", "tcp.port==2525,smtp", "-Y", "smtp"]
    run = subprocess.run([*command, "-T", "fields", *wanted], capture_output=True, text=True, check=False)
    rows = [line.split("\t") for line in run.stdout.splitlines()]
    found = replay([name_of(entry)]).auths
    assert sorted(event.frame or 0 for event in found) == [
        int(number) for number, verb, _ in rows if verb.upper() == "AUTH"
    ]
    assert sorted(event.verdict_frame for event in found if event.verdict_frame) == [
        int(number) for number, _, code in rows if code in ("235", "535")
    ]
