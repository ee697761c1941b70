"""The captures there are."""

from . import attack_demo
from .postfix import Postfix
from .recorder import Scenario

SCENARIOS = (
    Scenario(
        "attack-demo",
        "Guessing one account, a spray that finds a password and a mail sent with it, a scan, a botnet on one "
        "account; beside them people who log in, one of them with a stale password",
        Postfix,
        attack_demo.play,
        ("hydra", "nmap", "swaks"),
        {"delay": 1},
    ),
)
