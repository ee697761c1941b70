"""Attempts and sessions as a story: who tried which name with which secret, and what came of it."""

from collections.abc import Sequence
from typing import Any

from sinks.samples import NOON, SECOND, auth, flow, session
from support.tree import ROOT

from smtpsensor.detect.alert import RuleFacts, Severity
from smtpsensor.detect.engine import Engine
from smtpsensor.detect.loading import load_file
from smtpsensor.detect.rule import Condition, Kind, Rule, Threshold
from smtpsensor.detect.site import Site
from smtpsensor.events import Encryption, Event, Outcome
from smtpsensor.report import Report, ReportBuilder
from smtpsensor.report.thresholds import Caps
from smtpsensor.sinks.names import NamePolicy
from smtpsensor.stats import Stats
from smtpsensor.tagging import Tagger

ATTACKER = "198.51.100.7"
OWNER = "192.0.2.10"
FAILURE, SUCCESS = Outcome.FAILURE, Outcome.SUCCESS


MINUTE = 60 * SECOND


def counting(
    name: str, sid: int, severity: Severity, match: Condition, group: tuple[str, ...], attempts: int
) -> Rule:
    """A counting rule of these tests: theirs change with the report, the shipped ones with the attackers."""
    summary = "{count} attempts, {usernames} accounts"
    return Rule(
        facts=RuleFacts(name, sid, 1, severity, "T1110", summary, summary),
        kind=Kind.THRESHOLD,
        match=(match,),
        group=group,
        thresholds=(Threshold((("attempts", attempts),), 10 * MINUTE),),
        quiet=60 * MINUTE,
        update=5 * MINUTE,
    )


BREAK_IN = load_file(ROOT / "rules" / "detection" / "success_after_failures.yaml").rule
RULES = (
    BREAK_IN,
    counting("many_failures", 1, Severity.WARNING, Condition("guess", (True,)), ("source",), 10),
    counting("readable", 2, Severity.INFO, Condition("readable", (True,)), ("server",), 1),
)


class Wire:
    """Feeds a builder; each attempt is a second later unless told. `repeated` is as on the wire."""

    def __init__(
        self,
        caps: Caps | None = None,
        policy: NamePolicy | None = None,
        rules: Sequence[Rule] = RULES,
        site: Site | None = None,
    ) -> None:
        self.stats = Stats()
        self.engine = Engine(rules, site)
        self.builder = ReportBuilder(self.stats, policy, caps, host="sensor1", rules=rules)
        self.now = NOON
        self.frame = 0
        self._tagger = Tagger(b"test")
        self._failed: set[tuple[str, str, str]] = set()
        self._flow = 0

    def take(self, event: Event) -> None:
        """One event past the rules to the report, with the alerts right behind."""
        said = self.engine.take(event)
        self.builder.add(event)
        for alert in said:
            self.builder.alert(alert)

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
        where = changes.pop("where", {})
        values = {
            "ts": self.now,
            "ts_end": self.now + SECOND,
            "flow": flow(**{"flow_id": self._flow, **where}),
        }
        self.take(session(**(values | {"encryption": Encryption.CLEAR} | changes)))

    def smtplib(self, source: str, name: str, secret: str, **changes: Any) -> None:
        """Python's login() with a wrong password: CRAM-MD5, PLAIN, LOGIN within one connection."""
        for mechanism in ("CRAM-MD5", "PLAIN", "LOGIN"):
            self.fail(
                source, name, None if mechanism == "CRAM-MD5" else secret, mechanism=mechanism, **changes
            )

    def report(self) -> Report:
        self.stats.first_ts, self.stats.last_ts = NOON, self.now
        for alert in self.engine.finish():
            self.builder.alert(alert)
        return self.builder.build(("attack.pcap",), detection=self.engine.stats())


def passwords(count: int, start: int = 0) -> list[str]:
    return [f"guess{number}" for number in range(start, start + count)]
