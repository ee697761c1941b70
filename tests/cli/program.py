"""Runs the program as a user does: another process, arguments, files, pipes."""

import gc
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any
from unittest.mock import patch

from support.tree import ROOT

from smtpsensor.cli.main import run

COMMAND = [sys.executable, "-m", "smtpsensor"]
# Whatever the tests run in must not shine through: colours, widths, zones.
HIDDEN = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "TZ", "SMTPSENSOR_DEBUG"}


@dataclass(frozen=True, slots=True)
class Ran:
    """One run that has ended."""

    code: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        """What was said on standard error."""
        return self.err.splitlines()

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def report(self) -> dict[str, Any]:
        """The report, where `--json` printed it."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def environment(**more: str) -> dict[str, str]:
    """The environment of a run: the checkout is importable, nothing else shines through."""
    kept = {name: value for name, value in os.environ.items() if name not in HIDDEN}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **more}


def smtpsensor(
    *arguments: str | Path,
    cwd: Path,
    stdin: bytes | None = None,
    prefix: Sequence[str] = (),
    stdout: Path | None = None,
    **env: str,
) -> Ran:
    """Run the command to its end. `prefix` stands before it (setpriv); `stdout` is a file to write to."""
    argv = [*prefix, *COMMAND, *map(str, arguments)]
    given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    with (stdout or Path(os.devnull)).open("ab") as file:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=environment(**env),
            stdout=file if stdout else subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
            **given,
        )
    return Ran(done.returncode, done.stdout or b"", done.stderr.decode())


def replay(*arguments: str | Path, cwd: Path, stdin: bytes | None = None, **env: str) -> Ran:
    """Run `smtpsensor replay`."""
    return smtpsensor("replay", *arguments, cwd=cwd, stdin=stdin, **env)


def replay_here(*arguments: str | Path, cwd: Path) -> Ran:
    """Run `smtpsensor replay` in this process, ten times as fast, with files as standard output and error."""
    with (
        TemporaryFile() as out,
        TemporaryFile() as err,
        TextIOWrapper(out, write_through=True) as stdout,
        TextIOWrapper(err, write_through=True) as stderr,
        patch.object(sys, "argv", ["smtpsensor", "replay", *map(str, arguments)]),
        patch.dict(os.environ),
        chdir(cwd),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
    ):
        for name in HIDDEN:
            os.environ.pop(name, None)
        gc.freeze()  # or the run begins with a look at all that the tests are
        code = run()
        out.seek(0)
        err.seek(0)
        return Ran(code, out.read(), err.read().decode())


def auths(lines: bytes) -> list[dict[str, Any]]:
    """The `smtp.auth` objects of EVE lines."""
    records = [json.loads(line) for line in lines.splitlines()]
    return [record["smtp"]["auth"] for record in records if record["event_type"] == "smtp_auth"]
