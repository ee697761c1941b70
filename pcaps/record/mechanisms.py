"""Every mechanism a server offers and every way an exchange can end, one connection after the other.

Each group of cases has a source address of its own, so that a reader of the capture finds it.
"""

import base64

from .accounts import ACCOUNTS
from .client import Client
from .net import SERVER4, SERVER4_PLAIN, SERVER6
from .sasl import Exchange, login, plain, token
from .stage import Stage

ANNA, ANNAS = "anna@example.net", ACCOUNTS["anna@example.net"]
_PATIENCE = 12  # guesses on one connection before a client gives up waiting for a 421


def secrets(mechanism: str) -> tuple[str, str, str]:
    """Give a name with a secret that is right and one that is wrong, for this mechanism."""
    if mechanism in {"XOAUTH2", "OAUTHBEARER"}:
        return ANNA, token(ANNA), token(ANNA, key=b"another key")
    return ANNA, ANNAS, "Regenschirm-8"


def each(stage: Stage, mechanisms: tuple[str, ...]) -> None:
    """Fail and then succeed on one connection, with and without initial response."""
    for mechanism in mechanisms:
        name, right, wrong = secrets(mechanism)
        # Where the server speaks first there is no initial response to leave out.
        ways = (True,) if mechanism in {"CRAM-MD5", "DIGEST-MD5"} else (True, False)
        for initial in ways:
            with stage.session("198.51.100.10" if initial else "198.51.100.11") as client:
                client.auth(mechanism, name, wrong, initial=initial)
                client.auth(mechanism, name, right, initial=initial)
                client.mail(ANNA, "list@example.org", f"logged in with {mechanism}")
        with stage.session("198.51.100.12", port=25) as client:
            client.auth(mechanism, "nobody@example.com", wrong)


def names(stage: Stage) -> None:
    """Names that are easy to misread."""
    source = "198.51.100.20"
    for mechanism, name in (
        ("PLAIN", "jürgen@example.net"),
        ("LOGIN", "a name with spaces"),
        ("CRAM-MD5", "a name with spaces"),
        ("PLAIN", "x" * 200 + "@example.net"),
    ):
        with stage.session(source) as client:
            client.auth(mechanism, name, "guess")
    with stage.session(source) as client:  # a password line that looks like a command is a password
        for command in ("QUIT", "DATA", "RSET"):
            client.exchange("LOGIN", _verbatim(ANNA.encode(), base64.b64decode(command)), ANNA)
    with stage.session(source) as client:
        client.exchange("PLAIN", plain(ANNA, "guess", ANNA), ANNA)
        client.exchange("PLAIN", plain(ANNA, "guess", "bert@example.net"), ANNA)
    with stage.session(source) as client:
        client.auth("login", ANNA, "guess")
        client.auth("Plain", ANNA, "guess")


def _verbatim(*answers: bytes) -> Exchange:
    yield None
    for answer in answers:  # noqa: UP028 (challenges are sent in, which an iterator of a tuple cannot take)
        yield answer


def cancelled(stage: Stage) -> None:
    """Think better of it: `*`."""
    source = "198.51.100.30"
    with stage.session(source) as client:
        for mechanism in ("PLAIN", "LOGIN", "CRAM-MD5"):
            client.ask(f"AUTH {mechanism}")
            client.note(mechanism, None, client.ask("*"))
    with stage.session(source) as client:
        client.ask("AUTH LOGIN YW5uYUBleGFtcGxlLm5ldA==")
        client.note("LOGIN", ANNA, client.ask("*"))


def malformed(stage: Stage) -> None:
    """Credentials that cannot be decoded, or are not what the mechanism wants."""
    source = "198.51.100.31"
    with stage.session(source) as client:
        client.note("PLAIN", None, client.ask("AUTH PLAIN ====not*base64===="))
        client.ask("AUTH LOGIN")
        client.note("LOGIN", None, client.ask("anna@example.net"))
    with stage.session(source) as client:
        client.exchange("PLAIN", _once(b"no separators"), None)
        client.exchange("CRAM-MD5", _verbatim(b"nospace"), None)


def _once(answer: bytes) -> Exchange:
    yield answer


def refused(stage: Stage) -> None:
    """AUTH where no credentials get judged."""
    source = "198.51.100.32"
    with stage.session(source) as client:
        for mechanism in ("X-NONESUCH", "GSSAPI", "KERBEROS_V4"):
            client.note(mechanism, None, client.ask(f"AUTH {mechanism}"))
    with stage.session(source) as client:  # inside a mail
        client.ask("MAIL FROM:<anna@example.net>")
        client.note("LOGIN", None, client.ask("AUTH LOGIN"))
    with stage.session(source) as client:  # twice
        client.auth("PLAIN", ANNA, ANNAS)
        client.note("PLAIN", None, client.ask("AUTH PLAIN"))
    with stage.session(source, SERVER4_PLAIN) as client:  # never offered
        for mechanism in ("LOGIN", "PLAIN", "LOGIN"):
            client.note(mechanism, None, client.ask(f"AUTH {mechanism}"))


