"""One rule file made into one Rule: every field in its type, every mistake noted with what would be right."""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Final, NamedTuple

from smtpsensor.detect.alert import TEMPLATE_FIELDS, RuleFacts, Severity
from smtpsensor.detect.document import Item, read_document, shown_key
from smtpsensor.detect.durations import SECOND
from smtpsensor.detect.kinds import FORMS
from smtpsensor.detect.matching import conditions
from smtpsensor.detect.problems import Problems, listed, meant, quoted
from smtpsensor.detect.rule import ATTEMPTS, DISTINCT, KEYS, Kind, Rule
from smtpsensor.detect.table import Table, what
from smtpsensor.detect.thresholds import read_thresholds

# The shipped rules are 1 to 3 KiB.
LARGEST: Final = 64 * 1024
FIELDS: Final = (
    *(
        "name",
        "id",
        "revision",
        "kind",
        "severity",
        "technique",
        "summary",
        "description",
        "match",
        "against",
        "against_count",
    ),
    *("group", "threshold", "quiet", "update", "unless", "yields_to", "covers", "needs", "settings"),
)
MEMBERS: Final = ("source", "network", "username")  # what `covers` may name
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TECHNIQUE: Final = re.compile(r"T[0-9]{4}(?:\.[0-9]{3})?")
_UPDATE: Final = 300 * SECOND
_LARGEST_ID: Final = 2**31 - 1  # EVE's readers keep signature_id in 32 bits
_LARGEST_SETTING: Final = 10**9


class Written(NamedTuple):
    """A rule, and the lines of its fields."""

    rule: Rule
    lines: Mapping[str, int]


def read_rule(data: bytes, file: str, stem: str | None = None) -> Written:
    """Return the rule of a file's content; raises RuleErrors with all that is wrong with it.

    `file` is what messages call it; `stem` the name that the rule must have, None for any.
    """
    problems = Problems(file)
    item = read_document(data, problems, LARGEST)
    rule = None if item is None else _rule(item, problems, stem)
    problems.check()
    if item is None or rule is None:
        raise AssertionError(file)  # a rule that is not made has had its reason noted
    return Written(rule, {name: one.line or 1 for name, one in item.value.items()})


def _rule(item: Item, problems: Problems, stem: str | None) -> Rule | None:
    table = Table(item, problems, FIELDS)
    if not table.usable:
        return None
    name = _name(table, stem)
    kind = Kind.THRESHOLD if "kind" not in table else table.choice("kind", Kind)
    table.need("severity", "write critical, warning or info")
    severity = table.choice("severity", Severity)
    group = _group(table, kind)
    match = conditions(table.need("match", "say which attempts: {guess: true}"), problems)
    against = conditions(table.get("against"), problems)
    thresholds = () if kind is None else read_thresholds(table, kind, group, problems, against=bool(against))
    table.need("quiet", "say after which time without an attempt an alert is resolved: 30m")
    quiet = table.duration("quiet")
    update = table.duration("update")
    facts = RuleFacts(
        name=name,
        sid=_number(table, "id", needed=True),
        rev=_number(table, "revision"),
        severity=severity or Severity.INFO,
        technique=_technique(table),
        summary=_template(table, "summary", 200, kind, group),
        description=_template(table, "description", 2_000, kind, group),
    )
    return Rule(
        facts=facts,
        kind=kind or Kind.THRESHOLD,
        match=match,
        group=group,
        thresholds=thresholds,
        quiet=quiet or 0,
        update=update or _UPDATE,
        against=against,
        against_count=(table.words("against_count", (ATTEMPTS, *DISTINCT), "count") or (ATTEMPTS,))[0],
        unless=_others(table, "unless", name),
        yields=_others(table, "yields_to", name),
        covers=table.words("covers", MEMBERS, "member") or (),
        needs_trusted=_needs(table),
        settings=_settings(table, kind, problems),
        file=problems.file,
        line=1 if item.line is None else item.line,
    )


def _name(table: Table, stem: str | None) -> str:
    table.need("name", f"write name: {stem}" if stem and _NAME.fullmatch(stem) else "name it as its file")
    name = table.text("name", 63)
    if name is None:
        return ""
    if not _NAME.fullmatch(name):
        table.wrong("name", f"{quoted(name)} is no name", "write small letters, digits and _, a letter first")
    elif stem is not None and name != stem:
        table.wrong("name", f"{name} stands in a file called {stem}", f"name the file {name}.yaml")
    return name


def _number(table: Table, name: str, *, needed: bool = False) -> int:
    if needed:
        table.need(name, "write a number that no other rule has; 4800000 to 4800999 are the shipped rules'")
    return table.whole(name, 1, _LARGEST_ID) or 1


def _technique(table: Table) -> str | None:
    technique = table.text("technique", 20)
    if technique is None or _TECHNIQUE.fullmatch(technique):
        return technique
    table.wrong("technique", f"{quoted(technique)} is no ATT&CK technique", "write T1110 or T1110.001")
    return None


def _group(table: Table, kind: Kind | None) -> tuple[str, ...]:
    table.need("group", "say by what attempts are grouped: source")
    group = table.words("group", KEYS if kind is None else FORMS[kind].keys, "key to group by") or ()
    item = table.get("group")
    if item is not None and item.value == []:
        table.wrong("group", "is empty", "say by what attempts are grouped: source")
    return group


def _others(table: Table, name: str, own: str) -> tuple[str, ...]:
    names = table.words(name, None, "rule name") or ()
    if own and own in names:
        table.wrong(name, f"names the rule itself, {own}", "leave it out")
    return names


def _needs(table: Table) -> bool:
    needs = table.words("needs", ("trusted",), "need")
    return bool(needs)


def _template(table: Table, name: str, most: int, kind: Kind | None, group: tuple[str, ...]) -> str:
    """Return a template whose fields are all known."""
    table.need(
        name, "say in a line what happened" if name == "summary" else "say what it means and what to do"
    )
    text = table.text(name, most, lines=True)
    if text is None:
        return ""
    try:
        parts = [part for part in Formatter().parse(text) if part[1] is not None]
    except ValueError:
        table.wrong(name, "has a brace without its other half", "write {{ for a brace itself")
        return text
    facts = None if kind is None or not group else FORMS[kind].facts  # what is unknown was noted already
    known = [*group, *sorted(TEMPLATE_FIELDS | (facts or frozenset()))]
    for _, field, form, conversion in parts:
        word = field or ""
        if form or conversion or not re.fullmatch(r"[a-z_]+", word):
            table.wrong(
                name, f"{{{shown_key(word)}}} is no plain field", f"write one of {{{listed(known, 'or')}}}"
            )
        elif word not in known and facts is not None:
            table.wrong(name, f"{{{word}}} is no field of this rule", meant(word, known))
    return text


def _settings(table: Table, kind: Kind | None, problems: Problems) -> dict[str, float]:
    item = table.get("settings")
    if item is None or kind is None:
        return {}
    known = FORMS[kind].settings
    if known is not None and not known:
        table.wrong("settings", f"a rule of kind {kind} has none", "leave it out")
        return {}
    inner = Table(item, problems, tuple(known) if known is not None else tuple(item.value or ()))
    found: dict[str, float] = {}
    for name, one in item.value.items() if inner.usable else ():
        value = one.value
        if name not in inner:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            inner.wrong(name, f"{what(value)} where a number belongs", "write a number")
        elif not 0 <= value <= _LARGEST_SETTING:
            inner.wrong(name, f"{value} is out of range", f"write a number from 0 to {_LARGEST_SETTING:,}")
        else:
            found[name] = value
    return found
