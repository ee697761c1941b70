"""What is wrong with a rule, a test or a configuration: each in one line that says what would be right."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Final

_SHOWN: Final = 60  # characters of a value that is quoted
_LISTED: Final = 16  # names that are listed where none is near
# Said per file: whoever has that many mistakes has made one over and over.
_MOST: Final = 50


class RuleError(ValueError):
    """One mistake. `line` counts from 1, None is the file as a whole; `field` is its path, or ""."""

    def __init__(self, file: str, line: int | None, field: str, wrong: str, fix: str) -> None:
        super().__init__(file, line, field, wrong, fix)
        self.file = file
        self.line = line
        self.field = field
        self.wrong = wrong
        self.fix = fix

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        field = f"{self.field}: " if self.field else ""
        return f"{place}: {field}{self.wrong}; {self.fix}"


class RuleErrors(ValueError):  # noqa: N818 - several of them
    """All mistakes that were found, in the order of files and lines."""

    def __init__(self, errors: Sequence[RuleError]) -> None:
        super().__init__(*errors)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


class Problems:
    """Collects the mistakes of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors: list[RuleError] = []

    def add(self, line: int | None, field: str, wrong: str, fix: str) -> None:
        """Note one mistake."""
        if len(self.errors) < _MOST:
            self.errors.append(RuleError(self.file, line, field, wrong, fix))

    def check(self) -> None:
        """Raise RuleErrors if there was any mistake."""
        if self.errors:
            raise RuleErrors(sorted(self.errors, key=lambda error: error.line or 0))


def quoted(value: object) -> str:
    """Return a value as it is shown in a message: on one line, printable, not too long."""
    text = str(value).lower() if isinstance(value, bool) else written(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def written(value: object) -> str:
    """Return the representation of text, and any other scalar as it is written in YAML."""
    if value is None:
        return "null"
    return repr(value[: 2 * _SHOWN]) if isinstance(value, str) else str(value)


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known name that `word` was probably meant to be."""
    found = get_close_matches(word[:_SHOWN].casefold(), known, n=1, cutoff=0.6)
    return found[0] if found else None


def meant(word: str, known: Collection[str]) -> str:
    """Return the fix for an unknown name: the nearest one, or all there are."""
    near = nearest(word, known)
    if near is not None:
        return f"did you mean {near}?"
    return f"known are {listed(known)}" if known else "none can stand here"


def listed(names: Collection[str], last: str = "and") -> str:
    """Return names as a sentence lists them: a, b and c."""
    shown = list(names)[:_LISTED]
    if len(names) > len(shown):
        return f"{', '.join(shown)} {last} {len(names) - len(shown)} more"
    *most, end = shown
    return f"{', '.join(most)} {last} {end}" if most else end
