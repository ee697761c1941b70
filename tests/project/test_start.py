"""Whoever only looks at the help waits for nothing that only a replay needs."""

import subprocess
import sys

import pytest
from support.tree import ROOT

LOADED_LATE = {
    "dpkt": "rare link types",
    "zstandard": "zstd captures",
    "scapy": "the portable live socket",
    "prometheus_client": "metrics",
    "yaml": "rules",
    "jsonschema": "nothing but tests",
}
LOOK = """
import sys
from smtpsensor.__main__ import main
sys.argv = ["smtpsensor", {argument!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *sorted(sys.modules))
"""


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_looking_loads_nothing_heavy(argument: str) -> None:
    code = LOOK.format(argument=argument)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.rpartition("loaded:")[2].split()
    assert set(loaded) & set(LOADED_LATE) == set()
