"""`smtpsensor replay PATH...`"""

import platform
from typing import Annotated

import typer

from smtpsensor.app.options import EventFormat, ReplayOptions
from smtpsensor.cli.values import OptionError, ports
from smtpsensor.config import Settings
from smtpsensor.sinks.filters import (
    EventFilter,
    parse_server,
    parse_since,
    parse_source,
    parse_until,
    parse_user,
)
from smtpsensor.sinks.names import Names
from smtpsensor.sinks.output import check_distinct

_DEFAULT = Settings()


def replay(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Captures.")],
    events: Annotated[str | None, typer.Option(metavar="FILE|-")] = None,
    events_format: Annotated[EventFormat, typer.Option("--format")] = EventFormat.EVE,
    json: Annotated[bool, typer.Option("--json")] = False,
    csv: Annotated[str | None, typer.Option(metavar="FILE|-")] = None,
    source: Annotated[list[str] | None, typer.Option(metavar="ADDRESS|CIDR")] = None,
    user: Annotated[list[str] | None, typer.Option(metavar="NAME")] = None,
    server: Annotated[list[str] | None, typer.Option(metavar="ADDRESS[:PORT]")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME")] = None,
    names: Annotated[Names, typer.Option("--names")] = Names.FULL,
    host: Annotated[str | None, typer.Option(metavar="NAME")] = None,
    port: Annotated[list[str] | None, typer.Option(metavar="PORT")] = None,
    smtp_ports: Annotated[str | None, typer.Option(metavar="PORT,...")] = None,
    implicit_tls_ports: Annotated[str | None, typer.Option(metavar="PORT,...")] = None,
    proxy: Annotated[list[str] | None, typer.Option(metavar="CIDR")] = None,
    local: Annotated[bool, typer.Option("--local/--utc")] = False,
    progress: Annotated[bool | None, typer.Option("--progress/--no-progress")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q")] = False,
    debug: Annotated[bool, typer.Option("--debug")] = False,
) -> int:
    """Read captures and report."""
    smtp = ports([smtp_ports], "--smtp-ports") if smtp_ports is not None else _DEFAULT.smtp_ports
    smtp |= ports(port or [], "--port")
    implicit = _DEFAULT.implicit_tls_ports - smtp
    if implicit_tls_ports is not None:
        implicit = ports([implicit_tls_ports], "--implicit-tls-ports")
        if both := smtp & implicit:
            raise OptionError(f"--implicit-tls-ports: {min(both)} is an SMTP port as well; name it once")
    check_distinct({"--events": events, "--csv": csv, "--json": "-" if json else None})
    options = ReplayOptions(
        paths=tuple(paths),
        settings=Settings(
            smtp_ports=smtp,
            implicit_tls_ports=implicit,
            proxies=tuple(str(parse_source(text, "--proxy")) for text in proxy or ()),
            host=platform.node() if host is None else host,
        ),
        events_filter=EventFilter(
            [parse_source(text) for text in source or ()],
            [parse_user(text) for text in user or ()],
            [parse_server(text) for text in server or ()],
            None if since is None else parse_since(since),
            None if until is None else parse_until(until),
        ),
        names=names,
        events=events,
        events_format=events_format,
        csv=csv,
        json=json,
        local=local,
        progress=progress,
        quiet=quiet,
        debug=debug,
    )
    from smtpsensor.app.replay import replay as run  # noqa: PLC0415 - --help need not load it

    return run(options)
