"""What is served, to whom, and in which form."""

import base64
import gzip
import re
import socket

import bcrypt
import pytest
from metrics.scraping import ask, exporter, sensor, series, ticking
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sinks.samples import auth
from support.tools import missing

from smtpsensor.metrics.access import Access, credentials
from smtpsensor.metrics.collector import Collector
from smtpsensor.metrics.exposition import Exposition, wants_openmetrics
from smtpsensor.metrics.limits import Usage
from smtpsensor.metrics.listen import Listen, ListenError, parse_listen
from smtpsensor.metrics.served import Page, Served
from smtpsensor.metrics.server import Exporter, _bound
from smtpsensor.metrics.webconfig import WebConfig

OPENMETRICS = "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
PASSWORD = "not a real one"
HASHED = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4))


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_the_page_is_the_older_text_unless_asked_otherwise() -> None:
    with exporter(sensor([auth()])) as address:
        answer = ask(address)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {name for name, _ in series(answer.body.decode())}
    assert {"smtpsensor_auth_attempts_total", "process_cpu_seconds_total", "python_info"} <= names


def test_openmetrics_as_prometheus_asks_for_it() -> None:
    with exporter(sensor([auth()])) as address:
        answer = ask(address, Accept=OPENMETRICS)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    families = {family.name for family in text_string_to_metric_families(answer.body.decode())}
    assert "smtpsensor_auth_attempts" in families


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        ("application/openmetrics-text", True),
        ("application/openmetrics-text;q=0.3, text/plain;q=0.7", False),
        ("text/plain;q=0.3, application/openmetrics-text;q=0.7", True),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=x;version=9\x7f", False),
        (OPENMETRICS, True),
    ],
)
def test_the_form_is_negotiated(accept: str, expected: bool) -> None:
    assert wants_openmetrics(accept) is expected


def test_gzip_is_for_those_who_take_it() -> None:
    with exporter() as address:
        plain = ask(address)
        zipped = ask(address, Accept_Encoding="br, gzip;q=0.5")
        refused = ask(address, Accept_Encoding="gzip;q=0")
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.body).startswith(b"# HELP smtpsensor_build_info")


def test_a_page_is_not_made_twice_within_a_second() -> None:
    """A scrape must not cost more because many ask."""
    now = [0.0]
    counters = sensor()
    with exporter(counters, clock=lambda: now[0]) as address:
        first = ask(address)
        counters.stats.frames = 7
        assert ask(address).body == first.body
        now[0] = 1.0
        assert b"smtpsensor_frames_total 7" in ask(address).body


def test_landing_health_and_readiness() -> None:
    served = Served("<b>sensor</b>")
    with exporter(served=served) as address:
        landing = ask(address, "/")
        assert (landing.status, b"<b>" in landing.body, b'href="metrics"' in landing.body) == (
            200,
            False,
            True,
        )
        assert b"report" not in landing.body
        assert ask(address, "/-/healthy").status == 200
        assert ask(address, "/-/ready").status == 503
        served.ready.set()
        assert ask(address, "/-/ready").status == 200


def test_a_mistake_of_the_program_is_told_to_it_and_not_to_the_client() -> None:
    told: list[BaseException] = []

    def broken() -> list[Usage]:
        raise LookupError("anna@example.net")

    exposition = Exposition(Collector(sensor(limits=broken)), ticking())
    running = Exporter(exposition, Served("sensor1"), told.append)
    running.start(Listen("127.0.0.1", 0))
    try:
        address = "127.0.0.1", int(running.url.rstrip("/").rpartition(":")[2])
        answer = ask(address)
        assert ask(address, "/-/healthy").status == 200
    finally:
        running.stop()
    assert (answer.status, answer.body) == (500, b"Internal Server Error\n")
    assert [type(error) for error in told] == [LookupError]


