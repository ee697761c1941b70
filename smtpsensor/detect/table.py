"""Reads the fields of one mapping, each in the type it must have; what is wrong is noted, and None given."""

from collections.abc import Collection, Iterable
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any, Final, TypeVar

from smtpsensor.detect.document import Item, shown_key
from smtpsensor.detect.durations import HOW, LONGEST, parse_duration
from smtpsensor.detect.problems import Problems, listed, meant, quoted
from smtpsensor.detect.site import Network

Choice = TypeVar("Choice", bound=StrEnum)
_KINDS: Final[dict[type[Any], str]] = {dict: "a mapping", list: "a list"}
_NETWORK: Final = "write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"


class Table:
    """One mapping. A field that is not in `known` is noted at once."""

    def __init__(self, item: Item, problems: Problems, known: Collection[str]) -> None:
        self.item = item
        self._problems = problems
        self._fields: dict[str, Item] = {}
        if not isinstance(item.value, dict):
            problems.add(
                item.line, item.field, f"{what(item.value)} where fields belong", f"write {known_as(known)}"
            )
            self.usable = False
            return
        self.usable = True
        for name, value in item.value.items():
            if name in known:
                self._fields[name] = value
            else:
                field = item.under(shown_key(name))
                problems.add(value.line, field, "unknown field", meant(name, known))

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str) -> Item | None:
        """Return a field as it is; None where it is missing."""
        return self._fields.get(name)

    def wrong(self, name: str, wrong: str, fix: str) -> None:
        """Note what is wrong with a field, at its line, or at the mapping's where it is missing."""
        item = self._fields.get(name)
        line = self.item.line if item is None else item.line
        self._problems.add(line, self.item.under(name), wrong, fix)

    def need(self, name: str, fix: str) -> Item | None:
        """Return a field that must be there."""
        item = self._fields.get(name)
        if item is None and self.usable:
            self.wrong(name, "is missing", fix)
        return item

    def text(self, name: str, most: int = 200, *, lines: bool = False) -> str | None:
        """Return text of one line (with `lines`: of several, joined) of at most `most` characters."""
        item = self._fields.get(name)
        if item is None:
            return None
        value = item.value
        if not isinstance(value, str):
            self.wrong(name, f"{what(value)} where text belongs", "write text, in quotes if need be")
            return None
        value = " ".join(value.split()) if lines else value
        if not value.strip():
            self.wrong(name, "is empty", "write some words")
        elif len(value) > most:
            self.wrong(name, f"has {len(value):,} characters", f"write at most {most:,}")
        elif not value.isprintable():
            self.wrong(name, "holds characters that cannot be printed", "leave them out")
        else:
            return value
        return None

    def whole(self, name: str, low: int, high: int) -> int | None:
        """Return a whole number from `low` to `high`."""
        item = self._fields.get(name)
        if item is None:
            return None
        value = item.value
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(name, f"{what(value)} where a whole number belongs", f"write a number from {low} on")
        elif value < low:
            self.wrong(name, f"{value} is too small", f"write {low} or more")
        elif value > high:
            self.wrong(name, f"{value} is too large", f"write at most {high:,}")
        else:
            return value
        return None

    def flag(self, name: str) -> bool | None:
        """Return true or false."""
        item = self._fields.get(name)
        if item is None or isinstance(item.value, bool):
            return None if item is None else bool(item.value)
        self.wrong(name, f"{what(item.value)} where true or false belongs", "write true or false")
        return None

    def duration(self, name: str, *, zero: bool = False) -> int | None:
        """Return a duration in ns: more than zero unless `zero`, at most a year."""
        item = self._fields.get(name)
        if item is None:
            return None
        found = parse_duration(item.value) if isinstance(item.value, str) else None
        if found is None:
            self.wrong(name, f"{what(item.value)} is no duration", HOW)
        elif not found and not zero:
            self.wrong(
                name, f"{what(item.value)} is no time at all", "write a duration above zero, such as 5m"
            )
        elif found > LONGEST:
            self.wrong(name, f"{what(item.value)} is too long", "write at most 366d")
        else:
            return found
        return None

    def choice(self, name: str, of: type[Choice]) -> Choice | None:
        """Return a member of an enumeration."""
        item = self._fields.get(name)
        if item is None:
            return None
        known = [str(member) for member in of]
        if item.value in known:
            return of(item.value)
        self.wrong(name, f"{what(item.value)} is no {name}", meant(str(item.value), known))
        return None

    def words(
        self, name: str, known: Collection[str] | None = None, kind: str = ""
    ) -> tuple[str, ...] | None:
        """Return one word or a list of words, all different, all of `known` if that is given."""
        item = self._fields.get(name)
        if item is None:
            return None
        found: list[str] = []
        for one in item.value if isinstance(item.value, list) else [item]:
            word = one.value
            if not isinstance(word, str) or (known is not None and word not in known):
                fix = (
                    f"write {known_as(known or ('a name',))}"
                    if not isinstance(word, str)
                    else meant(word, known or ())
                )
                self._problems.add(one.line, one.field, f"{what(word)} is no {kind or 'name'}", fix)
            elif word in found:
                self._problems.add(
                    one.line, one.field, f"{quoted(word)} stands here twice", "leave one of them"
                )
            else:
                found.append(word)
        return tuple(found)

    def network(self, name: str) -> Network | None:
        """Return an address or network."""
        item = self._fields.get(name)
        return None if item is None else network_of(item, self._problems)

    def items(self, name: str) -> list[Item]:
        """Return the members of a list; [] where it is missing."""
        item = self._fields.get(name)
        if item is None:
            return []
        if isinstance(item.value, list):
            return list(item.value)
        self.wrong(name, f"{what(item.value)} where a list belongs", "begin each member with -")
        return []


def what(value: Any) -> str:
    """Return a value as a message names it."""
    return _KINDS.get(type(value)) or quoted(value)


def known_as(known: Iterable[str]) -> str:
    """Return what may be written, as a choice."""
    return listed(list(known), "or")


def network_of(item: Item, problems: Problems) -> Network | None:
    """Return the network of an address or CIDR prefix; what is none is noted."""
    text = item.value
    if not isinstance(text, str) or "%" in text:
        problems.add(item.line, item.field, f"{what(text)} is no address or network", _NETWORK)
        return None
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        whole = ip_network(text, strict=False)
    except ValueError:
        problems.add(item.line, item.field, f"{quoted(text)} is no address or network", _NETWORK)
    else:
        problems.add(item.line, item.field, f"{quoted(text)} has bits behind the prefix", f"write {whole}")
    return None


def address_of(item: Item, problems: Problems) -> str | None:
    """Return the text of one address as events hold it; what is none is noted."""
    try:
        return str(ip_address(item.value if isinstance(item.value, str) else ""))
    except ValueError:
        fix = "write 203.0.113.25 or 2001:db8::25"
        problems.add(item.line, item.field, f"{what(item.value)} is no address", fix)
        return None
