"""CSV: one row per attempt, RFC 4180, nothing a spreadsheet would calculate."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinks.hostile import HOSTILE
from sinks.samples import anomaly, auth, full_auth, session

from smtpsensor.events import Event
from smtpsensor.sinks.csvfile import COLUMNS, CsvWriter, text_cell
from smtpsensor.text import harmless


def written(*events: Event) -> bytes:
    out = io.BytesIO()
    writer = CsvWriter(out, "sensor1")
    for event in events:
        writer.write(event)
    writer.flush()
    return out.getvalue()


def rows(*events: Event) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written(*events).decode(), newline=""), strict=True))


def test_a_row_with_everything_known() -> None:
    assert rows(full_auth()) == [
        {
            "time": "2026-11-24T12:00:00.123456Z",
            "host": "sensor1",
            "source": "198.51.100.7",
            "source_port": "40112",
            "server": "203.0.113.25",
            "server_port": "587",
            "helo": "pc.example.org",
            "mechanism": "LOGIN",
            "username": "anna@example.net",
            "authzid": "boss@example.net",
            "realm": "example.net",
            "domain": "CORP",
            "workstation": "WS1",
            "outcome": "failure",
            "code": "535",
            "enhanced": "5.7.8",
            "response_ms": "212.4",
            "offered": "true",
            "cleartext": "true",
            "attempt": "2",
            "repeated": "true",
            "malformed": "false",
            "secret_tag": "a3f1",
            "community_id": "1:AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "flow_id": "1298371937",
            "vlan": "10",
            "proxy": "192.0.2.1",
            "interface": "span0",
            "file": "attack.pcap",
            "packet": "17",
        }
    ]


def test_the_header_stands_even_without_rows_and_lines_end_in_crlf() -> None:
    assert written() == ",".join(COLUMNS).encode() + b"\r\n"
    assert written(auth()).count(b"\r\n") == written(auth()).count(b"\n") == 2


def test_only_attempts_are_rows() -> None:
    assert len(rows(session(), auth(), anomaly(), auth())) == 2


def test_what_is_not_known_is_empty() -> None:
    (row,) = rows(auth(username=None, mechanism=None, repeated=None, code=None))
    assert {row["username"], row["mechanism"], row["repeated"], row["offered"], row["code"]} == {""}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("decode", [harmless, lambda raw: raw.decode("latin-1")], ids=["clean", "raw"])
def test_hostile_names_stay_in_their_cell_and_calculate_nothing(raw: bytes, decode: object) -> None:
    """Even text that nobody cleaned before."""
    assert callable(decode)
    name = decode(raw)
    (row,) = rows(auth(username=name, helo=name, file=name, domain=name))
    assert row["source"] == "198.51.100.7"
    assert row["packet"] == ""
    for cell in (row["username"], row["helo"], row["file"], row["domain"]):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))  # noqa: RUF001
        assert cell.isprintable()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-1", "'-1"),
        ("@a", "'@a"),
        ("\t=1", "'\\x09=1"),
        ("\r=1", "'\\x0d=1"),
        ("anna@example.net", "anna@example.net"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_formula_becomes_text(text: str, cell: str) -> None:
    assert text_cell(text) == cell


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_names_give_one_row_each(names: list[str]) -> None:
    assert len(rows(*(auth(username=name, helo=name) for name in names))) == len(names)


def test_many_rows_reach_the_output_in_order() -> None:
    got = rows(*(auth(attempt=number) for number in range(1000)))
    assert [int(row["attempt"]) for row in got] == list(range(1000))
