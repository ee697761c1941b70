"""Passwords in other people's captures appear in nothing that is reported of them.

The hunt reads them by itself: every line that a client sends from an AUTH to its next mail, and each part of
it, as sent, decoded, in hex and percent-encoded.
"""

import io
import re
from base64 import b64decode, b64encode
from collections import defaultdict
from dataclasses import fields
from urllib.parse import quote_from_bytes

import pytest
from public.captures import SETTINGS, Entry, Found, captures, name_of, needs_captures, replay, tcp_segments

from smtpsensor.sinks.csvfile import CsvWriter
from smtpsensor.sinks.ecs import EcsWriter
from smtpsensor.sinks.eve import EveWriter

BASE64 = re.compile(rb"[A-Za-z0-9+/]{4,}={0,2}")
SHORT = (
    4  # characters: fewer of them stand in any number by accident, so they are looked for as words of texts
)

every_auth_capture = pytest.mark.parametrize("entry", captures(auth=True), ids=name_of)


def client_octets(name: str) -> list[bytes]:
    """What each client sent to a port of SMTP, in the order of the frames, copies left out."""
    sent: defaultdict[bytes, dict[int, bytes]] = defaultdict(dict)
    for _, one in tcp_segments(name):
        if one.start < one.end and int.from_bytes(one.key[-2:]) in SETTINGS.smtp_ports:
            sent[one.key].setdefault(one.seq, one.buf[one.start : one.end])
    return [b"".join(parts.values()) for parts in sent.values()]


def credentials(octets: bytes) -> set[bytes]:
    """All that may be a credential: base64 as it was sent, and the parts of what it says."""
    found: set[bytes] = set()
    for part in re.split(rb"(?im)^AUTH ", octets)[1:]:
        for line in re.split(rb"(?im)^(?:MAIL FROM|DATA\r|EHLO|HELO|QUIT\r)", part)[0].splitlines():
            word = line.split(b" ")[-1]
            if BASE64.fullmatch(word) and len(word) % 4 == 0:
                said = b64decode(word)
                found |= {word, said, *re.split(rb"[\0 \x01]", said)}
    return found


def secrets(entry: Entry) -> set[bytes]:
    """Credentials of a capture without the names, which are to be reported."""
    found = {secret for octets in client_octets(name_of(entry)) for secret in credentials(octets)}
    names = {one["user"].encode() for stream in entry["streams"] for one in stream["attempts"]}
    if name_of(entry) == "bruteshark__SMTP_-_Auth_Plain.pcap":
        names.add(b"username")  # sent as authzid, with an empty authcid
    return found - names - {b64encode(name) for name in names} - {b""}


def texts(found: Found) -> set[str]:
    """All text fields of all events, those of the flow too."""
    records = [record for event in found.events for record in (event, event.flow)]
    values = [getattr(record, field.name) for record in records for field in fields(record)]
    flat = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    return {value for value in flat if isinstance(value, str)}


def lines(found: Found) -> str:
    """Every output line of every event."""
    out = io.BytesIO()
    for writer in (EveWriter(out, "sensor"), EcsWriter(out, "sensor"), CsvWriter(out, "sensor")):
        for event in found.events:
            writer.write(event)
        writer.flush()
    return out.getvalue().decode()


def shown(hunted: set[bytes], found: Found) -> int:
    """How many of the hunted are in the events or in their lines."""
    fields_of_text = texts(found)
    everything = "\n".join((*fields_of_text, lines(found), repr(found.events)))
    count = 0
    for secret in hunted:
        text = secret.decode("latin-1")
        forms = {text, secret.hex(), quote_from_bytes(secret), b64encode(secret).decode().rstrip("=")}
        word = re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")
        count += any(form in everything for form in forms if len(form) >= SHORT)
        count += len(text) < SHORT and any(word.search(field) for field in fields_of_text)
    return count


@needs_captures
@every_auth_capture
def test_no_credential_is_reported(entry: Entry) -> None:
    hunted = secrets(entry)
    assert (
        len(hunted) >= 2 or name_of(entry) == "suricata-verify__smtp-long-command.input.pcap"
    )  # ends before it
    assert shown(hunted, replay([name_of(entry)])) == 0


@needs_captures
@every_auth_capture
def test_the_hunt_notices_what_is_planted(entry: Entry) -> None:
    found = replay([name_of(entry)])
    for secret in secrets(entry):
        found.auths[0].helo = f"before {secret.decode('latin-1')} behind"
        assert shown({secret}, found)


def test_the_hunt_reads_every_part_of_an_exchange() -> None:
    plain = b64encode(b"\0anna\0sesame")
    octets = (
        b"EHLO x\r\nAUTH PLAIN "
        + plain
        + b"\r\nAUTH LOGIN\r\nYW5uYQ==\r\nb3Blbg==\r\nMAIL FROM:<x>\r\nAAAA\r\n"
    )
    assert credentials(octets) >= {plain, b"sesame", b"open", b"b3Blbg=="}
    assert b"AAAA" not in credentials(octets)
