"""What detection says: an alert, as it stood when it was opened, updated or resolved.

One attack is one alert. Its identity is the rule and the key it was grouped by; `id` adds the time of the
first attempt, so that the same source attacking again next week is another one.
"""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from string import Formatter

from smtpsensor.events import Flow

Fact = int | float | str | bool


class Severity(StrEnum):
    """How loud an alert is, loudest first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Return 1 for critical, 2 for warning, 3 for info, as EVE numbers them."""
        return _RANKS[self]


_RANKS = {Severity.CRITICAL: 1, Severity.WARNING: 2, Severity.INFO: 3}


class AlertState(StrEnum):
    """Where in its life an alert is."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One attempt that shows it: packet time (ns), and capture file and packet number if there is a file."""

    ts: int
    file: str | None = None
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """A number of distinct things; `at_least`: a cap was reached, there may be more."""

    count: int
    at_least: bool = False

    def __str__(self) -> str:
        return f"{self.count}+" if self.at_least else str(self.count)


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What of a rule goes with its alerts: number and revision identify it to EVE's readers."""

    name: str
    sid: int
    rev: int
    severity: Severity
    technique: str | None  # MITRE ATT&CK id, such as T1110.003
    summary: str  # templates, see `Alert.summary`
    description: str


@dataclass(slots=True)
class Alert:
    """A snapshot. Names in `key` and `members` are as decoded from the wire, made harmless."""

    id: str  # 16 hex digits: rule, key and first time; equal on every run over the same capture
    rule: RuleFacts
    state: AlertState
    ts: int  # of this change, ns of packet time
    key: Mapping[str, str]  # what it was grouped by: source, network, username, domain, server
    first: int  # of the first and last attempt that belong to it, ns of packet time
    last: int
    count: int  # attempts that belong to it
    distinct: Mapping[str, Count]  # sources, networks, usernames, secrets among them
    members: Mapping[str, tuple[str, ...]]  # the first of these by name (never secrets), in order of arrival
    flow: Flow  # of the decisive attempt: the one that met the threshold, or the login
    first_seen: Evidence
    decisive: Evidence
    related: tuple[str, ...] = ()  # ids of alerts about the same source or account
    facts: Mapping[str, Fact] = field(default_factory=dict)  # what only some rules know

    @property
    def severity(self) -> Severity:
        """Return the rule's severity."""
        return self.rule.severity

    def summary(self) -> str:
        """Return one line: what happened."""
        return self._filled(self.rule.summary)

    def description(self) -> str:
        """Return what it means and what to look at."""
        return self._filled(self.rule.description)

    def beyond(self, kind: str) -> int:
        """Return how many of a kind (`sources`, `usernames`, `networks`) are not in `members`."""
        counted = self.distinct.get(kind)
        return 0 if counted is None else max(0, counted.count - len(self.members.get(kind, ())))

    def _filled(self, template: str) -> str:
        return filled(template, _Words(self), TEMPLATE_FIELDS | self.facts.keys())


# What a template may name beside the key and the rule's own facts.
TEMPLATE_FIELDS = frozenset(("count", "sources", "networks", "usernames", "secrets", "duration"))
WITHHELD = "(name withheld)"  # reads well wherever a name may stand


class _Words(dict[str, str]):
    """The words of a template, looked up as they are needed."""

    def __init__(self, alert: Alert) -> None:
        super().__init__()
        self._alert = alert

    def __missing__(self, word: str) -> str:
        alert = self._alert
        if word in alert.key:
            return alert.key[word]
        if word == "count":
            return str(alert.count)
        if word == "duration":
            return lasting(alert.last - alert.first)
        if word in alert.distinct:
            return str(alert.distinct[word])
        if word in alert.facts:
            return str(alert.facts[word])
        return WITHHELD if word in {"username", "domain"} else "0"


# What follows a number: `accounts`, perhaps with `different` before it, which one thing cannot be.
_COUNTED_NOUN = re.compile(r" (?:different )?((?:other )?)([a-z]{3,}s)\b")
_NO_NOUNS = frozenset(("across", "always", "does", "has", "less", "this", "was"))


def filled(template: str, words: Mapping[str, str], counted: Container[str]) -> str:
    """Return a template with its words in place; of one thing, as in `1 account`, the singular is written.

    `counted`: fields that hold numbers of what the next word says. Raises KeyError where `words` does.
    """
    text, one = "", False
    for literal, name, _, _ in Formatter().parse(template):
        text += _COUNTED_NOUN.sub(_singular, literal, count=1) if one and _noun(literal) else literal
        if name is not None:
            word = words[name]
            text += word
            one = word == "1" and name in counted
    return text


def _noun(literal: str) -> bool:
    found = _COUNTED_NOUN.match(literal)
    return found is not None and found[2] not in _NO_NOUNS


def _singular(found: re.Match[str]) -> str:
    noun = found[2]
    if noun.endswith("ies"):  # tries
        noun = f"{noun[:-3]}y"
    elif noun.endswith(("sses", "shes", "ches")):  # guesses, addresses
        noun = noun[:-2]
    elif not noun.endswith("ss"):
        noun = noun[:-1]
    return f" {found[1]}{noun}"


_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def lasting(ns: int) -> str:
    """Return a duration in words: 45 s, 12 min, 3 h, 2 d."""
    seconds = max(0, ns) // 1_000_000_000
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
