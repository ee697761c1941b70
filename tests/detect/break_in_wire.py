"""Attempts and sessions as a story, through the engine with the one rule: what its alerts say in the end."""

from typing import Any

from sinks.samples import NOON, SECOND, auth, flow, session
from support.tree import ROOT

from smtpsensor.detect.alert import Alert, AlertState
from smtpsensor.detect.break_in import BreakIns
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_file
from smtpsensor.detect.rule import Rule
from smtpsensor.detect.site import Site
from smtpsensor.events import Encryption, Event, Outcome
from smtpsensor.tagging import Tagger

ATTACKER = "198.51.100.7"
OWNER = "192.0.2.10"
FAILURE, SUCCESS = Outcome.FAILURE, Outcome.SUCCESS
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
RULE = load_file(ROOT / "rules" / "detection" / "success_after_failures.yaml").rule


class Wire:
    """Feeds an engine; each attempt is a second later unless told. `repeated` is as on the wire."""

    def __init__(self, caps: Caps | None = None, rule: Rule = RULE, site: Site | None = None) -> None:
        self.engine = Engine([rule], site, caps)
        self.said: list[Alert] = []
        self.now = NOON
        self.frame = 0
        self._tagger = Tagger(b"test")
        self._failed: set[tuple[str, str, str]] = set()
        self._flow = 0

    def take(self, event: Event) -> None:
        self.said += self.engine.take(event)

    def attempt(
        self, outcome: Outcome, source: str, name: str | None, secret: str | None = None, **changes: Any
    ) -> None:
        """One attempt in a connection of its own; `secret` None: CRAM-MD5, nothing to see."""
        self.now += changes.pop("wait", SECOND)
        self.frame += 12
        self._flow += 1
        values: dict[str, Any] = {
            "ts": self.now,
            "ts_verdict": self.now,
            "flow": flow(src=source, flow_id=self._flow, **changes.pop("where", {})),
            "username": name,
            "mechanism": "CRAM-MD5" if secret is None else "PLAIN",
            "file": "attack.pcap",
            "frame": self.frame,
            "verdict_file": "attack.pcap",
            "verdict_frame": self.frame + 2,
            "repeated": None,
        }
        if secret is not None:
            key = (source, (name or "").casefold(), secret)
            values |= {"secret": self._tagger.tag(secret.encode()), "repeated": key in self._failed}
            if outcome is FAILURE:
                self._failed.add(key)
        self.take(auth(outcome, **(values | changes)))

    def fail(self, source: str, name: str | None, *secrets: str | None, **changes: Any) -> None:
        for secret in secrets:
            self.attempt(FAILURE, source, name, secret, **changes)

    def login(self, source: str, name: str, secret: str | None = "right", **changes: Any) -> None:
        self.attempt(SUCCESS, source, name, secret, **changes)

    def end(self, **changes: Any) -> None:
        """The end of the last attempt's connection."""
        values = {"ts": self.now, "ts_end": self.now + SECOND, "flow": flow(flow_id=self._flow)}
        self.take(session(**(values | {"encryption": Encryption.CLEAR} | changes)))

    def smtplib(self, source: str, name: str, secret: str, **changes: Any) -> None:
        """Python's login() with a wrong password: CRAM-MD5, PLAIN, LOGIN within one connection."""
        for mechanism in ("CRAM-MD5", "PLAIN", "LOGIN"):
            self.fail(
                source, name, None if mechanism == "CRAM-MD5" else secret, mechanism=mechanism, **changes
            )

    def alerts(self) -> list[Alert]:
        """Return the last snapshot of every alert, in the order in which they were opened."""
        self.said += self.engine.finish()
        last: dict[str, Alert] = {}
        for alert in self.said:
            assert (alert.state is AlertState.OPENED) == (alert.id not in last)
            last[alert.id] = alert
        return list(last.values())

    def names(self) -> list[str]:
        return [alert.key["username"] for alert in self.alerts()]

    @property
    def detector(self) -> BreakIns:
        (detector,) = self.engine._detectors
        assert isinstance(detector, BreakIns)
        return detector


def only(wire: Wire) -> Alert:
    (alert,) = wire.alerts()
    return alert


def passwords(count: int, start: int = 0) -> list[str]:
    return [f"guess{number}" for number in range(start, start + count)]
