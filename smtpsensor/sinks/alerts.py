"""What EVE and ECS lines say of an alert under the same names, beside the fields that each has of its own."""

from smtpsensor.detect.alert import Alert
from smtpsensor.sinks.lines import Record
from smtpsensor.sinks.times import Stamper

# `alert.category` is one of Suricata's class types, by the technique that the rule names: its consumers sort
# and colour by these words. A technique covers its sub-techniques.
_CATEGORIES = {
    "T1078": "Successful User Privilege Gain",  # valid accounts: somebody is in
    "T1110": "Attempted User Privilege Gain",  # brute force
    "T1040": "Potential Corporate Privacy Violation",  # sniffing: what is sent in clear
}
_CATEGORY = "Misc activity"


def category(technique: str | None) -> str:
    """Return Suricata's class type for a MITRE ATT&CK technique or sub-technique."""
    return _CATEGORIES.get((technique or "").partition(".")[0], _CATEGORY)


def details(alert: Alert, stamp: Stamper) -> Record:
    """Return id, rule, state, key, numbers, members and evidence; what is empty or zero is left out."""
    record: Record = {
        "id": alert.id,
        "rule": alert.rule.name,
        "state": alert.state,
        "key": dict(alert.key),
        "count": alert.count,
        "distinct": {kind: number.count for kind, number in alert.distinct.items() if number.count},
        "first": stamp(alert.first),
        "last": stamp(alert.last),
    }
    capped = [kind for kind, number in alert.distinct.items() if number.at_least]
    if capped:
        record["at_least"] = capped
    members = {kind: names for kind, names in alert.members.items() if names}
    if members:
        record["members"] = members
        # Only for what is listed at all: names that may not be told are counted in `distinct`.
        beyond = {kind: more for kind in members if (more := alert.beyond(kind))}
        if beyond:
            record["beyond"] = beyond
    if alert.related:
        record["related"] = alert.related
    if alert.facts:
        record["facts"] = dict(alert.facts)
    seen: Record = {}
    if alert.first_seen.file is not None:
        seen["file"] = alert.first_seen.file
    if alert.first_seen.frame is not None:
        seen["packet"] = alert.first_seen.frame
    if seen:
        record["first_seen"] = seen
    return record
