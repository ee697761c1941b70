"""Numbers, sizes, times, names and greetings as they are shown."""

from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from sinks.samples import NOON, SECOND

from smtpsensor.report.greeting import undated
from smtpsensor.report.model import Count
from smtpsensor.report.words import Clock, label, pace, several, share, size, wait


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        (UTC, "2026-11-24 12:00:00 UTC"),
        (timezone(timedelta(hours=5, minutes=30)), "2026-11-24 17:30:00 UTC+05:30"),
        (ZoneInfo("America/New_York"), "2026-11-24 07:00:00 EST"),
    ],
)
def test_a_time_names_its_zone(zone: tzinfo, text: str) -> None:
    assert Clock(zone).at(NOON) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "2026-11-24 12:00:00 to 12:00:05 UTC"),
        (86_400, "2026-11-24 12:00:00 to 2026-11-25 12:00:00 UTC"),
        (2**60, "2026-11-24 12:00:00 to 9999-12-31 23:59:59 UTC"),
    ],
)
def test_a_span_has_both_dates_if_they_differ(seconds: int, text: str) -> None:
    assert Clock(UTC).span(NOON, NOON + seconds * SECOND) == text


def test_a_span_over_the_change_of_the_clocks_names_both_zones() -> None:
    october = 1_792_879_200 * SECOND  # 2026-10-24T22:00:00Z, three hours before winter time
    got = Clock(ZoneInfo("Europe/Berlin")).span(october, october + 6 * 3600 * SECOND)
    assert got == "2026-10-25 00:00:00 CEST to 2026-10-25 05:00:00 CET"


def test_the_last_moment_of_all_has_a_date_in_every_zone() -> None:
    assert "9999" in Clock(timezone(timedelta(hours=14))).at(2**90)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("[bold red]anna[/]", "[bold red]anna[/]"),
        (":pile_of_poo:", ":pile_of_poo:"),
        ("[link=http://192.0.2.66]x[/link]", "[link=http://192.0.2.66]x[/link]"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb", "a\\x0ab"),
        ("", '""'),
        ("   ", '"   "'),
        ("x" * 100, "x" * 61 + "..."),
    ],
)
def test_markup_and_escapes_are_shown_as_they_are(raw: str, text: str) -> None:
    assert label(raw) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (10**21, "1000000.0 PB"),
    ],
)
def test_sizes(octets: int, text: str) -> None:
    assert size(octets) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0.04, "under 0.1 ms"),
        (0.26, "0.3 ms"),
        (9.96, "10.0 ms"),
        (31.4, "31 ms"),
        (999.6, "1.0 s"),
        (2100, "2.1 s"),
    ],
)
def test_waits(ms: float, text: str) -> None:
    assert wait(ms) == text


@pytest.mark.parametrize(
    ("count", "seconds", "text"),
    [
        (5, 0, "in 1 s"),
        (20, 46.2, "in 46 s"),
        (20, 59.6, "20.1/min"),
        (61, 119, "30.8/min"),
        (20, 20 * 60, "1.0/min"),
        (20, 20 * 61, "59.0/h"),
        (20, 5 * 86_400, "4.0/day"),
        (12_000, 60, "12,000.0/min"),
    ],
)
def test_a_pace_is_said_of_no_more_time_than_was_seen(count: int, seconds: float, text: str) -> None:
    """20 attempts in 46 s are not 20 a minute."""
    assert pace(count, int(seconds * SECOND)) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (Count(1), "1 account"),
        (Count(3), "3 accounts"),
        (Count(1, exact=False), "1+ accounts"),
        (Count(32, exact=False), "32+ accounts"),
    ],
)
def test_several(count: Count, text: str) -> None:
    assert several(count, "account") == text


@pytest.mark.parametrize(
    ("first", "text"),
    [(NOON - SECOND, "11:59:59"), (NOON - 86_400 * SECOND, "2026-11-23 12:00:00 UTC")],
)
def test_a_time_before_another_has_a_date_if_it_is_another_one(first: int, text: str) -> None:
    assert Clock(UTC).since(first, NOON) == text


@pytest.mark.parametrize(
    ("greeting", "software"),
    [
        ("ESMTP Exim 4.96 Tue, 24 Nov 2026 21:13:08 +0000", "ESMTP Exim 4.96"),
        ("ESMTP Sendmail 8.17.1/8.17.1; Tue, 3 Nov 2026 21:13:08 GMT", "ESMTP Sendmail 8.17.1/8.17.1"),
        ("ESMTP Sendmail 8.17.1; Tue, 3 Nov 2026 21:13:08 -0500 (EST)", "ESMTP Sendmail 8.17.1"),
        (
            "Microsoft ESMTP MAIL Service ready at Tue, 24 Nov 2026 21:13:08 +0100",
            "Microsoft ESMTP MAIL Service",
        ),
        ("ESMTP Postfix (Debian/GNU)", "ESMTP Postfix (Debian/GNU)"),
        (
            "ESMTP ready, Tue, 24 Nov 2026 will be a holiday",
            "ESMTP ready, Tue, 24 Nov 2026 will be a holiday",
        ),
        ("", ""),
    ],
)
def test_a_greeting_ends_before_its_date(greeting: str, software: str) -> None:
    assert undated(greeting) == software


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "0 %"),
        (0, 9, "0 %"),
        (9, 9, "100 %"),
        (1, 3, "33.3 %"),
        (1, 100_000, "under 0.1 %"),
        (99_999, 100_000, "over 99.9 %"),
    ],
)
def test_a_share_is_0_or_100_only_if_it_is(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text
