"""Every cap with what it allows, what of it is taken, and how often it was in the way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from smtpsensor.config import Limits
from smtpsensor.detect.caps import Caps
from smtpsensor.detect.engine import EngineStats
from smtpsensor.metrics.counters import Counters
from smtpsensor.metrics.topk import TopK


@dataclass(frozen=True, slots=True)
class Usage:
    """One cap. What is None has no number."""

    name: str
    limit: int | None
    used: int | None = None
    refusals: int | None = None


# Caps of the packet path, and the anomaly that is counted when one is reached. Times are no caps.
REFUSED_AS: Mapping[str, str | None] = {
    "connections": "connection_evicted",
    "closed_entries": None,
    "held_total": None,
    "held_per_direction": "hold_limit",  # of this, of `held_segments` or of `held_total`
    "held_segments": None,
    "line": "line_too_long",
    "backlog": "client_backlog",
    "reply_backlog": None,
    "history": None,
    "fragments": "fragment_evicted",  # of this or of `fragment_bytes`
    "fragment_bytes": None,
    "fragment_parts": None,
    "nesting": "tunnel_too_deep",
    "repeats": "repeat_evicted",
    "text": None,
}


def packet_path(limits: Limits, used: Mapping[str, int], named: Mapping[str, int]) -> Iterator[Usage]:
    """Yield the caps of `config.Limits`. `used`: by their names; `named`: anomalies."""
    for name, anomaly in REFUSED_AS.items():
        refusals = None if anomaly is None else named.get(anomaly, 0)
        yield Usage(name, getattr(limits, name), used.get(name), refusals)


def detection(caps: Caps, stats: EngineStats, alerts: int, distinct: int) -> Iterator[Usage]:
    """Yield the caps of `detect.Caps`.

    `alerts`: active ones of the rule that has most. `distinct`: things counted by all active alerts.
    """
    yield Usage("alerts_of_a_rule", caps.active, alerts, stats.refused)
    yield Usage("alert_values", caps.distinct_total, distinct)
    yield Usage("alert_values_each", caps.distinct)
    yield Usage("alert_members", caps.members)
    yield Usage("alert_related", caps.related)
    yield Usage("detection_records", caps.records)
    yield Usage("detection_record_values", caps.values)
    yield Usage("detection_pairs", caps.pairs)
    for detector in stats.detectors:
        # A detector may keep several tables of these two sizes, so that it has no single limit of its own.
        yield Usage(f"detection:{detector.name}", None, detector.entries, detector.evicted)


def own(counters: Counters) -> Iterator[Usage]:
    """Yield the caps of the metrics themselves."""
    yield Usage("metric_servers", counters.servers.cap, len(counters.servers))
    yield Usage("metric_label_sets", counters.where_cap, len(counters.wheres), counters.refused)
    for name, top in (("top_sources", counters.sources), ("top_usernames", counters.usernames)):
        if isinstance(top, TopK):
            yield Usage(name, top.table, len(top), top.forgotten)
