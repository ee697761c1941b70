"""Loss is an input: frames dropped at random, and never a wrong name, a wrong verdict or a phantom.

An event belongs to the attempt whose verdict frame it names; without a verdict, to an open one of its time.
`unknown` and a missing name are honest answers and count as such.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

import pytest
from support.forge import MS, Frame, Segment, frames, run
from support.forge_cuts import by_time, delayed
from support.forge_sessions import KINDS, Played, Truth, sessions

from smtpsensor.events import AuthEvent

COLUMNS = ("attempts", "right", "unknown", "missed", "no name", "wrong name", "wrong verdict", "phantom")
LATE = 300 * MS
NEVER = ("wrong name", "wrong verdict", "phantom")
Drop = Callable[[list[Frame], Random], list[Frame]]


def independent(rate: float) -> Drop:
    """Each frame is lost by itself with this probability."""
    return lambda captured, random: [frame for frame in captured if random.random() >= rate]


def in_bursts(rate: float, length: int = 8) -> Drop:
    """Runs of frames are lost, as when a mirror port is oversubscribed."""

    def drop(captured: list[Frame], random: Random) -> list[Frame]:
        left, out = 0, []
        for frame in captured:
            if not left and random.random() < rate / length:
                left = random.randint(1, 2 * length - 1)
            if left:
                left -= 1
            else:
                out.append(frame)
        return out

    return drop


def score(
    played: Iterable[Played], events: list[AuthEvent], slack: int = 0
) -> tuple[Counter[str], list[str]]:
    """Count by COLUMNS, and describe what must never be. `slack` ns is how late a direction was."""
    by_flow: defaultdict[tuple[str, int], list[AuthEvent]] = defaultdict(list)
    for event in events:
        by_flow[event.flow.src, event.flow.src_port].append(event)
    total: Counter[str] = Counter()
    notes: list[str] = []
    for session in played:
        found = by_flow.pop((session.ends.client, session.ends.client_port), [])
        for kind, note in _session(session.truth, found, slack):
            total[kind] += 1
            if kind in NEVER:
                notes.append(f"{kind}: {session.ends.client}: {note}")
    for strangers in by_flow.values():
        total["phantom"] += len(strangers)
        notes += [f"phantom: {event}" for event in strangers]
    return total, notes


def _session(truth: list[Truth], events: list[AuthEvent], slack: int) -> Iterable[tuple[str, str]]:
    free = list(truth)
    for event in sorted(events, key=lambda event: event.ts_verdict is None):
        mine = _owner(free, event, slack)
        if mine is None:
            began = [each for each in truth if each.ts <= event.ts <= each.ts_verdict]
            yield ("wrong verdict" if began and event.ts_verdict else "phantom"), f"{event}, truth {truth}"
            continue
        free.remove(mine)
        yield from _attempt(mine, event)
    for _ in truth:
        yield "attempts", ""
    for _ in free:
        yield "missed", ""


def _owner(free: list[Truth], event: AuthEvent, slack: int) -> Truth | None:
    if event.ts_verdict is not None:
        return next((each for each in free if each.ts_verdict == event.ts_verdict), None)
    around = [each for each in free if each.ts <= event.ts <= each.ts_verdict + slack]
    named = [each for each in around if slack and each.username == event.username]
    return next(iter(named + around), None)


def _attempt(truth: Truth, event: AuthEvent) -> Iterable[tuple[str, str]]:
    what = f"{event}, truth {truth}"
    if event.ts_verdict is None:
        yield ("unknown" if event.outcome == "unknown" else "wrong verdict"), what
    elif (event.outcome, event.code) == (truth.outcome, truth.code) and event.ts >= truth.ts:
        yield "right", ""
    else:
        yield "wrong verdict", what
    if event.username is None:
        yield "no name", ""
    if event.username not in {None, truth.username} or event.mechanism not in {None, truth.mechanism}:
        yield "wrong name", what


def lossy(
    count: int,
    seed: int,
    drop: Drop,
    kinds: tuple[str, ...] = tuple(KINDS),
    cut: Callable[[list[Segment], Random], list[Segment]] | None = None,
) -> tuple[Counter[str], list[str]]:
    played = sessions(count, seed, kinds)
    segments = by_time([segment for session in played for segment in session.segments])
    if cut is not None:
        segments = cut(segments, Random(seed))
    result = run(drop(frames(segments), Random(seed)))
    shown = repr(result.events)
    for session in played:
        for secret in session.secrets:
            assert secret not in shown
    return score(played, result.auths)


def table(rows: dict[str, Counter[str]]) -> str:
    """One line per rate, shares of all attempts in percent."""
    lines = [" | ".join(("lost", *COLUMNS))]
    for name, row in rows.items():
        shares = [f"{100 * row[c] / row['attempts']:.2f} %" for c in COLUMNS[1:5]]
        lines.append(" | ".join((name, str(row["attempts"]), *shares, *(str(row[c]) for c in COLUMNS[5:]))))
    return "\n".join(lines)


def shown(rows: dict[str, Counter[str]], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{table(rows)}")  # noqa: T201


def test_without_loss_every_attempt_is_right() -> None:
    total, notes = lossy(100, 1, independent(0))
    assert not notes
    assert total["right"] == total["attempts"] > 200
    assert not total["no name"]


def test_random_loss(capsys: pytest.CaptureFixture[str]) -> None:
    rows, notes = {}, []
    for rate in (0.01, 0.03, 0.1):
        rows[f"{rate:.0%}"], wrong = lossy(150, 7, independent(rate))
        notes += [f"{rate:.0%} {note}" for note in wrong]
    shown(rows, capsys)
    assert not notes
    assert rows["3%"]["right"] >= 0.95 * rows["3%"]["attempts"]


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [*((kind,) for kind in KINDS), tuple(KINDS)], ids=str)
def test_random_loss_over_many_seeds(kinds: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    rows, notes = {}, []
    for rate in (0.01, 0.03, 0.1, 0.3):
        row: Counter[str] = Counter()
        for seed in range(10):
            total, wrong = lossy(200, 1_000 + seed, independent(rate), kinds)
            row += total
            notes += [f"{rate:.0%} seed {seed} {note}" for note in wrong]
        rows[f"{rate:.0%} {'+'.join(kinds)}"] = row
    shown(rows, capsys)
    assert not notes
    three = next(row for name, row in rows.items() if name.startswith("3%"))
    assert three["right"] >= 0.95 * three["attempts"]


@pytest.mark.slow
def test_loss_in_bursts(capsys: pytest.CaptureFixture[str]) -> None:
    rows, notes = {}, []
    for rate in (0.01, 0.03, 0.1, 0.3):
        rows[f"{rate:.0%} in bursts"], wrong = lossy(1_000, 23, in_bursts(rate))
        notes += [f"{rate:.0%} {note}" for note in wrong]
    shown(rows, capsys)
    assert not notes


@pytest.mark.slow
@pytest.mark.parametrize("client", [True, False], ids=["client late", "server late"])
def test_loss_on_a_port_with_two_mirror_queues(client: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """One direction is late by 300 ms besides."""
    rows, notes = {}, []
    for rate in (0.01, 0.03, 0.1):
        played = sessions(400, 31)
        late = delayed(client, LATE)
        segments = by_time([segment for session in played for segment in session.segments])
        result = run(independent(rate)(frames(late(segments, Random(1))), Random(31)))
        if not client:
            for session in played:
                session.truth = [replace(t, ts_verdict=t.ts_verdict + LATE) for t in session.truth]
        rows[f"{rate:.0%}"], wrong = score(played, result.auths, LATE)
        notes += [f"{rate:.0%} {note}" for note in wrong]
    shown(rows, capsys)
    assert not notes


def test_frames_cut_by_the_capture_length_are_loss_too() -> None:
    """tcpdump -s 96: what is missing is missing, nothing is guessed."""
    played = sessions(100, 5)
    captured = frames(by_time([segment for session in played for segment in session.segments]))
    cut = [frame._replace(data=frame.data[:80]) for frame in captured]
    result = run(cut)
    _, notes = score(played, result.auths)
    assert not notes
    assert result.stats.frames_snapped > 0
