"""Two versions of the same octets: nobody knows which the server took. No name is told, no verdict lost."""

from collections.abc import Callable

import pytest
from redteam.hostile import PASSWORD, Duel, Server, plain, unnamed, wrong
from support.forge_tcp import ACK, RST

URG = 32

EHLO = b"EHLO pc.example.net\r\n"
ANNA = plain(b"anna")
BOB = plain(b"bob", PASSWORD)
NOOP = b"NOOP " + b"x" * (len(ANNA) - 7) + b"\r\n"
MAIL = (EHLO, b"MAIL FROM:<>\r\n", b"RCPT TO:<a@example.org>\r\n", b"DATA\r\n")


def after(*lines: bytes, server: Server | None = None) -> Duel:
    duel = Duel(server or Server()).open()
    for line in lines:
        duel.say(line)
    return duel


def octet_by_octet() -> Duel:
    duel = after(EHLO)
    for octet in ANNA:
        duel.forge(b"x").say(bytes([octet]))
    return duel.say(BOB)


# The client, and how many of the two verdicts have to go without a name.
CASES: dict[str, tuple[Callable[[], Duel], int]] = {
    "another name": (lambda: after(EHLO).forge(plain(b"carl")).say(ANNA).say(BOB), 2),
    "another name behind": (lambda: two_versions_ahead(plain(b"carl")), 0),
    "no AUTH": (lambda: after(EHLO).forge(NOOP).say(ANNA).say(BOB), 2),
    "each octet": (octet_by_octet, 2),
    "a line of 2,800 octets": (
        lambda: after(EHLO).forge(b"NOOP " + b"x" * 1_400).forge(b"y" * 1_400, at=1_405).say(ANNA).say(BOB),
        2,
    ),
    "mail text": (
        lambda: (
            after(*MAIL)
            .forge(b"z" * 1_400)
            .forge(b"z" * 1_400, at=1_400)
            .say(b"hi\r\n.\r\n")
            .say(ANNA)
            .say(BOB)
        ),
        2,
    ),
    "an end of mail and AUTH": (
        lambda: (
            after(*MAIL)
            .forge(b"\r\n.\r\n" + plain(b"carl"))
            .say(b"x" * (len(ANNA) + 5))
            .say(b"\r\n.\r\n")
            .say(ANNA)
            .say(BOB)
        ),
        2,
    ),
}


def two_versions_ahead(line: bytes) -> Duel:
    """Both versions came before their turn: neither is believed, and what comes in order is."""
    duel = after(EHLO)
    return duel.forge(line, at=6).forge(b"z" * len(line), at=6).say(b"NOOP\r\n").say(ANNA).say(BOB)


@pytest.mark.parametrize("at", [3, 15, 20], ids=["in the verb", "in the name", "in the password"])
def test_an_urgent_octet_that_the_server_takes_out_makes_no_name(at: int) -> None:
    """Linux keeps the octet that the urgent pointer names out of the stream (tcp(7), SO_OOBINLINE)."""
    duel = after(EHLO)
    duel.emit(True, ACK | URG, duel.sent, duel.read, ANNA[:at] + b"x" + ANNA[at:])
    duel.sent += len(ANNA) + 1
    duel.server.take(ANNA)
    result = duel.flush().say(BOB).close().result()
    assert not wrong(duel)
    assert "urgent_data" in {anomaly.name for anomaly in result.anomalies}


@pytest.mark.parametrize("case", CASES)
def test_a_second_version_moves_no_verdict_and_makes_no_name(case: str) -> None:
    play, nameless = CASES[case]
    duel = play().close()
    assert not wrong(duel)
    assert unnamed(duel) <= nameless


def test_a_forged_auth_is_no_success_because_another_command_was_answered() -> None:
    """250 to NOOP would be taken for an unusual verdict."""
    auth = plain(b"carl")
    noop = b"NOOP " + b"x" * (len(auth) - 7) + b"\r\n"
    events = after(EHLO).forge(auth).say(noop).say(ANNA).close().result().auths
    assert [str(event.outcome) for event in events] == ["unknown", "failure"]
    assert "carl" not in {event.username for event in events}


def test_a_keep_alive_is_what_was_acknowledged() -> None:
    """One octet below the next number, garbage, after the acknowledgement: no conflict."""
    duel = after(EHLO)
    duel.emit(True, ACK, duel.sent - 1, duel.read, b"\0")
    result = duel.say(ANNA).close().result()
    assert [event.username for event in result.auths] == ["anna"]
    assert not result.anomalies


def test_a_line_that_looks_like_tls_blinds_nobody() -> None:
    """In a session picked up in the middle the client's octets alone tell nothing."""
    duel = after(EHLO).forge(flags=RST | ACK).wait(1_500).say(b"\x16\x03\x01").say(b"\r\n").say(ANNA).say(BOB)
    assert not wrong(duel.close())
    assert not unnamed(duel)


def test_starttls_that_the_server_refused_blinds_nobody() -> None:
    """In doubt, with an acknowledgement of long ago, its reply seems to be lost."""
    duel = after(EHLO).forge(flags=RST | ACK).wait(1_500)
    stale = duel.read - 20
    duel.say(b"STARTTLS\r\n", ack=stale).say(b"\x16\x03\x01", ack=stale).say(b"\r\n").say(ANNA).say(BOB)
    assert not wrong(duel.close())


@pytest.mark.parametrize("rejects", [False, True], ids=["taken", "refused"])
@pytest.mark.parametrize("stale", [False, True], ids=["acknowledged", "stale"])
def test_an_end_of_mail_that_only_the_server_knows(rejects: bool, stale: bool) -> None:
    """LF.LF, and a client whose data acknowledge nothing new."""
    server = Server(ends_of_mail=(b"\r\n.\r\n", b"\n.\n"), rejects_mail=rejects)
    duel = after(*MAIL, server=server)
    ack = duel.read if stale else None
    duel.say(b"hi\n.\n", ack=ack).say(ANNA, ack=ack).say(BOB, ack=ack)
    assert not wrong(duel.close())
    assert not unnamed(duel)


def test_a_chunk_that_was_not_offered_hides_nothing() -> None:
    """BDAT of 90,000 octets, NOOPs and AUTH in it, to a server that reads them as commands."""
    duel = after(EHLO, server=Server(chunking=False))
    duel.say(b"BDAT 90000\r\n" + b"NOOP\r\n" * 7_000 + ANNA).say(BOB)
    assert not wrong(duel.close())
