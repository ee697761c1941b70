"""From alerts to rows of the report: worst first, named as the policy allows."""

from collections.abc import Iterable

from smtpsensor.detect.alert import Alert, Evidence
from smtpsensor.detect.tries import SECRETS
from smtpsensor.report.alerts import is_break_in
from smtpsensor.report.model import AlertRow, Count, Name, Place
from smtpsensor.report.state import Account
from smtpsensor.sinks.names import NamePolicy


def alert_row(alert: Alert, account: Name | None, policy: NamePolicy) -> AlertRow:
    """Return the row of an alert with its real names; `account`: its account as it may be printed."""
    shown = policy.apply(alert)
    return AlertRow(
        id=shown.id,
        rule=shown.rule.name,
        severity=str(shown.severity),
        state=str(shown.state),
        technique=shown.rule.technique,
        summary=shown.summary(),
        description=shown.description(),
        key=dict(shown.key),
        account=account,
        count=shown.count,
        distinct={
            kind: Count(number.count, not number.at_least)
            for kind, number in shown.distinct.items()
            if number.count
        },
        first=shown.first,
        last=shown.last,
        at=shown.decisive.ts,
        first_seen=_place(shown.first_seen),
        decisive=_place(shown.decisive),
        related=shown.related,
        facts=dict(shown.facts),
    )


def weight(alert: Alert) -> tuple[int, ...]:
    """Order alerts: by severity, by what was sent, by attempts."""
    facts = alert.facts
    return alert.severity.rank, -_number(facts.get("recipients")), -_number(facts.get("mails")), -alert.count


def logins_told(alerts: Iterable[Alert]) -> dict[str, int]:
    """Return by source the logins that alerts of break-ins tell of."""
    told: dict[str, int] = {}
    for alert in alerts:
        if is_break_in(alert):
            for source in {alert.key["source"], *alert.members.get("sources", ())}:
                told[source] = told.get(source, 0) + _number(alert.facts["logins"])
    return told


def secrets_told(alerts: Iterable[Alert]) -> dict[str, Alert]:
    """Return by account (in lower case) the alert about it alone that counted most secrets."""
    told: dict[str, Alert] = {}
    for alert in alerts:
        names = alert.distinct.get("usernames")
        members = alert.members.get("usernames", ())
        # The secrets of a break-in's alert are those of logins as well.
        if names is None or names.count != 1 or names.at_least or not members or is_break_in(alert):
            continue
        known = told.get(members[0])
        if known is None or _secrets(known) < _secrets(alert):
            told[members[0]] = alert
    return told


def secrets_of(account: Account, told: Alert | None) -> Count | None:
    """Return the distinct secrets tried on an account; None: none could be seen.

    The report remembers SECRETS of each. `told`, an alert on this account alone, may have counted more of
    them; these are all if it counted as many attempts as failed.
    """
    count = len(account.secrets)
    if told is not None and count >= SECRETS and _secrets(told) >= count:
        counted = told.distinct["secrets"]
        return Count(counted.count, not counted.at_least and told.count >= account.failures)
    return Count(count, count < SECRETS) if count else None


def _secrets(alert: Alert) -> int:
    counted = alert.distinct.get("secrets")
    return 0 if counted is None else counted.count


def _number(fact: object) -> int:
    return fact if isinstance(fact, int) else 0


def _place(evidence: Evidence) -> Place:
    return Place(evidence.file, evidence.frame)
