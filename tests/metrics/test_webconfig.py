"""`--web-config`: the exporter-toolkit's format, and one clear line for everything that is wrong in it."""

import socket
import ssl
import time
from contextlib import suppress
from pathlib import Path

import bcrypt
import pytest
from metrics.certificates import Pair, pair
from metrics.scraping import Answer, exporter, read

from smtpsensor.detect.problems import RuleErrors
from smtpsensor.metrics.certificate import not_after
from smtpsensor.metrics.webconfig import WebConfig, load_web_config

HASHED = bcrypt.hashpw(b"not a real one", bcrypt.gensalt(4)).decode()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return pair(tmp_path_factory.mktemp("tls"), "server")


def load(folder: Path, text: str) -> WebConfig:
    file = folder / "web.yml"
    file.write_text(text)
    return load_web_config(str(file))


def said(folder: Path, text: str) -> list[str]:
    with pytest.raises(RuleErrors) as found:
        load(folder, text)
    return [str(error).removeprefix(f"{folder}/") for error in found.value.errors]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing is asked for\n"])
def test_an_empty_file_asks_for_nothing(text: str, tmp_path: Path) -> None:
    assert load(tmp_path, text) == WebConfig()


@pytest.mark.parametrize("kind", ["2a", "2b", "2y"])
def test_users_with_their_hashes(kind: str, tmp_path: Path) -> None:
    """htpasswd writes $2y$."""
    hashed = HASHED.replace("$2b$", f"${kind}$")
    assert load(tmp_path, f"basic_auth_users:\n  anna: {hashed}\n  'bob': '{HASHED}'\n").users == {
        "anna": hashed.encode(),
        "bob": HASHED.encode(),
    }


MISTAKES = {
    "an unknown section": (
        "tls: {}",
        "web.yml:1: tls: unknown field; known are tls_server_config and basic_auth_users",
    ),
    "an unknown key of TLS": (
        "tls_server_config:\n  cert_file: a\n  key_file: b\n  certfile: c",
        "web.yml:4: tls_server_config.certfile: unknown field; did you mean cert_file?",
    ),
    "what only the exporter-toolkit has": (
        "http_server_config:\n  http2: true",
        (
            "web.yml:1: http_server_config: is not offered here;"
            " leave it out: HTTP/1.1 is served, without further headers"
        ),
    ),
    "a cipher list": (
        "tls_server_config:\n  cipher_suites: [TLS_AES_128_GCM_SHA256]\n  cert_file: a\n  key_file: b",
        (
            "web.yml:2: tls_server_config.cipher_suites: is not offered here;"
            " leave it out: OpenSSL's choice holds"
        ),
    ),
    "a list where a mapping belongs": (
        "- a",
        "web.yml:1: a list where fields belong; write tls_server_config or basic_auth_users",
    ),
    "a password in clear, which is not repeated": (
        "basic_auth_users:\n  anna: hunter2",
        (
            "web.yml:2: basic_auth_users.anna: is no bcrypt hash;"
            " write what `htpasswd -nBC 10 NAME` prints behind the colon"
        ),
    ),
    "a hash that takes minutes": (
        f"basic_auth_users:\n  anna: {HASHED.replace('$04$', '$20$')}",
        "web.yml:2: basic_auth_users.anna: a bcrypt cost of 20; write one from 4 to 15",
    ),
    "users as a list": (
        "basic_auth_users: [anna]",
        "web.yml:1: basic_auth_users: a list where names belong; write NAME: HASH",
    ),
    "a certificate without a key": (
        "tls_server_config:\n  cert_file: server.pem",
        "web.yml:1: tls_server_config.key_file: is missing; write key_file: /etc/smtpsensor/key.pem",
    ),
    "a certificate that is not there": (
        "tls_server_config:\n  cert_file: nowhere.pem\n  key_file: nowhere.key",
        (
            "web.yml:2: tls_server_config.cert_file: cannot be used with its key, no such file or directory;"
            " give a certificate and its key as PEM, without a password, readable for this user"
        ),
    ),
    "a version that is broken": (
        "tls_server_config:\n  cert_file: a\n  key_file: b\n  min_version: TLS10",
        (
            "web.yml:4: tls_server_config.min_version: 'TLS10' is no version that is spoken;"
            " write TLS12: older ones are broken"
        ),
    ),
    "clients asked for certificates that nobody checks": (
        "tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: RequireAnyClientCert",
        (
            "web.yml:4: tls_server_config.client_auth_type: RequireAnyClientCert asks for certificates"
            " and checks none; write RequireAndVerifyClientCert"
        ),
    ),
    "clients checked against nobody": (
        "tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: RequireAndVerifyClientCert",
        (
            "web.yml:1: tls_server_config.client_ca_file: is missing;"
            " name the file of those who sign client certificates"
        ),
    ),
    "an authority that is asked nothing": (
        "tls_server_config:\n  cert_file: a\n  key_file: b\n  client_ca_file: c",
        (
            "web.yml:1: tls_server_config.client_auth_type: no client is asked for a certificate;"
            " write RequireAndVerifyClientCert"
        ),
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_with_the_fix(case: str, tmp_path: Path) -> None:
    text, line = MISTAKES[case]
    assert said(tmp_path, text) == [line]


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(RuleErrors, match=r"nowhere\.yml: cannot be read, no such file or directory; "):
        load_web_config(str(tmp_path / "nowhere.yml"))


def test_a_key_of_another_certificate_is_said(server: Pair, tmp_path: Path) -> None:
    other = pair(tmp_path, "other")
    (line,) = said(tmp_path, f"tls_server_config:\n  cert_file: {server.cert}\n  key_file: {other.key}\n")
    assert "cannot be used with its key, key values mismatch; " in line


def test_a_certificate_says_when_it_ends(server: Pair) -> None:
    ends = not_after(server.cert.read_text())
    assert ends is not None
    assert abs(ends - time.time() - 2 * 86_400) < 3_600


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "MII"])
def test_what_is_no_certificate_says_nothing(text: str) -> None:
    assert not_after(text) is None


