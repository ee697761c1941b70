"""Time is the packet's: below `app` nobody reads a clock, so the same capture gives the same events."""

import ast
from collections.abc import Iterator

import pytest
from support.tree import Module, modules

MAY_READ_A_CLOCK = {"app", "cli"}
# In `time` everything but these few tells what time it is, or does when given no argument.
TIMELESS = {"sleep", "struct_time", "strptime", "CLOCK_MONOTONIC", "CLOCK_REALTIME"}
NOW = {"now", "utcnow", "today"}  # of datetime and date
OTHER = {"os.times", "uuid.uuid1"}


def clock_reads(syntax: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of whatever reads a clock."""
    for node in ast.walk(syntax):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from ((node.lineno, f"time.{a.name}") for a in node.names if a.name not in TIMELESS)
        elif isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            owner = text.rpartition(".")[0]
            of_time = owner == "time" and node.attr not in TIMELESS
            of_dates = node.attr in NOW and owner.rpartition(".")[2] in {"datetime", "date"}
            if of_time or of_dates or text in OTHER:
                yield node.lineno, text


@pytest.mark.parametrize(
    "code",
    [
        "import time\ntime.time()",
        "import time\nclock = time.monotonic",
        "import time\ntime.localtime()",
        "from time import perf_counter_ns",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime\ndatetime.now(tz)",
        "from datetime import date\ndate.today()",
        "import os\nos.times()",
    ],
)
def test_a_clock_is_recognised(code: str) -> None:
    assert list(clock_reads(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        "import time\ntime.sleep(1)",
        "from datetime import datetime\ndatetime.fromtimestamp(ts, tz)",
        "self.time = 3",
    ],
)
def test_what_reads_no_clock_is_let_be(code: str) -> None:
    assert not list(clock_reads(ast.parse(code)))


@pytest.mark.parametrize(
    "module", [m for m in modules() if m.room not in MAY_READ_A_CLOCK], ids=lambda module: module.path
)
def test_nobody_below_app_reads_a_clock(module: Module) -> None:
    assert [f"{module.path}:{line} {text}" for line, text in clock_reads(module.syntax)] == []
