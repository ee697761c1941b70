"""`smtpsensor rules`: its commands and their options."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from smtpsensor.app import crash
from smtpsensor.app.exits import UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from smtpsensor.app.rules import RuleOptions

Several = list[str] | None

rules = typer.Typer(rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]})

RULES = typer.Option(
    "--rules",
    metavar="PATH",
    help="A rule file or a folder of them: added to the shipped rules, or in their place by name."
    " May be repeated.",
)
CONFIG = typer.Option("--config", metavar="FILE", help="The site's configuration (TOML).")
DEBUG = typer.Option("--debug", help="Show where the program failed, if it does.")
EXITS = "Exit codes: 0 done; 1 internal error; 2 a file was unusable."


@rules.callback(invoke_without_command=True)
def _top(context: typer.Context) -> None:
    """Show the rules of detection, what they fire on, whether files are right; run their tests."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(UNUSABLE)


@rules.command("list", epilog=EXITS)
def list_(
    rules: Annotated[Several, RULES] = None,
    config: Annotated[str | None, CONFIG] = None,
    debug: Annotated[bool, DEBUG] = False,
) -> int:
    """Print name, severity, ATT&CK technique and summary of each rule in force."""
    return _run("list_rules", (), rules, config, debug=debug)


@rules.command(epilog=EXITS)
def check(
    paths: Annotated[list[str], typer.Argument(metavar="FILE...", help="Rule files, or folders of them.")],
    debug: Annotated[bool, DEBUG] = False,
) -> int:
    """Say everything that is wrong with rule files. A rule without a test file is wrong, too."""
    return _run("check_rules", paths, None, None, debug=debug)


@rules.command(epilog=EXITS)
def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Name of the rule.", show_default=False)],
    rules: Annotated[Several, RULES] = None,
    config: Annotated[str | None, CONFIG] = None,
    debug: Annotated[bool, DEBUG] = False,
) -> int:
    """Say in plain words what a rule fires on, what it does not, and what ends it."""
    return _run("explain_rule", [rule], rules, config, debug=debug)


@rules.command(
    "test", epilog="Exit codes: 0 passed; 1 internal error; 2 a file was unusable; 3 a test failed."
)
def run_tests(
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Test files, rules, or folders of them.")
    ],
    rules: Annotated[Several, RULES] = None,
    debug: Annotated[bool, DEBUG] = False,
) -> int:
    """Run rule tests. The rule beside a file in tests/ is added by itself."""
    return _run("test_rules", paths, rules, None, debug=debug)


def _run(
    name: str, names: "list[str] | tuple[()]", rules: Several, config: str | None, *, debug: bool
) -> int:
    if debug:
        os.environ[crash.DEBUG] = "1"
    from smtpsensor.app import rules as app  # noqa: PLC0415 - --help need not load it

    command: Callable[[RuleOptions], int] = getattr(app, name)
    return crash.guarded(command, app.RuleOptions(tuple(names), tuple(rules or ()), config))
