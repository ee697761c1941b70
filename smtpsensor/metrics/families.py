"""Every metric: its name, type, labels and meaning. docs/metrics.md is held to this list by a test."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Prometheus' types, as far as they are used. An info metric is a gauge that always is 1."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `name` is what Prometheus knows it by, with the `_total` of a counter."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    meaning: str


_WHERE = ("server", "port", "mechanism")
_ALERT = ("rule", "severity")
_COUNTER, _GAUGE = Kind.COUNTER, Kind.GAUGE

_ALL = (
    Family("build_info", _GAUGE, ("version", "python"), "1, with the versions of program and Python"),
    Family("auth_attempts_total", _COUNTER, (*_WHERE, "outcome"), "AUTH attempts"),
    Family(
        "auth_failures_total", _COUNTER, (*_WHERE, "code", "reason"), "AUTH attempts that the server refused"
    ),
    Family("sessions_total", _COUNTER, ("encryption",), "SMTP connections that ended"),
    Family(
        "auth_response_seconds",
        Kind.HISTOGRAM,
        ("outcome",),
        "Time from the last credentials to the verdict; a server that slows down attackers shows here",
    ),
    Family("alerts_opened_total", _COUNTER, _ALERT, "Alerts that were opened"),
    Family("alerts_active", _GAUGE, _ALERT, "Alerts that are not resolved"),
    Family("alert_info", _GAUGE, (*_ALERT, "alert_id", "key"), "1 for each active alert, the loudest first"),
    Family("top_source_failures", _GAUGE, ("source",), "Failed attempts of the busiest sources"),
    Family("top_username_failures", _GAUGE, ("username",), "Failed attempts on the busiest accounts"),
    Family("anomalies_total", _COUNTER, ("anomaly",), "Odd traffic, by name"),
    Family("limit", _GAUGE, ("limit",), "What a cap allows"),
    Family("limit_used", _GAUGE, ("limit",), "What of a cap is taken"),
    Family("limit_refusals_total", _COUNTER, ("limit",), "What was refused or forgotten because of a cap"),
    Family("frames_total", _COUNTER, (), "Frames read"),
    Family("capture_bytes_total", _COUNTER, (), "Octets of the frames read"),
    Family("kernel_drops_total", _COUNTER, (), "Frames that the kernel dropped before they were read"),
    Family("gaps_total", _COUNTER, (), "Holes in TCP streams that were given up"),
    Family(
        "gap_bytes_total", _COUNTER, ("side",), "Octets missing in TCP streams, by the side that sent them"
    ),
    Family("undecoded_frames_total", _COUNTER, ("reason",), "Frames that could not be read"),
    Family("last_frame_timestamp_seconds", _GAUGE, (), "Capture time of the last frame, 0 before the first"),
    Family(
        "event_lag_seconds", _GAUGE, (), "How far the capture time that was reached lies behind the clock"
    ),
    Family("sink_up", _GAUGE, ("sink",), "1 while an output takes what it is given"),
    Family("sink_written_total", _COUNTER, ("sink",), "Events and alerts handed to an output"),
    Family("sink_failures_total", _COUNTER, ("sink",), "Errors of an output"),
    Family("sink_queue", _GAUGE, ("sink",), "Events and alerts that wait for an output"),
    Family("clock_steps_total", _COUNTER, (), "Jumps of capture time by more than an hour"),
)

PREFIX: Final = "smtpsensor_"
FAMILIES: Final = {
    PREFIX + one.name: Family(PREFIX + one.name, one.kind, one.labels, one.meaning) for one in _ALL
}
# Why a frame could not be read: these anomalies, and no others, count one each.
UNDECODED: Final = (
    "frame_short",
    "link_unknown",
    "encapsulation_unknown",
    "tunnel_too_deep",
    "tcp_header_invalid",
)
SIDES: Final = ("client", "server")
# s. Honest verdicts take 10 ms to 1 s; Postfix, Dovecot and Exim slow attackers down by 1 to 15 s.
BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0)
