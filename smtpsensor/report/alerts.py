"""The alerts of a run as they stand in the end: the gravest and latest in full, all of them counted."""

from smtpsensor.detect.alert import Alert, AlertState, Severity


def is_break_in(alert: Alert) -> bool:
    """Say whether an alert tells of somebody who got in: what only such rules know is among its facts."""
    return "logins" in alert.facts and "then" in alert.facts and {"source", "username"} <= set(alert.key)


class KeptAlerts:
    """The last snapshot of each alert. Beyond `cap`, lower severities and earlier alerts go first."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._last: dict[str, Alert] = {}
        self.counts = dict.fromkeys(Severity, 0)
        self.dropped = 0

    def take(self, alert: Alert) -> None:
        """Take one snapshot."""
        known = self._last
        if alert.id not in known:
            if self.dropped and alert.state is not AlertState.OPENED:
                return  # counted, and let go
            self.counts[alert.severity] += 1
        known[alert.id] = alert
        if len(known) >= self._cap + self._cap // 4 + 1:  # not each time that one too many comes
            self._trim()

    def sorted(self) -> list[Alert]:
        """Return what is kept, worst first, then the latest."""
        self._trim()
        return list(self._last.values())

    def _trim(self) -> None:
        best = sorted(self._last.values(), key=lambda alert: (alert.severity.rank, -alert.last))
        self.dropped += max(0, len(best) - self._cap)
        self._last = {alert.id: alert for alert in best[: self._cap]}
