"""Fail2Ban as Debian ships it, unpacked and never installed: stock filters, default jail, no action."""

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from scenarios.recording import Line
from support.forge_tcp import SECOND
from support.tree import ROOT

CACHE: Final = ROOT / ".cache" / "fail2ban"
_PYTHON: Final = "/usr/bin/python3"  # Debian's: the one the package is made for
# What an administrator of a mail server switches on; everything else is as it comes.
_JAILS: Final = "".join(
    f"[{name}]\nenabled = true\nbackend = polling\nlogpath = /dev/null\n"
    for name in ("postfix-sasl", "dovecot")
)


class Seen(NamedTuple):
    """A line that matched a filter. `at`: its place in the log; `banned`: it was the last one needed."""

    at: int
    jail: str
    source: str
    banned: bool


def unpacked() -> Path:
    """Root of the unpacked package, fetched on first use. Raises CalledProcessError where apt-get cannot."""
    root = CACHE / "root"
    if not root.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fetch = ["apt-get", "-o", "APT::Sandbox::User=root", "download", "fail2ban"]
        subprocess.run(fetch, cwd=CACHE, check=True, capture_output=True)
        (deb,) = CACHE.glob("fail2ban_*.deb")
        with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
            subprocess.run(["dpkg-deb", "-x", deb, temporary], check=True)
            Path(temporary).rename(root)
            Path(temporary).mkdir()  # for the context manager to remove
    return root


def version() -> str:
    """Debian's version of the package."""
    (deb,) = CACHE.glob("fail2ban_*.deb")
    return deb.name.split("_")[1]


def replay(logs: dict[str, list[Line]]) -> dict[str, list[Seen]]:
    """Put each scenario's log through jails of its own; return what matched, in order."""
    root = unpacked()
    told = {
        name: [(line.ts // SECOND, line.source, line.text) for line in lines] for name, lines in logs.items()
    }
    with tempfile.TemporaryDirectory(prefix="fail2ban-") as temporary:
        folder = Path(temporary) / "etc"
        subprocess.run(["cp", "-r", root / "etc" / "fail2ban", folder], check=True)
        (folder / "jail.local").write_text(_JAILS)
        (folder / "jail.d" / "defaults-debian.conf").unlink()  # switches on the jail for ssh
        done = subprocess.run(
            [_PYTHON, Path(__file__).with_name("fail2ban_replay.py"), folder],
            input=json.dumps(told),
            env={"PYTHONPATH": str(root / "usr/lib/python3/dist-packages"), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, list[tuple[int, str, str, bool, bool]]] = json.loads(done.stdout)
    return {
        name: [Seen(at, jail, source, banned) for at, jail, source, _, banned in seen]
        for name, seen in found.items()
    }
