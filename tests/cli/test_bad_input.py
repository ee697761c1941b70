"""All that can be wrong with inputs, outputs and options: one clear line each, an exit code, the rest read.

The rows stand in bad_inputs.py and bad_usage.py; each is run as a user would.
"""

import os
import pty
import re
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.bad import GOOD, IN_GOOD, WHOLE, Case
from cli.bad_inputs import INPUTS
from cli.bad_table import DOC, document
from cli.bad_usage import OPTIONS, OUTPUTS
from cli.captures import attempts, capture, captured, played
from cli.program import COMMAND, auths, environment, replay, smtpsensor
from support.forge import pcap

CASES = [*INPUTS, *OUTPUTS, *OPTIONS]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the program runs; what was shut in it is opened again so that it can be removed."""
    yield tmp_path
    for path in tmp_path.iterdir():
        path.chmod(0o700)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_one_line_names_the_thing_and_the_rest_is_read(case: Case, folder: Path) -> None:
    ran = case.run(folder)
    assert ran.lines == [f"smtpsensor: {text}" for text in case.says]
    assert ran.code == case.code
    if case.nothing:
        assert ran.out == b""
        return
    found = re.search(r"^\d+ sessions?, (\d+) login attempts$", ran.text, re.MULTILINE)
    assert found, ran.text
    assert int(found[1]) == IN_GOOD + case.read


@pytest.mark.parametrize("case", [case for case in CASES if case.says], ids=lambda case: case.what)
def test_a_line_says_what_to_do(case: Case) -> None:
    """Behind the semicolon stands the fix, or that nothing more need be done."""
    assert all("; " in text for text in case.says)


def test_the_page_is_made_from_these_cases() -> None:
    assert DOC.read_text() == document(), "write it: PYTHONPATH=tests:. python tests/cli/bad_table.py"


def test_every_case_is_another_one() -> None:
    assert len({case.what for case in CASES}) == len(CASES)


def test_several_problems_are_several_lines(tmp_path: Path) -> None:
    (tmp_path / GOOD).write_bytes(capture(*WHOLE))
    (tmp_path / "empty.pcap").touch()
    ran = replay("missing.pcap", "empty.pcap", GOOD, "--events", "nowhere/x", "--json", cwd=tmp_path)
    assert [line.split(": ")[1] for line in ran.lines] == ["missing.pcap", "empty.pcap", "nowhere/x"]
    assert ran.code == 2
    assert ran.report["attempts"] == IN_GOOD


@pytest.mark.parametrize("arguments", [["--events", "-"], ["--csv", "-"], ["--json"], []])
def test_disk_full_under_standard_output(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / GOOD).write_bytes(capture(*WHOLE))
    ran = smtpsensor("replay", GOOD, *arguments, cwd=tmp_path, stdout=Path("/dev/full"))
    assert len(ran.lines) == 1
    assert ran.lines[0].startswith(
        "smtpsensor: standard output: cannot be written, no space left on device; "
    )
    assert ran.code == 2


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_disk_full_under_the_help(argument: str, tmp_path: Path) -> None:
    ran = smtpsensor(argument, cwd=tmp_path, stdout=Path("/dev/full"))
    assert ran.lines == ["smtpsensor: standard output: cannot be written, no space left on device"]
    assert ran.code == 2


def test_a_disk_that_fills_up_keeps_whole_lines_and_the_rest_goes_on(tmp_path: Path) -> None:
    """As a quota does it: the file may grow to 50,000 octets, in the middle of a line."""
    many = played(60, seed=3)
    (tmp_path / "many.pcap").write_bytes(capture(*many))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    done = subprocess.run(
        [*COMMAND, "replay", "many.pcap", "--events", "events.jsonl", "--csv", "-"],
        cwd=tmp_path,
        env=environment(PYTHONDONTWRITEBYTECODE="1"),
        preexec_fn=limit,
        capture_output=True,
        check=False,
        timeout=60,
    )
    lines = done.stderr.decode().splitlines()
    assert [line.partition("; ")[0] for line in lines] == [
        "smtpsensor: events.jsonl: cannot be written, file too large"
    ]
    assert done.returncode == 2
    written = (tmp_path / "events.jsonl").read_bytes()
    assert 40_000 < len(written) <= 50_000
    assert auths(written), "every line is whole"
    assert len(done.stdout.splitlines()) == 1 + attempts(*many), "the other output has all rows"


def test_nothing_readable_leaves_old_outputs_alone(tmp_path: Path) -> None:
    """A typing mistake in the capture's name costs nobody yesterday's events."""
    (tmp_path / "events.jsonl").write_text("yesterday\n")
    ran = replay("missing.pcap", "--events", "events.jsonl", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, b"")
    assert (tmp_path / "events.jsonl").read_text() == "yesterday\n"


def test_the_capture_on_standard_input_is_no_output(tmp_path: Path) -> None:
    path = tmp_path / GOOD
    path.write_bytes(capture(*WHOLE))
    before = path.read_bytes()
    with path.open("rb") as stdin:
        done = subprocess.run(
            [*COMMAND, "replay", "-", "--events", GOOD],
            cwd=tmp_path, env=environment(), stdin=stdin, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.decode() == (
        f"smtpsensor: {GOOD}: is a capture to be read, and would be lost; write to another file\n"
    )
    assert path.read_bytes() == before


def test_standard_input_that_is_a_terminal_is_not_waited_for(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [*COMMAND, "replay", "-"],
            cwd=tmp_path, env=environment(), stdin=theirs, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.stderr.decode() == (
        "smtpsensor: standard input: is a terminal; pipe a capture in: tcpdump -w - | smtpsensor replay -\n"
    )
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize(
    ("redirection", "code", "says"),
    [
        ("0<&-", 2, "standard input: is closed; pipe a capture in: tcpdump -w - | smtpsensor replay -"),
        ("1>&-", 2, "standard output: is closed; leave it open, or ask for --quiet"),
    ],
)
def test_a_closed_stream_is_said(redirection: str, code: int, says: str, tmp_path: Path) -> None:
    (tmp_path / GOOD).write_bytes(capture(*WHOLE))
    what = "-" if redirection.startswith("0") else GOOD
    done = subprocess.run(
        ["sh", "-c", f'"$@" replay {what} {redirection}', "sh", *COMMAND],
        cwd=tmp_path, env=environment(), capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stderr.decode() == f"smtpsensor: {says}\n"
    assert done.returncode == code


def test_with_standard_error_closed_the_exit_code_still_tells(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" replay missing.pcap 2>&-', "sh", *COMMAND],
        cwd=tmp_path, env=environment(), capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")


def test_names_of_files_cannot_move_the_cursor(tmp_path: Path) -> None:
    name = "\x1b[2J\nsmtpsensor: all is well\u202e.pcap"
    (tmp_path / name).write_bytes(b"nothing to see")
    ran = replay(name, cwd=tmp_path)
    assert len(ran.lines) == 1
    assert ran.lines[0].isprintable()
    assert ran.code == 2


def test_of_many_captures_alike_ten_are_named(tmp_path: Path) -> None:
    for number in range(13):
        cut = pcap([frame._replace(data=frame.data[:80]) for frame in captured(*played(1, seed=number))])
        (tmp_path / f"{number:02}.pcap").write_bytes(cut)
    ran = replay(".", "--json", cwd=tmp_path)
    assert len(ran.lines) == 11
    assert ran.lines[-1] == "smtpsensor: warning: the same of 3 more captures"
    assert ran.code == 0
