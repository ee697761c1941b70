"""Other people's sessions captured in other ways, or in part: the same attempts, or honest blanks."""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random

import pytest
from public.captures import SETTINGS, captures, name_of, needs_captures
from public.segments import conversations
from support.forge import Segment, frames, run
from support.forge_cuts import CUTS
from support.forge_expect import identity

from smtpsensor.events import AuthEvent, Outcome

pytestmark = [needs_captures, pytest.mark.slow]

NO_SESSION = "pcapplusplus__PacketExamples.Smtp.pcap"  # eight frames picked out of several
# Servers that wait for 5 s, clients that type by hand: no mirror reorders across that; holes are given up.
BLANKS = {"reordered_in_window_of_3", "reordered_in_window_of_8"}
# Without FIN or RST nothing says that the verdict will not come.
ENDLESS = {"no_goodbye"}
SEEDS = 12


@cache
def sessions() -> tuple[tuple[str, list[Segment]], ...]:
    """Name of the capture and segments of every connection with AUTH."""
    entries = [entry for entry in captures(auth=True) if name_of(entry) != NO_SESSION]
    return tuple((name_of(entry), segments) for entry in entries for segments in conversations(entry))


@cache
def truth(at: int) -> list[AuthEvent]:
    """What is reported of a connection that was captured whole."""
    return run(frames(sessions()[at][1]), SETTINGS).auths


@pytest.mark.parametrize("cut", CUTS)
def test_a_session_captured_otherwise_has_the_same_attempts(cut: str) -> None:
    for at, (name, segments) in enumerate(sessions()):
        leave_out = ("repeated",) if cut in BLANKS else ()  # it rests on what was read before
        found = identity(run(frames(CUTS[cut](segments, Random(at))), SETTINGS).auths, leave_out)
        whole = identity(truth(at), leave_out)
        if cut in BLANKS:
            assert len(found) == len(whole), name
            for one, other in zip(whole, found, strict=True):
                one |= {field: value for field, value in other.items() if value in (None, Outcome.UNKNOWN)}
        if cut in ENDLESS:
            for one in whole:
                one["outcome"] = Outcome.UNKNOWN if one["outcome"] is Outcome.ABORTED else one["outcome"]
        assert found == whole, name


def wrong(event: AuthEvent, whole: list[AuthEvent]) -> Iterator[str]:
    """What an event of a lossy capture says that is not so."""
    same = [one for one in whole if event.ts_verdict in (None, one.ts_verdict)]
    if not same:
        yield "no such verdict"
    if event.ts_verdict is None and event.outcome not in {Outcome.UNKNOWN, Outcome.ABORTED}:
        yield "verdict of nothing"
    if event.ts_verdict and (event.outcome, event.code) not in {(one.outcome, one.code) for one in same}:
        yield "verdict"
    for field in ("mechanism", "username", "offered", "secret"):
        if getattr(event, field) not in {None, *(getattr(one, field) for one in same)}:
            yield field


@pytest.mark.parametrize(("percent", "least"), [(1, 95), (3, 90), (10, 75), (30, 40)])
def test_what_is_lost_is_unknown_and_never_wrong(percent: int, least: int) -> None:
    """So short a session is: at 3 % of frames lost, one of 20 has no verdict that could be seen."""
    seen: Counter[str] = Counter()
    for seed in range(SEEDS):
        random = Random(seed)
        for at, (name, segments) in enumerate(sessions()):
            left = [frame for frame in frames(segments) if random.random() >= percent / 100]
            whole = truth(at)
            found = run(left, SETTINGS).auths
            assert [(name, seed, event, what) for event in found for what in wrong(event, whole)] == []
            seen["all"] += len(whole)
            seen["right"] += sum(event.ts_verdict is not None for event in found)
    assert seen["right"] >= seen["all"] * least / 100
