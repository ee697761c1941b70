"""Attempts written down shortly: what the detection tests are made of."""

from smtpsensor.detect.alert import RuleFacts, Severity
from smtpsensor.detect.rule import Condition, Kind, Rule, Threshold
from smtpsensor.events import AuthEvent, Flow, Outcome

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_793_491_200 * SECOND  # 2026-11-01 00:00 UTC


def attempt(
    at: int,
    source: str = "198.51.100.7",
    username: str | None = "anna@example.org",
    outcome: Outcome = Outcome.FAILURE,
    secret: int | None = None,
    **fields: object,
) -> AuthEvent:
    """One attempt `at` ns after the start. `secret`: its tag; the same number is the same password."""
    flow = Flow(source, 40_000, "203.0.113.25", 587, flow_id=at % 2**53, community_id="1:")
    return AuthEvent(
        ts=START + at,
        ts_verdict=START + at,
        flow=flow,
        outcome=outcome,
        username=username,
        secret=secret,
        mechanism="PLAIN",
        **fields,  # type: ignore[arg-type]
    )


def rule(
    name: str = "guesses",
    group: tuple[str, ...] = ("source",),
    *thresholds: Threshold,
    quiet: int = HOUR,
    match: tuple[Condition, ...] = (Condition("outcome", (Outcome.FAILURE,)),),
    severity: Severity = Severity.WARNING,
    **fields: object,
) -> Rule:
    """A counting rule, ten failures in five minutes unless told otherwise."""
    facts = RuleFacts(name, 4_900_001, 1, severity, "T1110.001", "{count} by {source}", "")
    return Rule(
        facts=facts,
        kind=Kind.THRESHOLD,
        match=match,
        group=group,
        thresholds=thresholds or (Threshold((("attempts", 10),), 5 * MINUTE),),
        quiet=quiet,
        update=fields.pop("update", 5 * MINUTE),  # type: ignore[arg-type]
        **fields,  # type: ignore[arg-type]
    )
