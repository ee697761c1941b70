"""However a session was captured, it is the same session: every transcript through every cut and dress.

What must stay is what an attempt is (`IDENTITY`); times, frame numbers and flows are the capture's. One test
per cut runs the whole library and names each transcript that came out otherwise.
"""

from collections.abc import Iterable
from functools import cache
from itertools import chain
from random import Random

import pytest
from support.forge import (
    ENCAPSULATIONS,
    MS,
    SECOND,
    Endpoints,
    Frame,
    Segment,
    batches,
    frames,
    run,
    run_batches,
)
from support.forge_cuts import CUTS, by_time, one_octet, with_ends, wrapping_at
from support.forge_dress import DRESSES
from support.forge_expect import identity, settings_for
from support.transcripts import TRANSCRIPTS, Transcript, play

from smtpsensor.events import AuthEvent

# Two copies of its octets differ from the start, so what is read depends on which of them is seen first.
ORDERLY = {name: t for name, t in TRANSCRIPTS.items() if not any(s.verb == "stretch" for s in t.steps)}
BULKY = 20_000  # octets a side; one by one these cost seconds and show nothing that shorter ones do not
SHORT = {name: t for name, t in ORDERLY.items() if len(t.octets(True)) < BULKY}
# Without FIN or RST nothing says that the verdict will not come.
ENDLESS = {"no_goodbye"}
# What only frames that are missing or torn apart could tell: `offered` is unknown then, never wrong.
UNTOLD = {
    ("no_handshake", "greeting_554_then_auth_all_the_same"): {"offered"},
    ("no_handshake", "proxy_v1_of_somebody_else"): {"offered"},
}
SAMPLE = ("login_failure", "burst_login_with_both_responses", "data_with_auth_lines_inside", "client_cancels")


def attempts(transcript: Transcript, captured: Iterable[Frame]) -> list[AuthEvent]:
    return run(captured, settings_for(transcript)).auths


@cache
def plain(name: str) -> tuple[AuthEvent, ...]:
    """Return the attempts of a transcript's plain capture."""
    return tuple(attempts(TRANSCRIPTS[name], frames(play(TRANSCRIPTS[name]))))


def compare(name: str, transcript: Transcript, captured: Iterable[Frame], cut: str = "") -> list[str]:
    """Say how the attempts differ from those of the plain capture."""
    wanted = identity(plain(transcript.name))
    got = identity(attempts(transcript, captured))
    if any(part in ENDLESS for part in cut.split("+")):
        for attempt in wanted:
            attempt["outcome"] = "unknown" if attempt["outcome"] == "aborted" else attempt["outcome"]
    for field in {field for part in cut.split("+") for field in UNTOLD.get((part, transcript.name), ())}:
        for one, other in zip(wanted, got, strict=False):
            assert other[field] in {None, one[field]}
            one[field] = other[field]
    return [f"{name}: {text}" for text in _differ(wanted, got)]


def _differ(wanted: list[dict[str, object]], got: list[dict[str, object]]) -> list[str]:
    if len(wanted) != len(got):
        short = [(e["mechanism"], e["username"], str(e["outcome"]), e["code"]) for e in got]
        return [f"{len(wanted)} attempts, now {short}"]
    return [
        f"attempt {at}: {field} was {one[field]!r}, now {other[field]!r}"
        for at, (one, other) in enumerate(zip(wanted, got, strict=True), 1)
        for field in one
        if one[field] != other[field]
    ]


@pytest.mark.parametrize("cut", CUTS)
def test_cut(cut: str) -> None:
    wrong = []
    for name, transcript in SHORT.items():
        segments = CUTS[cut](play(transcript), Random(name))
        wrong += compare(name, transcript, frames(segments), cut)
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("cut", CUTS)
def test_cut_with_other_seeds(cut: str) -> None:
    wrong = []
    for name, transcript in SHORT.items():
        for seed in range(5):
            segments = CUTS[cut](play(transcript), Random(f"{name} {seed}"))
            wrong += compare(f"{name} seed {seed}", transcript, frames(segments), cut)
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(15))
def test_cuts_on_top_of_each_other(seed: int) -> None:
    """Two or three cuts one after the other; those that take the first three frames for a handshake first."""
    random = Random(seed)
    first = (
        "no_handshake",
        "simultaneous_open",
        "no_goodbye",
        "ipv6",
        "wrapping_in_the_session",
        "offloaded",
    )
    cuts = [random.choice(first), *random.sample([cut for cut in CUTS if cut not in first], 2)]
    wrong = []
    for name, transcript in SHORT.items():
        segments = play(transcript)
        for cut in cuts:
            segments = CUTS[cut](segments, Random(f"{name} {seed}"))
        wrong += compare(f"{name} {'+'.join(cuts)}", transcript, frames(segments), "+".join(cuts))
    assert not wrong


@pytest.mark.parametrize("dress", DRESSES)
def test_dress(dress: str) -> None:
    """A sample of transcripts in each encapsulation; the whole library below."""
    wrong = []
    for name in SAMPLE:
        wrong += compare(name, TRANSCRIPTS[name], DRESSES[dress](play(TRANSCRIPTS[name])))
    assert not wrong


@pytest.mark.slow
@pytest.mark.parametrize("dress", DRESSES)
def test_dress_on_the_whole_library(dress: str) -> None:
    wrong = []
    for name, transcript in TRANSCRIPTS.items():
        wrong += compare(name, transcript, DRESSES[dress](play(transcript)))
    assert not wrong


