"""Sending over loopback: every replica, whatever one of them does; the capture waits for none."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from alertmanager.servers import free_port, receiving, say, within
from sinks.samples import SECOND, alert, auth

from smtpsensor.detect.alert import AlertState
from smtpsensor.sinks.alertmanager_address import parse_address
from smtpsensor.sinks.alertmanager_book import Timing
from smtpsensor.sinks.alertmanager_http import Access
from smtpsensor.sinks.alertmanager_sender import AlertmanagerSink

MS = 1_000_000
# The usual waits, a thousand times shorter where they are waited for.
FAST = Timing(
    resend=200 * MS,
    lifetime=240 * SECOND,
    ended=500 * MS,
    hold=100 * MS,
    backoff=10 * MS,
    backoff_most=50 * MS,
    patience=300 * MS,
    pause=10 * MS,
)


@contextmanager
def sending(*urls: str, access: Access | None = None, **options: Any) -> Iterator[AlertmanagerSink]:
    options = {"timing": FAST, **options}
    sink = AlertmanagerSink(
        [parse_address(url) for url in urls], access or Access(), "sensor1", time.time_ns, **options
    )
    try:
        yield sink
    finally:
        sink.close(0)


def test_every_replica_hears_of_it() -> None:
    with receiving() as one, receiving() as two, sending(one.url, two.url + "/am/") as sink:
        sink.write(auth())
        sink.write(alert())
        assert within(2, lambda: one.bodies and two.bodies)
        assert one.alerts()[0]["labels"]["rule"] == "brute_force_source"
        assert (one.paths[0], two.paths[0]) == ("/api/v2/alerts", "/am/api/v2/alerts")
        assert within(2, lambda: [state.written for state in sink.states()] >= [1, 1])
        assert [(state.up, state.queue, state.failures) for state in sink.states()] == [(True, 0, 0)] * 2


def test_it_is_sent_again_while_it_fires_then_its_end_and_then_no_more() -> None:
    with receiving() as one, sending(one.url) as sink:
        sink.write(alert())
        assert within(3, lambda: len(one.bodies) >= 3)
        sink.write(alert(state=AlertState.RESOLVED))
        assert within(3, lambda: not sink.book.entries())
        time.sleep(0.3)
        count = len(one.bodies)
        time.sleep(0.3)
        assert len(one.bodies) == count
        ends = [body[0]["endsAt"] for body in one.bodies]
        told = ends[-2:]
        assert len(set(told)) == 1
        assert told[0] < ends[0]


def test_a_dead_replica_keeps_nothing_from_the_other() -> None:
    with receiving() as one, sending(f"http://127.0.0.1:{free_port()}", one.url) as sink:
        sink.write(alert())
        assert within(2, lambda: one.bodies)
        assert within(2, lambda: not sink.states()[0].up)
        assert [state.up for state in sink.states()] == [False, True]
        assert sink.states()[0].queue == 1
        (message,) = list(sink.messages())
        assert message.endswith("takes no alerts, Connection refused; they wait")


def test_what_waited_arrives_when_it_is_back() -> None:
    port = free_port()
    with sending(f"http://127.0.0.1:{port}") as sink:
        sink.write(alert(count=10))
        sink.write(alert(count=99, state=AlertState.UPDATED))
        sink.write(alert(id="b", key={"source": "192.0.2.1"}))
        sink.write(alert(id="b", key={"source": "192.0.2.1"}, state=AlertState.RESOLVED))
        assert within(2, lambda: sink.states()[0].errors > 2)
        with receiving(port=port) as one:
            assert within(2, lambda: len(one.alerts()) >= 2)
            assert within(2, lambda: sink.states()[0].up)
            first = {each["labels"]["source"]: each for each in one.bodies[0]}
            assert first["198.51.100.7"]["annotations"]["count"] == "99"
            assert "192.0.2.1" in first
            assert [text.rpartition(": ")[2] for text in sink.messages()][-1] == "takes alerts again"


def broken(handler: BaseHTTPRequestHandler, status: int) -> None:
    say(handler, status, "out of order\nsecond line", "text/plain")


FAULTS = {
    "503": (lambda handler, _: broken(handler, 503), "503 out of order"),
    "500": (lambda handler, _: broken(handler, 500), "500 out of order"),
    "401": (lambda handler, _: broken(handler, 401), "401 out of order"),
    "404": (lambda handler, _: broken(handler, 404), "404 out of order"),
    "a web page": (
        lambda handler, _: say(handler, 200, "<html>log in</html>", "text/html; charset=utf-8"),
        "200 with a web page: this is no Alertmanager",
    ),
    "a redirect": (lambda handler, _: say(handler, 302), "302"),
    "no answer": (lambda _handler, _: time.sleep(1), "no answer within 0.3 s"),
    "not HTTP": (lambda handler, _: handler.wfile.write(b"220 mail.example.net\r\n"), "220 mail.example.net"),
    "hangs up": (lambda handler, _: handler.connection.shutdown(2), ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_that_is_none_is_tried_again(fault: str) -> None:
    answer, reason = FAULTS[fault]
    with receiving(answer) as one, sending(one.url) as sink:
        sink.write(alert())
        assert within(2, lambda: not sink.states()[0].up)
        (message,) = list(sink.messages())
        assert reason in message
        assert "\n" not in message
        one.answer = lambda handler, _: say(handler, 200)
        assert within(3, lambda: sink.states()[0].up and sink.states()[0].written)
        assert sink.states()[0].failures == 0


def drip(handler: BaseHTTPRequestHandler, _: object) -> None:
    """An octet now and then: no single wait is too long."""
    for octet in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000:
        handler.wfile.write(bytes([octet]))
        time.sleep(0.05)


def test_an_answer_that_drips_is_cut_off() -> None:
    with receiving(drip) as one, sending(one.url) as sink:
        sink.write(alert())
        assert within(2, lambda: sink.states()[0].errors >= 1)


def only_good(handler: BaseHTTPRequestHandler, alerts: list[dict[str, Any]]) -> None:
    """As Alertmanager: what is right is stored, and the whole answered by 400."""
    bad = any(one["labels"].get("source") == "13" for one in alerts)
    say(handler, 400, '"start time must be before end time"') if bad else say(handler, 200)


def test_a_400_on_one_alert_loses_no_other() -> None:
    with receiving(only_good) as one, sending(one.url) as sink:
        for number in range(40):
            sink.write(alert(id=str(number), key={"source": str(number)}))
        assert within(3, lambda: sink.states()[0].written >= 39)
        alone = {body[0]["labels"]["source"] for body in one.bodies if len(body) == 1}
        assert "13" in alone
        assert sink.states()[0].failures == 1
        assert sink.states()[0].up
        (message,) = list(sink.messages())
        assert "refuses SmtpsensorBruteForceSource, 400" in message


def test_the_capture_waits_for_nobody() -> None:
    """A receiver that never answers, and a flood: a write costs what it costs without."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(1)
        with sending(f"http://127.0.0.1:{deaf.getsockname()[1]}", cap=500) as sink:
            slowest = 0.0
            for number in range(5_000):
                one = alert(id=str(number), key={"source": str(number)})
                began = time.perf_counter()
                sink.write(one)
                slowest = max(slowest, time.perf_counter() - began)
            assert slowest < 0.25
            assert len(sink.book) == 500
            assert sink.states()[0].failures == 4_500


