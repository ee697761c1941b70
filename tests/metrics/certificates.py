"""Certificates of a test's own, by openssl."""

import subprocess
from pathlib import Path
from typing import NamedTuple

from support.tools import require_tool


class Pair(NamedTuple):
    """A certificate and its key."""

    cert: Path
    key: Path


def pair(folder: Path, name: str, *, days: int = 2, signed_by: Pair | None = None) -> Pair:
    """A certificate for localhost, its own authority or signed by another."""
    openssl = require_tool("openssl")
    made = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    by = [] if signed_by is None else ["-CA", str(signed_by.cert), "-CAkey", str(signed_by.key)]
    kind = "critical,CA:TRUE" if signed_by is None else "critical,CA:FALSE"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"),
            *("-subj", f"/CN={name}.example.org", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-addext", f"basicConstraints={kind}", "-days", str(days)),
            *("-keyout", str(made.key), "-out", str(made.cert), *by),
        ],
        check=True, capture_output=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return made
