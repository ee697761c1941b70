"""Tables of figures: printed beside the last ones committed, and kept in FIGURES.md."""

import platform
from collections.abc import Sequence
from pathlib import Path

FILE = Path(__file__).with_name("FIGURES.md")
_HEAD = """# Last figures

Written by `python -m benchmarks --save`, all on one machine; the next run prints its own beside them.
"""


def machine() -> str:
    """Return one line about the machine: processor, cores, Python."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    parts = (names[0] if names else cpu, f"{len(names) or '?'} cores", f"Python {platform.python_version()}")
    return ", ".join(parts)


def _sections() -> dict[str, list[str]]:
    """Return the file's sections, title -> lines."""
    found: dict[str, list[str]] = {}
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    title = None
    for line in lines:
        if line.startswith("## "):
            title = line[3:]
            found[title] = []
        elif title is not None:
            found[title].append(line)
    return found


def last(title: str) -> dict[str, list[str]]:
    """Return the rows last committed under `title`, by their first cell."""
    rows = (line.strip("| ").split(" | ") for line in _sections().get(title, []) if line.startswith("| "))
    return {cells[0].strip(): [cell.strip() for cell in cells] for cells in rows}


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], watch: int, note: str = "") -> None:
    """Print a table; its last column is what column `watch` said in the figures last committed."""
    before = last(title)
    table = [[*head, "last"], *([*row, before[row[0]][watch] if row[0] in before else ""] for row in rows)]
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]))]
    print(f"\n{title}")
    for row in table:
        cells = [
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "  ".join(cells).rstrip())
    if note:
        print(f"  {note}")


def save(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> None:
    """Put a table into FIGURES.md in place of the one with the same title."""
    sections = _sections()
    table = [" | ".join(row) for row in (head, ["---"] + ["---:"] * (len(head) - 1), *rows)]
    sections[title] = [machine(), "", *(f"| {row} |" for row in table), "", *([note, ""] if note else [])]
    body = [line for name, lines in sections.items() for line in (f"## {name}", *lines)]
    FILE.write_text(_HEAD + "\n" + "\n".join(body).rstrip() + "\n")
