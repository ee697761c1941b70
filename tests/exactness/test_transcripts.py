"""Each transcript of the library, as a clean capture: exactly the attempts that stand beside it."""

from functools import reduce

import pytest
from support.forge import Result, frames, run
from support.forge_expect import differences, settings_for
from support.transcripts import TRANSCRIPTS, play

from smtpsensor.config import Limits
from smtpsensor.text import harmless


def result(name: str) -> Result:
    transcript = TRANSCRIPTS[name]
    return run(frames(play(transcript)), settings_for(transcript))


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_attempts_are_exactly_those_of_the_transcript(name: str) -> None:
    assert not differences(TRANSCRIPTS[name], result(name).auths)


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_anomalies_are_exactly_those_of_the_transcript(name: str) -> None:
    outcome = result(name)
    assert {event.name for event in outcome.anomalies} == TRANSCRIPTS[name].anomalies
    assert set(outcome.stats.named) == TRANSCRIPTS[name].anomalies


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_one_session_event_sums_up(name: str) -> None:
    transcript = TRANSCRIPTS[name]
    (session,) = result(name).sessions
    assert session.attempts == len(transcript.expected)
    assert not session.midstream
    assert (session.lost_client, session.lost_server) == (0, 0)
    got = {field: str(reduce(getattr, field.split("."), session)) for field in transcript.session}
    assert got == transcript.session


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_times_and_frame_numbers_are_those_of_the_frames(name: str) -> None:
    captured = frames(play(TRANSCRIPTS[name]))
    times = {number: frame.ts for number, frame in enumerate(captured, 1)}
    previous = 0
    for event in run(captured, settings_for(TRANSCRIPTS[name])).auths:
        assert event.file == "forged.pcap"
        assert event.frame is not None
        assert event.ts == times[event.frame]
        assert event.ts >= previous
        previous = event.ts
        if event.ts_verdict is not None:
            assert event.verdict_frame is not None
            assert event.ts_verdict == times[event.verdict_frame]
            assert event.ts <= event.ts_verdict
        if event.ts_credentials is not None:
            assert event.ts <= event.ts_credentials
            assert event.ts_credentials in times.values()
        if event.response_ns is not None:
            assert event.ts_verdict is not None
            assert event.ts_credentials is not None
            assert event.response_ns == event.ts_verdict - event.ts_credentials


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_no_text_of_an_event_can_break_a_line_or_grow(name: str) -> None:
    outcome = result(name)
    for event in (*outcome.auths, *outcome.sessions):
        for field in event.__slots__:
            value = getattr(event, field)
            if isinstance(value, str):
                assert value.isprintable(), (field, value)
                assert len(value.encode()) <= Limits().text, (field, value)
                assert value == harmless(value.encode(), Limits().text), (field, value)


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_no_secret_is_in_any_event(name: str) -> None:
    shown = repr(result(name).events)
    for secret in TRANSCRIPTS[name].secrets:
        assert secret not in shown


def test_the_tarpit_shows_as_reply_time() -> None:
    (event,) = result("reply_delayed_by_a_tarpit").auths
    assert event.response_ns is not None
    assert 15_000 <= event.response_ns / 1e6 < 15_100


def test_equal_secrets_have_equal_tags_and_different_ones_do_not() -> None:
    first, second, third = (e.secret for e in result("wrong_tshark_second_login_of_a_connection").auths)
    assert first != second
    assert second == third
    _, plain, login = (e.secret for e in result("client_smtplib_one_typo_three_failures").auths)
    assert plain == login
