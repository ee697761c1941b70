"""Parts of the pages that are made are what is made today."""

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from docs.loss_table import DOC, document
from docs.pages import rows, text
from support.tree import ROOT

PLACE = re.compile(r"<!-- figures: ([^>]+) -->\n(.*?)<!-- /figures -->", re.DOTALL)
SVG = "{http://www.w3.org/2000/svg}"
PICTURE = ROOT / "docs" / "img" / "report.svg"


def test_the_picture_is_drawn_from_a_run_of_this_program() -> None:
    drawn = subprocess.run(
        [sys.executable, ROOT / "scripts" / "picture.py"], capture_output=True, text=True, check=True
    ).stdout
    assert PICTURE.read_text() == drawn


def test_the_picture_needs_nothing_from_elsewhere_and_shows_what_the_first_screen_promises() -> None:
    root = ET.parse(PICTURE).getroot()
    shown = "\n".join("".join(line.itertext()) for line in root.iter(f"{SVG}text"))
    for told in (
        "smtpsensor replay pcaps/attack-demo.pcap",
        "after failing",
        "Guessing",
        "Attacked",
        "in clear",
    ):
        assert told.lower() in shown.lower()
    assert set(re.findall(r"https?://[^\"\s]+", PICTURE.read_text())) == {SVG.strip("{}")}


def test_figures_are_the_last_ones_taken() -> None:
    figures = (ROOT / "benchmarks" / "FIGURES.md").read_text()
    taken = {title: body for title, _, body in (part.partition("\n") for part in figures.split("\n## ")[1:])}
    for title, shown in PLACE.findall(text("README.md") + text("ARCHITECTURE.md")):
        assert shown.strip() == taken[title].strip(), title


@pytest.mark.slow
def test_the_table_of_losses_is_what_the_runs_give() -> None:
    assert DOC.read_text() == document()


def test_what_must_never_be_is_not_in_the_table_of_losses() -> None:
    found = [row for row in rows(DOC.read_text()) if row[0].endswith("%")]
    assert found
    for rate, *_, name, verdict, phantom in found:
        assert (name, verdict) == ("0", "0")
        # With every tenth frame gone, mail text can look like a session whose every other line is lost.
        assert phantom == "0" or (rate == "10%" and int(phantom) <= 2)
