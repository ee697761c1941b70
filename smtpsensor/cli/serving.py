"""Options of `--serve` and `--speed`, and what they mean."""

from typing import Any

import typer

from smtpsensor.app.options import ServeOptions
from smtpsensor.cli import values
from smtpsensor.cli.values import OptionError
from smtpsensor.metrics.listen import DEFAULT, ListenError, parse_listen
from smtpsensor.sinks.alertmanager_address import Address, AlertmanagerError, parse_address

_TOP = 1_000  # sources or names listed at most: each is a series
_SLOWEST, _FASTEST = 0.01, 1_000_000

SERVE: Any = typer.Option("--serve", help="Serve metrics and report over HTTP until Ctrl-C.")
LISTEN: Any = typer.Option(metavar="ADDRESS:PORT", help=f"Where --serve listens. [default: {DEFAULT}]")
WEB_CONFIG: Any = typer.Option(
    metavar="FILE", help="TLS and passwords of --serve, as exporters of Prometheus have them."
)
TOP: Any = typer.Option(
    metavar="N", help="Serve the N sources and accounts with most failures by name. [default: none]"
)
WAIT: Any = typer.Option(
    metavar="SECONDS", help="How long --speed waits for a first scrape before it begins. [default: 30]"
)
SPEED: Any = typer.Option(
    metavar="N", help="Replay at N times the pace of the capture; 1 is as recorded. [default: at once]"
)


def speed(text: str | None) -> float | None:
    """Return the pace; raises OptionError."""
    if text is None:
        return None
    return values.number(text, "--speed", _SLOWEST, _FASTEST, "1 for as recorded, 60 for an hour a minute")


def alertmanagers(texts: list[str]) -> tuple[Address, ...]:
    """Return where alerts are sent; raises OptionError."""
    try:
        return tuple(dict.fromkeys(map(parse_address, texts)))
    except AlertmanagerError as error:
        raise OptionError(f"--alertmanager: {error.what or repr('')} {error.reason}; {error.fix}") from None


def serve_options(
    *, serve: bool, listen: str | None, web_config: str | None, top: str | None, wait: str | None
) -> ServeOptions | None:
    """Return how to serve, None for not at all; raises OptionError."""
    if not serve:
        given = {"--listen": listen, "--web-config": web_config, "--top": top, "--wait": wait}
        for option, value in given.items():
            if value is not None:
                raise OptionError(f"{option}: nothing is served; add --serve")
        return None
    try:
        place = parse_listen(DEFAULT if listen is None else listen)
    except ListenError as error:
        raise OptionError(f"--listen: {error}") from None
    most = 0 if top is None else values.number(top, "--top", 0, _TOP, "10 for the first ten")
    if most != int(most):
        raise OptionError(f"--top: {top!r} is no whole number; write 10 for the first ten")
    seconds = 30.0 if wait is None else values.number(wait, "--wait", 0, 3_600, "0 to begin at once")
    return ServeOptions(place, web_config, int(most), seconds)
