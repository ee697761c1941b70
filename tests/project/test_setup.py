"""Set-up says in one line what is missing and how to get it."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.tools import packages
from support.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SCRIPTS = ROOT / "scripts"


def pins() -> dict[str, str]:
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize(
    "requirement",
    [*PROJECT["dependencies"], *(r for e in PROJECT["optional-dependencies"].values() for r in e)],
)
def test_what_the_tests_ran_with_is_pinned_and_within_the_range_users_get(requirement: str) -> None:
    parsed = Requirement(requirement)
    assert parsed.specifier.contains(pins()[canonicalize_name(parsed.name)])


def test_the_pythons_declared_are_the_ones_looked_for() -> None:
    declared = set(re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"])))
    listed = re.search(r"for version in ([\d. ]+);", (SCRIPTS / "pythons").read_text())
    assert listed
    assert set(listed[1].split()) == declared


Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Make a program of a name and the shell lines it consists of."""

    def make(name: str, lines: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return path

    return make


def run(*argv: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, env=os.environ | env, capture_output=True, text=True, check=False, timeout=30)


REAL = f'exec "{sys.executable}" "$@"'
PYTHONS = {
    "absent": (None, "apt-get install python3 python3-venv"),
    "a shim that starts nothing": ("exit 127", "make PYTHON="),
    "too old": ('case "$2" in *print*) echo 3.9;; *) exit 1;; esac', "needs Python 3.11 or newer"),
    "without venv": (f'case "$2" in *ensurepip*) exit 1;; esac\n{REAL}', "apt-get install python3-venv"),
}


@pytest.mark.parametrize("case", PYTHONS)
def test_a_python_that_will_not_do_is_one_clear_line(case: str, program: Program, tmp_path: Path) -> None:
    lines, hint = PYTHONS[case]
    python = program("python", lines) if lines else tmp_path / "nowhere"
    done = run(SCRIPTS / "venv", python, tmp_path / "env", ".")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert hint in done.stderr
    assert not (tmp_path / "env").exists()


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_without_root_the_install_command_is_printed(
    ci: str, status: int, program: Program, tmp_path: Path
) -> None:
    """Tests that lack a program are then skipped, and in CI nothing may be skipped."""
    program("id", "echo 1000")
    program("apt-get", "echo must not run; exit 9")
    for name in ("bash", "dirname", "sort"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    done = run(SCRIPTS / "system-packages", PATH=str(tmp_path), CI=ci)
    assert done.returncode == status
    assert done.stdout == ""
    assert "sudo apt-get install --no-install-recommends" in done.stderr
    assert {"tshark", "hydra"} <= set(done.stderr.split())


def test_every_package_is_listed_with_its_program() -> None:
    assert packages()["ip"] == "iproute2"
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", package) for package in packages().values())


@pytest.mark.parametrize(
    "script",
    [*(path for path in SCRIPTS.iterdir() if not path.suffix), ROOT / ".ci" / "run"],
    ids=lambda path: path.name,
)
def test_scripts_are_executable_and_parse(script: Path) -> None:
    assert os.access(script, os.X_OK)
    assert run("bash", "-n", script).returncode == 0


def test_make_alone_lists_every_target() -> None:
    listed = run("make", "-C", ROOT).stdout
    targets = re.findall(r"^\.PHONY: ([a-z-]+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {target for target in targets if f"make {target} " not in listed} == {"system-packages"}
