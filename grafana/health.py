"""The dashboard about the sensor: does it see everything."""

from grafana.parts import JOB, RATE, Json, above, bars, dashboard, lines, rate, stat, table, threshold


def health() -> Json:
    """Return: does the sensor see everything."""
    drops = f"rate(smtpsensor_kernel_drops_total{{{JOB}}}{RATE})"
    frames = f"rate(smtpsensor_frames_total{{{JOB}}}{RATE})"
    gaps = rate("gap_bytes_total", "instance")
    octets = rate("capture_bytes_total", "instance")
    return dashboard(
        "smtpsensor-health",
        "smtpsensor: sensor health",
        "What the sensor does not see: everything here is green when it sees all.",
        [
            stat(
                "Sensors up",
                "Share of the sensors that answer.",
                'avg(up{job="$job"})',
                "percentunit",
                steps=((None, "red"), (1, "green")),
                runbook="SmtpsensorDown",
            ),
            stat(
                "Last frame",
                "Age of the last frame. A replay's are as old as the capture.",
                f"max(time() - smtpsensor_last_frame_timestamp_seconds{{{JOB}}})",
                "s",
                runbook="SmtpsensorNoTraffic",
            ),
            stat(
                "Dropped",
                "Share of frames that the kernel dropped, of the worst sensor.",
                f"max({drops} / ({frames} + {drops}) or 0 * {frames})",
                "percentunit",
                steps=above(threshold("drops_ratio")),
                runbook="SmtpsensorFramesDropped",
            ),
            stat(
                "Missing",
                "Share of octets that are missing from connections, of the worst sensor.",
                f"max({gaps} / ({octets} + {gaps}) or 0 * {octets})",
                "percentunit",
                steps=above(threshold("gap_ratio"), "orange"),
                runbook="SmtpsensorGaps",
            ),
            stat(
                "Behind",
                "How far the sensor is behind the traffic.",
                f"max(smtpsensor_event_lag_seconds{{{JOB}}})",
                "s",
                steps=above(threshold("lag_seconds"), "orange"),
                runbook="SmtpsensorLagging",
            ),
            stat(
                "Outputs down",
                "Outputs that take nothing.",
                f"count(smtpsensor_sink_up{{{JOB}}} == 0) or vector(0)",
                steps=above(1),
                runbook="SmtpsensorSinkFailing",
            ),
            lines(
                "Frames",
                "Frames per second.",
                [(frames, "{{instance}}")],
                "pps",
                width=12,
                runbook="SmtpsensorNoTraffic",
            ),
            lines("Octets", "Octets per second.", [(octets, "{{instance}}")], "Bps", width=12),
            lines(
                "Drops",
                "Frames per second that the kernel dropped.",
                [(drops, "{{instance}}")],
                "pps",
                runbook="SmtpsensorFramesDropped",
            ),
            lines(
                "Gaps",
                "Octets per second missing from connections, by the side that sent them.",
                [(rate("gap_bytes_total", "side"), "{{side}}")],
                "Bps",
                runbook="SmtpsensorGaps",
            ),
            lines(
                "Frames not read",
                "By reason, per second.",
                [(rate("undecoded_frames_total", "reason"), "{{reason}}")],
                "pps",
                runbook="SmtpsensorFramesUndecoded",
            ),
            bars(
                "Caps",
                "How full each bounded table is. At 100 % the dullest entries leave.",
                f"smtpsensor_limit_used{{{JOB}}} / smtpsensor_limit{{{JOB}}}",
                "{{limit}}",
                "percentunit",
                steps=above(threshold("table_ratio")),
                runbook="SmtpsensorTableFull",
                height=12,
            ),
            lines(
                "Refused because of a cap",
                "Entries per second.",
                [(rate("limit_refusals_total", "limit"), "{{limit}}")],
                "cps",
                runbook="SmtpsensorTableFull",
                height=12,
            ),
            lines(
                "Odd traffic",
                "Anomalies per second, by name.",
                [(rate("anomalies_total", "anomaly"), "{{anomaly}}")],
                "cps",
                height=12,
            ),
            table(
                "Outputs",
                "1: it takes what it is given.",
                f"smtpsensor_sink_up{{{JOB}}}",
                {"sink": "Output", "instance": "Sensor", "Value": "Up"},
                width=8,
                runbook="SmtpsensorSinkFailing",
            ),
            lines(
                "Written and lost",
                "Entries per second.",
                [
                    (f"rate(smtpsensor_sink_written_total{{{JOB}}}{RATE})", "{{sink}} written"),
                    (f"rate(smtpsensor_sink_failures_total{{{JOB}}}{RATE})", "{{sink}} lost"),
                ],
                "cps",
                runbook="SmtpsensorSinkLosing",
            ),
            lines(
                "Waiting for an output",
                "Entries that wait.",
                [(f"smtpsensor_sink_queue{{{JOB}}}", "{{sink}}")],
                "short",
                runbook="SmtpsensorSinkFailing",
            ),
            lines(
                "Sessions by encryption",
                "Per second.",
                [(rate("sessions_total", "encryption"), "{{encryption}}")],
                "cps",
                stacked=True,
                runbook="SmtpsensorMostlyEncrypted",
            ),
            lines(
                "Processor",
                "Seconds of one core per second: at 1 it is at its limit.",
                [(f"rate(process_cpu_seconds_total{{{JOB}}}{RATE})", "{{instance}}")],
                "percentunit",
                steps=above(0.9),
            ),
            lines(
                "Memory",
                "Resident memory.",
                [(f"process_resident_memory_bytes{{{JOB}}}", "{{instance}}")],
                "bytes",
            ),
            table(
                "Versions",
                "What runs where.",
                f"smtpsensor_build_info{{{JOB}}}",
                {"instance": "Sensor", "version": "smtpsensor", "python": "Python"},
                width=24,
                height=5,
            ),
        ],
    )
