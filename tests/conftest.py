"""What all tests share: the property tests' settings and the programs some need."""

import os
from collections.abc import Callable

import pytest
from hypothesis import settings
from support.tools import require_tool

# No deadline: on a busy machine it measures the machine. In CI the same examples on every run, so that a
# run fails for what it contains and for nothing else; at a desk new ones each time.
settings.register_profile("desk", deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("desk"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "desk")


@pytest.fixture
def needs() -> Callable[[str], str]:
    """`needs("tshark")`: the program's path; skips without it, fails where CI=true."""
    return require_tool
