"""Receivers on loopback that take, refuse, stall or talk nonsense; each ends with its test."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler, list[dict[str, Any]]], None]


def say(handler: BaseHTTPRequestHandler, status: int, text: str = "", kind: str = "application/json") -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(text.encode())))
    handler.end_headers()
    handler.wfile.write(text.encode())


class Receiver:
    """An HTTP server that keeps what it is sent. `answer` may be exchanged while it runs."""

    def __init__(self, answer: Answer | None = None, port: int = 0) -> None:
        self.answer: Answer = answer or (lambda handler, _: say(handler, 200))
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                owner.bodies.append(body)
                owner.headers.append(dict(self.headers))
                owner.paths.append(self.path)
                try:
                    owner.answer(self, body)
                except OSError:
                    return  # the sensor has hung up

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                del format, arguments

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def alerts(self) -> list[dict[str, Any]]:
        """All that came, request after request."""
        return [alert for body in self.bodies for alert in body]


@contextmanager
def receiving(
    answer: Answer | None = None, port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    receiver = Receiver(answer, port)
    if context is not None:
        receiver.server.socket = context.wrap_socket(
            receiver.server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join(5)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def within(seconds: float, true: Callable[[], Any]) -> Any:
    """What `true` says once it is truthy, or at the end of the time."""
    until = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < until:
        time.sleep(0.02)
    return found
