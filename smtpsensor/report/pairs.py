"""One source network on one account, one source on many accounts, and the break-ins that come of it."""

from smtpsensor.report.state import Account, Source
from smtpsensor.report.thresholds import BREAK_IN_FAILURES, BREAK_IN_SECRETS, STALE, TOOL_SECRETS


class Evidence:
    """Where something can be seen: capture file and packet number, if the input has them."""

    __slots__ = ("file", "frame")

    def __init__(self, file: str | None, frame: int | None) -> None:
        self.file = file
        self.frame = frame


class BreakIn:
    """An account that a source got into after failing, on it or on others, and what happened then."""

    __slots__ = (
        "account",
        "addresses",
        "bytes",
        "failures",
        "first",
        "first_seen",
        "logins",
        "mails",
        "mistaken",
        "more_others",
        "more_secrets",
        "neighbours",
        "others",
        "recipients",
        "secrets",
        "seen",
        "sessions",
        "source",
        "spray",
        "stands",
        "ts",
        "verdict_seen",
    )

    def __init__(self, account: Account, source: str, ts: int) -> None:
        self.account = account
        self.source = source
        self.ts = ts  # of the success
        self.failures = 0  # in a row on this account
        self.neighbours = False  # ... of other addresses of the network as well
        self.others = 0  # other accounts that the source failed on; 0: the failures on this one decide
        self.more_others = False  # ... or more
        self.secrets = 0  # distinct, in what decides; 0: none could be seen
        self.more_secrets = False  # ... or more
        self.first = ts  # failure
        self.first_seen: Evidence | None = None
        self.seen = self.verdict_seen = Evidence(None, None)
        self.stands: bool | None = True  # None: to be judged again
        self.spray: Spray | None = None  # by which it will be
        self.mistaken = False  # if it does not stand, the failures on this account were mistakes
        self.addresses: tuple[str, ...] = (source,)  # that logged in
        self.logins = 1
        self.sessions = self.mails = self.recipients = self.bytes = 0


class Pair:
    """One source network (/24, /64) on one account: failures in a row, until it gets in."""

    __slots__ = (
        "account",
        "again",
        "break_in",
        "failures",
        "first",
        "fresh",
        "held",
        "held_since",
        "hidden",
        "last",
        "lead",
        "leader",
        "mechanism",
        "mixed",
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
        self.seen: Evidence | None = None  # the first failure
        self.mechanism: str | None = None  # of the last failure with a secret
        self.repeated = 0  # failures with a secret that had failed before, in all
        self.break_in: BreakIn | None = None
        self.recovered = False
        self.renew()

    def renew(self) -> None:
        """Begin anew: what was counted since the last success."""
        self.failures = self.visible = self.hidden = 0
        self.secrets: tuple[int, ...] = ()
        self.leader: int | None = None  # the secret that makes up most failures, if one does ...
        self.lead = 0  # ... and by how many it leads (Boyer and Moore's majority vote)
        self.mixed = False  # several sources of the network failed
        self.fresh = 0  # secrets new to the last source, since it came
        self.held = 0  # ... and its repetitions that are no guesses so far
        self.held_since = 0  # the first of these
        self.again = 0  # repetitions that are

    @property
    def guesses(self) -> int:
        """Return the distinct secrets tried since the last success, as for an account."""
        return len(self.secrets) + max(0, self.hidden - self.visible)

    @property
    def breaks_in(self) -> bool:
        """Say whether a success now is one after guessing on this account."""
        return self.failures >= BREAK_IN_FAILURES and self.guesses >= BREAK_IN_SECRETS and not self.stale

    @property
    def stale(self) -> bool:
        """Say whether one secret makes up nine tenths of the failures: it leads the rest by eight."""
        return self.visible > STALE and self.visible >= self.hidden and self.lead * 10 > self.visible * 8

    def by(self, source: str) -> None:
        """Note who fails next; what was counted for one source is nothing against another."""
        if self.source is not source:
            self.source = source
            self.fresh = self.held = 0
            self.mixed = self.failures > 0

    def saw(self, secret: int, mechanism: str | None, ts: int, *, again: bool) -> int:
        """Note a failure with a secret; return how many repetitions became guesses by it."""
        self.visible += 1
        if secret == self.leader:
            self.lead += 1
        elif self.lead:
            self.lead -= 1
        else:
            self.leader, self.lead = secret, 1
        if not again:
            self.fresh += 1
        else:
            self.repeated += 1
            if mechanism == self.mechanism:
                if not self.held:
                    self.held_since = ts
                self.held += 1
        self.mechanism = mechanism
        held = self.held
        if not held or self.fresh < TOOL_SECRETS or self.stale:
            return 0
        self.again += held
        self.held = 0
        return held

    def rank(self) -> tuple[int, ...]:
        """Order by interest: what is shed first comes first."""
        return self.break_in is not None, self.failures + self.repeated, self.last


class Spray:
    """The accounts that one source fails on, the latest last, and the logins that are yet to be judged."""

    __slots__ = ("first", "first_seen", "more", "pairs", "pending", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.pairs: dict[str, Pair] = {}
        self.more = False  # accounts were let go
        self.first = 0  # failure on one of these
        self.first_seen: Evidence | None = None
        self.pending: list[BreakIn] = []

    def rank(self) -> tuple[int, ...]:
        """Order by interest: what is shed first comes first."""
        return self.source.rank()
