"""What `make dist` builds works where the checkout is not: everything the program needs travels with it."""

import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from support.tree import ROOT, tracked

from benchmarks.frames import write_pcap
from benchmarks.workloads import attack
from smtpsensor import __version__

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("packaging")]  # all in one process: one build

SESSIONS = 3


def run(*argv: str | Path, cwd: Path) -> str:
    """Run a command away from the checkout and return what it printed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Wheel and sdist; the wheel is built from the sdist, so that the sdist is whole as well."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def data_and_code() -> set[str]:
    """Return what must be inside the installed package: the rules stand in it as its folder `rules`."""
    names = {str(path.relative_to(ROOT)) for path in tracked()}
    inside = {name for name in names if name.startswith("smtpsensor/")}
    return inside | {f"smtpsensor/{name}" for name in names if name.startswith("rules/")}


def test_the_wheel_holds_the_package_and_nothing_else(built: dict[str, Path]) -> None:
    names = {name for name in zipfile.ZipFile(built["wheel"]).namelist() if ".dist-info/" not in name}
    assert data_and_code() - names == set()
    assert {name.partition("/")[0] for name in names} == {"smtpsensor"}


def test_the_sdist_holds_what_its_reader_looks_for(built: dict[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml"} <= names


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_installs_and_works_outside_the_checkout(
    kind: str, built: dict[str, Path], tmp_path: Path
) -> None:
    run(sys.executable, "-m", "venv", "env", cwd=tmp_path)
    python, command = tmp_path / "env/bin/python", tmp_path / "env/bin/smtpsensor"
    run(python, "-m", "pip", "install", "-q", "-c", ROOT / ".ci/constraints.txt", built[kind], cwd=tmp_path)
    capture, events = tmp_path / "attack.pcap", tmp_path / "events.jsonl"
    write_pcap(capture, attack(SESSIONS))

    assert __version__ in run(command, "--version", cwd=tmp_path)
    assert run(python, "-m", "smtpsensor", "--version", cwd=tmp_path) == run(
        command, "--version", cwd=tmp_path
    )
    run(command, "replay", capture, "--events", events, cwd=tmp_path)
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    verdicts = [line["smtp"]["auth"]["outcome"] for line in lines if line["event_type"] == "smtp_auth"]
    assert verdicts == ["failure"] * SESSIONS

    installed = json.loads(run(python, "-m", "pip", "list", "--format=json", cwd=tmp_path))
    assert "scapy" not in {package["name"] for package in installed}, (
        "GPL-2.0-only: an extra, never a dependency"
    )


def test_the_version_is_said_once(built: dict[str, Path]) -> None:
    assert built["wheel"].name.startswith(f"smtpsensor-{__version__}-")
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
