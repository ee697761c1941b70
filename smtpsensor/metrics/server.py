"""Serves the pages in a thread of its own, to clients that may be anybody.

tornado gives a client a deadline for its whole header, the TLS handshake before it included, and holds no
thread meanwhile. What it has no limit for is bounded here: connections, and the time to take an answer.
"""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

from smtpsensor.metrics.access import Access
from smtpsensor.metrics.exposition import Exposition
from smtpsensor.metrics.listen import Listen, ListenError
from smtpsensor.metrics.pages import Site, application, nothing_left
from smtpsensor.metrics.served import Failed, Served
from smtpsensor.metrics.webconfig import Tls, WebConfig

_RENEWAL: Final = 60.0  # s between two looks at the certificate's files
_START: Final = 10.0  # s: a thread that takes longer to start will not


@dataclass(frozen=True, slots=True)
class HttpCaps:
    """Limits on what clients can take, each with its reason."""

    # Scrapers are few; idle connections must leave file descriptors (1,024 by default) for captures.
    connections: int = 256
    # Prometheus sends 400 octets; a long password and some proxies' headers come on top.
    header: int = 8_192
    # Nobody has anything to send.
    body: int = 4_096
    # s for a whole request, or until the next one: a scrape a minute keeps its connection.
    header_seconds: float = 65.0
    # s in which an answer must be taken; a megabyte over a slow line.
    answer_seconds: float = 30.0


class Exporter:
    """Serves from `start` to `stop`."""

    def __init__(
        self,
        exposition: Exposition,
        served: Served,
        failed: Failed,
        web: WebConfig | None = None,
        caps: HttpCaps | None = None,
    ) -> None:
        """Take what is served. `failed` is told of the program's own mistakes, in the thread that serves."""
        self._web = web or WebConfig()
        self._caps = caps or HttpCaps()
        self._failed = failed
        access = Access(self._web.users) if self._web.users else None
        self._site = Site(exposition, served, access, failed, self._caps.answer_seconds)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._started = Event()
        self._socket: socket.socket | None = None
        self._thread: Thread | None = None
        self.url = ""

    def start(self, listen: Listen) -> None:
        """Listen, and serve from now on. Raises ListenError."""
        self._socket = _bound(listen)
        port = self._socket.getsockname()[1]
        scheme = "http" if self._web.tls is None else "https"
        self.url = f"{scheme}://{Listen(listen.host, port)}/"
        self._thread = Thread(target=self._run, name="smtpsensor-metrics", daemon=True)
        self._thread.start()
        self._started.wait(_START)

    def stop(self) -> None:
        """Serve nobody any more."""
        loop, stopping, thread = self._loop, self._stopping, self._thread
        if loop is not None and stopping is not None and thread is not None and thread.is_alive():
            loop.call_soon_threadsafe(stopping.set)
            thread.join(_START)
        nothing_left(self._site)

    def _run(self) -> None:
        for name in ("tornado", "asyncio"):  # whatever clients do is no news for the terminal
            logger = logging.getLogger(name)
            logger.addHandler(logging.NullHandler())
            logger.propagate = False
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - a thread of its own: nobody else would say it
            self._failed(error)
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        caps, tls = self._caps, self._web.tls
        server = _Server(
            application(self._site),
            ssl_options=None if tls is None else tls.context,
            max_header_size=caps.header,
            max_body_size=caps.body,
            max_buffer_size=caps.header + caps.body,
            idle_connection_timeout=caps.header_seconds,
            body_timeout=caps.header_seconds,
        )
        server.limit(caps.connections, self._site.busy)
        if self._socket is not None:
            server.add_socket(self._socket)
        self._started.set()
        renewing = None if tls is None else asyncio.create_task(_renew(tls, self._failed))
        await self._stopping.wait()
        if renewing is not None:
            renewing.cancel()
        server.stop()
        server.drop_all()


class _Server(HTTPServer):
    """HTTPServer with a bound on its connections: the oldest that is not being answered makes room."""

    def limit(self, most: int, busy: set[IOStream]) -> None:
        self._most = most
        self._busy = busy
        self._streams: dict[IOStream, None] = {}

    def handle_stream(self, stream: IOStream, address: tuple[str, int]) -> None:
        streams = self._streams
        if len(streams) >= self._most:
            for known in [known for known in streams if known.closed()]:
                del streams[known]
        if len(streams) >= self._most:
            oldest = next((one for one in streams if one not in self._busy), next(iter(streams)))
            del streams[oldest]
            self._busy.discard(oldest)
            oldest.close()
        streams[stream] = None
        super().handle_stream(stream, address)

    def drop_all(self) -> None:
        for stream in list(self._streams):
            stream.close()


async def _renew(tls: Tls, failed: Callable[[BaseException], None]) -> None:
    """Take a renewed certificate without a restart."""
    stamp = tls.stamp()
    while True:
        await asyncio.sleep(_RENEWAL)
        try:
            now = tls.stamp()
            if now != stamp:
                tls.renew()
                stamp = now
        except OSError:
            continue  # half written, or gone: the old one holds until there is a new one
        except Exception as error:  # noqa: BLE001 - serving goes on
            failed(error)


def _bound(listen: Listen) -> socket.socket:
    """Return a socket that listens; on [::] it takes IPv4 as well. Raises ListenError."""
    try:
        family, *_, address = socket.getaddrinfo(
            listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise ListenError(f"{listen}: no such address; write 127.0.0.1:{listen.port}") from None
    try:
        dual = family == socket.AF_INET6 and listen.host == "::" and socket.has_dualstack_ipv6()
        bound = socket.create_server(
            (str(address[0]), int(address[1])), family=family, backlog=1_024, dualstack_ipv6=dual
        )
    except OSError as error:
        raise ListenError(f"{listen}: {_reason(error, listen)}") from None
    bound.setblocking(False)
    return bound


def _reason(error: OSError, listen: Listen) -> str:
    code = error.errno
    if code == errno.EADDRINUSE:
        return "is in use by another program; write another port, or 0 for any free one"
    if code == errno.EADDRNOTAVAIL:
        return f"is no address of this machine; write 127.0.0.1:{listen.port}, or one that `ip address` lists"
    if code == errno.EACCES:
        return "no permission to listen there; write a port above 1023"
    return f"cannot be listened on, {os.strerror(code or 0).lower()}; write 127.0.0.1:{listen.port}"
