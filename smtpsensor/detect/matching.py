"""`match` and `against` from a rule file: fields and the values they may have, made into Conditions."""

import math
import re
from collections.abc import Callable
from fnmatch import translate
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final

from smtpsensor.detect.document import Item, plain
from smtpsensor.detect.match import ADDRESSES, FIELDS, FLAGS, NUMBERS
from smtpsensor.detect.problems import Problems, listed, meant, quoted
from smtpsensor.detect.rule import Condition, Range
from smtpsensor.detect.site import Origin
from smtpsensor.detect.table import Table, network_of, what
from smtpsensor.events import Outcome

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "outcome": tuple(map(str, Outcome)),
    "origin": tuple(map(str, Origin)),
}
# Names that are casefolded before rules see them: equal text is enough. Others are compared without regard
# to case by a pattern.
_FOLDED: Final = frozenset(("username", "domain"))
_VALUES: Final = 256  # of one field: more are a list that belongs elsewhere
_LONGEST: Final = 256  # octets of any name in an event
_STARS: Final = 8  # each multiplies what matching may cost
_COMPARED: Final = re.compile(r"(?P<how>>=|<=|>|<)\s*(?P<number>[0-9]{1,12}(?:\.[0-9]{1,6})?)")
_BETWEEN: Final = re.compile(
    r"(?P<low>[0-9]{1,12}(?:\.[0-9]{1,6})?)\.\.(?P<high>[0-9]{1,12}(?:\.[0-9]{1,6})?)"
)
# No name begins so; `anna.*@example.org` is a pattern that somebody may mean.
_REGEX: Final = re.compile(r"\^|\.\*|\.\+|.*\(\?[:=!<Pi]")
_ENHANCED: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_MECHANISM: Final = re.compile(r"[A-Z0-9_-]{1,20}")
_BAD: Final = object()  # a value that was noted as wrong

Note = Callable[[str, str], None]  # what is wrong, what would be right


def conditions(item: Item | None, problems: Problems) -> tuple[Condition, ...]:
    """Return the conditions of `match` or `against`; all of what is wrong is noted."""
    if item is None:
        return ()
    table = Table(item, problems, tuple(FIELDS))
    made = (_condition(name, table.get(name), problems) for name in FIELDS)
    return tuple(condition for condition in made if condition is not None)


def _condition(name: str, item: Item | None, problems: Problems) -> Condition | None:
    if item is None:
        return None
    items = item.value if isinstance(item.value, list) else [item]
    if not items:
        problems.add(item.line, item.field, "an empty list matches nothing", "write a value")
        return None
    if len(items) > _VALUES:
        problems.add(
            item.line, item.field, f"{len(items):,} values", f"write at most {_VALUES}, or a pattern"
        )
        return None
    found: list[object] = []
    negated = []
    for one in items:
        text = one.value
        negative = isinstance(text, str) and text.startswith("!")
        negated.append(negative)
        if negative:
            one = Item(plain(text[1:].strip()), one.line, one.field)  # noqa: PLW2901 - the value without its !
        value = _value(name, one, problems)
        if value is not _BAD:
            found.append(value)
    if len(set(negated)) > 1:
        problems.add(
            item.line, item.field, "mixes values with and without !", "put ! before all of them or none"
        )
        return None
    return Condition(name, tuple(found), negated[0])


def _value(name: str, item: Item, problems: Problems) -> object:
    """Return one value in the type that is compared; `_BAD` if it cannot be one, which is noted."""
    value = item.value

    def note(wrong: str, fix: str) -> None:
        problems.add(item.line, item.field, wrong, fix)

    if value is None:
        return None
    if name in ADDRESSES:
        return _network(name, item, problems, note)
    if name in FLAGS:
        if isinstance(value, bool):
            return value
        note(f"{what(value)} where true or false belongs", "write true, false or null")
        return _BAD
    if name in NUMBERS:
        return _number(value, note)
    if name in _CHOICES:
        known = _CHOICES[name]
        if isinstance(value, str) and value in known:
            return (Outcome if name == "outcome" else Origin)(value)
        note(f"{what(value)} is no {name}", meant(str(value), known))
        return _BAD
    return _text(name, value, note)


def _network(name: str, item: Item, problems: Problems, note: Note) -> object:
    network = network_of(item, problems)
    if network is None:
        return _BAD
    group = 24 if network.version == 4 else 64
    if name == "network" and network.prefixlen > group:
        note(
            f"{quoted(item.value)} is smaller than a source's network",
            f"write /{group} or wider, or match source",
        )
        return _BAD
    single = name != "network" and network.prefixlen == network.max_prefixlen
    return str(network.network_address) if single else network


