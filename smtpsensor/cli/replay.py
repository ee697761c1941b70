"""`smtpsensor replay`: its options, and what they mean."""

import os
from enum import StrEnum
from typing import Annotated, Any

import typer

from smtpsensor.app import crash
from smtpsensor.app.options import EventFormat, ReplayOptions
from smtpsensor.cli import serving, values
from smtpsensor.cli.rules import CONFIG, RULES
from smtpsensor.cli.values import OptionError
from smtpsensor.config import Settings
from smtpsensor.detect.alert import Severity
from smtpsensor.sinks.filters import (
    EventFilter,
    parse_server,
    parse_since,
    parse_source,
    parse_until,
    parse_user,
)
from smtpsensor.sinks.names import Names
from smtpsensor.sinks.output import STDOUT, check_distinct

_DEFAULT = Settings()
Several = list[str] | None


def _choice(name: str, of: type[StrEnum], **how: Any) -> Any:
    """Return an option whose values are those of an enumeration."""
    known = [str(member) for member in of]
    return typer.Option(name, metavar="|".join(known), autocompletion=lambda: known, **how)


def _ports(numbers: frozenset[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


def replay(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Captures: files (pcap, pcapng, snoop; plain, gzip or zstd), folders, quoted globs, or - for"
            " standard input. All are read as one timeline.",
            show_default=False,
        ),
    ],
    events: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Write one JSON line per event. - is standard output."),
    ] = None,
    events_format: Annotated[
        str,
        _choice("--format", EventFormat, help="Form of the event lines: Suricata's EVE or Elastic's ECS."),
    ] = EventFormat.EVE.value,
    csv: Annotated[
        str | None, typer.Option(metavar="FILE|-", help="Write one row per login attempt, for spreadsheets.")
    ] = None,
    openmetrics: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Write metrics with the capture's own times, for promtool."),
    ] = None,
    mmdb: Annotated[
        Several,
        typer.Option(
            metavar="FILE",
            help="A MaxMind database: country or operator of sources in event lines. May be repeated.",
        ),
    ] = None,
    alertmanager: Annotated[
        Several,
        typer.Option(
            metavar="URL", help="Send alerts to this Alertmanager. May be repeated, once for each replica."
        ),
    ] = None,
    serve: Annotated[bool, serving.SERVE] = False,
    listen: Annotated[str | None, serving.LISTEN] = None,
    web_config: Annotated[str | None, serving.WEB_CONFIG] = None,
    top: Annotated[str | None, serving.TOP] = None,
    speed: Annotated[str | None, serving.SPEED] = None,
    wait: Annotated[str | None, serving.WAIT] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print the report as one JSON object instead of text.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No text report, no progress, no warnings: errors alone.")
    ] = False,
    source: Annotated[
        Several,
        typer.Option(metavar="ADDRESS|NETWORK", help="Only clients with this address. May be repeated."),
    ] = None,
    user: Annotated[
        Several,
        typer.Option(
            metavar="NAME",
            help="Only logins as NAME; * and ? stand for any text or character. May be repeated.",
        ),
    ] = None,
    server: Annotated[
        Several,
        typer.Option(metavar="ADDRESS[:PORT]", help="Only this server, network or :PORT. May be repeated."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Only from TIME on: 2026-11-24, 2026-11-24T04:20:00 (UTC) or with +01:00."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only before TIME; a date alone means its end.")
    ] = None,
    rules: Annotated[Several, RULES] = None,
    config: Annotated[str | None, CONFIG] = None,
    fail_on: Annotated[
        str | None,
        _choice(
            "--fail-on", Severity, help="Exit with 3 if there is an alert of this severity or a graver one."
        ),
    ] = None,
    names: Annotated[
        str,
        _choice(
            "--names",
            Names,
            help="Names in all outputs: as they are, as hashes that hold for this run, or none.",
        ),
    ] = Names.FULL.value,
    host: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of this sensor in all outputs. [default: the machine's]"),
    ] = None,
    local: Annotated[
        bool,
        typer.Option("--local/--utc", help="Times of the text report in this machine's zone, or in UTC."),
    ] = False,
    port: Annotated[
        Several, typer.Option(metavar="PORT", help="A further port that speaks SMTP. May be repeated.")
    ] = None,
    smtp_ports: Annotated[str, typer.Option(metavar="PORT,...", help="All ports that speak SMTP.")] = _ports(
        _DEFAULT.smtp_ports
    ),
    implicit_tls_ports: Annotated[
        str | None,
        typer.Option(
            metavar="PORT,...",
            help='All ports that speak TLS from the first octet; "" for none.'
            f" [default: {_ports(_DEFAULT.implicit_tls_ports)}]",
        ),
    ] = None,
    proxy: Annotated[
        Several,
        typer.Option(
            metavar="ADDRESS|NETWORK",
            help="A load balancer whose PROXY header names the client. May be repeated.",
        ),
    ] = None,
    progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress",
            help="A bar on a terminal, otherwise a line every 5 seconds. [default: only on a terminal]",
        ),
    ] = None,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show where the program failed, if it does. It never shows secrets."),
    ] = False,
) -> int:
    """Read captures; report who is guessing, which accounts are attacked, and who got in.

    The report is printed unless events or rows go to standard output (-), which then carries nothing else.
    Filters apply to events and alerts before every output and the report; the rules see all events.

    \b
    Exit codes:
      0    done, whatever was found; also where the output's reader went away
      1    internal error
      2    an input, option, rule or output was unusable; the rest was reported
      3    an alert that --fail-on asks for
      130  stopped by Ctrl-C (143: SIGTERM, 129: SIGHUP); reported so far
    """  # noqa: D301 - click's mark for "keep these lines" is the control character
    if debug:
        os.environ[crash.DEBUG] = "1"
    events, csv, openmetrics = values.output(events), values.output(csv), values.output(openmetrics)
    check_distinct(
        {
            "--events": events,
            "--csv": csv,
            "--openmetrics": openmetrics,
            "--json": STDOUT if json else None,
        }
    )
    form = values.choice(events_format, EventFormat, "--format")
    if form is EventFormat.ECS and events is None:
        raise OptionError("--format: no event lines are asked for; add --events FILE")
    named = values.choice(names, Names, "--names")
    options = ReplayOptions(
        paths=tuple(paths),
        settings=_settings(port or [], smtp_ports, implicit_tls_ports, proxy or [], host),
        events_filter=_filter(source or [], user or [], server or [], since, until),
        names=named,
        filters=_told(named, source or [], user or [], server or [], since, until),
        rules=tuple(rules or ()),
        config=config,
        fail_on=None if fail_on is None else values.choice(fail_on, Severity, "--fail-on"),
        events=events,
        events_format=form,
        csv=csv,
        openmetrics=openmetrics,
        mmdb=tuple(mmdb or ()),
        alertmanagers=serving.alertmanagers(alertmanager or []),
        serve=serving.serve_options(serve=serve, listen=listen, web_config=web_config, top=top, wait=wait),
        speed=serving.speed(speed),
        json=json,
        local=local,
        progress=progress,
        quiet=quiet,
    )
    from smtpsensor.app.replay import replay as run  # noqa: PLC0415 - --help need not load it

    return crash.guarded(run, options)


