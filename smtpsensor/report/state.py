"""What the report remembers while events pass: plain records with counters."""

from typing import TYPE_CHECKING, ClassVar

from smtpsensor.detect.tries import GUESS_WINDOW, GUESSES, GUESSES_SLOW, Guesser, within
from smtpsensor.report.tables import Samples, linked
from smtpsensor.report.thresholds import ACCOUNT_SECRETS, ACCOUNT_SOURCES, BURST, BURST_WINDOW

if TYPE_CHECKING:
    from smtpsensor.events import Outcome


class Source(Guesser):
    """One source address. Partners: the accounts it tried."""

    __slots__ = (
        "aborted",
        "at_least",
        "burst",
        "cancelled",
        "failures",
        "first",
        "last",
        "only",
        "partners",
        "rejected",
        "successes",
        "temporary",
        "unknown",
    )
    KEPT: ClassVar[int] = BURST

    def __init__(self, address: str, network: str, ts: int) -> None:
        super().__init__(address, network)
        self.only: str | None = None
        self.partners: set[str] | None = None
        self.at_least = False
        self.first = self.last = ts
        self.successes = self.failures = self.temporary = self.cancelled = 0
        self.rejected = self.aborted = self.unknown = 0
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
    def distinct(self) -> int:
        """Return its distinct partners."""
        return linked(self)

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
            self.fast = within(recent[-GUESSES:], GUESS_WINDOW)
        if length >= BURST:
            if within(recent, BURST_WINDOW):
                self.burst = True
                self.recent = None
            else:
                del recent[0]

    def rank(self) -> tuple[int, int]:
        """Order by interest: what is shed first comes first."""
        return self.guesses, self.last


class Account:
    """One account, by its name in lower case. Partners: the sources that failed on it."""

    __slots__ = (
        "again",
        "at_least",
        "failures",
        "first",
        "hidden",
        "key",
        "last",
        "name",
        "only",
        "partners",
        "secrets",
        "successes",
        "visible",
    )

    def __init__(self, name: str, key: str, ts: int) -> None:
        self.only: str | None = None
        self.partners: set[str] | None = None
        self.at_least = False
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
    def distinct(self) -> int:
        """Return its distinct partners."""
        return linked(self)

    @property
    def attacked(self) -> bool:
        """Say whether this is more than its owner's typos and old passwords."""
        return self.guesses >= ACCOUNT_SECRETS or self.distinct >= ACCOUNT_SOURCES

    def rank(self) -> tuple[int, int]:
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

    def rank(self) -> tuple[int, int]:
        """Order by interest: what is shed first comes first."""
        return sum(self.outcomes.values()), self.sessions
