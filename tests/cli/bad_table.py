"""docs/bad-input.md, from the cases: `PYTHONPATH=tests:. python tests/cli/bad_table.py` writes it."""

from pathlib import Path

from cli.bad import IN_GOOD, Case
from cli.bad_inputs import INPUTS
from cli.bad_usage import OPTIONS, OUTPUTS

DOC = Path(__file__).parents[2] / "docs" / "bad-input.md"
HEAD = f"""# Bad input

What `smtpsensor replay` says on standard error, and its exit code, for everything that can be wrong with what
it is given. One line each names the thing and what to do. Whatever can be read is read and reported all the
same: beside most bad inputs below stands `good.pcap`, and its {IN_GOOD} login attempts are always reported.

This page is made from the tests (`tests/cli/bad_table.py`), which run every row.

| exit code | meaning |
| --- | --- |
| 0 | done, whatever was found; also if an input merely ends early, or the reader of the output goes away |
| 1 | internal error: one line; with `--debug` or `SMTPSENSOR_DEBUG=1` its traceback, without any value |
| 2 | an input, an option, a rule or an output could not be used; what could be read was read and reported |
| 3 | an alert of the severity that `--fail-on` names, or a graver one |
| 130, 143, 129 | stopped by Ctrl-C, SIGTERM, SIGHUP; what was read so far was reported |
"""
COLUMNS = (
    "| given | command | says | exit code | login attempts reported |\n| --- | --- | --- | --- | --- |\n"
)
SECTIONS: dict[str, list[Case]] = {"Inputs": INPUTS, "Outputs": OUTPUTS, "Options": OPTIONS}


def document() -> str:
    """The whole page."""
    tables = (
        f"\n## {title}\n\n{COLUMNS}" + "".join(f"{case.row()}\n" for case in cases)
        for title, cases in SECTIONS.items()
    )
    return HEAD + "".join(tables)


if __name__ == "__main__":
    DOC.write_text(document())
