"""Properties of the whole way from frames to events, over sessions and frames that hypothesis thinks up."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from support.forge import ENCAPSULATIONS, EPOCH, SYN, Conversation, Endpoints, Frame, Segment, frames, run
from support.forge_cuts import pieces, retimed
from support.forge_expect import identity, settings_for
from support.transcripts import TRANSCRIPTS, Transcript, expand, play

NAMES = [
    "login_failure",
    "burst_whole_session_in_one_segment",
    "data_terminator_across_segments",
    "bdat_pipelined",
    "starttls_hides_the_rest",
    "xoauth2_failure",
    "line_ends_of_cr_cr_lf",
    "server_goes_on_in_clear_after_starttls",
    "client_cancels",
]
# One piece a line of the list, without order; some leave a line unfinished.
CLIENT_PIECES = rb"""
EHLO pc.example.net\r\n
AUTH LOGIN\r\n
YW5uYQ==\r\n
AUTH PLAIN AGFubmEAeA==\r\n
AUTH PLAIN\r\n
AUTH CRAM-MD5\r\r\n
*\r\n
\r\n
QUIT\r\n
DATA\r\n
.\r\n
BDAT 3\r\nabc
STARTTLS\r\n
NOOP\n
MAIL FROM:<>\r\n
\xff\x00\r\n
AUTH
 LOGIN YW5uYQ==
