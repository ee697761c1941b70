r"""DIGEST-MD5, RFC 2831: directives `key=value, key="va\"lue"`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sasl.dialogue import b64, talk

from smtpsensor.smtp.sasl import Credentials
from smtpsensor.smtp.sasl.digest import directives

CHALLENGE = 'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8'
RFC_2831 = (
    'charset=utf-8,username="chris",realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",nc=00000001,'
    'cnonce="OA6MHXh6VqTrRk",digest-uri="imap/elwood.innosoft.com",'
    "response=d388dad90d4bbd760a152321f2143af7,qop=auth"
)


def test_rfc_2831_example() -> None:
    exchange = talk(f"""
        C: AUTH DIGEST-MD5
        S: 334 {b64(CHALLENGE)}
        C: {b64(RFC_2831)}
    """)
    assert exchange.credentials() == Credentials("chris", realm="elwood.innosoft.com")
    assert exchange.complete
    exchange.server(b64("rspauth=ea40f60335c427b5527b84dbabcdfffd").encode())
    assert exchange.expects(b"")
    exchange.client(b"")
    assert exchange.credentials() == Credentials("chris", realm="elwood.innosoft.com")


@pytest.mark.parametrize(
    ("case", "message", "username", "realm"),
    [
        ("quotes and backslashes escaped", rb'username="a\"n\\n\a",realm="r"', 'a"n\\na', "r"),
        ("comma and equals sign in quotes", b'realm="a,b=c",username="x,y=z"', "x,y=z", "a,b=c"),
        ("blanks between directives", b' username = "anna" , \t realm="r" ', "anna", "r"),
        ("empty elements", b',,username="anna",,realm="r",', "anna", "r"),
        ("no quotes", b"username=anna,realm=r", "anna", "r"),
        ("keys in capitals", b'USERNAME="anna",Realm="r"', "anna", "r"),
        ("realm not named", b'username="anna",nonce="n"', "anna", None),
        ("realm empty", b'username="anna",realm=""', "anna", None),
        ("name empty", b'username="",realm="r"', "", "r"),
        ("UTF-8 said", 'charset=utf-8,username="jürgen"'.encode(), "jürgen", None),
        ("ISO 8859-1 where nothing is said", 'username="jürgen"'.encode("latin-1"), "jürgen", None),
        ("UTF-8 said, and not kept", b'charset=utf-8,username="j\xfcrgen"', "j\\xfcrgen", None),
        (
            "name with its realm",
            b'username="anna@example.net",realm="example.net"',
            "anna@example.net",
            "example.net",
        ),
    ],
)
def test_directives(case: str, message: bytes, username: str, realm: str | None) -> None:
    found = talk(f"C: AUTH DIGEST-MD5\nC: {b64(message)}").credentials()
    assert found == Credentials(username, realm=realm), case


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("no name", b'realm="r",nonce="n"'),
        ("two names", b'username="anna",username="bob"'),
        ("quote not closed", b'realm="r",username="anna'),
        ("escape at the end", b'username="anna\\'),
        ("no list", b"open sesame"),
        ("no key", b'="anna"'),
        ("quotes not escaped, as curl sends them", b'username="a"n\\na",realm="example.net"'),
        ("text behind a value", b'username="anna"bob'),
        ("empty", b"\0"),
    ],
)
def test_no_digest_response(case: str, message: bytes) -> None:
    found = talk(f"C: AUTH DIGEST-MD5\nC: {b64(message)}").credentials()
    assert found == Credentials(malformed=True), case


def test_authorization_identity() -> None:
    found = talk("C: AUTH DIGEST-MD5\nC: " + b64(RFC_2831 + ',authzid="boss"')).credentials()
    assert (found.username, found.authzid) == ("chris", "boss")


def test_initial_response_of_a_returning_client() -> None:
    """RFC 2831 section 2.2: subsequent authentication begins with the response."""
    assert talk(f"C: AUTH DIGEST-MD5 {b64(RFC_2831)}").credentials().username == "chris"


def test_lost() -> None:
    exchange = talk(f"C: AUTH DIGEST-MD5\n-- lost\nC: {b64(RFC_2831)}")
    assert exchange.credentials() == Credentials()


@given(st.dictionaries(st.sampled_from([b"username", b"realm", b"nonce", b"qop"]), st.binary(max_size=20)))
def test_round_trip(values: dict[bytes, bytes]) -> None:
    quoted = {key: value.replace(b"\\", b"\\\\").replace(b'"', b'\\"') for key, value in values.items()}
    message = b",".join(b'%s="%s"' % pair for pair in quoted.items())
    assert directives(message) == values


@given(st.binary(max_size=200) | st.text(alphabet='a=",\\ ', max_size=60).map(str.encode))
def test_any_octets(message: bytes) -> None:
    found = directives(message)
    assert found is None or sum(map(len, found.values())) <= len(message)
