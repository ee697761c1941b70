"""The captures there are."""

from functools import partial

from . import attack_demo, mechanisms, tools
from .exim import Exim
from .postfix import Postfix
from .recorder import Scenario

SCENARIOS = (
    Scenario(
        "attack-demo",
        "Guessing one account, a spray that finds a password and a mail sent with it, a scan, a botnet on "
        "one account; beside them people who log in, one of them with a stale password",
        partial(Postfix, delay=1),
        attack_demo.play,
        ("hydra", "nmap", "swaks"),
    ),
    Scenario(
        "postfix-mechanisms",
        "Every mechanism Dovecot offers through Postfix and every way an exchange ends",
        partial(Postfix, hard_error_limit=6),
        mechanisms.postfix,
    ),
    Scenario(
        "exim-mechanisms",
        "Every authenticator of Exim and every way an exchange ends",
        partial(Exim, limit_nonmail=True),
        mechanisms.exim,
        ("swaks",),
    ),
    Scenario(
        "postfix-tools",
        "hydra, nmap's smtp-brute, swaks, curl and Python's smtplib against Postfix",
        Postfix,
        tools.postfix,
        ("hydra", "nmap", "swaks", "curl"),
    ),
    Scenario(
        "exim-tools",
        "hydra, nmap's smtp-brute, swaks, curl and Python's smtplib against Exim",
        Exim,
        tools.exim,
        ("hydra", "nmap", "swaks", "curl"),
    ),
)
