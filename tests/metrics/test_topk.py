"""The busiest: exact while there is room, stable, and not washed away by a flood."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from smtpsensor.metrics.topk import IDLE, TopK


@given(st.lists(st.sampled_from("abcdefgh"), max_size=200))
def test_counts_are_exact_while_there_is_room(values: list[str]) -> None:
    top = TopK(3)
    for value in values:
        top.take(value, 1)
    counted = Counter(values)
    found = top.top()
    assert all(counted[value] == number for value, number in found)
    assert [number for _, number in found] == sorted(counted.values(), reverse=True)[:3]


def test_a_member_stays_until_another_has_a_quarter_more() -> None:
    top = TopK(1)
    for value, number in (("a", 100), ("b", 99)):
        for _ in range(number):
            top.take(value, 1)
    assert top.top() == [("a", 100)]
    for _ in range(20):
        top.take("b", 1)
    assert top.top() == [("a", 100)], "b has 119"
    for _ in range(7):
        top.take("b", 1)
    assert top.top() == [("b", 126)]


def test_a_flood_of_values_that_come_once_pushes_nobody_out() -> None:
    top = TopK(2, table=64)
    for number in range(5_000):
        top.take(f"once{number}", number)
        if number % 10 == 0:
            top.take("often", number)
    assert top.top()[0] == ("often", 500)
    assert len(top) <= 64
    assert top.forgotten >= 4_900


def test_who_was_silent_for_a_day_leaves_the_list() -> None:
    top = TopK(2)
    top.take("old", 1)
    top.take("new", IDLE + 2)
    assert top.top() == [("new", 1)]
