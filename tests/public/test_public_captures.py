"""What is reported of 523 captures of other people, against what was read there by others.

The manifest beside the captures says what: tshark's SMTP dissector, and a reading by lines of the streams
that tshark put together, whose AUTH and STARTTLS were checked by hand. docs/public-captures.md has all.
"""

from collections import Counter
from typing import NamedTuple

import pytest
from public.captures import (
    SECONDS,
    SETTINGS,
    Ends,
    Entry,
    Found,
    captures,
    ends,
    name_of,
    needs_captures,
    replay,
    stream_ends,
    tcp_segments,
    within,
)

from smtpsensor.events import AuthEvent, Encryption, Outcome
from smtpsensor.smtp import state
from smtpsensor.smtp.facts import Facts

CRAM_MD5 = "bruteshark__PCAPNG_Examples.SMTP_-_Auth_Cram_MD5.pcapng"
IMAP_PLAIN = "bruteshark__IMAP_-_Authenticate_Plain_Base64_.pcap"
EIGHT_FRAMES = "pcapplusplus__PacketExamples.Smtp.pcap"
LOREM = "snort3_demo__priority.smtp-lorem.pcap"
QMAIL = "suricata-verify__issue-4220-01-ids.1flowB.pcap"
SCHEMES = "suricata-verify__smtp-extract-url-schemes.input.pcap"
QUIT_AS_NAME = "suricata-verify__smtp-long-command.input.pcap"
NO_GREETING = "suricata-verify__smtp-rset-starttls.input.pcap"
NONASCII = "zeek__smtp.rfc3030-bdat-nonascii.pcap"


OUTCOMES = {235: {Outcome.SUCCESS}, 535: {Outcome.FAILURE}, None: {Outcome.ABORTED, Outcome.UNKNOWN}}


class Difference(NamedTuple):
    """One thing that is reported otherwise than somebody else reads it."""

    frame: int
    there: object
    here: object
    reason: str  # who is right, and why


# (capture, what is compared) -> difference
DIFFERENCES = {
    (QUIT_AS_NAME, "attempts"): Difference(
        19, ("LOGIN", "AB\x13", None, None), ("LOGIN", r"AB\x13", None, None),
        "both: the client typed QUIT, which is base64, for the name; control characters leave escaped"),
    (QUIT_AS_NAME, "names of tshark"): Difference(19, "AB\x13", r"AB\x13", "both, as above"),
    (CRAM_MD5, "names of tshark"): Difference(
        14, None, "username", "here: tshark 4.0 finds no name in CRAM-MD5"),
    (NO_GREETING, "STARTTLS"): Difference(
        9, True, False,
        "both: there the 220 counts, here TLS that was seen; the capture ends with the 220"),
    (EIGHT_FRAMES, "codes of lines"): Difference(
        3, {}, {334: 1}, "here: octets are lost before the 334; the other reading has tshark's remark there"),
    (LOREM, "codes of lines"): Difference(
        14, {}, {250: 1}, "here: likewise, an octet is missing before the first 250 of the frame"),
    (IMAP_PLAIN, "codes of tshark"): Difference(
        7, {250: 1}, {}, "here: one reply in two segments, frames 7 and 9"),
    (SCHEMES, "codes of tshark"): Difference(
        8, {250: 1}, {}, "here: one reply in two segments, frames 8 and 10"),
    (NONASCII, "codes of tshark"): Difference(
        6, {250: 1}, {}, "here: one reply in two segments, frames 6 and 7"),
    (QMAIL, "codes of tshark"): Difference(
        9, {}, {250: 2}, "here: tshark shows no reply in frames 9 and 13, which hold one each"),
}  # fmt: skip

