#!/usr/bin/env python3
"""Copies the last figures from benchmarks/FIGURES.md into the pages that show some of them.

A page marks the place with the title of the section: `<!-- figures: TITLE -->` to `<!-- /figures -->`.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "benchmarks" / "FIGURES.md"
PAGES = (ROOT / "README.md", ROOT / "ARCHITECTURE.md")
PLACE = re.compile(r"(<!-- figures: (?P<title>[^>]+) -->\n).*?(?=<!-- /figures -->)", re.DOTALL)


def sections() -> dict[str, str]:
    """Return title -> text, from blank line to blank line."""
    _, *found = FIGURES.read_text().split("\n## ")
    return {title: f"\n{text.strip()}\n\n" for title, _, text in (part.partition("\n") for part in found)}


def filled(page: str, figures: dict[str, str]) -> str:
    """Return a page with its figures renewed. Raises KeyError for a title that was not measured."""
    return PLACE.sub(lambda place: place[1] + figures[place["title"]], page)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(filled(path.read_text(), sections()))
