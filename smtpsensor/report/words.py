"""Numbers, sizes, times and names as a person reads them, in ASCII."""

from collections.abc import Mapping
from datetime import datetime, tzinfo

from smtpsensor.report.model import Count, Name
from smtpsensor.sinks.times import moment
from smtpsensor.text import harmless_text

_NAME = 64  # characters of a name on the screen; the whole of it stands in --json
GLUE = "\N{NO-BREAK SPACE}"  # shown as a space at which no line ends; in names it is escaped
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def number(count: int) -> str:
    """Return `1,234`."""
    return f"{count:,}"


def some(count: int, one: str, many: str | None = None) -> str:
    """Return `1 source` or `1,234 sources`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def several(count: Count, one: str) -> str:
    """Return `1 account`, `3 accounts` or `32+ accounts`."""
    return f"{bound(count)} {one if count == Count(1) else one + 's'}"


def bound(count: Count) -> str:
    """Return `16`, or `16+` where there may be more."""
    return f"{count.count:,}{'' if count.exact else '+'}"


def size(octets: int) -> str:
    """Return `1.2 MB` (powers of 1000)."""
    value = float(octets)
    for unit in _UNITS:
        if value < 999.95 or unit == _UNITS[-1]:  # 999.95 kB would round to 1000.0 kB
            break
        value /= 1000
    return some(octets, "byte") if unit == "bytes" else f"{value:.1f} {unit}"


def wait(ms: float) -> str:
    """Return `under 0.1 ms`, `0.3 ms`, `212 ms` or `2.1 s`."""
    if ms < 0.05:
        return "under 0.1 ms"
    if ms < 10:
        return f"{ms:.1f} ms"
    return f"{ms:.0f} ms" if ms < 999.5 else f"{ms / 1000:.1f} s"


def pace(count: int, span: int) -> str:
    """Return `in 46 s` if it took less than a minute (`span`, ns), else `20.5/min`, `3.0/h` or `1.4/day`."""
    seconds = span / 1e9
    if seconds < 59.5:
        return f"in {max(1, round(seconds))} s"
    for unit, length in (("min", 60), ("h", 3600)):
        if count * length >= seconds:
            return f"{count * length / seconds:,.1f}/{unit}"
    return f"{count * 86400 / seconds:,.1f}/day"


def share(part: int, whole: int) -> str:
    """Return a percentage that is 0 or 100 only if it is exactly that."""
    if not whole or part in {0, whole}:
        return "100 %" if part else "0 %"
    percent = 100 * part / whole
    if percent < 0.1:
        return "under 0.1 %"
    return "over 99.9 %" if percent > 99.9 else f"{percent:.1f} %"


def server(address: str, port: int) -> str:
    """Return `203.0.113.25:587` or `[2001:db8::25]:587`."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def account(name: Name) -> str:
    """Return what stands for an account: its name or hash, or its number in this report."""
    if name.name is None:
        return f"account #{name.ref}"
    return label(name.name)


def label(text: str) -> str:
    """Return text from outside fit for a terminal: printable, not too long, never empty."""
    if len(text) > _NAME:
        text = f"{text[: _NAME - 3]}..."
    if not text.isprintable():
        text = harmless_text(text, 16 * _NAME)
    return text if text.strip() else f'"{text}"'


def file(name: str) -> str:
    """Return a capture's name as typed."""
    return "standard input" if name == "-" else label(name)


def counts(of: Mapping[str, int]) -> str:
    """Return `398 failure, 2 success`, each a piece that no line breaks."""
    return ", ".join(f"{count:,}{GLUE}{label(name)}" for name, count in of.items())


class Clock:
    """Packet times as dates in one zone, which is always named."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def at(self, ts: int) -> str:
        """Return `2026-11-24 04:20:11 UTC`."""
        when = self._local(ts)
        return f"{when:%Y-%m-%d %H:%M:%S} {self._name(when)}"

    def span(self, first: int, last: int) -> str:
        """Return `2026-11-24 04:20:11 to 04:31:02 UTC`, with both dates if they differ."""
        start, end = self._local(first), self._local(last)
        if self._name(start) != self._name(end):  # summer time began or ended in between
            return f"{self.at(first)} to {self.at(last)}"
        return f"{self.short(first, last)} {self._name(end)}"

    def short(self, first: int, last: int) -> str:
        """Return the same without the zone, for a column whose head names it."""
        start, end = self._local(first), self._local(last)
        short = "%H:%M:%S" if start.date() == end.date() else "%Y-%m-%d %H:%M:%S"
        return f"{start:%Y-%m-%d %H:%M:%S} to {end:{short}}"

    def since(self, first: int, last: int) -> str:
        """Return `04:20:11` for a time before `last`, which is shown beside it; `at` if on another date."""
        start, end = self._local(first), self._local(last)
        same = start.date() == end.date() and self._name(start) == self._name(end)
        return f"{start:%H:%M:%S}" if same else self.at(first)

    def both(self, first: int, last: int) -> tuple[str, str]:
        """Return two dates for a column whose head names the zone."""
        return f"{self._local(first):%Y-%m-%d %H:%M:%S}", f"{self._local(last):%Y-%m-%d %H:%M:%S}"

    def zone(self, ts: int) -> str:
        """Return the zone's name at `ts`."""
        return self._name(self._local(ts))

    def _local(self, ts: int) -> datetime:
        when = moment(ts)
        try:
            return when.astimezone(self._zone)
        except OverflowError:
            return when  # the years 1 and 9999 have neighbours in other zones

    @staticmethod
    def _name(when: datetime) -> str:
        return when.tzname() or f"{when:%z}"