def _number(value: Any, note: Note) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value if isinstance(value, str) else ""
    if found := _COMPARED.fullmatch(text):
        number = float(found["number"])
        if found["how"][0] == ">":
            return Range(number if found["how"] == ">=" else math.nextafter(number, math.inf), math.inf)
        return Range(-math.inf, number if found["how"] == "<=" else math.nextafter(number, -math.inf))
    if found := _BETWEEN.fullmatch(text):
        low, high = float(found["low"]), float(found["high"])
        if low <= high:
            return Range(low, high)
        note(f"{quoted(text)} ends before it begins", f"write {found['high']}..{found['low']}")
    else:
        note(f"{what(value)} where a number belongs", 'write a number, ">=900" or "5..10", in quotes')
    return _BAD


def _text(name: str, value: Any, note: Note) -> object:
    if not isinstance(value, str):
        note(
            f"{what(value)} where text belongs",
            f'write it in quotes: "{value}"' if _scalar(value) else "write text",
        )
        return _BAD
    if not value or len(value) > _LONGEST:
        note(
            "is empty" if not value else f"has {len(value):,} characters", f"write 1 to {_LONGEST} characters"
        )
        return _BAD
    if _REGEX.match(value):
        note(
            f"{quoted(value)} looks like a regular expression",
            "only * and ? have a meaning: write *@example.org",
        )
        return _BAD
    if "*" in value or "?" in value:
        return _pattern(value, note)
    if name == "mechanism":
        return _shaped(value.upper(), _MECHANISM, "mechanism", "write PLAIN, LOGIN or CRAM-MD5", note)
    if name == "enhanced":
        return _shaped(value, _ENHANCED, "enhanced status code", "write 5.7.8", note)
    return value.casefold() if name in _FOLDED else _glob(value)


def _shaped(value: str, shape: re.Pattern[str], kind: str, fix: str, note: Note) -> object:
    if shape.fullmatch(value):
        return value
    note(f"{quoted(value)} is no {kind}", fix)
    return _BAD


def _pattern(value: str, note: Note) -> object:
    if value.count("*") > _STARS:
        note(f"{quoted(value)} holds {value.count('*')} *", f"write at most {_STARS}")
        return _BAD
    return _glob(value)


def _glob(text: str) -> re.Pattern[str]:
    """Return the pattern of casefolded text; brackets stand for themselves."""
    return re.compile(translate(text.casefold().replace("[", "[[]")))


def _scalar(value: Any) -> bool:
    return isinstance(value, int | float | bool)


def said(condition: Condition) -> str:
    """Return a condition as a sentence names it: `outcome is success or failure`."""
    values = [_said(value) for value in condition.values]
    verb = "is not" if condition.negated else "is"
    return f"{condition.field} {verb} {listed(values, 'or')}"


def _said(value: object) -> str:
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Range):
        return _range(value)
    if isinstance(value, re.Pattern):
        return glob_text(value)
    if isinstance(value, IPv4Network | IPv6Network):
        return f"in {value}"
    return str(value)


def _range(value: Range) -> str:
    if math.isinf(value.high):
        strict = value.low % 1 and not math.nextafter(value.low, -math.inf) % 1
        return f"above {math.floor(value.low)}" if strict else f"{value.low:g} or more"
    if math.isinf(value.low):
        strict = value.high % 1 and not math.nextafter(value.high, math.inf) % 1
        return f"below {math.ceil(value.high)}" if strict else f"at most {value.high:g}"
    return f"{value.low:g} to {value.high:g}"


def glob_text(pattern: re.Pattern[str]) -> str:
    """Return the text with * and ? that a pattern was made from, casefolded."""
    inner = pattern.pattern.removeprefix("(?s:")[: -len(")\\Z")]
    return _TOKEN.sub(lambda found: found["plain"] or _WRITTEN.get(found[0], found[0]), inner)


# What fnmatch.translate makes of text, piece by piece.
_TOKEN: Final = re.compile(r"\\(?P<plain>.)|\[\\\[\]|\[\[\]|\(\?>|\.\*\??|[.)]", re.DOTALL)
_WRITTEN: Final = {"[\\[]": "[", "[[]": "[", "(?>": "", ".*?": "*", ".*": "*", ".": "?", ")": ""}