def test_the_report_is_there_once_there_is_one() -> None:
    served = Served("sensor1")
    with exporter(served=served) as address:
        assert ask(address, "/report").status == 404
        served.pages["report"] = Page(b"all quiet\n", "text/plain; charset=utf-8")
        assert ask(address, "/report").body == b"all quiet\n"
        assert b'href="report"' in ask(address, "/").body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused(method: str) -> None:
    with exporter() as address:
        answer = ask(address, method=method)
        assert ask(address).status == 200
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_head_is_get_without_the_body() -> None:
    with exporter() as address:
        answer = ask(address, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 1_000


@pytest.mark.parametrize(
    "path", ["/metric", "/metrics/", "/../etc/passwd", "//metrics", "/%00", "/report.xml"]
)
def test_nothing_else_is_there(path: str) -> None:
    with exporter() as address:
        assert ask(address, path).status == 404


def test_no_answer_tells_the_library() -> None:
    with exporter() as address:
        for path in ("/", "/nowhere", "/metrics"):
            assert re.fullmatch(r"smtpsensor/[\d.]+", ask(address, path).headers["Server"])


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (basic("anna", PASSWORD), 200),
        (basic("anna", PASSWORD).replace("Basic", "bAsIc"), 200),
        (basic("anna", PASSWORD + "x"), 401),
        (basic("bob", PASSWORD), 401),
        (basic("anna", "x" * 500), 401),
        (basic("anna", "nul\0"), 401),
        ("Bearer abc", 401),
        ("Basic !!!", 401),
        ("Basic", 401),
        (None, 401),
    ],
)
def test_who_has_the_password_may_read(header: str | None, status: int) -> None:
    with exporter(web=WebConfig(users={"anna": HASHED})) as address:
        for path in ("/metrics", "/", "/-/healthy", "/nowhere"):
            answer = ask(address, path, **{} if header is None else {"Authorization": header})
            assert answer.status == (404 if status == 200 and path == "/nowhere" else status)
            if status == 401:
                assert answer.headers["Www-Authenticate"].startswith("Basic ")


def test_a_hash_is_computed_once_for_the_same_credentials() -> None:
    access = Access({"anna": HASHED})
    header = basic("anna", PASSWORD)
    assert access.known(header) is None
    assert access.check(header)
    assert access.known(header) is True
    assert access.known(basic("anna", "other")) is None
    assert not access.check(basic("anna", "other"))
    assert access.known(basic("anna", "other")) is None, (
        "what was wrong is not remembered: it may be anything"
    )


def test_what_is_remembered_is_bounded_and_no_password() -> None:
    users = {f"user{number}": HASHED for number in range(70)}
    access = Access(users)
    for name in users:
        assert access.check(basic(name, PASSWORD))
    assert len(access._opened) == 64
    assert PASSWORD.encode() not in repr(vars(access)).encode()


def test_credentials_are_read_as_rfc_7617_has_them() -> None:
    assert credentials(basic("anna", "a:b")) == ("anna", b"a:b")
    assert credentials(basic("änna", "ö")) == ("änna", "ö".encode())
    assert credentials("Basic " + base64.b64encode(b"anna").decode()) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:19925", ("127.0.0.1", 19925)),
        ("[::1]:19925", ("::1", 19925)),
        ("[::]:0", ("::", 0)),
        ("localhost:80", ("localhost", 80)),
    ],
)
def test_places_to_listen(text: str, expected: tuple[str, int]) -> None:
    assert parse_listen(text) == expected
    assert str(Listen(*expected)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "19925",
        "127.0.0.1",
        "127.0.0.1:",
        ":19925",
        "::1:19925",
        "[127.0.0.1]:1",
        "a b:1",
        "h:99999",
        "h:-1",
    ],
)
def test_what_is_no_place_to_listen_is_said_with_the_fix(text: str) -> None:
    with pytest.raises(ListenError, match=r"; write 127\.0\.0\.1:19925"):
        parse_listen(text)


def test_a_port_in_use_and_an_address_of_others_are_clear() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"^127\.0\.0\.1:{port}: is in use by another program; "):
            _bound(Listen("127.0.0.1", port))
    with pytest.raises(ListenError, match="is no address of this machine; write 127"):
        _bound(Listen("192.0.2.1", 19925))
    with pytest.raises(ListenError, match="no such address"):
        _bound(Listen("nowhere.invalid", 19925))


def test_every_address_means_both_families() -> None:
    if not socket.has_dualstack_ipv6():
        missing("no IPv6 here")
    with _bound(Listen("::", 0)) as bound:
        port = bound.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=5).close()
