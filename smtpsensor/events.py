"""The nouns that leave the wire: a flow, an authentication attempt, a session, an anomaly.

Everything from here on is read by people and rules, so these are plain dataclasses with names from the
field. Times are integers, nanoseconds since the epoch, of the packet that carried the fact; nothing in
this module reads a clock. A field that was not seen is None: never guessed.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    """What became of one AUTH attempt (the table of outcomes in ARCHITECTURE.md)."""

    SUCCESS = "success"  # 235
    FAILURE = "failure"  # 535, and other 5xx that judged the credentials or the mechanism
    TEMPORARY = "temporary"  # 454, 421, other 4xx: the server's trouble, never counted as guessing
    CANCELLED = "cancelled"  # the client sent "*", the server answered 501
    REJECTED = "rejected"  # no credentials were judged: 500-504, 530 to the AUTH line
    ABORTED = "aborted"  # RST, or both directions closed, before a verdict
    UNKNOWN = "unknown"  # the verdict was not seen


class EndReason(StrEnum):
    """Why a session is over."""

    FIN = "fin"  # both directions closed
    RST = "rst"
    EXPIRED = "expired"  # idle for longer than the limit, in event time
    EVICTED = "evicted"  # the connection table was full, this one was idle longest
    REUSED = "reused"  # a SYN with another initial sequence number took its ports
    END = "end"  # the input ended


class Encryption(StrEnum):
    """What could be read of a session."""

    CLEAR = "clear"
    STARTTLS = "starttls"  # clear until STARTTLS was accepted, opaque from there
    IMPLICIT = "implicit"  # TLS from the first octet
    UNKNOWN = "unknown"  # no payload seen that would tell


@dataclass(slots=True)
class Flow:
    """One connection; the client is always the source, whichever packet came first."""

    src: str  # RFC 5952 text or dotted quad; the PROXY header's address where a proxy is configured
    src_port: int
    dst: str
    dst_port: int
    flow_id: int  # below 2**53, equal on every run over the same capture
    community_id: str  # v1, seed 0: joins with Zeek and Suricata logs
    vlan: tuple[int, ...] = ()  # VLAN ids, outermost first
    iface: str | None = None  # capture interface by name, where the input has one
    proxy: str | None = None  # the TCP peer's address where src came from a PROXY header


@dataclass(slots=True)
class AuthEvent:
    """One AUTH attempt: from the AUTH command to its verdict, or to the loss of it."""

    ts: int  # of the AUTH command; of the first frame seen of the exchange when the command was lost
    flow: Flow
    outcome: Outcome
    file: str | None = (
        None  # capture file and packet number of the AUTH command (1-based, as Wireshark counts)
    )
    frame: int | None = None
    ts_credentials: int | None = None  # last credential line
    ts_verdict: int | None = None
    verdict_file: str | None = None
    verdict_frame: int | None = None
    mechanism: str | None = None  # SASL name in capitals
    username: str | None = None  # authcid, decoded leniently and made harmless; without realm or domain
    authzid: str | None = None
    realm: str | None = None
    domain: str | None = None
    workstation: str | None = None
    code: int | None = None
    enhanced: str | None = None  # "5.7.8"
    reply: str | None = None  # first line of the verdict's text, made harmless
    response_ns: int | None = None  # verdict minus last credential line: a tarpit shows here
    offered: bool | None = None  # the mechanism stood in the EHLO reply before it was used; None: not known
    cleartext: bool = True  # read here, so it went in clear
    attempt: int = 1  # nth of this session
    helo: str | None = None
    malformed: bool = False  # the credentials could not be decoded
    secret: int | None = None  # 64-bit keyed tag, never printed whole; see secret_tag
    repeated: bool | None = (
        None  # this source failed before with this name and this secret; None: no secret seen
    )

    @property
    def secret_tag(self) -> str | None:
        """Four hex digits of the keyed tag: "the same wrong password again", nothing more."""
        return None if self.secret is None else f"{self.secret >> 48:04x}"

    @property
    def response_ms(self) -> float | None:
        """Milliseconds from the last credential line to the verdict."""
        return None if self.response_ns is None else self.response_ns / 1e6


@dataclass(slots=True)
class SessionEvent:
    """One connection at its end, with or without AUTH in it."""

    ts: int  # first frame
    ts_end: int  # last frame
    flow: Flow
    end: EndReason
    file: str | None = None
    frame: int | None = None
    encryption: Encryption = Encryption.UNKNOWN
    greeting: str | None = None  # host name in the 220
    software: str | None = None  # rest of the 220's first line, made harmless
    helo: str | None = None
    capabilities: tuple[str, ...] = ()  # EHLO keywords offered in clear, as sent, upper case, first 64
    auth_offered: tuple[str, ...] = ()  # mechanisms offered in clear
    starttls_offered: bool | None = None  # None: no EHLO reply seen
    attempts: int = 0
    failures: int = 0
    successes: int = 0
    mails: int = 0  # messages the server accepted
    recipients: int = 0  # RCPT commands it accepted
    mail_bytes: int = 0  # octets of DATA and BDAT seen
    bytes_client: int = 0  # payload octets seen, without duplicates
    bytes_server: int = 0
    lost_client: int = 0  # payload octets known to be missing
    lost_server: int = 0
    midstream: bool = False  # the start was not seen
    last_code: int | None = None  # last reply code
    anomalies: tuple[str, ...] = field(default=())


@dataclass(slots=True)
class AnomalyEvent:
    """Odd traffic, by a name from `smtpsensor.anomalies`; once per name and session."""

    ts: int
    flow: Flow
    name: str
    file: str | None = None
    frame: int | None = None


Event = AuthEvent | SessionEvent | AnomalyEvent
