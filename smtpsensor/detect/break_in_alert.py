"""What the alert of a break-in says: after what the login came, and what was done with it."""

from smtpsensor.detect.alert import Evidence, Fact
from smtpsensor.detect.alerts import Alerts
from smtpsensor.detect.break_in_records import BreakIn
from smtpsensor.detect.facts import Facts
from smtpsensor.detect.rule import Rule
from smtpsensor.events import SessionEvent


def say(rule: Rule, alerts: Alerts, found: BreakIn, facts: Facts) -> None:
    """Open the alert of a break-in at a login, or go on with it."""
    alert = found.alert
    if alert is not None and alert.ended < 0:
        alert.facts.update(told(found))
        alerts.hit(alert, facts)
        return
    if alert is None:
        facts = found.login
        first, count = found.first, found.tries + found.logins  # some came while it was not sure yet
    else:  # it was resolved, and whoever got in is back
        first, count = Evidence(facts.ts, facts.event.file, facts.event.frame), 1
    known = alerts.active.get((rule.name, found.key))
    more = told(found) | _verdict(facts)
    if known is None:
        known = alerts.open(
            rule, found.key, facts, first=first, count=count, seen={"secrets": found.secrets}, more=more
        )
        if known is not None:
            known.last = max(known.last, found.last.ts)
            known.last_t = found.last.t
    else:  # what was known of the account was forgotten, its alert was not
        known.facts.update(more)
        alerts.hit(known, found.last)
    found.alert = known


def done(found: BreakIn, event: SessionEvent, t: int, alerts: Alerts) -> None:
    """Add what a session did. News is said at once: the first session, the first mail; more, now and then."""
    news = not found.sessions or (event.mails and not found.mails)
    found.sessions += 1
    found.mails += event.mails
    found.recipients += event.recipients
    found.mail_bytes += event.mail_bytes
    alert = found.alert
    if alert is None or alert.ended >= 0:
        return
    alert.facts.update(told(found))
    alert.stale = True
    if news or t - alert.told_t >= alert.rule.update:
        alerts.update(alert, event.ts_end, t)


def told(found: BreakIn) -> dict[str, Fact]:
    """Return what the alert tells beside its counts; `after` and `then` are for people."""
    facts: dict[str, Fact] = {
        "failures": found.own,
        "neighbours": found.neighbours,
        "others": found.others,
        "secrets": len(found.secrets),
        "logins": found.logins,
        "sessions": found.sessions,
        "mails": found.mails,
        "recipients": found.recipients,
        "mail_bytes": found.mail_bytes,
        "after": _after(found),
        "then": _then(found),
    }
    if found.more_others and found.others:
        facts["others_at_least"] = True
    if found.more_secrets:
        facts["secrets_at_least"] = True
    return facts


def _verdict(facts: Facts) -> dict[str, Fact]:
    event = facts.event
    place: dict[str, Fact] = {}
    if event.verdict_file is not None:
        place["verdict_file"] = event.verdict_file
    if event.verdict_frame is not None:
        place["verdict_packet"] = event.verdict_frame
    return place


def _after(found: BreakIn) -> str:
    """Return `5 failures on this account with 5 passwords` or `failing on 16 other accounts`."""
    own = _some(found.own, "failure") + " on this account"
    if found.neighbours:
        own += f" from its {'/64' if ':' in found.login.source else '/24'}"
    text = own
    if found.others:
        others = f"failing on {_some(found.others, 'other account', more=found.more_others)}"
        text = f"{own} and {others}" if found.own else others
    if found.secrets:
        text += f" with {_some(len(found.secrets), 'password', more=found.more_secrets)}"
    return text


def _then(found: BreakIn) -> str:
    if not found.sessions:
        return "not known yet, no session has ended"
    if found.mails or found.recipients or found.mail_bytes:
        mails, recipients = _some(found.mails, "mail"), _some(found.recipients, "recipient")
        return f"sent {mails} to {recipients}, {_some(found.mail_bytes, 'byte')}"
    return "sent no mail"


def _some(count: int, what: str, *, more: bool = False) -> str:
    return f"{count:,}{'+' * more} {what}{'s' * (count != 1 or more)}"
