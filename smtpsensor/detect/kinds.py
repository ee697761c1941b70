"""What the kinds of rules differ in for who writes one: settings, and facts that templates may name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from smtpsensor.detect.break_in_records import DEFAULTS as BREAK_IN
from smtpsensor.detect.campaign_records import DEFAULTS as CAMPAIGN
from smtpsensor.detect.rate_shift import DEFAULTS as RATE_SHIFT
from smtpsensor.detect.rule import KEYS, Kind


@dataclass(frozen=True, slots=True)
class Form:
    """One kind. `settings`: their names and defaults; None: not checked."""

    settings: Mapping[str, float] | None
    facts: frozenset[str] | None  # None: not checked
    keys: tuple[str, ...] | None = KEYS  # what it can group by; None: not checked
    thresholds: bool = False  # whether it counts to thresholds


FORMS: Final[dict[Kind, Form]] = {
    Kind.THRESHOLD: Form({}, frozenset(), thresholds=True),
    Kind.SUCCESS_AFTER_FAILURES: Form(
        BREAK_IN,
        frozenset(
            (
                *("failures", "neighbours", "others", "logins", "sessions"),
                *("mails", "recipients", "mail_bytes", "after", "then"),
            )
        ),
    ),
    Kind.RATE_SHIFT: Form(RATE_SHIFT, frozenset(("rate", "normal", "attempts")), ("site", "server")),
    Kind.CAMPAIGN: Form(CAMPAIGN, frozenset(("shared_names", "shared_secrets")), ("campaign",)),
}
