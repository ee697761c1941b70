#!/usr/bin/env python3
"""Prints the picture in the README: the first screen of a real run, in its colours, as SVG.

.venv/bin/python scripts/picture.py >docs/img/report.svg
"""

import os
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from rich.style import Style
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
# The sensor's name is given: that of the machine would be another on each.
COMMAND = ("smtpsensor", "replay", "pcaps/attack-demo.pcap", "--host", "mx1-span")
COLUMNS = 100
NEXT_SCREEN = "Servers:"  # where the first screen ends

SIZE, ADVANCE, LEADING, MARGIN = 14, 8.4, 19, 16  # pixels: letters, their width, lines, border
COLOURS = {1: ("red", "#ff7b72"), 2: ("green", "#7ee787"), 3: ("yellow", "#e3b341")}  # by their ANSI numbers
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">
<title>The report of {command}</title>
<style>
text {{ font: {size}px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre }}
text {{ fill: #e6edf3 }}
.bold {{ font-weight: bold }} .dim {{ fill: #8b949e }} {colours}
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
"""


def screen() -> list[Text]:
    """Run the command; return what it prints up to the servers, line by line."""
    environment = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "TZ"}}
    environment |= {
        "COLUMNS": str(COLUMNS),
        "FORCE_COLOR": "1",
        "TERM": "xterm-256color",
        "PYTHONPATH": str(ROOT),
    }
    argv = [sys.executable, "-m", *COMMAND]
    done = subprocess.run(  # noqa: S603 - this program itself
        argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    shown = done.stdout.partition(f"\x1b[1m{NEXT_SCREEN}")[0]
    return [Text.from_ansi(line) for line in shown.rstrip().split("\n")]


def picture(lines: list[Text]) -> str:
    """Return the SVG of lines of text, the command above them."""
    prompt = Text(f"$ {' '.join(COMMAND)}", style="bold")
    rows = [_row(line, MARGIN + SIZE + number * LEADING) for number, line in enumerate([prompt, *lines])]
    head = HEAD.format(
        width=COLUMNS * ADVANCE + 2 * MARGIN,
        height=len(rows) * LEADING + 2 * MARGIN,
        command=" ".join(COMMAND),
        size=SIZE,
        colours=" ".join(f".{name} {{ fill: {value} }}" for name, value in COLOURS.values()),
    )
    return head + "".join(rows) + "</svg>\n"


def _row(line: Text, y: int) -> str:
    if not line.plain.strip():
        return ""
    spans = "".join(_span(str(piece), style) for piece, style in _pieces(line))
    length = len(line.plain) * ADVANCE
    attributes = f'x="{MARGIN}" y="{y}" textLength="{length:g}" lengthAdjust="spacingAndGlyphs"'
    return f'<text {attributes} xml:space="preserve">{spans}</text>\n'


def _pieces(line: Text) -> list[tuple[Text, Style]]:
    """Cut a line where its style changes."""
    edges = sorted({0, len(line), *(edge for span in line.spans for edge in (span.start, span.end))})
    whole = line.style if isinstance(line.style, Style) else Style.parse(line.style)
    pieces = []
    for piece in line.divide(edges[1:-1]):
        styles = [span.style for span in piece.spans]
        parsed = [style if isinstance(style, Style) else Style.parse(style) for style in styles]
        pieces.append((piece, Style.combine([whole, *parsed])))
    return pieces


def _span(text: str, style: Style) -> str:
    colour = COLOURS[style.color.number or 0][0] if style.color else ""
    classes = [name for name, on in (("bold", style.bold), ("dim", style.dim), (colour, colour)) if on]
    return f'<tspan class="{" ".join(classes)}">{escape(text)}</tspan>' if classes else escape(text)


if __name__ == "__main__":
    sys.stdout.write(picture(screen()))
