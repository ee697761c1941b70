"""What a report says, as plain data with times in ns. docs/schema/report.schema.json describes its JSON.

Names are as the name policy lets them be printed: nothing in here has to be hidden any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from smtpsensor.detect.alert import Fact

T = TypeVar("T")
SCHEMA: Final = "smtpsensor.report/2"
# Fields that hold a time: ISO 8601 in JSON.
TIME: Final[Mapping[str, Any]] = {"time": True}


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """The first rows of a list, most important first, and how many there are in all."""

    total: int
    rows: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """An account: `ref` is its number in this report, from 1; `name` is None under `--names none`."""

    ref: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """A number that is exact, or the least it can be."""

    count: int
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: capture file and packet number in it, as Wireshark counts."""

    file: str | None = None
    packet: int | None = None


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert as it stood in the end."""

    id: str
    rule: str
    severity: str
    state: str  # opened, updated, resolved
    technique: str | None  # MITRE ATT&CK
    summary: str
    description: str
    key: dict[str, str]  # what it was grouped by; names that must not be printed are left out
    account: Name | None  # if it is about one
    count: int  # attempts
    distinct: dict[str, Count]  # sources, networks, usernames, secrets among them
    first: int = field(metadata=TIME)
    last: int = field(metadata=TIME)
    at: int = field(metadata=TIME)  # the decisive attempt: the one that met the threshold, or the login
    first_seen: Place
    decisive: Place
    related: tuple[str, ...]  # ids
    facts: dict[str, Fact]  # what the rule knows beside; of a break-in: what was done after it


@dataclass(frozen=True, slots=True)
class GuesserRow:
    """A source that guesses."""

    source: str
    attempts: int
    guesses: int
    accounts: Count
    per_minute: float  # attempts; over one minute at least
    first: int = field(metadata=TIME)
    last: int = field(metadata=TIME)
    outcomes: dict[str, int]
    country: str | None = None  # ISO 3166-1, if a database says so
    asn: int | None = None  # number of the autonomous system
    organization: str | None = None  # who runs it

    @property
    def home(self) -> str:
        """Return country and network operator in words; empty where they are not known."""
        number = None if self.asn is None else f"AS{self.asn}"
        return " ".join(word for word in (self.country, number, self.organization) if word)


@dataclass(frozen=True, slots=True)
class StaleRow:
    """A source that repeats one failed password on one account: a forgotten device rather than an attack."""

    source: str  # the last one of its /24 or /64
    account: Name
    repeated: int
    first: int = field(metadata=TIME)
    last: int = field(metadata=TIME)


@dataclass(frozen=True, slots=True)
class TargetRow:
    """An account that is attacked."""

    account: Name
    failures: int
    sources: Count  # that failed on it
    secrets: Count | None  # distinct; None: none could be seen
    successes: int
    first: int = field(metadata=TIME)  # failure
    last: int = field(metadata=TIME)


@dataclass(frozen=True, slots=True)
class ClearRow:
    """A server where AUTH is offered or used in clear."""

    server: str
    port: int
    sessions: int
    offering: int  # sessions that were offered AUTH in clear
    mechanisms: tuple[str, ...]  # offered in clear
    starttls_offered: int  # sessions
    attempts: int  # in clear
    readable: int  # of them, with a password or token that anybody on the path could read
    successes: int  # in clear


@dataclass(frozen=True, slots=True)
class Times:
    """Reply times, ms."""

    count: int
    median: float
    p95: float
    max: float


@dataclass(frozen=True, slots=True)
class ServerRow:
    """One server: what it is, offers and answers."""

    server: str
    port: int
    names: tuple[str, ...]  # host names in its greeting
    software: tuple[str, ...]  # the rest of the greeting
    sessions: int
    starttls: int  # sessions that went into TLS by STARTTLS
    implicit_tls: int
    offered: tuple[str, ...]
    used: dict[str, int]  # mechanism -> attempts
    outcomes: dict[str, int]
    codes: dict[str, int]
    failure_times: Times | None
    success_times: Times | None
    slows: bool | None  # an attacker: half of the failures take a second or more; None: no failure timed


@dataclass(frozen=True, slots=True)
class Encrypted:
    """Sessions by what could be read of them."""

    sessions: int
    clear: int
    starttls: int
    implicit: int
    unknown: int
    unread_share: float  # starttls and implicit, 0 to 1


@dataclass(frozen=True, slots=True)
class Odd:
    """Odd traffic by name."""

    name: str
    count: int
    meaning: str


@dataclass(frozen=True, slots=True)
class Lost:
    """What the capture lost, and what was not read."""

    frames: int
    frames_smtp: int
    frames_undecoded: int
    frames_snapped: int
    undecoded: dict[str, int]  # protocol -> frames
    gaps: int
    gap_bytes: int
    verdicts_unknown: int
    sessions_gapped: int
    sessions_midstream: int
    anomalies: tuple[Odd, ...]
    forgotten: dict[str, int]  # what the report itself could not keep, by kind
    detection: dict[str, int]  # what detection could not keep: records evicted, alerts refused


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report."""

    host: str
    inputs: tuple[str, ...]
    filters: tuple[str, ...]  # options that kept events away from all that follows
    rules: tuple[str, ...]  # in force
    first: int | None = field(metadata=TIME)
    last: int | None = field(metadata=TIME)
    attempts: int
    outcomes: dict[str, int]
    mechanisms: dict[str, int]
    sources: Count  # with attempts; not exact: at most
    accounts: Count
    alerts: Listing[AlertRow]  # worst first
    severities: dict[str, int]  # alerts by severity
    muted: int  # alerts that the configuration silences, whatever the filters
    muted_by: dict[str, int]  # of them by rule
    muted_break_ins: int  # of them of rules for logins after failures
    looked: bool  # whether a rule for logins after failures was in force
    recovered: int  # accounts that got in after fewer or similar failures: typos, old passwords
    guessing: Listing[GuesserRow]
    unclear: int  # of these sources, how many also logged in where that is no break-in
    stale: Listing[StaleRow]
    attacked: Listing[TargetRow]
    clear: Listing[ClearRow]
    encryption: Encrypted
    lost: Lost
    servers: Listing[ServerRow]
    schema: str = SCHEMA

    def to_json(self) -> bytes:
        """Return one line of JSON, UTF-8 (docs/schema/report.schema.json)."""
        from smtpsensor.report.jsonform import dump  # noqa: PLC0415 - needed for one output

        return dump(self)
