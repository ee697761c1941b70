"""What the report remembers while events pass: plain records with counters."""

from typing import TYPE_CHECKING

from smtpsensor.report.tables import Linked, Samples
from smtpsensor.report.thresholds import (
    ACCOUNT_SECRETS,
    ACCOUNT_SOURCES,
    BURST,
    BURST_WINDOW,
    GUESS_WINDOW,
    GUESSES,
    GUESSES_SLOW,
)

if TYPE_CHECKING:
    from smtpsensor.events import Outcome


class Source(Linked):
    """One source address. Partners: the accounts it tried."""

    __slots__ = (
        "aborted",
        "address",
        "burst",
        "cancelled",
        "failures",
        "fast",
        "first",
        "forgiven",
        "fresh",
        "hidden",
        "last",
        "network",
        "recent",
        "rejected",
        "successes",
        "temporary",
        "unknown",
        "unoffered",
        "visible",
    )

    def __init__(self, address: str, network: str, ts: int) -> None:
        super().__init__()
        self.address = address
        self.network = network
        self.first = self.last = ts
        self.successes = self.failures = self.temporary = self.cancelled = 0
        self.rejected = self.aborted = self.unknown = 0
        self.visible = 0  # failures whose secret was seen
        self.fresh = 0  # ... for the first time with this name
        self.hidden = 0  # failures whose secret was not seen
        self.unoffered = 0  # AUTH that was not offered, rejected
        self.forgiven = 0  # guesses that a login on the same account showed to be mistakes
        self.recent: list[int] | None = []  # times of the last tries that may be guesses; None: burst is set
        self.fast = False
        self.burst = False

    @property
    def attempts(self) -> int:
        """Return the attempts of every outcome."""
        return (
            self.successes
            + self.failures
            + self.temporary
            + self.cancelled
            + self.rejected
            + self.aborted
            + self.unknown
        )

    @property
    def guesses(self) -> int:
        """Return the tries that somebody who knows the password would not make (see `thresholds`)."""
        return max(0, self.fresh + max(0, self.hidden - self.visible) + self.unoffered - self.forgiven)

    @property
    def guessing(self) -> bool:
        """Say whether this is an attack rather than a person."""
        guesses = self.guesses
        outnumber = guesses > self.successes
        return (
            (self.fast and guesses >= GUESSES and outnumber)
            or (self.burst and guesses >= BURST)
            or (guesses >= GUESSES_SLOW and outnumber)
        )

    def tried(self, ts: int) -> None:
        """Note the time of a try that may be a guess."""
        recent = self.recent
        if recent is None:
            return
        recent.append(ts)
        length = len(recent)
        if not self.fast and length >= GUESSES:
            self.fast = _within(recent[-GUESSES:], GUESS_WINDOW)
        if length >= BURST:
            if _within(recent, BURST_WINDOW):
                self.burst = True
                self.recent = None
            else:
                del recent[0]

    def rank(self) -> tuple[int, ...]:
        """Order by interest: what is shed first comes first."""
        return self.guesses, self.last


def _within(times: list[int], window: int) -> bool:
    """Say whether the times, mostly in order, lie in one window; the ends decide nearly always."""
    return abs(times[-1] - times[0]) <= window and max(times) - min(times) <= window


class Account(Linked):
    """One account, by its name in lower case. Partners: the sources that failed on it."""

    __slots__ = ("failures", "first", "hidden", "key", "last", "name", "secrets", "successes", "visible")

    def __init__(self, name: str, key: str, ts: int) -> None:
        super().__init__()
        self.name = name  # as first written
        self.key = key
        self.first = self.last = ts  # of failures
        self.successes = self.failures = 0
        self.visible = self.hidden = 0
        self.secrets: tuple[int, ...] = ()

    @property
    def guesses(self) -> int:
        """Return the distinct secrets tried, those not seen included as far as they outnumber those seen."""
        return len(self.secrets) + max(0, self.hidden - self.visible)

    @property
    def attacked(self) -> bool:
        """Say whether this is more than its owner's typos and old passwords."""
        return self.guesses >= ACCOUNT_SECRETS or self.distinct >= ACCOUNT_SOURCES

    def rank(self) -> tuple[int, ...]:
        """Order by interest: what is shed first comes first."""
        return self.failures, self.last


