"""Whatever is sent inside an exchange: nothing raises, texts are printable and capped, names survive."""

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st
from sasl.dialogue import TAGGER, b64

from smtpsensor.smtp.sasl import MECHANISMS, start
from smtpsensor.text import harmless

MECHANISM = st.sampled_from([*sorted(MECHANISMS), "SCRAM-SHA-384", "XYMCOOKIE"])
PIECES = st.sampled_from(
    [
        *(b"\0", b"\1", b",", b"=", b'"', b"\\", b"\xff" * 8, b"ann\xc3"),
        *(b"n,,", b"n,a=", b"n=", b"user=", b"auth=Bearer ", b'username="'),
        *(b"NTLMSSP\0\3\0\0\0", b"NTLMSSP\0\2\0\0\0", b"\x60\x10", b"\4\4", b"\5\4\0\xff\0\0\0\0"),
    ]
)
MESSAGE = st.lists(PIECES | st.binary(max_size=12), max_size=12).map(b"".join)
LINE = MESSAGE.map(b64).map(str.encode) | st.binary(max_size=60) | st.sampled_from([b"", b"=", b"*", b"AQ=="])
STEP = st.tuples(st.sampled_from(["client", "client", "client", "server", "lost"]), LINE)


@given(MECHANISM, st.lists(STEP, max_size=6))
def test_any_lines(mechanism: str, steps: list[tuple[str, bytes]]) -> None:
    exchange = start(mechanism.encode(), TAGGER)
    for verb, line in steps:
        if verb == "client":
            exchange.expects(line)
            exchange.client(line)
        elif verb == "server":
            exchange.server(line)
        else:
            exchange.lost()
        found = exchange.credentials()
        for text in astuple(found):
            if isinstance(text, str):
                assert text.isprintable()
                assert len(text.encode()) <= 256
        assert found.secret is None or 0 <= found.secret < 2**64
        assert isinstance(exchange.complete, bool)


@given(st.binary(max_size=40))
def test_any_word_after_auth(word: bytes) -> None:
    mechanism = start(word, TAGGER).mechanism
    assert 0 < len(mechanism) <= 20
    assert mechanism.isascii()
    assert mechanism.isprintable()


NAME = st.text(st.characters(exclude_characters="\0\1", exclude_categories=["Cs"]), min_size=1, max_size=60)


def escaped(name: str) -> str:
    return name.replace("=", "=3D").replace(",", "=2C")


def quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


@given(NAME, NAME)
def test_names_survive(name: str, other: str) -> None:
    lines = {
        "PLAIN": f"{other}\0{name}\0x",
        "LOGIN": name,
        "CRAM-MD5": f"{name} {'0' * 32}",
        "DIGEST-MD5": f'charset=utf-8,username="{quoted(name)}",authzid="{quoted(other)}"',
        "SCRAM-SHA-256": f"n,a={escaped(other)},n={escaped(name)},r=x",
        "XOAUTH2": f"user={name}\1auth=Bearer x\1\1",
        "OAUTHBEARER": f"n,a={escaped(name)},\1auth=Bearer x\1\1",
        "EXTERNAL": name,
        "ANONYMOUS": name,
    }
    for mechanism, message in lines.items():
        exchange = start(mechanism.encode(), TAGGER)
        exchange.client(b64(message).encode())
        found = exchange.credentials()
        assert found.username == harmless(name.encode()), mechanism
        assert found.authzid in (None, harmless(other.encode())), mechanism
        assert not found.malformed, mechanism
