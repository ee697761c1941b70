"""Servers of Debian that tests run but nobody wants installed: a package would start them on every address.

Their packages are fetched with apt-get and unpacked below .cache/programs, once.
"""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from support.tools import ROOT, missing

CACHE = ROOT / ".cache" / "programs"


def require_unpacked(package: str, program: str) -> str:
    """Path of `program` from Debian's `package`, which needs nothing but the C library.

    Skips the running test where the package cannot be had; fails it where CI=true.
    """
    place = CACHE / package
    path = place / "root" / "usr" / "bin" / program
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{package}.lock").open("w") as lock:  # another test may be fetching it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            problem = _unpack(package, place)
            if problem:
                missing(f"{program} is missing, and Debian's {package} cannot be fetched: {problem}")
    return str(path)


def _unpack(package: str, place: Path) -> str:
    """Fetch and unpack; return what went wrong, "" if nothing did."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return "no apt-get or dpkg-deb"
    shutil.rmtree(place, ignore_errors=True)
    (place / "new").mkdir(parents=True)
    got = _apt_get(place, "download", package)
    if got.returncode and os.geteuid() == 0:  # the package lists may be absent or old
        _apt_get(place, "update")
        got = _apt_get(place, "download", package)
    packed = list(place.glob("*.deb"))
    if got.returncode or not packed:
        return f"{got.stderr.strip()} (apt-get update?)"
    subprocess.run(["dpkg-deb", "-x", packed[0], place / "new"], check=True, capture_output=True)
    (place / "new").rename(place / "root")  # last: what stands there is whole
    packed[0].unlink()
    return ""


def _apt_get(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "-q", "-o", "APT::Sandbox::User=root", *words],
        cwd=place, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
