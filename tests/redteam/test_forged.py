"""Segments that the server never takes must hide no attempt, move no verdict and end no session.

Each case is one that once did. After the forgery anna fails and bob gets in.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from redteam.hostile import PASSWORD, Duel, plain, wrong
from support.forge_tcp import ACK, FIN, RST, SYN, Endpoints

EHLO = b"EHLO pc.example.net\r\n"
ANNA = plain(b"anna")
BOB = plain(b"bob", PASSWORD)
BOTH = [("PLAIN", "anna", "failure"), ("PLAIN", "bob", "success")]


def greeted() -> Duel:
    return Duel().open().say(EHLO)


def handshake(*isns: int, true: int = 0) -> Duel:
    """SYNs with these numbers, of which the server takes one; no greeting yet."""
    duel = Duel()
    for isn in isns:
        duel.emit(True, SYN, isn, 0)
    duel.sent = true + 1
    duel.emit(False, SYN | ACK, 0, duel.sent)
    duel.told = duel.read = 1
    duel.emit(True, ACK, duel.sent, 1)
    return duel


def many(duel: Duel, octets: bytes, count: int, *, at: int) -> Duel:
    for number in range(count):
        duel.forge(octets, at=at + number * (len(octets) + 1))
    return duel


def slow_verdict() -> Duel:
    """The RST while the server thinks; bob alone logs in."""
    duel = greeted()
    duel.emit(True, ACK, duel.sent, duel.read, BOB)
    duel.sent += len(BOB)
    duel.server.take(BOB)
    duel.emit(False, ACK, duel.told, duel.sent)
    return duel.forge(flags=RST | ACK).wait(9_000).say(b"NOOP\r\n")


CASES: dict[str, Callable[[], Duel]] = {
    "nothing": greeted,
    "RST then silence": lambda: greeted().forge(flags=RST | ACK).wait(1_500),
    "RST in the server's name then silence": lambda: (
        greeted().forge(flags=RST | ACK, client=False).wait(1_500)
    ),
    "RST before the greeting": lambda: handshake(0).forge(flags=RST | ACK).wait(1_500).greet().say(EHLO),
    "RST from a port that is watched as well": lambda: (
        replace(Duel(), ends=Endpoints(client_port=25)).open().say(EHLO).forge(flags=RST | ACK).wait(1_500)
    ),
    "RST then octets ahead": lambda: (
        greeted().forge(flags=RST | ACK).wait(1_500).forge(b"NOOP\r\n", at=5_000).wait(3_000)
    ),
    "silence until the connection expired": lambda: greeted().wait(700_000),
    "FIN then silence": lambda: greeted().forge(flags=FIN | ACK).wait(1_500),
    "FIN far ahead": lambda: greeted().forge(flags=FIN | ACK, at=1 << 29),
    "FIN then SYN": lambda: greeted().forge(flags=FIN | ACK).forge(flags=SYN, at=1 << 20, ack=0).wait(1_500),
    "RST then SYN": lambda: greeted().forge(flags=RST | ACK).forge(flags=SYN, at=1 << 30, ack=0),
    "SYN and RST with the same number before": lambda: (
        Duel().forge(flags=SYN, ack=0).forge(flags=RST, at=1, ack=0).wait(1_500).open().say(EHLO)
    ),
    "SYN with another number before": lambda: handshake(1 << 30, 0).greet(),
    "SYN with another number behind": lambda: handshake(0, 1 << 30).greet(),
    "SYN with other numbers before and behind": lambda: handshake(1 << 29, 0, 1 << 30).greet(),
    "SYN and octets before": lambda: (
        Duel().forge(flags=SYN, at=1 << 30, ack=0).forge(b"EHLO x\r\n", at=(1 << 30) + 1).open().say(EHLO)
    ),
    "260 octets ahead, each alone": lambda: many(greeted(), b"x", 260, at=2_000),
    "260 times what looks like TLS ahead": lambda: many(greeted(), b"\x16\x03", 260, at=200),
    "an acknowledgement of what was not sent": lambda: greeted().forge(b"\n", at=-1, ack=1 << 20).wait(1_500),
    "an acknowledgement a little ahead": lambda: greeted().forge(b"\n", at=-1, ack=400).wait(1_500),
    "octets without ACK": lambda: greeted().forge(plain(b"carl"), flags=0),
    "the verdict is slow": slow_verdict,
}
for offset in (100, -100, 1 << 20, 1 << 28, 1 << 30, -(1 << 30)):
    CASES[f"SYN and octets {offset} away"] = lambda at=offset: (  # type: ignore[misc]
        greeted().forge(flags=SYN, at=at, ack=0).forge(b"x", at=at + 1)
    )


@pytest.mark.parametrize("case", CASES)
def test_forged_segments_hide_nothing(case: str) -> None:
    duel = CASES[case]()
    slow = bool(duel.server.judged)
    if not slow:
        duel.say(ANNA).say(BOB)
    duel.close()
    assert not wrong(duel)
    result = duel.result()
    assert [(e.mechanism, e.username, str(e.outcome)) for e in result.auths] == BOTH[slow:]
    assert str(result.sessions[-1].end) == "fin"


def test_the_connection_goes_on_from_where_it_was_closed() -> None:
    """A forged RST and silence: two sessions are told of, without loss, and no octet counts twice."""
    duel = greeted().forge(flags=RST | ACK).wait(1_500).say(ANNA).say(BOB).close()
    first, second = duel.result().sessions
    assert (str(first.end), str(second.end)) == ("rst", "fin")
    assert first.bytes_client == len(EHLO)
    assert second.bytes_client == len(ANNA + BOB)
    assert second.lost_client == second.lost_server == 0
    assert second.midstream


def test_octets_that_were_never_there_count_as_nothing_lost() -> None:
    """Acknowledgements and FINs of a client that lies make no holes."""
    for case in (
        "an acknowledgement of what was not sent",
        "an acknowledgement a little ahead",
        "FIN far ahead",
    ):
        (session,) = CASES[case]().say(ANNA).say(BOB).close().result().sessions
        assert (session.lost_client, session.lost_server) == (0, 0), case
