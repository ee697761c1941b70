"""Programs and rights that some tests need: without them a test is skipped, and fails where CI=true."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE_LIST = ROOT / "scripts" / "debian-packages.txt"
CI = os.environ.get("CI") == "true"
SBIN = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))  # not on a user's PATH


def packages() -> dict[str, str]:
    """Program -> Debian package, from the list that `make test` installs."""
    lines = (line.partition("#")[0].split() for line in PACKAGE_LIST.read_text().splitlines())
    return {fields[0]: fields[1] for fields in lines if fields}


def missing(what: str) -> NoReturn:
    """Skip the running test because of `what`; fail it in CI, where nothing may be missing."""
    if CI:
        pytest.fail(f"{what} (CI=true: no skips)", pytrace=False)
    pytest.skip(what)


def require_tool(name: str) -> str:
    """Path of a program.

    Skips the running test where the program is missing; fails it where CI=true. Programs that are not in
    scripts/debian-packages.txt are a mistake in the test: KeyError.
    """
    package = packages()[name]
    path = shutil.which(name, path=SBIN)
    return path or missing(f"{name} is missing: apt-get install {package}")


def require_root() -> None:
    """Go on only as root (namespaces, raw sockets)."""
    if os.geteuid() != 0:
        missing("needs root")