# Capture -> odd traffic of its sessions, by name and frame. Each was looked at and is right.
FUZZED = "pcapplusplus__regression_samples.clusterfuzz-testcase-minimized-FuzzTarget-5487001111429120"
ODD = {
    "arkime__pcap.smtp-subject-multi-nospace.pcap": {("early_talker", 4)},
    EIGHT_FRAMES: {("overlap_conflict", 7)},
    LOREM: {("overlap_conflict", 16)},
    FUZZED: {("urgent_data", 1)},
    "suricata-verify__detect-email-received.input.pcap": {("reply_unexpected", 36)},
    "suricata-verify__smtp-errors.smtperr.pcap": {
        ("early_talker", 4), ("reply_unparsable", 6), ("reply_unparsable", 122)},
    NO_GREETING: {("early_talker", 4), ("reply_missing", 5)},
    "tracepcap__monitor_large.week2_personal_laptop_vpn.pcap": {("reply_unparsable", 38)},
    "zeek__smtp-mail-transactions-invalid.pcap": {("early_talker", 4)},
    NONASCII: {("reply_unexpected", 17)},
}  # fmt: skip

# Sessions beyond the manifest's: all on port 465, of which nothing is read.
IMPLICIT_TLS = {
    "ndpi__pcap.openvpn_obfuscated.pcapng": 1,
    "ndpi__pcap.smtps.pcapng": 1,
    "suricata-verify__smtp-errors.smtperr.pcap": 1,
}

# Of an attempt that three captures hold, one of them in eight frames without the verdict, one is left:
# client's port, server's port, code.
IN_SEVERAL = [(1470, 25, 235), (1470, 25, None)]

every_capture = pytest.mark.parametrize("entry", captures(), ids=name_of)
every_smtp_capture = pytest.mark.parametrize("entry", captures(smtp=True), ids=name_of)
every_auth_capture = pytest.mark.parametrize("entry", captures(auth=True), ids=name_of)


def known(entry: Entry, what: str, there: object, here: object) -> bool:
    """Whether two readings agree, or differ in exactly the way that is written down."""
    difference = DIFFERENCES.get((name_of(entry), what))
    if difference is None:
        return there == here
    return (there, here) == (difference.there, difference.here)


def attempts(found: Found, where: Ends) -> list[tuple[str | None, str, int | None, str | None]]:
    """Mechanism, name, code and text of the verdict of each attempt of one connection, in order."""
    events = [event for event in found.auths if ends(event.flow) == where]
    assert [event.attempt for event in events] == list(range(1, len(events) + 1))
    assert all(event.outcome in OUTCOMES[event.code] for event in events)
    return [(event.mechanism, event.username or "", event.code, event.reply) for event in events]


def identity(event: AuthEvent) -> tuple[int, int, int | None]:
    """What tells attempts of different captures apart."""
    return event.flow.src_port, event.flow.dst_port, event.code


@needs_captures
@every_capture
def test_each_is_read_in_time_and_in_any_batches_alike(entry: Entry) -> None:
    with within(SECONDS):
        found = replay([name_of(entry)])
        again = replay([name_of(entry)], size=1), replay([name_of(entry)], size=7, chunk=997)
    for other in again:
        assert other.events == found.events
        assert other.counters() == found.counters()


@needs_captures
@every_capture
def test_each_frame_is_counted_once(entry: Entry) -> None:
    """As SMTP, as something else, or as not read."""
    stats = replay([name_of(entry)]).stats
    ports = SETTINGS.smtp_ports | SETTINGS.implicit_tls_ports
    keys = (segment.key for _, segment in tcp_segments(name_of(entry)))
    assert stats.frames_smtp == sum(
        bool(ports & {int.from_bytes(key[-4:-2]), int.from_bytes(key[-2:])}) for key in keys
    )
    assert stats.frames_other + stats.frames_smtp + stats.frames_undecoded == stats.frames


@needs_captures
@every_capture
def test_sessions_are_those_of_the_manifest(entry: Entry) -> None:
    found = replay([name_of(entry)])
    there = Counter(stream_ends(stream) for stream in entry.get("streams", []))
    implicit = [event for event in found.sessions if event.encryption is Encryption.IMPLICIT]
    assert len(implicit) == IMPLICIT_TLS.get(name_of(entry), 0)
    assert Counter(ends(event.flow) for event in found.sessions if event not in implicit) == there


