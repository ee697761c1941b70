"""How failures add up to guesses: of one source, and of one network on one account.

A *guess* is a try that somebody who knows the password would not make: a failure with a secret that this
source has not tried on this name before, a failure whose secret cannot be seen, or AUTH sent to a server that
did not offer it. Temporary failures, cancelled and aborted attempts and verdicts that were not seen are no
guesses. Python's smtplib turns one mistyped password into CRAM-MD5, PLAIN and LOGIN: failures without a
visible secret count only as far as they outnumber those with one, so that this is one guess. Failures too few
or too alike for a break-in that end in a login on the same account were mistakes, and are no guesses either.

An *old password* is one secret of one source on one name, repeated however often and fast. Tools repeat
themselves too (hydra may try each password in all of its connections): from TOOL_SECRETS different secrets of
one source on one name on, the repetitions are guesses as well, those before included. Not so the same secret
by another mechanism right after (smtplib again), nor while one secret makes up over nine tenths: that is a
device with an old password, and its owner who mistypes beside it.
"""

from typing import ClassVar, Final

_SECOND: Final = 1_000_000_000  # ns
MINUTE: Final = 60 * _SECOND

# A source is guessing after 5 guesses within 10 minutes, Fail2Ban's default (maxretry, findtime) ...
GUESSES: Final = 5
GUESS_WINDOW: Final = 10 * MINUTE
# ... and after 20 in all: low and slow. Mailu takes 50 a day per user, 5 an hour per network; a capture is
# often shorter than a day.
GUESSES_SLOW: Final = 20

# From 3 secrets of one source on one name on, repetitions are guesses. 2 are an old password and a typo.
TOOL_SECRETS: Final = 3

# Failures and secrets in a row from which on a login is no longer one after mistakes. Two typos through
# smtplib are 6 failures with 2 secrets; a phone with the old password is any number of failures with 1.
BREAK_IN_FAILURES: Final = 5
BREAK_IN_SECRETS: Final = 3

# So many secrets are no owner who mistypes beside a device, however often that repeats its own.
TOO_MANY: Final = 10

# A stale password: the same secret on the same name again and again, from 5 repetitions on.
STALE: Final = 5

# One secret that comes back after a minute or later is a device that asks for mail with an old password.
RETURNED: Final = MINUTE

# Distinct secrets remembered per account and per network on an account: three are suspicious, this many say
# how large the list is, "16 or more" beyond; 8 octets each.
SECRETS: Final = 16


class Guesser:
    """What one source address tried: times are ns, all of one clock."""

    __slots__ = (
        "address",
        "fast",
        "forgiven",
        "fresh",
        "hidden",
        "network",
        "recent",
        "unoffered",
        "visible",
    )
    KEPT: ClassVar[int] = GUESSES  # times that can matter

    def __init__(self, address: str, network: str) -> None:
        self.address = address
        self.network = network
        self.visible = 0  # failures whose secret was seen
        self.fresh = 0  # ... for the first time with this name, or repeated as a tool does
        self.hidden = 0  # failures whose secret was not seen
        self.unoffered = 0  # AUTH that was not offered, rejected
        self.forgiven = 0  # guesses that a login on the same account showed to be mistakes
        self.recent: list[int] | None = []  # times of the last tries that may be guesses; None: not needed
        self.fast = False

    @property
    def guesses(self) -> int:
        """Return the tries that somebody who knows the password would not make."""
        return max(0, self.fresh + max(0, self.hidden - self.visible) + self.unoffered - self.forgiven)

    def failed(self, secret: int | None, ts: int, *, again: bool) -> None:
        """Note a failure; `again`: with a secret that had failed on this name before."""
        if secret is None:
            self.hidden += 1
            self.tried(ts)
            return
        self.visible += 1
        if not again:
            self.fresh += 1
            self.tried(ts)

    def asked(self, ts: int) -> None:
        """Note AUTH that was not offered."""
        self.unoffered += 1
        self.tried(ts)

    def repeated(self, again: int, since: int, ts: int) -> None:
        """Note repetitions that turned out to be a tool's; of their times, first and last are known."""
        self.fresh += again
        between = (ts - since) // again
        for late in range(min(again, self.KEPT) - 1, -1, -1):
            self.tried(ts - late * between)

    def tried(self, ts: int) -> None:
        """Note the time of a try that may be a guess."""
        recent = self.recent
        if recent is None:
            return
        recent.append(ts)
        if len(recent) >= GUESSES:
            if within(recent, GUESS_WINDOW):
                self.fast = True
                self.recent = None
            else:
                del recent[0]