class Evidence:
    """Where something can be seen: capture file and packet number, if the input has them."""

    __slots__ = ("file", "frame")

    def __init__(self, file: str | None, frame: int | None) -> None:
        self.file = file
        self.frame = frame


class BreakIn:
    """An account that a network got into after failing on it, and what happened then."""

    __slots__ = (
        "account",
        "bytes",
        "failures",
        "first",
        "first_seen",
        "logins",
        "mails",
        "recipients",
        "secrets",
        "seen",
        "sessions",
        "source",
        "ts",
        "verdict_seen",
    )

    def __init__(self, account: Account, source: str, pair: "Pair", ts: int) -> None:
        self.account = account
        self.source = source
        self.ts = ts  # of the success
        self.failures = pair.failures
        self.secrets = len(pair.secrets)  # distinct; 0: none could be seen
        self.first = pair.first
        self.first_seen = pair.seen
        self.seen = self.verdict_seen = Evidence(None, None)
        self.logins = 1
        self.sessions = self.mails = self.recipients = self.bytes = 0


class Pair:
    """One source network (/24, /64) on one account: failures in a row, until it gets in."""

    __slots__ = (
        "account",
        "break_in",
        "failures",
        "first",
        "hidden",
        "last",
        "network",
        "recovered",
        "repeated",
        "secrets",
        "seen",
        "source",
        "stale_first",
        "visible",
    )

    def __init__(self, network: str, account: Account, source: str, ts: int) -> None:
        self.network = network
        self.account = account
        self.source = source  # the last one
        self.first = self.last = self.stale_first = ts
        self.failures = self.visible = self.hidden = 0  # since the last success
        self.repeated = 0  # failures with a secret that had failed before, in all
        self.secrets: tuple[int, ...] = ()
        self.seen: Evidence | None = None  # the first failure
        self.break_in: BreakIn | None = None
        self.recovered = False

    @property
    def guesses(self) -> int:
        """Return the distinct secrets tried since the last success, as for an account."""
        return len(self.secrets) + max(0, self.hidden - self.visible)

    def rank(self) -> tuple[int, ...]:
        """Order by interest: what is shed first comes first."""
        return self.break_in is not None, self.failures + self.repeated, self.last


class Server:
    """One server address and port."""

    __slots__ = (
        "address",
        "clear_offers",
        "codes",
        "failure_times",
        "greetings",
        "implicit",
        "mechanisms",
        "offers",
        "outcomes",
        "plain_secrets",
        "port",
        "sessions",
        "software",
        "starttls",
        "starttls_offers",
        "success_times",
    )

    def __init__(self, address: str, port: int, samples: int) -> None:
        self.address = address
        self.port = port
        self.sessions = self.starttls = self.implicit = 0  # sessions; those that went into TLS
        self.starttls_offers = self.clear_offers = 0  # sessions that offered STARTTLS; AUTH in clear
        self.offers: dict[tuple[str, ...], int] = {}  # mechanisms offered in clear -> sessions
        self.greetings: dict[str, int] = {}  # host name in the greeting -> sessions
        self.software: dict[str, int] = {}  # rest of the greeting -> sessions
        self.mechanisms: dict[str, int] = {}  # used, mechanism -> attempts
        self.outcomes: dict[Outcome, int] = {}
        self.codes: dict[int, int] = {}
        self.plain_secrets = 0  # attempts whose secret could be read
        self.failure_times = Samples(samples)
        self.success_times = Samples(samples)

    def rank(self) -> tuple[int, ...]:
        """Order by interest: what is shed first comes first."""
        return sum(self.outcomes.values()), self.sessions
