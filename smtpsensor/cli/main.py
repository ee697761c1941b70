"""The command line: one typer application, and the way from exceptions to one line and an exit code."""

import errno
import os
import signal
import sys
from typing import Annotated

import typer

from smtpsensor import __version__
from smtpsensor.app import crash
from smtpsensor.app.exits import DONE, INTERNAL, SIGNALLED, UNUSABLE
from smtpsensor.app.messages import line, say
from smtpsensor.cli.replay import replay
from smtpsensor.cli.rules import rules
from smtpsensor.cli.values import OptionError
from smtpsensor.sinks.filters import FilterError
from smtpsensor.sinks.output import OutputError

COMMANDS = {"replay": replay}
GROUPS = {"rules": rules}

# Plain help: formatted by rich it would take twice as long.
app = typer.Typer(
    name="smtpsensor",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)

# What all usage errors derive from. Typer brings its own copy of click or uses the installed one, depending
# on its version: this finds the right one.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"smtpsensor {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback prints it
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Passive sensor for SMTP AUTH: who is guessing which account, how, and whether one of them got in."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(UNUSABLE)


def main() -> None:
    """Run the command line and exit."""
    code = run()
    try:
        sys.stdout.flush()
    except (OSError, AttributeError):
        silence()  # the interpreter would flush once more, fail again and say so
    sys.exit(code)


def run() -> int:
    """Run the command line; return the exit code."""
    try:
        code = app(standalone_mode=False)
    except (OptionError, FilterError) as error:
        say(line(str(error)))
        return UNUSABLE
    except OutputError as error:
        say(line(f"{error.reason}; {error.fix}"))
        return UNUSABLE
    except _UsageError as error:
        say(line(_usage(error)))
        return UNUSABLE
    except (KeyboardInterrupt, typer.Abort):
        return SIGNALLED + signal.SIGINT
    except SystemExit as end:
        if isinstance(end.__context__, OSError) and end.__context__.errno == errno.EPIPE:
            silence()  # `smtpsensor --help | head -1`
            return DONE
        raise
    except OSError as error:  # of printing the help or the version; commands deal with their own
        say(line(f"standard output: cannot be written, {os.strerror(error.errno or 0).lower()}"))
        silence()
        return UNUSABLE
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said without what it may hold
        crash.report(error, say)
        return INTERNAL
    return code if isinstance(code, int) else DONE


def silence() -> None:
    """Let standard output lead nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def _usage(error: Exception) -> str:
    """Return what is wrong with the command line, and where to look."""
    message, _, more = getattr(error, "format_message", error.__str__)().partition(". ")
    if alike := getattr(error, "possibilities", None):
        message, more = getattr(error, "message", message), f"possible options: {', '.join(alike)}"
    message = message.rstrip(".")
    if more:
        message += f" ({more[:1].lower()}{more[1:].rstrip('.')})"
    word = next(iter(sys.argv[1:]), "")
    context = getattr(error, "ctx", None)
    known = f"smtpsensor {word}" if word in {*COMMANDS, *GROUPS} else "smtpsensor"
    help_of = context.command_path if context else known
    fix = f"see {help_of} --help"
    if word not in {*COMMANDS, *GROUPS} and os.path.exists(word):  # noqa: PTH110 - as it was typed
        fix = f"to read it: smtpsensor replay {word}"
    return f"{message[:1].lower()}{message[1:]}; {fix}"
