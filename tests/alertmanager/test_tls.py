"""TLS to a receiver: whom it trusts, by which name, and what is said where it does not."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from alertmanager.servers import receiving
from metrics.certificates import Pair, pair

from smtpsensor.app.alertmanagerfile import load_alertmanager
from smtpsensor.sinks.alertmanager_address import Address
from smtpsensor.sinks.alertmanager_http import Access, Answer, post


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Certificate for 127.0.0.1, and its key."""
    return pair(tmp_path_factory.mktemp("tls"), "alertmanager")


@pytest.fixture
def port(pem: Pair) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pem)
    with receiving(context=context) as receiver:
        yield receiver.port


def told(port: int, access: Access, host: str = "127.0.0.1") -> Answer:
    return post(Address(True, host, port), access, b"[]", 3)


def configured(folder: Path, text: str) -> Access:
    file = folder / "smtpsensor.toml"
    file.write_text(f"[alertmanager.tls_config]\n{text}\n")
    return load_alertmanager(file).access


def test_an_authority_of_ones_own(port: int, pem: Pair, tmp_path: Path) -> None:
    access = configured(tmp_path, f'ca_file = "{pem.cert}"')
    assert told(port, access).taken
    assert told(port, access, "localhost").reason.startswith("TLS: Hostname mismatch")


def test_a_name_that_is_not_the_hosts(port: int, pem: Pair, tmp_path: Path) -> None:
    access = configured(tmp_path, f'ca_file = "{pem.cert}"\nserver_name = "127.0.0.1"')
    assert told(port, access, "localhost").taken


def test_another_name(port: int, pem: Pair, tmp_path: Path) -> None:
    access = configured(tmp_path, f'ca_file = "{pem.cert}"\nserver_name = "am.example.org"')
    assert told(port, access).reason.startswith("TLS: Hostname mismatch")


def test_nobody_vouches_for_it(port: int) -> None:
    assert told(port, Access()).reason.startswith("TLS: self-signed certificate")


def test_whoever_asks_not_to_look(port: int, tmp_path: Path) -> None:
    assert told(port, configured(tmp_path, "insecure_skip_verify = true")).taken


def test_no_tls_where_it_is_asked_for(tmp_path: Path) -> None:
    with receiving() as receiver:
        answer = told(receiver.port, configured(tmp_path, "insecure_skip_verify = true"))
    assert answer.status == 0
    assert answer.reason.startswith("TLS: ")
