"""The command line: one typer application, and the way from exceptions to one line and an exit code."""

import sys
from typing import Annotated

import typer

from smtpsensor import __version__
from smtpsensor.app.messages import line, write_line
from smtpsensor.cli.replay import replay
from smtpsensor.cli.values import OptionError
from smtpsensor.sinks.filters import FilterError
from smtpsensor.sinks.output import OutputError

UNUSABLE = 2
INTERRUPTED = 130

# Plain help: rich would cost 60 ms before the first letter.
app = typer.Typer(
    name="smtpsensor",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"smtpsensor {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Read every SMTP AUTH attempt, and whether it got in, from captured traffic."""


app.command("replay")(replay)

_UsageError: type[Exception] = typer.BadParameter.__mro__[
    1
]  # typer brings its own click, or uses the real one


def main() -> None:
    """Run the command line and exit."""
    sys.exit(run())


def run() -> int:
    """Run the command line; return the exit code."""
    try:
        code = app(standalone_mode=False)
    except (OptionError, FilterError) as error:
        write_line(line(str(error)))
        return UNUSABLE
    except OutputError as error:
        write_line(line(f"{error.reason}; {error.fix}"))
        return UNUSABLE
    except _UsageError as error:
        write_line(line(f"{error.format_message().rstrip('.')}; see smtpsensor replay --help"))  # type: ignore[attr-defined]
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    return code if isinstance(code, int) else 0
