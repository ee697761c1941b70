"""What another author's client sends: curl against a server that offers one mechanism and accepts nobody."""

import socket
import subprocess
import threading
from collections.abc import Callable

import pytest
from sasl.dialogue import TAGGER, b64, leaks
from sasl.ntlm_messages import OEM, UNICODE, challenge

from smtpsensor.smtp.sasl import Credentials, Exchange, start

pytestmark = pytest.mark.system

SECRET = "open:sesame, 100 % or mohn/brötchen"
TAG = TAGGER.tag(SECRET.encode())
ERROR = b64('{"status":"401","schemes":"bearer"}')
DIGEST = b64('realm="example.net",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8')
CHALLENGES = {
    "PLAIN": [""],
    "LOGIN": ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"],
    "CRAM-MD5": [b64("<1896.697170952@mx.example.org>")],
    "DIGEST-MD5": [DIGEST],
    "NTLM": ["ntlm supported", b64(challenge(UNICODE | 0x200))],
    "XOAUTH2": ["", ERROR],
    "OAUTHBEARER": ["", ERROR],
    "EXTERNAL": [""],
}


def serve(listener: socket.socket, mechanism: str, challenges: list[str], lines: list[str]) -> None:
    """Hold one session; keep the AUTH command and its responses in `lines`."""
    connection, _ = listener.accept()
    connection.settimeout(10)
    with connection, connection.makefile("rwb") as stream:

        def say(reply: str) -> None:
            stream.write(reply.encode() + b"\r\n")
            stream.flush()

        say("220 mx.example.org ESMTP")
        left: list[str] | None = None  # challenges of the exchange that is open
        for raw in stream:
            line = raw.decode().removesuffix("\r\n")
            if left is None and not line.startswith("AUTH "):
                say(f"250-mx.example.org\r\n250 AUTH {mechanism}" if line.startswith("EHLO") else "221 Bye")
                if line == "QUIT":
                    return
                continue
            if left is None:
                # An initial response takes the first challenge's place.
                left = challenges[1 if line.count(" ") == 2 else 0 :]
            lines.append(line)
            if left and line != "*":
                say(f"334 {left.pop(0)}")
            else:
                left = None
                say("535 5.7.8 no")


def curl(program: str, mechanism: str, *arguments: str, challenges: list[str] | None = None) -> list[str]:
    """Let curl try to log in; return the AUTH command and its responses."""
    lines: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        server = threading.Thread(
            target=serve, args=(listener, mechanism, challenges or CHALLENGES[mechanism], lines)
        )
        server.start()
        url = f"smtp://127.0.0.1:{listener.getsockname()[1]}/pc.example.org"
        command = [program, "--silent", "--max-time", "10", "--noproxy", "*", url, *arguments]
        command += ["--login-options", f"AUTH={mechanism}", "--mail-from", "anna@example.net"]
        command += ["--mail-rcpt", "bob@example.org", "--upload-file", "-"]
        done = subprocess.run(command, input=b"", timeout=20, check=False)
        server.join()
    assert done.returncode != 0, "nobody is accepted"
    return lines


def play(lines: list[str]) -> Exchange:
    verb, mechanism, *initial = lines[0].split(" ")
    assert verb == "AUTH"
    exchange = start(mechanism.encode(), TAGGER)
    for response in [*initial, *lines[1:]]:
        assert exchange.expects(response.encode())
        exchange.client(response.encode())
    assert leaks(exchange, SECRET.encode()) == []
    return exchange


@pytest.mark.parametrize("initial", [(), ("--sasl-ir",)], ids=["asked", "initial response"])
@pytest.mark.parametrize(
    ("mechanism", "user", "expected"),
    [
        ("PLAIN", "anna@example.net", Credentials("anna@example.net", secret=TAG)),
        ("PLAIN", "jürgen", Credentials("jürgen", secret=TAG)),
        ("LOGIN", "anna@example.net", Credentials("anna@example.net", secret=TAG)),
        ("LOGIN", "anna maria", Credentials("anna maria", secret=TAG)),
        ("CRAM-MD5", "anna maria", Credentials("anna maria")),
        ("DIGEST-MD5", "anna@example.net", Credentials("anna@example.net", realm="example.net")),
        ("DIGEST-MD5", 'an"na', Credentials(malformed=True)),  # curl does not escape it
        ("NTLM", "CORP\\anna", Credentials("anna", domain="CORP")),
        ("NTLM", "anna@example.net", Credentials("anna@example.net")),
    ],
)
def test_password(
    needs: Callable[[str], str], mechanism: str, user: str, expected: Credentials, initial: tuple[str, ...]
) -> None:
    exchange = play(curl(needs("curl"), mechanism, "--user", f"{user}:{SECRET}", *initial))
    found = exchange.credentials()
    found.workstation = None  # this machine's name
    assert found == expected
    assert exchange.complete


@pytest.mark.parametrize("flags", [UNICODE | 0x200, OEM | 0x200])
def test_ntlm_in_the_character_set_that_the_server_chose(needs: Callable[[str], str], flags: int) -> None:
    challenges = ["ntlm supported", b64(challenge(flags))]
    exchange = play(curl(needs("curl"), "NTLM", "--user", f"CORP\\anna:{SECRET}", challenges=challenges))
    found = exchange.credentials()
    assert (found.username, found.domain, found.malformed) == ("anna", "CORP", False)
    assert found.workstation


@pytest.mark.parametrize("initial", [(), ("--sasl-ir",)], ids=["asked", "initial response"])
@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_token_and_error_round(needs: Callable[[str], str], mechanism: str, initial: tuple[str, ...]) -> None:
    token = "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"
    lines = curl(needs("curl"), mechanism, "--user", "anna@example.net:", "--oauth2-bearer", token, *initial)
    exchange = play(lines)
    if mechanism == "OAUTHBEARER":  # in XOAUTH2's error round curl hangs up
        assert lines[-1] == "AQ=="
    assert exchange.credentials() == Credentials("anna@example.net", secret=TAGGER.tag(token.encode()))
    assert leaks(exchange, token.encode()) == []


@pytest.mark.parametrize("initial", [(), ("--sasl-ir",)], ids=["asked", "initial response"])
def test_external(needs: Callable[[str], str], initial: tuple[str, ...]) -> None:
    exchange = play(curl(needs("curl"), "EXTERNAL", "--user", "anna@example.net:", *initial))
    assert exchange.credentials() == Credentials("anna@example.net")


def test_login_with_an_empty_name(needs: Callable[[str], str]) -> None:
    """Curl's initial response for an empty name is `=`, and the password follows: it must not be the name."""
    lines = curl(needs("curl"), "LOGIN", "--user", f":{SECRET}", "--sasl-ir", challenges=CHALLENGES["LOGIN"])
    assert play(lines).credentials() == Credentials()
