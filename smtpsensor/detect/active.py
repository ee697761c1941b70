"""One alert while it is active: what is counted for it."""

from hashlib import blake2b

from smtpsensor.detect.alert import Evidence, Fact
from smtpsensor.detect.facts import Facts
from smtpsensor.detect.rule import Rule


class Active:
    """One active alert."""

    __slots__ = (
        "beyond",
        "count",
        "decisive",
        "ended",
        "facts",
        "first",
        "first_seen",
        "flow",
        "id",
        "key",
        "last",
        "last_t",
        "muted",
        "related",
        "rule",
        "seen",
        "stale",
        "told_t",
    )

    def __init__(self, rule: Rule, key: tuple[str, ...], now: Facts, first: Evidence, count: int) -> None:
        event = now.event
        self.rule = rule
        self.key = key
        self.first = first.ts
        self.first_seen = first
        self.last = max(event.ts, first.ts)
        self.last_t = self.told_t = now.t
        self.count = count
        self.flow = event.flow
        self.decisive = Evidence(event.ts, event.file, event.frame)
        self.id = identity(rule.name, key, first.ts)
        self.seen: tuple[dict[str | int, None], ...] = ({}, {}, {}, {})  # in the order of DISTINCT
        self.beyond = 0  # bit per kind: more than could be kept
        self.related: tuple[Active, ...] = ()
        self.facts: dict[str, Fact] = {}
        self.muted = False
        self.ended = -1  # engine time at which it was resolved
        self.stale = False  # something changed since it was told


def identity(rule: str, key: tuple[str, ...], first: int) -> str:
    """Return the alert's id: 16 hex digits of rule, key and first time (ns)."""
    text = "\0".join((rule, *key, str(first))).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=8).hexdigest()