def within(times: list[int], window: int) -> bool:
    """Say whether the times, mostly in order, lie in one window; the ends decide nearly always."""
    return abs(times[-1] - times[0]) <= window and max(times) - min(times) <= window


class Tries:
    """One source network (/24, /64) on one account: failures in a row, until it gets in."""

    __slots__ = (
        "address",
        "again",
        "device",
        "device_ts",
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
        "returned",
        "secrets",
        "visible",
    )

    def __init__(self, network: str, address: str, ts: int) -> None:
        self.network = network
        self.address = address  # the last one that failed
        self.first = self.last = ts
        self.mechanism: str | None = None  # of the last failure with a secret
        self.renew()

    def renew(self) -> None:
        """Begin anew: what was counted since the last success."""
        self.failures = self.visible = self.hidden = 0
        self.secrets: tuple[int, ...] = ()
        self.leader: int | None = None  # the secret that makes up most failures, if one does ...
        self.lead = 0  # ... and by how many it leads (Boyer and Moore's majority vote)
        self.device = 0  # its repetitions as of a device with an old password
        self.device_ts: int | None = None  # when it was tried last ...
        self.returned = False  # ... and whether that was one of these
        self.mixed = False  # several addresses of the network failed
        self.fresh = 0  # secrets new to the last address, since it came
        self.held = 0  # ... and its repetitions that are no guesses so far
        self.held_since = 0  # the first of these
        self.again = 0  # repetitions that are

    @property
    def guesses(self) -> int:
        """Return the secrets tried since the last success; those not seen as far as they are more."""
        return len(self.secrets) + max(0, self.hidden - self.visible)

    @property
    def stale(self) -> bool:
        """Say whether one secret makes up nine tenths of the failures: it leads the rest by eight."""
        few = len(self.secrets) < TOO_MANY
        return (
            few and self.visible > STALE and self.visible >= self.hidden and self.lead * 10 > self.visible * 8
        )

    def breaks_in(self, failures: int, secrets: int) -> bool:
        """Say whether a success now is one after guessing: so many failures with so many secrets."""
        # What a device repeats says nothing of its owner who mistypes beside it. Each repetition may have a
        # failure before it whose secret cannot be seen (smtplib).
        counted = self.failures - self.device - min(self.hidden, self.device)
        return counted >= failures and self.guesses >= secrets and not self.stale

    def failed(self, address: str, secret: int | None, mechanism: str | None, ts: int, *, again: bool) -> int:
        """Note a failure; return how many repetitions became guesses by it."""
        if not self.failures:
            self.first = ts
        if self.address != address:
            # What was counted for one source is nothing against another.
            self.address = address
            self.fresh = self.held = 0
            self.mixed = self.failures > 0
        self.failures += 1
        self.last = ts
        if secret is None:
            self.hidden += 1
            return 0
        if secret not in self.secrets and len(self.secrets) < SECRETS:
            self.secrets += (secret,)
        return self._saw(secret, mechanism, ts, again=again)

    def _saw(self, secret: int, mechanism: str | None, ts: int, *, again: bool) -> int:
        self.visible += 1
        if secret == self.leader:
            self.lead += 1
            late = self.device_ts is not None and ts - self.device_ts >= RETURNED
            # The same by another mechanism right after is the same device (smtplib).
            self.returned = late or (self.returned and mechanism != self.mechanism)
            self.device += self.returned
            self.device_ts = ts
        elif self.lead:
            self.lead -= 1
        else:
            self.leader, self.lead = secret, 1
            self.device_ts, self.returned = ts, False
        if not again:
            self.fresh += 1
        elif mechanism == self.mechanism:
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
