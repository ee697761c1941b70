"""Rule tests from YAML: cases, each with what happens and which alerts are expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from smtpsensor.detect.alert import AlertState, Severity
from smtpsensor.detect.document import Item, read_document
from smtpsensor.detect.files import contents
from smtpsensor.detect.problems import Problems
from smtpsensor.detect.rule import DISTINCT
from smtpsensor.detect.rulecase_events import Happening, happenings
from smtpsensor.detect.site import Place, Site
from smtpsensor.detect.table import Table, network_of, what

# A test file is written by hand; the longest shipped one has 5 KiB.
LARGEST: Final = 256 * 1024
_CASES: Final = 200
_FIELDS: Final = ("case", "events", "pcap", "expect", "also", "trusted", "own", "ends")
_EXPECTED: Final = ("key", "count", "distinct", "severity", "state", "opened", "facts")
_LARGEST_COUNT: Final = 10**9


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert that a case must raise; None and what is not in a mapping is not compared."""

    line: int
    key: Mapping[str, str]
    count: int | None = None  # attempts in the end
    opened: int | None = None  # attempts when it was opened
    distinct: Mapping[str, int] | None = None
    severity: Severity | None = None
    state: AlertState | None = None
    facts: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One story. Either `events` or `pcap` tells it."""

    text: str
    line: int
    events: tuple[Happening, ...]
    pcap: Path | None
    expect: tuple[Expected, ...]
    also: tuple[str, ...]  # other rules that must raise an alert above info
    site: Site
    ends: int | None  # ns after the beginning at which the input ends; None: with the last event


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A test file."""

    file: str
    rule: str
    line: int
    cases: tuple[Case, ...]


def load_test(path: Path) -> RuleTest:
    """Return the test of a file; raises RuleErrors with all that is wrong with it."""
    return read_test(contents(path, LARGEST), str(path), path.parent)


def read_test(data: bytes, file: str, folder: Path) -> RuleTest:
    """Return the test of a file's content; captures are looked for in `folder`. Raises RuleErrors."""
    problems = Problems(file)
    item = read_document(data, problems, LARGEST)
    rule, line, cases = "", 1, []
    if item is not None:
        table = Table(item, problems, ("rule", "cases"))
        if (named := table.need("rule", "name the rule that is tested: rule: NAME")) is not None:
            line = named.line or 1
        rule = table.text("rule") or ""
        table.need("cases", "write - case: what happens")
        items = table.items("cases")
        if len(items) > _CASES:
            table.wrong("cases", f"{len(items)} cases", f"write at most {_CASES}")
        cases = [_case(one, problems, folder) for one in items[:_CASES]]
        if "cases" in table and not items:
            table.wrong("cases", "is empty", "write - case: what happens")
    problems.check()
    return RuleTest(file, rule, line, tuple(cases))


def _case(item: Item, problems: Problems, folder: Path) -> Case:
    table = Table(item, problems, _FIELDS)
    table.need("case", "say in a line what happens")
    pcap = table.text("pcap", 1000)
    if ("events" in table) == ("pcap" in table):
        table.wrong("events", "either events or pcap, one of them", "write what happens under events:")
    table.need("expect", "write the alerts that are expected, or [] for none")
    own, trusted = _places(table, "own", problems), _places(table, "trusted", problems)
    return Case(
        text=table.text("case") or "",
        line=item.line or 1,
        events=happenings(table.items("events"), problems),
        pcap=None if pcap is None else folder / pcap,
        expect=tuple(_expected(one, problems) for one in table.items("expect")),
        also=table.words("also") or (),
        site=Site(trusted=trusted, own=own),
        ends=table.duration("ends"),
    )


def _places(table: Table, name: str, problems: Problems) -> tuple[Place, ...]:
    networks = (network_of(one, problems) for one in table.items(name))
    return tuple(Place(network, "test") for network in networks if network is not None)


def _expected(item: Item, problems: Problems) -> Expected:
    table = Table(item, problems, _EXPECTED)
    table.need("key", "write what the alert is about: {source: 198.51.100.7}")
    facts = table.get("facts")
    return Expected(
        line=item.line or 1,
        key={name: str(one.value) for name, one in _mapping(table, "key").items()},
        count=table.whole("count", 1, _LARGEST_COUNT),
        opened=table.whole("opened", 1, _LARGEST_COUNT),
        distinct=_distinct(table, problems),
        severity=table.choice("severity", Severity),
        state=table.choice("state", AlertState),
        facts=None if facts is None else {n: one.value for n, one in _mapping(table, "facts").items()},
    )


def _mapping(table: Table, name: str) -> dict[str, Item]:
    item = table.get(name)
    if item is None:
        return {}
    if isinstance(item.value, dict):
        for one in item.value.values():
            if isinstance(one.value, dict | list):
                table.wrong(name, f"{what(one.value)} where a value belongs", "write text or a number")
        return dict(item.value)
    table.wrong(name, f"{what(item.value)} where fields belong", "write {source: 198.51.100.7}")
    return {}


def _distinct(table: Table, problems: Problems) -> dict[str, int] | None:
    item = table.get("distinct")
    if item is None:
        return None
    inner = Table(item, problems, DISTINCT)
    numbers = {name: inner.whole(name, 0, _LARGEST_COUNT) for name in DISTINCT}
    return {name: number for name, number in numbers.items() if number is not None}
