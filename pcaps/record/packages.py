"""What recording needs: tools that must be installed, servers that are unpacked into a cache."""

import fcntl
import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
CACHE = PROJECT / ".cache" / "servers"

# A program (or Perl module) that proves a package of PACKAGES.txt is there.
_PROOF = {
    "curl": "curl",
    "hydra": "hydra",
    "iproute2": "ip",
    "libauthen-ntlm-perl": "perl:Authen::NTLM",
    "libauthen-sasl-perl": "perl:Authen::SASL",
    "libnet-ssleay-perl": "perl:Net::SSLeay",
    "nmap": "nmap",
    "openssl": "openssl",
    "swaks": "swaks",
    "tcpdump": "tcpdump",
    "util-linux": "unshare",
}


class MissingError(Exception):
    """Recording is not possible here; the message says what to do about it."""


def _words(file: Path) -> list[list[str]]:
    """Words of each line of a list file, comments and empty lines left out."""
    lines = (line.split("#")[0].split() for line in file.read_text().splitlines())
    return [words for words in lines if words]


def _is_there(package: str) -> bool:
    proof = _PROOF[package]
    module = proof.removeprefix("perl:")
    if module == proof:
        return shutil.which(proof) is not None
    return (
        subprocess.run(["perl", f"-M{module}", "-e", "1"], capture_output=True, check=False).returncode == 0
    )


def missing_tools() -> list[str]:
    """Give the packages of PACKAGES.txt that are not installed."""
    return [package for (package,) in _words(HERE / "PACKAGES.txt") if not _is_there(package)]


def require_host() -> None:
    """Raise MissingError unless this is root on Linux with every tool installed."""
    if os.geteuid() != 0:
        raise MissingError("recording makes network namespaces: run it as root")
    missing = missing_tools()
    if missing:
        raise MissingError(f"tools are missing: apt-get install --no-install-recommends {' '.join(missing)}")
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise MissingError("the servers come as Debian packages: apt-get and dpkg-deb are needed")


def unpacked_servers() -> Path:
    """Root of the unpacked servers, fetched on first use.

    Raises MissingError when the packages cannot be fetched.
    """
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with CACHE.with_suffix(".lock").open("w") as lock:  # another recording may be fetching them
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _unpacked_servers()


def _unpacked_servers() -> Path:
    root = CACHE / "root"
    done = CACHE / "done"
    if done.exists() and done.read_text() == (HERE / "SERVERS.txt").read_text():
        return root
    shutil.rmtree(CACHE, ignore_errors=True)
    debs = CACHE / "debs"
    (debs / "partial").mkdir(parents=True, exist_ok=True)
    for names in _words(HERE / "SERVERS.txt"):
        _download(names, debs)
    # The merged /usr of Debian: what a package puts into /lib has to land in usr/lib.
    for name in ("bin", "lib", "sbin"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for deb in sorted(debs.glob("*.deb")):
        tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "--keep-directory-symlink", "-C", root], input=tar, check=True)
    done.write_text((HERE / "SERVERS.txt").read_text())
    return root


def _download(names: list[str], debs: Path) -> None:
    command = ["apt-get", "install", "--download-only", "--reinstall", "--yes", "--no-install-recommends"]
    # Nothing is installed, so apt's locks need not be taken: another apt may run meanwhile.
    options = [
        "-o",
        f"Dir::Cache::archives={debs}",
        "-o",
        "Debug::NoLocking=1",
        "-o",
        "APT::Sandbox::User=root",
    ]
    run = subprocess.run([*command, *options, *names], capture_output=True, text=True, check=False)
    if run.returncode:
        raise MissingError(
            f"apt-get could not download {' '.join(names)} (apt-get update?): {run.stderr.strip()}"
        )


def server_versions() -> dict[str, str]:
    """Upstream-and-Debian version of each unpacked server package."""
    versions = {}
    for names in _words(HERE / "SERVERS.txt"):
        for name in names:
            deb = next((CACHE / "debs").glob(f"{name}_*.deb"))
            fields = subprocess.run(
                ["dpkg-deb", "-f", deb, "Version"], capture_output=True, text=True, check=True
            )
            versions[name] = fields.stdout.strip()
    return versions


def tool_versions() -> dict[str, str]:
    """Version of each attack tool, as it names itself."""
    asks = {
        "hydra": (["hydra", "-h"], r"Hydra v(\S+)"),
        "nmap": (["nmap", "--version"], r"Nmap version (\S+)"),
        "swaks": (["swaks", "--version"], r"swaks version (\S+)"),
        "curl": (["curl", "--version"], r"curl (\S+)"),
        "tcpdump": (["tcpdump", "--version"], r"tcpdump version (\S+)"),
    }
    versions = {}
    for name, (command, pattern) in asks.items():
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(pattern, run.stdout + run.stderr)
        versions[name] = found.group(1) if found else "unknown"
    return versions
