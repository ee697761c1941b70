"""Where an Alertmanager is, as typed. Apart from the client, so that `--help` loads no TLS."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

PORT: Final = 9093  # Alertmanager's
_TOLD: Final = 200  # characters of what was typed


class AlertmanagerError(Exception):
    """What was asked for cannot be: `what`, `reason` and `fix`, each without an end."""

    def __init__(self, what: str, reason: str, fix: str) -> None:
        super().__init__(f"{what}: {reason}; {fix}")
        self.what = what
        self.reason = reason
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Address:
    """Where an Alertmanager is. `path`: what stands before its API, "" or `/prefix`."""

    tls: bool
    host: str
    port: int
    path: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{self.path}"


def parse_address(text: str) -> Address:
    """Read `http://HOST[:PORT][/PREFIX]`. Raises AlertmanagerError."""
    shown = text if text.isprintable() and len(text) <= _TOLD else ascii(text[:_TOLD])
    fix = "write http://HOST:9093, or https:// with a path prefix if there is one"
    if not text.isascii() or not text.isprintable() or " " in text:
        raise AlertmanagerError(shown, "is no URL of plain characters", fix)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AlertmanagerError(shown, "is no URL: host or port makes no sense", fix) from None
    if parts.scheme not in {"http", "https"}:
        raise AlertmanagerError(shown, "does not begin with http:// or https://", fix)
    if not host or port == 0:
        raise AlertmanagerError(shown, "names no host" if not host else "port 0 cannot be reached", fix)
    if parts.username is not None:
        raise AlertmanagerError(
            f"{parts.scheme}://...@{host}",
            "holds a name or password",
            "put them into the configuration, section [alertmanager.basic_auth]",
        )
    if parts.query or parts.fragment:
        raise AlertmanagerError(shown, "has a query or a fragment", "leave out what begins with ? or #")
    path = parts.path.rstrip("/")
    if "/api/" in f"{path}/":
        raise AlertmanagerError(shown, "names the API as well", "end before /api; it is added")
    return Address(parts.scheme == "https", host, port or PORT, path)
