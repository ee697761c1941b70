"""`--config FILE`: what only the administrator knows, from TOML. docs/smtpsensor.toml shows all of it."""

import tomllib
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final, TypeVar

from smtpsensor.detect.alert import Severity
from smtpsensor.detect.document import Item, shown_key
from smtpsensor.detect.files import contents
from smtpsensor.detect.problems import Problems
from smtpsensor.detect.site import Allowed, Mute, Place, RuleChange, Site
from smtpsensor.detect.table import Table, address_of, what
from smtpsensor.detect.thresholds import thresholds_of

Thing = TypeVar("Thing")

# Ten thousand muted accounts are a file of a megabyte, and a mistake.
LARGEST: Final = 1024 * 1024
_SECTIONS: Final = ("off", "trusted", "own", "allow", "mute", "rules", "servers")
# How captures begin: pcap in both byte orders and resolutions, pcapng, snoop.
_CAPTURES: Final = (
    *(b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d"),
    *(b"\x0a\x0d\x0d\x0a", b"snoop\0\0\0"),
)
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def load_config(path: str | Path) -> Site:
    """Return the detection part of a configuration; raises RuleErrors with all that is wrong with it."""
    path = Path(path)
    return read_config(contents(path, LARGEST), str(path))


def read_config(data: bytes, file: str) -> Site:
    """Return the detection part of a configuration's content; raises RuleErrors."""
    problems = Problems(file)
    document = _parsed(data, problems)
    site = Site(file=file) if document is None else _site(document, problems)
    problems.check()
    return site


def read_document(path: str | Path, problems: Problems) -> Item | None:
    """Return a configuration as it stands, None with a problem noted; raises RuleErrors if unreadable."""
    return _parsed(contents(Path(path), LARGEST), problems)


def _parsed(data: bytes, problems: Problems) -> Item | None:
    if data.startswith(_CAPTURES):  # first, for most are larger than any configuration
        problems.add(None, "", "is a capture, no configuration", "name it without --config before it")
        return None
    if len(data) > LARGEST:
        problems.add(None, "", f"is larger than {LARGEST // 1024} KiB", "a configuration is a page or two")
        return None
    if b"\0" in data:
        problems.add(None, "", "is no text", "name a TOML file, such as docs/smtpsensor.toml")
        return None
    try:
        return _item(tomllib.loads(data.decode("utf-8-sig")), "")
    except UnicodeDecodeError:
        problems.add(None, "", "is not UTF-8", "save it as UTF-8 text")
    except tomllib.TOMLDecodeError as error:
        problems.add(None, "", f"malformed TOML, {_told(error)}", "see docs/smtpsensor.toml for an example")
    except (RecursionError, ValueError, OverflowError):  # nesting or numbers beyond what can be meant
        problems.add(None, "", "malformed TOML", "see docs/smtpsensor.toml for an example")
    return None


def _told(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]


def _item(value: Any, field: str) -> Item:
    """Return TOML's values as the rules' readers take them: with their paths, without lines."""
    if isinstance(value, dict):
        here = Item({}, None, field)
        for name, one in value.items():
            here.value[name] = _item(one, here.under(shown_key(name)))
        return here
    if isinstance(value, list):
        return Item([_item(one, f"{field}[{at}]") for at, one in enumerate(value)], None, field)
    return Item(value, None, field)


def _site(document: Item, problems: Problems) -> Site:
    top = Table(document, problems, ("detection", "alertmanager"))
    item = top.get("detection")
    if item is None:
        return Site(file=problems.file)
    table = Table(item, problems, _SECTIONS)
    off = tuple(RuleChange(rule=name, off=True) for name in table.words("off", None, "rule name") or ())
    return Site(
        trusted=_each(table, "trusted", _place, problems),
        own=_each(table, "own", _place, problems),
        allowed=_each(table, "allow", _allowed, problems),
        mutes=_each(table, "mute", _mute, problems),
        changes=off + tuple(_rules(table, problems)) + tuple(_servers(table, problems)),
        file=problems.file,
    )


def _each(
    table: Table, name: str, make: Callable[[Item, Problems], Thing | None], problems: Problems
) -> tuple[Thing, ...]:
    made = (make(item, problems) for item in table.items(name))
    return tuple(one for one in made if one is not None)


def _reason(table: Table) -> str:
    table.need("reason", "say why: whoever reads this in a year will ask")
    return table.text("reason") or ""


def _place(item: Item, problems: Problems) -> Place | None:
    table = Table(item, problems, ("network", "reason"))
    reason = _reason(table)
    table.need("network", 'write network = "192.0.2.0/24"')
    network = table.network("network")
    return None if network is None else Place(network, reason)


def _allowed(item: Item, problems: Problems) -> Allowed:
    table = Table(item, problems, ("source", "username", "reason"))
    if table.usable and "source" not in table and "username" not in table:
        table.wrong("source", "neither source nor username", "say who is allowed: all attempts would be")
    return Allowed(_reason(table), table.network("source"), _username(table))


def _mute(item: Item, problems: Problems) -> Mute:
    table = Table(item, problems, ("rule", "source", "username", "reason", "until"))
    if table.usable and not {"rule", "source", "username"} & set(item.value):
        table.wrong("rule", "neither rule, source nor username", "say what is muted: all alerts would be")
    return Mute(
        reason=_reason(table),
        rule=table.text("rule"),
        network=table.network("source"),
        username=_username(table),
        until=_until(table),
    )


def _username(table: Table) -> str | None:
    name = table.text("username", 256)
    return None if name is None else name.casefold()


def _until(table: Table) -> int | None:
    """Return ns of packet time; a date is its beginning, a time without a zone UTC."""
    item = table.get("until")
    if item is None:
        return None
    when = item.value
    if isinstance(when, date) and not isinstance(when, datetime):
        when = datetime.combine(when, time())
    if not isinstance(when, datetime):
        table.wrong("until", f"{what(when)} is no time", "write until = 2026-12-01T00:00:00Z, without quotes")
        return None
    when = when.replace(tzinfo=_EPOCH.tzinfo) if when.tzinfo is None else when
    since = when - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


def _rules(table: Table, problems: Problems) -> list[RuleChange]:
    """Return the changes of [detection.rules.NAME]."""
    changes = []
    for name, item in _named(table, "rules", problems):
        inner = Table(item, problems, ("threshold", "severity", "quiet"))
        _not_empty(inner, item)
        severity = inner.choice("severity", Severity)
        changes.append(
            RuleChange(
                rule=name,
                thresholds=thresholds_of(inner, problems) if "threshold" in inner else None,
                severity=None if severity is None else str(severity),
                quiet=inner.duration("quiet"),
            )
        )
    return changes


def _servers(table: Table, problems: Problems) -> list[RuleChange]:
    """Return the changes of [detection.servers."ADDRESS".NAME]."""
    changes = []
    for text, server in _named(table, "servers", problems):
        address = address_of(Item(text, None, server.field), problems)
        if not isinstance(server.value, dict):
            problems.add(
                None, server.field, f"{what(server.value)} where rules belong", "write a table of rules"
            )
            continue
        for name, item in server.value.items():
            inner = Table(item, problems, ("threshold",))
            _not_empty(inner, item)
            if address is not None and inner.usable:
                changes.append(RuleChange(name, server=address, thresholds=thresholds_of(inner, problems)))
    return changes


def _named(table: Table, name: str, problems: Problems) -> Sequence[tuple[str, Item]]:
    item = table.get(name)
    if item is None:
        return ()
    if isinstance(item.value, dict):
        return tuple(item.value.items())
    problems.add(None, item.field, f"{what(item.value)} where a table belongs", f"write [{item.field}.NAME]")
    return ()


def _not_empty(table: Table, item: Item) -> None:
    if table.usable and not item.value:
        table.wrong("threshold", "nothing is changed", 'write threshold = [{attempts = 20, within = "5m"}]')
