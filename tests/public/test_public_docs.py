"""docs/public-captures.md names every capture, frame and anomaly that the tests hold as known."""

import re

import pytest
from capture.test_public_captures import DIFFERENCES as FRAMES
from decode.test_captures import DIFFERENCES as SEGMENTS
from decode.test_captures import TSHARK_DIFFERENCES as FIELDS
from public.test_public_captures import DIFFERENCES, ODD
from public.test_public_tshark import DIFFERENCES as SIMPLE
from support.tools import ROOT

TEXT = (ROOT / "docs/public-captures.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if line[:3] == "| `"
]
FOUND = {(row[0].strip("`"), int(row[1]), row[2]) for row in ROWS}
FILES = {name for name, _, _ in FOUND}


@pytest.mark.parametrize(("name", "what"), DIFFERENCES)
def test_a_difference_stands_with_its_frame(name: str, what: str) -> None:
    assert (name, DIFFERENCES[name, what].frame) in {(file, frame) for file, frame, _ in FOUND}


@pytest.mark.parametrize("name", sorted({*FRAMES, *SEGMENTS, *(key[0] for key in (*SIMPLE, *FIELDS))}))
def test_a_capture_that_differs_is_named(name: str) -> None:
    assert name in FILES


def test_odd_traffic_is_what_is_reported() -> None:
    told = {(name, frame, what.strip("`")) for name, frame, what in FOUND if re.fullmatch(r"`[a-z_]+`", what)}
    assert told == {(name, frame, what) for name, odd in ODD.items() for what, frame in odd}


def test_no_capture_is_named_that_does_not_differ() -> None:
    known = {*FRAMES, *SEGMENTS, *ODD, *(key[0] for key in (*DIFFERENCES, *SIMPLE, *FIELDS))}
    assert known == FILES
