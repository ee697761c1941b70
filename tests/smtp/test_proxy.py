"""The PROXY protocol: who the client behind a load balancer is."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.smtp.proxy import INVALID, NEED_MORE, Header, Unready, parse

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
IPV4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("203.0.113.25") + struct.pack(">HH", 40112, 587)
IPV6 = (
    socket.inet_pton(socket.AF_INET6, "2001:db8::7")
    + socket.inet_pton(socket.AF_INET6, "2001:db8::25")
    + struct.pack(">HH", 40112, 587)
)


def version_2(command: int, family: int, body: bytes) -> bytes:
    return SIGNATURE + bytes([0x20 | command, family]) + struct.pack(">H", len(body)) + body


HEADERS = [
    (
        "version 1, IPv4",
        b"PROXY TCP4 192.0.2.7 203.0.113.25 40112 587\r\n",
        ("192.0.2.7", 40112, "203.0.113.25", 587),
    ),
    (
        "version 1, IPv6, written long",
        b"PROXY TCP6 2001:0DB8:0:0:0:0:0:7 2001:db8::25 40112 587\r\n",
        ("2001:db8::7", 40112, "2001:db8::25", 587),
    ),
    (
        "version 1, IPv4 client of a proxy that listens on IPv6",
        b"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:203.0.113.25 1 65535\r\n",
        ("192.0.2.7", 1, "203.0.113.25", 65535),
    ),
    ("version 1, unknown", b"PROXY UNKNOWN\r\n", (None, 0, None, 0)),
    (
        "version 1, unknown with addresses, which are to be ignored",
        b"PROXY UNKNOWN 192.0.2.7 203.0.113.25 40112 587\r\n",
        (None, 0, None, 0),
    ),
    ("version 2, IPv4", version_2(1, 0x11, IPV4), ("192.0.2.7", 40112, "203.0.113.25", 587)),
    ("version 2, IPv6", version_2(1, 0x21, IPV6), ("2001:db8::7", 40112, "2001:db8::25", 587)),
    (
        "version 2, TLVs skipped",
        version_2(1, 0x11, IPV4 + b"\x02\0\x0emx.example.org" + b"\x04\0\x04pads"),
        ("192.0.2.7", 40112, "203.0.113.25", 587),
    ),
    ("version 2, the proxy's own health check", version_2(0, 0x00, b""), (None, 0, None, 0)),
    ("version 2, health check with addresses", version_2(0, 0x11, IPV4), (None, 0, None, 0)),
    ("version 2, address family not told", version_2(1, 0x00, b"\x04\0\0"), (None, 0, None, 0)),
    ("version 2, UNIX socket", version_2(1, 0x31, b"/run/client".ljust(216, b"\0")), (None, 0, None, 0)),
    ("version 2, UDP", version_2(1, 0x12, IPV4), (None, 0, None, 0)),
    ("version 2, a family of the future", version_2(1, 0x41, b"12345"), (None, 0, None, 0)),
]


@pytest.mark.parametrize(("case", "header", "expected"), HEADERS, ids=[case[0] for case in HEADERS])
def test_header(case: str, header: bytes, expected: tuple[str | None, int, str | None, int]) -> None:
    assert parse(header) == Header(len(header), *expected), case


@pytest.mark.parametrize(("case", "header", "expected"), HEADERS, ids=[case[0] for case in HEADERS])
def test_header_octet_by_octet_and_with_text_behind(case: str, header: bytes, expected: object) -> None:
    for end in range(len(header)):
        assert parse(header[:end]) is NEED_MORE, (case, end)
    assert parse(header + b"EHLO pc.example.org\r\nAUTH PLAIN\r\n") == parse(header)
    del expected


@pytest.mark.parametrize(
    ("case", "buf"),
    [
        ("no header: the client itself", b"EHLO pc.example.org\r\n"),
        ("no header: the first octet settles it", b"E"),
        ("small letters", b"proxy TCP4 192.0.2.7 203.0.113.25 40112 587\r\n"),
        ("a word missing", b"PROXY TCP4 192.0.2.7 203.0.113.25 40112\r\n"),
        ("a word too many", b"PROXY TCP4 192.0.2.7 203.0.113.25 40112 587 1\r\n"),
        ("two blanks", b"PROXY TCP4  192.0.2.7 203.0.113.25 40112 587\r\n"),
        ("IPv6 as TCP4", b"PROXY TCP4 2001:db8::7 2001:db8::25 40112 587\r\n"),
        ("IPv4 as TCP6", b"PROXY TCP6 192.0.2.7 203.0.113.25 40112 587\r\n"),
        ("no address", b"PROXY TCP4 localhost 203.0.113.25 40112 587\r\n"),
        ("octal", b"PROXY TCP4 192.0.02.7 203.0.113.25 40112 587\r\n"),
        ("a zone", b"PROXY TCP6 fe80::1%eth0 2001:db8::25 40112 587\r\n"),
        ("not ASCII", "PROXY TCP4 192.0.2.\u0667 203.0.113.25 40112 587\r\n".encode()),
        ("port over 65,535", b"PROXY TCP4 192.0.2.7 203.0.113.25 65536 587\r\n"),
        ("port with a leading zero", b"PROXY TCP4 192.0.2.7 203.0.113.25 040112 587\r\n"),
        ("negative port", b"PROXY TCP4 192.0.2.7 203.0.113.25 -1 587\r\n"),
        ("no port", b"PROXY TCP4 192.0.2.7 203.0.113.25  587\r\n"),
        ("UDP", b"PROXY UDP4 192.0.2.7 203.0.113.25 40112 587\r\n"),
        ("LF alone", b"PROXY TCP4 192.0.2.7 203.0.113.25 40112 587\n"),
        ("no end within 107 octets", b"PROXY UNKNOWN " + b"x" * 93),
        ("version 2 by the signature, 3 by the version", SIGNATURE + b"\x31"),
        ("a command of the future", SIGNATURE + b"\x22"),
        ("too short for its addresses", version_2(1, 0x11, IPV4[:11])),
        ("longer than anybody sends", SIGNATURE + b"\x21\x11\x10\x01"),
    ],
)
def test_invalid(case: str, buf: bytes) -> None:
    assert parse(buf) is INVALID, case


def test_longest_version_1_header() -> None:
    address = b"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    header = b"PROXY TCP6 %s %s 65535 65535\r\n" % (address, address)
    parsed = parse(header)
    assert isinstance(parsed, Header)
    assert parsed.consumed == len(header) == 104
    assert parse(b"PROXY UNKNOWN".ljust(105, b"x") + b"\r\n") is INVALID  # the word is no UNKNOWN
    assert parse(b"PROXY UNKNOWN ".ljust(105, b"x") + b"\r\n") == Header(107)


@given(
    st.binary(max_size=150),
    st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11\0"]),
)
def test_any_octets(tail: bytes, begin: bytes) -> None:
    parsed = parse(begin + tail)
    if isinstance(parsed, Header):
        assert 0 < parsed.consumed <= len(begin + tail)
    else:
        assert isinstance(parsed, Unready)


@given(st.binary(min_size=1, max_size=60))
def test_more_octets_never_change_the_answer(buf: bytes) -> None:
    for begin in (b"", b"PROXY ", SIGNATURE):
        answers = [parse((begin + buf)[:end]) for end in range(len(begin + buf) + 1)]
        settled = [answer for answer in answers if answer is not NEED_MORE]
        assert len(set(settled)) <= 1


@given(st.ip_addresses(v=4), st.integers(0, 65535))
def test_round_trip(address: object, port: int) -> None:
    text = b"PROXY TCP4 %s 203.0.113.25 %d 25\r\n" % (str(address).encode(), port)
    packed = version_2(1, 0x11, socket.inet_aton(str(address)) + IPV4[4:8] + struct.pack(">HH", port, 25))
    for header in (text, packed):
        assert parse(header) == Header(len(header), str(address), port, "203.0.113.25", 25)


def test_waits_for_no_more_than_its_longest_header() -> None:
    """A client that begins like a proxy and goes on forever is settled within a bounded number of octets."""
    for begin, most in ((b"PROXY TCP4 ", 107), (SIGNATURE + b"\x21\x11\xff\xff", 16)):
        buf = begin.ljust(most, b"x")
        assert parse(buf) is INVALID