def bursts(stage: Stage) -> None:
    """Everything at once, as bots send it, and one octet at a time, as people at a terminal do."""
    source = "198.51.100.33"
    user, wrong = "YW5uYUBleGFtcGxlLm5ldA==", "Z3Vlc3M="
    with stage.session(source) as client:
        said = client.note("LOGIN", ANNA)
        client.send("AUTH LOGIN", user, wrong)
        said.code = _last_code(client, 3)
    with stage.session(source) as client:
        first, second = client.note("LOGIN", ANNA), client.note("LOGIN", ANNA)
        client.send(f"AUTH LOGIN {user}", wrong, "AUTH LOGIN", user, wrong)
        first.code = _last_code(client, 2)
        second.code = _last_code(client, 3)
    client = stage.client(source)  # greeting, commands and all
    client.reply()
    said = client.note("PLAIN", ANNA)
    client.send("EHLO pc.example.org", "AUTH PLAIN AGFubmFAZXhhbXBsZS5uZXQAZ3Vlc3M=", "NOOP", "QUIT")
    client.reply()
    said.code = client.reply()[0]
    _last_code(client, 2)
    client.close()
    with stage.session(source) as client:
        said = client.note("LOGIN", ANNA)
        for line in ("AUTH LOGIN", user, wrong):
            client.type(line)
            said.code = client.reply()[0]


def _last_code(client: Client, replies: int) -> int:
    return [client.reply()[0] for _ in range(replies)][-1]


def ungreeted(stage: Stage) -> None:
    """AUTH straight after the greeting, without EHLO."""
    for _ in range(3):
        client = stage.client("198.51.100.34", port=25)
        client.reply()
        client.exchange("LOGIN", login("admin", "admin"), "admin")
        client.close()


def until_closed(stage: Stage) -> None:
    """Guess on until the server has had enough."""
    client = stage.client("198.51.100.35")
    client.hello()
    try:
        for number in range(_PATIENCE):
            client.auth("LOGIN", ANNA, f"guess{number}", initial=False)
            if client.farewell():
                break
    finally:
        client.close()


def broken_off(stage: Stage) -> None:
    """End connections before the verdict: RST, and FIN."""
    client = stage.client("198.51.100.36")
    client.hello()
    client.ask("AUTH LOGIN")
    client.ask("YW5uYUBleGFtcGxlLm5ldA==")
    client.note("LOGIN", ANNA)
    client.reset()
    client = stage.client("198.51.100.36")
    client.hello()
    client.ask("AUTH PLAIN")
    client.note("PLAIN", None)
    client.close()


def stale(stage: Stage) -> None:
    """One old password, again and again."""
    for _ in range(4):
        with stage.session("198.51.100.37") as client:
            client.auth("PLAIN", ANNA, "Regenbogen-6")


def encrypted(stage: Stage) -> None:
    """Inside TLS nothing can be read; before it everything can."""
    with stage.session("198.51.100.38") as client:
        client.auth("PLAIN", ANNA, "guess")
        client.starttls()
        client.ask("EHLO pc.example.org")
        client.auth("PLAIN", ANNA, "guess")
        client.auth("PLAIN", ANNA, ANNAS)


def ipv6(stage: Stage) -> None:
    """Fail and succeed over IPv6."""
    with stage.session("2001:db8:a::38", SERVER6) as client:
        client.auth("PLAIN", ANNA, "guess")
        client.auth("LOGIN", ANNA, "guess", initial=False)
        client.auth("CRAM-MD5", ANNA, ANNAS)
        client.mail(ANNA, "list@example.org", "over IPv6")


def out_of_order(stage: Stage) -> None:
    """Take the password check away: a temporary failure, and later it works again."""
    client = stage.client("198.51.100.39")
    client.hello()
    stage.server.stop_auth()
    client.auth("PLAIN", ANNA, ANNAS)
    client.close()
    stage.server.start_auth()
    with stage.session("198.51.100.39", SERVER4) as client:
        client.auth("PLAIN", ANNA, ANNAS)


_SPECIAL = (
    names,
    cancelled,
    malformed,
    refused,
    bursts,
    ungreeted,
    until_closed,
    broken_off,
    stale,
    encrypted,
    ipv6,
)


def postfix(stage: Stage) -> None:
    """Play everything against Dovecot's mechanisms."""
    each(
        stage,
        (
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "DIGEST-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-256",
            "XOAUTH2",
            "OAUTHBEARER",
            "EXTERNAL",
        ),
    )
    for initial in (True, False):
        with stage.session("198.51.100.10" if initial else "198.51.100.11") as client:
            client.auth("ANONYMOUS", "visitor", initial=initial)
    with stage.session("198.51.100.32", port=2525) as client:  # wants TLS first
        client.note("PLAIN", ANNA, client.ask("AUTH PLAIN AGFubmFAZXhhbXBsZS5uZXQAZ3Vlc3M="))
    with stage.session("198.51.100.20") as client:
        client.auth("SCRAM-SHA-256", "a=b,c@example.net", "guess")
    for case in (*_SPECIAL, out_of_order):
        case(stage)


def exim(stage: Stage) -> None:
    """Play everything against Exim's authenticators; NTLM with swaks, which speaks it."""
    each(stage, ("PLAIN", "LOGIN", "CRAM-MD5", "EXTERNAL"))
    stage.swaks("198.51.100.10", ANNA, "Regenschirm-8", "NTLM")
    stage.swaks("198.51.100.10", ANNA, ANNAS, "NTLM")
    with stage.session("198.51.100.10") as client:
        client.auth("EXTERNAL", "scanner")
    for case in (*_SPECIAL, out_of_order):
        case(stage)
