"""Rule files: where the shipped ones are, what a path given by the user stands for, and their octets."""

import os
from pathlib import Path
from typing import Final

import smtpsensor
from smtpsensor.detect.problems import RuleError, RuleErrors

SUFFIXES: Final = (".yaml", ".yml")
TESTS: Final = "tests"  # folder beside the rules with their tests
# A folder with more is not one of rules.
_MOST: Final = 1_000


def shipped_folder() -> Path:
    """Return the folder of the shipped rules: in the package, or beside it in a checkout.

    Raises RuleErrors if the installation has lost it.
    """
    package = Path(smtpsensor.__file__).parent
    for folder in (package / "rules" / "detection", package.parent / "rules" / "detection"):
        if folder.is_dir():
            return folder
    fix = "install smtpsensor again"
    raise RuleErrors([RuleError("rules/detection", None, "", "the shipped rules are missing", fix)])


def rule_files(path: Path) -> list[Path]:
    """Return the files that a path stands for: itself, or the YAML files of a folder, by name.

    Raises RuleErrors if the folder cannot be read or holds none.
    """
    try:
        if not path.is_dir():
            return [path]
        names = sorted(os.listdir(path))  # noqa: PTH208 - names are sorted and filtered before paths are made
    except OSError as error:
        raise RuleErrors([_unreadable(path, error)]) from None
    files = [path / name for name in names if name.endswith(SUFFIXES) and not name.startswith(".")]
    if not files:
        wrong, fix = "a folder without rules", "give one with files called NAME.yaml"
        raise RuleErrors([RuleError(str(path), None, "", wrong, fix)])
    if len(files) > _MOST:
        wrong, fix = f"a folder with {len(files):,} files", f"at most {_MOST:,} rules are read from one"
        raise RuleErrors([RuleError(str(path), None, "", wrong, fix)])
    return files


def contents(path: Path, most: int) -> bytes:
    """Return what a file holds, one octet beyond `most` at the most; raises RuleErrors."""
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except (OSError, ValueError) as error:
        raise RuleErrors([_unreadable(path, error)]) from None


def stem_of(path: Path) -> str | None:
    """Return the name that the rule of a file must have; None where the file has no name of that form."""
    return path.stem if path.suffix in SUFFIXES else None


def tests_of(path: Path) -> Path:
    """Return where the tests of a rule file are: in tests/ beside it, under the same name."""
    return path.parent / TESTS / path.name


def _unreadable(path: Path, error: Exception) -> RuleError:
    name = str(path)
    if isinstance(error, FileNotFoundError):
        return RuleError(name, None, "", "does not exist", "check the path")
    if isinstance(error, PermissionError):
        return RuleError(
            name, None, "", "cannot be read, permission denied", "ask for the permission to read it"
        )
    if isinstance(error, IsADirectoryError):
        return RuleError(name, None, "", "is a folder", "name a file in it")
    number = getattr(error, "errno", None)
    told = os.strerror(number).lower() if number else "not a path"
    return RuleError(name, None, "", f"cannot be read, {told}", "check the path")