def test_close_sends_what_is_new() -> None:
    with receiving() as one:
        sink = AlertmanagerSink([parse_address(one.url)], Access(), "sensor1", time.time_ns)
        sink.write(alert())
        sink.write(alert(state=AlertState.RESOLVED))
        assert sink.close() == 0
        assert len(one.alerts()) == 1


def test_close_says_what_nobody_took_and_waits_no_longer_than_told() -> None:
    began = time.monotonic()
    with sending(f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}") as sink:
        sink.write(alert())
        assert sink.close(0.3) == 1
    assert time.monotonic() - began < 8


def test_one_replica_suffices_for_close() -> None:
    with receiving() as one, sending(f"http://127.0.0.1:{free_port()}", one.url) as sink:
        sink.write(alert())
        assert sink.close(0.3) == 0


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    with receiving() as one, sending(one.url) as sink:
        sink.write(alert())
        sink.close(2)
    assert within(2, lambda: threading.active_count() <= before)


@pytest.mark.parametrize(
    ("access", "headers"),
    [
        (Access(), {}),
        (Access("Basic", lambda: "sensor:s3cret"), {"Authorization": "Basic c2Vuc29yOnMzY3JldA=="}),
        (Access("Bearer", lambda: "abc.def"), {"Authorization": "Bearer abc.def"}),
        (Access(headers={"X-Scope-OrgID": "mail"}), {"X-Scope-OrgID": "mail"}),
    ],
)
def test_what_gets_in(access: Access, headers: dict[str, str]) -> None:
    with receiving() as one, sending(one.url, access=access) as sink:
        sink.write(alert())
        assert within(2, lambda: one.headers)
        assert headers.items() <= one.headers[0].items()
        assert json.loads(one.headers[0]["Content-Length"]) > 100


def test_credentials_that_cannot_be_read_are_said(tmp_path) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    missing = tmp_path / "token"
    with receiving() as one, sending(one.url, access=Access("Bearer", missing.read_text)) as sink:
        sink.write(alert())
        assert within(2, lambda: not sink.states()[0].up)
        assert "No such file" in next(sink.messages())
        missing.write_text("abc")
        assert within(2, lambda: one.headers)
