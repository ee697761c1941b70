"""A certificate for the recorded servers."""

import subprocess
from pathlib import Path


def certificate(work: Path) -> str:
    """Key and self-signed certificate for mx.example.net, PEM, made by openssl."""
    key, cert = work / "key.pem", work / "cert.pem"
    if not cert.exists():
        request = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ]
        names = ["-subj", "/CN=mx.example.net", "-days", "3650"]
        files = ["-keyout", str(key), "-out", str(cert)]
        subprocess.run([*request, *names, *files], check=True, capture_output=True)
    return key.read_text() + cert.read_text()
