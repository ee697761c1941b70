"""One CSV row per authentication attempt (RFC 4180), safe to open in a spreadsheet."""

import csv
import io

from smtpsensor.events import AuthEvent
from smtpsensor.sinks.lines import Sink
from smtpsensor.sinks.times import Stamper
from smtpsensor.text import harmless_text

# Name of each column and what stands in it; docs/schema/events.md is held to this by a test.
COLUMNS: dict[str, str] = {
    "time": "when the AUTH command was sent, ISO 8601, UTC",
    "host": "the sensor's name",
    "source": "the client's address",
    "source_port": "its port",
    "server": "the server's address",
    "server_port": "its port",
    "helo": "the name the client gave in EHLO or HELO",
    "mechanism": "SASL mechanism",
    "username": "user name",
    "authzid": "identity to act for",
    "realm": "realm (DIGEST-MD5)",
    "domain": "domain (NTLM)",
    "workstation": "workstation (NTLM)",
    "outcome": "success, failure, temporary, cancelled, rejected, aborted or unknown",
    "code": "reply code of the verdict",
    "enhanced": "its enhanced status code",
    "response_ms": "milliseconds from the credentials to the verdict",
    "offered": "whether the mechanism was offered before it was used: true, false, empty if not known",
    "cleartext": "whether it went in clear",
    "attempt": "nth attempt of the session",
    "repeated": "whether the source failed with this name and secret before; empty if no secret was visible",
    "malformed": "whether the credentials could not be decoded",
    "secret_tag": "four hex digits: equal for equal secrets",
    "community_id": "Community ID of the connection",
    "flow_id": "flow_id of the connection in EVE lines",
    "vlan": "VLAN ids, outermost first, joined by spaces",
    "proxy": "the TCP peer's address where the source came from a PROXY header",
    "interface": "capture interface",
    "file": "capture file of the AUTH command",
    "packet": "its packet number in that file",
}
# What makes a spreadsheet take a cell for a formula (OWASP, CSV injection), the full-width forms included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001
_ROWS = 256  # rows held back before one write
_LONGEST = 32_767  # characters a spreadsheet takes in one cell
_MS = 1_000_000  # ns


class CsvWriter:
    """Writes the header at once and a row per attempt; other events are left out. Lines end in CRLF."""

    def __init__(self, out: Sink, host: str) -> None:
        """Raise what `out.write` raises."""
        self._out = out
        self._host = text_cell(host)
        self._stamp = Stamper("Z")
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, dialect="excel")
        self._rows = 0
        self._csv.writerow(COLUMNS)

    def write(self, event: object) -> None:
        """Add the row of an attempt. Raises what `out.write` raises."""
        if not isinstance(event, AuthEvent):
            return
        flow = event.flow
        self._csv.writerow(
            (
                self._stamp(event.ts),
                self._host,
                flow.src,
                flow.src_port,
                flow.dst,
                flow.dst_port,
                text_cell(event.helo),
                text_cell(event.mechanism),
                text_cell(event.username),
                text_cell(event.authzid),
                text_cell(event.realm),
                text_cell(event.domain),
                text_cell(event.workstation),
                event.outcome.value,
                event.code,
                text_cell(event.enhanced),
                None if event.response_ns is None else round(event.response_ns / _MS, 3),
                _flag(event.offered),
                _flag(event.cleartext),
                event.attempt,
                _flag(event.repeated),
                _flag(event.malformed),
                event.secret_tag,
                flow.community_id,
                flow.flow_id,
                " ".join(map(str, flow.vlan)),
                flow.proxy,
                text_cell(flow.iface),
                text_cell(event.file),
                event.frame,
            )
        )
        self._rows += 1
        if self._rows >= _ROWS:
            self._drain()

    def flush(self) -> None:
        """Hand every row to `out` and flush it. Raises what `out` raises."""
        self._drain()
        self._out.flush()

    def _drain(self) -> None:
        data = self._text.getvalue().encode("utf-8")
        # Emptied first: rows that could not be written must not be written twice.
        self._text.seek(0)
        self._text.truncate()
        self._rows = 0
        if data:
            self._out.write(data)


def text_cell(text: str | None) -> str | None:
    """Return text for a cell: printable, and with `'` in front of what a spreadsheet would calculate."""
    if not text:
        return text
    formula = text.startswith(_FORMULA)
    if not text.isprintable():
        text = harmless_text(text, _LONGEST)
    return "'" + text if formula else text


def _flag(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"
