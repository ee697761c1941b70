"""The project as files and as syntax: what the tests about the tree itself look at."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "smtpsensor"


@cache
def tracked() -> tuple[Path, ...]:
    """Every committed file that still exists."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    paths = (ROOT / name for name in listing.stdout.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


@cache
def texts() -> dict[str, str]:
    """Committed text files, path below the root -> content; captures and pictures are left out."""
    found = {}
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found[str(path.relative_to(ROOT))] = content.decode("utf-8", "replace")
    return found


class Module(NamedTuple):
    """One file of the package."""

    path: str  # below the root
    room: str  # first name below the package: `smtp` for smtpsensor/smtp/sasl/plain.py
    syntax: ast.Module


@cache
def modules() -> tuple[Module, ...]:
    """All modules of the package."""
    return tuple(
        Module(
            str(path.relative_to(ROOT)),
            path.relative_to(PACKAGE).with_suffix("").parts[0],
            ast.parse(path.read_text(), filename=str(path)),
        )
        for path in sorted(PACKAGE.rglob("*.py"))
    )


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """Yield line and full dotted name of all that a module imports, inside functions and TYPE_CHECKING too.

    `from a.b import c` gives a.b.c: whether c is a module makes no difference to which room it is in.
    """
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.path}:{node.lineno}: the package imports itself by full names"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
