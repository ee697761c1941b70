"""`[alertmanager]` of the configuration: replicas and how to get in, in the words of Prometheus."""

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from smtpsensor.app.configfile import read_document
from smtpsensor.detect.document import Item
from smtpsensor.detect.problems import Problems
from smtpsensor.detect.table import Table, what
from smtpsensor.sinks.alertmanager import RESERVED
from smtpsensor.sinks.alertmanager_address import Address, AlertmanagerError, parse_address
from smtpsensor.sinks.alertmanager_http import Access

_SECTIONS: Final = (
    *("urls", "labels", "generator_url", "headers"),
    *("basic_auth", "authorization", "tls_config"),
)
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_OURS: Final = frozenset(("authorization", "content-length", "content-type", "host", "transfer-encoding"))


@dataclass(frozen=True, slots=True)
class AlertmanagerConfig:
    """What the section says. `generator`: the template of the address that an alert is linked to."""

    addresses: tuple[Address, ...] = ()
    access: Access = field(default_factory=Access)
    labels: dict[str, str] = field(default_factory=dict)
    generator: str = ""


def load_alertmanager(path: str | Path) -> AlertmanagerConfig:
    """Return the section, empty where there is none; raises RuleErrors with all that is wrong with it."""
    problems = Problems(str(path))
    document = read_document(path, problems)
    item = None if document is None else Table(document, problems, document.value).get("alertmanager")
    found = AlertmanagerConfig() if item is None else _section(item, problems)
    problems.check()
    return found


def _section(item: Item, problems: Problems) -> AlertmanagerConfig:
    table = Table(item, problems, _SECTIONS)
    if "basic_auth" in table and "authorization" in table:
        table.wrong("authorization", "stands beside basic_auth", "leave one of them")
    scheme, credentials = _basic(table, problems) or _authorization(table, problems) or ("", str)
    headers = _texts(table, "headers", problems)
    for name in headers:
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            table.wrong("headers", f"{what(name)} cannot be set", "leave it out")
    labels = _texts(table, "labels", problems)
    for name in labels:
        if not _LABEL.fullmatch(name) or name in RESERVED:
            table.wrong("labels", f"{what(name)} cannot be a label of the site", 'write location = "north"')
    context, server_name = _tls(table, problems)
    generator = table.text("generator_url", 1_000) or ""
    if generator and not _usable(generator):
        table.wrong("generator_url", f"{what(generator)} is no address", "write https://HOST/...{source}")
    return AlertmanagerConfig(
        _addresses(table, problems),
        Access(scheme, credentials, headers, context, server_name),
        labels,
        generator,
    )


def _usable(template: str) -> bool:
    try:
        plain = re.sub(r"\{[a-z_]+\}", "", template)
    except ValueError:
        return False
    return plain.startswith(("http://", "https://")) and not {"{", "}", " "} & set(plain)


def _addresses(table: Table, problems: Problems) -> tuple[Address, ...]:
    found = []
    for item in table.items("urls"):
        try:
            found.append(parse_address(item.value if isinstance(item.value, str) else str(item.value)))
        except AlertmanagerError as error:
            problems.add(item.line, item.field, f"{error.what} {error.reason}", error.fix)
    return tuple(found)


def _basic(table: Table, problems: Problems) -> tuple[str, Callable[[], str]] | None:
    item = table.get("basic_auth")
    if item is None:
        return None
    inner = Table(item, problems, ("username", "password", "password_file"))
    inner.need("username", 'write username = "smtpsensor"')
    user = inner.text("username") or ""
    secret = _secret(inner, "password", "password_file")
    return "Basic", lambda: f"{user}:{secret()}"


def _authorization(table: Table, problems: Problems) -> tuple[str, Callable[[], str]] | None:
    item = table.get("authorization")
    if item is None:
        return None
    inner = Table(item, problems, ("type", "credentials", "credentials_file"))
    scheme = inner.text("type") or "Bearer"
    if scheme == "Basic" or not scheme.isalnum():
        inner.wrong("type", f"{what(scheme)} does not belong here", "write Bearer, or use basic_auth")
    return scheme, _secret(inner, "credentials", "credentials_file")


def _secret(table: Table, plain: str, file: str) -> Callable[[], str]:
    """Return what gives a secret: written down, or read from a file whenever it is needed."""
    if table.usable and (plain in table) == (file in table):
        table.wrong(plain, f"{plain} or {file}: one of them is needed, and one only", f"write {file}")
    path = table.text(file, 4_096)
    if path is not None:
        return lambda: Path(path).read_text(encoding="utf-8").strip()
    told = table.text(plain, 4_096) or ""
    return lambda: told


def _texts(table: Table, name: str, problems: Problems) -> dict[str, str]:
    item = table.get(name)
    if item is None:
        return {}
    inner = Table(item, problems, item.value if isinstance(item.value, dict) else ("NAME",))
    if not inner.usable:
        return {}
    return {one: inner.text(one, 1_000) or "" for one in item.value}


def _tls(table: Table, problems: Problems) -> tuple[ssl.SSLContext | None, str]:
    item = table.get("tls_config")
    if item is None:
        return None, ""
    inner = Table(item, problems, ("ca_file", "cert_file", "key_file", "server_name", "insecure_skip_verify"))
    authority, own, key = (inner.text(name, 4_096) for name in ("ca_file", "cert_file", "key_file"))
    try:
        context = ssl.create_default_context(cafile=authority)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        inner.wrong("ca_file", f"cannot be used, {_reason(error)}", "name a file of PEM certificates")
        return None, ""
    if own is not None:
        try:
            context.load_cert_chain(own, key)
        except (OSError, ValueError) as error:
            inner.wrong("cert_file", f"cannot be used, {_reason(error)}", "name certificate and key, in PEM")
    elif key is not None:
        inner.wrong("key_file", "stands without cert_file", "name the certificate as well")
    if inner.flag("insecure_skip_verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context, inner.text("server_name") or ""


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