@needs_captures
@every_capture
def test_odd_traffic_is_where_it_was_found_to_be(entry: Entry) -> None:
    found = replay([name_of(entry)])
    assert {(event.name, event.frame) for event in found.anomalies} == ODD.get(name_of(entry), set())


@needs_captures
@every_smtp_capture
def test_attempts_are_those_of_the_manifest(entry: Entry) -> None:
    """Number, order, mechanism, name, code and text of the verdict, connection by connection."""
    found = replay([name_of(entry)])
    for stream in entry["streams"]:
        here = attempts(found, stream_ends(stream))
        there = [
            (one["mech"].upper(), one["user"], one["outcome"] and int(one["outcome"]), one.get("reply"))
            for one in stream["attempts"]
        ]
        assert len(here) == len(there)
        assert all(known(entry, "attempts", *pair) for pair in zip(there, here, strict=True)), (there, here)


@needs_captures
@every_smtp_capture
def test_offer_and_starttls_are_those_of_the_manifest(entry: Entry) -> None:
    found = replay([name_of(entry)])
    sessions = {ends(event.flow): event for event in found.sessions}
    for stream in entry["streams"]:
        session = sessions[stream_ends(stream)]
        lines = (line.replace("=", " ").split()[1:] for line in stream["auth_advertised"])
        assert session.auth_offered == tuple(dict.fromkeys(word for words in lines for word in words))
        here = session.encryption is Encryption.STARTTLS
        assert known(entry, "STARTTLS", stream["starttls_accepted"], here)
        assert session.attempts == len(stream["attempts"])


@needs_captures
@every_smtp_capture
def test_replies_are_those_of_both_readings(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    """How often each code was read, whatever it answered."""
    if not str(state.__file__).endswith(".py"):
        pytest.skip("compiled: nobody can listen in")
    here: Counter[int] = Counter()

    class Heard(Facts):
        @property
        def last_code(self) -> int | None:
            return self._code

        @last_code.setter
        def last_code(self, code: int | None) -> None:
            self._code = code
            here.update([] if code is None else [code])

    monkeypatch.setattr(state, "Facts", Heard)
    replay([name_of(entry)])
    lines: Counter[int] = Counter()
    for stream in entry["streams"]:
        lines.update({int(code): times for code, times in stream["codes"].items()})
    tshark = Counter({int(code): times for code, times in entry["tshark_smtp"]["reply_codes"].items()})
    for what, there in (("codes of lines", lines), ("codes of tshark", tshark)):
        assert known(entry, what, dict(there - here), dict(here - there)), what


@needs_captures
@every_auth_capture
def test_mechanisms_and_names_are_those_of_tshark(entry: Entry) -> None:
    found = replay([name_of(entry)])
    tshark = entry["tshark_smtp"]
    assert Counter(event.mechanism for event in found.auths) == tshark["auth_by_mechanism"]
    there = Counter(tshark["auth_usernames"])
    here = Counter(event.username for event in found.auths if event.username)
    missing, added = there - here, here - there
    assert known(entry, "names of tshark", next(iter(missing), None), next(iter(added), None))
    assert max(missing.total(), added.total()) <= 1


@needs_captures
def test_all_of_them_are_one_timeline() -> None:
    """Captures of one session, or of parts of it, are one session then."""
    names = [name_of(entry) for entry in captures()]
    with within(3 * SECONDS):
        whole = replay(names)
        again = replay(names, size=1)
    assert whole.events == again.events
    assert whole.counters() == again.counters()
    apart = Counter(identity(event) for name in names for event in replay([name]).auths)
    assert apart.total() == 63
    assert apart - Counter(map(identity, whole.auths)) == Counter(IN_SEVERAL)
