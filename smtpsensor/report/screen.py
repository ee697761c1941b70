"""Lines and tables that keep everything: folded where the width ends, one line per value where columns fail.

All text is plain text: nothing in it is markup, and what the output's encoding lacks is escaped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from smtpsensor.report.words import GLUE

TOP = 10  # rows of a list on the screen
INDENT = 2
GOOD, BAD, WARN, HEAD, SOFT = "green", "bold red", "yellow", "bold", "dim"
_GAP = 2  # between columns
_NARROWEST = 20  # columns of text, whatever the width is said to be
_INNER = "\ue000"  # stands for GLUE while a line is wrapped: rich breaks at every kind of space


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, and the width to which a long value may be folded (None: never)."""

    head: str
    right: bool = False
    fold: int | None = None


class Screen:
    """Writes to a rich console; colour, width and NO_COLOR are its matter."""

    def __init__(self, console: Console) -> None:
        self._console = console
        encoding = console.encoding.lower().replace("-", "").replace("_", "")
        self._encoding = None if encoding.startswith("utf") else console.encoding

    @property
    def width(self) -> int:
        """Return the columns of the screen."""
        return self._console.width

    def head(self, title: str, style: str = HEAD) -> None:
        """Begin a section."""
        self._console.print()
        self.line(title, style, indent=0)

    def line(self, text: str, style: str = "", indent: int = INDENT) -> None:
        """Write a line, its continuation indented a little more."""
        for number, piece in enumerate(self._wrapped(text, style, self._console.width - indent - INDENT)):
            piece.pad_left(indent + INDENT * bool(number))
            self._put(piece)

    def more(self, shown: int, total: int) -> None:
        """Say how many rows were left out."""
        if total > shown:
            self.line(f"and {total - shown:,} more", SOFT)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Write rows of plain text under their heads; a value may hold line ends."""
        cells = [[self._known(cell) for cell in row] for row in rows]
        widths = _widths(columns, cells)
        excess = self._excess(widths)
        for i, column in reversed([*enumerate(columns)]):  # the first says what the row is about
            if excess > 0 and column.fold is not None:
                folded = max(min(widths[i], column.fold), cell_len(column.head), widths[i] - excess)
                excess -= widths[i] - folded
                widths[i] = folded
        if excess > 0:
            self._records(columns, cells)
            return
        self._row(columns, widths, [column.head for column in columns], SOFT)
        for row in cells:
            self._row(columns, widths, row, "")

    def fits(self, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> bool:
        """Say whether a table needs no folding."""
        return self._excess(_widths(columns, rows)) <= 0

    def _excess(self, widths: Sequence[int]) -> int:
        return sum(widths) + _GAP * (len(widths) - 1) + INDENT - self._console.width

    def _row(self, columns: Sequence[Column], widths: Sequence[int], row: Sequence[str], style: str) -> None:
        folded = [
            self._wrapped(_broken(cell, width), style, width) for cell, width in zip(row, widths, strict=True)
        ]
        for number in range(max(map(len, folded))):
            out = Text(" " * INDENT)
            for column, width, pieces in zip(columns, widths, folded, strict=True):
                piece = pieces[number] if number < len(pieces) else Text()
                padding = " " * (width - piece.cell_len)
                out.append(padding if column.right else "")
                out.append_text(piece)
                out.append(" " * _GAP if column.right else padding + " " * _GAP)
            out.rstrip()
            self._put(out)

    def _records(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Each row as its first value and, below it, one line per further value with its head."""
        for first, *rest in rows:
            self.line(" ".join(first.splitlines()))
            for column, value in zip(columns[1:], rest, strict=True):
                self.line(f"{column.head}: {', '.join(value.splitlines())}", indent=2 * INDENT)

    def _wrapped(self, text: str, style: str, width: int) -> list[Text]:
        lines = Text(self._known(text), style=style).wrap(
            self._console, max(width, min(_NARROWEST, cell_len(text))), overflow="fold"
        )
        for line in lines:
            line.rstrip()
            if _INNER in line.plain:
                line.plain = line.plain.replace(_INNER, " ")
        return list(lines) or [Text()]

    def _put(self, line: Text) -> None:
        self._console.print(line, no_wrap=True, overflow="ignore", crop=False, soft_wrap=True)

    def _known(self, text: str) -> str:
        """Escape what the encoding of the output lacks."""
        if text.isascii():
            return text
        return _INNER.join(map(self._encoded, text.split(GLUE)))

    def _encoded(self, text: str) -> str:
        if self._encoding is None:
            return text
        return text.encode(self._encoding, "backslashreplace").decode(self._encoding)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    return [_widest([column.head, *(row[i] for row in rows)]) for i, column in enumerate(columns)]


def _widest(values: Iterable[str]) -> int:
    return max((cell_len(line) for value in values for line in value.splitlines()), default=0)


def _broken(text: str, width: int) -> str:
    """Break an IPv6 address that is too long behind one of its colons, where it reads best."""
    if len(text) <= width or text.count(":") < 2 or not text.isascii() or " " in text or "\n" in text:
        return text
    port = text.find("]")  # stays with the last group
    cut = text.rfind(":", 0, width if port < 0 else min(width, port)) + 1
    return text if cut < 2 else f"{text[:cut]}\n{_broken(text[cut:], width)}"