@pytest.mark.parametrize("encapsulation", [name for name, e in ENCAPSULATIONS.items() if e.vlan])
def test_vlan_ids_are_reported_outermost_first(encapsulation: str) -> None:
    wrap = ENCAPSULATIONS[encapsulation]
    (event,) = run(frames(play(TRANSCRIPTS["login_failure"]), wrap)).auths
    assert event.flow.vlan == wrap.vlan


@pytest.mark.parametrize(
    "name", [*SAMPLE[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in SAMPLE[2:])]
)
def test_sequence_numbers_wrap_at_any_octet(name: str) -> None:
    transcript = TRANSCRIPTS[name]
    segments = play(transcript)
    wrong = []
    for octet in range(max(segment.end for segment in segments) + 2):
        wrong += compare(f"wrap at {octet}", transcript, frames(wrapping_at(octet)(segments, Random())))
    assert not wrong


@pytest.mark.parametrize("name", SAMPLE[:2])
def test_sequence_numbers_wrap_at_any_octet_of_one_octet_segments(name: str) -> None:
    transcript = TRANSCRIPTS[name]
    segments = one_octet(play(transcript), Random())
    wrong = []
    for octet in range(0, max(segment.end for segment in segments) + 2, 7):
        wrong += compare(f"wrap at {octet}", transcript, frames(wrapping_at(octet)(segments, Random())))
    assert not wrong


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_batch_size_changes_no_event_at_all(size: int) -> None:
    wrong = []
    for name, transcript in SHORT.items():
        captured = frames(play(transcript))
        whole = run(captured, settings_for(transcript)).events
        if run(captured, settings_for(transcript), size=size).events != whole:
            wrong.append(name)
    assert not wrong


@pytest.mark.parametrize("name", SAMPLE)
def test_a_capture_may_be_split_into_files_at_any_frame(name: str) -> None:
    transcript = TRANSCRIPTS[name]
    captured = frames(play(transcript))
    (whole,) = [identity(attempts(transcript, captured))]
    for at in range(1, len(captured)):
        parts = chain(batches(captured[:at], file="one.pcap"), batches(captured[at:], file="two.pcap"))
        events = run_batches(parts, settings_for(transcript)).auths
        assert identity(events) == whole
        for event in events:
            file, number = ("one.pcap", 0) if event.ts < captured[at].ts else ("two.pcap", at)
            assert event.file == file
            assert event.frame is not None
            assert captured[number + event.frame - 1].ts == event.ts


@pytest.mark.parametrize("name", SAMPLE)
def test_a_capture_may_begin_at_any_frame(name: str) -> None:
    """What was seen of the session is right; what was not is absent or unknown."""
    transcript = TRANSCRIPTS[name]
    captured = frames(play(transcript))
    whole = attempts(transcript, captured)
    for at in range(1, len(captured)):
        seen = {event.ts_verdict: event for event in whole}
        for event in attempts(transcript, captured[at:]):
            truth = seen.get(event.ts_verdict)
            if truth is not None and event.ts_verdict is not None:
                assert event.outcome == truth.outcome, at
                assert event.username in {None, truth.username}, at
                assert event.mechanism in {None, truth.mechanism}, at


def reused(transcript: Transcript, gap: int) -> list[Segment]:
    """The same session twice on the same ports, with other initial sequence numbers."""
    first = play(transcript)
    again = play(transcript, ts=first[-1].ts + gap)
    return first + with_ends(again, isn_client=0x7654_3210, isn_server=0x0FED_CBA9)


@pytest.mark.parametrize("gap", [1 * MS, 2 * SECOND, 100 * SECOND, 2_000 * SECOND])
def test_ports_used_again_are_another_session(gap: int) -> None:
    wrong = []
    for name, transcript in SHORT.items():
        once = identity(plain(name), ("repeated",))
        if any(step.verb == "end" for step in transcript.steps):
            continue
        twice = identity(attempts(transcript, frames(reused(transcript, gap))), ("repeated",))
        if twice != once * 2:
            wrong.append(f"{name}: {_differ(once * 2, twice)}")
    assert not wrong


def test_a_new_syn_ends_a_session_that_was_never_closed() -> None:
    transcript = TRANSCRIPTS["cut_off_by_the_end_of_the_capture"]
    result = run(frames(reused(transcript, 5 * SECOND)))
    assert [str(event.outcome) for event in result.auths] == ["unknown"] * 2
    assert [str(event.end) for event in result.sessions] == ["reused", "end"]


def test_all_sessions_at_the_same_time() -> None:
    segments: list[Segment] = []
    wanted = {}
    for number, (name, transcript) in enumerate(SHORT.items()):
        if transcript.proxies:
            continue
        port = 10_000 + number
        ends = Endpoints(client_port=port, server_port=transcript.port, isn_client=number * 99_999)
        segments += play(transcript, ends, play(transcript)[0].ts + number * MS)
        wanted[port] = (name, identity(plain(name), ("repeated",)))
    events = run(frames(by_time(segments)), size=100).auths
    for port, (name, alone) in wanted.items():
        assert identity([e for e in events if e.flow.src_port == port], ("repeated",)) == alone, name


def test_two_sessions_differ_only_in_the_server_port_or_address() -> None:
    transcript = TRANSCRIPTS["login_failure"]
    others = (Endpoints(server_port=25), Endpoints(server="203.0.113.26"), Endpoints(client="198.51.100.8"))
    segments = by_time([s for ends in (Endpoints(), *others) for s in play(transcript, ends)])
    assert len(run(frames(segments)).auths) == 4
