"""Whatever octets a file holds, reading it gives a rule or RuleErrors, and soon."""

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from detect.rule_files import GOOD
from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.app.configfile import read_config
from smtpsensor.detect.durations import in_words, parse_duration
from smtpsensor.detect.problems import RuleErrors
from smtpsensor.detect.rulecase import read_test
from smtpsensor.detect.schema import FIELDS, read_rule

SIGNS = "* &a *a !own !!str { } [ ] ? | > ' # --- ... << = ~ 1e999 -1 .inf 2026-01-01"
OTHERS = (
    '"',
    "\\",
    r'"\ud800"',
    r'"\UFFFFFFFF"',
    ": ",
    "- ",
    "\n",
    "  ",
    "%YAML 1.1",
    "\t",
    "\x00",
    "\ud800",
    "99999999999999999999",
)
WORDS = st.sampled_from([*SIGNS.split(), *OTHERS, *FIELDS])
YAMLISH = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(WORDS | st.text(string.printable, max_size=8), max_size=40).map(
        lambda words: "".join(words).encode("utf-8", "surrogatepass")
    ),
    st.tuples(st.sampled_from(GOOD.split("\n")), st.text(max_size=20)).map(
        lambda pair: GOOD.replace(pair[0], pair[0] + pair[1], 1).encode("utf-8", "surrogatepass")
    ),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def mistakes(read: Callable[[], object]) -> list[str]:
    """What reading says is wrong; whatever else it raises is raised."""
    try:
        read()
    except RuleErrors as found:
        return [str(error) for error in found.errors] or ["nothing said"]
    return []


@pytest.fixture(params=["with libyaml", "without"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


@pytest.mark.usefixtures("loader")
def test_no_octets_raise_anything_else() -> None:
    @given(YAMLISH)
    def check(data: bytes) -> None:
        for read in (lambda: read_rule(data, "mine.yaml"), lambda: read_test(data, "mine.yaml", Path())):
            assert all("\n" not in line and "; " in line for line in mistakes(read))

    check()


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES))
def test_no_values_raise_anything_else(fields: dict[str, Any]) -> None:
    data = yaml.safe_dump(fields).encode()
    assert all("; " in line for line in mistakes(lambda: read_rule(data, "mine.yaml")))


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: f"[detection]\n{text}".encode()))
def test_no_configuration_raises_anything_else(data: bytes) -> None:
    assert all("; " in line for line in mistakes(lambda: read_config(data, "site.toml")))


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("data", [b"[" * 60_000, b"{a: " * 15_000, b"- " * 30_000, b"? " * 30_000], ids=repr)
def test_nesting_without_end_is_a_mistake_and_no_crash(data: bytes) -> None:
    with pytest.raises(RuleErrors):
        read_rule(data, "mine.yaml")


@given(st.integers(1, 9_999_999))
def test_a_duration_in_seconds_is_what_it_says(seconds: int) -> None:
    assert parse_duration(f"{seconds}s") == seconds * 10**9
    assert in_words(seconds * 10**9)


@pytest.mark.parametrize(
    ("text", "words"),
    [("90s", "1 minute 30 seconds"), ("5m", "5 minutes"), ("1h", "1 hour"), ("24h", "24 hours"),
     ("1d", "24 hours"),
     ("3d", "3 days"), ("1h30m", "1 hour 30 minutes"), ("500ms", "0.5 seconds"), ("1w", "7 days")],
)  # fmt: skip
def test_durations_in_words(text: str, words: str) -> None:
    assert in_words(parse_duration(text) or 0) == words


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "1.5h", "5y", "12345678s", "٣m"])
def test_what_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None
