"""Where to listen, from text."""

from ipaddress import ip_address
from typing import Final, NamedTuple

# Above the ports that exporters of Prometheus have taken among themselves (9100 to 9999, 10000 and more).
PORT: Final = 19_925
DEFAULT: Final = f"127.0.0.1:{PORT}"
_FIX: Final = f"write {DEFAULT}, [::1]:{PORT}, or 0.0.0.0:{PORT} for every interface"


class Listen(NamedTuple):
    """Where to listen. `host` is an address or a name; port 0 is any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine gets there."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class ListenError(Exception):
    """Nobody can be served there; text and fix in one line."""


def parse_listen(text: str) -> Listen:
    """Return the place of `127.0.0.1:19925`, `[::1]:19925` or `localhost:19925`. Raises ListenError."""
    host, colon, port = text.strip().rpartition(":")
    if not colon or not (port.isascii() and port.isdigit() and len(port) < 6 and int(port) < 65_536):
        raise ListenError(f"{text!r} names no port; {_FIX}")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if ":" not in host:
            raise ListenError(f"{text!r} is no address and port; {_FIX}")
    elif ":" in host:
        raise ListenError(f"{text!r} needs brackets around the address; {_FIX}")
    if not host or any(character.isspace() or character == "/" for character in host):
        raise ListenError(f"{text!r} names no address; {_FIX}")
    return Listen(host, int(port))
