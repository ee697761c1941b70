"""A tap that shows one direction only: what it can tell is told, what it cannot is absent."""

import pytest
from support.forge import frames, run
from support.forge_expect import settings_for
from support.transcripts import TRANSCRIPTS, Transcript, play

LOCKSTEP = [
    name
    for name, transcript in TRANSCRIPTS.items()
    if transcript.group in {"mechanisms", "replies_in_the_field"} and transcript.expected
]


def alone(transcript: Transcript, *, client: bool) -> list[tuple[str | None, str | None, str, int | None]]:
    segments = [segment for segment in play(transcript) if segment.client == client]
    events = run(frames(segments), settings_for(transcript)).auths
    return [(e.mechanism, e.username, str(e.outcome), e.code) for e in events]


@pytest.mark.parametrize("name", LOCKSTEP)
def test_the_client_alone_tells_names_and_no_verdict(name: str) -> None:
    transcript = TRANSCRIPTS[name]
    got = alone(transcript, client=True)
    truth = transcript.expected
    assert [mechanism for mechanism, *_ in got] == [expected.mechanism for expected in truth]
    for (_, username, outcome, code), expected in zip(got, truth, strict=True):
        assert (outcome, code) == ("unknown", None)
        assert username == expected.username or expected.username is None


@pytest.mark.parametrize("name", LOCKSTEP)
def test_the_server_alone_tells_verdicts_and_no_names(name: str) -> None:
    """235 and 535 speak for themselves, as does what follows a 334; other codes may answer anything."""
    transcript = TRANSCRIPTS[name]
    got = alone(transcript, client=False)
    sure = [(e.outcome, e.code) for e in transcript.expected if e.code in {235, 535}]
    told = [(outcome, code) for _, _, outcome, code in got]
    assert [pair for pair in told if pair[1] in {235, 535}] == sure
    assert len(told) <= len(transcript.expected)
    for mechanism, username, _, _ in got:
        assert mechanism is None
        assert username is None
