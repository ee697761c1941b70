"""An alert as Alertmanager's API v2 takes it: who it is in labels, what is known of it in annotations.

Alertmanager holds two alerts for one when their labels are equal. So nothing that changes is a label: counts,
lists and times are annotations (https://prometheus.io/docs/alerting/latest/clients/).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from smtpsensor.detect.alert import Alert, lasting

Labels = tuple[tuple[str, str], ...]  # sorted by name: the identity

PREFIX = "Smtpsensor"
LISTED = 20  # names of one list: a mail or a chat message holds no more
_MILLION = 1_000_000
_LAST = 253_402_300_799_000  # ms: 9999-12-31, the last year that RFC 3339 can write


def alertname(rule: str) -> str:
    """Return `SmtpsensorBruteForceSource` for `brute_force_source`."""
    return PREFIX + "".join(word[:1].upper() + word[1:] for word in rule.split("_"))


def labels(alert: Alert, host: str, more: Mapping[str, str]) -> Labels:
    """Return the identity of an alert. `more`: the site's own labels, which name no label of an alert."""
    named = {
        **more,
        **alert.key,
        "alertname": alertname(alert.rule.name),
        "rule": alert.rule.name,
        "severity": alert.severity.value,
        "host": host,
    }
    return tuple(sorted((name, _text(value)) for name, value in named.items() if value))


# What labels of the site may not be called: an alert's own.
RESERVED = frozenset(
    ("alertname", "rule", "severity", "host", "source", "network", "username", "domain", "server", "site")
)


def annotations(alert: Alert) -> dict[str, str]:
    """Return all else that is known, in words."""
    told = {
        "summary": alert.summary(),
        "description": alert.description(),
        "count": str(alert.count),
        "first": rfc3339(alert.first),
        "last": rfc3339(alert.last),
        "duration": lasting(alert.last - alert.first),
        "alert_id": alert.id,
    }
    if alert.rule.technique:
        told["technique"] = alert.rule.technique
    for kind, number in alert.distinct.items():
        if number.count:
            told[kind] = str(number)
    for kind, members in alert.members.items():
        if members:
            told[f"{kind}_list"] = _listed(members, alert.beyond(kind))
    for name, seen in (("first_seen", alert.first_seen), ("decisive", alert.decisive)):
        if seen.file is not None:
            told[name] = f"{seen.file} packet {seen.frame}"
    if alert.related:
        told["related"] = ", ".join(alert.related[:LISTED])
    for name, fact in alert.facts.items():
        told.setdefault(name, str(fact))
    return {name: _text(value) for name, value in told.items()}


def message(
    identity: Labels, told: Mapping[str, str], starts: int, ends: int, generator: str
) -> dict[str, Any]:
    """Return one element of what is posted. `starts`, `ends`: ns; they differ, as Alertmanager demands."""
    starts_ms = _ms(starts)
    posted: dict[str, Any] = {
        "labels": dict(identity),
        "annotations": dict(told),
        "startsAt": _stamp(starts_ms),
        "endsAt": _stamp(max(_ms(ends), starts_ms + 1)),
    }
    if generator:
        posted["generatorURL"] = generator
    return posted


def generator_url(template: str, identity: Labels, alert_id: str) -> str:
    """Fill `{id}`, `{rule}`, `{source}` and other labels into an address; what is not known is empty."""
    if not template:
        return ""
    words = _Quoted({name: quote(value, safe="") for name, value in identity})
    words["id"] = quote(alert_id, safe="")
    return template.format_map(words)


class _Quoted(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def rfc3339(ns: int) -> str:
    """Return a time of UTC with milliseconds; what lies outside of 1970 to 9999 is its nearest end."""
    return _stamp(_ms(ns))


def _ms(ns: int) -> int:
    return max(0, min(_LAST, ns // _MILLION))


def _stamp(ms: int) -> str:
    seconds, rest = divmod(ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


def _listed(members: Sequence[str], beyond: int) -> str:
    more = len(members) - LISTED + beyond if len(members) > LISTED else beyond
    text = ", ".join(members[:LISTED])
    return f"{text} and {more} more" if more > 0 else text


def _text(text: str) -> str:
    """Return what UTF-8 can hold: Go refuses a label value that is none."""
    return text.encode("utf-8", "replace").decode()
