"""What is remembered to tell who got in after failing: sources, their tries, and the logins in question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from smtpsensor.detect.alert import Evidence
from smtpsensor.detect.tries import BREAK_IN_FAILURES, BREAK_IN_SECRETS, GUESSES_SLOW, Guesser, Tries

if TYPE_CHECKING:
    from smtpsensor.detect.active import Active
    from smtpsensor.detect.facts import Facts

_SECOND: Final = 1_000_000_000  # ns
# Accounts of one source whose further logins count for nothing: more than an attacker has of his own, fewer
# than come in from an office.
_ENTERED: Final = 8
_KEPT: Final = 1 << 32  # more failures than any pair that did not come in


@dataclass(frozen=True, slots=True)
class Numbers:
    """The rule's settings; times in ns."""

    failures: int
    secrets: int
    accounts: int
    guesses: int
    ratio: float
    shared: int
    memory: int
    wait: int
    home: int

    @classmethod
    def of(cls, settings: Mapping[str, float]) -> Self:
        """Return the numbers in force: the shipped rule says why they are what they are."""
        known = {**DEFAULTS, **settings}
        return cls(
            failures=int(known["failures"]),
            secrets=int(known["secrets"]),
            accounts=int(known["accounts"]),
            guesses=int(known["guesses"]),
            ratio=known["ratio"],
            shared=int(known["shared"]),
            memory=int(known["memory_hours"] * 3600 * _SECOND),
            wait=int(known["wait_minutes"] * 60 * _SECOND),
            home=int(known["home_seconds"] * _SECOND),
        )


DEFAULTS: Final[dict[str, float]] = {
    "failures": BREAK_IN_FAILURES,
    "secrets": BREAK_IN_SECRETS,
    "accounts": 3,
    "guesses": 5,
    "ratio": 3,
    "shared": 3,
    "memory_hours": 24,
    "wait_minutes": 10,
    "home_seconds": 60,
}


class Source(Guesser):
    """One source address."""

    __slots__ = ("entered", "failing", "last", "spray", "successes", "taken", "took")

    def __init__(self, address: str, network: str, t: int) -> None:
        super().__init__(address, network)
        self.last = t
        self.successes = 0  # not those of an account that came in lately: one's own could outweigh guesses
        self.entered: tuple[tuple[str, int], ...] = ()  # the last of these accounts, and since when
        self.failing: str | None = None  # the account it failed on last
        self.spray: Spray | None = None  # all such accounts, from the second on
        self.took = 0  # accounts it broke into
        self.taken = 0  # its logins on accounts that were broken into

    @property
    def logins(self) -> int:
        """Return its successes; on an account that it broke into, the first one only."""
        return self.successes - self.taken + self.took

    def since(self, name: str) -> int | None:
        """Return the time since which an account comes in from here; None for a stranger."""
        return next((t for known, t in self.entered if known == name), None)

    def enters(self, name: str, t: int) -> bool:
        """Count a login, unless the account is among the last that came in; return whether it counts."""
        if self.since(name) is not None:
            return False
        self.entered = (*self.entered, (name, t))[-_ENTERED:]
        self.successes += 1
        return True

    def outnumbers(self, need: Numbers) -> bool:
        """Say whether it guesses, and far more than it gets in."""
        guesses = self.guesses
        return (
            guesses >= need.guesses
            and guesses >= need.ratio * self.logins
            and (self.fast or guesses >= GUESSES_SLOW)
        )

    def rank(self) -> tuple[int, int]:
        """Order by interest: what is shed first comes first."""
        return self.fresh + self.hidden + self.unoffered - self.forgiven, self.last


class Pair(Tries):
    """One source network on one account, and the break-in that came of it."""

    __slots__ = ("break_in", "seen", "username")

    def __init__(self, network: str, address: str, username: str, t: int) -> None:
        super().__init__(network, address, t)
        self.username = username
        self.seen: Evidence | None = None  # the first failure
        self.break_in: BreakIn | None = None

    def rank(self) -> tuple[int, int]:
        """Order by interest: what is shed first comes first."""
        return self.failures + (_KEPT if self.break_in is not None else 0), self.last


class Spray:
    """The accounts that one source fails on, the latest last, and its logins that are yet to be judged."""

    __slots__ = ("first", "more", "pairs", "pending", "seen", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.pairs: dict[str, Pair] = {}
        self.more = False  # accounts were let go
        self.first = 0  # engine time of the first failure on one of these
        self.seen: Evidence | None = None
        self.pending: list[BreakIn] = []

    def rank(self) -> tuple[int, int]:
        """Order by interest: what is shed first comes first."""
        return self.source.rank()


class BreakIn:
    """An account that a source got into after failing, on it or on others, and what happened then."""

    __slots__ = (
        "alert",
        "first",
        "first_t",
        "last",
        "login",
        "logins",
        "mail_bytes",
        "mails",
        "more_others",
        "more_secrets",
        "neighbours",
        "others",
        "own",
        "recipients",
        "secrets",
        "sessions",
        "spray",
        "stands",
        "tries",
        "username",
    )

    def __init__(self, username: str, login: "Facts") -> None:
        self.username = username
        self.login = self.last = login  # the first and the last attempt that succeeded
        self.logins = 1
        self.own = 0  # failures in a row on this account
        self.neighbours = False  # ... of other addresses of the network as well
        self.others = 0  # other accounts that the source failed on; 0: the failures on this one decide
        self.more_others = False  # ... or more
        self.tries = 0  # failures that decide
        self.secrets: frozenset[int] = frozenset()  # in what decides
        self.more_secrets = False  # ... or more
        self.first: Evidence = Evidence(login.ts)  # failure
        self.first_t = login.t
        self.stands: bool | None = True  # None: to be judged again
        self.spray: Spray | None = None  # by which it will be
        self.alert: Active | None = None
        self.sessions = self.mails = self.recipients = self.mail_bytes = 0

    @property
    def key(self) -> tuple[str, str]:
        """Return the key of its alert."""
        return self.login.source, self.username
