"""One request to one Alertmanager, over the standard library's client.

Address, TLS, names and headers as Prometheus users know them; no redirects and no proxies from the
environment, so that credentials go nowhere else. An answer that drips is cut off: `patience` is for all of
it.
"""

import base64
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from typing import Final

from smtpsensor.sinks.alertmanager_address import Address

API: Final = "/api/v2/alerts"
_READ: Final = 65_536  # octets of an answer: its first line is all that is told
_TOLD: Final = 200  # characters of it


@dataclass(frozen=True, slots=True)
class Access:
    """How to get in. `credentials` is asked before each request, so that a file may change."""

    scheme: str = ""  # `Basic`, `Bearer` or another word
    credentials: Callable[[], str] = str
    headers: Mapping[str, str] = field(default_factory=dict)
    context: ssl.SSLContext | None = None  # for https; None: the machine's authorities
    server_name: str = ""  # TLS: whom the certificate has to name, if not the host

    def words(self) -> dict[str, str]:
        """Return the headers. Raises OSError where a file with credentials cannot be read."""
        said = dict(self.headers)
        if self.scheme:
            told = self.credentials()
            if self.scheme == "Basic":
                told = base64.b64encode(told.encode()).decode()
            said["Authorization"] = f"{self.scheme} {told}"
        return said


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` 0: no answer; `reason` then says why."""

    status: int
    reason: str

    @property
    def taken(self) -> bool:
        """Say whether Alertmanager has all of it."""
        return 200 <= self.status < 300


class _Named(HTTPSConnection):
    """TLS that asks for another name than the host's."""

    def __init__(self, host: str, port: int, *, timeout: float, context: ssl.SSLContext, name: str) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._tls = context
        self._name = name

    def connect(self) -> None:
        HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def post(address: Address, access: Access, body: bytes, patience: float) -> Answer:
    """Send alerts; return within a few times `patience` (s) whatever the other side does. Never raises."""
    connection = _connection(address, access, patience)
    overdue = threading.Timer(patience, _cut, (connection,))
    overdue.daemon = True
    try:
        overdue.start()
        headers = {"Content-Type": "application/json", "User-Agent": "smtpsensor", **access.words()}
        connection.request("POST", address.path + API, body, headers)
        answer = connection.getresponse()
        return _judged(answer.status, answer.getheader("Content-Type") or "", answer.read(_READ))
    except TimeoutError:
        return Answer(0, f"no answer within {patience:g} s")
    except ssl.SSLError as error:
        return Answer(0, f"TLS: {getattr(error, 'verify_message', '') or error.reason or 'failed'}")
    except (OSError, HTTPException, ValueError) as error:
        if overdue.finished.is_set():
            return Answer(0, f"no answer within {patience:g} s")
        return Answer(0, getattr(error, "strerror", None) or _line(str(error)) or type(error).__name__)
    finally:
        overdue.cancel()
        connection.close()


def _connection(address: Address, access: Access, patience: float) -> HTTPConnection:
    if not address.tls:
        return HTTPConnection(address.host, address.port, timeout=patience)
    context = access.context or ssl.create_default_context()
    name = access.server_name or address.host
    return _Named(address.host, address.port, timeout=patience, context=context, name=name)


def _cut(connection: HTTPConnection) -> None:
    try:
        if connection.sock is not None:
            connection.sock.shutdown(SHUT_RDWR)
    except OSError:
        pass  # it is closed, or about to be


def _judged(status: int, kind: str, body: bytes) -> Answer:
    line = _line(body.decode("utf-8", "replace"))
    if kind.partition(";")[0].strip().lower() == "text/html":
        return Answer(0, f"{status} with a web page: this is no Alertmanager")
    if 200 <= status < 300:
        return Answer(status, "")
    return Answer(status, f"{status} {line}".strip())


def _line(text: str) -> str:
    """Return the first line of what the other side said."""
    return text.strip().partition("\n")[0].strip()[:_TOLD]
