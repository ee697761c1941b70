"""The dashboards about attacks: is there one, and what of one source, account or server."""

from grafana.health import health
from grafana.parts import (
    JOB,
    RATE,
    Json,
    above,
    bars,
    dashboard,
    lines,
    rate,
    stat,
    table,
    threshold,
    typed,
    variable,
)

RANGE = "[$__range]"
WHERE = f'{JOB}, server=~"$server"'
ALERTS = {"severity": "Severity", "rule": "Rule", "key": "About", "instance": "Sensor", "alert_id": "Alert"}
GOT_IN = 'rule=~"success_after_failures|success_many_sources"'


def overview() -> Json:
    """Return: is there an attack, and who got in."""
    return dashboard(
        "smtpsensor-overview",
        "smtpsensor: overview",
        "Is there an attack, who got in, and where it fails.",
        [
            stat(
                "Accounts got into",
                "Active alerts that say somebody got in: after guessing, or from too many networks.",
                f"sum(smtpsensor_alerts_active{{{JOB}, {GOT_IN}}}) or vector(0)",
                steps=above(1),
                runbook="SmtpsensorAccountCompromised",
            ),
            stat(
                "Critical alerts",
                "Active alerts of the severity critical.",
                f'sum(smtpsensor_alerts_active{{{JOB}, severity="critical"}}) or vector(0)',
                steps=above(1),
            ),
            stat(
                "Warnings",
                "Active alerts of the severity warning: guessing, spraying.",
                f'sum(smtpsensor_alerts_active{{{JOB}, severity="warning"}}) or vector(0)',
                steps=above(1, "orange"),
                runbook="SmtpsensorBruteForce",
            ),
            stat(
                "Failures",
                "AUTH attempts that servers refused, per second, as of now.",
                f"sum(rate(smtpsensor_auth_failures_total{{{JOB}}}{RATE}))",
                "reqps",
                steps=above(threshold("failures_rate"), "orange"),
                runbook="SmtpsensorFailureRateHigh",
            ),
            stat(
                "Failed",
                "Share of all attempts in the time shown that servers refused.",
                f"sum(increase(smtpsensor_auth_failures_total{{{JOB}}}{RANGE}))"
                f" / sum(increase(smtpsensor_auth_attempts_total{{{JOB}}}{RANGE}))",
                "percentunit",
                steps=((None, "green"), (0.5, "orange"), (0.9, "red")),
            ),
            stat(
                "Behind TLS",
                "Share of sessions in the time shown that nobody can read: few attempts then say little.",
                "sum(increase("
                f'smtpsensor_sessions_total{{{JOB}, encryption=~"starttls|implicit"}}{RANGE}))'
                f" / sum(increase(smtpsensor_sessions_total{{{JOB}}}{RANGE}))",
                "percentunit",
                steps=above(threshold("encrypted_ratio"), "orange"),
                runbook="SmtpsensorMostlyEncrypted",
            ),
            table(
                "Alerts now",
                "One row for each active alert, the loudest of them if there are more than a hundred.",
                f"smtpsensor_alert_info{{{JOB}}}",
                ALERTS,
                width=24,
            ),
            lines(
                "Attempts by outcome",
                "AUTH attempts per second. Success and failure are verdicts; unknown ones were not seen.",
                [(rate("auth_attempts_total", "outcome"), "{{outcome}}")],
                "reqps",
                width=12,
                stacked=True,
            ),
            lines(
                "Failures by server",
                "Which server is being tried.",
                [
                    (
                        rate("auth_failures_total", "server, port"),
                        "{{server}}:{{port}}",
                    )
                ],
                "reqps",
                width=12,
            ),
            bars(
                "Why it fails",
                "Failures in the time shown by reply code and what it stands for.",
                f"sum by (code, reason) (increase(smtpsensor_auth_failures_total{{{JOB}}}{RANGE}))",
                "{{code}} {{reason}}",
            ),
            bars(
                "Busiest sources",
                "Failed attempts of the sources that fail most. Needs the option --top.",
                f"smtpsensor_top_source_failures{{{JOB}}}",
                "{{source}}",
            ),
            bars(
                "Busiest accounts",
                "Failed attempts on the accounts that are tried most. Needs the option --top.",
                f"smtpsensor_top_username_failures{{{JOB}}}",
                "{{username}}",
            ),
            lines(
                "Alerts opened",
                "How many alerts each rule opened, per hour.",
                [
                    (
                        rate("alerts_opened_total", "rule, severity") + " * 3600",
                        "{{rule}} ({{severity}})",
                    )
                ],
                "short",
                width=24,
            ),
        ],
    )


def investigate() -> Json:
    """Return: one source, one account, one server."""
    buckets = rate("auth_response_seconds_bucket", "le, outcome")
    about = f'{JOB}, key=~".*($source).*", key=~".*($username).*"'
    return dashboard(
        "smtpsensor-investigate",
        "smtpsensor: investigate",
        "One source, one account, one server over time. Source and account are regular expressions. Single"
        " attempts stand in the event lines: series for each would be without number.",
        [
            table(
                "Alerts now",
                "Alerts about this source and account.",
                f"smtpsensor_alert_info{{{about}}}",
                ALERTS,
                width=24,
            ),
            lines(
                "Alerts over time",
                "When each alert about this source and account was active.",
                [(f"smtpsensor_alert_info{{{about}}}", "{{rule}} {{key}}")],
                "bool_on_off",
                width=24,
            ),
            lines(
                "Failures of this source",
                "Its failed attempts so far, while it is among the busiest.",
                [(f'smtpsensor_top_source_failures{{{JOB}, source=~"$source"}}', "{{source}}")],
                "short",
                width=12,
            ),
            lines(
                "Failures on this account",
                "Failed attempts on it so far, while it is among the most tried.",
                [(f'smtpsensor_top_username_failures{{{JOB}, username=~"$username"}}', "{{username}}")],
                "short",
                width=12,
            ),
            lines(
                "Attempts on this server by outcome",
                "AUTH attempts per second.",
                [
                    (
                        rate("auth_attempts_total", "outcome", WHERE),
                        "{{outcome}}",
                    )
                ],
                "reqps",
                width=12,
                stacked=True,
            ),
            lines(
                "Attempts on this server by mechanism",
                "PLAIN and LOGIN send the password itself.",
                [
                    (
                        rate("auth_attempts_total", "mechanism", WHERE),
                        "{{mechanism}}",
                    )
                ],
                "reqps",
                width=12,
                stacked=True,
            ),
            lines(
                "Why it fails on this server",
                "Failures per second by reply code and what it stands for.",
                [
                    (
                        rate("auth_failures_total", "code, reason", WHERE),
                        "{{code}} {{reason}}",
                    )
                ],
                "reqps",
                width=12,
            ),
            lines(
                "Time to the verdict",
                "Median and 95th percentile, of all servers. One that slows attackers down shows here.",
                [
                    (
                        f"histogram_quantile({quantile}, {buckets})",
                        f"{{{{outcome}}}}, {name}",
                    )
                    for quantile, name in ((0.5, "median"), (0.95, "95 %"))
                ],
                "s",
                width=12,
            ),
        ],
        [
            variable(
                "server", "label_values(smtpsensor_auth_attempts_total, server)", "Server", several=True
            ),
            typed("source", "Source"),
            typed("username", "Account"),
        ],
    )


ALL = {"overview": overview, "investigate": investigate, "sensor-health": health}
