"""The attack matrix: each kind of attack in each dress, and what must be said."""

from collections.abc import Callable
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple

from scenarios.attack import Attack
from scenarios.attacks import attack
from scenarios.dresses import day, framed, lossy, mirrored, within
from scenarios.watching import Watched, watch
from support.forge import Frame

from smtpsensor.detect.alert import Alert
from smtpsensor.events import AuthEvent, Outcome

Dress = Callable[[list[Frame]], list[Frame]]
SEED: Final = 5


def _in_the_day(captured: list[Frame]) -> list[Frame]:
    return within(day(), captured)


def _lossy(captured: list[Frame]) -> list[Frame]:
    return lossy(captured, SEED)


DRESSES: Final[dict[str, Dress]] = {
    "alone": list,
    "in the day": _in_the_day,
    "3 % lost": _lossy,
    "IPv6": list,
    "mirrored twice": mirrored,
}
# Attempts that a rule can count; a failure where none is named.
_OUTCOMES: Final = {
    "success_many_sources": (Outcome.SUCCESS,),
    "auth_untrusted_source": (Outcome.SUCCESS, Outcome.FAILURE),
    "success_after_failures": (Outcome.SUCCESS, Outcome.FAILURE),
    "cleartext_credentials": (Outcome.SUCCESS, Outcome.FAILURE),
    "auth_not_offered": (Outcome.REJECTED,),
}
_READABLE: Final = ("PLAIN", "LOGIN")  # CRAM-MD5 hides the password


class Cell(NamedTuple):
    """What came of one attack in one dress."""

    attack: Attack
    watched: Watched

    def own(self) -> list[Alert]:
        """Alerts of the attack's rule that name the attack's key."""
        wanted = self.attack.key
        return [alert for alert in self.watched.of(self.attack.rule) if wanted.items() <= alert.key.items()]

    def others(self) -> list[Alert]:
        """Alerts above info of anything else."""
        own = self.own()
        return [alert for alert in self.watched.loud() if alert not in own]

    def members(self) -> list[AuthEvent]:
        """Attempts, of the attack and of others, that an alert with this key can count."""
        outcomes = _OUTCOMES.get(self.attack.rule, (Outcome.FAILURE,))
        return [
            event
            for event in self.watched.attempts
            if event.outcome in outcomes
            and _fits(event, self.attack.key)
            and (self.attack.rule != "cleartext_credentials" or event.mechanism in _READABLE)
        ]

    def strangers(self) -> int:
        """Attempts of others that the alert may rightly count."""
        sources = {visit.source for visit in self.attack.visits}
        (alert,) = self.own()
        return sum(
            event.flow.src not in sources and alert.first <= event.ts <= alert.last
            for event in self.members()
        )


@cache
def cell(kind: str, dress: str) -> Cell:
    """Play one attack in one dress; a rule that needs a day around it gets one in every dress."""
    played = attack(kind)
    if dress == "IPv6":
        played = played.ipv6()
    captured = framed(played.visits, SEED)
    if played.needs_day and dress != "in the day":
        captured = _in_the_day(captured)
    return Cell(played, watch(DRESSES[dress](captured), played.site))


def _fits(event: AuthEvent, key: dict[str, str]) -> bool:
    source, name = event.flow.src, event.username
    if not key:
        return False  # nobody else can belong to it
    if key.get("source", source) != source or key.get("server", event.flow.dst) != event.flow.dst:
        return False
    if "network" in key and ip_address(source) not in ip_network(key["network"]):
        return False
    return "username" not in key or name == key["username"]
