"""Clients that want to keep others from scraping: each is bounded, and a scrape is answered beside them."""

import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import bcrypt
import pytest
from metrics.certificates import pair
from metrics.scraping import ask, exporter, sensor
from metrics.test_flood import full
from metrics.test_http import basic
from metrics.test_webconfig import load, secure
from support.tools import missing

from smtpsensor.metrics.server import HttpCaps
from smtpsensor.metrics.webconfig import WebConfig

CAPS = HttpCaps(header_seconds=1.0, answer_seconds=1.0)
Address = tuple[str, int]


# s. On a quiet machine it is a twentieth of a second; who waits for one of those in the way waits longer.
SOON = 5


def quick(address: Address) -> float:
    """Seconds that a scrape takes."""
    begun = time.perf_counter()
    assert ask(address).status == 200
    return time.perf_counter() - begun


def closed(connection: socket.socket, within: float = 5.0) -> bool:
    """Whether the server closes the connection."""
    connection.settimeout(within)
    try:
        while connection.recv(65_536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


@contextmanager
def dripping(address: Address, number: int, octets: bytes) -> Iterator[list[socket.socket]]:
    """Clients that send an octet every 100 ms, for ever."""
    done = threading.Event()
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection(address)) for _ in range(number)]

        def drip() -> None:
            for at in range(10_000):
                if done.wait(0.1):
                    return
                for connection in connections:
                    try:
                        connection.send(octets[at % len(octets) :][:1])
                    except OSError:
                        continue

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield connections
        finally:
            done.set()
            thread.join()


@pytest.mark.slow
def test_headers_that_never_end_hold_nobody_up_and_are_cut_off() -> None:
    with (
        exporter(caps=CAPS) as address,
        dripping(address, 60, b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 99) as slow,
    ):
        assert quick(address) < SOON
        assert all(closed(connection) for connection in slow)
        assert quick(address) < SOON


@pytest.mark.slow
def test_a_body_that_never_ends_is_cut_off() -> None:
    head = b"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n"
    with exporter(caps=CAPS) as address, socket.create_connection(address) as slow:
        slow.sendall(head + b"x")
        assert closed(slow)
        assert quick(address) < SOON


def test_a_thousand_idle_connections_leave_room_for_a_scrape() -> None:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 2_500:
        missing("fewer than 2,500 file descriptors")
    with exporter() as address, ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(address)) for _ in range(1_000)]
        assert quick(address) < SOON
        assert closed(idle[0]), "the oldest made room"
        assert not closed(idle[-1], within=0.1)
        for connection in idle[-50:]:
            connection.close()
        assert quick(address) < SOON


def test_idle_connections_end() -> None:
    caps = HttpCaps(header_seconds=0.3)
    with exporter(caps=caps) as address, socket.create_connection(address) as idle:
        assert closed(idle)


OVERSIZED = {
    "a header of 100 kB": b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "ten thousand headers": b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 10_000 + b"\r\n",
    "a path of 100 kB": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "a body of 1 GB": b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 999,
    "chunks without end": b"POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    + (b"fff\r\n" + b"x" * 4095 + b"\r\n") * 2,
    "no HTTP": b"EHLO mail.example.org\r\n\r\n",
    "octets": bytes(range(256)) * 8 + b"\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\r\n\r\n",
    "two lengths": b"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length of -1": b"GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("case", OVERSIZED)
def test_what_is_too_large_or_no_request_is_refused(case: str) -> None:
    with exporter(caps=CAPS) as address:
        with socket.create_connection(address) as connection:
            try:
                connection.sendall(OVERSIZED[case])
                answer = connection.recv(100)
            except ConnectionError:
                answer = b""
            assert answer[:12] in {b"", b"HTTP/1.1 400", b"HTTP/1.1 405"}
            assert closed(connection)
        assert quick(address) < SOON


@pytest.mark.slow
def test_half_a_handshake_holds_nobody_up_and_is_cut_off(tmp_path: Path) -> None:
    """A server that shakes hands where it accepts would wait for each of these in turn."""
    import ssl

    server = pair(tmp_path, "server")
    web = load(tmp_path, "tls_server_config: {cert_file: server.pem, key_file: server.key}\n")
    context = ssl.create_default_context(cafile=server.cert)
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    with exporter(web=web, caps=CAPS) as address, ExitStack() as stack:
        half = [stack.enter_context(socket.create_connection(address)) for _ in range(100)]
        for connection in half:
            connection.sendall(hello)
        begun = time.perf_counter()
        assert secure(address, context).status == 200
        assert time.perf_counter() - begun < SOON
        assert all(closed(connection) for connection in half)


@pytest.mark.slow
def test_who_takes_no_answer_is_cut_off() -> None:
    """A page of a megabyte for each of them would stay in memory."""
    with exporter(sensor(counters=full()), caps=CAPS) as address, ExitStack() as stack:
        deaf = []
        for _ in range(20):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.connect(address)
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
            deaf.append(connection)
        time.sleep(2.5)
        assert quick(address) < SOON
        assert all(closed(connection) for connection in deaf)


@pytest.mark.slow
def test_guessing_passwords_keeps_nobody_out_who_has_one() -> None:
    """Hashes are computed by one thread; credentials that are known need none."""
    users = {"anna": bcrypt.hashpw(b"not a real one", bcrypt.gensalt(10))}
    right = basic("anna", "not a real one")
    with exporter(web=WebConfig(users=users)) as address:
        assert ask(address, Authorization=right).status == 200
        statuses: list[int] = []

        def guess(number: int) -> None:
            statuses.append(ask(address, Authorization=basic("anna", f"guess{number}")).status)

        threads = [threading.Thread(target=guess, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        begun = time.perf_counter()
        assert ask(address, Authorization=right).status == 200
        assert time.perf_counter() - begun < SOON
        for thread in threads:
            thread.join()
    assert set(statuses) <= {401, 503}
    assert 503 in statuses