\r
\n
"""
SERVER_PIECES = rb"""
220 mx.example.org\r\n
250-mx.example.org\r\n
250 AUTH PLAIN LOGIN\r\n
334 VXNlcm5hbWU6\r\n
334 \r\n
535 5.7.8 no\r\n
535-5.7.8 no\r\n535 no\r\n
235 ok\r\n
454 later\r\n
354 go\r\n
501 what\r\n
503\r\n
250 ok\r\n
421 bye\r\n
\x00\xff\r\n
5
35 no
\r
\n
"""


def listed(text: bytes) -> list[bytes]:
    return [expand(line.decode(), raw=True) for line in text.strip(b"\n").splitlines()]


CLIENT_LINES = listed(CLIENT_PIECES)
SERVER_LINES = listed(SERVER_PIECES)

sizes = st.lists(st.integers(1, 60), min_size=1, max_size=12)
copies = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400), st.integers(0, 30), st.integers(1, 80)), max_size=12
)
moves = st.lists(st.integers(0, 6), min_size=1, max_size=40)
writes = st.lists(
    st.one_of(
        st.tuples(st.just(True), st.lists(st.sampled_from(CLIENT_LINES), min_size=1, max_size=4)),
        st.tuples(st.just(False), st.lists(st.sampled_from(SERVER_LINES), min_size=1, max_size=3)),
    ),
    max_size=14,
)


def shaken(
    segments: list[Segment],
    size: list[int],
    again: list[tuple[int, int, int, int]],
    move: list[int],
) -> list[Segment]:
    """Cut, repeated and reordered as drawn: the octets of both directions stay what they are."""
    at = -1

    def next_size() -> int:
        nonlocal at
        at += 1
        return size[at % len(size)]

    cut = pieces(segments, next_size)
    streams = {
        client: b"".join(s.payload for s in segments if s.client == client) for client in (True, False)
    }
    out = list(cut)
    for where, behind, back, length in again:
        if not cut:
            break
        model = cut[where % len(cut)]
        place = min(len(out), where % len(cut) + behind)
        start = max(1, model.seq - back)
        # What was sent by then, and not more: an acknowledgement of the past never carries later octets.
        sent = max(0, model.seq - 1 + len(model.payload))
        octets = streams[model.client][start - 1 : min(sent, start - 1 + length)]
        out.insert(place, replace(model, seq=start, flags=0x10, payload=octets, options=b""))
    places = [(number + move[number % len(move)], number) for number in range(len(out))]
    order = [out[number] for _, number in sorted(places)]
    # A SYN and the data of its own direction lie a round trip apart: no mirror turns them round.
    order.sort(key=lambda s: not s.flags & SYN or not s.client)
    order.sort(key=lambda s: not s.flags & SYN)
    slots = [replace(s, ts=EPOCH + number * 500_000) for number, s in enumerate(order)]
    return retimed(order, slots)


def same(transcript: Transcript, one: list[Segment], other: list[Segment]) -> None:
    settings = settings_for(transcript)
    assert identity(run(frames(other), settings).auths) == identity(run(frames(one), settings).auths)


@given(st.sampled_from(NAMES), sizes, copies, moves, st.integers(0, 2**32 - 1))
def test_a_session_survives_any_cutting_repeating_and_reordering(
    name: str, size: list[int], again: list[tuple[int, int, int, int]], move: list[int], isn: int
) -> None:
    transcript = TRANSCRIPTS[name]
    segments = play(transcript)
    changed = play(transcript, Endpoints(isn_client=isn, isn_server=isn ^ 0x8000_0000))
    same(transcript, segments, shaken(changed, size, again, move))


@given(writes, sizes, copies, moves)
def test_any_two_streams_give_the_same_attempts_however_they_are_cut(
    script: list[tuple[bool, list[bytes]]],
    size: list[int],
    again: list[tuple[int, int, int, int]],
    move: list[int],
) -> None:
    talk = Conversation(Endpoints()).handshake()
    for client, lines in script:
        talk.send(client, b"".join(lines))
    talk.fin(True).fin(False)
    same(Transcript("drawn"), talk.segments, shaken(talk.segments, size, again, move))


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.integers(-100, 400) | st.integers(-(2**31), 2**31),
            st.integers(0, 400) | st.integers(0, 2**31),
            st.integers(0, 255),
            st.binary(max_size=60) | st.sampled_from(CLIENT_LINES + SERVER_LINES),
            st.integers(0, 3_000_000_000),
        ),
        max_size=30,
    )
)
def test_segments_that_make_no_sense_never_raise(
    drawn: list[tuple[bool, int, int, int, bytes, int]],
) -> None:
    ts = EPOCH
    segments = []
    for client, seq, ack, flags, payload, wait in drawn:
        ts += wait
        segments.append(Segment(Endpoints(), ts, client, seq, ack, flags, payload))
    result = run(frames(segments))
    assert result.stats.frames == len(segments)


@given(
    st.builds(
        lambda name, wrap, fragment, six: frames(
            play(TRANSCRIPTS[name], Endpoints().ipv6() if six else Endpoints()),
            ENCAPSULATIONS[wrap],
            fragment=fragment,
        ),
        st.sampled_from(NAMES),
        st.sampled_from(sorted(ENCAPSULATIONS)),
        st.sampled_from([0, 24]),
        st.booleans(),
    ),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 255)), max_size=20),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 120)), max_size=5),
)
def test_damaged_frames_never_raise(
    captured: list[Frame], flips: list[tuple[int, int, int]], cuts: list[tuple[int, int]]
) -> None:
    for which, where, value in flips:
        frame = captured[which % len(captured)]
        data = bytearray(frame.data)
        data[where % min(len(data), 90)] = value
        captured[which % len(captured)] = frame._replace(data=bytes(data))
    for which, size in cuts:
        frame = captured[which % len(captured)]
        captured[which % len(captured)] = frame._replace(data=frame.data[:size])
    assert run(captured).stats.frames == len(captured)


@given(st.integers(0, 2**32), st.sampled_from([1, 0, 9, 12, 101, 105, 108, 113, 127, 228, 229, 276, 999]))
def test_frames_of_noise_never_raise(seed: int, link: int) -> None:
    random = Random(seed)
    captured = [
        Frame(EPOCH + number, data, len(data), link)
        for number, data in enumerate(random.randbytes(random.randrange(200)) for _ in range(20))
    ]
    assert run(captured).stats.frames == len(captured)
