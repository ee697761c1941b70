"""`--speed`: frames come when their time has come, on a clock of the test's own."""

import pytest

from smtpsensor.app.pacing import Pace
from smtpsensor.capture.types import Batch, Interface

SECOND = 1_000_000_000
IFACE = Interface(1)


class Clock:
    """Time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def paced(speed: float, *seconds: float) -> tuple[list[tuple[int, float]], Pace, Clock]:
    """Packet numbers and the clock at which each came, since the start."""
    clock = Clock()
    pace = Pace(speed, clock, clock.sleep)
    records = ((int(s * SECOND), 0, 60, 60, IFACE, n) for n, s in enumerate(seconds, 1))
    came = [
        (frame[5], round(clock.now - 1_000, 6))
        for batch in pace.paced([Batch(b"", records, "a.pcap")])
        for frame in batch.frames
    ]
    return came, pace, clock


@pytest.mark.parametrize(("speed", "waited"), [(1, 3.0), (60, 0.05), (0.5, 6.0)])
def test_frames_come_at_their_pace(speed: float, waited: float) -> None:
    came, _, _ = paced(speed, 50, 50, 53)
    assert came == [(1, 0), (2, 0), (3, pytest.approx(waited))]


def test_a_frame_out_of_order_is_not_waited_for() -> None:
    assert paced(1, 50, 52, 51, 53)[0] == [(1, 0), (2, 2), (3, 2), (4, 3)]


@pytest.mark.parametrize("step", [3_600, -3_600, 1e6])
def test_a_clock_that_was_set_is_not_waited_for(step: float) -> None:
    came, _, _ = paced(1, 1e6, 1e6 + 1, 1e6 + 1 + step, 1e6 + 2 + step)
    assert came == [(1, 0), (2, 1), (3, 1), (4, 2)]


def test_while_nothing_is_due_empty_batches_let_other_things_be_done() -> None:
    clock = Clock()
    pace = Pace(1, clock, clock.sleep)
    records = ((at * SECOND, 0, 60, 60, IFACE, at) for at in (1, 2))
    sizes = [len(list(batch.frames)) for batch in pace.paced([Batch(b"", records, None)])]
    assert sizes[0] == sizes[-1] == 1
    assert 5 <= sizes.count(0) <= 10


def test_time_goes_on_only_where_nothing_can_come_any_more() -> None:
    """Two seconds behind: the last events of a hole come late."""
    clock = Clock()
    pace = Pace(10, clock, clock.sleep)
    assert pace.quiet is None
    told = []
    records = ((at * SECOND, 0, 60, 60, IFACE, at) for at in (100, 130))
    for batch in pace.paced([Batch(b"", records, None)]):
        told.append(pace.quiet)
        list(batch.frames)
    assert told[0] is None
    assert told[-1] is None
    assert told[1:-1] == sorted(told[1:-1])
    assert told[1] == 100 * SECOND
    assert told[-2] <= 128 * SECOND
    clock.now += 6
    assert pace.quiet == pytest.approx(188 * SECOND)


def test_a_program_that_is_slower_than_its_pace_says_so() -> None:
    clock = Clock()
    pace = Pace(1, clock, clock.sleep)
    records = ((at * SECOND, 0, 60, 60, IFACE, at) for at in (1, 2, 3))
    for batch in pace.paced([Batch(b"", records, None)]):
        if list(batch.frames):
            clock.now += 5
    assert pace.lag == pytest.approx(4, abs=1.1)
