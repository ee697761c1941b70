"""What promtool says of the rules, and what becomes of their tests where a rule is wrong."""

import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus.rulefiles import FILES, FOLDER
from support.programs import require_unpacked

pytestmark = pytest.mark.system

TESTS = sorted(path.name for path in (FOLDER / "tests").glob("*.yml"))


def promtool(*arguments: str, cwd: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    program = require_unpacked("prometheus", "promtool")
    return subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_the_rules_are_well_formed() -> None:
    told = promtool("check", "rules", "--lint=all", "--lint-fatal", *FILES)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("file", TESTS)
def test_the_rules_fire_when_they_should_and_only_then(file: str) -> None:
    told = promtool("test", "rules", f"tests/{file}")
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "fails"),
    [
        ("smtpsensor_sink_up == 0", "smtpsensor_sink_up == 1", "SmtpsensorSinkFailing"),
        ('up{job="smtpsensor"} == 0 or absent', "absent", "SmtpsensorDown"),
        ("vector(0.9)", "vector(0.4)", "SmtpsensorTableFull: half full"),
        ("line|backlog|", "backlog|", "SmtpsensorTableFull: a client with long lines"),
    ],
)
def test_a_rule_that_is_wrong_fails_its_test(right: str, wrong: str, fails: str, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "rules")
    file = tmp_path / "rules" / "smtpsensor.yml"
    text = file.read_text()
    assert right in text
    file.write_text(text.replace(right, wrong))
    told = promtool("test", "rules", "tests/sensor.yml", cwd=tmp_path / "rules")
    assert told.returncode != 0
    assert fails in told.stdout + told.stderr
