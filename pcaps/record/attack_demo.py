"""The demo: a day at a mail server, in a minute. People work, four attackers guess, and one gets in."""

import time
from concurrent.futures import ThreadPoolExecutor

from .accounts import ACCOUNTS
from .net import SERVER4, SERVER6
from .stage import Stage

_PASSWORDS = """123456 password 123456789 qwerty anna anna123 letmein admin welcome monkey dragon iloveyou
summer2023 changeme abc123 111111 passw0rd anna1 anna2023 football"""
_NAMES = """admin backup bert support office sales test billing service contact postmaster webmaster mail hr
career shop clara noreply"""
_BOTNET = (
    "192.0.2.101",
    "192.0.2.117",
    "192.0.2.163",
    "198.51.100.91",
    "2001:db8:bad:1::7",
    "2001:db8:bad:2::7",
)


def play(stage: Stage) -> None:
    """Play all parts at once; each source's own order is always the same."""
    # Namespaces are made before the curtain rises, one after the other.
    for source in ("198.51.100.23", "198.51.100.77", "198.51.100.200", "192.0.2.44", "192.0.2.60", *_BOTNET):
        stage.network.client(source)
    parts = (_guess_one_account, _spray_and_get_in, _scan, _people, _stale_phone, _botnet)
    with ThreadPoolExecutor(len(parts)) as pool:
        for done in [pool.submit(part, stage) for part in parts]:
            done.result()


def _guess_one_account(stage: Stage) -> None:
    stage.hydra("198.51.100.23", ["anna@example.net"], _PASSWORDS.split())


def _spray_and_get_in(stage: Stage) -> None:
    """Try one password for every name; one is right, and a minute later the account sends spam."""
    source = "198.51.100.77"
    stage.hydra(source, [f"{name}@example.net" for name in _NAMES.split()], ["Winter2024"], port=25)
    time.sleep(2)
    stage.swaks(source, "clara@example.net", ACCOUNTS["clara@example.net"], "LOGIN")


def _scan(stage: Stage) -> None:
    stage.nmap("198.51.100.200", ["root", "admin"], ["admin", "root", "toor"])


def _people(stage: Stage) -> None:
    """Work as bert does: in clear, then from a client that uses TLS."""
    for tls in (False, True, False):
        with stage.session("192.0.2.44") as client:
            if tls:
                client.starttls()
                client.ask("EHLO pc.example.org")
            client.auth("PLAIN", "bert@example.net", ACCOUNTS["bert@example.net"])
            client.mail("bert@example.net", "list@example.org", "Minutes of the meeting")
        time.sleep(4)
    with stage.session("192.0.2.44", port=25) as client:
        client.mail("friend@example.org", "bert@example.net", "Thanks for the minutes")


def _stale_phone(stage: Stage) -> None:
    """Show the same old password again and again, as a phone does after a change."""
    for _ in range(5):
        with stage.session("192.0.2.60") as client:
            client.auth("PLAIN", "info@example.net", "k8s!Hafen=Dunkel")
        time.sleep(3)


def _botnet(stage: Stage) -> None:
    """Guess one account from many addresses, two tries each."""
    for round_number in range(2):
        for number, source in enumerate(_BOTNET):
            with stage.session(source, SERVER6 if ":" in source else SERVER4) as client:
                client.auth("LOGIN", "info@example.net", f"info{round_number}{number}", initial=False)
