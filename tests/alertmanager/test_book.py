"""What Alertmanager is to know, second by second of the clock on the wall."""

from typing import Any

import pytest
from sinks.samples import NOON, SECOND, alert, rule

from smtpsensor.detect.alert import Alert, AlertState, Severity
from smtpsensor.sinks.alertmanager_book import Book, Timing

WALL = NOON + 10**18  # years later: a replay
TIMING = Timing()


class Clock:
    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> int:
        return WALL + self.seconds * SECOND


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(clock: Clock) -> Book:
    return Book("sensor1", clock, TIMING)


def over(**changes: Any) -> Alert:
    return alert(state=AlertState.RESOLVED, **changes)


def state(book: Book, clock: Clock) -> list[bool]:
    """For each entry: does it fire?"""
    return [entry.firing(clock(), TIMING) for entry in book.entries()]


def deliver(book: Book) -> None:
    for entry in book.entries():
        book.delivered(entry)


def ends_in(book: Book, clock: Clock) -> int:
    """Seconds from now to the only entry's endsAt."""
    (entry,) = book.entries()
    ends = entry.ends(TIMING)
    until = clock() + TIMING.lifetime if ends is None or clock() < ends else ends
    return (until - clock()) // SECOND


def test_while_it_fires_the_end_lies_four_minutes_ahead(book: Book, clock: Clock) -> None:
    book.take(alert())
    for clock.seconds in (0, 60, 3600):
        assert state(book, clock) == [True]
        assert ends_in(book, clock) == 240


def test_an_old_capture_keeps_its_begin(book: Book, clock: Clock) -> None:
    book.take(alert())
    (entry,) = book.entries()
    assert entry.form(clock(), TIMING)["startsAt"] == "2026-11-24T12:00:00.000Z"


def test_a_capture_from_the_future_begins_now(book: Book, clock: Clock) -> None:
    book.take(alert(first=2 * WALL))
    assert [entry.starts for entry in book.entries()] == [WALL]
    del clock


def test_what_nobody_heard_of_fires_first_though_it_is_over(book: Book, clock: Clock) -> None:
    """Alertmanager notifies nobody of what it first hears of as resolved."""
    book.take(alert())
    book.take(over())
    clock.seconds = 100_000
    assert state(book, clock) == [True]
    deliver(book)
    clock.seconds += 59
    assert state(book, clock) == [True]
    clock.seconds += 1
    assert state(book, clock) == [False]


def test_what_was_long_known_is_over_at_once(book: Book, clock: Clock) -> None:
    book.take(alert())
    deliver(book)
    clock.seconds = 100
    book.take(over())
    assert state(book, clock) == [False]
    clock.seconds = 130
    assert ends_in(book, clock) == -30


def test_the_end_is_told_for_five_minutes(book: Book, clock: Clock) -> None:
    book.take(alert())
    deliver(book)
    clock.seconds = 100
    book.take(over())
    clock.seconds = 400
    assert state(book, clock) == [False]
    clock.seconds = 401
    assert state(book, clock) == []


def test_the_same_attack_again_is_another_begin(book: Book, clock: Clock) -> None:
    book.take(alert())
    deliver(book)
    clock.seconds = 100
    book.take(over())
    clock.seconds = 200
    book.take(alert(id="another", first=WALL + 150 * SECOND))
    assert state(book, clock) == [True]
    assert [(entry.starts, entry.delivered) for entry in book.entries()] == [(WALL + 150 * SECOND, None)]


def test_alerts_that_names_withheld_made_one_end_with_the_last(book: Book, clock: Clock) -> None:
    book.take(alert(id="a", key={}))
    book.take(alert(id="b", key={}))
    deliver(book)
    clock.seconds = 100
    book.take(over(id="a", key={}))
    assert state(book, clock) == [True]
    book.take(over(id="b", key={}))
    assert state(book, clock) == [False]


def numbered(number: int, severity: Severity = Severity.WARNING, **changes: Any) -> Alert:
    return alert(id=str(number), key={"source": str(number)}, rule=rule(severity=severity), **changes)


def test_a_full_book_refuses_and_counts(clock: Clock) -> None:
    book = Book("sensor1", clock, TIMING, cap=10)
    for number in range(5_000):
        book.take(numbered(number))
    assert (len(book), book.dropped) == (10, 4_990)


def test_in_a_full_book_the_quiet_makes_room_for_the_loud(clock: Clock) -> None:
    book = Book("sensor1", clock, TIMING, cap=2)
    book.take(numbered(1, Severity.INFO))
    book.take(numbered(2, Severity.CRITICAL))
    book.take(numbered(3, Severity.WARNING))
    assert [dict(entry.labels)["source"] for entry in book.entries()] == ["2", "3"]
    assert book.dropped == 1


def test_in_a_full_book_what_was_told_makes_room_without_loss(clock: Clock) -> None:
    book = Book("sensor1", clock, TIMING, cap=1)
    book.take(numbered(1))
    deliver(book)
    clock.seconds = 100
    book.take(numbered(1, state=AlertState.RESOLVED))
    book.take(numbered(2, Severity.INFO))
    assert [dict(entry.labels)["source"] for entry in book.entries()] == ["2"]
    assert book.dropped == 0


def test_the_loudest_goes_first(book: Book) -> None:
    for number, severity in enumerate((Severity.INFO, Severity.CRITICAL, Severity.WARNING)):
        book.take(numbered(number, severity))
    assert [entry.rank for entry in book.entries()] == [1, 2, 3]
