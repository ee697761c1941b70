"""A rule as the engine runs it: plain data, made by `loading` from YAML, with every default filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from smtpsensor.detect.alert import RuleFacts

# What attempts can be grouped by, and what of them can be counted.
KEYS: Final = ("source", "network", "username", "domain", "server")
DISTINCT: Final = ("sources", "networks", "usernames", "secrets")
ATTEMPTS: Final = "attempts"


class Kind(StrEnum):
    """How a rule decides."""

    THRESHOLD = "threshold"  # so many attempts or distinct things within a window
    SUCCESS_AFTER_FAILURES = "success_after_failures"  # smtpsensor.detect.break_in
    RATE_SHIFT = "rate_shift"  # smtpsensor.detect.rate_shift
    CAMPAIGN = "campaign"  # smtpsensor.detect.campaign


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both among them."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of `match`: the field's value must be one of `values`, or none of them (`negated`).

    A value is a string, a number, a boolean, None (the field is absent), a Pattern, a Range or a network.
    """

    field: str
    values: tuple[object, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """All of `counts` are reached within `window`, and less than `against_below` of what speaks against."""

    counts: tuple[tuple[str, int], ...]  # ("attempts", 10), ("usernames", 8)
    window: int  # ns
    against_below: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `match` is met if every condition is; an attempt that meets `against` speaks against it."""

    facts: RuleFacts
    kind: Kind
    match: tuple[Condition, ...]
    group: tuple[str, ...]
    thresholds: tuple[Threshold, ...]
    quiet: int  # ns without a matching attempt after which an alert is resolved
    update: int  # ns between two updates of one alert, at least
    against: tuple[Condition, ...] = ()
    against_count: str = ATTEMPTS  # what of them is counted: attempts, or distinct things
    unless: tuple[str, ...] = ()  # attempts that belong to an alert of these rules are not counted
    yields: tuple[str, ...] = ()  # not opened while these rules have an alert on the same thing
    covers: tuple[str, ...] = ()  # beside its key, an alert is about these members: source, network, username
    needs_trusted: bool = False  # silent until trusted networks are configured
    settings: Mapping[str, float] = field(default_factory=dict)  # of the kinds other than threshold
    servers: Mapping[str, tuple[Threshold, ...]] = field(
        default_factory=dict
    )  # address -> its own thresholds
    file: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """Return the rule's name."""
        return self.facts.name
