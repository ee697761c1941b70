"""Packet time, integer ns since the epoch, as the text that outputs carry."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What a date can name. A capture file may claim anything; the year 9999 is as wrong as the year 584,554.
_FIRST = -62_135_596_800  # 0001-01-01T00:00:00Z, s
_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z, s
_SECOND = 1_000_000_000  # ns


def moment(ts: int) -> datetime:
    """Return `ts` as a UTC datetime, microseconds cut, years beyond 1 to 9999 held at the border."""
    second, rest = divmod(ts, _SECOND)
    if not _FIRST <= second <= _LAST:
        return _EPOCH + timedelta(seconds=_FIRST if second < _FIRST else _LAST)
    return _EPOCH + timedelta(seconds=second, microseconds=rest // 1000)


class Stamper:
    """Formats packet times as `2026-11-24T04:20:11.123456` and a suffix.

    Events of one second follow each other, so the date is formatted once a second: 0.15 us instead of 1.5.
    """

    __slots__ = ("_prefix", "_second", "_suffix")

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._second: int | None = None
        self._prefix = ""

    def __call__(self, ts: int) -> str:
        """Return the text of `ts`, cut (not rounded) to microseconds."""
        second, rest = divmod(ts, _SECOND)
        if second != self._second:
            self._prefix = moment(ts).strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0")
            self._second = second
        return f"{self._prefix}{rest // 1000:06d}{self._suffix}"
