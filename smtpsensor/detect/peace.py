"""What a site's failures are like in peace: a beta-binomial distribution, fitted to blocks of attempts.

Mean m and correlation r of the last blocks, by the method of moments with each block weighted by its attempts
(Kleinman, "Proportions with Extraneous Variance", JASA 1973): alpha = m (1 - r) / r, and
beta = (1 - m) (1 - r) / r.
"""

from collections import deque
from math import lgamma, sqrt
from typing import Final

# However quiet the peace was: one failure in fifty is nothing, and blocks differ.
_LEAST_MEAN: Final = 0.02
_LEAST_CORRELATION: Final = 0.01
# Beyond, nothing could be a shift; and log-gamma needs both parameters above zero.
_MOST: Final = 0.9


class Peace:
    """What is normal: the last blocks of peace, as sums."""

    __slots__ = ("_blocks", "_cap", "_squares", "_weights", "attempts", "failures")

    def __init__(self, blocks: int) -> None:
        self._cap = blocks
        self._blocks: deque[tuple[int, int]] = deque()
        self.failures = 0
        self.attempts = 0
        self._weights = 0  # sum of n * n
        self._squares = 0.0  # sum of x * x / n

    def learn(self, failures: int, attempts: int) -> None:
        """Add a block; the oldest leaves."""
        if len(self._blocks) >= self._cap:
            self._add(*self._blocks.popleft(), -1)
        self._blocks.append((failures, attempts))
        self._add(failures, attempts, 1)

    def _add(self, failures: int, attempts: int, sign: int) -> None:
        self.failures += sign * failures
        self.attempts += sign * attempts
        self._weights += sign * attempts * attempts
        self._squares += sign * failures * failures / attempts

    def correlation(self) -> float:
        """Return r by the method of moments, weighted by attempts; 0 would be a binomial."""
        total, blocks = self.attempts, len(self._blocks)
        mean = self.failures / total if total else 0.0
        spread = mean * (1 - mean)
        room = total - self._weights / total - (blocks - 1) if total else 0.0
        if spread <= 0 or room <= 0:
            return _LEAST_CORRELATION
        deviation = self._squares - total * mean * mean
        found = (deviation / spread - (blocks - 1)) / room
        return min(_MOST, max(_LEAST_CORRELATION, found))

    def mean(self, correlation: float) -> float:
        """Return m, two standard errors high."""
        total = self.attempts
        found = max(_LEAST_MEAN, self.failures / total)
        wide = 1 + (total / len(self._blocks) - 1) * correlation
        return min(_MOST, found + 2 * sqrt(found * (1 - found) * wide / total))


def likelier(failures: int, attempts: int, mean: float, shifted: float, correlation: float) -> float:
    """Return the logarithm of how much likelier `failures` of `attempts` are at `shifted` than at `mean`."""
    total = (1 - correlation) / correlation
    passed = attempts - failures
    found = 0.0
    for share, sign in ((shifted, 1), (mean, -1)):
        alpha, beta = share * total, (1 - share) * total
        found += sign * (lgamma(failures + alpha) + lgamma(passed + beta) - lgamma(alpha) - lgamma(beta))
    return found