def secure(address: tuple[str, int], context: ssl.SSLContext) -> Answer:
    with (
        socket.create_connection(address, timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: sensor\r\nConnection: close\r\n\r\n")
        return read(connection)


def test_tls_with_relative_paths_and_a_least_version(server: Pair) -> None:
    web = load(
        server.cert.parent,
        "tls_server_config: {cert_file: server.pem, key_file: server.key, min_version: TLS13}\n",
    )
    context = ssl.create_default_context(cafile=server.cert)
    with exporter(web=web) as address:
        assert secure(address, context).status == 200
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError):
            secure(address, context)
        with socket.create_connection(address, timeout=5) as plain:  # no TLS at all
            plain.sendall(b"GET /metrics HTTP/1.1\r\nHost: sensor\r\n\r\n")
            with suppress(ConnectionError):
                assert b"200 OK" not in plain.recv(1_000)


def test_clients_show_a_certificate_where_it_is_asked_for(server: Pair, tmp_path: Path) -> None:
    authority = pair(tmp_path, "authority")
    client = pair(tmp_path, "client", signed_by=authority)
    web = load(
        tmp_path,
        f"tls_server_config:\n  cert_file: {server.cert}\n  key_file: {server.key}\n"
        "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: authority.pem\n",
    )
    context = ssl.create_default_context(cafile=server.cert)
    with exporter(web=web) as address:
        with pytest.raises((ssl.SSLError, ConnectionError, IndexError)):
            secure(address, context)
        context.load_cert_chain(client.cert, client.key)
        assert secure(address, context).status == 200


def test_a_renewed_certificate_is_taken_and_a_bad_one_is_not(tmp_path: Path) -> None:
    first = pair(tmp_path, "server")
    web = load(tmp_path, "tls_server_config: {cert_file: server.pem, key_file: server.key}\n")
    assert web.tls is not None
    with exporter(web=web) as address:
        assert secure(address, ssl.create_default_context(cafile=first.cert)).status == 200
        first.cert.write_text("half wri")
        with pytest.raises(OSError, match=r".*"):
            web.tls.renew()
        second = pair(tmp_path, "server")
        web.tls.renew()
        assert secure(address, ssl.create_default_context(cafile=second.cert)).status == 200
