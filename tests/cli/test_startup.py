"""Nobody waits for what was not asked for: `--help` loads no packet code, a replay what it needs."""

import subprocess
import sys
from pathlib import Path

import pytest
from cli.captures import capture, played
from cli.program import environment, smtpsensor

from smtpsensor import __version__

# Names of modules or packages that must not be loaded, and who may need them.
PACKETS = {
    "smtpsensor.pipeline": "what reads frames",
    "smtpsensor.pump": "what reads frames",
    "smtpsensor.smtp": "what reads SMTP",
    "smtpsensor.capture.timeline": "what reads captures",
    "dpkt": "rare headers",
    "zstandard": "captures compressed with zstd",
    "orjson": "event lines",
    "scapy": "live capture elsewhere than on Linux",
}
TERMINAL = {"rich": "the report as text", "pygments": "nothing", "markdown_it": "nothing"}
OTHERS = {
    "smtpsensor.sinks.csvfile": "--csv",
    "smtpsensor.sinks.ecs": "--format ecs",
    "zstandard": "captures compressed with zstd",
    "asyncio": "nothing",
    "multiprocessing": "nothing",
}
LOOK = """
import sys
from smtpsensor.cli.main import run
sys.argv = ["smtpsensor", *sys.argv[1:]]
code = run()
print(*sorted(sys.modules), file=open("loaded", "w"))
sys.exit(code)
"""


def loaded(*arguments: str, cwd: Path) -> set[str]:
    """Names of the modules that a run had loaded at its end, with those of their packages."""
    subprocess.run(
        [sys.executable, "-c", LOOK, *arguments],
        cwd=cwd, env=environment(), check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return set((cwd / "loaded").read_text().split())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "some.pcap").write_bytes(capture(*played()))
    return tmp_path


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["replay", "--help"]], ids=" ".join)
def test_looking_loads_neither_packet_nor_terminal_code(arguments: list[str], tmp_path: Path) -> None:
    assert loaded(*arguments, cwd=tmp_path) & {*PACKETS, *TERMINAL} == set()


@pytest.mark.parametrize("arguments", [["--json"], ["--quiet"], ["--events", "-"]], ids=" ".join)
def test_without_text_report_no_terminal_code_is_loaded(arguments: list[str], folder: Path) -> None:
    assert loaded("replay", "some.pcap", *arguments, cwd=folder) & {*TERMINAL, *OTHERS} == set()


def test_a_text_report_loads_no_syntax_highlighter(folder: Path) -> None:
    found = loaded("replay", "some.pcap", "--events", "events.jsonl", cwd=folder)
    assert "rich" in found
    assert found & {*OTHERS, "pygments", "markdown_it"} == set()


def test_the_names_above_are_right(folder: Path) -> None:
    """What is looked for is what is loaded where it is asked for."""
    (folder / "some.pcap.zst").write_bytes(_zstd(capture(*played())))
    found = loaded(
        "replay", "some.pcap.zst", "--csv", "rows.csv", "--format", "ecs", "--events", "e", cwd=folder
    )
    unknown = {*PACKETS, *TERMINAL, *OTHERS} - found
    assert unknown == {"scapy", "pygments", "markdown_it", "asyncio", "multiprocessing"} | (
        unknown & {"dpkt"}
    )


def _zstd(data: bytes) -> bytes:
    import zstandard

    return zstandard.compress(data)


@pytest.mark.parametrize("name", ["--version", "replay --help", "--help", "-h"])
def test_looking_succeeds(name: str, tmp_path: Path) -> None:
    ran = smtpsensor(*name.split(), cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert smtpsensor("--version", cwd=tmp_path).text == f"smtpsensor {__version__}\n"


def test_no_arguments_print_the_help_and_fail(tmp_path: Path) -> None:
    """A script that lost its arguments must not look as if it had worked."""
    ran = smtpsensor(cwd=tmp_path)
    assert ran.code == 2
    assert "replay" in ran.text


def test_help_names_every_option_of_a_replay(tmp_path: Path) -> None:
    text = smtpsensor("replay", "--help", cwd=tmp_path).text
    named = {word for line in text.splitlines() for word in line.split() if line.lstrip().startswith("-")}
    assert {
        *("--events", "--format", "--csv", "--json", "--quiet", "--source", "--user", "--server", "--since"),
        *("--until", "--names", "--host", "--local", "--utc", "--port", "--smtp-ports", "--proxy", "--debug"),
        *("--implicit-tls-ports", "--progress", "--no-progress"),
    } <= named


def test_help_fits_80_columns(tmp_path: Path) -> None:
    text = smtpsensor("replay", "--help", cwd=tmp_path).text
    assert [line for line in text.splitlines() if len(line) > 80] == []
