"""One source network on one account, for what the report counts of it beside its guesses."""

from smtpsensor.detect.tries import Tries
from smtpsensor.report.state import Account


class Pair(Tries):
    """One source network (/24, /64) on one account: failures in a row, until it gets in."""

    __slots__ = ("account", "broken", "recovered", "repeated", "stale_first")

    def __init__(self, network: str, account: Account, address: str, ts: int) -> None:
        super().__init__(network, address, ts)
        self.account = account
        self.stale_first = ts
        self.repeated = 0  # failures with a secret that had failed before, in all
        self.recovered = False  # it got in after failures too few or too alike
        self.broken = False  # an alert says that it broke in

    def rank(self) -> tuple[int, int]:
        """Order by interest: what is shed first comes first."""
        return self.failures + self.repeated, self.last