def _settings(
    port: list[str], smtp_ports: str, implicit_tls_ports: str | None, proxy: list[str], host: str | None
) -> Settings:
    smtp = values.ports([smtp_ports], "--smtp-ports") | values.ports(port, "--port")
    if implicit_tls_ports is None:
        implicit = _DEFAULT.implicit_tls_ports - smtp
    else:
        implicit = values.ports([implicit_tls_ports] if implicit_tls_ports else [], "--implicit-tls-ports")
    if both := smtp & implicit:
        raise OptionError(f"--implicit-tls-ports: {min(both)} is an SMTP port as well; leave out one of them")
    return Settings(
        smtp_ports=smtp,
        implicit_tls_ports=implicit,
        proxies=tuple(str(parse_source(text, "--proxy")) for text in proxy),
        host=values.host(host),
    )


def _filter(
    source: list[str], user: list[str], server: list[str], since: str | None, until: str | None
) -> EventFilter:
    first = None if since is None else parse_since(since)
    end = None if until is None else parse_until(until)
    if first is not None and end is not None and first >= end:
        raise OptionError(f"--until: {until!r} is not after --since {since!r}; nothing would be left")
    return EventFilter(
        [parse_source(text) for text in source],
        [parse_user(text) for text in user],
        [parse_server(text) for text in server],
        first,
        end,
    )


def _told(
    names: Names, source: list[str], user: list[str], server: list[str], since: str | None, until: str | None
) -> tuple[str, ...]:
    """Return the filters as typed; under a policy that hides names, without the name."""
    shown = user if names is Names.FULL else ["(name withheld)"] * bool(user)
    told = (("--source", source), ("--user", shown), ("--server", server))
    times = (("--since", since), ("--until", until))
    return (
        *(f"{option} {text}" for option, texts in told for text in texts),
        *(f"{option} {text}" for option, text in times if text is not None),
    )
