"""`--web-config`: TLS and basic authentication, in the file format of Prometheus' exporter-toolkit.

See docs/web-configuration.md of github.com/prometheus/exporter-toolkit. What of it is not offered here is
said, and never passed over: a setting for safety that has no effect is worse than none.
"""

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from smtpsensor.detect.document import Item, read_document
from smtpsensor.detect.problems import Problems, meant
from smtpsensor.detect.table import Table, what
from smtpsensor.metrics.certificate import not_after

_MOST: Final = 262_144  # octets: a user takes 80
_TOP: Final = ("tls_server_config", "basic_auth_users")
_TLS: Final = (
    *("cert_file", "key_file", "client_auth_type", "client_ca_file", "min_version", "max_version"),
)
# Known to exporter-toolkit, and not here.
_NOT_OFFERED: Final = {
    "http_server_config": "HTTP/1.1 is served, without further headers",
    "rate_limit": "connections are limited without it",
    "cert": "write the certificate to a file, and cert_file",
    "key": "write the key to a file, and key_file",
    "client_ca": "write the certificates to a file, and client_ca_file",
    "client_allowed_sans": "use a certificate authority of your own for client_ca_file",
    "cipher_suites": "OpenSSL's choice holds",
    "prefer_server_cipher_suites": "OpenSSL's choice holds",
    "curve_preferences": "OpenSSL's choice holds",
}
_CLIENT_AUTH: Final = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_UNVERIFIED: Final = ("RequestClientCert", "RequireAnyClientCert")
_VERSIONS: Final = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_OLD: Final = ("TLS10", "TLS11")
_BCRYPT: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
# 2**15 rounds take 3 s: what costs more lets a few wrong passwords keep a core busy.
_COST: Final = 15
_HASH_FIX: Final = "write what `htpasswd -nBC 10 NAME` prints behind the colon"


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key, and who of the clients must show one."""

    context: ssl.SSLContext
    cert_file: str
    key_file: str

    def ends(self) -> int | None:
        """Return when the certificate ends, seconds since the epoch."""
        try:
            return not_after(Path(self.cert_file).read_text("latin-1"))
        except OSError:
            return None

    def stamp(self) -> tuple[float, ...]:
        """Return what changes when the files are replaced."""
        return tuple(os.stat(file).st_mtime for file in (self.cert_file, self.key_file))  # noqa: PTH116

    def renew(self) -> None:
        """Take a new certificate for new connections. Raises OSError, and keeps the old one."""
        _load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), self.cert_file, self.key_file)
        _load(self.context, self.cert_file, self.key_file)


@dataclass(frozen=True, slots=True)
class WebConfig:
    """How `/metrics` is guarded. `users`: names and bcrypt hashes; none: everybody may read."""

    tls: Tls | None = None
    users: Mapping[str, bytes] = field(default_factory=dict)


def load_web_config(path: str) -> WebConfig:
    """Read the file. Raises RuleErrors with everything that is wrong."""
    problems = Problems(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(_MOST + 1)
    except (OSError, ValueError) as error:
        told = (os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)).lower()
        problems.add(None, "", f"cannot be read, {told}", "check path and permissions of the web-config file")
        problems.check()
    config = WebConfig()
    if any(line.strip() and not line.lstrip().startswith(b"#") for line in data.splitlines()):
        document = read_document(data, problems, _MOST)
        if document is not None:
            config = _config(document, problems)
    problems.check()
    return config


def _config(document: Item, problems: Problems) -> WebConfig:
    top = Table(_offered(document, problems), problems, _TOP)
    tls = top.get("tls_server_config")
    users = top.get("basic_auth_users")
    return WebConfig(
        None if tls is None else _tls(tls, problems), {} if users is None else _users(users, problems)
    )


def _offered(item: Item, problems: Problems) -> Item:
    """Return the mapping without what exporter-toolkit knows and this does not; that is noted."""
    if not isinstance(item.value, dict):
        return item
    kept = {}
    for name, value in item.value.items():
        if name in _NOT_OFFERED:
            problems.add(
                value.line, value.field, "is not offered here", f"leave it out: {_NOT_OFFERED[name]}"
            )
        else:
            kept[name] = value
    return Item(kept, item.line, item.field)


def _users(item: Item, problems: Problems) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    if not isinstance(item.value, dict):
        problems.add(item.line, item.field, f"{what(item.value)} where names belong", "write NAME: HASH")
        return found
    for name, value in item.value.items():
        match = _BCRYPT.fullmatch(value.value) if isinstance(value.value, str) else None
        if not name or ":" in name:
            problems.add(
                value.line, value.field, "is no name for basic authentication", "leave out the colon"
            )
        elif match is None:
            problems.add(value.line, value.field, "is no bcrypt hash", _HASH_FIX)  # nor shown: a password?
        elif not 4 <= int(match[1]) <= _COST:
            problems.add(
                value.line, value.field, f"a bcrypt cost of {int(match[1])}", f"write one from 4 to {_COST}"
            )
        else:
            found[name] = value.value.encode()
    return found


def _tls(item: Item, problems: Problems) -> Tls | None:
    known = len(problems.errors)
    table = Table(_offered(item, problems), problems, _TLS)
    if not table.usable:
        return None
    names = {}
    for name in ("cert_file", "key_file"):
        table.need(name, f"write {name}: /etc/smtpsensor/{name.partition('_')[0]}.pem")
        names[name] = table.text(name, 4096)
    low, high = _version(table, "min_version", "TLS12"), _version(table, "max_version", "TLS13")
    verify = _client_auth(table)
    authority = table.text("client_ca_file", 4096)
    if verify is not None and verify != ssl.CERT_NONE and authority is None:
        table.wrong("client_ca_file", "is missing", "name the file of those who sign client certificates")
    if verify == ssl.CERT_NONE and authority is not None:
        table.wrong(
            "client_auth_type", "no client is asked for a certificate", "write RequireAndVerifyClientCert"
        )
    if low is not None and high is not None and low > high:
        table.wrong("min_version", "is above max_version", "write TLS12")
    if len(problems.errors) > known or low is None or high is None or verify is None:
        return None
    folder = Path(problems.file).parent
    cert, key = (str(folder / (names[name] or "")) for name in ("cert_file", "key_file"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = low, high
    context.verify_mode = verify
    try:
        _load(context, cert, key)
    except OSError as error:  # ssl.SSLError is one
        fix = "give a certificate and its key as PEM, without a password, readable for this user"
        table.wrong("cert_file", f"cannot be used with its key, {_told(error)}", fix)
    if authority is not None:
        try:
            context.load_verify_locations(str(folder / authority))
        except OSError as error:
            table.wrong("client_ca_file", f"cannot be used, {_told(error)}", "give certificates as PEM")
    return Tls(context, cert, key)


def _version(table: Table, name: str, default: str) -> ssl.TLSVersion | None:
    text = table.text(name) if name in table else default
    if text is None:
        return None
    if text not in _VERSIONS:
        fix = "write TLS12: older ones are broken" if text in _OLD else meant(text, list(_VERSIONS))
        table.wrong(name, f"{what(text)} is no version that is spoken", fix)
        return None
    return _VERSIONS[text]


def _client_auth(table: Table) -> ssl.VerifyMode | None:
    name = "client_auth_type"
    text = table.text(name) if name in table else "NoClientCert"
    if text is None:
        return None
    if text in _UNVERIFIED:
        table.wrong(name, f"{text} asks for certificates and checks none", "write RequireAndVerifyClientCert")
        return None
    if text not in _CLIENT_AUTH:
        table.wrong(name, f"{what(text)} is not known", meant(text, list(_CLIENT_AUTH)))
        return None
    return _CLIENT_AUTH[text]


def _load(context: ssl.SSLContext, cert: str, key: str) -> None:
    context.load_cert_chain(cert, key, password=lambda: "")  # without: OpenSSL asks on the terminal


def _told(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no PEM").replace("_", " ").lower()
    return os.strerror(error.errno or 0).lower()
