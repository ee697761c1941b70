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
    from smtpsensor.report.pairs import Spray


class Source(Linked):
    """One source address. Partners: the accounts it tried."""

    __slots__ = (
        "aborted",
        "address",
        "burst",
        "cancelled",
        "failing",
        "failures",
        "fast",
        "first",
        "forgiven",
        "fresh",
        "hidden",
        "last",
        "network",
        "owned",
        "owner",
        "recent",
        "rejected",
        "spray",
        "successes",
        "taken",
        "temporary",
        "took",
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
        self.fresh = 0  # ... for the first time with this name, or repeated as a tool does
        self.hidden = 0  # failures whose secret was not seen
        self.unoffered = 0  # AUTH that was not offered, rejected
        self.forgiven = 0  # guesses that a login on the same account showed to be mistakes
        self.recent: list[int] | None = []  # times of the last tries that may be guesses; None: burst is set
        self.fast = False
        self.burst = False
        self.failing: str | None = None  # the account it failed on last
        self.spray: Spray | None = None  # all such accounts, from the second on
        self.owner: str | None = None  # the account that came in first, and when
        self.owned = ts
        self.took = 0  # accounts it broke into
        self.taken = 0  # its logins on accounts that were broken into

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
    def logins(self) -> int:
        """Return its successes; on an account that it broke into, the first one only."""
        return self.successes - self.taken + self.took

    @property
    def unclear(self) -> bool:
        """Say whether it came in where nothing was broken into."""
        return self.successes > self.taken

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

    __slots__ = (
        "again",
        "failures",
        "first",
        "hidden",
        "key",
        "last",
        "name",
        "secrets",
        "successes",
        "visible",
    )

    def __init__(self, name: str, key: str, ts: int) -> None:
        super().__init__()
        self.name = name  # as first written
        self.key = key
        self.first = self.last = ts  # of failures
        self.successes = self.failures = 0
        self.visible = self.hidden = 0
        self.secrets: tuple[int, ...] = ()
        self.again = 0  # repetitions by a tool

    @property
    def guesses(self) -> int:
        """Return the secrets tried, those not seen as far as they outnumber those seen, and repetitions."""
        return len(self.secrets) + max(0, self.hidden - self.visible) + self.again

    @property
    def attacked(self) -> bool:
        """Say whether this is more than its owner's typos and old passwords."""
        return self.guesses >= ACCOUNT_SECRETS or self.distinct >= ACCOUNT_SOURCES

    def rank(self) -> tuple[int, ...]:
        """Order by interest: what is shed first comes first."""
        return self.failures, self.last


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
