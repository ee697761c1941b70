"""Label values of Prometheus series: from bounded sets only, whatever the wire says.

A label value that a client can choose makes a series per guess. So mechanisms and codes are known ones or
`other`, and servers are counted apart up to a cap.
"""

from smtpsensor.events import AuthEvent, Flow
from smtpsensor.sinks.names import MECHANISMS

OTHER = "other"
UNKNOWN = "unknown"  # it was not seen
# (server, port) pairs with series of their own: a sensor watches the mail servers of a site.
SERVERS = 64

# Codes of a failure, and what each stands for (RFC 4954 section 6, RFC 5321 section 4.2.2).
REASONS: dict[int, str] = {
    432: "password_transition",
    534: "mechanism_too_weak",
    535: "credentials_invalid",
    538: "encryption_required",
    550: "refused",
    553: "refused",
    554: "refused",
}


class Servers:
    """The server labels; the first `cap` pairs of address and port keep their own."""

    def __init__(self, cap: int = SERVERS) -> None:
        self.cap = cap
        self._known: dict[tuple[str, int], tuple[str, str]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, flow: Flow) -> tuple[str, str]:
        """Return the values of `server` and `port`."""
        key = (flow.dst, flow.dst_port)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= self.cap:
                return OTHER, OTHER
            known = self._known[key] = (flow.dst, str(flow.dst_port))
        return known


def mechanism(event: AuthEvent) -> str:
    """Return the SASL name, `other` for one that is not known, `unknown` where it was not seen."""
    name = event.mechanism
    if name is None:
        return UNKNOWN
    return name if name in MECHANISMS and name != "OTHER" else OTHER


def code_and_reason(event: AuthEvent) -> tuple[str, str]:
    """Return the values of `code` and `reason` of a failure."""
    reason = REASONS.get(event.code or 0)
    return (OTHER, OTHER) if reason is None else (str(event.code), reason)
