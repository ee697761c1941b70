"""Every block of commands in the pages runs as typed, and says so where it cannot run here."""

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs.pages import ALL, Block, blocks
from support.tree import ROOT, tracked

BLOCKS = [block for page in ALL for block in blocks(page) if block.kind in {"sh", "shell", "bash"}]
QUICK = [line for block in BLOCKS if not block.how for line in block.text.splitlines()]
SLOW = [block for block in BLOCKS if block.how == "slow"]


def shell(lines: str, cwd: Path, *, path: Path | None = None, timeout: int = 60) -> str:
    """Run lines as a newcomer's shell does, stopping at the first that fails; return what they print."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    if path is not None:
        env["PATH"] = f"{path}{os.pathsep}{env['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=timeout,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "smtpsensor: " not in done.stderr  # neither error nor warning
    return done.stdout


def captures_of_the_reader(folder: Path) -> None:
    """Put down the captures that the pages call `yours.pcap` and `captures/`."""
    capture = ROOT / "pcaps" / "attack-demo.pcap"
    shutil.copy(capture, folder / "yours.pcap")
    (folder / "yours.pcap.gz").write_bytes(gzip.compress(capture.read_bytes()))
    (folder / "captures").mkdir()
    for name in ("exim-tools.pcap", "postfix-tools.pcap"):
        shutil.copy(ROOT / "pcaps" / name, folder / "captures")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with captures, and the program on the path."""
    captures_of_the_reader(tmp_path)
    command = tmp_path / "bin" / "smtpsensor"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m smtpsensor "$@"\n')
    command.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("line", QUICK)
def test_a_line_runs_as_typed(line: str, folder: Path) -> None:
    before = set(folder.iterdir())
    out = shell(line, folder, path=folder / "bin")
    assert out or set(folder.iterdir()) - before


@pytest.mark.slow
@pytest.mark.parametrize("block", SLOW, ids=lambda block: block.text.partition("\n")[0])
def test_a_block_runs_as_typed_in_a_fresh_copy(block: Block, tmp_path: Path) -> None:
    for path in tracked():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    captures_of_the_reader(tmp_path)
    assert "smtpsensor" in shell(block.text, tmp_path, timeout=600)


@pytest.mark.parametrize(
    "block", BLOCKS, ids=lambda block: f"{block.page}: {block.text.partition(chr(10))[0]}"
)
def test_a_block_that_is_not_run_says_why(block: Block) -> None:
    reason = block.how.removeprefix("not run: ")
    assert block.how in {"", "slow"} or (reason != block.how and len(reason) > 10)


@pytest.mark.parametrize("block", [block for page in ALL for block in blocks(page)], ids=str)
def test_a_block_says_what_it_holds(block: Block) -> None:
    """`console` is a dialogue, `json` an event, `yaml` a configuration; else it is a drawing."""
    assert block.kind in {"sh", "console", "json", "yaml", ""}
    assert block.kind or not block.text.lstrip().startswith(("smtpsensor ", "make ", "$ "))
